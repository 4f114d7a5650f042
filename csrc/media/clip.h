/** clip.h  Audio in memory, shared by any number of players. Counted references: the control thread takes them, the
 *  worker that ends a player gives them back, only the control thread frees. */
#ifndef MEDIA_CLIP_H
#define MEDIA_CLIP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "switchroom.h"

struct clip {
	struct clip *next; /* control thread: released, waiting for players to end */
	_Atomic uint32_t players;
	size_t samples;
	int16_t pcm[];
};
struct clip *clip_new(size_t samples); /* NULL: out of memory or absurd. mem_free() it */

static inline void clip_take(struct clip *c)
{
	atomic_fetch_add_explicit(&c->players, 1, memory_order_relaxed);
}

static inline void clip_give(struct clip *c)
{
	atomic_fetch_sub_explicit(&c->players, 1, memory_order_release); /* pairs with clip_idle() */
}

static inline bool clip_idle(const struct clip *c)
{
	return atomic_load_explicit(&c->players, memory_order_acquire) == 0;
}

#endif
