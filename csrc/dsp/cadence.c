/** cadence.c  Sums of rotating phasors, segment by segment. */
#include "dsp/cadence.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { RATE = 8000, SAMPLES_PER_MS = RATE / 1000, HZ_MAX = 3900, LEVEL_MAX = 300, LEVEL_MIN = -9000 };

static const double turn = 2 * 3.14159265358979323846;
static const double full_scale_dbm0 = 3.14;
/* Depth of a modulated tone: Japan's ringing tone is 85 % deep, and E.180 names no other figure. */
static const double depth = 0.85;

static unsigned count_parts(const struct tone_segment *s)
{
	unsigned n = 0;
	while (n < TONE_PARTS && s->hz[n])
		n++;
	return n;
}

static bool valid_segment(const struct tone_segment *s)
{
	for (unsigned i = 0; i < TONE_PARTS; i++)
		if (s->hz[i] > HZ_MAX || (i && s->hz[i] && !s->hz[i - 1]))
			return false;
	if (s->mod_hz && (count_parts(s) != 1 || s->mod_hz >= s->hz[0] || s->hz[0] + s->mod_hz > HZ_MAX))
		return false;
	return s->level_cdb <= LEVEL_MAX && s->level_cdb >= LEVEL_MIN;
}

int cadence_check(const struct tone_plan *plan)
{
	if (plan->n == 0 || plan->n > TONE_SEGMENTS || plan->repeat_from > plan->n)
		return -EINVAL;
	for (unsigned i = 0; i < plan->n; i++) {
		bool last = i + 1u == plan->n && plan->repeat_from == plan->n;
		if (!valid_segment(&plan->segments[i]) || (plan->segments[i].ms == 0 && !last))
			return -EINVAL;
	}
	return 0;
}

static uint64_t segment_samples(const struct tone_segment *s)
{
	return s->ms ? (uint64_t)s->ms * SAMPLES_PER_MS : CADENCE_ENDLESS;
}

uint64_t cadence_samples(const struct tone_plan *plan)
{
	uint64_t sum = 0;
	if (plan->total_ms)
		return (uint64_t)plan->total_ms * SAMPLES_PER_MS;
	if (plan->repeat_from < plan->n)
		return CADENCE_ENDLESS;
	for (unsigned i = 0; i < plan->n; i++)
		sum += segment_samples(&plan->segments[i]);
	return sum < CADENCE_ENDLESS ? sum : CADENCE_ENDLESS;
}

/* `at` samples into the segment. The imaginary part is the signal: it begins at zero, without a click. */
static void phasor_init(struct cadence *c, unsigned i, unsigned hz, double amplitude, uint64_t at)
{
	double step = turn * hz / RATE;
	double angle = turn * (double)(at * hz % RATE) / RATE;
	c->re[i] = amplitude * cos(angle);
	c->im[i] = amplitude * sin(angle);
	c->step_re[i] = cos(step);
	c->step_im[i] = sin(step);
}

static void segment_init(struct cadence *c, unsigned segment, uint64_t at)
{
	const struct tone_segment *s = &c->plan->segments[segment];
	double amplitude = 32767 * pow(10, (s->level_cdb / 100.0 - full_scale_dbm0) / 20);
	c->segment = (uint8_t)segment;
	c->parts = (uint8_t)count_parts(s);
	c->modulated = s->mod_hz != 0;
	c->left = segment_samples(s) - at;
	if (c->modulated) {
		amplitude /= sqrt(1 + depth * depth / 2); /* the level is that of the whole */
		phasor_init(c, TONE_PARTS, s->mod_hz, depth, at);
	}
	for (unsigned i = 0; i < c->parts; i++)
		phasor_init(c, i, s->hz[i], amplitude, at);
}

static void stand_at_end(struct cadence *c)
{
	c->segment = c->plan->n;
	c->parts = 0;
	c->modulated = false;
	c->left = CADENCE_ENDLESS;
}

/* Walk from `first` on; true: `at` lies in one of the segments, and we stand there. */
static bool walk(struct cadence *c, unsigned first, uint64_t *at)
{
	for (unsigned i = first; i < c->plan->n; i++) {
		uint64_t samples = segment_samples(&c->plan->segments[i]);
		if (*at < samples) {
			segment_init(c, i, *at);
			return true;
		}
		*at -= samples;
	}
	return false;
}

void cadence_seek(struct cadence *c, const struct tone_plan *plan, uint64_t at)
{
	uint64_t period = 0;
	c->plan = plan;
	if (walk(c, 0, &at))
		return;
	for (unsigned i = plan->repeat_from; i < plan->n; i++)
		period += segment_samples(&plan->segments[i]);
	if (period)
		at %= period;
	if (!period || !walk(c, plan->repeat_from, &at))
		stand_at_end(c);
}

static double phasor_next(struct cadence *c, unsigned i)
{
	double re = c->re[i];
	double im = c->im[i];
	c->re[i] = re * c->step_re[i] - im * c->step_im[i];
	c->im[i] = re * c->step_im[i] + im * c->step_re[i];
	return im;
}

static int16_t saturate(double v)
{
	return (int16_t)lrint(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
}

static void fill_segment(struct cadence *c, int16_t *pcm, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double v = 0;
		for (unsigned k = 0; k < c->parts; k++)
			v += phasor_next(c, k);
		if (c->modulated)
			v *= 1 + phasor_next(c, TONE_PARTS);
		pcm[i] = saturate(v);
	}
}

static void next_segment(struct cadence *c)
{
	unsigned next = c->segment + 1u;
	if (next >= c->plan->n)
		next = c->plan->repeat_from;
	if (next < c->plan->n)
		segment_init(c, next, 0);
	else
		stand_at_end(c);
}

void cadence_fill(struct cadence *c, int16_t *pcm, size_t n)
{
	for (size_t done = 0; done < n;) {
		size_t part = c->left < n - done ? (size_t)c->left : n - done;
		if (c->parts)
			fill_segment(c, pcm + done, part);
		else
			memset(pcm + done, 0, part * sizeof(*pcm));
		done += part;
		c->left -= part;
		if (c->left == 0)
			next_segment(c);
	}
}
