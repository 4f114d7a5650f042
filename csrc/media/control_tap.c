/** control_tap.c  Recordings, answering-machine and beep detection seen from the control thread. */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "media/engine.h"

enum { PATH_BYTES = 4096, PART_DIGITS = 12, BEEP_MS = 30000 };
#define PART_MAX ((uint64_t)2 << 30) /* a WAV header counts up to 4 GiB */

static uint64_t least(uint64_t a, uint64_t b)
{
	return a && a < b ? a : b;
}

/* Whole frames; a chunk at least, so that parts follow each other no faster than chunks. */
static uint64_t part_limit(const struct record_opts *o, unsigned frame)
{
	uint64_t limit = least(o->part_bytes, PART_MAX);
	limit = least((uint64_t)o->part_ms * RTP_CLOCK_KHZ * frame, limit);
	return (limit < REC_CHUNK ? REC_CHUNK : limit) / frame * frame;
}

static struct recording *recording_new(const struct leg *leg, const struct record_opts *o, size_t n)
{
	struct recording *rec = mem_zalloc(sizeof(*rec) + n + 1);
	if (!rec)
		return NULL;
	memcpy(rec->path, o->path, n + 1);
	rec->stem = n - o->suffix;
	rec->leg = leg->handle;
	rec->tag = o->tag;
	rec->sides = o->sides;
	rec->channels = o->sides == RECORD_BOTH ? 2 : 1;
	bool linear = o->format == RECORD_LINEAR || o->sides == RECORD_MIXED;
	rec->codec = linear ? CODEC_NONE : CODEC_PCMU; /* or PCMA, when the leg's is known */
	rec->width = linear ? 2 : 1;
	rec->part_bytes = part_limit(o, (unsigned)rec->channels * rec->width);
	rec->beep.every = (uint64_t)o->beep_every_ms * NS_PER_MS;
	rec->beep.spec = o->beep;
	rec->fd = -1;
	rec->chunk[0] = rec->chunk[1] = BLOCKS_NONE;
	return rec;
}

static bool usable(const struct record_opts *o, size_t n)
{
	struct tone tone;
	return n > 0 && n < PATH_BYTES - PART_DIGITS && o->suffix < n && o->sides <= RECORD_MIXED &&
	       o->format <= RECORD_LINEAR && (o->beep_every_ms == 0 || tone_init(&tone, &o->beep) == 0);
}

int media_record(struct media *m, uint64_t handle, const struct record_opts *o, uint64_t *out)
{
	struct leg *leg = media_leg(m, handle);
	size_t n = strnlen(o->path, PATH_BYTES);
	if (!leg)
		return -ENOENT;
	if (!usable(o, n))
		return -EINVAL;
	if (leg->control.recording)
		return -EPROTO;
	struct recording *rec = recording_new(leg, o, n);
	if (!rec)
		return -ENOMEM;
	rec->handle = slots_add(&m->recordings, rec);
	struct command c = {.kind = MEDIA_CMD_RECORD, .tag = o->tag, .u.rec = rec};
	int err = rec->handle ? media_post(m, leg, &c) : -ENOBUFS;
	if (err) {
		slots_remove(&m->recordings, rec->handle);
		mem_free(rec);
		return err;
	}
	leg->control.recording = *out = rec->handle;
	return 0;
}

static size_t extension(const char *path)
{
	const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
	return dot && dot > path && (!slash || dot > slash + 1) ? strlen(dot) : 0;
}

int media_record_start(struct media *m, uint64_t handle, const char *path, uint64_t tag, uint64_t *out)
{
	struct record_opts o = {.path = path, .tag = tag, .suffix = extension(path)};
	return media_record(m, handle, &o, out);
}

static int post_to_recording(struct media *m, uint64_t handle, enum media_command kind)
{
	struct recording *rec = slots_get(&m->recordings, handle);
	struct leg *leg = rec ? media_leg(m, rec->leg) : NULL;
	struct command c = {.kind = kind, .u.rec = rec};
	if (!leg || leg->control.recording != handle)
		return -ENOENT; /* it ends, or has ended */
	return media_post(m, leg, &c);
}

int media_record_pause(struct media *m, uint64_t handle)
{
	return post_to_recording(m, handle, MEDIA_CMD_RECORD_PAUSE);
}

int media_record_resume(struct media *m, uint64_t handle)
{
	return post_to_recording(m, handle, MEDIA_CMD_RECORD_RESUME);
}

int media_record_stop(struct media *m, uint64_t handle)
{
	return media_record_stop_at(m, handle, 0);
}

int media_record_stop_at(struct media *m, uint64_t handle, uint64_t at)
{
	struct recording *rec = slots_get(&m->recordings, handle);
	if (!rec)
		return -ENOENT;
	struct leg *leg = media_leg(m, rec->leg);
	if (!leg || leg->control.recording != handle)
		return 0; /* it ends by itself, or was told to already */
	struct command c = {.kind = MEDIA_CMD_RECORD_STOP, .at = at, .u.rec = rec};
	int err = media_post(m, leg, &c);
	if (!err)
		leg->control.recording = 0;
	return err;
}

int media_amd_start(struct media *m, uint64_t handle, const struct amd_opts *o)
{
	struct leg *leg = media_leg(m, handle);
	struct command c = {.kind = MEDIA_CMD_AMD};
	if (!leg)
		return -ENOENT;
	if (!leg->amd)
		leg->amd = mem_zalloc(sizeof(*leg->amd));
	if (!leg->amd)
		return -ENOMEM;
	if (o)
		c.u.amd = *o;
	return media_post(m, leg, &c);
}

int media_amd_stop(struct media *m, uint64_t handle)
{
	struct leg *leg = media_leg(m, handle);
	struct command c = {.kind = MEDIA_CMD_AMD_STOP};
	return leg ? media_post(m, leg, &c) : -ENOENT;
}

int media_beep_start(struct media *m, uint64_t handle, uint32_t timeout_ms)
{
	struct leg *leg = media_leg(m, handle);
	struct command c = {.kind = MEDIA_CMD_BEEP, .value = timeout_ms ? timeout_ms : BEEP_MS};
	if (!leg)
		return -ENOENT;
	if (!leg->beep)
		leg->beep = mem_zalloc(sizeof(*leg->beep));
	return leg->beep ? media_post(m, leg, &c) : -ENOMEM;
}
