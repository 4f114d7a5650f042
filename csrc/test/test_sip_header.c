/** test_sip_header.c  Every header name, long and compact, finds its id; the hash has no collision. */
#include "sip/header.h"
#include "test/sip_text.h"

static const struct {
	const char *name;
	char compact;
} known[SIP_HDR_COUNT] = {
#define X(id, long_name, letter) [SIP_HDR_##id] = {long_name, letter},
	SIP_HEADERS(X)
#undef X
};

/* For the maintainer who added a header: a factor for HASH_FACTOR, and the table of slots to go with it. */
static void print_new_hash(void)
{
	uint64_t x = UINT64_C(88172645463325252);
	for (;;) {
		uint8_t slots[128] = {0};
		unsigned i = 1;
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		for (; i < SIP_HDR_COUNT; i++) {
			size_t n = strlen(known[i].name);
			uint64_t key = 0;
			for (size_t k = 0; k < n && k < 8; k++)
				key |= (uint64_t)((unsigned char)known[i].name[k] | 0x20) << (8 * k);
			uint8_t *slot = &slots[(key + n) * x >> 57];
			if (*slot)
				break;
			*slot = (uint8_t)i;
		}
		if (i < SIP_HDR_COUNT)
			continue;
		printf("HASH_FACTOR 0x%016llx\n", (unsigned long long)x);
		for (unsigned k = 0; k < 128; k++)
			if (slots[k])
				printf("[%u] = SIP_HDR_ of %s,\n", k, known[slots[k]].name);
		return;
	}
}

TEST(sip_header_names_find_their_ids)
{
	for (unsigned i = 1; i < SIP_HDR_COUNT; i++) {
		struct str name = guarded(str_of(known[i].name));
		if (sip_hdr_find(name, name.n) != i)
			print_new_hash();
		REQUIRE(sip_hdr_find(name, name.n) == i);
		REQUIRE(str_eq(sip_hdr_name((enum sip_hdr_id)i), name));
	}
}

TEST(sip_header_letters_find_their_ids)
{
	for (unsigned c = 0; c < 256; c++) {
		unsigned want = SIP_HDR_OTHER;
		char letter = (char)c;
		for (unsigned i = 1; i < SIP_HDR_COUNT; i++)
			if (known[i].compact && str_lower(letter) == known[i].compact)
				want = i;
		REQUIRE(sip_hdr_find(guarded((struct str){&letter, 1}), 1) == want);
	}
}

TEST(sip_header_names_differ_in_letters_only_by_case)
{
	for (unsigned i = 1; i < SIP_HDR_COUNT; i++) {
		char text[32];
		size_t n = strlen(known[i].name);
		for (size_t at = 0; at < n; at++) {
			for (unsigned bit = 0; bit < 8; bit++) {
				memcpy(text, known[i].name, n);
				text[at] = (char)(text[at] ^ (1 << bit));
				bool same = str_ieq((struct str){text, n}, str_of(known[i].name));
				struct str name = guarded((struct str){text, n});
				REQUIRE((sip_hdr_find(name, n) == i) == same);
			}
		}
	}
}

TEST(sip_header_names_are_whole)
{
	REQUIRE(sip_hdr_find(guarded(STR("Vi")), 2) == SIP_HDR_OTHER);
	REQUIRE(sip_hdr_find(guarded(STR("Viaa")), 4) == SIP_HDR_OTHER);
	REQUIRE(sip_hdr_find(guarded(STR("")), 0) == SIP_HDR_OTHER);
	REQUIRE(sip_hdr_find(guarded(STR("A-Name-That-Is-Longer-Than-Any")), 30) == SIP_HDR_OTHER);
	/* with more readable bytes behind it, as in a message */
	struct str line = guarded(STR("Via: SIP/2.0/UDP 192.0.2.1"));
	REQUIRE(sip_hdr_find((struct str){line.p, 3}, line.n) == SIP_HDR_VIA);
}
