/** via.c  Via (RFC 3261 20.42, RFC 3581). */
#include "sip/message.h"

#include <errno.h>

#include "sip/chars.h"
#include "sip/uri.h"

/* `word` without regard to case, then '/' with white space around it. Returns what follows. */
static const char *word_slash(const char *p, const char *end, struct str word)
{
	if ((size_t)(end - p) < word.n || !str_ieq((struct str){p, word.n}, word))
		return NULL;
	p = ch_skip(p + word.n, end, CH_WS);
	return p < end && *p == '/' ? ch_skip(p + 1, end, CH_WS) : NULL;
}

static const char *protocol(struct sip_via *v, const char *p, const char *end)
{
	if (end - p > 8 && memcmp(p, "SIP/2.0/", 8) == 0) {
		p = ch_skip(p + 8, end, CH_WS);
	} else {
		p = word_slash(p, end, STR("SIP"));
		p = p ? word_slash(p, end, STR("2.0")) : NULL;
		if (!p)
			return NULL;
	}
	const char *q = ch_skip(p, end, CH_TOKEN);
	v->transport = ch_span(p, q);
	p = ch_skip(q, end, CH_WS);
	return v->transport.n && p > q ? p : NULL;
}

static const char *sent_by(struct sip_via *v, const char *p, const char *end)
{
	if (!sip_host_parse(&p, end, &v->host))
		return NULL;
	p = ch_skip(p, end, CH_WS);
	if (p == end || *p != ':')
		return p;
	p = ch_skip(p + 1, end, CH_WS);
	return sip_port_parse(&p, end, &v->port) ? ch_skip(p, end, CH_WS) : NULL;
}

static void take_param(struct sip_via *v, const struct param *one)
{
	switch (one->name.n) {
	case 5:
		if (str_ieq(one->name, STR("rport"))) {
			v->has_rport = true;
			v->rport = one->value;
		}
		break;
	case 6:
		if (str_ieq(one->name, STR("branch")))
			v->branch = one->value;
		break;
	case 8:
		if (str_ieq(one->name, STR("received")))
			v->received = one->value;
		break;
	default:
		break;
	}
}

int sip_via_parse(struct sip_via *v, struct str value)
{
	*v = (struct sip_via){0};
	if (value.n == 0)
		return -EBADMSG;
	struct param one;
	int rc;
	const char *end = value.p + value.n, *p = protocol(v, ch_skip(value.p, end, CH_WS), end);
	p = p ? sent_by(v, p, end) : NULL;
	if (!p)
		return -EBADMSG;
	v->params = ch_span(p, end);
	while ((rc = param_next(&p, end, &one)) == 1)
		take_param(v, &one);
	return rc;
}
