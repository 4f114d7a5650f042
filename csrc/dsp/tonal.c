/** tonal.c  A line is a spectral peak with its two neighbours on each side: the main lobe of a Hann window. */
#include "dsp/tonal.h"

#include <math.h>
#include <string.h>

static const float bin_hz = 31.25f;
static const float silence_db = TONAL_SILENCE_DB;

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
		memmove(t->window, t->window + TONAL_STEP, SPECTRUM_N * sizeof(*pcm));
	memcpy(t->window + SPECTRUM_N + t->fill, pcm, take * sizeof(*pcm));
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

typedef float vec __attribute__((vector_size(16)));

/* Of the band and a lobe around it. */
static float total_power(const float power[SPECTRUM_BINS])
{
	enum { FIRST = BIN_LOW - LOBE, LAST = BIN_HIGH + LOBE, LANES = 4 };
	vec sum[2] = {{0}, {0}};
	int k = FIRST;
	for (; k + 2 * LANES <= LAST + 1; k += 2 * LANES) {
		vec v[2];
		memcpy(v, power + k, sizeof(v));
		sum[0] += v[0];
		sum[1] += v[1];
	}
	sum[0] += sum[1];
	float one = sum[0][0] + sum[0][1] + sum[0][2] + sum[0][3];
	for (; k <= LAST; k++)
		one += power[k];
	return one;
}

/* Bins of the band as the integers that have the same bits: powers are not negative, so they are ordered the same, and
 * compilers know the greatest of many integers as vectors. */
enum { BAND = BIN_HIGH - BIN_LOW + 1, BAND_ROOM = (BAND + 7) / 8 * 8, OUT = -1 };

static void band_of(const float power[SPECTRUM_BINS], int32_t band[BAND_ROOM])
{
	memcpy(band, power + BIN_LOW, BAND * sizeof(*band));
	for (int i = BAND; i < BAND_ROOM; i++)
		band[i] = OUT;
}

static void leave_out(int32_t band[BAND_ROOM], int bin)
{
	for (int k = bin - LOBE; k <= bin + LOBE; k++)
		if (k >= BIN_LOW && k <= BIN_HIGH)
			band[k - BIN_LOW] = OUT;
}

static int strongest(const int32_t band[BAND_ROOM])
{
	int32_t most = OUT;
	for (int i = 0; i < BAND_ROOM; i++)
		most = band[i] > most ? band[i] : most;
	int i = 0;
	while (band[i] != most)
		i++;
	return BIN_LOW + i;
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
	int32_t band[BAND_ROOM];
	float total = total_power(power);
	f->window_db = decibel(total);
	if (total < 1)
		return;
	band_of(power, band);
	int a = strongest(band);
	float first = lobe(power, a, -1);
	f->one = f->two = first / total;
	/* No bin of a second lobe is above this one. */
	if (first + (2 * LOBE + 1) * power[a] < TONAL_SHARE_MIN * total)
		return;
	f->hz[0] = line_hz(power, a);
	leave_out(band, a);
	int b = strongest(band);
	float second = lobe(power, b, a);
	f->two = (first + second) / total;
	f->hz[1] = power[b] > 0 ? line_hz(power, b) : 0;
	f->second = first > 0 ? second / first : 0;
}

float tonal_level(const struct tonal *t)
{
	return step_level(t->window + SPECTRUM_N);
}

void tonal_lines(const struct tonal *t, unsigned back, struct tonal_frame *f)
{
	float power[SPECTRUM_BINS];
	spectrum_power(t->window + TONAL_STEP - (size_t)back * TONAL_STEP, power);
	find_lines(power, f);
}

void tonal_frame(const struct tonal *t, float floor_db, struct tonal_frame *f)
{
	*f = (struct tonal_frame){.window_db = silence_db, .level_db = tonal_level(t)};
	if (f->level_db >= floor_db)
		tonal_lines(t, 0, f);
}
