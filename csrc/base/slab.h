/** slab.h  Memory blocks of 64 bytes to 64 KiB from one bounded region: pages of 64 KiB, each cut into blocks of one
 *  size class while it has any in use, free for any class again when it has none. So hostile sizes cannot
 *  starve other sizes for longer than their blocks live. One owner thread. */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SLAB_PAGE = 65536, SLAB_CLASSES = 28 };

struct slab_page {
	uint32_t prev, next; /* in its class's list of pages with room, or in the free list; index + 1 */
	uint32_t free_block; /* offset + 1 of the first block given back; 0: none */
	uint32_t fresh;	     /* offset from which blocks have never been used */
	uint16_t used;
	uint8_t class;
};

struct slab {
	char *base;
	struct slab_page *page;
	uint32_t pages, high, free_page; /* free_page: index + 1 */
	uint32_t room[SLAB_CLASSES];	 /* pages with room; index + 1 */
	size_t bytes;			 /* in use, rounded up to classes */
	bool wipe;			 /* the owner sets it: blocks are cleared when they are given back */
};

int slab_init(struct slab *s, size_t bytes);
void slab_close(struct slab *s);
void *slab_alloc(struct slab *s, size_t n); /* aligned to 16; NULL: full, or n above SLAB_PAGE */
void slab_free(struct slab *s, void *p);    /* NULL is fine */

#endif
