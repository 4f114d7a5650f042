/** mix.c  Mixing by matrix: each hears its own subset of the others. */
#include "media/mix.h"

#include <string.h>

#include "media/coder.h"

enum {
	RESYNC = 20 * RTP_CLOCK_KHZ, /* a hearer may be so far off its place before it is put right */
	STEP_US = PLAYOUT_STEP_MS * 1000,
	NS_PER_STEP = PLAYOUT_STEP_MS * NS_PER_MS,
	WIDE_STEP = 2 * MIX_STEP
};

/* The step that has not ended yet. */
static int64_t step_of(uint64_t now)
{
	return (int64_t)(now / NS_PER_STEP);
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
		m->roles[seat] = 0;
		leg->mix_at = INT64_MIN;
		leg->mix_input->next = step_of(now);
		leg->mix_input->loud = 0;
		leg->mix_input->khz = 0;
		playout_reset(leg->playout);
	}
	if (!mix_talks(leg) && roles & MIX_TALK)
		playout_reset(leg->playout); /* what it said until now was not kept */
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

static unsigned slot_of(int64_t step)
{
	return (unsigned)(step & (MIX_STEPS - 1));
}

/* One step of what a leg says, at the mix's rate. false: silence. */
static bool play_out(struct leg *leg, int16_t *pcm, int64_t step)
{
	struct mix_input *in = leg->mix_input;
	int16_t wide[PLAYOUT_STEP_MAX];
	size_t n = playout_get(leg->playout, wide, step * STEP_US);
	unsigned khz = leg->playout->khz, i = slot_of(step);
	bool keep = leg->mix_wide && n == WIDE_STEP;
	if (keep)
		memcpy(leg->mix_wide + (size_t)i * WIDE_STEP, wide, sizeof(*wide) * WIDE_STEP);
	in->wide = keep ? in->wide | 1u << i : in->wide & ~(1u << i);
	if (n && khz != in->khz && resampler_init(&in->narrow, khz, RTP_CLOCK_KHZ) == 0)
		in->khz = (uint8_t)khz;
	return n && resampler_run(&in->narrow, wide, n, pcm) == MIX_STEP;
}

/* A member's steps up to `end`, for whoever asks first. What nobody wanted for long is never made. */
static void make(struct leg *leg, int64_t end)
{
	struct mix_input *in = leg->mix_input;
	if (end - in->next > MIX_STEPS)
		in->next = end - MIX_STEPS;
	for (; in->next < end; in->next++) {
		unsigned i = slot_of(in->next);
		bool loud = play_out(leg, in->pcm[i], in->next);
		in->loud = loud ? in->loud | 1u << i : in->loud & ~(1u << i);
	}
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

static void add_run(const int16_t *pcm, int32_t *sum, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum[i] += pcm[i];
}

/* Samples `from` to `from` + `n` of a frame of `all`. */
static void add_fading(const int16_t *pcm, int32_t *sum, size_t n, size_t from, size_t all, enum fade fade)
{
	for (size_t i = 0; i < n; i++)
		sum[i] += pcm[i] * (int32_t)(fade == FADE_IN ? from + i : all - from - i) / (int32_t)all;
}

/* What a hearer gets: all at 8 kHz, or, where `wide` is there, wideband talkers in it at 16 kHz and only the others
 * in `narrow`. */
struct sums {
	int32_t *narrow, *wide;
};

static void add_part(const int16_t *pcm, int32_t *sum, size_t n, size_t from, size_t all, enum fade fade)
{
	if (fade == STEADY)
		add_run(pcm, sum + from, n);
	else
		add_fading(pcm, sum + from, n, from, all, fade);
}

/* Returns whether anything but silence was added. */
static bool add(const struct leg *talker, int64_t at, const struct sums *sums, size_t n, enum fade fade)
{
	const struct mix_input *in = talker->mix_input;
	bool any = false;
	for (size_t i = 0; i < n;) {
		int64_t step = (at + (int64_t)i) / MIX_STEP;
		size_t in_step = (size_t)((at + (int64_t)i) % MIX_STEP), run = MIX_STEP - in_step;
		run = run < n - i ? run : n - i;
		if (step < in->next && step >= in->next - MIX_STEPS && in->loud >> slot_of(step) & 1) {
			unsigned slot = slot_of(step);
			any = true;
			if (sums->wide && in->wide >> slot & 1)
				add_part(talker->mix_wide + (size_t)slot * WIDE_STEP + 2 * in_step, sums->wide, 2 * run,
					 2 * i, 2 * n, fade);
			else
				add_part(in->pcm[slot] + in_step, sums->narrow, run, i, n, fade);
		}
		i += run;
	}
	return any;
}

static int16_t saturate(int32_t v)
{
	return (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
}

/* The member's next frame is added to `sums`; `behind` samples before the newest that is whole. */
static bool next_frame(struct leg *leg, const struct sums *sums, size_t n, int64_t behind, uint64_t now)
{
	struct mix *m = leg->mix;
	unsigned seat = leg->mix_seat;
	int64_t whole = step_of(now), want = whole * MIX_STEP - (int64_t)n - behind;
	bool any = false;
	/* Advance by whole frames, not by the clock, or every late tick would be a click. */
	if (leg->mix_at > want + RESYNC || leg->mix_at < want - RESYNC)
		leg->mix_at = want;
	uint16_t hears = audible(m, seat), heard = m->heard[seat];
	for (unsigned i = 0; i < MIX_MEMBERS; i++) {
		bool on = hears >> i & 1, was = heard >> i & 1;
		if ((!on && !was) || !m->members[i] || i == seat)
			continue;
		make(m->members[i], whole);
		any |= add(m->members[i], leg->mix_at, sums, n, on && was ? STEADY : on ? FADE_IN : FADE_OUT);
	}
	m->heard[seat] = hears;
	leg->mix_at += (int64_t)n;
	return any;
}

bool mix_talks(const struct leg *leg)
{
	return leg->mix && leg->mix->roles[leg->mix_seat] & MIX_TALK;
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
	(void)next_frame(leg, &(struct sums){.narrow = sum}, n, 0, now);
	for (size_t i = 0; i < n; i++)
		pcm[i] = saturate(sum[i]);
	return true;
}

bool mix_get_wide(struct leg *leg, int16_t *wide, size_t n, uint64_t now)
{
	int32_t sum[LEG_FRAME_MAX] = {0}, wide_sum[2 * LEG_FRAME_MAX] = {0};
	int16_t narrow[LEG_FRAME_MAX];
	if (!(leg->mix->roles[leg->mix_seat] & MIX_HEAR))
		return false;
	(void)next_frame(leg, &(struct sums){.narrow = sum, .wide = wide_sum}, n, 0, now);
	for (size_t i = 0; i < n; i++)
		narrow[i] = saturate(sum[i]);
	n = coder_up(leg->coder, narrow, n, wide);
	for (size_t i = 0; i < n; i++)
		wide[i] = saturate(wide[i] + wide_sum[i]);
	return true;
}

bool mix_overlay(struct leg *leg, int16_t *pcm, size_t n, uint64_t now)
{
	int32_t sum[LEG_FRAME_MAX] = {0};
	/* Packets of a bridge come with the network's jitter: stay away from the edge. */
	if (!next_frame(leg, &(struct sums){.narrow = sum}, n, RESYNC, now))
		return false;
	for (size_t i = 0; i < n; i++)
		pcm[i] = saturate(pcm[i] + sum[i]);
	return true;
}
