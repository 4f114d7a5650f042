/** test_dsp_resample.c  Frequency response by tones, continuity over blocks of any length. */
#include "dsp/resample.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "test/test.h"

enum { LONG = 9600 };

static const double pi = 3.14159265358979323846;
static const unsigned rates[] = {8, 16, 48};

/* A tone through one pair of rates; what is left of it, and of everything, in dB of what went in. */
static bool response(unsigned from, unsigned to, double hz, double at, double *tone, double *all)
{
	static int16_t in[LONG], out[LONG * 6 + 1];
	struct resampler r;
	size_t n = from * 200u; /* 200 ms */
	for (size_t i = 0; i < n; i++)
		in[i] = (int16_t)lrint(16000 * sin(2 * pi * hz * (double)i / (from * 1000)));
	if (resampler_init(&r, from, to) || resampler_run(&r, in, n, out) != n * to / from)
		return false;
	double re = 0, im = 0, sum = 0;
	size_t first = to * 100u, count = to * 100u; /* settled, whole periods of multiples of 10 Hz */
	for (size_t i = first; i < first + count; i++) {
		re += out[i] * cos(2 * pi * at * (double)i / (to * 1000));
		im += out[i] * sin(2 * pi * at * (double)i / (to * 1000));
		sum += (double)out[i] * out[i];
	}
	*tone = 20 * log10(2 * sqrt(re * re + im * im) / (double)count / 16000 + 1e-9);
	*all = 10 * log10(sum / (double)count / (16000.0 * 16000 / 2) + 1e-18);
	return true;
}

TEST(resample_passes_what_both_rates_can_carry)
{
	double tone, all;
	for (int i = 0; i < 3; i++)
		for (int k = 0; k < 3; k++) {
			unsigned low = rates[i] < rates[k] ? rates[i] : rates[k];
			for (double part = 0.05; part < 0.851; part += 0.1) {
				double hz = round(part * low * 50) * 10;
				REQUIRE(response(rates[i], rates[k], hz, hz, &tone, &all));
				REQUIRE(fabs(tone) < 0.1 && fabs(all) < 0.1); /* and makes no images */
			}
		}
}

TEST(resample_leaves_nothing_to_alias_when_going_down)
{
	double tone, all;
	for (int i = 1; i < 3; i++)
		for (int k = 0; k < i; k++) {
			double half = rates[k] * 500, top = rates[i] * 500;
			for (double hz = round(half * 0.115) * 10; hz < top; hz += 290) {
				REQUIRE(response(rates[i], rates[k], hz, hz, &tone, &all));
				REQUIRE(all < -57);
			}
		}
}

TEST(resample_is_one_stream_whatever_the_blocks)
{
	static int16_t in[2400], whole[2400 * 6 + 1], parts[2400 * 6 + 600];
	unsigned seed = 3;
	for (size_t i = 0; i < 2400; i++)
		in[i] = (int16_t)((seed = seed * 1103515245u + 12345u) >> 16);
	for (int i = 0; i < 3; i++)
		for (int k = 0; k < 3; k++) {
			struct resampler a, b;
			size_t made = 0;
			REQUIRE(resampler_init(&a, rates[i], rates[k]) == 0);
			REQUIRE(resampler_init(&b, rates[i], rates[k]) == 0);
			size_t n = resampler_run(&a, in, 2400, whole);
			REQUIRE(n == 2400 * rates[k] / rates[i]);
			for (size_t at = 0; at < 2400;) {
				size_t part = (seed = seed * 1103515245u + 12345u, seed >> 16) % 331;
				part = part < 2400 - at ? part : 2400 - at;
				const int16_t *block = test_guarded(in + at, part * sizeof(*in));
				made += resampler_run(&b, block, part, parts + made);
				at += part;
			}
			REQUIRE(made == n && memcmp(parts, whole, n * sizeof(*whole)) == 0);
		}
}

TEST(resample_does_not_wrap_at_full_scale)
{
	int16_t in[320], out[640];
	struct resampler r;
	for (size_t i = 0; i < 320; i++)
		in[i] = i / 8 % 2 ? INT16_MAX : INT16_MIN; /* a square wave overshoots in any such filter */
	REQUIRE(resampler_init(&r, 8, 16) == 0);
	REQUIRE(resampler_run(&r, in, 320, out) == 640);
	for (size_t i = 64; i < 640; i++) /* the sign is that of the input, but for the edges themselves */
		if ((i - 24) % 16 > 1 && (i - 24) % 16 < 14)
			REQUIRE((out[i] > 0) == (in[(i - 24) / 2] > 0));
}

TEST(resample_refuses_other_rates)
{
	struct resampler r;
	REQUIRE(resampler_init(&r, 8, 44) == -EINVAL && resampler_init(&r, 0, 8) == -EINVAL);
	REQUIRE(resampler_init(&r, 11, 16) == -EINVAL);
}
