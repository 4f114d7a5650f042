/** keypad.c  Digits between legs, the program and each other. */
#include "media/keypad.h"

#include "dsp/tone.h"
#include "media/worker.h"
#include "rtp/packet.h"

/* A digit that comes both ways is told at the end of its event and, by the detector's patience and the jitter of both,
 * up to so much later or earlier from the audio. Pressed again, it comes both ways again: one matches one. */
enum { MATCH_MS = 250, ENDS = 3, TE_NONE = 255 };

bool keypad_listens(unsigned mode, uint8_t te_pt)
{
	return mode == DTMF_INBAND || mode == DTMF_BOTH || (mode == DTMF_AUTO && te_pt == TE_NONE);
}

/* Between two sides that both know nothing but tones, they pass as they are. */
bool keypad_wanted(const struct leg *leg)
{
	bool both_deaf = leg->bridge && leg->bridge != leg && leg->bridge->te_pt == TE_NONE;
	return leg->dtmf != DTMF_AUTO || !both_deaf;
}

void keypad_tell(struct worker *w, struct leg *leg, char digit, uint32_t ms, enum dtmf_way way)
{
	struct keypad *k = leg->keyed ? leg->keypad : NULL;
	if (k && k->told == digit && k->way != way && !k->matched &&
	    w->now - k->told_at < (uint64_t)MATCH_MS * NS_PER_MS) {
		k->matched = true;
		return;
	}
	if (k) {
		k->told = digit;
		k->way = (uint8_t)way;
		k->matched = false;
		k->told_at = w->now;
	}
	worker_leg_event(w, leg, MEDIA_EV_DTMF, digit, ms, way);
}

void keypad_hear(struct worker *w, struct leg *leg, const int16_t *pcm, size_t n)
{
	struct dtmf *ear = &leg->keypad->ear;
	for (size_t at = 0; at < n;) {
		uint32_t ms;
		at += dtmf_push(ear, pcm + at, n - at);
		char digit = dtmf_ended(ear, &ms);
		if (digit)
			keypad_tell(w, leg, digit, ms, DTMF_WAY_AUDIO);
	}
}

/* ----------------------------------------------------------------- audio to events */

static void write_event(const struct keypad *k, uint8_t *out, bool end)
{
	te_payload(out, (unsigned)tone_digit_event(k->carried), end, k->lasts);
}

/* RFC 4733 2.5.1.4: the end is sent three times. They have no packets of the source to take the place of. */
static void carry_end(struct worker *w, struct leg *leg)
{
	struct keypad *k = leg->keypad;
	struct leg *dst = leg->bridge;
	uint8_t payload[TE_PAYLOAD];
	write_event(k, payload, true);
	for (int i = 0; dst && dst->handle == k->to && i < ENDS; i++)
		leg_insert_event(w, dst, leg, k->next_seq, k->start_ts, payload);
	k->carried = '\0';
}

static void carry_begin(struct keypad *k, const struct leg *dst, char digit, const struct rtp_packet *p)
{
	k->carried = digit;
	k->start_ts = p->ts;
	k->to = dst->handle;
}

bool keypad_carry(struct worker *w, struct leg *leg, struct rtp_packet *p)
{
	struct keypad *k = leg->keypad;
	struct leg *dst = leg->bridge;
	char on = dtmf_on(&k->ear);
	if (!(leg->listening & LISTEN_DTMF) || dst == leg || dst->te_pt == TE_NONE)
		on = '\0';
	if (k->carried && (k->carried != on || k->to != dst->handle))
		carry_end(w, leg);
	k->next_seq = (uint16_t)(p->seq + 1);
	if (!on)
		return false;
	bool first = !k->carried;
	if (first)
		carry_begin(k, dst, on, p);
	/* As long as it has been heard: what passed before it was recognised counts too. */
	uint32_t lasts = (uint32_t)(k->ear.lasts * DTMF_BLOCK);
	k->lasts = (uint16_t)(lasts < UINT16_MAX ? lasts : UINT16_MAX);
	write_event(k, w->rx + (p->payload - w->rx), false);
	p->n = TE_PAYLOAD;
	p->marker = first;
	p->ts = k->start_ts;
	leg_forward(w, dst, leg, p, true);
	return true;
}

void keypad_visit(struct worker *w, struct leg *leg)
{
	if (leg->keypad->carried && !dtmf_on(&leg->keypad->ear))
		carry_end(w, leg);
}

/* ----------------------------------------------------------------- events to audio */

void keypad_sound(const struct leg *leg, bool fresh)
{
	struct leg *dst = leg->bridge;
	const struct te_receiver *r = &leg->digits;
	if (!dst || dst == leg || dst->te_pt != TE_NONE)
		return;
	if (dst->player.kind == PLAY_NOTHING && fresh)
		player_relay(&dst->player);
	if (dst->player.kind == PLAY_RELAY)
		relay_note(&dst->player.u.relay, fresh ? tone_event_digit(r->event) : '\0', r->open);
}
