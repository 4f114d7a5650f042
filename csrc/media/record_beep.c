/** record_beep.c  The beep that announces a recording, over what the recorded leg hears. */
#include "dsp/g711.h"
#include "media/engine.h"
#include "rtp/packet.h"

/* Nothing sent for so long: the beep has to be sent by itself. */
enum { QUIET_NS = 60 * NS_PER_MS };

static bool sounds(const struct worker *w, struct rec_beep *b)
{
	if (b->every == 0)
		return false;
	if (!b->sounds && w->now >= b->next) {
		(void)tone_init(&b->tone, &b->spec); /* the control thread has tried it */
		b->sounds = true;
		b->next += ((w->now - b->next) / b->every + 1) * b->every;
	}
	return b->sounds;
}

static int16_t sum(int a, int b)
{
	int s = a + b;
	return (int16_t)(s > INT16_MAX ? INT16_MAX : s < INT16_MIN ? INT16_MIN : s);
}

/* n <= LEG_FRAME_MAX */
static void lay_over(struct rec_beep *b, int16_t *pcm, size_t n)
{
	int16_t tone[LEG_FRAME_MAX];
	size_t left = tone_fill(&b->tone, tone, n);
	for (size_t i = 0; i < n; i++)
		pcm[i] = sum(pcm[i], tone[i]);
	if (left < n)
		b->sounds = b->alone = false;
}

static size_t part(size_t n)
{
	return n < LEG_FRAME_MAX ? n : LEG_FRAME_MAX;
}

bool record_beep_pcm(struct worker *w, struct leg *leg, int16_t *pcm, size_t n)
{
	struct rec_beep *b = &leg->recording->beep;
	if (!sounds(w, b))
		return false;
	for (size_t done = 0; done < n && b->sounds; done += LEG_FRAME_MAX)
		lay_over(b, pcm + done, part(n - done));
	return true;
}

void record_beep(struct worker *w, struct leg *leg, enum codec codec, uint8_t *payload, size_t n)
{
	struct rec_beep *b = &leg->recording->beep;
	int16_t pcm[LEG_FRAME_MAX];
	if (!sounds(w, b))
		return;
	for (size_t done = 0; done < n && b->sounds; done += LEG_FRAME_MAX) {
		g711_decode(codec, payload + done, part(n - done), pcm);
		lay_over(b, pcm, part(n - done));
		g711_encode(codec, pcm, part(n - done), payload + done);
	}
}

bool record_beeps_alone(struct worker *w, struct leg *leg)
{
	struct rec_beep *b = &leg->recording->beep;
	if (!sounds(w, b))
		return false;
	b->alone = b->alone || !leg->tx.started || w->now - leg->tx.at > QUIET_NS;
	return b->alone;
}
