/** dtmf.h  DTMF digits in 8 kHz audio, by the rules of ITU-T Q.23 and Q.24.
 *
 *  Eight Goertzel filters in their closed form (a windowed correlation with each frequency) over blocks of 10 ms, in
 *  16-bit integers. A block is a digit's when two of them, one of each group, hold nearly all of its energy at levels
 *  that fit each other. Blocks in a row make a digit when they last long enough, their frequencies, measured by the
 *  advance of phase, are within the tolerance, and the second harmonic that voices have is not there. Value object. */
#ifndef DSP_DTMF_H
#define DSP_DTMF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DTMF_BLOCK = 80,   /* samples */
	DTMF_LEAK_MS = 40, /* less than so much of a tone has passed when dtmf_on() tells of it, in packets of 20 ms */
	DTMF_TONES = 8	   /* four of the low group, four of the high one */
};

/** One block seen through the filters. */
struct dtmf_block {
	float re[DTMF_TONES], im[DTMF_TONES], power[DTMF_TONES];
	float energy;	  /* of all of it, in the measure of `power` */
	int8_t low, high; /* the strongest of each group, 0-3 */
	bool looked;	  /* false: too quiet, the fields above are not set */
	bool pure;	  /* a digit's */
};

struct dtmf {
	int16_t samples[2 * DTMF_BLOCK]; /* the block before, and the one being filled */
	uint16_t fill;
	struct dtmf_block before;
	/* a run of blocks of one digit */
	bool running, refused, measured, on;
	int8_t low, high;
	float peak;    /* power of its strongest block */
	float lasts;   /* blocks */
	float missing; /* blocks since it was last there */
	/* the last one that ended, until it is taken */
	char ended;
	uint16_t ended_ms;
};

void dtmf_init(struct dtmf *d);
/** Take samples until a digit begins (is recognised) or ends, or all are taken: returns how many were taken. */
size_t dtmf_push(struct dtmf *d, const int16_t *pcm, size_t n);
/** The recognised digit that sounds now; '\0': none. */
char dtmf_on(const struct dtmf *d);
/** The digit that ended in the last dtmf_push(), and how long it was; '\0': none. */
char dtmf_ended(const struct dtmf *d, uint32_t *ms);

#endif
