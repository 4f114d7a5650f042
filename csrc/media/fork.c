/** fork.c  Frames for a media fork, on the worker. */
#include "media/fork.h"

#include <string.h>

#include "dsp/g711.h"
#include "media/worker.h"
#include "rpc/fork.h"
#include "rtp/packet.h"

enum { DELAY = FORK_DELAY_MS * RTP_CLOCK_KHZ, BEHIND_MAX = 1000 * RTP_CLOCK_KHZ };

/* As a mix: a packet later than the delay has missed its frame. */
static const struct timeline_limits limits = {.early = 100 * RTP_CLOCK_KHZ, .late = DELAY, .late_run = 5};

static int64_t position(uint64_t now)
{
	return (int64_t)(now / NS_PER_POSITION);
}

void fork_open(struct leg *leg, struct fork_tap *tap)
{
	if (leg->fork)
		atomic_store_explicit(&leg->fork->ring->retired, true, memory_order_release);
	leg->fork = tap;
}

static void clear(struct fork_side *s, int64_t from, int64_t to)
{
	if (to - from > FORK_LINE)
		from = to - FORK_LINE;
	for (; from < to; from++)
		s->pcm[from & (FORK_LINE - 1)] = 0;
}

static void put(struct fork_side *s, const int16_t *pcm, size_t n, uint32_t epoch, uint32_t ts, uint64_t now)
{
	int64_t at;
	if (n > FORK_LINE / 2 || !timeline_place(&s->line, &limits, epoch, ts, position(now), &at))
		return;
	if (at > s->filled)
		clear(s, s->filled, at);
	for (size_t i = 0; i < n; i++)
		s->pcm[(at + (int64_t)i) & (FORK_LINE - 1)] = pcm[i];
	if (at + (int64_t)n > s->filled)
		s->filled = at + (int64_t)n;
}

void fork_said(struct worker *w, struct leg *leg, const int16_t *pcm, size_t n, uint32_t ts)
{
	if (leg->fork->sides & FORK_SAID)
		put(&leg->fork->side[0], pcm, n, leg->rx.epoch, ts, w->now);
}

void fork_heard(struct worker *w, struct leg *leg, const int16_t *pcm, size_t n, uint32_t ts)
{
	struct fork_tap *f = leg->fork;
	if (f->sides & FORK_HEARD)
		put(&f->side[f->sides & FORK_SAID ? 1 : 0], pcm, n, 0, ts, w->now);
}

void fork_heard_coded(struct worker *w, struct leg *leg, enum codec c, const uint8_t *payload, size_t n, uint32_t ts)
{
	if (!(leg->fork->sides & FORK_HEARD) || (c != CODEC_PCMU && c != CODEC_PCMA))
		return;
	g711_decode(c, payload, n, w->pcm);
	fork_heard(w, leg, w->pcm, n, ts);
}

static void take(const struct fork_side *s, int64_t at, int16_t *out)
{
	for (int64_t i = at; i < at + FORK_SAMPLES; i++)
		*out++ = i < s->filled && i >= s->filled - FORK_LINE ? s->pcm[i & (FORK_LINE - 1)] : 0;
}

static void emit(struct fork_tap *f)
{
	int16_t record[FORK_RECORD_MAX];
	uint64_t clock = (uint64_t)(f->at - f->from);
	size_t n = FORK_CLOCK;
	memcpy(record, &clock, sizeof(clock));
	for (unsigned i = 0; i < (f->sides == (FORK_SAID | FORK_HEARD) ? 2 : 1); i++, n += FORK_SAMPLES)
		take(&f->side[i], f->at, record + n);
	f->at += FORK_SAMPLES;
	if (f->ring->limit - pcm_ring_used(f->ring) < n)
		atomic_fetch_add_explicit(&f->ring->dropped, 1, memory_order_relaxed);
	else
		pcm_ring_write(f->ring, record, n);
}

void fork_visit(struct worker *w, struct leg *leg)
{
	struct fork_tap *f = leg->fork;
	int64_t now = position(w->now);
	if (!f->begun) {
		f->begun = true;
		f->at = f->from = now;
	}
	if (now - f->at > BEHIND_MAX) /* the worker stood still: the clock shows the hole */
		f->at += (now - DELAY - f->at) / FORK_SAMPLES * FORK_SAMPLES;
	while (f->at + FORK_SAMPLES <= now - DELAY)
		emit(f);
}
