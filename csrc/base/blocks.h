/** blocks.h  Equal blocks from one allocation, taken and given back by any thread without locks. Last given, first
 *  taken, so that blocks nobody needed stay untouched by the kernel. */
#ifndef BASE_BLOCKS_H
#define BASE_BLOCKS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { BLOCKS_NONE = 0xffffffffu };

struct blocks {
	unsigned char *mem;
	_Atomic uint32_t *next;
	size_t size;
	uint32_t count;
	_Atomic uint64_t head; /* change count << 32 | index of the first free block */
};
int blocks_init(struct blocks *p, uint32_t count, size_t size); /* -ENOMEM */
void blocks_fini(struct blocks *p);				/* fine on a zeroed struct */
uint32_t blocks_take(struct blocks *p);				/* index; BLOCKS_NONE: used up */
void blocks_give(struct blocks *p, uint32_t index);
void *blocks_at(const struct blocks *p, uint32_t index);

#endif
