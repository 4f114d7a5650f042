/** control_tap.c  Recordings, answering-machine and beep detection seen from the control thread. */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "media/engine.h"

enum { PATH_BYTES = 4096, BEEP_MS = 30000 };

static struct recording *recording_new(const struct leg *leg, const char *path, size_t n, uint64_t tag)
{
	struct recording *rec = mem_zalloc(sizeof(*rec) + n + 1);
	if (!rec)
		return NULL;
	memcpy(rec->path, path, n + 1);
	rec->leg = leg->handle;
	rec->tag = tag;
	rec->fd = -1;
	rec->chunk[0] = rec->chunk[1] = BLOCKS_NONE;
	return rec;
}

int media_record_start(struct media *m, uint64_t handle, const char *path, uint64_t tag, uint64_t *out)
{
	struct leg *leg = media_leg(m, handle);
	size_t n = strnlen(path, PATH_BYTES);
	if (!leg)
		return -ENOENT;
	if (n == 0 || n == PATH_BYTES)
		return -EINVAL;
	if (leg->control.recording)
		return -EPROTO;
	struct recording *rec = recording_new(leg, path, n, tag);
	if (!rec)
		return -ENOMEM;
	rec->handle = slots_add(&m->recordings, rec);
	struct command c = {.kind = MEDIA_CMD_RECORD, .tag = tag, .u.rec = rec};
	int err = rec->handle ? media_post(m, leg, &c) : -ENOBUFS;
	if (err) {
		slots_remove(&m->recordings, rec->handle);
		mem_free(rec);
		return err;
	}
	leg->control.recording = *out = rec->handle;
	return 0;
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
