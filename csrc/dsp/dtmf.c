/** dtmf.c  Blocks, runs of blocks, digits. */
#include "dsp/dtmf.h"

#include <math.h>
#include <string.h>
#if defined(__SSSE3__)
#include <tmmintrin.h>
#endif

#include "dsp/dtmf_table.h"

enum {
	BLOCK = DTMF_BLOCK,
	HALF = BLOCK / 2,
	GROUP = DTMF_TONES / 2,
	RATE = 8000,
	BLOCK_MS = BLOCK * 1000 / RATE,
	WAVE_ONE = 8192, /* dtmf_wave's unit */
	QUIET = 512,	 /* a block without a sample above it holds no tone of LEVEL */
	PEAK_BITS = 12	 /* sums of 80 products of 12 and 14 bits fit 32 */
};

/* Window sums: sum of w = 43.2, of w squared = 31.79. This makes |correlation|^2 the energy of a tone in the block. */
static const float power_scale = 2 * 31.792f / (43.2f * 43.2f);
static const float level = 3.3e6f;	 /* energy of a tone of -34 dBm0 in a block; Q.24 asks for -25 and less */
static const float purity = 0.8f;	 /* share of the energy that the two tones hold: noise may be 7 dB below them */
static const float trace = 0.2f;	 /* a block at either end of a tone holds only a part of it */
static const float high_over_low = 4.0f; /* +6 dB; Q.24: +4 must be accepted */
static const float low_over_high = 10.0f; /* +10 dB; Q.24: +8 must be accepted */
static const float tolerance = 0.025f;	  /* of the frequency; Q.24: 1.5 % and 2 Hz accept, 3.5 % refuse */
static const float steady = 0.64f;	  /* of the strongest block's power: full of tone, its phase can be trusted */
static const float harmonic = 1.0f / 32;  /* 2nd harmonic over both tones: -15 dB */
static const float recognised_at = 3.1f;  /* blocks; Q.24: 40 ms accept, 23 ms refuse */
static const float over_after = 2.1f;	  /* blocks; Q.24: pauses of 40 ms tell digits apart, 10 ms are bridged */
static const float turn = 6.28318530718f; /* 2 pi */
static const float hz_of[DTMF_TONES] = {697, 770, 852, 941, 1209, 1336, 1477, 1633};
static const char keys[GROUP][GROUP + 1] = {"123A", "456B", "789C", "*0#D"};

void dtmf_init(struct dtmf *d)
{
	memset(d, 0, sizeof(*d));
}

/* ----------------------------------------------------------------- one block */

static unsigned shift_for(unsigned peak)
{
	unsigned shift = 0;
	while (peak >> shift >> PEAK_BITS)
		shift++;
	return shift;
}

/* peak_of(): all magnitudes or'ed, as good as the largest to a factor of two. window(): rounded to the nearest.
 * correlate(): with the cosines, then the sines, about the middle of the block: the sum of two samples equally far from it
 * meets the cosine, their difference the sine. In integers: both ways below give the same numbers. */
#if defined(__SSSE3__)
enum { LANES = 8 };

static __m128i load(const int16_t *x)
{
	return _mm_loadu_si128((const __m128i *)(const void *)x);
}

static int32_t fold(__m128i v, int32_t (*join)(int32_t, int32_t))
{
	int32_t lane[4];
	_mm_storeu_si128((__m128i *)(void *)lane, v);
	return join(join(lane[0], lane[1]), join(lane[2], lane[3]));
}

static int32_t joined_or(int32_t a, int32_t b)
{
	return a | b;
}

static int32_t joined_sum(int32_t a, int32_t b)
{
	return a + b;
}

static unsigned peak_of(const int16_t *x)
{
	__m128i bits = _mm_setzero_si128();
	for (int i = 0; i < BLOCK; i += LANES)
		bits = _mm_or_si128(bits, _mm_xor_si128(load(x + i), _mm_srai_epi16(load(x + i), 15)));
	unsigned both = (unsigned)fold(bits, joined_or);
	return (both | both >> 16) & 0xffff;
}

static void window(const int16_t *x, unsigned shift, int16_t out[BLOCK])
{
	const __m128i count = _mm_cvtsi32_si128((int)shift);
	for (int i = 0; i < BLOCK; i += LANES) {
		__m128i v = _mm_mulhrs_epi16(_mm_sra_epi16(load(x + i), count), load(dtmf_window + i));
		_mm_storeu_si128((__m128i *)(void *)(out + i), v);
	}
}

static int32_t energy_of(const int16_t x[BLOCK])
{
	__m128i sum = _mm_setzero_si128();
	for (int i = 0; i < BLOCK; i += LANES)
		sum = _mm_add_epi32(sum, _mm_madd_epi16(load(x + i), load(x + i)));
	return fold(sum, joined_sum);
}

static __m128i load_pair(const int16_t x[2])
{
	int32_t both;
	memcpy(&both, x, sizeof(both));
	return _mm_set1_epi32(both);
}

static __m128i step(__m128i sum, __m128i pair, const int16_t wave[4][2])
{
	return _mm_add_epi32(sum, _mm_madd_epi16(pair, load(wave[0])));
}

static void correlate(const int16_t x[BLOCK], int32_t sums[2 * DTMF_TONES])
{
	const __m128i reversed = _mm_setr_epi8(14, 15, 12, 13, 10, 11, 8, 9, 6, 7, 4, 5, 2, 3, 0, 1);
	__m128i low_cos = _mm_setzero_si128(), high_cos = low_cos, low_sin = low_cos, high_sin = low_cos;
	int16_t even[HALF], odd[HALF];
	for (int i = 0; i < HALF; i += LANES) {
		__m128i after = load(x + HALF + i);
		__m128i before = _mm_shuffle_epi8(load(x + HALF - LANES - i), reversed);
		_mm_storeu_si128((__m128i *)(void *)(even + i), _mm_add_epi16(after, before));
		_mm_storeu_si128((__m128i *)(void *)(odd + i), _mm_sub_epi16(after, before));
	}
	for (int k = 0; k < HALF / 2; k++) {
		const __m128i e = load_pair(even + 2 * k), o = load_pair(odd + 2 * k);
		low_cos = step(low_cos, e, dtmf_wave[k]);
		high_cos = step(high_cos, e, dtmf_wave[k] + 4);
		low_sin = step(low_sin, o, dtmf_wave[k] + 8);
		high_sin = step(high_sin, o, dtmf_wave[k] + 12);
	}
	_mm_storeu_si128((__m128i *)(void *)sums, low_cos);
	_mm_storeu_si128((__m128i *)(void *)(sums + 4), high_cos);
	_mm_storeu_si128((__m128i *)(void *)(sums + 8), low_sin);
	_mm_storeu_si128((__m128i *)(void *)(sums + 12), high_sin);
}
#else
static unsigned peak_of(const int16_t *x)
{
	unsigned bits = 0;
	for (int i = 0; i < BLOCK; i++)
		bits |= (unsigned)(uint16_t)(x[i] ^ (x[i] >> 15));
	return bits;
}

static void window(const int16_t *x, unsigned shift, int16_t out[BLOCK])
{
	for (int i = 0; i < BLOCK; i++)
		out[i] = (int16_t)(((x[i] >> shift) * dtmf_window[i] + (1 << 14)) >> 15);
}

static int32_t energy_of(const int16_t x[BLOCK])
{
	int32_t sum = 0;
	for (int i = 0; i < BLOCK; i++)
		sum += x[i] * x[i];
	return sum;
}

static void correlate(const int16_t x[BLOCK], int32_t sums[2 * DTMF_TONES])
{
	memset(sums, 0, 2 * DTMF_TONES * sizeof(*sums));
	for (int n = 0; n < HALF; n++) {
		int even = x[HALF + n] + x[HALF - 1 - n], odd = x[HALF + n] - x[HALF - 1 - n];
		for (int i = 0; i < 2 * DTMF_TONES; i++)
			sums[i] += (i < DTMF_TONES ? even : odd) * dtmf_wave[n / 2][i][n % 2];
	}
}
#endif

static int8_t strongest(const float power[GROUP])
{
	int best = 0;
	for (int i = 1; i < GROUP; i++)
		best = power[i] > power[best] ? i : best;
	return (int8_t)best;
}

static bool is_pure(const struct dtmf_block *b)
{
	float low = b->power[b->low], high = b->power[GROUP + b->high];
	return low + high >= purity * b->energy && low >= level && high >= level && high <= high_over_low * low &&
	       low <= low_over_high * high;
}

/* `windowed` is left for the harmonic, in the block's own scale. */
static void look(struct dtmf_block *b, const int16_t *x, int16_t windowed[BLOCK])
{
	unsigned peak = peak_of(x);
	int32_t sums[2 * DTMF_TONES];
	b->looked = peak >= QUIET;
	b->pure = false;
	if (!b->looked)
		return;
	unsigned shift = shift_for(peak);
	float unit = (float)(1 << shift);
	window(x, shift, windowed);
	correlate(windowed, sums);
	for (int i = 0; i < DTMF_TONES; i++) {
		b->re[i] = unit / WAVE_ONE * (float)sums[i];
		b->im[i] = unit / -WAVE_ONE * (float)sums[DTMF_TONES + i];
		b->power[i] = power_scale * (b->re[i] * b->re[i] + b->im[i] * b->im[i]);
	}
	b->energy = unit * unit * (float)energy_of(windowed);
	b->low = strongest(b->power);
	b->high = strongest(b->power + GROUP);
	b->pure = is_pure(b);
}

/* ----------------------------------------------------------------- what only candidates are asked */

struct phasor {
	float re, im;
};

static struct phasor times(struct phasor a, struct phasor b)
{
	return (struct phasor){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

static struct phasor phasor(const struct dtmf_block *b, unsigned tone)
{
	return (struct phasor){b->re[tone], b->im[tone]};
}

/* e^(j w (n + 1/2)) */
static struct phasor wave_at(unsigned tone, unsigned n)
{
	const int16_t(*wave)[2] = dtmf_wave[n / 2];
	return (struct phasor){(float)wave[tone][n % 2] / WAVE_ONE, (float)wave[DTMF_TONES + tone][n % 2] / WAVE_ONE};
}

/* In turns: how far `b` is ahead of `a` beyond the tone's own turning, of which `back` is the inverse. */
static float ahead(struct phasor a, struct phasor b, struct phasor back)
{
	struct phasor conjugate = {a.re, -a.im};
	struct phasor p = times(times(b, conjugate), back);
	return atan2f(p.im, p.re) / turn;
}

/* Two blocks in a row and a window half-way between them. */
struct stretch {
	const struct dtmf_block *from, *to;
	struct dtmf_block middle;
};

/* How far a tone is off its frequency, in Hz: by the phases of blocks 10 ms apart, to within fractions of a Hz but
 * ambiguous beyond 50, which the window between them decides. `power`: the tone's over the whole stretch, the three
 * added in step. That is a filter of half the width: harmonics of a voice beside the tone no longer count as it. */
static float off_by(const struct stretch *s, unsigned tone, float *power)
{
	struct phasor half = times(wave_at(tone, HALF - 1), wave_at(tone, 0)); /* its turn in half a block */
	struct phasor back = {half.re, -half.im};
	struct phasor from = phasor(s->from, tone), middle = phasor(&s->middle, tone), to = phasor(s->to, tone);
	float coarse = 200 * ahead(middle, to, back);
	float fine = 100 * ahead(from, to, times(back, back));
	float off = fine + 100 * roundf((coarse - fine) / 100);
	struct phasor step = {cosf(turn * off / 200), sinf(turn * off / 200)};
	struct phasor forth = times(half, step);
	struct phasor a = times(from, times(forth, forth)), b = times(middle, forth);
	float re = (a.re + 2 * b.re + to.re) / 4, im = (a.im + 2 * b.im + to.im) / 4;
	*power = power_scale * (re * re + im * im);
	return off;
}

/* Both tones are where they must be, and nothing else is there. */
static bool in_tune(const struct dtmf *d, const struct dtmf_block *now)
{
	unsigned low = (unsigned)now->low, high = (unsigned)(GROUP + now->high);
	struct stretch s = {.from = &d->before, .to = now};
	int16_t windowed[BLOCK];
	float power[2];
	look(&s.middle, d->samples + BLOCK / 2, windowed);
	if (!s.middle.looked || fabsf(off_by(&s, low, &power[0])) > tolerance * hz_of[low] ||
	    fabsf(off_by(&s, high, &power[1])) > tolerance * hz_of[high])
		return false;
	float energy = (s.from->energy + 2 * s.middle.energy + now->energy) / 4;
	return power[0] + power[1] >= purity * energy;
}

/* The column's second harmonic. The row's lies among the columns and is told from one by its frequency. */
static bool has_harmonic(const struct dtmf_block *b, const int16_t windowed[BLOCK])
{
	struct phasor half = wave_at((unsigned)(GROUP + b->high), 0); /* e^(j w/2) */
	struct phasor one = times(half, half), two = times(one, one);
	float c = 2 * two.re; /* 2 cos 2w: Goertzel's recurrence */
	float s1 = 0, s2 = 0;
	for (int i = 0; i < BLOCK; i++) {
		float s = (float)windowed[i] + c * s1 - s2;
		s2 = s1;
		s1 = s;
	}
	float power = power_scale * (s1 * s1 + s2 * s2 - c * s1 * s2);
	return power > harmonic * (float)energy_of(windowed);
}

/* ----------------------------------------------------------------- runs of blocks */

static float power_of(const struct dtmf_block *b, int8_t low, int8_t high)
{
	return b->looked ? b->power[low] + b->power[GROUP + high] : 0;
}

/* How much of the block the run's tone fills, 0-1. */
static float part_of(const struct dtmf *d, const struct dtmf_block *b)
{
	float power = power_of(b, d->low, d->high);
	if (power <= trace * b->energy || !b->looked)
		return 0;
	return power >= d->peak ? 1 : sqrtf(power / d->peak);
}

static void begin(struct dtmf *d, const struct dtmf_block *b)
{
	d->running = true;
	d->refused = d->measured = d->on = false;
	d->low = b->low;
	d->high = b->high;
	d->peak = power_of(b, b->low, b->high);
	d->missing = 0;
	d->lasts = 1 + part_of(d, &d->before);
}

static void finish(struct dtmf *d)
{
	if (d->on) {
		float ms = d->lasts * BLOCK_MS + 0.5f;
		d->ended = keys[d->low][d->high];
		d->ended_ms = (uint16_t)(ms > UINT16_MAX ? UINT16_MAX : ms);
	}
	d->running = d->on = false;
}

static bool same(const struct dtmf *d, const struct dtmf_block *b)
{
	return b->pure && b->low == d->low && b->high == d->high;
}

static void measure(struct dtmf *d, const struct dtmf_block *b, const int16_t windowed[BLOCK])
{
	float before = power_of(&d->before, d->low, d->high), now = power_of(b, d->low, d->high);
	if (!same(d, &d->before) || before < steady * d->peak || now < steady * d->peak)
		return;
	d->measured = true;
	if (!in_tune(d, b) || has_harmonic(b, windowed))
		d->refused = true;
}

static void go_on(struct dtmf *d, const struct dtmf_block *b, const int16_t windowed[BLOCK])
{
	float part = part_of(d, b);
	if (same(d, b)) {
		float power = power_of(b, d->low, d->high);
		d->peak = power > d->peak ? power : d->peak;
		d->missing = 0;
		d->lasts += part;
		if (!d->on)
			measure(d, b, windowed);
		return;
	}
	d->lasts += part;
	d->missing += 1 - part;
	if (d->missing >= over_after || b->pure)
		finish(d);
}

static void take_block(struct dtmf *d)
{
	struct dtmf_block b;
	int16_t windowed[BLOCK];
	look(&b, d->samples + BLOCK, windowed);
	if (d->running)
		go_on(d, &b, windowed);
	if (!d->running && b.pure)
		begin(d, &b);
	if (d->running && d->measured && !d->refused && d->lasts >= recognised_at)
		d->on = true;
	d->before = b;
	memcpy(d->samples, d->samples + BLOCK, BLOCK * sizeof(*d->samples));
}

size_t dtmf_push(struct dtmf *d, const int16_t *pcm, size_t n)
{
	bool was = d->on;
	size_t taken = 0;
	d->ended = '\0';
	while (taken < n && d->on == was && !d->ended) {
		size_t part = (size_t)(BLOCK - d->fill) < n - taken ? (size_t)(BLOCK - d->fill) : n - taken;
		memcpy(d->samples + BLOCK + d->fill, pcm + taken, part * sizeof(*pcm));
		d->fill = (uint16_t)(d->fill + part);
		taken += part;
		if (d->fill == BLOCK) {
			d->fill = 0;
			take_block(d);
		}
	}
	return taken;
}

char dtmf_on(const struct dtmf *d)
{
	return d->on ? keys[d->low][d->high] : '\0';
}

char dtmf_ended(const struct dtmf *d, uint32_t *ms)
{
	*ms = d->ended_ms;
	return d->ended;
}
