/** test_sip_digest.c  Challenges, and answers against the examples of RFC 2617 and RFC 7616. */
#include "sip/digest.h"
#include "test/sip_text.h"

static int parse(struct digest_challenge *c, const char *text)
{
	return digest_challenge_parse(c, guarded(str_of(text)));
}

/* The answer has `part` in it. */
static bool has(const char *out, int n, const char *part)
{
	return n > 0 && memmem(out, (size_t)n, part, strlen(part)) != NULL;
}

TEST(digest_answers_the_example_of_rfc_2617)
{
	struct digest_challenge c;
	char out[1024];
	REQUIRE(parse(&c,
		      "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
		      "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"") ==
		0);
	int n = digest_answer(&c, STR("Mufasa"), STR("Circle Of Life"), STR("GET"), STR("/dir/index.html"),
			      STR("0a4f113b"), 1, out, sizeof out);
	REQUIRE(has(out, n, "response=\"6629fae49393a05397450978507c4ef1\""));
	REQUIRE(has(out, n, "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""));
	REQUIRE(has(out, n, "qop=auth, nc=00000001") && has(out, n, "cnonce=\"0a4f113b\""));
	REQUIRE(has(out, n, "Digest username=\"Mufasa\", realm=\"testrealm@host.com\""));
}

#define RFC7616                                                                                                        \
	"Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", "                                             \
	"nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\""                                                       \
	", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", algorithm="

static int answer_7616(const char *challenge, char *out, size_t cap)
{
	struct digest_challenge c;
	if (parse(&c, challenge) != 0)
		return -1;
	return digest_answer(&c, STR("Mufasa"), STR("Circle of Life"), STR("GET"), STR("/dir/index.html"),
			     STR("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"), 1, out, cap);
}

TEST(digest_answers_the_md5_example_of_rfc_7616)
{
	char out[1024];
	int n = answer_7616(RFC7616 "MD5", out, sizeof out);
	REQUIRE(has(out, n, "response=\"8ca523f5e9506fed4657c9700eebdbec\"") && has(out, n, "algorithm=MD5"));
}

TEST(digest_answers_the_sha256_example_of_rfc_7616)
{
	char out[1024];
	int n = answer_7616(RFC7616 "SHA-256", out, sizeof out);
	REQUIRE(has(out, n, "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\""));
	REQUIRE(has(out, n, "algorithm=SHA-256"));
}

TEST(digest_without_qop_leaves_out_the_client_nonce)
{
	struct digest_challenge c;
	char out[1024];
	REQUIRE(parse(&c, "Digest realm=\"atlanta.com\",nonce=\"84a4cc6f3082121f32b42a2187831a9e\"") == 0);
	REQUIRE(!c.has_qop && !c.opaque.p);
	int n = digest_answer(&c, STR("alice"), STR("secret"), STR("REGISTER"), STR("sip:atlanta.com"), STR_NONE, 0,
			      out, sizeof out);
	/* md5(md5("alice:atlanta.com:secret"):nonce:md5("REGISTER:sip:atlanta.com")), by another implementation */
	REQUIRE(has(out, n, "response=\"0534730df9b76ff85088704104e68f4d\""));
	REQUIRE(!has(out, n, "qop") && !has(out, n, "cnonce") && !has(out, n, "opaque"));
}

TEST(digest_quotes_the_name_and_hashes_its_meaning)
{
	struct digest_challenge c;
	char out[1024];
	REQUIRE(parse(&c, "Digest realm=\"the \\\"realm\\\"\", nonce=\"n\"") == 0);
	REQUIRE(EQ(c.realm, "the \\\"realm\\\""));
	int n = digest_answer(&c, STR("a\"b\\c"), STR("p"), STR("INVITE"), STR("sip:x@y"), STR_NONE, 1, out,
			      sizeof out);
	REQUIRE(has(out, n, "username=\"a\\\"b\\\\c\", realm=\"the \\\"realm\\\"\""));
	REQUIRE(has(out, n, "response=\"74918186a9c761ab229f5b7bed551dc7\""));
}

TEST(digest_never_writes_a_control_character)
{
	struct digest_challenge c;
	char out[512];
	REQUIRE(parse(&c, "Digest realm=\"r\", nonce=\"n\"") == 0);
	REQUIRE(digest_answer(&c, STR("a\r\nEvil: x"), STR("p"), STR("BYE"), STR("sip:x"), STR("c"), 1, out,
			      sizeof out) == -EINVAL);
	REQUIRE(digest_answer(&c, STR("a"), STR("p"), STR("BYE"), STR("sip:x\n"), STR("c"), 1, out, sizeof out) ==
		-EINVAL);
}

TEST(digest_wants_its_counters_with_qop)
{
	struct digest_challenge c;
	char out[512];
	REQUIRE(parse(&c, "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"") == 0);
	REQUIRE(digest_answer(&c, STR("a"), STR("p"), STR("BYE"), STR("sip:x"), STR_NONE, 1, out, sizeof out) ==
		-EINVAL);
	REQUIRE(digest_answer(&c, STR("a"), STR("p"), STR("BYE"), STR("sip:x"), STR("c"), 0, out, sizeof out) ==
		-EINVAL);
	REQUIRE(has(
		out,
		digest_answer(&c, STR("a"), STR("p"), STR("BYE"), STR("sip:x"), STR("c"), 0xabcdef01, out, sizeof out),
		"nc=abcdef01"));
}

TEST(digest_answer_that_does_not_fit_says_so)
{
	char out[1024];
	int n = answer_7616(RFC7616 "MD5", out, sizeof out);
	REQUIRE(n > 0);
	char *exact = test_guarded(out, (size_t)n);
	REQUIRE(answer_7616(RFC7616 "MD5", exact, (size_t)n) == n);
	REQUIRE(answer_7616(RFC7616 "MD5", exact, (size_t)n - 1) == -ENOBUFS);
}

TEST(digest_reads_the_forms_of_a_challenge)
{
	struct digest_challenge c;
	REQUIRE(parse(&c, "dIgEsT\r\n REALM = \"r\" ,\r\n nonce=\"n,1\",, stale=TRUE, qop=auth, algorithm=\"md5\","
			  "domain=\"sip:a sip:b\", charset=UTF-8, userhash=false") == 0);
	REQUIRE(EQ(c.realm, "r") && EQ(c.nonce, "n,1") && c.stale && c.has_qop && c.qop_auth && c.alg == DIGEST_MD5);
	REQUIRE(EQ(c.domain, "sip:a sip:b"));
	REQUIRE(parse(&c, "Digest realm=\"\", nonce=\"n\", stale=false, opaque=\"\"") == 0 && !c.stale && c.opaque.p);
}

TEST(digest_passes_over_what_it_does_not_support)
{
	static const char *const other[] = {
		"Basic realm=\"r\"",
		"Digest realm=\"r\", nonce=\"n\", algorithm=MD5-sess",
		"Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256",
		"Digest realm=\"r\", nonce=\"n\", algorithm=AKAv1-MD5, qop=\"auth\"",
		"Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"",
		"Digest realm=\"r\", nonce=\"n\", qop=\"xauth\"",
		"Digest realm=\"r\", nonce=\"n\", qop=\"\"",
	};
	struct digest_challenge c;
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		REQUIRE(parse(&c, other[i]) == -ENOTSUP);
}

TEST(digest_refuses_bad_grammar)
{
	static const char *const bad[] = {
		"",
		"Digest",
		"Digest ",
		" Digest realm=\"r\", nonce=\"n\"",
		"Digest realm=\"r\"",
		"Digest nonce=\"n\"",
		"Digest realm=\"r\", nonce=\"\"",
		"Digest realm=\"r, nonce=n",
		"Digest realm=\"r\" nonce=\"n\"",
		"Digest realm=\"r\", nonce",
		"Digest realm=\"r\", nonce=",
		"Digest realm=\"r\", nonce=\"n\", =x",
		"Digest realm=\"r\", nonce=\"n\\\"",
	};
	struct digest_challenge c;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		REQUIRE(parse(&c, bad[i]) == -EBADMSG);
}
