/** test_dsp_stretch.c  One period more or less: pitch and level stay, nothing clicks, noise and changes are left alone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/stretch.h"
#include "test/test.h"

enum { N_MAX = 16 * 60 };

static const double pi = 3.14159265358979323846;
static int16_t pcm[2 * N_MAX];

static void sine(int16_t *out, size_t n, double hz, unsigned khz)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (int16_t)lrint(8000 * sin(2 * pi * hz * (double)i / (khz * 1000.0)));
}

static int largest_step(const int16_t *p, size_t n)
{
	int most = 0;
	for (size_t i = 1; i < n; i++)
		most = abs(p[i] - p[i - 1]) > most ? abs(p[i] - p[i - 1]) : most;
	return most;
}

/* A sine of another pitch or with a jump in it would differ from the one it was made of. */
static bool still_a_sine(const int16_t *p, size_t n, double hz, unsigned khz)
{
	double re = 0, im = 0, all = 0, w = 2 * pi * hz / (khz * 1000.0);
	for (size_t i = 0; i < n; i++) {
		re += p[i] * cos(w * (double)i);
		im += p[i] * sin(w * (double)i);
		all += (double)p[i] * p[i];
	}
	return (re * re + im * im) * 2 / (double)n > 0.98 * all;
}

TEST(stretch_shortens_a_tone_by_whole_periods)
{
	static const unsigned rates[] = {8, 16};
	for (unsigned r = 0; r < 2; r++)
		for (double hz = 100; hz < 2500; hz *= 1.3) {
			unsigned khz = rates[r];
			size_t n = 60 * khz;
			sine(pcm, n, hz, khz);
			int own = largest_step(pcm, n);
			size_t cut = stretch_shorten(pcm, n, 15 * khz, STRETCH_ALIKE, khz);
			REQUIRE(cut >= khz * 5 / 2 && cut <= 15 * khz);
			REQUIRE(still_a_sine(pcm, n - cut, hz, khz));
			REQUIRE(largest_step(pcm, n - cut) < own * 12 / 10 + 40);
		}
}

TEST(stretch_lengthens_a_tone_by_whole_periods)
{
	static const unsigned rates[] = {8, 16};
	for (unsigned r = 0; r < 2; r++)
		for (double hz = 100; hz < 2500; hz *= 1.3) {
			unsigned khz = rates[r];
			size_t n = 60 * khz, behind = stretch_needs_behind(khz);
			sine(pcm, n, hz, khz);
			int own = largest_step(pcm, n);
			size_t more = stretch_lengthen(pcm, pcm + behind, n - behind, 15 * khz, STRETCH_ALIKE, khz);
			REQUIRE(more >= khz * 5 / 2 && more <= 15 * khz);
			REQUIRE(still_a_sine(pcm, n + more, hz, khz));
			REQUIRE(largest_step(pcm, n + more) < own * 12 / 10 + 40);
		}
}

TEST(stretch_keeps_to_the_most_it_may_take)
{
	sine(pcm, 480, 400, 8);
	REQUIRE(stretch_shorten(pcm, 480, 10, STRETCH_ALIKE, 8) == 0); /* not even the shortest lag */
	size_t cut = stretch_shorten(pcm, 480, 41, STRETCH_ALIKE, 8);  /* one or two periods */
	REQUIRE(cut == 20 || cut == 40);
	REQUIRE(stretch_shorten(pcm, 239, 120, STRETCH_ALIKE, 8) == 0); /* too little is there */
	REQUIRE(stretch_lengthen(pcm, pcm + 120, 119, 120, STRETCH_ALIKE, 8) == 0);
}

TEST(stretch_leaves_noise_alone_but_cuts_in_the_quiet)
{
	uint32_t seed = 1;
	for (int loud = 0; loud < 2; loud++) {
		for (size_t i = 0; i < 480; i++) {
			seed = seed * 1664525u + 1013904223u;
			pcm[i] = (int16_t)((int32_t)seed >> (loud ? 18 : 26));
		}
		size_t cut = stretch_shorten(pcm, 480, 120, STRETCH_ALIKE, 8);
		size_t more = stretch_lengthen(pcm, pcm + 120, 240, 120, STRETCH_ALIKE, 8);
		REQUIRE(loud ? cut == 0 && more == 0 : cut == 120 && more == 120);
	}
	memset(pcm, 0, sizeof(pcm));
	REQUIRE(stretch_shorten(pcm, 480, 100, STRETCH_ALIKE, 8) == 100 &&
		stretch_lengthen(pcm, pcm + 120, 240, 90, STRETCH_ALIKE, 8) == 90);
}
