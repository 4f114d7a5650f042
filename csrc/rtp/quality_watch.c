/** quality_watch.c  Limits: which alarms begin and end. */
#include <math.h>
#include <string.h>

#include "rtp/emodel.h"
#include "rtp/quality_parts.h"

enum { MOS_BACK = 20, LEVEL_BACK = 300, NS = 1000000 };

struct watch {
	struct quality *q;
	uint64_t now;
	struct quality_change *out;
	unsigned n;
};

static bool is_on(const struct quality *q, enum quality_alarm a)
{
	return q->on >> a & 1;
}

static int32_t clamp_ms(uint64_t ns)
{
	return ns / NS > INT32_MAX ? INT32_MAX : (int32_t)(ns / NS);
}

static void change(struct watch *w, enum quality_alarm a, unsigned begins, int32_t value)
{
	struct quality *q = w->q;
	uint32_t lasted = begins ? 0 : (uint32_t)clamp_ms(w->now - q->since[a]);
	q->on = begins ? q->on | 1u << a : q->on & ~(1u << a);
	q->ever |= q->on;
	q->since[a] = w->now;
	w->out[w->n++] = (struct quality_change){
		.alarm = (uint8_t)a, .begins = (uint8_t)begins, .value = value, .lasted_ms = lasted};
}

/* Begins at `limit`, ends at `back`; `sign` 1: too much, -1: too little. */
static void limit(struct watch *w, enum quality_alarm a, int32_t value, int32_t at, int32_t back, int sign)
{
	if (!is_on(w->q, a) && at != 0 && (value - at) * sign > 0)
		change(w, a, 1, value);
	else if (is_on(w->q, a) && (at == 0 || (value - back) * sign < 0))
		change(w, a, 0, value);
}

static void too_much(struct watch *w, enum quality_alarm a, int32_t value, int32_t at)
{
	limit(w, a, value, at, at * 7 / 10 + 1, 1);
}

static int32_t cent(double mos)
{
	return (int32_t)lrint(100 * mos);
}

static void watch_interval(struct watch *w, const struct quality_interval *i)
{
	const struct quality_opts *o = &w->q->opts;
	if (i->rated) {
		limit(w, QUALITY_MOS, cent(emodel_mos(w->q->rx.last)), o->mos_cent, o->mos_cent + MOS_BACK, -1);
		too_much(w, QUALITY_LOSS, (int32_t)lrint(1000 * i->loss), o->loss_permille);
		too_much(w, QUALITY_JITTER, i->jitter_ms, o->jitter_ms);
	}
	if (i->remote_rated) {
		limit(w, QUALITY_REMOTE_MOS, cent(emodel_mos(w->q->tx.last)), o->mos_cent, o->mos_cent + MOS_BACK, -1);
		too_much(w, QUALITY_REMOTE_LOSS, (int32_t)lrint(1000 * i->remote_loss), o->loss_permille);
	}
	if (i->rtt_ms)
		too_much(w, QUALITY_RTT, i->rtt_ms, o->rtt_ms);
	if (i->heard)
		too_much(w, QUALITY_CLIPPING, i->clip_permille, o->clip_permille);
	if (!i->spoke)
		return;
	limit(w, QUALITY_LEVEL_LOW, i->level_cdb, o->level_low_cdb, o->level_low_cdb + LEVEL_BACK, -1);
	limit(w, QUALITY_LEVEL_HIGH, i->level_cdb, o->level_high_cdb, o->level_high_cdb - LEVEL_BACK, 1);
}

/* Neither can be told while the far side may not speak. */
static void rest(struct watch *w, const struct quality_now *in)
{
	struct quality *q = w->q;
	q->alive_at = q->talk_at = in->now;
	q->alive_rx = in->rx_packets;
	q->alive_tx = in->tx_packets;
	q->unanswered = 0;
	if (is_on(q, QUALITY_ONE_WAY))
		change(w, QUALITY_ONE_WAY, 0, 0);
	if (is_on(q, QUALITY_DEAD_AIR))
		change(w, QUALITY_DEAD_AIR, 0, 0);
}

/* No packets for the limit while we sent some for at least a fifth of it: nothing arrives. Packets, but of all the
 * speech sent to it as long as the limit not a word came back: what arrives is nothing. */
static unsigned one_way(const struct quality *q, const struct quality_now *in, int32_t *value)
{
	uint64_t ms = q->opts.one_way_ms, dead = in->now - q->alive_at;
	uint64_t sent = (in->tx_packets - q->alive_tx) * (in->frame_ms ? in->frame_ms : 20);
	*value = clamp_ms(dead);
	if (dead >= ms * NS && sent >= ms / 5)
		return QUALITY_NO_PACKETS;
	*value = (int32_t)(q->unanswered / RTP_CLOCK_KHZ > INT32_MAX ? INT32_MAX : q->unanswered / RTP_CLOCK_KHZ);
	return q->level[QUALITY_IN].samples && q->unanswered >= ms * RTP_CLOCK_KHZ ? QUALITY_SILENCE : 0;
}

static void watch_one_way(struct watch *w, const struct quality_now *in)
{
	struct quality *q = w->q;
	int32_t value = 0;
	if (in->rx_packets != q->alive_rx) {
		q->alive_at = in->now;
		q->alive_rx = in->rx_packets;
		q->alive_tx = in->tx_packets;
	}
	unsigned now = q->opts.one_way_ms ? one_way(q, in, &value) : 0;
	if (is_on(q, QUALITY_ONE_WAY))
		q->one_way_ns += in->now - q->ticked_at;
	if (now && !is_on(q, QUALITY_ONE_WAY)) {
		q->one_way_ns += (uint64_t)value * NS;
		change(w, QUALITY_ONE_WAY, now, value);
	} else if (!now && is_on(q, QUALITY_ONE_WAY)) {
		change(w, QUALITY_ONE_WAY, 0, value);
	}
}

static uint64_t last_word(const struct quality *q)
{
	uint64_t at = q->talk_at;
	for (unsigned i = 0; i < 2; i++)
		at = q->level[i].spoke_at > at ? q->level[i].spoke_at : at;
	return at;
}

static void watch_dead_air(struct watch *w, const struct quality_now *in)
{
	struct quality *q = w->q;
	bool measured = q->level[QUALITY_IN].samples && q->level[QUALITY_OUT].samples;
	if (!in->talking) { /* who listens to a prompt has nothing to say */
		q->talk_at = in->now;
		q->unanswered = 0;
	}
	uint64_t quiet = in->now - last_word(q);
	bool dead = q->opts.dead_air_ms && measured && quiet >= (uint64_t)q->opts.dead_air_ms * NS;
	if (is_on(q, QUALITY_DEAD_AIR))
		q->dead_air_ns += in->now - q->ticked_at;
	if (dead && !is_on(q, QUALITY_DEAD_AIR)) {
		q->dead_air_ns += quiet;
		change(w, QUALITY_DEAD_AIR, 1, clamp_ms(quiet));
	} else if (!dead && is_on(q, QUALITY_DEAD_AIR)) {
		change(w, QUALITY_DEAD_AIR, 0, clamp_ms(quiet));
	}
}

unsigned quality_tick(struct quality *q, const struct quality_now *in, struct quality_change out[QUALITY_ALARM_COUNT])
{
	struct watch w = {.q = q, .now = in->now, .out = out};
	struct quality_interval i;
	q->codec = in->codec;
	q->frame_ms = in->frame_ms;
	q->jitter_us = in->jitter_us;
	q->jitter_max_us = in->jitter_us > q->jitter_max_us ? in->jitter_us : q->jitter_max_us;
	if (quality_interval(q, in->now, &i))
		watch_interval(&w, &i);
	if (!in->receiving)
		rest(&w, in);
	watch_dead_air(&w, in);
	watch_one_way(&w, in);
	q->ticked_at = in->now;
	return w.n;
}
