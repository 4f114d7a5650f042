/** test_dsp_spectrum.c  The transform against the definition, and the line finder against known sines. */
#include "dsp/spectrum.h"
#include "dsp/tonal.h"
#include "test/test.h"

#include <math.h>
#include <string.h>

#include "test/sound.h"

static const double pi = 3.14159265358979323846;

TEST(spectrum_is_the_windowed_transform_by_definition)
{
	static struct sound s;
	float power[SPECTRUM_BINS];
	s = (struct sound){.seed = 5};
	sound_noise(&s, 32, 9000);
	spectrum_power(s.pcm, power);
	for (int k = 0; k < SPECTRUM_BINS; k++) {
		double re = 0;
		double im = 0;
		for (int i = 0; i < SPECTRUM_N; i++) {
			double v = s.pcm[i] * 0.5 * (1 - cos(2 * pi * i / SPECTRUM_N));
			re += v * cos(2 * pi * k * i / SPECTRUM_N);
			im -= v * sin(2 * pi * k * i / SPECTRUM_N);
		}
		double want = (re * re + im * im) * 16 / 3 / SPECTRUM_N / SPECTRUM_N;
		REQUIRE(fabs(power[k] - want) <= 1e-4 * want + 0.1);
	}
}

TEST(spectrum_is_the_same_to_the_bit_on_every_instruction_set)
{
	static struct sound s;
	float base[SPECTRUM_BINS], other[SPECTRUM_BINS];
	s = (struct sound){.seed = 6};
	sound_noise(&s, 3200, 9000);
	for (int i = 0; i < 100; i++) {
		spectrum_power_by(0, s.pcm + i * 256, base);
		for (unsigned set = 1; set < spectrum_sets(); set++) {
			spectrum_power_by(set, s.pcm + i * 256, other);
			REQUIRE(memcmp(base, other, sizeof(base)) == 0);
		}
	}
}

static struct tonal_frame frame_of(const int16_t *pcm, float floor_db)
{
	struct tonal t;
	struct tonal_frame f = {0};
	tonal_init(&t);
	for (int i = 0; i < 4; i++) {
		bool step;
		tonal_push(&t, pcm + (size_t)i * TONAL_STEP, TONAL_STEP, &step);
		tonal_frame(&t, floor_db, &f);
	}
	return f;
}

TEST(tonal_measures_frequency_and_level_of_a_sine)
{
	for (double hz = 350; hz < 3000; hz += 37.3) {
		static struct sound s;
		s = (struct sound){.seed = 1};
		sound_tone(&s, 40, hz, 0, 3276.8);
		struct tonal_frame f = frame_of(s.pcm, -96);
		REQUIRE(fabs(f.hz[0] - hz) < 2);
		REQUIRE(f.one > 0.99f);
		REQUIRE(fabs(f.window_db + 23) < 0.3); /* a tenth of full scale, as a sine */
		REQUIRE(fabs(f.level_db + 23) < 1);
	}
}

TEST(tonal_measures_both_sines_of_a_pair)
{
	static struct sound s;
	s = (struct sound){.seed = 1};
	sound_tone(&s, 40, 620, 1180, 3000);
	struct tonal_frame f = frame_of(s.pcm, -96);
	REQUIRE(f.one < 0.6f && f.two > 0.99f && f.second > 0.9f);
	REQUIRE(fabs(f.hz[0] + f.hz[1] - 1800) < 4);
}

TEST(tonal_finds_no_line_in_noise)
{
	static struct sound s;
	s = (struct sound){.seed = 1};
	sound_noise(&s, 40, 3000);
	struct tonal_frame f = frame_of(s.pcm, -96);
	REQUIRE(f.two < 0.5f);
}

TEST(tonal_does_not_analyse_below_the_floor)
{
	static struct sound s;
	s = (struct sound){.seed = 1};
	sound_tone(&s, 40, 1000, 0, 100);
	struct tonal_frame f = frame_of(s.pcm, -50);
	REQUIRE(f.level_db < -50 && f.one == 0 && f.hz[0] == 0 && f.window_db == -96);
}

TEST(tonal_of_digital_silence_is_a_number)
{
	int16_t zero[320] = {0};
	struct tonal_frame f = frame_of(zero, -200);
	REQUIRE(f.level_db == -96 && f.window_db == -96 && f.one == 0);
}
