/** mix.h  Conference without a mixer's clock: what each member says is played out onto one line of time, in steps of 10 ms
 *  made when the first hearer wants them; each hearer sums those it may hear at its own pace, the newest whole steps.
 *  Hearers of a wideband codec get 16 kHz: wideband talkers as they are, the others widened.
 *  Worker only; the objects are made and freed by the control thread.
 *
 *  Who hears whom is a matrix: each member has a seat (a bit), and a mask of the seats it hears. What changes in it
 *  fades in or out over one frame, so that no switch is a click. A member may keep its bridge (MIX_BESIDE): it goes on
 *  forwarding at once, and what the member hears of the mix is laid over the packets forwarded to it. */
#ifndef MEDIA_MIX_H
#define MEDIA_MIX_H

#include "dsp/resample.h"
#include "media/leg.h"
#include "media/playout.h"

enum { MIX_MEMBERS = 16, MIX_ALL = 0xffff, MIX_STEPS = 32, MIX_STEP = PLAYOUT_STEP_MS * RTP_CLOCK_KHZ };

/** The newest steps of one member. Lives as long as its leg. */
struct mix_input {
	int64_t next;  /* step to be made next: CLOCK_MONOTONIC in PLAYOUT_STEP_MS; the MIX_STEPS before it are there */
	uint32_t wide; /* bit step % MIX_STEPS: leg->mix_wide has it too */
	uint32_t loud; /* bit step % MIX_STEPS: more than silence */
	uint8_t khz;   /* what `narrow` takes; 0: not needed yet */
	struct resampler narrow;
	int16_t pcm[MIX_STEPS][MIX_STEP];
};

struct mix {
	struct mix *next; /* control thread: closed, waiting for the worker */
	uint64_t handle;
	uint32_t worker;	     /* control thread: home, fixed by the first join; OWNER_NOBODY before */
	uint64_t seats[MIX_MEMBERS]; /* control thread: legs after all posted commands, 0: free */
	_Atomic bool retired;	     /* the worker will not touch it again */
	/* the worker's, by seat */
	struct leg *members[MIX_MEMBERS]; /* NULL: free */
	uint8_t roles[MIX_MEMBERS];
	uint16_t hears[MIX_MEMBERS]; /* seats; its own is left out */
	uint16_t heard[MIX_MEMBERS]; /* in its last frame */
	uint16_t chosen;	     /* seats whose mask was set */
};

/** Seats are given by the control thread. Again: new roles; the mask stays. A member hears all, newcomers too, until it
 *  has chosen by mix_hear(): from then on only those. */
void mix_join(struct mix *m, struct leg *leg, unsigned seat, unsigned roles, uint64_t now);
void mix_hear(struct leg *leg, uint16_t seats);
void mix_leave(struct leg *leg);
void mix_close(struct mix *m);
/* What members say comes by playout_put(). */
/** Is what it says of interest? */
bool mix_talks(const struct leg *leg);
/** Does it hear anybody of the mix, or fades one out? */
bool mix_hears(const struct leg *leg);
/** What a member hears: the sum of those it hears. false: it may not hear, send nothing. */
bool mix_get(struct leg *leg, int16_t *pcm, size_t n, uint64_t now);
/** The same at 16 kHz for a member that has a coder, `n` still at 8 kHz: who talks wideband is heard so, the others are
 *  widened. */
bool mix_get_wide(struct leg *leg, int16_t *wide, size_t n, uint64_t now);
/** The same laid over `pcm`. n <= LEG_FRAME_MAX. false: nothing was said, `pcm` is as it was. */
bool mix_overlay(struct leg *leg, int16_t *pcm, size_t n, uint64_t now);

#endif
