/** test_dsp_cadence.c  Tones of several segments: frequencies, levels, modulation, repeats, any position. */
#include "dsp/cadence.h"
#include "test/test.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { SECOND = 8000 };

static const double pi = 3.14159265358979323846;

static double level(const int16_t *pcm, double hz)
{
	double re = 0;
	double im = 0;
	for (int i = 0; i < SECOND; i++) {
		re += pcm[i] * cos(2 * pi * hz * i / SECOND);
		im += pcm[i] * sin(2 * pi * hz * i / SECOND);
	}
	return 20 * log10(2 * sqrt(re * re + im * im) / SECOND / 32767 + 1e-9) + 3.14;
}

static double rms_level(const int16_t *pcm)
{
	double e = 0;
	for (int i = 0; i < SECOND; i++)
		e += (double)pcm[i] * pcm[i];
	return 10 * log10(2 * e / SECOND / 32767 / 32767) + 3.14;
}

TEST(cadence_sums_up_to_four_frequencies_each_at_its_level)
{
	struct tone_plan plan = {
		.n = 1, .repeat_from = 1, .segments = {{.hz = {350, 440, 480, 620}, .level_cdb = -1900}}};
	struct cadence c;
	int16_t pcm[SECOND];
	REQUIRE(cadence_check(&plan) == 0 && cadence_samples(&plan) == CADENCE_ENDLESS);
	cadence_seek(&c, &plan, 0);
	cadence_fill(&c, pcm, SECOND);
	for (int i = 0; i < 4; i++)
		REQUIRE(fabs(level(pcm, plan.segments[0].hz[i]) + 19) < 0.02);
	REQUIRE(level(pcm, 400) < -60);
}

TEST(cadence_modulates_and_keeps_the_level_of_the_whole)
{
	struct tone_plan plan = {
		.n = 1, .repeat_from = 1, .segments = {{.hz = {400}, .mod_hz = 16, .level_cdb = -1300}}};
	struct cadence c;
	int16_t pcm[SECOND];
	cadence_seek(&c, &plan, 0);
	cadence_fill(&c, pcm, SECOND);
	REQUIRE(fabs(rms_level(pcm) + 13) < 0.05);
	double carrier = level(pcm, 400);
	double side = level(pcm, 384);
	REQUIRE(fabs(side - level(pcm, 416)) < 0.02);
	REQUIRE(fabs(side - (carrier + 20 * log10(0.85 / 2))) < 0.05); /* sidebands of depth m: m / 2 */
}

TEST(cadence_plays_once_what_comes_before_the_repeat)
{
	struct tone_plan plan = {.n = 3,
				 .repeat_from = 1,
				 .segments = {{.hz = {1000}, .level_cdb = 0, .ms = 10},
					      {.ms = 5},
					      {.hz = {500}, .level_cdb = 0, .ms = 20}}};
	struct cadence c;
	int16_t pcm[1000];
	cadence_seek(&c, &plan, 0);
	cadence_fill(&c, pcm, 1000);
	for (int i = 0; i < 1000; i++) {
		int in = i < 80 ? -1 : (i - 80) % 200;
		bool quiet = in >= 0 && in < 40;
		double hz = in < 0 ? 1000 : 500;
		double at = in < 0 ? i : in - 40;
		double want = quiet ? 0 : 32767 * pow(10, -3.14 / 20) * sin(2 * pi * hz * at / SECOND);
		REQUIRE(fabs(pcm[i] - want) <= 1);
	}
}

TEST(cadence_sounds_the_same_from_any_position_in_any_pieces)
{
	struct tone_plan plan = {.n = 3,
				 .repeat_from = 1,
				 .segments = {{.hz = {425, 450}, .level_cdb = -1300, .ms = 33},
					      {.hz = {440}, .mod_hz = 25, .level_cdb = -1000, .ms = 41},
					      {.ms = 7}}};
	struct cadence c;
	int16_t whole[3000], part[3000];
	cadence_seek(&c, &plan, 0);
	cadence_fill(&c, whole, 3000);
	for (size_t from = 0; from < 3000; from += 113) {
		cadence_seek(&c, &plan, from);
		for (size_t at = from; at < 3000; at += 37)
			cadence_fill(&c, part + at, 3000 - at < 37 ? 3000 - at : 37);
		for (size_t i = from; i < 3000; i++)
			REQUIRE(part[i] - whole[i] <= 1 && whole[i] - part[i] <= 1);
	}
}

TEST(cadence_that_ends_is_silent_behind_its_end)
{
	struct tone_plan plan = {.n = 1, .repeat_from = 1, .segments = {{.hz = {440}, .ms = 10}}};
	struct cadence c;
	int16_t pcm[200];
	REQUIRE(cadence_samples(&plan) == 80);
	cadence_seek(&c, &plan, 0);
	cadence_fill(&c, pcm, 200);
	for (int i = 80; i < 200; i++)
		REQUIRE(pcm[i] == 0);
	cadence_seek(&c, &plan, 81);
	cadence_fill(&c, pcm, 10);
	REQUIRE(pcm[3] == 0 && pcm[9] == 0);
}

TEST(cadence_refuses_what_it_cannot_play)
{
	const struct tone_plan good = {.n = 2, .segments = {{.hz = {440}, .ms = 10}, {.ms = 10}}};
	REQUIRE(cadence_check(&good) == 0);
	struct tone_plan p = good;
	p.n = 0;
	REQUIRE(cadence_check(&p) == -EINVAL);
	p.n = TONE_SEGMENTS + 1;
	REQUIRE(cadence_check(&p) == -EINVAL);
	p = good;
	p.repeat_from = 3;
	REQUIRE(cadence_check(&p) == -EINVAL);
	p = good;
	p.segments[0].ms = 0; /* no end, but something follows */
	REQUIRE(cadence_check(&p) == -EINVAL);
	p = good;
	p.segments[1].ms = 0; /* it repeats, so something follows */
	REQUIRE(cadence_check(&p) == -EINVAL);
	p = good;
	p.segments[0].hz[0] = 3901;
	REQUIRE(cadence_check(&p) == -EINVAL);
	p = good;
	p.segments[0].hz[2] = 480; /* a hole in the list */
	REQUIRE(cadence_check(&p) == -EINVAL);
	p = good;
	p.segments[0].level_cdb = 301;
	REQUIRE(cadence_check(&p) == -EINVAL);
	p = good;
	p.segments[0].mod_hz = 440;
	REQUIRE(cadence_check(&p) == -EINVAL);
	p.segments[0].mod_hz = 20;
	REQUIRE(cadence_check(&p) == 0);
	p.segments[0].hz[1] = 480;
	REQUIRE(cadence_check(&p) == -EINVAL);
}
