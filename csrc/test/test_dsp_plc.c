/** test_dsp_plc.c  Concealment on recorded voices: against silence, repeating the last packet, and another library's. */
#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dsp/plc.h"
#include "test/test.h"
#include "test/voice.h"

enum { FRAMES_MAX = 4000 };

static const double pi = 3.14159265358979323846;

enum way { SILENCE, REPEAT, CONCEAL, SPANDSP, WAYS };

/* spandsp's concealment of G.711 at 8 kHz; loaded by hand, since its names are those of ours. */
struct peer {
	void *library, *state;
	void *(*make)(void *);
	int (*hear)(void *, int16_t *, int), (*conceal)(void *, int16_t *, int);
};

static void *symbol(const struct peer *p, const char *name)
{
	return dlsym(p->library, name);
}

/* Its memcpy() of overlapping ranges ends a run under the address sanitizer. */
#ifdef __SANITIZE_ADDRESS__
static const bool ask_library = false;
#else
static const bool ask_library = true;
#endif

static bool peer_open(struct peer *p)
{
	memset(p, 0, sizeof(*p));
	p->library = dlopen("libspandsp.so.2", RTLD_NOW | RTLD_LOCAL);
	if (!p->library)
		return false;
	*(void **)&p->make = symbol(p, "plc_init");
	*(void **)&p->hear = symbol(p, "plc_rx");
	*(void **)&p->conceal = symbol(p, "plc_fillin");
	p->state = p->make ? p->make(NULL) : NULL;
	return p->state && p->hear && p->conceal;
}

static void peer_close(struct peer *p)
{
	free(p->state);
	if (p->library)
		dlclose(p->library);
}

/* One frame of twenty is lost at random, half of the losses last two frames. */
static void lose(uint8_t *lost, size_t frames)
{
	uint32_t seed = 12345;
	for (size_t f = 3; f + 1 < frames; f++) {
		seed = seed * 1664525u + 1013904223u;
		if (seed >> 24 >= 13)
			continue;
		lost[f] = 1;
		if (seed >> 16 & 1)
			lost[++f] = 1;
	}
}

static void play_frame(enum way way, struct plc *p, const struct peer *peer, int16_t *out, size_t n, bool lost)
{
	if (way == CONCEAL && lost)
		plc_conceal(p, out, n);
	else if (way == CONCEAL)
		plc_hear(p, out, n);
	else if (way == SPANDSP)
		(lost ? peer->conceal : peer->hear)(peer->state, out, (int)n);
	else if (lost && way == REPEAT)
		memcpy(out, out - n, n * sizeof(*out));
	else if (lost)
		memset(out, 0, n * sizeof(*out));
}

static bool play(enum way way, const int16_t *in, int16_t *out, size_t frames, const uint8_t *lost, unsigned khz)
{
	struct plc p;
	struct peer peer = {0};
	size_t n = 20 * khz;
	plc_init(&p, khz);
	bool good = way != SPANDSP || peer_open(&peer);
	for (size_t f = 0; good && f < frames; f++, in += n, out += n) {
		memcpy(out, in, n * sizeof(*in));
		play_frame(way, &p, &peer, out, n, lost[f]);
	}
	peer_close(&peer);
	return good;
}

/* Samples between those given. */
static int16_t *double_rate(const int16_t *pcm, size_t n)
{
	int16_t *out = mem_alloc(2 * n * sizeof(*out));
	for (size_t i = 0; out && i < n; i++) {
		out[2 * i] = pcm[i];
		out[2 * i + 1] = (int16_t)((pcm[i] + pcm[i + 1 < n ? i + 1 : i]) / 2);
	}
	return out;
}

/* Frames of voice_compare() that overlap a loss. */
static void look_at(const uint8_t *lost, uint8_t *wanted, size_t frames)
{
	for (size_t f = 0; f + 1 < frames; f++)
		if (lost[f])
			memset(wanted + 2 * f - 1, 1, 3);
}

/* Adds to `d`, one for each way. */
static bool compare(const int16_t *in, size_t n, unsigned khz, struct voice_distance d[WAYS])
{
	static uint8_t lost[FRAMES_MAX], wanted[2 * FRAMES_MAX];
	size_t frames = n / (20 * khz);
	int16_t *out = mem_alloc(n * sizeof(*out));
	bool good = out && frames <= FRAMES_MAX;
	memset(lost, 0, sizeof(lost));
	memset(wanted, 0, sizeof(wanted));
	if (good) {
		lose(lost, frames);
		look_at(lost, wanted, frames);
	}
	for (enum way way = SILENCE; good && way < (khz == 8 && ask_library ? WAYS : SPANDSP); way++) {
		good = play(way, in, out, frames, lost, khz);
		struct voice_distance one = voice_compare(in, out, frames * 20 * khz, khz, wanted);
		d[way].spectrum_db += one.spectrum_db;
		d[way].snr_db += one.snr_db;
	}
	mem_free(out);
	return good;
}

static bool compare_voices(unsigned khz, struct voice_distance d[WAYS])
{
	static const char *const voices[] = {"greeting_01", "greeting_03",     "greeting_05",	    "greeting_08",
					     "machine_02",  "phrase_agent_01", "phrase_customer_02"};
	bool good = true;
	memset(d, 0, WAYS * sizeof(*d));
	for (size_t v = 0; good && v < sizeof(voices) / sizeof(voices[0]); v++) {
		size_t n = 0;
		int16_t *in = voice_load(voices[v], &n), *wide = in && khz == 16 ? double_rate(in, n) : NULL;
		good = in && (khz == 8 ? compare(in, n, khz, d) : wide && compare(wide, 2 * n, khz, d));
		mem_free(in);
		mem_free(wide);
	}
	for (unsigned way = SILENCE; getenv("SHOW") && way < WAYS; way++)
		printf("  %u: spectrum %.1f dB, snr %.1f dB\n", way, d[way].spectrum_db / 7, d[way].snr_db / 7);
	return good;
}

/* Repeating keeps the spectrum and breaks the wave at both edges, silence the other way round. */
static bool between(const struct voice_distance d[WAYS])
{
	return d[CONCEAL].spectrum_db < 0.5 * d[SILENCE].spectrum_db &&
	       d[CONCEAL].spectrum_db < 1.2 * d[REPEAT].spectrum_db && d[CONCEAL].snr_db > d[REPEAT].snr_db + 7 * 2 &&
	       d[CONCEAL].snr_db > d[SILENCE].snr_db;
}

TEST(plc_on_voices_is_nearer_than_silence_repetition_and_a_library)
{
	struct voice_distance d[WAYS];
	REQUIRE(compare_voices(8, d));
	REQUIRE(between(d));
	REQUIRE(!ask_library ||
		(d[CONCEAL].spectrum_db < d[SPANDSP].spectrum_db && d[CONCEAL].snr_db > d[SPANDSP].snr_db));
}

TEST(plc_on_voices_does_as_well_at_16_khz)
{
	struct voice_distance d[WAYS];
	REQUIRE(compare_voices(16, d));
	REQUIRE(between(d));
}

static void sine(int16_t *pcm, size_t n, size_t from, double hz, double khz)
{
	for (size_t i = 0; i < n; i++)
		pcm[i] = (int16_t)lrint(8000 * sin(2 * pi * hz * (double)(from + i) / (khz * 1000)));
}

static int largest_step(const int16_t *pcm, size_t n)
{
	int most = 0;
	for (size_t i = 1; i < n; i++)
		most = abs(pcm[i] - pcm[i - 1]) > most ? abs(pcm[i] - pcm[i - 1]) : most;
	return most;
}

TEST(plc_carries_a_steady_tone_through_a_loss_without_a_click)
{
	static const unsigned rates[] = {8, 16};
	for (unsigned r = 0; r < 2; r++) {
		static int16_t want[16 * 200], got[16 * 200];
		unsigned khz = rates[r];
		size_t n = 10 * khz;
		struct plc p;
		plc_init(&p, khz);
		sine(want, 20 * n, 0, 440, khz);
		memcpy(got, want, sizeof(got));
		for (size_t f = 0; f < 20; f++) {
			if (f == 10)
				plc_conceal(&p, got + f * n, n);
			else
				plc_hear(&p, got + f * n, n);
		}
		/* A sine's own steepest step is 2 pi f A; a little more where periods of whole samples are joined. */
		int own = largest_step(want + n, 18 * n);
		REQUIRE(largest_step(got + n, 18 * n) < own * 13 / 10);
		double error = 0, power = 0;
		for (size_t i = 10 * n; i < 11 * n; i++) {
			error += pow(want[i] - got[i], 2);
			power += pow(want[i], 2);
		}
		REQUIRE(error < power / 20); /* 13 dB under it */
	}
}

TEST(plc_fades_to_silence_in_60_ms_and_then_says_so)
{
	int16_t pcm[160];
	struct plc p;
	plc_init(&p, 8);
	for (size_t f = 0; f < 10; f++) {
		sine(pcm, 160, f * 160, 300, 8);
		plc_hear(&p, pcm, 160);
	}
	REQUIRE(plc_conceal(&p, pcm, 160));
	REQUIRE(largest_step(pcm, 160) > 1000);
	REQUIRE(plc_conceal(&p, pcm, 160) && plc_conceal(&p, pcm, 160));
	REQUIRE(pcm[159] < 200 && pcm[159] > -200);
	REQUIRE(!plc_conceal(&p, pcm, 160));
	for (size_t i = 0; i < 160; i++)
		REQUIRE(pcm[i] == 0);
}

TEST(plc_fades_in_what_begins_or_comes_back_after_silence)
{
	int16_t pcm[160];
	struct plc p;
	plc_init(&p, 8);
	for (unsigned round = 0; round < 2; round++) {
		for (size_t i = 0; i < 160; i++)
			pcm[i] = 8000;
		plc_hear(&p, pcm, 160);
		REQUIRE(pcm[0] < 200 && largest_step(pcm, 160) < 200 && pcm[159] == 8000);
		for (unsigned f = 0; f < 5; f++)
			plc_conceal(&p, pcm, 160);
	}
}

TEST(plc_stays_in_range_on_the_loudest_sound)
{
	int16_t pcm[320];
	struct plc p;
	uint32_t seed = 7;
	plc_init(&p, 16);
	for (unsigned f = 0; f < 200; f++) {
		for (size_t i = 0; i < 320; i++) {
			seed = seed * 1664525u + 1013904223u;
			pcm[i] = seed >> 31 ? INT16_MAX : INT16_MIN;
		}
		if (seed >> 20 & 1)
			plc_conceal(&p, pcm, 160 + (seed >> 8) % 160);
		else
			plc_hear(&p, pcm, 1 + (seed >> 8) % 320);
		REQUIRE(p.at < 16 * 15 * 3 && p.lag >= 16 * 5 && p.lag <= 16 * 15);
	}
}
