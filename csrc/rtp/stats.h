/** stats.h  What is known of one incoming RTP stream: order, loss, jitter. RFC 3550 A.1, A.3, A.8.
 *  The first packet is believed at once (its sender's address is checked elsewhere); a jump of the sequence is
 *  believed at its second packet in a row (A.1). Value object. */
#ifndef RTP_STATS_H
#define RTP_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "rtp/packet.h"

enum rtp_order {
	RTP_NEXT,      /* newer than all before */
	RTP_REORDERED, /* older, and not seen yet */
	RTP_DUPLICATE, /* seen before, or too old to know */
	RTP_JUMP       /* out of every plausible range: drop it */
};

struct rtp_source {
	bool started;
	uint32_t ssrc;
	uint32_t epoch; /* grows when the stream starts afresh: another SSRC or a sequence jump */
	uint32_t ssrc_changes;
	uint16_t max_seq, base_seq;
	uint32_t cycles;		/* 65536 for each wrap */
	uint32_t bad_seq;		/* the sequence number that would confirm a jump; above 65535: none */
	uint64_t seen;			/* bit i: max_seq - i has come */
	uint64_t received, lost_before; /* in this epoch; in earlier ones */
	uint64_t reordered, duplicates;
	uint64_t expected_prior, received_prior; /* at the last report */
	uint32_t transit, jitter;		 /* jitter in 1/16 timestamp units */
	bool transit_known;
};

enum rtp_order rtp_source_put(struct rtp_source *s, uint32_t ssrc, uint16_t seq);
/** Interarrival jitter; `arrival` in timestamp units. For audio only: events repeat their timestamp. */
void rtp_source_jitter(struct rtp_source *s, uint32_t ts, uint32_t arrival);
uint64_t rtp_source_lost(const struct rtp_source *s); /* of all epochs */

struct rtcp_report;
/** Fill the report block about this stream (fraction since the last one); lsr and dlsr are the caller's. */
void rtp_source_report(struct rtp_source *s, struct rtcp_report *out);

#endif
