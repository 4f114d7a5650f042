/** outbox.h  What the core gives back: datagrams, events and the arena that holds their bytes and text.
 *  Everything is bounded. The arena is recycled only when both queues have been drained empty, so that views stay
 *  valid while a driver feeds a whole batch of datagrams before it drains. Private to sip/. */
#ifndef SIP_OUTBOX_H
#define SIP_OUTBOX_H

#include "base/str.h"
#include "sip/build.h"

enum {
	OUTBOX_ARENA = 2 << 20,
	OUTBOX_TX = 8192,
	OUTBOX_EVENTS = 4096, /* besides one place for the ENDED of every call, which nothing else may take */
	OUTBOX_PER_INPUT = 16 /* at most so many datagrams or events come of one input or timer */
};

struct outbox {
	char *arena;
	size_t n; /* bytes of the arena in use */
	struct sip_tx *tx;
	struct sip_event *event;
	uint32_t tx_head, tx_n, event_head, event_n, event_cap;
};

int outbox_init(struct outbox *o, uint32_t max_calls);
void outbox_free(struct outbox *o);
/** At the start of every input: recycles the arena when nothing is waiting. */
void outbox_recycle(struct outbox *o);
/** Room for whatever one input of `n` bytes may cause, and for an ENDED of each of `calls`. */
bool outbox_has_room(const struct outbox *o, size_t n, uint32_t calls);

/** Build a message straight into the arena, then outbox_send() it (or just leave it: nothing is taken). */
void outbox_begin(const struct outbox *o, struct build *b);
/** The built bytes become part of the arena. Empty when the build overflowed. */
struct str outbox_commit(struct outbox *o, const struct build *b);
/** Bytes that are not in the arena are copied into it. */
struct str outbox_copy(struct outbox *o, struct str s);
/** `data` must be in the arena. false: full. */
bool outbox_send(struct outbox *o, uint32_t flow, const struct net_addr *dst, struct str data);
/** A zeroed event at the end of the queue; never NULL after outbox_has_room(). */
struct sip_event *outbox_event(struct outbox *o);

#endif
