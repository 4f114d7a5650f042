/** delay.c  Lateness histogram. */
#include "rtp/delay.h"

#include <string.h>

enum {
	HALF_US = 2000000, /* the base is the minimum over two to four seconds */
	WEIGHT = 4096,	   /* of one packet */
	FADE_EVERY = 50,   /* packets: then a sixteenth is forgotten; half in 11 s of 20 ms packets */
	FADE_SHIFT = 4,
	PATH_BINS = 4,	/* a base that rises by so much at once is another path, not luck */
	PRIOR_MS = 40,	/* what is expected of a network nothing is known of; one packet's weight */
	LATE_SHARE = 50 /* one packet of so many may come later than the target */
};

void delay_init(struct delay *d)
{
	memset(d, 0, sizeof(*d));
	d->bins[PRIOR_MS / DELAY_BIN_MS - 1] = WEIGHT;
	d->total = WEIGHT;
	d->target_ms = PRIOR_MS;
}

/* The path has become longer: what seemed late since then was not. */
static void rebase(struct delay *d, int64_t by_us)
{
	int64_t bins = by_us / (DELAY_BIN_MS * 1000);
	if (bins < PATH_BINS)
		return;
	for (int64_t i = 1; i < DELAY_BINS; i++) {
		uint32_t moved = d->bins[i];
		d->bins[i] = 0;
		d->bins[i > bins ? i - bins : 0] += moved;
	}
}

static void follow_base(struct delay *d, int64_t transit, int64_t arrival)
{
	bool again = d->known;
	if (!d->known || arrival - d->half_since > 2 * (int64_t)HALF_US) {
		d->least_us[0] = d->least_us[1] = transit;
		d->half_since = arrival;
		d->known = true;
	} else if (arrival - d->half_since >= HALF_US) {
		d->least_us[1] = d->least_us[0];
		d->least_us[0] = transit;
		d->half_since = arrival;
	}
	if (transit < d->least_us[0])
		d->least_us[0] = transit;
	int64_t least = d->least_us[0] < d->least_us[1] ? d->least_us[0] : d->least_us[1];
	if (again)
		rebase(d, least - d->base_us);
	d->base_us = least;
}

static void fade(struct delay *d)
{
	d->total = 0;
	for (unsigned i = 0; i < DELAY_BINS; i++) {
		d->bins[i] -= d->bins[i] >> FADE_SHIFT;
		d->total += d->bins[i];
	}
}

static uint32_t quantile_ms(const struct delay *d)
{
	uint32_t allowed = d->total / LATE_SHARE;
	uint32_t above = 0;
	unsigned i = DELAY_BINS;
	while (i > 1 && above + d->bins[i - 1] <= allowed)
		above += d->bins[--i];
	return i * DELAY_BIN_MS;
}

int64_t delay_put(struct delay *d, int64_t media_us, int64_t arrival_us)
{
	follow_base(d, arrival_us - media_us, arrival_us);
	int64_t late = arrival_us - media_us - d->base_us;
	int64_t bin = late / (DELAY_BIN_MS * 1000);
	d->bins[bin < DELAY_BINS ? bin : DELAY_BINS - 1] += WEIGHT;
	d->total += WEIGHT;
	if (++d->puts % FADE_EVERY == 0)
		fade(d);
	uint32_t ms = quantile_ms(d);
	d->target_ms = ms < DELAY_TARGET_MIN_MS	  ? DELAY_TARGET_MIN_MS
		       : ms > DELAY_TARGET_MAX_MS ? DELAY_TARGET_MAX_MS
						  : ms;
	return late;
}
