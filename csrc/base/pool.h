/** pool.h  Fixed-size objects with generation handles. Bounded: a full pool gives NULL, it never grows.
 *  Memory is reserved at init and touched only up to the highest number ever in use at once.
 *  Each object begins with a struct pool_slot. One owner thread. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool_slot {
	uint32_t index, gen; /* gen of 0 was never used */
	uint32_t next_free;  /* index + 1; 0: none */
	bool live;
};

struct pool {
	char *base;
	size_t size;
	uint32_t cap, used, high, free_head; /* free_head: index + 1 */
};

int pool_init(struct pool *p, uint32_t cap, size_t size); /* size of an object, slot included */
void pool_free(struct pool *p);
void *pool_take(struct pool *p);		       /* zeroed behind its slot; NULL: full */
void pool_give(struct pool *p, void *o);	       /* its handle is stale from now on */
void *pool_get(const struct pool *p, uint64_t handle); /* NULL: stale or never valid */

static inline uint64_t pool_handle(const struct pool_slot *s)
{
	return (uint64_t)s->gen << 32 | s->index;
}

#endif
