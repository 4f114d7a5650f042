/** build.c  Appending to a message. */
#include "sip/build.h"

#include "sip/chars.h"
#include "sip/message.h"

static char *take(struct build *b, size_t n)
{
	if (b->full || n > b->cap - b->n) {
		b->full = true;
		return NULL;
	}
	char *p = b->p + b->n;
	b->n += n;
	return p;
}

void build_str(struct build *b, struct str s)
{
	char *p = take(b, s.n);
	if (p && s.n)
		memcpy(p, s.p, s.n);
}

void build_lit(struct build *b, const char *z)
{
	build_str(b, str_of(z));
}

void build_uint(struct build *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof digits;
	do
		digits[--at] = (char)('0' + v % 10);
	while (v /= 10);
	build_str(b, (struct str){digits + at, sizeof digits - at});
}

void build_hex(struct build *b, uint64_t v, unsigned digits)
{
	char *p = take(b, digits);
	while (p && digits--) {
		p[digits] = "0123456789abcdef"[v & 15];
		v >>= 4;
	}
}

void build_addr(struct build *b, const struct net_addr *a, bool with_port)
{
	char text[56];
	size_t n = net_addr_format(a, with_port, text);
	bool brackets = a->family == ADDR_V6 && !with_port;
	if (brackets)
		build_lit(b, "[");
	build_str(b, (struct str){text, n});
	if (brackets)
		build_lit(b, "]");
}

/* CR and LF never pass, be it in a fold or in an attack: each run of white space that holds one is a space. */
static void build_line(struct build *b, struct str s)
{
	const char *p = s.p, *end = p + s.n;
	while (p < end) {
		const char *q = p;
		while (q < end && *q != '\r' && *q != '\n')
			q++;
		build_str(b, ch_span(p, q));
		p = ch_skip(q, end, CH_WS);
		if (q < end && p < end)
			build_lit(b, " ");
	}
}

void build_header(struct build *b, const char *name, struct str value)
{
	build_lit(b, name);
	build_lit(b, ": ");
	if (value.n)
		build_line(b, value);
	build_lit(b, "\r\n");
}

void build_body(struct build *b, const char *type, struct str body)
{
	if (type && body.n)
		build_header(b, "Content-Type", str_of(type));
	build_lit(b, "Content-Length: ");
	build_uint(b, body.n);
	build_lit(b, "\r\n\r\n");
	build_str(b, body);
}
