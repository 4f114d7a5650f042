/** method.c  Methods and the CSeq header (RFC 3261 20.16). */
#include "sip/message.h"

#include <errno.h>

#include "sip/chars.h"
#include "sip/header.h"

static const struct str names[] = {
#define X(name) [SIP_##name] = {#name, sizeof(#name) - 1},
	SIP_METHODS(X)
#undef X
		[SIP_METHOD_OTHER] = {"", 0},
};

struct str sip_method_name(enum sip_method m)
{
	return (unsigned)m <= SIP_METHOD_OTHER ? names[m] : STR_NONE;
}

/* The only method that begins with these letters, or the one that its length tells apart. */
static enum sip_method candidate(struct str s)
{
	switch (s.p[0]) {
	case 'I':
		return s.n == 6 ? SIP_INVITE : SIP_INFO;
	case 'A':
		return SIP_ACK;
	case 'B':
		return SIP_BYE;
	case 'C':
		return SIP_CANCEL;
	case 'O':
		return SIP_OPTIONS;
	case 'R':
		return s.n == 8 ? SIP_REGISTER : SIP_REFER;
	case 'P':
		return s.n == 5 ? SIP_PRACK : SIP_PUBLISH;
	case 'U':
		return SIP_UPDATE;
	case 'N':
		return SIP_NOTIFY;
	case 'S':
		return SIP_SUBSCRIBE;
	case 'M':
		return SIP_MESSAGE;
	default:
		return SIP_METHOD_OTHER;
	}
}

enum sip_method sip_method_find(struct str name)
{
	if (name.n == 0)
		return SIP_METHOD_OTHER;
	enum sip_method m = candidate(name);
	return str_eq(names[m], name) ? m : SIP_METHOD_OTHER;
}

int sip_cseq_parse(struct sip_cseq *c, struct str value)
{
	if (value.n == 0)
		return -EBADMSG;
	const char *p = value.p, *end = p + value.n;
	const char *digits = ch_skip(p, end, CH_DIGIT);
	const char *name = ch_skip(digits, end, CH_WS), *tail = ch_skip(name, end, CH_TOKEN);
	uint64_t seq;
	/* RFC 3261 8.1.1.5: less than 2^31 */
	if (!str_uint(ch_span(p, digits), INT32_MAX, &seq))
		return -EBADMSG;
	if (name == digits || tail == name || ch_skip(tail, end, CH_WS) != end)
		return -EBADMSG;
	c->seq = (uint32_t)seq;
	c->method_name = ch_span(name, tail);
	c->method = (uint8_t)sip_method_find(c->method_name);
	return 0;
}
