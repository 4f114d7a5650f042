/** coder.h  What a leg of another codec than G.711 needs beside it: decoder, encoder, 8 and 16 kHz into each other, and
 *  its RTP clock in the engine's. Made by the control thread before the description that names the codec, the worker's
 *  from then on, freed by the control thread when the worker has said `retired` or the leg is gone. A G.711 leg has none.
 *
 *  Inside the engine there are two kinds of samples: narrow (8 kHz), which players, mixes, taps, detectors and recorders
 *  use, and wide (16 kHz), between two legs that have them. */
#ifndef MEDIA_CODER_H
#define MEDIA_CODER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "dsp/codec.h"
#include "dsp/resample.h"
#include "rtp/packet.h"

/** Timestamps of a faster clock as 8 kHz ones: unwrapped, because a quotient does not wrap where its dividend does. */
struct ts_scale {
	uint32_t last;
	int64_t unwrapped;
};

struct coder {
	_Atomic bool retired; /* the worker will not touch it again */
	struct coder *older;  /* control thread: replaced, waiting for that */
	uint8_t codec, play_khz;
	bool fec;
	uint8_t speed; /* RTP clock over 8 kHz: 1, or 6 for Opus */
	struct decoder *decoder;
	struct encoder *encoder; /* both lie behind this struct */
	struct resampler up, down;
	struct resampler heard; /* of a wide mix, down to what is recorded */
	struct ts_scale in, out;
};

/** Control thread. NULL: out of memory. Freed with mem_free(). */
struct coder *coder_new(unsigned codec, const struct encoder_opts *o);

/** In 8 kHz units; `speed` of the coder that `s` belongs to. */
uint32_t ts_narrow(struct ts_scale *s, uint32_t ts, unsigned speed);

/** A payload to wide samples (at most CODEC_PACKET_SAMPLES). Returns how many, or -EBADMSG. */
int coder_decode(struct coder *c, const uint8_t *payload, size_t n, int16_t *wide);
/** Wide samples to narrow, and back. Return how many. */
size_t coder_down(struct coder *c, const int16_t *wide, size_t n, int16_t *narrow);
size_t coder_up(struct coder *c, const int16_t *narrow, size_t n, int16_t *wide);
/** Bytes, or -EINVAL: no length this codec has. */
int coder_encode(struct coder *c, const int16_t *wide, size_t n, uint8_t *payload, size_t max);

struct leg;
struct media;
struct leg_remote;
struct worker;
/* Control thread: what has to be posted before `r`. */
int media_coder_prepare(struct media *m, struct leg *leg, const struct leg_remote *r);
void media_coder_sweep(struct leg *leg);

/* transcode.c, on the worker. `p->pt` is an enum codec here, not a payload type. */
/** A packet of a leg that has a coder: to all that listen, and over its bridge. */
void coder_receive(struct worker *w, struct leg *leg, struct rtp_packet *p);
/** A packet of `src` for `dst`, at least one of which has a coder and which do not simply pass payloads on. */
void coder_forward(struct worker *w, struct leg *dst, struct leg *src, struct rtp_packet *p, uint64_t key);
/** A generated frame to a leg that has a coder: payload behind RTP_HEADER in the worker's scratch; its bytes or < 0. */
int coder_generate(struct worker *w, struct leg *leg, const int16_t *narrow, uint32_t samples);
/** w->wide, a frame of `samples` at 8 kHz, to a leg that has a coder. */
void coder_send_wide(struct worker *w, struct leg *leg, uint32_t samples);
/** What a leg with a coder hears, to its measurement, fork and recording. `ts`: of its outgoing stream. */
void coder_heard(struct worker *w, struct leg *leg, bool seam, const int16_t *narrow, size_t n, uint32_t ts);
/** Timestamp of a packet of `src` in the clock of `dst`. */
uint32_t leg_convert_ts(struct leg *src, const struct leg *dst, uint32_t ts);

#endif
