/** tonal.h  Looks at sound in steps of 10 ms: how loud, and is it one or two steady sines. Streaming value object, no
 *  memory; the same answer whatever the block size. */
#ifndef DSP_TONAL_H
#define DSP_TONAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/spectrum.h"

enum { TONAL_STEP = 80, TONAL_STEP_MS = 10 };
/** Frequencies are not computed, nor is a second line looked for, where the two cannot hold this share of the energy. */
#define TONAL_SHARE_MIN	 0.9f
#define TONAL_SILENCE_DB -96.0f /* window_db of what was not analysed */

struct tonal {
	int16_t window[SPECTRUM_N + TONAL_STEP]; /* the newest samples last */
	uint16_t fill;				 /* of the newest step */
};

struct tonal_frame {
	float level_db;	 /* of the newest 10 ms, dB below a full-scale square wave: -96..0 */
	float window_db; /* of the 32 ms analysed, windowed, 250-3400 Hz; -96 when not analysed */
	float one, two;	 /* share of the energy that lies in the strongest line, and in the two strongest, 0-1 */
	float hz[2];	 /* of these lines, the strongest first; 0: not computed */
	float second;	 /* energy of the second line over the first; 0: not looked for */
};

void tonal_init(struct tonal *t);
/** Take samples up to the end of a step; returns how many. true in *step when a step is complete. */
size_t tonal_push(struct tonal *t, const int16_t *pcm, size_t n, bool *step);
/** The frame that has just been completed. Below `floor_db` only the level is computed. */
void tonal_frame(const struct tonal *t, float floor_db, struct tonal_frame *f);
/** The same in two parts: first the level, then the rest of the newest frame or of the one before it (`back` 1). */
float tonal_level(const struct tonal *t);
void tonal_lines(const struct tonal *t, unsigned back, struct tonal_frame *f);

#endif
