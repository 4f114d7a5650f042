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
