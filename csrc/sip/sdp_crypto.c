/** sdp_crypto.c  See sdp_crypto.h. */
#include "sip/sdp_crypto.h"

#include "sip/chars.h"

enum { LIFETIME_BITS = 48 }; /* RFC 3711 9.2: a master key lasts for 2^48 packets at most */

static bool next_word(struct str *rest, struct str *out)
{
	*rest = str_trim(*rest);
	if (rest->n == 0)
		return false;
	const char *end = rest->p + rest->n, *space = memchr(rest->p, ' ', rest->n);
	*out = ch_span(rest->p, space ? space : end);
	*rest = ch_span(space ? space : end, end);
	return true;
}

static bool starts(struct str s, struct str with)
{
	return s.n >= with.n && memcmp(s.p, with.p, with.n) == 0;
}

static uint8_t suite_of(struct str name)
{
	for (unsigned i = 1; i < SRTP_SUITE_COUNT; i++)
		if (str_eq(name, str_of(srtp_suite_name(i))))
			return (uint8_t)i;
	return SRTP_NONE;
}

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Exactly `n` octets, with or without the padding that some peers leave out; no stray bits. */
static bool decode(struct str s, uint8_t *out, size_t n)
{
	size_t digits = (n * 8 + 5) / 6, at = 0;
	uint32_t bits = 0;
	unsigned have = 0;
	if (s.n != digits && s.n != (n + 2) / 3 * 4)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int v = i < digits ? value_of(s.p[i]) : s.p[i] == '=' ? 0 : -1;
		if (v < 0)
			return false;
		if (i >= digits)
			continue;
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[at++] = (uint8_t)(bits >> have);
		}
	}
	return at == n && (bits & ((1u << have) - 1)) == 0;
}

/* "2^31" or "1048576"; RFC 4568 6.1: none of it may be above what the suite allows. */
static bool lifetime_ok(struct str s)
{
	uint64_t v = 0;
	if (starts(s, STR("2^")))
		return str_uint(str_from(s, 2), LIFETIME_BITS, &v);
	return str_uint(s, 1ull << LIFETIME_BITS, &v) && v != 0;
}

/* "inline:KEY", "inline:KEY|2^31". */
static bool parse_key(struct str s, struct str *base64)
{
	if (!starts(s, STR("inline:")) || memchr(s.p, ';', s.n))
		return false;
	s = str_from(s, sizeof("inline:") - 1);
	if (s.n == 0)
		return false;
	const char *end = s.p + s.n, *bar = memchr(s.p, '|', s.n);
	*base64 = ch_span(s.p, bar ? bar : end);
	if (!bar)
		return true;
	return lifetime_ok(ch_span(bar + 1, end)); /* an identifier, "1:4", is no lifetime: refused */
}

/* WSH is a hint for our window. What begins with '-' may be left out (6.3.7). KDR=0 is the default. */
static bool parameter_ok(struct str s)
{
	uint64_t window;
	if (starts(s, STR("-")) || str_eq(s, STR("KDR=0")))
		return true;
	return starts(s, STR("WSH=")) && str_uint(str_from(s, 4), UINT32_MAX, &window);
}

bool sdp_crypto_parse(struct sdp_crypto *out, struct str line)
{
	struct str tag, suite, key, parameter;
	struct srtp_key check;
	uint64_t v;
	if (!next_word(&line, &tag) || !next_word(&line, &suite) || !next_word(&line, &key))
		return false;
	if (tag.n > 9 || !str_uint(tag, SDP_TAG_MAX, &v))
		return false;
	*out = (struct sdp_crypto){.tag = (uint32_t)v, .suite = suite_of(suite)};
	if (out->suite == SRTP_NONE || !parse_key(key, &out->base64))
		return false;
	while (next_word(&line, &parameter))
		if (!parameter_ok(parameter))
			return false;
	bool good = sdp_crypto_key(out, &check);
	srtp_key_wipe(&check);
	return good;
}

bool sdp_crypto_key(const struct sdp_crypto *c, struct srtp_key *out)
{
	*out = (struct srtp_key){.suite = c->suite};
	return decode(c->base64, out->octets, srtp_suite_bytes(c->suite));
}

static void put_base64(struct build *b, const uint8_t *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v =
			(uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0u);
		char four[4] = {digits[v >> 18], digits[v >> 12 & 63], i + 1 < n ? digits[v >> 6 & 63] : '=',
				i + 2 < n ? digits[v & 63] : '='};
		build_str(b, (struct str){four, 4});
	}
}

void sdp_crypto_put(struct build *b, uint32_t tag, const struct srtp_key *key)
{
	build_lit(b, "a=crypto:");
	build_uint(b, tag);
	build_lit(b, " ");
	build_str(b, str_of(srtp_suite_name(key->suite)));
	build_lit(b, " inline:");
	put_base64(b, key->octets, srtp_suite_bytes(key->suite));
	build_lit(b, "\r\n");
}
