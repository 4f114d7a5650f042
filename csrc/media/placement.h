/** placement.h  Which worker a new leg goes to: the one with the least work, by CPU time where it has been measured, by
 *  legs before that. Control thread. */
#ifndef MEDIA_PLACEMENT_H
#define MEDIA_PLACEMENT_H

#include <stdint.h>

struct media;

enum { PLACEMENT_WORKERS = 16 };

/** What is known of the workers. `share`: of a CPU, measured over the last window; `measured`: legs in it. */
struct placement {
	uint64_t at; /* the window ended then, 0: none yet */
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

/** Both for this engine. */
uint32_t media_place(struct media *m);

#endif
