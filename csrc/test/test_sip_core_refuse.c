/** test_sip_core_refuse.c  What is not good enough, and what it is told: RFC 3261 8.2, 12.2.2, 18.2. */
#include "test/test.h"

#include "test/sip_net.h"

static struct net net;

static int core_and_script(void)
{
	net_init(&net, 1);
	net_script(&net, 1);
	net_script(&net, 2);
	return net_core(&net, 0, NULL, false);
}

static unsigned last_status(void)
{
	const struct net_wire *w = NULL;
	for (unsigned i = 0; i < net.nwire; i++)
		if (net.wire[i].from == 0)
			w = &net.wire[i];
	return w ? w->status : 0;
}

static const struct net_wire *last(void)
{
	for (unsigned i = net.nwire; i-- > 0;)
		if (net.wire[i].from == 0)
			return &net.wire[i];
	return NULL;
}

struct refusal {
	struct net_request r;
	unsigned status;
	const char *header, *value; /* that the answer must have; value NULL: any */
};

static const struct refusal refusals[] = {
	{{.method = "SUBSCRIBE"}, 405, "Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO"},
	{{.method = "REFER"}, 405, "Allow", NULL},
	{{.method = "UPDATE", .to_tag = "x"}, 405, "Allow", NULL},
	{{.method = "FROBNICATE"}, 501, "Allow", NULL},
	{{.ruri = "tel:+4930901820"}, 416, "Server", NULL},
	{{.ruri = "sips:x@10.0.0.1"}, 416, "Server", NULL},
	{{.lines = "Require: 100rel, timer\nRequire: x\n", .body = NET_SDP}, 420, "Unsupported", "100rel, timer, x"},
	{{.lines = "Content-Encoding: gzip\n", .body = NET_SDP}, 415, "Accept-Encoding", "identity"},
	{{.body = "v=0\no=s 1 1 IN IP4 10.0.0.9\ns=-\nc=IN IP4 10.0.0.9\nt=0 0\nm=audio 4000 RTP/AVP 9 18\n"},
	 488,
	 "Server",
	 NULL},
	{{.body = "v=0\nm=audio 99999999 RTP/AVP 0\n"}, 400, "Server", NULL},
	{{.method = "BYE"}, 481, "Server", NULL},
	{{.method = "BYE", .to_tag = "0123456789abcdef"}, 481, "Server", NULL},
	{{.method = "INFO"}, 481, "Server", NULL},
	{{.method = "CANCEL"}, 481, "Server", NULL},
	{{.branch = "1"}, 400, "Server", NULL}, /* RFC 2543 client */
	{{.branch = "z9hG4bK"}, 400, "Server", NULL},
	{{.method = "OPTIONS"}, 200, "Accept", "application/sdp"},
};

TEST(requests_are_refused_with_the_status_that_says_why)
{
	CHECK(core_and_script() == 0);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		const struct refusal *x = &refusals[i];
		net_request(&net, 1, 0, &x->r);
		net_run(&net, 20);
		if (last_status() != x->status)
			printf("  case %zu: %u instead of %u\n", i, last_status(), x->status);
		CHECK(last_status() == x->status);
		const char *value = net_header(last(), x->header);
		CHECK(x->value ? strcmp(value, x->value) == 0 : *value != 0);
		CHECK(strstr(net_header(last(), "To"), "tag=") && last()->to == 1);
	}
	CHECK(net.node[0].nevents == 0 && net_is_quiet(&net)); /* nothing was kept */
out:
	net_free(&net);
}

TEST(body_of_another_type_is_415_with_accept)
{
	CHECK(core_and_script() == 0);
	net_say(&net, 1, 0,
		"INVITE sip:x@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: "
		"<sip:x@b>\n"
		"Call-ID: c\nCSeq: 1 INVITE\nContact: <sip:a@10.0.0.2>\nContent-Type: text/plain\nContent-Length: "
		"2\n\nhi");
	net_run(&net, 20);
	CHECK(last_status() == 415 && strcmp(net_header(last(), "Accept"), "application/sdp") == 0);
out:
	net_free(&net);
}

TEST(other_sip_version_is_505)
{
	CHECK(core_and_script() == 0);
	net_say(&net, 1, 0,
		"OPTIONS sip:x@10.0.0.1 SIP/7.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: "
		"<sip:x@b>\n"
		"Call-ID: c\nCSeq: 1 OPTIONS\nContent-Length: 0\n\n");
	net_run(&net, 20);
	CHECK(last_status() == 505);
out:
	net_free(&net);
}

TEST(malformed_request_is_400_with_a_reason_when_it_can_be_answered)
{
	static const char *const bad[] = {
		"OPTIONS sip:x@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: "
		"<sip:x@b>\n"
		"Call-ID: c\nCSeq: 1 INVITE\nContent-Length: 0\n\n", /* CSeq of another method */
		"OPTIONS sip:x@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: "
		"<sip:x@b>\n"
		"Call-ID: c\nCSeq: 1 OPTIONS\nContent-Length: 900\n\n", /* more than came */
		"OPTIONS sip:x@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: "
		"<sip:x@b>\n"
		"Call-ID: c\nCSeq: 1 OPTIONS\nMax-Forwards: 300\nContent-Length: 0\n\n",
	};
	CHECK(core_and_script() == 0);
	for (unsigned i = 0; i < 3; i++) {
		net_say(&net, 1, 0, bad[i]);
		net_run(&net, 20);
		CHECK(net_sent_count(&net, 0, "400") == i + 1 && net_stats(&net, 0).rx_bad == i + 1);
	}
out:
	net_free(&net);
}

TEST(what_cannot_be_answered_is_only_counted)
{
	static const char *const silent[] = {
		"garbage\n\n",
		"OPTIONS sip:x@10.0.0.1 SIP/2.0\n\n",
		"OPTIONS sip:x@10.0.0.1 SIP/2.0\nVia: nonsense\nFrom: <sip:a@b>;tag=1\nTo: <sip:x@b>\nCall-ID: "
		"c\nCSeq: 1 OPTIONS\n\n",
		"ACK sip:x@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: "
		"<sip:x@b>\n"
		"Call-ID: c\nCSeq: 1 INVITE\n\n",
		"SIP/2.0 200 OK\nVia: nonsense\n\n",
		"\n\n",
	};
	CHECK(core_and_script() == 0);
	for (unsigned i = 0; i < 6; i++)
		net_say(&net, 1, 0, silent[i]);
	net_request(&net, 1, 0, &(struct net_request){.method = "ACK", .to_tag = "x"});
	net_request(&net, 1, 0, &(struct net_request){.method = "ACK", .branch = "old"});
	net_run(&net, 100);
	CHECK(!last() && net_is_quiet(&net) && net_stats(&net, 0).rx == 8);
	CHECK(net_stats(&net, 0).rx_bad == 6 && net_stats(&net, 0).rx_dropped == 1); /* CRLF is a keep-alive */
out:
	net_free(&net);
}

TEST(bad_datagrams_are_kept_for_a_look_the_last_sixteen)
{
	struct sip_bad kept[SIP_BAD_KEPT + 1] = {0};
	char text[32];
	CHECK(core_and_script() == 0);
	CHECK(sip_core_bad(net.node[0].core, kept, SIP_BAD_KEPT) == 0);
	for (unsigned i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "nonsense %u\n\n", i);
		net_say(&net, 1, 0, text);
		net_run(&net, 20);
	}
	CHECK(net_stats(&net, 0).rx_bad == 20);
	CHECK(sip_core_bad(net.node[0].core, kept, SIP_BAD_KEPT + 1) == SIP_BAD_KEPT);
	CHECK(kept[0].n >= 10 && memcmp(kept[0].data, "nonsense 4", 10) == 0 && kept[0].why);
	CHECK(memcmp(kept[15].data, "nonsense 19", 11) == 0 && kept[15].size == kept[15].n);
	CHECK(kept[15].src.family == ADDR_V4 && kept[15].at > kept[0].at);
	CHECK(sip_core_bad(net.node[0].core, kept, 1) == 1 && memcmp(kept[0].data, "nonsense 19", 11) == 0);
out:
	net_free(&net);
}

TEST(endpoint_accepts_max_forwards_of_zero)
{
	CHECK(core_and_script() == 0); /* RFC 4475 3.3.11: only who would forward refuses */
	net_say(&net, 1, 0,
		"OPTIONS sip:x@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: "
		"<sip:x@b>\n"
		"Call-ID: c\nCSeq: 1 OPTIONS\nMax-Forwards: 0\nContent-Length: 0\n\n");
	net_run(&net, 20);
	CHECK(last_status() == 200);
out:
	net_free(&net);
}

TEST(same_request_over_another_path_is_482)
{
	CHECK(core_and_script() == 0);
	net_request(&net, 1, 0, &(struct net_request){.body = NET_SDP});
	net_run(&net, 20);
	net_request(&net, 1, 0, &(struct net_request){.body = NET_SDP, .branch = "z9hG4bKother"});
	net_run(&net, 20);
	CHECK(last_status() == 482 && net_event_count(&net, 0, SIP_EV_INCOMING) == 1);
out:
	net_free(&net);
}

/** A call of script 1, up. */
static int script_call(char tag[64])
{
	struct sip_local local = net_local(0);
	if (core_and_script() != 0)
		return -1;
	net_request(&net, 1, 0, &(struct net_request){.body = NET_SDP, .cseq = 10});
	net_run(&net, 20);
	const struct net_event *in = net_event(&net, 0, SIP_EV_INCOMING, 0);
	if (!in || sip_call_answer(net.node[0].core, in->e.call, &local, net.now) != 0)
		return -1;
	net_run(&net, 20);
	sscanf(net_header(net_sent(&net, 0, "200", 0), "To"), "%*[^;];tag=%63s", tag);
	net_request(&net, 1, 0,
		    &(struct net_request){.method = "ACK", .to_tag = tag, .branch = "z9hG4bKa", .cseq = 10});
	net_run(&net, 20);
	return 0;
}

TEST(requests_inside_a_dialog)
{
	char tag[64] = "";
	CHECK(script_call(tag) == 0);
	net_request(&net, 1, 0,
		    &(struct net_request){.method = "INFO", .to_tag = tag, .branch = "z9hG4bKi", .cseq = 11});
	net_run(&net, 20);
	CHECK(last_status() == 200);
	net_request(&net, 1, 0,
		    &(struct net_request){.method = "INFO", .to_tag = tag, .branch = "z9hG4bKi", .cseq = 11});
	net_run(&net, 20);
	CHECK(last_status() == 200); /* a repetition, not out of order */
	net_request(&net, 1, 0,
		    &(struct net_request){.method = "OPTIONS", .to_tag = tag, .branch = "z9hG4bKj", .cseq = 12});
	net_run(&net, 20);
	CHECK(last_status() == 200 && *net_header(last(), "Allow"));
	net_request(&net, 1, 0,
		    &(struct net_request){.method = "INFO", .to_tag = tag, .branch = "z9hG4bKk", .cseq = 5});
	net_run(&net, 20);
	CHECK(last_status() == 500); /* out of order (12.2.2) */
	net_request(&net, 1, 0,
		    &(struct net_request){
			    .method = "BYE", .to_tag = tag, .from_tag = "no", .branch = "z9hG4bKl", .cseq = 13});
	net_run(&net, 20);
	CHECK(last_status() == 481 && net.node[0].ended == 0);
	net_request(&net, 1, 0,
		    &(struct net_request){
			    .method = "BYE", .to_tag = tag, .call_id = "no", .branch = "z9hG4bKm", .cseq = 13});
	net_run(&net, 20);
	CHECK(last_status() == 481 && net.node[0].ended == 0);
	net_request(&net, 1, 0,
		    &(struct net_request){.method = "BYE",
					  .to_tag = tag,
					  .branch = "z9hG4bKn",
					  .cseq = 14,
					  .lines = "Reason: Q.850;cause=31\n"});
	net_run(&net, 20);
	CHECK(last_status() == 200 && net.node[0].ended == 1 && net_event(&net, 0, SIP_EV_ENDED, 0)->e.q850 == 31);
out:
	net_free(&net);
}

TEST(bye_of_an_unanswered_call_ends_it_with_487)
{
	char tag[64] = "";
	CHECK(core_and_script() == 0);
	net_request(&net, 1, 0, &(struct net_request){.body = NET_SDP});
	net_run(&net, 20);
	CHECK(sip_call_progress(net.node[0].core, net_event(&net, 0, SIP_EV_INCOMING, 0)->e.call, 180, NULL, net.now) ==
	      0);
	net_run(&net, 20);
	sscanf(net_header(last(), "To"), "%*[^;];tag=%63s", tag);
	net_request(&net, 1, 0, &(struct net_request){.method = "BYE", .to_tag = tag, .branch = "z9hG4bKb", .cseq = 2});
	net_run(&net, 20);
	CHECK(net_sent_count(&net, 0, "200") == 1 && net_sent_count(&net, 0, "487") == 1);
	const struct net_event *e = net_event(&net, 0, SIP_EV_ENDED, 0);
	CHECK(e && e->e.side == SIP_SIDE_REMOTE && e->e.status == 487);
out:
	net_free(&net);
}

/* ---------------------------------------------------------- where answers go */

TEST(answers_go_to_the_source_with_received_and_rport)
{
	CHECK(core_and_script() == 0);
	net_say(&net, 1, 0,
		"OPTIONS sip:x@10.0.0.1 SIP/2.0\nv: SIP / 2.0 / UDP 192.0.2.1:9 ;rport; branch=z9hG4bK1 "
		";received=1.2.3.4,\n"
		" SIP/2.0/UDP far.example;branch=z9hG4bKfar;received=9.9.9.9\nf: <sip:a@b>;tag=1\nt: <sip:x@b>\n"
		"i: c\nCSeq: 1 OPTIONS\nVia: SIP/2.0/TCP farther.example;branch=z9hG4bKff\nl: 0\n\n");
	net_run(&net, 20);
	CHECK(last_status() == 200 && last()->to == 1);
	const char *via = strstr(last()->text, "Via:");
	CHECK(strncmp(via,
		      "Via: SIP/2.0/UDP 192.0.2.1:9;branch=z9hG4bK1;received=10.0.0.2;rport=5060\r\n"
		      "Via: SIP/2.0/UDP far.example;branch=z9hG4bKfar;received=9.9.9.9\r\n"
		      "Via: SIP/2.0/TCP farther.example;branch=z9hG4bKff\r\n",
		      180) == 0);
out:
	net_free(&net);
}

TEST(answers_without_rport_go_to_the_port_of_the_via)
{
	struct sip_tx tx;
	static const char text[] = "OPTIONS sip:x@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
				   "192.0.2.1:5099;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
				   "To: <sip:x@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n";
	CHECK(core_and_script() == 0);
	struct net_addr src = {.family = ADDR_V4, .port = 31000, .ip = {198, 51, 100, 7}};
	CHECK(sip_core_recv(net.node[0].core, 0, &src, text, sizeof(text) - 1, net.now) == 0);
	CHECK(sip_core_drain_tx(net.node[0].core, &tx, 1) == 1);
	CHECK(tx.dst.port == 5099 && memcmp(tx.dst.ip, src.ip, 4) == 0);
out:
	net_free(&net);
}

/* -------------------------------------------------------------------- floods */

TEST(flood_of_new_calls_takes_no_memory_beyond_the_pools)
{
	char id[32], branch[40];
	CHECK(core_and_script() == 0);
	for (int i = 0; i < 3000; i++) {
		snprintf(id, sizeof(id), "flood-%d", i);
		snprintf(branch, sizeof(branch), "z9hG4bKflood%d", i);
		net_request(&net, 1, 0, &(struct net_request){.body = NET_SDP, .call_id = id, .branch = branch});
		net_run(&net, 10);
	}
	struct sip_stats s = net_stats(&net, 0);
	CHECK(s.calls == 8 && s.transactions == 8 && s.calls_refused == 2992 && s.calls_in == 8);
	CHECK(net.invalid == 0);
out:
	net_free(&net);
}

TEST(full_queues_drop_input_and_recover_after_the_drain)
{
	static const char text[] = "OPTIONS sip:x@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
				   "10.0.0.2;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
				   "To: <sip:x@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n";
	uint64_t call = 0;
	CHECK(core_and_script() == 0);
	struct sip_core *c = net.node[0].core;
	for (int i = 0; i < 20000; i++)
		CHECK(sip_core_recv(c, 0, &net.node[1].addr, text, sizeof(text) - 1, net.now) == 0);
	struct sip_stats s = net_stats(&net, 0);
	CHECK(s.rx == 20000 && s.rx_dropped > 0 && s.rx_dropped == s.no_buffers && s.tx + s.rx_dropped == s.rx);
	struct sip_call_opts o = net_call(&net, 0, 1);
	CHECK(sip_call_create(c, &o, net.now, &call) == -105);
	net_flush(&net);
	CHECK(sip_call_create(c, &o, net.now, &call) == 0);
	CHECK(net_stats(&net, 0).calls == 1);
out:
	net_free(&net);
}

TEST(full_transaction_pool_refuses_calls_and_still_ends_the_old)
{
	struct sip_core_opts few = {.max_calls = 8, .max_transactions = 2};
	struct sip_local local = net_local(0);
	char tag[64] = "";
	net_init(&net, 1);
	net_script(&net, 1);
	CHECK(net_core(&net, 0, &few, false) == 0);
	for (int i = 0; i < 3; i++) {
		static const char *const ids[] = {"a", "b", "c"}, *const branches[] = {"z9hG4bKa", "z9hG4bKb",
										       "z9hG4bKc"};
		net_request(&net, 1, 0,
			    &(struct net_request){.body = NET_SDP, .call_id = ids[i], .branch = branches[i]});
		net_run(&net, 20);
	}
	CHECK(last_status() == 503 && net_stats(&net, 0).calls == 2 && net_stats(&net, 0).no_buffers > 0);
	CHECK(sip_call_answer(net.node[0].core, net_event(&net, 0, SIP_EV_INCOMING, 0)->e.call, &local, net.now) == 0);
	net_run(&net, 20);
	sscanf(net_header(last(), "To"), "%*[^;];tag=%63s", tag);
	net_request(&net, 1, 0,
		    &(struct net_request){.method = "ACK", .call_id = "a", .to_tag = tag, .branch = "z9hG4bKx"});
	net_run(&net, 20);
	CHECK(sip_call_hangup(net.node[0].core, net_event(&net, 0, SIP_EV_INCOMING, 0)->e.call, 0, net.now) == 0);
	net_run(&net, 20); /* no transaction is left for the BYE: it goes out once */
	CHECK(net_sent_count(&net, 0, "BYE") == 1 && net_stats(&net, 0).calls == 1 && net.node[0].ended == 1);
out:
	net_free(&net);
}
