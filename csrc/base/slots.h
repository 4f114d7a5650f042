/** slots.h  A table of fixed size that turns pointers into handles (generation << 32 | index) and back.
 *  Adding and removing belong to one thread. slots_get() may be called by a thread that learned the handle from
 *  that one through a ring, as long as the entry is not removed before that thread has said it is done. */
#ifndef BASE_SLOTS_H
#define BASE_SLOTS_H

#include <stddef.h>
#include <stdint.h>

struct slots {
	struct slot {
		void *p; /* borrowed; NULL: free */
		uint32_t gen, next;
	} * at;
	uint32_t size, used, fresh, free;
};
int slots_init(struct slots *s, uint32_t size);		 /* -ENOMEM */
void slots_fini(struct slots *s);			 /* fine on a zeroed struct; entries are the caller's */
uint64_t slots_add(struct slots *s, void *p);		 /* 0: full */
void *slots_get(const struct slots *s, uint64_t handle); /* NULL: stale or never valid */
void slots_remove(struct slots *s, uint64_t handle);

static inline uint32_t slots_index(uint64_t handle)
{
	return (uint32_t)handle;
}

#endif
