/** frame.c  Finding the end of a MessagePack-RPC message. */
#include "rpc/frame.h"

#include <errno.h>
#include <string.h>

#include "rpc/keys.h"

static const char *const fault_texts[] = {
#define RPC_X(name, code, text) text,
	RPC_FAULTS(RPC_X)
#undef RPC_X
};
static const int fault_codes[] = {
#define RPC_X(name, code, text) (code),
	RPC_FAULTS(RPC_X)
#undef RPC_X
};

const char *rpc_fault_text(enum rpc_fault f)
{
	return (unsigned)f < RPC_FAULT_COUNT ? fault_texts[f] : "";
}

static int refuse(struct rpc_scan *s, enum rpc_fault f, uint64_t found, uint64_t allowed)
{
	s->fault = f;
	s->found = found;
	s->allowed = allowed;
	return -fault_codes[f];
}

static uint64_t big_endian(const uint8_t *p, size_t n)
{
	uint64_t v = 0;
	while (n--)
		v = v << 8 | *p++;
	return v;
}

size_t rpc_value_head(const uint8_t *p, size_t n, struct rpc_value *v)
{
	/* Kind and length bytes of 0xc0-0xdf; a scalar's bytes count as length bytes. */
	static const struct {
		uint8_t kind, bytes;
	} heads[32] = {
		{RPC_SCALAR, 0}, {RPC_UNUSED, 0}, {RPC_SCALAR, 0}, {RPC_SCALAR, 0}, /* nil, -, false, true */
		{RPC_BIN, 1},	 {RPC_BIN, 2},	  {RPC_BIN, 4},	   {RPC_EXT, 0},    /* bin, ext 8 */
		{RPC_EXT, 0},	 {RPC_EXT, 0},	  {RPC_FLOAT, 4},  {RPC_FLOAT, 8},  /* ext 16, 32, float */
		{RPC_SCALAR, 1}, {RPC_SCALAR, 2}, {RPC_SCALAR, 4}, {RPC_SCALAR, 8}, /* uint */
		{RPC_SCALAR, 1}, {RPC_SCALAR, 2}, {RPC_SCALAR, 4}, {RPC_SCALAR, 8}, /* int */
		{RPC_EXT, 0},	 {RPC_EXT, 0},	  {RPC_EXT, 0},	   {RPC_EXT, 0},    /* fixext */
		{RPC_EXT, 0},	 {RPC_TEXT, 1},	  {RPC_TEXT, 2},   {RPC_TEXT, 4},   /* fixext 16, str */
		{RPC_ARRAY, 2},	 {RPC_ARRAY, 4},  {RPC_MAP, 2},	   {RPC_MAP, 4},
	};
	uint8_t b = p[0];
	v->count = 0;
	v->kind = RPC_SCALAR;
	if (b <= 0x7f || b >= 0xe0)
		return 1;
	if (b <= 0xbf) { /* the count is in the first byte */
		v->kind = b <= 0x8f ? RPC_MAP : b <= 0x9f ? RPC_ARRAY : RPC_TEXT;
		v->count = b >= 0xa0 ? b & 0x1f : b & 0x0f;
		return 1;
	}
	v->kind = heads[b - 0xc0].kind;
	size_t bytes = heads[b - 0xc0].bytes;
	if (n < 1 + bytes)
		return 0;
	v->count = big_endian(p + 1, bytes);
	return 1 + bytes;
}

static bool is_nan(uint64_t bits, size_t head)
{
	if (head == 5)
		return (bits & 0x7f800000u) == 0x7f800000u && (bits & 0x007fffffu);
	return (bits & 0x7ff0000000000000u) == 0x7ff0000000000000u && (bits & 0x000fffffffffffffu);
}

static int advance(struct rpc_scan *s, const struct rpc_limits *l, uint64_t bytes, uint64_t at_least)
{
	if (s->at + bytes + at_least > l->frame)
		return refuse(s, RPC_FAULT_FRAME, s->at + bytes + at_least, l->frame);
	s->at += bytes;
	return 0;
}

static int enter(struct rpc_scan *s, const struct rpc_limits *l, const struct rpc_value *v, size_t head)
{
	bool map = v->kind == RPC_MAP;
	uint64_t values = map ? 2 * v->count : v->count;
	if (map && v->count > l->map)
		return refuse(s, RPC_FAULT_MAP, v->count, l->map);
	if (!map && v->count > l->array)
		return refuse(s, RPC_FAULT_ARRAY, v->count, l->array);
	if (s->depth >= l->depth || s->depth >= RPC_DEPTH_MAX)
		return refuse(s, RPC_FAULT_DEPTH, s->depth + 1, l->depth);
	s->keys |= map && v->count > 1;
	s->level[s->depth].left = values;
	s->level[s->depth].map = map;
	s->depth++;
	return advance(s, l, head, values); /* a value has at least one byte */
}

static int take(struct rpc_scan *s, const struct rpc_limits *l, const struct rpc_value *v, size_t head)
{
	switch (v->kind) {
	case RPC_UNUSED:
		return refuse(s, RPC_FAULT_UNUSED, 0, 0);
	case RPC_EXT:
		return refuse(s, RPC_FAULT_EXT, 0, 0);
	case RPC_FLOAT:
		if (is_nan(v->count, head))
			return refuse(s, RPC_FAULT_NAN, 0, 0);
		return advance(s, l, head, 0);
	case RPC_TEXT:
	case RPC_BIN:
		if (v->count > l->str)
			return refuse(s, RPC_FAULT_STR, v->count, l->str);
		return advance(s, l, head + v->count, 0);
	case RPC_ARRAY:
	case RPC_MAP:
		return enter(s, l, v, head);
	default:
		return advance(s, l, head, 0);
	}
}

/** What the place of a value demands of it: the outermost is an array of 3 or 4, a key is text. */
static int check_place(struct rpc_scan *s, const struct rpc_value *v)
{
	if (s->depth == 0)
		return v->kind == RPC_ARRAY && (v->count == 3 || v->count == 4) ? 0
										: refuse(s, RPC_FAULT_NOT_RPC, 0, 0);
	if (s->level[s->depth - 1].map && s->level[s->depth - 1].left % 2 == 0 && v->kind != RPC_TEXT)
		return refuse(s, RPC_FAULT_KEY, 0, 0);
	return 0;
}

static int step(struct rpc_scan *s, const struct rpc_limits *l, const uint8_t *p, size_t n)
{
	struct rpc_value v;
	size_t head = n ? rpc_value_head(p, n, &v) : 0;
	if (!head)
		return -EAGAIN;
	int rc = check_place(s, &v);
	if (rc)
		return rc;
	if (s->depth)
		s->level[s->depth - 1].left--;
	rc = take(s, l, &v, head);
	while (!rc && s->depth && s->level[s->depth - 1].left == 0)
		s->depth--;
	return rc;
}

int rpc_scan(struct rpc_scan *s, const struct rpc_limits *l, const void *data, size_t n, size_t *len)
{
	int rc;
	if (s->fault)
		return -fault_codes[s->fault];
	do {
		if (s->at >= n && s->depth)
			return -EAGAIN;
		if (s->at && !s->depth) /* only the end of its last text was missing */
			break;
		rc = step(s, l, (const uint8_t *)data + s->at, n - (size_t)s->at);
		if (rc)
			return rc;
	} while (s->depth);
	if (s->at > n)
		return -EAGAIN;
	rc = s->keys ? rpc_keys_check(data, (size_t)s->at) : 0;
	if (rc)
		return rc == -EEXIST ? refuse(s, RPC_FAULT_TWICE, 0, 0) : rc;
	*len = (size_t)s->at;
	memset(s, 0, sizeof(*s));
	return 0;
}
