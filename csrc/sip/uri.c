/** uri.c  SIP, SIPS and tel URIs (RFC 3261 19.1, RFC 3966). */
#include "sip/message.h"

#include <errno.h>

#include "sip/chars.h"
#include "sip/uri.h"

/* First character that is neither of the class nor part of a %HH. */
static const char *escaped_run(const char *p, const char *end, unsigned cls)
{
	for (;;) {
		p = ch_run(p, end, cls);
		if (end - p < 3 || *p != '%' || !ch_is(p[1], CH_HEX) || !ch_is(p[2], CH_HEX))
			return p;
		p += 3;
	}
}

/* [user [":" password] "@"]; *p stays when there is none. */
static bool parse_userinfo(struct sip_uri *u, const char **p, const char *end)
{
	const char *user = *p, *q = escaped_run(user, end, CH_USER);
	if (q == end || (*q != '@' && *q != ':')) /* a host; or bad, then as a host, too */
		return true;
	if (*q == ':') {
		const char *password = q + 1, *stop = escaped_run(password, end, CH_PASSWORD);
		if (stop == end || *stop != '@')
			return true;
		u->password = ch_span(password, stop);
		u->user = ch_span(user, q);
		q = stop;
	} else {
		u->user = ch_span(user, q);
	}
	*p = q + 1;
	return u->user.n != 0;
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
	q = ch_run(at, end, CH_HOST);
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
	if (!parse_userinfo(u, &p, end))
		return -EBADMSG;
	if (!sip_host_parse(&p, end, &u->host))
		return -EBADMSG;
	if (p < end && *p == ':') {
		p++;
		if (!sip_port_parse(&p, end, &u->port))
			return -EBADMSG;
	}
	if (p < end && *p == ';') {
		const char *q = escaped_run(p + 1, end, CH_URI_PARAM);
		u->params = ch_span(p + 1, q);
		p = q;
	}
	if (p < end && *p == '?') {
		const char *q = escaped_run(p + 1, end, CH_URI_HEADER);
		u->headers = ch_span(p + 1, q);
		p = q;
	}
	return p == end ? 0 : -EBADMSG;
}

static int parse_tel(struct sip_uri *u, const char *p, const char *end)
{
	const char *q = ch_skip(p, end, CH_TEL);
	u->user = ch_span(p, q);
	if (q < end && *q == ';') {
		const char *params = q + 1;
		q = escaped_run(params, end, CH_URI_PARAM);
		u->params = ch_span(params, q);
	}
	return u->user.n && q == end ? 0 : -EBADMSG;
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
	return ch_run(colon + 1, end, CH_URI) == end ? 0 : -EBADMSG;
}
