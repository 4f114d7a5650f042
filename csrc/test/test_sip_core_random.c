/** test_sip_core_random.c  Thousands of calls over a bad network, from seeds. Whatever is lost, doubled or late:
 *  every call gets exactly one ENDED on each side that knew of it, nothing invalid goes on the wire, and when time
 *  has passed nothing is left. */
#include "test/test.h"

#include "base/mem.h"
#include "test/sip_net.h"

enum { CALLS = 400, MAX_CALLS = 64 };

struct known_call {
	uint64_t handle;
	int ended;
	bool up, modifying;
};

struct side_log {
	unsigned n;
	struct known_call call[2 * CALLS + 8];
};

static struct net net;
static struct side_log side[2];
static unsigned wrong;

static struct known_call *find(int node, uint64_t handle)
{
	for (unsigned i = side[node].n; i-- > 0;)
		if (side[node].call[i].handle == handle)
			return &side[node].call[i];
	return NULL;
}

static void know(int node, uint64_t handle)
{
	if (find(node, handle))
		wrong++;
	else
		side[node].call[side[node].n++] = (struct known_call){.handle = handle};
}

static void decide(struct net *n, int node, uint64_t call)
{
	struct sip_core *c = n->node[node].core;
	struct sip_local local = net_local(node);
	switch (net_rand(n) % 8) {
	case 0:
		sip_call_reject(c, call, 486, STR_NONE, n->now);
		break;
	case 1:
		sip_call_progress(c, call, 180, NULL, n->now);
		break; /* rings for ever */
	case 2:
		break; /* nobody looks */
	case 3:
		sip_call_progress(c, call, 183, &local, n->now);
		sip_call_answer(c, call, &local, n->now);
		break;
	case 4:
		sip_call_answer(c, call, &local, n->now);
		sip_call_hangup(c, call, 0, n->now);
		break;
	default:
		sip_call_progress(c, call, 180, NULL, n->now);
		sip_call_answer(c, call, &local, n->now);
		break;
	}
}

static void on_event(struct net *n, int node, const struct sip_event *e)
{
	if (e->kind == SIP_EV_INCOMING)
		know(node, e->call);
	struct known_call *k = find(node, e->call);
	if (!k || k->ended) { /* nothing comes after ENDED */
		wrong++;
		return;
	}
	switch (e->kind) {
	case SIP_EV_INCOMING:
		decide(n, node, e->call);
		break;
	case SIP_EV_ANSWERED:
	case SIP_EV_CONFIRMED:
		wrong += k->up;
		k->up = true;
		break;
	case SIP_EV_MODIFIED:
		wrong += !k->modifying;
		k->modifying = false;
		break;
	case SIP_EV_ENDED:
		wrong += k->modifying;
		k->ended++;
		break;
	default:
		break;
	}
}

static void dial(struct net *n, int node)
{
	uint64_t call;
	struct sip_call_opts o = net_call(n, node, !node);
	o.ring_ms = 1000 + (uint32_t)(net_rand(n) % 40000);
	if (sip_call_create(n->node[node].core, &o, n->now, &call) == 0)
		know(node, call);
}

/** Something happens to some call of a side. */
static void meddle(struct net *n, int node)
{
	if (!side[node].n)
		return;
	struct known_call *k = &side[node].call[net_rand(n) % side[node].n];
	struct sip_core *c = n->node[node].core;
	struct sip_local local = net_local(node);
	switch (net_rand(n) % 4) {
	case 0:
		local.dir = net_rand(n) % 2 ? DIR_SEND : DIR_SENDRECV;
		local.rtp.port = (uint16_t)(30000 + net_rand(n) % 100);
		if (sip_call_modify(c, k->handle, &local, n->now) == 0)
			k->modifying = true;
		break;
	case 1:
		sip_call_answer(c, k->handle, &local, n->now);
		break;
	case 2:
		if (k->ended && sip_call_hangup(c, k->handle, 0, n->now) != -2)
			wrong++;
		break;
	default:
		sip_call_hangup(c, k->handle, (unsigned)(net_rand(n) % 3 * 16), n->now);
		break;
	}
}

static unsigned not_ended(int node)
{
	unsigned k = 0;
	for (unsigned i = 0; i < side[node].n; i++)
		k += side[node].call[i].ended != 1;
	return k;
}

static int setup(uint64_t seed, unsigned loss, unsigned dup, uint32_t jitter)
{
	struct sip_core_opts o = {.max_calls = MAX_CALLS, .max_transactions = 1024, .allow_options = true};
	net_init(&net, seed);
	memset(side, 0, sizeof(side));
	wrong = 0;
	net.loss_pct = loss;
	net.dup_pct = dup;
	net.jitter_ms = jitter;
	net.node[0].on_event = net.node[1].on_event = on_event;
	int err = net_core(&net, 0, &o, false);
	return err ? err : net_core(&net, 1, &o, false);
}

/** Ends by itself: every call has a ring time, and those that are up are hung up. */
static void run(void)
{
	for (int i = 0; i < CALLS; i++) {
		dial(&net, (int)(net_rand(&net) % 2));
		net_run(&net, net_rand(&net) % 1000);
		meddle(&net, (int)(net_rand(&net) % 2));
	}
	for (int node = 0; node < 2; node++)
		for (unsigned i = 0; i < side[node].n; i++)
			sip_call_hangup(net.node[node].core, side[node].call[i].handle, 16, net.now);
	net_run(&net, 200000);
	for (unsigned i = 0; i < side[1].n; i++) /* those that were still on their way */
		sip_call_hangup(net.node[1].core, side[1].call[i].handle, 16, net.now);
	for (unsigned i = 0; i < side[0].n; i++)
		sip_call_hangup(net.node[0].core, side[0].call[i].handle, 16, net.now);
	net_run(&net, 200000);
}

static unsigned came_up(int node)
{
	unsigned k = 0;
	for (unsigned i = 0; i < side[node].n; i++)
		k += side[node].call[i].up;
	return k;
}

static bool holds(uint64_t seed, unsigned loss, unsigned dup, uint32_t jitter)
{
	bool good = false;
	if (setup(seed, loss, dup, jitter) != 0)
		goto out;
	run();
	good = wrong == 0 && not_ended(0) == 0 && not_ended(1) == 0 && net_is_quiet(&net) && came_up(0) > CALLS / 10;
	if (!good && !test_oom_mode())
		printf("  seed %llu loss %u: wrong %u, not ended %u and %u, calls %u %u, transactions %u %u, invalid "
		       "%u\n",
		       (unsigned long long)seed, loss, wrong, not_ended(0), not_ended(1), net_stats(&net, 0).calls,
		       net_stats(&net, 1).calls, net_stats(&net, 0).transactions, net_stats(&net, 1).transactions,
		       net.invalid);
out:
	net_free(&net);
	return good;
}

/** Memory is taken only when a core is made: one seed tells all that the oom mode can. */
static uint64_t seeds(uint64_t n)
{
	return test_oom_mode() ? 1 : n;
}

TEST(random_calls_end_once_without_loss)
{
	for (uint64_t seed = 1; seed <= seeds(20); seed++)
		REQUIRE(holds(seed, 0, 0, 0));
}

TEST(random_calls_end_once_with_reordering_and_duplicates)
{
	for (uint64_t seed = 1; seed <= seeds(30); seed++)
		REQUIRE(holds(seed, 0, 20, 900));
}

TEST(random_calls_end_once_with_loss)
{
	for (uint64_t seed = 1; seed <= seeds(30); seed++)
		REQUIRE(holds(seed, (unsigned)seed * 2, 5, 300));
}
