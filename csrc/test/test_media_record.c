/** test_media_record.c  Stereo recordings: placing, length, crash, full disk. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "dsp/g711.h"
#include "dsp/wav.h"
#include "media/worker.h"
#include "test/media_rig.h"

enum { CLICK = 0x80 }; /* loudest mu-law value; the rest is silence */

struct scene {
	struct rig r;
	struct far_end a, b;
	struct folder folder;
	uint8_t *file;
	size_t n;
	struct wav wav;
};

static bool scene_open(struct scene *s, struct media_opts *o)
{
	memset(s, 0, sizeof(*s));
	s->a.ssrc = 0xaaaa;
	s->b.ssrc = 0xbbbb;
	return folder_make(&s->folder) && rig_open(&s->r, o) && far_open(&s->r, &s->a, CODEC_PCMU, 0) &&
	       far_open(&s->r, &s->b, CODEC_PCMU, 0);
}

static void scene_close(struct scene *s)
{
	far_close(&s->a);
	far_close(&s->b);
	rig_close(&s->r);
	mem_free(s->file);
	folder_remove(&s->folder);
}

static bool load(struct scene *s, const char *path)
{
	const char *why;
	mem_free(s->file);
	s->file = file_read(path, &s->n);
	return s->file && wav_parse(&s->wav, test_guarded(s->file, s->n), s->n, &why) == 0 && s->wav.channels == 2 &&
	       s->wav.rate == 8000;
}

static uint8_t sample(const struct scene *s, unsigned side, long at)
{
	return at >= 0 && (size_t)at * 2 + 1 < s->wav.n ? s->wav.data[at * 2 + side] : 0;
}

/* Position of the n-th byte of this value on a side, -1: none. */
static long find(const struct scene *s, unsigned side, uint8_t value, unsigned nth)
{
	for (long i = 0; (size_t)i * 2 + 1 < s->wav.n; i++)
		if (sample(s, side, i) == value && nth-- == 0)
			return i;
	return -1;
}

static void say_at(struct far_end *f, unsigned step, bool click)
{
	uint8_t payload[160];
	memset(payload, 0xff, sizeof(payload));
	if (click)
		payload[0] = CLICK;
	far_send(f, CODEC_PCMU, false, (uint16_t)(f->seq + step), f->ts + step * 160, payload, sizeof(payload));
}

/* Loss on one side, reordering and a late packet on the other: clicks of the same moment stay at the same sample. */
TEST_NO_OOM(media_recording_places_both_sides_by_rtp_time)
{
	struct scene s;
	struct media_event la, lb, done;
	uint64_t rec, start = 0;
	enum { SECOND = 82 };
	CHECK(scene_open(&s, NULL));
	CHECK(media_bridge(s.r.m, s.a.leg, s.b.leg) == 0);
	CHECK(rig_settle(&s.r, s.a.leg));
	CHECK(media_record_start(s.r.m, s.a.leg, s.folder.file, 31, &rec) == 0);
	CHECK(rig_settle(&s.r, s.a.leg));
	for (unsigned step = 0; step <= SECOND + 2; step++) {
		rig_pace(&start, step);
		bool click = step == 0 || step == SECOND;
		if (step % 7 != 3) /* A loses every seventh packet */
			say_at(&s.a, step, click);
		if (step % 10 == 4) /* B: pairs come in the wrong order, one 15 steps (300 ms) late */
			say_at(&s.b, step + 1, false);
		else if (step % 10 == 5)
			say_at(&s.b, step - 1, false);
		else if (step != 41)
			say_at(&s.b, step, click);
		if (step == 56)
			say_at(&s.b, 41, true);
	}
	CHECK(rig_wait(&s.r, MEDIA_EV_LATCHED, s.a.leg, &la) && rig_wait(&s.r, MEDIA_EV_LATCHED, s.b.leg, &lb));
	CHECK(media_record_stop(s.r.m, rec) == 0);
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_DONE, rec, &done) && done.a == 0 && done.tag == 31);
	CHECK(load(&s, s.folder.file) && s.wav.format == WAV_ULAW);
	CHECK(done.b == (int64_t)s.wav.n / 2 && done.c == (int64_t)s.n);
	long left = find(&s, 0, CLICK, 0), right = find(&s, 1, CLICK, 0);
	CHECK(left >= 0 && right >= 0);
	CHECK(find(&s, 0, CLICK, 1) - left == SECOND * 160);
	CHECK(find(&s, 1, CLICK, 1) - right == 41 * 160); /* the late one found its place */
	CHECK(find(&s, 1, CLICK, 2) - right == SECOND * 160);
	CHECK(find(&s, 0, CLICK, 2) == -1 && find(&s, 1, CLICK, 3) == -1);
	/* And the two sides lie as far apart as their first packets arrived. */
	long apart = ((long)la.at - (long)lb.at) / 125000;
	CHECK(labs(left - right - apart) <= 1);
out:
	scene_close(&s);
}

TEST_NO_OOM(media_recording_holds_what_each_side_said_byte_for_byte)
{
	struct scene s;
	struct media_event done;
	uint64_t rec, start = 0;
	CHECK(scene_open(&s, NULL));
	CHECK(media_bridge(s.r.m, s.a.leg, s.b.leg) == 0);
	CHECK(rig_settle(&s.r, s.a.leg));
	CHECK(media_record_start(s.r.m, s.a.leg, s.folder.file, 1, &rec) == 0);
	CHECK(rig_settle(&s.r, s.a.leg));
	for (unsigned step = 0; step < 25; step++) {
		rig_pace(&start, step);
		far_say(&s.a, (uint8_t)(1 + step));
		far_say(&s.b, (uint8_t)(101 + step));
	}
	rig_pace(&start, 27); /* so that the last frames are not cut by the end */
	CHECK(media_leg_close(s.r.m, s.a.leg) == 0);
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_DONE, rec, &done) && done.a == 0);
	CHECK(load(&s, s.folder.file));
	for (unsigned side = 0; side < 2; side++) {
		long at = find(&s, side, side ? 101 : 1, 0);
		CHECK(at >= 0);
		for (long i = 0; i < 25 * 160; i++)
			CHECK(sample(&s, side, at + i) == (side ? 101 : 1) + i / 160);
		CHECK(at == 0 || sample(&s, side, at - 1) == 0xff);
	}
out:
	scene_close(&s);
}

TEST_NO_OOM(media_recording_hears_prompts_on_the_right)
{
	struct scene s;
	struct media_event done;
	uint64_t rec, clip;
	int16_t pcm[800];
	uint8_t want[800];
	CHECK(scene_open(&s, NULL));
	for (int i = 0; i < 800; i++)
		pcm[i] = (int16_t)(i * 30 - 12000);
	g711_encode(CODEC_PCMU, pcm, 800, want);
	CHECK(media_clip_pcm(s.r.m, pcm, 800, &clip) == 0);
	CHECK(media_record_start(s.r.m, s.a.leg, s.folder.file, 1, &rec) == 0);
	CHECK(rig_settle(&s.r, s.a.leg));
	CHECK(media_play(s.r.m, s.a.leg, clip, 1, 5) == 0);
	CHECK(rig_wait(&s.r, MEDIA_EV_PLAY_DONE, s.a.leg, &done));
	rig_sleep(40);
	CHECK(media_record_stop(s.r.m, rec) == 0);
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_DONE, rec, &done) && done.a == 0);
	CHECK(load(&s, s.folder.file));
	long at = find(&s, 1, want[0], 0);
	CHECK(at >= 0 && (size_t)(at + 800) * 2 <= s.wav.n);
	for (long i = 0; i < 800; i++)
		CHECK(sample(&s, 1, at + i) == want[i] && sample(&s, 0, at + i) == 0xff);
out:
	scene_close(&s);
}

TEST_NO_OOM(media_recording_of_an_a_law_leg_is_a_law)
{
	struct scene s;
	struct media_event done;
	struct far_end c = {.ssrc = 0xc0};
	uint64_t rec;
	CHECK(scene_open(&s, NULL));
	CHECK(far_open(&s.r, &c, CODEC_PCMA, 0));
	CHECK(media_bridge(s.r.m, c.leg, s.a.leg) == 0);
	CHECK(rig_settle(&s.r, c.leg));
	CHECK(media_record_start(s.r.m, c.leg, s.folder.file, 1, &rec) == 0);
	CHECK(rig_settle(&s.r, c.leg));
	far_say(&c, 0x12);
	far_say(&s.a, 0x34);
	CHECK(rig_received(&s.r, c.leg, 1) && rig_received(&s.r, s.a.leg, 1));
	rig_sleep(60);
	CHECK(media_record_stop(s.r.m, rec) == 0);
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_DONE, rec, &done) && load(&s, s.folder.file));
	uint8_t other = 0x34;
	g711_transcode(CODEC_PCMU, CODEC_PCMA, &other, 1, &other);
	CHECK(s.wav.format == WAV_ALAW && find(&s, 0, 0x12, 159) >= 0 && find(&s, 1, other, 159) >= 0);
	CHECK(find(&s, 0, 0xd5, 0) >= 0);
out:
	far_close(&c);
	scene_close(&s);
}

/* The tone before and behind tells when the worker executed start and stop. */
TEST_NO_OOM(media_recording_lasts_from_start_to_stop)
{
	struct scene s;
	struct media_event first, last, done;
	struct tone_spec tone = {.hz = {440}, .level_cdb = -1300, .on_ms = 100};
	uint64_t rec;
	CHECK(scene_open(&s, NULL));
	CHECK(media_tone(s.r.m, s.a.leg, &tone, 1) == 0);
	rig_sleep(5);
	CHECK(media_record_start(s.r.m, s.a.leg, s.folder.file, 1, &rec) == 0);
	CHECK(media_stop_play(s.r.m, s.a.leg) == 0);
	CHECK(rig_wait(&s.r, MEDIA_EV_PLAY_DONE, s.a.leg, &first));
	rig_sleep(1700); /* over a chunk's edge, without one packet from either side */
	CHECK(media_tone(s.r.m, s.a.leg, &tone, 1) == 0);
	rig_sleep(5);
	CHECK(media_stop_play(s.r.m, s.a.leg) == 0);
	CHECK(media_record_stop(s.r.m, rec) == 0);
	CHECK(rig_wait(&s.r, MEDIA_EV_PLAY_DONE, s.a.leg, &last));
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_DONE, rec, &done));
	int64_t want = (int64_t)(last.at - first.at) / 125000;
	CHECK(llabs(done.b - want) <= 160);
	CHECK(load(&s, s.folder.file) && (int64_t)s.wav.n / 2 == done.b);
out:
	scene_close(&s);
}

/* However late the program comes to act on the end of a talk. */
TEST_NO_OOM(media_recording_ends_at_the_instant_that_is_given)
{
	struct scene s;
	struct media_event done;
	uint64_t rec[2], before, after;
	CHECK(scene_open(&s, NULL));
	before = clock_now();
	CHECK(media_record_start(s.r.m, s.a.leg, s.folder.file, 1, &rec[0]) == 0);
	after = clock_now();
	rig_sleep(300);
	CHECK(media_record_stop_at(s.r.m, rec[0], after + 200 * (uint64_t)NS_PER_MS) == 0);
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_DONE, rec[0], &done));
	CHECK(done.b >= 1600 && done.b <= 1601 + (int64_t)(after - before) / NS_PER_POSITION);
	before = clock_now();
	CHECK(media_record_start(s.r.m, s.a.leg, s.folder.file, 1, &rec[1]) == 0);
	after = clock_now();
	rig_sleep(300);
	CHECK(media_leg_close_at(s.r.m, s.a.leg, after + 200 * (uint64_t)NS_PER_MS) == 0);
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_DONE, rec[1], &done));
	CHECK(done.b >= 1600 && done.b <= 1601 + (int64_t)(after - before) / NS_PER_POSITION);
out:
	scene_close(&s);
}

/* A copy of the file while it grows is what a SIGKILL would leave. */
TEST_NO_OOM(media_recording_is_a_valid_file_while_it_grows)
{
	struct scene s;
	uint64_t rec, start = 0;
	size_t longest = 0, looks = 0;
	CHECK(scene_open(&s, NULL));
	CHECK(media_record_start(s.r.m, s.a.leg, s.folder.file, 1, &rec) == 0);
	CHECK(rig_settle(&s.r, s.a.leg));
	for (unsigned step = 0; step < 170; step++) {
		rig_pace(&start, step);
		far_say(&s.a, 0x21);
		if (access(s.folder.file, R_OK) || !load(&s, s.folder.file))
			continue;
		CHECK(s.wav.n + WAV_HEADER <= s.n && s.wav.n >= longest);
		longest = s.wav.n;
		looks++;
	}
	CHECK(looks > 100 && longest >= 2 * 8000); /* within two seconds of now */
	for (long i = 800; i < (long)longest / 2; i++)
		CHECK(sample(&s, 0, i) == 0x21);
out:
	scene_close(&s);
}

TEST_NO_OOM(media_recording_on_a_full_disk_stops_and_the_call_goes_on)
{
	struct scene s;
	struct media_event ev;
	struct datagram d;
	uint64_t rec;
	CHECK(scene_open(&s, NULL));
	CHECK(media_echo(s.r.m, s.a.leg, true) == 0);
	CHECK(rig_settle(&s.r, s.a.leg));
	CHECK(media_record_start(s.r.m, s.a.leg, "/dev/full", 77, &rec) == 0);
	CHECK(rig_settle(&s.r, s.a.leg));
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_ERROR, rec, &ev) && ev.a == ENOSPC && ev.tag == 77);
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_DONE, rec, &ev) && ev.a == ENOSPC && ev.b == 0);
	far_say(&s.a, 9);
	CHECK(far_hear(&s.a, &d, WAIT_MS) && d.rtp.payload[0] == 9);
	CHECK(media_record_stop(s.r.m, rec) == -ENOENT);
	CHECK(media_record_start(s.r.m, s.a.leg, s.folder.file, 1, &rec) == 0); /* another place works */
	CHECK(rig_settle(&s.r, s.a.leg));
	CHECK(media_record_stop(s.r.m, rec) == 0 && rig_wait(&s.r, MEDIA_EV_REC_DONE, rec, &ev) && ev.a == 0);
out:
	scene_close(&s);
}

/* The file may not grow beyond 40 kB: write errors in mid-recording. */
TEST_NO_OOM(media_recording_that_cannot_grow_leaves_a_valid_file)
{
	struct scene s;
	struct media_event ev;
	struct rlimit before, small;
	uint64_t rec, start = 0;
	getrlimit(RLIMIT_FSIZE, &before);
	CHECK(scene_open(&s, NULL));
	small = before;
	small.rlim_cur = 20000;
	CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
	CHECK(media_record_start(s.r.m, s.a.leg, s.folder.file, 1, &rec) == 0);
	CHECK(rig_settle(&s.r, s.a.leg));
	for (unsigned step = 0; step < 500 && !rig_has(&s.r, MEDIA_EV_REC_DONE, rec); step++) {
		rig_pace(&start, step);
		far_say(&s.a, 0x21);
	}
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_ERROR, rec, &ev) && ev.a == EFBIG);
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_DONE, rec, &ev) && ev.a == EFBIG);
	CHECK(load(&s, s.folder.file) && s.n == 20000 && (int64_t)s.wav.n / 2 == ev.b);
	CHECK(ev.b == (20000 - WAV_HEADER) / 2);
out:
	setrlimit(RLIMIT_FSIZE, &before);
	scene_close(&s);
}

TEST_NO_OOM(media_recording_into_a_forbidden_place_fails_with_its_reason)
{
	struct scene s;
	struct media_event ev;
	uint64_t rec;
	CHECK(scene_open(&s, NULL));
	CHECK(media_record_start(s.r.m, s.a.leg, "/proc/no/such/file.wav", 1, &rec) == 0);
	CHECK(rig_settle(&s.r, s.a.leg));
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_ERROR, rec, &ev) && ev.a != 0);
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_DONE, rec, &ev) && ev.a != 0);
	CHECK(media_record_start(s.r.m, s.a.leg, "", 1, &rec) == -EINVAL);
out:
	scene_close(&s);
}

TEST_NO_OOM(media_recordings_beyond_the_memory_for_them_are_refused_by_event)
{
	struct scene s;
	struct media_event ev;
	struct media_opts o = {.workers = 1, .max_legs = 8, .rec_buffer = 1}; /* four chunks: two recordings */
	uint64_t rec[3];
	struct far_end c = {.ssrc = 0xc0};
	char path[256];
	CHECK(scene_open(&s, &o));
	CHECK(far_open(&s.r, &c, CODEC_PCMU, 0));
	const uint64_t legs[3] = {s.a.leg, s.b.leg, c.leg};
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%d.wav", s.folder.path, i);
		CHECK(media_record_start(s.r.m, legs[i], path, 1, &rec[i]) == 0);
		CHECK(rig_settle(&s.r, legs[i]));
	}
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_ERROR, rec[2], &ev) && ev.a == ENOBUFS);
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_DONE, rec[2], &ev));
	CHECK(media_record_stop(s.r.m, rec[0]) == 0 && rig_wait(&s.r, MEDIA_EV_REC_DONE, rec[0], &ev) && ev.a == 0);
	CHECK(media_record_start(s.r.m, c.leg, path, 1, &rec[2]) == 0); /* there is room again */
	CHECK(media_record_stop(s.r.m, rec[2]) == 0 && rig_wait(&s.r, MEDIA_EV_REC_DONE, rec[2], &ev) && ev.a == 0);
out:
	far_close(&c);
	scene_close(&s);
}

TEST_NO_OOM(media_recording_goes_along_when_its_leg_moves)
{
	struct scene s;
	struct media_event done;
	struct far_end c = {.ssrc = 0xc0};
	uint64_t rec, start = 0;
	CHECK(scene_open(&s, NULL));
	CHECK(far_open(&s.r, &c, CODEC_PCMU, 1));
	CHECK(media_record_start(s.r.m, c.leg, s.folder.file, 1, &rec) == 0);
	CHECK(rig_settle(&s.r, c.leg));
	for (unsigned step = 0; step < 30; step++) {
		rig_pace(&start, step);
		far_say(&c, 0x42);
		if (step == 10)
			CHECK(media_bridge(s.r.m, s.a.leg, c.leg) == 0);
	}
	CHECK(rig_received(&s.r, c.leg, 30));
	rig_sleep(60);
	CHECK(media_record_stop(s.r.m, rec) == 0);
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_DONE, rec, &done) && load(&s, s.folder.file));
	long at = find(&s, 0, 0x42, 0);
	for (long i = 0; i < 30 * 160; i++)
		CHECK(sample(&s, 0, at + i) == 0x42);
out:
	far_close(&c);
	scene_close(&s);
}

TEST_NO_OOM(media_free_completes_open_recordings)
{
	struct scene s;
	uint64_t rec;
	CHECK(scene_open(&s, NULL));
	CHECK(media_record_start(s.r.m, s.a.leg, s.folder.file, 1, &rec) == 0);
	CHECK(rig_settle(&s.r, s.a.leg));
	CHECK(far_latch(&s.r, &s.a));
	rig_sleep(100);
	rig_close(&s.r);
	CHECK(load(&s, s.folder.file) && s.wav.n / 2 >= 800 && find(&s, 0, 0x55, 159) >= 0);
out:
	scene_close(&s);
}

static struct record_opts beeping(const struct scene *s, uint32_t every_ms)
{
	return (struct record_opts){.path = s->folder.file,
				    .suffix = 4,
				    .beep_every_ms = every_ms,
				    .beep = {.hz = {1400}, .level_cdb = -1300, .total_ms = 200}};
}

/* Packets of a beep that the far end hears: those that are not silence. */
static unsigned beeps_heard(const struct far_end *f, unsigned packets)
{
	struct datagram d;
	unsigned loud = 0;
	for (unsigned i = 0; i < packets && far_hear(f, &d, WAIT_MS); i++)
		for (size_t k = 0; k < d.rtp.n; k++)
			if (d.rtp.payload[k] != 0xff && d.rtp.payload[k] != 0x7f) {
				loud++;
				break;
			}
	return loud;
}

TEST_NO_OOM(media_recording_beeps_by_itself_to_a_leg_that_hears_nothing)
{
	struct scene s;
	uint64_t rec;
	CHECK(scene_open(&s, NULL));
	struct record_opts o = beeping(&s, 400);
	CHECK(media_record(s.r.m, s.a.leg, &o, &rec) == 0);
	CHECK(beeps_heard(&s.a, 20) >= 18); /* two beeps of ten packets; nothing else comes */
out:
	scene_close(&s);
}

TEST_NO_OOM(media_recording_lays_its_beep_over_what_the_leg_hears)
{
	struct scene s;
	struct media_event done;
	struct datagram d;
	uint64_t rec, start = 0;
	unsigned loud = 0, heard = 0;
	CHECK(scene_open(&s, NULL));
	CHECK(media_bridge(s.r.m, s.a.leg, s.b.leg) == 0);
	CHECK(rig_settle(&s.r, s.a.leg));
	struct record_opts o = beeping(&s, 60000);
	CHECK(media_record(s.r.m, s.a.leg, &o, &rec) == 0);
	CHECK(rig_settle(&s.r, s.a.leg));
	for (unsigned step = 0; step < 20; step++) {
		rig_pace(&start, step);
		far_say(&s.b, 0x21);
	}
	CHECK(rig_received(&s.r, s.b.leg, 20));
	while (heard < 20 && far_hear(&s.a, &d, WAIT_MS)) {
		heard++;
		loud += d.rtp.n == 160 && memcmp(d.rtp.payload, d.rtp.payload + 1, 159) != 0;
	}
	CHECK(heard >= 20 && loud >= 5 && loud <= 10); /* 200 ms, less what was sent by itself before */
	rig_sleep(60);
	CHECK(media_record_stop(s.r.m, rec) == 0);
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_DONE, rec, &done) && load(&s, s.folder.file));
	CHECK(find(&s, 1, 0x21, 0) >= 0); /* and what is heard is what is recorded */
out:
	scene_close(&s);
}

TEST_NO_OOM(media_recording_pauses_and_goes_on_by_command)
{
	struct scene s;
	struct media_event paused, resumed, done;
	uint64_t rec;
	CHECK(scene_open(&s, NULL));
	CHECK(media_record_start(s.r.m, s.a.leg, s.folder.file, 9, &rec) == 0);
	CHECK(media_record_pause(s.r.m, rec) == 0);
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_PAUSED, rec, &paused) && paused.tag == 9);
	CHECK(media_record_resume(s.r.m, rec) == 0);
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_RESUMED, rec, &resumed) && resumed.b >= paused.b);
	CHECK(media_record_stop(s.r.m, rec) == 0 && media_record_pause(s.r.m, rec) == -ENOENT);
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_DONE, rec, &done) && done.a == 0 && done.d == 1);
	CHECK(media_record_resume(s.r.m, rec) == -ENOENT);
out:
	scene_close(&s);
}

TEST_NO_OOM(media_recording_refuses_options_that_cannot_be)
{
	struct scene s;
	uint64_t rec;
	CHECK(scene_open(&s, NULL));
	struct record_opts o = beeping(&s, 1000);
	o.beep.hz[0] = 0;
	CHECK(media_record(s.r.m, s.a.leg, &o, &rec) == -EINVAL);
	o = beeping(&s, 1000);
	o.sides = 4;
	CHECK(media_record(s.r.m, s.a.leg, &o, &rec) == -EINVAL);
	o = beeping(&s, 1000);
	o.suffix = strlen(o.path);
	CHECK(media_record(s.r.m, s.a.leg, &o, &rec) == -EINVAL);
out:
	scene_close(&s);
}
