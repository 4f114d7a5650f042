/** stretch.c  Cutting and repeating at the distance of greatest likeness. */
#include "dsp/stretch.h"

#include <string.h>

#include "dsp/pitch.h"

enum {
	LAG_MIN_US = 2500,
	TEMPLATE_MS = 10, /* so much has to be alike */
	QUIET = 60,	  /* rms: about -55 dB under overload; nobody hears a cut in there */
};

static int64_t energy(const int16_t *pcm, size_t n)
{
	int64_t e = 0;
	for (size_t i = 0; i < n; i++)
		e += (int32_t)pcm[i] * pcm[i];
	return e;
}

static int32_t mix(int32_t from, int32_t to, size_t i, size_t n)
{
	return (from * (int32_t)(n - i) + to * (int32_t)i) / (int32_t)n;
}

/* pcm[lag..) behind or before; 0: none is good. */
static size_t find(const int16_t *pcm, int dir, size_t most, int alike, unsigned khz)
{
	size_t n = (size_t)TEMPLATE_MS * khz, hi = (size_t)STRETCH_LAG_MAX_MS * khz,
	       lo = (size_t)khz * LAG_MIN_US / 1000;
	float likeness;
	hi = most < hi ? most : hi;
	if (hi < lo)
		return 0;
	if (energy(pcm, n) <= (int64_t)QUIET * QUIET * (int64_t)n &&
	    energy(dir > 0 ? pcm + n : pcm - n, n) <= (int64_t)QUIET * QUIET * (int64_t)n)
		return hi;
	size_t lag = (size_t)pitch_lag(pcm, n, dir, (int)lo, (int)hi, khz, &likeness);
	return likeness * 100 >= (float)alike ? lag : 0;
}

size_t stretch_shorten(int16_t *pcm, size_t n, size_t most, int alike, unsigned khz)
{
	if (n < stretch_needs_ahead(khz))
		return 0;
	size_t lag = find(pcm, 1, most, alike, khz);
	if (lag == 0)
		return 0;
	for (size_t i = 0; i < lag; i++)
		pcm[i] = (int16_t)mix(pcm[i], pcm[i + lag], i + 1, lag + 1);
	memmove(pcm + lag, pcm + 2 * lag, (n - 2 * lag) * sizeof(*pcm));
	return lag;
}

size_t stretch_lengthen(const int16_t *before, int16_t *pcm, size_t n, size_t most, int alike, unsigned khz)
{
	int16_t line[2 * STRETCH_LAG_MAX_MS * 16];
	size_t half = stretch_needs_behind(khz);
	if (n < half)
		return 0;
	memcpy(line, before, half * sizeof(*line));
	memcpy(line + half, pcm, half * sizeof(*line));
	size_t lag = find(line + half, -1, most, alike, khz);
	if (lag == 0)
		return 0;
	memmove(pcm + lag, pcm, n * sizeof(*pcm));
	for (size_t i = 0; i < lag; i++)
		pcm[i] = (int16_t)mix(line[half + i], line[half + i - lag], i + 1, lag + 1);
	return lag;
}
