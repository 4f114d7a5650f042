/** chars.h  Character classes of the SIP grammar (RFC 3261 25.1) and a cursor over text. Internal to sip/. */
#ifndef SIP_CHARS_H
#define SIP_CHARS_H

#include "base/str.h"
#ifdef __SSSE3__
#include <tmmintrin.h>
#endif

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
	CH_UTF8 = CH_VALUE | CH_DISPLAY, /* those that take all above 0x7f */
};
extern const uint16_t sip_chars[256];
/** The same classes for SSSE3, a row per class in the order of its bit: byte `low` has bit `high` set when the
 *  ASCII character high << 4 | low belongs. test_sip_chars.c holds both tables against each other. */
extern const uint8_t sip_nibbles[16][16];

static inline bool ch_is(char c, unsigned cls)
{
	return (sip_chars[(unsigned char)c] & cls) != 0;
}

/** First character of [p, end) that is not of the class, for runs that are short as a rule. */
static inline const char *ch_skip(const char *p, const char *end, unsigned cls)
{
	while (p < end && ch_is(*p, cls))
		p++;
	return p;
}

#ifdef __SSSE3__
/* Bit i: character i of the 16 at p is not of the class. */
static inline unsigned ch_outside(const char *p, unsigned cls)
{
	__m128i rows = _mm_loadu_si128((const __m128i *)(const void *)sip_nibbles[__builtin_ctz(cls)]);
	__m128i bits = _mm_set_epi8(0, 0, 0, 0, 0, 0, 0, 0, -128, 64, 32, 16, 8, 4, 2, 1);
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i high = _mm_and_si128(_mm_srli_epi16(v, 4), _mm_set1_epi8(0x0f));
	/* a character above 0x7f selects nothing from its row, and so is outside */
	__m128i in = _mm_and_si128(_mm_shuffle_epi8(rows, v), _mm_shuffle_epi8(bits, high));
	unsigned outside = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(in, _mm_setzero_si128()));
	if (cls & CH_UTF8)
		outside &= ~(unsigned)_mm_movemask_epi8(v);
	return outside;
}
#endif

/** The same for one class and longer runs, 16 characters at a time. */
static inline const char *ch_run(const char *p, const char *end, unsigned cls)
{
#ifdef __SSSE3__
	for (; end - p >= 16; p += 16) {
		unsigned outside = ch_outside(p, cls);
		if (outside)
			return p + __builtin_ctz(outside);
	}
#endif
	return ch_skip(p, end, cls);
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
