/** test_media_worker.c  Where legs go, how their frames are spread, what a worker tells of itself. */
#include <errno.h>
#include <string.h>

#include "media/engine.h"
#include "media/placement.h"
#include "media/round.h"
#include "test/media_rig.h"

static const uint64_t S = 1000000000;

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

/* Two workers: 0 with 40 legs and 0.6 of a CPU, 1 with 40 legs and 0.1. */
static uint32_t second(struct placement *p, unsigned n, double busy, uint32_t *from, uint32_t *to)
{
	uint64_t cpu[2] = {(uint64_t)(n * busy * 1e9), n * S / 10};
	placement_measure(p, (n + 1ull) * S, 2, cpu, (uint32_t[]){40, 40});
	return placement_balance(p, 2, from, to);
}

TEST(placement_moves_some_legs_after_three_uneven_seconds)
{
	struct placement p = {0};
	uint32_t from = 9, to = 9;
	for (unsigned n = 0; n < 3; n++)
		REQUIRE(second(&p, n, 0.6, &from, &to) == 0);
	REQUIRE(second(&p, 3, 0.6, &from, &to) == 16); /* half of the difference, 0.25 of a CPU, were 16.7 legs */
	REQUIRE(from == 0 && to == 1);
	REQUIRE(placement_balance(&p, 2, &from, &to) == 0); /* once in a window */
}

TEST(placement_leaves_small_differences_and_short_ones)
{
	struct placement p = {0}, q = {0};
	uint32_t from, to;
	for (unsigned n = 0; n < 20; n++)
		REQUIRE(second(&p, n, 0.25, &from, &to) == 0);
	uint64_t cpu = 0;
	for (unsigned n = 0; n < 20; n++) { /* two uneven seconds, then an even one */
		cpu += n % 3 ? 6 * S / 10 : S / 10;
		placement_measure(&q, (n + 1ull) * S, 2, (uint64_t[]){cpu, n * S / 10}, (uint32_t[]){40, 40});
		REQUIRE(placement_balance(&q, 2, &from, &to) == 0);
	}
}

/* Audio both ways, recorded, while the bridge goes from worker to worker and back: no packet, no number, no sample is
 * missing, and the far sides see no seam. */
TEST_NO_OOM(media_bridge_moves_between_workers_without_a_seam)
{
	struct rig r;
	struct media_opts o = {.workers = 2, .max_legs = 16, .rec_buffer = 4 << 20};
	struct far_end f[2] = {{.ssrc = 0xa}, {.ssrc = 0xb}};
	struct datagram d, last[2];
	unsigned heard[2] = {0};
	CHECK(rig_open_by_hand(&r, &o));
	for (unsigned i = 0; i < 2; i++)
		CHECK(far_open(&r, &f[i], CODEC_PCMU, 0) && far_latch(&r, &f[i]));
	CHECK(media_bridge(r.m, f[0].leg, f[1].leg) == 0);
	rig_run(&r, 20);
	for (unsigned n = 0; n < 100; n++) {
		if (n % 10 == 5)
			CHECK(media_move_bridge(r.m, slots_get(&r.m->legs, f[n / 10 % 2].leg), n / 10 % 2 ? 0 : 1));
		for (unsigned i = 0; i < 2; i++)
			far_say(&f[i], (uint8_t)n);
		rig_run(&r, 20);
		for (unsigned i = 0; i < 2; i++) {
			CHECK(far_hear(&f[i], &d, 0) && d.rtp.payload[0] == n);
			bool first = heard[i]++ == 0;
			CHECK(first || (d.rtp.seq == (uint16_t)(last[i].rtp.seq + 1) &&
					d.rtp.ts == last[i].rtp.ts + 160 && !d.rtp.marker));
			last[i] = d;
		}
	}
	CHECK(media_leg_worker(r.m, f[0].leg) == 0 && media_leg_worker(r.m, f[1].leg) == 0);
	CHECK(rig_stats(&r, f[0].leg).rx_packets == 101);
out:
	for (unsigned i = 0; i < 2; i++)
		far_close(&f[i]);
	rig_close(&r);
}

TEST_NO_OOM(media_bridge_that_moves_between_running_workers_loses_nothing)
{
	struct rig r;
	struct far_end f[2] = {{.ssrc = 0xa}, {.ssrc = 0xb}};
	struct datagram d;
	CHECK(rig_open(&r, NULL));
	for (unsigned i = 0; i < 2; i++)
		CHECK(far_open(&r, &f[i], CODEC_PCMU, 0) && far_latch(&r, &f[i]));
	CHECK(media_bridge(r.m, f[0].leg, f[1].leg) == 0 && rig_settle(&r, f[0].leg));
	for (unsigned n = 0; n < 60; n++) {
		far_say(&f[n % 2], (uint8_t)n);
		if (n % 3 == 0)
			CHECK(media_move_bridge(r.m, slots_get(&r.m->legs, f[0].leg), n / 3 % 2 ? 0 : 1));
		far_say(&f[n % 2], (uint8_t)(100 + n));
		CHECK(far_hear(&f[1 - n % 2], &d, WAIT_MS) && d.rtp.payload[0] == n);
		CHECK(far_hear(&f[1 - n % 2], &d, WAIT_MS) && d.rtp.payload[0] == 100 + n);
	}
out:
	for (unsigned i = 0; i < 2; i++)
		far_close(&f[i]);
	rig_close(&r);
}

/* What the control thread believes is checked where it is done: a command in between takes the bridge apart. */
TEST_NO_OOM(media_legs_of_a_mix_or_of_no_bridge_do_not_move_as_one)
{
	struct rig r;
	struct media_opts o = {.workers = 2, .max_legs = 16, .rec_buffer = 1 << 20};
	struct far_end f[2] = {{.ssrc = 0xa}, {.ssrc = 0xb}};
	uint64_t mix;
	CHECK(rig_open_by_hand(&r, &o));
	for (unsigned i = 0; i < 2; i++)
		CHECK(far_open(&r, &f[i], CODEC_PCMU, 0));
	struct leg *leg = slots_get(&r.m->legs, f[0].leg);
	CHECK(!media_move_bridge(r.m, leg, 1)); /* no bridge yet */
	CHECK(media_bridge(r.m, f[0].leg, f[1].leg) == 0);
	CHECK(!media_move_bridge(r.m, leg, 0)); /* it is there */
	CHECK(media_unbridge(r.m, f[1].leg) == 0 && !media_move_bridge(r.m, leg, 1));
	CHECK(media_bridge(r.m, f[0].leg, f[1].leg) == 0 && media_echo(r.m, f[0].leg, true) == 0);
	CHECK(!media_move_bridge(r.m, leg, 1));
	CHECK(media_bridge(r.m, f[0].leg, f[1].leg) == 0 && media_mix_open(r.m, &mix) == 0);
	CHECK(media_mix_join(r.m, mix, f[0].leg, MIX_TALK | MIX_HEAR) == 0 && !media_move_bridge(r.m, leg, 1));
	CHECK(media_bridge(r.m, f[0].leg, f[1].leg) == 0 && media_move_bridge(r.m, leg, 1));
	rig_run(&r, 20);
	CHECK(leg->owner == 1 && leg->bridge == slots_get(&r.m->legs, f[1].leg) && leg->bridge->owner == 1);
out:
	for (unsigned i = 0; i < 2; i++)
		far_close(&f[i]);
	rig_close(&r);
}

TEST_NO_OOM(media_bridges_move_from_a_worker_that_has_much_more_to_do)
{
	struct rig r;
	struct media_opts o = {.workers = 2, .max_legs = 64, .rec_buffer = 1 << 20};
	struct leg_opts lo = {.worker = 0};
	struct net_addr local;
	uint64_t legs[40], on_second = 0;
	CHECK(rig_open_by_hand(&r, &o));
	for (unsigned i = 0; i < 40; i++) {
		CHECK(media_leg_open(r.m, &lo, &legs[i], &local) == 0);
		if (i % 2)
			CHECK(media_bridge(r.m, legs[i - 1], legs[i]) == 0);
	}
	rig_run(&r, 10);
	for (unsigned n = 0; n < 3; n++) { /* by hand no CPU time is measured: say what it were */
		r.m->placement.at = r.hand->now;
		r.m->placement.looked_at = false;
		r.m->placement.worker[0].share = 0.5;
		r.m->placement.worker[0].measured = 40;
		media_balance(r.m);
	}
	rig_run(&r, 10);
	for (unsigned i = 0; i < 40; i++) {
		const struct leg *leg = slots_get(&r.m->legs, legs[i]);
		CHECK(leg->owner == leg->bridge->owner && leg->owner == leg->control.worker);
		on_second += leg->owner;
	}
	CHECK(on_second == 16);
out:
	rig_close(&r);
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
