/** beep.h  An answering machine's beep: one steady tone (350-2600 Hz) of 80 ms or more that stops. Streaming, value
 *  object. Speech vowels, DTMF pairs and call-progress tone pairs are not beeps. */
#ifndef DSP_BEEP_H
#define DSP_BEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct beep {
	uint64_t samples;
	int16_t frame[160];
	uint16_t fill;
	double state[24];
	uint32_t run_ms, start_ms, end_ms;
	uint16_t hz;
	bool found;
};
void beep_init(struct beep *b);
/** true once a beep has been heard and ended; hz, start_ms and end_ms are set then. */
bool beep_push(struct beep *b, const int16_t *pcm, size_t n);

#endif
