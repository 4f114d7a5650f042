/** switchroom.h  The one public header of libswitchroom: SIP without I/O, media workers, their events.
 *
 *  Two halves that know nothing of each other; the caller joins them:
 *    sip_*    takes datagrams and the time, gives back datagrams, events and its next deadline.
 *             Owns no socket, thread or clock. One owner thread at a time.
 *    media_*  C threads that own RTP sockets, players, recorders. Commands go in over a ring, events
 *             come out of another, announced by one eventfd. All media_* functions are called from one
 *             control thread (the same for the life of the engine) unless a comment says otherwise.
 *
 *  Conventions
 *    - Functions return 0 (or a count) when good, a negative errno when not:
 *      -EINVAL caller's fault, -ENOENT stale or unknown handle, -EBADMSG unparsable, -EPROTO wrong state,
 *      -ENOBUFS a pool or ring is full, -ENOMEM.
 *    - A handle is generation << 32 | index. 0 is never a handle. A stale one is -ENOENT, never a crash.
 *    - Times are monotonic nanoseconds given by the caller (SIP) or read from CLOCK_MONOTONIC (media).
 *    - Text is `struct str`, a view that is not NUL-terminated. Views going in are copied before the
 *      call returns. Views coming out are borrowed for as long as the function says.
 */
#ifndef SWITCHROOM_H
#define SWITCHROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SWITCHROOM_VERSION "0.1.0"

/** The version compiled in; bindings compare it with their own at import. */
const char *switchroom_version(void);

/* ------------------------------------------------------------------ values */

struct str {
	const char *p; /* may be NULL when n == 0 */
	size_t n;
};

enum addr_family { ADDR_NONE = 0, ADDR_V4 = 4, ADDR_V6 = 6 };

/** An IP address and port. `port` is in host order; a v4 address uses ip[0..3]. */
struct net_addr {
	uint8_t family; /* enum addr_family */
	uint8_t pad;
	uint16_t port;
	uint8_t ip[16];
};

/** Audio codecs this build moves. An id of ours, not a payload type: those are carried beside it. */
enum codec { CODEC_PCMU = 0, CODEC_PCMA = 8, CODEC_G722 = 9, CODEC_OPUS = 128, CODEC_NONE = 255 };

/** What a stream may do, seen from our side. */
enum media_dir { DIR_INACTIVE = 0, DIR_SEND = 1, DIR_RECV = 2, DIR_SENDRECV = 3 };

/* -------------------------------------------------------------------- SRTP */

/** Suites of SDES (RFC 4568 6.2, 6188, 7714): name in SDP, octets of master key and salt together. */
/* clang-format off */
#define SRTP_SUITES(X)                                                       \
	X(AES_CM_128_HMAC_SHA1_80, "AES_CM_128_HMAC_SHA1_80", 16 + 14)        \
	X(AES_CM_128_HMAC_SHA1_32, "AES_CM_128_HMAC_SHA1_32", 16 + 14)        \
	X(AES_256_CM_HMAC_SHA1_80, "AES_256_CM_HMAC_SHA1_80", 32 + 14)        \
	X(AEAD_AES_128_GCM, "AEAD_AES_128_GCM", 16 + 12)                      \
	X(AEAD_AES_256_GCM, "AEAD_AES_256_GCM", 32 + 12)
/* clang-format on */
enum srtp_suite {
	SRTP_NONE = 0,
#define X(name, text, octets) SRTP_##name,
	SRTP_SUITES(X)
#undef X
		SRTP_SUITE_COUNT
};
enum { SRTP_KEY_OCTETS = 32 + 14 };

/** Master key and salt of one direction. Never logged; wiped with srtp_key_wipe() when it has been used. */
struct srtp_key {
	uint8_t suite; /* enum srtp_suite; SRTP_NONE: in clear */
	uint8_t octets[SRTP_KEY_OCTETS];
};
/** One key each way. */
struct srtp_keys {
	struct srtp_key rx, tx; /* theirs, ours */
};
const char *srtp_suite_name(unsigned suite); /* "" for none */
size_t srtp_suite_bytes(unsigned suite);     /* 0: no such suite */
/** A fresh key from OpenSSL's random numbers. -EINVAL: no such suite; -EIO: there are none. */
int srtp_key_make(struct srtp_key *out, unsigned suite);
void srtp_key_wipe(struct srtp_key *key);
bool srtp_key_eq(const struct srtp_key *a, const struct srtp_key *b);

/* --------------------------------------------------------------------- SIP */

/** How a call or one of its legs came to its end: who ended it. */
/* clang-format off */
#define SIP_SIDES(X)                                                                               \
	X(LOCAL, "local")         /* we hung up, cancelled or refused */                             \
	X(REMOTE, "remote")       /* the peer sent BYE, CANCEL or a final response */                \
	X(TIMEOUT, "timeout")     /* no answer to a request: timer B, F or H, or the ring timeout */ \
	X(TRANSPORT, "transport") /* the flow is gone */                                             \
	X(PROTOCOL, "protocol")   /* the peer broke the protocol: no usable SDP, bad dialog */
/* clang-format on */

enum sip_side {
#define X(name, text) SIP_SIDE_##name,
	SIP_SIDES(X)
#undef X
		SIP_SIDE_COUNT
};
const char *sip_side_name(enum sip_side side);

/** Q.850 cause for a SIP status (RFC 3398 section 8.2.6.1); 16 for 2xx, 31 when nothing fits. */
unsigned sip_status_q850(unsigned status);
/** Standard reason phrase; "Unknown" for codes without one. */
const char *sip_status_text(unsigned status);

struct sip_core;

struct sip_core_opts {
	uint64_t seed[2];	      /* secret for tags, branches, Call-IDs and hash keys */
	struct str user_agent;	      /* User-Agent / Server; empty: "Switchroom/<version>" */
	uint32_t max_calls;	      /* incoming INVITEs beyond it get 503; 0: 16384 */
	uint32_t max_transactions;    /* 0: 4 * max_calls */
	uint32_t t1_ms, t2_ms, t4_ms; /* RFC 3261 17.1.1.1; 0: 500, 4000, 5000 */
	uint32_t retry_after_s;	      /* sent with our 503s; 0: 5 */
	bool allow_options;	      /* answer OPTIONS outside a dialog with 200 (503 when not accepting) */
	uint8_t codecs[4], ncodecs;   /* what INVITEs may agree on (enum codec); none: G.711 */
};

int sip_core_init(struct sip_core **out, const struct sip_core_opts *o);
void sip_core_free(struct sip_core *c); /* NULL is fine. Sends nothing. */

/** A flow is one local transport endpoint (a UDP socket). `id` is the caller's, below 64.
 *  `local` is what Via and Contact say. A reliable flow runs no retransmission timers and
 *  carries framed messages, one per sip_core_recv(). */
int sip_core_flow(struct sip_core *c, uint32_t id, const struct net_addr *local, bool reliable);

/** false: new INVITEs get 503 with Retry-After, OPTIONS 503; calls already up go on (draining). */
void sip_core_accept_new(struct sip_core *c, bool on);

/** Feed one datagram (or framed message). `data` is borrowed. Bad input is counted, answered with a
 *  4xx where RFC 3261 allows an answer, and never an error of the caller: returns 0. Any number of
 *  datagrams may be fed before a drain; when the queues are full more are dropped (rx_dropped, no_buffers). */
int sip_core_recv(struct sip_core *c, uint32_t flow, const struct net_addr *src, const void *data, size_t n,
		  uint64_t now);

/** Next time sip_core_tick() wants to be called; UINT64_MAX: nothing is waiting. */
uint64_t sip_core_next(const struct sip_core *c);
void sip_core_tick(struct sip_core *c, uint64_t now);

/** Datagrams to send. The bytes stay valid, also after they were drained, until both queues (these and the events)
 *  have been drained empty and another sip_core_recv(), _tick() or command comes. Commands return -ENOBUFS
 *  and sip_core_tick() leaves timers due when a queue is full: drain and call again. */
struct sip_tx {
	uint32_t flow;
	struct net_addr dst;
	const void *data;
	size_t n;
};
size_t sip_core_drain_tx(struct sip_core *c, struct sip_tx *out, size_t max);

/** One audio stream of the peer's SDP, as agreed or offered. */
struct sip_media {
	struct net_addr rtp, rtcp; /* rtp.family == ADDR_NONE: no SDP seen yet */
	uint8_t codec;		   /* enum codec: the first common one; CODEC_NONE: none */
	uint8_t te_pt;		   /* telephone-event payload type the peer wants, 255: none */
	uint8_t dir;		   /* enum media_dir: what WE may do after their a=sendonly etc. */
	uint8_t ptime_ms;	   /* 20 unless they asked otherwise */
	uint8_t rtcp_mux;
	uint8_t pt, own_pt; /* the codec's payload type: theirs, which is sent; and what our own offers call it */
	uint8_t te_khz;	    /* clock of telephone-event: 8, or 48 beside Opus */
	uint8_t fec;	    /* Opus: they can use in-band FEC (useinbandfec=1) */
	uint8_t play_khz;   /* Opus: they play no more than this (maxplaybackrate), 0: not said */
	uint8_t srtp;	    /* enum srtp_suite; SRTP_NONE: in clear. INCOMING: the first that they offer and we have */
	uint32_t srtp_serial; /* grows when a key changes; sip_call_srtp() has them */
};

/* clang-format off */
#define SIP_EVENTS(X)                                                                               \
	X(INCOMING, "incoming")   /* new INVITE; media: their offer (rtp.family NONE if offerless) */ \
	X(PROGRESS, "progress")   /* outgoing: 101-199; media set when it carried SDP */              \
	X(ANSWERED, "answered")   /* outgoing: 2xx, our ACK is out; media: agreed */                  \
	X(CONFIRMED, "confirmed") /* incoming: ACK to our 2xx came; media set when it had the answer */ \
	X(MEDIA, "media")         /* a re-INVITE changed the peer's media; already answered 200 */    \
	X(MODIFIED, "modified")   /* our re-INVITE ended: status 200 with media, or why not */        \
	X(ENDED, "ended")         /* last event of this call handle, exactly once per call */         \
	X(OPTIONS, "options")     /* our OPTIONS ended: status, 408 on timeout; call == 0 */
/* clang-format on */

enum sip_event_kind {
#define X(name, text) SIP_EV_##name,
	SIP_EVENTS(X)
#undef X
		SIP_EV_COUNT
};

struct sip_event {
	uint8_t kind;	 /* enum sip_event_kind */
	uint8_t side;	 /* enum sip_side, ENDED only */
	uint16_t status; /* SIP status: of PROGRESS/ANSWERED/OPTIONS; of ENDED: final status when never
			    answered (486, 487, 408, 503...), 0 for a normal BYE */
	uint16_t q850;	 /* ENDED: cause from a Reason header, else mapped from the status, else 16 */
	uint32_t flow;
	uint64_t call;	     /* handle */
	uint64_t tag;	     /* the caller's own word, from sip_call_opts or sip_call_tag() */
	uint64_t at;	     /* time of the input that caused it */
	struct net_addr src; /* who sent it */
	struct sip_media media;
	/* Text, borrowed as long as the bytes of struct sip_tx. call_id is set for every event of a call, contact and
	   reason where the response had them, the others for INCOMING: */
	struct str call_id, ruri, ruri_user, from, from_user, to, to_user, contact, reason;
	struct str headers; /* INCOMING: all header lines, for policies that want a custom one */
};
/** Drain events in order. */
size_t sip_core_drain_events(struct sip_core *c, struct sip_event *out, size_t max);

/** OFF: offers that only allow SRTP are refused. OPTIONAL: our offers name keys in an ordinary RTP/AVP line, and theirs
 *  are taken with or without. REQUIRED: RTP/SAVP; never in clear. Keys stand in the SDP in clear (RFC 4568): what reads
 *  the signalling can hear the audio. */
enum srtp_policy { SRTP_POLICY_OFF, SRTP_POLICY_OPTIONAL, SRTP_POLICY_REQUIRED };

/** Our side of the audio, as SDP shall say it. */
struct sip_local {
	struct net_addr rtp;
	uint8_t codecs[4]; /* enum codec, preferred first */
	uint8_t ncodecs;
	uint8_t te_pt; /* payload type we offer for telephone-event, 255: none; usual 101 */
	uint8_t dir;   /* enum media_dir */
	uint8_t srtp;  /* enum srtp_policy. A call that is encrypted stays so, whatever stands here */
	bool rtcp_mux; /* offer it, and agree to it (RFC 5761) */
};

struct sip_call_opts {
	uint32_t flow;
	struct net_addr dst;	       /* next hop, already resolved */
	struct str ruri;	       /* sip:user@host[:port][;params] */
	struct str from;	       /* name-addr or URI without tag, e.g. "Shop" <sip:+4930...@host> */
	struct str to;		       /* empty: <ruri> */
	struct str route;	       /* pre-loaded Route header value, or empty */
	struct str username, password; /* digest, or empty */
	struct str headers;	       /* extra complete header lines, each ending CRLF, or empty */
	struct sip_local local;
	uint32_t ring_ms; /* give up (CANCEL, ENDED 408/timeout) after this long unanswered; 0: 180 s */
	uint64_t tag;
	uint8_t hops; /* already made by the call that this one carries on: Max-Forwards is 70 less these (RFC 7332) */
};

/** Send an INVITE. On success *call is its handle and exactly one ENDED will follow some day. */
int sip_call_create(struct sip_core *c, const struct sip_call_opts *o, uint64_t now, uint64_t *call);
int sip_call_tag(struct sip_core *c, uint64_t call, uint64_t tag);
/** Incoming: 101-199; `local` NULL or our SDP (183 early media; -EPROTO when their INVITE had no offer). */
int sip_call_progress(struct sip_core *c, uint64_t call, unsigned status, const struct sip_local *local, uint64_t now);
/** Incoming: 200 with SDP (answer, or offer when theirs had none). -EPROTO if not waiting for an answer,
 *  -EPROTONOSUPPORT (of sip_call_progress() too): their offer and `local` have nothing in common; reject with 488. */
int sip_call_answer(struct sip_core *c, uint64_t call, const struct sip_local *local, uint64_t now);
/** Incoming: would sip_call_answer() agree? 0 or -EPROTONOSUPPORT. */
int sip_call_check(struct sip_core *c, uint64_t call, const struct sip_local *local);
/** What is agreed on now: after sip_call_answer(), which raises no event of its own. */
int sip_call_media(const struct sip_core *c, uint64_t call, struct sip_media *out);
/** The keys of an encrypted call as they are now; wipe them after use. -EPROTO: it is in clear. */
int sip_call_srtp(const struct sip_core *c, uint64_t call, struct srtp_keys *out);
/** Incoming and unanswered: final 3xx-6xx. `headers`: extra lines or empty. ENDED follows (side local). */
int sip_call_reject(struct sip_core *c, uint64_t call, unsigned status, struct str headers, uint64_t now);
/** End it in whatever way its state asks: CANCEL, BYE, or 480 (603 never). q850 != 0 adds a Reason header.
 *  ENDED follows at once (status 487 when it was still ringing there, 480 here); what the protocol still has to do
 *  (CANCEL and its races, BYE) goes on unseen, counted in sip_stats.calls. Hanging up an ended call is -ENOENT. */
int sip_call_hangup(struct sip_core *c, uint64_t call, unsigned q850, uint64_t now);
/** Re-INVITE with a new description of our side (hold: dir DIR_SEND). MODIFIED follows. */
int sip_call_modify(struct sip_core *c, uint64_t call, const struct sip_local *local, uint64_t now);
/** OPTIONS outside a dialog (trunk health). An OPTIONS event with `tag` follows. */
int sip_options_send(struct sip_core *c, uint32_t flow, const struct net_addr *dst, struct str ruri, uint64_t tag,
		     uint64_t now);

struct sip_stats {
	uint64_t rx, tx, rx_bad, rx_dropped; /* datagrams; bad: unparsable or against grammar */
	uint64_t retransmits_tx, retransmits_rx;
	uint64_t calls_in, calls_out, calls_refused; /* refused: our own 503 */
	uint32_t calls, transactions;		     /* now */
	uint64_t no_buffers;			     /* something was dropped because a pool was full */
};
void sip_core_stats(const struct sip_core *c, struct sip_stats *out);

/** One of the datagrams that were counted in rx_bad: who sent what, and what is wrong with it. */
enum { SIP_BAD_KEPT = 16, SIP_BAD_BYTES = 200 };
struct sip_bad {
	uint64_t at;
	uint32_t flow, size; /* size of the whole datagram */
	struct net_addr src;
	const char *why; /* static text */
	uint32_t n;	 /* bytes kept */
	char data[SIP_BAD_BYTES];
};
/** The last ones, oldest first; at most SIP_BAD_KEPT. */
size_t sip_core_bad(const struct sip_core *c, struct sip_bad *out, size_t max);

/* ------------------------------------------------------------------- media */

struct media;

enum media_wake { MEDIA_WAKE_TICK = 0, MEDIA_WAKE_PACKET = 1 };

struct media_opts {
	uint32_t workers;	     /* 0: online CPUs, at most 16 */
	struct net_addr address;     /* local address of legs that name none */
	uint16_t port_min, port_max; /* RTP on even ports, RTCP on the next odd one */
	uint32_t max_legs;	     /* over all workers; 0: 8192 */
	uint8_t wake;		     /* enum media_wake */
	bool pin;		     /* pin worker i to CPU i */
	uint32_t silence_ms;	     /* default watchdog of a leg: RTP_SILENT after so long; 0: 30,000 */
	uint8_t opus_complexity;     /* of the encoder, 1-10: CPU time against quality; 0: 5 */
	uint32_t opus_bitrate;	     /* bit/s, 6,000-510,000; 0: 24,000 */
	uint32_t rec_buffer;	     /* bytes of recorder memory in all; 0: 64 MiB */
	uint32_t grace_ms;	     /* before RTP from elsewhere than signalled is believed; 0: 500. media/latch.h */
	uint32_t relatch_ms; /* silence of a leg's source after which another may follow it; 0: 1000; all ones: never */
};

int media_init(struct media **out, const struct media_opts *o); /* starts the threads */
void media_free(struct media *m); /* stops them; open recordings are completed. NULL is fine */
/** Readable when events wait. Owned by `m`. */
int media_event_fd(const struct media *m);

/* clang-format off */
#define MEDIA_EVENTS(X)                                                                             \
	X(LEG_CLOSED, "leg_closed")   /* last event of a leg. Final counters: media_leg_stats() still works
					 until media_leg_release() */                                 \
	X(LATCHED, "latched")         /* first RTP; addr: source it locked to */                       \
	X(SILENT, "silent")           /* no RTP for silence_ms. a: ms since the last packet */         \
	X(RESUMED, "resumed")         /* RTP again after SILENT */                                     \
	X(DTMF, "dtmf")               /* a: ASCII digit, b: duration in ms, c: enum dtmf_way. At its end */ \
	X(PLAY_DONE, "play_done")     /* playlist, tone or sent digits ended. a: 0 finished, 1 stopped; tag. Playlists: b:   \
					 samples from its start, c: samples played in all, d: item */  \
	X(PLAY_AT, "play_at")         /* a: enum play_at; b, c, d as of PLAY_DONE; tag */              \
	X(REC_DONE, "rec_done")       /* a: 0 or errno, b: samples per channel in all parts, c: bytes of the last file,
					 d: number of parts; handle: recording */                      \
	X(REC_PART, "rec_part")       /* a file is full, the next one goes on. a: its number from 1, b: its samples, c: bytes */ \
	X(REC_PAUSED, "rec_paused")   /* b: samples from the beginning; handle: recording */           \
	X(REC_RESUMED, "rec_resumed") /* b: samples from the beginning */                              \
	X(REC_ERROR, "rec_error")     /* a: errno (ENOSPC, EIO, ENOBUFS); recording has stopped; REC_DONE follows */ \
	X(AMD, "amd")                 /* a: enum amd_verdict, b: ms since start, c: confidence 0-1000; d: enum amd_reason */ \
	X(BEEP, "beep")               /* a: 1 heard, 0 gave up, b: ms since start, c: Hz */            \
	X(TAP_READY, "tap_ready")     /* frames wait in a tap that was empty */                        \
	X(SINK_LOW, "sink_low")       /* a sink is below its low mark (a quarter, 40 ms at least); once after opening
					 and once after each write. a: ms left, b: starved frames */  \
	X(QUALITY, "quality")         /* a limit was crossed. a: enum quality_alarm, b: value, c: ms it lasted (when it
					 ends), d: 0 ends, 1 begins; ONE_WAY begins with 1 no packets, 2 silence */    \
	X(COMMAND_FAILED, "command_failed") /* a: errno, b: enum of the command; handle; tag */
/* clang-format on */

enum media_event_kind {
#define X(name, text) MEDIA_EV_##name,
	MEDIA_EVENTS(X)
#undef X
		MEDIA_EV_COUNT
};

struct media_event {
	uint32_t kind; /* enum media_event_kind */
	int32_t a, d;
	uint32_t pad;
	int64_t b, c;
	uint64_t handle; /* leg, or recording */
	uint64_t tag;	 /* of the leg, or of the command where the list says so */
	uint64_t at;	 /* CLOCK_MONOTONIC ns */
	struct net_addr addr;
};

/** What COMMAND_FAILED's b names. */
/* clang-format off */
#define MEDIA_COMMANDS(X)                                                                           \
	X(ADOPT, "open") X(MOVE, "move") X(CODER, "codec") X(REMOTE, "remote") X(CLOSE, "close") X(BRIDGE, "bridge")     \
	X(UNBRIDGE, "unbridge") X(ECHO, "echo") X(MIX_JOIN, "mix_join") X(MIX_LEAVE, "mix_leave")      \
	X(MIX_HEAR, "mix_hear") X(MIX_CLOSE, "mix_close") X(PLAY, "play") X(PLAY_DO, "play_do") X(DTMF, "dtmf") \
	X(STOP_PLAY, "stop_play") \
	X(RECORD, "record_start") X(RECORD_STOP, "record_stop") X(AMD, "amd_start") X(AMD_STOP, "amd_stop") \
	X(BEEP, "beep_start") X(TAP, "tap_open") X(TAP_CLOSE, "tap_close") X(SINK, "sink_open")        \
	X(SINK_FLUSH, "sink_flush") X(SINK_CLOSE, "sink_close") X(QUALITY, "quality")   \
	X(FORK, "fork") X(RECORD_PAUSE, "record_pause") X(RECORD_RESUME, "record_resume")
/* clang-format on */

enum media_command {
#define X(name, text) MEDIA_CMD_##name,
	MEDIA_COMMANDS(X)
#undef X
		MEDIA_CMD_COUNT
};

/** Take up to `max` events, oldest first; clears the eventfd when it leaves none. */
size_t media_drain(struct media *m, struct media_event *out, size_t max);

#define LEG_ANY_WORKER 0xffffffffu

/** How digits come from the far side. AUTO: as telephone-event where it was agreed, else from the audio, as long as
 *  somebody wants them: the program, or a bridged leg that takes events (between two that do not, tones pass as they are
 *  and are not told). RFC4733: as events alone. INBAND, BOTH: the audio is always searched; a digit that comes both
 *  ways is told once. Over a bridge digits are converted to what its other side takes: the tone in the audio becomes an
 *  event and is silenced (up to 40 ms of it have passed by then), an event becomes a tone. */
enum dtmf_mode { DTMF_AUTO, DTMF_RFC4733, DTMF_INBAND, DTMF_BOTH };
enum dtmf_way { DTMF_WAY_EVENT, DTMF_WAY_AUDIO };

struct leg_opts {
	uint64_t tag;
	uint32_t worker;	 /* LEG_ANY_WORKER: least loaded */
	uint32_t silence_ms;	 /* 0: the engine's */
	struct net_addr address; /* family NONE: the engine's */
	uint8_t dtmf;		 /* enum dtmf_mode */
};

/** Open RTP and RTCP sockets on the next free port pair and give them to a worker.
 *  `local` gets address and RTP port. -EADDRINUSE: the range is used up. -ENOBUFS: max_legs. */
int media_leg_open(struct media *m, const struct leg_opts *o, uint64_t *leg, struct net_addr *local);
uint32_t media_leg_worker(const struct media *m, uint64_t leg);

/** What the far side is, after SDP. May be sent again (re-INVITE). A changed address re-arms latching (symmetric RTP;
 *  media/latch.h has the rules): the source of the packets wins over SDP's address, then it is locked. */
struct leg_remote {
	struct net_addr rtp, rtcp; /* family NONE: wait for the first packet */
	struct net_addr peer;	   /* who signals (port not used); family NONE: not known. media/latch.h */
	uint8_t codec;		   /* enum codec, for both directions */
	uint8_t te_pt;		   /* telephone-event, 255: none */
	uint8_t dir;		   /* enum media_dir */
	uint8_t ptime_ms;	   /* of generated audio: 10, 20, 30, 40 or 60; 20 */
	uint8_t pt, own_pt;	   /* payload types as in struct sip_media; 0: the codec's static one, Opus needs pt */
	uint8_t te_khz;		   /* 48: events at that clock; 0: 8 */
	uint8_t fec, play_khz;	   /* Opus, as in struct sip_media */
	bool rtcp_mux;		   /* RTCP over the RTP port, both ways (RFC 5761) */
	/** NULL: in clear. Copied. Other keys than before are taken without a gap: packets under the old receiving key are
	 *  still heard until two seconds after the first one under the new. */
	const struct srtp_keys *srtp;
};
int media_leg_remote(struct media *m, uint64_t leg, const struct leg_remote *r);
int media_leg_close(struct media *m, uint64_t leg); /* LEG_CLOSED follows */
/** The same as of an earlier instant, `at` (CLOCK_MONOTONIC ns): a recording ends there. For a program that heard of the
 *  end of a call before it came to act on it. */
int media_leg_close_at(struct media *m, uint64_t leg, uint64_t at);
int media_leg_release(struct media *m, uint64_t leg); /* after LEG_CLOSED: forget its counters, free the slot */

/** What a leg hears, in order of precedence: player/tone/digits/sink (while one runs), then its bridge, mix
 *  or echo, else nothing is sent. Bridging two legs of different codecs transcodes. Legs of a bridge or mix
 *  move to one worker by themselves. */
int media_bridge(struct media *m, uint64_t a, uint64_t b); /* both hear each other; leaves earlier bridges */
int media_unbridge(struct media *m, uint64_t leg);	   /* this leg and its partner(s) hear nothing more */
int media_echo(struct media *m, uint64_t leg, bool on);

/** Mixes: each member hears the sum of the others that may talk. Up to 16 members.
 *  MIX_BESIDE: the leg keeps its bridge, which goes on forwarding at once; what it hears of the mix is laid over what it
 *  hears of the bridge. Such a leg must be on the mix's worker already (-EPROTO): let the bridge join first. */
enum mix_role { MIX_TALK = 1, MIX_HEAR = 2, MIX_BESIDE = 4 };
int media_mix_open(struct media *m, uint64_t *mix);
/** Again: new roles. -ENOBUFS: 16 members. */
int media_mix_join(struct media *m, uint64_t mix, uint64_t leg, unsigned roles);
/** From now on it hears only these members, and nobody who joins later unless this is called again. -ENOENT: one of
 *  them is none. Changes fade over one frame. */
int media_mix_hear(struct media *m, uint64_t mix, uint64_t leg, const uint64_t *others, size_t n);
int media_mix_leave(struct media *m, uint64_t leg);
int media_mix_close(struct media *m, uint64_t mix);

/** Audio held in memory as 8 kHz mono, shared by any number of legs; freed when released and unused. Two steps, so
 *  that files can be read and decoded elsewhere: make it on any thread, then adopt it on the control thread. */
struct clip;
enum { CLIP_SAMPLES_MAX = 1 << 30 };
/** Reads WAV: PCM 16-bit, mu-law, A-law; 8 kHz; stereo is mixed down. -EBADMSG with a text in `why`. Any thread. */
int media_clip_read(const char *path, struct clip **clip, char *why, size_t why_n);
int media_clip_make(const int16_t *pcm, size_t samples, struct clip **clip); /* copies. Any thread */
void media_clip_discard(struct clip *clip);	   /* one that was not adopted. NULL is fine */
size_t media_clip_length(const struct clip *clip); /* samples */
const int16_t *media_clip_audio(const struct clip *clip);
int media_clip_adopt(struct media *m, struct clip *clip, uint64_t *handle); /* takes it, unless it fails: -ENOBUFS */
/** Read or make, and adopt. */
int media_clip_load(struct media *m, const char *path, uint64_t *clip, char *why, size_t why_n);
int media_clip_pcm(struct media *m, const int16_t *pcm, size_t samples, uint64_t *clip);
int media_clip_release(struct media *m, uint64_t clip);
int64_t media_clip_samples(const struct media *m, uint64_t clip);

/** A tone of several segments. */
enum { TONE_PARTS = 4, TONE_SEGMENTS = 16 };
struct tone_segment {
	uint16_t hz[TONE_PARTS]; /* together; none: a pause */
	uint16_t mod_hz;	 /* the first, alone, is modulated in amplitude by this; 0: no */
	int16_t level_cdb;	 /* hundredths of dBm0, of each frequency; of the whole when modulated */
	uint32_t ms;		 /* 0: for ever, only where nothing follows */
};
struct tone_plan {
	uint8_t n;	     /* segments */
	uint8_t repeat_from; /* behind the last segment it goes on with this one, for ever; n: it ends */
	uint32_t total_ms;   /* 0: until its own end */
	struct tone_segment segments[TONE_SEGMENTS];
};

/** What a playlist is made of. Items follow each other at the very next sample. */
struct play_item {
	uint64_t clip;		      /* 0: the tone */
	const struct tone_plan *tone; /* copied; NULL and no clip: silence */
	uint32_t from;		      /* samples of the clip to leave out at its beginning */
	uint32_t samples;	      /* at most so many; 0: to its end. Of silence: how many */
	uint32_t loops;		      /* times; 0: for ever */
};
enum { PLAY_ITEMS_MAX = 1024, PLAY_QUEUE_MAX = 64, PLAY_GAIN_MIN = -6000, PLAY_GAIN_MAX = 1200, PLAY_FADE = 40 };
struct play_opts {
	uint64_t tag;	  /* 0: cannot be addressed alone */
	uint32_t loops;	  /* of the whole list; 0: for ever */
	int16_t gain_cdb; /* hundredths of a dB, PLAY_GAIN_MIN (and less: silence) to PLAY_GAIN_MAX */
	bool queue;	  /* behind what plays; false: in its place */
	uint64_t start;	  /* begin at this sample of the list */
	uint64_t epoch;	  /* not 0: begin where a list that runs since then (CLOCK_MONOTONIC ns) would be by now: all
			     legs that play it hear the same. Lists that end only */
};
/** What was replaced, stopped, paused or left by a seek fades over PLAY_FADE samples (5 ms). */
int media_play_list(struct media *m, uint64_t leg, const struct play_item *items, size_t n, const struct play_opts *o);

/* clang-format off */
#define PLAY_DOS(X) X(STOP, "stop") X(PAUSE, "pause") X(RESUME, "resume") X(SEEK, "seek") X(SKIP, "skip") X(VOLUME, "volume") X(WHERE, "where")
/* clang-format on */
enum play_do {
#define X(name, text) PLAY_DO_##name,
	PLAY_DOS(X)
#undef X
		PLAY_DO_COUNT
};
enum play_at { PLAY_AT_START, PLAY_AT_PAUSED, PLAY_AT_RESUMED, PLAY_AT_MOVED, PLAY_AT_VOLUME, PLAY_AT_WHERE };
/** To a playlist that plays or waits, by its tag; tag 0: all of them. Answered by PLAY_DONE or PLAY_AT of each; by
 *  nothing when there is none. `value`: SEEK: sample of the list; SKIP: samples from where it is, behind the end: it
 *  is over; VOLUME: gain_cdb, reached in `ramp_ms` (0: 20). */
int media_play_do(struct media *m, uint64_t leg, uint64_t tag, enum play_do what, int64_t value, uint32_t ramp_ms);

/** One clip. `loops` 0: for ever. Replaces a running player. PLAY_DONE with `tag` at the end. */
int media_play(struct media *m, uint64_t leg, uint64_t clip, uint32_t loops, uint64_t tag);
struct tone_spec {
	uint16_t hz[2];		/* second 0: one tone */
	int16_t level_cdb;	/* level of each, hundredths of dBm0; -1300 usual */
	uint16_t on_ms, off_ms; /* cadence; off 0: steady */
	uint32_t total_ms;	/* 0: for ever */
};
int media_tone(struct media *m, uint64_t leg, const struct tone_spec *t, uint64_t tag);
/** Up to 32 of 0-9 A-D * #, as telephone-event when agreed, else in-band tones. */
int media_dtmf(struct media *m, uint64_t leg, const char *digits, uint32_t tone_ms, uint32_t gap_ms, uint64_t tag);
int media_stop_play(struct media *m, uint64_t leg); /* PLAY_DONE a=1 follows if one ran */

/** What of a leg is recorded. */
enum record_sides { RECORD_BOTH = 0, RECORD_SAID = 1, RECORD_HEARD = 2, RECORD_MIXED = 3 };
enum record_format { RECORD_AS_LEG = 0, RECORD_LINEAR = 1 };
struct record_opts {
	const char *path; /* of the first file. The writer thread creates it, and folders that are missing */
	size_t suffix;	  /* bytes at the end of `path` that stay at the end when parts are numbered: -2, -3 */
	/* enum record_sides: both are stereo, left what it says, right what it hears; one of them, or their sum, which for
	 * a member of a mix is that of the mix as it hears it, is mono. The sum is linear. */
	uint8_t sides;
	uint8_t format;		/* enum record_format. As the leg: mu-law for PCMU, A-law for PCMA; linear: 16 bits */
	uint32_t part_ms;	/* a new file after so long, no sample lost or repeated; 0: 2 GiB */
	uint64_t part_bytes;	/* or after so much audio; 0: 2 GiB */
	uint32_t beep_every_ms; /* the leg hears a beep so often while it is recorded; 0: none */
	struct tone_spec beep;	/* total_ms: how long one is */
	uint64_t tag;
};
/** Record one leg as WAV at 8 kHz, each side placed by its RTP time. The header is valid at every instant. */
int media_record(struct media *m, uint64_t leg, const struct record_opts *o, uint64_t *rec);
/** The same with nothing but a path. */
int media_record_start(struct media *m, uint64_t leg, const char *path, uint64_t tag, uint64_t *rec);
/** What is said while it is paused is silence in the file and never written. REC_PAUSED, REC_RESUMED follow, unless
 *  it was so already. */
int media_record_pause(struct media *m, uint64_t rec);
int media_record_resume(struct media *m, uint64_t rec);
int media_record_stop(struct media *m, uint64_t rec); /* REC_DONE follows; also by itself when the leg closes */
int media_record_stop_at(struct media *m, uint64_t rec, uint64_t at); /* as media_leg_close_at() */

/** Answering-machine detection on what the leg says, from now on. One AMD event follows. */
/* clang-format off */
#define AMD_VERDICTS(X) X(UNKNOWN, "unknown") X(HUMAN, "human") X(MACHINE, "machine") X(SIT, "sit") X(FAX, "fax") X(SILENCE, "silence")
/* clang-format on */
enum amd_verdict {
#define X(name, text) AMD_##name,
	AMD_VERDICTS(X)
#undef X
		AMD_VERDICT_COUNT
};
/* clang-format off */
#define AMD_REASONS(X) \
	X(NONE, "none") X(SHORT_GREETING, "short_greeting") X(LONG_GREETING, "long_greeting") X(WORDS, "many_words") \
	X(NO_VOICE, "no_voice") X(TIME_LIMIT, "time_limit") X(TONES, "tones") X(BEEP, "beep") X(HANGUP, "hangup")
/* clang-format on */
enum amd_reason {
#define X(name, text) AMD_BY_##name,
	AMD_REASONS(X)
#undef X
		AMD_REASON_COUNT
};
struct amd_opts {		     /* 0 anywhere: the default in brackets */
	uint16_t initial_silence_ms; /* silence before any voice: verdict silence [3000] */
	uint16_t greeting_ms;	     /* a greeting longer than this: machine [3000] */
	uint16_t after_greeting_ms;  /* silence that ends a greeting: human [900] */
	uint16_t total_ms;	     /* decide by then [5000] */
	uint16_t min_word_ms;	     /* [100] */
	uint16_t max_words;	     /* stretches of voice of min_word_ms; more: machine [16] */
};
int media_amd_start(struct media *m, uint64_t leg, const struct amd_opts *o);
int media_amd_stop(struct media *m, uint64_t leg); /* no event */
/** Wait for an answering machine's beep. One BEEP event follows. */
int media_beep_start(struct media *m, uint64_t leg, uint32_t timeout_ms);

/** Live audio to and from a program: linear PCM, 8 kHz mono, frames of 160 samples. */
int media_tap_open(struct media *m, uint64_t leg, uint32_t buffer_ms); /* what the leg says */
int media_tap_close(struct media *m, uint64_t leg);
/** Copies whole frames; returns samples (0: none). *dropped: frames lost so far because nobody read. */
int media_tap_read(struct media *m, uint64_t leg, int16_t *out, size_t max_samples, uint64_t *dropped);
int media_sink_open(struct media *m, uint64_t leg, uint32_t buffer_ms);			 /* becomes the leg's player */
int media_sink_write(struct media *m, uint64_t leg, const int16_t *pcm, size_t samples); /* samples taken */
int media_sink_flush(struct media *m, uint64_t leg); /* drop what has not been played (barge-in) */
int media_sink_close(struct media *m, uint64_t leg); /* after what is queued has been played: PLAY_DONE */

/** A second tap, for a media fork: what the leg says (sides 1), hears (2) or both (3), a frame of each every 20 ms on one
 *  line of time, silence where nothing came. Records of 4 + 160 or 320 samples: the media clock (samples since it was
 *  opened, 64 bits, host order), then the frames. No events: read it every 20 ms or so. */
int media_fork_open(struct media *m, uint64_t leg, unsigned sides, uint32_t buffer_ms); /* -EPROTO: it has one */
int media_fork_close(struct media *m, uint64_t leg);
/** Whole records; returns samples. *dropped: records lost so far because nobody read. */
int media_fork_read(struct media *m, uint64_t leg, int16_t *out, size_t max_samples, uint64_t *dropped);
/** Samples in the leg's sink that have not been played. -EPROTO: it has none. */
int media_sink_left(struct media *m, uint64_t leg);

struct leg_stats { /* RFC 3550 names where it has them */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t rx_lost;					  /* expected - received, never below 0 */
	uint64_t rx_reordered, rx_duplicates, rx_bad, rx_foreign; /* foreign: not from the locked source */
	uint64_t tx_errors;					  /* send would block or failed */
	uint32_t jitter_us;					  /* interarrival jitter, RFC 3550 6.4.1 */
	uint32_t remote_lost, remote_jitter_us, rtt_us;		  /* from the peer's RTCP; rtt 0: unknown */
	uint32_t ssrc_changes;
	/* Where samples are played out (in a mix); 0 otherwise. Delay: behind a packet that met no queue, now and wanted. */
	uint32_t playout_delay_ms, playout_target_ms;
	uint32_t playout_late, playout_dropped; /* packets too late to be heard; given up to keep the delay short */
	uint32_t concealed_ms, stretched_ms; /* made up for lost or late packets; cut out or put in to keep the pace */
	uint64_t first_rx_at, last_rx_at;    /* CLOCK_MONOTONIC ns, 0: never */
	uint16_t local_port;
	uint8_t worker, closed;
	uint8_t encrypted; /* enum srtp_suite of what we receive and send; 0: in clear */
	uint8_t rtcp_mux;
	struct net_addr foreign; /* last sender that rx_foreign counts */
	uint64_t srtp_bad;	 /* wrong key or tampered with: nothing of it was used */
	uint64_t srtp_replayed;	 /* heard before, or too late to tell */
};
int media_leg_stats(struct media *m, uint64_t leg, struct leg_stats *out);

/** What quality watches; each limit has a begin and an end well inside it (hysteresis), see rtp/quality.h. Units of the
 *  event's value beside them. */
/* clang-format off */
#define QUALITY_ALARMS(X)                                                                           \
	X(MOS, "mos") X(REMOTE_MOS, "remote_mos")    /* hundredths; what we hear, what the peer hears */ \
	X(LOSS, "loss") X(REMOTE_LOSS, "remote_loss") /* thousandths of the packets */                   \
	X(JITTER, "jitter") X(RTT, "rtt")            /* ms */                                            \
	X(CLIPPING, "clipping")                      /* thousandths of the samples */                    \
	X(LEVEL_LOW, "level_low") X(LEVEL_HIGH, "level_high") /* hundredths of dBm0 */                   \
	X(ONE_WAY, "one_way")                        /* ms since it was heard, or of speech unanswered */ \
	X(DEAD_AIR, "dead_air")                      /* ms since anybody spoke */
/* clang-format on */
enum quality_alarm {
#define X(name, text) QUALITY_##name,
	QUALITY_ALARMS(X)
#undef X
		QUALITY_ALARM_COUNT
};

enum quality_xr { QUALITY_XR_AUTO = 0, QUALITY_XR_ALWAYS = 1, QUALITY_XR_NEVER = 2 };

/** A limit of 0 is never crossed. */
struct quality_opts {
	bool levels;	   /* level, clipping, silence: looks at every sample of G.711 */
	uint8_t xr;	   /* enum quality_xr; AUTO: to peers that send them or said so in SDP */
	uint16_t mos_cent; /* begins below this many hundredths */
	uint16_t loss_permille, jitter_ms, rtt_ms, clip_permille;
	int16_t level_low_cdb, level_high_cdb; /* of speech, hundredths of dBm0 */
	int16_t silence_cdb;		       /* a frame below is silence; 0: -5000 */
	uint32_t one_way_ms, dead_air_ms;
	uint32_t interval_ms; /* 0: 10,000 */
};
/** Measure this leg from now on; again: with other options. */
int media_quality_start(struct media *m, uint64_t leg, const struct quality_opts *o);

/** One direction. R in tenths (0-1000), MOS in hundredths (100-450); 0: not known. `min`, `avg`: over the intervals. */
struct quality_rating {
	uint16_t r, r_last, r_min, r_avg;
	uint16_t mos, mos_last, mos_min, mos_avg;
};
/** The sound of one direction. Level of the speech in hundredths of dBm0, INT32_MIN: none was measured. */
struct quality_sound {
	uint64_t voice_ms, measured_ms, clipped; /* samples */
	int32_t level_cdb, pad;
};
struct leg_quality {
	struct quality_rating rx, tx;	  /* how the peer sounds here; how we sound there, by its reports */
	struct quality_sound said, heard; /* by the far side */
	uint64_t packets, lost;		  /* decided so far: 16 packets behind the newest */
	uint32_t burst_r_cent;		  /* 100: loss as random as it can be */
	uint32_t burst_density_permille, gap_density_permille, burst_ms, gap_ms; /* RFC 3611 4.7.2 */
	uint32_t delay_ms;	     /* one way, estimated: see rtp/quality.h */
	uint32_t rtt_us, rtt_max_us; /* 0: unknown */
	uint32_t intervals;
	uint32_t one_way_ms, dead_air_ms; /* in all */
	uint32_t alarms;		  /* bit 1 << enum quality_alarm: on now */
	uint32_t alarmed;		  /* those that were on at any time */
	uint32_t remote_loss_permille;
	uint32_t xr_seen, xr_sent;	     /* reports of RFC 3611 */
	int32_t xr_signal_cdb;		     /* what the peer's last VoIP metrics said; INT32_MIN: nothing */
	uint32_t xr_r, xr_mos_lq, xr_mos_cq; /* R, hundredths; 0: not said */
};
/** -EPROTO: it is not measured. Works until media_leg_release(). */
int media_leg_quality(struct media *m, uint64_t leg, struct leg_quality *out);

struct media_stats {
	uint32_t workers, legs, recordings, clips;
	uint64_t rx_packets, tx_packets, forwarded, tx_errors;
	uint64_t late_ticks;	 /* ticks more than 5 ms behind */
	uint64_t max_tick_us;	 /* longest tick since start */
	uint64_t events_dropped; /* event ring full: must stay 0 */
	uint64_t cpu_ns;	 /* CPU time of workers and the writer */
	uint64_t rec_bytes, rec_dropped_frames, rec_errors;
};
void media_stats(struct media *m, struct media_stats *out);

/** How a worker's thread was allowed to run. */
/* clang-format off */
#define MEDIA_PRIORITIES(X) X(NORMAL, "normal") X(NICE, "nice") X(REALTIME, "realtime")
/* clang-format on */
enum media_priority {
#define X(name, text) MEDIA_PRIORITY_##name,
	MEDIA_PRIORITIES(X)
#undef X
};
enum { MEDIA_SLOTS = 20, MEDIA_DELAYS = 16 };

/** One worker, at any time: reading it costs the worker nothing. Counters since start. */
struct media_worker_stats {
	uint32_t legs;	  /* posted to it and not closed */
	uint8_t priority; /* enum media_priority */
	uint64_t rx_packets, tx_packets, forwarded, tx_errors, events_dropped;
	uint64_t late_ticks;  /* rounds more than 5 ms behind */
	uint64_t max_tick_us; /* longest round */
	uint64_t cpu_ns;
	uint32_t slots[MEDIA_SLOTS]; /* legs whose frame was due in each of the last 20 ms */
	uint64_t delays
		[MEDIA_DELAYS]; /* rounds that began so late: [0] below 1 us, [i] below 2^i us, the last: all above */
};
int media_worker_stats(struct media *m, uint32_t worker, struct media_worker_stats *out); /* -ENOENT: not so many */

#ifdef __cplusplus
}
#endif
#endif
