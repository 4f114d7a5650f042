/** keys.c  Does a map have a key twice? Decoders keep the last one silently, checkers before them may see the first. */
#include "rpc/keys.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "rpc/frame.h"

enum { KEYS_INLINE = 64, PAIRWISE_MAX = 8 };

struct key {
	const uint8_t *p;
	size_t n;
};

/** Keys of all maps that are open at one place: at most depth x pairs of the limits. */
struct keys {
	struct key *key, near[KEYS_INLINE];
	size_t n, room;
	const uint8_t *end;
};

static int key_order(const struct key *a, const struct key *b)
{
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return memcmp(a->p, b->p, a->n);
}

static void sift(struct key *k, size_t at, size_t n)
{
	for (size_t child; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n && key_order(&k[child], &k[child + 1]) < 0)
			child++;
		if (key_order(&k[at], &k[child]) >= 0)
			return;
		struct key swap = k[at];
		k[at] = k[child];
		k[child] = swap;
	}
}

/* Heap sort: no allocation, and no order of keys makes it slow. */
static void sort(struct key *k, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sift(k, i, n);
	for (size_t i = n; i-- > 1;) {
		struct key swap = k[0];
		k[0] = k[i];
		k[i] = swap;
		sift(k, 0, i);
	}
}

static bool has_twice(struct key *k, size_t n)
{
	if (n <= PAIRWISE_MAX) {
		for (size_t i = 1; i < n; i++)
			for (size_t j = 0; j < i; j++)
				if (key_order(&k[i], &k[j]) == 0)
					return true;
		return false;
	}
	sort(k, n);
	for (size_t i = 1; i < n; i++)
		if (key_order(&k[i - 1], &k[i]) == 0)
			return true;
	return false;
}

static int reserve(struct keys *s, size_t more)
{
	if (s->n + more <= s->room)
		return 0;
	size_t room = 2 * (s->n + more);
	struct key *k = mem_zalloc_array(room, sizeof(*k));
	if (!k)
		return -ENOMEM;
	memcpy(k, s->key, s->n * sizeof(*k));
	if (s->key != s->near)
		mem_free(s->key);
	s->key = k;
	s->room = room;
	return 0;
}

static int walk(struct keys *s, const uint8_t **p);

static int walk_map(struct keys *s, const uint8_t **p, uint64_t pairs)
{
	size_t base = s->n;
	int rc = reserve(s, (size_t)pairs);
	for (uint64_t i = 0; i < pairs && !rc; i++) {
		struct rpc_value v;
		size_t head = rpc_value_head(*p, (size_t)(s->end - *p), &v);
		s->key[s->n++] = (struct key){*p + head, (size_t)v.count};
		*p += head + v.count;
		rc = walk(s, p);
	}
	if (!rc && has_twice(s->key + base, s->n - base))
		rc = -EEXIST;
	s->n = base;
	return rc;
}

/* Recursion is bounded: the scan has checked the depth. */
static int walk(struct keys *s, const uint8_t **p)
{
	struct rpc_value v;
	int rc = 0;
	*p += rpc_value_head(*p, (size_t)(s->end - *p), &v);
	if (v.kind == RPC_MAP)
		return walk_map(s, p, v.count);
	if (v.kind == RPC_TEXT || v.kind == RPC_BIN)
		*p += v.count;
	else if (v.kind == RPC_ARRAY)
		for (uint64_t i = 0; i < v.count && !rc; i++)
			rc = walk(s, p);
	return rc;
}

int rpc_keys_check(const uint8_t *p, size_t n)
{
	struct keys s = {.n = 0, .room = KEYS_INLINE, .end = p + n};
	s.key = s.near;
	int rc = walk(&s, &p);
	if (s.key != s.near)
		mem_free(s.key);
	return rc;
}
