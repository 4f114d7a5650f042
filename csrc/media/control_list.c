/** control_list.c  Clips and playlists seen from the control thread. */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "media/engine.h"

/* Positions and steps of a seek: far above any list, far below an overflow. */
#define SEEK_MAX ((int64_t)1 << 48)

int media_clip_adopt(struct media *m, struct clip *clip, uint64_t *handle)
{
	*handle = slots_add(&m->clips, clip);
	return *handle ? 0 : -ENOBUFS;
}

static int keep(struct media *m, int err, struct clip *clip, uint64_t *handle)
{
	if (!err) {
		err = media_clip_adopt(m, clip, handle);
		if (err)
			media_clip_discard(clip);
	}
	return err;
}

int media_clip_load(struct media *m, const char *path, uint64_t *handle, char *why, size_t why_n)
{
	struct clip *clip = NULL;
	int err = media_clip_read(path, &clip, why, why_n);
	return keep(m, err, clip, handle);
}

int media_clip_pcm(struct media *m, const int16_t *pcm, size_t samples, uint64_t *handle)
{
	struct clip *clip = NULL;
	int err = media_clip_make(pcm, samples, &clip);
	return keep(m, err, clip, handle);
}

int media_clip_release(struct media *m, uint64_t handle)
{
	struct clip *clip = slots_get(&m->clips, handle);
	if (!clip)
		return -ENOENT;
	slots_remove(&m->clips, handle);
	clip->next = m->clips_released;
	m->clips_released = clip;
	media_sweep(m);
	return 0;
}

int64_t media_clip_samples(const struct media *m, uint64_t handle)
{
	const struct clip *clip = slots_get(&m->clips, handle);
	return clip ? (int64_t)clip->samples : -ENOENT;
}

static int find_clips(struct media *m, const struct play_item *items, size_t n, struct clip **clips)
{
	for (size_t i = 0; i < n; i++) {
		clips[i] = items[i].clip ? slots_get(&m->clips, items[i].clip) : NULL;
		if (items[i].clip && !clips[i])
			return -ENOENT;
	}
	return 0;
}

static int post_list(struct media *m, struct leg *leg, struct playlist *l)
{
	struct command c = {.kind = MEDIA_CMD_PLAY, .tag = l->tag, .u.list = l};
	int err = media_post(m, leg, &c);
	if (err) {
		playlist_discard(l);
		return err;
	}
	l->older = leg->control.lists;
	leg->control.lists = l;
	return 0;
}

int media_play_list(struct media *m, uint64_t handle, const struct play_item *items, size_t n,
		    const struct play_opts *o)
{
	struct clip *clips[PLAY_ITEMS_MAX];
	struct playlist *l;
	struct leg *leg = media_leg(m, handle);
	if (!leg)
		return -ENOENT;
	if (n > PLAY_ITEMS_MAX || o->start > (uint64_t)SEEK_MAX)
		return -EINVAL;
	media_leg_sweep(leg);
	int err = find_clips(m, items, n, clips);
	if (!err)
		err = playlist_new(&l, items, clips, n, o);
	return err ? err : post_list(m, leg, l);
}

int media_play(struct media *m, uint64_t handle, uint64_t clip, uint32_t loops, uint64_t tag)
{
	struct play_item item = {.clip = clip, .loops = loops};
	struct play_opts o = {.tag = tag, .loops = 1};
	return clip ? media_play_list(m, handle, &item, 1, &o) : -ENOENT;
}

/* The cadence of a tone_spec as segments. */
static int spell(struct tone_plan *plan, const struct tone_spec *t)
{
	if (t->hz[0] == 0 || (t->on_ms == 0 && t->off_ms))
		return -EINVAL;
	*plan = (struct tone_plan){.n = 1, .repeat_from = 1, .total_ms = t->total_ms};
	plan->segments[0] = (struct tone_segment){.hz = {t->hz[0], t->hz[1]}, .level_cdb = t->level_cdb};
	if (t->off_ms) {
		plan->n = 2;
		plan->repeat_from = 0;
		plan->segments[0].ms = t->on_ms;
		plan->segments[1].ms = t->off_ms;
	}
	return 0;
}

int media_tone(struct media *m, uint64_t handle, const struct tone_spec *t, uint64_t tag)
{
	struct tone_plan plan;
	int err = spell(&plan, t);
	struct play_item item = {.tone = &plan, .loops = 1};
	struct play_opts o = {.tag = tag, .loops = 1};
	return err ? err : media_play_list(m, handle, &item, 1, &o);
}

int media_play_do(struct media *m, uint64_t handle, uint64_t tag, enum play_do what, int64_t value, uint32_t ramp_ms)
{
	struct leg *leg = media_leg(m, handle);
	struct command c = {.kind = MEDIA_CMD_PLAY_DO, .value = what, .tag = tag};
	c.u.play.tag = tag;
	c.u.play.value = value > SEEK_MAX ? SEEK_MAX : value < -SEEK_MAX ? -SEEK_MAX : value;
	c.u.play.ramp_ms = ramp_ms;
	if ((unsigned)what >= PLAY_DO_COUNT)
		return -EINVAL;
	return leg ? media_post(m, leg, &c) : -ENOENT;
}

int media_stop_play(struct media *m, uint64_t handle)
{
	struct leg *leg = media_leg(m, handle);
	struct command c = {.kind = MEDIA_CMD_STOP_PLAY};
	return leg ? media_post(m, leg, &c) : -ENOENT;
}
