/** test_dsp_tone.c  Tones have the frequency, level and cadence asked for. */
#include "dsp/tone.h"
#include "test/test.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 8000 };

static const double pi = 3.14159265358979323846;

/* Amplitude of the component at hz over one second of whole periods. */
static double amplitude(const int16_t *pcm, double hz)
{
	double re = 0;
	double im = 0;
	for (int i = 0; i < SECOND; i++) {
		re += pcm[i] * cos(2 * pi * hz * i / SECOND);
		im += pcm[i] * sin(2 * pi * hz * i / SECOND);
	}
	return 2 * sqrt(re * re + im * im) / SECOND;
}

static double energy(const int16_t *pcm)
{
	double e = 0;
	for (int i = 0; i < SECOND; i++)
		e += (double)pcm[i] * pcm[i];
	return e / SECOND;
}

static double dbm0(double peak)
{
	return 20 * log10(peak / 32767) + 3.14;
}

TEST(tone_has_its_frequency_and_level_and_nothing_else)
{
	static const uint16_t hz[] = {1, 440, 1004, 3900};
	for (size_t i = 0; i < 4; i++) {
		struct tone_spec spec = {.hz = {hz[i]}, .level_cdb = -1300};
		struct tone t;
		int16_t pcm[SECOND];
		REQUIRE(tone_init(&t, &spec) == 0);
		REQUIRE(tone_fill(&t, pcm, SECOND) == SECOND);
		double a = amplitude(pcm, hz[i]);
		REQUIRE(fabs(dbm0(a) + 13) < 0.01);
		REQUIRE(fabs(energy(pcm) - a * a / 2) < 1); /* rounding noise: 1/12 */
	}
}

TEST(tone_of_two_frequencies_has_each_at_its_level)
{
	struct tone_spec spec = {.hz = {350, 440}, .level_cdb = -1300};
	struct tone t;
	int16_t pcm[SECOND];
	REQUIRE(tone_init(&t, &spec) == 0);
	tone_fill(&t, pcm, SECOND);
	REQUIRE(fabs(dbm0(amplitude(pcm, 350)) + 13) < 0.01);
	REQUIRE(fabs(dbm0(amplitude(pcm, 440)) + 13) < 0.01);
}

TEST(tone_saturates_instead_of_wrapping)
{
	struct tone_spec spec = {.hz = {400, 450}, .level_cdb = 300};
	struct tone t;
	int16_t pcm[SECOND];
	int top = 0;
	REQUIRE(tone_init(&t, &spec) == 0);
	tone_fill(&t, pcm, SECOND);
	for (int i = 1; i < SECOND; i++) {
		top += pcm[i] == 32767;
		REQUIRE(abs(pcm[i] - pcm[i - 1]) < 30000);
	}
	REQUIRE(top > 0);
}

TEST(tone_follows_its_cadence)
{
	struct tone_spec spec = {.hz = {425}, .level_cdb = -1000, .on_ms = 240, .off_ms = 260, .total_ms = 900};
	struct tone t;
	int16_t pcm[SECOND];
	REQUIRE(tone_init(&t, &spec) == 0);
	REQUIRE(tone_fill(&t, pcm, SECOND) == 900 * 8);
	for (int ms = 0; ms < 1000; ms++) {
		int16_t most = 0;
		for (int i = 0; i < 8; i++)
			most = pcm[ms * 8 + i] > most ? pcm[ms * 8 + i] : most;
		bool on = ms < 900 && ms % 500 < 240;
		/* 425 Hz is positive at some moment of any 2 ms. */
		REQUIRE(on || most == 0);
		REQUIRE(!on || most > 0 || pcm[ms * 8] < 0 || pcm[ms * 8 + 7] < 0);
	}
	REQUIRE(tone_fill(&t, pcm, 10) == 0 && pcm[0] == 0);
}

TEST(tone_is_the_same_in_blocks_of_any_size)
{
	struct tone_spec spec = {.hz = {697, 1209}, .level_cdb = -900, .on_ms = 100, .off_ms = 33, .total_ms = 700};
	int16_t whole[SECOND];
	int16_t parts[SECOND];
	struct tone a;
	struct tone b;
	REQUIRE(tone_init(&a, &spec) == 0 && tone_init(&b, &spec) == 0);
	tone_fill(&a, whole, SECOND);
	for (size_t at = 0, n = 1; at < SECOND; at += n, n = n * 7 % 331) {
		n = n > SECOND - at ? SECOND - at : n;
		tone_fill(&b, parts + at, n);
	}
	REQUIRE(memcmp(whole, parts, sizeof(whole)) == 0);
}

TEST(tone_without_end_keeps_its_level)
{
	struct tone_spec spec = {.hz = {1004}, .level_cdb = -1000};
	struct tone t;
	int16_t pcm[SECOND];
	REQUIRE(tone_init(&t, &spec) == 0);
	for (int s = 0; s < 600; s++)
		tone_fill(&t, pcm, SECOND);
	REQUIRE(fabs(dbm0(amplitude(pcm, 1004)) + 10) < 0.001);
}

TEST(tone_refuses_what_cannot_be_heard_or_sampled)
{
	struct tone t;
	REQUIRE(tone_init(&t, &(struct tone_spec){.hz = {0, 440}}) == -EINVAL);
	REQUIRE(tone_init(&t, &(struct tone_spec){.hz = {3901}}) == -EINVAL);
	REQUIRE(tone_init(&t, &(struct tone_spec){.hz = {440, 3901}}) == -EINVAL);
	REQUIRE(tone_init(&t, &(struct tone_spec){.hz = {440}, .level_cdb = 301}) == -EINVAL);
	REQUIRE(tone_init(&t, &(struct tone_spec){.hz = {440}, .off_ms = 100}) == -EINVAL);
}

TEST(dtmf_digits_have_the_frequencies_of_q23)
{
	static const struct {
		char digit;
		uint16_t low, high;
	} keys[] = {{'1', 697, 1209}, {'2', 697, 1336}, {'3', 697, 1477}, {'A', 697, 1633},
		    {'5', 770, 1336}, {'9', 852, 1477}, {'C', 852, 1633}, {'*', 941, 1209},
		    {'0', 941, 1336}, {'#', 941, 1477}, {'D', 941, 1633}};
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct tone_spec spec;
		REQUIRE(tone_dtmf(&spec, keys[i].digit, 100) == 0);
		REQUIRE(spec.hz[0] == keys[i].low && spec.hz[1] == keys[i].high && spec.total_ms == 100);
	}
}

TEST(dtmf_refuses_other_characters)
{
	struct tone_spec spec;
	REQUIRE(tone_dtmf(&spec, 'E', 100) == -EINVAL);
	REQUIRE(tone_dtmf(&spec, '\0', 100) == -EINVAL);
	REQUIRE(tone_dtmf(&spec, '1', 0) == -EINVAL);
}

TEST(dtmf_events_are_those_of_rfc_4733)
{
	static const char order[] = "0123456789*#ABCD";
	for (unsigned i = 0; i < 16; i++) {
		REQUIRE(tone_digit_event(order[i]) == (int)i);
		REQUIRE(tone_event_digit(i) == order[i]);
	}
	REQUIRE(tone_digit_event('d') == 15);
	REQUIRE(tone_digit_event('x') == -1 && tone_digit_event('\0') == -1);
	REQUIRE(tone_event_digit(16) == '\0');
}
