/** clock.h  Where media time comes from: CLOCK_MONOTONIC in ns. A test has one of its own, which moves when it says. */
#ifndef MEDIA_CLOCK_H
#define MEDIA_CLOCK_H

#include <stdint.h>

struct media_clock {
	uint64_t (*now)(const struct media_clock *c);
	/** When the kernel took a packet in (it says so by CLOCK_REALTIME), on the scale of now(). */
	uint64_t (*when)(const struct media_clock *c, uint64_t real);
};
extern const struct media_clock clock_system;

uint64_t clock_now(void);
uint64_t clock_real(void); /* CLOCK_REALTIME */

#endif
