/** ring.c  Single-producer ring; multi-producer queue after Vyukov (a turn number in each cell). */
#include "base/ring.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

static uint32_t power_of_two(uint32_t n)
{
	uint32_t p = 1;
	while (p < n)
		p <<= 1;
	return p;
}

int ring_init(struct ring *r, uint32_t count, size_t record)
{
	memset(r, 0, sizeof(*r));
	if (count == 0 || count > 1u << 30 || record == 0)
		return -EINVAL;
	count = power_of_two(count);
	r->mem = mem_zalloc_array(count, record);
	if (!r->mem)
		return -ENOMEM;
	r->record = record;
	r->mask = count - 1;
	return 0;
}

void ring_fini(struct ring *r)
{
	mem_free(r->mem);
	r->mem = NULL;
}

uint32_t ring_space(const struct ring *r)
{
	uint32_t head = atomic_load_explicit(&r->head, memory_order_acquire);
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	return r->mask + 1 - (tail - head);
}

bool ring_push(struct ring *r, const void *rec)
{
	if (ring_space(r) == 0)
		return false;
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	memcpy(r->mem + (size_t)(tail & r->mask) * r->record, rec, r->record);
	atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
	return true;
}

const void *ring_peek(const struct ring *r)
{
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	return head == tail ? NULL : r->mem + (size_t)(head & r->mask) * r->record;
}

void ring_pop(struct ring *r)
{
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	atomic_store_explicit(&r->head, head + 1, memory_order_release);
}

/* A cell is { _Atomic uint32_t turn; pad to 8; record }. turn == position: free for that position;
 * turn == position + 1: filled. The consumer sets it to position + count for the next round. */
enum { CELL_HEAD = 8 };

static _Atomic uint32_t *cell_turn(const struct mpsc *q, uint32_t at)
{
	return (_Atomic uint32_t *)(void *)(q->mem + (size_t)(at & q->mask) * q->stride);
}

static void *cell_record(const struct mpsc *q, uint32_t at)
{
	return q->mem + (size_t)(at & q->mask) * q->stride + CELL_HEAD;
}

int mpsc_init(struct mpsc *q, uint32_t count, size_t record)
{
	memset(q, 0, sizeof(*q));
	if (count == 0 || count > 1u << 30 || record == 0)
		return -EINVAL;
	count = power_of_two(count);
	q->record = record;
	q->stride = CELL_HEAD + (record + 7) / 8 * 8;
	q->mem = mem_zalloc_array(count, q->stride);
	if (!q->mem)
		return -ENOMEM;
	q->mask = count - 1;
	for (uint32_t i = 0; i < count; i++)
		atomic_store_explicit(cell_turn(q, i), i, memory_order_relaxed);
	return 0;
}

void mpsc_fini(struct mpsc *q)
{
	mem_free(q->mem);
	q->mem = NULL;
}

bool mpsc_push(struct mpsc *q, const void *rec)
{
	uint32_t at = atomic_load_explicit(&q->tail, memory_order_relaxed);
	for (;;) {
		uint32_t turn = atomic_load_explicit(cell_turn(q, at), memory_order_acquire);
		int32_t lead = (int32_t)(turn - at);
		if (lead < 0)
			return false;
		if (lead > 0)
			at = atomic_load_explicit(&q->tail, memory_order_relaxed);
		else if (atomic_compare_exchange_weak_explicit(&q->tail, &at, at + 1, memory_order_relaxed,
							       memory_order_relaxed))
			break;
	}
	memcpy(cell_record(q, at), rec, q->record);
	atomic_store_explicit(cell_turn(q, at), at + 1, memory_order_release);
	return true;
}

bool mpsc_pop(struct mpsc *q, void *rec)
{
	uint32_t at = q->head;
	if (atomic_load_explicit(cell_turn(q, at), memory_order_acquire) != at + 1)
		return false;
	memcpy(rec, cell_record(q, at), q->record);
	atomic_store_explicit(cell_turn(q, at), at + q->mask + 1, memory_order_release);
	q->head = at + 1;
	return true;
}
