/** delay.h  How late packets of one stream come, against its fastest ones, and how far behind them play-out has to stay.
 *  The base is the least transit of the last seconds, so that it follows drift of the clocks and changes of the path; the
 *  lateness of each packet goes into a histogram that slowly forgets. Times in microseconds. Value object. */
#ifndef RTP_DELAY_H
#define RTP_DELAY_H

#include <stdbool.h>
#include <stdint.h>

enum { DELAY_BINS = 64, DELAY_BIN_MS = 5, DELAY_TARGET_MIN_MS = 10, DELAY_TARGET_MAX_MS = 300 };

struct delay {
	bool known;
	int64_t base_us;     /* transit of a packet that met no queue: arrival minus media time */
	int64_t least_us[2]; /* in this half of the window, in the one before */
	int64_t half_since;  /* arrival */
	uint32_t bins[DELAY_BINS];
	uint32_t total, puts;
	uint32_t target_ms;
};
void delay_init(struct delay *d);
/** A packet came. Returns its lateness against the base, never below 0. */
int64_t delay_put(struct delay *d, int64_t media_us, int64_t arrival_us);

#endif
