/** cng.c  Noise through an all-pole lattice. */
#include "dsp/cng.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* 3.1: the level is in dB under the overload point, which is a full-scale square wave. */
static const float overload = 32767;
/* Of noise that is even between -1 and 1. */
static const float even_rms = 0.57735027f;
/* The level glides to a new one with this time constant, in samples. */
static const float glide = 1.0f / 256;

void cng_init(struct cng *c)
{
	memset(c, 0, sizeof(*c));
	c->seed = 0x2545f491;
}

int cng_decode(struct cng *c, const uint8_t *payload, size_t n)
{
	float power = 1; /* what the filter leaves of the output's: product of 1 - k^2 */
	if (n == 0)
		return -EBADMSG;
	size_t order = n - 1 < CNG_ORDER_MAX ? n - 1 : CNG_ORDER_MAX;
	if (order != c->order)
		memset(c->state, 0, sizeof(c->state));
	c->order = (uint8_t)order;
	for (size_t i = 0; i < order; i++) {
		/* 3.2: k = 258 (N - 127) / 32768 for N of 0 to 254; 255 is reserved */
		c->k[i] = payload[i + 1] == 255 ? 0 : 258.0f * (float)(payload[i + 1] - 127) / 32768.0f;
		power *= 1 - c->k[i] * c->k[i];
	}
	unsigned level = payload[0] & 0x7f;
	c->target = level >= CNG_INAUDIBLE_DB ? 0 : overload * powf(10, -(float)level / 20) * sqrtf(power) / even_rms;
	return 0;
}

static float excitation(struct cng *c)
{
	c->seed = c->seed * 1664525u + 1013904223u;
	return (float)(int32_t)c->seed * 0x1p-31f;
}

static float synthesise(struct cng *c, float f)
{
	for (unsigned i = c->order; i-- > 0;) {
		f -= c->k[i] * c->state[i];
		float b = c->state[i] + c->k[i] * f;
		if (i + 1u < c->order)
			c->state[i + 1] = b;
	}
	if (c->order)
		c->state[0] = f;
	return f;
}

bool cng_generate(struct cng *c, int16_t *pcm, size_t n)
{
	if (c->target <= 0 && c->gain < 1) {
		c->gain = 0;
		memset(pcm, 0, n * sizeof(*pcm));
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		c->gain += (c->target - c->gain) * glide;
		float v = synthesise(c, excitation(c) * c->gain);
		pcm[i] = (int16_t)lrintf(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
	}
	return true;
}
