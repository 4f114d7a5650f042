/** fork.h  The tap of a media fork: what a leg says and hears, in frames of 20 ms on one line of time, FORK_DELAY_MS
 *  behind it. A frame comes every 20 ms, whatever the network does: what did not arrive is silence. Fed from the packet
 *  path; a leg without a fork pays a test of a pointer. Worker only; made and freed by the control thread. */
#ifndef MEDIA_FORK_H
#define MEDIA_FORK_H

#include <stdbool.h>
#include <stdint.h>

#include "media/pcm_ring.h"
#include "rtp/timeline.h"
#include "switchroom.h"

struct leg;
struct rtp_packet;
struct worker;

enum { FORK_DELAY_MS = 60, FORK_LINE = 2048, FORK_SAID = 1, FORK_HEARD = 2 };

struct fork_side {
	struct timeline line;
	int64_t filled; /* position behind the newest sample */
	int16_t pcm[FORK_LINE];
};

struct fork_tap {
	struct fork_tap *older; /* control thread: taps of this leg not freed yet */
	struct pcm_ring *ring;	/* records: media clock, then a frame of each side */
	uint8_t sides;		/* FORK_SAID | FORK_HEARD */
	bool begun;
	int64_t at, from; /* next frame's position; the first one's */
	struct fork_side side[];
};

void fork_open(struct leg *leg, struct fork_tap *tap); /* NULL: none any more; the old one's ring is retired */
void fork_said(struct worker *w, struct leg *leg, const int16_t *pcm, size_t n, uint32_t ts);
void fork_heard(struct worker *w, struct leg *leg, const int16_t *pcm, size_t n, uint32_t ts);
/** A payload of G.711; uses the worker's samples. */
void fork_heard_coded(struct worker *w, struct leg *leg, enum codec c, const uint8_t *payload, size_t n, uint32_t ts);
void fork_visit(struct worker *w, struct leg *leg);

/* control_fork.c */
void fork_free(struct fork_tap *tap); /* and older ones; NULL is fine */
void fork_sweep(struct leg *leg);     /* frees what the worker has let go of */

#endif
