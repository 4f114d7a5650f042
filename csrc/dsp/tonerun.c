/** tonerun.c  A run is a row of tonal frames whose lines move slowly; it ends when something quiet or something else
 *  follows. A step to another frequency without a gap is one run with two plateaus. */
#include "dsp/tonerun.h"

#include <math.h>
#include <string.h>

enum {
	QUIET_END = 5, /* steps of quiet that end a tone */
	OTHER_MAX = 3, /* and of other sound: the window's length; a gap of a lost packet is bridged */
	STEP_FROM = 4, /* frames at one frequency, before a step to another */
	CED_STEPS = 100,
	ACTIVE = 5,
	SEQUENCE_GAP = 6, /* tones closer than this belong together */
};

static const float pure_share = 0.93f; /* of the energy in one line */
static const float loud_db = -48;      /* tones below are not looked at */
static const float drop_db = 6;	       /* a fall by this much within two frames ends a tone */
static const float glide_hz = 90;      /* a chirp of an octave from 1 kHz in 120 ms moves this much in 10 ms */
static const float plateau_hz = 15;    /* frames within this are the same frequency */

void tonerun_init(struct tonerun *t)
{
	memset(t, 0, sizeof(*t));
	for (int i = 0; i < TONERUN_HISTORY; i++)
		t->levels[i] = -96;
}

static bool near_hz(float hz, float want, float tolerance)
{
	return fabsf(hz - want) <= tolerance;
}

/* Two lines of their own right, not a tone and its harmonic or overtone. */
static bool is_pair(const struct tonal_frame *f)
{
	return f->one < pure_share && f->second > 0.25f;
}

static bool is_tonal(const struct tonal_frame *f)
{
	if (f->window_db < loud_db || f->hz[0] < 340 || f->hz[0] > 2700)
		return false;
	return f->one >= pure_share || (f->one > 0.84f && f->two > 0.94f) || (is_pair(f) && f->two > 0.96f);
}

/* Any line goes on in any line: equally strong ones change places, and where a tone steps the window sees both. */
static bool same_tone(const struct tonerun *t, const struct tonal_frame *f)
{
	int lines = is_pair(f) ? 2 : 1;
	for (int i = 0; i < lines; i++)
		if (near_hz(f->hz[i], t->hz, glide_hz) || (t->hz2 > 0 && near_hz(f->hz[i], t->hz2, glide_hz)))
			return true;
	return false;
}

/* From one frequency to another at the same level, with no gap but the frames in which both are seen. */
static bool is_step(const struct tonerun *t, const struct tonal_frame *f)
{
	return t->plateau_n >= STEP_FROM && t->step - t->last_loud <= OTHER_MAX + 1 &&
	       fabsf(f->window_db - t->last_db[1]) < drop_db / 2;
}

static float quietest(const float *level, int n)
{
	float least = level[0];
	for (int i = 1; i < n; i++)
		least = level[i] < least ? level[i] : least;
	return least;
}

static void take_lines(struct tonerun *t, const struct tonal_frame *f)
{
	t->hz = f->hz[0];
	t->hz2 = is_pair(f) ? f->hz[1] : 0;
	t->pairs += is_pair(f);
	t->impure += f->one < pure_share;
	if (is_pair(f))
		return;
	if (t->plateau_n && near_hz(t->hz, t->plateau_hz, plateau_hz)) {
		t->plateau_n++;
		return;
	}
	if (t->plateau_n >= TONERUN_MIN) {
		t->previous_hz = t->plateau_hz;
		t->previous_end = t->step;
	}
	t->plateau_hz = t->hz;
	t->plateau_n = 1;
}

static void take_inner(struct tonerun_inner *in, float db, float hz)
{
	bool none = in->n == 0;
	in->low_db = none || db < in->low_db ? db : in->low_db;
	in->high_db = none || db > in->high_db ? db : in->high_db;
	in->low_hz = none || hz < in->low_hz ? hz : in->low_hz;
	in->high_hz = none || hz > in->high_hz ? hz : in->high_hz;
	in->sum_hz += hz;
	in->n++;
}

static void begin(struct tonerun *t, const struct tonal_frame *f)
{
	/* The window reaches back 32 ms: the tone began where the level came up. */
	uint32_t back = 0;
	while (back < 3 && back < t->step && t->levels[TONERUN_HISTORY - 2 - back] > f->level_db - drop_db)
		back++;
	t->first = t->step - back;
	t->last_loud = t->step;
	t->n = 1;
	t->pairs = t->impure = t->quiet = t->other = t->plateau_n = 0;
	t->inner = (struct tonerun_inner){.n = 0};
	t->hz_first = f->hz[0];
	t->peak = t->last_db[0] = t->last_db[1] = f->window_db;
	t->last_hz[0] = t->last_hz[1] = f->hz[0];
	t->before = t->step < TONERUN_HISTORY ? -96 : quietest(t->levels, TONERUN_HISTORY - 1);
	if (t->first > t->previous_end + SEQUENCE_GAP)
		t->previous_hz = 0;
	take_lines(t, f);
}

static void follow(struct tonerun *t, const struct tonal_frame *f)
{
	t->n++;
	t->quiet = t->other = 0;
	t->last_loud = t->step;
	t->peak = f->window_db > t->peak ? f->window_db : t->peak;
	if (t->n >= 5)
		take_inner(&t->inner, t->last_db[0], t->last_hz[0]);
	t->last_db[0] = t->last_db[1];
	t->last_db[1] = f->window_db;
	t->last_hz[0] = t->last_hz[1];
	t->last_hz[1] = f->hz[0];
	take_lines(t, f);
}

static void name(struct tonerun *t)
{
	t->start_ms = t->first * TONAL_STEP_MS;
	t->end_ms = (t->last_loud + 1) * TONAL_STEP_MS;
	t->named_hz = t->inner.n ? t->inner.sum_hz / (float)t->inner.n : t->hz;
}

static void forget(struct tonerun *t)
{
	if (t->plateau_n >= TONERUN_MIN)
		t->previous_hz = t->plateau_hz;
	t->previous_end = t->last_loud;
	t->n = 0;
}

static enum tonerun_kind on_tonal(struct tonerun *t, const struct tonal_frame *f)
{
	if (t->n && (same_tone(t, f) || is_step(t, f))) {
		follow(t, f);
	} else {
		if (t->n)
			forget(t);
		begin(t, f);
	}
	bool fax = !is_pair(f) && near_hz(f->hz[0], 2100, 20) && ++t->ced_steps == CED_STEPS;
	bool sit = tonerun_is_sit(t);
	if (fax || sit)
		name(t);
	return fax ? TONERUN_FAX : sit ? TONERUN_SIT : TONERUN_NONE;
}

static enum tonerun_kind on_other(struct tonerun *t, const struct tonal_frame *f)
{
	if (t->n == 0)
		return TONERUN_NONE;
	if (f->level_db > loud_db && f->level_db > t->last_db[0] - drop_db) {
		if (++t->other > OTHER_MAX)
			forget(t);
		return TONERUN_NONE;
	}
	if (++t->quiet < QUIET_END)
		return TONERUN_NONE;
	enum tonerun_kind kind = tonerun_is_cng(t) ? TONERUN_FAX : tonerun_is_beep(t) ? TONERUN_BEEP : TONERUN_NONE;
	if (kind)
		name(t);
	forget(t);
	return kind;
}

enum tonerun_kind tonerun_push(struct tonerun *t, const struct tonal_frame *f)
{
	memmove(t->levels, t->levels + 1, sizeof(t->levels) - sizeof(*t->levels));
	t->levels[TONERUN_HISTORY - 1] = f->level_db;
	/* What is left of a tone in the window is a tone as well. */
	bool decay = t->n && f->window_db < t->last_db[0] - drop_db;
	enum tonerun_kind kind = is_tonal(f) && !decay ? on_tonal(t, f) : on_other(t, f);
	t->step++;
	return kind;
}

/* The frame that was left out: what it was matters only when a tone has begun since. */
static enum tonerun_kind make_up(struct tonerun *t, const struct tonal *in, bool tonal)
{
	struct tonal_frame f = {.level_db = t->skipped_db, .window_db = TONAL_SILENCE_DB};
	if (tonal)
		tonal_lines(in, 1, &f);
	t->skipped = false;
	return tonerun_push(t, &f);
}

enum tonerun_kind tonerun_hear(struct tonerun *t, const struct tonal *in, float floor_db, float *level_db)
{
	struct tonal_frame f = {.level_db = tonal_level(in), .window_db = TONAL_SILENCE_DB};
	bool loud = f.level_db >= floor_db;
	*level_db = f.level_db;
	if (loud && t->n == 0 && !t->skipped) {
		t->skipped = true;
		t->skipped_db = f.level_db;
		return TONERUN_NONE;
	}
	if (loud)
		tonal_lines(in, 0, &f);
	enum tonerun_kind before = t->skipped ? make_up(t, in, loud && is_tonal(&f)) : TONERUN_NONE;
	enum tonerun_kind now = tonerun_push(t, &f);
	return before ? before : now;
}

bool tonerun_active(const struct tonerun *t)
{
	return t->n >= ACTIVE;
}
