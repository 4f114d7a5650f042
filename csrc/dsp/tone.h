/** tone.h  Generated tones: one or two sines with a cadence, and DTMF digits. 8 kHz. Value objects, no memory.
 *  A sine of full scale is +3.14 dBm0 (G.711 A-law; mu-law's figure is 0.03 dB higher). Phases continue over calls, so
 *  any block size gives the same samples. ITU-T Q.23, E.180. */
#ifndef DSP_TONE_H
#define DSP_TONE_H

#include <stddef.h>
#include <stdint.h>

#include "switchroom.h"

struct tone {
	double re[2], im[2], step_re[2], step_im[2]; /* rotating phasors */
	uint64_t at, total, on, period;		     /* samples */
	unsigned count;
};
/** -EINVAL: a frequency of 0 first or above 3900 Hz, level above +3 dBm0, a pause without a tone. */
int tone_init(struct tone *t, const struct tone_spec *spec);
/** Fill n samples; returns how many are before the end (n while it runs, less in the last call, then 0). The rest
 *  is silence. */
size_t tone_fill(struct tone *t, int16_t *pcm, size_t n);
/** Spec of a DTMF digit (0-9 A-D * #), -EINVAL for others. */
int tone_dtmf(struct tone_spec *spec, char digit, uint32_t ms);
/** RFC 4733 event code of a digit, -1 for others, and back ('\0' when above 15). */
int tone_digit_event(char digit);
char tone_event_digit(unsigned event);

#endif
