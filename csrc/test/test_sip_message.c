/** test_sip_message.c  Start lines, header index, body, limits, the mandatory headers. */
#include <stdio.h>

#include "test/sip_text.h"

#define INVITE_HEAD                                                                                                    \
	"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776asdhds;rport\r\n"                                            \
	"From: \"Alice\" <sip:alice@example.com>;tag=1928301774\r\n"                                                   \
	"To: Bob <sip:bob@example.org>\r\n"                                                                            \
	"Call-ID: a84b4c76e66710@192.0.2.1\r\n"                                                                        \
	"CSeq: 314159 INVITE\r\n"
#define CONTACT	    "Contact: <sip:alice@192.0.2.1:5060>\r\n"
#define INVITE_LINE "INVITE sip:bob@example.org SIP/2.0\r\n"
#define INVITE	    INVITE_LINE INVITE_HEAD CONTACT "Max-Forwards: 70\r\n"

TEST(sip_message_splits_a_request)
{
	struct sip_msg m;
	REQUIRE(parse_guarded(&m, STR(INVITE "Content-Length: 4\r\n\r\nbody")) == 0);
	REQUIRE(m.request && m.method == SIP_INVITE && EQ(m.method_name, "INVITE"));
	REQUIRE(EQ(m.ruri, "sip:bob@example.org") && EQ(m.body, "body"));
	REQUIRE(m.nhdr == 8 && EQ(m.hdr[4].name, "CSeq") && EQ(m.hdr[4].value, "314159 INVITE"));
	REQUIRE(EQ(sip_msg_value(&m, SIP_HDR_CALL_ID), "a84b4c76e66710@192.0.2.1"));
	REQUIRE(sip_msg_check(&m) == 0);
}

TEST(sip_message_splits_a_response)
{
	struct sip_msg m;
	REQUIRE(parse_guarded(&m, STR("SIP/2.0 486 Busy Here\r\n" INVITE_HEAD "\r\n")) == 0);
	REQUIRE(!m.request && m.status == 486 && EQ(m.reason, "Busy Here"));
	REQUIRE(m.method == SIP_INVITE && EQ(m.method_name, "INVITE"));
	REQUIRE(sip_msg_check(&m) == 0);
}

TEST(sip_message_takes_a_status_line_without_reason)
{
	struct sip_msg m;
	REQUIRE(parse_guarded(&m, STR("SIP/2.0 100 \r\n" INVITE_HEAD "\r\n")) == 0);
	REQUIRE(m.status == 100 && m.reason.n == 0);
	REQUIRE(parse_guarded(&m, STR("SIP/2.0 200\r\n" INVITE_HEAD "\r\n")) == 0);
	REQUIRE(m.status == 200 && m.reason.n == 0);
}

TEST(sip_message_version_is_without_case)
{
	struct sip_msg m;
	REQUIRE(parse_guarded(&m, STR("OPTIONS sip:a@b sip/2.0\r\n\r\n")) == 0);
	REQUIRE(parse_guarded(&m, STR("sIp/2.0 200 OK\r\n\r\n")) == 0 && !m.request);
}

TEST(sip_message_other_version_is_a_505)
{
	struct sip_msg m;
	REQUIRE(parse_guarded(&m, STR("INVITE sip:bob@example.org SIP/7.0\r\n" INVITE_HEAD "\r\n")) == -EBADMSG);
	REQUIRE(m.refuse == 505 && strcmp(m.why, "Version Not Supported") == 0);
	REQUIRE(m.method == SIP_INVITE && sip_msg_hdr(&m, SIP_HDR_VIA));
}

TEST(sip_message_start_line_wants_single_spaces)
{
	static const char *const bad[] = {
		"INVITE  sip:bob@example.org SIP/2.0",
		"INVITE sip:bob@example.org  SIP/2.0",
		" INVITE sip:bob@example.org SIP/2.0",
		"INVITE sip:bob@example.org SIP/2.0 ",
		"INVITE\tsip:bob@example.org SIP/2.0",
		"INVITE sip:bob@example.org",
		"INVITE sip:bob; lr@example.org SIP/2.0",
		"INVITE <sip:bob@example.org> SIP/2.0",
		"INVITE bob SIP/2.0",
		"INVITE sip: SIP/2.0",
		"INV{TE sip:bob@example.org SIP/2.0",
		"INVITE sip:bob@example.org HTTP/1.1",
		"INVITE sip:bob@example.org SIP/2.",
		"INVITE sip:bob@example.org SIP/",
		"SIP/2.0 99 Low",
		"SIP/2.0 700 High",
		"SIP/2.0 4294967301 Huge",
		"SIP/2.0 20x Odd",
		"SIP/2.0  200 OK",
		"SIP/2.0",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char text[512];
		int n = snprintf(text, sizeof text, "%s\r\n%s\r\n", bad[i], INVITE_HEAD);
		struct sip_msg m;
		REQUIRE(parse_guarded(&m, (struct str){text, (size_t)n}) == -EBADMSG);
		REQUIRE(m.refuse == 400 && m.why && sip_msg_hdr(&m, SIP_HDR_CALL_ID));
	}
}

TEST(sip_message_keep_alives_are_nothing)
{
	struct sip_msg m;
	REQUIRE(parse_guarded(&m, STR("\r\n\r\n")) == -EAGAIN);
	REQUIRE(parse_guarded(&m, STR("\0\0\0\0")) == -EAGAIN);
	REQUIRE(parse_guarded(&m, STR(" \t\r\n")) == -EAGAIN);
	REQUIRE(sip_msg_parse(&m, NULL, 0) == -EAGAIN);
}

TEST(sip_message_skips_empty_lines_before_the_start)
{
	struct sip_msg m;
	REQUIRE(parse_guarded(&m, STR("\r\n\r\n" INVITE "\r\n")) == 0);
	REQUIRE(m.raw.p[0] == 'I' && m.method == SIP_INVITE);
}

TEST(sip_message_knows_compact_names_and_any_case)
{
	struct sip_msg m;
	REQUIRE(parse_guarded(&m, STR("OPTIONS sip:a@b SIP/2.0\r\nv: 1\r\nI : 2\r\ncAlL-iD: 3\r\nM:4\r\n\r\n")) == 0);
	REQUIRE(EQ(sip_msg_value(&m, SIP_HDR_VIA), "1") && EQ(sip_msg_value(&m, SIP_HDR_CONTACT), "4"));
	const struct sip_hdr *h = sip_msg_hdr(&m, SIP_HDR_CALL_ID);
	REQUIRE(h && EQ(h->name, "I") && EQ(h->value, "2"));
	h = sip_msg_hdr_next(&m, h);
	REQUIRE(h && EQ(h->value, "3") && !sip_msg_hdr_next(&m, h));
}

TEST(sip_message_keeps_headers_it_does_not_know)
{
	struct sip_msg m;
	REQUIRE(parse_guarded(&m, STR("OPTIONS sip:a@b SIP/2.0\r\nX-Campaign: 7\r\nX-Y:\r\n\r\n")) == 0);
	const struct sip_hdr *h = sip_msg_hdr_named(&m, STR("x-campaign"));
	REQUIRE(h && h->id == SIP_HDR_OTHER && EQ(h->value, "7"));
	h = sip_msg_hdr_named(&m, STR("X-Y"));
	REQUIRE(h && h->value.n == 0 && !sip_msg_hdr_named(&m, STR("X-Z")));
}

TEST(sip_message_joins_folded_lines)
{
	struct sip_msg m;
	REQUIRE(parse_guarded(&m,
			      STR("OPTIONS sip:a@b SIP/2.0\r\nSubject: one\r\n two\r\n\tthree\r\nTo:\r\n sip:x@y\r\n"
				  "\r\n")) == 0);
	REQUIRE(m.nhdr == 2 && EQ(m.hdr[0].value, "one\r\n two\r\n\tthree") && EQ(m.hdr[1].value, "sip:x@y"));
}

TEST(sip_message_takes_bare_line_feeds)
{
	struct sip_msg m;
	REQUIRE(parse_guarded(&m, STR("OPTIONS sip:a@b SIP/2.0\nTo: sip:x@y\n\nbody")) == 0);
	REQUIRE(EQ(m.ruri, "sip:a@b") && EQ(m.hdr[0].value, "sip:x@y") && EQ(m.body, "body"));
}

TEST(sip_message_refuses_a_bare_carriage_return)
{
	struct sip_msg m;
	REQUIRE(parse_guarded(&m, STR("OPTIONS sip:a@b SIP/2.0\r\nSubject: x\rRoute: y\r\n\r\n")) == -EBADMSG);
	REQUIRE(parse_guarded(&m, STR("OPTIONS\rsip:a@b SIP/2.0\r\nSubject: x\r\n\r\n")) == -EBADMSG);
	/* in a body it is nobody's business */
	REQUIRE(parse_guarded(&m, STR("OPTIONS sip:a@b SIP/2.0\r\nSubject: x\r\n\r\na\rb")) == 0);
}

TEST(sip_message_finds_a_carriage_return_across_blocks)
{
	/* the line scanner works on 64 bytes: move a bare CR and a CRLF over its edge */
	for (int at = 0; at < 140; at++) {
		char text[256];
		struct sip_msg m;
		int n = snprintf(text, sizeof text, "OPTIONS sip:a@b SIP/2.0\r\nA: %.*s\r\n\r\n", at,
				 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
		REQUIRE(parse_guarded(&m, (struct str){text, (size_t)n}) == 0);
		REQUIRE(m.nhdr == 1 && m.hdr[0].value.n == (size_t)at);
		if (at == 0)
			continue;
		text[28 + at - 1] = '\r';
		text[28 + at] = 'y';
		REQUIRE(parse_guarded(&m, (struct str){text, (size_t)n}) == -EBADMSG);
	}
}

TEST(sip_message_refuses_bad_header_lines)
{
	static const char *const bad[] = {"no colon", ": no name", "sp ace: x", "Via\x01: x", "\"q\": x", "a(b): x"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char text[256];
		struct sip_msg m;
		int n = snprintf(text, sizeof text, "OPTIONS sip:a@b SIP/2.0\r\n%s\r\nTo: sip:x@y\r\n\r\n", bad[i]);
		REQUIRE(parse_guarded(&m, (struct str){text, (size_t)n}) == -EBADMSG);
		REQUIRE(sip_msg_hdr(&m, SIP_HDR_TO)); /* the rest is still there for a 400 */
	}
}

TEST(sip_message_needs_its_empty_line)
{
	struct sip_msg m;
	REQUIRE(parse_guarded(&m, STR(INVITE)) == -EBADMSG && sip_msg_hdr(&m, SIP_HDR_CSEQ));
	REQUIRE(parse_guarded(&m, STR("OPTIONS sip:a@b SIP/2.0")) == -EBADMSG);
	REQUIRE(parse_guarded(&m, STR("OPTIONS sip:a@b SIP/2.0\r\nTo: x\r\n ")) == -EBADMSG);
}

TEST(sip_message_cuts_or_refuses_by_content_length)
{
	struct sip_msg m;
	struct str text = guarded(STR("OPTIONS sip:a@b SIP/2.0\r\nl: 2\r\n\r\nbody"));
	REQUIRE(sip_msg_parse(&m, text.p, text.n) == 0);
	REQUIRE(EQ(m.body, "bo") && m.raw.n == text.n - 2);
	REQUIRE(parse_guarded(&m, STR("OPTIONS sip:a@b SIP/2.0\r\nl: 5\r\n\r\nbody")) == -EBADMSG);
	REQUIRE(parse_guarded(&m, STR("OPTIONS sip:a@b SIP/2.0\r\nl: -1\r\n\r\nbody")) == -EBADMSG);
	REQUIRE(parse_guarded(&m, STR("OPTIONS sip:a@b SIP/2.0\r\nl: 18446744073709551618\r\n\r\nbody")) == -EBADMSG);
	REQUIRE(parse_guarded(&m, STR("OPTIONS sip:a@b SIP/2.0\r\nl:\r\n\r\nbody")) == -EBADMSG);
}

TEST(sip_message_limits_headers_and_length)
{
	static char big[SIP_MSG_MAX + 1];
	struct sip_msg m;
	size_t n = (size_t)snprintf(big, sizeof big, "OPTIONS sip:a@b SIP/2.0\r\n");
	for (int i = 0; i < SIP_HDRS_MAX; i++)
		n += (size_t)snprintf(big + n, sizeof big - n, "Via: x%d\r\n", i);
	memcpy(big + n, "\r\n", 2);
	REQUIRE(parse_guarded(&m, (struct str){big, n + 2}) == 0 && m.nhdr == SIP_HDRS_MAX);
	unsigned chain = 0;
	for (const struct sip_hdr *h = sip_msg_hdr(&m, SIP_HDR_VIA); h; h = sip_msg_hdr_next(&m, h))
		chain++;
	REQUIRE(chain == SIP_HDRS_MAX);
	memcpy(big + n, "A: b\r\n\r\n", 8);
	REQUIRE(parse_guarded(&m, (struct str){big, n + 8}) == -E2BIG && m.refuse == 513);
	memset(big + n, 'x', sizeof big - n);
	memcpy(big + n, "\r\n", 2);
	REQUIRE(parse_guarded(&m, (struct str){big, SIP_MSG_MAX}) == 0);
	REQUIRE(parse_guarded(&m, (struct str){big, SIP_MSG_MAX + 1}) == -E2BIG);
}

TEST(sip_message_check_wants_each_mandatory_header_once)
{
	static const char *const lines[] = {"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n",
					    "From: <sip:a@b>;tag=1\r\n",
					    "To: <sip:b@c>\r\n",
					    "Call-ID: 1@2\r\n",
					    "CSeq: 1 INVITE\r\n",
					    "Contact: <sip:a@192.0.2.1>\r\n"};
	enum { N = sizeof lines / sizeof *lines };
	for (int skip = -1; skip < N; skip++) {
		for (int twice = -1; twice < N; twice++) {
			char text[1024];
			struct sip_msg m;
			size_t n = (size_t)snprintf(text, sizeof text, INVITE_LINE);
			for (int i = 0; i < N; i++)
				for (int k = 0; k < (i == skip ? 0 : i == twice ? 2 : 1); k++)
					n += (size_t)snprintf(text + n, sizeof text - n, "%s", lines[i]);
			n += (size_t)snprintf(text + n, sizeof text - n, "\r\n");
			/* several Vias are the rule, and a line that is left out is not there twice */
			bool good = skip == -1 && twice <= 0;
			REQUIRE((accept_guarded(&m, (struct str){text, n}) == 0) == good);
			REQUIRE(good == !m.why);
		}
	}
}

TEST(sip_message_check_reads_the_numbers)
{
	static const char *const bad[] = {"Max-Forwards: 256\r\n", "Max-Forwards: -1\r\n", "Max-Forwards: a\r\n",
					  "Max-Forwards: 70\r\nMax-Forwards: 70\r\n", "l: 0\r\nContent-Length: 0\r\n"};
	struct sip_msg m;
	REQUIRE(accept_guarded(&m, STR(INVITE_LINE INVITE_HEAD CONTACT "Max-Forwards: 255\r\n\r\n")) == 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char text[1024];
		int n = snprintf(text, sizeof text, INVITE_LINE INVITE_HEAD CONTACT "%s\r\n", bad[i]);
		REQUIRE(accept_guarded(&m, (struct str){text, (size_t)n}) == -EBADMSG);
	}
}

TEST(sip_message_check_compares_the_cseq_method)
{
	struct sip_msg m;
	REQUIRE(accept_guarded(&m, STR("BYE sip:b@c SIP/2.0\r\n" INVITE_HEAD "\r\n")) == -EBADMSG);
	REQUIRE(strcmp(m.why, "CSeq Method Does Not Match") == 0);
}

TEST(sip_message_check_wants_one_contact_uri_in_an_invite)
{
	struct sip_msg m;
	REQUIRE(accept_guarded(&m, STR(INVITE_LINE INVITE_HEAD "Contact: *\r\n\r\n")) == -EBADMSG);
	REQUIRE(accept_guarded(&m, STR(INVITE_LINE INVITE_HEAD "m: <sip:a@b>, <sip:c@d>\r\n\r\n")) == -EBADMSG);
	REQUIRE(accept_guarded(&m, STR(INVITE_LINE INVITE_HEAD "m: sip:a@b;expires=60\r\n\r\n")) == 0);
}

TEST(sip_message_check_leaves_foreign_schemes_for_a_416)
{
	struct sip_msg m;
	REQUIRE(accept_guarded(&m, STR("INVITE urn:service:sos SIP/2.0\r\n" INVITE_HEAD CONTACT "\r\n")) == 0);
	REQUIRE(accept_guarded(&m, STR("INVITE sip:b@c:0 SIP/2.0\r\n" INVITE_HEAD CONTACT "\r\n")) == -EBADMSG);
}

TEST(sip_message_check_leaves_what_it_read)
{
	struct sip_msg m;
	REQUIRE(accept_guarded(&m, STR(INVITE "Via: SIP/2.0/UDP 192.0.2.9\r\n\r\n")) == 0);
	REQUIRE(EQ(m.via.branch, "z9hG4bK776asdhds") && m.via.has_rport && m.via_rest.n == 0);
	REQUIRE(EQ(m.from.tag, "1928301774") && EQ(m.from.display, "Alice") && EQ(m.to.uri, "sip:bob@example.org"));
	REQUIRE(m.cseq.seq == 314159 && m.cseq.method == SIP_INVITE && EQ(m.uri.user, "bob"));
	REQUIRE(EQ(m.contact.uri, "sip:alice@192.0.2.1:5060"));
}

TEST(sip_method_names_find_their_ids)
{
	for (unsigned i = 0; i < SIP_METHOD_OTHER; i++) {
		struct str name = sip_method_name((enum sip_method)i);
		char text[64];
		struct sip_msg m;
		int n = snprintf(text, sizeof text, "%.*s sip:a@b SIP/2.0\r\n\r\n", (int)name.n, name.p);
		REQUIRE(parse_guarded(&m, (struct str){text, (size_t)n}) == 0 && m.method == i);
		text[0] = (char)(text[0] + 32); /* methods are case-sensitive */
		REQUIRE(parse_guarded(&m, (struct str){text, (size_t)n}) == 0 && m.method == SIP_METHOD_OTHER);
	}
}

TEST(sip_cseq_is_below_2_to_the_31)
{
	struct sip_cseq c;
	REQUIRE(sip_cseq_parse(&c, guarded(STR("2147483647 ACK"))) == 0 && c.seq == 2147483647 && c.method == SIP_ACK);
	REQUIRE(sip_cseq_parse(&c, guarded(STR("0009\r\n  NEWMETHOD"))) == 0 && c.seq == 9);
	REQUIRE(c.method == SIP_METHOD_OTHER && EQ(c.method_name, "NEWMETHOD"));
	static const char *const bad[] = {
		"2147483648 ACK", "36893488147419103232 ACK", "1", "1ACK", "ACK", "1 ", "", "-1 ACK", "1 ACK x",
		"1 A/K"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		REQUIRE(sip_cseq_parse(&c, guarded(str_of(bad[i]))) == -EBADMSG);
}
