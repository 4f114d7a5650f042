/** level.c  Levels. */
#include "dsp/level.h"

#include <math.h>
#include <pthread.h>

#include "dsp/g711.h"

enum { CODES = 256, CLIP_AT = 32124, CLIP_SHIFT = 48 };

/* Mean square of a sine of 0 dBm0. */
static const double reference = 32767.0 * 32767.0 / 2 / 2.0606299132 /* 10^0.314 */;

/* Square in the low 48 bits, 1 above them when the sample clips: 2^18 squares of 2^30 fit. */
static uint64_t tables[2][CODES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(uint64_t *table, enum codec c)
{
	int peak = 0;
	int16_t pcm[CODES];
	for (int i = 0; i < CODES; i++) {
		uint8_t code = (uint8_t)i;
		g711_decode(c, &code, 1, &pcm[i]);
		peak = pcm[i] > peak ? pcm[i] : peak;
	}
	for (int i = 0; i < CODES; i++) {
		uint64_t square = (uint64_t)((int64_t)pcm[i] * pcm[i]);
		table[i] = square | (uint64_t)(pcm[i] >= peak || pcm[i] <= -peak) << CLIP_SHIFT;
	}
}

static void fill_both(void)
{
	fill(tables[0], CODEC_PCMU);
	fill(tables[1], CODEC_PCMA);
}

void level_init(void)
{
	pthread_once(&once, fill_both);
}

struct level level_g711(enum codec c, const uint8_t *data, size_t n)
{
	const uint64_t *table = tables[c == CODEC_PCMA];
	uint64_t sum[4] = {0}; /* independent sums: the loads need not wait for each other's addition */
	size_t i = 0;
	for (; i + 4 <= n; i += 4) {
		sum[0] += table[data[i]];
		sum[1] += table[data[i + 1]];
		sum[2] += table[data[i + 2]];
		sum[3] += table[data[i + 3]];
	}
	for (; i < n; i++)
		sum[0] += table[data[i]];
	uint64_t all = sum[0] + sum[1] + sum[2] + sum[3];
	return (struct level){.energy = all & ((1ull << CLIP_SHIFT) - 1),
			      .samples = (uint32_t)n,
			      .clipped = (uint32_t)(all >> CLIP_SHIFT)};
}

struct level level_pcm(const int16_t *pcm, size_t n)
{
	struct level l = {.samples = (uint32_t)n};
	for (size_t i = 0; i < n; i++) {
		l.energy += (uint64_t)((int64_t)pcm[i] * pcm[i]);
		l.clipped += pcm[i] >= CLIP_AT || pcm[i] <= -CLIP_AT;
	}
	return l;
}

int level_cdbm0(uint64_t energy, uint64_t samples)
{
	if (energy == 0 || samples == 0)
		return LEVEL_SILENT;
	double v = 1000 * log10((double)energy / (double)samples / reference);
	return v < LEVEL_SILENT ? LEVEL_SILENT : (int)lrint(v);
}

uint32_t level_mean_square(int cdbm0)
{
	double v = reference * pow(10, cdbm0 / 1000.0);
	return v >= 4e9 ? 4000000000u : (uint32_t)v;
}
