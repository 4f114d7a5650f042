/** quality_parts.h  What quality.c, quality_watch.c and quality_read.c share. */
#ifndef RTP_QUALITY_PARTS_H
#define RTP_QUALITY_PARTS_H

#include "rtp/quality.h"

/** One interval that has just ended. */
struct quality_interval {
	bool rated, remote_rated, heard, spoke;
	double loss, remote_loss;
	int32_t clip_permille, level_cdb, jitter_ms, rtt_ms;
};
/** true: one has. */
bool quality_interval(struct quality *q, uint64_t now, struct quality_interval *out);
uint32_t quality_delay_ms(const struct quality *q, uint32_t jitter_us);
double quality_rate(const struct quality *q, double loss, double burst_r, uint32_t jitter_us); /* R */
double quality_burst_r(uint32_t packets, uint32_t lost, uint32_t runs);

#endif
