/** engine.h  struct media: everything one engine owns. Fields are the control thread's unless they say otherwise. */
#ifndef MEDIA_ENGINE_H
#define MEDIA_ENGINE_H

#include "base/slots.h"
#include "media/clip.h"
#include "media/clock.h"
#include "media/command.h"
#include "media/leg.h"
#include "media/mix.h"
#include "media/placement.h"
#include "media/ports.h"
#include "media/recorder.h"
#include "media/worker.h"
#include "switchroom.h"

enum { MEDIA_WORKERS = PLACEMENT_WORKERS, MEDIA_CLIPS = 65536 };

struct media {
	struct media_opts opts;
	const struct media_clock *clock;
	struct ports ports;
	struct latch_rules latch_rules; /* workers read it */
	struct slots legs;		/* workers look handles up, see slots.h */
	struct slots clips, mixes, recordings;
	struct clip *clips_released; /* given up, but still playing somewhere */
	struct mix *mixes_closed;
	struct recorder recorder;
	int event_fd;
	int timing; /* a socket: while one asks for it, the kernel notes when packets come; so it does before the first leg */
	_Atomic uint32_t signalled; /* any thread: event_fd has been written since the last drain */
	struct placement placement;
	uint32_t peak_legs; /* since memory was last given back */
	uint32_t workers;
	struct worker *worker[MEDIA_WORKERS];
};

/** An engine on another clock. Its workers have no threads: the caller runs them, round_run(m->worker[i]). */
int media_init_by_hand(struct media **out, const struct media_opts *o, const struct media_clock *clock);

static inline uint64_t media_now(const struct media *m)
{
	return m->clock->now(m->clock);
}

static inline uint64_t media_when(const struct media *m, uint64_t real)
{
	return m->clock->when(m->clock, real);
}

/** Announce events that were pushed. Any thread. */
void media_signal(struct media *m);

/* control.c */
struct leg *media_leg(const struct media *m, uint64_t handle); /* NULL: unknown or closing */
/** Post to the leg's worker, as of now unless `c->at` is set and past. -ENOBUFS: its ring is full. */
int media_post(struct media *m, struct leg *leg, struct command *c);
/** Commands that media_post() could take now for this worker. */
bool media_room(const struct media *m, uint32_t worker, uint32_t commands);
/** Move the leg to `worker` with all that will be posted later. The caller has seen to room for one command on
 *  both workers. */
void media_move(struct media *m, struct leg *leg, uint32_t worker);
/** Move a bridge as it is to `worker`, without a seam. false: it is none, or there is no room for the commands. */
bool media_move_bridge(struct media *m, struct leg *leg, uint32_t worker);
/** The leg was posted out of its bridge. */
void media_bridge_left(struct media *m, struct leg *leg);
void media_mix_left(struct media *m, struct leg *leg); /* the leg was posted out of its mix */
/** Free what workers have let go of. */
void media_sweep(struct media *m);
void media_leg_sweep(struct leg *leg);

#endif
