/** test_rtp_align.c  Two sources with clocks, networks and habits of their own, for hours of virtual time: what they
 *  said at the same instant must lie at the same sample. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rtp/align.h"
#include "test/test.h"

enum { HOLD = 500 * 8 };
static const struct timeline_limits limits = {.early = HOLD, .late = HOLD + 8192, .late_run = 25};

/** A source and its path. Times in s of our clock. */
struct source {
	struct align align;
	double ppm;    /* its clock runs so much faster than ours */
	double delay;  /* of the path without queues */
	double jitter; /* mean of the exponential queueing delay, s */
	double loss;   /* share */
	double tick;   /* arrivals are seen on multiples of this, s; 0: at once */
	uint32_t epoch, ts0;
	uint64_t random;
	/* of the packet that last came: where its samples lie */
	uint32_t ts;
	struct align_place place;
	unsigned placed, resized;
};

static double uniform(struct source *s)
{
	s->random = s->random * 6364136223846793005u + 1442695040888963407u;
	return (double)(s->random >> 11) / 9007199254740992.0;
}

static void arrive(struct source *s, uint32_t k, double sent)
{
	double at = sent + s->delay - s->jitter * log(1 - uniform(s));
	if (s->tick > 0)
		at = ceil(at / s->tick) * s->tick;
	uint32_t ts = s->ts0 + k * 160;
	if (!align_put(&s->align, &limits, s->epoch, ts, (uint64_t)(at * 1e9), &s->place))
		return;
	s->ts = ts;
	s->placed++;
	s->resized += s->place.resize != 0;
}

/* Real time at which packet k of a clock that runs `ppm` fast begins. */
static double sent_at(const struct source *s, uint32_t k)
{
	return k * 0.02 / (1 + s->ppm * 1e-6);
}

/* Where the sample said at real time `t` lies, by the mapping of now. */
static double lies_at(const struct source *s, double t)
{
	double ts = t * 8000 * (1 + s->ppm * 1e-6);
	return (double)s->align.line.pos + ts - (double)(uint32_t)(s->align.line.ts - s->ts0);
}

/* Run both for `seconds`; the largest distance between what was said at the same time, from `settled` s on. */
static double run(struct source *a, struct source *b, double from, double seconds, double settled)
{
	double worst = 0;
	uint32_t next[2] = {(uint32_t)(from * 50 * (1 + a->ppm * 1e-6)), (uint32_t)(from * 50 * (1 + b->ppm * 1e-6))};
	for (double t = from; t < from + seconds; t += 1) {
		for (int side = 0; side < 2; side++) {
			struct source *s = side ? b : a;
			for (; sent_at(s, next[side]) < t + 1; next[side]++)
				if (uniform(s) >= s->loss)
					arrive(s, next[side], sent_at(s, next[side]));
		}
		double apart = fabs(lies_at(a, t + 1) - lies_at(b, t + 1));
		if (t - from >= settled && apart > worst)
			worst = apart;
	}
	return worst;
}

static struct source make(double ppm, double jitter, uint64_t seed)
{
	return (struct source){.ppm = ppm, .delay = 0.03, .jitter = jitter, .random = seed, .ts0 = 0xfffff000u};
}

TEST(rtp_align_of_perfect_sources_moves_nothing)
{
	struct source a = make(0, 0, 1), b = make(0, 0, 2);
	REQUIRE(run(&a, &b, 0, 600, 0) < 0.01);
	REQUIRE(a.resized == 0 && b.resized == 0 && a.placed == 600 * 50);
}

TEST(rtp_align_keeps_clocks_that_drift_apart_at_the_same_sample_for_an_hour)
{
	struct source a = make(100, 0, 1), b = make(-100, 0, 2);
	REQUIRE(run(&a, &b, 0, 3600, 20) <= 1.1); /* each is moved when it is half a sample off */
	/* One sample a time, as many as the clocks are apart: 360 ms each. */
	REQUIRE(abs((int)a.resized - 2880) < 30 && abs((int)b.resized - 2880) < 30);
}

TEST(rtp_align_sees_the_drift_through_jitter_loss_and_the_tick)
{
	struct source a = make(80, 0.004, 3), b = make(-40, 0.008, 4);
	a.loss = 0.05;
	a.tick = b.tick = 0.001;
	REQUIRE(run(&a, &b, 0, 3600, 120) <= 2.5);
}

TEST(rtp_align_forgets_that_the_first_packet_came_late)
{
	struct source a = make(0, 0, 5), b = make(0, 0, 6);
	a.delay = 0.08; /* the first alone: 50 ms of queue */
	arrive(&a, 0, 0);
	a.delay = 0.03;
	REQUIRE(run(&a, &b, 0, 60, 12) < 1.01);
	REQUIRE(a.align.applied == -400);
}

TEST(rtp_align_goes_on_where_it_was_after_a_hold)
{
	struct source a = make(100, 0.002, 7), b = make(-100, 0.002, 8);
	REQUIRE(run(&a, &b, 0, 120, 60) <= 2.5);
	struct source held = b; /* only A is heard for a minute: B's clock goes on in silence */
	REQUIRE(run(&a, &held, 120, 60, 60) == 0);
	REQUIRE(run(&a, &b, 180, 60, 3) <= 2.5);
}

TEST(rtp_align_anchors_another_source_by_its_own_arrival)
{
	struct source a = make(50, 0, 9), b = make(-50, 0, 10);
	REQUIRE(run(&a, &b, 0, 300, 20) <= 1.1);
	b.epoch++; /* transfer: another phone, another clock, another start */
	b.ts0 = 77;
	b.ppm = 90;
	REQUIRE(run(&a, &b, 300, 300, 20) <= 1.1);
}

TEST(rtp_align_holds_still_while_the_network_is_congested)
{
	struct source a = make(0, 0.001, 11), b = make(0, 0.001, 12);
	REQUIRE(run(&a, &b, 0, 60, 12) <= 2);
	b.delay = 0.07; /* every packet of four seconds 40 ms late */
	REQUIRE(run(&a, &b, 60, 4, 0) <= 2);
	b.delay = 0.03;
	REQUIRE(run(&a, &b, 64, 60, 0) <= 2);
	b.delay = 0.055; /* and now for good: the path is another, what is said stays at its place */
	REQUIRE(run(&a, &b, 124, 300, 0) <= 3);
}

/* A phone whose timestamps stand still while it is on hold (they should not): it begins anew by arrival. */
TEST(rtp_align_follows_timestamps_that_jump)
{
	struct source a = make(0, 0, 13), b = make(0, 0, 14);
	REQUIRE(run(&a, &b, 0, 30, 12) <= 1);
	b.ts0 -= 8000; /* a second */
	double off = run(&a, &b, 30, 60, 20);
	REQUIRE(off <= 1);
	b.ts0 += 8000 * 50;
	REQUIRE(run(&a, &b, 90, 60, 12) <= 1);
}

TEST(rtp_align_places_a_late_packet_before_the_move_that_came_meanwhile)
{
	struct align a = {0};
	struct align_place p;
	const uint64_t ms = 1000000;
	for (uint32_t k = 0; k <= 101; k++) /* the first one comes 3 ms later than it might */
		REQUIRE(align_put(&a, &limits, 1, k * 160, (100 + k * 20 + (k == 0) * 3u) * ms, &p) && p.resize == 0);
	REQUIRE(align_put(&a, &limits, 1, 102 * 160, 2140 * ms, &p) && p.at == 824 + 102 * 160 && p.resize == -1);
	REQUIRE(align_put(&a, &limits, 1, 104 * 160, 2180 * ms, &p) && p.at == 823 + 104 * 160 && p.resize == -1);
	REQUIRE(align_put(&a, &limits, 1, 103 * 160, 2185 * ms, &p) && p.at == 823 + 103 * 160 && p.resize == 0);
	REQUIRE(!align_put(&a, &limits, 1, (uint32_t)-8000, 2800 * ms, &p));
}
