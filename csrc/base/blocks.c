/** blocks.c  Treiber stack of block numbers; the count in the upper half of the head defeats ABA. */
#include "base/blocks.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

int blocks_init(struct blocks *p, uint32_t count, size_t size)
{
	memset(p, 0, sizeof(*p));
	p->mem = mem_zalloc_array(count, size);
	p->next = mem_zalloc_array(count, sizeof(*p->next));
	if (!p->mem || !p->next) {
		blocks_fini(p);
		return -ENOMEM;
	}
	p->size = size;
	p->count = count;
	for (uint32_t i = 0; i < count; i++)
		atomic_init(&p->next[i], i + 1 < count ? i + 1 : (uint32_t)BLOCKS_NONE);
	atomic_init(&p->head, count ? 0 : BLOCKS_NONE);
	return 0;
}

void blocks_fini(struct blocks *p)
{
	mem_free(p->mem);
	mem_free(p->next);
	p->mem = NULL;
	p->next = NULL;
}

uint32_t blocks_take(struct blocks *p)
{
	uint64_t head = atomic_load_explicit(&p->head, memory_order_acquire);
	for (;;) {
		uint32_t first = (uint32_t)head;
		if (first == BLOCKS_NONE)
			return BLOCKS_NONE;
		uint32_t next = atomic_load_explicit(&p->next[first], memory_order_relaxed);
		uint64_t want = ((head >> 32) + 1) << 32 | next;
		if (atomic_compare_exchange_weak_explicit(&p->head, &head, want, memory_order_acq_rel,
							  memory_order_acquire))
			return first;
	}
}

void blocks_give(struct blocks *p, uint32_t index)
{
	uint64_t head = atomic_load_explicit(&p->head, memory_order_relaxed);
	uint64_t want;
	do {
		atomic_store_explicit(&p->next[index], (uint32_t)head, memory_order_relaxed);
		want = ((head >> 32) + 1) << 32 | index;
	} while (!atomic_compare_exchange_weak_explicit(&p->head, &head, want, memory_order_acq_rel,
							memory_order_relaxed));
}

void *blocks_at(const struct blocks *p, uint32_t index)
{
	return p->mem + (size_t)index * p->size;
}
