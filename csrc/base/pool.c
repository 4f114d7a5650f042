/** pool.c  Free list over an array; slots beyond `high` have never been touched. */
#include "base/pool.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

static struct pool_slot *slot_at(const struct pool *p, uint32_t index)
{
	return (struct pool_slot *)(void *)(p->base + (size_t)index * p->size);
}

int pool_init(struct pool *p, uint32_t cap, size_t size)
{
	size = (size + 15) & ~(size_t)15;
	*p = (struct pool){.size = size, .cap = cap};
	p->base = mem_zalloc_array(cap, size);
	return p->base ? 0 : -ENOMEM;
}

void pool_free(struct pool *p)
{
	mem_free(p->base);
	*p = (struct pool){0};
}

void *pool_take(struct pool *p)
{
	struct pool_slot *s;
	if (p->free_head) {
		s = slot_at(p, p->free_head - 1);
		p->free_head = s->next_free;
		memset(s + 1, 0, p->size - sizeof(*s));
	} else if (p->high < p->cap) {
		s = slot_at(p, p->high);
		s->index = p->high++;
	} else {
		return NULL;
	}
	s->gen = s->gen == UINT32_MAX ? 1 : s->gen + 1;
	s->next_free = 0;
	s->live = true;
	p->used++;
	return s;
}

void pool_give(struct pool *p, void *o)
{
	struct pool_slot *s = o;
	s->live = false;
	s->next_free = p->free_head;
	p->free_head = s->index + 1;
	p->used--;
}

void *pool_get(const struct pool *p, uint64_t handle)
{
	uint32_t index = (uint32_t)handle;
	if (index >= p->high)
		return NULL;
	struct pool_slot *s = slot_at(p, index);
	return s->live && s->gen == (uint32_t)(handle >> 32) ? s : NULL;
}
