/** listen.c  Samples of what a leg says, in order and without holes, to answering-machine detection, beep detection
 *  and the live tap. Loss is filled with silence; without packets time passes as silence too, so that limits hold. */
#include <string.h>

#include "media/worker.h"
#include "rtp/packet.h"
#include "rtp/seq.h"

enum {
	FRAME = 160,
	FRAME_MS = 20,
	FILL_MAX = 4000,  /* samples: a longer hole is a new beginning */
	IDLE_MS = 100,	  /* no packet for so long: feed silence */
	IDLE_KEEP_MS = 80 /* and stay so far behind, for packets that are only late */
};

static const int16_t quiet[FRAME];

static void say_amd(struct worker *w, struct leg *leg)
{
	struct media_event ev = {.kind = MEDIA_EV_AMD,
				 .a = leg->amd->verdict,
				 .b = leg->amd->decided_ms,
				 .c = leg->amd->confidence,
				 .d = leg->amd->reason,
				 .handle = leg->handle,
				 .tag = leg->tag};
	leg->listening &= (uint8_t)~LISTEN_AMD;
	worker_event(w, &ev);
}

static void say_beep(struct worker *w, struct leg *leg, bool heard)
{
	int64_t ms = heard ? leg->beep->end_ms : (int64_t)(leg->beep_heard / RTP_CLOCK_KHZ);
	leg->listening &= (uint8_t)~LISTEN_BEEP;
	worker_leg_event(w, leg, MEDIA_EV_BEEP, heard, ms, heard ? leg->beep->hz : 0);
}

static void feed_beep(struct worker *w, struct leg *leg, const int16_t *pcm, size_t n)
{
	leg->beep_heard += n;
	if (beep_push(leg->beep, pcm, n))
		say_beep(w, leg, true);
	else if (leg->beep_heard / RTP_CLOCK_KHZ >= leg->beep_ms)
		say_beep(w, leg, false);
}

static void tap_frame(struct worker *w, struct leg *leg)
{
	struct pcm_ring *r = leg->tap;
	if (r->limit - pcm_ring_used(r) < FRAME) {
		atomic_fetch_add_explicit(&r->dropped, 1, memory_order_relaxed);
		return;
	}
	pcm_ring_write(r, leg->tap_frame, FRAME);
	if (atomic_exchange_explicit(&r->armed, 0, memory_order_acq_rel))
		worker_leg_event(w, leg, MEDIA_EV_TAP_READY, 0, 0, 0);
}

static void feed_tap(struct worker *w, struct leg *leg, const int16_t *pcm, size_t n)
{
	while (n) {
		size_t part = (size_t)(FRAME - leg->tap_fill) < n ? (size_t)(FRAME - leg->tap_fill) : n;
		memcpy(leg->tap_frame + leg->tap_fill, pcm, part * sizeof(*pcm));
		leg->tap_fill = (uint16_t)(leg->tap_fill + part);
		pcm += part;
		n -= part;
		if (leg->tap_fill == FRAME) {
			tap_frame(w, leg);
			leg->tap_fill = 0;
		}
	}
}

static void feed(struct worker *w, struct leg *leg, const int16_t *pcm, size_t n)
{
	if (leg->listening & LISTEN_TAP)
		feed_tap(w, leg, pcm, n);
	if (leg->listening & LISTEN_AMD && amd_push(leg->amd, pcm, n))
		say_amd(w, leg);
	if (leg->listening & LISTEN_BEEP)
		feed_beep(w, leg, pcm, n);
	if (leg->listening & LISTEN_DTMF)
		keypad_hear(w, leg, pcm, n);
	leg->listen_ts += (uint32_t)n;
}

static void feed_quiet(struct worker *w, struct leg *leg, size_t n)
{
	for (; n && leg->listening; n -= n < FRAME ? n : FRAME)
		feed(w, leg, quiet, n < FRAME ? n : FRAME);
}

void listen_packet(struct worker *w, struct leg *leg, const int16_t *pcm, size_t n, uint32_t ts)
{
	bool follows = leg->listen_known && leg->listen_epoch == leg->rx.epoch;
	int32_t hole = ts_diff(ts, leg->listen_ts);
	if (follows && hole < 0 && hole > -FILL_MAX) {
		/* Late, or silence was fed in its place. What overlaps is dropped, the rest is heard. */
		if ((size_t)-hole >= n)
			return;
		pcm += -hole;
		n -= (size_t)-hole;
	} else if (follows && hole > 0 && hole <= FILL_MAX) {
		feed_quiet(w, leg, (size_t)hole);
	} else {
		leg->listen_ts = ts;
	}
	leg->listen_known = true;
	leg->listen_epoch = leg->rx.epoch;
	feed(w, leg, pcm, n);
	leg->listen_fed_at = w->now;
}

void listen_idle(struct worker *w, struct leg *leg)
{
	if (w->now - leg->listen_fed_at < (uint64_t)IDLE_MS * NS_PER_MS)
		return;
	while (leg->listening && w->now - leg->listen_fed_at > (uint64_t)IDLE_KEEP_MS * NS_PER_MS) {
		feed_quiet(w, leg, FRAME);
		leg->listen_fed_at += (uint64_t)FRAME_MS * NS_PER_MS;
	}
}

static void begin(struct worker *w, struct leg *leg, uint8_t what)
{
	if (!leg->listening) {
		leg->listen_known = false;
		leg->listen_fed_at = w->now;
	}
	leg->listening |= what;
}

void listen_amd(struct worker *w, struct leg *leg, const struct amd_opts *o)
{
	amd_init(leg->amd, o);
	begin(w, leg, LISTEN_AMD);
}

void listen_beep(struct worker *w, struct leg *leg, uint32_t ms)
{
	beep_init(leg->beep);
	leg->beep_ms = ms;
	leg->beep_heard = 0;
	begin(w, leg, LISTEN_BEEP);
}

void listen_tap(struct worker *w, struct leg *leg, struct pcm_ring *ring)
{
	if (leg->tap)
		atomic_store_explicit(&leg->tap->retired, true, memory_order_release);
	leg->tap = ring;
	leg->tap_fill = 0;
	if (ring)
		begin(w, leg, LISTEN_TAP);
	else
		leg->listening &= (uint8_t)~LISTEN_TAP;
}

void listen_digits(struct worker *w, struct leg *leg, bool on)
{
	bool was = leg->listening & LISTEN_DTMF;
	if (on && !was) {
		leg->keyed = true;
		dtmf_init(&leg->keypad->ear);
		begin(w, leg, LISTEN_DTMF);
	} else if (!on) {
		leg->listening &= (uint8_t)~LISTEN_DTMF;
	}
}

void listen_close(struct worker *w, struct leg *leg)
{
	if (leg->listening & LISTEN_AMD) {
		amd_finish(leg->amd);
		say_amd(w, leg);
	}
	if (leg->listening & LISTEN_BEEP)
		say_beep(w, leg, false);
	listen_tap(w, leg, NULL);
}
