/** chars.h  Character classes of the SIP grammar (RFC 3261 25.1) and a cursor over text. Internal to sip/. */
#ifndef SIP_CHARS_H
#define SIP_CHARS_H

#include "base/str.h"

enum char_class {
	CH_TOKEN = 1 << 0,
	CH_DIGIT = 1 << 1,
	CH_HEX = 1 << 2,
	CH_WS = 1 << 3,	  /* SP, HTAB, and the CR and LF of a fold */
	CH_USER = 1 << 4, /* user of a SIP URI, and '#', which dialled feature codes carry unescaped */
	CH_PASSWORD = 1 << 5,
	CH_HOST = 1 << 6,	/* and '_', which names of containers carry */
	CH_URI_PARAM = 1 << 7,	/* with ';' and '=' */
	CH_URI_HEADER = 1 << 8, /* with '&' and '=' */
	CH_VALUE = 1 << 9,	/* unquoted parameter value: visible but ; , " < > (wider than gen-value) */
	CH_DISPLAY = 1 << 10,	/* unquoted display name: white space and visible but , ; " < > (wider than token) */
	CH_VISIBLE = 1 << 11,	/* 0x21-0x7e */
	CH_URI = 1 << 12,	/* visible but " < > */
	CH_SCHEME = 1 << 13,
	CH_TEL = 1 << 14,
	CH_ALPHA = 1 << 15,
};
extern const uint16_t sip_chars[256];

static inline bool ch_is(char c, unsigned cls)
{
	return (sip_chars[(unsigned char)c] & cls) != 0;
}

/** First character of [p, end) that is not of the class. */
static inline const char *ch_skip(const char *p, const char *end, unsigned cls)
{
	while (p < end && ch_is(*p, cls))
		p++;
	return p;
}

static inline bool ch_all(struct str s, unsigned cls)
{
	return s.n == 0 || ch_skip(s.p, s.p + s.n, cls) == s.p + s.n;
}

static inline struct str ch_span(const char *p, const char *end)
{
	return (struct str){p, (size_t)(end - p)};
}

/** p is at '"'. Returns what follows the closing quote, NULL when there is none. */
const char *ch_quoted(const char *p, const char *end);

/** One ";name[=value]" of a parameter list. `*p` is moved behind it.
 *  1: got one; 0: at the end; -EBADMSG. A quoted value comes without its quotes. */
struct param {
	struct str name, value;
};
int param_next(const char **p, const char *end, struct param *out);

#endif
