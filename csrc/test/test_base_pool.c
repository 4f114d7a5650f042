/** test_base_pool.c  Pools, the keyed table, the slab. */
#include "test/test.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/pool.h"
#include "base/slab.h"

struct thing {
	struct pool_slot slot;
	uint64_t word;
};

TEST(pool_is_bounded_and_zeroes_what_it_gives)
{
	struct pool p = {0};
	struct thing *t[3];
	CHECK(pool_init(&p, 3, sizeof(struct thing)) == 0);
	for (int i = 0; i < 3; i++) {
		t[i] = pool_take(&p);
		CHECK(t[i] && t[i]->word == 0);
		t[i]->word = 5;
	}
	CHECK(pool_take(&p) == NULL && p.used == 3);
	pool_give(&p, t[1]);
	struct thing *again = pool_take(&p);
	CHECK(again == t[1] && again->word == 0);
out:
	pool_free(&p);
}

TEST(pool_handle_is_stale_after_give)
{
	struct pool p = {0};
	CHECK(pool_init(&p, 2, sizeof(struct thing)) == 0);
	struct thing *t = pool_take(&p);
	uint64_t h = pool_handle(&t->slot);
	CHECK(h != 0 && pool_get(&p, h) == t);
	pool_give(&p, t);
	CHECK(pool_get(&p, h) == NULL);
	t = pool_take(&p);
	CHECK(pool_get(&p, h) == NULL && pool_get(&p, pool_handle(&t->slot)) == t);
	CHECK(pool_get(&p, 0) == NULL && pool_get(&p, UINT64_MAX) == NULL &&
	      pool_get(&p, (uint64_t)1 << 32 | 1) == NULL);
out:
	pool_free(&p);
}

TEST(hash_differs_by_secret_part_borders_and_length)
{
	const uint64_t one[2] = {1, 2}, two[2] = {1, 3};
	struct hash_state h;
	uint64_t v[5];
	hash_init(&h, one);
	hash_part(&h, STR("ab"));
	hash_part(&h, STR("c"));
	v[0] = hash_end(&h).lo;
	hash_init(&h, one);
	hash_part(&h, STR("a"));
	hash_part(&h, STR("bc"));
	v[1] = hash_end(&h).lo;
	hash_init(&h, two);
	hash_part(&h, STR("ab"));
	hash_part(&h, STR("c"));
	v[2] = hash_end(&h).lo;
	hash_init(&h, one);
	hash_part(&h, STR("abcdefghijklmnopqrstuvwxyz"));
	v[3] = hash_end(&h).lo;
	hash_init(&h, one);
	hash_part(&h, STR("abcdefghijklmnopqrstuvwxyZ"));
	v[4] = hash_end(&h).lo;
	for (int i = 0; i < 5; i++)
		for (int j = 0; j < i; j++)
			REQUIRE(v[i] != v[j]);
}

TEST(hash_table_finds_all_nodes_of_a_key)
{
	struct hash_table t = {0};
	struct hash_node n[100];
	CHECK(hash_table_init(&t, 16) == 0);
	for (unsigned i = 0; i < 100; i++)
		hash_put(&t, &n[i], i % 50 * 16); /* all in one chain, two of each key */
	for (unsigned i = 0; i < 50; i++) {
		struct hash_node *a = hash_find(&t, i * 16), *b = a ? hash_next(a) : NULL;
		CHECK(a && b && a != b && !hash_next(b));
	}
	hash_remove(&t, &n[7]);
	CHECK(hash_find(&t, 7 * 16) == &n[57] && !hash_next(&n[57]));
	hash_remove(&t, &n[57]);
	CHECK(!hash_find(&t, 7 * 16) && hash_find(&t, 8 * 16));
out:
	hash_table_free(&t);
}

static uint32_t lcg(uint32_t *s)
{
	return *s = *s * 1664525u + 1013904223u;
}

TEST(slab_blocks_keep_their_bytes_and_all_come_back)
{
	enum { N = 500 };
	struct slab s = {0};
	unsigned char *p[N] = {0};
	size_t n[N] = {0};
	uint32_t r = 1;
	CHECK(slab_init(&s, 4 << 20) == 0);
	for (int round = 0; round < 20000; round++) {
		unsigned i = lcg(&r) >> 8 & 0xffff;
		i %= N;
		if (p[i]) {
			for (size_t k = 0; k < n[i]; k += 61)
				CHECK(p[i][k] == (unsigned char)i);
			slab_free(&s, p[i]);
			p[i] = NULL;
			continue;
		}
		n[i] = 1 + (lcg(&r) >> 8) % (i % 50 ? 3000 : 65536);
		p[i] = slab_alloc(&s, n[i]);
		if (p[i])
			memset(p[i], (int)(i & 255), n[i]);
	}
	for (int i = 0; i < N; i++)
		slab_free(&s, p[i]);
	CHECK(s.bytes == 0);
	for (unsigned c = 0; c < SLAB_CLASSES; c++)
		CHECK(s.room[c] == 0); /* every page is free for any class */
out:
	slab_close(&s);
}

TEST(slab_is_bounded_and_refuses_above_a_page)
{
	struct slab s = {0};
	unsigned n = 0;
	CHECK(slab_init(&s, 1 << 20) == 0);
	CHECK(slab_alloc(&s, SLAB_PAGE + 1) == NULL);
	while (slab_alloc(&s, SLAB_PAGE))
		n++;
	CHECK(n == s.pages && slab_alloc(&s, 1) == NULL);
	slab_free(&s, s.base);
	CHECK(slab_alloc(&s, 64) != NULL);
out:
	slab_close(&s);
}
