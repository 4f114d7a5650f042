/** latch.h  From whom a leg takes its audio. Value object: no socket, no clock.
 *
 *  SDP says where the far side is; behind NAT its packets come from elsewhere, so the source of its first packet is
 *  believed instead (symmetric RTP) and then kept. The rules are made so that whoever sprays ports with packets moves no
 *  stream:
 *    open       no source yet. The signalled address is taken at once, so are its host under another port, the host that
 *               signals (behind NAT both come from the same one), and whoever proves to have the SRTP key. Any other
 *               only when nothing has come from those for grace_ms; or, nobody having said who signals, when the
 *               signalled address cannot be reached as it stands: none, or a private one while the packet comes from a
 *               public one.
 *    probation  taken, but not from the exact signalled address: for PROBATION_MS one nearer to it may still take over.
 *    locked     the socket is connected: the kernel drops everybody else.
 *    loose      the source has been silent for relatch_ms, the socket is open again: besides the source itself only a
 *               stream that goes on where this one stopped (same SSRC, next sequence numbers), another port of the same
 *               host, or one with the SRTP key is taken.
 *  A description with another address opens it again; packets still under way from the old source are not taken for
 *  the new one. */
#ifndef MEDIA_LATCH_H
#define MEDIA_LATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "switchroom.h"

enum latch_state { LATCH_OPEN, LATCH_PROBATION, LATCH_LOCKED, LATCH_LOOSE };
enum latch_verdict {
	LATCH_REFUSE,
	LATCH_ACCEPT, /* from the source */
	LATCH_TAKE    /* once the packet has proven to be good, its sender becomes the source */
};
/* Whoever comes nearer to what was signalled has the better claim. */
enum latch_rank { LATCH_ELSEWHERE, LATCH_SIGNALLING, LATCH_SAME_HOST, LATCH_SIGNALLED };

struct latch_rules {
	uint64_t grace_ns, relatch_ns; /* relatch_ns UINT64_MAX: never */
};
struct latch {
	uint8_t state; /* enum latch_state */
	uint8_t rank;  /* of the source */
	struct net_addr signalled;
	struct net_addr peer;	  /* who signals; family NONE: not known */
	struct net_addr source;	  /* family NONE: none yet */
	struct net_addr previous; /* source before the description changed; refused until refuse_until */
	uint64_t refuse_until;
	uint64_t since; /* when this state began */
};

/** A description came. true: the source is forgotten, the socket has to be opened. */
bool latch_describe(struct latch *l, const struct net_addr *signalled, const struct net_addr *peer, uint64_t now);
/** May a packet from `from` come in? `keyed`: it will be opened with a key before it counts; `continues`: it has the
 *  SSRC of the stream and a sequence number shortly after the last. */
enum latch_verdict latch_judge(const struct latch *l, const struct latch_rules *rules, const struct net_addr *from,
			       bool keyed, bool continues, uint64_t now);
/** The packet judged LATCH_TAKE was good. */
void latch_take(struct latch *l, const struct net_addr *from, uint64_t now);
/** A packet came from the source, at `now`. */
void latch_heard(struct latch *l, uint64_t now);
/** Regularly; `heard_at`: the source's last packet. The state may change. */
void latch_tick(struct latch *l, const struct latch_rules *rules, uint64_t heard_at, uint64_t now);

/** Where to send to. */
static inline const struct net_addr *latch_target(const struct latch *l)
{
	return l->source.family != ADDR_NONE ? &l->source : &l->signalled;
}

#endif
