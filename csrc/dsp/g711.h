/** g711.h  G.711 mu-law and A-law, tables in static const memory. ITU-T G.711; bit-exact with the ITU STL. */
#ifndef DSP_G711_H
#define DSP_G711_H

#include <stddef.h>
#include <stdint.h>

#include "switchroom.h"

void g711_decode(enum codec c, const uint8_t *in, size_t n, int16_t *out);
void g711_encode(enum codec c, const int16_t *in, size_t n, uint8_t *out);
/** The same with a chosen instruction set, 0 (base) to g711_sets() - 1 (the best this processor has, which the two
 *  above use): for tests and benchmarks. */
unsigned g711_sets(void);
void g711_decode_by(unsigned set, enum codec c, const uint8_t *in, size_t n, int16_t *out);
void g711_encode_by(unsigned set, enum codec c, const int16_t *in, size_t n, uint8_t *out);
/** mu-law to A-law or back by table; a copy when equal. in == out is allowed. */
void g711_transcode(enum codec from, enum codec to, const uint8_t *in, size_t n, uint8_t *out);
/** The byte that is silence: 0xff mu-law, 0xd5 A-law. */
uint8_t g711_silence(enum codec c);

#endif
