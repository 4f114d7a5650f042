/** dialog.c  See dialog.h. */
#include "sip/dialog.h"

#include <errno.h>

enum { ROUTES_MAX = 32 };

void dialog_of_call(const struct sip_call *k, struct dialog_view *v)
{
	struct str all[TEXT_COUNT];
	call_texts(k, all);
	*v = (struct dialog_view){.flow = k->flow,
				  .call_id = all[TEXT_CALL_ID],
				  .local = all[TEXT_LOCAL],
				  .remote = all[TEXT_REMOTE],
				  .target = all[TEXT_TARGET],
				  .route = all[TEXT_ROUTE],
				  .local_tag = k->local_tag,
				  .strict = k->strict};
}

static struct str first_route_uri(struct str route)
{
	struct str item = STR_NONE;
	struct sip_addr a;
	sip_list_next(&route, &item);
	return sip_addr_parse(&a, item) == 0 ? a.uri : STR_NONE;
}

struct str dialog_uri(const struct dialog_view *v)
{
	return v->strict ? first_route_uri(v->route) : v->target;
}

static void build_route(struct build *b, const struct dialog_view *v)
{
	struct str rest = v->route, first;
	if (!v->strict) {
		if (rest.n)
			build_header(b, "Route", rest);
		return;
	}
	/* A strict router is the Request-URI; the target goes to the end of the route (12.2.1.1). */
	sip_list_next(&rest, &first);
	build_lit(b, "Route: ");
	build_str(b, str_trim(rest));
	build_lit(b, str_trim(rest).n ? ", <" : "<");
	build_str(b, v->target);
	build_lit(b, ">\r\n");
}

static void build_parties(struct build *b, const struct dialog_view *v)
{
	build_lit(b, "From: ");
	build_str(b, v->local);
	if (v->local_tag) {
		build_lit(b, ";tag=");
		build_hex(b, v->local_tag, 16);
	}
	build_lit(b, "\r\n");
	build_header(b, "To", v->remote);
	build_header(b, "Call-ID", v->call_id);
}

void dialog_build(struct sip_core *c, struct build *b, const struct dialog_view *v, const struct dialog_request *r)
{
	const struct sip_flow *f = &c->flow[v->flow];
	outbox_begin(&c->out, b);
	build_str(b, sip_method_name(r->method));
	build_lit(b, " ");
	build_str(b, dialog_uri(v));
	build_lit(b, " SIP/2.0\r\nVia: ");
	build_str(b, (struct str){f->via, f->nvia});
	build_hex(b, r->branch, 16);
	build_lit(b, "\r\nMax-Forwards: ");
	build_uint(b, (uint64_t)(SIP_HOPS_MAX - r->hops));
	build_lit(b, "\r\n");
	build_route(b, v);
	build_parties(b, v);
	build_lit(b, "CSeq: ");
	build_uint(b, r->cseq);
	build_lit(b, " ");
	build_str(b, sip_method_name(r->method));
	build_lit(b, "\r\n");
	if (r->contact)
		build_header(b, "Contact", flow_contact(c, v->flow));
	build_str(b, r->lines);
	build_header(b, "User-Agent", (struct str){c->agent, c->nagent});
	build_body(b, r->body.n ? "application/sdp" : NULL, r->body);
}

static bool is_unspecified(const struct net_addr *a)
{
	static const uint8_t zero[16];
	return memcmp(a->ip, zero, a->family == ADDR_V4 ? 4 : 16) == 0;
}

void dialog_next_hop(struct dialog_view *v, const struct net_addr *fallback, struct net_addr *dst)
{
	struct sip_uri u;
	struct net_addr a;
	struct str lr, hop = v->route.n ? first_route_uri(v->route) : v->target;
	*dst = *fallback;
	v->strict = false;
	if (sip_uri_parse(&u, hop) != 0)
		return;
	v->strict = v->route.n && !sip_param(u.params, STR("lr"), &lr);
	if (net_addr_parse(&a, u.host, u.port ? u.port : 5060) == 0 && !is_unspecified(&a))
		*dst = a;
}

/** Record-Route values of all header lines, in order. Count, or negative errno. */
static int record_routes(const struct sip_msg *m, struct str item[ROUTES_MAX])
{
	int n = 0;
	for (const struct sip_hdr *h = sip_msg_hdr(m, SIP_HDR_RECORD_ROUTE); h; h = sip_msg_hdr_next(m, h)) {
		struct str rest = h->value, one;
		while (sip_list_next(&rest, &one)) {
			struct sip_addr a;
			struct sip_uri u;
			if (n == ROUTES_MAX)
				return -E2BIG;
			if (sip_addr_parse(&a, one) != 0 || sip_uri_parse(&u, a.uri) != 0)
				return -EBADMSG;
			item[n++] = one;
		}
	}
	return n;
}

int dialog_route_set(struct sip_core *c, bool reverse, struct str *out)
{
	struct str item[ROUTES_MAX];
	struct build b;
	int n = record_routes(&c->in.msg, item);
	if (n < 0)
		return n;
	build_init(&b, c->route, sizeof(c->route));
	for (int i = 0; i < n; i++) {
		build_lit(&b, i ? ", " : "");
		build_str(&b, item[reverse ? n - 1 - i : i]);
	}
	*out = build_view(&b);
	return build_ok(&b) ? 0 : -E2BIG;
}

bool dialog_is_target(struct str uri)
{
	struct sip_uri u;
	if (sip_uri_parse(&u, uri) != 0 || (!str_ieq(u.scheme, STR("sip")) && !str_ieq(u.scheme, STR("sips"))))
		return false;
	for (size_t i = 0; i < uri.n; i++)
		if ((unsigned char)uri.p[i] <= ' ' || uri.p[i] == '>')
			return false;
	return true;
}

int dialog_contact(const struct sip_core *c, struct str *uri)
{
	struct str rest = sip_msg_value(&c->in.msg, SIP_HDR_CONTACT), item;
	struct sip_addr a;
	if (!sip_list_next(&rest, &item) || sip_addr_parse(&a, item) != 0 || !dialog_is_target(a.uri))
		return -EBADMSG;
	*uri = a.uri;
	return 0;
}
