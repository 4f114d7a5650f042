/** test_media_mix.c  Who hears what of a mix, in virtual time: level, pitch, changes without a click. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dsp/g711.h"
#include "media/mix.h"
#include "test/test.h"

enum { MS = 1000000, FRAME = 160, START_MS = 1000, SECOND = 8000 };

static const double pi = 3.14159265358979323846;

/* Three who each say a steady value, or a tone, in packets of 20 ms, and hear frames of 20 ms, each at its own moment. */
struct table {
	struct mix *mix;
	struct leg *leg[3];
	int16_t value[3]; /* 0: says nothing at all */
	double hz[3];	  /* 0: steady */
	uint32_t frame[3];
	unsigned ms;
	int16_t pcm[3][FRAME]; /* heard last */
	bool heard[3];
	unsigned worst_jump[3];
	int16_t *take[3]; /* if wanted, all that is heard goes here */
};

static void table_free(struct table *t)
{
	for (unsigned i = 0; i < 3; i++) {
		if (t->leg[i]) {
			mem_free(t->leg[i]->mix_input);
			mem_free(t->leg[i]->playout);
		}
		mem_free(t->leg[i]);
	}
	mem_free(t->mix);
}

static uint64_t now_ns(const struct table *t)
{
	return (uint64_t)(START_MS + t->ms) * MS;
}

static bool table_make(struct table *t)
{
	memset(t, 0, sizeof(*t));
	t->mix = mem_zalloc(sizeof(*t->mix));
	for (unsigned i = 0; i < 3; i++) {
		t->leg[i] = mem_zalloc(sizeof(*t->leg[i]));
		if (!t->mix || !t->leg[i])
			return false;
		t->leg[i]->mix_input = mem_zalloc(sizeof(*t->leg[i]->mix_input));
		t->leg[i]->playout = playout_new();
		if (!t->leg[i]->mix_input || !t->leg[i]->playout)
			return false;
		mix_join(t->mix, t->leg[i], i, MIX_TALK | MIX_HEAR, now_ns(t));
	}
	return true;
}

/* As it comes out of mu-law. */
static int16_t coded(int16_t v)
{
	uint8_t c;
	g711_encode(CODEC_PCMU, &v, 1, &c);
	g711_decode(CODEC_PCMU, &c, 1, &v);
	return v;
}

static void say(struct table *t, unsigned who)
{
	int16_t pcm[FRAME];
	uint8_t payload[FRAME];
	uint32_t from = t->frame[who] * FRAME;
	for (unsigned i = 0; i < FRAME; i++)
		pcm[i] =
			(int16_t)(t->hz[who] > 0 ? lrint(t->value[who] * sin(2 * pi * t->hz[who] * (from + i) / SECOND))
						 : t->value[who]);
	g711_encode(CODEC_PCMU, pcm, FRAME, payload);
	struct rtp_packet p = {.seq = (uint16_t)(0xfff8 + t->frame[who]),
			       .ts = 0xfffffe00 + from,
			       .ssrc = who + 1,
			       .payload = payload,
			       .n = FRAME};
	playout_put(t->leg[who]->playout, &p, CODEC_PCMU, now_ns(t));
}

static void hear(struct table *t, unsigned who)
{
	int last = t->pcm[who][FRAME - 1];
	t->heard[who] = mix_get(t->leg[who], t->pcm[who], FRAME, now_ns(t));
	for (unsigned i = 0; i < FRAME; last = t->pcm[who][i++]) {
		unsigned jump = (unsigned)abs(t->pcm[who][i] - last);
		t->worst_jump[who] = jump > t->worst_jump[who] ? jump : t->worst_jump[who];
	}
	if (t->take[who]) {
		memcpy(t->take[who], t->pcm[who], sizeof(t->pcm[who]));
		t->take[who] += FRAME;
	}
}

/* Time passes; a packet may be up to 6 ms late. */
static void pass(struct table *t, unsigned ms)
{
	for (unsigned end = t->ms + ms; t->ms < end; t->ms++)
		for (unsigned i = 0; i < 3; i++) {
			if (t->leg[i]->mix && t->ms % 20 == 3 * i + t->ms / 20 * 5 % 7) {
				if (t->value[i])
					say(t, i);
				t->frame[i]++;
			}
			if (t->leg[i]->mix && t->ms % 20 == 17 - 4 * i)
				hear(t, i);
		}
}

static int16_t level(const struct table *t, unsigned who)
{
	return t->heard[who] ? t->pcm[who][FRAME - 1] : -1;
}

static void speak(struct table *t)
{
	for (unsigned i = 0; i < 3; i++)
		t->value[i] = coded((int16_t)(1000 << i));
}

static double amplitude(const int16_t *pcm, size_t n, double hz)
{
	double re = 0, im = 0;
	for (size_t i = 0; i < n; i++) {
		re += pcm[i] * cos(2 * pi * hz * (double)i / SECOND);
		im += pcm[i] * sin(2 * pi * hz * (double)i / SECOND);
	}
	return 2 * sqrt(re * re + im * im) / (double)n;
}

TEST(mix_gives_each_the_tones_of_the_others_at_their_level_and_pitch)
{
	static const double hz[] = {400, 700, 1100};
	static int16_t heard[3][2 * SECOND];
	struct table t;
	CHECK(table_make(&t));
	for (unsigned i = 0; i < 3; i++) {
		t.value[i] = 5000;
		t.hz[i] = hz[i];
	}
	pass(&t, 4000);
	for (unsigned i = 0; i < 3; i++)
		t.take[i] = heard[i];
	pass(&t, 2000);
	for (unsigned who = 0; who < 3; who++)
		for (unsigned i = 0; i < 3; i++) {
			double a = amplitude(heard[who], 2 * SECOND, hz[i]);
			CHECK(i == who ? a < 50 : a > 4800 && a < 5200);
		}
	for (unsigned i = 0; i < 3; i++)
		CHECK(t.leg[i]->playout->stats.concealed_us == 0 && t.leg[i]->playout->stats.delay_ms <= 30);
out:
	table_free(&t);
}

TEST(mix_lets_a_tone_in_and_its_packets_go_missing_without_a_click)
{
	struct table t;
	CHECK(table_make(&t));
	t.value[0] = 8000;
	t.hz[0] = 400; /* steepest step of its own: 2513 */
	mix_leave(t.leg[0]);
	pass(&t, 500);
	mix_join(t.mix, t.leg[0], 0, MIX_TALK | MIX_HEAR, now_ns(&t));
	t.frame[0] = 77;
	pass(&t, 1000);
	for (unsigned i = 0; i < 10; i++) {
		t.value[0] = 0;
		pass(&t, 20 + 20 * (i & 1)); /* one packet, or two */
		t.value[0] = 8000;
		pass(&t, 460);
	}
	CHECK(t.worst_jump[1] > 2000 && t.worst_jump[1] < 3200 && t.worst_jump[2] < 3200 && t.worst_jump[0] == 0);
	uint64_t ms = t.leg[0]->playout->stats.concealed_us / 1000;
	CHECK(ms >= 250 && ms <= 350); /* 300 were lost */
out:
	table_free(&t);
}

TEST(mix_saturates_and_leaves_out_who_may_not_talk)
{
	struct table t;
	CHECK(table_make(&t));
	t.value[0] = t.value[2] = coded(30000);
	pass(&t, 300);
	CHECK(level(&t, 1) == 32767 && level(&t, 0) == t.value[2]);
	mix_join(t.mix, t.leg[2], 2, MIX_HEAR, now_ns(&t));
	pass(&t, 100);
	CHECK(level(&t, 0) == 0 && level(&t, 1) == t.value[0] && level(&t, 2) == t.value[0]);
	mix_join(t.mix, t.leg[2], 2, MIX_TALK, now_ns(&t));
	pass(&t, 100);
	CHECK(level(&t, 2) == -1 && level(&t, 1) == 32767);
	mix_leave(t.leg[0]);
	mix_leave(t.leg[2]);
	pass(&t, 100);
	CHECK(level(&t, 1) == 0);
out:
	table_free(&t);
}

TEST(mix_of_people_who_say_nothing_is_silence_that_costs_no_sums)
{
	struct table t;
	CHECK(table_make(&t));
	speak(&t);
	pass(&t, 500);
	CHECK(level(&t, 0) == t.value[1] + t.value[2]);
	memset(t.value, 0, sizeof(t.value));
	pass(&t, 800);
	for (unsigned i = 0; i < 3; i++) {
		CHECK(t.leg[i]->mix_input->loud == 0 && t.heard[i]);
		for (unsigned k = 0; k < FRAME; k++)
			CHECK(t.pcm[i][k] == 0);
	}
out:
	table_free(&t);
}

TEST(mix_is_heard_alike_in_frames_of_any_length)
{
	static int16_t got[4][3 * 480];
	static const size_t lengths[] = {80, 160, 240, 480};
	for (unsigned k = 0; k < 4; k++) {
		struct table t;
		bool made = table_make(&t);
		t.value[1] = 5000;
		t.hz[1] = 1000;
		for (size_t at = 0; made && t.ms < 1300; t.ms++) {
			if (t.ms % 20 == 0) {
				say(&t, 1);
				t.frame[1]++;
			}
			size_t n = lengths[k];
			if (t.ms % (n / 8) == 0 && t.ms >= 1000 && at + n <= sizeof(got[k]) / sizeof(got[k][0])) {
				mix_get(t.leg[0], got[k] + at, n, now_ns(&t));
				at += n;
			} else if (t.ms % (n / 8) == 0) {
				int16_t pcm[480];
				mix_get(t.leg[0], pcm, n, now_ns(&t));
			}
		}
		table_free(&t);
		REQUIRE(made && fabs(amplitude(got[k], 3 * 480, 1000) - 5000) < 200);
	}
}

TEST(mix_lets_each_hear_those_it_has_chosen)
{
	struct table t;
	CHECK(table_make(&t));
	speak(&t);
	mix_hear(t.leg[0], 1u << 2);
	mix_hear(t.leg[1], 0);
	pass(&t, 300);
	CHECK(level(&t, 0) == t.value[2] && level(&t, 1) == 0 && level(&t, 2) == t.value[0] + t.value[1]);
	mix_hear(t.leg[0], 1u << 0 | 1u << 1); /* itself is left out */
	pass(&t, 100);
	CHECK(level(&t, 0) == t.value[1]);
out:
	table_free(&t);
}

TEST(mix_does_not_let_a_newcomer_in_the_seat_of_another_be_heard_unasked)
{
	struct table t;
	CHECK(table_make(&t));
	speak(&t);
	mix_hear(t.leg[0], 1u << 1 | 1u << 2);
	mix_leave(t.leg[2]);
	mix_join(t.mix, t.leg[2], 2, MIX_TALK | MIX_HEAR, now_ns(&t));
	for (unsigned i = 0; i < 20; i++) {
		pass(&t, 20);
		CHECK(level(&t, 0) <= t.value[1]);
	}
	CHECK(level(&t, 1) == t.value[0] + t.value[2]); /* who has not chosen hears everybody */
out:
	table_free(&t);
}

TEST(mix_changes_without_a_step)
{
	struct table t;
	CHECK(table_make(&t));
	speak(&t);
	mix_hear(t.leg[0], 0);
	pass(&t, 300);
	CHECK(level(&t, 0) == 0);
	mix_hear(t.leg[0], 1u << 1);
	pass(&t, 100);
	CHECK(level(&t, 0) == t.value[1]);
	mix_hear(t.leg[0], 0);
	pass(&t, 100);
	CHECK(level(&t, 0) == 0 && t.worst_jump[0] < 30);
out:
	table_free(&t);
}

TEST(mix_beside_a_bridge_leaves_the_partner_to_the_bridge)
{
	struct table t;
	int16_t pcm[FRAME];
	CHECK(table_make(&t));
	speak(&t);
	t.leg[0]->bridge = t.leg[1];
	t.leg[1]->bridge = t.leg[0];
	pass(&t, 300);
	CHECK(level(&t, 0) == t.value[2] && mix_hears(t.leg[0]));
	for (int i = 0; i < FRAME; i++)
		pcm[i] = 30000;
	CHECK(mix_overlay(t.leg[0], pcm, FRAME, now_ns(&t)) && pcm[0] == 32767);
	mix_hear(t.leg[0], 0);
	pass(&t, 100);
	CHECK(!mix_overlay(t.leg[0], pcm, FRAME, now_ns(&t)) && !mix_hears(t.leg[0]));
out:
	table_free(&t);
}

/* Packets of a bridge come in clumps; what is laid over them has neither holes nor jumps for that. */
TEST(mix_laid_over_packets_that_come_in_clumps_stays_whole)
{
	struct table t;
	int16_t last = 0;
	unsigned jump = 0;
	CHECK(table_make(&t));
	t.value[2] = 8000;
	t.hz[2] = 400;
	t.leg[0]->bridge = t.leg[1];
	t.leg[1]->bridge = t.leg[0];
	mix_leave(t.leg[1]);
	for (unsigned f = 0; f < 200; f++) {
		unsigned clump = f % 4 == 0 ? 2 : f % 4 == 1 ? 0 : 1;
		for (unsigned k = 0; k < clump; k++) {
			int16_t pcm[FRAME] = {0};
			mix_overlay(t.leg[0], pcm, FRAME, now_ns(&t));
			for (unsigned i = 0; i < FRAME && f > 20; last = pcm[i++])
				jump = (unsigned)abs(pcm[i] - last) > jump && f > 21 ? (unsigned)abs(pcm[i] - last)
										     : jump;
		}
		for (unsigned end = t.ms + 20; t.ms < end; t.ms++)
			if (t.ms % 20 == 3) {
				say(&t, 2);
				t.frame[2]++;
			}
	}
	CHECK(jump > 2000 && jump < 3200);
out:
	table_free(&t);
}
