/** test_media_keypad.c  Digits in the audio of a leg, told once, and carried over a bridge between sides that take
 *  different kinds. */
#include <string.h>

#include "dsp/dtmf.h"
#include "dsp/g711.h"
#include "dsp/tone.h"
#include "media/worker.h"
#include "rtp/seq.h"
#include "rtp/telephone_event.h"
#include "test/media_rig.h"

enum { FRAME = 160, NONE = 255, TE = 101, QUIET = 100 };

/* A far end whose leg knows telephone-event or does not. */
static bool phone_open(struct rig *r, struct far_end *f, enum dtmf_mode mode, uint8_t te_pt)
{
	struct leg_opts o = {.worker = 0, .dtmf = (uint8_t)mode};
	f->rtp = f->rtcp = -1;
	f->codec = CODEC_PCMU;
	f->ssrc = 0x500u + te_pt;
	if (!far_sockets(f) || media_leg_open(r->m, &o, &f->leg, &f->leg_address))
		return false;
	struct leg_remote remote = far_remote(f);
	remote.te_pt = te_pt;
	return media_leg_remote(r->m, f->leg, &remote) == 0 && rig_settle(r, f->leg);
}

static void say(struct far_end *f, const int16_t pcm[FRAME])
{
	uint8_t payload[FRAME];
	g711_encode(CODEC_PCMU, pcm, FRAME, payload);
	far_send(f, CODEC_PCMU, false, f->seq++, f->ts, payload, FRAME);
	f->ts += FRAME;
}

static void say_quiet(struct far_end *f, unsigned frames)
{
	int16_t pcm[FRAME];
	for (int i = 0; i < FRAME; i++)
		pcm[i] = (int16_t)(i % 2 ? QUIET : -QUIET);
	while (frames--)
		say(f, pcm);
}

/* 100 ms of tone and as much pause. */
static void say_digit(struct far_end *f, char digit)
{
	struct tone_spec spec;
	struct tone tone;
	int16_t pcm[FRAME];
	(void)tone_dtmf(&spec, digit, 100);
	(void)tone_init(&tone, &spec);
	for (int i = 0; i < 5; i++) {
		tone_fill(&tone, pcm, FRAME);
		say(f, pcm);
	}
	say_quiet(f, 5);
}

/* An event of 100 ms in place of audio, its end three times. */
static void send_event(struct far_end *f, char digit)
{
	uint8_t payload[TE_PAYLOAD];
	for (unsigned i = 1; i <= 7; i++) {
		uint16_t lasts = (uint16_t)((i < 5 ? i : 5) * FRAME);
		te_payload(payload, (unsigned)tone_digit_event(digit), i >= 5, lasts);
		far_send(f, TE, i == 1, f->seq++, f->ts, payload, TE_PAYLOAD);
	}
	f->ts += 7 * FRAME;
}

static bool told(struct rig *r, const struct far_end *f, char digit, enum dtmf_way way)
{
	struct media_event ev;
	return rig_wait(r, MEDIA_EV_DTMF, f->leg, &ev) && ev.a == digit && ev.c == way && ev.b >= 80 && ev.b <= 120;
}

TEST_NO_OOM(media_digits_in_the_audio_are_told_where_no_events_were_agreed)
{
	struct rig r;
	struct far_end f = {0}, g = {0};
	CHECK(rig_open(&r, NULL) && phone_open(&r, &f, DTMF_AUTO, NONE));
	CHECK(phone_open(&r, &g, DTMF_AUTO, TE));
	for (const char *d = "18A#"; *d; d++) {
		say_digit(&f, *d);
		say_digit(&g, *d); /* that one could have sent events */
		CHECK(told(&r, &f, *d, DTMF_WAY_AUDIO));
	}
	CHECK(rig_received(&r, g.leg, 40) && rig_settle(&r, g.leg) && !rig_has(&r, MEDIA_EV_DTMF, 0));
out:
	far_close(&f);
	far_close(&g);
	rig_close(&r);
}

TEST_NO_OOM(media_a_digit_that_comes_both_ways_is_told_once)
{
	struct rig r;
	struct far_end f = {0};
	CHECK(rig_open(&r, NULL) && phone_open(&r, &f, DTMF_BOTH, TE));
	for (int i = 0; i < 3; i++) { /* the same key three times */
		send_event(&f, '4');
		CHECK(told(&r, &f, '4', DTMF_WAY_EVENT));
		say_digit(&f, '4');
	}
	say_digit(&f, '9');
	CHECK(told(&r, &f, '9', DTMF_WAY_AUDIO));
	send_event(&f, '9');
	send_event(&f, '6');
	CHECK(told(&r, &f, '6', DTMF_WAY_EVENT));
	CHECK(!rig_has(&r, MEDIA_EV_DTMF, f.leg));
out:
	far_close(&f);
	rig_close(&r);
}

struct carried {
	unsigned events, ends, loud, quiet_after;
	uint8_t event;
	uint32_t ts;
	uint16_t lasts;
	bool ordered;
};

/* What came at a phone that takes events. */
static struct carried listen_events(const struct far_end *f)
{
	struct carried c = {.ordered = true};
	struct datagram d;
	uint16_t seq = 0;
	for (unsigned n = 0; c.quiet_after < 3 && far_hear(f, &d, 2000); n++) {
		c.ordered = c.ordered && (n == 0 || d.rtp.seq == (uint16_t)(seq + 1));
		seq = d.rtp.seq;
		if (d.rtp.pt == TE) {
			c.ordered = c.ordered && (c.events == 0 || c.ts == d.rtp.ts) && (c.events == 0) == d.rtp.marker;
			c.ts = d.rtp.ts;
			c.event = d.rtp.payload[0];
			c.ends += d.rtp.payload[1] >> 7;
			c.lasts = get_be16(d.rtp.payload + 2);
			c.events++;
			continue;
		}
		int16_t pcm[FRAME];
		int peak = 0;
		g711_decode(CODEC_PCMU, d.rtp.payload, FRAME, pcm);
		for (int i = 0; i < FRAME; i++)
			peak = pcm[i] > peak ? pcm[i] : peak;
		c.loud += peak > 10 * QUIET;
		c.quiet_after += c.ends && peak < 10 * QUIET;
	}
	return c;
}

TEST_NO_OOM(media_a_tone_crosses_a_bridge_as_an_event_and_is_silenced)
{
	struct rig r;
	struct far_end deaf = {0}, f = {0};
	CHECK(rig_open(&r, NULL) && phone_open(&r, &deaf, DTMF_AUTO, NONE) && phone_open(&r, &f, DTMF_AUTO, TE));
	CHECK(media_bridge(r.m, deaf.leg, f.leg) == 0 && rig_settle(&r, f.leg));
	say_quiet(&deaf, 3);
	say_digit(&deaf, '7');
	struct carried c = listen_events(&f);
	CHECK(c.ordered && c.ends == 3 && c.event == 7);
	CHECK(c.loud * 20 < DTMF_LEAK_MS);
	CHECK(c.lasts >= 90 * 8 && c.lasts <= 120 * 8);
	CHECK(told(&r, &deaf, '7', DTMF_WAY_AUDIO));
	/* The source falls silent behind its tone: the end is sent all the same. */
	struct tone_spec spec;
	struct tone tone;
	int16_t pcm[FRAME];
	(void)tone_dtmf(&spec, '2', 100);
	(void)tone_init(&tone, &spec);
	for (int i = 0; i < 5; i++) {
		tone_fill(&tone, pcm, FRAME);
		say(&deaf, pcm);
	}
	CHECK(told(&r, &deaf, '2', DTMF_WAY_AUDIO) && rig_settle(&r, f.leg));
	say_quiet(&deaf, 3);
	c = listen_events(&f);
	CHECK(c.ends == 3 && c.event == 2);
out:
	far_close(&deaf);
	far_close(&f);
	rig_close(&r);
}

TEST_NO_OOM(media_an_event_crosses_a_bridge_as_a_tone)
{
	struct rig r;
	struct far_end deaf = {0}, f = {0};
	struct dtmf ear;
	struct datagram d;
	char heard[4] = {0};
	unsigned n = 0;
	CHECK(rig_open(&r, NULL) && phone_open(&r, &deaf, DTMF_AUTO, NONE) && phone_open(&r, &f, DTMF_AUTO, TE));
	CHECK(media_bridge(r.m, deaf.leg, f.leg) == 0 && rig_settle(&r, f.leg));
	send_event(&f, '3'); /* at once: the second waits for the first */
	send_event(&f, '3');
	dtmf_init(&ear);
	while (n < 2 && far_hear(&deaf, &d, 2000)) {
		int16_t pcm[FRAME];
		CHECK(d.rtp.pt == CODEC_PCMU && d.rtp.n == FRAME);
		g711_decode(CODEC_PCMU, d.rtp.payload, FRAME, pcm);
		for (size_t at = 0; at < FRAME;) {
			uint32_t ms;
			at += dtmf_push(&ear, pcm + at, FRAME - at);
			if (dtmf_ended(&ear, &ms) && n < 3)
				heard[n++] = dtmf_ended(&ear, &ms);
		}
	}
	CHECK(strcmp(heard, "33") == 0);
	CHECK(told(&r, &f, '3', DTMF_WAY_EVENT) && told(&r, &f, '3', DTMF_WAY_EVENT));
	CHECK(!rig_has(&r, MEDIA_EV_PLAY_DONE, 0));
	for (bool quiet = false; !quiet;) { /* the tone's pause over, the bridge goes on */
		int16_t v;
		say_quiet(&f, 1);
		if (!far_hear(&deaf, &d, 100))
			continue;
		g711_decode(CODEC_PCMU, d.rtp.payload, 1, &v);
		quiet = v < -QUIET / 2 && v > -2 * QUIET;
	}
out:
	far_close(&deaf);
	far_close(&f);
	rig_close(&r);
}

TEST_NO_OOM(media_tones_between_two_sides_without_events_pass_as_they_are)
{
	struct rig r;
	struct far_end a = {0}, b = {0};
	struct datagram d;
	CHECK(rig_open(&r, NULL) && phone_open(&r, &a, DTMF_AUTO, NONE) && phone_open(&r, &b, DTMF_AUTO, NONE));
	CHECK(media_bridge(r.m, a.leg, b.leg) == 0 && rig_settle(&r, a.leg));
	say_digit(&a, '5');
	for (int i = 0; i < 10; i++)
		CHECK(far_hear(&b, &d, 2000) && d.rtp.pt == CODEC_PCMU && d.rtp.n == FRAME);
	CHECK(!rig_has(&r, MEDIA_EV_DTMF, 0));
out:
	far_close(&a);
	far_close(&b);
	rig_close(&r);
}
