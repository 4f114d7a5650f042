/** test_media_stall.c  A worker that gets no CPU for seconds: everything has happened at its time all the same.
 *  Virtual time, real sockets; one packet each 20 ms while the worker stands still. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dsp/wav.h"
#include "media/engine.h"
#include "media/round.h"
#include "test/media_rig.h"

enum { MS = 8, SILENCE = 0xff };

struct scene {
	struct rig r;
	struct far_end a, b;
	struct folder folder;
	uint64_t rec, bridged_at, started;
	uint8_t *file;
	size_t n;
	struct wav wav;
};

static unsigned heard(const struct far_end *f, struct datagram *last)
{
	unsigned n = 0;
	while (far_hear(f, last, 0))
		n++;
	return n;
}

/* Two bridged legs that have been heard, A is recorded from now on. */
static bool open_scene(struct scene *s)
{
	struct datagram d;
	memset(s, 0, sizeof(*s));
	s->a.ssrc = 0xaaaa;
	s->b.ssrc = 0xbbbb;
	if (!folder_make(&s->folder) || !rig_open_by_hand(&s->r, NULL) || !far_open(&s->r, &s->a, CODEC_PCMU, 0) ||
	    !far_open(&s->r, &s->b, CODEC_PCMU, 0))
		return false;
	if (media_bridge(s->r.m, s->a.leg, s->b.leg) || !far_latch(&s->r, &s->a) || !far_latch(&s->r, &s->b))
		return false;
	rig_run(&s->r, 10);
	heard(&s->a, &d);
	heard(&s->b, &d);
	s->started = s->r.hand->now;
	if (media_record_start(s->r.m, s->a.leg, s->folder.file, 1, &s->rec))
		return false;
	rig_run(&s->r, 1);
	return true;
}

static void close_scene(struct scene *s)
{
	far_close(&s->a);
	far_close(&s->b);
	rig_close(&s->r);
	mem_free(s->file);
	folder_remove(&s->folder);
}

/* Both sides talk while the worker stands: packet i is filled with first + i. */
static void talk(struct scene *s, unsigned packets, uint8_t first)
{
	for (unsigned i = 0; i < packets; i++) {
		far_say(&s->a, (uint8_t)(first + i % 100));
		far_say(&s->b, (uint8_t)(first + 100 + i % 100));
		rig_stall(&s->r, 20);
	}
}

static bool load(struct scene *s)
{
	struct media_event done;
	const char *why;
	if (!rig_wait(&s->r, MEDIA_EV_REC_DONE, s->rec, &done) || done.a)
		return false;
	s->file = file_read(s->folder.file, &s->n);
	return s->file && wav_parse(&s->wav, s->file, s->n, &why) == 0 && s->wav.channels == 2;
}

static long length(const struct scene *s)
{
	return (long)s->wav.n / 2;
}

/* Samples of a side from `at` (or up to two milliseconds later) on are `packets` packets as talk() says them, as far as
 * the recording goes. */
static bool holds(const struct scene *s, unsigned side, long at, unsigned packets, uint8_t first)
{
	long end = at + 2 * MS;
	while (at < end && s->wav.data[at * 2 + side] == SILENCE)
		at++;
	for (long i = 0; i < (long)packets * 160; i++)
		if (at + i < length(s) &&
		    s->wav.data[(at + i) * 2 + side] != (uint8_t)(first + side * 100 + i / 160 % 100))
			return false;
	return true;
}

static bool silent(const struct scene *s, unsigned side, long at, long to)
{
	for (; at < to; at++)
		if (s->wav.data[at * 2 + side] != SILENCE)
			return false;
	return true;
}

TEST_NO_OOM(media_stall_of_three_seconds_loses_and_misplaces_no_audio)
{
	struct scene s;
	struct datagram d;
	CHECK(open_scene(&s));
	talk(&s, 150, 1);
	rig_run(&s.r, 0);
	CHECK(heard(&s.a, &d) == 150 && heard(&s.b, &d) == 150);
	CHECK(media_record_stop(s.r.m, s.rec) == 0);
	CHECK(load(&s));
	CHECK(length(&s) == (1 + 3000) * MS);
	for (unsigned side = 0; side < 2; side++)
		CHECK(holds(&s, side, 1 * MS, 150, 1));
out:
	close_scene(&s);
}

TEST_NO_OOM(media_stop_posted_in_a_stall_takes_effect_between_the_packets_around_it)
{
	struct scene s;
	CHECK(open_scene(&s));
	talk(&s, 60, 1);
	CHECK(media_record_stop(s.r.m, s.rec) == 0);
	rig_stall(&s.r, 1);
	talk(&s, 60, 1);
	rig_run(&s.r, 0);
	CHECK(load(&s));
	CHECK(length(&s) == (1 + 1200) * MS);
	for (unsigned side = 0; side < 2; side++)
		CHECK(holds(&s, side, 1 * MS, 60, 1));
	CHECK(rig_stats(&s.r, s.a.leg).rx_packets == 121);
out:
	close_scene(&s);
}

TEST_NO_OOM(media_hangup_in_a_stall_ends_a_recording_with_all_that_was_said)
{
	struct scene s;
	struct media_event ev;
	CHECK(open_scene(&s));
	talk(&s, 100, 1);
	CHECK(media_leg_close(s.r.m, s.a.leg) == 0 && media_leg_close(s.r.m, s.b.leg) == 0);
	rig_stall(&s.r, 1);
	talk(&s, 20, 1);
	rig_run(&s.r, 0);
	CHECK(rig_wait(&s.r, MEDIA_EV_LEG_CLOSED, s.b.leg, &ev));
	CHECK(load(&s));
	CHECK(length(&s) == (1 + 2000) * MS);
	for (unsigned side = 0; side < 2; side++)
		CHECK(holds(&s, side, 1 * MS, 100, 1));
	CHECK(rig_stats(&s.r, s.a.leg).rx_packets == 101 && rig_stats(&s.r, s.b.leg).rx_packets == 101);
out:
	close_scene(&s);
}

/* No stall at all: the packet and the command come within one millisecond. */
TEST_NO_OOM(media_stop_in_the_same_millisecond_takes_the_packet_before_it_and_not_the_one_behind)
{
	struct scene s;
	CHECK(open_scene(&s));
	far_say(&s.a, 6);
	rig_run(&s.r, 49);
	far_say(&s.a, 7); /* of 20 ms ago */
	CHECK(media_record_stop(s.r.m, s.rec) == 0);
	hand_pass(s.r.hand, 1000);
	far_say(&s.a, 9);
	rig_run(&s.r, 20);
	CHECK(load(&s));
	CHECK(length(&s) == 50 * MS && holds(&s, 0, 1 * MS, 2, 6) && silent(&s, 0, 42 * MS, 50 * MS));
	CHECK(rig_stats(&s.r, s.a.leg).rx_packets == 4);
out:
	close_scene(&s);
}

TEST_NO_OOM(media_bridge_and_recording_asked_for_in_a_stall_begin_at_their_moment)
{
	struct scene s;
	struct datagram d;
	struct media_event ev;
	CHECK(open_scene(&s));
	CHECK(media_record_stop(s.r.m, s.rec) == 0 && media_unbridge(s.r.m, s.a.leg) == 0);
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_DONE, s.rec, &ev));
	talk(&s, 50, 1);
	CHECK(media_bridge(s.r.m, s.a.leg, s.b.leg) == 0);
	CHECK(media_record_start(s.r.m, s.a.leg, s.folder.file, 1, &s.rec) == 0);
	rig_stall(&s.r, 2);
	talk(&s, 40, 30);
	CHECK(media_record_stop(s.r.m, s.rec) == 0);
	rig_run(&s.r, 0);
	CHECK(heard(&s.a, &d) == 40 && heard(&s.b, &d) == 40);
	CHECK(load(&s));
	CHECK(length(&s) == (2 + 800) * MS);
	for (unsigned side = 0; side < 2; side++)
		CHECK(silent(&s, side, 0, 2 * MS) && holds(&s, side, 2 * MS, 40, 30));
out:
	close_scene(&s);
}

TEST_NO_OOM(media_first_packet_in_a_stall_latches_at_its_moment)
{
	struct scene s;
	struct media_event ev;
	struct far_end c = {.ssrc = 0xcccc};
	uint64_t rec;
	CHECK(open_scene(&s));
	CHECK(far_open(&s.r, &c, CODEC_PCMU, 0));
	char path[256];
	snprintf(path, sizeof(path), "%s/late.wav", s.folder.path);
	uint64_t start = s.r.hand->now;
	CHECK(media_record_start(s.r.m, c.leg, path, 1, &rec) == 0);
	rig_run(&s.r, 1);
	rig_stall(&s.r, 699);
	far_say(&c, 5);
	uint64_t said = s.r.hand->now;
	rig_stall(&s.r, 1300);
	rig_run(&s.r, 0);
	CHECK(rig_wait(&s.r, MEDIA_EV_LATCHED, c.leg, &ev));
	CHECK(ev.at >= said && ev.at <= said + NS_PER_MS);
	struct leg_stats st = rig_stats(&s.r, c.leg);
	CHECK(st.first_rx_at >= said && st.first_rx_at <= said + NS_PER_MS);
	CHECK(media_record_stop(s.r.m, rec) == 0 && media_record_stop(s.r.m, s.rec) == 0);
	CHECK(load(&s)); /* the scene's own; then the late one */
	mem_free(s.file);
	CHECK(rig_wait(&s.r, MEDIA_EV_REC_DONE, rec, &ev) && ev.a == 0);
	s.file = file_read(path, &s.n);
	const char *why;
	CHECK(s.file && wav_parse(&s.wav, s.file, s.n, &why) == 0);
	long at = 0;
	while (at < length(&s) && s.wav.data[at * 2] != 5)
		at++;
	CHECK(labs(at - (long)((said - start) / 125000)) <= 1 * MS);
out:
	far_close(&c);
	close_scene(&s);
}

TEST_NO_OOM(media_generated_audio_keeps_its_time_over_a_stall)
{
	struct scene s;
	struct datagram d;
	struct tone_spec tone = {.hz = {440}, .level_cdb = -1300, .on_ms = 100};
	CHECK(open_scene(&s));
	CHECK(media_tone(s.r.m, s.a.leg, &tone, 1) == 0);
	rig_run(&s.r, 200);
	CHECK(heard(&s.a, &d) > 5);
	uint32_t ts = d.rtp.ts;
	uint64_t at = s.r.hand->now;
	rig_run(&s.r, 20 - 1);
	CHECK(heard(&s.a, &d) == 1 && d.rtp.ts == ts + 160);
	rig_stall(&s.r, 981);
	rig_run(&s.r, 0);
	unsigned burst = heard(&s.a, &d);
	CHECK(burst >= 1 && burst <= 4); /* 60 ms are made up for, no more */
	rig_run(&s.r, 1000);
	CHECK(heard(&s.a, &d) == 50);
	/* The last frame was due within the last 20 ms, and says so. */
	uint32_t passed = (uint32_t)((s.r.hand->now - at) / 125000), said = d.rtp.ts - ts;
	CHECK(said % 160 == 0 && said <= passed && passed - said < 160);
out:
	close_scene(&s);
}

TEST_NO_OOM(media_silence_is_told_by_the_packets_time_not_by_the_stall)
{
	struct scene s;
	struct media_event ev;
	struct leg_opts o = {.worker = 0, .silence_ms = 500};
	struct far_end c = {.rtp = -1, .rtcp = -1, .ssrc = 0xcccc}, e = {.rtp = -1, .rtcp = -1, .ssrc = 0xeeee};
	CHECK(open_scene(&s));
	CHECK(far_sockets(&c) && media_leg_open(s.r.m, &o, &c.leg, &c.leg_address) == 0 && far_describe(&s.r, &c));
	CHECK(far_sockets(&e) && media_leg_open(s.r.m, &o, &e.leg, &e.leg_address) == 0 && far_describe(&s.r, &e));
	rig_run(&s.r, 20);
	for (unsigned i = 0; i < 100; i++) {
		far_say(&c, 1);
		if (i < 50)
			far_say(&e, 1);
		rig_stall(&s.r, 20);
	}
	uint64_t last = s.r.hand->now - 51ull * 20 * NS_PER_MS;
	rig_run(&s.r, 0);
	CHECK(!rig_has(&s.r, MEDIA_EV_SILENT, c.leg));
	CHECK(rig_wait(&s.r, MEDIA_EV_SILENT, e.leg, &ev));
	CHECK(ev.a >= 500 && ev.a <= 520 && ev.at >= last + 500ull * NS_PER_MS && ev.at <= last + 522ull * NS_PER_MS);
out:
	far_close(&c);
	far_close(&e);
	close_scene(&s);
}

/* Everything that waits on A came before B's one packet, yet B need not wait for all of it. */
TEST_NO_OOM(media_flood_in_a_stall_leaves_the_others_their_turn)
{
	struct scene s;
	struct datagram d;
	enum { FLOOD = 200 };
	CHECK(open_scene(&s));
	for (unsigned i = 0; i < FLOOD; i++)
		far_say(&s.a, 1);
	far_say(&s.b, 2);
	rig_stall(&s.r, 100);
	unsigned turns = 0;
	do {
		round_run(s.r.m->worker[0]);
		turns++;
	} while (heard(&s.a, &d) == 0 && turns < 100);
	unsigned first = heard(&s.b, &d);
	CHECK(turns == 1 && first > 0 && first < FLOOD / 2);
	rig_run(&s.r, 10);
	CHECK(first + heard(&s.b, &d) == FLOOD);
out:
	close_scene(&s);
}

static void second_of_talk(void *arg)
{
	talk(arg, 50, 2);
}

/* The worker has read its clock and loses its CPU before, or while, it reads its sockets. */
TEST_NO_OOM(media_stall_within_a_round_misplaces_nothing)
{
	struct scene s;
	for (unsigned reading = 1; reading <= 4; reading++) {
		CHECK(open_scene(&s));
		far_say(&s.a, 1); /* something to read, so that sockets are looked at */
		far_say(&s.b, 101);
		rig_stall(&s.r, 1);
		s.r.hand->interrupt = second_of_talk;
		s.r.hand->arg = &s;
		s.r.hand->interrupt_in = reading;
		rig_run(&s.r, 0);
		rig_run(&s.r, 0);
		CHECK(s.r.hand->interrupt_in == 0);
		CHECK(media_record_stop(s.r.m, s.rec) == 0);
		CHECK(load(&s));
		CHECK(length(&s) == (1 + 1 + 1000) * MS);
		for (unsigned side = 0; side < 2; side++)
			CHECK(holds(&s, side, 1 * MS, 51, 1));
		close_scene(&s);
	}
	return;
out:
	close_scene(&s);
}

TEST_NO_OOM(media_pause_of_a_minute_is_no_work_of_a_minute)
{
	struct scene s;
	struct datagram d;
	CHECK(open_scene(&s));
	rig_stall(&s.r, 60000);
	far_say(&s.a, 3);
	unsigned turns = 0;
	do
		round_run(s.r.m->worker[0]);
	while (s.r.m->worker[0]->behind && ++turns < 60000);
	CHECK(turns <= 10000 && heard(&s.b, &d) == 1);
out:
	close_scene(&s);
}
