/** amd.c  Every 10 ms: how far above the noise, is it a tone, how long has it lasted. */
#include "dsp/amd.h"

#include <string.h>

enum {
	VOICE_MIN_MS = 30,  /* shorter is a click */
	BLIP_MS = 120,	    /* a greeting shorter than this... */
	BLIP_GAP_MS = 600,  /* ...and followed by this much silence was a noise */
	QUIET_SPAN_MS = 500 /* one slot of the floor's minimum */
};

/* Of 388 composed calls (205 people) these decide 81 % rightly and call 7 % of the people a machine. */
static const struct amd_opts defaults = {
	.initial_silence_ms = 3000,
	.greeting_ms = 3000,
	.after_greeting_ms = 900,
	.total_ms = 5000,
	.min_word_ms = 100,
	.max_words = 16,
};
static const float above_floor_db = 8;	/* voice is at least this far above the noise */
static const float above_share = 0.55f; /* and this share of the way from the noise to the loudest */
static const float voice_min_db = -52;
static const float peak_fall_db = 0.02f; /* per 10 ms */
static const float smoothing = 0.2f;	 /* of the level whose minima are the floor: 50 ms */
static const float contrast_min_db = 12; /* below this the noise itself may be what goes on: no verdict "machine" */
static const float tone_floor_db = -55;

static void default_to(uint16_t *v, uint16_t d)
{
	if (*v == 0)
		*v = d;
}

void amd_init(struct amd *a, const struct amd_opts *o)
{
	memset(a, 0, sizeof(*a));
	if (o)
		a->opts = *o;
	default_to(&a->opts.initial_silence_ms, defaults.initial_silence_ms);
	default_to(&a->opts.greeting_ms, defaults.greeting_ms);
	default_to(&a->opts.after_greeting_ms, defaults.after_greeting_ms);
	default_to(&a->opts.total_ms, defaults.total_ms);
	default_to(&a->opts.min_word_ms, defaults.min_word_ms);
	default_to(&a->opts.max_words, defaults.max_words);
	tonal_init(&a->tonal);
	tonerun_init(&a->tones);
	a->peak = -70;
	for (int i = 0; i < 3; i++)
		a->quiet[i] = 0;
}

static void decide(struct amd *a, enum amd_verdict v, enum amd_reason why, float confidence)
{
	if (a->decided)
		return;
	a->decided = true;
	a->verdict = (uint8_t)v;
	a->reason = (uint8_t)why;
	a->confidence = (uint16_t)(1000 * (confidence < 0 ? 0 : confidence > 1 ? 1 : confidence));
	a->decided_ms = a->ms;
}

static float noise_floor(const struct amd *a)
{
	float least = a->quiet_now;
	for (int i = 0; i < 3; i++)
		least = a->quiet[i] < least ? a->quiet[i] : least;
	return least;
}

static void follow_noise(struct amd *a, float level)
{
	bool first = a->ms == TONAL_STEP_MS;
	a->smooth = first ? level : a->smooth + smoothing * (level - a->smooth);
	a->quiet_now = first || a->smooth < a->quiet_now ? a->smooth : a->quiet_now;
	if (a->ms % QUIET_SPAN_MS)
		return;
	memmove(a->quiet, a->quiet + 1, 2 * sizeof(*a->quiet));
	a->quiet[2] = a->quiet_now;
	a->quiet_now = a->smooth;
}

static bool is_voice(struct amd *a, float level)
{
	float noise = noise_floor(a);
	float share = noise + above_share * (a->peak - noise);
	return level > noise + above_floor_db && level > share && level > voice_min_db;
}

/* A ringback tail or a beep began as if it were a voice. */
static void forget_tone(struct amd *a)
{
	a->voice_ms = 0;
	if (a->greeting && a->onset_ms + 2 * TONAL_STEP_MS >= a->tones.first * TONAL_STEP_MS)
		a->greeting = false;
}

static void hear_voice(struct amd *a)
{
	a->voice_ms += TONAL_STEP_MS;
	if (a->voice_ms >= VOICE_MIN_MS) {
		if (!a->greeting) {
			a->greeting = true;
			a->onset_ms = a->ms - a->voice_ms;
			a->words = 0;
		}
		a->last_ms = a->ms;
		a->gap_ms = 0;
	}
	uint32_t word_ms = (a->opts.min_word_ms + TONAL_STEP_MS - 1u) / TONAL_STEP_MS * TONAL_STEP_MS;
	if (a->voice_ms == word_ms)
		a->words++;
}

static void hear_silence(struct amd *a)
{
	a->voice_ms = 0;
	a->gap_ms += TONAL_STEP_MS;
	if (a->greeting && a->last_ms - a->onset_ms < BLIP_MS && a->gap_ms >= BLIP_GAP_MS)
		a->greeting = false;
}

static void judge_tone(struct amd *a, enum tonerun_kind kind)
{
	if (kind == TONERUN_SIT)
		decide(a, AMD_SIT, AMD_BY_TONES, 1);
	else if (kind == TONERUN_FAX)
		decide(a, AMD_FAX, AMD_BY_TONES, 1);
	else if (kind == TONERUN_BEEP)
		decide(a, AMD_MACHINE, AMD_BY_BEEP, 0.9f);
}

/* 0.5 when the voice hardly stands out, 1 from 30 dB above the noise. */
static float clearness(float contrast)
{
	float c = (contrast - 6) / 24;
	return c < 0.5f ? 0.5f : c > 1 ? 1 : c;
}

static void judge_greeting(struct amd *a)
{
	float contrast = a->peak - noise_floor(a);
	float clear = clearness(contrast);
	uint32_t length = a->last_ms - a->onset_ms;
	float share = (float)length / a->opts.greeting_ms;
	if (a->gap_ms >= a->opts.after_greeting_ms && length >= BLIP_MS)
		decide(a, AMD_HUMAN, AMD_BY_SHORT_GREETING, (1 - 0.5f * share) * clear);
	else if (contrast < contrast_min_db)
		return;
	else if (length > a->opts.greeting_ms)
		decide(a, AMD_MACHINE, AMD_BY_LONG_GREETING, clear);
	else if (a->words > a->opts.max_words)
		decide(a, AMD_MACHINE, AMD_BY_WORDS, 0.5f);
}

static void step(struct amd *a)
{
	float now;
	enum tonerun_kind kind = tonerun_hear(&a->tones, &a->tonal, tone_floor_db, &now);
	a->ms += TONAL_STEP_MS;
	float level = a->ms == TONAL_STEP_MS ? now : 0.5f * (now + a->last_level);
	a->last_level = now;
	judge_tone(a, kind);
	follow_noise(a, level);
	bool tone = tonerun_active(&a->tones);
	if (tone)
		forget_tone(a);
	else
		a->peak = level > a->peak - peak_fall_db ? level : a->peak - peak_fall_db;
	if (!tone && is_voice(a, level))
		hear_voice(a);
	else
		hear_silence(a);
	if (a->greeting)
		judge_greeting(a);
	else if (!tone && a->ms >= a->opts.initial_silence_ms)
		decide(a, AMD_SILENCE, AMD_BY_NO_VOICE, 1);
	if (a->ms >= a->opts.total_ms)
		decide(a, AMD_UNKNOWN, AMD_BY_TIME_LIMIT, 0);
}

bool amd_push(struct amd *a, const int16_t *pcm, size_t n)
{
	while (n && !a->decided) {
		bool complete;
		size_t took = tonal_push(&a->tonal, pcm, n, &complete);
		pcm += took;
		n -= took;
		if (complete)
			step(a);
	}
	return a->decided;
}

void amd_finish(struct amd *a)
{
	decide(a, AMD_UNKNOWN, AMD_BY_HANGUP, 0);
}
