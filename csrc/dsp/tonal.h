/** tonal.h  Looks at sound in steps of 10 ms: how loud, and is it one or two steady sines. Streaming value object, no
 *  memory; the same answer whatever the block size. */
#ifndef DSP_TONAL_H
#define DSP_TONAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/spectrum.h"

enum { TONAL_STEP = 80, TONAL_STEP_MS = 10 };

struct tonal {
	int16_t window[SPECTRUM_N]; /* the newest samples last */
	uint16_t fill;		    /* of the newest step */
};

struct tonal_frame {
	float level_db;	 /* of the newest 10 ms, dB below a full-scale square wave: -96..0 */
	float window_db; /* of the 32 ms analysed, windowed, 250-3400 Hz; -96 when not analysed */
	float one, two;	 /* share of the energy that lies in the strongest line, and in the two strongest, 0-1 */
	float hz[2];	 /* of these lines, the strongest first */
	float second;	 /* energy of the second line over the first */
};

void tonal_init(struct tonal *t);
/** Take samples up to the end of a step; returns how many. true in *step when a step is complete. */
size_t tonal_push(struct tonal *t, const int16_t *pcm, size_t n, bool *step);
/** The frame that has just been completed. Below `floor_db` only the level is computed. */
void tonal_frame(const struct tonal *t, float floor_db, struct tonal_frame *f);

#endif
