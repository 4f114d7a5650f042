/** test_rtp_rtcp.c  Reports, in and out. */
#include <errno.h>
#include <string.h>

#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "test/test.h"

static int parse(struct rtcp_view *v, const void *data, size_t n, uint32_t about)
{
	return rtcp_parse(v, test_guarded(data, n), n, about);
}

static size_t sample(uint8_t *out, bool sender, bool bye)
{
	struct rtcp_report block = {.ssrc = 0x11,
				    .fraction = 64,
				    .lost = -3,
				    .highest = 70000,
				    .jitter = 9,
				    .lsr = 0xaabbccdd,
				    .dlsr = 65536};
	struct rtcp_compose c = {.ssrc = 0x22,
				 .sender = sender,
				 .ntp = 0x1234567890abcdef,
				 .ts = 99,
				 .packets = 5,
				 .octets = 800,
				 .report = &block,
				 .cname = "a@b",
				 .bye = bye};
	return rtcp_compose(out, &c);
}

TEST(rtcp_reads_back_a_sender_report)
{
	uint8_t data[RTCP_MAX];
	struct rtcp_view v;
	size_t n = sample(data, true, false);
	REQUIRE(n % 4 == 0 && data[1] == 200);
	REQUIRE(parse(&v, data, n, 0x11) == 0);
	REQUIRE(v.sender == 0x22 && v.has_sr && v.sr_lsr == 0x567890ab && v.has_report && !v.bye);
	REQUIRE(v.report.fraction == 64 && v.report.lost == -3 && v.report.highest == 70000 && v.report.jitter == 9);
	REQUIRE(v.report.lsr == 0xaabbccdd && v.report.dlsr == 65536);
}

TEST(rtcp_reads_back_a_receiver_report_with_bye)
{
	uint8_t data[RTCP_MAX];
	struct rtcp_view v;
	size_t n = sample(data, false, true);
	REQUIRE(data[1] == 201 && parse(&v, data, n, 0x11) == 0 && !v.has_sr && v.has_report && v.bye);
}

TEST(rtcp_ignores_reports_about_others)
{
	uint8_t data[RTCP_MAX];
	struct rtcp_view v;
	size_t n = sample(data, true, false);
	REQUIRE(parse(&v, data, n, 0x12) == 0 && !v.has_report);
}

TEST(rtcp_cname_chunk_ends_with_zero_and_fits_for_every_length)
{
	char cname[80] = {0};
	for (size_t len = 0; len < 70; len++) {
		uint8_t data[RTCP_MAX];
		struct rtcp_view v;
		memset(cname, 'x', len);
		struct rtcp_compose c = {.ssrc = 1, .cname = cname, .bye = true, .sender = true};
		size_t n = rtcp_compose(data, &c);
		REQUIRE(n <= RTCP_MAX && n % 4 == 0 && parse(&v, data, n, 0) == 0 && v.bye);
		const uint8_t *sdes = data + 28;
		size_t want = len > 64 ? 64 : len;
		REQUIRE(sdes[1] == 202 && sdes[9] == want && sdes[10 + want] == 0);
	}
}

TEST(rtcp_refuses_every_truncation)
{
	uint8_t data[RTCP_MAX];
	struct rtcp_view v;
	size_t n = sample(data, true, true);
	size_t report = 52, sdes = report + 16;
	for (size_t cut = 0; cut < n; cut++) /* between whole packets it is a valid, shorter compound */
		REQUIRE((parse(&v, data, cut, 0x11) == 0) == (cut == report || cut == sdes));
}

TEST(rtcp_refuses_a_compound_that_does_not_begin_with_a_report)
{
	static const uint8_t bye[] = {0x81, 203, 0, 1, 0, 0, 0, 1};
	static const uint8_t padded[] = {0xa0, 201, 0, 1, 0, 0, 0, 1};
	static const uint8_t blocks[] = {0x81, 201, 0, 1, 0, 0, 0, 1}; /* promises a block it does not hold */
	struct rtcp_view v;
	REQUIRE(parse(&v, bye, sizeof(bye), 1) == -EBADMSG);
	REQUIRE(parse(&v, padded, sizeof(padded), 1) == -EBADMSG);
	REQUIRE(parse(&v, blocks, sizeof(blocks), 1) == -EBADMSG);
}

TEST(rtcp_round_trip_is_now_less_lsr_less_dlsr)
{
	struct rtcp_report r = {.lsr = 0x00010000, .dlsr = 65536 / 2};
	uint64_t ntp = (uint64_t)(0x00010000u + 65536 / 2 + 65536 / 10) << 16;
	REQUIRE(rtcp_round_trip(&r, ntp) / 1000 == 99); /* 100 ms less rounding */
	r.lsr = 0;
	REQUIRE(rtcp_round_trip(&r, ntp) == 0);
	r.lsr = 0x00020000; /* from the future */
	REQUIRE(rtcp_round_trip(&r, ntp) == 0);
}

TEST(rtcp_ntp_counts_from_1900)
{
	REQUIRE(rtcp_ntp(0) == 2208988800ull << 32);
	REQUIRE(rtcp_ntp(1500000000) == (2208988801ull << 32 | 0x80000000));
}
