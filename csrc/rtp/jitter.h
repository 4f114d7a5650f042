/** jitter.h  Packets of one stream put back into order, until their time to be played has come. Holds payloads as they
 *  came: what decodes them, and when, is the caller's. Bounded (JITTER_SLOTS packets, JITTER_BYTES of payload: the oldest
 *  give way), flat memory without pointers, nothing is allocated. One owner thread.
 *  Sequence numbers and timestamps wrap (RFC 3550 5.1); `ts` coming out has been unwrapped. */
#ifndef RTP_JITTER_H
#define RTP_JITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtp/delay.h"
#include "rtp/packet.h"

enum { JITTER_SLOTS = 64, JITTER_BYTES = 8192, JITTER_PAYLOAD_MAX = 1500 };

enum jitter_put {
	JITTER_KEPT,
	JITTER_DUPLICATE, /* its sequence number has been here */
	JITTER_STRAY,	  /* sequence or time out of every plausible range; believed when a second one follows */
	JITTER_UNFIT	  /* empty or too long */
};

struct jitter_slot {
	int64_t ts;
	uint32_t at; /* of the payload, counted through the ring */
	uint16_t n, seq;
	uint8_t pt;
	bool marker;
};

struct jitter {
	uint32_t epoch; /* grows when the stream starts afresh; what was held of the old one is gone */
	uint32_t ssrc;
	uint8_t clock_khz;
	bool started;
	uint8_t strays; /* in a row */
	uint16_t newest_seq;
	uint32_t newest_ts; /* on the wire */
	int64_t newest;	    /* the same, unwrapped */
	uint64_t seen;	    /* bit i: newest_seq - i has come */
	uint64_t used;	    /* bit i: slot i holds a packet */
	uint32_t written;   /* bytes ever, also those skipped at the end of the ring */
	uint32_t overflow;  /* packets that gave way */
	struct delay delay;
	struct jitter_slot slot[JITTER_SLOTS];
	uint8_t bytes[JITTER_BYTES];
};

struct jitter_packet {
	int64_t ts;
	uint16_t seq;
	uint8_t pt;
	bool marker;
	const uint8_t *payload; /* until the next put */
	size_t n;
};

void jitter_init(struct jitter *j, unsigned clock_khz);
/** `counts`: false keeps it out of the delay measurement (comfort noise may be sent at any time). */
enum jitter_put jitter_put(struct jitter *j, const struct rtp_packet *p, bool counts, int64_t now_us);
/** The packet to be played first. false: empty. */
bool jitter_peek(const struct jitter *j, struct jitter_packet *out);
/** Forget what jitter_peek() gave. */
void jitter_pop(struct jitter *j);
/** Packets held. */
unsigned jitter_held(const struct jitter *j);
/** Time a packet with this timestamp would have come had it met no queue. */
int64_t jitter_due_us(const struct jitter *j, int64_t ts);

#endif
