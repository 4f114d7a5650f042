/** receive.c  The way of a packet through the engine. */
#include <errno.h>
#include <sys/socket.h>

#include "dsp/g711.h"
#include "media/address.h"
#include "media/coder.h"
#include "media/engine.h"
#include "media/fork.h"
#include "media/measure.h"
#include "media/playout.h"
#include "media/round.h"
#include "rtp/packet.h"
#include "rtp/seq.h"

/* So many packets of one leg at a time: a flood on one socket must not starve the others. */
enum { BUDGET = 32, PT_COMFORT_NOISE = PLAYOUT_NOISE };

/* What a payload type stands for. A G.711 leg takes both laws: the far side may switch within what was offered. */
static uint8_t codec_of(const struct leg *leg, uint8_t pt)
{
	if (pt == leg->pt || pt == leg->own_pt)
		return leg->codec;
	return !leg->coder && (pt == CODEC_PCMU || pt == CODEC_PCMA) ? pt : CODEC_NONE;
}

/* SSRC and sequence number are never encrypted. MAX_DROPOUT of RFC 3550 A.1. */
static bool goes_on(const struct leg *leg, const uint8_t *data, size_t n)
{
	if (n < RTP_HEADER || !leg->rx.started || get_be32(data + 8) != leg->rx.ssrc)
		return false;
	int16_t step = seq_diff(get_be16(data + 2), leg->rx.max_seq);
	return step > 0 && step <= 3000;
}

/* May it come in, before anything costly is done with it? Reports come from the source or from where SDP said. */
static enum latch_verdict judge(struct worker *w, struct leg *leg, const struct net_addr *from, size_t n, bool rtcp)
{
	const struct latch *l = &leg->latch;
	const uint8_t *data = w->rx + RX_ROOM;
	enum latch_verdict v = LATCH_REFUSE;
	if (rtcp)
		v = address_same(from, latch_target(l)) ? LATCH_ACCEPT : LATCH_REFUSE;
	else if (leg->described)
		v = latch_judge(l, &w->media->latch_rules, from, leg->receiver != NULL, goes_on(leg, data, n), w->now);
	if (v == LATCH_REFUSE) {
		leg->stats.rx_foreign++;
		leg->stats.foreign = *from;
	}
	return v;
}

static void take_source(struct worker *w, struct leg *leg, const struct net_addr *from)
{
	latch_take(&leg->latch, from, w->now);
	leg_follow_latch(leg);
	struct media_event ev = {.kind = MEDIA_EV_LATCHED, .handle = leg->handle, .tag = leg->tag, .addr = *from};
	worker_event(w, &ev);
}

/* Only needed while something wants samples. `p` is in the worker's buffer. */
static void spread_samples(struct worker *w, struct leg *leg, const struct rtp_packet *p)
{
	if (mix_talks(leg))
		playout_put(leg->playout, p, p->pt, w->now);
	bool listened = leg->listening && (leg->listening != LISTEN_DTMF || keypad_wanted(leg));
	if (!listened && !leg->fork)
		return;
	g711_decode((enum codec)p->pt, p->payload, p->n, w->pcm);
	if (leg->fork)
		fork_said(w, leg, w->pcm, p->n, p->ts);
	if (listened)
		listen_packet(w, leg, w->pcm, p->n, p->ts);
}

static void on_noise(const struct worker *w, struct leg *leg, const struct rtp_packet *p)
{
	if (mix_talks(leg))
		playout_put(leg->playout, p, PLAYOUT_NOISE, w->now);
}

static void on_event(struct worker *w, struct leg *leg, struct rtp_packet *p)
{
	struct te_digit ended[2];
	bool known = leg->digits.known && leg->digits.ts == p->ts;
	unsigned n = te_receive(&leg->digits, p->payload, p->n, p->ts, w->now, ended);
	for (unsigned i = 0; i < n; i++)
		keypad_tell(w, leg, tone_event_digit(ended[i].event), ended[i].ms / leg->te_speed, DTMF_WAY_EVENT);
	keypad_sound(leg, !known && leg->digits.known && leg->digits.ts == p->ts);
	if (leg->bridge)
		leg_forward(w, leg->bridge, leg, p, true);
}

static void on_audio(struct worker *w, struct leg *leg, struct rtp_packet *p)
{
	if (leg->coder) {
		coder_receive(w, leg, p);
		return;
	}
	if (leg->measure)
		measure_audio(w, leg, p);
	spread_samples(w, leg, p);
	if (leg->recording)
		record_said(w, leg, (enum codec)p->pt, p->payload, p->n, p->ts);
	if (leg->bridge && !(leg->keyed && keypad_carry(w, leg, p)))
		leg_forward(w, leg->bridge, leg, p, false);
}

static void mark_heard(struct worker *w, struct leg *leg)
{
	leg->heard_at = w->now;
	leg->stats.last_rx_at = w->now;
	if (leg->stats.first_rx_at == 0)
		leg->stats.first_rx_at = w->now;
	if (!leg->silent)
		return;
	leg->silent = false;
	worker_leg_event(w, leg, MEDIA_EV_RESUMED, 0, 0, 0);
}

static void on_rtp(struct worker *w, struct leg *leg, struct rtp_packet *p)
{
	uint8_t codec = codec_of(leg, p->pt);
	bool event = p->pt == leg->te_pt, audio = codec != CODEC_NONE;
	enum rtp_order order = rtp_source_put(&leg->rx, p->ssrc, p->seq);
	if (order == RTP_JUMP)
		leg->stats.rx_bad++;
	if (order == RTP_JUMP || order == RTP_DUPLICATE)
		return;
	if (leg->measure)
		quality_packet(&leg->measure->q, &leg->rx, order, p->seq);
	leg->stats.rx_packets++;
	leg->stats.rx_bytes += p->n;
	counter_add(&w->rx_packets, 1);
	mark_heard(w, leg);
	if (audio)
		rtp_source_jitter(&leg->rx, p->ts, (uint32_t)(w->now * leg->speed / NS_PER_POSITION));
	if (!(leg->dir & DIR_RECV) || p->n == 0)
		return;
	if (event) {
		on_event(w, leg, p);
	} else if (audio) {
		p->pt = codec; /* from here on */
		on_audio(w, leg, p);
	} else {
		on_noise(w, leg, p);
	}
}

/* `from` NULL: the socket is connected, it is the source. */
static void on_datagram(struct worker *w, struct leg *leg, const struct net_addr *from, size_t n)
{
	uint8_t *data = w->rx + RX_ROOM;
	struct rtp_packet p;
	bool rtcp = n <= RX_BUFFER && rtp_is_rtcp(data, n);
	enum latch_verdict v = from ? judge(w, leg, from, n, rtcp) : LATCH_ACCEPT;
	if (v == LATCH_REFUSE)
		return;
	if (n > RX_BUFFER) {
		leg->stats.rx_bad++;
		return;
	}
	if (!leg_open(w, leg, data, &n, rtcp))
		return;
	if (rtcp) {
		leg_report_received(w, leg, data, n);
		return;
	}
	if (rtp_parse(&p, data, n) ||
	    !(codec_of(leg, p.pt) != CODEC_NONE || p.pt == leg->te_pt || p.pt == PT_COMFORT_NOISE)) {
		leg->stats.rx_bad++;
		return;
	}
	if (v == LATCH_TAKE)
		take_source(w, leg, from);
	else if (leg->latch.state == LATCH_LOOSE) {
		latch_heard(&leg->latch, w->now);
		leg_follow_latch(leg);
	}
	on_rtp(w, leg, &p);
}

bool leg_receive_rtp(struct worker *w, struct leg *leg)
{
	struct sockaddr_storage sa;
	struct net_addr from;
	for (unsigned i = 0; i < BUDGET; i++) {
		if (!round_may_read(w, leg->rtp_fd))
			return w->next_at != NOTHING_WAITS;
		bool known = leg->connected && leg->drained;
		socklen_t len = sizeof(sa);
		/* MSG_TRUNC: the real length comes back, so a cut packet is seen as too long. */
		ssize_t n = recvfrom(leg->rtp_fd, w->rx + RX_ROOM, RX_BUFFER, MSG_TRUNC,
				     known ? NULL : (struct sockaddr *)&sa, known ? NULL : &len);
		if (n < 0 && errno == EAGAIN) {
			leg->drained = leg->connected;
			return false;
		}
		if (n < 0) { /* ICMP told that something we sent was not wanted */
			leg->stats.tx_errors++;
			continue;
		}
		if (!known)
			address_from_kernel(&from, &sa);
		on_datagram(w, leg, known ? NULL : &from, (size_t)n);
	}
	w->next_at = 0;
	return true;
}

static void on_report(struct worker *w, struct leg *leg, const struct net_addr *from, size_t n)
{
	if (!address_same_host(from, latch_target(&leg->latch))) {
		leg->stats.rx_foreign++;
		leg->stats.foreign = *from;
	} else if (leg_open(w, leg, w->rx, &n, true)) {
		leg_report_received(w, leg, w->rx, n);
	}
}

bool leg_receive_rtcp(struct worker *w, struct leg *leg)
{
	struct sockaddr_storage sa;
	struct net_addr from;
	for (unsigned i = 0; i < BUDGET; i++) {
		if (!round_may_read(w, leg->rtcp_fd))
			return w->next_at != NOTHING_WAITS;
		socklen_t len = sizeof(sa);
		ssize_t n = recvfrom(leg->rtcp_fd, w->rx, RX_BUFFER, 0, (struct sockaddr *)&sa, &len);
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n < 0)
			continue;
		address_from_kernel(&from, &sa);
		on_report(w, leg, &from, (size_t)n);
	}
	w->next_at = 0;
	return true;
}
