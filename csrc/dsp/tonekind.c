/** tonekind.c  What a tone is, once it has been followed to its end. A vowel may be as pure as a beep for 200 ms, but its
 *  pitch and level move, and no silence surrounds it.
 *  Sources: ITU-T E.180 supplement 2 (special information tone), T.30 4.3.3 (CED, CNG), V.8 (ANSam), Q.23 (DTMF). */
#include <math.h>

#include "dsp/tonerun.h"

enum {
	MIN_LOW = 10,	    /* frames of a tone below 700 Hz, where vowels are as pure */
	PAIR_MIN = 9,	    /* a pair of lines is easier for a voice */
	GLIDE_LOW_MIN = 15, /* frames of a glide there */
	IMPURE_MAX = 3,
	FADE_MIN = 15,	  /* a tone may fade, as a bell does, when its pitch stands still for so long */
	BEEP_MAX = 220,	  /* steps: longer is a fax or a test tone */
	RINGBACK_BY = 30, /* a ringback tail runs when the call is answered: its first step is early */
	CNG_MIN = 49,
	CNG_MAX = 53, /* T.30 allows 0.5 s +- 15 %; senders are exact, and so is not taken a beep of 1100 Hz */
	SIT_STEP = 15 /* of the third tone */
};

static const float rise_db = 6;	   /* a beep is this far above what was just before it */
static const float flat_db = 4.5f; /* the level of a beep moves less, after a GSM codec too */
static const float flat_low_db = 2.5f;
static const float flat_still_db = 8;
static const float still_hz = 6; /* a generator's pitch moves less, even after a codec */

static bool near_hz(float hz, float want, float tolerance)
{
	return fabsf(hz - want) <= tolerance;
}

static float mean_hz(const struct tonerun *t)
{
	return t->inner.n ? t->inner.sum_hz / (float)t->inner.n : t->hz;
}

static bool is_pair(const struct tonerun *t)
{
	return t->pairs * 2 > t->n;
}

/* US ringback, Europe's 425 Hz, and pairs with a difference of 50 Hz or less, which beat within one window. */
static bool is_ringback(const struct tonerun *t)
{
	bool beats = t->inner.high_db - t->inner.low_db > 2;
	float hz = mean_hz(t);
	return t->first < RINGBACK_BY && hz > 390 && hz < 490 && (beats || near_hz(hz, 425, 10));
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

/* A later tone of the SIT, complete or not. */
static bool is_sit_part(const struct tonerun *t)
{
	return (near_hz(t->previous_hz, 950, 60) && near_hz(t->hz, 1400, 60)) ||
	       (near_hz(t->previous_hz, 1400, 60) && near_hz(t->hz, 1776.7f, 40));
}

/* Still, or else pure: what moves and has overtones is a voice. */
static bool is_machine_made(const struct tonerun *t)
{
	const struct tonerun_inner *in = &t->inner;
	float swing = in->high_db - in->low_db;
	if (in->high_hz - in->low_hz <= still_hz)
		return swing <= flat_still_db || in->n >= FADE_MIN;
	if (is_pair(t))
		return swing <= flat_db;
	if (t->hz < 700)
		return swing <= flat_low_db && t->impure == 0 && t->n >= GLIDE_LOW_MIN;
	return swing <= flat_db && t->impure <= IMPURE_MAX;
}

bool tonerun_is_cng(const struct tonerun *t)
{
	uint32_t steps = t->last_loud + 1 - t->first;
	return !is_pair(t) && near_hz(t->hz, 1100, 25) && near_hz(t->hz_first, 1100, 25) && steps >= CNG_MIN &&
	       steps <= CNG_MAX;
}

bool tonerun_is_beep(const struct tonerun *t)
{
	if (t->n < (t->hz < 700 ? MIN_LOW : TONERUN_MIN) || t->last_loud - t->first > BEEP_MAX)
		return false;
	if (!is_machine_made(t) || t->before > t->peak - rise_db || is_ringback(t))
		return false;
	if (is_pair(t))
		return is_beep_pair(t);
	bool answer_tone = near_hz(t->hz, 2100, 20); /* CED and ANSam, of any length */
	return t->hz_first > 350 && t->hz > 350 && t->hz < 2600 && !answer_tone && !is_sit_part(t);
}

/* Second and third tone of the SIT; the first may have been lost. Each is 276 or 380 ms long. */
bool tonerun_is_sit(const struct tonerun *t)
{
	return t->plateau_n == SIT_STEP && near_hz(t->plateau_hz, 1776.7f, 30) &&
	       (near_hz(t->previous_hz, 1370.6f, 30) || near_hz(t->previous_hz, 1428.5f, 30));
}
