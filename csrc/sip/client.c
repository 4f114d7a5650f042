/** client.c  Client transactions: RFC 3261 17.1, RFC 6026 7.2, CANCEL of 9.1. */
#include <errno.h>

#include "sip/transaction_machine.h"

enum { TIMER_D_MS = 32000 };
/* A CANCEL has the branch of its INVITE. */
static const uint64_t cancel_salt = 0x43414e43454c;

static uint64_t client_key(uint64_t branch, enum sip_method m)
{
	return m == SIP_CANCEL ? branch ^ cancel_salt : branch;
}

int txn_client(struct sip_core *c, const struct txn_request *r, const struct build *b, struct sip_txn **out)
{
	bool invite = r->method == SIP_INVITE;
	if (!build_ok(b))
		return -ENOBUFS;
	struct sip_txn *t = txn_new(c, invite ? TXN_INVITE_CLIENT : TXN_CLIENT, r->flow);
	if (!t)
		return -ENOBUFS;
	char *kept = core_keep(c, build_view(b));
	if (!kept) {
		pool_give(&c->txns, t);
		return -ENOBUFS;
	}
	t->msg = kept;
	t->nmsg = (uint32_t)b->n;
	t->method = (uint8_t)r->method;
	t->cseq = r->cseq;
	t->dst = r->dst;
	t->call = r->call;
	t->tag = r->tag;
	hash_put(&c->txn_by_key, &t->node, client_key(r->branch, r->method));
	core_send(c, r->flow, &r->dst, b);
	t->interval_ms = c->t1_ms;
	if (!t->reliable)
		t->retransmit_at = core_after_ms(c, c->t1_ms);
	t->deadline = core_after_ms(c, (uint64_t)64 * c->t1_ms);
	txn_arm(c, t);
	if (out)
		*out = t;
	return 0;
}

/** Our branches are z9hG4bK and 16 hex digits. */
static bool own_branch(struct str branch, uint64_t *out)
{
	static const struct str cookie = {"z9hG4bK", 7};
	uint64_t v = 0;
	if (branch.n != cookie.n + 16 || !str_eq((struct str){branch.p, cookie.n}, cookie))
		return false;
	for (size_t i = cookie.n; i < branch.n; i++) {
		char d = str_lower(branch.p[i]);
		if (!((d >= '0' && d <= '9') || (d >= 'a' && d <= 'f')))
			return false;
		v = v << 4 | (uint64_t)(d <= '9' ? d - '0' : d - 'a' + 10);
	}
	*out = v;
	return true;
}

struct sip_txn *txn_client_find(const struct sip_core *c)
{
	uint64_t branch;
	if (!own_branch(c->in.via.branch, &branch))
		return NULL;
	enum sip_method m = (enum sip_method)c->in.cseq.method;
	struct hash_node *n = hash_find(&c->txn_by_key, client_key(branch, m));
	for (; n; n = hash_next(n)) {
		struct sip_txn *t = (struct sip_txn *)(void *)((char *)n - offsetof(struct sip_txn, node));
		bool client = t->kind == TXN_INVITE_CLIENT || t->kind == TXN_CLIENT;
		if (client && t->method == m && t->cseq == c->in.cseq.seq)
			return t;
	}
	return NULL;
}

/* -------------------------------------------- requests made from the INVITE */

static void copy_header(struct build *b, const struct sip_msg *m, enum sip_hdr_id id, const char *name)
{
	for (const struct sip_hdr *h = sip_msg_hdr(m, id); h; h = sip_msg_hdr_next(m, h))
		build_header(b, name, h->value);
}

/** ACK of a non-2xx and CANCEL are alike: Request-URI, Via, Route, From, Call-ID and CSeq number of the INVITE
 *  (17.1.1.3, 9.1). `to`: of the response for ACK, of the INVITE for CANCEL. */
static void build_hop_request(struct sip_core *c, struct build *b, const struct sip_txn *t, enum sip_method method,
			      const struct str *to, struct str lines)
{
	struct sip_msg *m = &c->own;
	outbox_begin(&c->out, b);
	if (!t->msg || sip_msg_parse(m, t->msg, t->nmsg) != 0) {
		b->full = true;
		return;
	}
	build_str(b, sip_method_name(method));
	build_lit(b, " ");
	build_str(b, m->ruri);
	build_lit(b, " SIP/2.0\r\n");
	copy_header(b, m, SIP_HDR_VIA, "Via");
	build_lit(b, "Max-Forwards: 70\r\n");
	copy_header(b, m, SIP_HDR_ROUTE, "Route");
	copy_header(b, m, SIP_HDR_FROM, "From");
	build_header(b, "To", to ? *to : sip_msg_value(m, SIP_HDR_TO));
	copy_header(b, m, SIP_HDR_CALL_ID, "Call-ID");
	build_lit(b, "CSeq: ");
	build_uint(b, t->cseq);
	build_lit(b, " ");
	build_str(b, sip_method_name(method));
	build_lit(b, "\r\n");
	build_str(b, lines);
	build_body(b, NULL, STR_NONE);
}

static void send_cancel(struct sip_core *c, struct sip_txn *t)
{
	struct build b, lines;
	uint64_t branch = t->node.key;
	build_init(&lines, c->lines, sizeof(c->lines));
	if (t->cancel_q850) {
		build_lit(&lines, "Reason: Q.850;cause=");
		build_uint(&lines, t->cancel_q850);
		build_lit(&lines, "\r\n");
	}
	build_hop_request(c, &b, t, SIP_CANCEL, NULL, build_view(&lines));
	struct txn_request r = {SIP_CANCEL, t->flow, t->cseq, t->dst, branch, 0, 0};
	if (txn_client(c, &r, &b, NULL) != 0)
		c->stats.no_buffers++;
	/* No final response 64*T1 after it: the INVITE is considered cancelled (9.1). */
	t->deadline = core_after_ms(c, (uint64_t)64 * c->t1_ms);
	txn_arm(c, t);
}

void txn_cancel(struct sip_core *c, struct sip_txn *t, unsigned q850)
{
	if (t->kind != TXN_INVITE_CLIENT || t->cancelled || t->state > TXN_PROCEEDING)
		return;
	t->cancelled = true;
	t->cancel_q850 = (uint16_t)q850;
	if (t->state == TXN_PROCEEDING)
		send_cancel(c, t);
}

void txn_limit(struct sip_core *c, struct sip_txn *t)
{
	t->deadline = core_after_ms(c, (uint64_t)64 * c->t1_ms);
	txn_arm(c, t);
}

/** ACK replaces the INVITE as what is kept: a repeated response gets it again. */
static void ack_failure(struct sip_core *c, struct sip_txn *t)
{
	struct build b;
	struct str to = sip_msg_value(&c->in.msg, SIP_HDR_TO);
	build_hop_request(c, &b, t, SIP_ACK, &to, STR_NONE);
	struct str ack = build_view(&b);
	core_send(c, t->flow, &t->dst, &b);
	txn_keep(c, t, ack);
}

/* ------------------------------------------------------------- the machines */

static void invite_provisional(struct sip_core *c, struct sip_txn *t)
{
	bool first = t->state == TXN_CALLING;
	if (t->state > TXN_PROCEEDING)
		return;
	if (first) {
		t->state = TXN_PROCEEDING;
		t->retransmit_at = t->deadline = SIP_NEVER;
		if (t->cancelled)
			send_cancel(c, t);
		txn_arm(c, t);
	}
	user_response(c, t);
}

static void invite_success(struct sip_core *c, struct sip_txn *t)
{
	if (t->state == TXN_COMPLETED)
		return;
	if (t->state != TXN_ACCEPTED) {
		txn_drop_buffers(c, t);
		txn_linger(c, t, TXN_ACCEPTED, (uint64_t)64 * c->t1_ms); /* timer M */
	} else {
		c->stats.retransmits_rx++;
	}
	user_response(c, t);
}

static void invite_failure(struct sip_core *c, struct sip_txn *t)
{
	if (t->state == TXN_ACCEPTED)
		return;
	if (t->state == TXN_COMPLETED) {
		c->stats.retransmits_rx++;
		txn_send_kept(c, t);
		return;
	}
	ack_failure(c, t);
	t->state = TXN_COMPLETED;
	user_response(c, t);
	txn_linger(c, t, TXN_COMPLETED, TIMER_D_MS);
}

static void other_response(struct sip_core *c, struct sip_txn *t)
{
	if (t->state == TXN_COMPLETED) {
		c->stats.retransmits_rx++;
		return;
	}
	if (c->in.msg.status < 200) {
		t->state = TXN_PROCEEDING;
		user_response(c, t);
		return;
	}
	txn_drop_buffers(c, t);
	t->state = TXN_COMPLETED;
	user_response(c, t);
	txn_linger(c, t, TXN_COMPLETED, c->t4_ms); /* timer K */
}

void txn_client_input(struct sip_core *c, struct sip_txn *t)
{
	unsigned status = c->in.msg.status;
	if (t->kind == TXN_CLIENT)
		other_response(c, t);
	else if (status < 200)
		invite_provisional(c, t);
	else if (status < 300)
		invite_success(c, t);
	else
		invite_failure(c, t);
}
