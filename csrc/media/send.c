/** send.c  What a leg hears: forwarded packets and generated frames. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "dsp/g711.h"
#include "media/address.h"
#include "media/coder.h"
#include "media/engine.h"
#include "media/fork.h"
#include "media/measure.h"
#include "rtp/packet.h"
#include "rtp/seq.h"

/* A bridge that has brought nothing for so long is silent. */
enum { CARRIER_MS = 60 };

static ssize_t send_once(const struct leg *leg, const uint8_t *data, size_t n)
{
	struct sockaddr_storage sa;
	if (leg->connected)
		return send(leg->rtp_fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	socklen_t len = address_to_kernel(&sa, latch_target(&leg->latch));
	return sendto(leg->rtp_fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&sa, len);
}

/* `data` is sealed in place; RX_TAIL bytes behind it are the worker's. */
static void transmit(struct worker *w, struct leg *leg, uint8_t *data, size_t n)
{
	size_t payload = n - RTP_HEADER;
	if (!leg_seal(leg, data, &n, false)) { /* not new enough a number: never twice under one */
		leg->stats.tx_errors++;
		return;
	}
	ssize_t sent = send_once(leg, data, n);
	if (sent < 0 && errno == ECONNREFUSED) { /* an earlier packet's ICMP error; this one was not sent */
		leg->stats.tx_errors++;
		sent = send_once(leg, data, n);
	}
	if (sent < 0) {
		leg->stats.tx_errors++;
		counter_add(&w->tx_errors, 1);
		return;
	}
	leg->stats.tx_packets++;
	leg->stats.tx_bytes += payload;
	counter_add(&w->tx_packets, 1);
}

void leg_transmit(struct worker *w, struct leg *leg, const struct rtp_packet *p, size_t bytes)
{
	rtp_header(w->scratch, p);
	transmit(w, leg, w->scratch, RTP_HEADER + bytes);
}

static bool can_send(const struct leg *leg)
{
	return leg->dir & DIR_SEND && leg->codec != CODEC_NONE && address_usable(latch_target(&leg->latch));
}

/* One incoming stream of one leg, until it starts afresh. */
static uint64_t source_key(const struct leg *src)
{
	return (src->handle >> 32) << 40 | (src->handle & 0xfffff) << 20 | (src->rx.epoch & 0xfffff);
}

/* What the far end says over a bridge and what its mix adds, in the codec of `dst`. true: done. */
static bool overlay(struct worker *w, struct leg *dst, const struct rtp_packet *p, uint8_t *payload)
{
	if (!mix_hears(dst) || p->n > LEG_FRAME_MAX)
		return false;
	g711_decode((enum codec)p->pt, payload, p->n, w->pcm);
	if (!mix_overlay(dst, w->pcm, p->n, w->now))
		return false;
	g711_encode((enum codec)dst->codec, w->pcm, p->n, payload);
	return true;
}

/* A telephone-event's duration, in the clock of the events of `dst` (RFC 4733 2.3.4). Returns it. */
static uint16_t convert_event(const struct leg *dst, const struct leg *src, struct rtp_packet *p)
{
	if (p->n < TE_PAYLOAD)
		return 0;
	uint8_t *duration = (uint8_t *)(uintptr_t)p->payload + 2; /* in the worker's buffer */
	uint32_t v = (uint32_t)get_be16(duration) * dst->te_speed / src->te_speed;
	put_be16(duration, v > UINT16_MAX ? UINT16_MAX : v);
	return get_be16(duration);
}

void leg_forward(struct worker *w, struct leg *dst, struct leg *src, struct rtp_packet *p, bool event)
{
	if (dst->player.kind != PLAY_NOTHING || !can_send(dst))
		return;
	uint64_t key = source_key(src);
	bool seam = dst->tx.from != key;
	if (event && dst->te_pt == 255) {
		rtp_sender_skip(&dst->tx, key, p->seq);
		return;
	}
	if (!event && (src->coder || dst->coder)) {
		coder_forward(w, dst, src, p, key);
		return;
	}
	uint32_t samples = event ? convert_event(dst, src, p) : (uint32_t)p->n;
	if (dst->measure && !event)
		measure_forwarded(w, dst, src, p);
	p->ts = leg_convert_ts(src, dst, p->ts);
	enum codec from = (enum codec)p->pt, to = (enum codec)dst->codec;
	if (!rtp_sender_forward(&dst->tx, key, p, samples, w->now))
		return;
	uint8_t *payload = w->rx + (p->payload - w->rx);
	bool laid = !event && overlay(w, dst, p, payload);
	p->pt = event ? dst->te_pt : dst->pt;
	if (!event) {
		if (!laid && from != to)
			g711_transcode(from, to, payload, p->n, payload);
		if (dst->fork)
			fork_heard_coded(w, dst, to, payload, p->n, p->ts);
		if (dst->recording) {
			record_beep(w, dst, to, payload, p->n);
			record_heard(w, dst, seam, to, payload, p->n, p->ts);
		}
	} else if (dst->recording) {
		dst->recording->heard_epoch += seam;
	}
	rtp_header(payload - RTP_HEADER, p);
	transmit(w, dst, payload - RTP_HEADER, RTP_HEADER + p->n);
	counter_add(&w->forwarded, 1);
}

void leg_insert_event(struct worker *w, struct leg *dst, const struct leg *src, uint16_t seq, uint32_t ts,
		      const uint8_t payload[TE_PAYLOAD])
{
	struct rtp_packet p = {.pt = dst->te_pt, .ts = ts};
	if (!can_send(dst) || dst->te_pt == 255 || !rtp_sender_insert(&dst->tx, source_key(src), seq, &p))
		return;
	rtp_header(w->scratch, &p);
	memcpy(w->scratch + RTP_HEADER, payload, TE_PAYLOAD);
	transmit(w, dst, w->scratch, RTP_HEADER + TE_PAYLOAD);
}

static void send_audio(struct worker *w, struct leg *leg, int16_t *pcm, uint32_t samples)
{
	struct rtp_packet p = {.pt = leg->pt};
	int bytes = (int)samples;
	uint8_t *payload = w->scratch + RTP_HEADER;
	if (!can_send(leg))
		return;
	if (leg->coder && leg->recording)
		record_beep_pcm(w, leg, pcm, samples);
	if (leg->coder)
		bytes = coder_generate(w, leg, pcm, samples);
	else
		g711_encode((enum codec)leg->codec, pcm, samples, payload);
	if (bytes < 0)
		return;
	rtp_sender_generate(&leg->tx, &p, samples * leg->speed, w->now);
	if (leg->coder) {
		coder_heard(w, leg, p.marker, pcm, samples, p.ts);
		leg_transmit(w, leg, &p, (size_t)bytes);
		return;
	}
	if (leg->measure)
		measure_sent(w, leg, pcm, samples);
	if (leg->fork)
		fork_heard(w, leg, pcm, samples, p.ts);
	if (leg->recording) {
		record_beep(w, leg, (enum codec)leg->codec, payload, samples);
		record_heard(w, leg, p.marker, (enum codec)leg->codec, payload, samples, p.ts);
	}
	leg_transmit(w, leg, &p, (size_t)bytes);
}

static void send_silence(struct worker *w, struct leg *leg, uint32_t samples)
{
	memset(w->pcm, 0, samples * sizeof(w->pcm[0]));
	send_audio(w, leg, w->pcm, samples);
}

static void send_digit(struct worker *w, struct leg *leg, const struct digit_event *e, uint32_t samples)
{
	struct digits *d = &leg->player.u.digits;
	struct rtp_packet p = {.pt = leg->te_pt};
	if (!can_send(leg) || leg->te_pt == 255)
		return;
	rtp_sender_generate(&leg->tx, &p, samples * leg->speed, w->now);
	if (e->first)
		d->start_ts = p.ts;
	p.ts = d->start_ts; /* RFC 4733 2.2.1: all packets of an event carry the time it began */
	p.marker = e->first;
	rtp_header(w->scratch, &p);
	uint32_t duration = (uint32_t)e->duration * leg->te_speed;
	te_payload(w->scratch + RTP_HEADER, e->event, e->end,
		   (uint16_t)(duration > UINT16_MAX ? UINT16_MAX : duration));
	transmit(w, leg, w->scratch, RTP_HEADER + TE_PAYLOAD);
}

static void step_digits(struct worker *w, struct leg *leg, uint32_t samples)
{
	struct digit_event e;
	switch (digits_event(&leg->player.u.digits, samples, &e)) {
	case DIGIT_SEND:
		send_digit(w, leg, &e, samples);
		break;
	case DIGIT_PAUSE:
		rtp_sender_pause(&leg->tx, samples * leg->speed, w->now);
		break;
	case DIGIT_OVER:
		leg_play_end(w, leg, false);
	}
}

static void watch_sink(struct worker *w, const struct leg *leg)
{
	struct pcm_ring *r = leg->player.u.sink.ring;
	size_t used = pcm_ring_used(r);
	if (leg->player.u.sink.closing || used >= leg->player.u.sink.low ||
	    !atomic_exchange_explicit(&r->armed, 0, memory_order_relaxed))
		return;
	worker_leg_event(w, leg, MEDIA_EV_SINK_LOW, (int32_t)(used / RTP_CLOCK_KHZ), (int64_t)counter_get(&r->dropped),
			 0);
}

/* A bridge brings packets that the mix is laid over. While none come (silence is not sent), the mix goes on alone. */
static bool carried(const struct worker *w, const struct leg *leg)
{
	return leg->bridge && leg->tx.from != RTP_GENERATED && w->now - leg->tx.at < (uint64_t)CARRIER_MS * NS_PER_MS;
}

static void generate_mix(struct worker *w, struct leg *leg, uint32_t samples)
{
	if (leg->bridge && (carried(w, leg) || !mix_hears(leg)))
		return;
	bool beeps = leg->recording && leg->recording->beep.every; /* laid over at 8 kHz */
	if (leg->coder && !beeps && can_send(leg)) {
		if (mix_get_wide(leg, w->wide, samples, w->now))
			coder_send_wide(w, leg, samples);
	} else if (mix_get(leg, w->pcm, samples, w->now)) {
		send_audio(w, leg, w->pcm, samples);
	}
}

void leg_generate(struct worker *w, struct leg *leg)
{
	uint32_t samples = leg->interval * (uint32_t)RTP_CLOCK_KHZ;
	struct player *pl = &leg->player;
	if (pl->kind == PLAY_DIGITS && pl->u.digits.events) {
		step_digits(w, leg, samples);
		return;
	}
	if (pl->kind == PLAY_NOTHING) {
		if (leg->mix)
			generate_mix(w, leg, samples);
		else if (leg->recording && record_beeps_alone(w, leg))
			send_silence(w, leg, samples);
		return;
	}
	if (pl->kind == PLAY_LIST || pl->kind == PLAY_TAIL) {
		play_fill(w, leg, w->pcm, samples);
		send_audio(w, leg, w->pcm, samples);
		return;
	}
	bool more = player_fill(pl, w->pcm, samples);
	player_tail(pl, w->pcm, samples);
	send_audio(w, leg, w->pcm, samples);
	if (!more)
		leg_play_end(w, leg, false);
	else if (pl->kind == PLAY_SINK)
		watch_sink(w, leg);
}
