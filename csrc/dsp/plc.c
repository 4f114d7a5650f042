/** plc.c  Waveform extension. */
#include "dsp/plc.h"

#include <string.h>

#include "dsp/pitch.h"

enum {
	LAG_MIN_MS = 5,	  /* 200 Hz: of a higher voice several periods are taken as one */
	HOLD_MS = 10,	  /* full level for so long; one more period is repeated after each such time */
	FADE_MS = 50,	  /* to silence after that */
	JOIN_MAX_MS = 10, /* what comes next is faded in over a quarter of a period */
	JOIN_MORE_MS = 4, /* and so much more for each further HOLD_MS lost */
	FULL = 256	  /* unit of levels */
};

static size_t history_size(const struct plc *p)
{
	return (size_t)(PLC_PERIODS * PLC_LAG_MAX_MS + 4) * p->khz;
}

static size_t quarter(const struct plc *p)
{
	return p->lag / 4u;
}

void plc_init(struct plc *p, unsigned khz)
{
	memset(p, 0, sizeof(*p));
	p->khz = (uint8_t)khz;
	plc_restart(p);
}

void plc_restart(struct plc *p)
{
	p->lag = (uint16_t)(PLC_LAG_MAX_MS * p->khz);
	p->periods = 1;
	p->at = p->fade = p->step_left = p->join_left = 0;
	p->missing = (uint32_t)(HOLD_MS + FADE_MS) * p->khz;
}

static void remember(struct plc *p, const int16_t *pcm, size_t n)
{
	size_t size = history_size(p);
	if (n > size) {
		pcm += n - size;
		n = size;
	}
	memmove(p->history, p->history + n, (size - n) * sizeof(*pcm));
	memcpy(p->history + (size - n), pcm, n * sizeof(*pcm));
}

static int16_t clamp(int32_t v)
{
	return (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
}

static int32_t blend(int32_t from, int32_t to, size_t i, size_t n)
{
	return (from * (int32_t)(n - i) + to * (int32_t)i) / (int32_t)n;
}

/* The last quarter of a period becomes what came before the piece, so that going round does not click. */
static void close_loop(struct plc *p)
{
	size_t n = quarter(p), back = (size_t)p->lag * p->periods;
	int16_t *end = p->piece + history_size(p) - n;
	for (size_t i = 0; i < n; i++)
		end[i] = (int16_t)blend(p->tail[i], end[(ptrdiff_t)i - (ptrdiff_t)back], i + 1, n);
}

static void begin(struct plc *p)
{
	size_t size = history_size(p), n = (size_t)PITCH_TEMPLATE_MS * p->khz;
	float likeness;
	p->lag = (uint16_t)pitch_lag(p->history + size - n, n, -1, LAG_MIN_MS * p->khz, PLC_LAG_MAX_MS * p->khz, p->khz,
				     &likeness);
	p->periods = 1;
	p->at = p->fade = p->join_left = 0;
	memcpy(p->piece, p->history, size * sizeof(p->piece[0]));
	memcpy(p->tail, p->history + size - quarter(p), quarter(p) * sizeof(p->tail[0]));
	p->step = p->history[size - 1] - p->history[size - 1 - p->lag];
	p->step_left = (uint16_t)quarter(p);
	close_loop(p);
}

static void one_more_period(struct plc *p)
{
	p->at_before = p->at;
	p->periods_before = p->periods;
	p->fade = (uint16_t)quarter(p);
	p->at = (uint16_t)(p->at % p->lag); /* in step, in the oldest of them */
	p->periods++;
	close_loop(p);
}

static int32_t step_through(const struct plc *p, uint16_t *at, unsigned periods)
{
	unsigned back = (unsigned)p->lag * periods;
	int16_t v = p->piece[history_size(p) - back + *at];
	*at = (uint16_t)(*at + 1u < back ? *at + 1u : 0);
	return v;
}

static int32_t next_sample(struct plc *p)
{
	int32_t v = step_through(p, &p->at, p->periods);
	if (p->fade) {
		int32_t before = step_through(p, &p->at_before, p->periods_before);
		v = blend(v, before, p->fade--, quarter(p));
	}
	if (p->step_left)
		v += p->step * p->step_left-- / (int32_t)(quarter(p) + 1);
	return v;
}

/* Of what is made up, so many samples after the loss began. */
static int32_t level(const struct plc *p, uint32_t missing)
{
	uint32_t hold = (uint32_t)HOLD_MS * p->khz, fade = (uint32_t)FADE_MS * p->khz;
	if (missing <= hold)
		return FULL;
	return missing >= hold + fade ? 0 : (int32_t)((hold + fade - missing) * FULL / fade);
}

bool plc_faded(const struct plc *p)
{
	return level(p, p->missing) == 0;
}

const int16_t *plc_recent(const struct plc *p, size_t n)
{
	return p->history + history_size(p) - n;
}

bool plc_conceal(struct plc *p, int16_t *pcm, size_t n)
{
	uint32_t more = (uint32_t)HOLD_MS * p->khz;
	bool heard = !plc_faded(p);
	if (p->missing == 0)
		begin(p);
	for (size_t i = 0; i < n; i++) {
		int32_t gain = level(p, p->missing);
		if (gain && p->periods < PLC_PERIODS && p->missing == more * p->periods)
			one_more_period(p);
		pcm[i] = gain ? clamp(next_sample(p) * gain / FULL) : 0;
		p->missing += gain != 0;
	}
	remember(p, pcm, n);
	return heard;
}

static void begin_join(struct plc *p)
{
	uint32_t hold = (uint32_t)HOLD_MS * p->khz, lost = p->missing / hold;
	size_t most = (size_t)JOIN_MAX_MS * p->khz;
	size_t over = quarter(p) + (lost > 1 ? lost - 1 : 0) * JOIN_MORE_MS * p->khz;
	p->join = p->join_left = (uint16_t)(over > most ? most : over);
	p->join_level = level(p, p->missing);
	p->missing = 0;
}

void plc_hear(struct plc *p, int16_t *pcm, size_t n)
{
	if (p->missing)
		begin_join(p);
	for (size_t i = 0; i < n && p->join_left; i++, p->join_left--) {
		int32_t made = p->join_level ? next_sample(p) * p->join_level / FULL : 0;
		pcm[i] = clamp(blend(made, pcm[i], p->join - p->join_left + 1u, p->join + 1u));
	}
	remember(p, pcm, n);
}

void plc_cut(struct plc *p)
{
	if (p->missing)
		return;
	begin(p);
	p->missing = (uint32_t)HOLD_MS * p->khz;
}
