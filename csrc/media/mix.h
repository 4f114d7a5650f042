/** mix.h  Conference without a mixer's clock: each member's audio lies on one line of time, each hearer sums the
 *  others' at its own pace, MIX_DELAY_MS behind. Worker only; the object is made and freed by the control thread. */
#ifndef MEDIA_MIX_H
#define MEDIA_MIX_H

#include "media/leg.h"

enum { MIX_MEMBERS = 16, MIX_DELAY_MS = 40 };

struct mix {
	struct mix *next; /* control thread: closed, waiting for the worker */
	uint64_t handle;
	uint32_t worker;      /* control thread: home, fixed by the first join; OWNER_NOBODY before */
	uint32_t joined;      /* control thread: members after all posted commands */
	_Atomic bool retired; /* the worker will not touch it again */
	/* the worker's */
	uint32_t n;
	struct leg *members[MIX_MEMBERS];
	uint8_t roles[MIX_MEMBERS];
};

int mix_join(struct mix *m, struct leg *leg, unsigned roles, uint64_t now); /* -ENOBUFS. Again: new roles */
void mix_leave(struct leg *leg);
void mix_close(struct mix *m);
/** Audio that a member said, by its RTP time. */
void mix_put(struct leg *leg, const int16_t *pcm, size_t n, uint32_t ts, uint64_t now);
/** What a member hears: the sum of the others. false: it may not hear, send nothing. */
bool mix_get(struct leg *leg, int16_t *pcm, size_t n, uint64_t now);

#endif
