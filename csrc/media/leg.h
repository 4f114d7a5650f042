/** leg.h  One RTP endpoint. Made and freed by the control thread; between OPEN and LEG_CLOSED everything below the
 *  line belongs to the worker that `owner` names. */
#ifndef MEDIA_LEG_H
#define MEDIA_LEG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/amd.h"
#include "dsp/beep.h"
#include "media/keypad.h"
#include "media/latch.h"
#include "media/pcm_ring.h"
#include "media/player.h"
#include "rtp/rtcp.h"
#include "rtp/sender.h"
#include "rtp/stats.h"
#include "rtp/telephone_event.h"
#include "rtp/timeline.h"
#include "switchroom.h"

struct fork_tap;
struct measure;
struct coder;
struct mix;
struct mix_input;
struct playout;
struct recording;
struct srtp_way;
struct worker;

enum { OWNER_NOBODY = 0xffffffffu, LEG_FRAME_MAX = 480, NS_PER_MS = 1000000, NS_PER_POSITION = 125000 };

/* What listens to what a leg says; bits of leg.listening. */
enum { LISTEN_AMD = 1, LISTEN_BEEP = 2, LISTEN_TAP = 4, LISTEN_DTMF = 8 };

/** The control thread's own notes. */
struct leg_control {
	uint32_t worker; /* where it will be when all posted commands are done */
	bool closing, closed_seen;
	uint64_t mix;	    /* handle, 0: none */
	uint64_t bridge;    /* handle of the partner when all posted commands are done, 0: none or not known */
	uint64_t recording; /* handle, 0: none */
	struct pcm_ring *tap, *sink, *retired;
	struct srtp_way *receiver, *sender; /* as last posted; NULL: in clear */
	struct srtp_way *ways;		    /* all there are, those too that the worker still has */
	struct playlist *lists;		    /* posted, not freed yet */
	struct fork_tap *fork, *forks_retired;
	struct measure *measure; /* NULL: quality is not measured */
	struct coder *coders;	 /* made for it, newest first */
	bool coded;		 /* the newest is in use once all posted commands are done */
};

/** One of a leg's sockets in the worker's epoll set and, while it holds packets that may not be read yet, in its list. */
struct leg_socket {
	struct leg *leg; /* NULL: not watched yet */
	struct leg_socket *next, **back;
	uint64_t next_at; /* when its next packet came; 0: not known */
	bool rtcp;
};

enum { LEG_PUBLISHED = sizeof(struct leg_stats) / sizeof(uint64_t) };

struct leg {
	uint64_t handle, tag; /* never change */
	struct leg_control control;
	_Atomic uint32_t owner; /* worker index; released by the old worker, acquired by the new one */
	_Atomic uint64_t published[LEG_PUBLISHED]; /* struct leg_stats as words, renewed at each visit */
	/* Made by the control thread before the command that first needs them, freed with the leg. */
	struct amd *amd;
	struct beep *beep;
	struct playout *playout; /* what it says as samples: in a mix */
	struct mix_input *mix_input;
	struct keypad *keypad;
	uint8_t dtmf;	   /* enum dtmf_mode; never changes */
	int16_t *mix_wide; /* beside it when its codec was wideband: its steps at 16 kHz, [MIX_STEPS][2 * MIX_STEP] */
	/* ------------------------------------------------------------------ the worker's */
	struct leg *next, **back; /* in a bucket of the wheel */
	uint16_t interval;	  /* ms between visits: ptime of generated audio */
	uint64_t due;		  /* tick of the next visit */

	int rtp_fd, rtcp_fd;
	struct leg_socket socket[2]; /* RTP, RTCP */
	uint64_t left_at;	     /* the old worker let go of it at that moment of its time */
	bool connected;		     /* the RTP socket is, to the latch's source */
	bool drained;		     /* since then the socket has been empty once: nothing foreign can be left in it */
	bool described;		     /* media_leg_remote() has come */
	bool rtcp_mux;		     /* RTCP goes over the RTP port (RFC 5761) */
	struct latch latch;
	struct net_addr sdp_rtcp;
	struct srtp_way *receiver, *sender, *old_receiver; /* NULL: in clear; none */
	uint64_t old_until;				   /* ns; 0: nothing has come under the new key yet */
	uint8_t codec, te_pt, dir;
	uint8_t pt, own_pt;	 /* payload types of the codec: sent, and in our offers; either may come */
	uint8_t speed, te_speed; /* RTP clocks over 8 kHz, of audio and of events: 1 or 6 */
	struct coder *coder;	 /* NULL: G.711 */

	struct rtp_source rx;
	struct rtp_sender tx;
	struct te_receiver digits;
	struct leg_stats stats;
	uint32_t silence_ms;
	uint64_t heard_at; /* last RTP, or when we began to expect it */
	bool silent;

	uint64_t report_due;
	uint32_t report_packets; /* tx_packets at our last report: SR when they grew, else RR */
	uint32_t peer_lsr;
	uint64_t peer_lsr_at;

	struct fork_tap *fork;	 /* NULL: none */
	struct measure *measure; /* NULL: nobody wants to know */

	struct leg *bridge; /* each other's, or itself: echo */
	struct mix *mix;
	uint8_t mix_seat;
	int64_t mix_at; /* position on the mix's line that this leg hears next */
	struct player player;
	struct recording *recording;

	uint8_t listening; /* LISTEN_ */
	bool keyed;	   /* `keypad` is there */
	bool listen_known;
	uint32_t listen_epoch, listen_ts;
	uint64_t listen_fed_at; /* audio has been fed up to here */
	uint32_t beep_ms;	/* give up after so long */
	uint64_t beep_heard;	/* samples */
	struct pcm_ring *tap;
	int16_t tap_frame[160];
	uint16_t tap_fill;
};

/* leg.c: control thread */
struct port_pair;
struct leg *leg_new(const struct port_pair *sockets, uint64_t tag, uint32_t silence_ms); /* NULL: out of memory */
void leg_free(struct leg *leg); /* after LEG_CLOSED or before ADOPT; closes sockets still open */

/* life.c: the owner */
void leg_describe(struct worker *w, struct leg *leg, const struct leg_remote *r);
void leg_close(struct worker *w, struct leg *leg);
void leg_visit(struct worker *w, struct leg *leg);
void leg_publish(struct leg *leg);
/** Connect or open the RTP socket as the latch's state asks. */
void leg_follow_latch(struct leg *leg);
/** Leave bridge or echo; the partner hears nothing more either. */
void leg_unbridge(struct leg *leg);
/** The same and the mix. */
void leg_detach(struct leg *leg);

/* secure.c: the owner */
/** New keys, or the same, or none. The old receiving key goes on being tried until the far side has changed over. */
void leg_secure(struct leg *leg, struct srtp_way *receiver, struct srtp_way *sender);
/** Open what came, in place. false: drop it, counted. Without keys it is as it was. `data`: a whole RX_BUFFER. */
bool leg_open(struct worker *w, struct leg *leg, uint8_t *data, size_t *n, bool rtcp);
/** Seal what goes, in place, with SRTP_TAIL bytes of room behind it. false: it must not be sent. */
bool leg_seal(struct leg *leg, uint8_t *data, size_t *n, bool rtcp);
/* secure.c: control thread */
/** The directions for these keys (NULL: in clear), made where they are not those in use. Kept with the leg. */
int secure_prepare(struct leg *leg, const struct srtp_keys *keys, struct srtp_way **receiver, struct srtp_way **sender);
void secure_sweep(struct leg *leg);
void secure_free(struct leg *leg);

/* receive.c: what came by the gate. true: more waits, `w->next_at` tells since when */
bool leg_receive_rtp(struct worker *w, struct leg *leg);
bool leg_receive_rtcp(struct worker *w, struct leg *leg);

/* send.c */
struct rtp_packet;
/** A packet another leg (or, for echo, this one) received. `p` is changed; its payload lies in the worker's buffer
 *  with room for a header before it. */
void leg_forward(struct worker *w, struct leg *dst, struct leg *src, struct rtp_packet *p, bool event);
/** One more packet of an event of `src`, before its packet `seq` and after all earlier ones; `ts` in its time. */
void leg_insert_event(struct worker *w, struct leg *dst, const struct leg *src, uint16_t seq, uint32_t ts,
		      const uint8_t payload[TE_PAYLOAD]);
/** A packet whose payload lies in the worker's scratch behind room for the header. */
void leg_transmit(struct worker *w, struct leg *leg, const struct rtp_packet *p, size_t bytes);
/** What this leg plays or hears of a mix, one frame. */
void leg_generate(struct worker *w, struct leg *leg);

/* report.c */
void leg_report(struct worker *w, struct leg *leg, bool bye);
void leg_report_received(struct worker *w, struct leg *leg, const uint8_t *data, size_t n);

/* listen.c */
void listen_packet(struct worker *w, struct leg *leg, const int16_t *pcm, size_t n, uint32_t ts);
void listen_idle(struct worker *w, struct leg *leg); /* no packets: time passes all the same */
void listen_amd(struct worker *w, struct leg *leg, const struct amd_opts *o);
void listen_beep(struct worker *w, struct leg *leg, uint32_t ms);
void listen_tap(struct worker *w, struct leg *leg, struct pcm_ring *ring); /* NULL: stop */
void listen_digits(struct worker *w, struct leg *leg, bool on);
void listen_close(struct worker *w, struct leg *leg);

#endif
