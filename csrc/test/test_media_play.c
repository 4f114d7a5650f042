/** test_media_play.c  Players, tones, digits, sinks: what the far end hears. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dsp/g711.h"
#include "dsp/tone.h"
#include "dsp/wav.h"
#include "rtp/seq.h"
#include "test/media_rig.h"

struct one {
	struct rig r;
	struct far_end a;
};

static bool one_open(struct one *o, enum codec codec)
{
	memset(o, 0, sizeof(*o));
	return rig_open(&o->r, NULL) && far_open(&o->r, &o->a, codec, LEG_ANY_WORKER) && far_latch(&o->r, &o->a);
}

static void one_close(struct one *o)
{
	far_close(&o->a);
	rig_close(&o->r);
}

static void ramp(int16_t *pcm, int n)
{
	for (int i = 0; i < n; i++)
		pcm[i] = (int16_t)(i * 37 % 20000 - 10000);
}

/* The clip must come in frames of `ptime`, once, every sample. */
static bool hears_clip(struct one *o, const int16_t *pcm, size_t n, unsigned ptime)
{
	uint8_t want[4000];
	struct datagram d;
	size_t frame = ptime * 8;
	uint16_t seq = 0;
	g711_encode((enum codec)o->a.codec, pcm, n, want);
	for (size_t at = 0; at < n; at += frame) {
		size_t part = n - at < frame ? n - at : frame;
		if (!far_hear(&o->a, &d, WAIT_MS) || d.rtp.n != frame || memcmp(d.rtp.payload, want + at, part) != 0)
			return false;
		if (at && d.rtp.seq != (uint16_t)(seq + 1))
			return false;
		if (d.rtp.marker != (at == 0) || d.rtp.pt != o->a.codec)
			return false;
		seq = d.rtp.seq;
		for (size_t i = part; i < frame; i++)
			if (d.rtp.payload[i] != g711_silence((enum codec)o->a.codec) && d.rtp.payload[i] != 0x7f)
				return false;
	}
	return true;
}

TEST_NO_OOM(media_player_sends_every_sample_once_in_each_frame_size)
{
	static const uint8_t ptimes[] = {20, 10, 30, 40, 60};
	struct one o;
	struct media_event ev;
	struct datagram d;
	int16_t pcm[1500];
	uint64_t clip;
	CHECK(one_open(&o, CODEC_PCMA));
	ramp(pcm, 1500);
	CHECK(media_clip_pcm(o.r.m, pcm, 1500, &clip) == 0 && media_clip_samples(o.r.m, clip) == 1500);
	for (size_t i = 0; i < sizeof(ptimes); i++) {
		struct leg_remote remote = far_remote(&o.a);
		remote.ptime_ms = ptimes[i];
		CHECK(media_leg_remote(o.r.m, o.a.leg, &remote) == 0);
		CHECK(rig_settle(&o.r, o.a.leg));
		rig_sleep(70); /* the last visit of the old rhythm is over */
		CHECK(media_play(o.r.m, o.a.leg, clip, 1, i) == 0);
		CHECK(hears_clip(&o, pcm, 1500, ptimes[i]));
		CHECK(rig_wait(&o.r, MEDIA_EV_PLAY_DONE, o.a.leg, &ev) && ev.a == 0 && ev.tag == i);
		CHECK(!far_hear(&o.a, &d, 50));
	}
out:
	one_close(&o);
}

TEST_NO_OOM(media_player_repeats_without_a_gap)
{
	struct one o;
	struct media_event ev;
	int16_t pcm[250], twice[500];
	uint64_t clip;
	CHECK(one_open(&o, CODEC_PCMU));
	ramp(pcm, 250);
	memcpy(twice, pcm, sizeof(pcm));
	memcpy(twice + 250, pcm, sizeof(pcm));
	CHECK(media_clip_pcm(o.r.m, pcm, 250, &clip) == 0);
	CHECK(media_play(o.r.m, o.a.leg, clip, 2, 1) == 0);
	CHECK(media_clip_release(o.r.m, clip) == 0); /* it plays on */
	CHECK(media_play(o.r.m, o.a.leg, clip, 1, 1) == -ENOENT);
	CHECK(hears_clip(&o, twice, 500, 20));
	CHECK(rig_wait(&o.r, MEDIA_EV_PLAY_DONE, o.a.leg, &ev) && ev.a == 0);
out:
	one_close(&o);
}

TEST_NO_OOM(media_player_replaced_or_stopped_says_so)
{
	struct one o;
	struct media_event ev;
	int16_t pcm[160] = {0};
	uint64_t clip;
	CHECK(one_open(&o, CODEC_PCMU));
	CHECK(media_clip_pcm(o.r.m, pcm, 160, &clip) == 0);
	CHECK(media_play(o.r.m, o.a.leg, clip, 0, 11) == 0);
	CHECK(media_play(o.r.m, o.a.leg, clip, 0, 12) == 0);
	CHECK(rig_wait(&o.r, MEDIA_EV_PLAY_DONE, o.a.leg, &ev) && ev.a == 1 && ev.tag == 11);
	CHECK(media_stop_play(o.r.m, o.a.leg) == 0);
	CHECK(rig_wait(&o.r, MEDIA_EV_PLAY_DONE, o.a.leg, &ev) && ev.a == 1 && ev.tag == 12);
	CHECK(media_stop_play(o.r.m, o.a.leg) == 0); /* nothing runs: no event */
	CHECK(media_play(o.r.m, o.a.leg, clip, 0, 13) == 0);
	CHECK(media_leg_close(o.r.m, o.a.leg) == 0);
	CHECK(rig_wait(&o.r, MEDIA_EV_PLAY_DONE, o.a.leg, &ev) && ev.a == 1 && ev.tag == 13);
out:
	one_close(&o);
}

TEST_NO_OOM(media_clip_reads_wav_files_and_says_what_is_wrong)
{
	struct one o;
	struct folder f = {0};
	uint8_t header[WAV_HEADER];
	int16_t pcm[500];
	char why[200] = "", path[256];
	uint64_t clip;
	CHECK(folder_make(&f));
	CHECK(one_open(&o, CODEC_PCMU));
	snprintf(path, sizeof(path), "%s/a.wav", f.path);
	FILE *file = fopen(path, "wb");
	CHECK(file);
	ramp(pcm, 500);
	wav_header(header, WAV_PCM16, 1, 8000, sizeof(pcm));
	fwrite(header, 1, sizeof(header), file);
	fwrite(pcm, 1, sizeof(pcm), file);
	fclose(file);
	CHECK(media_clip_load(o.r.m, path, &clip, why, sizeof(why)) == 0);
	CHECK(media_clip_samples(o.r.m, clip) == 500);
	CHECK(media_play(o.r.m, o.a.leg, clip, 1, 1) == 0 && hears_clip(&o, pcm, 500, 20));
	file = fopen(path, "r+b");
	CHECK(file);
	wav_header(header, WAV_PCM16, 1, 16000, sizeof(pcm));
	fwrite(header, 1, sizeof(header), file);
	fclose(file);
	CHECK(media_clip_load(o.r.m, path, &clip, why, sizeof(why)) == -EBADMSG);
	CHECK(strstr(why, "16000") && strstr(why, path));
	CHECK(media_clip_load(o.r.m, "/nowhere/b.wav", &clip, why, sizeof(why)) == -ENOENT && strstr(why, "/nowhere"));
	CHECK(media_clip_load(o.r.m, f.path, &clip, why, sizeof(why)) != 0);
	CHECK(media_clip_load(o.r.m, "/dev/null", &clip, why, sizeof(why)) != 0);
	CHECK(media_clip_pcm(o.r.m, pcm, 0, &clip) == -EINVAL);
out:
	one_close(&o);
	folder_remove(&f);
}

TEST_NO_OOM(media_tone_is_the_tone_asked_for)
{
	struct one o;
	struct media_event ev;
	struct datagram d;
	struct tone_spec spec = {.hz = {450, 500}, .level_cdb = -1900, .on_ms = 60, .off_ms = 20, .total_ms = 200};
	struct tone tone;
	int16_t pcm[160];
	uint8_t want[160];
	CHECK(one_open(&o, CODEC_PCMU));
	CHECK(tone_init(&tone, &spec) == 0);
	CHECK(media_tone(o.r.m, o.a.leg, &spec, 3) == 0);
	for (int i = 0; i < 10; i++) {
		CHECK(tone_fill(&tone, pcm, 160) == 160);
		g711_encode(CODEC_PCMU, pcm, 160, want);
		CHECK(far_hear(&o.a, &d, WAIT_MS) && memcmp(d.rtp.payload, want, 160) == 0);
	}
	CHECK(rig_wait(&o.r, MEDIA_EV_PLAY_DONE, o.a.leg, &ev) && ev.tag == 3);
	spec.hz[0] = 0;
	CHECK(media_tone(o.r.m, o.a.leg, &spec, 3) == -EINVAL);
out:
	one_close(&o);
}

/* One digit as RFC 4733 asks: one time stamp, marker first, growing duration, three equal end packets. */
static bool hears_digit(struct one *o, unsigned event, uint16_t samples, uint16_t *seq, uint32_t *ts)
{
	struct datagram d;
	unsigned ends = 0, n = 0;
	uint16_t before = 0;
	while (ends < 3) {
		if (!far_hear(&o->a, &d, WAIT_MS) || d.rtp.pt != 101 || d.rtp.n != 4 || d.rtp.payload[0] != event)
			return false;
		uint16_t duration = get_be16(d.rtp.payload + 2);
		bool end = d.rtp.payload[1] >> 7;
		if (d.rtp.marker != (n == 0) || duration < before || end != (duration == samples))
			return false;
		if (n && (d.rtp.ts != *ts || d.rtp.seq != (uint16_t)(*seq + 1)))
			return false;
		*ts = d.rtp.ts;
		*seq = d.rtp.seq;
		before = duration;
		ends += end;
		n++;
	}
	return n == samples / 160u + (samples % 160 ? 1 : 0) + 2;
}

TEST_NO_OOM(media_dtmf_goes_out_as_events)
{
	struct one o;
	struct media_event ev;
	uint16_t seq = 0, before;
	uint32_t ts = 0, first;
	CHECK(one_open(&o, CODEC_PCMU));
	CHECK(media_dtmf(o.r.m, o.a.leg, "1#", 90, 80, 6) == 0);
	CHECK(hears_digit(&o, 1, 720, &seq, &ts));
	first = ts;
	before = seq;
	CHECK(hears_digit(&o, 11, 720, &seq, &ts));
	CHECK(ts_diff(ts, first) >= 720 + 640 && ts_diff(ts, first) < 720 + 640 + 480);
	CHECK((uint16_t)(seq - before) == 7);
	CHECK(rig_wait(&o.r, MEDIA_EV_PLAY_DONE, o.a.leg, &ev) && ev.a == 0 && ev.tag == 6);
	CHECK(media_dtmf(o.r.m, o.a.leg, "1x", 90, 80, 6) == -EINVAL);
	CHECK(media_dtmf(o.r.m, o.a.leg, "", 90, 80, 6) == -EINVAL);
	CHECK(media_dtmf(o.r.m, o.a.leg, "123456789012345678901234567890123", 90, 80, 6) == -EINVAL);
out:
	one_close(&o);
}

TEST_NO_OOM(media_dtmf_goes_out_in_band_when_events_were_not_agreed)
{
	struct one o;
	struct media_event ev;
	struct datagram d;
	struct tone_spec spec;
	struct tone tone;
	int16_t pcm[160];
	uint8_t want[160], quiet[160];
	CHECK(one_open(&o, CODEC_PCMU));
	struct leg_remote remote = far_remote(&o.a);
	remote.te_pt = 255;
	CHECK(media_leg_remote(o.r.m, o.a.leg, &remote) == 0);
	CHECK(rig_settle(&o.r, o.a.leg));
	CHECK(media_dtmf(o.r.m, o.a.leg, "8A", 60, 60, 6) == 0);
	int16_t zero[160] = {0};
	g711_encode(CODEC_PCMU, zero, 160, quiet);
	for (const char *c = "8A"; *c; c++) {
		CHECK(tone_dtmf(&spec, *c, 60) == 0 && tone_init(&tone, &spec) == 0);
		for (int i = 0; i < 6; i++) {
			tone_fill(&tone, pcm, 160);
			g711_encode(CODEC_PCMU, pcm, 160, want);
			CHECK(far_hear(&o.a, &d, WAIT_MS) && d.rtp.pt == CODEC_PCMU && d.rtp.n == 160);
			CHECK(memcmp(d.rtp.payload, i < 3 ? want : quiet, 160) == 0);
		}
	}
	CHECK(rig_wait(&o.r, MEDIA_EV_PLAY_DONE, o.a.leg, &ev) && ev.a == 0);
out:
	one_close(&o);
}

TEST_NO_OOM(media_sink_plays_what_is_written_then_ends)
{
	struct one o;
	struct media_event ev;
	int16_t pcm[1600];
	CHECK(one_open(&o, CODEC_PCMU));
	ramp(pcm, 1600);
	CHECK(media_sink_write(o.r.m, o.a.leg, pcm, 160) == -EPROTO);
	CHECK(media_sink_open(o.r.m, o.a.leg, 200) == 0);
	CHECK(media_sink_write(o.r.m, o.a.leg, pcm, 1600) == 1600);
	CHECK(media_sink_write(o.r.m, o.a.leg, pcm, 1600) < 1600); /* 200 ms, and a little has been played */
	struct datagram d;
	uint8_t want[1600];
	g711_encode(CODEC_PCMU, pcm, 1600, want);
	do { /* silence until the first written frame */
		CHECK(far_hear(&o.a, &d, WAIT_MS));
	} while (memcmp(d.rtp.payload, want, 160) != 0);
	for (int i = 1; i < 10; i++)
		CHECK(far_hear(&o.a, &d, WAIT_MS) && memcmp(d.rtp.payload, want + i * 160, 160) == 0);
	CHECK(rig_wait(&o.r, MEDIA_EV_SINK_LOW, o.a.leg, &ev) && ev.a <= 50);
	CHECK(media_sink_close(o.r.m, o.a.leg) == 0);
	CHECK(rig_wait(&o.r, MEDIA_EV_PLAY_DONE, o.a.leg, &ev) && ev.a == 0 && ev.tag == 7000);
	CHECK(media_sink_write(o.r.m, o.a.leg, pcm, 160) == -EPROTO);
out:
	one_close(&o);
}

TEST_NO_OOM(media_sink_flush_drops_what_was_not_played)
{
	struct one o;
	struct media_event ev;
	struct datagram d;
	int16_t loud[8000], soft[160];
	uint8_t want;
	CHECK(one_open(&o, CODEC_PCMU));
	for (int i = 0; i < 8000; i++)
		loud[i] = 8000;
	for (int i = 0; i < 160; i++)
		soft[i] = 500;
	g711_encode(CODEC_PCMU, soft, 1, &want);
	CHECK(media_sink_open(o.r.m, o.a.leg, 2000) == 0);
	CHECK(media_sink_write(o.r.m, o.a.leg, loud, 8000) == 8000);
	CHECK(far_hear(&o.a, &d, WAIT_MS));
	CHECK(media_sink_flush(o.r.m, o.a.leg) == 0);
	CHECK(media_sink_write(o.r.m, o.a.leg, soft, 160) == 160); /* written behind the flush: stays */
	CHECK(media_sink_close(o.r.m, o.a.leg) == 0);
	CHECK(rig_wait(&o.r, MEDIA_EV_PLAY_DONE, o.a.leg, &ev));
	unsigned frames = 0, soft_frames = 0;
	while (far_hear(&o.a, &d, 30)) {
		frames++;
		soft_frames += d.rtp.payload[0] == want && d.rtp.payload[159] == want;
	}
	CHECK(soft_frames == 1 && frames < 40); /* a second of it would be 50 */
out:
	one_close(&o);
}

TEST_NO_OOM(media_sink_replaced_by_a_player_refuses_more)
{
	struct one o;
	struct media_event ev;
	int16_t pcm[160] = {0};
	uint64_t clip;
	CHECK(one_open(&o, CODEC_PCMU));
	CHECK(media_clip_pcm(o.r.m, pcm, 160, &clip) == 0);
	CHECK(media_sink_open(o.r.m, o.a.leg, 100) == 0);
	CHECK(media_play(o.r.m, o.a.leg, clip, 1, 4) == 0);
	CHECK(rig_wait(&o.r, MEDIA_EV_PLAY_DONE, o.a.leg, &ev) && ev.a == 1);
	CHECK(media_sink_write(o.r.m, o.a.leg, pcm, 160) == -EPROTO);
	CHECK(media_sink_flush(o.r.m, o.a.leg) == -EPROTO && media_sink_close(o.r.m, o.a.leg) == -EPROTO);
	CHECK(media_sink_open(o.r.m, o.a.leg, 100) == 0);
	CHECK(media_sink_write(o.r.m, o.a.leg, pcm, 160) == 160);
out:
	one_close(&o);
}

TEST_NO_OOM(media_leg_on_hold_is_sent_nothing)
{
	struct one o;
	struct media_event ev;
	struct datagram d;
	int16_t pcm[800] = {0};
	uint64_t clip;
	CHECK(one_open(&o, CODEC_PCMU));
	struct leg_remote held = far_remote(&o.a);
	held.dir = DIR_RECV;
	CHECK(media_leg_remote(o.r.m, o.a.leg, &held) == 0);
	CHECK(rig_settle(&o.r, o.a.leg));
	CHECK(media_clip_pcm(o.r.m, pcm, 800, &clip) == 0 && media_play(o.r.m, o.a.leg, clip, 1, 1) == 0);
	CHECK(rig_wait(&o.r, MEDIA_EV_PLAY_DONE, o.a.leg, &ev)); /* time passes all the same */
	CHECK(!far_hear(&o.a, &d, 20));
out:
	one_close(&o);
}

/* In a process of its own: plays, tells so, and expects a gap where it was stopped. */
static bool plays_over_a_stall(int started)
{
	struct one o;
	struct datagram d, before;
	struct media_stats st = {0};
	struct tone_spec tone = {.hz = {440}, .level_cdb = -1300, .on_ms = 100, .total_ms = 1600};
	int32_t longest = 0;
	if (!one_open(&o, CODEC_PCMU) || media_tone(o.r.m, o.a.leg, &tone, 1) || !far_hear(&o.a, &before, WAIT_MS) ||
	    write(started, "", 1) != 1)
		return false;
	for (unsigned frames = 1; frames < 80; frames++) {
		if (!far_hear(&o.a, &d, WAIT_MS) || d.rtp.seq != (uint16_t)(before.rtp.seq + 1))
			return false;
		int32_t gap = ts_diff(d.rtp.ts, before.rtp.ts);
		longest = gap > longest ? gap : longest;
		before = d;
	}
	media_stats(o.r.m, &st);
	one_close(&o);
	return longest >= 8 * 400 && st.late_ticks > 0; /* 600 ms less three frames caught up */
}

TEST_NO_OOM(media_player_does_not_burst_after_a_stall)
{
	int started[2], status = 1;
	char byte;
	REQUIRE(pipe(started) == 0);
	pid_t child = fork();
	if (child == 0)
		_exit(plays_over_a_stall(started[1]) ? 0 : 1);
	close(started[1]);
	if (child > 0 && read(started[0], &byte, 1) == 1) {
		kill(child, SIGSTOP);
		rig_sleep(600);
		kill(child, SIGCONT);
	}
	close(started[0]);
	if (child > 0)
		waitpid(child, &status, 0);
	REQUIRE(status == 0);
}
