/** addr.c  From, To, Contact, Route...: name-addr or addr-spec (RFC 3261 20.10, 25.1). */
#include "sip/message.h"

#include <errno.h>

#include "sip/chars.h"

/* p is behind '<'. Returns what follows '>'. */
static const char *angle_uri(struct sip_addr *a, const char *p, const char *end)
{
	const char *q = ch_run(p, end, CH_URI);
	if (q == p || q == end || *q != '>')
		return NULL;
	a->uri = ch_span(p, q);
	return q + 1;
}

static const char *quoted_name(struct sip_addr *a, const char *p, const char *end)
{
	const char *q = ch_quoted(p, end);
	if (!q)
		return NULL;
	a->display = ch_span(p + 1, q - 1);
	q = ch_skip(q, end, CH_WS);
	return q < end && *q == '<' ? angle_uri(a, q + 1, end) : NULL;
}

/* Without <>: the URI ends at the first ';' and may hold neither ',' nor '?' (RFC 3261 20). */
static const char *bare_uri(struct sip_addr *a, const char *p, const char *end)
{
	a->uri = str_trim(ch_span(p, end));
	if (a->uri.n == 0 || !ch_all(a->uri, CH_URI) || memchr(a->uri.p, '?', a->uri.n))
		return NULL;
	return end;
}

static const char *name_or_uri(struct sip_addr *a, const char *p, const char *end)
{
	if (p < end && *p == '"')
		return quoted_name(a, p, end);
	const char *q = ch_run(p, end, CH_DISPLAY);
	if (q < end && *q == '<') {
		a->display = str_trim(ch_span(p, q));
		return angle_uri(a, q + 1, end);
	}
	return q == end || *q == ';' ? bare_uri(a, p, q) : NULL;
}

int sip_addr_parse(struct sip_addr *a, struct str value)
{
	*a = (struct sip_addr){0};
	if (value.n == 0)
		return -EBADMSG;
	struct param one;
	int rc;
	const char *end = value.p + value.n, *p = name_or_uri(a, ch_skip(value.p, end, CH_WS), end);
	if (!p)
		return -EBADMSG;
	p = ch_skip(p, end, CH_WS);
	a->params = ch_span(p, end);
	while ((rc = param_next(&p, end, &one)) == 1)
		if (one.name.n == 3 && str_ieq(one.name, STR("tag")))
			a->tag = one.value;
	return rc;
}
