/** test_rtp_sender.c  One outgoing stream from changing sources; placing by RTP time. */
#include "rtp/sender.h"
#include "rtp/timeline.h"
#include "test/test.h"

enum { MS = 1000000, A = 100, B = 101 };

static struct rtp_packet packet(uint16_t seq, uint32_t ts)
{
	return (struct rtp_packet){.seq = seq, .ts = ts, .ssrc = 5};
}

TEST(rtp_sender_keeps_holes_and_order_of_a_forwarded_source_over_a_wrap)
{
	struct rtp_sender s;
	static const uint16_t in[] = {65534, 65535, 1, 0, 4};
	rtp_sender_init(&s, 77, 65530, 0xfffffff0);
	for (size_t i = 0; i < 5; i++) {
		struct rtp_packet p = packet(in[i], in[i] * 160u);
		uint16_t step = (uint16_t)(in[i] - 65534);
		REQUIRE(rtp_sender_forward(&s, A, &p, 160, i * 20 * MS));
		REQUIRE(p.ssrc == 77 && p.seq == (uint16_t)(65531 + step));
		REQUIRE(p.marker == (i == 0));
	}
}

TEST(rtp_sender_advances_with_time_at_a_seam)
{
	struct rtp_sender s;
	struct rtp_packet p = packet(1, 1000), q = packet(500, 90000), soon = packet(9, 9);
	rtp_sender_init(&s, 77, 10, 5000);
	REQUIRE(rtp_sender_forward(&s, A, &p, 160, 0) && p.seq == 11 && p.ts == 5000);
	REQUIRE(rtp_sender_forward(&s, B, &q, 160, 1000ull * MS) && q.seq == 12 && q.ts == 13000 && q.marker);
	/* A seam right after a packet: never into what it lasted. */
	REQUIRE(rtp_sender_forward(&s, A, &soon, 160, 1001ull * MS) && soon.seq == 13 && soon.ts == 13160);
}

TEST(rtp_sender_drops_what_is_older_than_the_seam)
{
	struct rtp_sender s;
	struct rtp_packet a = packet(50, 0), b = packet(7, 0), late = packet(6, 0);
	rtp_sender_init(&s, 77, 10, 0);
	REQUIRE(rtp_sender_forward(&s, A, &a, 160, 0));
	REQUIRE(rtp_sender_forward(&s, B, &b, 160, 20 * MS) && b.seq == 12);
	REQUIRE(!rtp_sender_forward(&s, B, &late, 160, 21 * MS)); /* would get the number of `a` */
}

TEST(rtp_sender_closes_the_hole_of_a_packet_not_sent)
{
	struct rtp_sender s;
	struct rtp_packet a = packet(50, 0), d = packet(53, 480), late = packet(51, 160);
	rtp_sender_init(&s, 77, 10, 0);
	REQUIRE(rtp_sender_forward(&s, A, &a, 160, 0) && a.seq == 11);
	rtp_sender_skip(&s, A, 51);
	rtp_sender_skip(&s, A, 52);
	rtp_sender_skip(&s, B, 52); /* not the source now: nothing */
	REQUIRE(rtp_sender_forward(&s, A, &d, 160, 60 * MS) && d.seq == 12 && d.ts == a.ts + 480);
	REQUIRE(!rtp_sender_forward(&s, A, &late, 160, 61 * MS));
}

TEST(rtp_sender_numbers_generated_frames_without_a_clock)
{
	struct rtp_sender s;
	struct rtp_packet p = {0};
	rtp_sender_init(&s, 77, 10, 100);
	for (uint32_t i = 0; i < 50; i++) {
		rtp_sender_generate(&s, &p, 160, (i * 20 + i % 3) * (uint64_t)MS); /* the tick is not exact */
		REQUIRE(p.seq == 11 + i && p.ts == 100 + 160 * i && p.marker == (i == 0));
	}
	rtp_sender_generate(&s, &p, 160, 3000ull * MS); /* after a pause */
	REQUIRE(p.seq == 61 && p.marker && p.ts > 100 + 160 * 50);
	REQUIRE(rtp_sender_clock(&s, 3010ull * MS) == p.ts + 80);
}

TEST(rtp_sender_goes_on_in_time_over_a_pause_between_events)
{
	struct rtp_sender s;
	struct rtp_packet p = {0};
	rtp_sender_init(&s, 77, 10, 100);
	rtp_sender_generate(&s, &p, 160, 0);
	rtp_sender_pause(&s, 160, 20 * MS);
	rtp_sender_pause(&s, 160, 40 * MS);
	rtp_sender_generate(&s, &p, 160, 60 * MS);
	REQUIRE(p.seq == 12 && p.ts == 100 + 480 && !p.marker);
}

static const struct timeline_limits limits = {.early = 800, .late = 1600, .late_run = 3};

TEST(timeline_places_by_timestamp_not_by_arrival)
{
	struct timeline t = {0};
	int64_t at;
	REQUIRE(timeline_place(&t, &limits, 1, 0xffffff00, 1000, &at) && at == 1000);
	REQUIRE(timeline_place(&t, &limits, 1, 0xffffff00 + 320, 1900, &at) && at == 1320);
	REQUIRE(timeline_place(&t, &limits, 1, 0xffffff00 + 160, 1905, &at) && at == 1160);
}

TEST(timeline_begins_anew_with_another_stream_or_an_impossible_time)
{
	struct timeline t = {0};
	int64_t at;
	timeline_place(&t, &limits, 1, 1000, 0, &at);
	REQUIRE(timeline_place(&t, &limits, 2, 5, 400, &at) && at == 400);
	REQUIRE(timeline_place(&t, &limits, 2, 5 + 900, 410, &at) && at == 410); /* 895 early: more than 800 */
}

TEST(timeline_drops_late_packets_until_they_are_the_rule)
{
	struct timeline t = {0};
	int64_t at;
	timeline_place(&t, &limits, 1, 10000, 0, &at);
	REQUIRE(!timeline_place(&t, &limits, 1, 8000, 100, &at));
	REQUIRE(!timeline_place(&t, &limits, 1, 8160, 260, &at));
	REQUIRE(timeline_place(&t, &limits, 1, 8320, 420, &at) && at == 420);
	REQUIRE(timeline_place(&t, &limits, 1, 8480, 500, &at) && at == 580);
}

TEST(timeline_stays_exact_over_many_hours)
{
	struct timeline t = {0};
	int64_t at = 0;
	uint32_t ts = 7;
	for (int64_t i = 0; i < 20000000; i += 1) { /* 111 hours: the timestamp wraps */
		REQUIRE(timeline_place(&t, &limits, 1, ts, i * 160, &at) && at == i * 160);
		ts += 160;
	}
}
