/** spectrum.h  Power spectrum of 32 ms of sound: Hann window, 256 points, bins of 31.25 Hz. No memory, deterministic. */
#ifndef DSP_SPECTRUM_H
#define DSP_SPECTRUM_H

#include <stdint.h>

enum { SPECTRUM_N = 256, SPECTRUM_BINS = SPECTRUM_N / 2 + 1 };

/** power[k] belongs to k * 31.25 Hz. Scaled so that a sine of amplitude A on a bin gives A * A / 2 summed over it and
 *  its two neighbours. */
void spectrum_power(const int16_t pcm[SPECTRUM_N], float power[SPECTRUM_BINS]);
/** The same with a chosen instruction set, 0 (base) to spectrum_sets() - 1 (the best this processor has, which the one
 *  above uses): for tests. The results are the same to the bit. */
unsigned spectrum_sets(void);
void spectrum_power_by(unsigned set, const int16_t pcm[SPECTRUM_N], float power[SPECTRUM_BINS]);

#endif
