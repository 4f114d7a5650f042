/** uri.c  SIP, SIPS and tel URIs (RFC 3261 19.1, RFC 3966). */
#include "sip/message.h"

#include <errno.h>

#include "sip/chars.h"
#include "sip/uri.h"

/* All of the class, or %HH. */
static bool escaped_all(struct str s, unsigned cls)
{
	if (s.n == 0)
		return true;
	const char *p = s.p, *end = p + s.n;
	while (p < end) {
		if (ch_is(*p, cls))
			p++;
		else if (*p == '%' && end - p > 2 && ch_is(p[1], CH_HEX) && ch_is(p[2], CH_HEX))
			p += 3;
		else
			return false;
	}
	return true;
}

static bool parse_userinfo(struct sip_uri *u, struct str s)
{
	const char *colon = s.n ? memchr(s.p, ':', s.n) : NULL;
	u->user = colon ? ch_span(s.p, colon) : s;
	if (colon)
		u->password = ch_span(colon + 1, s.p + s.n);
	return u->user.n && escaped_all(u->user, CH_USER) && escaped_all(u->password, CH_PASSWORD);
}

bool sip_host_parse(const char **p, const char *end, struct str *host)
{
	const char *at = *p, *q;
	if (at < end && *at == '[') {
		struct net_addr a;
		q = memchr(at, ']', (size_t)(end - at));
		if (!q || net_addr_parse(&a, ch_span(at, q + 1), 0) != 0)
			return false;
		*host = ch_span(at + 1, q);
		*p = q + 1;
		return true;
	}
	q = ch_skip(at, end, CH_HOST);
	if (q == at || *at == '.' || *at == '-')
		return false;
	*host = ch_span(at, q);
	*p = q;
	return true;
}

bool sip_port_parse(const char **p, const char *end, uint16_t *port)
{
	const char *q = ch_skip(*p, end, CH_DIGIT);
	uint64_t v;
	if (!str_uint(ch_span(*p, q), UINT16_MAX, &v) || v == 0)
		return false;
	*port = (uint16_t)v;
	*p = q;
	return true;
}

/* [userinfo "@"] host [":" port] [";" params] ["?" headers] */
static int parse_sip(struct sip_uri *u, const char *p, const char *end)
{
	const char *at = memchr(p, '@', (size_t)(end - p));
	if (at) {
		if (!parse_userinfo(u, ch_span(p, at)))
			return -EBADMSG;
		p = at + 1;
	}
	if (!sip_host_parse(&p, end, &u->host))
		return -EBADMSG;
	if (p < end && *p == ':') {
		p++;
		if (!sip_port_parse(&p, end, &u->port))
			return -EBADMSG;
	}
	if (p < end && *p == ';') {
		const char *q = memchr(p, '?', (size_t)(end - p));
		u->params = ch_span(p + 1, q ? q : end);
		p = q ? q : end;
	}
	if (p < end && *p == '?') {
		u->headers = ch_span(p + 1, end);
		p = end;
	}
	bool good = p == end && escaped_all(u->params, CH_URI_PARAM) && escaped_all(u->headers, CH_URI_HEADER);
	return good ? 0 : -EBADMSG;
}

static int parse_tel(struct sip_uri *u, const char *p, const char *end)
{
	const char *q = ch_skip(p, end, CH_TEL);
	u->user = ch_span(p, q);
	if (q < end && *q == ';') {
		u->params = ch_span(q + 1, end);
		q = end;
	}
	return u->user.n && q == end && escaped_all(u->params, CH_URI_PARAM) ? 0 : -EBADMSG;
}

int sip_uri_parse(struct sip_uri *u, struct str s)
{
	*u = (struct sip_uri){0};
	if (s.n == 0)
		return -EBADMSG;
	const char *end = s.p + s.n, *colon = ch_skip(s.p, end, CH_SCHEME);
	if (colon == s.p || colon + 1 >= end || *colon != ':' || !ch_is(*s.p, CH_ALPHA))
		return -EBADMSG;
	u->scheme = ch_span(s.p, colon);
	if (str_ieq(u->scheme, STR("sip")) || str_ieq(u->scheme, STR("sips")))
		return parse_sip(u, colon + 1, end);
	if (str_ieq(u->scheme, STR("tel")))
		return parse_tel(u, colon + 1, end);
	return ch_skip(colon + 1, end, CH_URI) == end ? 0 : -EBADMSG;
}
