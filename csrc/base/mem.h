/** mem.h  The only door to the heap. Tests close it: the out-of-memory mode fails the n-th allocation,
 *  the leak mode counts what was not given back. Thread-safe. Never called in the packet path. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

void *mem_alloc(size_t n);			   /* uninitialised; NULL when out of memory */
void *mem_zalloc(size_t n);			   /* zeroed */
void *mem_zalloc_array(size_t count, size_t size); /* zeroed; NULL also on overflow */
void mem_free(void *p);				   /* NULL is fine */
void mem_give_back(void); /* free memory to the system, as far as the heap can: milliseconds, after a peak */

/** For tests: fail allocation number `n` from now (1 = the next) and all after it; 0 turns it off. */
void mem_fail_at(uint64_t n);
/** For tests: allocations made since start, and those not yet freed. */
uint64_t mem_count(void);
int64_t mem_live(void);

#endif
