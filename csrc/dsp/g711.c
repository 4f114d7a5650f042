/** g711.c  A float's exponent and the first four bits of its mantissa are a G.711 segment and step, so both ways are
 *  plain arithmetic that compilers turn into vectors: for the base instruction set, and once more for AVX2, chosen by
 *  what the processor says. Short ends and transcoding go by table, which is also what the vectors are tested against.
 *  Negative samples are folded by one's complement, as the ITU software tool library (G.191) does. */
#include "dsp/g711.h"

#include <string.h>

/* clang-format off */
/* What a code decodes to, ITU-T G.711 tables 1 and 2, as 16-bit samples. */
static const int16_t ulaw_linear[256] = {
	-32124, -31100, -30076, -29052, -28028, -27004, -25980, -24956, -23932, -22908, -21884, -20860, -19836, -18812, -17788, -16764,
	-15996, -15484, -14972, -14460, -13948, -13436, -12924, -12412, -11900, -11388, -10876, -10364, -9852, -9340, -8828, -8316,
	-7932, -7676, -7420, -7164, -6908, -6652, -6396, -6140, -5884, -5628, -5372, -5116, -4860, -4604, -4348, -4092,
	-3900, -3772, -3644, -3516, -3388, -3260, -3132, -3004, -2876, -2748, -2620, -2492, -2364, -2236, -2108, -1980,
	-1884, -1820, -1756, -1692, -1628, -1564, -1500, -1436, -1372, -1308, -1244, -1180, -1116, -1052, -988, -924,
	-876, -844, -812, -780, -748, -716, -684, -652, -620, -588, -556, -524, -492, -460, -428, -396,
	-372, -356, -340, -324, -308, -292, -276, -260, -244, -228, -212, -196, -180, -164, -148, -132,
	-120, -112, -104, -96, -88, -80, -72, -64, -56, -48, -40, -32, -24, -16, -8, 0,
	32124, 31100, 30076, 29052, 28028, 27004, 25980, 24956, 23932, 22908, 21884, 20860, 19836, 18812, 17788, 16764,
	15996, 15484, 14972, 14460, 13948, 13436, 12924, 12412, 11900, 11388, 10876, 10364, 9852, 9340, 8828, 8316,
	7932, 7676, 7420, 7164, 6908, 6652, 6396, 6140, 5884, 5628, 5372, 5116, 4860, 4604, 4348, 4092,
	3900, 3772, 3644, 3516, 3388, 3260, 3132, 3004, 2876, 2748, 2620, 2492, 2364, 2236, 2108, 1980,
	1884, 1820, 1756, 1692, 1628, 1564, 1500, 1436, 1372, 1308, 1244, 1180, 1116, 1052, 988, 924,
	876, 844, 812, 780, 748, 716, 684, 652, 620, 588, 556, 524, 492, 460, 428, 396,
	372, 356, 340, 324, 308, 292, 276, 260, 244, 228, 212, 196, 180, 164, 148, 132,
	120, 112, 104, 96, 88, 80, 72, 64, 56, 48, 40, 32, 24, 16, 8, 0,
};
static const int16_t alaw_linear[256] = {
	-5504, -5248, -6016, -5760, -4480, -4224, -4992, -4736, -7552, -7296, -8064, -7808, -6528, -6272, -7040, -6784,
	-2752, -2624, -3008, -2880, -2240, -2112, -2496, -2368, -3776, -3648, -4032, -3904, -3264, -3136, -3520, -3392,
	-22016, -20992, -24064, -23040, -17920, -16896, -19968, -18944, -30208, -29184, -32256, -31232, -26112, -25088, -28160, -27136,
	-11008, -10496, -12032, -11520, -8960, -8448, -9984, -9472, -15104, -14592, -16128, -15616, -13056, -12544, -14080, -13568,
	-344, -328, -376, -360, -280, -264, -312, -296, -472, -456, -504, -488, -408, -392, -440, -424,
	-88, -72, -120, -104, -24, -8, -56, -40, -216, -200, -248, -232, -152, -136, -184, -168,
	-1376, -1312, -1504, -1440, -1120, -1056, -1248, -1184, -1888, -1824, -2016, -1952, -1632, -1568, -1760, -1696,
	-688, -656, -752, -720, -560, -528, -624, -592, -944, -912, -1008, -976, -816, -784, -880, -848,
	5504, 5248, 6016, 5760, 4480, 4224, 4992, 4736, 7552, 7296, 8064, 7808, 6528, 6272, 7040, 6784,
	2752, 2624, 3008, 2880, 2240, 2112, 2496, 2368, 3776, 3648, 4032, 3904, 3264, 3136, 3520, 3392,
	22016, 20992, 24064, 23040, 17920, 16896, 19968, 18944, 30208, 29184, 32256, 31232, 26112, 25088, 28160, 27136,
	11008, 10496, 12032, 11520, 8960, 8448, 9984, 9472, 15104, 14592, 16128, 15616, 13056, 12544, 14080, 13568,
	344, 328, 376, 360, 280, 264, 312, 296, 472, 456, 504, 488, 408, 392, 440, 424,
	88, 72, 120, 104, 24, 8, 56, 40, 216, 200, 248, 232, 152, 136, 184, 168,
	1376, 1312, 1504, 1440, 1120, 1056, 1248, 1184, 1888, 1824, 2016, 1952, 1632, 1568, 1760, 1696,
	688, 656, 752, 720, 560, 528, 624, 592, 944, 912, 1008, 976, 816, 784, 880, 848,
};
/* The code of the other law that the decoded value gets. Within one step of G.711 tables 3 and 4. */
static const uint8_t ulaw_alaw[256] = {
	0x2a, 0x2b, 0x28, 0x29, 0x2e, 0x2f, 0x2c, 0x2d, 0x22, 0x23, 0x20, 0x21, 0x26, 0x27, 0x24, 0x25,
	0x3a, 0x3b, 0x38, 0x39, 0x3e, 0x3f, 0x3c, 0x3d, 0x32, 0x33, 0x30, 0x31, 0x36, 0x37, 0x34, 0x35,
	0x0b, 0x08, 0x09, 0x0e, 0x0f, 0x0c, 0x0d, 0x02, 0x03, 0x00, 0x01, 0x06, 0x07, 0x04, 0x05, 0x1a,
	0x1b, 0x18, 0x19, 0x1e, 0x1f, 0x1c, 0x1d, 0x12, 0x13, 0x10, 0x11, 0x16, 0x17, 0x14, 0x15, 0x6b,
	0x68, 0x69, 0x6e, 0x6f, 0x6c, 0x6d, 0x62, 0x63, 0x60, 0x61, 0x66, 0x67, 0x64, 0x65, 0x7b, 0x79,
	0x7e, 0x7f, 0x7c, 0x7d, 0x72, 0x73, 0x70, 0x71, 0x76, 0x77, 0x74, 0x75, 0x4b, 0x49, 0x4f, 0x4d,
	0x42, 0x43, 0x40, 0x41, 0x46, 0x47, 0x44, 0x45, 0x5a, 0x5b, 0x58, 0x59, 0x5e, 0x5f, 0x5c, 0x5d,
	0x52, 0x53, 0x53, 0x50, 0x50, 0x51, 0x51, 0x56, 0x56, 0x57, 0x57, 0x54, 0x54, 0x55, 0x55, 0xd5,
	0xaa, 0xab, 0xa8, 0xa9, 0xae, 0xaf, 0xac, 0xad, 0xa2, 0xa3, 0xa0, 0xa1, 0xa6, 0xa7, 0xa4, 0xa5,
	0xba, 0xbb, 0xb8, 0xb9, 0xbe, 0xbf, 0xbc, 0xbd, 0xb2, 0xb3, 0xb0, 0xb1, 0xb6, 0xb7, 0xb4, 0xb5,
	0x8b, 0x88, 0x89, 0x8e, 0x8f, 0x8c, 0x8d, 0x82, 0x83, 0x80, 0x81, 0x86, 0x87, 0x84, 0x85, 0x9a,
	0x9b, 0x98, 0x99, 0x9e, 0x9f, 0x9c, 0x9d, 0x92, 0x93, 0x90, 0x91, 0x96, 0x97, 0x94, 0x95, 0xeb,
	0xe8, 0xe9, 0xee, 0xef, 0xec, 0xed, 0xe2, 0xe3, 0xe0, 0xe1, 0xe6, 0xe7, 0xe4, 0xe5, 0xfb, 0xf9,
	0xfe, 0xff, 0xfc, 0xfd, 0xf2, 0xf3, 0xf0, 0xf1, 0xf6, 0xf7, 0xf4, 0xf5, 0xcb, 0xc9, 0xcf, 0xcd,
	0xc2, 0xc3, 0xc0, 0xc1, 0xc6, 0xc7, 0xc4, 0xc5, 0xda, 0xdb, 0xd8, 0xd9, 0xde, 0xdf, 0xdc, 0xdd,
	0xd2, 0xd2, 0xd3, 0xd3, 0xd0, 0xd0, 0xd1, 0xd1, 0xd6, 0xd6, 0xd7, 0xd7, 0xd4, 0xd4, 0xd5, 0xd5,
};
static const uint8_t alaw_ulaw[256] = {
	0x29, 0x2a, 0x27, 0x28, 0x2d, 0x2e, 0x2b, 0x2c, 0x21, 0x22, 0x1f, 0x20, 0x25, 0x26, 0x23, 0x24,
	0x39, 0x3a, 0x37, 0x38, 0x3d, 0x3e, 0x3b, 0x3c, 0x31, 0x32, 0x2f, 0x30, 0x35, 0x36, 0x33, 0x34,
	0x0a, 0x0b, 0x08, 0x09, 0x0e, 0x0f, 0x0c, 0x0d, 0x02, 0x03, 0x00, 0x01, 0x06, 0x07, 0x04, 0x05,
	0x1a, 0x1b, 0x18, 0x19, 0x1e, 0x1f, 0x1c, 0x1d, 0x12, 0x13, 0x10, 0x11, 0x16, 0x17, 0x14, 0x15,
	0x62, 0x63, 0x60, 0x61, 0x66, 0x67, 0x64, 0x65, 0x5d, 0x5d, 0x5c, 0x5c, 0x5f, 0x5f, 0x5e, 0x5e,
	0x74, 0x76, 0x70, 0x72, 0x7c, 0x7e, 0x78, 0x7a, 0x6a, 0x6b, 0x68, 0x69, 0x6e, 0x6f, 0x6c, 0x6d,
	0x48, 0x49, 0x46, 0x47, 0x4c, 0x4d, 0x4a, 0x4b, 0x40, 0x41, 0x3f, 0x3f, 0x44, 0x45, 0x42, 0x43,
	0x56, 0x57, 0x54, 0x55, 0x5a, 0x5b, 0x58, 0x59, 0x4f, 0x4f, 0x4e, 0x4e, 0x52, 0x53, 0x50, 0x51,
	0xa9, 0xaa, 0xa7, 0xa8, 0xad, 0xae, 0xab, 0xac, 0xa1, 0xa2, 0x9f, 0xa0, 0xa5, 0xa6, 0xa3, 0xa4,
	0xb9, 0xba, 0xb7, 0xb8, 0xbd, 0xbe, 0xbb, 0xbc, 0xb1, 0xb2, 0xaf, 0xb0, 0xb5, 0xb6, 0xb3, 0xb4,
	0x8a, 0x8b, 0x88, 0x89, 0x8e, 0x8f, 0x8c, 0x8d, 0x82, 0x83, 0x80, 0x81, 0x86, 0x87, 0x84, 0x85,
	0x9a, 0x9b, 0x98, 0x99, 0x9e, 0x9f, 0x9c, 0x9d, 0x92, 0x93, 0x90, 0x91, 0x96, 0x97, 0x94, 0x95,
	0xe2, 0xe3, 0xe0, 0xe1, 0xe6, 0xe7, 0xe4, 0xe5, 0xdd, 0xdd, 0xdc, 0xdc, 0xdf, 0xdf, 0xde, 0xde,
	0xf4, 0xf6, 0xf0, 0xf2, 0xfc, 0xfe, 0xf8, 0xfa, 0xea, 0xeb, 0xe8, 0xe9, 0xee, 0xef, 0xec, 0xed,
	0xc8, 0xc9, 0xc6, 0xc7, 0xcc, 0xcd, 0xca, 0xcb, 0xc0, 0xc1, 0xbf, 0xbf, 0xc4, 0xc5, 0xc2, 0xc3,
	0xd6, 0xd7, 0xd4, 0xd5, 0xda, 0xdb, 0xd8, 0xd9, 0xcf, 0xcf, 0xce, 0xce, 0xd2, 0xd3, 0xd0, 0xd1,
};
/* clang-format on */

enum { BLOCK = 32 }; /* a constant trip count: gcc -O2 vectorises only such loops */

#define INLINE static inline __attribute__((always_inline))

INLINE uint32_t float_bits(int32_t v)
{
	float f = (float)v;
	uint32_t u;
	memcpy(&u, &f, sizeof(u));
	return u;
}

/* Exponent and four mantissa bits of a magnitude whose segment 0 begins at 2^first. */
INLINE uint32_t segment_step(int32_t magnitude, uint32_t first)
{
	return (float_bits(magnitude) >> 19) - ((127 + first) << 4);
}

/* The way back: the middle of the step's interval. Exact, and small enough for an int. */
INLINE int32_t middle(uint32_t code, uint32_t first)
{
	uint32_t u = (code + ((127 + first) << 4)) << 19 | 1u << 18;
	float f;
	memcpy(&f, &u, sizeof(f));
	return (int32_t)f;
}

INLINE void ulaw_encode(const int16_t *restrict in, uint8_t *restrict out)
{
	for (int i = 0; i < BLOCK; i++) {
		int32_t sign = in[i] >> 15; /* 0 or -1 */
		int32_t m = ((in[i] ^ sign) >> 2) + 33;
		m = m > 8191 ? 8191 : m;
		out[i] = (uint8_t)((segment_step(m, 5) ^ 0xffu) ^ ((uint32_t)sign & 0x80u));
	}
}

INLINE void alaw_encode(const int16_t *restrict in, uint8_t *restrict out)
{
	for (int i = 0; i < BLOCK; i++) {
		int32_t sign = in[i] >> 15;
		int32_t m = (in[i] ^ sign) >> 4;
		/* Segment 0 has the steps of segment 1: as if it were that, and taken back. */
		int32_t linear = m < 16 ? 16 : 0;
		uint32_t code = segment_step(m + linear, 3) - (uint32_t)linear;
		out[i] = (uint8_t)((code ^ 0xd5u) ^ ((uint32_t)sign & 0x80u));
	}
}

INLINE void ulaw_decode(const uint8_t *restrict in, int16_t *restrict out)
{
	for (int i = 0; i < BLOCK; i++) {
		uint32_t code = in[i] ^ 0xffu;
		int32_t sign = -(int32_t)(code >> 7);
		int32_t m = (middle(code & 0x7f, 5) - 33) * 4;
		out[i] = (int16_t)((m ^ sign) - sign);
	}
}

INLINE void alaw_decode(const uint8_t *restrict in, int16_t *restrict out)
{
	for (int i = 0; i < BLOCK; i++) {
		uint32_t code = in[i] ^ 0xd5u;
		int32_t sign = -(int32_t)(code >> 7);
		uint32_t k = code & 0x7f;
		uint32_t linear = k < 16 ? 16 : 0;
		int32_t m = (middle(k + linear, 4) - 2 * (int32_t)linear) * 8;
		out[i] = (int16_t)((m ^ sign) - sign);
	}
}

struct kernels {
	void (*encode[2])(const int16_t *, uint8_t *); /* mu-law, A-law */
	void (*decode[2])(const uint8_t *, int16_t *);
};

/* clang-format off */
#define KERNELS(set, attribute)                                                                               \
	attribute static void ulaw_encode_##set(const int16_t *in, uint8_t *out) { ulaw_encode(in, out); }     \
	attribute static void alaw_encode_##set(const int16_t *in, uint8_t *out) { alaw_encode(in, out); }     \
	attribute static void ulaw_decode_##set(const uint8_t *in, int16_t *out) { ulaw_decode(in, out); }     \
	attribute static void alaw_decode_##set(const uint8_t *in, int16_t *out) { alaw_decode(in, out); }     \
	static const struct kernels kernels_##set = {{ulaw_encode_##set, alaw_encode_##set},                   \
						     {ulaw_decode_##set, alaw_decode_##set}};
/* clang-format on */

KERNELS(base, )
#if defined(__x86_64__)
KERNELS(avx2, __attribute__((target("avx2"))))
#endif

static const struct kernels *const sets[] = {
	&kernels_base,
#if defined(__x86_64__)
	&kernels_avx2,
#endif
};

unsigned g711_sets(void)
{
#if defined(__x86_64__)
	return __builtin_cpu_supports("avx2") ? 2 : 1; /* a load and a test: libgcc asked the processor at start */
#else
	return 1;
#endif
}

void g711_decode_by(unsigned set, enum codec c, const uint8_t *in, size_t n, int16_t *out)
{
	const int16_t *t = c == CODEC_PCMA ? alaw_linear : ulaw_linear;
	void (*block)(const uint8_t *, int16_t *) = sets[set]->decode[c == CODEC_PCMA];
	for (; n >= BLOCK; n -= BLOCK, in += BLOCK, out += BLOCK)
		block(in, out);
	for (size_t i = 0; i < n; i++)
		out[i] = t[in[i]];
}

void g711_encode_by(unsigned set, enum codec c, const int16_t *in, size_t n, uint8_t *out)
{
	void (*block)(const int16_t *, uint8_t *) = sets[set]->encode[c == CODEC_PCMA];
	int16_t last_in[BLOCK] = {0};
	uint8_t last_out[BLOCK];
	for (; n >= BLOCK; n -= BLOCK, in += BLOCK, out += BLOCK)
		block(in, out);
	if (n == 0)
		return;
	memcpy(last_in, in, n * sizeof(*in));
	block(last_in, last_out);
	memcpy(out, last_out, n);
}

void g711_decode(enum codec c, const uint8_t *in, size_t n, int16_t *out)
{
	g711_decode_by(g711_sets() - 1, c, in, n, out);
}

void g711_encode(enum codec c, const int16_t *in, size_t n, uint8_t *out)
{
	g711_encode_by(g711_sets() - 1, c, in, n, out);
}

void g711_transcode(enum codec from, enum codec to, const uint8_t *in, size_t n, uint8_t *out)
{
	const uint8_t *t = from == CODEC_PCMA ? alaw_ulaw : ulaw_alaw;
	if (from == to) {
		memmove(out, in, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		out[i] = t[in[i]];
}

uint8_t g711_silence(enum codec c)
{
	return c == CODEC_PCMA ? 0xd5 : 0xff;
}
