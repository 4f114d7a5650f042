/** test_dsp_amd.c  Cadence and tones decide; noise alone never makes a person a machine. */
#include "dsp/amd.h"
#include "test/test.h"

#include <string.h>

#include "test/sound.h"

static struct sound heard;

static struct sound *call(void)
{
	heard = (struct sound){.seed = 3};
	return &heard;
}

static struct amd judge(const struct sound *s, const struct amd_opts *o)
{
	struct amd a;
	amd_init(&a, o);
	amd_push(&a, s->pcm, s->n);
	return a;
}

static bool is(struct amd a, enum amd_verdict v, enum amd_reason why)
{
	return a.decided && a.verdict == v && a.reason == why && a.confidence <= 1000;
}

TEST(amd_short_greeting_and_silence_is_a_person)
{
	for (uint32_t ms = 300; ms <= 2400; ms += 300) {
		struct sound *s = call();
		sound_silence(s, 500);
		sound_voice(s, ms, 6000);
		sound_silence(s, 2000);
		struct amd a = judge(s, NULL);
		REQUIRE(is(a, AMD_HUMAN, AMD_BY_SHORT_GREETING));
		REQUIRE(a.decided_ms >= 500 + ms + 700 && a.decided_ms <= 500 + ms + 1100);
	}
}

TEST(amd_greeting_with_pauses_is_one_greeting)
{
	struct sound *s = call();
	sound_silence(s, 400);
	sound_voice(s, 500, 6000);
	sound_silence(s, 500);
	sound_voice(s, 700, 6000);
	sound_silence(s, 1500);
	struct amd a = judge(s, NULL);
	REQUIRE(is(a, AMD_HUMAN, AMD_BY_SHORT_GREETING));
	REQUIRE(a.decided_ms > 2100);
}

TEST(amd_long_greeting_is_a_machine)
{
	struct sound *s = call();
	sound_silence(s, 500);
	sound_voice(s, 5000, 6000);
	struct amd a = judge(s, NULL);
	REQUIRE(is(a, AMD_MACHINE, AMD_BY_LONG_GREETING));
	REQUIRE(a.decided_ms >= 3500 && a.decided_ms <= 3700);
}

TEST(amd_many_words_are_a_machine)
{
	struct sound *s = call();
	struct amd_opts o = {.max_words = 3};
	sound_silence(s, 300);
	for (int i = 0; i < 5; i++) {
		sound_voice(s, 180, 6000);
		sound_silence(s, 200);
	}
	REQUIRE(is(judge(s, &o), AMD_MACHINE, AMD_BY_WORDS));
	o.max_words = 9;
	REQUIRE(!judge(s, &o).decided);
}

TEST(amd_silence_is_silence)
{
	struct sound *s = call();
	sound_silence(s, 4000);
	struct amd a = judge(s, NULL);
	REQUIRE(is(a, AMD_SILENCE, AMD_BY_NO_VOICE));
	REQUIRE(a.decided_ms == 3000);
}

TEST(amd_digital_silence_is_silence)
{
	static const int16_t zero[8000 * 4];
	struct amd a;
	amd_init(&a, NULL);
	REQUIRE(amd_push(&a, zero, 8000 * 4));
	REQUIRE(is(a, AMD_SILENCE, AMD_BY_NO_VOICE));
}

TEST(amd_steady_noise_is_never_a_machine)
{
	for (int level = 100; level <= 20000; level *= 3) {
		struct sound *s = call();
		sound_noise(s, 6000, level);
		struct amd a = judge(s, NULL);
		REQUIRE(a.decided && a.verdict != AMD_MACHINE && a.verdict != AMD_HUMAN);
	}
}

TEST(amd_clicks_are_no_greeting)
{
	struct sound *s = call();
	sound_silence(s, 300);
	sound_noise(s, 15, 20000);
	sound_silence(s, 900);
	sound_noise(s, 60, 9000);
	sound_silence(s, 3000);
	REQUIRE(is(judge(s, NULL), AMD_SILENCE, AMD_BY_NO_VOICE));
}

TEST(amd_ringback_tail_is_no_greeting)
{
	struct sound *s = call();
	sound_tone(s, 500, 425, 0, 3000);
	sound_silence(s, 400);
	sound_voice(s, 600, 6000);
	sound_silence(s, 1500);
	struct amd a = judge(s, NULL);
	REQUIRE(is(a, AMD_HUMAN, AMD_BY_SHORT_GREETING));
	REQUIRE(a.onset_ms >= 850);
}

TEST(amd_special_information_tone_decides_in_its_third_tone)
{
	static const double first[] = {913.8, 985.2};
	static const double second[] = {1370.6, 1428.5};
	for (unsigned i = 0; i < 4; i++)
		for (uint32_t ms = 276; ms <= 380; ms += 104) {
			struct sound *s = call();
			sound_silence(s, 700);
			sound_tone(s, ms, first[i & 1], 0, 4000);
			sound_tone(s, ms, second[i >> 1], 0, 4000);
			sound_tone(s, ms, 1776.7, 0, 4000);
			sound_voice(s, 2000, 6000);
			struct amd a = judge(s, NULL);
			REQUIRE(is(a, AMD_SIT, AMD_BY_TONES));
			REQUIRE(a.decided_ms <= 700 + 3 * ms);
		}
}

TEST(amd_fax_answer_tone_is_a_fax)
{
	struct sound *s = call();
	sound_silence(s, 1500);
	sound_tone(s, 2600, 2100, 0, 4000);
	REQUIRE(is(judge(s, NULL), AMD_FAX, AMD_BY_TONES));
}

TEST(amd_fax_calling_tone_is_a_fax)
{
	struct sound *s = call();
	sound_silence(s, 800);
	sound_tone(s, 500, 1100, 0, 4000);
	sound_silence(s, 300);
	REQUIRE(is(judge(s, NULL), AMD_FAX, AMD_BY_TONES));
}

TEST(amd_beep_is_a_machine)
{
	struct sound *s = call();
	sound_silence(s, 600);
	sound_voice(s, 900, 6000);
	sound_silence(s, 300);
	sound_tone(s, 300, 1000, 0, 4000);
	sound_silence(s, 300);
	REQUIRE(is(judge(s, NULL), AMD_MACHINE, AMD_BY_BEEP));
}

TEST(amd_decides_by_the_time_limit)
{
	struct sound *s = call();
	struct amd_opts o = {.initial_silence_ms = 9000, .total_ms = 2000};
	sound_silence(s, 3000);
	struct amd a = judge(s, &o);
	REQUIRE(is(a, AMD_UNKNOWN, AMD_BY_TIME_LIMIT));
	REQUIRE(a.decided_ms == 2000);
}

TEST(amd_undecided_at_hangup_is_unknown)
{
	struct sound *s = call();
	sound_silence(s, 500);
	sound_voice(s, 700, 6000);
	struct amd a = judge(s, NULL);
	REQUIRE(!a.decided);
	amd_finish(&a);
	REQUIRE(is(a, AMD_UNKNOWN, AMD_BY_HANGUP));
}

TEST(amd_keeps_its_first_decision)
{
	struct sound *s = call();
	sound_silence(s, 3500);
	struct amd a = judge(s, NULL);
	struct amd before = a;
	s = call();
	sound_voice(s, 5000, 6000);
	REQUIRE(amd_push(&a, s->pcm, s->n));
	amd_finish(&a);
	REQUIRE(memcmp(&a, &before, sizeof(a)) == 0);
}

TEST(amd_is_the_same_in_blocks_of_any_size)
{
	static const size_t sizes[] = {1, 7, 80, 159, 160, 161, 1000};
	struct sound *s = call();
	sound_noise(s, 500, 300);
	sound_voice(s, 900, 6000);
	sound_noise(s, 1500, 300);
	struct amd whole = judge(s, NULL);
	REQUIRE(whole.decided);
	for (size_t i = 0; i < 7; i++) {
		struct amd a;
		amd_init(&a, NULL);
		for (size_t at = 0; at < s->n; at += sizes[i])
			amd_push(&a, s->pcm + at, s->n - at < sizes[i] ? s->n - at : sizes[i]);
		REQUIRE(memcmp(&a, &whole, sizeof(a)) == 0);
	}
}
