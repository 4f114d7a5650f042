/** fuzz_pcm.c  AMD, beep and DTMF detection over any samples: no fault, results in range, and the same in blocks of any size.
 *  The first byte seeds the block sizes, the second stretches the input: each sample is repeated so that short inputs
 *  last long enough to be decided. */
#include <stdlib.h>
#include <string.h>

#include "dsp/amd.h"
#include "dsp/beep.h"
#include "dsp/dtmf.h"

enum { PCM_MAX = 8000 * 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t stretch(const uint8_t *data, size_t n, unsigned times, int16_t *pcm)
{
	size_t out = 0;
	for (size_t i = 0; i + 1 < n; i += 2)
		for (unsigned k = 0; k < times && out < PCM_MAX; k++)
			pcm[out++] = (int16_t)(data[i] | data[i + 1] << 8);
	return out;
}

/* Neither infinite nor NaN. */
static bool finite_value(float v)
{
	return v - v == 0;
}

static void check(const struct amd *a, const struct beep *b)
{
	if (a->verdict >= AMD_VERDICT_COUNT || a->reason >= AMD_REASON_COUNT || a->confidence > 1000)
		abort();
	if (!finite_value(a->peak) || !finite_value(a->smooth) || !finite_value(b->run.hz) ||
	    !finite_value(b->run.inner.sum_hz))
		abort();
	if (b->found && (b->hz < 300 || b->hz > 2700 || b->start_ms >= b->end_ms))
		abort();
}

/* Digits as text; the state stays for comparison. */
static size_t hear(struct dtmf *d, const int16_t *pcm, size_t n, char *text, size_t max)
{
	size_t got = 0;
	uint32_t ms;
	for (size_t at = 0; at < n;) {
		at += dtmf_push(d, pcm + at, n - at);
		char digit = dtmf_ended(d, &ms);
		if (digit && (ms < 31 || !strchr("0123456789ABCD*#", digit)))
			abort();
		if (digit && got < max)
			text[got++] = digit;
	}
	return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum { DIGITS = PCM_MAX / 240 };
	static char text[2][DIGITS];
	struct dtmf dtmf_whole;
	struct dtmf dtmf_parts;
	size_t digits = 0;
	static int16_t pcm[PCM_MAX];
	struct amd whole;
	struct amd parts;
	struct beep beep_whole;
	struct beep beep_parts;
	if (n < 2)
		return 0;
	size_t samples = stretch(data + 2, n - 2, 1u + data[1] % 64u, pcm);
	amd_init(&whole, NULL);
	amd_init(&parts, NULL);
	beep_init(&beep_whole);
	beep_init(&beep_parts);
	amd_push(&whole, pcm, samples);
	beep_push(&beep_whole, pcm, samples);
	dtmf_init(&dtmf_whole);
	dtmf_init(&dtmf_parts);
	size_t digits_whole = hear(&dtmf_whole, pcm, samples, text[0], DIGITS);
	unsigned size = data[0];
	for (size_t at = 0; at < samples;) {
		size = size * 7 % 509 + 1;
		size_t take = samples - at < size ? samples - at : size;
		amd_push(&parts, pcm + at, take);
		beep_push(&beep_parts, pcm + at, take);
		digits += hear(&dtmf_parts, pcm + at, take, text[1] + digits, DIGITS - digits);
		at += take;
	}
	if (digits != digits_whole || memcmp(text[0], text[1], digits) != 0)
		abort();
	if (memcmp(&whole, &parts, sizeof(whole)) != 0 || memcmp(&beep_whole, &beep_parts, sizeof(beep_whole)) != 0)
		abort();
	amd_finish(&whole);
	check(&whole, &beep_whole);
	return 0;
}
