/** transaction.c  What the four machines share: life, timer. The machines are in client.c and server.c. */
#include "sip/transaction_machine.h"

struct sip_txn *txn_new(struct sip_core *c, enum sip_txn_kind kind, uint32_t flow)
{
	struct sip_txn *t = pool_take(&c->txns);
	if (!t) {
		c->stats.no_buffers++;
		return NULL;
	}
	t->kind = (uint8_t)kind;
	t->flow = (uint8_t)flow;
	t->reliable = c->flow[flow].reliable;
	t->retransmit_at = t->deadline = SIP_NEVER;
	t->timer.owner = TIMER_TXN;
	return t;
}

void txn_drop_buffers(struct sip_core *c, struct sip_txn *t)
{
	slab_free(&c->slab, t->msg);
	slab_free(&c->slab, t->base);
	t->msg = t->base = NULL;
	t->nmsg = t->nbase = 0;
}

void txn_free(struct sip_core *c, struct sip_txn *t)
{
	wheel_clear(&c->wheel, &t->timer);
	hash_remove(&c->txn_by_key, &t->node);
	if (t->tagless)
		hash_remove(&c->txn_by_merge, &t->merge);
	txn_drop_buffers(c, t);
	pool_give(&c->txns, t);
}

void txn_arm(struct sip_core *c, struct sip_txn *t)
{
	uint64_t at = t->retransmit_at < t->deadline ? t->retransmit_at : t->deadline;
	if (at == SIP_NEVER)
		wheel_clear(&c->wheel, &t->timer);
	else
		wheel_set(&c->wheel, &t->timer, at, c->now);
}

void txn_keep(struct sip_core *c, struct sip_txn *t, struct str s)
{
	slab_free(&c->slab, t->msg);
	t->msg = core_keep(c, s);
	t->nmsg = t->msg ? (uint32_t)s.n : 0;
}

void txn_send_kept(struct sip_core *c, const struct sip_txn *t)
{
	if (t->msg)
		core_resend(c, t->flow, &t->dst, t->msg, t->nmsg);
}

void txn_linger(struct sip_core *c, struct sip_txn *t, enum sip_txn_state state, uint64_t ms)
{
	t->state = (uint8_t)state;
	if (t->reliable && state != TXN_ACCEPTED) {
		txn_free(c, t);
		return;
	}
	t->retransmit_at = SIP_NEVER;
	t->deadline = core_after_ms(c, ms);
	txn_arm(c, t);
}

static void timed_out(struct sip_core *c, struct sip_txn *t)
{
	bool client = t->kind == TXN_INVITE_CLIENT || t->kind == TXN_CLIENT;
	if (client && (t->state == TXN_CALLING || t->state == TXN_PROCEEDING))
		user_timeout(c, t);
	txn_free(c, t);
}

void txn_timer(struct sip_core *c, struct sip_txn *t)
{
	if (t->deadline <= c->now) {
		timed_out(c, t);
		return;
	}
	if (t->retransmit_at <= c->now) {
		if (t->kind == TXN_INVITE_SERVER && t->state == TXN_PROCEEDING)
			txn_server_trying(c, t);
		else
			txn_retransmit(c, t);
	}
	txn_arm(c, t);
}

void txn_retransmit(struct sip_core *c, struct sip_txn *t)
{
	c->stats.retransmits_tx++;
	txn_send_kept(c, t);
	uint64_t next = (uint64_t)t->interval_ms * 2;
	/* Timer A doubles for ever, E and G up to T2; in Proceeding E is T2 (17.1.2.2) */
	if (t->kind != TXN_INVITE_CLIENT && (next > c->t2_ms || (t->kind == TXN_CLIENT && t->state == TXN_PROCEEDING)))
		next = c->t2_ms;
	t->interval_ms = (uint32_t)next;
	t->retransmit_at = core_after_ms(c, next);
}
