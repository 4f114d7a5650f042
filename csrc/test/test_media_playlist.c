/** test_media_playlist.c  Playlists sample by sample, without sockets: joins, loops, seeks, volume, fades. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/playlist.h"
#include "test/test.h"

enum { LONG = 1000, SHORT = 130 };

/* Two clips whose samples tell where they are from. */
struct pair {
	struct clip *a, *b;
	struct playlist *l;
};

static bool pair_open(struct pair *p)
{
	*p = (struct pair){clip_new(LONG), clip_new(SHORT), NULL};
	if (!p->a || !p->b)
		return false;
	for (int i = 0; i < LONG; i++)
		p->a->pcm[i] = (int16_t)(1000 + i);
	for (int i = 0; i < SHORT; i++)
		p->b->pcm[i] = (int16_t)(-5000 - i);
	return true;
}

static void pair_close(struct pair *p)
{
	if (p->l)
		playlist_discard(p->l);
	mem_free(p->a);
	mem_free(p->b);
}

/* a, then b twice, then 50 samples of silence, then a from 900 for 60. */
static bool pair_list(struct pair *p, uint32_t loops, const struct play_opts *more)
{
	struct play_item items[4] = {{.clip = 1, .loops = 1},
				     {.clip = 2, .loops = 2},
				     {.samples = 50, .loops = 1},
				     {.clip = 1, .from = 900, .samples = 60, .loops = 1}};
	struct clip *clips[4] = {p->a, p->b, NULL, p->a};
	struct play_opts o = more ? *more : (struct play_opts){0};
	o.loops = loops;
	if (playlist_new(&p->l, items, clips, 4, &o))
		return false;
	playlist_begin(p->l, o.epoch + 1);
	return true;
}

enum { ROUND = LONG + 2 * SHORT + 50 + 60 };

static int16_t expected(int i)
{
	i %= ROUND;
	if (i < LONG)
		return (int16_t)(1000 + i);
	i -= LONG;
	if (i < 2 * SHORT)
		return (int16_t)(-5000 - i % SHORT);
	i -= 2 * SHORT + 50;
	return (int16_t)(i < 0 ? 0 : 1900 + i);
}

static bool same_from(const int16_t *pcm, size_t n, int from)
{
	for (size_t i = 0; i < n; i++)
		if (pcm[i] != expected(from + (int)i))
			return false;
	return true;
}

TEST(playlist_joins_its_items_at_the_next_sample_in_any_frame_size)
{
	struct pair p;
	int16_t pcm[3 * ROUND + 480];
	CHECK(pair_open(&p));
	for (size_t frame = 1; frame <= 480; frame += 53) {
		CHECK(pair_list(&p, 3, NULL));
		size_t n = 0, got;
		do {
			got = playlist_fill(p.l, pcm + n, frame);
			n += got;
		} while (got == frame && !playlist_over(p.l));
		CHECK(n == 3 * ROUND && same_from(pcm, n, 0));
		CHECK(playlist_over(p.l) && p.l->played == 3 * ROUND && playlist_position(p.l) == ROUND);
		playlist_discard(p.l);
		p.l = NULL;
	}
out:
	pair_close(&p);
}

TEST(playlist_seeks_to_the_sample_and_fades_in)
{
	struct pair p;
	int16_t pcm[200];
	CHECK(pair_open(&p) && pair_list(&p, 0, NULL));
	for (uint64_t at = 0; at < ROUND; at += 97) {
		playlist_seek(p.l, at);
		CHECK(playlist_position(p.l) == at);
		CHECK(playlist_fill(p.l, pcm, 200) == 200);
		CHECK(pcm[0] == 0 && same_from(pcm + PLAY_FADE, 200 - PLAY_FADE, (int)at + PLAY_FADE));
		for (int i = 0; i < PLAY_FADE; i++)
			CHECK(abs(pcm[i] - expected((int)at + i) * i / PLAY_FADE) <= 1);
	}
	playlist_seek(p.l, ROUND);
	CHECK(playlist_over(p.l) && playlist_fill(p.l, pcm, 10) == 0);
out:
	pair_close(&p);
}

TEST(playlist_begins_where_it_is_told)
{
	struct pair p;
	int16_t pcm[100];
	CHECK(pair_open(&p) && pair_list(&p, 1, &(struct play_opts){.start = 700}));
	CHECK(playlist_position(p.l) == 700 && playlist_fill(p.l, pcm, 100) == 100);
	CHECK(same_from(pcm + PLAY_FADE, 60, 700 + PLAY_FADE));
	playlist_discard(p.l);
	p.l = NULL;
	/* A clock that has run for three rounds and 150 samples (125 us each). */
	CHECK(pair_list(&p, 0, &(struct play_opts){.epoch = 5}));
	playlist_begin(p.l, 5 + (uint64_t)(3 * ROUND + 150) * 125000);
	CHECK(playlist_position(p.l) == 150);
out:
	pair_close(&p);
}

TEST(playlist_volume_moves_without_a_jump)
{
	struct pair p;
	int16_t pcm[800];
	CHECK(pair_open(&p));
	for (int i = 0; i < LONG; i++)
		p.a->pcm[i] = 10000;
	CHECK(pair_list(&p, 1, NULL));
	CHECK(playlist_fill(p.l, pcm, 100) == 100 && pcm[99] == 10000);
	playlist_volume(p.l, -600, 0); /* 20 ms: 160 samples */
	CHECK(playlist_fill(p.l, pcm, 400) == 400);
	for (int i = 1; i < 400; i++)
		CHECK(pcm[i] <= pcm[i - 1] && pcm[i - 1] - pcm[i] <= 33);
	CHECK(abs(pcm[150] - 5012) > 20 && abs(pcm[165] - 5012) <= 1 && abs(pcm[399] - 5012) <= 1);
	playlist_volume(p.l, PLAY_GAIN_MIN, 1);
	CHECK(playlist_fill(p.l, pcm, 100) == 100 && pcm[10] == 0 && pcm[99] == 0);
	playlist_volume(p.l, PLAY_GAIN_MAX, 5);
	CHECK(playlist_fill(p.l, pcm, 100) == 100 && pcm[50] == 32767); /* +12 dB of 10000 saturates */
out:
	pair_close(&p);
}

TEST(playlist_tail_fades_and_leaves_the_list_where_it_was)
{
	struct pair p;
	int16_t pcm[LONG], tail[PLAY_FADE] = {0};
	CHECK(pair_open(&p) && pair_list(&p, 2, NULL));
	playlist_tail(p.l, tail); /* nothing has been heard: nothing to fade */
	CHECK(tail[0] == 0);
	CHECK(playlist_fill(p.l, pcm, LONG - 10) == LONG - 10);
	playlist_tail(p.l, tail);
	for (int i = 0; i < PLAY_FADE; i++)
		CHECK(abs(tail[i] - expected(LONG - 10 + i) * (PLAY_FADE - i) / PLAY_FADE) <= 1);
	CHECK(playlist_position(p.l) == LONG - 10 && playlist_fill(p.l, pcm, 100) == 100);
	CHECK(same_from(pcm, 100, LONG - 10));
out:
	pair_close(&p);
}

TEST(playlist_plays_tones_and_pauses_for_as_long_as_asked)
{
	struct tone_plan plan = {.n = 2, .segments = {{.hz = {500}, .level_cdb = 0, .ms = 4}, {.ms = 4}}};
	struct play_item items[2] = {{.tone = &plan, .samples = 100, .loops = 3}, {.samples = 30, .loops = 0}};
	struct clip *none[2] = {NULL, NULL};
	struct play_opts o = {.loops = 1};
	struct playlist *l = NULL;
	int16_t pcm[1000];
	CHECK(playlist_new(&l, items, none, 2, &o) == 0);
	plan.segments[0].hz[0] = 900; /* it was copied */
	playlist_begin(l, 0);
	CHECK(playlist_fill(l, pcm, 1000) == 1000 && !playlist_over(l));
	for (int i = 0; i < 300; i++) {
		int in = i % 100 % 64;
		CHECK((pcm[i] == 0) == (in >= 32 || in % 8 == 0)); /* a half wave of 500 Hz: 8 samples */
	}
	for (int i = 300; i < 1000; i++)
		CHECK(pcm[i] == 0);
out:
	if (l)
		playlist_discard(l);
}

TEST(playlist_refuses_what_it_cannot_play)
{
	struct pair p;
	struct tone_plan bad = {.n = 0};
	struct play_item item = {.clip = 1, .loops = 1};
	struct play_opts o = {.loops = 1};
	struct playlist *l;
	CHECK(pair_open(&p));
	CHECK(playlist_new(&l, &item, &p.a, 0, &o) == -EINVAL);
	CHECK(playlist_new(&l, &item, &p.a, PLAY_ITEMS_MAX + 1, &o) == -EINVAL);
	item.from = LONG;
	CHECK(playlist_new(&l, &item, &p.a, 1, &o) == -EINVAL);
	item = (struct play_item){.clip = 1, .loops = 0};
	o.epoch = 1;
	CHECK(playlist_new(&l, &item, &p.a, 1, &o) == -EINVAL); /* no end: nobody knows where it would be */
	o = (struct play_opts){.loops = 1, .gain_cdb = PLAY_GAIN_MAX + 1};
	CHECK(playlist_new(&l, &item, &p.a, 1, &o) == -EINVAL);
	struct clip *none = NULL;
	item = (struct play_item){.tone = &bad, .loops = 1};
	o.gain_cdb = 0;
	CHECK(playlist_new(&l, &item, &none, 1, &o) == -EINVAL);
	item = (struct play_item){.loops = 1}; /* silence of no length */
	CHECK(playlist_new(&l, &item, &none, 1, &o) == -EINVAL);
	CHECK(clip_idle(p.a));
out:
	pair_close(&p);
}
