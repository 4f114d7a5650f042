/** codec.c  The table of codecs, and G.711, G.722 and Opus behind decoder and encoder. */
#include "dsp/codec.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <opus.h>
#include <spandsp/telephony.h>

#include <spandsp/g722.h>
#include <spandsp/private/g722.h>

#include "dsp/g711.h"

enum {
	G722_BITRATE = 64000,
	OPUS_RATE = 16000,
	OPUS_STEP = OPUS_RATE / 400, /* 2.5 ms, the shortest frame */
	OPUS_FRAME_MS = 20,
	COMPLEXITY = 5,
	BITRATE = 24000, /* RFC 7587 3.1.1: 16 to 20 kbit/s is good wideband speech; some room for FEC */
	LOSS_FLOOR = 1,	 /* percent: below it FEC costs more than it mends */
};

struct decoder {
	uint8_t codec;
	union {
		g722_decode_state_t g722;
		max_align_t opus; /* what opus_decoder_get_size() says begins here */
	} u;
};

struct encoder {
	uint8_t codec;
	bool fec;
	union {
		g722_encode_state_t g722;
		max_align_t opus;
	} u;
};

static const struct codec_info table[CODEC_KINDS] = {
	{.name = "PCMU", .codec = CODEC_PCMU, .pt = 0, .channels = 1, .clock_khz = 8, .rate_khz = 8},
	{.name = "PCMA", .codec = CODEC_PCMA, .pt = 8, .channels = 1, .clock_khz = 8, .rate_khz = 8},
	{.name = "G722", .codec = CODEC_G722, .pt = 9, .channels = 1, .clock_khz = 8, .rate_khz = 16},
	{.name = "opus", .codec = CODEC_OPUS, .pt = CODEC_PT_DYNAMIC, .channels = 2, .clock_khz = 48, .rate_khz = 16},
};

const struct codec_info *codec_info(unsigned codec)
{
	for (unsigned i = 0; i < CODEC_KINDS; i++)
		if (table[i].codec == codec)
			return &table[i];
	return NULL;
}

const struct codec_info *codec_at(unsigned i)
{
	return i < CODEC_KINDS ? &table[i] : NULL;
}

int codec_samples(unsigned codec, const uint8_t *payload, size_t n)
{
	int samples = -1;
	if (n == 0 || n > CODEC_PACKET_SAMPLES)
		return -EBADMSG;
	if (codec_is_g711(codec))
		samples = (int)n;
	else if (codec == CODEC_G722)
		samples = (int)n * 2;
	else if (codec == CODEC_OPUS)
		samples = opus_packet_get_nb_samples(payload, (opus_int32)n, OPUS_RATE);
	return samples > 0 && samples <= CODEC_PACKET_SAMPLES ? samples : -EBADMSG;
}

/* ---------------------------------------------------------------- decoding */

static OpusDecoder *opus_of(struct decoder *d)
{
	return (OpusDecoder *)(void *)&d->u;
}

size_t decoder_size(unsigned codec)
{
	if (codec == CODEC_OPUS)
		return offsetof(struct decoder, u) + (size_t)opus_decoder_get_size(1);
	return codec_info(codec) ? sizeof(struct decoder) : 0;
}

int decoder_init(struct decoder *d, unsigned codec)
{
	if (!codec_info(codec))
		return -EINVAL;
	d->codec = (uint8_t)codec;
	if (codec == CODEC_G722)
		g722_decode_init(&d->u.g722, G722_BITRATE, 0);
	else if (codec == CODEC_OPUS && opus_decoder_init(opus_of(d), OPUS_RATE, 1) != OPUS_OK)
		return -EINVAL;
	return 0;
}

int decoder_decode(struct decoder *d, const uint8_t *payload, size_t n, int16_t *pcm, size_t max)
{
	int samples = codec_samples(d->codec, payload, n);
	if (samples < 0 || (size_t)samples > max)
		return -EBADMSG;
	if (codec_is_g711(d->codec))
		g711_decode((enum codec)d->codec, payload, n, pcm);
	else if (d->codec == CODEC_G722)
		samples = g722_decode(&d->u.g722, pcm, payload, (int)n);
	else
		samples = opus_decode(opus_of(d), payload, (opus_int32)n, pcm, samples, 0);
	return samples < 0 ? -EBADMSG : samples;
}

int decoder_conceal(struct decoder *d, int16_t *pcm, size_t samples, const uint8_t *next, size_t next_n)
{
	if (d->codec != CODEC_OPUS || samples == 0 || samples > CODEC_PACKET_SAMPLES || samples % OPUS_STEP)
		return 0;
	int got = -1;
	/* RFC 6716 2.1.7: the copy of a frame travels in the packet behind it. Without one in there this conceals. */
	if (next && next_n)
		got = opus_decode(opus_of(d), next, (opus_int32)next_n, pcm, (int)samples, 1);
	if (got < 0)
		got = opus_decode(opus_of(d), NULL, 0, pcm, (int)samples, 0);
	return got < 0 ? 0 : got;
}

/* ---------------------------------------------------------------- encoding */

static OpusEncoder *opus_to(struct encoder *e)
{
	return (OpusEncoder *)(void *)&e->u;
}

size_t encoder_size(unsigned codec)
{
	if (codec == CODEC_OPUS)
		return offsetof(struct encoder, u) + (size_t)opus_encoder_get_size(1);
	return codec_info(codec) ? sizeof(struct encoder) : 0;
}

static int init_opus(struct encoder *e, const struct encoder_opts *o)
{
	OpusEncoder *enc = opus_to(e);
	int complexity = o->complexity ? o->complexity : COMPLEXITY;
	opus_int32 bitrate = o->bitrate ? (opus_int32)o->bitrate : BITRATE;
	opus_int32 band = o->rate_khz == 0 || o->rate_khz >= 16 ? OPUS_BANDWIDTH_WIDEBAND
			  : o->rate_khz >= 12			? OPUS_BANDWIDTH_MEDIUMBAND
								: OPUS_BANDWIDTH_NARROWBAND;
	if (opus_encoder_init(enc, OPUS_RATE, 1, OPUS_APPLICATION_VOIP) != OPUS_OK ||
	    opus_encoder_ctl(enc, OPUS_SET_COMPLEXITY(complexity)) != OPUS_OK ||
	    opus_encoder_ctl(enc, OPUS_SET_BITRATE(bitrate)) != OPUS_OK ||
	    opus_encoder_ctl(enc, OPUS_SET_MAX_BANDWIDTH(band)) != OPUS_OK ||
	    opus_encoder_ctl(enc, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE)) != OPUS_OK)
		return -EINVAL;
	e->fec = o->fec;
	return 0;
}

int encoder_init(struct encoder *e, unsigned codec, const struct encoder_opts *o)
{
	static const struct encoder_opts standard;
	if (!codec_info(codec))
		return -EINVAL;
	e->codec = (uint8_t)codec;
	e->fec = false;
	if (codec == CODEC_G722)
		g722_encode_init(&e->u.g722, G722_BITRATE, 0);
	return codec == CODEC_OPUS ? init_opus(e, o ? o : &standard) : 0;
}

/* Opus has frames of 10, 20, 40 and 60 ms; 30 ms are three frames in one packet (RFC 6716 3.2.5). */
static int encode_three(struct encoder *e, const int16_t *pcm, size_t samples, uint8_t *payload, size_t max)
{
	max_align_t memory[64]; /* opus_repacketizer_get_size() is a few hundred bytes, see the check */
	OpusRepacketizer *rp = (OpusRepacketizer *)(void *)memory;
	uint8_t frames[3][CODEC_PAYLOAD_MAX];
	if ((size_t)opus_repacketizer_get_size() > sizeof(memory))
		return -EINVAL;
	opus_repacketizer_init(rp);
	for (size_t i = 0; i < 3; i++) {
		int n = opus_encode(opus_to(e), pcm + i * samples / 3, (int)samples / 3, frames[i], CODEC_PAYLOAD_MAX);
		/* A change of mode between frames cannot share a packet: what came before it is sent. */
		if (n <= 0 || opus_repacketizer_cat(rp, frames[i], n) != OPUS_OK)
			break;
	}
	int n = opus_repacketizer_out(rp, payload, (opus_int32)max);
	return n > 0 ? n : -EINVAL;
}

static int encode_opus(struct encoder *e, const int16_t *pcm, size_t samples, uint8_t *payload, size_t max)
{
	if (samples == 30 * OPUS_RATE / 1000)
		return encode_three(e, pcm, samples, payload, max);
	int n = opus_encode(opus_to(e), pcm, (int)samples, payload, (opus_int32)max);
	return n > 0 ? n : -EINVAL;
}

int encoder_encode(struct encoder *e, const int16_t *pcm, size_t samples, uint8_t *payload, size_t max)
{
	size_t bytes = e->codec == CODEC_G722 ? samples / 2 : samples;
	if (samples == 0 || samples > CODEC_PACKET_SAMPLES)
		return -EINVAL;
	if (e->codec == CODEC_OPUS)
		return encode_opus(e, pcm, samples, payload, max);
	if (bytes > max || (e->codec == CODEC_G722 && samples % 2))
		return -EINVAL;
	if (e->codec == CODEC_G722)
		return g722_encode(&e->u.g722, payload, pcm, (int)samples);
	g711_encode((enum codec)e->codec, pcm, samples, payload);
	return (int)bytes;
}

void encoder_loss(struct encoder *e, unsigned fraction)
{
	unsigned percent = (fraction > 255 ? 255 : fraction) * 100 / 256;
	if (e->codec != CODEC_OPUS || !e->fec)
		return;
	(void)opus_encoder_ctl(opus_to(e), OPUS_SET_INBAND_FEC(percent >= LOSS_FLOOR));
	(void)opus_encoder_ctl(opus_to(e), OPUS_SET_PACKET_LOSS_PERC((opus_int32)percent));
}
