/** playlist.c  One list: where it stands, what comes next, how loud. */
#include "media/playlist.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

enum { SAMPLES_PER_MS = 8, RAMP_MS = 20, RAMP_MS_MAX = 600000, NS_PER_SAMPLE = 125000 };

/* ------------------------------------------------------------------ making it */

static uint64_t times(uint64_t round, uint32_t loops)
{
	if (loops == 0 || round >= PLAYLIST_ENDLESS / loops)
		return PLAYLIST_ENDLESS;
	return round * loops;
}

static int set_round(struct playlist_item *it, const struct play_item *in)
{
	uint64_t whole = in->samples; /* of silence */
	if (it->clip) {
		if (in->from >= it->clip->samples)
			return -EINVAL;
		whole = it->clip->samples - in->from;
	} else if (it->tone) {
		whole = cadence_samples(it->tone);
	}
	it->from = in->from;
	it->round = in->samples && in->samples < whole ? in->samples : whole;
	it->total = times(it->round, in->loops);
	return it->round ? 0 : -EINVAL;
}

static int check_items(const struct play_item *items, size_t n, size_t *tones)
{
	if (n == 0 || n > PLAY_ITEMS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (items[i].clip || !items[i].tone)
			continue;
		if (cadence_check(items[i].tone))
			return -EINVAL;
		++*tones;
	}
	return 0;
}

static int set_items(struct playlist *l, const struct play_item *items, struct clip *const *clips, size_t n)
{
	struct tone_plan *plans = (struct tone_plan *)(void *)(l->items + n);
	for (size_t i = 0; i < n; i++) {
		struct playlist_item *it = &l->items[i];
		it->clip = clips[i];
		if (!it->clip && items[i].tone) {
			*plans = *items[i].tone;
			it->tone = plans++;
		}
		int err = set_round(it, &items[i]);
		if (err)
			return err;
		it->start = l->length;
		l->length += it->total;
		if (l->length >= PLAYLIST_ENDLESS)
			l->length = PLAYLIST_ENDLESS;
	}
	return 0;
}

static float gain_of(int64_t cdb)
{
	return cdb <= PLAY_GAIN_MIN ? 0 : powf(10, (float)(cdb < PLAY_GAIN_MAX ? cdb : PLAY_GAIN_MAX) / 2000);
}

int playlist_new(struct playlist **out, const struct play_item *items, struct clip *const *clips, size_t n,
		 const struct play_opts *o)
{
	size_t tones = 0;
	int err = check_items(items, n, &tones);
	if (err || o->gain_cdb > PLAY_GAIN_MAX)
		return -EINVAL;
	struct playlist *l = mem_zalloc(sizeof(*l) + n * sizeof(l->items[0]) + tones * sizeof(struct tone_plan));
	if (!l)
		return -ENOMEM;
	err = set_items(l, items, clips, n);
	if (!err && o->epoch && l->length == PLAYLIST_ENDLESS)
		err = -EINVAL;
	if (err) {
		mem_free(l);
		return err;
	}
	for (size_t i = 0; i < n; i++)
		if (clips[i])
			clip_take(clips[i]);
	l->n = (uint32_t)n;
	l->tag = o->tag;
	l->loops = o->loops;
	l->queued = o->queue;
	l->begin = o->start;
	l->epoch = o->epoch;
	l->gain = l->target = gain_of(o->gain_cdb);
	*out = l;
	return 0;
}

static void give_clips(struct playlist *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->items[i].clip)
			clip_give(l->items[i].clip);
}

void playlist_discard(struct playlist *l)
{
	give_clips(l);
	mem_free(l);
}

/* ------------------------------------------------------------- where it stands */

bool playlist_over(const struct playlist *l)
{
	return l->item == l->n;
}

static void stand(struct playlist *l, uint32_t item, uint64_t at)
{
	l->item = item;
	l->at = at;
	if (item < l->n && l->items[item].tone)
		cadence_seek(&l->tone, l->items[item].tone, at % l->items[item].round);
}

uint64_t playlist_position(const struct playlist *l)
{
	return playlist_over(l) ? l->length : l->items[l->item].start + l->at;
}

void playlist_seek(struct playlist *l, uint64_t at)
{
	if (at >= l->length) {
		stand(l, l->n, 0);
		return;
	}
	uint32_t i = l->n - 1;
	while (l->items[i].start > at)
		i--;
	stand(l, i, at - l->items[i].start);
	l->rise = PLAY_FADE;
}

void playlist_begin(struct playlist *l, uint64_t now)
{
	uint64_t at = l->begin;
	if (l->epoch && now > l->epoch)
		at = (at + (now - l->epoch) / NS_PER_SAMPLE) % l->length;
	if (at)
		playlist_seek(l, at);
	else
		stand(l, 0, 0);
}

static void next_item(struct playlist *l)
{
	if (l->item + 1 < l->n) {
		stand(l, l->item + 1, 0);
	} else if (l->loops == 1) {
		stand(l, l->n, 0);
	} else {
		l->loops -= l->loops ? 1 : 0;
		stand(l, 0, 0);
	}
}

/* ---------------------------------------------------------------------- sound */

/* From one item, within one of its loops. Returns how many. */
static size_t fill_item(struct playlist *l, int16_t *pcm, size_t n)
{
	const struct playlist_item *it = &l->items[l->item];
	uint64_t in_round = l->at % it->round;
	uint64_t left = it->round - in_round;
	size_t part = left < n ? (size_t)left : n;
	if (it->clip) {
		memcpy(pcm, it->clip->pcm + it->from + in_round, part * sizeof(*pcm));
	} else if (it->tone) {
		if (in_round == 0 && l->at)
			cadence_seek(&l->tone, it->tone, 0);
		cadence_fill(&l->tone, pcm, part);
	} else {
		memset(pcm, 0, part * sizeof(*pcm));
	}
	l->at += part;
	return part;
}

static size_t fill_raw(struct playlist *l, int16_t *pcm, size_t n)
{
	size_t done = 0;
	while (done < n && !playlist_over(l)) {
		done += fill_item(l, pcm + done, n - done);
		if (l->at == l->items[l->item].total)
			next_item(l);
	}
	return done;
}

static int16_t saturate(float v)
{
	return (int16_t)lrintf(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
}

static void step_gain(struct playlist *l)
{
	if (l->gain == l->target)
		return;
	l->gain += l->step;
	if ((l->step < 0) == (l->gain < l->target) || l->step == 0)
		l->gain = l->target;
}

static void apply_gain(struct playlist *l, int16_t *pcm, size_t n)
{
	if (l->gain == 1 && l->target == 1 && !l->rise)
		return;
	for (size_t i = 0; i < n; i++) {
		float g = l->gain;
		if (l->rise)
			g *= (float)(PLAY_FADE - l->rise--) / PLAY_FADE;
		pcm[i] = saturate((float)pcm[i] * g);
		step_gain(l);
	}
}

size_t playlist_fill(struct playlist *l, int16_t *pcm, size_t n)
{
	if (l->paused) {
		memset(pcm, 0, n * sizeof(*pcm));
		return n;
	}
	size_t got = fill_raw(l, pcm, n);
	apply_gain(l, pcm, got);
	l->played += got;
	return got;
}

void playlist_volume(struct playlist *l, int64_t gain_cdb, uint32_t ramp_ms)
{
	uint32_t ms = ramp_ms == 0 ? RAMP_MS : ramp_ms < RAMP_MS_MAX ? ramp_ms : RAMP_MS_MAX;
	l->target = gain_of(gain_cdb);
	l->step = (l->target - l->gain) / (float)(ms * SAMPLES_PER_MS);
	if (l->paused || l->played == 0) /* nobody can hear a step */
		l->gain = l->target;
}

void playlist_tail(struct playlist *l, int16_t tail[PLAY_FADE])
{
	int16_t pcm[PLAY_FADE] = {0};
	if (l->paused || l->played == 0 || playlist_over(l))
		return;
	uint32_t item = l->item, loops = l->loops;
	uint64_t at = l->at;
	float gain = l->gain;
	uint8_t rise = l->rise;
	size_t got = fill_raw(l, pcm, PLAY_FADE);
	apply_gain(l, pcm, got);
	for (size_t i = 0; i < got; i++)
		tail[i] = saturate((float)tail[i] + (float)pcm[i] * (float)(PLAY_FADE - i) / PLAY_FADE);
	l->loops = loops;
	l->gain = gain;
	l->rise = rise;
	stand(l, item, at);
}

void playlist_end(struct playlist *l)
{
	give_clips(l);
	atomic_store_explicit(&l->retired, true, memory_order_release);
}
