/** test_sip_uri.c  URIs (RFC 3261 19.1, RFC 3966) and IP literals. */
#include "test/sip_text.h"

static int parse(struct sip_uri *u, const char *text)
{
	return sip_uri_parse(u, guarded(str_of(text)));
}

TEST(uri_splits_all_parts)
{
	struct sip_uri u;
	REQUIRE(parse(&u, "sips:alice:secret@gateway.example.com:5061;transport=tcp;lr?subject=hi&priority=urgent") ==
		0);
	REQUIRE(EQ(u.scheme, "sips") && EQ(u.user, "alice") && EQ(u.password, "secret"));
	REQUIRE(EQ(u.host, "gateway.example.com") && u.port == 5061);
	REQUIRE(EQ(u.params, "transport=tcp;lr") && EQ(u.headers, "subject=hi&priority=urgent"));
}

TEST(uri_takes_the_forms_of_the_grammar)
{
	static const struct {
		const char *text, *user, *host;
		uint16_t port;
	} good[] = {
		{"sip:example.com", "", "example.com", 0},
		{"SIP:example.com.", "", "example.com.", 0},
		{"sip:+4930123456@192.0.2.4", "+4930123456", "192.0.2.4", 0},
		{"sip:[2001:db8::10]:5070", "", "2001:db8::10", 5070},
		{"sip:a@[::ffff:192.0.2.1];lr", "a", "::ffff:192.0.2.1", 0},
		{"sip:user;par=u%40example.net@example.com", "user;par=u%40example.net", "example.com", 0},
		{"sip:sip%3Auser%40example.com@company.com;other-param=summit", "sip%3Auser%40example.com",
		 "company.com", 0},
		{"sip:null-%00-null@example.com", "null-%00-null", "example.com", 0},
		{"sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com",
		 "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*", "example.com", 0},
		{"sip:*43#@pbx_1", "*43#", "pbx_1", 0},
		{"sip:a:@h", "a", "h", 0},
		{"sip:h:65535", "", "h", 65535},
		{"sip:h?x=", "", "h", 0},
		{"tel:+1-201-555-0123", "+1-201-555-0123", "", 0},
		{"TEL:7042;phone-context=example.com", "7042", "", 0},
		{"urn:service:sos", "", "", 0},
		{"http://example.com/x?y", "", "", 0},
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct sip_uri u;
		REQUIRE(parse(&u, good[i].text) == 0);
		REQUIRE(str_eq(u.user, str_of(good[i].user)) && str_eq(u.host, str_of(good[i].host)));
		REQUIRE(u.port == good[i].port);
	}
}

TEST(uri_refuses_what_is_none)
{
	static const char *const bad[] = {"",
					  "sip",
					  "sip:",
					  ":a@b",
					  "a@b",
					  "5ip:a@b",
					  "s p:a@b",
					  "sip:@b",
					  "sip:a@",
					  "sip:a@b@c",
					  "sip:a b@c",
					  "sip:a@b c",
					  "sip:a@b:",
					  "sip:a@b:0",
					  "sip:a@b:65536",
					  "sip:a@b:5060x",
					  "sip:a@b:-1",
					  "sip:a%4@b",
					  "sip:a%4g@b",
					  "sip:a%@b",
					  "sip:a\"@b",
					  "sip:a<b@c",
					  "sip:a\x80@b",
					  "sip:a@.b",
					  "sip:a@-b",
					  "sip:a@[::1",
					  "sip:a@[]",
					  "sip:a@[1.2.3.4.5]",
					  "sip:a@[::g]",
					  "sip:a@[::1]x",
					  "sip:a@::1",
					  "sip:a:p;q@b",
					  "sip:a@b;x=\"y\"",
					  "sip:a@b;x= y",
					  "sip:a@b?x=y z",
					  "sip:a@b;x=%zz",
					  "tel:",
					  "tel:x",
					  "tel:1 2",
					  "tel:1;x=<",
					  "urn:a<b>",
					  "urn:\r\n"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct sip_uri u;
		REQUIRE(parse(&u, bad[i]) == -EBADMSG);
	}
}

TEST(net_addr_reads_and_prints_literals)
{
	static const struct {
		const char *in, *plain, *with_port;
	} cases[] = {
		{"192.0.2.1", "192.0.2.1", "192.0.2.1:5060"},
		{"0.0.0.0", "0.0.0.0", "0.0.0.0:5060"},
		{"255.255.255.255", "255.255.255.255", "255.255.255.255:5060"},
		{"2001:db8::10", "2001:db8::10", "[2001:db8::10]:5060"},
		{"[::1]", "::1", "[::1]:5060"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		 "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:5060"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct net_addr a, b;
		char out[56];
		REQUIRE(net_addr_parse(&a, guarded(str_of(cases[i].in)), 5060) == 0 && a.port == 5060);
		size_t n = net_addr_format(&a, false, out);
		REQUIRE(str_eq((struct str){out, n}, str_of(cases[i].plain)));
		REQUIRE(net_addr_parse(&b, (struct str){out, n}, 5060) == 0 && net_addr_eq(&a, &b));
		n = net_addr_format(&a, true, out);
		REQUIRE(str_eq((struct str){out, n}, str_of(cases[i].with_port)));
	}
	struct net_addr none = {0};
	char out[56];
	REQUIRE(net_addr_format(&none, true, out) == 0);
}

TEST(net_addr_refuses_names_and_lookalikes)
{
	static const char *const bad[] = {
		"",	     "a",	  "1.2.3",     "1.2.3.4.",
		"1.2.3.4.5", "256.1.1.1", "01.2.3.4",  "1..2.3",
		"1.2.3.-4",  ":::",	  "[1.2.3.4]", "[::1",
		"::1]",	     "fe80::1%1", "1.2.3.4 ",  "0001:0001:0001:0001:0001:0001:0001:0001:0001"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct net_addr a;
		REQUIRE(net_addr_parse(&a, guarded(str_of(bad[i])), 1) == -EINVAL && a.family == ADDR_NONE);
	}
	struct net_addr a;
	REQUIRE(net_addr_parse(&a, guarded(STR("::\0001")), 1) == -EINVAL);
}

TEST(net_addr_equality_is_of_family_address_and_port)
{
	struct net_addr a, b;
	REQUIRE(net_addr_parse(&a, STR("192.0.2.1"), 1) == 0 && net_addr_parse(&b, STR("192.0.2.1"), 1) == 0);
	b.ip[9] = 7; /* not part of an IPv4 address */
	REQUIRE(net_addr_eq(&a, &b));
	b.port = 2;
	REQUIRE(!net_addr_eq(&a, &b));
	REQUIRE(net_addr_parse(&b, STR("192.0.2.2"), 1) == 0 && !net_addr_eq(&a, &b));
	REQUIRE(net_addr_parse(&b, STR("::1"), 1) == 0 && !net_addr_eq(&a, &b));
}
