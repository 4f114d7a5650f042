/** pitch.h  The distance at which sound resembles itself most: normalised cross-correlation, searched over every other
 *  sample and then refined. Stateless. */
#ifndef DSP_PITCH_H
#define DSP_PITCH_H

#include <stddef.h>
#include <stdint.h>

enum { PITCH_TEMPLATE_MS = 20 };

/** Compares a[0..n) with the n samples `lag` before it (dir -1) or behind it (dir 1) for lags lo to hi; all of them must
 *  be readable. `khz` 8 or 16, n at most PITCH_TEMPLATE_MS. *likeness: -1 to 1, 0 when there is nothing to hear. */
int pitch_lag(const int16_t *a, size_t n, int dir, int lo, int hi, unsigned khz, float *likeness);

#endif
