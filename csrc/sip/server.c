/** server.c  Server transactions: RFC 3261 17.2, matching of 17.2.3, merged requests of 8.2.2.2, RFC 6026 7.1. */
#include "sip/respond.h"
#include "sip/transaction_machine.h"

enum { TRYING_AFTER_MS = 200 };

struct hash128 txn_server_key(const struct sip_core *c, enum sip_method m)
{
	struct hash_state h;
	const struct sip_via *v = &c->in.via;
	char host[256];
	size_t n = v->host.n < sizeof(host) ? v->host.n : sizeof(host);
	for (size_t i = 0; i < n; i++)
		host[i] = str_lower(v->host.p[i]);
	hash_init(&h, c->key);
	hash_part(&h, v->branch);
	hash_part(&h, (struct str){host, n});
	hash_word(&h, v->port);
	if (m == SIP_METHOD_OTHER)
		hash_part(&h, c->in.msg.method_name);
	else
		hash_word(&h, m);
	return hash_end(&h);
}

static uint64_t merge_key(const struct sip_core *c)
{
	struct hash_state h;
	hash_init(&h, c->key);
	hash_part(&h, c->in.from.tag);
	hash_part(&h, sip_msg_value(&c->in.msg, SIP_HDR_CALL_ID));
	hash_word(&h, (uint64_t)c->in.cseq.seq << 8 | c->in.msg.method);
	return hash_end(&h).lo;
}

struct sip_txn *txn_server_find(const struct sip_core *c, enum sip_method m)
{
	struct hash128 key = txn_server_key(c, m);
	struct hash_node *n = hash_find(&c->txn_by_key, key.lo);
	for (; n; n = hash_next(n)) {
		struct sip_txn *t = (struct sip_txn *)(void *)((char *)n - offsetof(struct sip_txn, node));
		if (t->key_hi == key.hi && (t->kind == TXN_INVITE_SERVER || t->kind == TXN_SERVER))
			return t;
	}
	return NULL;
}

bool txn_is_merged(const struct sip_core *c)
{
	return hash_find(&c->txn_by_merge, merge_key(c)) != NULL;
}

static bool keep_base(struct sip_core *c, struct sip_txn *t)
{
	struct build b;
	outbox_begin(&c->out, &b);
	t->nto = (uint32_t)reply_base(c, &b);
	struct str s = build_view(&b);
	t->base = s.n ? core_keep(c, s) : NULL;
	t->nbase = (uint32_t)s.n;
	return t->base != NULL;
}

struct sip_txn *txn_server(struct sip_core *c, uint64_t call)
{
	bool invite = c->in.msg.method == SIP_INVITE;
	struct sip_txn *t = txn_new(c, invite ? TXN_INVITE_SERVER : TXN_SERVER, c->in.flow);
	if (!t)
		return NULL;
	if (invite && !keep_base(c, t)) {
		pool_give(&c->txns, t);
		return NULL;
	}
	struct hash128 key = txn_server_key(c, (enum sip_method)c->in.msg.method);
	t->key_hi = key.hi;
	hash_put(&c->txn_by_key, &t->node, key.lo);
	t->tagless = c->in.to.tag.n == 0;
	if (t->tagless)
		hash_put(&c->txn_by_merge, &t->merge, merge_key(c));
	t->state = TXN_PROCEEDING;
	t->method = c->in.msg.method;
	t->cseq = c->in.cseq.seq;
	t->call = call;
	reply_dst(c, &t->dst);
	if (invite) {
		t->retransmit_at = core_after_ms(c, TRYING_AFTER_MS);
		txn_arm(c, t);
	}
	return t;
}

void txn_server_trying(struct sip_core *c, struct sip_txn *t)
{
	struct build b;
	struct reply r = {.status = 100};
	t->retransmit_at = SIP_NEVER;
	reply_build_kept(c, &b, t, &r);
	txn_respond(c, t, 100, &b);
}

void txn_server_repeat(struct sip_core *c, struct sip_txn *t)
{
	c->stats.retransmits_rx++;
	if (t->state == TXN_ACCEPTED || t->state == TXN_CONFIRMED)
		return;
	if (t->msg)
		txn_send_kept(c, t);
	else if (t->kind == TXN_INVITE_SERVER && t->state == TXN_PROCEEDING)
		txn_server_trying(c, t);
}

void txn_server_ack(struct sip_core *c, struct sip_txn *t)
{
	if (t->state != TXN_COMPLETED)
		return;
	txn_drop_buffers(c, t);
	txn_linger(c, t, TXN_CONFIRMED, c->t4_ms); /* timer I */
}

static void completed(struct sip_core *c, struct sip_txn *t, unsigned status, struct str response)
{
	uint64_t timer_h_j_l = (uint64_t)64 * c->t1_ms;
	txn_drop_buffers(c, t);
	if (t->kind == TXN_SERVER || status < 300) {
		if (t->kind == TXN_SERVER && !t->reliable)
			txn_keep(c, t, response);
		txn_linger(c, t, t->kind == TXN_SERVER ? TXN_COMPLETED : TXN_ACCEPTED, timer_h_j_l);
		return;
	}
	txn_keep(c, t, response);
	t->state = TXN_COMPLETED;
	t->deadline = core_after_ms(c, timer_h_j_l);
	t->interval_ms = c->t1_ms;
	t->retransmit_at = t->reliable ? SIP_NEVER : core_after_ms(c, c->t1_ms); /* timer G */
	txn_arm(c, t);
}

void txn_respond(struct sip_core *c, struct sip_txn *t, unsigned status, const struct build *b)
{
	struct str response = build_view(b);
	core_send(c, t->flow, &t->dst, b);
	if (status >= 200) {
		completed(c, t, status, response);
		return;
	}
	txn_keep(c, t, response);
	t->retransmit_at = SIP_NEVER;
	txn_arm(c, t);
}
