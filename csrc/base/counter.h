/** counter.h  Numbers written by one thread and read by others at any time. Relaxed: a reader sees each value whole,
 *  not several as of one instant. On x86 and ARM it costs what a plain variable costs. */
#ifndef BASE_COUNTER_H
#define BASE_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

static inline void counter_add(_Atomic uint64_t *c, uint64_t n)
{
	uint64_t v = atomic_load_explicit(c, memory_order_relaxed);
	atomic_store_explicit(c, v + n, memory_order_relaxed);
}

static inline uint64_t counter_get(const _Atomic uint64_t *c)
{
	return atomic_load_explicit(c, memory_order_relaxed);
}

static inline void counter_max(_Atomic uint64_t *c, uint64_t n)
{
	if (n > counter_get(c))
		atomic_store_explicit(c, n, memory_order_relaxed);
}

#endif
