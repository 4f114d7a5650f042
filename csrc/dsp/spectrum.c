/** spectrum.c  A real transform of 256 points by way of a complex one of 128 (even samples real, odd imaginary), radix 2,
 *  decimation in time. Twiddles and the Hann window come from a quarter of a sine. */
#include "dsp/spectrum.h"

enum { HALF = SPECTRUM_N / 2, QUARTER = SPECTRUM_N / 4, LOG2_HALF = 7 };

struct cpx {
	float re, im;
};

/* clang-format off */
static const float quarter_sine[QUARTER + 1] = { /* sin(2 pi i / 256) */
	0.000000000f, 0.024541229f, 0.049067674f, 0.073564564f, 0.098017140f, 0.122410675f, 0.146730474f, 0.170961889f,
	0.195090322f, 0.219101240f, 0.242980180f, 0.266712757f, 0.290284677f, 0.313681740f, 0.336889853f, 0.359895037f,
	0.382683432f, 0.405241314f, 0.427555093f, 0.449611330f, 0.471396737f, 0.492898192f, 0.514102744f, 0.534997620f,
	0.555570233f, 0.575808191f, 0.595699304f, 0.615231591f, 0.634393284f, 0.653172843f, 0.671558955f, 0.689540545f,
	0.707106781f, 0.724247083f, 0.740951125f, 0.757208847f, 0.773010453f, 0.788346428f, 0.803207531f, 0.817584813f,
	0.831469612f, 0.844853565f, 0.857728610f, 0.870086991f, 0.881921264f, 0.893224301f, 0.903989293f, 0.914209756f,
	0.923879533f, 0.932992799f, 0.941544065f, 0.949528181f, 0.956940336f, 0.963776066f, 0.970031253f, 0.975702130f,
	0.980785280f, 0.985277642f, 0.989176510f, 0.992479535f, 0.995184727f, 0.997290457f, 0.998795456f, 0.999698819f,
	1.000000000f,
};
/* clang-format on */

/* cos(2 pi i / 256) and sin for i of 0 to 128. */
static inline float cosine(unsigned i)
{
	return i <= QUARTER ? quarter_sine[QUARTER - i] : -quarter_sine[i - QUARTER];
}

static inline float sine(unsigned i)
{
	return i <= QUARTER ? quarter_sine[i] : quarter_sine[HALF - i];
}

static inline unsigned reversed(unsigned i)
{
	i = (i & 0x55u) << 1 | (i & 0xaau) >> 1;
	i = (i & 0x33u) << 2 | (i & 0xccu) >> 2;
	i = (i & 0x0fu) << 4 | (i & 0xf0u) >> 4;
	return i >> (8 - LOG2_HALF);
}

static void load(const int16_t *pcm, struct cpx x[HALF])
{
	for (unsigned i = 0; i < HALF; i++) {
		struct cpx *out = &x[reversed(i)];
		unsigned a = 2 * i;
		unsigned b = a + 1;
		out->re = (float)pcm[a] * 0.5f * (1 - cosine(a <= HALF ? a : SPECTRUM_N - a));
		out->im = (float)pcm[b] * 0.5f * (1 - cosine(b <= HALF ? b : SPECTRUM_N - b));
	}
}

static void butterflies(struct cpx x[HALF])
{
	for (unsigned span = 1; span < HALF; span *= 2)
		for (unsigned k = 0; k < span; k++) {
			float wr = cosine(k * HALF / span);
			float wi = -sine(k * HALF / span);
			for (unsigned i = k; i < HALF; i += 2 * span) {
				struct cpx *a = &x[i];
				struct cpx *b = &x[i + span];
				float re = b->re * wr - b->im * wi;
				float im = b->re * wi + b->im * wr;
				b->re = a->re - re;
				b->im = a->im - im;
				a->re += re;
				a->im += im;
			}
		}
}

void spectrum_power(const int16_t pcm[SPECTRUM_N], float power[SPECTRUM_BINS])
{
	/* A sine of amplitude A has |X|^2 = (A N / 4)^2 on its bin and a quarter of it on each neighbour. */
	const float scale = 16.0f / 3 / SPECTRUM_N / SPECTRUM_N;
	struct cpx x[HALF];
	load(pcm, x);
	butterflies(x);
	for (unsigned k = 0; k <= HALF; k++) {
		struct cpx p = x[k % HALF];
		struct cpx q = x[(HALF - k) % HALF];
		float even_re = 0.5f * (p.re + q.re);
		float even_im = 0.5f * (p.im - q.im);
		float odd_re = 0.5f * (p.im + q.im);
		float odd_im = 0.5f * (q.re - p.re);
		float re = even_re + odd_re * cosine(k) + odd_im * sine(k);
		float im = even_im + odd_im * cosine(k) - odd_re * sine(k);
		power[k] = (re * re + im * im) * scale;
	}
}
