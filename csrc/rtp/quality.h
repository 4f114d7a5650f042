/** quality.h  How one call leg sounds, from what passes anyway: losses and their bursts, delay, the E-model per interval
 *  and for the whole call, level, clipping and silence per direction, and the limits that raise an alarm.
 *  Knows no sockets and no clock; one owner; bounded: a few hundred bytes however long the call is.
 *
 *  Estimates, where nothing can be measured from the middle of the path:
 *    - one-way delay: half the round trip, one packet, and the listener's jitter buffer taken as twice the jitter,
 *      40 to 200 ms; half the lowest when no round trip is known;
 *    - a packet more than QUALITY_LATE behind the newest is as good as lost, as for any jitter buffer.
 *  Hysteresis: MOS ends 0.2 above its limit, rates and times below 0.7 of theirs, levels 3 dB inside. */
#ifndef RTP_QUALITY_H
#define RTP_QUALITY_H

#include "dsp/level.h"
#include "rtp/loss.h"
#include "rtp/rtcp.h"
#include "rtp/stats.h"
#include "switchroom.h"

enum { QUALITY_LATE = 16, QUALITY_TICK_MS = 500, QUALITY_NO_PACKETS = 1, QUALITY_SILENCE = 2 };
enum quality_dir { QUALITY_IN, QUALITY_OUT };

/** E-model ratings of one direction: the last interval, and what is kept of all. */
struct quality_kept {
	uint32_t n;
	double sum, min, last;
};

struct quality_level { /* of one direction */
	uint64_t voice_energy, voice_samples, samples, clipped;
	uint64_t was_energy, was_voice, was_samples, was_clipped; /* when the interval began */
	uint64_t spoke_at;					  /* last of three frames of voice in a row */
	uint8_t run;						  /* such frames so far, at most 3 */
};

struct quality {
	struct quality_opts opts;
	uint32_t silence_square;
	uint64_t ticked_at, interval_at;
	/* order: bit i: packet max - i has come; the oldest of `pending` is decided when it leaves */
	bool started;
	uint8_t pending;
	uint32_t epoch, max;
	uint64_t bits;
	struct loss_model loss;
	uint32_t was_packets, was_lost, was_runs;
	struct quality_kept rx, tx;
	struct quality_level level[2];
	/* the peer's reports */
	bool reported;
	uint32_t highest;
	int32_t lost;
	uint64_t peer_packets, peer_lost, peer_was_packets, peer_was_lost;
	uint32_t peer_jitter_us, rtt_us, rtt_max_us, rtt_interval_us, jitter_max_us;
	uint32_t xr_seen, xr_sent;
	struct xr_voip peer;
	/* one way, dead air */
	uint64_t alive_at, alive_rx, alive_tx, talk_at;
	uint64_t unanswered; /* samples of speech sent since the leg last spoke */
	uint64_t since[QUALITY_ALARM_COUNT];
	uint8_t one_way_by;
	uint32_t on, ever;
	uint64_t one_way_ns, dead_air_ns;
	/* as of the last tick */
	uint32_t frame_ms, jitter_us;
	uint8_t codec;
};

void quality_init(struct quality *q, const struct quality_opts *o, uint64_t now);
void quality_limits(struct quality *q, const struct quality_opts *o); /* figures stay */
/** After rtp_source_put() took the packet (NEXT or REORDERED). */
void quality_packet(struct quality *q, const struct rtp_source *rx, enum rtp_order order, uint16_t seq);
/** One frame of a direction. */
void quality_sound(struct quality *q, enum quality_dir dir, const struct level *l, uint64_t now);
void quality_report(struct quality *q, const struct rtcp_report *r, uint32_t rtt_us, uint32_t jitter_us);
void quality_xr(struct quality *q, const struct xr_view *v);

/** What the tick must be told. */
struct quality_now {
	uint64_t now, rx_packets, tx_packets;
	uint32_t jitter_us, frame_ms;
	uint8_t codec;
	bool receiving, talking; /* we may receive; the leg is joined to another */
};
struct quality_change {
	uint8_t alarm, begins; /* begins: 0 ends, 1 or QUALITY_SILENCE */
	int32_t value;
	uint32_t lasted_ms;
};
/** Every QUALITY_TICK_MS or so. Returns how many alarms changed. */
unsigned quality_tick(struct quality *q, const struct quality_now *in, struct quality_change out[QUALITY_ALARM_COUNT]);
/** The call is over: what was open counts. */
void quality_end(struct quality *q, const struct quality_now *in);
void quality_read(const struct quality *q, struct leg_quality *out);
/** What RFC 3611 4.7 wants to know about the stream `ssrc`. */
void quality_voip(const struct quality *q, uint32_t ssrc, struct xr_voip *out);

#endif
