/** player.c  Sources of generated audio. */
#include "media/player.h"

#include <errno.h>
#include <string.h>

enum { SAMPLES_PER_MS = 8, TE_ENDS = 3, TE_MAX = 0xffff };

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
