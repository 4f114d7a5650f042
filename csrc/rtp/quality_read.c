/** quality_read.c  What was measured, as figures and as an RFC 3611 block. */
#include <math.h>
#include <string.h>

#include "rtp/emodel.h"
#include "rtp/quality_parts.h"

enum { SAMPLES_PER_MS = RTP_CLOCK_KHZ };

static uint32_t rounded(double v)
{
	return v <= 0 ? 0 : v >= 4e9 ? 4000000000u : (uint32_t)llrint(v);
}

static void read_rating(const struct quality_kept *k, double r, struct quality_rating *out)
{
	out->r = (uint16_t)lrint(10 * r);
	out->mos = (uint16_t)lrint(100 * emodel_mos(r));
	if (k->n == 0)
		return;
	double avg = k->sum / k->n;
	out->r_last = (uint16_t)lrint(10 * k->last);
	out->r_min = (uint16_t)lrint(10 * k->min);
	out->r_avg = (uint16_t)lrint(10 * avg);
	out->mos_last = (uint16_t)lrint(100 * emodel_mos(k->last));
	out->mos_min = (uint16_t)lrint(100 * emodel_mos(k->min));
	out->mos_avg = (uint16_t)lrint(100 * emodel_mos(avg));
}

static void read_sound(const struct quality_level *s, struct quality_sound *out)
{
	out->voice_ms = s->voice_samples / SAMPLES_PER_MS;
	out->measured_ms = s->samples / SAMPLES_PER_MS;
	out->clipped = s->clipped;
	out->level_cdb = s->voice_samples ? level_cdbm0(s->voice_energy, s->voice_samples) : INT32_MIN;
}

static void read_loss(const struct quality *q, struct leg_quality *out)
{
	struct loss_figures f;
	loss_read(&q->loss, &f);
	out->packets = q->loss.packets;
	out->lost = q->loss.lost;
	out->burst_r_cent = rounded(100 * f.burst_r);
	out->burst_density_permille = rounded(1000 * f.burst_density);
	out->gap_density_permille = rounded(1000 * f.gap_density);
	out->burst_ms = rounded(f.burst_packets * q->frame_ms);
	out->gap_ms = rounded(f.gap_packets * q->frame_ms);
	if (q->loss.packets)
		read_rating(&q->rx, quality_rate(q, f.rate, f.burst_r, q->jitter_us), &out->rx);
}

static void read_peer(const struct quality *q, struct leg_quality *out)
{
	const struct xr_voip *v = &q->peer;
	out->rtt_us = q->rtt_us;
	out->rtt_max_us = q->rtt_max_us;
	if (q->peer_packets) {
		double loss = (double)q->peer_lost / (double)q->peer_packets;
		out->remote_loss_permille = rounded(1000 * loss);
		read_rating(&q->tx, quality_rate(q, loss, 1, q->peer_jitter_us), &out->tx);
	}
	out->xr_seen = q->xr_seen;
	out->xr_sent = q->xr_sent;
	out->xr_signal_cdb = v->signal_dbm0 == XR_UNKNOWN ? INT32_MIN : v->signal_dbm0 * 100;
	out->xr_r = v->r_factor <= 100 ? v->r_factor : 0;
	out->xr_mos_lq = v->mos_lq >= 10 && v->mos_lq <= 50 ? v->mos_lq * 10u : 0;
	out->xr_mos_cq = v->mos_cq >= 10 && v->mos_cq <= 50 ? v->mos_cq * 10u : 0;
}

void quality_read(const struct quality *q, struct leg_quality *out)
{
	memset(out, 0, sizeof(*out));
	read_loss(q, out);
	read_peer(q, out);
	read_sound(&q->level[QUALITY_IN], &out->said);
	read_sound(&q->level[QUALITY_OUT], &out->heard);
	out->delay_ms = quality_delay_ms(q, q->jitter_us);
	out->intervals = q->rx.n;
	out->one_way_ms = rounded((double)q->one_way_ns / 1e6);
	out->dead_air_ms = rounded((double)q->dead_air_ns / 1e6);
	out->alarms = q->on;
	out->alarmed = q->ever;
}

static uint8_t of_256(double share)
{
	double v = floor(256 * share);
	return v > 255 ? 255 : (uint8_t)v;
}

static uint16_t ms16(double v)
{
	return v > 65535 ? 65535 : (uint16_t)lrint(v);
}

void quality_voip(const struct quality *q, uint32_t ssrc, struct xr_voip *out)
{
	enum { PLC_UNSPECIFIED = 0 }; /* 4.7.6: we forward; what the listener does about loss is not ours to say */
	struct loss_figures f;
	loss_read(&q->loss, &f);
	const struct quality_level *s = &q->level[QUALITY_IN];
	double cq = quality_rate(q, f.rate, f.burst_r, q->jitter_us);
	double lq =
		fmin(cq + emodel_delay_impairment(quality_delay_ms(q, q->jitter_us)) - emodel_delay_impairment(0), 100);
	*out = (struct xr_voip){.ssrc = ssrc,
				.loss_rate = of_256(f.rate),
				.burst_density = of_256(f.burst_density),
				.gap_density = of_256(f.gap_density),
				.burst_ms = ms16(f.burst_packets * q->frame_ms),
				.gap_ms = ms16(f.gap_packets * q->frame_ms),
				.round_trip_ms = ms16(q->rtt_us / 1000.0),
				.signal_dbm0 = XR_UNKNOWN,
				.noise_dbm0 = XR_UNKNOWN,
				.rerl_db = XR_UNKNOWN,
				.gmin = LOSS_GMIN,
				.r_factor = (uint8_t)lrint(cq),
				.ext_r_factor = XR_UNKNOWN,
				.mos_lq = (uint8_t)lrint(10 * emodel_mos(lq)),
				.mos_cq = (uint8_t)lrint(10 * emodel_mos(cq)),
				.config = PLC_UNSPECIFIED};
	if (s->voice_samples)
		out->signal_dbm0 = (int8_t)(level_cdbm0(s->voice_energy, s->voice_samples) / 100);
}
