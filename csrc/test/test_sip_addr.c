/** test_sip_addr.c  name-addr, Via, lists and parameters. */
#include "test/sip_text.h"

static int addr(struct sip_addr *a, const char *text)
{
	return sip_addr_parse(a, guarded(str_of(text)));
}

static int via(struct sip_via *v, const char *text)
{
	return sip_via_parse(v, guarded(str_of(text)));
}

TEST(addr_splits_the_usual_forms)
{
	static const struct {
		const char *text, *display, *uri, *params, *tag;
	} good[] = {
		{"\"Alice A.\" <sip:alice@example.com>;tag=88sja8x", "Alice A.", "sip:alice@example.com",
		 ";tag=88sja8x", "88sja8x"},
		{"Bob <sip:bob@example.com>", "Bob", "sip:bob@example.com", "", ""},
		{"Anonymous  Caller<sip:c8@a.net> ; x=y ; Tag = hyh8", "Anonymous  Caller", "sip:c8@a.net",
		 "; x=y ; Tag = hyh8", "hyh8"},
		{"<sip:a@b;lr>;lr", "", "sip:a@b;lr", ";lr", ""},
		{"sip:+12125551212@example.com;tag=887s", "", "sip:+12125551212@example.com", ";tag=887s", "887s"},
		{"sip:a@b", "", "sip:a@b", "", ""},
		{"\"a \\\"quoted\\\" <name>, x;tag=9\" <sip:a@b>", "a \\\"quoted\\\" <name>, x;tag=9", "sip:a@b", "",
		 ""},
		{"\"\"<sip:a@b>", "", "sip:a@b", "", ""},
		{"\r\n \"caller\"\r\n <sip:a@b>\r\n  ;\r\n tag = 1", "caller", "sip:a@b", ";\r\n tag = 1", "1"},
		{"<sip:a@b?Route=%3Csip:x%3E>", "", "sip:a@b?Route=%3Csip:x%3E", "", ""},
		{"<tel:+1-212>;x=\"a;tag=b\";tag=c", "", "tel:+1-212", ";x=\"a;tag=b\";tag=c", "c"},
		{"J\xc3\xb6rg M. <sip:j@b>;tag", "J\xc3\xb6rg M.", "sip:j@b", ";tag", ""},
		{"*", "", "*", "", ""},
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct sip_addr a;
		REQUIRE(addr(&a, good[i].text) == 0);
		REQUIRE(str_eq(a.display, str_of(good[i].display)) && str_eq(a.uri, str_of(good[i].uri)));
		REQUIRE(str_eq(a.params, str_of(good[i].params)) && str_eq(a.tag, str_of(good[i].tag)));
	}
}

TEST(addr_refuses_what_the_grammar_does)
{
	static const char *const bad[] = {"",
					  " ",
					  "<>",
					  "<sip:a@b",
					  "\"a <sip:a@b>",
					  "\"a\\\" <sip:a@b>",
					  "\"a\" sip:a@b",
					  "\"a\"",
					  "Bell, Alexander <sip:a@b>",
					  "\"Watson\" < sip:a@b >",
					  "<sip:a b@c>",
					  "<sip:a@b>>",
					  "<<sip:a@b>",
					  "<sip:a@b>x",
					  "<sip:a@b>;",
					  "<sip:a@b>;;x",
					  "<sip:a@b>;=x",
					  "<sip:a@b>;x=",
					  "<sip:a@b>;x=\"y",
					  "<sip:a@b>;x y",
					  "<sip:a@b>,<sip:c@d>",
					  "sip:a@b?x=y",
					  "sip:a@b,sip:c@d",
					  "sip:a @b",
					  ";tag=1",
					  "Bob \"x\" <sip:a@b>",
					  "a\x01 <sip:a@b>"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct sip_addr a;
		REQUIRE(addr(&a, bad[i]) == -EBADMSG);
	}
}

TEST(via_splits_all_parts)
{
	struct sip_via v;
	REQUIRE(via(&v,
		    "SIP/2.0/UDP erlang.example.com:5060;branch=z9hG4bK87asdks7;received=192.0.2.207;rport=9988;x") ==
		0);
	REQUIRE(EQ(v.transport, "UDP") && EQ(v.host, "erlang.example.com") && v.port == 5060);
	REQUIRE(EQ(v.branch, "z9hG4bK87asdks7") && EQ(v.received, "192.0.2.207") && v.has_rport && EQ(v.rport, "9988"));
	REQUIRE(EQ(v.params, ";branch=z9hG4bK87asdks7;received=192.0.2.207;rport=9988;x"));
}

TEST(via_takes_white_space_and_ipv6)
{
	struct sip_via v;
	REQUIRE(via(&v, "SIP / 2.0\r\n / TLS [2001:db8::9] : 5061 ; rport ;\r\n Branch = z9hG4bK1") == 0);
	REQUIRE(EQ(v.transport, "TLS") && EQ(v.host, "2001:db8::9") && v.port == 5061);
	REQUIRE(v.has_rport && v.rport.n == 0 && EQ(v.branch, "z9hG4bK1"));
	REQUIRE(via(&v, "sip/2.0/udp h;received=2001:db8::1") == 0 && EQ(v.received, "2001:db8::1") && !v.has_rport);
	REQUIRE(via(&v, "SIP/2.0/UNKNOWN h") == 0 && v.port == 0 && v.branch.n == 0);
}

TEST(via_refuses_what_the_grammar_does)
{
	static const char *const bad[] = {"",
					  "SIP/2.0/UDP",
					  "SIP/2.0/UDP ",
					  "SIP/2.0/ h",
					  "SIP/3.0/UDP h",
					  "HTTP/2.0/UDP h",
					  "SIP/2.0 UDP h",
					  "SIP/2.0/UDPh",
					  "SIP/2.0/UDP h:",
					  "SIP/2.0/UDP h:0",
					  "SIP/2.0/UDP h:70000",
					  "SIP/2.0/UDP [::1",
					  "SIP/2.0/UDP h x",
					  "SIP/2.0/UDP h;",
					  "SIP/2.0/UDP h;;branch=z",
					  "SIP/2.0/UDP h;branch=",
					  "SIP/2.0/UDP h,"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct sip_via v;
		REQUIRE(via(&v, bad[i]) == -EBADMSG);
	}
}

TEST(list_minds_quotes_and_angle_brackets)
{
	struct str rest = guarded(STR("\"a, b\" <sip:x@y;p=1,2> , <sip:c@d>,\r\n e,, \"\\\",\" ,")), item;
	static const char *const want[] = {"\"a, b\" <sip:x@y;p=1,2>", "<sip:c@d>", "e", "", "\"\\\",\""};
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		REQUIRE(sip_list_next(&rest, &item) && str_eq(item, str_of(want[i])));
	REQUIRE(!sip_list_next(&rest, &item));
}

TEST(list_ends_at_what_is_not_closed)
{
	struct str item, rest = guarded(STR("a, \"b, c"));
	REQUIRE(sip_list_next(&rest, &item) && EQ(item, "a"));
	REQUIRE(sip_list_next(&rest, &item) && EQ(item, "\"b, c") && !sip_list_next(&rest, &item));
	rest = guarded(STR("<b, c"));
	REQUIRE(sip_list_next(&rest, &item) && EQ(item, "<b, c") && !sip_list_next(&rest, &item));
	rest = STR_NONE;
	REQUIRE(!sip_list_next(&rest, &item));
}

TEST(param_finds_names_without_case)
{
	struct str p = guarded(STR(";lr; Expires = 60 ;q=\"a;b=c\";b=d;e=")), v;
	REQUIRE(sip_param(p, STR("lr"), &v) && v.n == 0);
	REQUIRE(sip_param(p, STR("expires"), &v) && EQ(v, "60"));
	REQUIRE(sip_param(p, STR("q"), &v) && EQ(v, "a;b=c"));
	REQUIRE(sip_param(p, STR("b"), &v) && EQ(v, "d"));
	REQUIRE(sip_param(p, STR("e"), &v) && v.n == 0);
	REQUIRE(!sip_param(p, STR("x"), &v) && !sip_param(STR_NONE, STR("x"), &v));
	REQUIRE(sip_param(guarded(STR("transport=tcp;lr")), STR("transport"), &v) && EQ(v, "tcp"));
	REQUIRE(!sip_param(guarded(STR("x=\"y;lr")), STR("lr"), &v));
}
