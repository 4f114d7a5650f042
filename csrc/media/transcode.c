/** transcode.c  Audio between legs of which one at least is not G.711. A packet that comes in makes a packet that goes
 *  out, so loss and order of the source stay what they are for the far side's own concealment. */
#include <errno.h>
#include <string.h>

#include "dsp/g711.h"
#include "media/coder.h"
#include "media/engine.h"
#include "media/fork.h"
#include "media/measure.h"
#include "media/mix.h"
#include "media/playout.h"
#include "rtp/packet.h"

uint32_t leg_convert_ts(struct leg *src, const struct leg *dst, uint32_t ts)
{
	if (src->speed == dst->speed)
		return ts;
	/* A product wraps where its factor does. */
	return src->speed == 1 ? ts * dst->speed : ts_narrow(&src->coder->in, ts, src->speed);
}

/* The recorder writes mu-law at 8 kHz whatever the leg's codec is. */
static size_t as_ulaw(const int16_t *narrow, size_t n, uint8_t codes[CODEC_PACKET_SAMPLES / 2])
{
	n = n < CODEC_PACKET_SAMPLES / 2 ? n : CODEC_PACKET_SAMPLES / 2;
	g711_encode(CODEC_PCMU, narrow, n, codes);
	return n;
}

void coder_heard(struct worker *w, struct leg *leg, bool seam, const int16_t *narrow, size_t n, uint32_t ts)
{
	uint32_t at = ts_narrow(&leg->coder->out, ts, leg->speed);
	if (leg->measure)
		measure_sent(w, leg, narrow, n);
	if (leg->fork)
		fork_heard(w, leg, narrow, n, at);
	if (leg->recording) {
		uint8_t codes[CODEC_PACKET_SAMPLES / 2];
		record_heard(w, leg, seam, CODEC_PCMU, codes, as_ulaw(narrow, n, codes), at);
	}
}

/* Somebody wants to know, as samples, what it hears. */
static bool is_watched(const struct leg *leg)
{
	return leg->recording || leg->fork || (leg->measure && leg->measure->q.opts.levels);
}

static bool passes_on(const struct leg *src)
{
	const struct leg *dst = src->bridge;
	return dst->codec == src->codec && !is_watched(dst) && !mix_hears(dst);
}

static bool wants_samples(const struct leg *leg)
{
	return leg->listening || is_watched(leg) || (leg->bridge && !passes_on(leg));
}

/* Into w->wide and w->pcm. false: not of this codec. */
static bool decode(struct worker *w, struct leg *leg, const struct rtp_packet *p)
{
	int n = coder_decode(leg->coder, p->payload, p->n, w->wide);
	w->wide_n = n < 0 ? 0 : (size_t)n;
	w->pcm_n = coder_down(leg->coder, w->wide, w->wide_n, w->pcm);
	if (n < 0)
		leg->stats.rx_bad++;
	return n > 0;
}

void coder_receive(struct worker *w, struct leg *leg, struct rtp_packet *p)
{
	if (leg->mix) /* decodes for itself, when it is played out */
		playout_put(leg->playout, p, leg->codec, w->now);
	if (wants_samples(leg)) {
		uint32_t ts = ts_narrow(&leg->coder->in, p->ts, leg->speed);
		if (!decode(w, leg, p))
			return;
		if (leg->measure)
			measure_said(w, leg, w->pcm, w->pcm_n);
		if (leg->fork)
			fork_said(w, leg, w->pcm, w->pcm_n, ts);
		if (leg->listening)
			listen_packet(w, leg, w->pcm, w->pcm_n, ts);
		if (leg->recording) {
			uint8_t codes[CODEC_PACKET_SAMPLES / 2];
			record_said(w, leg, CODEC_PCMU, codes, as_ulaw(w->pcm, w->pcm_n, codes), ts);
		}
	}
	if (leg->bridge)
		leg_forward(w, leg->bridge, leg, p, false);
}

/* What `dst` hears of w->pcm and w->wide, into the worker's scratch. Returns bytes, < 0: no packet of such a length. */
static int encode_for(struct worker *w, struct leg *dst, bool wide)
{
	uint8_t *payload = w->scratch + RTP_HEADER;
	if (!dst->coder) {
		g711_encode((enum codec)dst->codec, w->pcm, w->pcm_n, payload);
		return (int)w->pcm_n;
	}
	if (!wide)
		w->wide_n = coder_up(dst->coder, w->pcm, w->pcm_n, w->wide);
	return coder_encode(dst->coder, w->wide, w->wide_n, payload, CODEC_PAYLOAD_MAX);
}

/* How long a payload lasts at 8 kHz; negative: too long, or none of its codec. */
static int narrow_samples(const struct leg *src, const struct rtp_packet *p)
{
	if (src->coder) {
		int n = codec_samples(src->codec, p->payload, p->n);
		return n < 0 ? n : n / 2;
	}
	return p->n <= CODEC_PACKET_SAMPLES / 2 ? (int)p->n : -EBADMSG;
}

void coder_forward(struct worker *w, struct leg *dst, struct leg *src, struct rtp_packet *p, uint64_t key)
{
	bool wide = src->coder != NULL, pass = wide && src->codec == dst->codec;
	int samples = pass || !wide ? narrow_samples(src, p) : (int)w->pcm_n;
	int bytes = samples < 0 ? samples : (int)p->n;
	if (samples >= 0 && !wide) {
		g711_decode((enum codec)p->pt, p->payload, p->n, w->pcm);
		w->pcm_n = p->n;
	}
	bool laid = samples > 0 && samples <= (int)LEG_FRAME_MAX && mix_hears(dst) &&
		    mix_overlay(dst, w->pcm, (size_t)samples, w->now);
	if (samples > 0 && dst->recording && dst->coder && record_beep_pcm(w, dst, w->pcm, (size_t)samples))
		laid = true;
	if (samples >= 0 && (!pass || laid))
		bytes = encode_for(w, dst, wide && !laid);
	if (bytes > 0 && dst->recording && !dst->coder)
		record_beep(w, dst, (enum codec)dst->codec, w->scratch + RTP_HEADER, (size_t)bytes);
	if (bytes < 0) { /* nothing the far side's codec could carry */
		rtp_sender_skip(&dst->tx, key, p->seq);
		return;
	}
	p->ts = leg_convert_ts(src, dst, p->ts);
	bool seam = dst->tx.from != key;
	if (!rtp_sender_forward(&dst->tx, key, p, (uint32_t)samples * dst->speed, w->now))
		return;
	if (dst->coder && is_watched(dst))
		coder_heard(w, dst, seam, w->pcm, (size_t)samples, p->ts);
	if (!dst->coder && dst->measure)
		measure_sent(w, dst, w->pcm, (size_t)samples);
	if (!dst->coder && dst->fork)
		fork_heard(w, dst, w->pcm, (size_t)samples, p->ts);
	if (!dst->coder && dst->recording)
		record_heard(w, dst, seam, (enum codec)dst->codec, w->scratch + RTP_HEADER, (size_t)samples, p->ts);
	if (pass && !laid)
		memcpy(w->scratch + RTP_HEADER, p->payload, p->n);
	p->pt = dst->pt;
	leg_transmit(w, dst, p, (size_t)bytes);
	counter_add(&w->forwarded, 1);
}

int coder_generate(struct worker *w, struct leg *leg, const int16_t *narrow, uint32_t samples)
{
	w->wide_n = coder_up(leg->coder, narrow, samples, w->wide);
	return coder_encode(leg->coder, w->wide, w->wide_n, w->scratch + RTP_HEADER, CODEC_PAYLOAD_MAX);
}

void coder_send_wide(struct worker *w, struct leg *leg, uint32_t samples)
{
	struct rtp_packet p = {.pt = leg->pt};
	int bytes = coder_encode(leg->coder, w->wide, (size_t)samples * 2, w->scratch + RTP_HEADER, CODEC_PAYLOAD_MAX);
	if (bytes < 0)
		return;
	rtp_sender_generate(&leg->tx, &p, samples * leg->speed, w->now);
	if (is_watched(leg)) {
		size_t n = resampler_run(&leg->coder->heard, w->wide, (size_t)samples * 2, w->pcm);
		coder_heard(w, leg, p.marker, w->pcm, n, p.ts);
	}
	leg_transmit(w, leg, &p, (size_t)bytes);
}
