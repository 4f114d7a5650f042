/** measure.h  Quality of one leg on its worker: rtp/quality.h fed from the packet path, its alarms as events, its figures
 *  published, extended reports. Made by the control thread at media_quality_start(), freed with the leg; a leg without
 *  one pays a test of a pointer. */
#ifndef MEDIA_MEASURE_H
#define MEDIA_MEASURE_H

#include <stdatomic.h>

#include "rtp/quality.h"

struct leg;
struct rtp_packet;
struct worker;

enum { QUALITY_PUBLISHED = sizeof(struct leg_quality) / sizeof(uint64_t) };

/** Samples of the jitter since the last extended report, in timestamp units. */
struct jitter_summary {
	uint32_t n, min, max;
	uint64_t sum, squares;
};

struct measure {
	struct quality q;
	uint64_t due;
	struct level frame; /* what the leg said last: its bridge need not measure it again */
	struct jitter_summary jitter;
	uint32_t was_lost, was_duplicates, was_seq; /* at the last extended report */
	_Atomic uint64_t published[QUALITY_PUBLISHED];
};

struct measure *measure_new(const struct quality_opts *o); /* control thread; NULL: out of memory. mem_free() it */
void measure_figures(const struct measure *m, struct leg_quality *out); /* control thread */

void measure_start(struct worker *w, struct leg *leg, struct measure *m, const struct quality_opts *o);
void measure_audio(struct worker *w, struct leg *leg, const struct rtp_packet *p); /* received */
/** The same of a codec that is not G.711, decoded to 8 kHz. */
void measure_said(struct worker *w, struct leg *leg, const int16_t *pcm, size_t n);
/** The leg hears a packet that `src` said. */
void measure_forwarded(struct worker *w, struct leg *leg, const struct leg *src, const struct rtp_packet *p);
void measure_sent(struct worker *w, struct leg *leg, const int16_t *pcm, size_t n);
void measure_visit(struct worker *w, struct leg *leg);
void measure_report(struct leg *leg, const struct rtcp_view *v, uint32_t rtt_us);
/** What the next report shall carry; false: no extended report. */
bool measure_xr(struct leg *leg, struct xr_voip *voip, struct xr_summary *summary);
void measure_end(struct worker *w, struct leg *leg);

#endif
