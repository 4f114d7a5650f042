/** call.c  See call.h. */
#include "sip/call.h"

#include <errno.h>

struct sip_call *call_get(const struct sip_core *c, uint64_t handle)
{
	return handle ? pool_get(&c->calls, handle) : NULL;
}

int sip_call_media(const struct sip_core *c, uint64_t call, struct sip_media *out)
{
	const struct sip_call *k = call_open(c, call);
	if (!k)
		return -ENOENT;
	*out = k->media;
	return 0;
}

struct sip_call *call_open(const struct sip_core *c, uint64_t handle)
{
	struct sip_call *k = call_get(c, handle);
	return k && !k->ended ? k : NULL;
}

static bool hex64(struct str s, uint64_t *out)
{
	uint64_t v = 0;
	if (s.n != 16)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char d = s.p[i];
		if (!((d >= '0' && d <= '9') || (d >= 'a' && d <= 'f')))
			return false;
		v = v << 4 | (uint64_t)(d <= '9' ? d - '0' : d - 'a' + 10);
	}
	*out = v;
	return true;
}

struct sip_call *call_find(const struct sip_core *c)
{
	uint64_t tag;
	if (!hex64(c->in.to.tag, &tag))
		return NULL;
	struct str call_id = sip_msg_value(&c->in.msg, SIP_HDR_CALL_ID);
	for (struct hash_node *n = hash_find(&c->call_by_tag, tag); n; n = hash_next(n)) {
		struct sip_call *k = (struct sip_call *)(void *)((char *)n - offsetof(struct sip_call, node));
		if (str_eq(call_text(k, TEXT_CALL_ID), call_id) && (k->established || !k->outgoing) &&
		    str_eq(call_remote_tag(k), c->in.from.tag))
			return k;
	}
	return NULL;
}

struct sip_call *call_new(struct sip_core *c, bool outgoing)
{
	struct sip_call *k = pool_take(&c->calls);
	if (!k)
		return NULL;
	k->outgoing = outgoing;
	k->state = outgoing ? CALL_CALLING : CALL_OFFERED;
	k->timer.owner = TIMER_CALL;
	k->retransmit_at = k->deadline = k->modify_at = SIP_NEVER;
	k->local_tag = core_random(c);
	k->sdp_id = core_random(c) >> 2; /* o= carries it as a signed number in some peers */
	hash_put(&c->call_by_tag, &k->node, k->local_tag);
	c->calls_open++;
	return k;
}

void call_free(struct sip_core *c, struct sip_call *k)
{
	if (!k->ended)
		c->calls_open--;
	wheel_clear(&c->wheel, &k->timer);
	hash_remove(&c->call_by_tag, &k->node);
	slab_free(&c->slab, k->text);
	slab_free(&c->slab, k->ok);
	call_srtp_free(c, k);
	pool_give(&c->calls, k);
}

/* --------------------------------------------------------------------- texts */

void call_texts(const struct sip_call *k, struct str all[TEXT_COUNT])
{
	const char *p = k->text;
	for (unsigned i = 0; i < TEXT_COUNT; i++) {
		all[i] = (struct str){p, k->len[i]};
		p += k->len[i];
	}
}

struct str call_text(const struct sip_call *k, enum call_text which)
{
	size_t at = 0;
	for (unsigned i = 0; i < (unsigned)which; i++)
		at += k->len[i];
	return (struct str){k->text + at, k->len[which]};
}

/** Header values go on one line: a fold becomes spaces (7.3.1). */
static void copy_text(char *to, struct str s, bool verbatim)
{
	for (size_t i = 0; i < s.n; i++)
		to[i] = !verbatim && (s.p[i] == '\r' || s.p[i] == '\n') ? ' ' : s.p[i];
}

int call_put_texts(struct sip_core *c, struct sip_call *k, const struct str all[TEXT_COUNT])
{
	size_t n = 0;
	for (unsigned i = 0; i < TEXT_COUNT; i++)
		n += all[i].n;
	if (n > CALL_TEXT_MAX)
		return -E2BIG;
	char *text = slab_alloc(&c->slab, n), *p = text;
	if (!text) {
		c->stats.no_buffers++;
		return -ENOBUFS;
	}
	for (unsigned i = 0; i < TEXT_COUNT; i++) {
		copy_text(p, all[i], i == TEXT_LINES || i == TEXT_OFFER);
		p += all[i].n;
		k->len[i] = (uint16_t)all[i].n;
	}
	slab_free(&c->slab, k->text);
	k->text = text;
	return 0;
}

int call_put_text(struct sip_core *c, struct sip_call *k, enum call_text which, struct str s)
{
	struct str all[TEXT_COUNT];
	call_texts(k, all);
	all[which] = s;
	return call_put_texts(c, k, all);
}

struct str call_remote_tag(const struct sip_call *k)
{
	struct str remote = call_text(k, TEXT_REMOTE);
	return (struct str){remote.p + k->remote_tag_at, k->remote_tag_n};
}

void call_set_remote_tag(struct sip_call *k, struct str tag)
{
	struct str remote = call_text(k, TEXT_REMOTE);
	k->remote_tag_at = tag.n ? (uint16_t)(tag.p - remote.p) : 0;
	k->remote_tag_n = (uint16_t)tag.n;
}

/* -------------------------------------------------------------------- timers */

void call_arm(struct sip_core *c, struct sip_call *k)
{
	uint64_t at = k->retransmit_at;
	if (k->deadline < at)
		at = k->deadline;
	if (k->modify_at < at)
		at = k->modify_at;
	if (at == SIP_NEVER)
		wheel_clear(&c->wheel, &k->timer);
	else
		wheel_set(&c->wheel, &k->timer, at, c->now);
}

static void ring_timeout(struct sip_core *c, struct sip_call *k)
{
	struct sip_txn *t = txn_get(c, k->invite);
	k->deadline = SIP_NEVER;
	call_end(c, k, SIP_SIDE_TIMEOUT, 408, 0);
	k->state = CALL_CLOSING;
	if (t)
		txn_cancel(c, t, 0);
}

void call_timer(struct sip_core *c, struct sip_call *k)
{
	if (k->modify_at <= c->now)
		modify_again(c, k);
	if (k->ok) {
		uas_ok_timer(c, k); /* may free it: it arms by itself */
		return;
	}
	if (k->state == CALL_CALLING && k->deadline <= c->now)
		ring_timeout(c, k);
	call_arm(c, k);
}

/* -------------------------------------------------------------------- events */

struct sip_event *call_event(struct sip_core *c, const struct sip_call *k, enum sip_event_kind kind)
{
	struct sip_event *e = outbox_event(&c->out);
	e->kind = (uint8_t)kind;
	e->flow = k->flow;
	e->call = call_handle(k);
	e->tag = k->tag;
	e->at = c->now;
	e->src = k->peer;
	e->call_id = outbox_copy(&c->out, call_text(k, TEXT_CALL_ID));
	return e;
}

struct sip_event *call_end(struct sip_core *c, struct sip_call *k, enum sip_side side, unsigned status, unsigned q850)
{
	if (k->ended)
		return NULL;
	if (k->modifying)
		modify_ended(c, k, status ? status : 487);
	struct sip_event *e = call_event(c, k, SIP_EV_ENDED);
	e->side = (uint8_t)side;
	e->status = (uint16_t)status;
	e->q850 = (uint16_t)(q850 ? q850 : status ? sip_status_q850(status) : 16);
	k->ended = true;
	c->calls_open--;
	return e;
}

unsigned call_reason(const struct sip_core *c)
{
	for (const struct sip_hdr *h = sip_msg_hdr(&c->in.msg, SIP_HDR_REASON); h;
	     h = sip_msg_hdr_next(&c->in.msg, h)) {
		struct str rest = h->value, item, cause;
		while (sip_list_next(&rest, &item)) {
			const char *semi = item.n ? memchr(item.p, ';', item.n) : NULL;
			uint64_t v;
			if (!semi || !str_ieq(str_trim((struct str){item.p, (size_t)(semi - item.p)}), STR("Q.850")))
				continue;
			if (sip_param(str_from(item, (size_t)(semi - item.p)), STR("cause"), &cause) &&
			    str_uint(cause, 127, &v))
				return (unsigned)v;
		}
	}
	return 0;
}

void call_reason_line(struct build *b, unsigned q850)
{
	if (!q850)
		return;
	build_lit(b, "Reason: Q.850;cause=");
	build_uint(b, q850);
	build_lit(b, "\r\n");
}

/* ----------------------------------------------------------------------- SDP */

bool call_has_sdp(const struct sip_core *c)
{
	struct str type = sip_msg_value(&c->in.msg, SIP_HDR_CONTENT_TYPE);
	const char *semi = type.n ? memchr(type.p, ';', type.n) : NULL;
	if (semi)
		type.n = (size_t)(semi - type.p);
	return c->in.msg.body.n && str_ieq(str_trim(type), STR("application/sdp"));
}

/* Some offer the same audio twice, in RTP/SAVP and in RTP/AVP. The line with a usable key is ours, then one in clear. */
static int parse_for(struct sdp *sdp, struct str body, unsigned policy)
{
	int err = sdp_parse_as(sdp, body, policy == SRTP_POLICY_OFF ? SDP_AVP : SDP_AVP | SDP_SAVP);
	if (err || policy == SRTP_POLICY_OFF || sdp->audio < 0 || sdp->ncrypto || sdp->nmedia < 2)
		return err;
	unsigned first = sdp->savp ? SDP_SAVP : SDP_AVP, other = sdp->savp ? SDP_AVP : SDP_SAVP;
	err = sdp_parse_as(sdp, body, other);
	if (!err && sdp->audio >= 0 && (sdp->ncrypto || other == SDP_AVP))
		return 0;
	return sdp_parse_as(sdp, body, first);
}

int call_agree(struct sip_core *c, struct sip_call *k, struct str body, const struct sip_local *local,
	       enum call_sdp_role role, struct sdp *sdp, struct sip_media *out)
{
	bool encrypted = k && k->srtp && k->srtp->active;
	int err = parse_for(sdp, body, encrypted ? SRTP_POLICY_REQUIRED : local->srtp);
	err = err ? err : sdp_agree(sdp, local, out);
	return err ? err : call_srtp_agree(c, k, sdp, local, role, out);
}

static struct str write_sdp(struct sip_core *c, struct sip_call *k, const struct sip_local *local,
			    const struct sdp *offer, const struct sip_media *agreed)
{
	struct build b;
	struct sdp_secure keys = {.tag = c->staged.tag, .n = c->staged.secure, .key = &c->staged.keys.tx};
	build_init(&b, c->body, sizeof(c->body));
	if (offer)
		sdp_answer(&b, offer, agreed, local, &keys, k->sdp_id, k->sdp_version);
	else if (call_srtp_offer(c, k, local, &keys) == 0)
		sdp_offer(&b, local, &keys, k->sdp_id, k->sdp_version);
	return build_view(&b);
}

static uint64_t sdp_hash(const struct sip_core *c, struct str s)
{
	struct hash_state h;
	hash_init(&h, c->key);
	hash_part(&h, s);
	return hash_end(&h).lo;
}

/** RFC 3264 8: the version in o= rises by one when the description changes, and only then. */
struct str call_sdp(struct sip_core *c, struct sip_call *k, const struct sip_local *local, const struct sdp *offer,
		    const struct sip_media *agreed)
{
	bool first = k->sdp_version == 0;
	if (first)
		k->sdp_version = 1;
	struct str s = write_sdp(c, k, local, offer, agreed);
	uint64_t hash = sdp_hash(c, s);
	if (!first && hash != k->sdp_hash) {
		k->sdp_version++;
		s = write_sdp(c, k, local, offer, agreed);
		hash = sdp_hash(c, s);
	}
	k->sdp_hash = hash;
	return s;
}
