/** life.c  A leg on its worker: description, regular visits, the end. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dsp/codec.h"
#include "media/address.h"
#include "media/fork.h"
#include "media/measure.h"
#include "media/mix.h"
#include "media/playout.h"
#include "media/recorder.h"
#include "media/engine.h"

enum { PTIME_DEFAULT = 20, JITTER_UNIT_US = 125 };

static bool valid_ptime(unsigned ms)
{
	return ms == 10 || ms == 20 || ms == 30 || ms == 40 || ms == 60;
}

/* Its coder came before. */
static void describe_codec(struct leg *leg, const struct leg_remote *r)
{
	const struct codec_info *k = codec_info(r->codec);
	leg->codec = r->codec;
	leg->pt = r->pt;
	leg->own_pt = r->own_pt;
	leg->te_pt = r->te_pt;
	leg->te_speed = r->te_khz == 48 ? 6 : 1;
	leg->speed = k ? (uint8_t)(k->clock_khz / RTP_CLOCK_KHZ) : 1;
	rtp_sender_clock_rate(&leg->tx, leg->speed);
}

void leg_describe(struct worker *w, struct leg *leg, const struct leg_remote *r)
{
	bool listened = leg->described && leg->dir & DIR_RECV;
	if (latch_describe(&leg->latch, &r->rtp, &r->peer, w->now))
		leg_follow_latch(leg);
	leg->sdp_rtcp = r->rtcp;
	leg->rtcp_mux = r->rtcp_mux;
	leg->stats.rtcp_mux = r->rtcp_mux;
	if (leg->dir != r->dir)
		leg->tx.from = 0; /* packets not sent meanwhile are no loss */
	leg->dir = r->dir;
	describe_codec(leg, r);
	leg->interval = valid_ptime(r->ptime_ms) ? r->ptime_ms : PTIME_DEFAULT;
	if (!listened && r->dir & DIR_RECV)
		leg->heard_at = w->now;
	if (!leg->described)
		leg->report_due = w->now + (worker_random(w) % 2500 + 2500) * NS_PER_MS;
	leg->described = true;
}

void leg_unbridge(struct leg *leg)
{
	if (leg->bridge && leg->bridge != leg) {
		leg->bridge->tx.from = 0;
		leg->bridge->bridge = NULL;
	}
	leg->bridge = NULL;
	leg->tx.from = 0;
}

void leg_detach(struct leg *leg)
{
	leg_unbridge(leg);
	mix_leave(leg);
}

void leg_follow_latch(struct leg *leg)
{
	struct sockaddr_storage sa = {.ss_family =
					      AF_UNSPEC}; /* disconnects; the port stays: it was bound explicitly */
	bool want = leg->latch.state == LATCH_LOCKED;
	if (leg->connected == want)
		return;
	socklen_t len = want ? address_to_kernel(&sa, &leg->latch.source) : sizeof(struct sockaddr);
	if (connect(leg->rtp_fd, (const struct sockaddr *)&sa, len) == 0 || !want)
		leg->connected = want; /* else it goes on unconnected: packets of others are then refused one by one */
	leg->drained = false;
}

static void watch_source(struct worker *w, struct leg *leg)
{
	latch_tick(&leg->latch, &w->media->latch_rules, leg->stats.last_rx_at, w->now);
	leg_follow_latch(leg);
}

static void watch_silence(struct worker *w, struct leg *leg)
{
	if (leg->silent || !leg->described || !(leg->dir & DIR_RECV))
		return;
	uint64_t quiet = (w->now - leg->heard_at) / NS_PER_MS;
	if (quiet < leg->silence_ms)
		return;
	leg->silent = true;
	worker_leg_event(w, leg, MEDIA_EV_SILENT, (int32_t)(quiet > INT32_MAX ? INT32_MAX : quiet), 0, 0);
}

static void watch_digits(struct worker *w, struct leg *leg)
{
	struct te_digit d;
	if (te_timeout(&leg->digits, w->now, &d)) {
		keypad_tell(w, leg, tone_event_digit(d.event), d.ms / leg->te_speed, DTMF_WAY_EVENT);
		keypad_sound(leg, false);
	}
	if (leg->keyed)
		keypad_visit(w, leg);
}

static void count_playout(struct leg_stats *s, const struct playout_stats *p)
{
	s->playout_delay_ms = p->delay_ms;
	s->playout_target_ms = p->target_ms;
	s->playout_late = p->late;
	s->playout_dropped = p->dropped;
	s->concealed_ms = (uint32_t)(p->concealed_us / 1000);
	s->stretched_ms = (uint32_t)((p->shortened_us + p->lengthened_us) / 1000);
}

void leg_publish(struct leg *leg)
{
	uint64_t words[LEG_PUBLISHED];
	struct leg_stats *s = &leg->stats;
	s->rx_lost = rtp_source_lost(&leg->rx);
	s->rx_reordered = leg->rx.reordered;
	s->rx_duplicates = leg->rx.duplicates;
	s->ssrc_changes = leg->rx.ssrc_changes;
	s->jitter_us = (leg->rx.jitter >> 4) * JITTER_UNIT_US / leg->speed;
	if (leg->mix) /* before it joined, the control thread may still be making the play-out */
		count_playout(s, &leg->playout->stats);
	memcpy(words, s, sizeof(words));
	for (unsigned i = 0; i < LEG_PUBLISHED; i++)
		atomic_store_explicit(&leg->published[i], words[i], memory_order_relaxed);
}

void leg_visit(struct worker *w, struct leg *leg)
{
	watch_silence(w, leg);
	watch_source(w, leg);
	watch_digits(w, leg);
	if (leg->listening)
		listen_idle(w, leg);
	if (!w->stale)
		leg_generate(w, leg);
	if (leg->recording)
		record_visit(w, leg);
	if (leg->described && !w->stale && w->now >= leg->report_due)
		leg_report(w, leg, false);
	if (leg->fork)
		fork_visit(w, leg);
	if (leg->measure)
		measure_visit(w, leg);
	leg_publish(leg);
}

void leg_close(struct worker *w, struct leg *leg)
{
	leg_play_end(w, leg, true);
	listen_close(w, leg);
	record_stop(w, leg);
	fork_open(leg, NULL);
	if (leg->measure)
		measure_end(w, leg);
	leg_detach(leg);
	if (leg->described)
		leg_report(w, leg, true);
	worker_remove(w, leg);
	close(leg->rtp_fd);
	close(leg->rtcp_fd);
	leg->rtp_fd = leg->rtcp_fd = -1;
	leg->stats.closed = 1;
	leg_publish(leg);
}
