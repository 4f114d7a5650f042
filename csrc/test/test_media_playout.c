/** test_media_playout.c  What is heard of a tone that came through a simulated network: how late, how much of it made up,
 *  with how many clicks. Virtual time. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dsp/codec.h"
#include "dsp/g711.h"
#include "media/playout.h"
#include "test/net_sim.h"
#include "test/test.h"

enum { FRAME = 160, STEP_US = 10000, TONE_N = 8000, TONE_HZ = 400, AMPLITUDE = 8000, DELAYS = 600 };

static const double pi = 3.14159265358979323846;

/* A listener's line of steps from time 0, and what it heard. */
struct room {
	struct net_sim net;
	struct playout *p;
	unsigned codec;
	bool (*say)(uint32_t number,
		    struct rtp_packet *p); /* changes the packet; false: not sent. NULL: all as they are */
	int64_t now_us;
	uint8_t payload[FRAME];
	int16_t tone[TONE_N];
	/* since the last look */
	uint64_t steps, silent, delays[DELAYS];
	uint32_t quiet_steps; /* of a tone: much softer than it was said */
	int worst_jump, last;
	struct playout_stats before;
};

static void look(struct room *r)
{
	r->steps = r->silent = r->quiet_steps = 0;
	r->worst_jump = 0;
	memset(r->delays, 0, sizeof(r->delays));
	r->before = r->p->stats;
}

static bool room_open(struct room *r, const struct net_opts *o, uint32_t seed)
{
	memset(r, 0, sizeof(*r));
	net_sim_init(&r->net, o, seed);
	for (int i = 0; i < TONE_N; i++)
		r->tone[i] = (int16_t)lrint(AMPLITUDE * sin(2 * pi * TONE_HZ * i / TONE_N));
	r->p = playout_new();
	if (r->p)
		look(r);
	return r->p != NULL;
}

static void arrive(struct room *r, const struct net_packet *q)
{
	uint32_t from = q->number * FRAME;
	struct rtp_packet p = {.seq = (uint16_t)(0xff00 + q->number),
			       .ts = 0xffff0000u + from,
			       .ssrc = 5,
			       .payload = r->payload,
			       .n = FRAME,
			       .pt = (uint8_t)r->codec};
	g711_encode((enum codec)r->codec, r->tone + from % TONE_N, FRAME, r->payload);
	if (!r->say || r->say(q->number, &p))
		playout_put(r->p, &p, p.pt, (uint64_t)q->at_us * 1000);
}

static void hear(struct room *r, const int16_t *pcm, size_t n)
{
	double power = 0;
	for (size_t i = 0; i < n; i++) {
		int jump = abs(pcm[i] - r->last);
		r->worst_jump = jump > r->worst_jump ? jump : r->worst_jump;
		r->last = pcm[i];
		power += (double)pcm[i] * pcm[i];
	}
	r->quiet_steps += n == 0 || power / (double)n < AMPLITUDE * AMPLITUDE / 2 / 4;
}

static void run(struct room *r, unsigned ms)
{
	int16_t pcm[PLAYOUT_STEP_MAX];
	struct net_packet q;
	for (int64_t end = r->now_us + (int64_t)ms * 1000; r->now_us < end; r->now_us += STEP_US) {
		while (net_sim_next(&r->net, r->now_us + STEP_US, &q))
			arrive(r, &q);
		size_t n = playout_get(r->p, pcm, r->now_us);
		r->steps++;
		r->silent += n == 0;
		hear(r, pcm, n);
		r->delays[r->p->stats.delay_ms < DELAYS ? r->p->stats.delay_ms : DELAYS - 1]++;
	}
}

static uint32_t delay_quantile(const struct room *r, double share)
{
	uint64_t sum = 0;
	for (uint32_t ms = 0; ms < DELAYS; ms++)
		if ((double)(sum += r->delays[ms]) >= share * (double)r->steps)
			return ms;
	return DELAYS;
}

static unsigned concealed_ms(const struct room *r)
{
	return (unsigned)((r->p->stats.concealed_us - r->before.concealed_us) / 1000);
}

static unsigned stretched_ms(const struct room *r)
{
	const struct playout_stats *s = &r->p->stats;
	return (unsigned)((s->shortened_us + s->lengthened_us - r->before.shortened_us - r->before.lengthened_us) /
			  1000);
}

static void show(const struct room *r, const char *what)
{
	const struct playout_stats *s = &r->p->stats;
	if (getenv("SHOW"))
		printf("  %-24s delay %u/%u/%u target %u late %u dropped %u concealed %u ms stretched -%u +%u jump %d quiet %u silent %u of %u\n",
		       what, delay_quantile(r, 0.05), delay_quantile(r, 0.5), delay_quantile(r, 0.99), s->target_ms,
		       s->late - r->before.late, s->dropped - r->before.dropped, concealed_ms(r),
		       (unsigned)((s->shortened_us - r->before.shortened_us) / 1000),
		       (unsigned)((s->lengthened_us - r->before.lengthened_us) / 1000), r->worst_jump, r->quiet_steps,
		       (unsigned)r->silent, (unsigned)r->steps);
}

/* The tone's own steepest step is 2 pi f A / rate = 2513. */
enum { SMOOTH = 3100 };

TEST(playout_of_a_good_network_adds_little_delay_and_touches_nothing)
{
	struct room r;
	CHECK(room_open(&r, &(struct net_opts){.path_us = 30000, .jitter_us = 2000}, 1));
	run(&r, 10000);
	CHECK(concealed_ms(&r) == 0 && r.worst_jump < SMOOTH);
	look(&r);
	run(&r, 60000);
	show(&r, "good");
	CHECK(concealed_ms(&r) == 0 && stretched_ms(&r) == 0 && r.quiet_steps == 0 && r.worst_jump < SMOOTH);
	CHECK(delay_quantile(&r, 1) <= 30);
out:
	mem_free(r.p);
}

TEST(playout_follows_a_drifting_clock_for_hours_without_a_glitch)
{
	static const int32_t ppm[] = {100, -100};
	struct room r = {0};
	for (unsigned i = 0; i < 2; i++) {
		CHECK(room_open(&r, &(struct net_opts){.path_us = 30000, .jitter_us = 4000, .drift_ppm = ppm[i]}, 2));
		run(&r, 10000);
		look(&r);
		run(&r, 2 * 3600 * 1000);
		show(&r, ppm[i] > 0 ? "fast by 100 ppm" : "slow by 100 ppm");
		CHECK(concealed_ms(&r) == 0 && r.quiet_steps == 0 && r.worst_jump < SMOOTH);
		/* Two hours of 100 ppm are 720 ms. */
		CHECK(stretched_ms(&r) > 680 && stretched_ms(&r) < 760);
		CHECK(delay_quantile(&r, 1) <= 32);
		mem_free(r.p);
		r.p = NULL;
	}
out:
	mem_free(r.p);
}

/* There is no pitch period to cut in noise; after some patience any place does. */
TEST(playout_follows_a_clock_also_when_nothing_in_the_sound_is_alike)
{
	struct room r;
	CHECK(room_open(&r, &(struct net_opts){.path_us = 30000, .drift_ppm = 300}, 2));
	for (int i = 0; i < TONE_N; i++)
		r.tone[i] = (int16_t)((int)net_sim_draw(&r.net, 2 * AMPLITUDE) - AMPLITUDE);
	run(&r, 600000);
	show(&r, "noise, 300 ppm");
	CHECK(concealed_ms(&r) == 0 && r.p->stats.dropped == 0 && delay_quantile(&r, 0.99) <= 50);
out:
	mem_free(r.p);
}

TEST(playout_waits_as_long_as_the_jitter_asks_for)
{
	struct room r = {0};
	for (uint32_t ms = 20; ms <= 160; ms *= 2) {
		CHECK(room_open(&r, &(struct net_opts){.path_us = 30000, .jitter_us = ms * 1000}, ms));
		run(&r, 20000);
		look(&r);
		run(&r, 60000);
		show(&r, "jitter");
		CHECK(concealed_ms(&r) < 600 && r.worst_jump < SMOOTH); /* 1 % */
		CHECK(delay_quantile(&r, 0.5) >= ms / 2 && delay_quantile(&r, 0.99) <= ms + 35);
		mem_free(r.p);
		r.p = NULL;
	}
out:
	mem_free(r.p);
}

TEST(playout_conceals_what_was_lost_and_no_more)
{
	static const struct net_opts nets[] = {
		{.loss_permille = 10}, {.loss_permille = 50}, {.loss_permille = 10, .burst = 4}};
	struct room r = {0};
	for (unsigned i = 0; i < 3; i++) {
		CHECK(room_open(&r, &nets[i], i + 1));
		run(&r, 10000);
		look(&r);
		uint32_t lost = r.net.lost;
		run(&r, 120000);
		lost = (r.net.lost - lost) * 20;
		show(&r, "loss");
		CHECK(lost > 1000 && concealed_ms(&r) > lost * 9 / 10 && concealed_ms(&r) < lost * 11 / 10);
		CHECK(r.p->stats.late == 0 && r.worst_jump < SMOOTH && stretched_ms(&r) < lost / 10);
		CHECK(delay_quantile(&r, 0.99) <= 40);
		mem_free(r.p);
		r.p = NULL;
	}
out:
	mem_free(r.p);
}

TEST(playout_hears_nothing_of_reordering_and_duplicates)
{
	struct room r;
	CHECK(room_open(&r, &(struct net_opts){.reorder_permille = 50, .reorder_us = 35000, .duplicate_permille = 100},
			3));
	run(&r, 20000);
	look(&r);
	run(&r, 60000);
	show(&r, "reorder");
	CHECK(concealed_ms(&r) == 0 && r.p->stats.late == r.before.late && r.worst_jump < SMOOTH);
	CHECK(delay_quantile(&r, 0.99) <= 65);
out:
	mem_free(r.p);
}

TEST(playout_gets_over_a_changed_path_and_a_stall)
{
	struct room r;
	CHECK(room_open(&r, &(struct net_opts){.path_us = 20000, .jitter_us = 5000}, 4));
	run(&r, 20000);
	r.net.o.path_us = 170000;
	look(&r);
	run(&r, 1000);
	show(&r, "longer path, 1 s");
	CHECK(concealed_ms(&r) <= 200 && r.worst_jump < SMOOTH);
	run(&r, 30000);
	look(&r);
	run(&r, 5000);
	show(&r, "longer path, later");
	CHECK(concealed_ms(&r) == 0 && delay_quantile(&r, 1) <= 45);
	r.net.o.path_us = 20000;
	run(&r, 3000);
	look(&r);
	run(&r, 5000);
	show(&r, "shorter path, later");
	CHECK(concealed_ms(&r) == 0 && delay_quantile(&r, 1) <= 45);
	net_sim_stall(&r.net, r.now_us + 900000);
	run(&r, 2000);
	show(&r, "stall");
	CHECK(r.worst_jump < SMOOTH);
	look(&r);
	run(&r, 1000);
	show(&r, "after the stall");
	CHECK(concealed_ms(&r) == 0 && r.quiet_steps == 0 && delay_quantile(&r, 1) < 330);
	run(&r, 20000);
	look(&r);
	run(&r, 1000);
	CHECK(delay_quantile(&r, 1) < 60);
out:
	mem_free(r.p);
}

/* Talks for 1 s of 3; a descriptor of noise at -40 dB ends each stretch of talk. */
static bool say_by_spells(uint32_t number, struct rtp_packet *p)
{
	static const uint8_t descriptor[] = {40};
	uint32_t at = number % 150;
	if (at == 50) {
		p->payload = descriptor;
		p->n = sizeof(descriptor);
		p->pt = PLAYOUT_NOISE;
	}
	p->seq = (uint16_t)(number / 150 * 51 + at);
	p->marker = at == 0;
	return at <= 50;
}

TEST(playout_of_spells_of_talk_has_noise_between_and_conceals_nothing)
{
	struct room r;
	CHECK(room_open(&r, &(struct net_opts){.path_us = 20000, .jitter_us = 15000}, 6));
	r.say = say_by_spells;
	run(&r, 15000);
	look(&r);
	run(&r, 60000);
	show(&r, "spells");
	CHECK(concealed_ms(&r) < 100 && r.silent == 0 && r.worst_jump < 2 * SMOOTH);
	CHECK(r.quiet_steps > 3900 && r.quiet_steps < 4100); /* two of three seconds */
out:
	mem_free(r.p);
}

static bool say_at_first(uint32_t number, struct rtp_packet *p)
{
	(void)p;
	return number < 100;
}

TEST(playout_of_nothing_is_silence_and_costs_nothing)
{
	struct room r;
	CHECK(room_open(&r, &(struct net_opts){0}, 1));
	r.say = say_at_first;
	run(&r, 2000);
	CHECK(r.silent < 10);
	run(&r, 500);
	look(&r);
	run(&r, 1000);
	CHECK(r.silent == r.steps && concealed_ms(&r) == 0 && r.p->stats.late == 0);
out:
	mem_free(r.p);
}

/* One stream after another: other SSRC, other law, clock set back, and back again. */
static bool say_as_others(uint32_t number, struct rtp_packet *p)
{
	uint32_t part = number / 100 % 4;
	p->ssrc = part == 1 ? 6 : 5;
	p->ts += part == 2 ? 12345678u : 0;
	return true;
}

TEST(playout_goes_on_when_the_stream_starts_afresh)
{
	struct room r;
	CHECK(room_open(&r, &(struct net_opts){.path_us = 20000}, 1));
	r.say = say_as_others;
	for (unsigned i = 0; i < 4; i++) {
		r.codec = i % 2 ? CODEC_PCMA : CODEC_PCMU;
		run(&r, 8000);
	}
	show(&r, "afresh");
	CHECK(r.p->jitter.epoch >= 12 && r.quiet_steps < 12 * 10 && r.worst_jump < 2 * SMOOTH);
out:
	mem_free(r.p);
}

TEST(playout_keeps_up_when_nobody_listened_for_a_while)
{
	struct room r;
	struct net_packet q;
	CHECK(room_open(&r, &(struct net_opts){.path_us = 20000}, 1));
	run(&r, 5000);
	r.now_us += 5000000; /* packets came, nobody asked */
	while (net_sim_next(&r.net, r.now_us, &q))
		arrive(&r, &q);
	look(&r);
	run(&r, 1000);
	show(&r, "nobody listened");
	CHECK(delay_quantile(&r, 1) <= 60 && r.quiet_steps <= 2 && r.worst_jump < SMOOTH);
out:
	mem_free(r.p);
}

/* A tone in a wideband codec, one packet of 25 lost; the last second is kept. */
static unsigned say_wide(struct playout *p, unsigned codec, struct encoder *e, int16_t last[16000])
{
	enum { WIDE = 320, PACKETS = 500 };
	uint8_t payload[CODEC_PAYLOAD_MAX];
	int16_t pcm[WIDE];
	unsigned lost = 0;
	for (unsigned i = 0; i < PACKETS; i++) {
		for (unsigned k = 0; k < WIDE; k++)
			pcm[k] = (int16_t)lrint(AMPLITUDE * sin(2 * pi * 1000 * (i * WIDE + k) / 16000));
		int n = encoder_encode(e, pcm, WIDE, payload, sizeof(payload));
		struct rtp_packet q = {.seq = (uint16_t)(65400 + i),
				       .ts = 0xfffff000u + i * 20 * codec_info(codec)->clock_khz,
				       .payload = payload,
				       .n = n > 0 ? (size_t)n : 0};
		bool loses = i % 25 == 20 && i < PACKETS - 60;
		lost += loses;
		if (!loses)
			playout_put(p, &q, codec, (uint64_t)i * 20 * 1000000);
		for (unsigned k = 0; k < 2; k++) {
			size_t got = playout_get(p, pcm, (int64_t)(2 * i + k) * STEP_US);
			if (i >= PACKETS - 50 && got == 160)
				memcpy(last + (2 * (i - PACKETS + 50) + k) * 160, pcm, 160 * sizeof(pcm[0]));
		}
	}
	return lost * 20;
}

TEST(playout_decodes_and_conceals_wideband_codecs_by_their_clocks)
{
	static const uint8_t codecs[] = {CODEC_G722, CODEC_OPUS};
	static int16_t last[16000];
	struct playout *p = NULL;
	struct encoder *e = NULL;
	for (unsigned i = 0; i < 2; i++) {
		CHECK((p = playout_new()) != NULL && (e = mem_alloc(encoder_size(codecs[i]))) != NULL);
		CHECK(encoder_init(e, codecs[i], NULL) == 0);
		memset(last, 0, sizeof(last));
		unsigned lost = say_wide(p, codecs[i], e, last);
		double re = 0, im = 0;
		for (int k = 0; k < 16000; k++) {
			re += last[k] * cos(2 * pi * 1000 * k / 16000);
			im += last[k] * sin(2 * pi * 1000 * k / 16000);
		}
		double a = 2 * sqrt(re * re + im * im) / 16000;
		if (getenv("SHOW"))
			printf("  codec %u: amplitude %.0f, lost %u ms, concealed %u ms, delay %u late %u\n", codecs[i],
			       a, lost, (unsigned)(p->stats.concealed_us / 1000), p->stats.delay_ms, p->stats.late);
		CHECK(a > 0.85 * AMPLITUDE && a < 1.15 * AMPLITUDE && p->khz == 16);
		CHECK(lost > 300 && p->stats.concealed_us / 1000 == lost && p->stats.late == 0);
		mem_free(p);
		mem_free(e);
		p = NULL;
		e = NULL;
	}
out:
	mem_free(p);
	mem_free(e);
}
