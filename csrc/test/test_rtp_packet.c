/** test_rtp_packet.c  RTP headers. */
#include <errno.h>
#include <string.h>

#include "rtp/packet.h"
#include "test/test.h"

static int parse(struct rtp_packet *p, const void *data, size_t n)
{
	return rtp_parse(p, test_guarded(data, n), n);
}

TEST(rtp_reads_back_what_it_wrote)
{
	uint8_t data[RTP_HEADER + 3] = {0};
	struct rtp_packet in = {.pt = 101, .marker = true, .seq = 65535, .ts = 0xfffffff0, .ssrc = 0x80000001}, out;
	rtp_header(data, &in);
	memcpy(data + RTP_HEADER, "abc", 3);
	REQUIRE(parse(&out, data, sizeof(data)) == 0);
	REQUIRE(out.pt == 101 && out.marker && out.seq == 65535 && out.ts == 0xfffffff0 && out.ssrc == 0x80000001);
	REQUIRE(out.n == 3 && memcmp(out.payload, "abc", 3) == 0);
}

TEST(rtp_skips_csrcs_extension_and_padding)
{
	static const uint8_t data[] = {0xb2, 0x00, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, /* P, X, 2 CSRCs */
				       1,    1,	   1, 1, 2, 2, 2, 2,		 /* CSRCs */
				       0xbe, 0xde, 0, 1, 9, 9, 9, 9,		 /* extension of one word */
				       'h',  'i',  0, 2};			 /* payload, two of padding */
	struct rtp_packet p;
	REQUIRE(parse(&p, data, sizeof(data)) == 0);
	REQUIRE(p.n == 2 && p.payload[0] == 'h' && p.payload[1] == 'i');
}

TEST(rtp_accepts_an_empty_payload)
{
	static const uint8_t data[] = {0x80, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3};
	struct rtp_packet p;
	REQUIRE(parse(&p, data, sizeof(data)) == 0 && p.n == 0);
}

TEST(rtp_refuses_what_does_not_fit)
{
	uint8_t data[40] = {0x80};
	struct rtp_packet p;
	for (size_t n = 0; n < RTP_HEADER; n++)
		REQUIRE(parse(&p, data, n) == -EBADMSG);
	data[0] = 0x40; /* version 1 */
	REQUIRE(parse(&p, data, sizeof(data)) == -EBADMSG);
	data[0] = 0x8f; /* 15 CSRCs need 72 bytes */
	REQUIRE(parse(&p, data, sizeof(data)) == -EBADMSG);
	data[0] = 0x90; /* extension of 65535 words */
	memset(data + 14, 0xff, 2);
	REQUIRE(parse(&p, data, sizeof(data)) == -EBADMSG);
	REQUIRE(parse(&p, data, 14) == -EBADMSG); /* its length is cut off */
	memset(data, 0, sizeof(data));
	data[0] = 0xa0; /* padding of 0, then of more than there is */
	REQUIRE(parse(&p, data, sizeof(data)) == -EBADMSG);
	data[39] = 29;
	REQUIRE(parse(&p, data, sizeof(data)) == -EBADMSG);
	data[39] = 28;
	REQUIRE(parse(&p, data, sizeof(data)) == 0 && p.n == 0);
	REQUIRE(parse(&p, data, RTP_HEADER) == -EBADMSG);
}

TEST(rtp_tells_rtcp_by_its_type)
{
	uint8_t data[8] = {0x80, 200};
	REQUIRE(rtp_is_rtcp(data, 8) && !rtp_is_rtcp(data, 7));
	data[1] = 0x80 | 8; /* PCMA with marker */
	REQUIRE(!rtp_is_rtcp(data, 8));
	data[1] = 0x80 | 101;
	REQUIRE(!rtp_is_rtcp(data, 8));
}
