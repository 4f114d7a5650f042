/** test_dsp_beep.c  What is a beep and what is not. */
#include "dsp/beep.h"
#include "dsp/tone.h"
#include "test/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "test/sound.h"

static struct sound heard; /* too large for a stack */

static struct sound *greeting(void)
{
	heard = (struct sound){.seed = 7};
	sound_silence(&heard, 300);
	sound_voice(&heard, 2200, 6000);
	sound_silence(&heard, 300);
	return &heard;
}

static struct beep listen(const struct sound *s)
{
	struct beep b;
	beep_init(&b);
	beep_push(&b, s->pcm, s->n);
	return b;
}

static bool near(double a, double b, double tolerance)
{
	return fabs(a - b) <= tolerance;
}

TEST(beep_of_any_usual_frequency_and_length_is_found)
{
	static const uint16_t hz[] = {400, 440, 620, 850, 1000, 1400, 2000, 2500};
	static const uint16_t ms[] = {120, 250, 600, 1200};
	for (size_t i = 0; i < 8; i++)
		for (size_t k = 0; k < 4; k++) {
			struct sound *s = greeting();
			sound_tone(s, ms[k], hz[i], 0, 4000);
			sound_silence(s, 200);
			struct beep b = listen(s);
			REQUIRE(b.found);
			REQUIRE(near(b.hz, hz[i], 5));
			REQUIRE(near(b.start_ms, 2800, 20));
			REQUIRE(near(b.end_ms, 2800.0 + ms[k], 20));
		}
}

TEST(beep_of_80_ms_is_found)
{
	struct sound *s = greeting();
	sound_tone(s, 80, 1000, 0, 4000);
	sound_silence(s, 200);
	REQUIRE(listen(s).found);
}

TEST(beep_is_reported_within_100_ms_of_its_end)
{
	struct sound *s = greeting();
	sound_tone(s, 400, 1000, 0, 4000);
	size_t end = s->n;
	sound_silence(s, 200);
	struct beep b;
	beep_init(&b);
	size_t at = 0;
	while (at < s->n && !beep_push(&b, s->pcm + at, 80))
		at += 80;
	REQUIRE(b.found && at >= end && at - end <= 800);
}

TEST(beep_that_glides_is_found)
{
	struct sound *s = greeting();
	sound_chirp(s, 300, 800, 1400, 4000);
	sound_silence(s, 200);
	REQUIRE(listen(s).found);
}

TEST(beep_of_two_tones_is_found)
{
	struct sound *s = greeting();
	sound_tone(s, 400, 560, 1100, 3000);
	sound_silence(s, 200);
	REQUIRE(listen(s).found);
}

TEST(beep_that_steps_to_another_frequency_is_found)
{
	struct sound *s = greeting();
	sound_tone(s, 150, 700, 0, 4000);
	sound_tone(s, 150, 931, 0, 4000);
	sound_silence(s, 200);
	struct beep b = listen(s);
	REQUIRE(b.found && near(b.start_ms, 2800, 20) && near(b.end_ms, 3100, 20));
}

TEST(beep_with_overtones_is_found)
{
	struct sound *s = greeting();
	size_t at = s->n;
	sound_tone(s, 300, 630, 0, 4000);
	for (size_t i = 0; at + i < s->n; i++) /* a square wave, as a small loudspeaker lets it through */
		s->pcm[at + i] = (int16_t)(s->pcm[at + i] + 1333 * sin(2 * 3.14159265 * 1890 * (double)i / 8000));
	sound_silence(s, 200);
	REQUIRE(listen(s).found);
}

TEST(beep_that_fades_like_a_bell_is_found)
{
	struct sound *s = greeting();
	size_t at = s->n;
	sound_tone(s, 800, 900, 0, 9000);
	for (size_t i = 0; at + i < s->n; i++)
		s->pcm[at + i] = (int16_t)(s->pcm[at + i] * exp(-5.0 * (double)i / 8000));
	sound_silence(s, 600);
	REQUIRE(listen(s).found);
}

TEST(beep_in_background_noise_is_found)
{
	struct sound *s = greeting();
	sound_noise(s, 400, 900);
	for (int i = 0; i < 2; i++) {
		size_t at = s->n;
		sound_tone(s, 300, 1000, 0, 4000);
		for (; at < s->n; at++) /* the noise goes on below it */
			s->pcm[at] = (int16_t)(s->pcm[at] + s->pcm[at - 3600] / 4);
		sound_noise(s, 400, 900);
	}
	REQUIRE(listen(s).found);
}

TEST(beep_is_not_heard_while_it_lasts)
{
	struct sound *s = greeting();
	sound_tone(s, 900, 1000, 0, 4000);
	REQUIRE(!listen(s).found);
}

TEST(beep_is_found_when_listening_begins_in_its_middle)
{
	heard = (struct sound){.seed = 7};
	sound_tone(&heard, 200, 1000, 0, 4000);
	sound_silence(&heard, 200);
	REQUIRE(listen(&heard).found);
}

TEST(voice_is_no_beep)
{
	struct sound *s = greeting();
	for (int i = 0; i < 8; i++) {
		sound_voice(s, 500 + 100u * (unsigned)i, 8000);
		sound_silence(s, 250);
	}
	REQUIRE(!listen(s).found);
}

TEST(dtmf_digits_are_no_beeps)
{
	static const char digits[] = "0123456789*#ABCD";
	for (int i = 0; i < 16; i++) {
		struct tone_spec spec;
		struct sound *s = greeting();
		REQUIRE(tone_dtmf(&spec, digits[i], 200) == 0);
		sound_tone(s, 200, spec.hz[0], spec.hz[1], 4000);
		sound_silence(s, 200);
		REQUIRE(!listen(s).found);
	}
}

TEST(call_progress_pairs_are_no_beeps)
{
	static const uint16_t pairs[][2] = {{350, 440}, {440, 480}, {480, 620}};
	for (size_t i = 0; i < 3; i++) {
		struct sound *s = greeting();
		sound_tone(s, 500, pairs[i][0], pairs[i][1], 3000);
		sound_silence(s, 200);
		REQUIRE(!listen(s).found);
	}
}

TEST(ringback_running_at_the_answer_is_no_beep)
{
	static const uint16_t pairs[][2] = {{425, 0}, {440, 480}, {400, 450}};
	for (size_t i = 0; i < 3; i++) {
		heard = (struct sound){.seed = 7};
		sound_tone(&heard, 500, pairs[i][0], pairs[i][1], 3000);
		sound_silence(&heard, 300);
		REQUIRE(!listen(&heard).found);
	}
}

TEST(special_information_tones_are_no_beeps)
{
	struct sound *s = greeting();
	sound_tone(s, 330, 950, 0, 4000);
	sound_tone(s, 330, 1400, 0, 4000);
	sound_tone(s, 330, 1800, 0, 4000);
	sound_silence(s, 300);
	REQUIRE(!listen(s).found);
}

TEST(fax_tones_are_no_beeps)
{
	struct sound *s = greeting();
	sound_tone(s, 2900, 2100, 0, 4000);
	sound_silence(s, 300);
	sound_tone(s, 500, 1100, 0, 4000);
	sound_silence(s, 300);
	REQUIRE(!listen(s).found);
}

TEST(short_blips_are_no_beeps)
{
	struct sound *s = greeting();
	for (int i = 0; i < 5; i++) {
		sound_tone(s, 35, 1000, 0, 4000);
		sound_silence(s, 300);
	}
	REQUIRE(!listen(s).found);
}

TEST(beep_is_the_same_in_blocks_of_any_size)
{
	static const size_t sizes[] = {1, 7, 80, 159, 160, 161, 1000};
	struct sound *s = greeting();
	sound_tone(s, 400, 1000, 0, 4000);
	sound_silence(s, 200);
	struct beep whole = listen(s);
	REQUIRE(whole.found);
	for (size_t i = 0; i < 7; i++) {
		struct beep b;
		beep_init(&b);
		for (size_t at = 0; at < s->n; at += sizes[i])
			beep_push(&b, s->pcm + at, s->n - at < sizes[i] ? s->n - at : sizes[i]);
		REQUIRE(b.found && b.hz == whole.hz && b.start_ms == whole.start_ms && b.end_ms == whole.end_ms);
	}
}
