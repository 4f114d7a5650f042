/** resample.h  8, 16 and 48 kHz into each other: linear-phase polyphase filter of 24 taps per sample of the lower rate.
 *  Flat to 0.85 of the lower rate's half, 57 dB down from 1.15 of it (8 kHz: 3400 and 4600 Hz); the delay is 12 samples
 *  of the lower rate. Value object, no allocation. */
#ifndef DSP_RESAMPLE_H
#define DSP_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

enum { RESAMPLE_TAPS = 24, RESAMPLE_RATIO_MAX = 6, RESAMPLE_LENGTH = RESAMPLE_TAPS * RESAMPLE_RATIO_MAX };

struct resampler {
	uint8_t up, down; /* one of them is 1; both: a copy */
	uint8_t skip;	  /* inputs before the next output, when going down */
	uint8_t kept;	  /* samples of `past` in use: taps - 1 */
	int16_t coef[RESAMPLE_LENGTH];
	int16_t past[RESAMPLE_LENGTH];
};
/** -EINVAL: not from and to one of 8, 16, 48. */
int resampler_init(struct resampler *r, unsigned from_khz, unsigned to_khz);
/** The next `n` samples of a stream, any number. Returns samples written: exactly n * up / down when that is whole and
 *  always was. `out` has room for n * up / down + 1 and does not overlap `in`. */
size_t resampler_run(struct resampler *r, const int16_t *in, size_t n, int16_t *out);

#endif
