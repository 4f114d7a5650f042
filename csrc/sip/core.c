/** core.c  The core's life, its queues and its clock. */
#include "sip/core.h"

#include <errno.h>

#include "base/mem.h"
#include "dsp/codec.h"
#include "sip/call.h"
#include "sip/transaction.h"

enum { DEFAULT_CALLS = 16384, MAX_CALLS = 1 << 20 };

static void set_agent(struct sip_core *c, struct str s)
{
	struct build b;
	build_init(&b, c->agent, sizeof(c->agent));
	if (s.n) {
		build_str(&b, s);
	} else {
		build_lit(&b, "Switchroom/");
		build_lit(&b, switchroom_version());
	}
	c->nagent = (uint8_t)build_view(&b).n;
}

/** Secrets of their own for hashing and for random numbers, so that values seen outside tell nothing of the tables. */
static void set_secrets(struct sip_core *c, const uint64_t seed[2])
{
	for (unsigned i = 0; i < 2; i++) {
		c->key[i] = hash_random(seed, i);
		c->random_key[i] = hash_random(seed, 2 + i);
	}
}

static int init_memory(struct sip_core *c, uint32_t calls, uint32_t txns)
{
	int err = pool_init(&c->calls, calls, sizeof(struct sip_call));
	err = err ? err : pool_init(&c->txns, txns, sizeof(struct sip_txn));
	err = err ? err : hash_table_init(&c->call_by_tag, calls);
	err = err ? err : hash_table_init(&c->txn_by_key, txns);
	err = err ? err : hash_table_init(&c->txn_by_merge, txns);
	/* A call's texts take about 0.5 KiB and a kept message 1 KiB; room for four times that. */
	err = err ? err : slab_init(&c->slab, (size_t)calls * 4096 + (size_t)txns * 1024);
	return err ? err : outbox_init(&c->out, calls);
}

static bool agent_is_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

static bool codecs_ok(const struct sip_core_opts *o)
{
	bool ok = o->ncodecs <= sizeof(o->codecs);
	for (unsigned i = 0; ok && i < o->ncodecs; i++)
		ok = codec_info(o->codecs[i]) != NULL;
	return ok;
}

static void set_codecs(struct sip_core *c, const struct sip_core_opts *o)
{
	c->any_local = (struct sip_local){.codecs = {CODEC_PCMU, CODEC_PCMA},
					  .ncodecs = 2,
					  .te_pt = 101,
					  .dir = DIR_SENDRECV,
					  .srtp = SRTP_POLICY_OPTIONAL,
					  .rtcp_mux = true};
	if (o->ncodecs == 0)
		return;
	memcpy(c->any_local.codecs, o->codecs, sizeof(o->codecs));
	c->any_local.ncodecs = o->ncodecs;
}

int sip_core_init(struct sip_core **out, const struct sip_core_opts *o)
{
	uint32_t calls = o->max_calls ? o->max_calls : DEFAULT_CALLS;
	if (calls > MAX_CALLS || o->max_transactions > 8 * MAX_CALLS)
		return -EINVAL;
	if (!codecs_ok(o))
		return -EINVAL;
	uint32_t txns = o->max_transactions ? o->max_transactions : 4 * calls;
	if (o->user_agent.n > sizeof(((struct sip_core *)0)->agent) || !agent_is_text(o->user_agent))
		return -EINVAL;
	struct sip_core *c = mem_zalloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->t1_ms = o->t1_ms ? o->t1_ms : 500;
	c->t2_ms = o->t2_ms ? o->t2_ms : 4000;
	c->t4_ms = o->t4_ms ? o->t4_ms : 5000;
	c->retry_after_s = o->retry_after_s ? o->retry_after_s : 5;
	c->allow_options = o->allow_options;
	c->accepting = true;
	set_codecs(c, o);
	set_agent(c, o->user_agent);
	set_secrets(c, o->seed);
	int err = init_memory(c, calls, txns);
	if (err) {
		sip_core_free(c);
		return err;
	}
	*out = c;
	return 0;
}

void sip_core_free(struct sip_core *c)
{
	if (!c)
		return;
	outbox_free(&c->out);
	slab_close(&c->slab);
	hash_table_free(&c->txn_by_merge);
	hash_table_free(&c->txn_by_key);
	hash_table_free(&c->call_by_tag);
	pool_free(&c->txns);
	pool_free(&c->calls);
	mem_free(c);
}

int sip_core_flow(struct sip_core *c, uint32_t id, const struct net_addr *local, bool reliable)
{
	struct build b;
	if (id >= SIP_FLOWS || (local->family != ADDR_V4 && local->family != ADDR_V6))
		return -EINVAL;
	struct sip_flow *f = &c->flow[id];
	*f = (struct sip_flow){.open = true, .reliable = reliable, .local = *local};
	build_init(&b, f->via, sizeof(f->via));
	build_lit(&b, reliable ? "SIP/2.0/TCP " : "SIP/2.0/UDP ");
	build_addr(&b, local, true);
	build_lit(&b, reliable ? ";branch=z9hG4bK" : ";rport;branch=z9hG4bK");
	f->nvia = (uint8_t)b.n;
	build_init(&b, f->contact, sizeof(f->contact));
	build_lit(&b, "<sip:");
	build_addr(&b, local, true);
	build_lit(&b, reliable ? ";transport=tcp>" : ">");
	f->ncontact = (uint8_t)b.n;
	return 0;
}

void sip_core_accept_new(struct sip_core *c, bool on)
{
	c->accepting = on;
}

bool core_send(struct sip_core *c, uint32_t flow, const struct net_addr *dst, const struct build *b)
{
	struct str s = outbox_commit(&c->out, b);
	if (outbox_send(&c->out, flow, dst, s)) {
		c->stats.tx++;
		return true;
	}
	c->stats.no_buffers++;
	return false;
}

void core_resend(struct sip_core *c, uint32_t flow, const struct net_addr *dst, const char *p, size_t n)
{
	if (outbox_send(&c->out, flow, dst, outbox_copy(&c->out, (struct str){p, n})))
		c->stats.tx++;
	else
		c->stats.no_buffers++;
}

char *core_keep(struct sip_core *c, struct str s)
{
	char *p = slab_alloc(&c->slab, s.n);
	if (p)
		memcpy(p, s.p, s.n);
	else
		c->stats.no_buffers++;
	return p;
}

int core_enter(struct sip_core *c, uint64_t now, size_t n)
{
	if (now > c->now)
		c->now = now;
	outbox_recycle(&c->out);
	return outbox_has_room(&c->out, n, c->calls_open) ? 0 : -ENOBUFS;
}

uint64_t sip_core_next(const struct sip_core *c)
{
	return wheel_next(&c->wheel);
}

void sip_core_tick(struct sip_core *c, uint64_t now)
{
	struct wheel_timer *w;
	/* When the queues are full the rest stays due: sip_core_next() still says so after the drain. */
	while (core_enter(c, now, 0) == 0 && (w = wheel_pop(&c->wheel, c->now)) != NULL) {
		if (w->owner == TIMER_TXN)
			txn_timer(c, (struct sip_txn *)(void *)((char *)w - offsetof(struct sip_txn, timer)));
		else
			call_timer(c, (struct sip_call *)(void *)((char *)w - offsetof(struct sip_call, timer)));
	}
}

size_t sip_core_drain_tx(struct sip_core *c, struct sip_tx *out, size_t max)
{
	struct outbox *o = &c->out;
	size_t n = o->tx_n - o->tx_head;
	n = n < max ? n : max;
	memcpy(out, o->tx + o->tx_head, n * sizeof(*out));
	o->tx_head += (uint32_t)n;
	return n;
}

size_t sip_core_drain_events(struct sip_core *c, struct sip_event *out, size_t max)
{
	struct outbox *o = &c->out;
	size_t n = o->event_n - o->event_head;
	n = n < max ? n : max;
	memcpy(out, o->event + o->event_head, n * sizeof(*out));
	o->event_head += (uint32_t)n;
	return n;
}

void sip_core_stats(const struct sip_core *c, struct sip_stats *out)
{
	*out = c->stats;
	out->calls = c->calls.used;
	out->transactions = c->txns.used;
}

size_t sip_core_bad(const struct sip_core *c, struct sip_bad *out, size_t max)
{
	uint64_t all = c->stats.rx_bad, first = all < SIP_BAD_KEPT ? 0 : all - SIP_BAD_KEPT;
	if (all - first > max)
		first = all - max;
	for (uint64_t i = first; i < all; i++)
		*out++ = c->bad[i % SIP_BAD_KEPT];
	return (size_t)(all - first);
}
