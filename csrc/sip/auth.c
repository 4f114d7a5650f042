/** auth.c  Answers to 401 and 407: RFC 3261 22, RFC 8760. The last challenge of each kind is kept with the call, so
 *  that later requests of the dialog carry credentials from the start. */
#include "sip/call.h"
#include "sip/digest.h"

enum { STALE_TRIES = 3 };

void auth_request_begins(struct sip_call *k)
{
	k->www.tries = k->proxy.tries = 0;
}

/** The topmost challenge we can answer. */
static bool usable(const struct sip_msg *m, enum sip_hdr_id id, struct digest_challenge *d, struct str *value)
{
	for (const struct sip_hdr *h = sip_msg_hdr(m, id); h; h = sip_msg_hdr_next(m, h)) {
		*value = h->value;
		if (digest_challenge_parse(d, h->value) == 0)
			return true;
	}
	return false;
}

/** A second challenge for the same request means the password is wrong, unless the server says that only the nonce
 *  was old. */
static bool take(struct sip_core *c, struct sip_call *k, enum sip_hdr_id id, enum call_text text, struct call_auth *a)
{
	struct digest_challenge d;
	struct str value;
	if (!usable(&c->in.msg, id, &d, &value))
		return false;
	if (a->tries && !(d.stale && a->tries < STALE_TRIES))
		return false;
	if (call_put_text(c, k, text, value) != 0)
		return false;
	a->tries++;
	a->nc = 0;
	return true;
}

bool auth_challenged(struct sip_core *c, struct sip_call *k)
{
	if (call_text(k, TEXT_USER).n == 0)
		return false;
	if (c->in.msg.status == 401)
		return take(c, k, SIP_HDR_WWW_AUTHENTICATE, TEXT_WWW, &k->www);
	return take(c, k, SIP_HDR_PROXY_AUTHENTICATE, TEXT_PROXY, &k->proxy);
}

static void one_line(struct sip_core *c, struct sip_call *k, struct build *b, enum call_text text, struct call_auth *a,
		     enum sip_method m, struct str uri)
{
	struct digest_challenge d;
	struct build cnonce;
	char hex[16], value[2048];
	if (call_text(k, text).n == 0 || digest_challenge_parse(&d, call_text(k, text)) != 0)
		return;
	/* The ACK of a 2xx repeats the INVITE's credentials (13.2.2.4). */
	uint32_t nc = m == SIP_ACK ? a->invite_nc : ++a->nc;
	if (m == SIP_INVITE)
		a->invite_nc = nc;
	build_init(&cnonce, hex, sizeof(hex));
	build_hex(&cnonce, hash_random(c->random_key, ~k->local_tag), 16);
	int n = digest_answer(&d, call_text(k, TEXT_USER), call_text(k, TEXT_PASSWORD),
			      sip_method_name(m == SIP_ACK ? SIP_INVITE : m), uri, build_view(&cnonce), nc, value,
			      sizeof(value));
	if (n > 0)
		build_header(b, text == TEXT_WWW ? "Authorization" : "Proxy-Authorization",
			     (struct str){value, (size_t)n});
}

int auth_invite_begins(struct sip_core *c, struct sip_call *k, struct str uri)
{
	bool credentials = k->len[TEXT_WWW] || k->len[TEXT_PROXY];
	if (!credentials || str_eq(uri, call_text(k, TEXT_AUTH_URI)))
		return 0;
	return call_put_text(c, k, TEXT_AUTH_URI, uri);
}

void auth_lines(struct sip_core *c, struct sip_call *k, struct build *b, enum sip_method m, struct str uri)
{
	if (m == SIP_ACK)
		uri = call_text(k, TEXT_AUTH_URI);
	one_line(c, k, b, TEXT_WWW, &k->www, m, uri);
	one_line(c, k, b, TEXT_PROXY, &k->proxy, m, uri);
}
