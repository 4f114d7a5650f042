/** sender.c  Continuity of one outgoing stream over its sources. */
#include "rtp/sender.h"

#include "rtp/seq.h"

enum { NS_PER_SAMPLE = 125000, GUARDED = 128, GAP_NS = 60 * 1000000 };

void rtp_sender_init(struct rtp_sender *s, uint32_t ssrc, uint16_t seq, uint32_t ts)
{
	*s = (struct rtp_sender){.ssrc = ssrc, .seq = seq, .ts = ts};
}

static uint64_t ticks(const struct rtp_sender *s, uint64_t ns)
{
	return ns * (s->speed ? s->speed : 1) / NS_PER_SAMPLE;
}

/* Timestamp of the first packet after a seam: real time has passed, and never less than what was sent last. */
static uint32_t seam_ts(const struct rtp_sender *s, uint64_t now)
{
	if (!s->started)
		return s->ts;
	uint64_t passed = ticks(s, now - s->at);
	return s->ts + (passed > s->samples ? (uint32_t)passed : s->samples);
}

static void sent(struct rtp_sender *s, const struct rtp_packet *p, uint32_t samples, uint64_t now)
{
	s->started = true;
	s->seq = p->seq;
	s->ts = p->ts;
	s->samples = samples;
	s->at = now;
}

bool rtp_sender_forward(struct rtp_sender *s, uint64_t from, struct rtp_packet *p, uint32_t samples, uint64_t now)
{
	bool seam = s->from != from;
	if (seam) {
		s->from = from;
		s->seq_off = (uint16_t)(s->seq + 1 - p->seq);
		s->ts_off = seam_ts(s, now) - p->ts;
		s->floor = p->seq;
		s->guard = GUARDED;
	} else if (s->guard) {
		s->guard--;
		if (seq_before(p->seq, s->floor))
			return false;
	}
	p->ssrc = s->ssrc;
	p->seq = (uint16_t)(p->seq + s->seq_off);
	p->ts += s->ts_off;
	p->marker = p->marker || seam;
	if (seam || seq_before(s->seq, p->seq))
		sent(s, p, samples, now);
	return true;
}

void rtp_sender_skip(struct rtp_sender *s, uint64_t from, uint16_t seq)
{
	if (s->from != from || seq_before((uint16_t)(seq + s->seq_off), (uint16_t)(s->seq + 1)))
		return;
	s->seq_off--;
	s->floor = seq;
	s->guard = GUARDED;
}

bool rtp_sender_insert(struct rtp_sender *s, uint64_t from, uint16_t seq, struct rtp_packet *p)
{
	if (s->from != from)
		return false;
	p->ssrc = s->ssrc;
	p->seq = ++s->seq;
	p->ts += s->ts_off;
	s->seq_off++;
	s->floor = seq;
	s->guard = GUARDED;
	return true;
}

void rtp_sender_generate(struct rtp_sender *s, struct rtp_packet *p, uint32_t samples, uint64_t now)
{
	uint64_t lasts = (uint64_t)s->samples * NS_PER_SAMPLE / (s->speed ? s->speed : 1);
	bool seam = s->from != RTP_GENERATED || now - s->at > lasts + GAP_NS;
	p->ssrc = s->ssrc;
	p->seq = (uint16_t)(s->seq + 1);
	p->ts = seam ? seam_ts(s, now) : s->ts + s->samples;
	p->marker = seam;
	s->from = RTP_GENERATED;
	sent(s, p, samples, now);
}

void rtp_sender_pause(struct rtp_sender *s, uint32_t samples, uint64_t now)
{
	if (s->from != RTP_GENERATED)
		return;
	s->ts += s->samples;
	s->samples = samples;
	s->at = now;
}

uint32_t rtp_sender_clock(const struct rtp_sender *s, uint64_t now)
{
	return s->ts + (uint32_t)ticks(s, now - s->at);
}

void rtp_sender_clock_rate(struct rtp_sender *s, unsigned speed)
{
	if ((s->speed ? s->speed : 1) == speed)
		return;
	s->speed = (uint8_t)speed;
	s->from = 0;
}
