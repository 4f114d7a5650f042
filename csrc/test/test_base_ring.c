/** test_base_ring.c  Queues, blocks and handles between threads. */
#include <errno.h>
#include <pthread.h>

#include "base/blocks.h"
#include "base/ring.h"
#include "base/slots.h"
#include "test/test.h"

TEST(ring_takes_as_many_as_it_holds_in_order)
{
	struct ring r;
	uint64_t v;
	REQUIRE(ring_init(&r, 0, 8) == -EINVAL);
	if (ring_init(&r, 5, sizeof(v)) != 0)
		REQUIRE(false);
	for (int round = 0; round < 3; round++) {
		for (v = 0; v < 8; v++)
			CHECK(ring_space(&r) == 8 - v && ring_push(&r, &v));
		CHECK(!ring_push(&r, &v));
		for (v = 0; v < 8; v++) {
			const uint64_t *p = ring_peek(&r);
			CHECK(p && *p == v);
			ring_pop(&r);
		}
		CHECK(!ring_peek(&r));
	}
out:
	ring_fini(&r);
}

TEST(blocks_give_each_once_and_take_them_back)
{
	struct blocks b;
	if (blocks_init(&b, 3, 16) != 0)
		REQUIRE(false);
	CHECK(blocks_take(&b) == 0 && blocks_take(&b) == 1 && blocks_take(&b) == 2);
	CHECK(blocks_take(&b) == BLOCKS_NONE);
	blocks_give(&b, 1);
	CHECK(blocks_take(&b) == 1 && blocks_take(&b) == BLOCKS_NONE);
	CHECK((char *)blocks_at(&b, 2) - (char *)blocks_at(&b, 0) == 32);
out:
	blocks_fini(&b);
}

TEST(slots_know_stale_handles)
{
	struct slots s;
	int x, y;
	if (slots_init(&s, 2) != 0)
		REQUIRE(false);
	uint64_t a = slots_add(&s, &x), b = slots_add(&s, &y);
	CHECK(a && b && slots_add(&s, &x) == 0);
	CHECK(slots_get(&s, a) == &x && slots_get(&s, b) == &y);
	slots_remove(&s, a);
	CHECK(!slots_get(&s, a) && s.used == 1);
	slots_remove(&s, a);
	uint64_t c = slots_add(&s, &y);
	CHECK(c != a && (uint32_t)c == (uint32_t)a && slots_get(&s, c) == &y && !slots_get(&s, a));
	CHECK(!slots_get(&s, 0) && !slots_get(&s, UINT64_MAX));
out:
	slots_fini(&s);
}

enum { PRODUCERS = 3, EACH = 20000, BLOCKS = 8 };

struct traffic {
	struct mpsc q;
	struct blocks blocks;
	_Atomic uint64_t made;
};

static void *produce(void *arg)
{
	struct traffic *t = arg;
	for (uint64_t i = 0; i < EACH;) {
		uint32_t b = blocks_take(&t->blocks);
		if (b == BLOCKS_NONE)
			continue;
		uint64_t id = atomic_fetch_add(&t->made, 1);
		*(uint64_t *)blocks_at(&t->blocks, b) = id;
		uint64_t rec[2] = {b, id};
		while (!mpsc_push(&t->q, rec))
			;
		i++;
	}
	return NULL;
}

TEST_NO_OOM(mpsc_and_blocks_lose_and_mix_up_nothing_between_threads)
{
	struct traffic t = {0};
	pthread_t threads[PRODUCERS];
	uint64_t rec[2], sum = 0, n = 0;
	bool whole = true;
	REQUIRE(mpsc_init(&t.q, 16, sizeof(rec)) == 0);
	REQUIRE(blocks_init(&t.blocks, BLOCKS, sizeof(uint64_t)) == 0);
	for (int i = 0; i < PRODUCERS; i++)
		REQUIRE(pthread_create(&threads[i], NULL, produce, &t) == 0);
	while (n < PRODUCERS * EACH) {
		if (!mpsc_pop(&t.q, rec))
			continue;
		whole = whole && *(uint64_t *)blocks_at(&t.blocks, (uint32_t)rec[0]) == rec[1];
		blocks_give(&t.blocks, (uint32_t)rec[0]);
		sum += rec[1];
		n++;
	}
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(threads[i], NULL);
	CHECK(whole && !mpsc_pop(&t.q, rec));
	CHECK(sum == n * (n - 1) / 2);
out:
	mpsc_fini(&t.q);
	blocks_fini(&t.blocks);
}
