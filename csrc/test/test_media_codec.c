/** test_media_codec.c  Legs of every codec: bridged with each other, played to, listened to, recorded, sent digits. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "dsp/codec.h"
#include "dsp/g711.h"
#include "rtp/telephone_event.h"
#include "test/media_rig.h"

enum { OPUS_PT = 111, OTHER_PT = 96, LEVEL = 8000, PACKETS = 20 };

static const double pi = 3.14159265358979323846;
static const uint8_t codecs[] = {CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_OPUS};

/* A far end that speaks a codec: 20 ms packets of one tone out, samples in. */
struct talker {
	struct far_end f;
	struct encoder *e;
	struct decoder *d;
	unsigned rate; /* Hz */
	size_t said;
	int16_t heard[16000];
	size_t n;
};
struct scene {
	struct rig r;
	struct talker a, b;
};

static bool talker_open(struct rig *r, struct talker *t, enum codec codec, uint32_t ssrc, uint8_t pt)
{
	struct media_event ev;
	uint8_t payload[160] = {0};
	t->f.ssrc = ssrc;
	t->f.pt = codec == CODEC_OPUS ? pt : 0;
	t->rate = codec_info(codec)->rate_khz * 1000u;
	t->e = mem_alloc(encoder_size(codec));
	t->d = mem_alloc(decoder_size(codec));
	if (!t->e || !t->d || encoder_init(t->e, codec, NULL) || decoder_init(t->d, codec) ||
	    !far_open(r, &t->f, codec, 0))
		return false;
	far_send(&t->f, t->f.pt ? t->f.pt : t->f.codec, false, t->f.seq++, t->f.ts, payload, 0); /* latches */
	return rig_wait(r, MEDIA_EV_LATCHED, t->f.leg, &ev);
}

static void talker_close(struct talker *t)
{
	far_close(&t->f);
	mem_free(t->e);
	mem_free(t->d);
}

static bool scene_open(struct scene *s, enum codec a, enum codec b)
{
	memset(s, 0, sizeof(*s));
	s->a.f.rtp = s->a.f.rtcp = s->b.f.rtp = s->b.f.rtcp = -1;
	return rig_open(&s->r, NULL) && talker_open(&s->r, &s->a, a, 0xaaaa, OPUS_PT) &&
	       talker_open(&s->r, &s->b, b, 0xbbbb, OTHER_PT);
}

static bool bridged(struct scene *s, enum codec a, enum codec b)
{
	return scene_open(s, a, b) && media_bridge(s->r.m, s->a.f.leg, s->b.f.leg) == 0 &&
	       rig_settle(&s->r, s->a.f.leg);
}

static void scene_close(struct scene *s)
{
	talker_close(&s->a);
	talker_close(&s->b);
	rig_close(&s->r);
}

/* The next 20 ms of the tone. Returns the payload's bytes. */
static int say(struct talker *t, double hz, uint8_t *payload)
{
	int16_t pcm[320];
	size_t n = t->rate / 50;
	for (size_t i = 0; i < n; i++)
		pcm[i] = (int16_t)lrint(LEVEL * sin(2 * pi * hz * (double)(t->said + i) / t->rate));
	t->said += n;
	int bytes = encoder_encode(t->e, pcm, n, payload, CODEC_PAYLOAD_MAX);
	if (bytes > 0)
		far_send(&t->f, t->f.pt ? t->f.pt : t->f.codec, false, t->f.seq++,
			 t->f.ts += codec_info(t->f.codec)->clock_khz * 20u, payload, (size_t)bytes);
	return bytes;
}

static bool hear(struct talker *t, struct datagram *d)
{
	if (!far_hear(&t->f, d, WAIT_MS) || t->n + CODEC_PACKET_SAMPLES > 16000)
		return false;
	int n = decoder_decode(t->d, d->rtp.payload, d->rtp.n, t->heard + t->n, CODEC_PACKET_SAMPLES);
	t->n += n > 0 ? (size_t)n : 0;
	return n > 0;
}

static double amplitude(const int16_t *pcm, size_t n, double hz, double rate)
{
	double re = 0, im = 0;
	for (size_t i = 0; i < n; i++) {
		re += pcm[i] * cos(2 * pi * hz * (double)i / rate);
		im += pcm[i] * sin(2 * pi * hz * (double)i / rate);
	}
	return 2 * sqrt(re * re + im * im) / (double)n;
}

/* Over the last 100 ms, in dB of what was said. */
static double level(const int16_t *pcm, size_t n, double hz, double rate)
{
	size_t part = (size_t)rate / 10;
	return n < part ? -100 : 20 * log10(amplitude(pcm + n - part, part, hz, rate) / LEVEL + 1e-9);
}

/* At 8 kHz, of every `step`-th sample: the best of all windows. */
static double strongest(const int16_t *pcm, size_t step, size_t n, size_t window, double hz)
{
	int16_t part[800];
	double most = 0;
	for (size_t at = 0; at + window <= n; at += window / 4) {
		for (size_t i = 0; i < window; i++)
			part[i] = pcm[(at + i) * step];
		most = fmax(most, amplitude(part, window, hz, 8000));
	}
	return most;
}

static bool carries(struct talker *from, struct talker *to, double hz, double *db)
{
	struct datagram d;
	uint8_t payload[CODEC_PAYLOAD_MAX];
	to->n = 0;
	for (unsigned i = 0; i < PACKETS; i++)
		if (say(from, hz, payload) <= 0 || !hear(to, &d))
			return false;
	*db = level(to->heard, to->n, hz, to->rate);
	return true;
}

TEST_NO_OOM(media_bridge_carries_a_tone_between_any_two_codecs)
{
	struct scene s;
	double there, back;
	for (size_t i = 0; i < 4; i++)
		for (size_t k = i; k < 4; k++) {
			CHECK(bridged(&s, codecs[i], codecs[k]));
			CHECK(carries(&s.a, &s.b, 1000, &there) && carries(&s.b, &s.a, 700, &back));
			CHECK(fabs(there) < 1.5 && fabs(back) < 1.5);
			scene_close(&s);
			memset(&s, 0, sizeof(s));
		}
out:
	scene_close(&s);
}

TEST_NO_OOM(media_bridge_of_wideband_codecs_stays_wideband)
{
	struct scene s;
	double there, back;
	CHECK(bridged(&s, CODEC_G722, CODEC_OPUS));
	CHECK(carries(&s.a, &s.b, 6000, &there) && carries(&s.b, &s.a, 6000, &back));
	CHECK(fabs(there) < 3 && fabs(back) < 3);
out:
	scene_close(&s);
}

TEST_NO_OOM(media_bridge_of_equal_codecs_passes_payloads_on_under_the_peers_type)
{
	struct scene s;
	struct datagram d;
	uint8_t payload[CODEC_PAYLOAD_MAX];
	uint32_t ts = 0;
	CHECK(bridged(&s, CODEC_OPUS, CODEC_OPUS));
	for (unsigned i = 0; i < 5; i++) {
		int n = say(&s.a, 440, payload);
		CHECK(n > 0 && far_hear(&s.b.f, &d, WAIT_MS));
		CHECK(d.rtp.pt == OTHER_PT && d.rtp.n == (size_t)n && memcmp(d.rtp.payload, payload, d.rtp.n) == 0);
		CHECK(i == 0 || d.rtp.ts - ts == 960);
		ts = d.rtp.ts;
		n = say(&s.b, 440, payload);
		CHECK(n > 0 && far_hear(&s.a.f, &d, WAIT_MS));
		CHECK(d.rtp.pt == OPUS_PT && d.rtp.n == (size_t)n && memcmp(d.rtp.payload, payload, d.rtp.n) == 0);
	}
out:
	scene_close(&s);
}

TEST_NO_OOM(media_bridge_converts_the_clock_and_keeps_losses)
{
	struct scene s;
	struct datagram d;
	uint8_t payload[CODEC_PAYLOAD_MAX];
	uint32_t ts = 0;
	uint16_t seq = 0;
	CHECK(bridged(&s, CODEC_OPUS, CODEC_PCMU));
	s.a.f.ts = UINT32_MAX - 2 * 960; /* the faster clock wraps on the way */
	for (unsigned i = 0; i < 8; i++) {
		if (i == 5) { /* lost before it came to us */
			s.a.f.seq++;
			s.a.f.ts += 960;
		}
		CHECK(say(&s.a, 440, payload) > 0 && far_hear(&s.b.f, &d, WAIT_MS));
		CHECK(d.rtp.pt == CODEC_PCMU && d.rtp.n == 160);
		if (i > 0)
			CHECK(d.rtp.ts - ts == (i == 5 ? 320 : 160) && (uint16_t)(d.rtp.seq - seq) == (i == 5 ? 2 : 1));
		ts = d.rtp.ts;
		seq = d.rtp.seq;
	}
	for (unsigned i = 0; i < 4; i++) {
		CHECK(say(&s.b, 440, payload) > 0 && far_hear(&s.a.f, &d, WAIT_MS));
		CHECK(d.rtp.pt == OPUS_PT && (i == 0 || d.rtp.ts - ts == 960));
		ts = d.rtp.ts;
	}
out:
	scene_close(&s);
}

TEST_NO_OOM(media_packet_that_the_other_codec_cannot_carry_leaves_no_hole)
{
	struct scene s;
	struct datagram d;
	uint8_t payload[CODEC_PAYLOAD_MAX];
	CHECK(bridged(&s, CODEC_PCMU, CODEC_OPUS));
	CHECK(say(&s.a, 440, payload) > 0 && far_hear(&s.b.f, &d, WAIT_MS));
	uint16_t seq = d.rtp.seq;
	far_send(&s.a.f, CODEC_PCMU, false, s.a.f.seq++, s.a.f.ts += 160, payload, 77); /* no frame of Opus */
	CHECK(say(&s.a, 440, payload) > 0 && far_hear(&s.b.f, &d, WAIT_MS));
	CHECK(d.rtp.seq == (uint16_t)(seq + 1));
out:
	scene_close(&s);
}

TEST_NO_OOM(media_tone_is_played_to_legs_of_every_codec)
{
	struct scene s;
	struct datagram d;
	struct tone_spec tone = {.hz = {1000}, .level_cdb = -1300, .on_ms = 1000, .total_ms = 200};
	double narrow = 0;
	for (size_t i = 0; i < 4; i++) {
		CHECK(scene_open(&s, codecs[i], CODEC_PCMU));
		CHECK(media_tone(s.r.m, s.a.f.leg, &tone, 1) == 0);
		for (unsigned k = 0; k < 10; k++)
			CHECK(hear(&s.a, &d));
		double db = level(s.a.heard, s.a.n, 1000, s.a.rate);
		narrow = i == 0 ? db : narrow;
		CHECK(narrow > -20 && fabs(db - narrow) < 1.5);
		scene_close(&s);
		memset(&s, 0, sizeof(s));
	}
out:
	scene_close(&s);
}

struct taken {
	struct scene *s;
	int16_t pcm[8000];
	size_t n;
};

static bool took_all(void *arg)
{
	struct taken *t = arg;
	uint64_t dropped;
	int n = media_tap_read(t->s->r.m, t->s->a.f.leg, t->pcm + t->n, 8000 - t->n, &dropped);
	t->n += n > 0 ? (size_t)n : 0;
	return t->n >= PACKETS * 160;
}

TEST_NO_OOM(media_tap_hears_wideband_legs_at_8_khz)
{
	struct scene s;
	static struct taken t;
	uint8_t payload[CODEC_PAYLOAD_MAX];
	for (size_t i = 2; i < 4; i++) {
		t = (struct taken){.s = &s};
		CHECK(scene_open(&s, codecs[i], CODEC_PCMU));
		CHECK(media_tap_open(s.r.m, s.a.f.leg, 1000) == 0 && rig_settle(&s.r, s.a.f.leg));
		for (unsigned k = 0; k < PACKETS; k++)
			CHECK(say(&s.a, 1000, payload) > 0);
		CHECK(rig_until(took_all, &t));
		/* on a slow machine silence may stand between packets */
		CHECK(fabs(20 * log10(strongest(t.pcm, 1, t.n, 160, 1000) / LEVEL)) < 2);
		scene_close(&s);
		memset(&s, 0, sizeof(s));
	}
out:
	scene_close(&s);
}

/* Windows, because a busy machine may leave silence between packets. */
static double best_wide(const struct talker *t, double hz)
{
	double most = 0;
	for (size_t at = 0; at + 800 <= t->n; at += 400)
		most = fmax(most, amplitude(t->heard + at, 800, hz, 16000));
	return most;
}

TEST_NO_OOM(media_mix_of_wideband_legs_is_wideband)
{
	struct scene s;
	struct datagram d;
	uint8_t payload[CODEC_PAYLOAD_MAX];
	uint64_t mix, start = 0;
	CHECK(scene_open(&s, CODEC_OPUS, CODEC_G722));
	CHECK(media_mix_open(s.r.m, &mix) == 0);
	CHECK(media_mix_join(s.r.m, mix, s.a.f.leg, MIX_TALK | MIX_HEAR) == 0);
	CHECK(media_mix_join(s.r.m, mix, s.b.f.leg, MIX_TALK | MIX_HEAR) == 0 && rig_settle(&s.r, s.b.f.leg));
	for (unsigned i = 0; i < 2 * PACKETS; i++) {
		rig_pace(&start, i);
		CHECK(say(&s.a, 6000, payload) > 0 && say(&s.b, 1000, payload) > 0); /* at once wideband and not */
		CHECK(hear(&s.b, &d) && hear(&s.a, &d));
	}
	CHECK(fabs(20 * log10(best_wide(&s.b, 6000) / LEVEL)) < 3);
	CHECK(fabs(20 * log10(best_wide(&s.a, 1000) / LEVEL)) < 2);
	CHECK(media_mix_join(s.r.m, mix, s.a.f.leg, MIX_TALK) == 0 && media_mix_close(s.r.m, mix) == 0);
out:
	scene_close(&s);
}

TEST_NO_OOM(media_digits_are_converted_between_the_clocks_of_two_codecs)
{
	struct scene s;
	struct datagram d;
	struct media_event ev;
	uint8_t event[TE_PAYLOAD];
	CHECK(bridged(&s, CODEC_OPUS, CODEC_PCMU));
	struct leg_remote wide = far_remote(&s.a.f);
	wide.te_khz = 48;
	CHECK(media_leg_remote(s.r.m, s.a.f.leg, &wide) == 0 && rig_settle(&s.r, s.a.f.leg));
	te_payload(event, 5, true, 100 * 48);
	far_send(&s.a.f, 101, true, s.a.f.seq++, s.a.f.ts += 960, event, sizeof(event));
	CHECK(rig_wait(&s.r, MEDIA_EV_DTMF, s.a.f.leg, &ev) && ev.a == '5' && ev.b == 100);
	CHECK(far_hear(&s.b.f, &d, WAIT_MS) && d.rtp.pt == 101 && get_be16(d.rtp.payload + 2) == 800);
	te_payload(event, 7, true, 100 * 8);
	far_send(&s.b.f, 101, true, s.b.f.seq++, s.b.f.ts += 160, event, sizeof(event));
	CHECK(rig_wait(&s.r, MEDIA_EV_DTMF, s.b.f.leg, &ev) && ev.a == '7' && ev.b == 100);
	CHECK(far_hear(&s.a.f, &d, WAIT_MS) && get_be16(d.rtp.payload + 2) == 4800);
	CHECK(media_dtmf(s.r.m, s.a.f.leg, "3", 60, 0, 9) == 0);
	CHECK(far_hear(&s.a.f, &d, WAIT_MS) && d.rtp.payload[0] == 3 && get_be16(d.rtp.payload + 2) == 20 * 48);
out:
	scene_close(&s);
}

TEST_NO_OOM(media_leg_changes_its_codec_and_goes_on)
{
	struct scene s;
	struct media_event ev;
	double db;
	CHECK(bridged(&s, CODEC_PCMU, CODEC_PCMU));
	CHECK(carries(&s.a, &s.b, 1000, &db));
	static const uint8_t next[] = {CODEC_OPUS, CODEC_G722, CODEC_OPUS, CODEC_PCMA};
	for (size_t i = 0; i < sizeof(next); i++) {
		mem_free(s.a.e);
		mem_free(s.a.d);
		s.a.e = mem_alloc(encoder_size(next[i]));
		s.a.d = mem_alloc(decoder_size(next[i]));
		CHECK(s.a.e && s.a.d && encoder_init(s.a.e, next[i], NULL) == 0 && decoder_init(s.a.d, next[i]) == 0);
		s.a.f.codec = next[i];
		s.a.f.pt = next[i] == CODEC_OPUS ? OPUS_PT : 0;
		s.a.rate = codec_info(next[i])->rate_khz * 1000u;
		CHECK(far_describe(&s.r, &s.a.f) && rig_settle(&s.r, s.a.f.leg));
		CHECK(carries(&s.a, &s.b, 1000, &db) && fabs(db) < 1.5);
		CHECK(carries(&s.b, &s.a, 1000, &db) && fabs(db) < 1.5);
	}
	CHECK(media_leg_close(s.r.m, s.a.f.leg) == 0 && rig_wait(&s.r, MEDIA_EV_LEG_CLOSED, s.a.f.leg, &ev));
out:
	scene_close(&s);
}

TEST_NO_OOM(media_leg_of_another_codec_is_recorded_as_mu_law)
{
	struct scene s;
	struct folder folder;
	struct media_event ev;
	uint64_t rec;
	int16_t *pcm = NULL;
	size_t size = 0, n = 0;
	uint8_t *wav = NULL;
	double db;
	if (!folder_make(&folder))
		return;
	CHECK(bridged(&s, CODEC_OPUS, CODEC_G722));
	CHECK(media_record_start(s.r.m, s.a.f.leg, folder.file, 1, &rec) == 0 && rig_settle(&s.r, s.a.f.leg));
	CHECK(carries(&s.a, &s.b, 1000, &db) && carries(&s.b, &s.a, 700, &db));
	rig_sleep(400); /* the line of the file is real time; what was said at once lies ahead of it */
	CHECK(media_record_stop(s.r.m, rec) == 0 && rig_wait(&s.r, MEDIA_EV_REC_DONE, rec, &ev) && ev.a == 0);
	wav = file_read(folder.file, &size);
	CHECK(wav && size > 2 * 3200 && wav[20] == 7); /* WAVE_FORMAT_MULAW */
	n = 2 * ((size - 2) / 2 - 100);		       /* the header is shorter than that, and even */
	pcm = mem_zalloc_array(n, sizeof(*pcm));
	CHECK(pcm);
	g711_decode(CODEC_PCMU, wav + size - n, n, pcm);
	CHECK(fabs(20 * log10(strongest(pcm, 2, n / 2, 800, 1000) / LEVEL)) < 1.5);
	CHECK(fabs(20 * log10(strongest(pcm + 1, 2, n / 2 - 1, 800, 700) / LEVEL)) < 1.5);
out:
	mem_free(pcm);
	mem_free(wav);
	folder_remove(&folder);
	scene_close(&s);
}

TEST_NO_OOM(media_leg_refuses_codecs_without_a_payload_type)
{
	struct scene s;
	CHECK(scene_open(&s, CODEC_PCMU, CODEC_PCMU));
	struct leg_remote r = far_remote(&s.a.f);
	r.codec = CODEC_OPUS;
	r.pt = 0;
	CHECK(media_leg_remote(s.r.m, s.a.f.leg, &r) == -EINVAL);
	r.pt = 101; /* that of telephone-event */
	CHECK(media_leg_remote(s.r.m, s.a.f.leg, &r) == -EINVAL);
	r.codec = 3;
	CHECK(media_leg_remote(s.r.m, s.a.f.leg, &r) == -EINVAL);
	struct media_opts wrong[] = {{.opus_complexity = 11}, {.opus_bitrate = 5999}, {.opus_bitrate = 510001}};
	for (size_t i = 0; i < 3; i++) {
		struct rig r2;
		CHECK(!rig_open(&r2, &wrong[i]));
	}
out:
	scene_close(&s);
}

TEST_NO_OOM(media_hostile_payloads_are_counted_and_nothing_else_happens)
{
	struct scene s;
	double db;
	uint8_t payload[400];
	unsigned seed = 11;
	for (size_t c = 2; c < 4; c++) {
		CHECK(bridged(&s, codecs[c], CODEC_PCMA));
		for (unsigned i = 0; i < 100; i++) {
			size_t n = (seed >> 8) % sizeof(payload) + 1;
			for (size_t k = 0; k < n; k++)
				payload[k] = (uint8_t)((seed = seed * 1103515245u + 12345u) >> 16);
			far_send(&s.a.f, s.a.f.pt ? s.a.f.pt : s.a.f.codec, false, s.a.f.seq++, s.a.f.ts += 160,
				 payload, n);
			CHECK(rig_received(&s.r, s.a.f.leg, i + 2));
		}
		struct datagram d;
		while (far_hear(&s.b.f, &d, 1))
			;
		CHECK(carries(&s.a, &s.b, 1000, &db) && fabs(db) < 1.5);
		scene_close(&s);
		memset(&s, 0, sizeof(s));
	}
out:
	scene_close(&s);
}
