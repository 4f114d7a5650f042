/** amd.h  Answering-machine detection v0: energy and cadence over linear PCM, streaming. A later version replaces
 *  it by a trained model behind the same functions. Deterministic; the same whatever the block size. No memory.
 *
 *  People answer with a short greeting and wait; machines talk on. A greeting that stops is a person, one that goes on
 *  beyond greeting_ms a machine, and what cannot be told from the noise around it is unknown: an agent shall listen.
 *  Special information and fax tones, and a beep, decide at once; a rest of ringback is not a voice. */
#ifndef DSP_AMD_H
#define DSP_AMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/tonal.h"
#include "dsp/tonerun.h"
#include "switchroom.h"

struct amd { /* value object: copy freely. The result: */
	bool decided;
	uint8_t verdict, reason; /* enum amd_verdict, enum amd_reason */
	uint16_t confidence;	 /* 0-1000: distance from the thresholds, not a probability */
	uint32_t decided_ms;	 /* since the first sample */

	/* Private. Levels in dB below full scale. */
	struct amd_opts opts; /* defaults filled in */
	struct tonal tonal;
	struct tonerun tones;
	uint32_t ms;			/* heard so far */
	float last_level, smooth, peak; /* peak: loudest of late, falling 2 dB a second */
	float quiet[3], quiet_now;	/* minima of the last three half seconds and of this one: the noise floor */
	uint32_t voice_ms, gap_ms;	/* length of the present stretch of voice, and of the silence since the last */
	uint32_t onset_ms, last_ms;	/* first and last voice of the greeting */
	uint32_t words;
	bool greeting; /* onset_ms is valid */
};
void amd_init(struct amd *a, const struct amd_opts *o); /* o NULL: all defaults */
/** Push any number of samples. true once decided; further pushes change nothing. */
bool amd_push(struct amd *a, const int16_t *pcm, size_t n);
/** The far side is gone or the limit is reached outside: decide now (unknown, by hangup, if still open). */
void amd_finish(struct amd *a);

#endif
