/** frame.h  Where a MessagePack-RPC message ends, and whether it is one we take, before anything is decoded.
 *
 *  Messages follow each other without a length prefix, so the end is found by walking the headers. Limits are
 *  checked when a length is claimed, not when its bytes arrive: nobody is made to buffer what will be refused.
 *  Refused: ext types, the unused byte 0xc1, NaN, map keys that are not text, a key twice in a map, and anything
 *  whose outermost value is not an array of 3 or 4. Text is not checked for UTF-8: the typed decoder does that.
 *  Source: github.com/msgpack/msgpack/blob/master/spec.md, github.com/msgpack-rpc/msgpack-rpc/blob/master/spec.md. */
#ifndef RPC_FRAME_H
#define RPC_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RPC_DEPTH_MAX = 32 };

/** Inclusive. `depth` counts nested arrays and maps, the message's own array being 1; at most RPC_DEPTH_MAX.
 *  `str` is bytes of text or bin; `array` elements; `map` pairs; `frame` bytes of the message. */
struct rpc_limits {
	uint32_t frame, depth, array, map, str;
};

/** Why a message is refused: name, errno, text for people. Texts with a limit are followed by found and allowed. */
#define RPC_FAULTS(X)                                                                                                  \
	X(NONE, 0, "")                                                                                                 \
	X(NOT_RPC, EBADMSG, "not a MessagePack-RPC message (array of 3 or 4)")                                         \
	X(UNUSED, EBADMSG, "byte 0xc1 is never used in MessagePack")                                                   \
	X(EXT, EBADMSG, "ext types are not taken")                                                                     \
	X(NAN, EBADMSG, "NaN is not taken")                                                                            \
	X(KEY, EBADMSG, "map keys must be text")                                                                       \
	X(TWICE, EBADMSG, "the same key twice in a map")                                                               \
	X(DEPTH, ELOOP, "arrays and maps nested too deep")                                                             \
	X(ARRAY, EMSGSIZE, "array of too many elements")                                                               \
	X(MAP, EMSGSIZE, "map of too many pairs")                                                                      \
	X(STR, EMSGSIZE, "text or bin of too many bytes")                                                              \
	X(FRAME, EMSGSIZE, "message of too many bytes")
enum rpc_fault {
#define RPC_X(name, code, text) RPC_FAULT_##name,
	RPC_FAULTS(RPC_X)
#undef RPC_X
		RPC_FAULT_COUNT
};
const char *rpc_fault_text(enum rpc_fault f);

/** Progress through one message; keeps no pointer. Zeroed = at the start of a message. */
struct rpc_scan {
	uint64_t at; /* bytes accounted for; above what has arrived while inside a text */
	uint32_t depth;
	bool keys; /* a map of two keys or more was seen */
	enum rpc_fault fault;
	uint64_t found, allowed; /* of the fault, when it is a limit's */
	struct {
		uint64_t left; /* values still to come */
		bool map;
	} level[RPC_DEPTH_MAX];
};

/** Goes on with the message that starts at `data`, of which `n` bytes have arrived (those seen before included).
 *  0: complete, `*len` is its length and `s` is ready for the next. -EAGAIN: call again with more bytes.
 *  -EBADMSG, -EMSGSIZE, -ELOOP: refused, `s->fault` says why, the stream's position is lost. -ENOMEM. */
int rpc_scan(struct rpc_scan *s, const struct rpc_limits *l, const void *data, size_t n, size_t *len);

#endif
