/** tonerun.h  Follows steady tones through the frames of tonal.h and names them when they end: beep, SIT, fax, ringback.
 *  Value object, no memory. Times count in steps of 10 ms from the first frame.
 *  Sources: ITU-T E.180 supp. 2 (special information tone), T.30 4.3.3 (CED, CNG), V.8 (ANSam), Q.23 (DTMF). */
#ifndef DSP_TONERUN_H
#define DSP_TONERUN_H

#include <stdbool.h>
#include <stdint.h>

#include "dsp/tonal.h"

enum tonerun_kind { TONERUN_NONE, TONERUN_BEEP, TONERUN_SIT, TONERUN_FAX };
enum { TONERUN_HISTORY = 8 };

struct tonerun {
	uint32_t step;		       /* frames seen */
	float levels[TONERUN_HISTORY]; /* of the last steps, level_db, newest last */
	uint32_t first, last_loud, n;  /* the run: its first step, its last loud one, its tonal frames; n 0: none */
	uint32_t quiet, other;	       /* steps since its last frame: quiet ones, loud ones that are no tone */
	float hz_first, hz, hz2, peak; /* hz2 0: a single tone */
	float recent[2], low, high;    /* level over the run without its first and last two frames */
	float recent_hz[2], hz_sum;    /* frequency likewise */
	uint32_t inner;		       /* frames in low, high and hz_sum */
	float before;		       /* quietest level just before it */
	float sit_hz;		       /* the tone that ended just before this run, 0: none */
	uint32_t sit_end;
	uint32_t ced_steps;	   /* time of 2100 Hz so far */
	uint32_t start_ms, end_ms; /* of the tone named last */
	float named_hz;
};

void tonerun_init(struct tonerun *t);
/** What has become certain with this frame. BEEP: 50 ms after it ended. SIT: in its third tone. FAX: after 1 s of 2100 Hz
 *  or one CNG of 0.5 s. */
enum tonerun_kind tonerun_push(struct tonerun *t, const struct tonal_frame *f);
/** A tone has been going on for 50 ms: this is not a voice. */
bool tonerun_active(const struct tonerun *t);

#endif
