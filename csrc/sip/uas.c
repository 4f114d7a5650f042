/** uas.c  Calls that come in: INVITE, the 2xx until its ACK, BYE, CANCEL. RFC 3261 8.2, 9.2, 13.3, 15.1.2. */
#include <errno.h>

#include "sip/call.h"
#include "sip/dialog.h"
#include "sip/respond.h"

/* Our responses repeat much of it, and have to fit into a datagram. */
enum { INVITE_HEAD_MAX = 16384 };

/* ------------------------------------------------------------------- INVITE */

static int put_dialog(struct sip_core *c, struct sip_call *k)
{
	const struct sip_msg *m = &c->in.msg;
	struct str all[TEXT_COUNT] = {{0}};
	struct dialog_view v;
	struct sip_addr from;
	int err = dialog_route_set(c, false, &all[TEXT_ROUTE]);
	err = err ? err : dialog_contact(c, &all[TEXT_TARGET]);
	if (err)
		return err;
	all[TEXT_CALL_ID] = sip_msg_value(m, SIP_HDR_CALL_ID);
	all[TEXT_LOCAL] = sip_msg_value(m, SIP_HDR_TO);
	all[TEXT_REMOTE] = sip_msg_value(m, SIP_HDR_FROM);
	if (!k->answer_due)
		all[TEXT_OFFER] = m->body;
	err = call_put_texts(c, k, all);
	if (err)
		return err;
	if (sip_addr_parse(&from, call_text(k, TEXT_REMOTE)) == 0)
		call_set_remote_tag(k, from.tag);
	k->flow = (uint8_t)c->in.flow;
	k->peer = c->in.src;
	dialog_of_call(k, &v);
	dialog_next_hop(&v, &k->peer, &k->dst);
	k->strict = v.strict;
	k->remote_cseq = c->in.cseq.seq;
	k->has_remote_cseq = true;
	return 0;
}

static struct str user_of(struct str uri)
{
	struct sip_uri u;
	return sip_uri_parse(&u, uri) == 0 ? u.user : STR_NONE;
}

/** A view into the datagram as a view into its copy in the arena. */
static struct str moved(struct str s, struct str raw, struct str copy)
{
	return s.n && copy.n ? (struct str){copy.p + (s.p - raw.p), s.n} : STR_NONE;
}

static void say_incoming(struct sip_core *c, struct sip_call *k)
{
	const struct sip_msg *m = &c->in.msg;
	struct str uri = STR_NONE, raw = m->raw, copy = outbox_copy(&c->out, raw);
	struct sip_event *e = call_event(c, k, SIP_EV_INCOMING);
	dialog_contact(c, &uri);
	e->media = k->media;
	e->ruri = moved(m->ruri, raw, copy);
	e->ruri_user = moved(user_of(m->ruri), raw, copy);
	e->from = moved(sip_msg_value(m, SIP_HDR_FROM), raw, copy);
	e->from_user = moved(user_of(c->in.from.uri), raw, copy);
	e->to = moved(sip_msg_value(m, SIP_HDR_TO), raw, copy);
	e->to_user = moved(user_of(c->in.to.uri), raw, copy);
	e->contact = moved(uri, raw, copy);
	e->headers = moved(m->head, raw, copy);
}

static void refuse_full(struct sip_core *c)
{
	c->stats.calls_refused++;
	reply_later(c, 503, c->retry_after_s);
}

/** Take the call: 0, or the status to refuse it with. */
static unsigned open_call(struct sip_core *c, struct sip_call *k)
{
	if (c->in.msg.head.n > INVITE_HEAD_MAX)
		return 513;
	int err = put_dialog(c, k);
	if (err)
		return err == -EBADMSG ? 400 : err == -E2BIG ? 513 : 503;
	struct sip_txn *t = txn_server(c, call_handle(k));
	if (!t)
		return 503;
	k->invite = txn_handle(t);
	return 0;
}

void uas_invite(struct sip_core *c)
{
	struct sdp sdp;
	struct sip_media media = {.codec = CODEC_NONE, .te_pt = 255, .dir = DIR_SENDRECV, .ptime_ms = 20};
	bool offer = call_has_sdp(c);
	int err = offer ? call_agree(c, NULL, c->in.msg.body, &c->any_local, CALL_SDP_OFFER, &sdp, &media) : 0;
	if (err) {
		reply_status(c, err == -EPROTO ? 488 : 400, STR_NONE);
		return;
	}
	struct sip_call *k = c->accepting ? call_new(c, false) : NULL;
	if (!k) {
		refuse_full(c);
		return;
	}
	k->media = media;
	k->media_known = offer;
	k->answer_due = !offer;
	unsigned status = open_call(c, k);
	if (status) {
		call_free(c, k);
		if (status == 503)
			refuse_full(c);
		else
			reply_status(c, status, STR_NONE);
		return;
	}
	c->stats.calls_in++;
	say_incoming(c, k);
}

void uas_final(struct sip_core *c, struct sip_call *k, unsigned status, struct str lines)
{
	struct build b;
	struct reply r = {.status = status, .tag = k->local_tag, .lines = lines};
	struct sip_txn *t = txn_get(c, k->invite);
	k->invite = 0;
	if (!t)
		return;
	reply_build_kept(c, &b, t, &r);
	txn_respond(c, t, status, &b);
}

/* --------------------------------------------------------------- 2xx and ACK */

int uas_answer_sdp(struct sip_core *c, struct sip_call *k, const struct sip_local *local, struct str *body)
{
	struct sdp sdp;
	struct sip_media media = k->media;
	bool answer = !k->answer_due;
	int err = answer ? call_agree(c, k, call_text(k, TEXT_OFFER), local, CALL_SDP_OFFER, &sdp, &media) : 0;
	if (err)
		return -EPROTONOSUPPORT;
	*body = call_sdp(c, k, local, answer ? &sdp : NULL, &media);
	if (body->n == 0)
		return -E2BIG;
	k->local = *local;
	if (answer)
		call_take_media(c, k, &media);
	return 0;
}

int uas_ok(struct sip_core *c, struct sip_call *k, struct sip_txn *t, struct str body)
{
	struct build b;
	struct reply r = {.status = 200,
			  .tag = k->local_tag,
			  .lines = STR(SIP_ALLOW),
			  .contact = true,
			  .type = "application/sdp",
			  .body = body};
	reply_build_kept(c, &b, t, &r);
	if (!build_ok(&b))
		return -E2BIG;
	char *kept = core_keep(c, build_view(&b));
	if (!kept)
		return -ENOBUFS;
	k->ok = kept;
	k->nok = (uint32_t)b.n;
	k->ok_dst = t->dst;
	k->ok_cseq = t->cseq;
	k->invite = 0;
	k->established = true;
	txn_respond(c, t, 200, &b);
	/* 13.3.1.4: whatever the transport, until the ACK; timer H's time without it ends the call. */
	k->interval_ms = c->t1_ms;
	k->retransmit_at = core_after_ms(c, c->t1_ms);
	k->deadline = core_after_ms(c, (uint64_t)64 * c->t1_ms);
	call_arm(c, k);
	return 0;
}

static void ok_done(struct sip_core *c, struct sip_call *k)
{
	slab_free(&c->slab, k->ok);
	k->ok = NULL;
	k->retransmit_at = k->deadline = SIP_NEVER;
	call_arm(c, k);
}

void uas_ok_timer(struct sip_core *c, struct sip_call *k)
{
	if (k->deadline <= c->now) {
		ok_done(c, k);
		call_end(c, k, SIP_SIDE_TIMEOUT, 408, 0);
		uac_bye(c, k, k->bye_q850);
		return;
	}
	if (k->retransmit_at <= c->now) {
		c->stats.retransmits_tx++;
		core_resend(c, k->flow, &k->ok_dst, k->ok, k->nok);
		k->interval_ms = k->interval_ms * 2 < c->t2_ms ? k->interval_ms * 2 : c->t2_ms;
		k->retransmit_at = core_after_ms(c, k->interval_ms);
	}
	call_arm(c, k);
}

/** The ACK has to answer the offer in our 2xx. */
static bool take_answer(struct sip_core *c, struct sip_call *k)
{
	struct sdp sdp;
	struct sip_media media;
	if (!call_has_sdp(c) || call_agree(c, k, c->in.msg.body, &k->local, CALL_SDP_ANSWER, &sdp, &media) != 0)
		return false;
	call_take_media(c, k, &media);
	k->media_known = true;
	return true;
}

void uas_ack(struct sip_core *c, struct sip_call *k)
{
	bool answer = k->answer_due;
	struct sip_media before = k->media;
	if (!k->ok || c->in.cseq.seq != k->ok_cseq)
		return;
	ok_done(c, k);
	k->answer_due = false;
	if (k->state == CALL_CLOSING) { /* hung up before the ACK */
		uac_bye(c, k, k->bye_q850);
		return;
	}
	if (answer && !take_answer(c, k)) {
		call_end(c, k, SIP_SIDE_PROTOCOL, 488, 0);
		uac_bye(c, k, 0);
		return;
	}
	if (k->state == CALL_UP) {
		modify_confirmed(c, k, &before);
		return;
	}
	k->state = CALL_UP;
	call_put_text(c, k, TEXT_OFFER, STR_NONE);
	struct sip_event *e = call_event(c, k, SIP_EV_CONFIRMED);
	if (answer)
		e->media = k->media;
}

/* -------------------------------------------------------------- BYE, CANCEL */

void uas_bye(struct sip_core *c, struct sip_call *k)
{
	unsigned q850 = call_reason(c);
	struct reply r = {.status = 200};
	reply_stateful(c, &r);
	if (k->state == CALL_OFFERED) { /* 15.1.2: pending requests get 487 */
		uas_final(c, k, 487, STR_NONE);
		call_end(c, k, SIP_SIDE_REMOTE, 487, q850);
	}
	call_end(c, k, SIP_SIDE_REMOTE, 0, q850);
	call_free(c, k);
}

void uas_cancel(struct sip_core *c)
{
	struct sip_txn *t = txn_server_find(c, SIP_INVITE);
	if (!t) {
		reply_status(c, 481, STR_NONE);
		return;
	}
	struct sip_call *k = call_get(c, t->call);
	struct reply r = {.status = 200, .tag = k ? k->local_tag : 0};
	unsigned q850 = call_reason(c);
	reply_stateless(c, &r);
	if (!k || t->state != TXN_PROCEEDING || k->invite != txn_handle(t))
		return;
	uas_final(c, k, 487, STR_NONE);
	call_end(c, k, SIP_SIDE_REMOTE, 487, q850);
	call_free(c, k);
}
