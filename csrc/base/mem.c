/** mem.c  Heap with a fault switch for tests. */
#include "base/mem.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* Process-wide by nature, like the heap itself; written by tests only. */
static _Atomic uint64_t fail_at;
static _Atomic uint64_t count;
static _Atomic int64_t live;

static bool refused(void)
{
	uint64_t n = atomic_fetch_add_explicit(&count, 1, memory_order_relaxed) + 1;
	uint64_t at = atomic_load_explicit(&fail_at, memory_order_relaxed);
	return at && n >= at;
}

static void *counted(void *p)
{
	if (p)
		atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
	return p;
}

void *mem_alloc(size_t n)
{
	return refused() ? NULL : counted(malloc(n ? n : 1));
}

void *mem_zalloc_array(size_t n, size_t size)
{
	return refused() ? NULL : counted(calloc(n ? n : 1, size ? size : 1));
}

void *mem_zalloc(size_t n)
{
	return mem_zalloc_array(1, n);
}

void mem_free(void *p)
{
	if (!p)
		return;
	atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
	free(p);
}

void mem_give_back(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

void mem_fail_at(uint64_t n)
{
	uint64_t now = atomic_load_explicit(&count, memory_order_relaxed);
	atomic_store_explicit(&fail_at, n ? now + n : 0, memory_order_relaxed);
}

uint64_t mem_count(void)
{
	return atomic_load_explicit(&count, memory_order_relaxed);
}

int64_t mem_live(void)
{
	return atomic_load_explicit(&live, memory_order_relaxed);
}
