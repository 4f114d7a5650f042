/** spectrum.h  Power spectrum of 32 ms of sound: Hann window, 256 points, bins of 31.25 Hz. No memory, deterministic. */
#ifndef DSP_SPECTRUM_H
#define DSP_SPECTRUM_H

#include <stdint.h>

enum { SPECTRUM_N = 256, SPECTRUM_BINS = SPECTRUM_N / 2 + 1 };

/** power[k] belongs to k * 31.25 Hz. Scaled so that a sine of amplitude A on a bin gives A * A / 2 summed over it and
 *  its two neighbours. */
void spectrum_power(const int16_t pcm[SPECTRUM_N], float power[SPECTRUM_BINS]);

#endif
