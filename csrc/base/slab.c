/** slab.c  See slab.h. */
#include "base/slab.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

static const uint32_t class_size[SLAB_CLASSES] = {64,	128,  192,  256,  320,	 384,	448,   512,  576,  640,
						  704,	768,  896,  1024, 1152,	 1280,	1536,  1792, 2048, 2560,
						  3072, 4096, 6144, 8192, 13104, 21840, 32768, 65536};

int slab_init(struct slab *s, size_t bytes)
{
	*s = (struct slab){.pages = (uint32_t)(bytes / SLAB_PAGE) + SLAB_CLASSES};
	s->base = mem_alloc((size_t)s->pages * SLAB_PAGE);
	s->page = mem_zalloc_array(s->pages, sizeof(*s->page));
	if (s->base && s->page)
		return 0;
	slab_close(s);
	return -ENOMEM;
}

void slab_close(struct slab *s)
{
	if (s->wipe && s->base)
		explicit_bzero(s->base, (size_t)s->pages * SLAB_PAGE);
	mem_free(s->base);
	mem_free(s->page);
	*s = (struct slab){0};
}

static void list_add(struct slab *s, uint32_t *head, uint32_t i)
{
	struct slab_page *g = &s->page[i];
	g->prev = 0;
	g->next = *head;
	if (*head)
		s->page[*head - 1].prev = i + 1;
	*head = i + 1;
}

static void list_remove(struct slab *s, uint32_t *head, uint32_t i)
{
	struct slab_page *g = &s->page[i];
	if (g->prev)
		s->page[g->prev - 1].next = g->next;
	else
		*head = g->next;
	if (g->next)
		s->page[g->next - 1].prev = g->prev;
}

static unsigned class_of(size_t n)
{
	unsigned c = 0;
	while (class_size[c] < n)
		c++;
	return c;
}

static int page_for(struct slab *s, unsigned class, uint32_t *out)
{
	if (s->room[class]) {
		*out = s->room[class] - 1;
		return 0;
	}
	if (s->free_page) {
		*out = s->free_page - 1;
		list_remove(s, &s->free_page, *out);
	} else if (s->high < s->pages) {
		*out = s->high++;
	} else {
		return -ENOBUFS;
	}
	s->page[*out] = (struct slab_page){.class = (uint8_t) class};
	list_add(s, &s->room[class], *out);
	return 0;
}

static bool has_room(const struct slab_page *g)
{
	return g->free_block || g->fresh + class_size[g->class] <= SLAB_PAGE;
}

void *slab_alloc(struct slab *s, size_t n)
{
	uint32_t i, at;
	if (n > SLAB_PAGE)
		return NULL;
	unsigned class = class_of(n);
	if (page_for(s, class, &i) != 0)
		return NULL;
	struct slab_page *g = &s->page[i];
	char *base = s->base + (size_t)i * SLAB_PAGE;
	if (g->free_block) {
		at = g->free_block - 1;
		memcpy(&g->free_block, base + at, sizeof(g->free_block));
	} else {
		at = g->fresh;
		g->fresh += class_size[class];
	}
	g->used++;
	s->bytes += class_size[class];
	if (!has_room(g))
		list_remove(s, &s->room[class], i);
	return base + at;
}

void slab_free(struct slab *s, void *p)
{
	if (!p)
		return;
	size_t at = (size_t)((char *)p - s->base);
	uint32_t i = (uint32_t)(at / SLAB_PAGE);
	struct slab_page *g = &s->page[i];
	bool had_room = has_room(g);
	if (s->wipe)
		explicit_bzero(p, class_size[g->class]);
	memcpy(p, &g->free_block, sizeof(g->free_block));
	g->free_block = (uint32_t)(at % SLAB_PAGE) + 1;
	s->bytes -= class_size[g->class];
	if (--g->used == 0) {
		if (had_room)
			list_remove(s, &s->room[g->class], i);
		list_add(s, &s->free_page, i);
	} else if (!had_room) {
		list_add(s, &s->room[g->class], i);
	}
}
