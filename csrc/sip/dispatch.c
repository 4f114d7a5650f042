/** dispatch.c  What came in: RFC 3261 8.1.3, 8.2, 17.1.3, 17.2.3, 18.1.2. Requests are answered without state until one
 *  is good enough to become a call, so that a flood costs no memory. */
#include <errno.h>
#include <string.h>

#include "sip/call.h"
#include "sip/options.h"
#include "sip/respond.h"

/* --------------------------------------------------------------- transactions' user */

void user_response(struct sip_core *c, struct sip_txn *t)
{
	switch (t->method) {
	case SIP_INVITE:
		uac_invite_response(c, t);
		break;
	case SIP_BYE:
		uac_bye_response(c, t);
		break;
	case SIP_OPTIONS:
		if (c->in.msg.status >= 200)
			options_ended(c, t, c->in.msg.status);
		break;
	default:
		break;
	}
}

void user_timeout(struct sip_core *c, struct sip_txn *t)
{
	struct sip_call *k;
	switch (t->method) {
	case SIP_INVITE:
		uac_invite_timeout(c, t);
		break;
	case SIP_BYE:
		k = call_get(c, t->call);
		if (k)
			call_free(c, k);
		break;
	case SIP_OPTIONS:
		options_ended(c, t, 408);
		break;
	default:
		break;
	}
}

/* ----------------------------------------------------------------- requests */

static bool is_known(uint8_t method)
{
	return method == SIP_INVITE || method == SIP_BYE || method == SIP_OPTIONS || method == SIP_INFO ||
	       method == SIP_CANCEL || method == SIP_ACK;
}

/** 8.2.2.3: we support no extension. */
static bool require_refused(struct sip_core *c)
{
	struct build lines;
	unsigned n = 0;
	build_init(&lines, c->lines, sizeof(c->lines));
	for (const struct sip_hdr *h = sip_msg_hdr(&c->in.msg, SIP_HDR_REQUIRE); h;
	     h = sip_msg_hdr_next(&c->in.msg, h)) {
		struct str rest = h->value, item;
		while (sip_list_next(&rest, &item)) {
			if (item.n == 0)
				continue;
			build_lit(&lines, n++ ? ", " : "Unsupported: ");
			build_str(&lines, item);
		}
	}
	build_lit(&lines, "\r\n");
	if (n)
		reply_status(c, 420, build_view(&lines));
	return n != 0;
}

/** 8.2.3: a body we cannot read. */
static bool content_refused(struct sip_core *c)
{
	const struct sip_msg *m = &c->in.msg;
	struct str encoding = sip_msg_value(m, SIP_HDR_CONTENT_ENCODING);
	if (m->body.n == 0)
		return false;
	if (encoding.n && !str_ieq(encoding, STR("identity"))) {
		reply_status(c, 415, STR("Accept-Encoding: identity\r\n"));
		return true;
	}
	if (m->method == SIP_INVITE && !call_has_sdp(c)) {
		reply_status(c, 415, STR(SIP_ACCEPT));
		return true;
	}
	return false;
}

static bool refused(struct sip_core *c)
{
	struct sip_uri u;
	const struct sip_msg *m = &c->in.msg;
	if (!is_known(m->method)) {
		reply_status(c, m->method == SIP_METHOD_OTHER ? 501 : 405, STR(SIP_ALLOW));
		return true;
	}
	if (sip_uri_parse(&u, m->ruri) != 0) {
		reply_status(c, 400, STR_NONE);
		return true;
	}
	if (!str_ieq(u.scheme, STR("sip"))) {
		reply_status(c, 416, STR_NONE);
		return true;
	}
	return require_refused(c) || content_refused(c);
}

static void in_dialog(struct sip_core *c, struct sip_call *k)
{
	struct reply ok = {.status = 200};
	if (k->has_remote_cseq && c->in.cseq.seq <= k->remote_cseq) {
		reply_status(c, 500, STR_NONE); /* 12.2.2: out of order */
		return;
	}
	k->remote_cseq = c->in.cseq.seq;
	k->has_remote_cseq = true;
	switch (c->in.msg.method) {
	case SIP_INVITE:
		if (k->ended)
			reply_stateful(c, &(struct reply){.status = 481});
		else
			modify_incoming(c, k);
		break;
	case SIP_BYE:
		uas_bye(c, k);
		break;
	case SIP_OPTIONS:
		options_answer(c, true);
		break;
	default:
		reply_stateful(c, &ok);
		break;
	}
}

static void new_request(struct sip_core *c)
{
	if (txn_is_merged(c)) {
		reply_status(c, 482, STR_NONE);
		return;
	}
	if (c->in.msg.method == SIP_INVITE)
		uas_invite(c);
	else if (c->in.msg.method == SIP_OPTIONS)
		options_answer(c, false);
	else
		reply_status(c, 481, STR_NONE);
}

static void ack_input(struct sip_core *c)
{
	struct sip_txn *t = txn_server_find(c, SIP_INVITE);
	struct sip_call *k;
	/* In Accepted it is for the user even with the INVITE's branch (RFC 6026 7.1). */
	if (t && t->state != TXN_ACCEPTED)
		txn_server_ack(c, t);
	else if ((k = call_find(c)) != NULL)
		uas_ack(c, k);
	else
		c->stats.rx_dropped++;
}

static void request_input(struct sip_core *c)
{
	enum sip_method m = (enum sip_method)c->in.msg.method;
	struct sip_call *k;
	if (m == SIP_ACK) {
		ack_input(c);
		return;
	}
	struct sip_txn *t = txn_server_find(c, m);
	if (t) {
		txn_server_repeat(c, t);
		return;
	}
	if (m == SIP_CANCEL) {
		uas_cancel(c);
		return;
	}
	if (refused(c))
		return;
	if (c->in.to.tag.n == 0)
		new_request(c);
	else if ((k = call_find(c)) != NULL)
		in_dialog(c, k);
	else
		reply_status(c, 481, STR_NONE);
}

static void response_input(struct sip_core *c)
{
	const struct sip_hdr *via = sip_msg_hdr(&c->in.msg, SIP_HDR_VIA);
	bool ours = via && !sip_msg_hdr_next(&c->in.msg, via) && str_trim(c->in.via_rest).n == 0;
	struct sip_txn *t = ours ? txn_client_find(c) : NULL; /* 8.1.3.3: exactly one Via */
	if (t)
		txn_client_input(c, t);
	else
		c->stats.rx_dropped++;
}

/* -------------------------------------------------------------------- input */

/** Typed views of what every message needs. `in` is usable for an answer when this succeeds. */
static bool take_headers(struct sip_core *c)
{
	struct sip_input *in = &c->in;
	struct str top;
	in->via_rest = sip_msg_value(&in->msg, SIP_HDR_VIA);
	return sip_list_next(&in->via_rest, &top) && sip_via_parse(&in->via, top) == 0 &&
	       sip_addr_parse(&in->from, sip_msg_value(&in->msg, SIP_HDR_FROM)) == 0 &&
	       sip_addr_parse(&in->to, sip_msg_value(&in->msg, SIP_HDR_TO)) == 0 &&
	       sip_msg_value(&in->msg, SIP_HDR_CALL_ID).n && sip_msg_value(&in->msg, SIP_HDR_CSEQ).n;
}

static void keep_bad(struct sip_core *c)
{
	const struct sip_input *in = &c->in;
	struct sip_bad *b = &c->bad[c->stats.rx_bad++ % SIP_BAD_KEPT];
	size_t n = in->raw.n < SIP_BAD_BYTES ? in->raw.n : SIP_BAD_BYTES;
	*b = (struct sip_bad){.at = c->now,
			      .flow = in->flow,
			      .size = (uint32_t)in->raw.n,
			      .src = in->src,
			      .why = in->msg.why ? in->msg.why : "a header that every message needs is missing or bad",
			      .n = (uint32_t)n};
	if (n)
		memcpy(b->data, in->raw.p, n);
}

/** Against the grammar: 400 (505 for another version) when there is enough to answer with. Never to an ACK. */
static void bad_input(struct sip_core *c)
{
	struct sip_msg *m = &c->in.msg;
	keep_bad(c);
	if (!m->request || m->method == SIP_ACK || !take_headers(c))
		return;
	struct reply r = {.status = m->refuse ? m->refuse : 400};
	r.reason = r.status == 400 ? m->why : NULL;
	reply_stateless(c, &r);
}

static void message_input(struct sip_core *c)
{
	struct sip_input *in = &c->in;
	if (sip_msg_check(&in->msg) != 0 || !take_headers(c) ||
	    sip_cseq_parse(&in->cseq, sip_msg_value(&in->msg, SIP_HDR_CSEQ)) != 0) {
		bad_input(c);
		return;
	}
	if (!in->msg.request) {
		response_input(c);
		return;
	}
	/* Clients of RFC 2543, without the cookie of 8.1.1.7, are refused. */
	if (in->via.branch.n <= 7 || !str_ieq((struct str){in->via.branch.p, 7}, STR("z9hG4bK"))) {
		in->msg.why = "Via Branch Without Magic Cookie";
		in->msg.refuse = 400;
		bad_input(c);
		return;
	}
	request_input(c);
}

int sip_core_recv(struct sip_core *c, uint32_t flow, const struct net_addr *src, const void *data, size_t n,
		  uint64_t now)
{
	if (flow >= SIP_FLOWS || !c->flow[flow].open || (src->family != ADDR_V4 && src->family != ADDR_V6))
		return -EINVAL;
	c->stats.rx++;
	if (core_enter(c, now, n) != 0) {
		c->stats.rx_dropped++;
		c->stats.no_buffers++;
		return 0;
	}
	c->in.flow = flow;
	c->in.src = *src;
	c->in.raw = (struct str){data, n};
	int err = sip_msg_parse(&c->in.msg, data, n);
	if (err == 0)
		message_input(c);
	else if (err != -EAGAIN)
		bad_input(c);
	return 0;
}
