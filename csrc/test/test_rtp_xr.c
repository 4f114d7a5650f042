/** test_rtp_xr.c  Extended reports, in and out, alone and inside a compound packet. */
#include <errno.h>
#include <string.h>

#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "test/test.h"

static const struct xr_voip voip = {.ssrc = 0x11,
				    .loss_rate = 13,
				    .discard_rate = 2,
				    .burst_density = 128,
				    .gap_density = 3,
				    .burst_ms = 420,
				    .gap_ms = 9000,
				    .round_trip_ms = 123,
				    .end_system_ms = 45,
				    .signal_dbm0 = -20,
				    .noise_dbm0 = XR_UNKNOWN,
				    .rerl_db = XR_UNKNOWN,
				    .gmin = 16,
				    .r_factor = 88,
				    .ext_r_factor = XR_UNKNOWN,
				    .mos_lq = 42,
				    .mos_cq = 41,
				    .config = 0xb0,
				    .jb_nominal_ms = 40,
				    .jb_max_ms = 80,
				    .jb_abs_max_ms = 200};
static const struct xr_summary summary = {.ssrc = 0x11,
					  .begin_seq = 65500,
					  .end_seq = 40,
					  .lost = 5,
					  .duplicates = 1,
					  .jitter_min = 1,
					  .jitter_max = 90,
					  .jitter_mean = 20,
					  .jitter_dev = 7};

static int parse(struct xr_view *v, const uint8_t *p, size_t n, uint32_t about)
{
	memset(v, 0, sizeof(*v));
	return xr_parse(v, test_guarded(p, n), n, about);
}

TEST(xr_reads_back_both_blocks)
{
	uint8_t data[XR_MAX];
	struct xr_view v;
	size_t n = xr_compose(data, 0x22, &voip, &summary);
	REQUIRE(n == XR_MAX && parse(&v, data, n, 0x11) == 0 && v.has_voip && v.has_summary);
	REQUIRE(memcmp(&v.voip, &voip, sizeof(voip)) == 0 && memcmp(&v.summary, &summary, sizeof(summary)) == 0);
}

TEST(xr_lies_on_the_wire_as_rfc_3611_draws_it)
{
	static const uint8_t want[] = {0x80, 207,  0,  10, 0,	0, 0, 0x22, 7,	  0,	0, 8,	0, 0,
				       0,    0x11, 13, 2,  128, 3, 1, 164,  0x23, 0x28, 0, 123, 0, 45};
	uint8_t data[XR_MAX];
	REQUIRE(xr_compose(data, 0x22, &voip, NULL) == 8 + XR_VOIP);
	REQUIRE(memcmp(data, want, sizeof(want)) == 0);
	REQUIRE(data[28] == 236 && data[29] == 127 && data[30] == 127 && data[31] == 16 && data[32] == 88);
	REQUIRE(data[34] == 42 && data[35] == 41 && data[36] == 0xb0 && get_be16(data + 38) == 40);
	size_t n = xr_compose(data, 0x22, NULL, &summary);
	REQUIRE(n == 8 + XR_SUMMARY && data[8] == 6 && data[9] == 0xe0 && get_be16(data + 10) == 9);
	REQUIRE(get_be32(data + 20) == 5 && get_be32(data + 40) == 7);
}

TEST(xr_ignores_blocks_about_others_and_unknown_ones)
{
	uint8_t data[XR_MAX + 8];
	struct xr_view v;
	size_t n = xr_compose(data, 0x22, &voip, &summary);
	REQUIRE(parse(&v, data, n, 0x12) == 0 && !v.has_voip && !v.has_summary);
	put_be32(data + n, 4u << 24 | 1); /* receiver reference time with half its length: not ours to judge */
	put_be32(data + n + 4, 0);
	put_be16(data + 2, (uint32_t)((n + 8) / 4 - 1));
	REQUIRE(parse(&v, data, n + 8, 0x11) == 0 && v.has_voip && v.has_summary);
}

TEST(xr_refuses_every_truncation_and_wrong_length)
{
	uint8_t data[XR_MAX];
	struct xr_view v;
	size_t n = xr_compose(data, 0x22, &voip, &summary);
	for (size_t cut = 0; cut < n; cut++)
		REQUIRE(parse(&v, data, cut, 0x11) == -EBADMSG && !v.has_summary);
	for (unsigned len = 0; len < 30; len++) {
		xr_compose(data, 0x22, &voip, &summary);
		put_be16(data + 10, len);
		REQUIRE((parse(&v, data, n, 0x11) == 0) == (len == XR_SUMMARY / 4 - 1));
	}
}

TEST(xr_a_jitter_summary_without_the_flags_is_zero)
{
	uint8_t data[XR_MAX];
	struct xr_view v;
	size_t n = xr_compose(data, 0x22, NULL, &summary);
	data[9] = 0;
	REQUIRE(parse(&v, data, n, 0x11) == 0 && v.has_summary && v.summary.lost == 0 && v.summary.jitter_max == 0);
}

TEST(xr_rides_in_a_compound_packet_before_its_bye)
{
	uint8_t data[RTCP_MAX];
	struct rtcp_view v;
	struct rtcp_compose c = {
		.ssrc = 0x22, .sender = true, .cname = "a@b", .voip = &voip, .summary = &summary, .bye = true};
	size_t n = rtcp_compose(data, &c);
	REQUIRE(n <= RTCP_MAX && data[n - 7] == 203 && rtcp_parse(&v, test_guarded(data, n), n, 0x11) == 0);
	REQUIRE(v.has_xr && v.xr.has_voip && v.xr.has_summary && v.bye && v.xr.voip.r_factor == 88);
	data[n - 8 - XR_VOIP + 3]++; /* the VoIP block's length */
	REQUIRE(rtcp_parse(&v, test_guarded(data, n), n, 0x11) == -EBADMSG);
}
