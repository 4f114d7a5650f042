/** control_play.c  Digits, sinks and taps seen from the control thread. */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "media/engine.h"

enum { TONE_MS = 100, GAP_MS = 100, GAP_MIN_MS = 60, LIVE_MS_MIN = 40, LIVE_MS_MAX = 60000, LOW_MS = 40 };

int media_dtmf(struct media *m, uint64_t handle, const char *digits, uint32_t tone_ms, uint32_t gap_ms, uint64_t tag)
{
	struct leg *leg = media_leg(m, handle);
	struct command c = {.kind = MEDIA_CMD_DTMF, .tag = tag};
	size_t n = strnlen(digits, sizeof(c.u.digits.text) + 1);
	if (!leg)
		return -ENOENT;
	if (n == 0 || n > sizeof(c.u.digits.text) || tone_ms > 8000 || gap_ms > 8000)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (tone_digit_event(digits[i]) < 0)
			return -EINVAL;
	memcpy(c.u.digits.text, digits, n);
	c.u.digits.n = (uint16_t)n;
	c.u.digits.tone_ms = (uint16_t)(tone_ms ? tone_ms : TONE_MS);
	gap_ms = gap_ms ? gap_ms : GAP_MS;
	c.u.digits.gap_ms = (uint16_t)(gap_ms < GAP_MIN_MS ? GAP_MIN_MS : gap_ms); /* room for three end packets */
	return media_post(m, leg, &c);
}

/* ----------------------------------------------------------------- live audio */

void media_leg_sweep(struct leg *leg)
{
	for (struct pcm_ring **p = &leg->control.retired; *p;) {
		struct pcm_ring *r = *p;
		if (atomic_load_explicit(&r->retired, memory_order_acquire)) {
			*p = r->older;
			mem_free(r);
		} else {
			p = &r->older;
		}
	}
	for (struct playlist **p = &leg->control.lists; *p;) {
		struct playlist *l = *p;
		if (atomic_load_explicit(&l->retired, memory_order_acquire)) {
			*p = l->older;
			mem_free(l);
		} else {
			p = &l->older;
		}
	}
}

static void retire(struct leg *leg, struct pcm_ring **slot)
{
	struct pcm_ring *r = *slot;
	*slot = NULL;
	if (r) {
		r->older = leg->control.retired;
		leg->control.retired = r;
	}
	media_leg_sweep(leg);
}

static uint32_t live_samples(uint32_t ms)
{
	uint32_t bound = ms < LIVE_MS_MIN ? LIVE_MS_MIN : ms > LIVE_MS_MAX ? LIVE_MS_MAX : ms;
	return bound * RTP_CLOCK_KHZ;
}

/* `slot`: where the control thread keeps the ring. The new one replaces an earlier one. */
static int open_ring(struct media *m, struct leg *leg, struct command *c, uint32_t ms, struct pcm_ring **slot)
{
	struct pcm_ring *r = pcm_ring_new(live_samples(ms));
	if (!r)
		return -ENOMEM;
	c->u.pcm = r;
	int err = media_post(m, leg, c);
	if (err) {
		mem_free(r);
		return err;
	}
	retire(leg, slot);
	*slot = r;
	return 0;
}

int media_tap_open(struct media *m, uint64_t handle, uint32_t buffer_ms)
{
	struct leg *leg = media_leg(m, handle);
	struct command c = {.kind = MEDIA_CMD_TAP};
	return leg ? open_ring(m, leg, &c, buffer_ms, &leg->control.tap) : -ENOENT;
}

int media_tap_close(struct media *m, uint64_t handle)
{
	struct leg *leg = media_leg(m, handle);
	struct command c = {.kind = MEDIA_CMD_TAP_CLOSE};
	if (!leg)
		return -ENOENT;
	if (!leg->control.tap)
		return -EPROTO;
	int err = media_post(m, leg, &c);
	if (!err)
		retire(leg, &leg->control.tap);
	return err;
}

int media_tap_read(struct media *m, uint64_t handle, int16_t *out, size_t max, uint64_t *dropped)
{
	enum { FRAME = 160 };
	const struct leg *leg = slots_get(&m->legs, handle);
	if (!leg)
		return -ENOENT;
	struct pcm_ring *r = leg->control.tap;
	if (!r)
		return -EPROTO;
	size_t whole = max / FRAME * FRAME;
	size_t n = pcm_ring_read(r, out, whole < INT32_MAX ? whole : INT32_MAX / FRAME * FRAME);
	*dropped = counter_get(&r->dropped);
	if (pcm_ring_used(r) < FRAME) {
		/* Arm, then look again: a frame that came between the two raised no event. */
		atomic_store_explicit(&r->armed, 1, memory_order_seq_cst);
		if (n < whole && pcm_ring_used(r) >= FRAME)
			n += pcm_ring_read(r, out + n, whole - n);
	}
	return (int)n;
}

int media_sink_open(struct media *m, uint64_t handle, uint32_t buffer_ms)
{
	struct leg *leg = media_leg(m, handle);
	uint32_t low = live_samples(buffer_ms) / 4;
	uint32_t least = LOW_MS * RTP_CLOCK_KHZ;
	struct command c = {.kind = MEDIA_CMD_SINK, .value = low < least ? least : low};
	return leg ? open_ring(m, leg, &c, buffer_ms, &leg->control.sink) : -ENOENT;
}

/* -EPROTO: none is open, or a player has taken its place. */
static int open_sink(struct media *m, uint64_t handle, struct leg **leg, struct pcm_ring **r)
{
	*leg = media_leg(m, handle);
	if (!*leg)
		return -ENOENT;
	*r = (*leg)->control.sink;
	if (!*r || (*r)->closing || atomic_load_explicit(&(*r)->retired, memory_order_acquire))
		return -EPROTO;
	return 0;
}

int media_sink_write(struct media *m, uint64_t handle, const int16_t *pcm, size_t samples)
{
	struct leg *leg;
	struct pcm_ring *r;
	int err = open_sink(m, handle, &leg, &r);
	if (err)
		return err;
	size_t n = pcm_ring_write(r, pcm, samples < INT32_MAX ? samples : INT32_MAX);
	if (n) /* each write may be answered by one SINK_LOW, so a program that writes little is asked again */
		atomic_store_explicit(&r->armed, 1, memory_order_relaxed);
	return (int)n;
}

int media_sink_flush(struct media *m, uint64_t handle)
{
	struct leg *leg;
	struct pcm_ring *r;
	int err = open_sink(m, handle, &leg, &r);
	if (err)
		return err;
	struct command c = {.kind = MEDIA_CMD_SINK_FLUSH,
			    .u.mark = atomic_load_explicit(&r->tail, memory_order_relaxed)};
	return media_post(m, leg, &c);
}

int media_sink_close(struct media *m, uint64_t handle)
{
	struct leg *leg;
	struct pcm_ring *r;
	struct command c = {.kind = MEDIA_CMD_SINK_CLOSE};
	int err = open_sink(m, handle, &leg, &r);
	if (!err)
		err = media_post(m, leg, &c);
	if (!err)
		r->closing = true;
	return err;
}
