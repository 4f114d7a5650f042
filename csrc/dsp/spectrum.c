/** spectrum.c  A real transform of 256 points by way of a complex one of 128 (even samples real, odd imaginary), which is done as
 *  16 times 8: transforms of 16 down the columns of a table 8 wide, all eight at once as vectors, a turn of each element, a
 *  transposition, transforms of 8 down the columns again. Vectors are the compiler's, for the base instruction set and once
 *  more for AVX2, with the same results to the bit. */
#include "dsp/spectrum.h"

#include <string.h>

#include "dsp/spectrum_tables.h"

enum { HALF = SPECTRUM_N / 2, ROWS = 16, LANES = 8, LOG2_ROWS = 4, LOG2_LANES = 3 };

typedef float vec __attribute__((vector_size(LANES * sizeof(float))));
#define INLINE static inline __attribute__((always_inline))
#ifdef __clang__ /* it does so by itself */
#define UNROLLED
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif

INLINE void load(vec *v, const float *from)
{
	memcpy(v, from, sizeof(*v));
}

INLINE void store(float *to, const vec *v)
{
	memcpy(to, v, sizeof(*v));
}

INLINE unsigned reversed(unsigned i, unsigned bits)
{
	unsigned r = 0;
	for (; bits; bits--, i >>= 1)
		r = r << 1 | (i & 1);
	return r;
}

/* Transforms of n points, one in each lane; decimation in frequency, so the order comes out bit-reversed. */
INLINE void columns(vec *re, vec *im, unsigned n)
{
	UNROLLED for (unsigned span = n / 2; span; span /= 2)
		UNROLLED for (unsigned group = 0; group < n; group += 2 * span)
			UNROLLED for (unsigned k = 0; k < span; k++)
	{
		vec *ar = &re[group + k], *ai = &im[group + k];
		vec *br = &re[group + k + span], *bi = &im[group + k + span];
		float wr = cosine[k * HALF / span], wi = -sine[k * HALF / span];
		vec dr = *ar - *br, di = *ai - *bi;
		*ar += *br;
		*ai += *bi;
		*br = dr * wr - di * wi;
		*bi = dr * wi + di * wr;
	}
}

INLINE void transpose(vec m[LANES])
{
	UNROLLED for (unsigned i = 0; i < LANES; i += 2)
	{
		vec a = m[i], b = m[i + 1];
		m[i] = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14);
		m[i + 1] = __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
	}
	UNROLLED for (unsigned i = 0; i < LANES; i += i % 2 ? 3 : 1)
	{
		vec a = m[i], b = m[i + 2];
		m[i] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
		m[i + 2] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
	}
	UNROLLED for (unsigned i = 0; i < LANES / 2; i++)
	{
		vec a = m[i], b = m[i + 4];
		m[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
		m[i + 4] = __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
	}
}

INLINE void windowed(const int16_t *pcm, vec re[ROWS], vec im[ROWS])
{
	float x[SPECTRUM_N];
	for (unsigned i = 0; i < SPECTRUM_N; i++)
		x[i] = (float)pcm[i] * hann[i];
	UNROLLED for (unsigned row = 0; row < ROWS; row++)
	{
		vec a, b;
		load(&a, x + (size_t)row * 2 * LANES);
		load(&b, x + (size_t)row * 2 * LANES + LANES);
		re[row] = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
		im[row] = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
	}
}

/* Rows `first` to `first` + 7 of the columns' result, in order, each element turned. */
INLINE void turned(const vec re[ROWS], const vec im[ROWS], unsigned first, vec out_re[LANES], vec out_im[LANES])
{
	UNROLLED for (unsigned i = 0; i < LANES; i++)
	{
		unsigned row = first + i, at = reversed(row, LOG2_ROWS);
		vec wr, wi;
		load(&wr, twiddle_re + (size_t)row * LANES);
		load(&wi, twiddle_im + (size_t)row * LANES);
		out_re[i] = re[at] * wr - im[at] * wi;
		out_im[i] = re[at] * wi + im[at] * wr;
	}
}

/* The complex transform. x[HALF] is x[0] again, so that HALF - k can always be looked up. */
INLINE void transform(const int16_t *pcm, float x_re[HALF + 1], float x_im[HALF + 1])
{
	vec re[ROWS], im[ROWS], col_re[LANES], col_im[LANES];
	windowed(pcm, re, im);
	columns(re, im, ROWS);
	UNROLLED for (unsigned first = 0; first < ROWS; first += LANES)
	{
		turned(re, im, first, col_re, col_im);
		transpose(col_re);
		transpose(col_im);
		columns(col_re, col_im, LANES);
		UNROLLED for (unsigned i = 0; i < LANES; i++)
		{
			unsigned at = ROWS * reversed(i, LOG2_LANES) + first;
			store(x_re + at, &col_re[i]);
			store(x_im + at, &col_im[i]);
		}
	}
	x_re[HALF] = x_re[0];
	x_im[HALF] = x_im[0];
}

INLINE void load_backwards(vec *v, const float *last)
{
	vec a;
	load(&a, last - (LANES - 1));
	*v = __builtin_shufflevector(a, a, 7, 6, 5, 4, 3, 2, 1, 0);
}

/* Bins k to k + 7 and their mirror images HALF - k and below. */
INLINE void unfold(const float *x_re, const float *x_im, unsigned k, float power[SPECTRUM_BINS])
{
	/* A sine of amplitude A has |X|^2 = (A N / 4)^2 on its bin and a quarter of it on each neighbour. */
	const float scale = 16.0f / 3 / SPECTRUM_N / SPECTRUM_N;
	vec pr, pi, qr, qi, c, s;
	load(&pr, x_re + k);
	load(&pi, x_im + k);
	load_backwards(&qr, x_re + HALF - k);
	load_backwards(&qi, x_im + HALF - k);
	load(&c, cosine + k);
	load(&s, sine + k);
	vec even_re = 0.5f * (pr + qr), even_im = 0.5f * (pi - qi);
	vec odd_re = 0.5f * (pi + qi), odd_im = 0.5f * (qr - pr);
	vec turn_re = odd_re * c + odd_im * s, turn_im = odd_im * c - odd_re * s;
	vec low_re = even_re + turn_re, low_im = even_im + turn_im;
	vec high_re = even_re - turn_re, high_im = even_im - turn_im;
	vec low = (low_re * low_re + low_im * low_im) * scale;
	vec high = (high_re * high_re + high_im * high_im) * scale;
	high = __builtin_shufflevector(high, high, 7, 6, 5, 4, 3, 2, 1, 0);
	store(power + k, &low);
	store(power + HALF - k - (LANES - 1), &high);
}

INLINE void analyse(const int16_t *pcm, float *power)
{
	const float scale = 16.0f / 3 / SPECTRUM_N / SPECTRUM_N;
	float x_re[HALF + 1], x_im[HALF + 1];
	transform(pcm, x_re, x_im);
	for (unsigned k = 0; k < HALF / 2; k += LANES)
		unfold(x_re, x_im, k, power);
	power[HALF / 2] = (x_re[HALF / 2] * x_re[HALF / 2] + x_im[HALF / 2] * x_im[HALF / 2]) * scale;
}

static void analyse_base(const int16_t *pcm, float *power)
{
	analyse(pcm, power);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void analyse_avx2(const int16_t *pcm, float *power)
{
	analyse(pcm, power);
}
#endif

unsigned spectrum_sets(void)
{
#ifdef __x86_64__
	return __builtin_cpu_supports("avx2") ? 2 : 1;
#else
	return 1;
#endif
}

void spectrum_power_by(unsigned set, const int16_t pcm[SPECTRUM_N], float power[SPECTRUM_BINS])
{
#ifdef __x86_64__
	if (set == 1) {
		analyse_avx2(pcm, power);
		return;
	}
#endif
	(void)set;
	analyse_base(pcm, power);
}

void spectrum_power(const int16_t pcm[SPECTRUM_N], float power[SPECTRUM_BINS])
{
	spectrum_power_by(spectrum_sets() - 1, pcm, power);
}
