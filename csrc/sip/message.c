/** message.c  Start line, index of the header lines, body. */
#include "sip/message.h"

#include <errno.h>

#include "sip/chars.h"
#include "sip/header.h"
#include "sip/lines.h"

/* The first fault is the one that is told. */
static void fault(struct sip_msg *m, uint16_t refuse, const char *why)
{
	if (m->why)
		return;
	m->why = why;
	m->refuse = refuse;
}

/* ------------------------------------------------------------ start line */

static bool is_version(struct str s, bool *two)
{
	if (s.n < 7 || !str_ieq((struct str){s.p, 4}, STR("SIP/")))
		return false;
	const char *end = s.p + s.n;
	const char *dot = ch_skip(s.p + 4, end, CH_DIGIT);
	if (dot == s.p + 4 || dot == end || *dot != '.' || dot + 1 == end || ch_skip(dot + 1, end, CH_DIGIT) != end)
		return false;
	*two = s.n == 7 && s.p[4] == '2' && s.p[6] == '0';
	return true;
}

static void check_version(struct sip_msg *m, struct str s)
{
	bool two = false;
	if (!is_version(s, &two))
		fault(m, 400, "Bad SIP-Version");
	else if (!two)
		fault(m, 505, "Version Not Supported");
}

/* Any scheme is fine here: an unknown one is for a 416, not a 400. */
static bool is_uri(struct str s)
{
	if (s.n == 0 || !ch_is(*s.p, CH_ALPHA))
		return false;
	const char *end = s.p + s.n, *colon = ch_skip(s.p, end, CH_SCHEME);
	return colon < end && *colon == ':' && colon + 1 < end && ch_run(colon, end, CH_URI) == end;
}

/* Method SP Request-URI SP SIP-Version: single spaces, nothing before or after (RFC 3261 7.1). */
static void parse_request_line(struct sip_msg *m, struct str line)
{
	const char *p = line.p, *end = p + line.n, *q = ch_skip(p, end, CH_TOKEN);
	m->request = true;
	if (q == p || q == end || *q != ' ') {
		fault(m, 400, "Bad Method");
		return;
	}
	m->method_name = ch_span(p, q);
	m->method = (uint8_t)sip_method_find(m->method_name);
	p = q + 1;
	q = memchr(p, ' ', (size_t)(end - p));
	if (!q) {
		fault(m, 400, "Bad Request-Line");
		return;
	}
	m->ruri = ch_span(p, q);
	if (!is_uri(m->ruri))
		fault(m, 400, "Bad Request-URI");
	check_version(m, ch_span(q + 1, end));
}

/* SIP-Version SP 3DIGIT SP reason; the second space may be missing with the reason. */
static void parse_status_line(struct sip_msg *m, struct str line)
{
	const char *end = line.p + line.n, *p = memchr(line.p, ' ', line.n);
	uint64_t status;
	if (!p) {
		fault(m, 400, "Bad Status-Line");
		return;
	}
	check_version(m, ch_span(line.p, p));
	const char *q = ch_skip(++p, end, CH_DIGIT);
	if (q - p != 3 || !str_uint(ch_span(p, q), 699, &status) || status < 100 || (q < end && *q != ' ')) {
		fault(m, 400, "Bad Status-Code");
		return;
	}
	m->status = (uint16_t)status;
	m->reason = q < end ? ch_span(q + 1, end) : STR_NONE;
}

static void parse_start_line(struct sip_msg *m, struct str line)
{
	if (line.n >= 4 && str_ieq((struct str){line.p, 4}, STR("SIP/")))
		parse_status_line(m, line);
	else
		parse_request_line(m, line);
}

/* --------------------------------------------------------- header lines */

static const char *find_colon(const char *p, const char *end)
{
#ifdef __SSE2__
	/* most names are shorter than this */
	if (end - p >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(':')));
		if (mask)
			return p + __builtin_ctz((unsigned)mask);
		p += 16;
	}
#endif
	return p < end ? memchr(p, ':', (size_t)(end - p)) : NULL;
}

/* str_trim() for the usual case: one space in front, CR behind. */
static struct str trimmed(const char *p, const char *end)
{
	p = ch_skip(p, end, CH_WS);
	while (end > p && ch_is(end[-1], CH_WS))
		end--;
	return ch_span(p, end);
}

static void link_header(struct sip_msg *m, uint8_t id)
{
	uint8_t number = m->nhdr; /* index + 1 of the one just added */
	if (m->last[id])
		m->hdr[m->last[id] - 1].next = number;
	else
		m->first[id] = number;
	m->last[id] = number;
}

/* [p, end) is one header with its folds, without the last line end. `limit`: end of the readable bytes. */
static void add_header(struct sip_msg *m, const char *p, const char *end, const char *limit)
{
	const char *colon = find_colon(p, end), *stop = colon;
	if (!colon) {
		fault(m, 400, "Bad Header Line");
		return;
	}
	while (stop > p && (stop[-1] == ' ' || stop[-1] == '\t'))
		stop--;
	struct str name = ch_span(p, stop);
	uint8_t id = (uint8_t)sip_hdr_find(name, (size_t)(limit - p));
	if (id == SIP_HDR_OTHER && (name.n == 0 || !ch_all(name, CH_TOKEN))) {
		fault(m, 400, "Bad Header Name");
		return;
	}
	struct sip_hdr *h = &m->hdr[m->nhdr++];
	h->name = name;
	h->value = trimmed(colon + 1, end);
	h->id = id;
	h->next = 0;
	if (id != SIP_HDR_OTHER)
		link_header(m, id);
}

/* Behind the line feed at `lf` (and the folded lines that belong to it), or NULL at the end of input. */
static const char *end_of_header(struct lines *l, const char *lf)
{
	while (lf && lf + 1 < l->end && (lf[1] == ' ' || lf[1] == '\t'))
		lf = lines_next(l);
	return lf;
}

/* Returns the start of the body, NULL when the empty line is missing. */
static const char *index_headers(struct sip_msg *m, struct lines *l, const char *p)
{
	const char *lf;
	m->head.p = p;
	while ((lf = lines_next(l))) {
		if (lf == p || (lf == p + 1 && *p == '\r')) {
			m->head.n = (size_t)(p - m->head.p);
			return lf + 1;
		}
		lf = end_of_header(l, lf);
		if (!lf)
			break;
		if (l->bare_cr && l->bare_cr <= lf)
			fault(m, 400, "CR Without LF");
		if (m->nhdr == SIP_HDRS_MAX) {
			fault(m, 513, "Too Many Header Lines");
			return NULL;
		}
		add_header(m, p, lf, l->end);
		p = lf + 1;
	}
	m->head.n = (size_t)(p - m->head.p);
	fault(m, 400, "Missing Empty Line");
	return NULL;
}

/* ----------------------------------------------------------------- whole */

static void cut_body(struct sip_msg *m, const char *p, const char *end)
{
	const struct sip_hdr *h = sip_msg_hdr(m, SIP_HDR_CONTENT_LENGTH);
	uint64_t n = (uint64_t)(end - p);
	m->body = ch_span(p, end);
	if (!h)
		return;
	if (!str_uint(h->value, UINT32_MAX, &n))
		fault(m, 400, "Bad Content-Length");
	else if (n > m->body.n)
		fault(m, 400, "Content-Length Exceeds Message");
	else
		m->body.n = (size_t)n;
}

static void take_method_of_response(struct sip_msg *m)
{
	struct sip_cseq c;
	const struct sip_hdr *h = sip_msg_hdr(m, SIP_HDR_CSEQ);
	if (!h || sip_cseq_parse(&c, h->value) != 0)
		return;
	m->method = c.method;
	m->method_name = c.method_name;
}

/* All but the header array, which is as long as the rest ten times over. */
static void clear(struct sip_msg *m)
{
	memset(m, 0, offsetof(struct sip_msg, hdr));
	m->method = SIP_METHOD_OTHER;
	m->why = NULL;
	m->refuse = 0;
}

static void parse(struct sip_msg *m, const char *p, const char *end)
{
	struct lines l;
	lines_init(&l, p, end);
	const char *lf = lines_next(&l), *body;
	m->raw = ch_span(p, end);
	if (!lf) {
		fault(m, 400, "Missing Line End");
		return;
	}
	if (l.bare_cr && l.bare_cr <= lf)
		fault(m, 400, "CR Without LF");
	parse_start_line(m, ch_span(p, lf > p && lf[-1] == '\r' ? lf - 1 : lf));
	body = index_headers(m, &l, lf + 1);
	if (body) {
		cut_body(m, body, end);
		m->raw = ch_span(p, m->body.p + m->body.n);
	}
	if (!m->request)
		take_method_of_response(m);
}

int sip_msg_parse(struct sip_msg *m, const void *data, size_t n)
{
	const char *p = data, *end;
	clear(m);
	if (n > SIP_MSG_MAX) {
		fault(m, 513, "Message Too Large");
		return -E2BIG;
	}
	if (n == 0)
		return -EAGAIN;
	end = p + n;
	while (p < end && (*p == '\r' || *p == '\n')) /* RFC 3261 7.5 */
		p++;
	/* some devices keep bindings open with spaces or NULs */
	if (p == end || *p == ' ' || *p == '\t' || *p == '\0') {
		const char *q = p;
		while (q < end && (ch_is(*q, CH_WS) || *q == '\0'))
			q++;
		if (q == end)
			return -EAGAIN;
	}
	parse(m, p, end);
	if (!m->why)
		return 0;
	return m->refuse == 513 ? -E2BIG : -EBADMSG;
}

const struct sip_hdr *sip_msg_hdr(const struct sip_msg *m, enum sip_hdr_id id)
{
	uint8_t number = m->first[id];
	return number ? &m->hdr[number - 1] : NULL;
}

const struct sip_hdr *sip_msg_hdr_next(const struct sip_msg *m, const struct sip_hdr *h)
{
	return h->next ? &m->hdr[h->next - 1] : NULL;
}

struct str sip_msg_value(const struct sip_msg *m, enum sip_hdr_id id)
{
	const struct sip_hdr *h = sip_msg_hdr(m, id);
	return h ? h->value : STR_NONE;
}

const struct sip_hdr *sip_msg_hdr_named(const struct sip_msg *m, struct str name)
{
	for (unsigned i = 0; i < m->nhdr; i++)
		if (str_ieq(m->hdr[i].name, name))
			return &m->hdr[i];
	return NULL;
}
