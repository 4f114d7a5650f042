/** test_dsp_cng.c  Level and spectrum of comfort noise. */
#include <errno.h>
#include <math.h>

#include "dsp/cng.h"
#include "test/test.h"

enum { SECOND = 8000 };

static const double pi = 3.14159265358979323846;
static int16_t pcm[2 * SECOND];

static double rms_db(const int16_t *p, size_t n)
{
	double e = 0;
	for (size_t i = 0; i < n; i++)
		e += (double)p[i] * p[i];
	return 10 * log10(e / (double)n / (32767.0 * 32767.0));
}

/* Power around a frequency, dB, over many short frames. */
static double power_db(double hz)
{
	double sum = 0;
	for (size_t from = SECOND; from + 160 <= 2 * SECOND; from += 160) {
		double re = 0, im = 0;
		for (size_t i = 0; i < 160; i++) {
			re += pcm[from + i] * cos(2 * pi * hz * (double)i / SECOND);
			im += pcm[from + i] * sin(2 * pi * hz * (double)i / SECOND);
		}
		sum += re * re + im * im;
	}
	return 10 * log10(sum);
}

TEST(cng_level_is_what_the_payload_says_with_and_without_a_spectrum)
{
	static const uint8_t payloads[][11] = {
		{20}, {40}, {60}, {40, 200, 90}, {50, 250, 120, 60, 127, 140, 130, 100, 127, 128, 126}};
	static const size_t sizes[] = {1, 1, 1, 3, 11};
	for (size_t i = 0; i < 5; i++) {
		struct cng c;
		cng_init(&c);
		REQUIRE(cng_decode(&c, payloads[i], sizes[i]) == 0);
		REQUIRE(cng_generate(&c, pcm, 2 * SECOND));
		REQUIRE(fabs(rms_db(pcm + SECOND, SECOND) + payloads[i][0]) < 1.0);
	}
}

/* One coefficient k makes the filter 1 / (1 + k z^-1): |H|^2 = 1 / (1 + 2 k cos w + k^2). */
TEST(cng_spectrum_is_that_of_the_all_pole_model)
{
	static const uint8_t n[] = {40, 214};
	for (size_t i = 0; i < 2; i++) {
		uint8_t payload[] = {30, n[i]};
		double k = 258.0 * (n[i] - 127) / 32768;
		struct cng c;
		cng_init(&c);
		REQUIRE(cng_decode(&c, payload, sizeof(payload)) == 0);
		cng_generate(&c, pcm, 2 * SECOND);
		double want = 10 * log10((1 + 2 * k * cos(2 * pi * 3000 / SECOND) + k * k) /
					 (1 + 2 * k * cos(2 * pi * 1000 / SECOND) + k * k));
		REQUIRE(fabs(power_db(1000) - power_db(3000) - want) < 2.0);
	}
}

TEST(cng_takes_any_bytes_and_says_when_there_is_nothing_to_hear)
{
	uint8_t payload[64];
	struct cng c;
	cng_init(&c);
	REQUIRE(cng_decode(&c, payload, 0) == -EBADMSG);
	for (unsigned v = 0; v < 256; v++) {
		for (size_t i = 0; i < sizeof(payload); i++)
			payload[i] = (uint8_t)(v + (i ? i * 37 * (v & 1) : 0));
		REQUIRE(cng_decode(&c, test_guarded(payload, 1 + v % 64), 1 + v % 64) == 0);
		cng_generate(&c, pcm, 800);
		REQUIRE(c.gain - c.gain == 0 && c.state[0] - c.state[0] == 0);
	}
	payload[0] = 127;
	REQUIRE(cng_decode(&c, payload, 1) == 0);
	for (unsigned i = 0; i < 20; i++)
		cng_generate(&c, pcm, 800);
	REQUIRE(!cng_generate(&c, pcm, 80) && pcm[0] == 0 && pcm[79] == 0);
}
