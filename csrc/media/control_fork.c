/** control_fork.c  Media forks seen from the control thread. */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "media/engine.h"
#include "media/fork.h"
#include "rpc/fork.h"

enum { BUFFER_MIN_MS = 100, BUFFER_MAX_MS = 10000, FRAME_MS = 20 };

static unsigned channels(unsigned sides)
{
	return sides == (FORK_SAID | FORK_HEARD) ? 2 : 1;
}

static uint32_t record_samples(unsigned sides)
{
	return FORK_CLOCK + channels(sides) * FORK_SAMPLES;
}

static struct fork_tap *tap_new(unsigned sides, uint32_t buffer_ms)
{
	struct fork_tap *f = mem_zalloc(sizeof(*f) + channels(sides) * sizeof(f->side[0]));
	if (!f)
		return NULL;
	f->sides = (uint8_t)sides;
	f->ring = pcm_ring_new(buffer_ms / FRAME_MS * record_samples(sides));
	if (f->ring)
		return f;
	mem_free(f);
	return NULL;
}

void fork_free(struct fork_tap *tap)
{
	while (tap) {
		struct fork_tap *older = tap->older;
		mem_free(tap->ring);
		mem_free(tap);
		tap = older;
	}
}

void fork_sweep(struct leg *leg)
{
	for (struct fork_tap **at = &leg->control.forks_retired; *at;) {
		struct fork_tap *tap = *at;
		if (!atomic_load_explicit(&tap->ring->retired, memory_order_acquire)) {
			at = &tap->older;
			continue;
		}
		*at = tap->older;
		tap->older = NULL;
		fork_free(tap);
	}
}

int media_fork_open(struct media *m, uint64_t handle, unsigned sides, uint32_t buffer_ms)
{
	struct leg *leg = media_leg(m, handle);
	struct command c = {.kind = MEDIA_CMD_FORK};
	if (!leg)
		return -ENOENT;
	if (sides < FORK_SAID || sides > (FORK_SAID | FORK_HEARD) || buffer_ms < BUFFER_MIN_MS ||
	    buffer_ms > BUFFER_MAX_MS)
		return -EINVAL;
	if (leg->control.fork)
		return -EPROTO;
	fork_sweep(leg);
	c.u.fork = tap_new(sides, buffer_ms);
	if (!c.u.fork)
		return -ENOMEM;
	int err = media_post(m, leg, &c);
	if (err)
		fork_free(c.u.fork);
	else
		leg->control.fork = c.u.fork;
	return err;
}

int media_fork_close(struct media *m, uint64_t handle)
{
	struct leg *leg = media_leg(m, handle);
	struct command c = {.kind = MEDIA_CMD_FORK};
	if (!leg)
		return -ENOENT;
	if (!leg->control.fork)
		return -EPROTO;
	int err = media_post(m, leg, &c);
	if (err)
		return err;
	leg->control.fork->older = leg->control.forks_retired;
	leg->control.forks_retired = leg->control.fork;
	leg->control.fork = NULL;
	return 0;
}

int media_fork_read(struct media *m, uint64_t handle, int16_t *out, size_t max_samples, uint64_t *dropped)
{
	const struct leg *leg = slots_get(&m->legs, handle);
	if (!leg)
		return -ENOENT;
	const struct fork_tap *tap = leg->control.fork;
	if (!tap)
		return -EPROTO;
	*dropped = counter_get(&tap->ring->dropped);
	size_t record = record_samples(tap->sides);
	size_t n = pcm_ring_used(tap->ring);
	n = n < max_samples ? n : max_samples;
	n = n / record * record;
	return (int)pcm_ring_read(tap->ring, out, n < INT32_MAX ? n : 0);
}

int media_sink_left(struct media *m, uint64_t handle)
{
	const struct leg *leg = slots_get(&m->legs, handle);
	if (!leg)
		return -ENOENT;
	return leg->control.sink ? (int)pcm_ring_used(leg->control.sink) : -EPROTO;
}
