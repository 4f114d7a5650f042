/** tonerun.h  Follows steady tones through the frames of tonal.h and names them when they end: beep, SIT, fax.
 *  Value object, no memory. Times count in steps of 10 ms from the first frame. */
#ifndef DSP_TONERUN_H
#define DSP_TONERUN_H

#include <stdbool.h>
#include <stdint.h>

#include "dsp/tonal.h"

enum tonerun_kind { TONERUN_NONE, TONERUN_BEEP, TONERUN_SIT, TONERUN_FAX };
enum { TONERUN_HISTORY = 8, TONERUN_MIN = 7 /* frames: 80 ms of tone give at least that many */ };

/** Range of what a run's frames had, without its first and last two, in which the window sees its edges. */
struct tonerun_inner {
	uint32_t n;
	float low_db, high_db, low_hz, high_hz, sum_hz;
};

struct tonerun {
	uint32_t step;		       /* frames seen */
	float levels[TONERUN_HISTORY]; /* level_db of the last steps, newest last */
	float before;		       /* quietest of them when the run began */
	uint32_t first, last_loud;     /* the run: its first and its last loud step */
	uint32_t n, pairs,
		impure;	       /* its tonal frames (0: no run); those of two lines; with more than one line in them */
	uint32_t quiet, other; /* steps since its last frame: quiet ones, loud ones that are no tone */
	float hz_first, hz, hz2, peak; /* hz2: the second line of its last frame, 0 for a single tone */
	float last_db[2], last_hz[2];  /* its last two frames, newest last: not yet in `inner` */
	struct tonerun_inner inner;
	float plateau_hz, previous_hz; /* the frequency it stays at, and where it stayed before (0: nowhere) */
	uint32_t plateau_n, previous_end;
	uint32_t ced_steps;	   /* time of 2100 Hz so far */
	bool skipped;		   /* the last frame was not analysed, nor counted as a step yet */
	float skipped_db;	   /* its level */
	uint32_t start_ms, end_ms; /* of the tone named last */
	float named_hz;
};

void tonerun_init(struct tonerun *t);
/** What has become certain with this frame. BEEP: 50 ms after it ended. SIT: in its third tone. FAX: after 1 s of 2100 Hz
 *  or one CNG of 0.5 s. */
enum tonerun_kind tonerun_push(struct tonerun *t, const struct tonal_frame *f);
/** The same for the frame that `in` has just completed; *level_db is its level, frames below `floor_db` are no tones. While
 *  no tone runs only every second frame is analysed, the one between when the next is a tone: so a tone is seen whole,
 *  10 ms later, and one frame alone is none. */
enum tonerun_kind tonerun_hear(struct tonerun *t, const struct tonal *in, float floor_db, float *level_db);
/** A tone has been going on for 50 ms: this is not a voice. */
bool tonerun_active(const struct tonerun *t);

/** The rules, in tonekind.c: what the present run is. Beep and CNG: it has ended. SIT: true once, while it runs. */
bool tonerun_is_beep(const struct tonerun *t);
bool tonerun_is_cng(const struct tonerun *t);
bool tonerun_is_sit(const struct tonerun *t);

#endif
