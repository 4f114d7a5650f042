/** ring.h  Bounded queues between threads: records of one fixed size, copied in and out. No locks, no waiting.
 *  `ring`: one producer thread, one consumer thread. `mpsc`: any number of producers, one consumer. */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CACHE_LINE = 64 };

struct ring {
	unsigned char *mem;
	size_t record;
	uint32_t mask;
	char pad0[CACHE_LINE];
	_Atomic uint32_t head; /* next to take; written by the consumer, its release pairs with ring_space() */
	char pad1[CACHE_LINE];
	_Atomic uint32_t tail; /* next to fill; written by the producer, its release pairs with ring_peek() */
};
/** `count` is rounded up to a power of two. -ENOMEM; -EINVAL: 0 or above 2^30. */
int ring_init(struct ring *r, uint32_t count, size_t record);
void ring_fini(struct ring *r);			 /* fine on a zeroed struct */
bool ring_push(struct ring *r, const void *rec); /* producer; false: full */
uint32_t ring_space(const struct ring *r);	 /* producer; free records, only grows until the next push */
const void *ring_peek(const struct ring *r);	 /* consumer; NULL: empty; borrowed until ring_pop() */
void ring_pop(struct ring *r);			 /* consumer; after a peek that was not NULL */

struct mpsc {
	unsigned char *mem;
	size_t record, stride;
	uint32_t mask;
	char pad0[CACHE_LINE];
	_Atomic uint32_t tail; /* claimed by producers with a compare-exchange */
	char pad1[CACHE_LINE];
	uint32_t head; /* the consumer's own */
};
int mpsc_init(struct mpsc *q, uint32_t count, size_t record);
void mpsc_fini(struct mpsc *q);
bool mpsc_push(struct mpsc *q, const void *rec); /* any thread; false: full */
bool mpsc_pop(struct mpsc *q, void *rec);	 /* consumer; false: empty */

#endif
