/** uac.c  Calls we make: INVITE, its responses, ACK, BYE. RFC 3261 13.2, 15.1.1, 9.1; RFC 6026. */
#include <errno.h>

#include "sip/call.h"
#include "sip/dialog.h"
#include "sip/respond.h"

/* ------------------------------------------------------------------ sending */

int uac_invite(struct sip_core *c, struct sip_call *k, struct str body)
{
	struct dialog_view v;
	struct build b, lines;
	struct sip_txn *t;
	dialog_of_call(k, &v);
	int err = auth_invite_begins(c, k, dialog_uri(&v));
	if (err)
		return err;
	dialog_of_call(k, &v); /* the texts may have moved */
	build_init(&lines, c->lines, sizeof(c->lines));
	build_lit(&lines, SIP_ALLOW);
	auth_lines(c, k, &lines, SIP_INVITE, dialog_uri(&v));
	build_str(&lines, call_text(k, TEXT_LINES));
	if (!build_ok(&lines))
		return -E2BIG;
	struct txn_request tr = {SIP_INVITE,	 k->flow,	 k->local_cseq + 1, k->established ? k->dst : k->peer,
				 core_random(c), call_handle(k), core_random(c)};
	struct dialog_request r = {SIP_INVITE, tr.cseq, tr.branch, build_view(&lines), true, body, k->hops};
	dialog_build(c, &b, &v, &r);
	if (!build_ok(&b))
		return -E2BIG;
	err = txn_client(c, &tr, &b, &t);
	if (err)
		return err;
	k->local_cseq++;
	k->invite = txn_handle(t);
	return 0;
}

void uac_ack(struct sip_core *c, struct sip_call *k, uint32_t cseq, uint64_t branch)
{
	struct dialog_view v;
	struct build b, lines;
	dialog_of_call(k, &v);
	build_init(&lines, c->lines, sizeof(c->lines));
	auth_lines(c, k, &lines, SIP_ACK, dialog_uri(&v));
	struct dialog_request r = {SIP_ACK, cseq, branch, build_view(&lines), false, STR_NONE, 0};
	dialog_build(c, &b, &v, &r);
	core_send(c, k->flow, &k->dst, &b);
}

void uac_bye(struct sip_core *c, struct sip_call *k, unsigned q850)
{
	struct dialog_view v;
	struct build b, lines;
	dialog_of_call(k, &v);
	build_init(&lines, c->lines, sizeof(c->lines));
	call_reason_line(&lines, q850);
	auth_lines(c, k, &lines, SIP_BYE, dialog_uri(&v));
	struct txn_request tr = {SIP_BYE, k->flow, ++k->local_cseq, k->dst, core_random(c), call_handle(k), 0};
	struct dialog_request r = {SIP_BYE, tr.cseq, tr.branch, build_view(&lines), false, STR_NONE, 0};
	dialog_build(c, &b, &v, &r);
	k->state = CALL_CLOSING;
	k->retransmit_at = k->deadline = k->modify_at = SIP_NEVER;
	k->bye_sent = true;
	call_arm(c, k);
	if (txn_client(c, &tr, &b, NULL) == 0)
		return;
	core_send(c, k->flow, &k->dst, &b); /* no room to repeat it: once is better than never */
	call_free(c, k);
}

/* -------------------------------------------------- 2xx nobody waits for here */

/** The dialog that the 2xx in c->in made, from that response alone: for forks and for calls already gone. */
static int stray_dialog(struct sip_core *c, struct dialog_view *v, struct net_addr *dst)
{
	const struct sip_msg *m = &c->in.msg;
	struct str route, target;
	if (dialog_route_set(c, true, &route) != 0) /* unusable: straight to where the 2xx came from */
		route = STR_NONE;
	if (dialog_contact(c, &target) != 0)
		target = c->in.to.uri;
	if (!dialog_is_target(target))
		return -EBADMSG;
	*v = (struct dialog_view){.flow = c->in.flow,
				  .call_id = sip_msg_value(m, SIP_HDR_CALL_ID),
				  .local = sip_msg_value(m, SIP_HDR_FROM),
				  .remote = sip_msg_value(m, SIP_HDR_TO),
				  .target = target,
				  .route = route};
	dialog_next_hop(v, &c->in.src, dst);
	return 0;
}

static uint32_t tag_hash(const struct sip_core *c, struct str tag)
{
	struct hash_state h;
	hash_init(&h, c->key);
	hash_part(&h, tag);
	return (uint32_t)hash_end(&h).lo;
}

/** false: this To tag was noted before, or there is no more room (then no second BYE is better than many). */
static bool note_fork(const struct sip_core *c, struct sip_txn *t)
{
	uint32_t h = tag_hash(c, c->in.to.tag);
	for (unsigned i = 0; i < t->nfork; i++)
		if (t->fork[i] == h)
			return false;
	if (t->nfork == TXN_FORKS)
		return false;
	t->fork[t->nfork++] = h;
	return true;
}

/** 13.2.2.4: acknowledge every 2xx, and hang up the dialogs we do not want, each once. */
static void stray_2xx(struct sip_core *c, struct sip_txn *t)
{
	struct dialog_view v;
	struct net_addr dst;
	struct build b;
	if (stray_dialog(c, &v, &dst) != 0)
		return;
	struct dialog_request ack = {SIP_ACK,  t->cseq, t->tag ^ tag_hash(c, c->in.to.tag), STR_NONE, false,
				     STR_NONE, 0};
	dialog_build(c, &b, &v, &ack);
	core_send(c, v.flow, &dst, &b);
	if (!note_fork(c, t))
		return;
	struct txn_request tr = {SIP_BYE, v.flow, t->cseq + 1, dst, core_random(c), 0, 0};
	struct dialog_request bye = {SIP_BYE, tr.cseq, tr.branch, STR_NONE, false, STR_NONE, 0};
	dialog_build(c, &b, &v, &bye);
	if (txn_client(c, &tr, &b, NULL) != 0)
		core_send(c, v.flow, &dst, &b);
}

/* ---------------------------------------------------------------- responses */

static int establish(struct sip_core *c, struct sip_call *k)
{
	struct str all[TEXT_COUNT], route, target;
	struct dialog_view v;
	int err = dialog_route_set(c, true, &route);
	if (err)
		return err;
	call_texts(k, all);
	all[TEXT_REMOTE] = sip_msg_value(&c->in.msg, SIP_HDR_TO);
	if (dialog_contact(c, &target) == 0) /* else the URI we called has to do: losing the call helps nobody */
		all[TEXT_TARGET] = target;
	all[TEXT_ROUTE] = route;
	all[TEXT_LINES] = STR_NONE;
	err = call_put_texts(c, k, all);
	if (err)
		return err;
	struct sip_addr to;
	if (sip_addr_parse(&to, call_text(k, TEXT_REMOTE)) == 0)
		call_set_remote_tag(k, to.tag);
	dialog_of_call(k, &v);
	dialog_next_hop(&v, &k->peer, &k->dst);
	k->strict = v.strict;
	k->established = true;
	return 0;
}

static void respond_text(struct sip_core *c, struct sip_event *e)
{
	struct str uri;
	e->status = c->in.msg.status;
	e->src = c->in.src;
	e->reason = outbox_copy(&c->out, c->in.msg.reason);
	if (dialog_contact(c, &uri) == 0)
		e->contact = outbox_copy(&c->out, uri);
}

static void take_media(struct sip_core *c, struct sip_call *k)
{
	struct sdp sdp;
	struct sip_media media;
	if (call_has_sdp(c) && call_agree(c, k, c->in.msg.body, &k->local, CALL_SDP_ANSWER, &sdp, &media) == 0) {
		call_take_media(c, k, &media);
		k->media_known = true;
	}
}

static void provisional(struct sip_core *c, struct sip_call *k)
{
	if (k->state != CALL_CALLING || c->in.msg.status == 100)
		return;
	take_media(c, k);
	struct sip_event *e = call_event(c, k, SIP_EV_PROGRESS);
	respond_text(c, e);
	if (call_has_sdp(c))
		e->media = k->media;
}

static void answered(struct sip_core *c, struct sip_call *k, struct sip_txn *t)
{
	bool wanted = k->state == CALL_CALLING;
	k->invite = 0;
	k->deadline = SIP_NEVER;
	call_arm(c, k);
	if (establish(c, k) != 0) {
		stray_2xx(c, t);
		call_end(c, k, SIP_SIDE_PROTOCOL, 500, 0);
		call_free(c, k);
		return;
	}
	note_fork(c, t);
	auth_request_begins(k);
	uac_ack(c, k, t->cseq, t->tag);
	if (!wanted) { /* our CANCEL came too late (9.1) */
		uac_bye(c, k, 0);
		return;
	}
	bool usable = call_has_sdp(c) || k->media_known;
	if (call_has_sdp(c)) {
		k->media_known = false;
		take_media(c, k);
		usable = k->media_known;
	}
	if (!usable) {
		call_end(c, k, SIP_SIDE_PROTOCOL, 488, 0);
		uac_bye(c, k, 0);
		return;
	}
	k->state = CALL_UP;
	struct sip_event *e = call_event(c, k, SIP_EV_ANSWERED);
	respond_text(c, e);
	e->media = k->media;
}

static void refused(struct sip_core *c, struct sip_call *k)
{
	unsigned status = c->in.msg.status;
	k->invite = 0;
	if (k->state == CALL_CALLING && (status == 401 || status == 407) && auth_challenged(c, k) &&
	    uac_invite(c, k, call_sdp(c, k, &k->local, NULL, NULL)) == 0)
		return;
	if (!k->ended) {
		struct str uri;
		unsigned q850 = call_reason(c);
		struct str reason = outbox_copy(&c->out, c->in.msg.reason);
		struct str contact = dialog_contact(c, &uri) == 0 ? outbox_copy(&c->out, uri) : STR_NONE;
		struct sip_event *e = call_end(c, k, SIP_SIDE_REMOTE, status, q850);
		e->reason = reason;
		e->contact = contact;
	}
	call_free(c, k);
}

static void success(struct sip_core *c, struct sip_call *k, struct sip_txn *t)
{
	if (k && k->invite == txn_handle(t)) {
		if (k->established)
			modify_response(c, k, t);
		else
			answered(c, k, t);
		return;
	}
	if (k && k->established && str_eq(call_remote_tag(k), c->in.to.tag))
		uac_ack(c, k, t->cseq, t->tag); /* the 2xx again: our ACK was lost */
	else
		stray_2xx(c, t);
}

void uac_invite_response(struct sip_core *c, struct sip_txn *t)
{
	struct sip_call *k = call_get(c, t->call);
	unsigned status = c->in.msg.status;
	if (status >= 200 && status < 300) {
		success(c, k, t);
		return;
	}
	bool waiting = k && k->invite == txn_handle(t);
	if (status < 200 && (!waiting || k->established))
		txn_limit(c, t);
	else if (!waiting)
		return;
	else if (k->established)
		modify_response(c, k, t);
	else if (status < 200)
		provisional(c, k);
	else
		refused(c, k);
}

void uac_invite_timeout(struct sip_core *c, struct sip_txn *t)
{
	struct sip_call *k = call_get(c, t->call);
	if (!k || k->invite != txn_handle(t))
		return;
	k->invite = 0;
	if (k->established) {
		modify_timeout(c, k);
		return;
	}
	call_end(c, k, SIP_SIDE_TIMEOUT, 408, 0);
	call_free(c, k);
}

void uac_bye_response(struct sip_core *c, struct sip_txn *t)
{
	struct sip_call *k = call_get(c, t->call);
	unsigned status = c->in.msg.status;
	if (!k || status < 200)
		return;
	if ((status == 401 || status == 407) && auth_challenged(c, k))
		uac_bye(c, k, 0);
	else
		call_free(c, k);
}
