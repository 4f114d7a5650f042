/** keypad.h  Digits of a leg: heard as telephone-event (RFC 4733) or in the audio, told once, and carried over a bridge in
 *  the way its other side understands. Worker only; the object is made by the control thread, for legs whose audio is
 *  searched. The others only tell events. */
#ifndef MEDIA_KEYPAD_H
#define MEDIA_KEYPAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/dtmf.h"
#include "switchroom.h"

struct keypad {
	struct dtmf ear;
	/* the last digit told */
	char told;
	uint8_t way;  /* enum dtmf_way it came */
	bool matched; /* it has come the other way too */
	uint64_t told_at;
	/* the one being carried over a bridge as an event */
	char carried;
	uint16_t lasts; /* RTP units */
	uint16_t next_seq;
	uint32_t start_ts; /* in the source's time */
	uint64_t to;	   /* leg */
};

struct leg;
struct rtp_packet;
struct worker;

/** Is the audio of such a leg searched for digits? */
bool keypad_listens(unsigned mode, uint8_t te_pt);
/** Does anybody want them now? */
bool keypad_wanted(const struct leg *leg);
void keypad_hear(struct worker *w, struct leg *leg, const int16_t *pcm, size_t n);
/** Tell a digit, unless it was told when it came the other way. */
void keypad_tell(struct worker *w, struct leg *leg, char digit, uint32_t ms, enum dtmf_way way);
/** A packet of audio for a bridge: true when it went as an event in place of the tone in it. */
bool keypad_carry(struct worker *w, struct leg *leg, struct rtp_packet *p);
/** A packet of an event (`fresh`: its first) came for a bridge whose other side takes none: it hears the tone. */
void keypad_sound(const struct leg *leg, bool fresh);
/** Time passes. */
void keypad_visit(struct worker *w, struct leg *leg);

#endif
