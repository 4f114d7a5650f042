/** measure.c  Quality of a leg, on its worker. */
#include "media/measure.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "media/worker.h"
#include "rtp/packet.h"

_Static_assert(sizeof(struct leg_quality) % sizeof(uint64_t) == 0, "published as words");

enum { JITTER_UNIT_US = 125 };

static void publish(struct measure *m)
{
	struct leg_quality figures;
	uint64_t words[QUALITY_PUBLISHED];
	quality_read(&m->q, &figures);
	memcpy(words, &figures, sizeof(words));
	for (unsigned i = 0; i < QUALITY_PUBLISHED; i++)
		atomic_store_explicit(&m->published[i], words[i], memory_order_relaxed);
}

struct measure *measure_new(const struct quality_opts *o)
{
	struct measure *m = mem_zalloc(sizeof(*m));
	if (!m)
		return NULL;
	level_init();
	quality_init(&m->q, o, 0);
	publish(m);
	return m;
}

void measure_figures(const struct measure *m, struct leg_quality *out)
{
	uint64_t words[QUALITY_PUBLISHED];
	for (unsigned i = 0; i < QUALITY_PUBLISHED; i++)
		words[i] = atomic_load_explicit(&m->published[i], memory_order_relaxed);
	memcpy(out, words, sizeof(*out));
}

void measure_start(struct worker *w, struct leg *leg, struct measure *m, const struct quality_opts *o)
{
	if (leg->measure) {
		quality_limits(&m->q, o);
		return;
	}
	quality_init(&m->q, o, w->now);
	leg->measure = m;
	m->due = w->now;
}

/* ---------------------------------------------------------------- the packet path */

static bool is_g711(unsigned pt)
{
	return pt == CODEC_PCMU || pt == CODEC_PCMA;
}

void measure_audio(struct worker *w, struct leg *leg, const struct rtp_packet *p)
{
	struct measure *m = leg->measure;
	m->frame.samples = 0;
	if (!m->q.opts.levels || !is_g711(p->pt))
		return;
	m->frame = level_g711((enum codec)p->pt, p->payload, p->n);
	quality_sound(&m->q, QUALITY_IN, &m->frame, w->now);
}

void measure_said(struct worker *w, struct leg *leg, const int16_t *pcm, size_t n)
{
	struct measure *m = leg->measure;
	if (!m->q.opts.levels)
		return;
	m->frame = level_pcm(pcm, n);
	quality_sound(&m->q, QUALITY_IN, &m->frame, w->now);
}

void measure_forwarded(struct worker *w, struct leg *leg, const struct leg *src, const struct rtp_packet *p)
{
	struct measure *m = leg->measure;
	if (!m->q.opts.levels || !is_g711(p->pt))
		return;
	struct level l;
	if (src->measure && src->measure->frame.samples)
		l = src->measure->frame;
	else
		l = level_g711((enum codec)p->pt, p->payload, p->n);
	quality_sound(&m->q, QUALITY_OUT, &l, w->now);
}

void measure_sent(struct worker *w, struct leg *leg, const int16_t *pcm, size_t n)
{
	if (!leg->measure->q.opts.levels)
		return;
	struct level l = level_pcm(pcm, n);
	quality_sound(&leg->measure->q, QUALITY_OUT, &l, w->now);
}

/* ------------------------------------------------------------------------ visits */

static struct quality_now facts(const struct worker *w, const struct leg *leg)
{
	return (struct quality_now){.now = w->now,
				    .rx_packets = leg->stats.rx_packets,
				    .tx_packets = leg->stats.tx_packets,
				    .jitter_us = (leg->rx.jitter >> 4) * JITTER_UNIT_US,
				    .frame_ms = leg->interval,
				    .codec = leg->codec,
				    .receiving = leg->described && leg->dir & DIR_RECV,
				    .talking = (leg->bridge && leg->bridge != leg) || leg->mix};
}

static void note_jitter(struct jitter_summary *s, uint32_t jitter)
{
	s->min = s->n == 0 || jitter < s->min ? jitter : s->min;
	s->max = jitter > s->max ? jitter : s->max;
	s->n++;
	s->sum += jitter;
	s->squares += (uint64_t)jitter * jitter;
}

void measure_visit(struct worker *w, struct leg *leg)
{
	struct quality_change changes[QUALITY_ALARM_COUNT];
	struct measure *m = leg->measure;
	struct quality_now in = facts(w, leg);
	if (w->now < m->due)
		return;
	m->due = w->now + (uint64_t)QUALITY_TICK_MS * NS_PER_MS;
	if (leg->rx.started)
		note_jitter(&m->jitter, leg->rx.jitter >> 4);
	unsigned n = quality_tick(&m->q, &in, changes);
	for (unsigned i = 0; i < n; i++) {
		struct media_event ev = {.kind = MEDIA_EV_QUALITY,
					 .a = changes[i].alarm,
					 .b = changes[i].value,
					 .c = changes[i].lasted_ms,
					 .d = changes[i].begins,
					 .handle = leg->handle,
					 .tag = leg->tag};
		worker_event(w, &ev);
	}
	publish(m);
}

void measure_end(struct worker *w, struct leg *leg)
{
	struct quality_now in = facts(w, leg);
	quality_end(&leg->measure->q, &in);
	publish(leg->measure);
}

/* ----------------------------------------------------------------------- reports */

void measure_report(struct leg *leg, const struct rtcp_view *v, uint32_t rtt_us)
{
	struct quality *q = &leg->measure->q;
	if (v->has_report)
		quality_report(q, &v->report, rtt_us, leg->stats.remote_jitter_us);
	if (v->has_xr)
		quality_xr(q, &v->xr);
}

static void summarize(struct measure *m, const struct rtp_source *rx, struct xr_summary *out)
{
	const struct jitter_summary *j = &m->jitter;
	uint32_t lost = (uint32_t)rtp_source_lost(rx), duplicates = (uint32_t)rx->duplicates;
	double mean = j->n ? (double)j->sum / j->n : 0;
	double variance = j->n ? (double)j->squares / j->n - mean * mean : 0;
	*out = (struct xr_summary){.ssrc = rx->ssrc,
				   .begin_seq = (uint16_t)(m->was_seq ? m->was_seq : rx->base_seq),
				   .end_seq = (uint16_t)(rx->max_seq + 1),
				   .lost = lost > m->was_lost ? lost - m->was_lost : 0,
				   .duplicates = duplicates - m->was_duplicates,
				   .jitter_min = j->min,
				   .jitter_max = j->max,
				   .jitter_mean = (uint32_t)mean,
				   .jitter_dev = (uint32_t)sqrt(fmax(variance, 0))};
	m->was_lost = lost;
	m->was_duplicates = duplicates;
	m->was_seq = rx->max_seq + 1u;
	memset(&m->jitter, 0, sizeof(m->jitter));
}

bool measure_xr(struct leg *leg, struct xr_voip *voip, struct xr_summary *summary)
{
	struct measure *m = leg->measure;
	unsigned when = m->q.opts.xr;
	if (!leg->rx.started || when == QUALITY_XR_NEVER || (when == QUALITY_XR_AUTO && m->q.xr_seen == 0))
		return false;
	quality_voip(&m->q, leg->rx.ssrc, voip);
	summarize(m, &leg->rx, summary);
	m->q.xr_sent++;
	return true;
}
