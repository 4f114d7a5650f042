/** align.c  Clock drift of a source, from the promptest packets. */
#include "rtp/align.h"

#include <math.h>

#include "rtp/seq.h"

enum { NS_PER_SAMPLE = 125000, FIT_MIN = 3, STRANGE_RUN = 3, SURE = 5 };

#define WINDOW_S    2.0	  /* a hundred packets of 20 ms */
#define FORGET	    0.985 /* weight of a window relative to the next: about two minutes count */
#define SLOPE_PRIOR 1.5	  /* s2: noise of a minimum (1 sample) over usual drift (100 ppm are 0.8 samples/s), squared */
#define SLOPE_MAX   8.0	  /* samples/s: 1,000 ppm. No crystal is that wrong */
#define STRANGE	    24.0  /* 3 ms off the line: queues all through the window, or another path */
#define PATH_STEP   480.0 /* 60 ms: more than a path changes by */
#define SLACK	    16.0  /* samples, 2 ms: two ticks of a worker */
#define HYSTERESIS  0.52  /* samples: half of one is the best there is */
#define FAST	    40.0  /* 5 ms away: move by FAST_STEP samples a packet, not by one */
#define FAST_STEP   4
#define JUMP	    960.0 /* 120 ms: not to be made up for little by little */

static void fit_reset(struct align_fit *f)
{
	*f = (struct align_fit){0};
}

static void fit_add(struct align_fit *f, double at, double y)
{
	double d = f->n ? at - f->at : 0;
	f->tt = (f->tt - 2 * d * f->t + d * d * f->w) * FORGET;
	f->t = (f->t - d * f->w) * FORGET;
	f->ty = (f->ty - d * f->y) * FORGET;
	f->w = f->w * FORGET + 1;
	f->y = f->y * FORGET + y;
	f->at = at;
	f->n++;
}

static double fit_at(const struct align_fit *f, double at)
{
	double var = f->tt - f->t * f->t / f->w;
	double slope = (f->ty - f->t * f->y / f->w) / (var + SLOPE_PRIOR);
	slope = fmax(-SLOPE_MAX, fmin(SLOPE_MAX, slope));
	return f->y / f->w + slope * (at - f->at - f->t / f->w);
}

static void window_open(struct align *a, double now)
{
	a->since = now;
	a->least = INFINITY;
}

static void restart(struct align *a, double now)
{
	fit_reset(&a->fit);
	a->applied = a->step = 0;
	a->path = 0;
	a->strange = 0;
	window_open(a, now);
}

/* Minima that have left the line for good: by little, the path is another; by much, the timestamps jumped. */
static void settle(struct align *a, double off)
{
	if (fabs(off) <= PATH_STEP) {
		a->path += off;
		return;
	}
	fit_reset(&a->fit);
	fit_add(&a->fit, a->least_at, a->least);
}

static void window_close(struct align *a)
{
	double y = a->least, off;
	if (a->fit.n < FIT_MIN) {
		/* The first windows may have been all queues: what comes sooner than thought possible replaces them. */
		if (a->fit.n && y < fit_at(&a->fit, a->least_at) - STRANGE)
			fit_reset(&a->fit);
		fit_add(&a->fit, a->least_at, y);
		return;
	}
	off = y - fit_at(&a->fit, a->least_at);
	if (fabs(off) < STRANGE) {
		a->strange = 0;
		fit_add(&a->fit, a->least_at, y);
		return;
	}
	a->strange_min = a->strange && fabs(a->strange_min) < fabs(off) ? a->strange_min : off;
	if (++a->strange < STRANGE_RUN)
		return;
	a->strange = 0;
	settle(a, a->strange_min);
}

static int32_t step_towards(double error)
{
	double size = fabs(error);
	if (size < HYSTERESIS)
		return 0;
	int32_t step = size > FAST ? FAST_STEP : 1;
	return error < 0 ? -step : step;
}

/* Only a packet that is newer than all before carries a move: its end is where the line's end is. In the first seconds
 * the minima say little, and nothing moves for the sake of a millisecond: short calls stay as they came. */
static void follow(struct align *a, double now, struct align_place *out)
{
	if (a->fit.n == 0)
		return;
	double error = fit_at(&a->fit, now) - a->applied;
	if (a->fit.n < SURE && fabs(error) < SLACK)
		return;
	int32_t step = step_towards(error);
	if (fabs(error) > JUMP) { /* audio is left out or silence left, as the source did */
		step = (int32_t)lrint(error);
		out->at += step;
	} else {
		out->resize = step;
	}
	if (!step)
		return;
	a->line.pos += step;
	a->applied += step;
	a->step = step;
	a->step_ts = a->line.ts;
}

bool align_put(struct align *a, const struct timeline_limits *l, uint32_t epoch, uint32_t ts, uint64_t arrival_ns,
	       struct align_place *out)
{
	double now = (double)arrival_ns * 1e-9;
	bool anew = !a->line.anchored || a->line.epoch != epoch;
	bool newest = anew || ts_before(a->line.ts, ts);
	int64_t expected = a->line.pos + ts_diff(ts, a->line.ts);
	out->resize = 0;
	if (!timeline_place(&a->line, l, epoch, ts, (int64_t)(arrival_ns / NS_PER_SAMPLE), &out->at))
		return false;
	if (anew || out->at != expected) {
		restart(a, now);
		a->line.late_run = 0;
	}
	double y = (double)arrival_ns / NS_PER_SAMPLE - (double)(out->at - a->applied) - a->path;
	if (y < a->least) {
		a->least = y;
		a->least_at = now;
	}
	if (!newest) { /* it belongs to before the last move */
		out->at -= a->step && ts_before(ts, a->step_ts) ? a->step : 0;
		return true;
	}
	follow(a, now, out);
	if (now - a->since >= WINDOW_S) {
		window_close(a);
		window_open(a, now);
	}
	return true;
}
