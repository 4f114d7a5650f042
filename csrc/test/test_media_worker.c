/** test_media_worker.c  Where legs go, how their frames are spread, what a worker tells of itself. */
#include <errno.h>
#include <string.h>

#include "media/engine.h"
#include "media/placement.h"
#include "media/round.h"
#include "test/media_rig.h"

enum { S = 1000000000 };

TEST(placement_goes_by_legs_before_anything_is_measured)
{
	struct placement p = {0};
	REQUIRE(placement_choose(&p, 3, (uint32_t[]){4, 2, 3}) == 1);
	REQUIRE(placement_choose(&p, 3, (uint32_t[]){0, 0, 0}) == 0);
}

TEST(placement_goes_by_cpu_time_where_few_legs_cost_much)
{
	struct placement p = {0};
	placement_measure(&p, S, 2, (uint64_t[]){0, 0}, (uint32_t[]){10, 100});
	placement_measure(&p, 2ull * S, 2, (uint64_t[]){S / 2, S / 10}, (uint32_t[]){10, 100});
	REQUIRE(placement_choose(&p, 2, (uint32_t[]){10, 100}) == 1);
}

/* Fifty new legs before the next measurement do not all go to the worker that was idle then. */
TEST(placement_counts_legs_that_are_not_in_the_measurement_yet)
{
	struct placement p = {0};
	uint32_t legs[2] = {100, 0};
	placement_measure(&p, S, 2, (uint64_t[]){0, 0}, legs);
	placement_measure(&p, 2ull * S, 2, (uint64_t[]){S / 10, 0}, legs); /* a leg is a thousandth of a CPU */
	for (int i = 0; i < 300; i++)
		legs[placement_choose(&p, 2, legs)]++;
	REQUIRE(legs[0] >= 199 && legs[0] <= 201 && legs[1] >= 199);
}

TEST(placement_leaves_a_short_window_open)
{
	struct placement p = {0};
	placement_measure(&p, S, 1, (uint64_t[]){0}, (uint32_t[]){1});
	placement_measure(&p, S + S / 2, 1, (uint64_t[]){S / 4}, (uint32_t[]){1});
	REQUIRE(p.at == S && p.worker[0].share == 0);
	placement_measure(&p, 2ull * S, 1, (uint64_t[]){S / 2}, (uint32_t[]){1});
	REQUIRE(p.worker[0].share > 0.49 && p.worker[0].share < 0.51);
}

TEST_NO_OOM(media_generated_frames_are_spread_over_the_20_slots_also_after_legs_have_gone)
{
	struct rig r;
	struct media_event ev;
	struct media_worker_stats s;
	struct leg_opts o = {.worker = 0};
	struct net_addr local;
	uint64_t legs[60];
	CHECK(rig_open_by_hand(&r, NULL));
	for (unsigned i = 0; i < 60; i++)
		CHECK(media_leg_open(r.m, &o, &legs[i], &local) == 0);
	rig_run(&r, 40);
	CHECK(media_worker_stats(r.m, 0, &s) == 0 && s.legs == 60);
	for (unsigned i = 0; i < MEDIA_SLOTS; i++)
		CHECK(s.slots[i] == 3);
	for (unsigned i = 0; i < 30; i++) { /* all of the first ten slots, were they in order */
		unsigned leg = i % 10 + i / 10 * 20;
		CHECK(media_leg_close(r.m, legs[leg]) == 0);
		CHECK(rig_wait(&r, MEDIA_EV_LEG_CLOSED, legs[leg], &ev) && media_leg_release(r.m, legs[leg]) == 0);
	}
	rig_run(&r, 40);
	for (unsigned i = 0; i < 30; i++)
		CHECK(media_leg_open(r.m, &o, &legs[i], &local) == 0);
	rig_run(&r, 40);
	CHECK(media_worker_stats(r.m, 0, &s) == 0 && s.legs == 60);
	for (unsigned i = 0; i < MEDIA_SLOTS; i++)
		CHECK(s.slots[i] == 3);
out:
	rig_close(&r);
}

TEST_NO_OOM(media_worker_tells_packets_late_rounds_and_delays)
{
	struct rig r;
	struct media_worker_stats before, s;
	struct far_end a = {.ssrc = 0xa}, b = {.ssrc = 0xb};
	CHECK(rig_open_by_hand(&r, NULL));
	CHECK(far_open(&r, &a, CODEC_PCMU, 0) && far_open(&r, &b, CODEC_PCMU, 0));
	CHECK(media_bridge(r.m, a.leg, b.leg) == 0);
	rig_run(&r, 1);
	CHECK(media_worker_stats(r.m, 0, &before) == 0 && media_worker_stats(r.m, 1, &s) == -ENOENT);
	for (unsigned i = 0; i < 5; i++)
		far_say(&a, 1);
	rig_run(&r, 10);
	rig_stall(&r, 30); /* 29 ms late: below 2^15 us */
	rig_run(&r, 0);
	CHECK(media_worker_stats(r.m, 0, &s) == 0 && s.legs == 2);
	CHECK(s.rx_packets - before.rx_packets == 5 && s.forwarded - before.forwarded == 5);
	CHECK(s.late_ticks - before.late_ticks == 1 && s.tx_errors == 0 && s.events_dropped == 0);
	CHECK(s.delays[0] - before.delays[0] == 10 && s.delays[15] - before.delays[15] == 1);
out:
	far_close(&a);
	far_close(&b);
	rig_close(&r);
}

TEST_NO_OOM(media_workers_say_how_they_may_run)
{
	struct rig r;
	struct media_worker_stats s[2];
	CHECK(rig_open(&r, NULL));
	for (uint32_t i = 0; i < 2; i++)
		CHECK(media_worker_stats(r.m, i, &s[i]) == 0 && s[i].priority <= MEDIA_PRIORITY_REALTIME);
	CHECK(s[0].priority == s[1].priority);
out:
	rig_close(&r);
}
