/** command.c  What the caller asks: its arguments checked, then handed to the call. */
#include <errno.h>

#include "dsp/codec.h"
#include "sip/call.h"
#include "sip/respond.h"
#include "sip/sdp.h"

enum { DEFAULT_RING_MS = 180000 };

/** Text that becomes part of a header line must not end it. */
static bool is_clean(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == 0)
			return false;
	return true;
}

static const char *const own_headers[] = {"Via",
					  "From",
					  "To",
					  "Call-ID",
					  "CSeq",
					  "Contact",
					  "Max-Forwards",
					  "Route",
					  "Record-Route",
					  "Content-Type",
					  "Content-Length",
					  "Authorization",
					  "Proxy-Authorization"};

/** Complete header lines of names that we do not write ourselves. */
bool command_lines_ok(struct sip_core *c, struct str lines)
{
	struct build b;
	if (lines.n == 0)
		return true;
	build_init(&b, c->lines, sizeof(c->lines));
	build_lit(&b, "OPTIONS sip:h SIP/2.0\r\n");
	build_str(&b, lines);
	build_lit(&b, "\r\n");
	struct str s = build_view(&b);
	if (s.n == 0 || lines.n < 2 || memcmp(lines.p + lines.n - 2, "\r\n", 2) != 0)
		return false;
	struct sip_msg *m = &c->own;
	if (sip_msg_parse(m, s.p, s.n) != 0 || m->head.n != lines.n)
		return false;
	for (size_t i = 0; i < sizeof(own_headers) / sizeof(*own_headers); i++)
		if (sip_msg_hdr_named(m, str_of(own_headers[i])))
			return false;
	for (unsigned i = 0; i < m->nhdr; i++) /* compact forms have ids, not those names */
		if (m->hdr[i].name.n == 1)
			return false;
	return true;
}

static bool address_ok(struct str s)
{
	struct sip_addr a;
	struct sip_uri u;
	return s.n && is_clean(s) && sip_addr_parse(&a, s) == 0 && a.tag.n == 0 && sip_uri_parse(&u, a.uri) == 0;
}

bool command_uri_ok(struct str s)
{
	struct sip_uri u;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == '<' || s.p[i] == '>')
			return false;
	return sip_uri_parse(&u, s) == 0 && str_ieq(u.scheme, STR("sip"));
}

static bool route_ok(struct str s)
{
	struct str item;
	if (!is_clean(s))
		return false;
	while (s.n && sip_list_next(&s, &item)) {
		struct sip_addr a;
		if (sip_addr_parse(&a, item) != 0)
			return false;
	}
	return true;
}

bool command_local_ok(const struct sip_local *l)
{
	if (l->rtp.family != ADDR_V4 && l->rtp.family != ADDR_V6)
		return false;
	if (l->ncodecs == 0 || l->ncodecs > sizeof(l->codecs) || l->dir > DIR_SENDRECV ||
	    l->srtp > SRTP_POLICY_REQUIRED)
		return false;
	for (unsigned i = 0; i < l->ncodecs; i++)
		if (!codec_info(l->codecs[i]))
			return false;
	/* 110 and 111 are taken, see sdp.h */
	return l->te_pt == 255 ||
	       (l->te_pt >= 96 && l->te_pt <= 127 && l->te_pt != SDP_OWN_OPUS && l->te_pt != SDP_OWN_TE_WIDE);
}

static bool opts_ok(struct sip_core *c, const struct sip_call_opts *o)
{
	bool dst = o->dst.family == ADDR_V4 || o->dst.family == ADDR_V6;
	return o->hops <= SIP_HOPS_MAX && o->flow < SIP_FLOWS && c->flow[o->flow].open && dst &&
	       command_uri_ok(o->ruri) && address_ok(o->from) && (o->to.n == 0 || address_ok(o->to)) &&
	       route_ok(o->route) && is_clean(o->username) && command_local_ok(&o->local) &&
	       command_lines_ok(c, o->headers);
}

/** A URI without <> gets them: otherwise its parameters would become the header's, and so would our tag. */
static struct str in_brackets(struct build *b, struct str s)
{
	size_t at = b->n;
	bool bare = !s.n || !memchr(s.p, '<', s.n);
	build_lit(b, bare ? "<" : "");
	build_str(b, s);
	build_lit(b, bare ? ">" : "");
	return (struct str){b->p + at, b->n - at};
}

static int put_opts(struct sip_core *c, struct sip_call *k, const struct sip_call_opts *o)
{
	struct build id, b;
	char hex[32];
	struct str all[TEXT_COUNT] = {{0}};
	build_init(&id, hex, sizeof(hex));
	build_hex(&id, core_random(c), 16);
	build_hex(&id, core_random(c), 16);
	build_init(&b, c->body, sizeof(c->body));
	all[TEXT_CALL_ID] = build_view(&id);
	all[TEXT_LOCAL] = in_brackets(&b, o->from);
	all[TEXT_REMOTE] = in_brackets(&b, o->to.n ? o->to : o->ruri);
	all[TEXT_TARGET] = o->ruri;
	all[TEXT_ROUTE] = o->route;
	all[TEXT_USER] = o->username;
	all[TEXT_PASSWORD] = o->password;
	all[TEXT_LINES] = o->headers;
	return build_ok(&b) ? call_put_texts(c, k, all) : -E2BIG;
}

int sip_call_create(struct sip_core *c, const struct sip_call_opts *o, uint64_t now, uint64_t *call)
{
	if (core_enter(c, now, SIP_COMMAND_MAX) != 0)
		return -ENOBUFS;
	if (!opts_ok(c, o))
		return -EINVAL;
	struct sip_call *k = call_new(c, true);
	if (!k) {
		c->stats.no_buffers++;
		return -ENOBUFS;
	}
	k->flow = (uint8_t)o->flow;
	k->peer = k->dst = o->dst;
	k->local = o->local;
	k->tag = o->tag;
	k->hops = o->hops;
	k->deadline = core_after_ms(c, o->ring_ms ? o->ring_ms : DEFAULT_RING_MS);
	int err = put_opts(c, k, o);
	err = err ? err : uac_invite(c, k, call_sdp(c, k, &k->local, NULL, NULL));
	if (err) {
		call_free(c, k);
		return err;
	}
	call_arm(c, k);
	c->stats.calls_out++;
	*call = call_handle(k);
	return 0;
}

int sip_call_tag(struct sip_core *c, uint64_t call, uint64_t tag)
{
	struct sip_call *k = call_open(c, call);
	if (!k)
		return -ENOENT;
	k->tag = tag;
	return 0;
}

/** 101-199 with our SDP only when there is an offer to answer: an unreliable response cannot carry an offer (13.2.1). */
static int send_progress(struct sip_core *c, struct sip_call *k, struct sip_txn *t, unsigned status,
			 const struct sip_local *local)
{
	struct build b;
	struct reply r = {.status = status, .tag = k->local_tag, .contact = true};
	if (local) {
		int err = uas_answer_sdp(c, k, local, &r.body);
		if (err)
			return err;
		r.type = "application/sdp";
	}
	reply_build_kept(c, &b, t, &r);
	if (!build_ok(&b))
		return -E2BIG;
	txn_respond(c, t, status, &b);
	return 0;
}

int sip_call_progress(struct sip_core *c, uint64_t call, unsigned status, const struct sip_local *local, uint64_t now)
{
	struct sip_call *k;
	if (core_enter(c, now, SIP_COMMAND_MAX) != 0)
		return -ENOBUFS;
	if (status <= 100 || status >= 200 || (local && !command_local_ok(local)))
		return -EINVAL;
	if (!(k = call_open(c, call)))
		return -ENOENT;
	struct sip_txn *t = k->state == CALL_OFFERED ? txn_get(c, k->invite) : NULL;
	if (!t || (local && k->answer_due))
		return -EPROTO;
	return send_progress(c, k, t, status, local);
}

int sip_call_answer(struct sip_core *c, uint64_t call, const struct sip_local *local, uint64_t now)
{
	struct sip_call *k;
	struct str body;
	if (core_enter(c, now, SIP_COMMAND_MAX) != 0)
		return -ENOBUFS;
	if (!command_local_ok(local))
		return -EINVAL;
	if (!(k = call_open(c, call)))
		return -ENOENT;
	struct sip_txn *t = k->state == CALL_OFFERED ? txn_get(c, k->invite) : NULL;
	if (!t)
		return -EPROTO;
	int err = uas_answer_sdp(c, k, local, &body);
	err = err ? err : uas_ok(c, k, t, body);
	if (err)
		return err;
	k->state = CALL_ANSWERED;
	return 0;
}

int sip_call_check(struct sip_core *c, uint64_t call, const struct sip_local *local)
{
	struct sdp sdp;
	struct sip_media media;
	struct sip_call *k = call_open(c, call);
	if (!command_local_ok(local))
		return -EINVAL;
	if (!k)
		return -ENOENT;
	if (k->state != CALL_OFFERED || k->answer_due)
		return 0; /* we make the offer */
	return call_agree(c, k, call_text(k, TEXT_OFFER), local, CALL_SDP_OFFER, &sdp, &media) ? -EPROTONOSUPPORT : 0;
}

int sip_call_reject(struct sip_core *c, uint64_t call, unsigned status, struct str headers, uint64_t now)
{
	struct sip_call *k;
	if (core_enter(c, now, SIP_COMMAND_MAX) != 0)
		return -ENOBUFS;
	if (status < 300 || status > 699 || !command_lines_ok(c, headers))
		return -EINVAL;
	if (!(k = call_open(c, call)))
		return -ENOENT;
	if (k->state != CALL_OFFERED)
		return -EPROTO;
	uas_final(c, k, status, headers);
	call_end(c, k, SIP_SIDE_LOCAL, status, 0);
	call_free(c, k);
	return 0;
}

static void hang_up_unanswered(struct sip_core *c, struct sip_call *k, unsigned q850)
{
	struct build lines;
	build_init(&lines, c->lines, sizeof(c->lines));
	call_reason_line(&lines, q850);
	uas_final(c, k, 480, build_view(&lines));
	call_end(c, k, SIP_SIDE_LOCAL, 480, q850);
	call_free(c, k);
}

static void hang_up_calling(struct sip_core *c, struct sip_call *k, unsigned q850)
{
	struct sip_txn *t = txn_get(c, k->invite);
	call_end(c, k, SIP_SIDE_LOCAL, 487, q850);
	k->state = CALL_CLOSING;
	k->deadline = SIP_NEVER;
	call_arm(c, k);
	if (t)
		txn_cancel(c, t, q850);
}

int sip_call_hangup(struct sip_core *c, uint64_t call, unsigned q850, uint64_t now)
{
	struct sip_call *k;
	if (core_enter(c, now, SIP_COMMAND_MAX) != 0)
		return -ENOBUFS;
	if (q850 > 127)
		return -EINVAL;
	if (!(k = call_open(c, call)))
		return -ENOENT;
	switch ((enum call_state)k->state) {
	case CALL_CALLING:
		hang_up_calling(c, k, q850);
		break;
	case CALL_OFFERED:
		hang_up_unanswered(c, k, q850);
		break;
	case CALL_ANSWERED: /* no BYE before the ACK, or its time is over (15) */
		call_end(c, k, SIP_SIDE_LOCAL, 0, q850);
		k->state = CALL_CLOSING;
		k->bye_q850 = (uint8_t)q850;
		break;
	case CALL_UP:
		call_end(c, k, SIP_SIDE_LOCAL, 0, q850);
		uac_bye(c, k, q850);
		break;
	case CALL_CLOSING:
		return -ENOENT;
	}
	return 0;
}
