/** player.h  What a leg plays: a clip, a tone, digits, a sink. Worker only. Value object inside the leg. */
#ifndef MEDIA_PLAYER_H
#define MEDIA_PLAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/tone.h"
#include "media/clip.h"
#include "media/command.h"
#include "media/pcm_ring.h"

enum player_kind { PLAY_NOTHING, PLAY_CLIP, PLAY_TONE, PLAY_DIGITS, PLAY_SINK };

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

struct player {
	uint8_t kind; /* enum player_kind */
	uint64_t tag;
	union {
		struct {
			struct clip *clip; /* a reference is held */
			size_t at;
			uint32_t loops; /* still to begin, this one included; 0: for ever */
		} clip;
		struct tone tone;
		struct digits digits;
		struct {
			struct pcm_ring *ring; /* borrowed until retired is set */
			uint32_t low;	       /* samples */
			bool closing, heard;
		} sink;
	} u;
};

/** Fill `n` samples, silence behind the end. false: nothing is left after these. Digits: in-band. */
bool player_fill(struct player *p, int16_t *pcm, size_t n);
/** Let go of clip or sink; kind becomes PLAY_NOTHING. */
void player_end(struct player *p);

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
