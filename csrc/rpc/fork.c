/** fork.c  Media fork framing and formats. */
#include "rpc/fork.h"

#include <errno.h>
#include <string.h>

#include "dsp/g711.h"
#include "rtp/packet.h"

void fork_write(uint8_t out[FORK_HEADER], const struct fork_frame *f)
{
	out[0] = FORK_VERSION;
	out[1] = f->leg;
	out[2] = f->kind;
	out[3] = f->flags;
	put_be32(out + 4, f->seq);
	put_be32(out + 8, (uint32_t)(f->clock >> 32));
	put_be32(out + 12, (uint32_t)f->clock);
	put_be16(out + 16, f->n);
	put_be16(out + 18, 0);
}

int fork_read(struct fork_frame *f, const uint8_t *data, size_t n)
{
	/* As soon as a byte is there it is judged: nobody is made to wait for what will be refused. */
	if (n > 0 && data[0] != FORK_VERSION)
		return -EBADMSG;
	if (n > 2 && (data[2] < FORK_AUDIO || data[2] > FORK_CLEAR))
		return -EBADMSG;
	if (n < FORK_HEADER)
		return -EAGAIN;
	*f = (struct fork_frame){.leg = data[1],
				 .kind = data[2],
				 .flags = data[3],
				 .seq = get_be32(data + 4),
				 .clock = (uint64_t)get_be32(data + 8) << 32 | get_be32(data + 12),
				 .n = get_be16(data + 16)};
	if (f->flags != 0 || f->n > FORK_PAYLOAD_MAX || get_be16(data + 18) != 0)
		return -EBADMSG;
	return n - FORK_HEADER < f->n ? -EAGAIN : 0;
}

int fork_codec_init(struct fork_codec *c, enum fork_format format, unsigned khz, unsigned channels, bool outwards)
{
	memset(c, 0, sizeof(*c));
	if ((unsigned)format >= FORK_FORMATS || (khz != 8 && (khz != 16 || format != FORK_PCM)) || channels < 1 ||
	    channels > 2)
		return -EINVAL;
	c->format = (uint8_t)format;
	c->khz = (uint8_t)khz;
	c->channels = (uint8_t)channels;
	for (unsigned i = 0; khz == 16 && i < 2; i++) {
		int err = outwards ? resampler_init(&c->filter[i], 8, 16) : resampler_init(&c->filter[i], 16, 8);
		if (err)
			return err;
	}
	return 0;
}

static void put_sample(uint8_t *out, int16_t v)
{
	out[0] = (uint8_t)((uint16_t)v & 0xff);
	out[1] = (uint8_t)((uint16_t)v >> 8);
}

static size_t encode_channel(struct fork_codec *c, unsigned channel, const int16_t *pcm, uint8_t *out)
{
	int16_t wide[2 * FORK_SAMPLES + 8];
	uint8_t codes[FORK_SAMPLES];
	size_t n = FORK_SAMPLES;
	if (c->format != FORK_PCM) {
		g711_encode(c->format == FORK_PCMU ? CODEC_PCMU : CODEC_PCMA, pcm, n, codes);
		for (size_t i = 0; i < n; i++)
			out[i * c->channels + channel] = codes[i];
		return n;
	}
	if (c->khz == 16) {
		n = resampler_run(&c->filter[channel], pcm, FORK_SAMPLES, wide);
		pcm = wide;
	}
	for (size_t i = 0; i < n; i++)
		put_sample(out + 2 * (i * c->channels + channel), pcm[i]);
	return 2 * n;
}

size_t fork_encode(struct fork_codec *c, const int16_t *pcm, uint8_t out[FORK_FRAME_MAX])
{
	size_t n = 0;
	for (unsigned i = 0; i < c->channels; i++)
		n += encode_channel(c, i, pcm + (size_t)i * FORK_SAMPLES, out);
	return n;
}

int fork_decode(struct fork_codec *c, const uint8_t *data, size_t n, int16_t out[FORK_PAYLOAD_MAX])
{
	int16_t wide[FORK_PAYLOAD_MAX / 2];
	if (n > FORK_PAYLOAD_MAX)
		return -EBADMSG;
	if (c->format != FORK_PCM) {
		g711_decode(c->format == FORK_PCMU ? CODEC_PCMU : CODEC_PCMA, data, n, out);
		return (int)n;
	}
	if (n % 2)
		return -EBADMSG;
	int16_t *to = c->khz == 16 ? wide : out;
	for (size_t i = 0; i < n / 2; i++)
		to[i] = (int16_t)(data[2 * i] | data[2 * i + 1] << 8);
	return c->khz == 16 ? (int)resampler_run(&c->filter[0], wide, n / 2, out) : (int)(n / 2);
}
