/** test_dsp_g711.c  G.711 against its defining arithmetic (ITU-T G.711 tables 1 and 2), every code and every sample. */
#include "dsp/g711.h"
#include "test/test.h"

#include <stdlib.h>
#include <string.h>

static const enum codec laws[2] = {CODEC_PCMU, CODEC_PCMA};

/* Decision values straight from the tables' columns: segment, first value, step. In units of a 14-bit (mu-law)
 * or 13-bit (A-law) sample magnitude; the encoder's interval of code k is [first(k), first(k + 1)). */
static int ulaw_first(int code)
{
	static const int segment[8] = {0, 31, 95, 223, 479, 991, 2015, 4063};
	int s = code >> 4;
	int step = code & 15;
	if (s == 0)
		return step == 0 ? 0 : 2 * step - 1; /* the first interval is half as wide */
	return segment[s] + step * (2 << s);
}

static int alaw_first(int code)
{
	static const int segment[8] = {0, 32, 64, 128, 256, 512, 1024, 2048};
	static const int width[8] = {2, 2, 4, 8, 16, 32, 64, 128};
	return segment[code >> 4] + (code & 15) * width[code >> 4];
}

static int16_t decoded(enum codec c, uint8_t code)
{
	int16_t v;
	g711_decode(c, &code, 1, &v);
	return v;
}

static uint8_t encoded(enum codec c, int16_t v)
{
	uint8_t code;
	g711_encode(c, &v, 1, &code);
	return code;
}

TEST(g711_ulaw_decodes_to_the_middle_of_its_interval)
{
	for (int k = 0; k < 128; k++) {
		/* Table 2: value 0 is 0, the others half way between two decision values; 14 bits to 16. */
		int last = k == 127 ? 8159 : ulaw_first(k + 1);
		int want = k == 0 ? 0 : (ulaw_first(k) + last) * 4 / 2;
		REQUIRE(decoded(CODEC_PCMU, (uint8_t)(0xff - k)) == want);
		REQUIRE(decoded(CODEC_PCMU, (uint8_t)(0x7f - k)) == -want);
	}
}

TEST(g711_alaw_decodes_to_the_middle_of_its_interval)
{
	for (int k = 0; k < 128; k++) {
		int last = k == 127 ? 4096 : alaw_first(k + 1);
		int want = (alaw_first(k) + last) * 8 / 2;
		REQUIRE(decoded(CODEC_PCMA, (uint8_t)(k ^ 0xd5)) == want);
		REQUIRE(decoded(CODEC_PCMA, (uint8_t)(k ^ 0x55)) == -want);
	}
}

TEST(g711_encodes_every_sample_into_its_interval)
{
	int ulaw = 0;
	int alaw = 0;
	for (int v = 0; v <= 32767; v++) {
		while (ulaw < 127 && (v >> 2) >= ulaw_first(ulaw + 1))
			ulaw++;
		while (alaw < 127 && (v >> 3) >= alaw_first(alaw + 1))
			alaw++;
		REQUIRE(encoded(CODEC_PCMU, (int16_t)v) == 0xff - ulaw);
		REQUIRE(encoded(CODEC_PCMA, (int16_t)v) == (alaw ^ 0xd5));
		/* G.191: the mirror image of v is ~v. */
		REQUIRE(encoded(CODEC_PCMU, (int16_t)~v) == 0x7f - ulaw);
		REQUIRE(encoded(CODEC_PCMA, (int16_t)~v) == (alaw ^ 0x55));
	}
}

TEST(g711_codes_survive_decoding_and_encoding)
{
	for (int i = 0; i < 2; i++)
		for (int code = 0; code < 256; code++) {
			/* mu-law has two zeros; both decode to 0, which is the positive one. */
			int want = i == 0 && code == 0x7f ? 0xff : code;
			REQUIRE(encoded(laws[i], decoded(laws[i], (uint8_t)code)) == want);
		}
}

TEST(g711_encodes_blocks_of_any_length_like_single_samples)
{
	int16_t pcm[100];
	uint8_t out[101];
	unsigned seed = 1;
	for (size_t i = 0; i < 100; i++)
		pcm[i] = (int16_t)(seed = seed * 1103515245u + 12345u, seed >> 16);
	for (int law = 0; law < 2; law++)
		for (size_t n = 0; n <= 100; n++) {
			int16_t *in = test_guarded(pcm, n * sizeof(*in));
			memset(out, 0xa5, sizeof(out));
			g711_encode(laws[law], in, n, out);
			for (size_t i = 0; i < n; i++)
				REQUIRE(out[i] == encoded(laws[law], pcm[i]));
			REQUIRE(out[n] == 0xa5);
		}
}

TEST(g711_every_instruction_set_gives_the_same_bits)
{
	uint8_t codes[256];
	int16_t pcm[256], want[256], samples[1024];
	uint8_t got[1024];
	for (int code = 0; code < 256; code++)
		codes[code] = (uint8_t)code;
	for (unsigned set = 0; set < g711_sets(); set++)
		for (int law = 0; law < 2; law++) {
			for (int code = 0; code < 256; code++) /* one at a time goes by table */
				g711_decode_by(set, laws[law], codes + code, 1, want + code);
			g711_decode_by(set, laws[law], codes, 256, pcm);
			REQUIRE(memcmp(pcm, want, sizeof(pcm)) == 0);
			for (int from = INT16_MIN; from < INT16_MAX; from += 1024) {
				for (int i = 0; i < 1024; i++)
					samples[i] = (int16_t)(from + i);
				g711_encode_by(set, laws[law], samples, 1024, got);
				for (int i = 0; i < 1024; i++)
					REQUIRE(got[i] == encoded(laws[law], samples[i]));
			}
		}
}

TEST(g711_transcodes_like_decoding_and_encoding_in_place)
{
	for (int law = 0; law < 2; law++)
		for (int code = 0; code < 256; code++) {
			uint8_t b = (uint8_t)code;
			g711_transcode(laws[law], laws[!law], &b, 1, &b);
			REQUIRE(b == encoded(laws[!law], decoded(laws[law], (uint8_t)code)));
			b = (uint8_t)code;
			g711_transcode(laws[law], laws[law], &b, 1, &b);
			REQUIRE(b == code);
		}
}

TEST(g711_silence_decodes_to_almost_nothing)
{
	REQUIRE(decoded(CODEC_PCMU, g711_silence(CODEC_PCMU)) == 0);
	REQUIRE(abs(decoded(CODEC_PCMA, g711_silence(CODEC_PCMA))) == 8);
}
