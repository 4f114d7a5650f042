/** amd.h  Answering-machine detection v0: energy and cadence over linear PCM, streaming. A later version replaces
 *  it by a trained model behind the same functions. Deterministic; the same whatever the block size. No memory. */
#ifndef DSP_AMD_H
#define DSP_AMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "switchroom.h"

struct amd { /* value object: copy freely; fields are private */
	struct amd_opts opts;
	uint64_t samples;
	double noise, level;
	uint32_t voice_ms, silence_ms, word_ms, words, greeting_ms;
	int32_t partial[4];
	int16_t frame[160];
	uint16_t fill;
	bool in_voice, any_voice, decided;
	uint8_t verdict, reason;
	uint16_t confidence;
	uint32_t decided_ms;
	uint32_t tone_ms[8]; /* SIT and fax evidence */
	double scratch[16];
};
void amd_init(struct amd *a, const struct amd_opts *o); /* o NULL: all defaults */
/** Push any number of samples. true once decided; further pushes change nothing. */
bool amd_push(struct amd *a, const int16_t *pcm, size_t n);
/** The far side is gone or the limit is reached outside: decide now. */
void amd_finish(struct amd *a);

#endif
