/** test_sip_core_dialog.c  Dialogs against a script: route sets, forks, challenges, offer and answer in odd places. */
#include "test/test.h"

#include <errno.h>

#include "test/sip_net.h"

static struct net net;

static int core_and_script(void)
{
	net_init(&net, 1);
	net_script(&net, 1);
	net_script(&net, 2);
	return net_core(&net, 0, NULL, false);
}

static int dial(uint64_t *call)
{
	struct sip_call_opts o = net_call(&net, 0, 1);
	o.username = STR("shop");
	o.password = STR("secret");
	return sip_call_create(net.node[0].core, &o, net.now, call);
}

static const struct net_wire *sent(const char *what, unsigned k)
{
	return net_sent(&net, 0, what, k);
}

static const struct net_event *event(enum sip_event_kind kind)
{
	return net_event(&net, 0, kind, 0);
}

/** The script answers the k-th INVITE with 200 and SDP, Contact of node 1 unless `lines` has one. */
static void ok(unsigned k, const char *tag, const char *lines)
{
	char all[512];
	snprintf(all, sizeof(all), "%s%s", lines, strstr(lines, "Contact") ? "" : "Contact: <sip:x@10.0.0.2:5060>\n");
	net_reply(&net, sent("INVITE", k), "200 OK", tag, all, NET_SDP);
	net_run(&net, 20);
}

static bool is(const struct net_wire *w, const char *name, const char *value)
{
	return w && strcmp(net_header(w, name), value) == 0;
}

/* -------------------------------------------------------------- route sets */

TEST(uac_takes_the_route_set_reversed_and_sends_to_its_first_hop)
{
	uint64_t call = 0;
	CHECK(core_and_script() == 0 && dial(&call) == 0);
	net_run(&net, 20);
	ok(0, "t1",
	   "Record-Route: <sip:far.example;lr>, <sip:10.0.0.3:5060;lr>\nRecord-Route: \"a, b\" <sip:10.0.0.3;lr>\n"
	   "Contact: <sip:x@192.0.2.77:5099>\n");
	const struct net_wire *ack = sent("ACK", 0);
	CHECK(event(SIP_EV_ANSWERED) && ack && ack->to == 2);
	CHECK(strncmp(ack->text, "ACK sip:x@192.0.2.77:5099 SIP/2.0\r\n", 35) == 0);
	CHECK(is(ack, "Route", "\"a, b\" <sip:10.0.0.3;lr>, <sip:10.0.0.3:5060;lr>, <sip:far.example;lr>"));
	CHECK(sip_call_hangup(net.node[0].core, call, 0, net.now) == 0);
	net_run(&net, 20);
	const struct net_wire *bye = sent("BYE", 0);
	CHECK(bye && bye->to == 2 && is(bye, "Route", net_header(ack, "Route")) && bye->cseq == 2);
	CHECK(strstr(net_header(bye, "To"), "tag=t1"));
	CHECK(net.invalid == 0);
out:
	net_free(&net);
}

TEST(strict_first_hop_becomes_the_request_uri)
{
	uint64_t call = 0;
	CHECK(core_and_script() == 0 && dial(&call) == 0);
	net_run(&net, 20);
	ok(0, "t1", "Record-Route: <sip:far.example;lr>, <sip:10.0.0.3>\nContact: <sip:x@192.0.2.77>\n");
	const struct net_wire *ack = sent("ACK", 0);
	CHECK(ack && ack->to == 2 && strncmp(ack->text, "ACK sip:10.0.0.3 SIP/2.0\r\n", 26) == 0);
	CHECK(is(ack, "Route", "<sip:far.example;lr>, <sip:x@192.0.2.77>"));
out:
	net_free(&net);
}

TEST(uas_takes_the_route_set_in_order_and_echoes_it)
{
	struct sip_local local = net_local(0);
	CHECK(core_and_script() == 0);
	net_request(&net, 1, 0,
		    &(struct net_request){.body = NET_SDP,
					  .lines = "Record-Route: <sip:10.0.0.3;lr>\nRecord-Route: <sip:b;lr>\n"});
	net_run(&net, 20);
	CHECK(event(SIP_EV_INCOMING) &&
	      sip_call_answer(net.node[0].core, event(SIP_EV_INCOMING)->e.call, &local, net.now) == 0);
	net_run(&net, 20);
	const struct net_wire *w = sent("200", 0);
	CHECK(w && w->to == 1 && strstr(w->text, "Record-Route: <sip:10.0.0.3;lr>\r\nRecord-Route: <sip:b;lr>\r\n"));
	CHECK(sip_call_hangup(net.node[0].core, event(SIP_EV_INCOMING)->e.call, 0, net.now) == 0);
	net_run(&net, 33000); /* no ACK: BYE after 64*T1 */
	const struct net_wire *bye = sent("BYE", 0);
	CHECK(bye && bye->to == 2 && is(bye, "Route", "<sip:10.0.0.3;lr>, <sip:b;lr>"));
	CHECK(strncmp(bye->text, "BYE sip:s@10.0.0.2:5060 SIP/2.0\r\n", 33) == 0);
out:
	net_free(&net);
}

TEST(preloaded_route_is_sent_with_the_invite_only)
{
	uint64_t call = 0;
	CHECK(core_and_script() == 0);
	struct sip_call_opts o = net_call(&net, 0, 2);
	o.route = STR("<sip:10.0.0.3;lr>");
	CHECK(sip_call_create(net.node[0].core, &o, net.now, &call) == 0);
	net_run(&net, 20);
	CHECK(is(sent("INVITE", 0), "Route", "<sip:10.0.0.3;lr>") && sent("INVITE", 0)->to == 2);
	ok(0, "t1", "");
	CHECK(sent("ACK", 0)->to == 1 && is(sent("ACK", 0), "Route", ""));
out:
	net_free(&net);
}

TEST(hops_made_before_the_call_are_taken_off_max_forwards)
{
	uint64_t call = 0;
	CHECK(core_and_script() == 0);
	struct sip_call_opts o = net_call(&net, 0, 1);
	o.hops = 71;
	CHECK(sip_call_create(net.node[0].core, &o, net.now, &call) == -EINVAL);
	o.hops = 70;
	o.username = o.password = STR("x");
	CHECK(sip_call_create(net.node[0].core, &o, net.now, &call) == 0);
	net_run(&net, 20);
	net_reply(&net, sent("INVITE", 0), "401 Unauthorized", "t0",
		  "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"n1\"\n", NULL);
	net_run(&net, 20);
	CHECK(is(sent("INVITE", 0), "Max-Forwards", "0") && is(sent("INVITE", 1), "Max-Forwards", "0"));
	ok(1, "t1", "");
	CHECK(is(sent("ACK", 1), "Max-Forwards", "70"));
out:
	net_free(&net);
}

/* ------------------------------------------------------------------- forks */

TEST(second_answer_of_a_fork_is_acknowledged_and_hung_up_once)
{
	uint64_t call = 0;
	CHECK(core_and_script() == 0 && dial(&call) == 0);
	net_run(&net, 20);
	ok(0, "t1", "");
	ok(0, "t2", "Contact: <sip:y@10.0.0.3:5060>\n");
	CHECK(net_sent_count(&net, 0, "ACK") == 2 && net_sent_count(&net, 0, "BYE") == 1);
	const struct net_wire *bye = sent("BYE", 0), *ack = sent("ACK", 1);
	CHECK(bye->to == 2 && strstr(net_header(bye, "To"), "tag=t2") && strstr(net_header(ack, "To"), "tag=t2"));
	net_reply(&net, bye, "200 OK", NULL, NULL, NULL);
	ok(0, "t2", "Contact: <sip:y@10.0.0.3:5060>\n"); /* its 200 again: ACK again, no second BYE */
	CHECK(net_sent_count(&net, 0, "ACK") == 3 && net_sent_count(&net, 0, "BYE") == 1);
	CHECK(is(sent("ACK", 2), "Via", net_header(ack, "Via")));
	CHECK(net.node[0].ended == 0 && net_event_count(&net, 0, SIP_EV_ANSWERED) == 1);
	net_run(&net, 40000);
	CHECK(net_stats(&net, 0).transactions == 0 && net_stats(&net, 0).calls == 1);
out:
	net_free(&net);
}

TEST(repeated_200_gets_the_same_ack)
{
	uint64_t call = 0;
	CHECK(core_and_script() == 0 && dial(&call) == 0);
	net_run(&net, 20);
	ok(0, "t1", "");
	ok(0, "t1", "");
	CHECK(net_sent_count(&net, 0, "ACK") == 2 && strcmp(sent("ACK", 0)->text, sent("ACK", 1)->text) == 0);
	CHECK(net_event_count(&net, 0, SIP_EV_ANSWERED) == 1);
	CHECK(sip_call_hangup(net.node[0].core, call, 0, net.now) == 0);
	net_run(&net, 20);
	net_reply(&net, sent("BYE", 0), "200 OK", NULL, NULL, NULL);
	net_run(&net, 20);
	CHECK(net_stats(&net, 0).calls == 0);
	ok(0, "t1", ""); /* even when the call is gone: ACK, but no other BYE */
	CHECK(net_sent_count(&net, 0, "ACK") == 3 && net_sent_count(&net, 0, "BYE") == 1);
	net_run(&net, 40000);
	CHECK(net_is_quiet(&net));
out:
	net_free(&net);
}

/* --------------------------------------------------------------- challenges */

#define CHALLENGE_401 "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"n1\", qop=\"auth\", algorithm=MD5\n"
#define CHALLENGE_407 "Proxy-Authenticate: Digest realm=\"proxy\", nonce=\"p1\", qop=\"auth\"\n"

TEST(challenged_invite_is_sent_again_with_credentials)
{
	uint64_t call = 0;
	CHECK(core_and_script() == 0 && dial(&call) == 0);
	net_run(&net, 20);
	net_reply(&net, sent("INVITE", 0), "407 Proxy Authentication Required", "t0", CHALLENGE_407, NULL);
	net_run(&net, 20);
	net_reply(&net, sent("INVITE", 1), "401 Unauthorized", "t1", CHALLENGE_401, NULL);
	net_run(&net, 20);
	const struct net_wire *first = sent("INVITE", 0), *third = sent("INVITE", 2);
	CHECK(net_sent_count(&net, 0, "INVITE") == 3 && net_sent_count(&net, 0, "ACK") == 2);
	CHECK(third->cseq == 3 && is(third, "Call-ID", net_header(first, "Call-ID")) &&
	      is(third, "From", net_header(first, "From")));
	CHECK(!is(third, "Via", net_header(first, "Via")) && !strstr(net_header(third, "To"), "tag="));
	CHECK(strstr(net_header(third, "Authorization"), "username=\"shop\"") &&
	      strstr(net_header(third, "Authorization"), "uri=\"sip:echo@10.0.0.2\"") &&
	      strstr(net_header(third, "Proxy-Authorization"), "realm=\"proxy\"") &&
	      strstr(net_header(third, "Proxy-Authorization"), "nc=00000002"));
	ok(2, "t2", "");
	/* 13.2.2.4: the ACK carries the INVITE's credentials */
	const struct net_wire *ack = sent("ACK", 2);
	CHECK(ack && is(ack, "Authorization", net_header(third, "Authorization")) && ack->cseq == 3);
	CHECK(sip_call_hangup(net.node[0].core, call, 0, net.now) == 0);
	net_run(&net, 20);
	CHECK(strstr(net_header(sent("BYE", 0), "Authorization"), "nc=00000002"));
	CHECK(net.node[0].ended == 1 && net.invalid == 0);
out:
	net_free(&net);
}

TEST(wrong_password_ends_with_the_second_challenge)
{
	uint64_t call = 0;
	CHECK(core_and_script() == 0 && dial(&call) == 0);
	for (unsigned i = 0; i < 2; i++) {
		net_run(&net, 20);
		net_reply(&net, sent("INVITE", i), "401 Unauthorized", "t", CHALLENGE_401, NULL);
	}
	net_run(&net, 20);
	CHECK(net_sent_count(&net, 0, "INVITE") == 2 && event(SIP_EV_ENDED) && event(SIP_EV_ENDED)->e.status == 401);
	net_run(&net, 40000);
	CHECK(net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(stale_nonce_is_answered_again_but_not_for_ever)
{
	uint64_t call = 0;
	CHECK(core_and_script() == 0 && dial(&call) == 0);
	net_run(&net, 20);
	for (unsigned i = 0; i < 8 && sent("INVITE", i); i++) {
		net_reply(&net, sent("INVITE", i), "401 Unauthorized", "t",
			  "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"n\", stale=true\n", NULL);
		net_run(&net, 20);
	}
	CHECK(net_sent_count(&net, 0, "INVITE") == 4 && event(SIP_EV_ENDED)->e.status == 401);
out:
	net_free(&net);
}

TEST(challenge_without_password_or_with_unknown_algorithm_ends_the_call)
{
	uint64_t call = 0;
	CHECK(core_and_script() == 0);
	struct sip_call_opts o = net_call(&net, 0, 1);
	CHECK(sip_call_create(net.node[0].core, &o, net.now, &call) == 0);
	net_run(&net, 20);
	net_reply(&net, sent("INVITE", 0), "401 Unauthorized", "t", CHALLENGE_401, NULL);
	net_run(&net, 20);
	CHECK(event(SIP_EV_ENDED) && event(SIP_EV_ENDED)->e.status == 401);
	CHECK(dial(&call) == 0);
	net_run(&net, 20);
	net_reply(&net, sent("INVITE", 1), "401 Unauthorized", "t",
		  "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"n\", algorithm=SHA-512-256-XYZ\n", NULL);
	net_run(&net, 20);
	CHECK(net.node[0].ended == 2 && net_sent_count(&net, 0, "INVITE") == 2);
out:
	net_free(&net);
}

TEST(topmost_supported_challenge_is_taken)
{
	uint64_t call = 0;
	CHECK(core_and_script() == 0 && dial(&call) == 0);
	net_run(&net, 20);
	net_reply(&net, sent("INVITE", 0), "401 Unauthorized", "t",
		  "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"a\", algorithm=Foo\n"
		  "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"b\", algorithm=SHA-256\n" CHALLENGE_401,
		  NULL);
	net_run(&net, 20);
	CHECK(strstr(net_header(sent("INVITE", 1), "Authorization"), "algorithm=SHA-256"));
out:
	net_free(&net);
}

TEST(challenged_bye_is_sent_again)
{
	uint64_t call = 0;
	CHECK(core_and_script() == 0 && dial(&call) == 0);
	net_run(&net, 20);
	ok(0, "t1", "");
	CHECK(sip_call_hangup(net.node[0].core, call, 0, net.now) == 0);
	net_run(&net, 20);
	net_reply(&net, sent("BYE", 0), "407 Proxy Authentication Required", NULL, CHALLENGE_407, NULL);
	net_run(&net, 20);
	CHECK(net_sent_count(&net, 0, "BYE") == 2 &&
	      strstr(net_header(sent("BYE", 1), "Proxy-Authorization"), "realm=\"proxy\""));
	CHECK(sent("BYE", 1)->cseq == 3 && net.node[0].ended == 1);
	net_reply(&net, sent("BYE", 1), "407 Proxy Authentication Required", NULL, CHALLENGE_407, NULL);
	net_run(&net, 40000);
	CHECK(net_sent_count(&net, 0, "BYE") == 2 && net_is_quiet(&net));
out:
	net_free(&net);
}

/* -------------------------------------------------------- offers and answers */

TEST(answer_without_usable_sdp_is_acknowledged_and_hung_up)
{
	static const char *const bodies[] = {
		NULL, "v=0\n",
		"v=0\no=s 1 1 IN IP4 10.0.0.9\ns=-\nc=IN IP4 10.0.0.9\nt=0 0\nm=audio 40000 RTP/AVP 9\n"};
	uint64_t call = 0;
	CHECK(core_and_script() == 0);
	for (unsigned i = 0; i < 3; i++) {
		CHECK(dial(&call) == 0);
		net_run(&net, 20);
		net_reply(&net, sent("INVITE", i), "200 OK", "t", "Contact: <sip:x@10.0.0.2>\n", bodies[i]);
		net_run(&net, 20);
		CHECK(net_sent_count(&net, 0, "ACK") == i + 1 && net_sent_count(&net, 0, "BYE") == i + 1);
		net_reply(&net, sent("BYE", i), "200 OK", NULL, NULL, NULL);
		const struct net_event *e = net_event(&net, 0, SIP_EV_ENDED, i);
		CHECK(e && e->e.side == SIP_SIDE_PROTOCOL && e->e.status == 488);
	}
	net_run(&net, 40000);
	CHECK(net_is_quiet(&net) && !event(SIP_EV_ANSWERED));
out:
	net_free(&net);
}

TEST(answer_without_contact_makes_a_dialog_with_the_uri_we_called)
{
	uint64_t call = 0;
	CHECK(core_and_script() == 0 && dial(&call) == 0);
	net_run(&net, 20);
	net_reply(&net, sent("INVITE", 0), "200 OK", "t1", NULL, NET_SDP);
	net_reply(&net, sent("INVITE", 0), "200 OK", "t2", NULL, NET_SDP); /* a fork */
	net_run(&net, 20);
	CHECK(event(SIP_EV_ANSWERED) && net_sent_count(&net, 0, "ACK") == 2);
	CHECK(strncmp(sent("ACK", 0)->text, "ACK sip:echo@10.0.0.2 ", 22) == 0);
	CHECK(net_sent_count(&net, 0, "BYE") == 1 && strstr(net_header(sent("BYE", 0), "To"), "tag=t2"));
	CHECK(sip_call_hangup(net.node[0].core, call, 0, net.now) == 0);
	net_run(&net, 20);
	CHECK(strncmp(sent("BYE", 1)->text, "BYE sip:echo@10.0.0.2 ", 22) == 0);
out:
	net_free(&net);
}

TEST(answer_with_a_broken_record_route_is_acknowledged_and_hung_up)
{
	uint64_t call = 0;
	CHECK(core_and_script() == 0 && dial(&call) == 0);
	net_run(&net, 20);
	ok(0, "t1", "Record-Route: <nonsense>\n");
	CHECK(!event(SIP_EV_ANSWERED) && event(SIP_EV_ENDED)->e.side == SIP_SIDE_PROTOCOL);
	CHECK(net_sent_count(&net, 0, "ACK") == 1 && net_sent_count(&net, 0, "BYE") == 1);
	net_reply(&net, sent("BYE", 0), "200 OK", NULL, NULL, NULL);
	net_run(&net, 40000);
	CHECK(net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(sdp_of_the_183_counts_when_the_200_has_none)
{
	uint64_t call = 0;
	CHECK(core_and_script() == 0 && dial(&call) == 0);
	net_run(&net, 20);
	net_reply(&net, sent("INVITE", 0), "183 Session Progress", "t", "Contact: <sip:x@10.0.0.2>\n", NET_SDP);
	net_run(&net, 20);
	CHECK(event(SIP_EV_PROGRESS) && event(SIP_EV_PROGRESS)->e.media.rtp.port == 40000);
	net_reply(&net, sent("INVITE", 0), "200 OK", "t", "Contact: <sip:x@10.0.0.2>\n", NULL);
	net_run(&net, 20);
	CHECK(event(SIP_EV_ANSWERED) && event(SIP_EV_ANSWERED)->e.media.rtp.port == 40000);
out:
	net_free(&net);
}

static const struct net_wire *answer_offerless(char tag[64])
{
	struct sip_local local = net_local(0);
	net_request(&net, 1, 0, &(struct net_request){.method = "INVITE"});
	net_run(&net, 20);
	const struct net_event *in = event(SIP_EV_INCOMING);
	if (!in || in->e.media.rtp.family != ADDR_NONE)
		return NULL;
	if (sip_call_progress(net.node[0].core, in->e.call, 183, &local, net.now) != -71 ||
	    sip_call_answer(net.node[0].core, in->e.call, &local, net.now) != 0)
		return NULL;
	net_run(&net, 20);
	if (sent("200", 0))
		sscanf(net_header(sent("200", 0), "To"), "%*[^;];tag=%63s", tag);
	return sent("200", 0);
}

TEST(offerless_invite_gets_our_offer_and_the_ack_answers)
{
	char tag[64] = "";
	CHECK(core_and_script() == 0);
	const struct net_wire *w = answer_offerless(tag);
	CHECK(w && strstr(w->text, "m=audio 20000 RTP/AVP 0 8 101"));
	net_request(&net, 1, 0,
		    &(struct net_request){.method = "ACK", .to_tag = tag, .branch = "z9hG4bKa", .body = NET_SDP});
	net_run(&net, 20);
	CHECK(event(SIP_EV_CONFIRMED) && event(SIP_EV_CONFIRMED)->e.media.rtp.port == 40000);
	CHECK(event(SIP_EV_CONFIRMED)->e.media.codec == CODEC_PCMU);
out:
	net_free(&net);
}

TEST(offerless_invite_without_answer_in_the_ack_is_hung_up)
{
	char tag[64] = "";
	CHECK(core_and_script() == 0 && answer_offerless(tag));
	net_request(&net, 1, 0, &(struct net_request){.method = "ACK", .to_tag = tag, .branch = "z9hG4bKa"});
	net_run(&net, 20);
	CHECK(!event(SIP_EV_CONFIRMED) && event(SIP_EV_ENDED) && event(SIP_EV_ENDED)->e.side == SIP_SIDE_PROTOCOL);
	CHECK(net_sent_count(&net, 0, "BYE") == 1);
out:
	net_free(&net);
}

TEST(redirect_ends_with_its_status_and_contact)
{
	uint64_t call = 0;
	CHECK(core_and_script() == 0 && dial(&call) == 0);
	net_run(&net, 20);
	net_reply(&net, sent("INVITE", 0), "302 Moved Temporarily", "t", "Contact: <sip:new@10.0.0.9>\n", NULL);
	net_run(&net, 20);
	const struct net_event *e = event(SIP_EV_ENDED);
	CHECK(e && e->e.status == 302 && strcmp(e->contact, "sip:new@10.0.0.9") == 0 &&
	      net_sent_count(&net, 0, "ACK") == 1);
	CHECK(strcmp(e->reason, "Moved Temporarily") == 0);
out:
	net_free(&net);
}

TEST(cause_of_a_reason_header_wins_over_the_status)
{
	uint64_t call = 0;
	CHECK(core_and_script() == 0 && dial(&call) == 0);
	net_run(&net, 20);
	net_reply(&net, sent("INVITE", 0), "503 Service Unavailable", "t",
		  "Reason: SIP;cause=503;text=\"a, b\", Q.850 ;cause=34;text=\"No circuit\"\n", NULL);
	net_run(&net, 20);
	CHECK(event(SIP_EV_ENDED) && event(SIP_EV_ENDED)->e.status == 503 && event(SIP_EV_ENDED)->e.q850 == 34);
out:
	net_free(&net);
}

TEST(foreign_responses_change_nothing)
{
	uint64_t call = 0;
	CHECK(core_and_script() == 0 && dial(&call) == 0);
	net_run(&net, 20);
	struct net_wire w = *sent("INVITE", 0);
	char *branch = strstr(w.text, "z9hG4bK");
	branch[9] = branch[9] == 'a' ? 'b' : 'a';
	net_reply(&net, &w, "486 Busy Here", "t", NULL, NULL); /* not our branch */
	w = *sent("INVITE", 0);
	net_reply(&net, &w, "486 Busy Here", "t", "Via: SIP/2.0/UDP other;branch=z9hG4bKx\n",
		  NULL); /* two Vias: astray */
	net_run(&net, 100);
	CHECK(net.node[0].ended == 0 && net_sent_count(&net, 0, "ACK") == 0 && net_stats(&net, 0).rx_dropped == 2);
out:
	net_free(&net);
}
