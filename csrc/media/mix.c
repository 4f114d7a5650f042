/** mix.c  Mixing by matrix: each hears its own subset of the others. */
#include "media/mix.h"

enum { DELAY = MIX_DELAY_MS * RTP_CLOCK_KHZ, RESYNC = 20 * RTP_CLOCK_KHZ };

/* A packet later than the delay has missed its play-out. */
static const struct timeline_limits limits = {.early = 60 * RTP_CLOCK_KHZ, .late = DELAY, .late_run = 5};

static int64_t position(uint64_t now)
{
	return (int64_t)(now / NS_PER_POSITION);
}

void mix_join(struct mix *m, struct leg *leg, unsigned seat, unsigned roles, uint64_t now)
{
	if (leg->mix != m) {
		uint16_t others = (uint16_t) ~(1u << seat);
		for (unsigned i = 0; i < MIX_MEMBERS; i++) {
			m->heard[i] &= others;
			if (m->chosen >> i & 1) /* who has chosen does not hear a newcomer unasked */
				m->hears[i] &= others;
		}
		m->members[seat] = leg;
		m->hears[seat] = MIX_ALL;
		m->heard[seat] = 0;
		m->chosen &= others;
		leg->mix = m;
		leg->mix_seat = (uint8_t)seat;
		leg->mix_at = position(now) - DELAY;
		leg->mix_input->line.anchored = false;
		leg->mix_input->filled = 0;
	}
	m->roles[leg->mix_seat] = (uint8_t)roles;
}

void mix_hear(struct leg *leg, uint16_t seats)
{
	if (!leg->mix)
		return;
	leg->mix->hears[leg->mix_seat] = seats;
	leg->mix->chosen |= (uint16_t)(1u << leg->mix_seat);
}

void mix_leave(struct leg *leg)
{
	if (!leg->mix)
		return;
	leg->mix->members[leg->mix_seat] = NULL;
	leg->mix = NULL;
}

void mix_close(struct mix *m)
{
	for (unsigned i = 0; i < MIX_MEMBERS; i++)
		if (m->members[i])
			mix_leave(m->members[i]);
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

/* Seats this member hears now: of those it wants, the ones that are taken and talk. */
static uint16_t audible(const struct mix *m, unsigned seat)
{
	const struct leg *partner = m->members[seat]->bridge; /* comes over the bridge */
	unsigned now = 0;
	if (!(m->roles[seat] & MIX_HEAR))
		return 0;
	for (unsigned i = 0; i < MIX_MEMBERS; i++)
		if (i != seat && m->members[i] && m->members[i] != partner && m->roles[i] & MIX_TALK &&
		    m->hears[seat] >> i & 1)
			now |= 1u << i;
	return (uint16_t)now;
}

enum fade { STEADY, FADE_IN, FADE_OUT };

/* Returns whether anything but silence was added. */
static bool add(const struct mix_input *in, int64_t at, int32_t *sum, size_t n, enum fade fade)
{
	int32_t any = 0;
	for (size_t i = 0; i < n; i++, at++) {
		if (at >= in->filled || at < in->filled - MIX_RING)
			continue;
		int32_t v = in->pcm[at & (MIX_RING - 1)];
		if (fade != STEADY)
			v = v * (int32_t)(fade == FADE_IN ? i : n - i) / (int32_t)n;
		sum[i] += v;
		any |= v;
	}
	return any != 0;
}

static int16_t saturate(int32_t v)
{
	return (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
}

/* The member's next frame is added to `sum`. */
static bool next_frame(struct leg *leg, int32_t *sum, size_t n, uint64_t now)
{
	struct mix *m = leg->mix;
	unsigned seat = leg->mix_seat;
	int64_t want = position(now) - DELAY;
	bool any = false;
	/* Advance by whole frames, not by the clock, or every late tick would be a click. */
	if (leg->mix_at > want + RESYNC || leg->mix_at < want - RESYNC)
		leg->mix_at = want;
	uint16_t hears = audible(m, seat), heard = m->heard[seat];
	for (unsigned i = 0; i < MIX_MEMBERS; i++) {
		bool on = hears >> i & 1, was = heard >> i & 1;
		if ((on || was) && m->members[i] && i != seat)
			any |= add(m->members[i]->mix_input, leg->mix_at, sum, n,
				   on && was ? STEADY
				   : on	     ? FADE_IN
					     : FADE_OUT);
	}
	m->heard[seat] = hears;
	leg->mix_at += (int64_t)n;
	return any;
}

bool mix_hears(const struct leg *leg)
{
	const struct mix *m = leg->mix;
	return m && (audible(m, leg->mix_seat) || m->heard[leg->mix_seat]);
}

bool mix_get(struct leg *leg, int16_t *pcm, size_t n, uint64_t now)
{
	int32_t sum[LEG_FRAME_MAX] = {0};
	if (!(leg->mix->roles[leg->mix_seat] & MIX_HEAR))
		return false;
	(void)next_frame(leg, sum, n, now);
	for (size_t i = 0; i < n; i++)
		pcm[i] = saturate(sum[i]);
	return true;
}

bool mix_overlay(struct leg *leg, int16_t *pcm, size_t n, uint64_t now)
{
	int32_t sum[LEG_FRAME_MAX] = {0};
	if (!next_frame(leg, sum, n, now))
		return false;
	for (size_t i = 0; i < n; i++)
		pcm[i] = saturate(pcm[i] + sum[i]);
	return true;
}
