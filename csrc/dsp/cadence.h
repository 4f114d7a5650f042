/** cadence.h  Tones of several segments, as networks send them: up to four frequencies at once or one that is
 *  modulated, pauses, a part that repeats. 8 kHz. Value object, no memory. Each segment begins at phase zero, so what
 *  is heard at a position does not depend on how it was reached. ITU-T E.180, Q.35; the levels are those of tone.h. */
#ifndef DSP_CADENCE_H
#define DSP_CADENCE_H

#include <stddef.h>
#include <stdint.h>

#include "switchroom.h"

struct cadence {
	const struct tone_plan *plan; /* borrowed */
	uint64_t left;		      /* samples of this segment */
	uint8_t segment, parts;
	bool modulated;
	/* Rotating phasors; the last place is the modulator's. */
	double re[TONE_PARTS + 1], im[TONE_PARTS + 1], step_re[TONE_PARTS + 1], step_im[TONE_PARTS + 1];
};

/** -EINVAL: no segments or too many, a frequency above 3900 Hz, a level above +3 dBm0, a segment without end or of
 *  no length where another one follows, a repeat that begins behind the end. */
int cadence_check(const struct tone_plan *plan);
/** Samples until its end; CADENCE_ENDLESS. */
#define CADENCE_ENDLESS (UINT64_MAX / 4)
uint64_t cadence_samples(const struct tone_plan *plan);
/** Stand before sample `at` of a plan that cadence_check() likes. */
void cadence_seek(struct cadence *c, const struct tone_plan *plan, uint64_t at);
/** The next n samples; silence behind the end. */
void cadence_fill(struct cadence *c, int16_t *pcm, size_t n);

#endif
