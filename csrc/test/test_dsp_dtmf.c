/** test_dsp_dtmf.c  The standard sequences of the Mitel CM7291 and Bellcore tapes, made here: levels, twist, frequency
 *  deviation, tone and pause lengths, interruptions, noise, talk-off; spandsp's detector hears the same where the two
 *  must agree. Digits lie at every offset to the detector's blocks. */
#include <errno.h>
#include <math.h>
#include <spandsp.h>
#include <string.h>

#include "base/mem.h"
#include "dsp/dtmf.h"
#include "dsp/dtmf_table.h"
#include "dsp/tone.h"
#include "test/sound.h"
#include "test/test.h"

enum { DIGITS = 64, TAPE_MAX = 8000 * 20 };

static const double pi = 3.14159265358979323846;

/* One part of a tape: so many digits in a row, all made alike. */
struct part {
	double tone_ms, pause_ms;
	double low, high;	  /* dBm0 */
	double low_off, high_off; /* share of the frequency */
	double break_ms;	  /* an interruption in the middle */
	double noise;		  /* dBm0; 0: none */
};
static const struct part standard = {.tone_ms = 50, .pause_ms = 50, .low = -10, .high = -10};

struct tape {
	int16_t pcm[TAPE_MAX];
	size_t n;
	uint32_t seed;
	char heard[DIGITS * 2 + 1], other[DIGITS * 2 + 1]; /* ours, spandsp's */
	uint32_t ms[DIGITS * 2];
	unsigned count;
};

static const char all[] = "0123456789ABCD*#";

static double unit(struct tape *t)
{
	t->seed = t->seed * 1664525u + 1013904223u;
	return (double)t->seed / 4294967296.0;
}

static double amplitude(double dbm0)
{
	return 32767 * pow(10, (dbm0 - 3.14) / 20);
}

static double normal(struct tape *t)
{
	return sqrt(-2 * log(1 - unit(t))) * cos(2 * pi * unit(t));
}

static void add(struct tape *t, const struct part *p, double v)
{
	if (p->noise < 0)
		v += amplitude(p->noise) / sqrt(2) * normal(t);
	if (t->n < TAPE_MAX)
		t->pcm[t->n++] = (int16_t)lrint(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
}

static void add_digit(struct tape *t, const struct part *p, char digit)
{
	struct tone_spec spec;
	double pause = 8 * (p->pause_ms + 10 * unit(t)), tone = 8 * (p->tone_ms + p->break_ms);
	double a = 2 * pi * unit(t), b = 2 * pi * unit(t);
	(void)tone_dtmf(&spec, digit, 100);
	for (int i = 0; i < pause; i++)
		add(t, p, 0);
	for (int i = 0; i < tone; i++) {
		double w = 2 * pi * i / 8000;
		bool broken = fabs(i - tone / 2) < 4 * p->break_ms;
		add(t, p,
		    broken ? 0
			   : amplitude(p->low) * sin(a + w * spec.hz[0] * (1 + p->low_off)) +
				     amplitude(p->high) * sin(b + w * spec.hz[1] * (1 + p->high_off)));
	}
}

static void hear(struct tape *t)
{
	struct dtmf d;
	dtmf_init(&d);
	t->count = 0;
	for (size_t at = 0; at < t->n;) {
		uint32_t ms;
		at += dtmf_push(&d, t->pcm + at, t->n - at);
		char digit = dtmf_ended(&d, &ms);
		if (!digit || t->count == DIGITS * 2)
			continue;
		t->ms[t->count] = ms;
		t->heard[t->count++] = digit;
	}
	t->heard[t->count] = '\0';
}

static void hear_other(struct tape *t)
{
	dtmf_rx_state_t *s = dtmf_rx_init(NULL, NULL, NULL);
	size_t got = 0;
	for (size_t at = 0; s && at < t->n; at += 80) { /* it keeps few digits: take them often */
		dtmf_rx(s, t->pcm + at, (int)(t->n - at < 80 ? t->n - at : 80));
		got += dtmf_rx_get(s, t->other + got, (int)(DIGITS * 2 - got));
	}
	t->other[got] = '\0';
	if (s)
		dtmf_rx_free(s);
}

/* The 16 digits four times over. Returns how many of them are heard; -1 when not these and in their order. */
static int play(struct tape *t, const struct part *p)
{
	char said[DIGITS + 1] = {0};
	t->n = 0;
	t->seed = 7;
	for (unsigned i = 0; i < DIGITS; i++)
		add_digit(t, p, said[i] = all[i % 16]);
	for (int i = 0; i < 800; i++)
		add(t, p, 0);
	hear(t);
	unsigned at = 0;
	for (unsigned i = 0; i < t->count; i++) {
		while (at < DIGITS && said[at] != t->heard[i])
			at++;
		if (at++ >= DIGITS)
			return -1;
	}
	return (int)t->count;
}

static struct tape *tape_new(void)
{
	return mem_zalloc(sizeof(struct tape));
}

TEST(dtmf_table_is_what_its_formula_says)
{
	static const double hz[] = {697, 770, 852, 941, 1209, 1336, 1477, 1633};
	for (int n = 0; n < 80; n++)
		CHECK(dtmf_window[n] == lrint(32767 * (0.54 - 0.46 * cos(2 * pi * (n + 0.5) / 80))));
	for (int n = 0; n < 40; n++)
		for (int i = 0; i < 8; i++) {
			double w = 2 * pi * hz[i] * (n + 0.5) / 8000;
			CHECK(dtmf_wave[n / 2][i][n % 2] == lrint(8192 * cos(w)));
			CHECK(dtmf_wave[n / 2][i + 8][n % 2] == lrint(8192 * sin(w)));
		}
out:;
}

TEST(dtmf_hears_every_digit_as_spandsp_does)
{
	struct tape *t = tape_new();
	CHECK(t);
	CHECK(play(t, &standard) == DIGITS);
	for (unsigned i = 0; i < DIGITS; i++)
		CHECK(t->ms[i] >= 45 && t->ms[i] <= 55);
	hear_other(t);
	CHECK(strcmp(t->heard, t->other) == 0);
out:
	mem_free(t);
}

TEST(dtmf_hears_40_ms_tones_and_pauses_and_nothing_of_23_ms)
{
	struct tape *t = tape_new();
	struct part p = standard;
	CHECK(t);
	p.tone_ms = p.pause_ms = 40;
	CHECK(play(t, &p) == DIGITS);
	p.tone_ms = 23;
	CHECK(play(t, &p) == 0);
	p.tone_ms = 1000;
	t->n = 0;
	add_digit(t, &p, '5');
	for (int i = 0; i < 800; i++)
		add(t, &p, 0);
	hear(t);
	CHECK(strcmp(t->heard, "5") == 0 && t->ms[0] >= 990 && t->ms[0] <= 1010);
out:
	mem_free(t);
}

TEST(dtmf_bridges_interruptions_and_tells_a_digit_pressed_twice)
{
	struct tape *t = tape_new();
	struct part p = standard;
	CHECK(t);
	p.tone_ms = 80;
	p.break_ms = 10;
	CHECK(play(t, &p) == DIGITS);
	p.break_ms = 40;
	t->n = 0;
	for (int i = 0; i < 8; i++)
		add_digit(t, &p, '7');
	for (int i = 0; i < 800; i++)
		add(t, &p, 0);
	hear(t);
	CHECK(strcmp(t->heard, "7777777777777777") == 0);
out:
	mem_free(t);
}

TEST(dtmf_accepts_levels_from_0_to_minus_30_and_refuses_minus_40)
{
	static const double levels[] = {0, -5, -20, -25, -30};
	struct tape *t = tape_new();
	struct part p = standard;
	CHECK(t);
	for (unsigned i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
		p.low = p.high = levels[i];
		CHECK(play(t, &p) == DIGITS);
	}
	p.low = p.high = -40;
	CHECK(play(t, &p) == 0);
out:
	mem_free(t);
}

TEST(dtmf_accepts_the_twist_of_q24_and_refuses_more)
{
	struct tape *t = tape_new();
	struct part p = standard;
	CHECK(t);
	for (int db = -8; db <= 4; db += 2) {
		p.high = p.low + db;
		CHECK(play(t, &p) == DIGITS);
	}
	p.high = p.low - 12;
	CHECK(play(t, &p) == 0);
	p.high = p.low + 8;
	CHECK(play(t, &p) == 0);
out:
	mem_free(t);
}

TEST(dtmf_accepts_frequencies_off_by_one_and_a_half_percent_and_refuses_three_and_a_half)
{
	struct tape *t = tape_new();
	struct part p = standard;
	CHECK(t);
	for (int sign = -1; sign <= 1; sign += 2) {
		p.low_off = p.high_off = sign * 0.018; /* 1.5 % and 2 Hz of 697 */
		CHECK(play(t, &p) == DIGITS);
		for (int i = 35; i < 70; i += 5) {
			p.low_off = sign * i / 1000.0;
			p.high_off = 0;
			CHECK(play(t, &p) == 0);
			p.high_off = p.low_off;
			p.low_off = 0;
			CHECK(play(t, &p) == 0);
		}
	}
out:
	mem_free(t);
}

TEST(dtmf_hears_through_noise_and_limits_at_once)
{
	struct tape *t = tape_new();
	struct part p = standard;
	CHECK(t);
	p.noise = -7 - 12; /* 12 dB below both tones together */
	p.tone_ms = p.pause_ms = 40;
	CHECK(play(t, &p) == DIGITS);
	p.noise = -7 - 18;
	p.high = p.low + 4;
	p.low_off = p.high_off = 0.015;
	CHECK(play(t, &p) == DIGITS);
	p.high = p.low - 8;
	p.low_off = p.high_off = -0.015;
	CHECK(play(t, &p) >= DIGITS - 1);
out:
	mem_free(t);
}

TEST(dtmf_hears_through_g711)
{
	struct tape *t = tape_new();
	struct part p = standard;
	CHECK(t);
	p.low = p.high = -28;
	CHECK(play(t, &p) == DIGITS);
	for (size_t i = 0; i < t->n; i++)
		t->pcm[i] = alaw_to_linear(linear_to_alaw(t->pcm[i]));
	hear(t);
	CHECK(t->count == DIGITS);
out:
	mem_free(t);
}

TEST(dtmf_hears_nothing_in_voices_glides_noise_and_call_progress_tones)
{
	struct sound *s = mem_zalloc(sizeof(*s));
	struct tape *t = tape_new();
	CHECK(s && t);
	sound_voice(s, 3000, 9000);
	sound_chirp(s, 2000, 300, 3400, 9000);
	sound_noise(s, 2000, 9000);
	sound_tone(s, 800, 350, 440, 8000);
	sound_tone(s, 800, 480, 620, 8000);
	sound_tone(s, 800, 697, 0, 8000);    /* a row alone */
	sound_tone(s, 800, 697, 770, 8000);  /* two rows */
	sound_tone(s, 800, 770, 1540, 8000); /* a voice of 770 Hz: the octave is no column */
	memcpy(t->pcm, s->pcm, s->n * sizeof(*s->pcm));
	t->n = s->n;
	hear(t);
	CHECK(t->count == 0);
out:
	mem_free(t);
	mem_free(s);
}

TEST(dtmf_refuses_a_column_with_its_second_harmonic)
{
	struct tape *t = tape_new();
	struct part p = standard;
	CHECK(t);
	for (int strong = 0; strong <= 1; strong++) {
		t->n = 0;
		for (int i = 0; i < 800; i++) {
			double w = 2 * pi * i / 8000;
			double v = amplitude(strong ? -19 : -40) * sin(2 * w * 1336);
			add(t, &p, v + amplitude(-10) * (sin(w * 697) + sin(w * 1336)));
		}
		for (int i = 0; i < 800; i++)
			add(t, &p, 0);
		hear(t);
		CHECK(strcmp(t->heard, strong ? "" : "2") == 0);
	}
out:
	mem_free(t);
}

TEST(dtmf_tells_of_a_digit_before_40_ms_of_it_have_passed)
{
	struct part p = {.tone_ms = 100, .low = -10, .high = -10};
	struct tape *t = tape_new();
	CHECK(t);
	for (unsigned offset = 0; offset < 160; offset += 7) {
		struct dtmf d;
		size_t on = 0;
		dtmf_init(&d);
		t->n = 0;
		for (unsigned i = 0; i < offset; i++)
			add(t, &p, 0);
		size_t begin = t->n;
		add_digit(t, &(struct part){.tone_ms = 100, .pause_ms = -10, .low = -10, .high = -10}, '8');
		/* Packets of 20 ms: what is in one that makes it known need not be passed on. */
		for (size_t at = 0; !on && at + 160 <= t->n; at += 160) {
			for (size_t in = 0; in < 160;)
				in += dtmf_push(&d, t->pcm + at + in, 160 - in);
			on = dtmf_on(&d) == '8' ? at : 0;
		}
		CHECK(on > 0 && on - begin < DTMF_LEAK_MS * 8);
	}
out:
	mem_free(t);
}
