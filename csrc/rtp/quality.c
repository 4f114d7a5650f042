/** quality.c  Measuring: packets, sound, reports, intervals. */
#include "rtp/quality.h"

#include <math.h>
#include <string.h>

#include "rtp/emodel.h"
#include "rtp/quality_parts.h"

enum {
	INTERVAL_MS = 10000,
	SILENCE_CDB = -5000, /* line noise of telephone sets is -65 to -55 dBm0, quiet speech above -45 */
	VOICE_RUN = 3,	     /* frames: a click is no speech */
	RATED_MIN = 50	     /* packets of an interval: fewer say nothing about it (hold, silence suppression) */
};

void quality_limits(struct quality *q, const struct quality_opts *o)
{
	q->opts = *o;
	if (q->opts.interval_ms == 0)
		q->opts.interval_ms = INTERVAL_MS;
	q->silence_square = level_mean_square(o->silence_cdb ? o->silence_cdb : SILENCE_CDB);
}

void quality_init(struct quality *q, const struct quality_opts *o, uint64_t now)
{
	memset(q, 0, sizeof(*q));
	quality_limits(q, o);
	q->ticked_at = q->interval_at = q->alive_at = q->talk_at = now;
	q->peer.signal_dbm0 = XR_UNKNOWN;
	q->peer.r_factor = q->peer.mos_lq = q->peer.mos_cq = XR_UNKNOWN;
}

/* ------------------------------------------------------------------- order */

static void decide_oldest(struct quality *q)
{
	q->pending--;
	if (q->bits >> q->pending & 1)
		loss_received(&q->loss);
	else
		loss_lost(&q->loss, 1);
}

static void decide_all(struct quality *q)
{
	while (q->pending)
		decide_oldest(q);
}

static void advance(struct quality *q, uint32_t ahead)
{
	if (ahead > QUALITY_LATE) {
		decide_all(q);
		loss_lost(&q->loss, ahead - 1);
		ahead = 1;
	}
	q->bits = q->bits << ahead | 1;
	q->pending = (uint8_t)(q->pending + ahead);
	while (q->pending > QUALITY_LATE)
		decide_oldest(q);
}

void quality_packet(struct quality *q, const struct rtp_source *rx, enum rtp_order order, uint16_t seq)
{
	uint32_t max = rx->cycles + rx->max_seq;
	if (!q->started || q->epoch != rx->epoch) {
		decide_all(q);
		q->started = true;
		q->epoch = rx->epoch;
		q->bits = q->pending = 1;
	} else if (order == RTP_NEXT) {
		advance(q, max - q->max);
	} else {
		uint16_t behind = (uint16_t)(rx->max_seq - seq);
		if (behind < q->pending)
			q->bits |= 1ull << behind;
	}
	q->max = max;
}

/* ------------------------------------------------------------------- sound */

void quality_sound(struct quality *q, enum quality_dir dir, const struct level *l, uint64_t now)
{
	struct quality_level *s = &q->level[dir];
	s->samples += l->samples;
	s->clipped += l->clipped;
	if (l->energy <= (uint64_t)q->silence_square * l->samples) {
		s->run = 0;
		return;
	}
	s->voice_energy += l->energy;
	s->voice_samples += l->samples;
	if (dir == QUALITY_OUT)
		q->unanswered += l->samples;
	if (s->run < VOICE_RUN && ++s->run < VOICE_RUN)
		return;
	s->spoke_at = now;
	if (dir == QUALITY_IN)
		q->unanswered = 0;
}

/* ----------------------------------------------------------------- reports */

/* The peer's numbers are whatever it likes: differences beyond what a stream can do are taken as a new beginning. */
void quality_report(struct quality *q, const struct rtcp_report *r, uint32_t rtt_us, uint32_t jitter_us)
{
	enum { PACKETS_MAX = 100000 };
	uint32_t packets = r->highest - q->highest;
	int64_t lost = (int64_t)r->lost - q->lost;
	if (q->reported && packets < PACKETS_MAX) {
		lost = lost < 0 ? 0 : lost > packets ? packets : lost;
		q->peer_packets += packets;
		q->peer_lost += (uint64_t)lost;
	}
	q->reported = true;
	q->highest = r->highest;
	q->lost = r->lost;
	q->peer_jitter_us = jitter_us;
	if (rtt_us == 0)
		return;
	q->rtt_us = rtt_us;
	q->rtt_interval_us = rtt_us > q->rtt_interval_us ? rtt_us : q->rtt_interval_us;
	q->rtt_max_us = rtt_us > q->rtt_max_us ? rtt_us : q->rtt_max_us;
}

void quality_xr(struct quality *q, const struct xr_view *v)
{
	q->xr_seen++;
	if (v->has_voip)
		q->peer = v->voip;
}

/* ------------------------------------------------------------------ rating */

static const struct emodel_codec *impairment(uint8_t codec)
{
	if (codec == CODEC_G722)
		return &emodel_g722;
	return codec == CODEC_OPUS ? &emodel_opus : &emodel_g711;
}

uint32_t quality_delay_ms(const struct quality *q, uint32_t jitter_us)
{
	enum { BUFFER_MIN = 40, BUFFER_MAX = 200 };
	uint32_t buffer = jitter_us / 500;
	buffer = buffer < BUFFER_MIN ? BUFFER_MIN : buffer > BUFFER_MAX ? BUFFER_MAX : buffer;
	return q->rtt_us / 2000 + q->frame_ms + buffer;
}

double quality_rate(const struct quality *q, double loss, double burst_r, uint32_t jitter_us)
{
	double delay = emodel_delay_impairment(quality_delay_ms(q, jitter_us));
	return emodel_r(delay, emodel_loss_impairment(impairment(q->codec), 100 * loss, burst_r));
}

double quality_burst_r(uint32_t packets, uint32_t lost, uint32_t runs)
{
	if (lost == 0 || runs == 0 || packets == 0)
		return 1;
	return fmax((double)lost / runs * (1 - (double)lost / packets), 1);
}

static void keep(struct quality_kept *k, double r)
{
	k->last = r;
	k->sum += r;
	k->min = k->n++ == 0 || r < k->min ? r : k->min;
}

static bool interval_rx(struct quality *q, struct quality_interval *out)
{
	uint32_t packets = q->loss.packets - q->was_packets, lost = q->loss.lost - q->was_lost;
	uint32_t runs = q->loss.runs - q->was_runs;
	q->was_packets = q->loss.packets;
	q->was_lost = q->loss.lost;
	q->was_runs = q->loss.runs;
	if (packets < RATED_MIN)
		return false;
	out->loss = (double)lost / packets;
	keep(&q->rx, quality_rate(q, out->loss, quality_burst_r(packets, lost, runs), q->jitter_max_us));
	return true;
}

static bool interval_tx(struct quality *q, struct quality_interval *out)
{
	uint64_t packets = q->peer_packets - q->peer_was_packets, lost = q->peer_lost - q->peer_was_lost;
	if (packets < RATED_MIN)
		return false; /* what is there waits for the next interval */
	q->peer_was_packets = q->peer_packets;
	q->peer_was_lost = q->peer_lost;
	out->remote_loss = (double)lost / (double)packets;
	keep(&q->tx, quality_rate(q, out->remote_loss, 1, q->peer_jitter_us));
	return true;
}

static void interval_sound(struct quality *q, struct quality_interval *out)
{
	struct quality_level *s = &q->level[QUALITY_IN];
	uint64_t samples = s->samples - s->was_samples, voice = s->voice_samples - s->was_voice;
	out->heard = samples >= (uint64_t)RTP_CLOCK_KHZ * 1000;
	out->spoke = voice >= (uint64_t)RTP_CLOCK_KHZ * 1000;
	out->clip_permille = out->heard ? (int32_t)((s->clipped - s->was_clipped) * 1000 / samples) : 0;
	out->level_cdb = level_cdbm0(s->voice_energy - s->was_energy, voice);
	s->was_samples = s->samples;
	s->was_voice = s->voice_samples;
	s->was_clipped = s->clipped;
	s->was_energy = s->voice_energy;
}

bool quality_interval(struct quality *q, uint64_t now, struct quality_interval *out)
{
	memset(out, 0, sizeof(*out));
	if (now - q->interval_at < (uint64_t)q->opts.interval_ms * 1000000)
		return false;
	q->interval_at = now;
	out->rated = interval_rx(q, out);
	out->remote_rated = interval_tx(q, out);
	interval_sound(q, out);
	out->jitter_ms = (int32_t)(q->jitter_max_us / 1000);
	out->rtt_ms = (int32_t)(q->rtt_interval_us / 1000);
	q->jitter_max_us = q->rtt_interval_us = 0;
	return true;
}

void quality_end(struct quality *q, const struct quality_now *in)
{
	struct quality_interval last;
	decide_all(q);
	q->interval_at = 0; /* a part of an interval is rated too, when it is long enough */
	q->jitter_us = in->jitter_us;
	(void)quality_interval(q, in->now, &last);
	q->on = 0;
}
