/** keys.h  Inside of frame.c: heads of values, and keys that appear twice in one map. */
#ifndef RPC_KEYS_H
#define RPC_KEYS_H

#include <stddef.h>
#include <stdint.h>

enum rpc_kind { RPC_SCALAR, RPC_FLOAT, RPC_TEXT, RPC_BIN, RPC_ARRAY, RPC_MAP, RPC_EXT, RPC_UNUSED };

struct rpc_value {
	uint8_t kind;	/* enum rpc_kind */
	uint64_t count; /* bytes, elements or pairs; of a scalar or float its bits */
};

/** Length of the head at `p`, a scalar's bytes included; 0 when it is longer than `n` (at least 1). */
size_t rpc_value_head(const uint8_t *p, size_t n, struct rpc_value *v);

/** -EEXIST when a map in the message has a key twice. `p` has been scanned: it is complete and within the limits. */
int rpc_keys_check(const uint8_t *p, size_t n);

#endif
