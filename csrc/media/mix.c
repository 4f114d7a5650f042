/** mix.c  N-1 mixing. */
#include "media/mix.h"

#include <errno.h>
#include <string.h>

enum { DELAY = MIX_DELAY_MS * RTP_CLOCK_KHZ, RESYNC = 20 * RTP_CLOCK_KHZ };

/* A packet later than the delay has missed its play-out. */
static const struct timeline_limits limits = {.early = 60 * RTP_CLOCK_KHZ, .late = DELAY, .late_run = 5};

static int64_t position(uint64_t now)
{
	return (int64_t)(now / NS_PER_POSITION);
}

static uint32_t member(const struct mix *m, const struct leg *leg)
{
	uint32_t i = 0;
	while (i < m->n && m->members[i] != leg)
		i++;
	return i;
}

int mix_join(struct mix *m, struct leg *leg, unsigned roles, uint64_t now)
{
	uint32_t i = member(m, leg);
	if (i == m->n) {
		if (m->n == MIX_MEMBERS)
			return -ENOBUFS;
		m->members[m->n++] = leg;
		leg->mix = m;
		leg->mix_at = position(now) - DELAY;
		leg->mix_input->line.anchored = false;
		leg->mix_input->filled = 0;
	}
	m->roles[i] = (uint8_t)roles;
	return 0;
}

void mix_leave(struct leg *leg)
{
	struct mix *m = leg->mix;
	if (!m)
		return;
	uint32_t i = member(m, leg);
	m->n--;
	m->members[i] = m->members[m->n];
	m->roles[i] = m->roles[m->n];
	leg->mix = NULL;
}

void mix_close(struct mix *m)
{
	while (m->n)
		mix_leave(m->members[0]);
	atomic_store_explicit(&m->retired, true, memory_order_release);
}

static void clear(struct mix_input *in, int64_t from, int64_t to)
{
	if (to - from > MIX_RING)
		from = to - MIX_RING;
	for (int64_t i = from; i < to; i++)
		in->pcm[i & (MIX_RING - 1)] = 0;
}

void mix_put(struct leg *leg, const int16_t *pcm, size_t n, uint32_t ts, uint64_t now)
{
	struct mix_input *in = leg->mix_input;
	int64_t at;
	if (n > MIX_RING / 2 || !timeline_place(&in->line, &limits, leg->rx.epoch, ts, position(now), &at))
		return;
	if (at > in->filled)
		clear(in, in->filled, at);
	for (size_t i = 0; i < n; i++)
		in->pcm[(at + (int64_t)i) & (MIX_RING - 1)] = pcm[i];
	if (at + (int64_t)n > in->filled)
		in->filled = at + (int64_t)n;
}

static void add(const struct mix_input *in, int64_t at, int32_t *sum, size_t n)
{
	for (size_t i = 0; i < n; i++, at++)
		if (at < in->filled && at >= in->filled - MIX_RING)
			sum[i] += in->pcm[at & (MIX_RING - 1)];
}

static int16_t saturate(int32_t v)
{
	return (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
}

bool mix_get(struct leg *leg, int16_t *pcm, size_t n, uint64_t now)
{
	const struct mix *m = leg->mix;
	int32_t sum[LEG_FRAME_MAX] = {0};
	int64_t want = position(now) - DELAY;
	/* Advance by whole frames, not by the clock, or every late tick would be a click. */
	if (leg->mix_at > want + RESYNC || leg->mix_at < want - RESYNC)
		leg->mix_at = want;
	for (uint32_t i = 0; i < m->n; i++)
		if (m->members[i] != leg && m->roles[i] & MIX_TALK)
			add(m->members[i]->mix_input, leg->mix_at, sum, n);
	leg->mix_at += (int64_t)n;
	if (!(m->roles[member(m, leg)] & MIX_HEAR))
		return false;
	for (size_t i = 0; i < n; i++)
		pcm[i] = saturate(sum[i]);
	return true;
}
