/** timeline.h  Where on a line of samples a packet belongs: the first by its arrival, the others by their RTP
 *  timestamp. The anchor is renewed when the stream starts afresh or its timestamps leave what arrival allows.
 *  Positions and limits in samples. Value object. */
#ifndef RTP_TIMELINE_H
#define RTP_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

struct timeline {
	bool anchored;
	uint32_t epoch, ts;
	int64_t pos;	   /* of ts */
	uint32_t late_run; /* packets in a row beyond the limit */
};
struct timeline_limits {
	int32_t early, late; /* a packet may be placed so far after or before its arrival */
	uint32_t late_run;   /* so many late ones in a row: the timestamps jumped back, anchor anew */
};
/** `arrival`: position of now. false: too late, drop the packet. */
bool timeline_place(struct timeline *t, const struct timeline_limits *l, uint32_t epoch, uint32_t ts, int64_t arrival,
		    int64_t *pos);

#endif
