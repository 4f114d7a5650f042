/** test_sip_core_modify.c  re-INVITE both ways: hold, resume, refresh, glare. */
#include "test/test.h"

#include "test/sip_net.h"

static struct net net;
static uint64_t a, b; /* the two handles of the call */

static void answer_all(struct net *n, int node, const struct sip_event *e)
{
	struct sip_local local = net_local(node);
	if (e->kind != SIP_EV_INCOMING)
		return;
	b = e->call;
	sip_call_answer(n->node[node].core, e->call, &local, n->now);
}

static int call_up(void)
{
	net_init(&net, 3);
	a = b = 0;
	int err = net_core(&net, 0, NULL, false);
	err = err ? err : net_core(&net, 1, NULL, false);
	net.node[1].on_event = answer_all;
	struct sip_call_opts o = net_call(&net, 0, 1);
	err = err ? err : sip_call_create(net.node[0].core, &o, net.now, &a);
	net_run(&net, 100);
	return err ? err : b == 0;
}

static int modify(int node, enum media_dir dir, uint16_t port)
{
	struct sip_local l = net_local(node);
	l.dir = (uint8_t)dir;
	l.rtp.port = port;
	return sip_call_modify(net.node[node].core, node ? b : a, &l, net.now);
}

static long o_version(const struct net_wire *w)
{
	unsigned long version;
	const char *o = w ? strstr(w->text, "o=") : NULL;
	return o && sscanf(o, "o=%*s %*s %lu", &version) == 1 ? (long)version : -1;
}

TEST(hold_and_resume_by_either_side)
{
	for (int side = 0; side < 2; side++) {
		CHECK(call_up() == 0);
		CHECK(modify(side, DIR_SEND, 20000) == 0);
		net_run(&net, 100);
		const struct net_event *m = net_event(&net, side, SIP_EV_MODIFIED, 0),
				       *x = net_event(&net, !side, SIP_EV_MEDIA, 0);
		CHECK(m && m->e.status == 200 && m->e.media.dir == DIR_SEND);
		CHECK(x && x->e.media.dir == DIR_RECV);
		CHECK(modify(side, DIR_SENDRECV, 20000) == 0);
		net_run(&net, 100);
		m = net_event(&net, side, SIP_EV_MODIFIED, 1);
		x = net_event(&net, !side, SIP_EV_MEDIA, 1);
		CHECK(m && m->e.media.dir == DIR_SENDRECV && x && x->e.media.dir == DIR_SENDRECV);
		CHECK(sip_call_hangup(net.node[0].core, a, 0, net.now) == 0);
		net_run(&net, 40000);
		CHECK(net_is_quiet(&net));
		net_free(&net);
	}
	return;
out:
	net_free(&net);
}

TEST(version_of_o_rises_with_each_change_only)
{
	CHECK(call_up() == 0);
	CHECK(modify(0, DIR_SENDRECV, 20000) == 0); /* the same again: a refresh */
	net_run(&net, 100);
	CHECK(net_event_count(&net, 1, SIP_EV_MEDIA) == 0);
	CHECK(o_version(net_sent(&net, 0, "INVITE", 0)) == 1 && o_version(net_sent(&net, 0, "INVITE", 1)) == 1);
	CHECK(o_version(net_sent(&net, 1, "200", 1)) == 1);
	CHECK(modify(0, DIR_SENDRECV, 20100) == 0);
	net_run(&net, 100);
	CHECK(o_version(net_sent(&net, 0, "INVITE", 2)) == 2 && o_version(net_sent(&net, 1, "200", 2)) == 1);
	const struct net_event *x = net_event(&net, 1, SIP_EV_MEDIA, 0);
	CHECK(x && x->e.media.rtp.port == 20100);
out:
	net_free(&net);
}

TEST(glare_is_491_on_both_sides_and_both_get_through_later)
{
	CHECK(call_up() == 0);
	CHECK(modify(0, DIR_SENDRECV, 20100) == 0 && modify(1, DIR_SENDRECV, 20200) == 0);
	uint64_t start = net.now;
	net_run(&net, 100);
	CHECK(net_sent_count(&net, 0, "491") == 1 && net_sent_count(&net, 1, "491") == 1);
	net_run(&net, 20000);
	CHECK(net_event_count(&net, 0, SIP_EV_MODIFIED) == 1 && net_event_count(&net, 1, SIP_EV_MODIFIED) == 1);
	CHECK(net_event(&net, 0, SIP_EV_MODIFIED, 0)->e.status == 200 &&
	      net_event(&net, 1, SIP_EV_MODIFIED, 0)->e.status == 200);
	/* 14.1: who made the call waits 2.1-4 s, the other 0-2 s */
	uint64_t wait0 = (net_sent(&net, 0, "INVITE", 2)->at - start) / MS,
		 wait1 = (net_sent(&net, 1, "INVITE", 1)->at - start) / MS;
	CHECK(wait0 >= 2100 && wait0 <= 4200 && wait1 <= 2200);
	CHECK(sip_call_hangup(net.node[0].core, a, 0, net.now) == 0);
	net_run(&net, 40000);
	CHECK(net_is_quiet(&net));
out:
	net_free(&net);
}

static bool lose_everything(struct net *n, const struct net_wire *w)
{
	(void)n, (void)w;
	return true;
}

TEST(modify_without_answer_ends_the_call)
{
	CHECK(call_up() == 0 && modify(0, DIR_SEND, 20000) == 0);
	net.drop = lose_everything;
	net_run(&net, 33000);
	const struct net_event *m = net_event(&net, 0, SIP_EV_MODIFIED, 0), *e = net_event(&net, 0, SIP_EV_ENDED, 0);
	CHECK(m && m->e.status == 408 && e && e->e.side == SIP_SIDE_TIMEOUT);
	net.drop = NULL;
	net_run(&net, 1000); /* BYE gets through */
	CHECK(net.node[1].ended == 1);
	net_run(&net, 60000);
	CHECK(net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(hangup_during_modify_says_modified_before_ended)
{
	CHECK(call_up() == 0 && modify(0, DIR_SEND, 20000) == 0);
	CHECK(modify(0, DIR_SEND, 20000) == -71);
	CHECK(sip_call_hangup(net.node[0].core, a, 0, net.now) == 0);
	net_run(&net, 100);
	const struct net_event *last = &net.node[0].event[net.node[0].nevents - 1];
	CHECK(net_event_count(&net, 0, SIP_EV_MODIFIED) == 1 && last->e.kind == SIP_EV_ENDED);
	CHECK(net.node[1].ended == 1 && net.node[0].ended == 1);
	net_run(&net, 60000);
	CHECK(net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(lost_ack_of_a_reinvite_delays_our_own_until_it_came)
{
	CHECK(call_up() == 0 && modify(0, DIR_SEND, 20000) == 0);
	net_run(&net, 6); /* the 200 of node 1 is on its way, its ACK is not */
	CHECK(modify(1, DIR_SENDRECV, 20200) == 0);
	CHECK(net_sent_count(&net, 1, "INVITE") == 0);
	net_run(&net, 100);
	CHECK(net_sent_count(&net, 1, "INVITE") == 1);
	const struct net_event *m = net_event(&net, 1, SIP_EV_MODIFIED, 0);
	CHECK(m && m->e.status == 200 && net_sent_count(&net, 0, "491") == 0);
out:
	net_free(&net);
}

/* -------------------------------------------------------------- with a script */

/** A call of script 1 to core 0, up; its To tag in `tag`. */
static int script_call(char tag[64])
{
	struct sip_local local = net_local(0);
	net_init(&net, 1);
	net_script(&net, 1);
	if (net_core(&net, 0, NULL, false) != 0)
		return -1;
	net_request(&net, 1, 0, &(struct net_request){.body = NET_SDP});
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

TEST(overlapping_reinvite_is_500_with_retry_after)
{
	char tag[64] = "";
	CHECK(script_call(tag) == 0);
	net_request(&net, 1, 0, &(struct net_request){.to_tag = tag, .branch = "z9hG4bKb", .cseq = 2, .body = NET_SDP});
	net_request(&net, 1, 0, &(struct net_request){.to_tag = tag, .branch = "z9hG4bKc", .cseq = 3, .body = NET_SDP});
	net_run(&net, 20);
	CHECK(net_sent_count(&net, 0, "200") == 2 && net_sent_count(&net, 0, "500") == 1);
	CHECK(*net_header(net_sent(&net, 0, "500", 0), "Retry-After"));
out:
	net_free(&net);
}

TEST(offerless_reinvite_gets_our_offer_and_the_ack_may_change_media)
{
	char tag[64] = "";
	CHECK(script_call(tag) == 0);
	net_request(&net, 1, 0, &(struct net_request){.to_tag = tag, .branch = "z9hG4bKb", .cseq = 2});
	net_run(&net, 20);
	CHECK(strstr(net_sent(&net, 0, "200", 1)->text, "m=audio 20000"));
	net_request(&net, 1, 0,
		    &(struct net_request){.method = "ACK",
					  .to_tag = tag,
					  .branch = "z9hG4bKc",
					  .cseq = 2,
					  .body = "v=0\no=s 1 2 IN IP4 10.0.0.9\ns=-\nc=IN IP4 10.0.0.9\nt=0 "
						  "0\nm=audio 41000 RTP/AVP 8\n"});
	net_run(&net, 20);
	const struct net_event *x = net_event(&net, 0, SIP_EV_MEDIA, 0);
	CHECK(x && x->e.media.rtp.port == 41000 && x->e.media.codec == CODEC_PCMA && net.node[0].ended == 0);
out:
	net_free(&net);
}

TEST(reinvite_without_common_codec_is_488_and_the_call_goes_on)
{
	char tag[64] = "";
	CHECK(script_call(tag) == 0);
	net_request(&net, 1, 0,
		    &(struct net_request){.to_tag = tag,
					  .branch = "z9hG4bKb",
					  .cseq = 2,
					  .body = "v=0\no=s 1 2 IN IP4 10.0.0.9\ns=-\nc=IN IP4 10.0.0.9\nt=0 "
						  "0\nm=audio 41000 RTP/AVP 9\n"});
	net_run(&net, 20);
	CHECK(net_sent_count(&net, 0, "488") == 1 && net.node[0].ended == 0 &&
	      net_event_count(&net, 0, SIP_EV_MEDIA) == 0);
out:
	net_free(&net);
}

TEST(reinvite_moves_the_remote_target)
{
	char tag[64] = "";
	CHECK(script_call(tag) == 0);
	net_say(&net, 1, 0,
		"INVITE sip:x@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKt\nMax-Forwards: 70\n"
		"From: <sip:s@10.0.0.2>;tag=ft\nTo: <sip:x@10.0.0.1>;tag=zz\nCall-ID: script-call\nCSeq: 2 INVITE\n"
		"Contact: <sip:moved@10.0.0.3:5070>\nContent-Length: 0\n\n");
	net_run(&net, 20);
	CHECK(net_sent_count(&net, 0, "481") == 1); /* that was another tag */
	char text[1024];
	snprintf(text, sizeof(text),
		 "INVITE sip:x@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKu\nMax-Forwards: 70\n"
		 "From: <sip:s@10.0.0.2>;tag=ft\nTo: <sip:x@10.0.0.1>;tag=%s\nCall-ID: script-call\nCSeq: 2 INVITE\n"
		 "Contact: <sip:moved@10.0.0.3:5070>\nContent-Length: 0\n\n",
		 tag);
	net_script(&net, 2);
	net_say(&net, 1, 0, text);
	net_run(&net, 20);
	net_request(&net, 1, 0,
		    &(struct net_request){
			    .method = "ACK", .to_tag = tag, .branch = "z9hG4bKv", .cseq = 2, .body = NET_SDP});
	net_run(&net, 20);
	CHECK(sip_call_hangup(net.node[0].core, a, 0, net.now) == 0);
	net_run(&net, 20);
	const struct net_wire *bye = net_sent(&net, 0, "BYE", 0);
	CHECK(bye && bye->to == 2 && strncmp(bye->text, "BYE sip:moved@10.0.0.3:5070 SIP/2.0", 35) == 0);
out:
	net_free(&net);
}

TEST(modify_that_the_peer_refuses_leaves_the_session_as_it_was)
{
	char tag[64] = "";
	struct sip_local l = net_local(0);
	l.rtp.port = 29998;
	CHECK(script_call(tag) == 0 && sip_call_modify(net.node[0].core, a, &l, net.now) == 0);
	net_run(&net, 20);
	net_reply(&net, net_sent(&net, 0, "INVITE", 0), "488 Not Acceptable Here", NULL, NULL, NULL);
	net_run(&net, 20);
	const struct net_event *m = net_event(&net, 0, SIP_EV_MODIFIED, 0);
	CHECK(m && m->e.status == 488 && net.node[0].ended == 0 && net_sent_count(&net, 0, "ACK") == 1);
	net_request(&net, 1, 0, &(struct net_request){.to_tag = tag, .branch = "z9hG4bKb", .cseq = 2, .body = NET_SDP});
	net_run(&net, 20);
	CHECK(strstr(net_sent(&net, 0, "200", 1)->text, "m=audio 20000 "));
out:
	net_free(&net);
}

TEST(modify_answered_481_ends_the_call)
{
	char tag[64] = "";
	struct sip_local l = net_local(0);
	CHECK(script_call(tag) == 0 && sip_call_modify(net.node[0].core, a, &l, net.now) == 0);
	net_run(&net, 20);
	net_reply(&net, net_sent(&net, 0, "INVITE", 0), "481 Call/Transaction Does Not Exist", NULL, NULL, NULL);
	net_run(&net, 20);
	CHECK(net.node[0].ended == 1 && net_event(&net, 0, SIP_EV_MODIFIED, 0)->e.status == 481);
	CHECK(net_sent_count(&net, 0, "BYE") == 1);
out:
	net_free(&net);
}

TEST(modify_with_a_provisional_only_does_not_wait_for_ever)
{
	char tag[64] = "";
	struct sip_local l = net_local(0);
	CHECK(script_call(tag) == 0 && sip_call_modify(net.node[0].core, a, &l, net.now) == 0);
	net_run(&net, 20);
	net_reply(&net, net_sent(&net, 0, "INVITE", 0), "100 Trying", NULL, NULL, NULL);
	net_run(&net, 33000);
	CHECK(net_event_count(&net, 0, SIP_EV_MODIFIED) == 1 && net.node[0].ended == 1);
	net_run(&net, 60000);
	CHECK(net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(provisional_after_the_peers_bye_leaves_nothing_behind)
{
	char tag[64] = "";
	struct sip_local l = net_local(0);
	CHECK(script_call(tag) == 0 && sip_call_modify(net.node[0].core, a, &l, net.now) == 0);
	net_run(&net, 20);
	net_request(&net, 1, 0, &(struct net_request){.method = "BYE", .to_tag = tag, .branch = "z9hG4bKy", .cseq = 2});
	net_run(&net, 20);
	net_reply(&net, net_sent(&net, 0, "INVITE", 0), "100 Trying", NULL, NULL, NULL);
	net_run(&net, 70000);
	CHECK(net.node[0].ended == 1 && net_is_quiet(&net));
out:
	net_free(&net);
}
