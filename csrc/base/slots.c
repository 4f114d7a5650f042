/** slots.c  Handles with generations. */
#include "base/slots.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

enum { SLOT_NONE = 0xffffffffu };

int slots_init(struct slots *s, uint32_t size)
{
	memset(s, 0, sizeof(*s));
	s->at = mem_zalloc_array(size, sizeof(*s->at));
	if (!s->at)
		return -ENOMEM;
	s->size = size;
	s->free = SLOT_NONE;
	return 0;
}

void slots_fini(struct slots *s)
{
	mem_free(s->at);
	s->at = NULL;
}

uint64_t slots_add(struct slots *s, void *p)
{
	uint32_t i = s->free;
	if (i != SLOT_NONE)
		s->free = s->at[i].next;
	else if (s->fresh < s->size)
		i = s->fresh++;
	else
		return 0;
	struct slot *e = &s->at[i];
	e->p = p;
	if (++e->gen == 0)
		e->gen = 1;
	s->used++;
	return (uint64_t)e->gen << 32 | i;
}

void *slots_get(const struct slots *s, uint64_t handle)
{
	uint32_t i = slots_index(handle);
	if (i >= s->size || s->at[i].gen != handle >> 32)
		return NULL;
	return s->at[i].p;
}

void slots_remove(struct slots *s, uint64_t handle)
{
	uint32_t i = slots_index(handle);
	if (!slots_get(s, handle))
		return;
	s->at[i].p = NULL;
	s->at[i].next = s->free;
	s->free = i;
	s->used--;
}
