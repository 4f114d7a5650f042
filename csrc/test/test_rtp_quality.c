/** test_rtp_quality.c  Calls of minutes at virtual time through a bad network: what is measured is what was done. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/g711.h"
#include "rtp/emodel.h"
#include "rtp/quality.h"
#include "test/test.h"

enum { MS = 1000000, FRAME_MS = 20, LOUD = 20000, QUIET = 2 };

/* One leg and the network before it. */
struct line {
	struct quality q;
	struct rtp_source rx;
	uint64_t now, sent;
	uint16_t seq;
	uint32_t random;
	uint64_t last_tick;
	struct quality_change seen[64];
	unsigned n;
	struct quality_now facts;
};

static const struct quality_opts usual = {.levels = true,
					  .mos_cent = 350,
					  .loss_permille = 50,
					  .jitter_ms = 60,
					  .rtt_ms = 400,
					  .clip_permille = 10,
					  .level_low_cdb = -4000,
					  .level_high_cdb = -600,
					  .one_way_ms = 15000,
					  .dead_air_ms = 20000};

static void line_open(struct line *l, const struct quality_opts *o)
{
	memset(l, 0, sizeof(*l));
	l->now = 1000ull * MS;
	l->random = 7;
	l->seq = 65000; /* wraps in every test of some length */
	l->facts = (struct quality_now){.frame_ms = FRAME_MS, .codec = CODEC_PCMU, .receiving = true, .talking = true};
	quality_init(&l->q, o, l->now);
}

static void arrive(struct line *l, uint16_t seq)
{
	enum rtp_order order = rtp_source_put(&l->rx, 1, seq);
	if (order != RTP_NEXT && order != RTP_REORDERED)
		return;
	quality_packet(&l->q, &l->rx, order, seq);
	l->facts.rx_packets++;
}

static void pass(struct line *l)
{
	l->now += (uint64_t)FRAME_MS * MS;
	l->facts.now = l->now;
	if (l->now - l->last_tick < (uint64_t)QUALITY_TICK_MS * MS)
		return;
	l->last_tick = l->now;
	unsigned n = quality_tick(&l->q, &l->facts, l->seen + l->n);
	l->n = l->n + n < 40 ? l->n + n : 40;
}

/* 20 ms of either side; amplitude 0: no packet at all. */
static void speak(struct line *l, int in, int out)
{
	struct level a = {.energy = (uint64_t)in * (uint64_t)in * 160 / 2, .samples = 160, .clipped = in >= 32000};
	struct level b = {.energy = (uint64_t)out * (uint64_t)out * 160 / 2, .samples = 160};
	if (in) {
		arrive(l, l->seq++);
		quality_sound(&l->q, QUALITY_IN, &a, l->now);
	}
	if (out) {
		l->facts.tx_packets++;
		quality_sound(&l->q, QUALITY_OUT, &b, l->now);
	}
	pass(l);
}

static void speak_for(struct line *l, unsigned ms, int in, int out)
{
	for (unsigned at = 0; at < ms; at += FRAME_MS)
		speak(l, in, out);
}

static bool chance(struct line *l, unsigned permille)
{
	l->random = l->random * 1664525u + 1013904223u;
	return (l->random >> 8) % 1000 < permille;
}

static const struct quality_change *changed(const struct line *l, enum quality_alarm a, bool begins)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->seen[i].alarm == a && !l->seen[i].begins == !begins)
			return &l->seen[i];
	return NULL;
}

TEST(quality_of_a_clean_call_is_the_best_there_is)
{
	struct line l;
	struct leg_quality f;
	line_open(&l, &usual);
	for (unsigned i = 0; i < 60; i++) {
		speak_for(&l, 1000, LOUD / 10, QUIET);
		speak_for(&l, 1000, QUIET, LOUD / 10);
	}
	quality_read(&l.q, &f);
	double r = emodel_r(emodel_delay_impairment(FRAME_MS + 40), 0);
	REQUIRE(f.rx.r == lrint(10 * r) && f.rx.mos == lrint(100 * emodel_mos(r)) && f.rx.mos >= 435);
	REQUIRE(f.rx.r_min == f.rx.r && f.rx.r_avg == f.rx.r && f.intervals == 11 && f.lost == 0);
	REQUIRE(f.packets == 6000 - QUALITY_LATE && f.alarmed == 0 && l.n == 0 && f.tx.mos == 0);
	REQUIRE(f.said.voice_ms == 60000 && f.heard.voice_ms == 60000 && f.said.measured_ms == 120000);
}

TEST(quality_sees_random_loss_as_random_and_bursts_as_bursts)
{
	struct line random, bursts;
	struct leg_quality f, g;
	line_open(&random, &usual);
	line_open(&bursts, &usual);
	for (unsigned i = 0; i < 15000; i++) {
		if (!chance(&random, 30))
			arrive(&random, random.seq);
		random.seq++;
		if (i % 200 >= 6)
			arrive(&bursts, bursts.seq);
		bursts.seq++;
		pass(&random);
		pass(&bursts);
	}
	quality_read(&random.q, &f);
	quality_read(&bursts.q, &g);
	REQUIRE(f.lost > 380 && f.lost < 520 && f.burst_r_cent < 110);
	REQUIRE(g.lost == 74 * 6 && g.burst_r_cent > 550 && g.burst_density_permille == 1000 && g.burst_ms == 120);
	REQUIRE(g.gap_ms > 3700 && g.gap_ms < 4000 && g.gap_density_permille == 0);
	REQUIRE(g.rx.r < f.rx.r && f.rx.mos < 420 && f.rx.r_min < f.rx.r_avg);
}

TEST(quality_counts_late_packets_as_lost_and_reordered_ones_not)
{
	struct line l;
	struct leg_quality f;
	line_open(&l, &usual);
	for (unsigned block = 0; block < 100; block++) {
		uint16_t at = (uint16_t)(l.seq + 50 * block);
		for (uint16_t i = 0; i < 50; i++)
			if (i != 10 && i != 20)
				arrive(&l, (uint16_t)(at + i + (i == 30) - (i == 31))); /* 30 and 31 change places */
		arrive(&l, (uint16_t)(at + 20));					/* thirty packets late */
		arrive(&l, (uint16_t)(at + 45));					/* twice */
	}
	quality_read(&l.q, &f);
	REQUIRE(f.lost == 200 && f.packets == 5000 - QUALITY_LATE);
}

TEST(quality_survives_a_stream_that_starts_afresh_and_jumps)
{
	struct line l;
	struct leg_quality f;
	line_open(&l, &usual);
	for (unsigned i = 0; i < 100; i++)
		arrive(&l, l.seq++);
	l.seq += 2000; /* a hole, still believed */
	for (unsigned i = 0; i < 100; i++)
		arrive(&l, l.seq++);
	l.seq += 20000; /* another stream: believed at its second packet */
	for (unsigned i = 0; i < 101; i++)
		arrive(&l, l.seq++);
	quality_end(&l.q, &l.facts);
	quality_read(&l.q, &f);
	REQUIRE(f.lost == 2000 && f.packets == 2300);
}

TEST(quality_raises_loss_once_and_clears_it_well_below)
{
	struct line l;
	static const unsigned permille[] = {0, 80, 80, 45, 45, 10, 0, 80, 80};
	line_open(&l, &usual);
	for (unsigned part = 0; part < 9; part++)
		for (unsigned i = 0; i < 500; i++) {
			if (i * permille[part] / 1000 == (i + 1) * permille[part] / 1000)
				arrive(&l, l.seq);
			l.seq++;
			pass(&l);
		}
	quality_tick(&l.q, &l.facts, l.seen + l.n);
	unsigned begun = 0, ended = 0;
	for (unsigned i = 0; i < l.n; i++) {
		begun += l.seen[i].alarm == QUALITY_LOSS && l.seen[i].begins;
		ended += l.seen[i].alarm == QUALITY_LOSS && !l.seen[i].begins;
	}
	REQUIRE(begun == 2 && ended == 1);
	const struct quality_change *first = changed(&l, QUALITY_LOSS, true), *over = changed(&l, QUALITY_LOSS, false);
	REQUIRE(first->value >= 70 && first->value <= 90 && over->value < 35);
	REQUIRE(over->lasted_ms == 40000);
}

TEST(quality_mos_falls_with_the_round_trip_and_says_so)
{
	struct line l;
	struct leg_quality f;
	struct rtcp_report r = {0};
	line_open(&l, &usual);
	speak_for(&l, 12000, LOUD / 10, LOUD / 10);
	REQUIRE(l.n == 0);
	for (unsigned i = 0; i < 8; i++) {
		r.highest += 250;
		r.lost += 25;
		quality_report(&l.q, &r, 900000, 5000); /* 450 ms each way */
		speak_for(&l, 5000, LOUD / 10, LOUD / 10);
	}
	quality_read(&l.q, &f);
	REQUIRE(changed(&l, QUALITY_RTT, true)->value == 900 && changed(&l, QUALITY_MOS, true)->value < 300);
	REQUIRE(changed(&l, QUALITY_REMOTE_LOSS, true)->value == 100 && changed(&l, QUALITY_REMOTE_MOS, true));
	REQUIRE(f.delay_ms == 450 + 20 + 40 && f.rtt_max_us == 900000 && f.remote_loss_permille == 100);
	REQUIRE(f.tx.r < f.rx.r && f.rx.mos_min < 300);
}

TEST(quality_does_not_believe_absurd_reports)
{
	struct line l;
	struct leg_quality f;
	struct rtcp_report r = {.highest = 5, .lost = -8388608};
	line_open(&l, &usual);
	for (unsigned i = 0; i < 100; i++) {
		quality_report(&l.q, &r, UINT32_MAX, UINT32_MAX);
		r.highest += i % 3 == 0 ? 0x80000000u : i % 7;
		r.lost = i % 2 ? 8388607 : -8388608;
		pass(&l);
	}
	quality_read(&l.q, &f);
	REQUIRE(f.remote_loss_permille <= 1000 && f.tx.r <= 1000 && f.rtt_us == UINT32_MAX && f.tx.mos >= 100);
}

TEST(quality_hears_that_nothing_arrives)
{
	struct line l;
	struct leg_quality f;
	line_open(&l, &usual);
	speak_for(&l, 5000, LOUD / 10, LOUD / 10);
	speak_for(&l, 14000, 0, LOUD / 10);
	REQUIRE(!changed(&l, QUALITY_ONE_WAY, true));
	speak_for(&l, 6000, 0, LOUD / 10);
	const struct quality_change *c = changed(&l, QUALITY_ONE_WAY, true);
	REQUIRE(c && c->begins == QUALITY_NO_PACKETS && c->value >= 15000 && c->value <= 15500);
	speak_for(&l, 2000, LOUD / 10, LOUD / 10);
	REQUIRE(changed(&l, QUALITY_ONE_WAY, false));
	quality_read(&l.q, &f);
	REQUIRE(f.one_way_ms >= 19500 && f.one_way_ms <= 20500 && f.alarms == 0);
	REQUIRE(f.alarmed == 1u << QUALITY_ONE_WAY);
}

TEST(quality_hears_that_only_silence_arrives)
{
	struct line l;
	line_open(&l, &usual);
	speak_for(&l, 5000, LOUD / 10, QUIET);
	speak_for(&l, 13000, QUIET, QUIET); /* thinking: no speech is unanswered */
	speak_for(&l, 14500, QUIET, LOUD / 10);
	REQUIRE(!changed(&l, QUALITY_ONE_WAY, true));
	speak_for(&l, 1500, QUIET, LOUD / 10);
	const struct quality_change *c = changed(&l, QUALITY_ONE_WAY, true);
	REQUIRE(c && c->begins == QUALITY_SILENCE && c->value >= 15000);
	speak_for(&l, 40, LOUD, LOUD / 10); /* a click: two frames */
	speak_for(&l, 1000, QUIET, LOUD / 10);
	REQUIRE(!changed(&l, QUALITY_ONE_WAY, false));
	speak_for(&l, 1000, LOUD / 10, QUIET);
	REQUIRE(changed(&l, QUALITY_ONE_WAY, false));
}

TEST(quality_a_prompt_needs_no_answer)
{
	struct line l;
	line_open(&l, &usual);
	l.facts.talking = false;
	speak_for(&l, 60000, QUIET, LOUD / 10);
	REQUIRE(l.n == 0);
}

TEST(quality_hold_is_neither_one_way_nor_dead)
{
	struct line l;
	line_open(&l, &usual);
	speak_for(&l, 5000, LOUD / 10, LOUD / 10);
	l.facts.receiving = false;
	speak_for(&l, 60000, 0, LOUD / 10);
	l.facts.receiving = true;
	speak_for(&l, 14000, 0, LOUD / 10);
	REQUIRE(l.n == 0);
}

TEST(quality_hears_dead_air_only_in_a_talk)
{
	struct line l;
	struct leg_quality f;
	line_open(&l, &usual);
	l.facts.talking = false;
	speak_for(&l, 60000, QUIET, QUIET);
	l.facts.talking = true;
	speak_for(&l, 19000, QUIET, QUIET);
	REQUIRE(!changed(&l, QUALITY_DEAD_AIR, true));
	speak_for(&l, 11000, QUIET, QUIET);
	REQUIRE(changed(&l, QUALITY_DEAD_AIR, true)->value >= 20000);
	speak_for(&l, 1000, QUIET, LOUD / 10);
	REQUIRE(changed(&l, QUALITY_DEAD_AIR, false));
	quality_read(&l.q, &f);
	REQUIRE(f.dead_air_ms >= 29500 && f.dead_air_ms <= 31000);
}

TEST(quality_tells_clipping_and_levels)
{
	struct line l;
	struct leg_quality f;
	line_open(&l, &usual);
	speak_for(&l, 11000, 32000, QUIET); /* one sample of each frame clips: 6 in 1000 */
	REQUIRE(changed(&l, QUALITY_LEVEL_HIGH, true)->value > 250 && !changed(&l, QUALITY_CLIPPING, true));
	speak_for(&l, 21000, 300, QUIET);
	REQUIRE(changed(&l, QUALITY_LEVEL_HIGH, false));
	speak_for(&l, 21000, 220, QUIET);
	REQUIRE(changed(&l, QUALITY_LEVEL_LOW, true)->value < -4000);
	quality_read(&l.q, &f);
	REQUIRE(f.said.clipped == 550 && f.said.voice_ms == 53000 && f.heard.voice_ms == 0 &&
		f.heard.level_cdb == INT32_MIN);
}

TEST(quality_off_means_no_alarm_whatever_happens)
{
	struct line l;
	static const struct quality_opts none = {.levels = true};
	line_open(&l, &none);
	for (unsigned i = 0; i < 3000; i++) {
		if (i % 3 == 0)
			arrive(&l, l.seq);
		l.seq++;
		pass(&l);
	}
	speak_for(&l, 60000, 0, LOUD);
	REQUIRE(l.n == 0);
}

TEST(quality_says_in_rfc_3611_what_it_measured)
{
	struct line l;
	struct xr_voip v;
	struct xr_view heard = {.has_voip = true,
				.voip = {.signal_dbm0 = -21, .r_factor = 80, .mos_lq = 40, .mos_cq = 39}};
	struct leg_quality f;
	line_open(&l, &usual);
	for (unsigned i = 0; i < 2000; i++) {
		if (i % 200 >= 10)
			arrive(&l, l.seq);
		l.seq++;
		pass(&l);
	}
	speak_for(&l, 1000, LOUD / 10, QUIET);
	quality_voip(&l.q, 77, &v);
	REQUIRE(v.ssrc == 77 && v.gmin == 16 && v.loss_rate >= 10 && v.loss_rate <= 12 && v.burst_density == 255);
	REQUIRE(v.burst_ms == 200 && v.mos_lq >= v.mos_cq && v.r_factor < 90 && v.signal_dbm0 < -20);
	REQUIRE(v.noise_dbm0 == XR_UNKNOWN && v.rerl_db == XR_UNKNOWN && v.config == 0);
	quality_read(&l.q, &f);
	REQUIRE(f.xr_signal_cdb == INT32_MIN && f.xr_r == 0 && f.xr_mos_cq == 0);
	quality_xr(&l.q, &heard);
	quality_read(&l.q, &f);
	REQUIRE(f.xr_seen == 1 && f.xr_signal_cdb == -2100 && f.xr_r == 80 && f.xr_mos_lq == 400 && f.xr_mos_cq == 390);
}

TEST(quality_is_bounded_and_small)
{
	REQUIRE(sizeof(struct quality) <= 1024); /* of 8 KiB per leg */
}

TEST(level_of_a_sine_of_0_dbm0_is_0_in_both_laws_and_linear)
{
	int16_t pcm[800];
	uint8_t code[800];
	level_init();
	for (int db = -40; db <= 0; db += 10) {
		for (int i = 0; i < 800;
		     i++) /* 1,004 Hz would not repeat: 1,000 Hz in whole turns, between the samples */
			pcm[i] = (int16_t)lrint(32767 * pow(10, (db - 3.14) / 20) * sin(2 * M_PI * (i + 0.37) / 8));
		struct level l = level_pcm(pcm, 800);
		REQUIRE(abs(level_cdbm0(l.energy, l.samples) - 100 * db) <= 5);
		for (enum codec c = CODEC_PCMU; c <= CODEC_PCMA; c += CODEC_PCMA - CODEC_PCMU) {
			g711_encode(c, pcm, 800, code);
			l = level_g711(c, code, 800);
			REQUIRE(l.samples == 800 && abs(level_cdbm0(l.energy, l.samples) - 100 * db) <= 30);
		}
		REQUIRE(abs(level_cdbm0(level_mean_square(100 * db), 1) - 100 * db) <= 2);
	}
}

TEST(level_counts_the_last_step_as_clipping)
{
	static const uint8_t mu[] = {0x80, 0x00, 0x81, 0xff, 0x80}, a[] = {0xaa, 0x2a, 0xab, 0xd5, 0xaa};
	static const int16_t pcm[] = {32124, -32124, 32123, 0, -32768};
	level_init();
	REQUIRE(level_g711(CODEC_PCMU, mu, 5).clipped == 3 && level_g711(CODEC_PCMA, a, 5).clipped == 3);
	REQUIRE(level_pcm(pcm, 5).clipped == 3);
	REQUIRE(level_cdbm0(0, 100) == LEVEL_SILENT && level_cdbm0(5, 0) == LEVEL_SILENT);
}

TEST(level_of_g711_is_that_of_its_decoded_samples_at_every_length)
{
	uint8_t data[70];
	int16_t pcm[70];
	level_init();
	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 37);
	for (size_t n = 0; n <= sizeof(data); n++)
		for (enum codec c = CODEC_PCMU; c <= CODEC_PCMA; c += CODEC_PCMA - CODEC_PCMU) {
			g711_decode(c, data, n, pcm);
			REQUIRE(level_g711(c, data, n).energy == level_pcm(pcm, n).energy);
		}
}
