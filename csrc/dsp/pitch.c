/** pitch.c  Lag search. */
#include "dsp/pitch.h"

#include <math.h>

/* First every lag of 8 kHz over samples of 4 kHz, then the lags around the best over all samples. */
enum { LAGS_KHZ = 8, SAMPLES_KHZ = 4 };

struct match {
	int64_t product, energy;
};

static struct match compare(const int16_t *a, const int16_t *b, size_t n, size_t step)
{
	struct match m = {0, 0};
	for (size_t i = 0; i < n; i += step) {
		m.product += (int32_t)a[i] * b[i];
		m.energy += (int32_t)b[i] * b[i];
	}
	return m;
}

/* Likeness without the energy of `a`, which is the same for all lags. */
static float score(struct match m)
{
	return m.energy > 0 ? (float)m.product / sqrtf((float)m.energy) : 0;
}

static int search(const int16_t *a, size_t n, int dir, int lo, int hi, int lag_step, size_t step)
{
	int best = lo;
	float top = -INFINITY;
	for (int lag = lo; lag <= hi; lag += lag_step) {
		float s = score(compare(a, a + dir * lag, n, step));
		if (s > top) {
			top = s;
			best = lag;
		}
	}
	return best;
}

int pitch_lag(const int16_t *a, size_t n, int dir, int lo, int hi, unsigned khz, float *likeness)
{
	int lag = search(a, n, dir, lo, hi, (int)khz / LAGS_KHZ, khz / SAMPLES_KHZ);
	lag = search(a, n, dir, lag > lo ? lag - 1 : lo, lag < hi ? lag + 1 : hi, 1, 1);
	int64_t own = compare(a, a, n, 1).energy;
	*likeness = own > 0 ? score(compare(a, a + dir * lag, n, 1)) / sqrtf((float)own) : 0;
	return lag;
}
