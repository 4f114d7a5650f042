/** test_sip_core_call.c  Calls up and down between two cores. */
#include "test/test.h"

#include "test/sip_net.h"

static struct net net;

static void answer_all(struct net *n, int node, const struct sip_event *e)
{
	struct sip_local local = net_local(node);
	if (e->kind != SIP_EV_INCOMING)
		return;
	sip_call_progress(n->node[node].core, e->call, 180, NULL, n->now);
	sip_call_answer(n->node[node].core, e->call, &local, n->now);
}

/** Two cores; the second answers every call. */
static int two_cores(void)
{
	net_init(&net, 1);
	int err = net_core(&net, 0, NULL, false);
	err = err ? err : net_core(&net, 1, NULL, false);
	net.node[1].on_event = answer_all;
	return err;
}

static int dial(uint64_t *call)
{
	struct sip_call_opts o = net_call(&net, 0, 1);
	return sip_call_create(net.node[0].core, &o, net.now, call);
}

TEST(call_is_set_up_and_the_caller_hangs_up)
{
	uint64_t call = 0;
	CHECK(two_cores() == 0 && dial(&call) == 0);
	net_run(&net, 100);
	const struct net_event *in = net_event(&net, 1, SIP_EV_INCOMING, 0);
	CHECK(in && in->e.media.codec == CODEC_PCMU && in->e.media.rtp.port == 20000 && in->e.media.te_pt == 101);
	CHECK(str_eq(str_of(in->ruri_user), STR("echo")) && str_eq(str_of(in->from_user), STR("shop")));
	CHECK(net_event_count(&net, 0, SIP_EV_PROGRESS) == 1);
	const struct net_event *up = net_event(&net, 0, SIP_EV_ANSWERED, 0);
	CHECK(up && up->e.call == call && up->e.tag == 7 && up->e.media.rtp.port == 20002);
	CHECK(net_event_count(&net, 1, SIP_EV_CONFIRMED) == 1);
	CHECK(sip_call_hangup(net.node[0].core, call, 16, net.now) == 0);
	net_run(&net, 100);
	const struct net_event *a = net_event(&net, 0, SIP_EV_ENDED, 0), *b = net_event(&net, 1, SIP_EV_ENDED, 0);
	CHECK(a && a->e.side == SIP_SIDE_LOCAL && a->e.status == 0 && a->e.q850 == 16);
	CHECK(b && b->e.side == SIP_SIDE_REMOTE && b->e.status == 0 && b->e.q850 == 16);
	CHECK(net_stats(&net, 0).calls == 0 && net_stats(&net, 1).calls == 0);
	net_run(&net, 40000);
	CHECK(net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(call_is_hung_up_by_the_callee)
{
	uint64_t call = 0;
	CHECK(two_cores() == 0 && dial(&call) == 0);
	net_run(&net, 100);
	const struct net_event *in = net_event(&net, 1, SIP_EV_INCOMING, 0);
	CHECK(in && sip_call_hangup(net.node[1].core, in->e.call, 0, net.now) == 0);
	CHECK(sip_call_hangup(net.node[1].core, in->e.call, 0, net.now) == -2);
	net_run(&net, 40000);
	const struct net_event *a = net_event(&net, 0, SIP_EV_ENDED, 0);
	CHECK(a && a->e.side == SIP_SIDE_REMOTE && a->e.status == 0);
	CHECK(net_is_quiet(&net));
out:
	net_free(&net);
}

/* ------------------------------------------------------- calls that never come up */

static void take_nothing(struct net *n, int node, const struct sip_event *e)
{
	(void)n, (void)node, (void)e;
}

static void ring_only(struct net *n, int node, const struct sip_event *e)
{
	if (e->kind == SIP_EV_INCOMING)
		sip_call_progress(n->node[node].core, e->call, 180, NULL, n->now);
}

static void busy(struct net *n, int node, const struct sip_event *e)
{
	if (e->kind == SIP_EV_INCOMING)
		sip_call_reject(n->node[node].core, e->call, 486, STR("X-Why: lunch\r\n"), n->now);
}

static const struct net_event *ended(int node)
{
	return net_event(&net, node, SIP_EV_ENDED, 0);
}

TEST(rejected_call_ends_with_its_status_on_both_sides)
{
	uint64_t call = 0;
	CHECK(two_cores() == 0);
	net.node[1].on_event = busy;
	CHECK(dial(&call) == 0);
	net_run(&net, 100);
	CHECK(ended(0) && ended(0)->e.side == SIP_SIDE_REMOTE && ended(0)->e.status == 486 && ended(0)->e.q850 == 17);
	CHECK(ended(1) && ended(1)->e.side == SIP_SIDE_LOCAL && ended(1)->e.status == 486);
	const struct net_wire *w = net_sent(&net, 1, "486", 0), *ack = net_sent(&net, 0, "ACK", 0);
	CHECK(w && strcmp(net_header(w, "X-Why"), "lunch") == 0);
	/* 17.1.1.3: To with the response's tag, the INVITE's branch and CSeq number */
	CHECK(ack && strcmp(net_header(ack, "To"), net_header(w, "To")) == 0 && ack->cseq == 1);
	CHECK(strcmp(net_header(ack, "Via"), net_header(net_sent(&net, 0, "INVITE", 0), "Via")) == 0);
	net_run(&net, 40000);
	CHECK(net_is_quiet(&net) && net_sent_count(&net, 1, "486") == 1 && net.node[0].ended == 1);
out:
	net_free(&net);
}

TEST(cancel_after_ringing_gives_487_and_no_bye)
{
	uint64_t call = 0;
	CHECK(two_cores() == 0);
	net.node[1].on_event = ring_only;
	CHECK(dial(&call) == 0);
	net_run(&net, 100);
	CHECK(sip_call_hangup(net.node[0].core, call, 31, net.now) == 0);
	net_run(&net, 1000);
	CHECK(ended(0) && ended(0)->e.side == SIP_SIDE_LOCAL && ended(0)->e.status == 487);
	CHECK(ended(1) && ended(1)->e.side == SIP_SIDE_REMOTE && ended(1)->e.status == 487 && ended(1)->e.q850 == 31);
	const struct net_wire *cancel = net_sent(&net, 0, "CANCEL", 0), *inv = net_sent(&net, 0, "INVITE", 0);
	CHECK(cancel && strcmp(net_header(cancel, "Via"), net_header(inv, "Via")) == 0);
	CHECK(cancel->cseq == inv->cseq && strcmp(net_header(cancel, "To"), net_header(inv, "To")) == 0);
	CHECK(net_sent_count(&net, 0, "BYE") == 0 && net_sent_count(&net, 0, "ACK") == 1);
	net_run(&net, 40000);
	CHECK(net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(cancel_waits_for_the_first_provisional)
{
	uint64_t call = 0;
	CHECK(two_cores() == 0);
	net.node[1].on_event = take_nothing;
	CHECK(dial(&call) == 0);
	net_run(&net, 50);
	CHECK(sip_call_hangup(net.node[0].core, call, 0, net.now) == 0);
	CHECK(sip_call_hangup(net.node[0].core, call, 0, net.now) == -2);
	net_run(&net, 100);
	CHECK(net_sent_count(&net, 0, "CANCEL") == 0);
	net_run(&net, 200); /* 100 goes out after 200 ms */
	CHECK(net_sent_count(&net, 1, "100") == 1 && net_sent_count(&net, 0, "CANCEL") == 1);
	CHECK(net_event_count(&net, 0, SIP_EV_PROGRESS) == 0);
	net_run(&net, 40000);
	CHECK(net_is_quiet(&net) && net.node[0].ended == 1 && net.node[1].ended == 1);
out:
	net_free(&net);
}

TEST(answer_that_crosses_the_cancel_is_acknowledged_and_hung_up)
{
	uint64_t call = 0;
	CHECK(two_cores() == 0);
	net.node[1].on_event = ring_only;
	CHECK(dial(&call) == 0);
	net_run(&net, 100);
	struct sip_local local = net_local(1);
	CHECK(sip_call_answer(net.node[1].core, net_event(&net, 1, SIP_EV_INCOMING, 0)->e.call, &local, net.now) == 0);
	CHECK(sip_call_hangup(net.node[0].core, call, 0, net.now) == 0);
	net_run(&net, 1000);
	CHECK(net_sent_count(&net, 0, "ACK") == 1 && net_sent_count(&net, 0, "BYE") == 1);
	CHECK(net_event_count(&net, 0, SIP_EV_ANSWERED) == 0 && ended(0)->e.status == 487);
	CHECK(net_event_count(&net, 1, SIP_EV_CONFIRMED) == 1 && ended(1)->e.side == SIP_SIDE_REMOTE);
	net_run(&net, 40000);
	CHECK(net_is_quiet(&net) && net.node[0].ended == 1 && net.node[1].ended == 1);
out:
	net_free(&net);
}

TEST(unanswered_call_ends_with_its_ring_time)
{
	uint64_t call = 0;
	CHECK(two_cores() == 0);
	net.node[1].on_event = ring_only;
	struct sip_call_opts o = net_call(&net, 0, 1);
	o.ring_ms = 3000;
	uint64_t start = net.now;
	CHECK(sip_call_create(net.node[0].core, &o, net.now, &call) == 0);
	net_run(&net, 10000);
	CHECK(ended(0) && ended(0)->e.side == SIP_SIDE_TIMEOUT && ended(0)->e.status == 408);
	CHECK(ended(0)->e.at - start == (uint64_t)3000 * MS);
	CHECK(ended(1) && ended(1)->e.status == 487);
	net_run(&net, 40000);
	CHECK(net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(callee_that_hangs_up_while_ringing_says_480)
{
	uint64_t call = 0;
	CHECK(two_cores() == 0);
	net.node[1].on_event = ring_only;
	CHECK(dial(&call) == 0);
	net_run(&net, 100);
	CHECK(sip_call_hangup(net.node[1].core, net_event(&net, 1, SIP_EV_INCOMING, 0)->e.call, 20, net.now) == 0);
	net_run(&net, 100);
	CHECK(ended(0) && ended(0)->e.status == 480 && ended(0)->e.q850 == 20);
	CHECK(ended(1) && ended(1)->e.status == 480 && ended(1)->e.side == SIP_SIDE_LOCAL);
	net_run(&net, 40000);
	CHECK(net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(hangup_before_the_ack_waits_with_its_bye)
{
	uint64_t call = 0;
	CHECK(two_cores() == 0);
	net.delay_ms = 50;
	CHECK(dial(&call) == 0);
	net_run(&net, 60);
	const struct net_event *in = net_event(&net, 1, SIP_EV_INCOMING, 0);
	CHECK(in && sip_call_hangup(net.node[1].core, in->e.call, 0, net.now) == 0);
	net_run(&net, 60);
	CHECK(net_sent_count(&net, 1, "BYE") == 0 && net.node[1].ended == 1);
	net_run(&net, 200);
	CHECK(net_sent_count(&net, 1, "BYE") == 1 && net_event_count(&net, 0, SIP_EV_ANSWERED) == 1);
	CHECK(ended(0) && ended(0)->e.side == SIP_SIDE_REMOTE && ended(0)->e.status == 0);
	net_run(&net, 40000);
	CHECK(net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(both_may_hang_up_at_once)
{
	uint64_t call = 0;
	CHECK(two_cores() == 0 && dial(&call) == 0);
	net_run(&net, 100);
	CHECK(sip_call_hangup(net.node[0].core, call, 0, net.now) == 0);
	CHECK(sip_call_hangup(net.node[1].core, net_event(&net, 1, SIP_EV_INCOMING, 0)->e.call, 0, net.now) == 0);
	net_run(&net, 40000);
	CHECK(net.node[0].ended == 1 && net.node[1].ended == 1 && net_is_quiet(&net));
	CHECK(net_sent_count(&net, 0, "BYE") == 1 && net_sent_count(&net, 1, "BYE") == 1);
out:
	net_free(&net);
}

/* ---------------------------------------------------------------- early media, SDP */

static void early_media(struct net *n, int node, const struct sip_event *e)
{
	struct sip_local local = net_local(node);
	if (e->kind == SIP_EV_INCOMING)
		sip_call_progress(n->node[node].core, e->call, 183, &local, n->now);
}

static long o_version(const struct net_wire *w)
{
	unsigned long id, version;
	const char *o = w ? strstr(w->text, "o=") : NULL;
	return o && sscanf(o, "o=%*s %lu %lu", &id, &version) == 2 ? (long)version : -1;
}

TEST(early_media_is_progress_with_media_and_the_same_sdp_in_the_200)
{
	uint64_t call = 0;
	CHECK(two_cores() == 0);
	net.node[1].on_event = early_media;
	CHECK(dial(&call) == 0);
	net_run(&net, 100);
	const struct net_event *p = net_event(&net, 0, SIP_EV_PROGRESS, 0);
	CHECK(p && p->e.status == 183 && p->e.media.rtp.port == 20002 && p->e.media.codec == CODEC_PCMU);
	struct sip_local local = net_local(1);
	CHECK(sip_call_answer(net.node[1].core, net_event(&net, 1, SIP_EV_INCOMING, 0)->e.call, &local, net.now) == 0);
	net_run(&net, 100);
	CHECK(net_event_count(&net, 0, SIP_EV_ANSWERED) == 1);
	CHECK(o_version(net_sent(&net, 1, "183", 0)) == 1 && o_version(net_sent(&net, 1, "200", 0)) == 1);
out:
	net_free(&net);
}

TEST(answer_follows_the_offerers_codec_order)
{
	uint64_t call = 0;
	CHECK(two_cores() == 0);
	struct sip_call_opts o = net_call(&net, 0, 1);
	o.local.codecs[0] = CODEC_PCMA;
	o.local.codecs[1] = CODEC_PCMU;
	CHECK(sip_call_create(net.node[0].core, &o, net.now, &call) == 0);
	net_run(&net, 100);
	const struct net_event *up = net_event(&net, 0, SIP_EV_ANSWERED, 0);
	CHECK(up && up->e.media.codec == CODEC_PCMA);
	CHECK(net_event(&net, 1, SIP_EV_INCOMING, 0)->e.media.codec == CODEC_PCMA);
out:
	net_free(&net);
}

/* ------------------------------------------------------------- arguments, limits */

TEST(stale_and_foreign_handles_are_enoent)
{
	uint64_t call = 0;
	struct sip_local local = net_local(0);
	CHECK(two_cores() == 0 && dial(&call) == 0);
	struct sip_core *c = net.node[0].core;
	CHECK(sip_call_answer(c, call, &local, net.now) == -71 &&
	      sip_call_reject(c, call, 486, STR_NONE, net.now) == -71);
	CHECK(sip_call_progress(c, call, 180, NULL, net.now) == -71 &&
	      sip_call_modify(c, call, &local, net.now) == -71);
	net_run(&net, 100);
	CHECK(sip_call_tag(c, call, 9) == 0);
	CHECK(sip_call_hangup(c, call, 0, net.now) == 0);
	net_run(&net, 40000);
	CHECK(ended(0)->e.tag == 9);
	uint64_t bad[] = {call, 0, UINT64_MAX, call + 1, call + ((uint64_t)1 << 32)};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CHECK(sip_call_hangup(c, bad[i], 0, net.now) == -2 && sip_call_tag(c, bad[i], 1) == -2);
		CHECK(sip_call_answer(c, bad[i], &local, net.now) == -2);
		CHECK(sip_call_modify(c, bad[i], &local, net.now) == -2);
		CHECK(sip_call_progress(c, bad[i], 180, NULL, net.now) == -2);
		CHECK(sip_call_reject(c, bad[i], 486, STR_NONE, net.now) == -2);
	}
out:
	net_free(&net);
}

TEST(create_refuses_arguments_that_would_break_the_message)
{
	uint64_t call = 0;
	CHECK(two_cores() == 0);
	struct sip_core *c = net.node[0].core;
	struct sip_call_opts good = net_call(&net, 0, 1), o;
#define REFUSED(field, value)                                                                                          \
	o = good;                                                                                                      \
	o.field = value;                                                                                               \
	CHECK(sip_call_create(c, &o, net.now, &call) == -22)
	REFUSED(ruri, STR("sip:a@b\r\nX: y"));
	REFUSED(ruri, STR("tel:+4930"));
	REFUSED(ruri, STR("sip:a b@c"));
	REFUSED(ruri, STR_NONE);
	REFUSED(from, STR_NONE);
	REFUSED(from, STR("<sip:a@b>;tag=1"));
	REFUSED(from, STR("\"x\r\ny\" <sip:a@b>"));
	REFUSED(to, STR("<sip:a@b"));
	REFUSED(route, STR("<sip:a@b>\r\n"));
	REFUSED(username, STR("a\nb"));
	REFUSED(headers, STR("X-One: 1"));
	REFUSED(headers, STR("X-One: 1\r\n\r\n"));
	REFUSED(headers, STR("X One\r\n"));
	REFUSED(headers, STR("Via: SIP/2.0/UDP h\r\n"));
	REFUSED(headers, STR("l: 0\r\n"));
	REFUSED(flow, 1);
	REFUSED(flow, 64);
	REFUSED(dst.family, ADDR_NONE);
	REFUSED(local.ncodecs, 0);
	REFUSED(local.codecs[1], 3);
	REFUSED(local.rtp.family, ADDR_NONE);
	CHECK(net_stats(&net, 0).calls == 0);
	o = good;
	o.headers = STR("X-One: 1\r\nX-Two: 2\r\n");
	o.to = STR("sip:b@c;user=phone");
	o.from = STR("sip:anonymous@anonymous.invalid");
	CHECK(sip_call_create(c, &o, net.now, &call) == 0);
	net_run(&net, 10);
	const struct net_event *in = net_event(&net, 1, SIP_EV_INCOMING, 0);
	CHECK(in && strstr(in->headers, "X-One: 1\r\nX-Two: 2\r\n") &&
	      strstr(in->headers, "To: <sip:b@c;user=phone>\r\n"));
out:
	net_free(&net);
}

TEST(calls_beyond_max_calls_get_503_with_retry_after)
{
	uint64_t call = 0;
	struct sip_core_opts big = {.max_calls = 16, .allow_options = true};
	net_init(&net, 1);
	CHECK(net_core(&net, 0, &big, false) == 0 && net_core(&net, 1, NULL, false) == 0);
	net.node[1].on_event = answer_all;
	for (int i = 0; i < 9; i++)
		CHECK(dial(&call) == 0);
	net_run(&net, 200);
	CHECK(net_event_count(&net, 0, SIP_EV_ANSWERED) == 8 && net_sent_count(&net, 1, "503") == 1);
	CHECK(strcmp(net_header(net_sent(&net, 1, "503", 0), "Retry-After"), "5") == 0);
	CHECK(ended(0) && ended(0)->e.status == 503 && net_stats(&net, 1).calls_refused == 1);
	for (int i = 9; i < 17; i++)
		CHECK(dial(&call) == 0);
	CHECK(dial(&call) == -105); /* our own pool: 8 are up, 8 are being set up */
out:
	net_free(&net);
}

TEST(draining_refuses_new_calls_and_keeps_the_old)
{
	uint64_t call = 0, late = 0;
	CHECK(two_cores() == 0 && dial(&call) == 0);
	net_run(&net, 100);
	sip_core_accept_new(net.node[1].core, false);
	CHECK(dial(&late) == 0);
	CHECK(sip_options_send(net.node[0].core, 0, &net.node[1].addr, STR("sip:10.0.0.2"), 77, net.now) == 0);
	net_run(&net, 100);
	CHECK(ended(0) && ended(0)->e.call == late && ended(0)->e.status == 503);
	const struct net_event *o = net_event(&net, 0, SIP_EV_OPTIONS, 0);
	CHECK(o && o->e.status == 503 && o->e.tag == 77 && o->e.call == 0);
	CHECK(sip_call_hangup(net.node[0].core, call, 0, net.now) == 0);
	net_run(&net, 40000);
	CHECK(net.node[1].ended == 1 && net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(options_is_answered_with_what_we_can_do)
{
	CHECK(two_cores() == 0);
	CHECK(sip_options_send(net.node[0].core, 0, &net.node[1].addr, STR("sip:10.0.0.2"), 5, net.now) == 0);
	net_run(&net, 100);
	const struct net_event *o = net_event(&net, 0, SIP_EV_OPTIONS, 0);
	CHECK(o && o->e.status == 200 && o->e.tag == 5);
	const struct net_wire *w = net_sent(&net, 1, "200", 0);
	CHECK(w && strstr(net_header(w, "Allow"), "INVITE") && strcmp(net_header(w, "Accept"), "application/sdp") == 0);
	CHECK(strstr(w->text, "\r\nSupported:"));
	net.node[1].addr.ip[3] = 99; /* nobody is there */
	CHECK(sip_options_send(net.node[0].core, 0, &net.node[1].addr, STR("sip:10.0.0.2"), 6, net.now) == 0);
	net.node[1].addr.ip[3] = 2;
	net.loss_pct = 100;
	net_run(&net, 40000);
	o = net_event(&net, 0, SIP_EV_OPTIONS, 1);
	CHECK(o && o->e.status == 408 && o->e.tag == 6 && net_is_quiet(&net));
out:
	net_free(&net);
}

TEST(two_cores_in_one_process_do_not_share_anything)
{
	uint64_t a = 0, b = 0;
	CHECK(two_cores() == 0 && net_core(&net, 2, NULL, false) == 0);
	struct sip_call_opts o = net_call(&net, 2, 1);
	CHECK(dial(&a) == 0 && sip_call_create(net.node[2].core, &o, net.now, &b) == 0);
	net_run(&net, 100);
	CHECK(net_event_count(&net, 0, SIP_EV_ANSWERED) == 1 && net_event_count(&net, 2, SIP_EV_ANSWERED) == 1);
	CHECK(sip_call_hangup(net.node[0].core, a, 0, net.now) == 0);
	net_run(&net, 100);
	CHECK(net.node[0].ended == 1 && net.node[2].ended == 0 && net.node[1].ended == 1);
out:
	net_free(&net);
}

TEST(views_stay_valid_until_both_queues_are_drained)
{
	struct sip_tx tx[4];
	struct sip_event ev;
	CHECK(two_cores() == 0);
	net.node[1].on_event = NULL;
	struct sip_core *a = net.node[0].core, *b = net.node[1].core;
	char first[1500];
	uint64_t call = 0;
	for (int i = 0; i < 3; i++)
		CHECK(dial(&call) == 0);
	CHECK(sip_core_drain_tx(a, tx, 4) == 3);
	for (int i = 0; i < 3; i++) /* a batch is fed, then drained once */
		CHECK(sip_core_recv(b, 0, &net.node[0].addr, tx[i].data, tx[i].n, net.now) == 0);
	CHECK(sip_core_drain_events(b, &ev, 1) == 1 && ev.kind == SIP_EV_INCOMING && ev.headers.n < sizeof(first));
	memcpy(first, ev.headers.p, ev.headers.n);
	sip_core_tick(b, net.now + (uint64_t)300 * MS); /* 100 for all, events still wait */
	CHECK(memcmp(first, ev.headers.p, ev.headers.n) == 0);
	struct sip_event rest[4];
	CHECK(sip_core_drain_events(b, rest, 4) == 2);
	CHECK(memcmp(first, ev.headers.p, ev.headers.n) == 0);
out:
	net_free(&net);
}
