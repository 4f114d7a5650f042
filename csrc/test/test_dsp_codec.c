/** test_dsp_codec.c  Every codec by what comes out: frequency, level, length; and hostile payloads. */
#include "dsp/codec.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "test/test.h"

enum { SECOND = 16000, PAYLOAD = 1500 };

static const double pi = 3.14159265358979323846;
static const uint8_t codecs[] = {CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_OPUS};

/* Amplitude of one frequency, over whole periods as long as n is a multiple of rate / 50. */
static double amplitude(const int16_t *pcm, size_t n, double hz, double rate)
{
	double re = 0, im = 0;
	for (size_t i = 0; i < n; i++) {
		re += pcm[i] * cos(2 * pi * hz * (double)i / rate);
		im += pcm[i] * sin(2 * pi * hz * (double)i / rate);
	}
	return 2 * sqrt(re * re + im * im) / (double)n;
}

static double power(const int16_t *pcm, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += (double)pcm[i] * pcm[i];
	return sum / (double)n;
}

struct line { /* one encoder and the decoder behind it */
	struct encoder *e;
	struct decoder *d;
	unsigned rate;
	int16_t out[SECOND + CODEC_PACKET_SAMPLES];
	size_t n;
};

static bool line_open(struct line *l, unsigned codec, const struct encoder_opts *o)
{
	l->n = 0;
	l->rate = codec_info(codec)->rate_khz * 1000u;
	l->e = mem_alloc(encoder_size(codec));
	l->d = mem_alloc(decoder_size(codec));
	return l->e && l->d && encoder_init(l->e, codec, o) == 0 && decoder_init(l->d, codec) == 0;
}

static void line_close(struct line *l)
{
	mem_free(l->e);
	mem_free(l->d);
}

static void tone_frame(int16_t *pcm, size_t n, size_t at, double hz, double rate)
{
	for (size_t i = 0; i < n; i++)
		pcm[i] = (int16_t)lrint(8000 * sin(2 * pi * hz * (double)(at + i) / rate));
}

/* Half a second of a tone in packets of `ms`. */
static bool carry(struct line *l, unsigned codec, double hz, unsigned ms)
{
	int16_t pcm[CODEC_PACKET_SAMPLES];
	uint8_t payload[PAYLOAD];
	size_t frame = l->rate / 1000 * ms;
	while (l->n < l->rate / 2) {
		tone_frame(pcm, frame, l->n, hz, l->rate);
		int bytes = encoder_encode(l->e, pcm, frame, payload, sizeof(payload));
		if (bytes <= 0 || codec_samples(codec, payload, (size_t)bytes) != (int)frame)
			return false;
		int got = decoder_decode(l->d, payload, (size_t)bytes, l->out + l->n, CODEC_PACKET_SAMPLES);
		if (got != (int)frame)
			return false;
		l->n += frame;
	}
	return true;
}

TEST(codec_table_says_what_rfc_3551_and_7587_say)
{
	REQUIRE(codec_info(CODEC_G722)->pt == 9 && codec_info(CODEC_G722)->clock_khz == 8);
	REQUIRE(codec_info(CODEC_G722)->rate_khz == 16);
	REQUIRE(codec_info(CODEC_OPUS)->clock_khz == 48 && codec_info(CODEC_OPUS)->channels == 2);
	REQUIRE(codec_info(CODEC_OPUS)->pt == CODEC_PT_DYNAMIC && !codec_info(CODEC_NONE) && !codec_info(3));
	for (unsigned i = 0; i < CODEC_KINDS; i++)
		REQUIRE(codec_at(i) && codec_info(codec_at(i)->codec) == codec_at(i));
	REQUIRE(!codec_at(CODEC_KINDS));
	REQUIRE(decoder_size(CODEC_NONE) == 0 && encoder_size(CODEC_NONE) == 0);
}

TEST(codec_carries_a_tone_at_its_level_in_packets_of_every_length)
{
	static const unsigned lengths[] = {10, 20, 30, 40, 60};
	struct line l = {0};
	for (size_t c = 0; c < sizeof(codecs); c++)
		for (size_t k = 0; k < 5; k++) {
			CHECK(line_open(&l, codecs[c], NULL));
			CHECK(carry(&l, codecs[c], 1000, lengths[k]));
			size_t from = l.rate / 4, n = l.rate / 5; /* settled */
			double got = amplitude(l.out + from, n, 1000, l.rate);
			CHECK(fabs(20 * log10(got / 8000)) < 1.0);
			/* nearly all there is is the tone: 20 dB above the rest */
			CHECK(power(l.out + from, n) - got * got / 2 < 0.01 * got * got / 2);
			line_close(&l);
			l = (struct line){0};
		}
out:
	line_close(&l);
}

TEST(codec_wideband_carries_what_a_telephone_does_not)
{
	struct line l = {0};
	static const uint8_t wide[] = {CODEC_G722, CODEC_OPUS};
	for (size_t c = 0; c < 2; c++) {
		CHECK(line_open(&l, wide[c], NULL));
		CHECK(carry(&l, wide[c], 6000, 20));
		CHECK(fabs(20 * log10(amplitude(l.out + 4000, 3200, 6000, 16000) / 8000)) < 2.0);
		line_close(&l);
		l = (struct line){0};
	}
	/* a far side that plays 8 kHz gets nothing it cannot play */
	CHECK(line_open(&l, CODEC_OPUS, &(struct encoder_opts){.rate_khz = 8}));
	CHECK(carry(&l, CODEC_OPUS, 6000, 20));
	CHECK(20 * log10(amplitude(l.out + 4000, 3200, 6000, 16000) / 8000) < -20);
out:
	line_close(&l);
}

/* The packets of a tone with every tenth lost; what stands in the holes. */
static double power_in_holes(struct line *l, bool fec)
{
	int16_t pcm[320];
	uint8_t payload[2][PAYLOAD];
	int bytes[2] = {0};
	double sum = 0;
	for (unsigned i = 0; i < 40; i++) {
		tone_frame(pcm, 320, i * 320, 700, 16000);
		bytes[i % 2] = encoder_encode(l->e, pcm, 320, payload[i % 2], PAYLOAD);
		if (bytes[i % 2] <= 0)
			return -1;
		if (i % 10 == 9) /* lost: mended when the next one is there */
			continue;
		if (i > 10 && i % 10 == 0) {
			const uint8_t *next = fec ? payload[i % 2] : NULL;
			int n = decoder_conceal(l->d, l->out, 320, next, fec ? (size_t)bytes[i % 2] : 0);
			if (n != 320)
				return -1;
			sum += power(l->out, 320);
		}
		if (decoder_decode(l->d, payload[i % 2], (size_t)bytes[i % 2], l->out, 320) != 320)
			return -1;
	}
	return sum / 2;
}

TEST(codec_opus_conceals_and_mends_from_the_next_packet_once_loss_is_reported)
{
	struct line l = {0};
	double whole = 8000.0 * 8000 / 2;
	CHECK(line_open(&l, CODEC_OPUS, &(struct encoder_opts){.fec = true}));
	CHECK(power_in_holes(&l, false) > whole / 4);
	line_close(&l);
	l = (struct line){0};
	CHECK(line_open(&l, CODEC_OPUS, &(struct encoder_opts){.fec = true}));
	encoder_loss(l.e, 51); /* 20 % */
	double mended = power_in_holes(&l, true);
	CHECK(mended > whole * 0.7 && mended < whole * 1.4);
out:
	line_close(&l);
}

TEST(codec_without_concealment_says_so)
{
	struct line l = {0};
	CHECK(line_open(&l, CODEC_G722, NULL));
	CHECK(decoder_conceal(l.d, l.out, 320, NULL, 0) == 0);
	encoder_loss(l.e, 255); /* means nothing to it */
out:
	line_close(&l);
}

TEST(codec_refuses_what_does_not_fit)
{
	struct line l = {0};
	uint8_t payload[PAYLOAD] = {0};
	for (size_t c = 0; c < sizeof(codecs); c++) {
		CHECK(line_open(&l, codecs[c], NULL));
		CHECK(decoder_decode(l.d, payload, 0, l.out, 1920) == -EBADMSG);
		payload[0] = 0x4b; /* Opus: SILK, code 3, and then a count of 0 */
		payload[1] = 0;
		CHECK(decoder_decode(l.d, payload, 2, l.out, 1) == -EBADMSG);
		CHECK(encoder_encode(l.e, l.out, 0, payload, PAYLOAD) == -EINVAL);
		CHECK(encoder_encode(l.e, l.out, 1921, payload, PAYLOAD) == -EINVAL);
		line_close(&l);
		l = (struct line){0};
	}
	CHECK(line_open(&l, CODEC_G722, NULL));
	CHECK(encoder_encode(l.e, l.out, 321, payload, PAYLOAD) == -EINVAL);
	CHECK(encoder_encode(l.e, l.out, 320, payload, 159) == -EINVAL);
	CHECK(codec_samples(CODEC_G722, payload, 961) == -EBADMSG && codec_samples(CODEC_G722, payload, 960) == 1920);
out:
	line_close(&l);
}

TEST(codec_survives_random_payloads)
{
	struct line l = {0};
	uint8_t payload[200];
	unsigned seed = 5;
	for (size_t c = 2; c < sizeof(codecs); c++) {
		CHECK(line_open(&l, codecs[c], NULL));
		for (int i = 0; i < 300; i++) {
			size_t n = (seed >> 8) % sizeof(payload);
			for (size_t k = 0; k < n; k++)
				payload[k] = (uint8_t)((seed = seed * 1103515245u + 12345u) >> 16);
			seed = seed * 1103515245u + 12345u;
			int want = codec_samples(codecs[c], payload, n);
			int got = decoder_decode(l.d, payload, n, l.out, CODEC_PACKET_SAMPLES);
			CHECK(got == want || (want > 0 && got == -EBADMSG));
		}
		line_close(&l);
		l = (struct line){0};
	}
out:
	line_close(&l);
}
