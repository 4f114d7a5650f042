/** player.c  Sources of generated audio. */
#include "media/player.h"

#include <errno.h>
#include <string.h>

enum { SAMPLES_PER_MS = 8, TE_ENDS = 3, TE_MAX = 0xffff };
/* Q.24 wants 40 ms of each; what networks and detectors make of it is less than what is sent. */
enum { RELAY_TONE = 80 * SAMPLES_PER_MS, RELAY_GAP = 60 * SAMPLES_PER_MS };

static bool fill_sink(struct player *p, int16_t *pcm, size_t n)
{
	struct pcm_ring *r = p->u.sink.ring;
	size_t got = pcm_ring_read(r, pcm, n);
	memset(pcm + got, 0, (n - got) * sizeof(*pcm));
	if (got)
		p->u.sink.heard = true;
	if (got == n)
		return true;
	if (p->u.sink.closing)
		return false;
	if (p->u.sink.heard)
		atomic_fetch_add_explicit(&r->dropped, 1, memory_order_relaxed);
	return true;
}

static int start_wave(struct digits *d)
{
	struct tone_spec spec;
	int err = tone_dtmf(&spec, d->text[d->at], d->tone / SAMPLES_PER_MS);
	return err ? err : tone_init(&d->wave, &spec);
}

int digits_start(struct digits *d, const struct command *c)
{
	memset(d, 0, sizeof(*d));
	memcpy(d->text, c->u.digits.text, sizeof(d->text));
	d->n = c->u.digits.n;
	d->tone = c->u.digits.tone_ms * (uint32_t)SAMPLES_PER_MS;
	d->gap = c->u.digits.gap_ms * (uint32_t)SAMPLES_PER_MS;
	return start_wave(d);
}

static bool next_digit(struct digits *d)
{
	d->passed = 0;
	d->ends = 0;
	d->at++;
	return d->at < d->n && start_wave(d) == 0;
}

static bool fill_digits(struct digits *d, int16_t *pcm, size_t n)
{
	size_t done = 0;
	memset(pcm, 0, n * sizeof(*pcm));
	while (done < n) {
		size_t left = d->tone + d->gap - d->passed;
		size_t part = left < n - done ? left : n - done;
		if (d->passed < d->tone) {
			if (part > d->tone - d->passed)
				part = d->tone - d->passed;
			tone_fill(&d->wave, pcm + done, part);
		}
		d->passed += (uint32_t)part;
		done += part;
		if (d->passed == d->tone + d->gap && !next_digit(d))
			return false;
	}
	return true;
}

void player_relay(struct player *p)
{
	*p = (struct player){.kind = PLAY_RELAY};
}

static void relay_tone(struct relay *r)
{
	struct tone_spec spec;
	r->passed = 0;
	r->gap = false;
	if (tone_dtmf(&spec, r->text[r->at], TE_MAX) == 0)
		(void)tone_init(&r->wave, &spec);
}

void relay_note(struct relay *r, char digit, bool open)
{
	if (digit && r->n < sizeof(r->text)) {
		r->text[r->n++] = digit;
		if (r->n == 1)
			relay_tone(r);
	}
	r->open = open;
}

/* Samples until the tone or the pause at hand is over; none when nothing is left. */
static size_t relay_part(struct relay *r, size_t n)
{
	bool pressed = r->open && r->at + 1 == r->n && !r->gap;
	uint32_t end = r->gap ? RELAY_GAP : RELAY_TONE;
	if (pressed)
		return n;
	if (r->passed < end)
		return end - r->passed < n ? end - r->passed : n;
	if (!r->gap) {
		r->gap = true;
		r->passed = 0;
		return RELAY_GAP < n ? RELAY_GAP : n;
	}
	if (++r->at >= r->n)
		return 0;
	relay_tone(r);
	return RELAY_TONE < n ? RELAY_TONE : n;
}

static bool fill_relay(struct relay *r, int16_t *pcm, size_t n)
{
	memset(pcm, 0, n * sizeof(*pcm));
	for (size_t done = 0; done < n;) {
		size_t part = r->at < r->n ? relay_part(r, n - done) : 0;
		if (part == 0)
			return false;
		if (!r->gap)
			tone_fill(&r->wave, pcm + done, part);
		r->passed += (uint32_t)part;
		done += part;
	}
	return true;
}

enum digit_step digits_event(struct digits *d, uint32_t samples, struct digit_event *out)
{
	/* A digit lasts until its tone, its three end packets and the gap behind the tone are over. */
	if (d->ends >= TE_ENDS && d->passed >= d->tone + d->gap && !next_digit(d))
		return DIGIT_OVER;
	uint32_t before = d->passed;
	d->passed += samples;
	if (d->ends >= TE_ENDS)
		return DIGIT_PAUSE;
	uint32_t duration = d->passed < d->tone ? d->passed : d->tone;
	out->event = (uint8_t)tone_digit_event(d->text[d->at]);
	out->first = before == 0;
	out->end = d->passed >= d->tone;
	out->duration = (uint16_t)(duration > TE_MAX ? TE_MAX : duration);
	d->ends = (uint8_t)(d->ends + (out->end ? 1 : 0));
	return DIGIT_SEND;
}

bool player_fill(struct player *p, int16_t *pcm, size_t n)
{
	if (p->kind == PLAY_DIGITS)
		return fill_digits(&p->u.digits, pcm, n);
	if (p->kind == PLAY_SINK)
		return fill_sink(p, pcm, n);
	if (p->kind == PLAY_RELAY)
		return fill_relay(&p->u.relay, pcm, n);
	memset(pcm, 0, n * sizeof(*pcm));
	return false;
}

static int16_t saturate(int32_t v)
{
	return (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
}

void player_tail(struct player *p, int16_t *pcm, size_t n)
{
	if (!p->tail_waits)
		return;
	for (size_t i = 0; i < n && i < PLAY_FADE; i++)
		pcm[i] = saturate(pcm[i] + p->tail[i]);
	memset(p->tail, 0, sizeof(p->tail));
	p->tail_waits = false;
}
