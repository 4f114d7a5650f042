/** test_sip_core_timer.c  The timers of RFC 3261 17 and 13.3.1.4, each by its schedule, against a script or a dead peer. */
#include "test/test.h"

#include "test/sip_net.h"

static struct net net;

/** Node 0 is a core, node 1 a script that stays silent unless the test speaks for it. */
static int core_and_script(bool reliable)
{
	net_init(&net, 1);
	net_script(&net, 1);
	return net_core(&net, 0, NULL, reliable);
}

static int dial(uint64_t *call)
{
	struct sip_call_opts o = net_call(&net, 0, 1);
	return sip_call_create(net.node[0].core, &o, net.now, call);
}

/** The datagrams `what` of the core went out at these times (ms after the first), and no more. */
static bool schedule(const char *what, const unsigned *ms, unsigned n)
{
	if (net_sent_count(&net, 0, what) != n)
		return false;
	uint64_t first = net_sent(&net, 0, what, 0)->at;
	for (unsigned i = 0; i < n; i++) {
		uint64_t at = (net_sent(&net, 0, what, i)->at - first) / MS;
		if (at != ms[i])
			return false;
	}
	return true;
}
#define SCHEDULE(what, ...)                                                                                            \
	schedule(what, (const unsigned[]){__VA_ARGS__}, sizeof((const unsigned[]){__VA_ARGS__}) / sizeof(unsigned))

static const struct net_event *ended(unsigned k)
{
	return net_event(&net, 0, SIP_EV_ENDED, k);
}

TEST(timer_a_doubles_and_timer_b_ends_the_call)
{
	uint64_t call = 0, start;
	CHECK(core_and_script(false) == 0);
	start = net.now;
	CHECK(dial(&call) == 0);
	net_run(&net, 60000);
	CHECK(SCHEDULE("INVITE", 0, 500, 1500, 3500, 7500, 15500, 31500));
	CHECK(ended(0) && ended(0)->e.side == SIP_SIDE_TIMEOUT && ended(0)->e.status == 408 && ended(0)->e.q850 == 102);
	CHECK(ended(0)->e.at - start == (uint64_t)32000 * MS && net_is_quiet(&net));
	CHECK(net_stats(&net, 0).retransmits_tx == 6);
out:
	net_free(&net);
}

TEST(provisional_stops_timer_a)
{
	uint64_t call = 0;
	CHECK(core_and_script(false) == 0 && dial(&call) == 0);
	net_run(&net, 600);
	net_reply(&net, net_sent(&net, 0, "INVITE", 0), "100 Trying", NULL, NULL, NULL);
	net_run(&net, 60000);
	CHECK(SCHEDULE("INVITE", 0, 500));
	CHECK(!ended(0));
out:
	net_free(&net);
}

TEST(timer_d_answers_a_repeated_failure_with_the_ack_for_32_s)
{
	uint64_t call = 0;
	CHECK(core_and_script(false) == 0 && dial(&call) == 0);
	net_run(&net, 10);
	const struct net_wire *inv = net_sent(&net, 0, "INVITE", 0);
	net_reply(&net, inv, "486 Busy Here", "t1", NULL, NULL);
	net_run(&net, 100);
	net_reply(&net, inv, "486 Busy Here", "t1", NULL, NULL);
	net_run(&net, 31000);
	net_reply(&net, inv, "486 Busy Here", "t1", NULL, NULL);
	net_run(&net, 500);
	CHECK(net_sent_count(&net, 0, "ACK") == 3 && net.node[0].ended == 1 && net_stats(&net, 0).transactions == 1);
	net_run(&net, 500);
	CHECK(net_stats(&net, 0).transactions == 0);
	net_reply(&net, inv, "486 Busy Here", "t1", NULL, NULL);
	net_run(&net, 100);
	CHECK(net_sent_count(&net, 0, "ACK") == 3 && net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(timers_e_and_f_of_a_request_without_answer)
{
	CHECK(core_and_script(false) == 0);
	uint64_t start = net.now;
	CHECK(sip_options_send(net.node[0].core, 0, &net.node[1].addr, STR("sip:h"), 1, net.now) == 0);
	net_run(&net, 60000);
	CHECK(SCHEDULE("OPTIONS", 0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500));
	const struct net_event *e = net_event(&net, 0, SIP_EV_OPTIONS, 0);
	CHECK(e && e->e.status == 408 && e->e.at - start == (uint64_t)32000 * MS && net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(timer_e_is_t2_after_a_provisional)
{
	CHECK(core_and_script(false) == 0);
	CHECK(sip_options_send(net.node[0].core, 0, &net.node[1].addr, STR("sip:h"), 1, net.now) == 0);
	net_run(&net, 100);
	net_reply(&net, net_sent(&net, 0, "OPTIONS", 0), "100 Trying", NULL, NULL, NULL);
	net_run(&net, 10000);
	CHECK(SCHEDULE("OPTIONS", 0, 500, 4500, 8500));
out:
	net_free(&net);
}

TEST(timer_k_absorbs_repeated_answers_for_t4)
{
	CHECK(core_and_script(false) == 0);
	CHECK(sip_options_send(net.node[0].core, 0, &net.node[1].addr, STR("sip:h"), 1, net.now) == 0);
	net_run(&net, 100);
	for (int i = 0; i < 3; i++) {
		net_reply(&net, net_sent(&net, 0, "OPTIONS", 0), "200 OK", "t", NULL, NULL);
		net_run(&net, 100);
	}
	CHECK(net_event_count(&net, 0, SIP_EV_OPTIONS) == 1 && net_stats(&net, 0).transactions == 1);
	CHECK(net_stats(&net, 0).retransmits_rx == 2);
	net_run(&net, 4800);
	CHECK(net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(timers_g_and_h_repeat_a_failure_until_the_ack)
{
	CHECK(core_and_script(false) == 0);
	net_request(&net, 1, 0, &(struct net_request){.body = NET_SDP});
	net_run(&net, 10);
	const struct net_event *in = net_event(&net, 0, SIP_EV_INCOMING, 0);
	CHECK(in && sip_call_reject(net.node[0].core, in->e.call, 486, STR_NONE, net.now) == 0);
	net_run(&net, 60000);
	CHECK(SCHEDULE("486", 0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500) &&
	      net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(timer_i_absorbs_acks_for_t4)
{
	struct net_request ack = {.method = "ACK", .to_tag = "x"};
	CHECK(core_and_script(false) == 0);
	net_request(&net, 1, 0, &(struct net_request){.body = NET_SDP});
	net_run(&net, 10);
	const struct net_event *in = net_event(&net, 0, SIP_EV_INCOMING, 0);
	CHECK(in && sip_call_reject(net.node[0].core, in->e.call, 486, STR_NONE, net.now) == 0);
	net_run(&net, 600);
	net_request(&net, 1, 0, &ack);
	net_run(&net, 1000);
	net_request(&net, 1, 0, &ack);
	net_request(&net, 1, 0, &(struct net_request){.body = NET_SDP}); /* late INVITE: absorbed too */
	net_run(&net, 1000);
	CHECK(SCHEDULE("486", 0, 500) && net_stats(&net, 0).transactions == 1);
	net_run(&net, 4000);
	CHECK(net_is_quiet(&net) && net.node[0].ended == 1);
out:
	net_free(&net);
}

/** A call of the script to the core, answered; returns the To tag in `tag`. */
static const struct net_event *answered(char tag[64])
{
	struct sip_local local = net_local(0);
	net_request(&net, 1, 0, &(struct net_request){.body = NET_SDP});
	net_run(&net, 10);
	const struct net_event *in = net_event(&net, 0, SIP_EV_INCOMING, 0);
	if (!in || sip_call_answer(net.node[0].core, in->e.call, &local, net.now) != 0)
		return NULL;
	net_run(&net, 10);
	const struct net_wire *ok = net_sent(&net, 0, "200", 0);
	if (ok)
		sscanf(net_header(ok, "To"), "%*[^;];tag=%63s", tag);
	return ok ? in : NULL;
}

TEST(ok_is_repeated_until_64_t1_then_the_call_is_hung_up)
{
	char tag[64] = "";
	CHECK(core_and_script(false) == 0 && answered(tag));
	net_run(&net, 33000);
	CHECK(SCHEDULE("200", 0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500));
	CHECK(ended(0) && ended(0)->e.side == SIP_SIDE_TIMEOUT && net_event_count(&net, 0, SIP_EV_CONFIRMED) == 0);
	CHECK(net_sent_count(&net, 0, "BYE") >= 1);
	net_run(&net, 60000);
	CHECK(net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(ack_stops_the_200_and_a_late_invite_is_absorbed)
{
	char tag[64] = "";
	CHECK(core_and_script(false) == 0 && answered(tag));
	net_run(&net, 600);
	net_request(&net, 1, 0, &(struct net_request){.method = "ACK", .to_tag = tag, .branch = "z9hG4bKack"});
	net_run(&net, 1000);
	net_request(&net, 1, 0, &(struct net_request){.body = NET_SDP}); /* RFC 6026: Accepted */
	net_run(&net, 5000);
	CHECK(SCHEDULE("200", 0, 500) && net_event_count(&net, 0, SIP_EV_CONFIRMED) == 1);
	CHECK(net_event_count(&net, 0, SIP_EV_INCOMING) == 1);
out:
	net_free(&net);
}

TEST(ack_with_the_branch_of_the_invite_confirms_too)
{
	char tag[64] = "";
	CHECK(core_and_script(false) == 0 && answered(tag));
	net_request(&net, 1, 0, &(struct net_request){.method = "ACK", .to_tag = tag});
	net_run(&net, 5000);
	CHECK(SCHEDULE("200", 0) && net_event_count(&net, 0, SIP_EV_CONFIRMED) == 1);
out:
	net_free(&net);
}

TEST(timer_j_gives_a_repeated_bye_the_same_200)
{
	char tag[64] = "";
	CHECK(core_and_script(false) == 0 && answered(tag));
	struct net_request bye = {.method = "BYE", .to_tag = tag, .branch = "z9hG4bKbye", .cseq = 2};
	net_request(&net, 1, 0, &bye);
	net_run(&net, 1000);
	net_request(&net, 1, 0, &bye);
	net_run(&net, 30000);
	net_request(&net, 1, 0, &bye);
	net_run(&net, 500);
	CHECK(net_sent_count(&net, 0, "200") == 4 && net.node[0].ended == 1 && net_stats(&net, 0).transactions >= 1);
	net_run(&net, 2000);
	CHECK(net_is_quiet(&net));
	net_request(&net, 1, 0, &bye);
	net_run(&net, 500);
	CHECK(net_sent_count(&net, 0, "481") == 1);
out:
	net_free(&net);
}

TEST(trying_goes_out_after_200_ms_without_an_answer)
{
	CHECK(core_and_script(false) == 0);
	uint64_t start = net.now;
	net_request(&net, 1, 0, &(struct net_request){.body = NET_SDP});
	net_run(&net, 2000);
	CHECK(SCHEDULE("100", 0));
	CHECK(net_sent(&net, 0, "100", 0)->at - start == (uint64_t)205 * MS);
	CHECK(!strstr(net_header(net_sent(&net, 0, "100", 0), "To"), "tag="));
	net_request(&net, 1, 0, &(struct net_request){.body = NET_SDP}); /* again: the last provisional again */
	net_run(&net, 100);
	CHECK(net_sent_count(&net, 0, "100") == 2 && net_event_count(&net, 0, SIP_EV_INCOMING) == 1);
out:
	net_free(&net);
}

TEST(cancelled_invite_without_final_response_ends_after_64_t1)
{
	uint64_t call = 0;
	CHECK(core_and_script(false) == 0 && dial(&call) == 0);
	net_run(&net, 10);
	net_reply(&net, net_sent(&net, 0, "INVITE", 0), "180 Ringing", "t", NULL, NULL);
	net_run(&net, 10);
	CHECK(sip_call_hangup(net.node[0].core, call, 0, net.now) == 0);
	net_run(&net, 31000);
	CHECK(net_stats(&net, 0).calls == 1);
	net_run(&net, 2000);
	CHECK(net_stats(&net, 0).calls == 0 && net_is_quiet(&net) && net.node[0].ended == 1);
out:
	net_free(&net);
}

/* ------------------------------------------------------------- reliable flows */

TEST(reliable_flow_repeats_no_request_and_ends_transactions_at_once)
{
	uint64_t call = 0;
	CHECK(core_and_script(true) == 0 && dial(&call) == 0);
	net_run(&net, 10);
	const struct net_wire *inv = net_sent(&net, 0, "INVITE", 0);
	CHECK(strncmp(net_header(inv, "Via"), "SIP/2.0/TCP 10.0.0.1:5060;branch=z9hG4bK", 40) == 0);
	CHECK(strcmp(net_header(inv, "Contact"), "<sip:10.0.0.1:5060;transport=tcp>") == 0);
	net_run(&net, 20000);
	CHECK(net_sent_count(&net, 0, "INVITE") == 1);
	net_reply(&net, inv, "486 Busy Here", "t", NULL, NULL);
	net_run(&net, 10);
	CHECK(net_sent_count(&net, 0, "ACK") == 1 && net.node[0].ended == 1 && net_is_quiet(&net));
	CHECK(sip_options_send(net.node[0].core, 0, &net.node[1].addr, STR("sip:h"), 1, net.now) == 0);
	net_run(&net, 20000);
	CHECK(net_sent_count(&net, 0, "OPTIONS") == 1);
	net_reply(&net, net_sent(&net, 0, "OPTIONS", 0), "200 OK", "t", NULL, NULL);
	net_run(&net, 10);
	CHECK(net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(reliable_flow_still_ends_by_timers_b_and_f)
{
	uint64_t call = 0;
	CHECK(core_and_script(true) == 0 && dial(&call) == 0);
	CHECK(sip_options_send(net.node[0].core, 0, &net.node[1].addr, STR("sip:h"), 1, net.now) == 0);
	net_run(&net, 33000);
	CHECK(ended(0) && ended(0)->e.status == 408 && net_event(&net, 0, SIP_EV_OPTIONS, 0)->e.status == 408);
	CHECK(net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(reliable_flow_confirms_a_failure_at_once)
{
	CHECK(core_and_script(true) == 0);
	net_request(&net, 1, 0, &(struct net_request){.body = NET_SDP});
	net_run(&net, 10);
	const struct net_event *in = net_event(&net, 0, SIP_EV_INCOMING, 0);
	CHECK(in && sip_call_reject(net.node[0].core, in->e.call, 603, STR_NONE, net.now) == 0);
	net_run(&net, 5000);
	CHECK(net_sent_count(&net, 0, "603") == 1 && net_stats(&net, 0).transactions == 1);
	net_request(&net, 1, 0, &(struct net_request){.method = "ACK", .to_tag = "x"});
	net_run(&net, 10);
	CHECK(net_is_quiet(&net));
out:
	net_free(&net);
}
