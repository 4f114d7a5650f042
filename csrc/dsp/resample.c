/** resample.c  One windowed sinc serves every ratio: the table has it six times oversampled, twice and three times are
 *  every third and every second value of it. At twice, every second tap is zero: a half-band filter. */
#include "dsp/resample.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum { SCALE = 24, UP_SHIFT = 14, DOWN_SHIFT = 15, BLOCK = 240 };

/* sinc(k / 6) under a Kaiser window of 12 zero crossings a side, beta 5.65 (60 dB), times 2^24; k = 0 to 72. */
static const int32_t sinc[RESAMPLE_LENGTH / 2 + 1] = {
	16777216, 16013148, 13847251, 10633306, 6882667, 3164840, 0,	  -2233871, -3360414, -3420104, -2640608,
	-1371519, 0,	    1132979,  1797678,	1909328, 1526123, 815545, 0,	    -703470,  -1134683, -1221861,
	-987946,  -533044,  0,	      466497,	756425,	 817932,  663440, 358769,   0,	      -314660,	-510235,
	-551388,  -446702,  -241137,  0,	210411,	 340063,  366100, 295331,   158672,   0,	-136958,
	-219996,  -235279,  -188454,  -100482,	0,	 85284,	  135728, 143728,   113916,   60060,	0,
	-49726,	  -78059,   -81453,   -63546,	-32938,	 0,	  26244,  40313,    41079,    31221,	15722,
	0,	  -11699,   -17246,   -16762,	-12057,	 -5687,	  0};

/* The value `steps` from the middle, in units of 1 / ratio of a low-rate sample. */
static int32_t tap(int steps, unsigned ratio)
{
	return sinc[(unsigned)(steps < 0 ? -steps : steps) * (RESAMPLE_RATIO_MAX / ratio)];
}

static int16_t quantised(int32_t v, unsigned shift)
{
	return (int16_t)((v + (1 << (shift - 1))) >> shift);
}

/* One row of taps a phase; a row's first tap meets the oldest sample. Each phase has a gain of one. */
static void init_up(struct resampler *r, unsigned ratio)
{
	const int half = RESAMPLE_TAPS / 2;
	for (unsigned phase = 0; phase < ratio; phase++)
		for (int k = 0; k < RESAMPLE_TAPS; k++) {
			int steps = (int)phase + ((int)ratio * (half - 1 - k));
			r->coef[phase * RESAMPLE_TAPS + (unsigned)k] = quantised(tap(steps, ratio), SCALE - UP_SHIFT);
		}
	r->kept = RESAMPLE_TAPS - 1;
}

static void init_down(struct resampler *r, unsigned ratio)
{
	int taps = RESAMPLE_TAPS * (int)ratio;
	for (int k = 0; k < taps; k++)
		r->coef[k] = quantised(tap(taps / 2 - 1 - k, ratio) / (int32_t)ratio, SCALE - DOWN_SHIFT);
	r->kept = (uint8_t)(taps - 1);
}

static bool known_rate(unsigned khz)
{
	return khz == 8 || khz == 16 || khz == 48;
}

int resampler_init(struct resampler *r, unsigned from_khz, unsigned to_khz)
{
	if (!known_rate(from_khz) || !known_rate(to_khz))
		return -EINVAL;
	unsigned up = to_khz > from_khz ? to_khz / from_khz : 1;
	unsigned down = from_khz > to_khz ? from_khz / to_khz : 1;
	*r = (struct resampler){.up = (uint8_t)up, .down = (uint8_t)down};
	if (up > 1)
		init_up(r, up);
	else if (down > 1)
		init_down(r, down);
	return 0;
}

static int16_t saturate(int32_t v)
{
	return (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
}

/* No overflow: the taps' magnitudes add to less than two. A constant `n` lets the compiler make vectors of it. */
static inline __attribute__((always_inline)) int32_t dot(const int16_t *restrict a, const int16_t *restrict b,
							 unsigned n)
{
	int32_t sum = 0;
	for (unsigned i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

static int32_t dot_down(const struct resampler *r, const int16_t *x)
{
	switch (r->down) {
	case 2:
		return dot(r->coef, x, 2 * RESAMPLE_TAPS);
	case 3:
		return dot(r->coef, x, 3 * RESAMPLE_TAPS);
	default:
		return dot(r->coef, x, RESAMPLE_RATIO_MAX * RESAMPLE_TAPS);
	}
}

/* `x`: r->kept samples of the past, then `n` new ones. */
static size_t run_block(struct resampler *r, const int16_t *x, size_t n, int16_t *out)
{
	size_t made = 0;
	if (r->up > 1) {
		for (size_t i = 0; i < n; i++)
			for (unsigned phase = 0; phase < r->up; phase++) {
				int32_t v = dot(r->coef + phase * RESAMPLE_TAPS, x + i, RESAMPLE_TAPS);
				out[made++] = saturate((v + (1 << (UP_SHIFT - 1))) >> UP_SHIFT);
			}
		return made;
	}
	size_t i = r->skip;
	for (; i < n; i += r->down)
		out[made++] = saturate((dot_down(r, x + i) + (1 << (DOWN_SHIFT - 1))) >> DOWN_SHIFT);
	r->skip = (uint8_t)(i - n);
	return made;
}

size_t resampler_run(struct resampler *r, const int16_t *in, size_t n, int16_t *out)
{
	int16_t x[RESAMPLE_LENGTH + BLOCK];
	size_t made = 0;
	if (r->up == r->down) {
		memcpy(out, in, n * sizeof(*in));
		return n;
	}
	while (n) {
		size_t part = n < BLOCK ? n : BLOCK;
		memcpy(x, r->past, r->kept * sizeof(*x));
		memcpy(x + r->kept, in, part * sizeof(*x));
		made += run_block(r, x, part, out + made);
		memcpy(r->past, x + part, r->kept * sizeof(*x));
		in += part;
		n -= part;
	}
	return made;
}
