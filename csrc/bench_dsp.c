/** bench_dsp.c  CPU time of the signal processing of one 20 ms frame (160 samples), in nanoseconds: best of five runs,
 *  and the median. One thread, warm caches; what a call costs with cold ones is measured by the load runs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dsp/amd.h"
#include "dsp/beep.h"
#include "dsp/cadence.h"
#include "dsp/codec.h"
#include "dsp/dtmf.h"
#include "dsp/g711.h"
#include "dsp/level.h"
#include "dsp/resample.h"
#include "dsp/tone.h"
#include "media/playout.h"

enum { FRAME = 160, FRAMES = 500, RUNS = 5, ROUNDS = 40 };

struct input {
	int16_t pcm[FRAMES][FRAME]; /* ten seconds of a tone in noise, loud enough that all of it is analysed */
	uint8_t ulaw[FRAMES][FRAME];
	int16_t out[FRAME];
	uint8_t codes[FRAME];
	struct amd amd;
	struct beep beep;
	struct tone tone;
	struct cadence cadence;
	struct playout *playout;
	uint32_t played;
	struct resampler up, down;
	struct encoder *encoder[2]; /* G.722, Opus */
	struct decoder *decoder[2];
	int16_t wide[FRAME * 2];
	uint8_t coded[2][CODEC_PAYLOAD_MAX];
	int coded_n[2];
	struct dtmf dtmf;
	int16_t quiet[FRAME], keyed[FRAMES][FRAME];
};

static void decode(struct input *in, int i)
{
	g711_decode(CODEC_PCMU, in->ulaw[i], FRAME, in->out);
}

static void decode_base(struct input *in, int i)
{
	g711_decode_by(0, CODEC_PCMU, in->ulaw[i], FRAME, in->out);
}

static void encode_base(struct input *in, int i)
{
	g711_encode_by(0, CODEC_PCMU, in->pcm[i], FRAME, in->codes);
}

static void encode_ulaw(struct input *in, int i)
{
	g711_encode(CODEC_PCMU, in->pcm[i], FRAME, in->codes);
}

static void encode_alaw(struct input *in, int i)
{
	g711_encode(CODEC_PCMA, in->pcm[i], FRAME, in->codes);
}

static void transcode(struct input *in, int i)
{
	g711_transcode(CODEC_PCMU, CODEC_PCMA, in->ulaw[i], FRAME, in->codes);
}

/* What a member of a mix of three hears: two others summed with saturation, and coded. */
static void mix(struct input *in, int i)
{
	const int16_t *a = in->pcm[i];
	const int16_t *b = in->pcm[FRAMES - 1 - i];
	for (int k = 0; k < FRAME; k++) {
		int32_t v = a[k] + b[k];
		in->out[k] = (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
	}
	g711_encode(CODEC_PCMU, in->out, FRAME, in->codes);
}

static void tone(struct input *in, int i)
{
	(void)i;
	tone_fill(&in->tone, in->out, FRAME);
}

static void cadence(struct input *in, int i)
{
	(void)i;
	cadence_fill(&in->cadence, in->out, FRAME);
}

static void amd(struct input *in, int i)
{
	if (in->amd.decided)
		amd_init(&in->amd, NULL);
	amd_push(&in->amd, in->pcm[i], FRAME);
}

static void beep(struct input *in, int i)
{
	if (in->beep.found)
		beep_init(&in->beep);
	beep_push(&in->beep, in->pcm[i], FRAME);
}

static void up(struct input *in, int i)
{
	resampler_run(&in->up, in->pcm[i], FRAME, in->wide);
}

static void down(struct input *in, int i)
{
	resampler_run(&in->down, in->pcm[i / 2 * 2], FRAME * 2, in->wide);
}

/* 20 ms of wideband: two frames of ours. */
static void encode_by(struct input *in, int which, int i)
{
	in->coded_n[which] = encoder_encode(in->encoder[which], in->pcm[i / 2 * 2], (size_t)FRAME * 2, in->coded[which],
					    sizeof(in->coded[which]));
}

static void decode_by(struct input *in, int which)
{
	decoder_decode(in->decoder[which], in->coded[which], (size_t)in->coded_n[which], in->wide, (size_t)FRAME * 2);
}

static void encode_g722(struct input *in, int i)
{
	encode_by(in, 0, i);
}

static void encode_opus(struct input *in, int i)
{
	encode_by(in, 1, i);
}

static void decode_g722(struct input *in, int i)
{
	(void)i;
	decode_by(in, 0);
}

static void decode_opus(struct input *in, int i)
{
	(void)i;
	decode_by(in, 1);
}

static void push_dtmf(struct input *in, const int16_t *pcm)
{
	for (size_t at = 0; at < FRAME;)
		at += dtmf_push(&in->dtmf, pcm + at, FRAME - at);
}

/* Loud: every frame goes through the filters. */
static void dtmf(struct input *in, int i)
{
	push_dtmf(in, in->pcm[i]);
}

static void dtmf_quiet(struct input *in, int i)
{
	(void)i;
	push_dtmf(in, in->quiet);
}

/* Digits without end: every pair of blocks is measured. */
static void dtmf_keyed(struct input *in, int i)
{
	push_dtmf(in, in->keyed[i]);
}

/* What quality measurement looks at in a frame: volatile, for nobody uses the sum. */
static volatile uint64_t energy;

static void level(struct input *in, int i)
{
	struct level l = level_g711(CODEC_PCMU, in->ulaw[i], FRAME);
	energy = l.energy + l.clipped;
}

/* A packet of 20 ms in, two steps out; every twentieth packet is lost when `lossy`. */
static void play_out(struct input *in, int i, bool lossy)
{
	int16_t pcm[PLAYOUT_STEP_MAX];
	struct rtp_packet p = {
		.seq = (uint16_t)in->played, .ts = in->played * FRAME, .payload = in->ulaw[i], .n = FRAME};
	int64_t at_us = (int64_t)in->played++ * 20000;
	if (!lossy || i % 20)
		playout_put(in->playout, &p, CODEC_PCMU, (uint64_t)at_us * 1000);
	playout_get(in->playout, pcm, at_us);
	playout_get(in->playout, pcm, at_us + 10000);
}

static void play_good(struct input *in, int i)
{
	play_out(in, i, false);
}

static void play_lossy(struct input *in, int i)
{
	play_out(in, i, true);
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int rising(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

static void measure(const char *name, void (*work)(struct input *, int), struct input *in)
{
	double ns[RUNS];
	for (int run = 0; run < RUNS; run++) {
		double from = seconds();
		for (int round = 0; round < ROUNDS; round++)
			for (int i = 0; i < FRAMES; i++)
				work(in, i);
		ns[run] = (seconds() - from) * 1e9 / (ROUNDS * FRAMES);
	}
	qsort(ns, RUNS, sizeof(*ns), rising);
	printf("dsp.%-12s %8.0f ns/frame (median %.0f)\n", name, ns[0], ns[RUNS / 2]);
}

static void codecs_open(struct input *in)
{
	static const uint8_t codecs[2] = {CODEC_G722, CODEC_OPUS};
	for (int i = 0; i < 2; i++) {
		in->encoder[i] = malloc(encoder_size(codecs[i]));
		in->decoder[i] = malloc(decoder_size(codecs[i]));
		if (!in->encoder[i] || !in->decoder[i] || encoder_init(in->encoder[i], codecs[i], NULL) ||
		    decoder_init(in->decoder[i], codecs[i]))
			abort();
	}
	resampler_init(&in->up, 8, 16);
	resampler_init(&in->down, 16, 8);
}

static void fill(struct input *in)
{
	uint32_t seed = 1;
	int16_t *pcm = in->pcm[0];
	for (int i = 0; i < FRAMES * FRAME; i++) {
		seed = seed * 1664525u + 1013904223u;
		pcm[i] = (int16_t)(3000 * sin(0.3 * i) * sin(0.0007 * i) + (int32_t)(seed >> 20) - 2048);
	}
	g711_encode(CODEC_PCMU, pcm, (size_t)FRAMES * FRAME, in->ulaw[0]);
	amd_init(&in->amd, NULL);
	beep_init(&in->beep);
	dtmf_init(&in->dtmf);
	for (int i = 0; i < FRAMES; i++) {
		struct tone_spec spec;
		if (i % 8 == 0 && tone_dtmf(&spec, tone_event_digit((unsigned)i / 8 % 16), 100) == 0)
			tone_init(&in->tone, &spec);
		tone_fill(&in->tone, in->keyed[i], FRAME);
	}
	tone_init(&in->tone, &(struct tone_spec){.hz = {440, 480}, .level_cdb = -1300});
	static const struct tone_plan ringback = {
		.n = 1, .repeat_from = 1, .segments = {{.hz = {440, 480}, .level_cdb = -1300}}};
	cadence_seek(&in->cadence, &ringback, 0);
}

int main(void)
{
	static struct input in;
	fill(&in);
	level_init();
	measure("decode", decode, &in);
	measure("decode-base", decode_base, &in); /* without what only newer processors have */
	measure("encode-base", encode_base, &in);
	measure("encode-ulaw", encode_ulaw, &in);
	measure("encode-alaw", encode_alaw, &in);
	measure("transcode", transcode, &in);
	codecs_open(&in);
	measure("8-to-16", up, &in);
	measure("16-to-8", down, &in);
	measure("encode-g722", encode_g722, &in);
	measure("decode-g722", decode_g722, &in);
	measure("encode-opus", encode_opus, &in);
	measure("decode-opus", decode_opus, &in);
	in.playout = playout_new();
	if (!in.playout)
		abort();
	measure("play-out", play_good, &in);
	measure("play-out-5%", play_lossy, &in); /* loss */
	measure("mix-3", mix, &in);
	measure("tone-pair", tone, &in);
	measure("cadence", cadence, &in);
	measure("level", level, &in);
	measure("amd", amd, &in);
	measure("beep", beep, &in);
	measure("dtmf", dtmf, &in);
	measure("dtmf-quiet", dtmf_quiet, &in);
	measure("dtmf-keyed", dtmf_keyed, &in);
	return 0;
}
