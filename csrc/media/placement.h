/** placement.h  Which worker a new leg goes to: the one with the least work, by CPU time where it has been measured, by
 *  legs before that. And which has so much more than another, for so long, that bridges shall move. Control thread. */
#ifndef MEDIA_PLACEMENT_H
#define MEDIA_PLACEMENT_H

#include <stdbool.h>
#include <stdint.h>

struct media;

enum { PLACEMENT_WORKERS = 16 };

/** What is known of the workers. `share`: of a CPU, measured over the last window; `measured`: legs in it. */
struct placement {
	uint64_t at;	 /* the window ended then, 0: none yet */
	uint32_t uneven; /* windows in a row in which one worker had much more than another */
	bool looked_at;	 /* this window's unevenness is counted */
	struct {
		uint64_t cpu_ns;
		double share;
		uint32_t measured;
	} worker[PLACEMENT_WORKERS];
};

/** A window has passed: these are the CPU times and legs now. Too short a window is left open. */
void placement_measure(struct placement *p, uint64_t now, uint32_t workers, const uint64_t *cpu_ns,
		       const uint32_t *legs);
/** Of `workers`, with so many legs now. Legs that came since the measurement count as the average leg does. */
uint32_t placement_choose(const struct placement *p, uint32_t workers, const uint32_t *legs);

/** Legs that should move from one worker to another now, 0: none. Calm: only after some uneven windows in a row, once in
 *  a window, half of the difference at most, and a few at a time. */
uint32_t placement_balance(struct placement *p, uint32_t workers, uint32_t *from, uint32_t *to);

/** All for this engine. */
uint32_t media_place(struct media *m);
void media_balance(struct media *m);

#endif
