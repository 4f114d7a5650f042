/** align.h  One source of audio on the line of our own clock, for hours.
 *
 *  A packet's place is its RTP time: loss, reordering and jitter do not move it. But the source's clock and ours
 *  drift apart (100 ppm are 360 ms an hour), and the first packet, which anchors the line, may have come late. Both
 *  show in how long after its place a packet arrives: the least of that over a while is the path without queues. A
 *  line through those minima (least squares, older ones forgotten) tells the drift, and the place follows it, one
 *  sample at a time. What stays unknown is how long the path itself takes: two sources are aligned as they arrive
 *  when no queue holds them up.
 *  A step of the minima is a changed path when it is small: the audio itself did not move, its place stays. A large
 *  one is a jump of the source's timestamps: its place follows. Value object. Positions in samples of 8 kHz. */
#ifndef RTP_ALIGN_H
#define RTP_ALIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "rtp/timeline.h"

/** Weighted straight line; times in seconds relative to the newest point. */
struct align_fit {
	double w, t, tt, y, ty; /* sums of weight, time, time squared, value, time times value */
	double at;		/* s of the newest point */
	uint32_t n;
};

struct align {
	struct timeline line;
	int32_t applied; /* samples by which the line has been moved since it was anchored */
	int32_t step;	 /* the last of these moves, made at step_ts */
	uint32_t step_ts;
	double since;	    /* s: the window of this minimum began then */
	double least;	    /* samples by which the promptest packet of the window came after its place */
	double least_at;    /* s */
	double path;	    /* samples: what changes of the path have added to the minima */
	double strange_min; /* of windows in a row that do not fit the line */
	uint32_t strange;
	struct align_fit fit;
};

struct align_place {
	int64_t at;	/* position of the first sample */
	int32_t resize; /* put so many more samples (below 0: fewer) there than the packet has */
};
/** `arrival_ns` since position 0. false: too late, drop the packet. */
bool align_put(struct align *a, const struct timeline_limits *l, uint32_t epoch, uint32_t ts, uint64_t arrival_ns,
	       struct align_place *out);

#endif
