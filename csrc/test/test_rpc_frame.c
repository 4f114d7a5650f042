/** test_rpc_frame.c  The end of a MessagePack-RPC message is found at any split, and what we don't take is refused. */
#include "rpc/frame.h"
#include "test/test.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

#define BYTES(lit) (lit), sizeof(lit) - 1

static const struct rpc_limits limits = {.frame = 4096, .depth = 16, .array = 1000, .map = 200, .str = 2000};

static int scan(const void *p, size_t n, size_t *len, enum rpc_fault *fault)
{
	struct rpc_scan s = {0};
	int rc = rpc_scan(&s, &limits, test_guarded(p, n), n, len);
	*fault = s.fault;
	return rc;
}

static int fault_of(const void *p, size_t n)
{
	size_t len;
	enum rpc_fault fault;
	int rc = scan(p, n, &len, &fault);
	return rc == 0 || rc == -EAGAIN ? RPC_FAULT_NONE : (int)fault;
}

/* [0, 1, "call.get", [{"id": "a", "deep": [nil, -1, 1.5, {"k": bin}]}]] */
static const char request[] = "\x94\x00\x01\xa8"
			      "call.get\x91\x82\xa2id\xa1"
			      "a\xa4"
			      "deep\x94\xc0\xff\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00\x81\xa1k\xc4\x03xyz";

TEST(rpc_frame_ends_where_its_last_value_ends)
{
	size_t len = 0;
	enum rpc_fault fault;
	REQUIRE(scan(BYTES(request), &len, &fault) == 0);
	REQUIRE(len == sizeof(request) - 1);
}

TEST(rpc_frame_is_found_at_every_split)
{
	for (size_t cut = 0; cut < sizeof(request) - 1; cut++) {
		struct rpc_scan s = {0};
		size_t len = 0;
		REQUIRE(rpc_scan(&s, &limits, test_guarded(request, cut), cut, &len) == -EAGAIN);
		REQUIRE(rpc_scan(&s, &limits, request, sizeof(request) - 1, &len) == 0);
		REQUIRE(len == sizeof(request) - 1);
	}
}

TEST(rpc_frame_leaves_the_next_message_alone)
{
	char two[2 * sizeof(request)];
	size_t n = sizeof(request) - 1;
	size_t len = 0;
	struct rpc_scan s = {0};
	memcpy(two, request, n);
	memcpy(two + n, request, n);
	REQUIRE(rpc_scan(&s, &limits, two, 2 * n, &len) == 0 && len == n);
	REQUIRE(rpc_scan(&s, &limits, two + len, n, &len) == 0 && len == n);
}

TEST(rpc_frame_must_be_an_array_of_three_or_four)
{
	REQUIRE(fault_of(BYTES("GET / HTTP/1.1\r\n")) == RPC_FAULT_NOT_RPC);
	REQUIRE(fault_of(BYTES("\x92\x00\x01")) == RPC_FAULT_NOT_RPC);
	REQUIRE(fault_of(BYTES("\x95\x00\x01")) == RPC_FAULT_NOT_RPC);
	REQUIRE(fault_of(BYTES("\x80")) == RPC_FAULT_NOT_RPC);
	REQUIRE(fault_of(BYTES("\x93\x02\xa1x\x90")) == RPC_FAULT_NONE);
	REQUIRE(fault_of(BYTES("\xdc\x00\x03\x02\xa1x\x90")) == RPC_FAULT_NONE);
}

TEST(rpc_frame_refuses_ext_unused_and_nan)
{
	REQUIRE(fault_of(BYTES("\x93\x02\xc7\x01\x05x\x90")) == RPC_FAULT_EXT);
	for (int b = 0xd4; b <= 0xd8; b++) {
		char f[] = {(char)0x93, 2, (char)b};
		REQUIRE(fault_of(f, sizeof(f)) == RPC_FAULT_EXT);
	}
	REQUIRE(fault_of(BYTES("\x93\x02\xc1")) == RPC_FAULT_UNUSED);
	REQUIRE(fault_of(BYTES("\x93\x02\xca\x7f\xc0\x00\x00\x90")) == RPC_FAULT_NAN);
	REQUIRE(fault_of(BYTES("\x93\x02\xcb\xff\xf8\x00\x00\x00\x00\x00\x00\x90")) == RPC_FAULT_NAN);
	REQUIRE(fault_of(BYTES("\x93\x02\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00\x90")) == RPC_FAULT_NONE);
}

TEST(rpc_frame_refuses_keys_that_are_not_text)
{
	REQUIRE(fault_of(BYTES("\x93\x02\xa1x\x81\x01\x02")) == RPC_FAULT_KEY);
	REQUIRE(fault_of(BYTES("\x93\x02\xa1x\x81\xc4\x01z\x02")) == RPC_FAULT_KEY);
}

TEST(rpc_frame_refuses_a_key_twice)
{
	REQUIRE(fault_of(BYTES("\x93\x02\xa1x\x82\xa1"
			       "a\x01\xa1"
			       "a\x02")) == RPC_FAULT_TWICE);
	REQUIRE(fault_of(BYTES("\x93\x02\xa1x\x82\xa1"
			       "a\x01\xd9\x01"
			       "a\x02")) == RPC_FAULT_TWICE);
	REQUIRE(fault_of(BYTES("\x93\x02\xa1x\x82\xa1"
			       "a\x81\xa1"
			       "a\x01\xa1"
			       "b\x02")) == RPC_FAULT_NONE);
}

/* A map of `n` two-letter keys, each nested map in the value of the first key; `twice` repeats the first at the end. */
static size_t big_map(char *out, unsigned n, unsigned depth, bool twice)
{
	size_t at = 0;
	out[at++] = (char)0xde;
	out[at++] = 0;
	out[at++] = (char)n;
	for (unsigned i = 0; i < n; i++) {
		unsigned k = twice && i == n - 1 ? 0 : i;
		out[at++] = (char)0xa2;
		out[at++] = (char)('a' + k / 26);
		out[at++] = (char)('a' + k % 26);
		if (i == 0 && depth > 1)
			at += big_map(out + at, n, depth - 1, twice);
		else
			out[at++] = 0;
	}
	return at;
}

TEST(rpc_frame_finds_the_key_twice_among_many_nested)
{
	for (int twice = 0; twice < 2; twice++) {
		char f[4096] = "\x93\x02\xa1x";
		size_t len;
		enum rpc_fault fault;
		size_t n = 4 + big_map(f + 4, 150, 5, twice);
		int rc = scan(f, n, &len, &fault);
		if (rc == -ENOMEM && test_oom_mode())
			return;
		REQUIRE(twice ? fault == RPC_FAULT_TWICE : rc == 0);
	}
}

TEST(rpc_frame_refuses_depth_when_it_is_claimed)
{
	char f[64];
	memset(f, 0x91, sizeof(f));
	memcpy(f, "\x93\x02\xa1x", 4);
	REQUIRE(fault_of(f, 4 + 15) == RPC_FAULT_NONE);
	REQUIRE(fault_of(f, 4 + 16) == RPC_FAULT_DEPTH);
}

TEST(rpc_frame_refuses_lengths_when_they_are_claimed)
{
	REQUIRE(fault_of(BYTES("\x93\x02\xdb\xff\xff\xff\xff")) == RPC_FAULT_STR);
	REQUIRE(fault_of(BYTES("\x93\x02\xc6\x00\x00\x07\xd1")) == RPC_FAULT_STR);
	REQUIRE(fault_of(BYTES("\x93\x02\xdd\xff\xff\xff\xff")) == RPC_FAULT_ARRAY);
	REQUIRE(fault_of(BYTES("\x93\x02\xde\x00\xc9")) == RPC_FAULT_MAP);
}

TEST(rpc_frame_refuses_a_message_that_must_become_too_long)
{
	/* Two texts of 2,000, and then one of 200 that no longer fits into 4,096 bytes. */
	static const char f[] = "\x93\x02\x94\xda\x07\xd0";
	char all[6 + 2000 + 3 + 2000 + 3 + 3];
	memset(all, 'x', sizeof(all));
	memcpy(all, f, 6);
	memcpy(all + 2006, "\xda\x07\xd0", 3);
	memcpy(all + 4009, "\xda\x00\xc8", 3);
	REQUIRE(fault_of(all, 4009) == RPC_FAULT_NONE);
	REQUIRE(fault_of(all, 4012) == RPC_FAULT_FRAME);
	/* Values not yet seen count one byte each. */
	memcpy(all + 4009, "\xdc\x00\x55", 3);
	REQUIRE(fault_of(all, 4012) == RPC_FAULT_FRAME);
	memcpy(all + 4009, "\xdc\x00\x54", 3);
	REQUIRE(fault_of(all, 4012) == RPC_FAULT_NONE);
}

TEST(rpc_frame_stays_refused)
{
	struct rpc_scan s = {0};
	size_t len;
	REQUIRE(rpc_scan(&s, &limits, "\xc1", 1, &len) == -EBADMSG);
	REQUIRE(rpc_scan(&s, &limits, request, sizeof(request) - 1, &len) == -EBADMSG);
}

TEST(rpc_frame_every_fault_has_a_text)
{
	for (int f = 1; f < RPC_FAULT_COUNT; f++)
		REQUIRE(*rpc_fault_text((enum rpc_fault)f));
	REQUIRE(!*rpc_fault_text(RPC_FAULT_COUNT));
}
