/** test_media_bridge.c  Forwarding: content, numbering over changing sources, codecs, digits, moving. */
#include <errno.h>
#include <string.h>

#include "dsp/g711.h"
#include "rtp/seq.h"
#include "test/media_rig.h"

struct pair {
	struct rig r;
	struct far_end a, b;
};

static bool pair_open(struct pair *p, enum codec ca, enum codec cb, uint32_t wa, uint32_t wb)
{
	memset(p, 0, sizeof(*p));
	if (!rig_open(&p->r, NULL))
		return false;
	p->a.ssrc = 0xaaaa;
	p->b.ssrc = 0xbbbb;
	return far_open(&p->r, &p->a, ca, wa) && far_open(&p->r, &p->b, cb, wb) && far_latch(&p->r, &p->a) &&
	       far_latch(&p->r, &p->b);
}

static void pair_close(struct pair *p)
{
	far_close(&p->a);
	far_close(&p->b);
	rig_close(&p->r);
}

/* Say one packet on `from`, hear it on `to`. */
static bool pass(struct far_end *from, struct far_end *to, uint8_t fill, struct datagram *d)
{
	far_say(from, fill);
	return far_hear(to, d, WAIT_MS);
}

TEST_NO_OOM(media_bridge_passes_payloads_unchanged_both_ways)
{
	struct pair p;
	struct datagram d;
	uint8_t payload[160];
	CHECK(pair_open(&p, CODEC_PCMU, CODEC_PCMU, 0, 0));
	CHECK(media_bridge(p.r.m, p.a.leg, p.b.leg) == 0);
	CHECK(rig_settle(&p.r, p.a.leg));
	for (unsigned round = 0; round < 50; round++) {
		for (size_t i = 0; i < sizeof(payload); i++)
			payload[i] = (uint8_t)(round * 7 + i);
		far_send(&p.a, CODEC_PCMU, false, p.a.seq++, p.a.ts += 160, payload, sizeof(payload));
		CHECK(far_hear(&p.b, &d, WAIT_MS) && d.rtp.n == 160 && memcmp(d.rtp.payload, payload, 160) == 0);
		far_send(&p.b, CODEC_PCMU, false, p.b.seq++, p.b.ts += 160, payload, sizeof(payload));
		CHECK(far_hear(&p.a, &d, WAIT_MS) && d.rtp.n == 160 && memcmp(d.rtp.payload, payload, 160) == 0);
	}
out:
	pair_close(&p);
}

TEST_NO_OOM(media_bridge_keeps_loss_and_order_of_the_source)
{
	struct pair p;
	struct datagram d;
	uint8_t x[160] = {0};
	static const uint16_t in[] = {1000, 1001, 1003, 1002, 1006};
	uint16_t base = 0;
	uint32_t base_ts = 0, ssrc = 0;
	CHECK(pair_open(&p, CODEC_PCMU, CODEC_PCMU, 0, 0));
	CHECK(media_bridge(p.r.m, p.a.leg, p.b.leg) == 0);
	CHECK(rig_settle(&p.r, p.a.leg));
	p.a.ssrc = 0xcccc;
	for (size_t i = 0; i < 5; i++) {
		far_send(&p.a, CODEC_PCMU, false, in[i], in[i] * 160u, x, sizeof(x));
		CHECK(far_hear(&p.b, &d, WAIT_MS));
		if (i == 0) {
			base = d.rtp.seq;
			base_ts = d.rtp.ts;
			ssrc = d.rtp.ssrc;
		}
		CHECK((uint16_t)(d.rtp.seq - base) == in[i] - 1000);
		CHECK(d.rtp.ts - base_ts == (in[i] - 1000u) * 160 && d.rtp.ssrc == ssrc);
		CHECK(d.rtp.ssrc != 0xcccc);
	}
out:
	pair_close(&p);
}

TEST_NO_OOM(media_bridge_transcodes_between_laws)
{
	struct pair p;
	struct datagram d;
	uint8_t want[160], said[160];
	CHECK(pair_open(&p, CODEC_PCMU, CODEC_PCMA, 0, 0));
	CHECK(media_bridge(p.r.m, p.a.leg, p.b.leg) == 0);
	CHECK(rig_settle(&p.r, p.a.leg));
	for (unsigned i = 0; i < 160; i++)
		said[i] = (uint8_t)(i * 3);
	g711_transcode(CODEC_PCMU, CODEC_PCMA, said, 160, want);
	far_send(&p.a, CODEC_PCMU, false, p.a.seq++, p.a.ts, said, 160);
	CHECK(far_hear(&p.b, &d, WAIT_MS) && d.rtp.pt == CODEC_PCMA && memcmp(d.rtp.payload, want, 160) == 0);
	g711_transcode(CODEC_PCMA, CODEC_PCMU, said, 160, want);
	far_send(&p.b, CODEC_PCMA, false, p.b.seq++, p.b.ts, said, 160);
	CHECK(far_hear(&p.a, &d, WAIT_MS) && d.rtp.pt == CODEC_PCMU && memcmp(d.rtp.payload, want, 160) == 0);
out:
	pair_close(&p);
}

/* Bridge, prompt, bridge again, another source: one stream for the hearer. */
TEST_NO_OOM(media_leg_sends_one_continuous_stream_over_changing_sources)
{
	struct pair p;
	struct datagram d, before;
	struct tone_spec tone = {.hz = {440}, .level_cdb = -1300, .on_ms = 1000, .total_ms = 100};
	unsigned seams = 0;
	CHECK(pair_open(&p, CODEC_PCMU, CODEC_PCMU, 0, 0));
	CHECK(media_bridge(p.r.m, p.a.leg, p.b.leg) == 0);
	CHECK(rig_settle(&p.r, p.a.leg));
	CHECK(pass(&p.a, &p.b, 1, &before) && before.rtp.marker);
	CHECK(media_tone(p.r.m, p.b.leg, &tone, 1) == 0);
	for (int i = 0; i < 5; i++) {
		CHECK(far_hear(&p.b, &d, WAIT_MS));
		CHECK(d.rtp.seq == (uint16_t)(before.rtp.seq + 1) && d.rtp.ssrc == before.rtp.ssrc);
		CHECK(ts_diff(d.rtp.ts, before.rtp.ts) >= 160 && d.rtp.marker == (i == 0));
		seams += d.rtp.marker;
		before = d;
	}
	struct media_event ev;
	CHECK(rig_wait(&p.r, MEDIA_EV_PLAY_DONE, p.b.leg, &ev));
	p.a.seq = (uint16_t)(p.a.seq + 5); /* what it said meanwhile was not sent on: no hole for the hearer */
	CHECK(pass(&p.a, &p.b, 2, &d));
	CHECK(d.rtp.seq == (uint16_t)(before.rtp.seq + 1) && d.rtp.ssrc == before.rtp.ssrc && d.rtp.marker);
	CHECK(ts_diff(d.rtp.ts, before.rtp.ts) >= 160 && ts_diff(d.rtp.ts, before.rtp.ts) < 8000);
	before = d;
	p.a.ssrc = 0xdddd; /* the far side starts another stream */
	p.a.seq = 9;
	p.a.ts = 77;
	CHECK(pass(&p.a, &p.b, 3, &d));
	CHECK(d.rtp.seq == (uint16_t)(before.rtp.seq + 1) && d.rtp.marker && d.rtp.ssrc == before.rtp.ssrc);
	CHECK(ts_diff(d.rtp.ts, before.rtp.ts) >= 160 && ts_diff(d.rtp.ts, before.rtp.ts) < 8000);
	CHECK(seams == 1);
	rig_sleep(50);
	CHECK(rig_stats(&p.r, p.a.leg).ssrc_changes == 1);
out:
	pair_close(&p);
}

TEST_NO_OOM(media_unbridge_silences_both)
{
	struct pair p;
	struct datagram d;
	CHECK(pair_open(&p, CODEC_PCMU, CODEC_PCMU, 0, 0));
	CHECK(media_bridge(p.r.m, p.a.leg, p.b.leg) == 0);
	CHECK(rig_settle(&p.r, p.a.leg));
	CHECK(pass(&p.a, &p.b, 1, &d));
	CHECK(media_unbridge(p.r.m, p.b.leg) == 0);
	CHECK(rig_settle(&p.r, p.b.leg));
	far_say(&p.a, 2);
	far_say(&p.b, 2);
	CHECK(rig_received(&p.r, p.a.leg, 3) && rig_received(&p.r, p.b.leg, 2));
	CHECK(!far_hear(&p.a, &d, 30) && !far_hear(&p.b, &d, 30));
out:
	pair_close(&p);
}

TEST_NO_OOM(media_bridge_leaves_the_earlier_one)
{
	struct pair p;
	struct far_end c = {.ssrc = 0xc0c0};
	struct datagram d;
	CHECK(pair_open(&p, CODEC_PCMU, CODEC_PCMU, 0, 0));
	CHECK(far_open(&p.r, &c, CODEC_PCMU, 1) && far_latch(&p.r, &c));
	CHECK(media_bridge(p.r.m, p.a.leg, p.b.leg) == 0);
	CHECK(rig_settle(&p.r, p.a.leg));
	CHECK(pass(&p.a, &p.b, 1, &d));
	CHECK(media_bridge(p.r.m, c.leg, p.a.leg) == 0);
	CHECK(rig_settle(&p.r, c.leg));
	rig_sleep(30);
	CHECK(pass(&p.a, &c, 2, &d) && d.rtp.payload[0] == 2);
	CHECK(!far_hear(&p.b, &d, 30));
	far_say(&p.b, 3);
	CHECK(!far_hear(&p.a, &d, 30) && !far_hear(&c, &d, 10));
out:
	far_close(&c);
	pair_close(&p);
}

TEST_NO_OOM(media_bridge_brings_legs_of_two_workers_together)
{
	struct pair p;
	struct datagram d;
	CHECK(pair_open(&p, CODEC_PCMU, CODEC_PCMU, 0, 1));
	CHECK(media_leg_worker(p.r.m, p.a.leg) == 0 && media_leg_worker(p.r.m, p.b.leg) == 1);
	CHECK(media_bridge(p.r.m, p.a.leg, p.b.leg) == 0);
	CHECK(rig_settle(&p.r, p.a.leg));
	CHECK(media_leg_worker(p.r.m, p.a.leg) == media_leg_worker(p.r.m, p.b.leg));
	rig_sleep(30); /* the hand-over takes a tick of each */
	CHECK(pass(&p.a, &p.b, 1, &d) && d.rtp.payload[0] == 1);
	CHECK(pass(&p.b, &p.a, 2, &d) && d.rtp.payload[0] == 2);
out:
	pair_close(&p);
}

/* Legs thrown between workers with commands in their wake: the last command counts, nothing is lost or stuck. */
TEST_NO_OOM(media_commands_to_a_moving_leg_keep_their_order)
{
	enum { LEGS = 6 };
	struct rig r;
	struct far_end f[LEGS] = {0};
	struct datagram d;
	struct media_event ev;
	REQUIRE(rig_open(&r, NULL));
	for (uint32_t i = 0; i < LEGS; i++) {
		f[i].ssrc = 0x100 + i;
		CHECK(far_open(&r, &f[i], CODEC_PCMU, i % 2) && far_latch(&r, &f[i]));
	}
	for (uint32_t round = 0; round < 300; round++) {
		uint32_t x = round * 7 % LEGS, y = (x + 1 + round % (LEGS - 1)) % LEGS;
		struct tone_spec tone = {.hz = {440}, .level_cdb = -1300, .on_ms = 100, .total_ms = 0};
		while (media_bridge(r.m, f[x].leg, f[y].leg) == -ENOBUFS)
			rig_sleep(1);
		CHECK(media_tone(r.m, f[y].leg, &tone, round) == 0);
		CHECK(media_stop_play(r.m, f[y].leg) == 0);
		CHECK(rig_wait(&r, MEDIA_EV_PLAY_DONE, f[y].leg, &ev) && ev.tag == round && ev.a == 1);
	}
	for (uint32_t i = 0; i < LEGS; i += 2)
		CHECK(media_bridge(r.m, f[i].leg, f[i + 1].leg) == 0);
	rig_sleep(50);
	for (uint32_t i = 0; i < LEGS; i++)
		while (far_hear(&f[i], &d, 0))
			;
	for (uint32_t i = 0; i < LEGS; i += 2)
		CHECK(pass(&f[i], &f[i + 1], (uint8_t)(i + 1), &d) && d.rtp.payload[0] == i + 1);
	CHECK(!rig_has(&r, MEDIA_EV_COMMAND_FAILED, 0));
out:
	for (uint32_t i = 0; i < LEGS; i++)
		far_close(&f[i]);
	rig_close(&r);
}

TEST_NO_OOM(media_bridge_partner_survives_a_close)
{
	struct pair p;
	struct datagram d;
	struct media_event ev;
	CHECK(pair_open(&p, CODEC_PCMU, CODEC_PCMU, 0, 1));
	CHECK(media_bridge(p.r.m, p.a.leg, p.b.leg) == 0);
	CHECK(rig_settle(&p.r, p.a.leg));
	rig_sleep(30);
	CHECK(pass(&p.a, &p.b, 1, &d));
	CHECK(media_leg_close(p.r.m, p.b.leg) == 0);
	CHECK(rig_wait(&p.r, MEDIA_EV_LEG_CLOSED, p.b.leg, &ev));
	CHECK(media_leg_release(p.r.m, p.b.leg) == 0);
	CHECK(media_bridge(p.r.m, p.a.leg, p.b.leg) == -ENOENT);
	far_say(&p.a, 1);
	CHECK(rig_received(&p.r, p.a.leg, 3));
	CHECK(media_echo(p.r.m, p.a.leg, true) == 0);
	CHECK(rig_settle(&p.r, p.a.leg));
	rig_sleep(10);
	CHECK(pass(&p.a, &p.a, 6, &d) && d.rtp.payload[0] == 6);
out:
	pair_close(&p);
}

static void say_event(struct far_end *f, unsigned event, bool marker, bool end, uint16_t duration)
{
	uint8_t e[4] = {(uint8_t)event, (uint8_t)(end ? 0x8a : 0x0a), (uint8_t)(duration >> 8), (uint8_t)duration};
	far_send(f, 101, marker, f->seq++, f->ts, e, sizeof(e));
}

TEST_NO_OOM(media_bridge_forwards_digits_and_tells_each_once)
{
	struct pair p;
	struct datagram d;
	struct media_event ev;
	CHECK(pair_open(&p, CODEC_PCMU, CODEC_PCMU, 0, 0));
	struct leg_remote remote = far_remote(&p.b);
	remote.te_pt = 96; /* the other side uses another number */
	CHECK(media_leg_remote(p.r.m, p.b.leg, &remote) == 0);
	CHECK(rig_settle(&p.r, p.b.leg));
	CHECK(media_bridge(p.r.m, p.a.leg, p.b.leg) == 0);
	CHECK(rig_settle(&p.r, p.a.leg));
	for (unsigned i = 1; i <= 7; i++)
		say_event(&p.a, 5, i == 1, i > 4, (uint16_t)(160 * (i < 5 ? i : 5)));
	for (unsigned i = 1; i <= 7; i++) {
		CHECK(far_hear(&p.b, &d, WAIT_MS));
		CHECK(d.rtp.pt == 96 && d.rtp.n == 4 && d.rtp.payload[0] == 5 && d.rtp.payload[1] >> 7 == (i > 4));
	}
	CHECK(rig_wait(&p.r, MEDIA_EV_DTMF, p.a.leg, &ev) && ev.a == '5' && ev.b == 100);
	rig_sleep(250);
	CHECK(!rig_has(&p.r, MEDIA_EV_DTMF, 0));
out:
	pair_close(&p);
}

TEST_NO_OOM(media_bridge_drops_events_that_are_no_digits_where_nobody_agreed_to_them_without_a_hole)
{
	struct pair p;
	struct datagram d, before;
	CHECK(pair_open(&p, CODEC_PCMU, CODEC_PCMU, 0, 0));
	struct leg_remote remote = far_remote(&p.b);
	remote.te_pt = 255;
	CHECK(media_leg_remote(p.r.m, p.b.leg, &remote) == 0);
	CHECK(rig_settle(&p.r, p.b.leg));
	CHECK(media_bridge(p.r.m, p.a.leg, p.b.leg) == 0);
	CHECK(rig_settle(&p.r, p.a.leg));
	CHECK(pass(&p.a, &p.b, 1, &before));
	for (unsigned i = 1; i <= 3; i++)
		say_event(&p.a, 16, i == 1, i == 3, (uint16_t)(160 * i)); /* a hook flash */
	p.a.ts += 480;
	CHECK(pass(&p.a, &p.b, 2, &d));
	CHECK(d.rtp.payload[0] == 2 && d.rtp.seq == (uint16_t)(before.rtp.seq + 1));
	CHECK(d.rtp.ts - before.rtp.ts == 640);
out:
	pair_close(&p);
}

TEST_NO_OOM(media_dtmf_whose_end_is_lost_is_told_after_a_time)
{
	struct pair p;
	struct media_event ev;
	CHECK(pair_open(&p, CODEC_PCMU, CODEC_PCMU, 0, 0));
	say_event(&p.a, 11, true, false, 160);
	say_event(&p.a, 11, false, false, 320);
	CHECK(rig_wait(&p.r, MEDIA_EV_DTMF, p.a.leg, &ev) && ev.a == '#' && ev.b == 40);
out:
	pair_close(&p);
}
