/** test_sip_crypto.c  a=crypto lines, and calls that agree on keys or refuse to go on without. */
#include <errno.h>
#include <stdio.h>

#include "sip/sdp.h"
#include "test/sip_net.h"
#include "test/sip_text.h"

#define KEY30  "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz" /* RFC 4568 9.1's shape: 40 digits, 30 octets */
#define OTHER  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
#define KEY28  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="
#define LINE80 "AES_CM_128_HMAC_SHA1_80 inline:"

static bool reads(const char *line, struct sdp_crypto *out)
{
	return sdp_crypto_parse(out, guarded(str_of(line)));
}

TEST(crypto_line_is_read_with_its_key)
{
	struct sdp_crypto c;
	struct srtp_key key;
	REQUIRE(reads("1 " LINE80 OTHER "|2^20", &c) && c.tag == 1 && c.suite == SRTP_AES_CM_128_HMAC_SHA1_80);
	REQUIRE(sdp_crypto_key(&c, &key) && key.suite == c.suite && key.octets[0] == 0 && key.octets[29] == 29);
	REQUIRE(reads("999999999 AEAD_AES_128_GCM inline:" KEY28, &c) && c.tag == SDP_TAG_MAX);
	REQUIRE(sdp_crypto_key(&c, &key) && key.octets[27] == 27);
	REQUIRE(reads("2 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw", &c)); /* no padding */
	REQUIRE(reads("3 " LINE80 KEY30 "|1048576 WSH=128 -FUTURE=1 KDR=0", &c));
}

TEST(crypto_line_that_is_not_for_us_is_passed_over)
{
	static const char *const lines[] = {
		"",
		"1",
		"1 AES_CM_128_HMAC_SHA1_80",
		"1 " LINE80,
		"x " LINE80 KEY30,
		"1234567890 " LINE80 KEY30,
		"1 F8_128_HMAC_SHA1_80 inline:" KEY30,
		"1 " LINE80 KEY28,			   /* too short for the suite */
		"1 AES_256_CM_HMAC_SHA1_80 inline:" KEY30, /* ... and for this one */
		"1 " LINE80 KEY30 "A",
		"1 " LINE80 "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVub*Vz",
		"1 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGx==", /* stray bits */
		"1 AES_CM_128_HMAC_SHA1_80 uri:" KEY30,
		"1 " LINE80 KEY30 "|2^20|1:4", /* a master key identifier */
		"1 " LINE80 KEY30 "|1:4",
		"1 " LINE80 KEY30 "|2^49",
		"1 " LINE80 KEY30 "|0",
		"1 " LINE80 KEY30 "|",
		"1 " LINE80 KEY30 ";inline:" OTHER,
		"1 " LINE80 KEY30 " UNENCRYPTED_SRTP",
		"1 " LINE80 KEY30 " UNAUTHENTICATED_SRTP",
		"1 " LINE80 KEY30 " KDR=1",
		"1 " LINE80 KEY30 " FEC_KEY=inline:" OTHER,
		"1 " LINE80 KEY30 " FUTURE",
	};
	struct sdp_crypto c;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (reads(lines[i], &c))
			printf("  taken: %s\n", lines[i]);
		REQUIRE(!reads(lines[i], &c));
	}
}

TEST(crypto_line_we_write_is_read_back)
{
	for (unsigned suite = 1; suite < SRTP_SUITE_COUNT; suite++) {
		char out[256];
		struct build b;
		struct srtp_key key, back;
		struct sdp_crypto c;
		build_init(&b, out, sizeof(out));
		REQUIRE(srtp_key_make(&key, suite) == 0);
		sdp_crypto_put(&b, suite, &key);
		REQUIRE(build_ok(&b) && memcmp(out, "a=crypto:", 9) == 0 && memcmp(out + b.n - 2, "\r\n", 2) == 0);
		REQUIRE(sdp_crypto_parse(&c, guarded((struct str){out + 9, b.n - 11})) && c.tag == suite);
		REQUIRE(sdp_crypto_key(&c, &back) && srtp_key_eq(&key, &back));
	}
}

/* ------------------------------------------------------------------- calls */

static struct net net;
static uint64_t a, b; /* the two handles of the call */
static uint8_t callee_policy;
static int answered; /* what sip_call_answer() said */

static void answer_all(struct net *n, int node, const struct sip_event *e)
{
	struct sip_local local = net_local(node);
	local.srtp = callee_policy;
	local.rtcp_mux = true;
	if (e->kind != SIP_EV_INCOMING)
		return;
	b = e->call;
	int check = sip_call_check(n->node[node].core, b, &local);
	answered = sip_call_answer(n->node[node].core, b, &local, n->now);
	if (check != answered)
		answered = -EINVAL;
	if (answered)
		sip_call_reject(n->node[node].core, b, 488, STR_NONE, n->now);
}

static int call_up(unsigned caller, unsigned callee)
{
	net_init(&net, 3);
	a = b = 0;
	callee_policy = (uint8_t)callee;
	int err = net_core(&net, 0, NULL, false);
	err = err ? err : net_core(&net, 1, NULL, false);
	net.node[1].on_event = answer_all;
	struct sip_call_opts o = net_call(&net, 0, 1);
	o.local.srtp = (uint8_t)caller;
	o.local.rtcp_mux = true;
	err = err ? err : sip_call_create(net.node[0].core, &o, net.now, &a);
	net_run(&net, 100);
	return err;
}

/* Both have the same two keys, crosswise. */
static bool crossed(struct srtp_keys *ours)
{
	struct srtp_keys theirs;
	return sip_call_srtp(net.node[0].core, a, ours) == 0 && sip_call_srtp(net.node[1].core, b, &theirs) == 0 &&
	       srtp_key_eq(&ours->rx, &theirs.tx) && srtp_key_eq(&ours->tx, &theirs.rx) &&
	       !srtp_key_eq(&ours->tx, &ours->rx);
}

TEST(calls_agree_on_keys_where_both_may_and_end_where_one_must)
{
	enum { OFF, OPTIONAL, REQUIRED };
	static const char outcome[3][3] = {
		/* callee: off, optional, required */
		{'c', 'c', '4'},
		{'c', 'e', 'e'},
		{'4', 'e', 'e'},
	};
	for (unsigned caller = OFF; caller <= REQUIRED; caller++) {
		for (unsigned callee = OFF; callee <= REQUIRED; callee++) {
			char want = outcome[caller][callee];
			struct srtp_keys keys;
			CHECK(call_up(caller, callee) == 0);
			const struct net_event *up = net_event(&net, 0, SIP_EV_ANSWERED, 0);
			const struct net_event *end = net_event(&net, 0, SIP_EV_ENDED, 0);
			if (want == '4') {
				CHECK(!up && end && end->e.status == 488 && answered == -EPROTONOSUPPORT);
			} else {
				CHECK(up && !end && (up->e.media.srtp != SRTP_NONE) == (want == 'e'));
				CHECK(up->e.media.rtcp_mux);
				CHECK(want == 'e' ? crossed(&keys)
						  : sip_call_srtp(net.node[0].core, a, &keys) == -EPROTO);
				const char *invite = net_sent(&net, 0, "INVITE", 0)->text;
				CHECK((strstr(invite, "RTP/SAVP ") != NULL) == (caller == REQUIRED));
				CHECK((strstr(invite, "a=crypto:2 ") != NULL) == (caller != OFF));
				CHECK(strstr(invite, "a=rtcp-mux\r\n"));
			}
			net_run(&net, 40000);
			net_free(&net);
		}
	}
	return;
out:
	net_free(&net);
}

TEST(hold_of_an_encrypted_call_keeps_its_keys)
{
	struct srtp_keys before, after;
	for (int side = 0; side < 2; side++) {
		CHECK(call_up(SRTP_POLICY_OPTIONAL, SRTP_POLICY_OPTIONAL) == 0 && crossed(&before));
		struct sip_local l = net_local(side);
		l.dir = DIR_SEND; /* and says nothing of keys: encrypted it stays */
		CHECK(sip_call_modify(net.node[side].core, side ? b : a, &l, net.now) == 0);
		net_run(&net, 100);
		const struct net_event *m = net_event(&net, side, SIP_EV_MODIFIED, 0);
		const struct net_event *x = net_event(&net, !side, SIP_EV_MEDIA, 0);
		CHECK(m && m->e.status == 200 && m->e.media.srtp && x && x->e.media.srtp);
		CHECK(m->e.media.srtp_serial == 1 && x->e.media.srtp_serial == 1);
		CHECK(crossed(&after) && srtp_key_eq(&before.tx, &after.tx) && srtp_key_eq(&before.rx, &after.rx));
		net_run(&net, 100);
		net_free(&net);
	}
	return;
out:
	net_free(&net);
}

/* ----------------------------------------------------------------- a script */

#define HEAD   "v=0\no=s 1 1 IN IP4 10.0.0.9\ns=-\nc=IN IP4 10.0.0.9\nt=0 0\n"
#define SECURE HEAD "m=audio 40000 RTP/SAVP 0\n"
#define WITH80 "a=crypto:5 F8_128_HMAC_SHA1_80 inline:" KEY30 "\na=crypto:7 " LINE80

static int script_call(char tag[64], const char *sdp, unsigned policy)
{
	struct sip_local local = net_local(0);
	local.srtp = (uint8_t)policy;
	net_init(&net, 1);
	net_script(&net, 1);
	if (net_core(&net, 0, NULL, false) != 0)
		return -1;
	net_request(&net, 1, 0, &(struct net_request){.body = sdp});
	net_run(&net, 20);
	const struct net_event *in = net_event(&net, 0, SIP_EV_INCOMING, 0);
	if (!in || sip_call_answer(net.node[0].core, in->e.call, &local, net.now) != 0)
		return -1;
	a = in->e.call;
	net_run(&net, 20);
	if (!net_sent(&net, 0, "200", 0))
		return -1;
	sscanf(net_header(net_sent(&net, 0, "200", 0), "To"), "%*[^;];tag=%63s", tag);
	net_request(&net, 1, 0, &(struct net_request){.method = "ACK", .to_tag = tag, .branch = "z9hG4bKa"});
	net_run(&net, 20);
	return 0;
}

static void reinvite(const char *tag, unsigned cseq, const char *body)
{
	char branch[32];
	snprintf(branch, sizeof(branch), "z9hG4bKr%u", cseq);
	net_request(&net, 1, 0, &(struct net_request){.to_tag = tag, .branch = branch, .cseq = cseq, .body = body});
	net_run(&net, 20);
	net_request(&net, 1, 0, &(struct net_request){.method = "ACK", .to_tag = tag, .branch = branch, .cseq = cseq});
	net_run(&net, 20);
}

TEST(answer_takes_the_first_line_it_can_and_repeats_its_tag)
{
	char tag[64] = "";
	struct srtp_keys keys;
	CHECK(script_call(tag, SECURE WITH80 KEY30 "\na=crypto:9 AEAD_AES_128_GCM inline:" KEY28 "\n",
			  SRTP_POLICY_OPTIONAL) == 0);
	const char *ok = net_sent(&net, 0, "200", 0)->text;
	CHECK(strstr(ok, "RTP/SAVP 0\r\n") && strstr(ok, "a=crypto:7 " LINE80) && !strstr(ok, "a=crypto:9"));
	CHECK(!strstr(ok, KEY30) && sip_call_srtp(net.node[0].core, a, &keys) == 0);
out:
	net_free(&net);
}

TEST(downgrade_is_refused_and_the_call_stays_encrypted)
{
	char tag[64] = "";
	struct srtp_keys keys, after;
	CHECK(script_call(tag, SECURE WITH80 KEY30 "\n", SRTP_POLICY_OPTIONAL) == 0);
	CHECK(sip_call_srtp(net.node[0].core, a, &keys) == 0);
	reinvite(tag, 2, NET_SDP);
	reinvite(tag, 3, SECURE); /* SRTP without a key */
	CHECK(net_sent_count(&net, 0, "488") == 2 && net.node[0].ended == 0);
	CHECK(net_event_count(&net, 0, SIP_EV_MEDIA) == 0);
	CHECK(sip_call_srtp(net.node[0].core, a, &after) == 0 && srtp_key_eq(&keys.rx, &after.rx));
out:
	net_free(&net);
}

TEST(reinvite_with_another_key_changes_theirs_and_keeps_ours)
{
	char tag[64] = "";
	struct srtp_keys keys, after;
	CHECK(script_call(tag, SECURE WITH80 KEY30 "\n", SRTP_POLICY_REQUIRED) == 0);
	CHECK(sip_call_srtp(net.node[0].core, a, &keys) == 0);
	reinvite(tag, 2, SECURE WITH80 KEY30 "\n"); /* a refresh */
	CHECK(net_event_count(&net, 0, SIP_EV_MEDIA) == 0);
	reinvite(tag, 3, SECURE WITH80 OTHER "\n");
	const struct net_event *x = net_event(&net, 0, SIP_EV_MEDIA, 0);
	CHECK(x && x->e.media.srtp_serial == 2 && sip_call_srtp(net.node[0].core, a, &after) == 0);
	CHECK(!srtp_key_eq(&keys.rx, &after.rx) && srtp_key_eq(&keys.tx, &after.tx) && after.rx.octets[29] == 29);
	reinvite(tag, 4, SECURE "a=crypto:1 AEAD_AES_128_GCM inline:" KEY28 "\n"); /* another suite: both change */
	CHECK(sip_call_srtp(net.node[0].core, a, &keys) == 0 && keys.tx.suite == SRTP_AEAD_AES_128_GCM);
out:
	net_free(&net);
}

TEST(of_two_audio_lines_the_one_that_fits_the_policy_is_answered)
{
	static const char both[] = SECURE WITH80 KEY30 "\nm=audio 40002 RTP/AVP 0\n";
	static const char plain_first[] = HEAD "m=audio 40002 RTP/AVP 0\nm=audio 40000 RTP/SAVP 0\n" WITH80 KEY30 "\n";
	static const char useless[] = SECURE "a=crypto:1 X inline:y\nm=audio 40002 RTP/AVP 0\n";
	static const struct {
		const char *sdp;
		unsigned policy;
		bool encrypted;
	} cases[] = {{both, SRTP_POLICY_OFF, false},
		     {both, SRTP_POLICY_OPTIONAL, true},
		     {both, SRTP_POLICY_REQUIRED, true},
		     {plain_first, SRTP_POLICY_OPTIONAL, true},
		     {plain_first, SRTP_POLICY_REQUIRED, true},
		     {plain_first, SRTP_POLICY_OFF, false},
		     {useless, SRTP_POLICY_OPTIONAL, false}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char tag[64] = "";
		struct srtp_keys keys;
		CHECK(script_call(tag, cases[i].sdp, cases[i].policy) == 0);
		const char *ok = net_sent(&net, 0, "200", 0)->text;
		CHECK((sip_call_srtp(net.node[0].core, a, &keys) == 0) == cases[i].encrypted);
		CHECK(strstr(ok, cases[i].encrypted ? "m=audio 20000 RTP/SAVP" : "m=audio 20000 RTP/AVP"));
		CHECK(strstr(ok, cases[i].encrypted ? "m=audio 0 RTP/AVP" : "m=audio 0 RTP/SAVP"));
		net_free(&net);
	}
	return;
out:
	net_free(&net);
}

/* We call a script that answers as it likes. */
static int script_answers(unsigned policy, const char *body)
{
	net_init(&net, 1);
	net_script(&net, 1);
	if (net_core(&net, 0, NULL, false) != 0)
		return -1;
	struct sip_call_opts o = net_call(&net, 0, 1);
	o.local.srtp = (uint8_t)policy;
	if (sip_call_create(net.node[0].core, &o, net.now, &a) != 0)
		return -1;
	net_run(&net, 20);
	const struct net_wire *invite = net_sent(&net, 0, "INVITE", 0);
	if (!invite)
		return -1;
	net_reply(&net, invite, "200 OK", "9", "Contact: <sip:x@10.0.0.2>\n", body);
	net_run(&net, 20);
	return 0;
}

TEST(answer_that_does_not_keep_to_our_offer_ends_the_call)
{
	static const char *const bad[] = {
		NET_SDP,				/* in clear */
		SECURE,					/* no key */
		SECURE "a=crypto:3 " LINE80 KEY30 "\n", /* a tag we did not offer */
		SECURE "a=crypto:1 " LINE80 KEY30 "\n", /* 1 was another suite */
		SECURE "a=crypto:0 " LINE80 KEY30 "\n",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(script_answers(SRTP_POLICY_REQUIRED, bad[i]) == 0);
		CHECK(net_event_count(&net, 0, SIP_EV_ANSWERED) == 0 && net_sent_count(&net, 0, "BYE") == 1);
		net_free(&net);
	}
	CHECK(script_answers(SRTP_POLICY_REQUIRED, SECURE "a=crypto:2 " LINE80 KEY30 "\n") == 0);
	CHECK(net_event_count(&net, 0, SIP_EV_ANSWERED) == 1);
	net_free(&net);
	CHECK(script_answers(SRTP_POLICY_OPTIONAL, NET_SDP) == 0);
	CHECK(net_event_count(&net, 0, SIP_EV_ANSWERED) == 1);
out:
	net_free(&net);
}
