/** playout.h  What a leg says as samples without end, at the pace of who listens: jitter buffer, decoder, concealment,
 *  comfort noise, and time stretched or shortened by pitch periods so that the delay keeps to what the network asks for
 *  and follows the far clock for hours. Samples come at the rate of the codec, which may change under way. Made by the
 *  control thread, then flat memory of one owner thread: nothing is allocated while it plays.
 *
 *  Two clocks meet here. Packets come by the far side's; samples are asked for along a line of time of the listener's,
 *  PLAYOUT_STEP_MS for each step of it. The delay is the distance between a sample's place on that line and when it would
 *  have come had it met no queue. */
#ifndef MEDIA_PLAYOUT_H
#define MEDIA_PLAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/cng.h"
#include "dsp/plc.h"
#include "rtp/jitter.h"

enum {
	PLAYOUT_STEP_MS = 10,
	PLAYOUT_KHZ_MAX = 16,
	PLAYOUT_STEP_MAX = PLAYOUT_STEP_MS * PLAYOUT_KHZ_MAX,
	PLAYOUT_NOISE = 13, /* codec of a packet of comfort noise: its payload type (RFC 3551) */
	PLAYOUT_PACKET_MS = 120,
	PLAYOUT_LINE = (30 + 15 + PLAYOUT_PACKET_MS) * PLAYOUT_KHZ_MAX
};

/** All since the leg began, but for the first two. */
struct playout_stats {
	uint32_t delay_ms, target_ms; /* of what was played last; what it should be */
	uint32_t late, dropped;	      /* packets that came too late; thrown away to catch up, or for want of room */
	uint64_t concealed_us;	      /* made up in place of packets that were lost or not there yet */
	uint64_t shortened_us, lengthened_us;
};

enum playout_mode { PLAYOUT_PAUSE, PLAYOUT_TALK };

struct decoder;

struct playout {
	struct playout_stats stats;
	struct decoder *decoder;  /* behind this struct */
	uint8_t mode;		  /* enum playout_mode */
	uint8_t codec;		  /* the decoder's; CODEC_NONE: none yet */
	uint8_t khz;		  /* of `line` */
	bool noise;		  /* the far side described its background */
	bool known;		  /* `play` means something: nothing before it is to be played again */
	uint32_t epoch, overflow; /* of the jitter buffer, seen so far */
	uint16_t last_seq;	  /* of the packet decoded last */
	uint16_t held;		  /* samples in `line` */
	int64_t play;		  /* media time of line[0], in samples */
	uint32_t waited;	  /* samples made up while `play` stood, waiting for its packet */
	uint16_t rest, tries;	  /* steps until stretching is tried again; how often it has found no place */
	struct jitter jitter;
	struct plc plc;
	struct cng cng;
	int16_t line[PLAYOUT_LINE]; /* decoded, not yet given */
};
/** With room for any decoder, since the codec may change under way. NULL: out of memory. Freed with mem_free(). */
struct playout *playout_new(void);
/** Begin anew with what comes; the counters stay. */
void playout_reset(struct playout *p);
/** A packet came. `codec`: enum codec of its payload, or PLAYOUT_NOISE. What cannot be decoded here is not taken. */
void playout_put(struct playout *p, const struct rtp_packet *packet, unsigned codec, uint64_t now_ns);
/** The samples of one step; `at_us` is its beginning on the listener's line, not before the time it is asked for. Returns
 *  how many were written: PLAYOUT_STEP_MS of them at p->khz, or 0: silence. */
size_t playout_get(struct playout *p, int16_t pcm[PLAYOUT_STEP_MAX], int64_t at_us);

#endif
