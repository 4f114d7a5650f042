/** sender.h  One outgoing RTP stream fed by changing sources: forwarded packets of this leg or that, generated
 *  frames. It numbers them so that the receiver sees one SSRC, a sequence without holes at the seams and timestamps
 *  that advance with time; the first packet of each new source carries the marker (RFC 3551 4.1).
 *  A forwarded stream keeps its own losses and order: the receiver's statistics stay true. Value object. */
#ifndef RTP_SENDER_H
#define RTP_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "rtp/packet.h"

struct rtp_sender {
	uint32_t ssrc;
	uint16_t seq;	  /* highest sent */
	uint32_t ts;	  /* of it */
	uint32_t samples; /* it lasts so long */
	uint64_t at;	  /* it was sent then, ns */
	uint64_t from;	  /* the source now: RTP_GENERATED or the caller's key */
	uint16_t seq_off; /* out = in + off, forwarded sources */
	uint32_t ts_off;
	uint16_t floor; /* incoming packets before this one belong to before the seam */
	uint8_t guard;	/* packets for which the floor is looked at */
	uint8_t speed;	/* clock over 8 kHz; 0 is 1 */
	bool started;
};
enum { RTP_GENERATED = 1 };

void rtp_sender_init(struct rtp_sender *s, uint32_t ssrc, uint16_t seq, uint32_t ts);

/** Renumber a packet of source `from` (unique for stream and epoch, above RTP_GENERATED) that lasts `samples`: sets
 *  ssrc, seq, ts, and the marker at a seam. false: it came too late for this source, drop it. */
bool rtp_sender_forward(struct rtp_sender *s, uint64_t from, struct rtp_packet *p, uint32_t samples, uint64_t now);
/** A packet of source `from` will not be sent: close the hole it would leave. */
void rtp_sender_skip(struct rtp_sender *s, uint64_t from, uint16_t seq);
/** One packet more than source `from` sends, before its packet `seq`: sets ssrc and seq, and ts from the source's.
 *  false: `from` is not the source now. */
bool rtp_sender_insert(struct rtp_sender *s, uint64_t from, uint16_t seq, struct rtp_packet *p);
/** Number a generated frame of `samples`: sets ssrc, seq, ts, marker. */
void rtp_sender_generate(struct rtp_sender *s, struct rtp_packet *p, uint32_t samples, uint64_t now);
/** A frame in which nothing is sent while a generated stream goes on (the gap between two events). */
void rtp_sender_pause(struct rtp_sender *s, uint32_t samples, uint64_t now);
/** The RTP clock, `speed` times 8 kHz. Where it changes, the next packet begins a new source: its time goes on from
 *  the last one by what passed, in the new clock (RFC 7160 4.2: one SSRC over clock rates). */
void rtp_sender_clock_rate(struct rtp_sender *s, unsigned speed);
/** Timestamp that belongs to `now`, for sender reports. */
uint32_t rtp_sender_clock(const struct rtp_sender *s, uint64_t now);

#endif
