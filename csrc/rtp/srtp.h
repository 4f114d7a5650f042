/** srtp.h  One direction of a secured stream: keys in, packets sealed or opened in place (RFC 3711, 6188, 7714).
 *  The cryptography, replay protection and rollover counters are libsrtp2's. Where the keys come from (SDES today) is
 *  not known here.
 *
 *  Made and freed by the control thread, used by one worker in between. A packet costs no allocation of ours; a source
 *  (SSRC) heard for the first time costs libsrtp one record, and a key serves SRTP_SOURCES of them at most: the far
 *  side, who holds the key, cannot grow memory, and no replay list is ever forgotten. */
#ifndef RTP_SRTP_H
#define RTP_SRTP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "switchroom.h"

enum {
	SRTP_SOURCES = 32,
	SRTP_WINDOW = 128, /* packets: how late one may come */
	SRTP_TAIL = 16 + 4 /* most that sealing adds: tag of GCM, index of SRTCP */
};

struct srtp_ctx_t_; /* libsrtp's srtp_t points to it */

struct srtp_way {
	struct srtp_ctx_t_ *session;
	struct srtp_key key; /* to see whether a new description brings another one */
	uint32_t source[SRTP_SOURCES];
	uint8_t sources;
	_Atomic bool retired;	/* the worker will not touch it again; its release pairs with the sweep's acquire */
	struct srtp_way *older; /* the control thread's list */
};

/** For sending: everything of this `ssrc`. -EINVAL: no such suite; -ENOMEM; -EIO: the library does not work here. */
int srtp_way_sender(struct srtp_way **out, const struct srtp_key *key, uint32_t ssrc);
/** For receiving: from whatever SSRC. */
int srtp_way_receiver(struct srtp_way **out, const struct srtp_key *key);
void srtp_way_free(struct srtp_way *w); /* wipes the keys. NULL is fine */
bool srtp_way_uses(const struct srtp_way *w, const struct srtp_key *key);

/** In place; SRTP_TAIL bytes behind *n must be writable. -EBADMSG: not a packet, -EALREADY: its number was used,
 *  -EACCES: the key is used up. */
int srtp_way_seal(struct srtp_way *w, uint8_t *data, size_t *n);
int srtp_way_seal_rtcp(struct srtp_way *w, uint8_t *data, size_t *n);
/** In place. -EACCES: another key, or tampered with; -EALREADY: a replay, or too late to tell; -ENOSPC: too many
 *  sources; -EBADMSG: not a packet. On error the bytes are spoiled. */
int srtp_way_open(struct srtp_way *w, uint8_t *data, size_t *n);
int srtp_way_open_rtcp(struct srtp_way *w, uint8_t *data, size_t *n);

#endif
