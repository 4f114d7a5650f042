/** tonerun.c  A run is a row of tonal frames whose frequency moves slowly and whose level is flat; then something quiet.
 *  A vowel may be as pure as a beep for 200 ms, but its level swings and no silence surrounds it. */
#include "dsp/tonerun.h"

#include <math.h>
#include <string.h>

enum {
	RUN_MIN = 7,	  /* frames: 80 ms of tone give at least 7 */
	RUN_MIN_LOW = 10, /* below 700 Hz vowels are as pure */
	PAIR_MIN = 9,	  /* a pair of lines is easier for a voice */
	BEEP_MAX = 220,	  /* steps: longer is a fax or a test tone */
	QUIET_END = 5,	  /* steps of quiet that end a tone */
	OTHER_MAX = 3,	  /* and of other sound: the window's length; a gap of a lost packet is bridged */
	CED_STEPS = 100,
	ACTIVE = 5,
	RINGBACK_BY = 30, /* a ringback tail runs when the call is answered: its first step is early */
};

static const float loud_db = -48;      /* tones below are not looked at */
static const float drop_db = 6;	       /* this much below the peak is the end of a tone */
static const float flat_db = 4.5f;     /* the level of a beep moves less, after a GSM codec too */
static const float flat_low_db = 2.5f; /* below 700 Hz */
static const float glide_hz = 70;      /* a chirp of an octave from 1 kHz in 150 ms moves this much in 10 ms */

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

static bool is_tonal(const struct tonal_frame *f)
{
	return f->window_db > loud_db && f->hz[0] >= 340 && f->hz[0] <= 2700 &&
	       (f->one > 0.93f || (f->two > 0.96f && f->second > 0.25f));
}

static bool is_pair(const struct tonal_frame *f)
{
	return f->one <= 0.93f;
}

static bool same_tone(const struct tonerun *t, const struct tonal_frame *f)
{
	if (is_pair(f) != (t->hz2 > 0))
		return false;
	if (near_hz(f->hz[0], t->hz, glide_hz))
		return true;
	return is_pair(f) && near_hz(f->hz[1], t->hz, glide_hz); /* equally strong lines change places */
}

static float quietest(const float *level, int n)
{
	float least = level[0];
	for (int i = 1; i < n; i++)
		least = level[i] < least ? level[i] : least;
	return least;
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
	t->quiet = t->other = 0;
	t->hz_first = t->hz = f->hz[0];
	t->hz2 = is_pair(f) ? f->hz[1] : 0;
	t->peak = t->low = t->high = f->window_db;
	t->recent[0] = t->recent[1] = f->window_db;
	t->recent_hz[0] = t->recent_hz[1] = f->hz[0];
	t->hz_sum = 0;
	t->inner = 0;
	t->before = t->step < TONERUN_HISTORY ? -96 : quietest(t->levels, TONERUN_HISTORY - 1);
}

static void follow(struct tonerun *t, const struct tonal_frame *f)
{
	t->n++;
	t->quiet = t->other = 0;
	t->last_loud = t->step;
	t->hz = f->hz[0];
	if (t->hz2 > 0)
		t->hz2 = f->hz[1];
	t->peak = f->window_db > t->peak ? f->window_db : t->peak;
	if (t->n >= 5) {
		float level = t->recent[0];
		t->low = t->inner == 0 || level < t->low ? level : t->low;
		t->high = t->inner == 0 || level > t->high ? level : t->high;
		t->hz_sum += t->recent_hz[0];
		t->inner++;
	}
	t->recent[0] = t->recent[1];
	t->recent[1] = f->window_db;
	t->recent_hz[0] = t->recent_hz[1];
	t->recent_hz[1] = f->hz[0];
}

/* US ringback, Europe's 425 Hz, and pairs with a difference of 50 Hz or less, which beat within one window. */
static bool is_ringback(const struct tonerun *t)
{
	bool beats = t->high - t->low > 2;
	return t->first < RINGBACK_BY && t->hz > 390 && t->hz < 490 && (beats || near_hz(t->hz, 425, 10));
}

static bool is_dtmf(float low, float high)
{
	static const float rows[4] = {697, 770, 852, 941};
	static const float columns[4] = {1209, 1336, 1477, 1633};
	bool row = false;
	bool column = false;
	for (int i = 0; i < 4; i++) {
		row |= near_hz(low, rows[i], 0.018f * rows[i]);
		column |= near_hz(high, columns[i], 0.018f * columns[i]);
	}
	return row && column;
}

/* Beeps of two tones lie higher than call progress tones, and than the harmonics of a low voice. */
static bool is_beep_pair(const struct tonerun *t)
{
	float low = t->hz < t->hz2 ? t->hz : t->hz2;
	float high = t->hz < t->hz2 ? t->hz2 : t->hz;
	return t->n >= PAIR_MIN && low > 380 && high > 700 && high < 2600 && !is_dtmf(low, high);
}

static bool is_cng(const struct tonerun *t)
{
	uint32_t steps = t->last_loud + 1 - t->first;
	return t->hz2 == 0 && near_hz(t->hz, 1100, 25) && near_hz(t->hz_first, 1100, 25) && steps >= 47 && steps <= 54;
}

static bool is_beep(const struct tonerun *t)
{
	bool vowel_like = t->hz < 700;
	if (t->n < (vowel_like ? RUN_MIN_LOW : RUN_MIN) || t->last_loud - t->first > BEEP_MAX)
		return false;
	if (t->high - t->low > (vowel_like ? flat_low_db : flat_db))
		return false;
	if (t->before > t->peak - drop_db || is_ringback(t))
		return false;
	if (t->hz2 > 0)
		return is_beep_pair(t);
	bool answer_tone = near_hz(t->hz, 2100, 20); /* CED and ANSam, of any length */
	return t->hz_first > 350 && t->hz > 350 && t->hz < 2600 && t->sit_hz == 0 && !answer_tone;
}

/* Second and third tone of the SIT; the first may have been lost. Each is 276 or 380 ms long. */
static bool is_sit(const struct tonerun *t)
{
	return t->n == 15 && near_hz(t->hz, 1776.7f, 30) &&
	       (near_hz(t->sit_hz, 1370.6f, 30) || near_hz(t->sit_hz, 1428.5f, 30));
}

static void name(struct tonerun *t)
{
	t->start_ms = t->first * TONAL_STEP_MS;
	t->end_ms = (t->last_loud + 1) * TONAL_STEP_MS;
	t->named_hz = t->inner ? t->hz_sum / (float)t->inner : t->hz;
}

/* A single tone that gives way to another within 60 ms makes a sequence; is kept to recognise the SIT. */
static void forget(struct tonerun *t)
{
	bool tone = t->n >= RUN_MIN && t->hz2 == 0;
	t->sit_hz = tone ? t->hz : 0;
	t->sit_end = t->last_loud;
	t->n = 0;
}

static enum tonerun_kind on_tonal(struct tonerun *t, const struct tonal_frame *f)
{
	if (t->n && same_tone(t, f)) {
		follow(t, f);
	} else {
		if (t->n)
			forget(t);
		begin(t, f);
		if (t->first > t->sit_end + 6)
			t->sit_hz = 0;
	}
	if (!is_pair(f) && near_hz(f->hz[0], 2100, 20) && ++t->ced_steps == CED_STEPS) {
		name(t);
		return TONERUN_FAX;
	}
	if (!is_sit(t))
		return TONERUN_NONE;
	name(t);
	return TONERUN_SIT;
}

static enum tonerun_kind on_other(struct tonerun *t, const struct tonal_frame *f)
{
	if (t->n == 0)
		return TONERUN_NONE;
	if (f->level_db > t->peak - drop_db) {
		if (++t->other > OTHER_MAX)
			forget(t);
		return TONERUN_NONE;
	}
	if (++t->quiet < QUIET_END)
		return TONERUN_NONE;
	enum tonerun_kind kind = is_cng(t) ? TONERUN_FAX : is_beep(t) ? TONERUN_BEEP : TONERUN_NONE;
	if (kind)
		name(t);
	forget(t);
	return kind;
}

enum tonerun_kind tonerun_push(struct tonerun *t, const struct tonal_frame *f)
{
	memmove(t->levels, t->levels + 1, sizeof(t->levels) - sizeof(*t->levels));
	t->levels[TONERUN_HISTORY - 1] = f->level_db;
	/* The decay of a tone is a tone as well. */
	bool decay = t->n && f->window_db < t->peak - drop_db;
	enum tonerun_kind kind = is_tonal(f) && !decay ? on_tonal(t, f) : on_other(t, f);
	t->step++;
	return kind;
}

bool tonerun_active(const struct tonerun *t)
{
	return t->n >= ACTIVE;
}
