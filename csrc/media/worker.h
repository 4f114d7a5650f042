/** worker.h  A thread with its own legs. Each 1 ms: commands, one epoll_wait over edge-triggered sockets (forward what
 *  came), then the legs whose frame is due (round.h). Without legs it sleeps. Runs at nice -10 where the process may. */
#ifndef MEDIA_WORKER_H
#define MEDIA_WORKER_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/counter.h"
#include "base/ring.h"
#include "dsp/codec.h"
#include "media/clock.h"
#include "media/leg.h"

enum { WHEEL = 64, RX_BUFFER = 2048, RX_ROOM = 64, RX_TAIL = 32 /* sealing adds SRTP_TAIL */ };

struct worker {
	struct media *media;
	uint32_t index;
	pthread_t thread;
	bool running;
	int epoll, wake; /* wake: eventfd */
	_Atomic bool stop;
	_Atomic uint32_t asleep; /* 1: it blocks until woken */
	struct ring commands;	 /* control thread to worker */
	struct ring events;	 /* worker to control thread */
	_Atomic uint64_t rx_packets, tx_packets, forwarded, tx_errors, late_ticks, max_tick_ns, events_dropped;
	_Atomic uint32_t slots[MEDIA_SLOTS]; /* legs visited in each of the last ticks, and newly put there */
	_Atomic uint64_t delays[MEDIA_DELAYS];
	_Atomic uint8_t priority; /* enum media_priority */
	sem_t started;		  /* priority is known */
	uint32_t control_legs;	  /* control thread: legs posted to it */
	/* the thread's own */
	uint64_t now;  /* ns: the moment that is worked at. Behind the clock while it makes up for a stall */
	uint64_t tick; /* ms since start_at, all wheel work up to it is done */
	uint64_t gate; /* packets that came later are not read in this turn */
	uint64_t next_at;
	uint64_t behind_since; /* it makes up for a stall since then, 0: it does not */
	bool behind;	       /* the next turn must not wait */
	bool stale;	       /* what would be sent now is too old to be sent */
	uint64_t asked;	       /* ns when the command being executed was posted */
	uint64_t start_at;
	uint64_t random;
	uint32_t legs;
	bool raised, stalled; /* events to announce; the next command waits for a leg to arrive */
	struct leg *wheel[WHEEL];
	struct leg_socket *waiting;		   /* known to hold packets */
	struct leg *ending;			   /* closed, but their LEG_CLOSED found no room yet */
	uint8_t rx[RX_ROOM + RX_BUFFER + RX_TAIL]; /* packets are read behind the room */
	uint8_t scratch[RX_BUFFER + RX_TAIL];
	int16_t pcm[RX_BUFFER];
	int16_t wide[CODEC_PACKET_SAMPLES]; /* of legs that are not G.711: this packet at 16 kHz, and in pcm at 8 */
	size_t wide_n, pcm_n;
};

int worker_init(struct worker *w, struct media *m, uint32_t index);
int worker_start(struct worker *w);
void worker_stop(struct worker *w); /* ends it. Fine on a zeroed struct */
void worker_fini(struct worker *w);
void worker_wake(struct worker *w); /* any thread, after pushing a command */
uint64_t worker_cpu_ns(const struct worker *w);

/* On the worker's thread */
int worker_add(struct worker *w, struct leg *leg);
void worker_remove(struct worker *w, struct leg *leg);
void worker_wheel(struct worker *w, struct leg *leg, uint64_t due); /* tick of the next visit */
void worker_unwheel(struct leg *leg);
void worker_clear_wake(const struct worker *w);
/** `at` is filled in. false: no room, counted. */
bool worker_event(struct worker *w, struct media_event *ev);
void worker_leg_event(struct worker *w, const struct leg *leg, enum media_event_kind kind, int32_t a, int64_t b,
		      int64_t c);
uint64_t worker_random(struct worker *w); /* xorshift: timers and initial numbers, not secrets */
/** Executes what was posted by the gate; stops at a leg that is still with another worker. */
void worker_commands(struct worker *w);

#endif
