/** media_rig.h  What media tests share: an engine, far ends with real sockets on loopback, waiting for events.
 *  Waiting is bounded by WAIT_MS and ends as soon as what is waited for is there. */
#ifndef MEDIA_RIG_H
#define MEDIA_RIG_H

#include "media/clock.h"
#include "rtp/packet.h"
#include "switchroom.h"
#include "test/test.h"

enum { WAIT_MS = 10000, RIG_EVENTS = 256 };

/** Time of an engine that the test runs by hand: it stands still until the test moves it. A packet sent in between
 *  has come at the moment at which time stood. */
enum { HAND_MOMENTS = 4096 };
struct hand {
	struct media_clock clock;
	uint64_t now;
	int probe; /* a socket that talks to itself */
	struct {
		uint64_t real, at; /* since `real` (CLOCK_REALTIME) it has been `at` */
	} moment[HAND_MOMENTS];
	size_t n;
	unsigned interrupt_in;	      /* at the so manieth reading of the clock from here... */
	void (*interrupt)(void *arg); /* ...the thread loses its CPU while this happens */
	void *arg;
};

struct rig {
	struct media *m;
	struct hand *hand;		     /* NULL: real time, workers with threads */
	struct media_event seen[RIG_EVENTS]; /* drained, not yet asked for */
	size_t n;
};
/** Two workers unless `o` says otherwise (its address and ports are filled in). */
bool rig_open(struct rig *r, struct media_opts *o);
void rig_close(struct rig *r);
/** Virtual time goes on. */
void hand_pass(struct hand *h, uint64_t ns);
/** The same with virtual time and workers without threads; one worker unless `o` says otherwise. Only far_ends are
 *  real. All below that waits does so by letting time pass, a millisecond a turn. */
bool rig_open_by_hand(struct rig *r, struct media_opts *o);
/** Time passes and the workers work each millisecond of it. */
void rig_run(struct rig *r, unsigned ms);
/** Time passes, but the workers get no CPU. rig_run() afterwards, also for 0 ms, lets them make up for it. */
void rig_stall(struct rig *r, unsigned ms);
/** Take the first event of this kind; handle 0: any. false: none came in time. */
bool rig_wait(struct rig *r, enum media_event_kind kind, uint64_t handle, struct media_event *ev);
/** Drain now; whether an event of this kind (handle 0: any) lies there. Not taken. */
bool rig_has(struct rig *r, enum media_event_kind kind, uint64_t handle);
/** Bounded polling of a condition. */
bool rig_until(bool (*holds)(void *arg), void *arg);
struct leg_stats rig_stats(struct rig *r, uint64_t leg);
/** Wait until the leg has received so many packets. */
bool rig_received(struct rig *r, uint64_t leg, uint64_t packets);
/** All commands posted to this leg so far have been executed. Needs a free leg and port. */
bool rig_settle(struct rig *r, uint64_t leg);
void rig_sleep(unsigned ms);
/** Real time in steps of 20 ms: returns at start + 20 * step, at once when that is past. 0 as start: now. */
void rig_pace(uint64_t *start, unsigned step);

/** A folder of its own below TMPDIR for files of a test. */
struct folder {
	char path[128];
	char file[200]; /* path/sub/rec.wav: `sub` is not there yet */
};
bool folder_make(struct folder *f);
void folder_remove(const struct folder *f);
/** A whole file; NULL: not there. Freed with mem_free(). */
uint8_t *file_read(const char *path, size_t *n);

/** A far end: an RTP socket (and RTCP above it) bound on loopback, and the leg that talks to it. */
struct far_end {
	int rtp, rtcp;
	struct net_addr address;
	struct net_addr leg_address;
	uint64_t leg;
	uint8_t codec;
	uint8_t pt; /* 0: the static one of its codec */
	uint16_t seq;
	uint32_t ts, ssrc;
	uint8_t host;		      /* 127.0.0.HOST; 0: 1 */
	const struct srtp_keys *keys; /* as the leg has them: rx is what this end seals with; NULL: in clear */
	struct srtp_way *seal, *open; /* by far_secure() */
};
struct datagram {
	uint8_t data[2048];
	size_t n;
	struct rtp_packet rtp;
};
/** Opens sockets and a leg described to them (te_pt 101, sendrecv). `worker` or LEG_ANY_WORKER. */
bool far_open(struct rig *r, struct far_end *f, enum codec codec, uint32_t worker);
bool far_sockets(struct far_end *f);
/** Seal and open with these keys from now on, and describe the leg so. */
bool far_secure(struct rig *r, struct far_end *f, const struct srtp_keys *keys);
bool keys_make(struct srtp_keys *keys, unsigned suite);
void far_close(struct far_end *f);
struct leg_remote far_remote(const struct far_end *f);
bool far_describe(struct rig *r, const struct far_end *f);
/** Send the next packet: 160 bytes of `fill`. */
void far_say(struct far_end *f, uint8_t fill);
/** Send with everything chosen; seq and ts of `f` stay. */
void far_send(const struct far_end *f, uint8_t pt, bool marker, uint16_t seq, uint32_t ts, const void *payload,
	      size_t n);
void far_raw(const struct far_end *f, const void *data, size_t n);
/** The next RTP packet; false: none within the time. */
bool far_hear(const struct far_end *f, struct datagram *d, unsigned ms);
/** Say one packet and wait for LATCHED. */
bool far_latch(struct rig *r, struct far_end *f);

#endif
