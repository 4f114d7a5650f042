/** tonal.c  A line is a spectral peak with its two neighbours on each side: the main lobe of a Hann window. */
#include "dsp/tonal.h"

#include <math.h>
#include <string.h>

static const float bin_hz = 31.25f;
static const float silence_db = -96;

enum { BIN_LOW = 8, BIN_HIGH = 110, LOBE = 2 }; /* 250 Hz to 3437 Hz: the telephone band */

void tonal_init(struct tonal *t)
{
	memset(t, 0, sizeof(*t));
}

size_t tonal_push(struct tonal *t, const int16_t *pcm, size_t n, bool *step)
{
	size_t take = TONAL_STEP - t->fill;
	if (take > n)
		take = n;
	if (t->fill == 0 && take)
		memmove(t->window, t->window + TONAL_STEP, (SPECTRUM_N - TONAL_STEP) * sizeof(*pcm));
	memcpy(t->window + SPECTRUM_N - TONAL_STEP + t->fill, pcm, take * sizeof(*pcm));
	t->fill = (uint16_t)(t->fill + take);
	*step = t->fill == TONAL_STEP;
	if (*step)
		t->fill = 0;
	return take;
}

/* Mean square of samples to dB. */
static float decibel(float power)
{
	float full = 32768.0f * 32768.0f;
	return power < 1 ? silence_db + 5.7f * power : 10 * log10f(power / full);
}

static float step_level(const int16_t *pcm)
{
	int64_t sum = 0;
	for (int i = 0; i < TONAL_STEP; i++)
		sum += (int32_t)pcm[i] * pcm[i];
	return decibel((float)sum / TONAL_STEP);
}

static int strongest(const float power[SPECTRUM_BINS], int avoid)
{
	int best = -1;
	for (int k = BIN_LOW; k <= BIN_HIGH; k++) {
		bool in_lobe = avoid >= 0 && k >= avoid - LOBE && k <= avoid + LOBE;
		if (!in_lobe && (best < 0 || power[k] > power[best]))
			best = k;
	}
	return best;
}

/* Energy of the lobe around bin k, leaving out what belongs to the lobe around `other`. */
static float lobe(const float power[SPECTRUM_BINS], int k, int other)
{
	float sum = 0;
	for (int i = k - LOBE; i <= k + LOBE; i++)
		if (other < 0 || i < other - LOBE || i > other + LOBE)
			sum += power[i];
	return sum;
}

/* The line lies towards the stronger neighbour: for a Hann window by (2 r - 1) / (r + 1) bins, r the ratio of the
 * amplitudes. */
static float line_hz(const float power[SPECTRUM_BINS], int k)
{
	int side = power[k + 1] > power[k - 1] ? 1 : -1;
	float r = sqrtf(power[k + side] / power[k]);
	float off = (2 * r - 1) / (r + 1);
	return ((float)k + (float)side * (off > 0 ? off : 0)) * bin_hz;
}

static void find_lines(const float power[SPECTRUM_BINS], struct tonal_frame *f)
{
	float total = 0;
	for (int k = BIN_LOW - LOBE; k <= BIN_HIGH + LOBE; k++)
		total += power[k];
	f->window_db = decibel(total);
	if (total < 1)
		return;
	int a = strongest(power, -1);
	int b = strongest(power, a);
	float first = lobe(power, a, -1);
	float second = lobe(power, b, a);
	f->one = first / total;
	f->two = (first + second) / total;
	f->hz[0] = line_hz(power, a);
	f->hz[1] = power[b] > 0 ? line_hz(power, b) : 0;
	f->second = first > 0 ? second / first : 0;
}

void tonal_frame(const struct tonal *t, float floor_db, struct tonal_frame *f)
{
	float power[SPECTRUM_BINS];
	*f = (struct tonal_frame){.window_db = silence_db};
	f->level_db = step_level(t->window + SPECTRUM_N - TONAL_STEP);
	if (f->level_db < floor_db)
		return;
	spectrum_power(t->window, power);
	find_lines(power, f);
}
