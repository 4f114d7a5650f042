/** header.c  Header names to ids: one multiplication, one table look-up, one comparison. */
#include "sip/header.h"

#include <endian.h>

enum { NAME_MAX_LEN = 24, HASH_BITS = 7 };

/* Padded with NUL, so that a name is compared in whole words. */
static const char names[SIP_HDR_COUNT][NAME_MAX_LEN] = {
#define X(id, name, compact) [SIP_HDR_##id] = name,
	SIP_HEADERS(X)
#undef X
};

static const uint8_t lengths[SIP_HDR_COUNT] = {
#define X(id, name, compact) [SIP_HDR_##id] = sizeof(name) - 1,
	SIP_HEADERS(X)
#undef X
};

/* Written out, since most headers have no letter; test_sip_header.c holds it against SIP_HEADERS. */
static const uint8_t compacts[256] = {
	['b'] = SIP_HDR_REFERRED_BY,
	['c'] = SIP_HDR_CONTENT_TYPE,
	['e'] = SIP_HDR_CONTENT_ENCODING,
	['f'] = SIP_HDR_FROM,
	['i'] = SIP_HDR_CALL_ID,
	['k'] = SIP_HDR_SUPPORTED,
	['l'] = SIP_HDR_CONTENT_LENGTH,
	['m'] = SIP_HDR_CONTACT,
	['o'] = SIP_HDR_EVENT,
	['r'] = SIP_HDR_REFER_TO,
	['s'] = SIP_HDR_SUBJECT,
	['t'] = SIP_HDR_TO,
	['v'] = SIP_HDR_VIA,
	['x'] = SIP_HDR_SESSION_EXPIRES,
	['y'] = SIP_HDR_IDENTITY,
};

/* Perfect over SIP_HEADERS: HASH_FACTOR was found by trying random ones until no two names met (4,000 tries).
 * A new header may need another; test_sip_header.c fails then and prints a factor and table that work. */
#define HASH_FACTOR UINT64_C(0x0bbeb9693580497a)
static const uint8_t slots[1 << HASH_BITS] = {
	[2] = SIP_HDR_REPLACES,
	[4] = SIP_HDR_VIA,
	[5] = SIP_HDR_PROXY_AUTHENTICATE,
	[8] = SIP_HDR_PROXY_REQUIRE,
	[9] = SIP_HDR_EXPIRES,
	[10] = SIP_HDR_CONTACT,
	[11] = SIP_HDR_PROXY_AUTHORIZATION,
	[12] = SIP_HDR_SERVER,
	[13] = SIP_HDR_CONTENT_TYPE,
	[14] = SIP_HDR_TO,
	[17] = SIP_HDR_RETRY_AFTER,
	[24] = SIP_HDR_CONTENT_LENGTH,
	[27] = SIP_HDR_USER_AGENT,
	[29] = SIP_HDR_ACCEPT,
	[36] = SIP_HDR_CONTENT_ENCODING,
	[37] = SIP_HDR_WWW_AUTHENTICATE,
	[39] = SIP_HDR_MIN_SE,
	[40] = SIP_HDR_SUBJECT,
	[41] = SIP_HDR_MIN_EXPIRES,
	[44] = SIP_HDR_SESSION_EXPIRES,
	[45] = SIP_HDR_RACK,
	[48] = SIP_HDR_EVENT,
	[57] = SIP_HDR_WARNING,
	[58] = SIP_HDR_CALL_ID,
	[67] = SIP_HDR_RECORD_ROUTE,
	[69] = SIP_HDR_PRIVACY,
	[71] = SIP_HDR_DATE,
	[73] = SIP_HDR_AUTHORIZATION,
	[75] = SIP_HDR_REASON,
	[76] = SIP_HDR_MAX_FORWARDS,
	[86] = SIP_HDR_ROUTE,
	[87] = SIP_HDR_RSEQ,
	[88] = SIP_HDR_DIVERSION,
	[89] = SIP_HDR_P_ASSERTED_IDENTITY,
	[96] = SIP_HDR_SUPPORTED,
	[100] = SIP_HDR_REQUIRE,
	[101] = SIP_HDR_REFER_TO,
	[108] = SIP_HDR_ALLOW,
	[110] = SIP_HDR_IDENTITY,
	[117] = SIP_HDR_UNSUPPORTED,
	[123] = SIP_HDR_REFERRED_BY,
	[125] = SIP_HDR_FROM,
	[127] = SIP_HDR_CSEQ,
};

static uint64_t word_at(const char *p)
{
	uint64_t w;
	memcpy(&w, p, sizeof w);
	return le64toh(w);
}

/* Mask of the first n bytes of a word. */
static uint64_t first_bytes(size_t n)
{
	return n >= 8 ? ~UINT64_C(0) : (UINT64_C(1) << (8 * n)) - 1;
}

/* Letters may differ in bit 0x20; all else must be equal. Names have 0x40 set in letters only. */
static uint64_t word_diff(const char *p, const char *name)
{
	uint64_t want = word_at(name);
	return (word_at(p) ^ want) & ~((want & UINT64_C(0x4040404040404040)) >> 1);
}

/* `p` has NAME_MAX_LEN readable bytes. Words overlap where n is no multiple of 8. */
static bool same_name(const char *p, const char *name, size_t n)
{
	if (n < 8)
		return (word_diff(p, name) & first_bytes(n)) == 0;
	uint64_t diff = word_diff(p, name) | word_diff(p + n - 8, name + n - 8);
	return (n > 16 ? diff | word_diff(p + 8, name + 8) : diff) == 0;
}

enum sip_hdr_id sip_hdr_find(struct str name, size_t room)
{
	char copy[NAME_MAX_LEN] = {0};
	const char *p = name.p;
	if (name.n == 1)
		return compacts[(unsigned char)str_lower(*p)];
	if (name.n == 0 || name.n > NAME_MAX_LEN)
		return SIP_HDR_OTHER;
	if (room < NAME_MAX_LEN)
		p = memcpy(copy, name.p, name.n);
	uint64_t key = (word_at(p) | UINT64_C(0x2020202020202020)) & first_bytes(name.n);
	uint8_t id = slots[(key + name.n) * HASH_FACTOR >> (64 - HASH_BITS)];
	return lengths[id] == name.n && same_name(p, names[id], name.n) ? id : SIP_HDR_OTHER;
}

struct str sip_hdr_name(enum sip_hdr_id id)
{
	return (unsigned)id < SIP_HDR_COUNT ? (struct str){names[id], lengths[id]} : STR_NONE;
}
