/** wheel.h  Timers in a hierarchical wheel of 8 levels with 64 slots, ticks of 1 ms: set and clear are O(1), the next
 *  deadline is one look at the occupancy bits. A timer never fires early and at most 1 ms late.
 *  Times are ns of the caller's clock. Timers live in the caller's objects. One owner thread. */
#ifndef BASE_WHEEL_H
#define BASE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

enum { WHEEL_LEVELS = 8, WHEEL_SLOTS = 64 };

struct wheel_timer {			  /* zeroed: not set */
	struct wheel_timer *next, **prev; /* prev: what points to us; NULL: not set */
	uint64_t tick;
	uint16_t place; /* level * WHEEL_SLOTS + slot */
	uint8_t owner;	/* the caller's: what kind of object this is part of */
};

struct wheel {
	uint64_t now; /* in ticks; all set timers are at or after it */
	uint64_t used[WHEEL_LEVELS];
	struct wheel_timer *slot[WHEEL_LEVELS * WHEEL_SLOTS];
};

static inline bool wheel_is_set(const struct wheel_timer *t)
{
	return t->prev != 0;
}
/** Moves it when it is already set. */
void wheel_set(struct wheel *w, struct wheel_timer *t, uint64_t at_ns, uint64_t now_ns);
void wheel_clear(struct wheel *w, struct wheel_timer *t);
/** When wheel_pop() wants to be asked again (may be earlier than the first timer, never later); UINT64_MAX: empty. */
uint64_t wheel_next(const struct wheel *w);
/** One timer that is due at `now_ns`, cleared; NULL: no more. */
struct wheel_timer *wheel_pop(struct wheel *w, uint64_t now_ns);

#endif
