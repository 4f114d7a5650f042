/** clock.c  The system's clocks. */
#include "media/clock.h"

#include <time.h>

static uint64_t read_ns(clockid_t id)
{
	struct timespec ts;
	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t clock_now(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_real(void)
{
	return read_ns(CLOCK_REALTIME);
}

static uint64_t system_now(const struct media_clock *c)
{
	(void)c;
	return clock_now();
}

/* The two clocks are read anew each time, for CLOCK_REALTIME is set now and then; and once more when the thread lost
 * its CPU between the two. */
static uint64_t system_when(const struct media_clock *c, uint64_t real)
{
	enum { TRIES = 3, CLOSE_NS = 2000 };
	uint64_t before, now, after;
	(void)c;
	unsigned tries = 0;
	do {
		before = clock_now();
		now = clock_real();
		after = clock_now();
	} while (after - before > CLOSE_NS && ++tries < TRIES);
	uint64_t at = before + (after - before) / 2;
	if (real >= now)
		return at;
	return now - real < at ? at - (now - real) : 0;
}

const struct media_clock clock_system = {.now = system_now, .when = system_when};
