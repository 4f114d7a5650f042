/** wheel.c  A timer's level is the highest 6-bit digit in which its tick differs from now, its slot is that digit. So
 *  every timer of a level comes before any of a higher level, and no level wraps around. */
#include "base/wheel.h"

#include <stddef.h>

enum { TICK_NS = 1000000, DIGIT = 6 };

static bool is_empty(const struct wheel *w)
{
	uint64_t any = 0;
	for (int i = 0; i < WHEEL_LEVELS; i++)
		any |= w->used[i];
	return any == 0;
}

static void insert(struct wheel *w, struct wheel_timer *t)
{
	uint64_t at = t->tick < w->now ? w->now : t->tick;
	uint64_t diff = (at ^ w->now) | (WHEEL_SLOTS - 1);
	unsigned level = (63u - (unsigned)__builtin_clzll(diff)) / DIGIT;
	if (level >= WHEEL_LEVELS)
		level = WHEEL_LEVELS - 1; /* beyond 8900 years of uptime */
	unsigned slot = (unsigned)(at >> (level * DIGIT)) & (WHEEL_SLOTS - 1);
	struct wheel_timer **head = &w->slot[level * WHEEL_SLOTS + slot];
	t->place = (uint16_t)(level * WHEEL_SLOTS + slot);
	t->next = *head;
	t->prev = head;
	if (t->next)
		t->next->prev = &t->next;
	*head = t;
	w->used[level] |= (uint64_t)1 << slot;
}

void wheel_clear(struct wheel *w, struct wheel_timer *t)
{
	if (!t->prev)
		return;
	*t->prev = t->next;
	if (t->next)
		t->next->prev = t->prev;
	if (!w->slot[t->place])
		w->used[t->place / WHEEL_SLOTS] &= ~((uint64_t)1 << (t->place % WHEEL_SLOTS));
	t->next = NULL;
	t->prev = NULL;
}

void wheel_set(struct wheel *w, struct wheel_timer *t, uint64_t at_ns, uint64_t now_ns)
{
	wheel_clear(w, t);
	if (is_empty(w) && now_ns / TICK_NS > w->now)
		w->now = now_ns / TICK_NS;
	t->tick = at_ns / TICK_NS + (at_ns % TICK_NS != 0);
	insert(w, t);
}

/** First occupied slot: its level, and in *tick where it begins. -1: none. */
static int first_slot(const struct wheel *w, uint64_t *tick, unsigned *slot)
{
	for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
		if (!w->used[level])
			continue;
		unsigned shift = level * DIGIT;
		*slot = (unsigned)__builtin_ctzll(w->used[level]);
		*tick = (w->now >> shift >> DIGIT << DIGIT << shift) | (uint64_t)*slot << shift;
		return (int)level;
	}
	return -1;
}

uint64_t wheel_next(const struct wheel *w)
{
	uint64_t tick;
	unsigned slot;
	return first_slot(w, &tick, &slot) < 0 ? UINT64_MAX : tick * TICK_NS;
}

struct wheel_timer *wheel_pop(struct wheel *w, uint64_t now_ns)
{
	uint64_t now = now_ns / TICK_NS, tick;
	unsigned slot;
	int level;
	while ((level = first_slot(w, &tick, &slot)) >= 0 && tick <= now) {
		struct wheel_timer *t = w->slot[(unsigned)level * WHEEL_SLOTS + slot];
		if (tick > w->now)
			w->now = tick;
		if (level == 0) {
			wheel_clear(w, t);
			return t;
		}
		while (t) { /* now that its digit is reached, each falls to a lower level */
			struct wheel_timer *next = t->next;
			wheel_clear(w, t);
			insert(w, t);
			t = next;
		}
	}
	if (now > w->now)
		w->now = now;
	return NULL;
}
