/** coder.c  Making coders, and their samples. */
#include "media/coder.h"

#include <errno.h>
#include <stddef.h>

#include "base/mem.h"
#include "media/engine.h"

enum { WIDE_KHZ = 16 };

static size_t aligned(size_t n)
{
	return (n + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
}

struct coder *coder_new(unsigned codec, const struct encoder_opts *o)
{
	const struct codec_info *k = codec_info(codec);
	if (!k || k->rate_khz != WIDE_KHZ)
		return NULL;
	size_t head = aligned(sizeof(struct coder)), decoder = aligned(decoder_size(codec));
	struct coder *c = mem_zalloc(head + decoder + encoder_size(codec));
	if (!c)
		return NULL;
	c->codec = (uint8_t)codec;
	c->speed = (uint8_t)(k->clock_khz / RTP_CLOCK_KHZ);
	c->fec = o->fec;
	c->play_khz = o->rate_khz;
	c->decoder = (struct decoder *)(void *)((uint8_t *)c + head);
	c->encoder = (struct encoder *)(void *)((uint8_t *)c + head + decoder);
	if (decoder_init(c->decoder, codec) || encoder_init(c->encoder, codec, o) ||
	    resampler_init(&c->up, RTP_CLOCK_KHZ, WIDE_KHZ) || resampler_init(&c->down, WIDE_KHZ, RTP_CLOCK_KHZ) ||
	    resampler_init(&c->heard, WIDE_KHZ, RTP_CLOCK_KHZ)) {
		mem_free(c);
		return NULL;
	}
	return c;
}

uint32_t ts_narrow(struct ts_scale *s, uint32_t ts, unsigned speed)
{
	if (speed == 1)
		return ts;
	s->unwrapped += (int32_t)(ts - s->last);
	s->last = ts;
	/* Rounded down on both sides of zero, or the step over it would be too short. */
	int64_t q = s->unwrapped / (int64_t)speed;
	return (uint32_t)(s->unwrapped < 0 && s->unwrapped % (int64_t)speed ? q - 1 : q);
}

int coder_decode(struct coder *c, const uint8_t *payload, size_t n, int16_t *wide)
{
	return decoder_decode(c->decoder, payload, n, wide, CODEC_PACKET_SAMPLES);
}

size_t coder_down(struct coder *c, const int16_t *wide, size_t n, int16_t *narrow)
{
	return resampler_run(&c->down, wide, n, narrow);
}

size_t coder_up(struct coder *c, const int16_t *narrow, size_t n, int16_t *wide)
{
	return resampler_run(&c->up, narrow, n, wide);
}

int coder_encode(struct coder *c, const int16_t *wide, size_t n, uint8_t *payload, size_t max)
{
	return encoder_encode(c->encoder, wide, n, payload, max);
}

/* ---------------------------------------------------------- control thread */

void media_coder_sweep(struct leg *leg)
{
	for (struct coder **p = &leg->control.coders; *p;) {
		struct coder *c = *p;
		if (atomic_load_explicit(&c->retired, memory_order_acquire)) {
			*p = c->older;
			mem_free(c);
		} else {
			p = &c->older;
		}
	}
}

/* The newest is first: the one that the leg has once all posted commands are done. */
static bool fits(const struct coder *c, const struct leg_remote *r)
{
	return c && c->codec == r->codec && c->fec == (r->fec != 0) && c->play_khz == r->play_khz;
}

int media_coder_prepare(struct media *m, struct leg *leg, const struct leg_remote *r)
{
	bool wanted = r->codec != CODEC_NONE && !codec_is_g711(r->codec);
	struct encoder_opts o = {.complexity = m->opts.opus_complexity,
				 .bitrate = m->opts.opus_bitrate,
				 .rate_khz = r->play_khz,
				 .fec = r->fec != 0};
	media_coder_sweep(leg);
	if (wanted ? leg->control.coded && fits(leg->control.coders, r) : !leg->control.coded)
		return 0;
	if (!media_room(m, leg->control.worker, 2)) /* this one and the description behind it */
		return -ENOBUFS;
	struct command c = {.kind = MEDIA_CMD_CODER, .u.coder = wanted ? coder_new(r->codec, &o) : NULL};
	if (wanted && !c.u.coder)
		return -ENOMEM;
	int err = media_post(m, leg, &c);
	if (err) {
		mem_free(c.u.coder);
		return err;
	}
	leg->control.coded = wanted;
	if (wanted) {
		c.u.coder->older = leg->control.coders;
		leg->control.coders = c.u.coder;
	}
	return 0;
}
