/** player.h  What a leg plays: playlists in a queue, digits, a sink. Worker only. Value object inside the leg. */
#ifndef MEDIA_PLAYER_H
#define MEDIA_PLAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/tone.h"
#include "media/command.h"
#include "media/pcm_ring.h"
#include "media/playlist.h"

struct leg;
struct worker;

/* PLAY_TAIL: nothing but the fade of what was stopped. */
enum player_kind { PLAY_NOTHING, PLAY_LIST, PLAY_DIGITS, PLAY_SINK, PLAY_TAIL, PLAY_RELAY };

struct digits {
	char text[32];
	uint16_t n, at;
	uint32_t tone, gap; /* samples */
	uint32_t passed;    /* samples since the start of this digit */
	uint32_t start_ts;  /* RTP time of this digit, events only */
	uint8_t ends;	    /* end packets sent, events only */
	bool events;	    /* telephone-event, else in-band */
	struct tone wave;   /* in-band only */
};

/** Digits that come as events, for a side that takes tones only: each sounds while it is pressed, 80 ms at least. */
struct relay {
	char text[16];
	uint8_t n, at;
	bool open;	 /* the last one is still pressed */
	bool gap;	 /* the pause behind a digit */
	uint32_t passed; /* samples of this digit, or of its gap */
	struct tone wave;
};

struct player {
	uint8_t kind;		 /* enum player_kind */
	bool tail_waits;	 /* `tail` holds a fade not yet heard */
	int16_t tail[PLAY_FADE]; /* of what was stopped, replaced or left by a seek */
	uint64_t tag;		 /* digits, sink */
	union {
		struct {
			struct playlist *first, *last;
			uint32_t n;
		} list;
		struct digits digits;
		struct relay relay;
		struct {
			struct pcm_ring *ring; /* borrowed until retired is set */
			uint32_t low;	       /* samples */
			bool closing, heard;
		} sink;
	} u;
};

/** Fill `n` samples of digits (in-band) or a sink, silence behind the end. false: nothing is left after these. */
bool player_fill(struct player *p, int16_t *pcm, size_t n);
/** Add the fade that waits. */
void player_tail(struct player *p, int16_t *pcm, size_t n);

/* play.c: playlists of a leg */
/** -ENOBUFS: the queue is full; the list has been retired. */
int play_start(struct worker *w, struct leg *leg, struct playlist *l);
int play_do(struct worker *w, struct leg *leg, uint64_t tag, enum play_do what, int64_t value, uint32_t ramp_ms);
/** As player_fill(); announces ends and beginnings. */
bool play_fill(struct worker *w, struct leg *leg, int16_t *pcm, size_t n);
/** End all that plays and waits. `stopped`: with a fade, when something is left to be heard. */
void leg_play_end(struct worker *w, struct leg *leg, bool stopped);

/** An empty relay, in place of nothing: it ends by itself and tells nobody. */
void player_relay(struct player *p);
/** `digit`: a new one, or '\0'. More than 16 waiting are dropped. */
void relay_note(struct relay *r, char digit, bool open);

/** Digits as events: what the packet of this frame says. */
struct digit_event {
	uint8_t event;
	bool first, end;
	uint16_t duration;
};
enum digit_step { DIGIT_SEND, DIGIT_PAUSE, DIGIT_OVER };
enum digit_step digits_event(struct digits *d, uint32_t samples, struct digit_event *out);
/** Starts the first digit. -EINVAL: a character that is no digit. */
int digits_start(struct digits *d, const struct command *c);

#endif
