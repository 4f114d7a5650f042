/** wav.c  RIFF WAVE: walks the chunks, believes no length. Microsoft "Multiple Channel Audio Data and WAVE Files". */
#include "dsp/wav.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "dsp/g711.h"

enum { RIFF_HEAD = 12, CHUNK_HEAD = 8, FMT_MIN = 16, FMT_EXTENSIBLE = 40, TAG_EXTENSIBLE = 0xfffe };

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static int refuse(const char **why, const char *text)
{
	*why = text;
	return -EBADMSG;
}

static unsigned sample_bytes(enum wav_format f)
{
	return f == WAV_PCM16 ? 2 : 1;
}

/* KSDATAFORMAT_SUBTYPE_*: the format tag, then the same 14 bytes for all. */
static bool known_guid(const uint8_t *guid)
{
	static const uint8_t rest[14] = {0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71};
	return memcmp(guid + 2, rest, sizeof(rest)) == 0;
}

static int read_tag(uint16_t *tag, const uint8_t *p, size_t n, const char **why)
{
	*tag = get16(p);
	if (*tag == TAG_EXTENSIBLE) {
		if (n < FMT_EXTENSIBLE)
			return refuse(why, "extensible format chunk is shorter than 40 bytes");
		if (!known_guid(p + 24))
			return refuse(why, "extensible format names an unknown sub-format");
		*tag = get16(p + 24);
	}
	if (*tag != WAV_PCM16 && *tag != WAV_ALAW && *tag != WAV_ULAW)
		return refuse(why, "format is not PCM (1), A-law (6) or mu-law (7)");
	return 0;
}

static int read_fmt(struct wav *w, const uint8_t *p, size_t n, const char **why)
{
	uint16_t tag;
	int err = n < FMT_MIN ? refuse(why, "format chunk is shorter than 16 bytes") : read_tag(&tag, p, n, why);
	if (err)
		return err;
	w->format = (enum wav_format)tag;
	w->channels = get16(p + 2);
	w->rate = get32(p + 4);
	unsigned bytes = sample_bytes(w->format);
	if (w->channels == 0 || w->rate == 0)
		return refuse(why, "no channels or a sample rate of 0");
	if (get16(p + 14) != 8 * bytes)
		return refuse(why, bytes == 2 ? "PCM samples are not 16-bit" : "G.711 samples are not 8-bit");
	if (get16(p + 12) != w->channels * bytes)
		return refuse(why, "block align does not fit channels and sample size");
	return 0;
}

static void take_data(struct wav *w, const uint8_t *p, size_t size, size_t left)
{
	bool open_end = size == 0 || size == UINT32_MAX || size > left;
	w->data = p;
	w->n = open_end ? left : size;
	w->n -= w->n % (w->channels * sample_bytes(w->format));
}

int wav_parse(struct wav *w, const void *file, size_t n, const char **why)
{
	const uint8_t *p = file;
	bool fmt = false;
	*w = (struct wav){0};
	if (n < RIFF_HEAD || memcmp(p, "RIFF", 4) != 0 || memcmp(p + 8, "WAVE", 4) != 0)
		return refuse(why, "not a RIFF WAVE file");
	size_t at = RIFF_HEAD;
	while (n - at >= CHUNK_HEAD) {
		const uint8_t *head = p + at;
		size_t size = get32(head + 4);
		at += CHUNK_HEAD;
		if (memcmp(head, "data", 4) == 0) {
			if (!fmt)
				return refuse(why, "data chunk before the format chunk");
			take_data(w, p + at, size, n - at);
			return 0;
		}
		if (size > n - at)
			return refuse(why, "a chunk is longer than the file");
		if (memcmp(head, "fmt ", 4) == 0) {
			int err = read_fmt(w, p + at, size, why);
			if (err)
				return err;
			fmt = true;
		}
		at += size;
		if ((size & 1) && at < n)
			at++; /* chunks begin at even offsets */
	}
	return refuse(why, fmt ? "no data chunk" : "no format chunk");
}

size_t wav_samples(const struct wav *w)
{
	return w->n / (w->channels * sample_bytes(w->format));
}

size_t wav_decode(const struct wav *w, unsigned channel, int16_t *out)
{
	size_t width = sample_bytes(w->format);
	size_t step = width * w->channels;
	if (channel >= w->channels)
		return 0;
	size_t samples = wav_samples(w);
	const uint8_t *in = w->data + channel * width;
	enum codec c = w->format == WAV_ALAW ? CODEC_PCMA : CODEC_PCMU;
	for (size_t i = 0; i < samples; i++, in += step) {
		if (w->format == WAV_PCM16)
			out[i] = (int16_t)get16(in);
		else
			g711_decode(c, in, 1, out + i);
	}
	return samples;
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v & 0xffff);
	put16(p + 2, v >> 16);
}

void wav_header(uint8_t out[WAV_HEADER], enum wav_format f, uint16_t channels, uint32_t rate, uint32_t data_n)
{
	uint32_t align = channels * sample_bytes(f);
	uint32_t padded = data_n > UINT32_MAX - WAV_HEADER ? UINT32_MAX - WAV_HEADER : data_n + (data_n & 1);
	memcpy(out, "RIFF....WAVEfmt ", 16);
	put32(out + 4, WAV_HEADER - CHUNK_HEAD + padded);
	put32(out + 16, 18);
	put16(out + 20, f);
	put16(out + 22, channels);
	put32(out + 24, rate);
	put32(out + 28, rate * align);
	put16(out + 32, align);
	put16(out + 34, 8 * sample_bytes(f));
	put16(out + 36, 0); /* no extension */
	memcpy(out + 38, "fact", 4);
	put32(out + 42, 4);
	put32(out + 46, align ? data_n / align : 0);
	memcpy(out + 50, "data", 4);
	put32(out + 54, data_n);
}
