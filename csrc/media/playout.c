/** playout.c  Deciding, step by step, what is heard. */
#include "media/playout.h"

#include <string.h>

#include "base/mem.h"
#include "dsp/codec.h"
#include "dsp/stretch.h"

enum {
	HIGH_US = 10000,   /* more delay than the target by so much: shorten */
	LOW_US = 5000,	   /* less by so much: lengthen */
	HASTE_US = 100000, /* too much by so much: shorten at every step */
	SKIP_US = 250000,  /* by so much: what is old is not played at all */
	REST_STEPS = 3,	   /* between attempts */
	PATIENCE = 8,	   /* tries for a good place, some seconds; then ever less good ones */
	TRIES_MAX = PATIENCE + 8,
	WAIT_MAX_MS = 100, /* for a packet that should be played; then what comes is a new beginning */
	LOST_MAX_MS = 200  /* a longer hole is not filled */
};

static unsigned step(const struct playout *p)
{
	return (unsigned)PLAYOUT_STEP_MS * p->khz;
}

static uint64_t in_us(const struct playout *p, size_t samples)
{
	return samples * 1000 / p->khz;
}

struct playout *playout_new(void)
{
	/* Decoders want the alignment of the heap. */
	size_t front = (sizeof(struct playout) + 15) / 16 * 16, room = 0;
	for (unsigned i = 0; i < CODEC_KINDS; i++)
		room = decoder_size(codec_at(i)->codec) > room ? decoder_size(codec_at(i)->codec) : room;
	struct playout *p = mem_zalloc(front + room);
	if (!p)
		return NULL;
	p->decoder = (struct decoder *)(void *)((char *)p + front);
	playout_reset(p);
	return p;
}

static void set_rate(struct playout *p, unsigned khz)
{
	p->play = p->known ? p->play * khz / p->khz : 0;
	p->khz = (uint8_t)khz;
	p->held = 0;
	p->waited = 0;
	plc_init(&p->plc, khz);
}

void playout_reset(struct playout *p)
{
	p->mode = PLAYOUT_PAUSE;
	p->codec = CODEC_NONE;
	p->noise = p->known = false;
	p->epoch = p->overflow = 0;
	p->rest = p->tries = 0;
	jitter_init(&p->jitter, RTP_CLOCK_KHZ);
	cng_init(&p->cng);
	set_rate(p, RTP_CLOCK_KHZ);
}

/* Timestamps of another clock are another stream. */
static void set_clock(struct playout *p, unsigned clock_khz)
{
	uint32_t epoch = p->jitter.epoch;
	if (clock_khz == p->jitter.clock_khz)
		return;
	jitter_init(&p->jitter, clock_khz);
	p->jitter.epoch = epoch;
	p->overflow = 0;
}

void playout_put(struct playout *p, const struct rtp_packet *packet, unsigned codec, uint64_t now_ns)
{
	struct rtp_packet kept = *packet;
	bool noise = codec == PLAYOUT_NOISE;
	if (!noise && !codec_info(codec))
		return;
	if (!noise)
		set_clock(p, codec_info(codec)->clock_khz);
	kept.pt = (uint8_t)codec;
	(void)jitter_put(&p->jitter, &kept, !noise, (int64_t)(now_ns / 1000));
	p->stats.dropped += p->jitter.overflow - p->overflow;
	p->overflow = p->jitter.overflow;
}

/* ------------------------------------------------------------------ media time */

static int64_t place(const struct playout *p, int64_t ts)
{
	return ts * p->khz / p->jitter.clock_khz;
}

static int64_t delay_of(const struct playout *p, int64_t ts, int64_t at_us)
{
	return at_us - jitter_due_us(&p->jitter, ts);
}

static int64_t delay_now(const struct playout *p, int64_t at_us)
{
	return at_us - p->jitter.delay.base_us - p->play * 1000 / p->khz;
}

static int64_t target_us(const struct playout *p)
{
	return (int64_t)p->jitter.delay.target_ms * 1000;
}

/* -------------------------------------------------------------------- decoding */

static void take_noise(struct playout *p, const struct jitter_packet *q)
{
	p->noise = cng_decode(&p->cng, q->payload, q->n) == 0;
	p->last_seq = q->seq;
	jitter_pop(&p->jitter);
}

/* At the rate of `line`; 0: no payload of its codec. */
static size_t samples_of(const struct playout *p, const struct jitter_packet *q)
{
	int samples = codec_samples(q->pt, q->payload, q->n);
	return samples > 0 ? (size_t)samples * p->khz / codec_info(q->pt)->rate_khz : 0;
}

static void use_decoder(struct playout *p, unsigned codec)
{
	if (p->codec != codec)
		p->codec = (uint8_t)(decoder_init(p->decoder, codec) ? CODEC_NONE : codec);
}

/* Behind what is held, leaving out its first `skip` samples. */
static void decode(struct playout *p, const struct jitter_packet *q, size_t skip)
{
	int16_t *to = p->line + p->held;
	use_decoder(p, q->pt);
	int got = p->codec == CODEC_NONE
			  ? 0
			  : decoder_decode(p->decoder, q->payload, q->n, to, (size_t)(PLAYOUT_LINE - p->held));
	p->last_seq = q->seq;
	if (got <= (int)skip)
		return;
	memmove(to, to + skip, ((size_t)got - skip) * sizeof(*to));
	p->held = (uint16_t)(p->held + (size_t)got - skip);
}

static void drop(struct playout *p, uint32_t *counter)
{
	++*counter;
	jitter_pop(&p->jitter);
}

/* Media time from what is held to this packet. What was made up while waiting counts as having been there. */
static int64_t hole_before(struct playout *p, const struct jitter_packet *q)
{
	int64_t hole = place(p, q->ts) - (p->play + p->held);
	if (hole > 0 && p->waited) {
		int64_t passed = hole < p->waited ? hole : p->waited;
		p->play += passed;
		p->waited -= (uint32_t)passed;
		hole -= passed;
	}
	return hole;
}

/* Audio of the rate that is being played. Another rate begins after a pause. */
static bool is_here(const struct playout *p, const struct jitter_packet *q)
{
	return q->pt != PLAYOUT_NOISE && codec_info(q->pt)->rate_khz == p->khz;
}

/* Decodes what follows without a hole until `want` samples are held. */
static void fill(struct playout *p, size_t want)
{
	struct jitter_packet q;
	while (p->held < want && jitter_peek(&p->jitter, &q) && is_here(p, &q)) {
		size_t samples = samples_of(p, &q);
		int64_t hole = hole_before(p, &q);
		if (hole > 0)
			return;
		if (samples == 0 || -hole >= (int64_t)samples) {
			drop(p, &p->stats.late);
			continue;
		}
		if (p->held + samples > PLAYOUT_LINE)
			return;
		decode(p, &q, (size_t)-hole);
		p->waited = 0;
		jitter_pop(&p->jitter);
	}
}

static size_t take(struct playout *p, int16_t *pcm, size_t n)
{
	n = p->held < n ? p->held : n;
	memcpy(pcm, p->line, n * sizeof(*pcm));
	p->held = (uint16_t)(p->held - n);
	p->play += (int64_t)n;
	memmove(p->line, p->line + n, p->held * sizeof(*pcm));
	plc_hear(&p->plc, pcm, n);
	return n;
}

/* ---------------------------------------------------------------------- pace */

/* Sound in which no place is good (noise, music) gets a less good one in time: looking for it costs. */
static int alike(const struct playout *p)
{
	return STRETCH_ALIKE - (p->tries > PATIENCE ? p->tries - PATIENCE : 0) * 10;
}

static size_t shorten(struct playout *p, int64_t excess_us)
{
	fill(p, stretch_needs_ahead(p->khz));
	size_t cut = stretch_shorten(p->line, p->held, (size_t)(excess_us * p->khz / 1000), alike(p), p->khz);
	p->held = (uint16_t)(p->held - cut);
	p->play += (int64_t)cut;
	p->stats.shortened_us += in_us(p, cut);
	return cut;
}

static size_t lengthen(struct playout *p, int64_t missing_us)
{
	size_t behind = stretch_needs_behind(p->khz);
	fill(p, behind);
	if (p->plc.missing || p->held + behind > PLAYOUT_LINE)
		return 0;
	size_t more = stretch_lengthen(plc_recent(&p->plc, behind), p->line, p->held,
				       (size_t)(missing_us * p->khz / 1000), alike(p), p->khz);
	p->held = (uint16_t)(p->held + more);
	p->play -= (int64_t)more;
	p->stats.lengthened_us += in_us(p, more);
	return more;
}

static void adapt(struct playout *p, int64_t at_us)
{
	int64_t off = delay_now(p, at_us) - target_us(p);
	if (p->rest) {
		p->rest--;
		return;
	}
	if (off >= -LOW_US && off <= HIGH_US)
		return;
	size_t done = off > 0 ? shorten(p, off) : lengthen(p, -off);
	p->tries = done ? 0 : (uint16_t)(p->tries + (p->tries < TRIES_MAX));
	if (off < HASTE_US)
		p->rest = (uint16_t)(REST_STEPS << (p->tries < 4 ? p->tries : 4));
}

/* ------------------------------------------------------------------ the two modes */

static void stop_talk(struct playout *p)
{
	p->mode = PLAYOUT_PAUSE;
	p->play += p->held;
	p->held = 0;
	p->waited = 0;
}

/* The sender said nothing, as opposed to: what it said was lost. */
static bool is_silent(const struct playout *p, const struct jitter_packet *q)
{
	return !is_here(p, q) || q->marker || q->seq == (uint16_t)(p->last_seq + 1) ||
	       place(p, q->ts) - p->play > (int64_t)LOST_MAX_MS * p->khz;
}

/* `n` samples have been made up with no packet in sight: their time has not passed, the packet may only be late. */
static void await(struct playout *p, size_t n)
{
	p->waited += (uint32_t)n;
	if (p->waited >= (uint32_t)WAIT_MAX_MS * p->khz)
		stop_talk(p);
}

/* Codecs that conceal by themselves do it with what they know; what they make is held like decoded sound. */
static void make_up_by_decoder(struct playout *p)
{
	struct jitter_packet q = {0};
	size_t n = step(p);
	bool next = jitter_peek(&p->jitter, &q);
	if (p->codec == CODEC_NONE || (next && is_silent(p, &q)))
		return;
	/* The hole is the one packet before the next, which may carry it once more. */
	bool spare = next && q.seq == (uint16_t)(p->last_seq + 2) && hole_before(p, &q) == (int64_t)samples_of(p, &q);
	if (spare)
		n = samples_of(p, &q);
	int got = decoder_conceal(p->decoder, p->line + p->held, n, spare ? q.payload : NULL, spare ? q.n : 0);
	if (got <= 0)
		return;
	p->held = (uint16_t)(p->held + got);
	p->stats.concealed_us += in_us(p, (size_t)got);
	if (!next) {
		p->play -= got;
		await(p, (size_t)got);
	}
}

/* Up to `n` samples that are not there. Returns how many were made up. */
static size_t make_up(struct playout *p, int16_t *pcm, size_t n)
{
	struct jitter_packet q;
	bool next = jitter_peek(&p->jitter, &q);
	if (p->mode == PLAYOUT_TALK && next && is_silent(p, &q))
		stop_talk(p);
	if (p->mode == PLAYOUT_PAUSE) {
		plc_conceal(&p->plc, pcm, n);
		return n;
	}
	int64_t hole = next ? hole_before(p, &q) : (int64_t)n;
	n = hole > 0 && hole < (int64_t)n ? (size_t)hole : n;
	plc_conceal(&p->plc, pcm, n);
	p->stats.concealed_us += in_us(p, n);
	if (next)
		p->play += (int64_t)n;
	else
		await(p, n);
	return n;
}

static size_t talk(struct playout *p, int16_t *pcm, int64_t at_us)
{
	size_t n = step(p), done = 0;
	fill(p, n);
	adapt(p, at_us);
	while (done < n) {
		fill(p, n - done);
		if (p->held == 0 && p->mode == PLAYOUT_TALK)
			make_up_by_decoder(p);
		if (p->held == 0)
			done += make_up(p, pcm + done, n - done);
		else
			done += take(p, pcm + done, n - done);
	}
	return n;
}

/* The packet begins a stretch of talk. */
static void begin(struct playout *p, const struct jitter_packet *q)
{
	unsigned khz = codec_info(q->pt)->rate_khz;
	if (khz != p->khz)
		set_rate(p, khz);
	int64_t at = place(p, q->ts);
	p->mode = PLAYOUT_TALK;
	p->play = p->known && p->play > at ? p->play : at;
	p->known = true;
	p->last_seq = (uint16_t)(q->seq - 1);
}

static bool over(const struct playout *p, const struct jitter_packet *q)
{
	return p->known && place(p, q->ts) + (int64_t)samples_of(p, q) <= p->play;
}

static bool next_begins(struct playout *p, int64_t at_us)
{
	struct jitter_packet q;
	while (jitter_peek(&p->jitter, &q)) {
		if (q.pt != PLAYOUT_NOISE && over(p, &q)) {
			drop(p, &p->stats.late);
			continue;
		}
		if (delay_of(p, q.ts, at_us) < target_us(p))
			return false;
		if (q.pt != PLAYOUT_NOISE) {
			begin(p, &q);
			return true;
		}
		take_noise(p, &q);
	}
	return false;
}

static void add(int16_t *pcm, const int16_t *more, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int32_t v = pcm[i] + more[i];
		pcm[i] = (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
	}
}

/* What was said last fades away, over the background when it is known. */
static size_t background(struct playout *p, int16_t *pcm)
{
	int16_t noise[PLAYOUT_STEP_MAX];
	size_t n = step(p);
	bool fading = !plc_faded(&p->plc);
	bool audible = p->noise && cng_generate(&p->cng, noise, n);
	if (fading)
		plc_conceal(&p->plc, pcm, n);
	if (fading && audible)
		add(pcm, noise, n);
	else if (audible)
		memcpy(pcm, noise, n * sizeof(*pcm));
	return fading || audible ? n : 0;
}

/* ------------------------------------------------------------------------ steps */

static void follow_stream(struct playout *p)
{
	if (p->epoch == p->jitter.epoch)
		return;
	p->epoch = p->jitter.epoch;
	p->mode = PLAYOUT_PAUSE;
	p->known = p->noise = false;
	p->held = 0;
	p->waited = 0;
}

/* After a stall of the network, or when nobody listened: go on near the target at once. */
static void catch_up(struct playout *p, int64_t at_us)
{
	struct jitter_packet q;
	if (!jitter_peek(&p->jitter, &q) || delay_of(p, q.ts, at_us) < target_us(p) + SKIP_US)
		return;
	while (jitter_peek(&p->jitter, &q) && delay_of(p, q.ts, at_us) > target_us(p) + HIGH_US)
		drop(p, &p->stats.dropped);
	plc_cut(&p->plc);
	stop_talk(p);
}

size_t playout_get(struct playout *p, int16_t pcm[PLAYOUT_STEP_MAX], int64_t at_us)
{
	follow_stream(p);
	catch_up(p, at_us);
	if (p->mode == PLAYOUT_PAUSE && !next_begins(p, at_us))
		return background(p, pcm);
	size_t n = talk(p, pcm, at_us);
	int64_t delay = delay_now(p, at_us + PLAYOUT_STEP_MS * 1000) - (int64_t)in_us(p, p->waited);
	p->stats.delay_ms = delay > 0 ? (uint32_t)(delay / 1000) : 0;
	p->stats.target_ms = p->jitter.delay.target_ms;
	return n;
}
