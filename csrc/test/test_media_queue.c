/** test_media_queue.c  Playlists on a leg: one behind the other, stopped, paused, moved. What the far end hears. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/g711.h"
#include "test/media_rig.h"

struct one {
	struct rig r;
	struct far_end a;
	uint64_t clip; /* a slow ramp: no two frames are alike */
};

enum { CLIP = 8000 };

static bool one_open(struct one *o)
{
	static int16_t pcm[CLIP];
	memset(o, 0, sizeof(*o));
	for (int i = 0; i < CLIP; i++)
		pcm[i] = (int16_t)(1000 + i * 2);
	return rig_open(&o->r, NULL) && far_open(&o->r, &o->a, CODEC_PCMA, LEG_ANY_WORKER) && far_latch(&o->r, &o->a) &&
	       media_clip_pcm(o->r.m, pcm, CLIP, &o->clip) == 0;
}

static void one_close(struct one *o)
{
	far_close(&o->a);
	rig_close(&o->r);
}

static int play(struct one *o, uint32_t from, uint32_t samples, const struct play_opts *opts)
{
	struct play_item item = {.clip = o->clip, .from = from, .samples = samples, .loops = 1};
	struct play_opts all = *opts;
	all.loops = all.loops ? all.loops : 1;
	return media_play_list(o->r.m, o->a.leg, &item, 1, &all);
}

static bool done(struct one *o, uint64_t tag, int stopped, struct media_event *ev)
{
	return rig_wait(&o->r, MEDIA_EV_PLAY_DONE, o->a.leg, ev) && ev->tag == tag && ev->a == stopped;
}

static bool at(struct one *o, uint64_t tag, enum play_at what, struct media_event *ev)
{
	return rig_wait(&o->r, MEDIA_EV_PLAY_AT, o->a.leg, ev) && ev->tag == tag && ev->a == (int)what;
}

/* Decodes what comes until `n` samples are there. */
static bool hear(struct one *o, int16_t *pcm, size_t n)
{
	struct datagram d;
	for (size_t got = 0; got < n; got += 160) {
		if (!far_hear(&o->a, &d, WAIT_MS) || d.rtp.n != 160)
			return false;
		g711_decode(CODEC_PCMA, d.rtp.payload, 160, pcm + got);
	}
	return true;
}

/* As A-law has it: 6 % of a step. */
static bool near(int got, int want)
{
	return abs(got - want) <= abs(want) / 16 + 16;
}

/* Frames until one ends near `value`; returns samples, 0: that did not come. */
static size_t hear_until(struct one *o, int16_t *pcm, size_t max, int value)
{
	for (size_t n = 0; n + 160 <= max && hear(o, pcm + n, 160); n += 160)
		if (near(pcm[n + 159], value))
			return n + 160;
	return 0;
}

TEST_NO_OOM(media_queue_plays_in_order_and_joins_at_the_sample)
{
	struct one o;
	struct media_event ev;
	struct play_item silence = {.samples = 160, .loops = 0};
	struct play_opts opts = {.tag = 9, .loops = 1};
	int16_t pcm[800];
	CHECK(one_open(&o));
	CHECK(media_play_list(o.r.m, o.a.leg, &silence, 1, &opts) == 0); /* time to queue all */
	CHECK(play(&o, 0, 250, &(struct play_opts){.tag = 1, .queue = true}) == 0);
	CHECK(play(&o, 5000, 333, &(struct play_opts){.tag = 2, .queue = true}) == 0);
	CHECK(play(&o, 3000, 217, &(struct play_opts){.tag = 3, .queue = true}) == 0);
	CHECK(media_play_do(o.r.m, o.a.leg, 9, PLAY_DO_STOP, 0, 0) == 0);
	CHECK(at(&o, 9, PLAY_AT_START, &ev) && done(&o, 9, 1, &ev));
	do {
		CHECK(hear(&o, pcm, 160));
	} while (abs(pcm[0]) == 8); /* A-law has no zero */
	CHECK(hear(&o, pcm + 160, 640));
	for (int i = 0; i < 800; i++) {
		int from = i < 250 ? i : i < 583 ? 5000 + i - 250 : 3000 + i - 583;
		CHECK(near(pcm[i], 1000 + from * 2));
	}
	CHECK(at(&o, 1, PLAY_AT_START, &ev) && at(&o, 2, PLAY_AT_START, &ev) && at(&o, 3, PLAY_AT_START, &ev));
	CHECK(done(&o, 1, 0, &ev) && ev.b == 250 && ev.c == 250);
	CHECK(done(&o, 2, 0, &ev) && ev.c == 333 && done(&o, 3, 0, &ev));
out:
	one_close(&o);
}

TEST_NO_OOM(media_queue_stops_one_or_all)
{
	struct one o;
	struct media_event ev;
	CHECK(one_open(&o));
	for (uint64_t tag = 1; tag <= 4; tag++)
		CHECK(play(&o, 0, 0, &(struct play_opts){.tag = tag, .queue = true, .loops = 1000}) == 0);
	CHECK(at(&o, 1, PLAY_AT_START, &ev));
	CHECK(media_play_do(o.r.m, o.a.leg, 3, PLAY_DO_STOP, 0, 0) == 0 && done(&o, 3, 1, &ev) && ev.c == 0);
	CHECK(media_play_do(o.r.m, o.a.leg, 1, PLAY_DO_STOP, 0, 0) == 0 && done(&o, 1, 1, &ev));
	CHECK(at(&o, 2, PLAY_AT_START, &ev));
	CHECK(media_play_do(o.r.m, o.a.leg, 9, PLAY_DO_STOP, 0, 0) == 0); /* there is none: no event */
	CHECK(play(&o, 0, 0, &(struct play_opts){.tag = 5, .loops = 1000}) == 0);
	CHECK(done(&o, 4, 1, &ev) && done(&o, 2, 1, &ev));
	CHECK(media_play_do(o.r.m, o.a.leg, 0, PLAY_DO_STOP, 0, 0) == 0 && done(&o, 5, 1, &ev));
out:
	one_close(&o);
}

TEST_NO_OOM(media_queue_has_an_end)
{
	struct one o;
	struct media_event ev;
	CHECK(one_open(&o));
	for (uint64_t tag = 1; tag <= PLAY_QUEUE_MAX + 1; tag++)
		CHECK(play(&o, 0, 0, &(struct play_opts){.tag = tag, .queue = true, .loops = 1000}) == 0);
	CHECK(rig_wait(&o.r, MEDIA_EV_COMMAND_FAILED, o.a.leg, &ev) && ev.a == ENOBUFS && ev.tag == PLAY_QUEUE_MAX + 1);
	CHECK(media_leg_close(o.r.m, o.a.leg) == 0);
	for (unsigned i = 0; i < PLAY_QUEUE_MAX; i++)
		CHECK(rig_wait(&o.r, MEDIA_EV_PLAY_DONE, o.a.leg, &ev) && ev.a == 1);
	CHECK(!rig_has(&o.r, MEDIA_EV_PLAY_DONE, o.a.leg));
out:
	one_close(&o);
}

/* The steepest step between two samples: a click is a step of thousands. */
static int steepest(const int16_t *pcm, size_t n)
{
	int most = 0;
	for (size_t i = 1; i < n; i++)
		most = abs(pcm[i] - pcm[i - 1]) > most ? abs(pcm[i] - pcm[i - 1]) : most;
	return most;
}

enum { MANY = 40000 };

TEST_NO_OOM(media_player_pauses_moves_and_stops_without_a_click)
{
	static int16_t flat[CLIP], pcm[MANY];
	struct one o;
	struct media_event ev;
	size_t n;
	CHECK(one_open(&o));
	for (int i = 0; i < CLIP; i++)
		flat[i] = 16000;
	CHECK(media_clip_pcm(o.r.m, flat, CLIP, &o.clip) == 0);
	CHECK(play(&o, 0, 0, &(struct play_opts){.tag = 1, .loops = 1000}) == 0);
	CHECK(hear(&o, pcm, 320));
	CHECK(media_play_do(o.r.m, o.a.leg, 1, PLAY_DO_PAUSE, 0, 0) == 0 && at(&o, 1, PLAY_AT_START, &ev));
	CHECK(at(&o, 1, PLAY_AT_PAUSED, &ev) && ev.c >= 320);
	int64_t paused_at = ev.b;
	n = hear_until(&o, pcm, MANY, 0);
	CHECK(n && steepest(pcm, n) < 1500);
	CHECK(media_play_do(o.r.m, o.a.leg, 1, PLAY_DO_RESUME, 0, 0) == 0 && at(&o, 1, PLAY_AT_RESUMED, &ev));
	CHECK(ev.b == paused_at);
	n = hear_until(&o, pcm, MANY, 16000);
	CHECK(n && steepest(pcm, n) < 1500);
	CHECK(media_play_do(o.r.m, o.a.leg, 1, PLAY_DO_SKIP, 80000, 0) == 0); /* behind the end */
	CHECK(at(&o, 1, PLAY_AT_MOVED, &ev) && done(&o, 1, 0, &ev));
	n = hear_until(&o, pcm, MANY, 0);
	CHECK(n && steepest(pcm, n) < 1500);
out:
	one_close(&o);
}

TEST_NO_OOM(media_player_seeks_to_the_sample)
{
	static int16_t pcm[MANY];
	struct one o;
	struct media_event ev;
	CHECK(one_open(&o));
	CHECK(play(&o, 0, 0, &(struct play_opts){.tag = 1, .loops = 1000}) == 0);
	CHECK(media_play_do(o.r.m, o.a.leg, 1, PLAY_DO_PAUSE, 0, 0) == 0);
	CHECK(media_play_do(o.r.m, o.a.leg, 1, PLAY_DO_SEEK, 4000, 0) == 0);
	CHECK(media_play_do(o.r.m, o.a.leg, 1, PLAY_DO_SKIP, -1000, 0) == 0);
	CHECK(media_play_do(o.r.m, o.a.leg, 1, PLAY_DO_VOLUME, -600, 0) == 0);
	CHECK(media_play_do(o.r.m, o.a.leg, 1, PLAY_DO_WHERE, 0, 0) == 0);
	CHECK(at(&o, 1, PLAY_AT_START, &ev) && at(&o, 1, PLAY_AT_PAUSED, &ev) && at(&o, 1, PLAY_AT_MOVED, &ev));
	CHECK(at(&o, 1, PLAY_AT_MOVED, &ev) && ev.b == 3000 && ev.d == 0);
	CHECK(at(&o, 1, PLAY_AT_VOLUME, &ev) && at(&o, 1, PLAY_AT_WHERE, &ev) && ev.b == 3000);
	CHECK(hear_until(&o, pcm, MANY, 0)); /* what came before the pause is over */
	CHECK(media_play_do(o.r.m, o.a.leg, 1, PLAY_DO_RESUME, 0, 0) == 0);
	do {
		CHECK(hear(&o, pcm, 160));
	} while (abs(pcm[159]) == 8);
	CHECK(hear(&o, pcm, 640));
	for (int i = 0; i < 640; i++)
		CHECK(near(pcm[i], (1000 + (3000 + 160 + i) * 2) * 501 / 1000));
	CHECK(media_play_do(o.r.m, o.a.leg, 1, PLAY_DO_COUNT, 0, 0) == -EINVAL);
out:
	one_close(&o);
}

TEST_NO_OOM(media_players_of_one_clock_hear_the_same)
{
	struct one o;
	struct far_end b = {0};
	struct media_event ev;
	CHECK(one_open(&o));
	CHECK(far_open(&o.r, &b, CODEC_PCMU, LEG_ANY_WORKER) && far_latch(&o.r, &b));
	struct play_item item = {.clip = o.clip, .loops = 1};
	struct play_opts opts = {.tag = 1, .epoch = 1};
	CHECK(media_play_list(o.r.m, o.a.leg, &item, 1, &opts) == 0);
	CHECK(rig_wait(&o.r, MEDIA_EV_PLAY_AT, o.a.leg, &ev));
	uint64_t first_at = ev.at;
	int64_t first = ev.b;
	rig_sleep(30);
	opts.tag = 2;
	CHECK(media_play_list(o.r.m, b.leg, &item, 1, &opts) == 0);
	CHECK(rig_wait(&o.r, MEDIA_EV_PLAY_AT, b.leg, &ev));
	int64_t passed = (int64_t)((ev.at - first_at) / 125000);
	int64_t ahead = ((ev.b - first - passed) % CLIP + CLIP) % CLIP;
	CHECK(ahead <= 1 || ahead >= CLIP - 1);
out:
	far_close(&b);
	one_close(&o);
}
