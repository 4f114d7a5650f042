/** modify.c  Changes to a call that is up: re-INVITE both ways. RFC 3261 14, RFC 3264 8. */
#include <errno.h>

#include "sip/call.h"
#include "sip/dialog.h"
#include "sip/respond.h"

enum { MODIFY_TRIES = 5 };

static bool media_eq(const struct sip_media *a, const struct sip_media *b)
{
	return net_addr_eq(&a->rtp, &b->rtp) && net_addr_eq(&a->rtcp, &b->rtcp) && a->codec == b->codec &&
	       a->pt == b->pt && a->te_khz == b->te_khz && a->fec == b->fec && a->te_pt == b->te_pt &&
	       a->dir == b->dir && a->ptime_ms == b->ptime_ms && a->rtcp_mux == b->rtcp_mux && a->srtp == b->srtp &&
	       a->srtp_serial == b->srtp_serial;
}

static void say_media(struct sip_core *c, struct sip_call *k, const struct sip_media *before)
{
	if (media_eq(&k->media, before))
		return;
	struct sip_event *e = call_event(c, k, SIP_EV_MEDIA);
	e->media = k->media;
}

/* ----------------------------------------------------------------- incoming */

/** A target refresh request (12.2.2): a new Contact is where our requests go from now on. */
static int refresh_target(struct sip_core *c, struct sip_call *k)
{
	struct str target;
	struct dialog_view v;
	if (dialog_contact(c, &target) != 0)
		return 0;
	if (str_eq(target, call_text(k, TEXT_TARGET)))
		return 0;
	int err = call_put_text(c, k, TEXT_TARGET, target);
	if (err)
		return err;
	dialog_of_call(k, &v);
	dialog_next_hop(&v, &k->peer, &k->dst);
	k->strict = v.strict;
	return 0;
}

/** Our SDP for their re-INVITE: an answer with our side as it is, or an offer of the same. 0 or a status. */
static unsigned describe(struct sip_core *c, struct sip_call *k, struct sip_media *media, struct str *body)
{
	struct sdp sdp;
	bool offer = call_has_sdp(c);
	int err = offer ? call_agree(c, k, c->in.msg.body, &k->local, CALL_SDP_OFFER, &sdp, media) : 0;
	if (err)
		return err == -EPROTO ? 488 : 400;
	*body = call_sdp(c, k, &k->local, offer ? &sdp : NULL, media);
	return body->n ? 0 : 500;
}

static void refuse(struct sip_core *c, unsigned status)
{
	struct build lines;
	build_init(&lines, c->lines, sizeof(c->lines));
	if (status == 500) { /* 14.2: 0 to 10 seconds */
		build_lit(&lines, "Retry-After: ");
		build_uint(&lines, core_random(c) % 11);
		build_lit(&lines, "\r\n");
	}
	struct reply r = {.status = status, .lines = build_view(&lines)};
	reply_stateful(c, &r);
}

void modify_incoming(struct sip_core *c, struct sip_call *k)
{
	struct sip_media before = k->media, media = k->media;
	struct str body;
	if (k->state != CALL_UP || k->ok) {
		refuse(c, 500); /* the INVITE before this one is not through (14.2) */
		return;
	}
	if (k->invite) {
		refuse(c, 491);
		return;
	}
	unsigned status = describe(c, k, &media, &body);
	if (status) {
		refuse(c, status);
		return;
	}
	struct sip_txn *t = txn_server(c, call_handle(k));
	if (!t) {
		reply_later(c, 503, c->retry_after_s);
		return;
	}
	if (refresh_target(c, k) != 0 || uas_ok(c, k, t, body) != 0) {
		struct build b;
		reply_build_kept(c, &b, t, &(struct reply){.status = 503});
		txn_respond(c, t, 503, &b);
		return;
	}
	k->answer_due = !call_has_sdp(c);
	if (!k->answer_due)
		call_take_media(c, k, &media);
	say_media(c, k, &before);
}

void modify_confirmed(struct sip_core *c, struct sip_call *k, const struct sip_media *before)
{
	say_media(c, k, before);
	if (k->modifying && !k->invite &&
	    k->modify_tries == 0) /* it only waited for this; after a 491 it goes on waiting */
		modify_again(c, k);
}

/* ----------------------------------------------------------------- outgoing */

static int send_offer(struct sip_core *c, struct sip_call *k)
{
	auth_request_begins(k);
	return uac_invite(c, k, call_sdp(c, k, &k->local, NULL, NULL));
}

int sip_call_modify(struct sip_core *c, uint64_t call, const struct sip_local *local, uint64_t now)
{
	struct sip_call *k;
	if (core_enter(c, now, SIP_COMMAND_MAX) != 0)
		return -ENOBUFS;
	if (!command_local_ok(local))
		return -EINVAL;
	if (!(k = call_open(c, call)))
		return -ENOENT;
	if (k->state != CALL_UP || k->modifying)
		return -EPROTO;
	k->before = k->local;
	k->local = *local;
	int err = 0;
	if (k->ok) /* their re-INVITE has no ACK yet: ours goes out after it (14.1) */
		k->modify_at = core_after_ms(c, c->t1_ms);
	else
		err = send_offer(c, k);
	if (err) {
		k->local = k->before;
		return err;
	}
	k->modifying = true;
	k->modify_tries = 0;
	call_arm(c, k);
	return 0;
}

struct sip_event *modify_ended(struct sip_core *c, struct sip_call *k, unsigned status)
{
	struct sip_event *e = call_event(c, k, SIP_EV_MODIFIED);
	e->status = (uint16_t)status;
	k->modifying = false;
	k->modify_at = SIP_NEVER;
	if (status >= 300)
		k->local = k->before; /* the session stays as it was (14.1) */
	return e;
}

/** 14.1: the owner of the Call-ID waits 2.1-4 s, the other side 0-2 s, in steps of 10 ms. */
static void wait_after_glare(struct sip_core *c, struct sip_call *k)
{
	uint64_t ms = k->outgoing ? 2100 + core_random(c) % 191 * 10 : core_random(c) % 201 * 10;
	k->modify_tries++;
	k->modify_at = core_after_ms(c, ms);
	call_arm(c, k);
}

void modify_again(struct sip_core *c, struct sip_call *k)
{
	k->modify_at = SIP_NEVER;
	if (k->state != CALL_UP || !k->modifying)
		return;
	if (k->ok || k->invite)
		wait_after_glare(c, k);
	else if (send_offer(c, k) != 0)
		modify_ended(c, k, 503);
}

static void accepted(struct sip_core *c, struct sip_call *k, struct sip_txn *t)
{
	struct sdp sdp;
	struct sip_media media;
	refresh_target(c, k);
	auth_request_begins(k);
	uac_ack(c, k, t->cseq, t->tag);
	if (k->ended) {
		return;
	}
	if (!call_has_sdp(c) || call_agree(c, k, c->in.msg.body, &k->local, CALL_SDP_ANSWER, &sdp, &media) != 0) {
		modify_ended(c, k, 488);
		call_end(c, k, SIP_SIDE_PROTOCOL, 0, 0);
		uac_bye(c, k, 0);
		return;
	}
	call_take_media(c, k, &media);
	struct sip_event *e = modify_ended(c, k, c->in.msg.status);
	e->media = k->media;
}

void modify_response(struct sip_core *c, struct sip_call *k, struct sip_txn *t)
{
	unsigned status = c->in.msg.status;
	k->invite = 0;
	if (status < 300) {
		accepted(c, k, t);
		return;
	}
	if (k->ended)
		return;
	if (status == 491 && k->modify_tries < MODIFY_TRIES) {
		wait_after_glare(c, k);
		return;
	}
	if ((status == 401 || status == 407) && auth_challenged(c, k) &&
	    uac_invite(c, k, call_sdp(c, k, &k->local, NULL, NULL)) == 0)
		return;
	modify_ended(c, k, status);
	if (status == 481 || status == 408) { /* 12.2.1.2: the dialog is gone */
		call_end(c, k, SIP_SIDE_REMOTE, 0, call_reason(c));
		uac_bye(c, k, 0);
	}
}

void modify_timeout(struct sip_core *c, struct sip_call *k)
{
	if (k->ended)
		return;
	modify_ended(c, k, 408);
	call_end(c, k, SIP_SIDE_TIMEOUT, 408, 0);
	uac_bye(c, k, 0);
}
