/** test_sip_build.c  Text of messages; status codes and sides. */
#include "sip/build.h"
#include "test/sip_text.h"

static struct str built(const struct build *b)
{
	return (struct str){b->p, b->n};
}

TEST(build_appends_text_numbers_and_addresses)
{
	char out[256];
	struct build b;
	struct net_addr v4 = {.family = ADDR_V4, .port = 5060, .ip = {192, 0, 2, 1}};
	struct net_addr v6 = {.family = ADDR_V6, .port = 5061, .ip = {[15] = 1}};
	build_init(&b, out, sizeof out);
	build_lit(&b, "a ");
	build_str(&b, STR_NONE);
	build_uint(&b, 0);
	build_lit(&b, " ");
	build_uint(&b, UINT64_MAX);
	build_lit(&b, " ");
	build_hex(&b, 0xbeef, 8);
	build_lit(&b, " ");
	build_hex(&b, 0x12345, 4);
	build_lit(&b, " ");
	build_addr(&b, &v4, true);
	build_lit(&b, " ");
	build_addr(&b, &v4, false);
	build_lit(&b, " ");
	build_addr(&b, &v6, true);
	build_lit(&b, " ");
	build_addr(&b, &v6, false);
	REQUIRE(build_ok(&b));
	REQUIRE(EQ(built(&b), "a 0 18446744073709551615 0000beef 2345 192.0.2.1:5060 192.0.2.1 [::1]:5061 [::1]"));
}

TEST(build_unfolds_header_values)
{
	char out[256];
	struct build b;
	build_init(&b, out, sizeof out);
	build_header(&b, "Subject", STR("one\r\n two  three \r\n\t four"));
	build_header(&b, "Evil", STR("x\r\nRoute: y\rz\n"));
	build_header(&b, "Empty", STR_NONE);
	REQUIRE(build_ok(&b));
	REQUIRE(EQ(built(&b), "Subject: one two  three  four\r\nEvil: x Route: y z\r\nEmpty: \r\n"));
}

TEST(build_ends_a_message_with_its_body)
{
	char out[256];
	struct build b;
	build_init(&b, out, sizeof out);
	build_body(&b, "application/sdp", STR("v=0\r\n"));
	REQUIRE(EQ(built(&b), "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n"));
	build_init(&b, out, sizeof out);
	build_body(&b, "application/sdp", STR_NONE);
	REQUIRE(EQ(built(&b), "Content-Length: 0\r\n\r\n"));
	build_init(&b, out, sizeof out);
	build_body(&b, NULL, STR("x"));
	REQUIRE(EQ(built(&b), "Content-Length: 1\r\n\r\nx"));
}

TEST(build_remembers_that_it_was_full)
{
	for (size_t cap = 0; cap < 24; cap++) {
		char text[24] = {0};
		char *out = test_guarded(text, cap);
		struct build b;
		build_init(&b, out, cap);
		build_header(&b, "Name", STR("some value"));
		build_hex(&b, 1, 5);
		REQUIRE(build_ok(&b) == (cap >= 23) && b.n <= cap);
		build_lit(&b, "");
		REQUIRE(build_ok(&b) == (cap >= 23)); /* once full, always full */
	}
}

TEST(build_writes_what_the_parser_reads)
{
	char out[1024];
	struct build b;
	struct sip_msg m;
	struct net_addr us = {.family = ADDR_V6, .port = 5060, .ip = {0x20, 1, 0xd, 0xb8, [15] = 9}};
	build_init(&b, out, sizeof out);
	build_lit(&b, "INVITE sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/UDP ");
	build_addr(&b, &us, true);
	build_lit(&b, ";branch=z9hG4bK");
	build_hex(&b, 0x123456789abcdef0, 16);
	build_lit(&b, "\r\n");
	build_header(&b, "From", STR("\"A\"\r\n <sip:a@b>;tag=1"));
	build_header(&b, "To", STR("<sip:bob@example.org>"));
	build_header(&b, "Call-ID", STR("1@2"));
	build_header(&b, "CSeq", STR("1 INVITE"));
	build_header(&b, "Contact", STR("<sip:a@b>"));
	build_body(&b, "text/plain", STR("hi"));
	REQUIRE(build_ok(&b) && accept_guarded(&m, built(&b)) == 0);
	struct sip_via v;
	REQUIRE(sip_via_parse(&v, sip_msg_value(&m, SIP_HDR_VIA)) == 0);
	REQUIRE(EQ(v.branch, "z9hG4bK123456789abcdef0") && EQ(v.host, "2001:db8::9") && v.port == 5060);
	REQUIRE(EQ(m.body, "hi") && EQ(sip_msg_value(&m, SIP_HDR_CONTENT_TYPE), "text/plain"));
}

TEST(status_maps_to_q850_as_rfc_3398_says)
{
	static const struct {
		unsigned status, cause;
	} table[] = {
		{400, 41},
		{401, 21},
		{402, 21},
		{403, 21},
		{404, 1},
		{405, 63},
		{406, 79},
		{407, 21},
		{408, 102},
		{410, 22},
		{413, 127},
		{414, 127},
		{415, 79},
		{416, 127},
		{420, 127},
		{421, 127},
		{423, 127},
		{480, 18},
		{481, 41},
		{482, 25},
		{483, 25},
		{484, 28},
		{485, 1},
		{486, 17},
		{500, 41},
		{501, 79},
		{502, 38},
		{503, 41},
		{504, 102},
		{505, 127},
		{513, 127},
		{600, 17},
		{603, 21},
		{604, 1},
		/* no row there, and what it leaves to the Warning header */
		{487, 31},
		{488, 31},
		{606, 31},
		{302, 31},
		{180, 31},
		{0, 31},
		{499, 31},
		{700, 31},
		/* success */
		{200, 16},
		{202, 16},
		{299, 16},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		REQUIRE(sip_status_q850(table[i].status) == table[i].cause);
}

TEST(status_has_its_phrase)
{
	REQUIRE(strcmp(sip_status_text(200), "OK") == 0);
	REQUIRE(strcmp(sip_status_text(487), "Request Terminated") == 0);
	REQUIRE(strcmp(sip_status_text(503), "Service Unavailable") == 0);
	REQUIRE(strcmp(sip_status_text(299), "Unknown") == 0 && strcmp(sip_status_text(0), "Unknown") == 0);
}

TEST(sides_have_names)
{
	REQUIRE(strcmp(sip_side_name(SIP_SIDE_LOCAL), "local") == 0);
	REQUIRE(strcmp(sip_side_name(SIP_SIDE_PROTOCOL), "protocol") == 0);
	REQUIRE(strcmp(sip_side_name(SIP_SIDE_COUNT), "unknown") == 0);
}
