/** test_rtp_stats.c  Order, loss and jitter of an incoming stream. */
#include "rtp/rtcp.h"
#include "rtp/seq.h"
#include "rtp/stats.h"
#include "test/test.h"

TEST(seq_order_wraps)
{
	REQUIRE(seq_before(65535, 0) && !seq_before(0, 65535) && seq_before(32767, 32768));
	REQUIRE(seq_diff(3, 65534) == 5 && ts_diff(5, 0xfffffffb) == 10 && ts_before(0xffffffff, 0));
}

TEST(rtp_source_counts_no_loss_over_a_wrap)
{
	struct rtp_source s = {0};
	struct rtcp_report r;
	uint16_t seq = 65000;
	for (int i = 0; i < 200000; i++)
		REQUIRE(rtp_source_put(&s, 1, seq++) == RTP_NEXT);
	REQUIRE(rtp_source_lost(&s) == 0 && s.received == 200000 && s.epoch == 1);
	rtp_source_report(&s, &r);
	REQUIRE(r.fraction == 0 && r.lost == 0 && r.highest == 65000 + 199999);
}

TEST(rtp_source_tells_late_from_twice)
{
	struct rtp_source s = {0};
	REQUIRE(rtp_source_put(&s, 1, 65534) == RTP_NEXT);
	REQUIRE(rtp_source_put(&s, 1, 1) == RTP_NEXT);
	REQUIRE(rtp_source_lost(&s) == 2);
	REQUIRE(rtp_source_put(&s, 1, 65535) == RTP_REORDERED);
	REQUIRE(rtp_source_put(&s, 1, 65535) == RTP_DUPLICATE);
	REQUIRE(rtp_source_put(&s, 1, 1) == RTP_DUPLICATE);
	REQUIRE(rtp_source_put(&s, 1, 0) == RTP_REORDERED);
	REQUIRE(rtp_source_lost(&s) == 0 && s.reordered == 2 && s.duplicates == 2);
}

TEST(rtp_source_does_not_count_what_came_before_its_first_packet)
{
	struct rtp_source s = {0};
	rtp_source_put(&s, 1, 10);
	REQUIRE(rtp_source_put(&s, 1, 9) == RTP_REORDERED);
	rtp_source_put(&s, 1, 12);
	REQUIRE(rtp_source_lost(&s) == 1);
}

TEST(rtp_source_believes_a_jump_at_its_second_packet)
{
	struct rtp_source s = {0};
	rtp_source_put(&s, 1, 10);
	REQUIRE(rtp_source_put(&s, 1, 20000) == RTP_JUMP);
	REQUIRE(rtp_source_put(&s, 1, 11) == RTP_NEXT); /* it was a stray */
	REQUIRE(rtp_source_put(&s, 1, 30000) == RTP_JUMP);
	REQUIRE(s.epoch == 1);
	REQUIRE(rtp_source_put(&s, 1, 30001) == RTP_NEXT);
	REQUIRE(s.epoch == 2 && s.ssrc_changes == 0 && rtp_source_lost(&s) == 0);
}

TEST(rtp_source_starts_afresh_with_another_ssrc_and_keeps_earlier_losses)
{
	struct rtp_source s = {0};
	rtp_source_put(&s, 1, 10);
	rtp_source_put(&s, 1, 13);
	REQUIRE(rtp_source_put(&s, 2, 60000) == RTP_NEXT);
	rtp_source_put(&s, 2, 60002);
	REQUIRE(s.epoch == 2 && s.ssrc_changes == 1 && rtp_source_lost(&s) == 3);
}

TEST(rtp_source_reports_the_fraction_since_the_last_report)
{
	struct rtp_source s = {0};
	struct rtcp_report r;
	for (uint16_t i = 0; i < 100; i++)
		rtp_source_put(&s, 7, i);
	rtp_source_report(&s, &r);
	REQUIRE(r.fraction == 0 && r.ssrc == 7);
	for (uint16_t i = 100; i < 200; i += 2) /* every other packet is lost */
		rtp_source_put(&s, 7, i);
	rtp_source_report(&s, &r);
	REQUIRE(r.lost == 49 && r.fraction == 49 * 256 / 99 && r.highest == 198);
	rtp_source_report(&s, &r);
	REQUIRE(r.fraction == 0 && r.lost == 49);
}

/* RFC 3550 A.8: a spacing that alternates by 2 * d around the nominal gives a jitter that tends to 2 * d. */
TEST(rtp_source_jitter_tends_to_the_mean_deviation)
{
	struct rtp_source s = {0};
	uint32_t ts = 0xffffff00;
	for (uint32_t i = 0; i < 1000; i++, ts += 160)
		rtp_source_jitter(&s, ts, ts + 5000 + (i % 2 ? 40 : 0));
	REQUIRE(s.jitter >> 4 >= 38 && s.jitter >> 4 <= 40);
	for (uint32_t i = 0; i < 1000; i++, ts += 160)
		rtp_source_jitter(&s, ts, ts + 5000);
	REQUIRE(s.jitter >> 4 <= 1);
}

TEST(rtp_source_jitter_ignores_a_clock_that_jumped)
{
	struct rtp_source s = {0};
	rtp_source_jitter(&s, 1000, 5000);
	rtp_source_jitter(&s, 0x70000000, 5160);
	rtp_source_jitter(&s, 0x70000000 + 160, 5320);
	REQUIRE(s.jitter == 0);
}
