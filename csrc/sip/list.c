/** list.c  Comma-separated values and parameter lists (RFC 3261 7.3.1). */
#include "sip/message.h"

#include <errno.h>

#include "sip/chars.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Over what is neither '"' nor '\\'; stops at one, or near the end. */
static const char *skip_plain(const char *p, const char *end)
{
#ifdef __SSE2__
	for (; end - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
		__m128i escape = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
		unsigned mask = (unsigned)_mm_movemask_epi8(_mm_or_si128(quote, escape));
		if (mask)
			return p + __builtin_ctz(mask);
	}
#else
	(void)end;
#endif
	return p;
}

const char *ch_quoted(const char *p, const char *end)
{
	for (p = skip_plain(p + 1, end); p < end; p++) {
		if (*p == '"')
			return p + 1;
		if (*p == '\\')
			p++;
	}
	return NULL;
}

/* Where the item that starts at p ends: at a comma outside quotes and <>. */
static const char *item_end(const char *p, const char *end)
{
	if (!memchr(p, ',', (size_t)(end - p))) /* as a rule there is one item */
		return end;
	bool angle = false;
	while (p < end && (*p != ',' || angle)) {
		if (*p == '"') {
			const char *q = ch_quoted(p, end);
			if (!q)
				return end;
			p = q;
			continue;
		}
		if (*p == '<')
			angle = true;
		else if (*p == '>')
			angle = false;
		p++;
	}
	return p;
}

bool sip_list_next(struct str *rest, struct str *item)
{
	if (rest->n == 0)
		return false;
	const char *end = rest->p + rest->n, *at = item_end(rest->p, end);
	*item = str_trim(ch_span(rest->p, at));
	*rest = at < end ? ch_span(at + 1, end) : STR_NONE;
	return true;
}

static int param_value(const char **p, const char *end, struct str *out)
{
	const char *at = ch_skip(*p, end, CH_WS), *q;
	if (at < end && *at == '"') {
		q = ch_quoted(at, end);
		if (!q)
			return -EBADMSG;
		*out = ch_span(at + 1, q - 1);
	} else {
		q = ch_run(at, end, CH_VALUE);
		if (q == at)
			return -EBADMSG;
		*out = ch_span(at, q);
	}
	*p = ch_skip(q, end, CH_WS);
	return 0;
}

int param_next(const char **p, const char *end, struct param *out)
{
	const char *at = ch_skip(*p, end, CH_WS);
	if (at == end)
		return 0;
	if (*at != ';')
		return -EBADMSG;
	at = ch_skip(at + 1, end, CH_WS);
	const char *q = ch_skip(at, end, CH_TOKEN);
	if (q == at)
		return -EBADMSG;
	out->name = ch_span(at, q);
	out->value = STR_NONE;
	*p = q = ch_skip(q, end, CH_WS);
	if (q == end || *q != '=')
		return 1;
	*p = q + 1;
	return param_value(p, end, &out->value) ? -EBADMSG : 1;
}

/* Where the parameter that starts at p ends: at a ';' outside quotes. */
static const char *param_end(const char *p, const char *end)
{
	while (p < end && *p != ';') {
		const char *q = *p == '"' ? ch_quoted(p, end) : p + 1;
		p = q ? q : end;
	}
	return p;
}

static struct str param_unquote(struct str s)
{
	s = str_trim(s);
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return (struct str){s.p + 1, s.n - 2};
	return s;
}

bool sip_param(struct str params, struct str name, struct str *value)
{
	if (params.n == 0)
		return false;
	const char *p = params.p, *end = p + params.n;
	while (p < end) {
		const char *stop = param_end(p, end);
		struct str one = ch_span(p, stop);
		const char *eq = one.n ? memchr(one.p, '=', one.n) : NULL;
		if (str_ieq(str_trim(eq ? ch_span(one.p, eq) : one), name)) {
			*value = eq ? param_unquote(ch_span(eq + 1, stop)) : STR_NONE;
			return true;
		}
		p = stop < end ? stop + 1 : end;
	}
	return false;
}
