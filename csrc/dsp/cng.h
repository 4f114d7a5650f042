/** cng.h  Comfort noise from its RTP payload: a level and, if sent, the shape of the spectrum as reflection coefficients.
 *  RFC 3389 section 3. Streaming value object, no memory. */
#ifndef DSP_CNG_H
#define DSP_CNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CNG_ORDER_MAX = 12, CNG_INAUDIBLE_DB = 75 };

struct cng {
	uint8_t order;
	float target, gain;	/* of the excitation; gain glides to the target */
	float k[CNG_ORDER_MAX]; /* reflection coefficients */
	float state[CNG_ORDER_MAX];
	uint32_t seed;
};
void cng_init(struct cng *c);
/** Hostile bytes allowed: -EBADMSG when empty. More coefficients than CNG_ORDER_MAX are left out (3.2 allows it). */
int cng_decode(struct cng *c, const uint8_t *payload, size_t n);
/** false: below CNG_INAUDIBLE_DB under overload, all samples are 0. */
bool cng_generate(struct cng *c, int16_t *pcm, size_t n);

#endif
