/** fuzz_rpc.c  The framer on any bytes: what it says may not depend on how the stream was cut. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/frame.h"

static const struct rpc_limits limits = {.frame = 1 << 20, .depth = 16, .array = 65536, .map = 1024, .str = 1 << 18};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int scan_whole(const uint8_t *data, size_t n, size_t *len)
{
	struct rpc_scan s = {0};
	return rpc_scan(&s, &limits, data, n, len);
}

/* Arriving in pieces whose sizes the first byte decides. */
static int scan_cut(const uint8_t *data, size_t n, size_t piece, size_t *len)
{
	struct rpc_scan s = {0};
	int rc = -EAGAIN;
	for (size_t have = 0; rc == -EAGAIN; have = have + piece < n ? have + piece : n) {
		uint8_t *copy = malloc(have ? have : 1); /* ends where the bytes end: over-reads are seen */
		if (have)
			memcpy(copy, data, have);
		rc = rpc_scan(&s, &limits, copy, have, len);
		free(copy);
		if (have == n)
			break;
	}
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t whole = 0;
	size_t cut = 0;
	if (n < 1)
		return 0;
	size_t piece = 1 + data[0] % 17;
	data++;
	n--;
	if (n > 4096)
		piece = n / 16;
	int rc = scan_whole(data, n, &whole);
	if (scan_cut(data, n, piece, &cut) != rc || (rc == 0 && whole != cut))
		abort();
	if (rc == 0 && (whole > n || whole < 4))
		abort();
	return 0;
}
