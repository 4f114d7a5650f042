/** level.h  Power and clipping of one frame, in dBm0 (a full-scale sine is +3.14 dBm0, G.711). G.711 is measured as it
 *  is coded: one table look-up per sample gives its square and whether it is the code's last step. */
#ifndef DSP_LEVEL_H
#define DSP_LEVEL_H

#include <stddef.h>
#include <stdint.h>

#include "switchroom.h"

struct level {
	uint64_t energy; /* sum of squares of 16-bit samples */
	uint32_t samples, clipped;
};

/** Fill the tables; once, before the first level_g711(). Any thread. */
void level_init(void);
/** PCMU or PCMA. At most 65,535 samples count as clipped. */
struct level level_g711(enum codec c, const uint8_t *data, size_t n);
/** Clipped: at or beyond the last step of G.711 mu-law (32,124). */
struct level level_pcm(const int16_t *pcm, size_t n);

/** Hundredths of dBm0; LEVEL_SILENT when there is no energy. */
enum { LEVEL_SILENT = -12000 };
int level_cdbm0(uint64_t energy, uint64_t samples);
/** Mean square of that level: energy / samples is compared with it. */
uint32_t level_mean_square(int cdbm0);

#endif
