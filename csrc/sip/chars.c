/** chars.c  The table of character classes. */
#include "sip/chars.h"

#define VISIBLE	 (CH_VISIBLE | CH_URI | CH_VALUE | CH_DISPLAY)
#define ALNUM	 (VISIBLE | CH_TOKEN | CH_USER | CH_PASSWORD | CH_HOST | CH_URI_PARAM | CH_URI_HEADER | CH_SCHEME)
#define DIGIT	 (ALNUM | CH_DIGIT | CH_HEX | CH_TEL)
#define HEXALPHA (ALNUM | CH_ALPHA | CH_HEX | CH_TEL)
/* "mark" of RFC 3261 25.1 */
#define MARK (VISIBLE | CH_USER | CH_PASSWORD | CH_URI_PARAM | CH_URI_HEADER)

/* '%' is in no URI class: escapes are checked where they stand. */
const uint16_t sip_chars[256] = {
	['\t'] = CH_WS | CH_DISPLAY,
	['\n'] = CH_WS | CH_DISPLAY,
	['\r'] = CH_WS | CH_DISPLAY,
	[' '] = CH_WS | CH_DISPLAY,
	['0' ... '9'] = DIGIT,
	['a' ... 'f'] = HEXALPHA,
	['A' ... 'F'] = HEXALPHA,
	['g' ... 'z'] = ALNUM | CH_ALPHA,
	['G' ... 'Z'] = ALNUM | CH_ALPHA,
	['!'] = MARK | CH_TOKEN,
	['"'] = CH_VISIBLE,
	['#'] = VISIBLE | CH_USER | CH_TEL,
	['$'] = VISIBLE | CH_USER | CH_PASSWORD | CH_URI_PARAM | CH_URI_HEADER,
	['%'] = VISIBLE | CH_TOKEN,
	['&'] = VISIBLE | CH_USER | CH_PASSWORD | CH_URI_PARAM | CH_URI_HEADER,
	['\''] = MARK | CH_TOKEN,
	['('] = MARK | CH_TEL,
	[')'] = MARK | CH_TEL,
	['*'] = MARK | CH_TOKEN | CH_TEL,
	['+'] = VISIBLE | CH_TOKEN | CH_USER | CH_PASSWORD | CH_URI_PARAM | CH_URI_HEADER | CH_SCHEME | CH_TEL,
	[','] = CH_VISIBLE | CH_URI | CH_USER | CH_PASSWORD,
	['-'] = MARK | CH_TOKEN | CH_HOST | CH_SCHEME | CH_TEL,
	['.'] = MARK | CH_TOKEN | CH_HOST | CH_SCHEME | CH_TEL,
	['/'] = VISIBLE | CH_USER | CH_URI_PARAM | CH_URI_HEADER,
	[':'] = VISIBLE | CH_URI_PARAM | CH_URI_HEADER,
	[';'] = CH_VISIBLE | CH_URI | CH_USER | CH_URI_PARAM,
	['<'] = CH_VISIBLE,
	['='] = VISIBLE | CH_USER | CH_PASSWORD | CH_URI_PARAM | CH_URI_HEADER,
	['>'] = CH_VISIBLE,
	['?'] = VISIBLE | CH_USER | CH_URI_HEADER,
	['@'] = VISIBLE,
	['['] = VISIBLE | CH_URI_PARAM | CH_URI_HEADER,
	['\\'] = VISIBLE,
	[']'] = VISIBLE | CH_URI_PARAM | CH_URI_HEADER,
	['^'] = VISIBLE,
	['_'] = MARK | CH_TOKEN | CH_HOST,
	['`'] = VISIBLE | CH_TOKEN,
	['{'] = VISIBLE,
	['|'] = VISIBLE,
	['}'] = VISIBLE,
	['~'] = MARK | CH_TOKEN,
	[0x80 ... 0xff] = CH_VALUE | CH_DISPLAY, /* UTF-8 */
};
