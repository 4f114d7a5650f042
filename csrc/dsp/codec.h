/** codec.h  Audio codecs behind one face: what each is in SDP and RTP, payload to linear samples and back.
 *
 *  G.711 is ours; G.722 is spandsp's, Opus libopus'. Linear samples are 16-bit mono at codec_info.rate_khz, so Opus is
 *  decoded and encoded as wideband voice. Decoder and encoder are flat memory that the caller gives (codec_*_size()
 *  bytes, 16-byte aligned as mem_alloc() gives them): nothing here allocates, and no fini is needed.
 *  Sources: RFC 3551 (static types, the 8 kHz clock of G.722 in 4.5.2), RFC 6716 and 7587 (Opus). */
#ifndef DSP_CODEC_H
#define DSP_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "switchroom.h"

/* The longest packet of any codec is 120 ms at 16 kHz; the longest frame we make is 60 ms. */
enum { CODEC_PT_DYNAMIC = 255, CODEC_KINDS = 4, CODEC_PACKET_SAMPLES = 1920, CODEC_PAYLOAD_MAX = 1275 };

struct codec_info {
	const char *name;  /* of a=rtpmap and of the configuration */
	uint8_t codec;	   /* enum codec */
	uint8_t pt;	   /* static payload type, CODEC_PT_DYNAMIC: none */
	uint8_t channels;  /* as a=rtpmap says it */
	uint8_t clock_khz; /* RTP timestamps */
	uint8_t rate_khz;  /* linear samples */
};
/** NULL: CODEC_NONE or no codec of ours. */
const struct codec_info *codec_info(unsigned codec);
/** By place in the table, 0 to CODEC_KINDS - 1. */
const struct codec_info *codec_at(unsigned i);
static inline bool codec_is_g711(unsigned codec)
{
	return codec == CODEC_PCMU || codec == CODEC_PCMA;
}

/** Samples, at the codec's rate, that a payload lasts; its bytes are not decoded. -EBADMSG: no payload of this codec,
 *  or longer than CODEC_PACKET_SAMPLES. */
int codec_samples(unsigned codec, const uint8_t *payload, size_t n);

struct decoder;
size_t decoder_size(unsigned codec); /* 0: unknown codec */
int decoder_init(struct decoder *d, unsigned codec);
/** One packet's payload. Returns samples written, at most `max`; -EBADMSG: not of this codec, or does not fit. */
int decoder_decode(struct decoder *d, const uint8_t *payload, size_t n, int16_t *pcm, size_t max);
/** `samples` (a multiple of 2.5 ms) in the place of a lost packet. `next`: the payload behind the hole when it is
 *  there already, else NULL; Opus may carry the lost one in it (FEC). Returns samples written; 0: this codec conceals
 *  nothing, the caller has to. */
int decoder_conceal(struct decoder *d, int16_t *pcm, size_t samples, const uint8_t *next, size_t next_n);

struct encoder;
struct encoder_opts {	    /* Opus only; 0 anywhere: the default in brackets */
	uint8_t complexity; /* 1-10 [5] */
	uint32_t bitrate;   /* bit/s [24000] */
	uint8_t rate_khz;   /* the far side plays no more than this (maxplaybackrate) [16] */
	bool fec;	    /* the far side can use it: sent while it reports loss */
};
size_t encoder_size(unsigned codec);						   /* 0: unknown codec */
int encoder_init(struct encoder *e, unsigned codec, const struct encoder_opts *o); /* `o` NULL: defaults */
/** One packet's payload of 10, 20, 30, 40 or 60 ms. Returns bytes, at most `max`; -EINVAL: not such a length or no
 *  room. G.711 and G.722 take any (even) number of samples. */
int encoder_encode(struct encoder *e, const int16_t *pcm, size_t samples, uint8_t *payload, size_t max);
/** What the far side reported: lost packets of 256 (RFC 3550 fraction lost). */
void encoder_loss(struct encoder *e, unsigned fraction);

#endif
