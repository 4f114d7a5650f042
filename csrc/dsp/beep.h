/** beep.h  An answering machine's beep: a tone (350-2600 Hz), or two together, of 80 ms (below 700 Hz: 110 ms) to 2.2 s
 *  that stops. It may glide, step once or fade, and have overtones. Streaming, value object. Speech vowels, DTMF pairs,
 *  ringback, SIT and fax tones are not beeps. */
#ifndef DSP_BEEP_H
#define DSP_BEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/tonal.h"
#include "dsp/tonerun.h"

struct beep { /* copy freely; read only the result */
	struct tonal tonal;
	struct tonerun run;
	uint32_t start_ms, end_ms; /* since the first sample, to 10 ms */
	uint16_t hz;
	bool found;
};
void beep_init(struct beep *b);
/** true once a beep has been heard and ended, which is known 50-60 ms after its end; hz, start_ms and end_ms are set
 *  then, and further pushes change nothing. */
bool beep_push(struct beep *b, const int16_t *pcm, size_t n);

#endif
