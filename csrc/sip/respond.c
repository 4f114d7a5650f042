/** respond.c  See respond.h. */
#include "sip/respond.h"

static void build_unfolded(struct build *b, struct str s)
{
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '\r' && s.p[i] != '\n')
			continue;
		build_str(b, (struct str){s.p + from, i - from});
		build_lit(b, " ");
		from = i + 1;
	}
	build_str(b, str_from(s, from));
}

void reply_dst(const struct sip_core *c, struct net_addr *dst)
{
	const struct sip_via *v = &c->in.via;
	*dst = c->in.src;
	if (c->flow[c->in.flow].reliable || v->has_rport)
		return;
	dst->port = v->port ? v->port : 5060;
}

static struct str next_param(struct str *rest)
{
	bool quoted = false;
	size_t i = 0;
	for (; i < rest->n; i++) {
		if (quoted && rest->p[i] == '\\')
			i++;
		else if (rest->p[i] == '"')
			quoted = !quoted;
		else if (rest->p[i] == ';' && !quoted)
			break;
	}
	if (i > rest->n)
		i = rest->n;
	struct str param = str_trim((struct str){rest->p, i});
	*rest = str_from(*rest, i + 1);
	return param;
}

static bool param_is(struct str param, struct str name)
{
	return param.n >= name.n && str_ieq((struct str){param.p, name.n}, name) &&
	       (param.n == name.n || param.p[name.n] == '=' || param.p[name.n] == ' ' || param.p[name.n] == '\t');
}

/** The top Via with what we saw: received, rport (RFC 3261 18.2.1, RFC 3581 4). What the sender claims in their
 *  place is dropped. */
static void build_top_via(const struct sip_core *c, struct build *b)
{
	const struct sip_via *v = &c->in.via;
	struct net_addr host;
	struct str rest = v->params;
	bool v6 = memchr(v->host.p, ':', v->host.n) != NULL;
	build_lit(b, "Via: SIP/2.0/");
	build_str(b, v->transport);
	build_lit(b, v6 ? " [" : " ");
	build_str(b, v->host);
	build_lit(b, v6 ? "]" : "");
	if (v->port) {
		build_lit(b, ":");
		build_uint(b, v->port);
	}
	while (rest.n) {
		struct str param = next_param(&rest);
		if (param.n == 0 || param_is(param, STR("received")) || param_is(param, STR("rport")))
			continue;
		build_lit(b, ";");
		build_unfolded(b, param);
	}
	bool same = net_addr_parse(&host, v->host, c->in.src.port) == 0 && net_addr_eq(&host, &c->in.src);
	if (v->has_rport || !same) {
		build_lit(b, ";received=");
		build_addr(b, &c->in.src, false);
	}
	if (v->has_rport) {
		build_lit(b, ";rport=");
		build_uint(b, c->in.src.port);
	}
	build_lit(b, "\r\n");
}

static void build_headers(struct build *b, const struct sip_msg *m, enum sip_hdr_id id, const char *name)
{
	for (const struct sip_hdr *h = sip_msg_hdr(m, id); h; h = sip_msg_hdr_next(m, h))
		build_header(b, name, h->value);
}

size_t reply_base(const struct sip_core *c, struct build *b)
{
	const struct sip_msg *m = &c->in.msg;
	const struct sip_hdr *via = sip_msg_hdr(m, SIP_HDR_VIA);
	build_top_via(c, b);
	if (str_trim(c->in.via_rest).n)
		build_header(b, "Via", str_trim(c->in.via_rest));
	while (via && (via = sip_msg_hdr_next(m, via)))
		build_header(b, "Via", via->value);
	build_header(b, "From", sip_msg_value(m, SIP_HDR_FROM));
	build_header(b, "Call-ID", sip_msg_value(m, SIP_HDR_CALL_ID));
	build_header(b, "CSeq", sip_msg_value(m, SIP_HDR_CSEQ));
	build_lit(b, "To: ");
	build_unfolded(b, sip_msg_value(m, SIP_HDR_TO));
	size_t to_end = b->n;
	build_headers(b, m, SIP_HDR_RECORD_ROUTE, "Record-Route");
	return to_end;
}

static void build_status(struct build *b, const struct reply *r)
{
	build_lit(b, "SIP/2.0 ");
	build_uint(b, r->status);
	build_lit(b, " ");
	build_lit(b, r->reason ? r->reason : sip_status_text(r->status));
	build_lit(b, "\r\n");
}

/** Everything after the To value, which ends at b->n. */
static void build_rest(struct sip_core *c, struct build *b, const struct reply *r, uint32_t flow,
		       struct str record_route)
{
	if (r->tag) {
		build_lit(b, ";tag=");
		build_hex(b, r->tag, 16);
	}
	build_lit(b, "\r\n");
	if (r->status > 100 && r->status < 300)
		build_str(b, record_route);
	if (r->contact)
		build_header(b, "Contact", flow_contact(c, flow));
	build_str(b, r->lines);
	if (r->status != 100)
		build_header(b, "Server", (struct str){c->agent, c->nagent});
	build_body(b, r->type, r->body);
}

/** RFC 3261 8.2.7: the same request gets the same tag. */
static uint64_t stateless_tag(const struct sip_core *c)
{
	struct hash_state h;
	hash_init(&h, c->random_key);
	hash_part(&h, c->in.via.branch);
	hash_part(&h, sip_msg_value(&c->in.msg, SIP_HDR_CALL_ID));
	hash_part(&h, sip_msg_value(&c->in.msg, SIP_HDR_CSEQ));
	uint64_t tag = hash_end(&h).lo;
	return tag ? tag : 1;
}

void reply_build(struct sip_core *c, struct build *b, const struct reply *r)
{
	struct reply full = *r;
	char *record_route = c->route;
	outbox_begin(&c->out, b);
	build_status(b, r);
	size_t to_end = reply_base(c, b);
	size_t n = build_ok(b) && r->status < 300 ? b->n - to_end : 0;
	if (n > sizeof(c->route))
		b->full = true;
	if (!build_ok(b))
		return;
	memcpy(record_route, b->p + to_end, n);
	b->n = to_end;
	if (c->in.to.tag.n)
		full.tag = 0;
	else if (!full.tag && full.status != 100)
		full.tag = stateless_tag(c);
	build_rest(c, b, &full, c->in.flow, (struct str){record_route, n});
}

void reply_build_kept(struct sip_core *c, struct build *b, const struct sip_txn *t, const struct reply *r)
{
	struct reply full = *r;
	outbox_begin(&c->out, b);
	build_status(b, r);
	build_str(b, (struct str){t->base, t->nto});
	if (!t->tagless)
		full.tag = 0;
	build_rest(c, b, &full, t->flow, (struct str){t->base + t->nto, t->nbase - t->nto});
}

void reply_stateless(struct sip_core *c, const struct reply *r)
{
	struct build b;
	struct net_addr dst;
	if (c->in.msg.method == SIP_ACK)
		return;
	reply_dst(c, &dst);
	reply_build(c, &b, r);
	core_send(c, c->in.flow, &dst, &b);
}

void reply_status(struct sip_core *c, unsigned status, struct str lines)
{
	struct reply r = {.status = status, .lines = lines};
	reply_stateless(c, &r);
}

void reply_later(struct sip_core *c, unsigned status, unsigned seconds)
{
	struct build lines;
	build_init(&lines, c->lines, sizeof(c->lines));
	build_lit(&lines, "Retry-After: ");
	build_uint(&lines, seconds);
	build_lit(&lines, "\r\n");
	reply_status(c, status, build_view(&lines));
}

void reply_stateful(struct sip_core *c, const struct reply *r)
{
	struct build b;
	struct sip_txn *t = txn_server(c, 0);
	if (!t) {
		reply_stateless(c, r);
		return;
	}
	reply_build(c, &b, r);
	txn_respond(c, t, r->status, &b);
}
