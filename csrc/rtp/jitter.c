/** jitter.c  Reordering. Few packets are held at a time, so the one to be played first is searched for. */
#include "rtp/jitter.h"

#include <string.h>

#include "rtp/seq.h"

enum {
	WINDOW = 64,		/* sequence numbers remembered */
	SEQ_AHEAD_MAX = 3000,	/* RFC 3550 A.1: MAX_DROPOUT */
	PLAUSIBLE_US = 1000000, /* a timestamp that contradicts the arrival by more is no jitter */
	STRAYS = 2		/* in a row: the stream has started afresh */
};

void jitter_init(struct jitter *j, unsigned clock_khz)
{
	memset(j, 0, offsetof(struct jitter, bytes));
	j->clock_khz = (uint8_t)clock_khz;
	delay_init(&j->delay);
}

static int64_t media_us(const struct jitter *j, int64_t ts)
{
	return ts * 1000 / j->clock_khz;
}

int64_t jitter_due_us(const struct jitter *j, int64_t ts)
{
	return j->delay.base_us + media_us(j, ts);
}

static void start(struct jitter *j, const struct rtp_packet *p)
{
	j->epoch++;
	j->started = true;
	j->strays = 0;
	j->ssrc = p->ssrc;
	j->newest_seq = p->seq;
	j->newest_ts = p->ts;
	j->newest = p->ts;
	j->seen = 0;
	j->used = 0;
	j->delay.known = false; /* what is known of the network's jitter stays */
}

/* A packet may be late or early by arrival only within reason: senders restart their clocks, and skip silence. */
static bool plausible(const struct jitter *j, const struct rtp_packet *p, int64_t now_us)
{
	int ahead = seq_diff(p->seq, j->newest_seq);
	if (ahead > SEQ_AHEAD_MAX || ahead <= -SEQ_AHEAD_MAX)
		return false;
	int64_t off = now_us - jitter_due_us(j, j->newest + ts_diff(p->ts, j->newest_ts));
	return off < PLAUSIBLE_US && off > -PLAUSIBLE_US;
}

static bool see(struct jitter *j, uint16_t seq)
{
	int ahead = seq_diff(seq, j->newest_seq);
	if (ahead > 0) {
		j->seen = ahead < WINDOW ? j->seen << ahead : 0;
		j->newest_seq = seq;
		ahead = 0;
	}
	if (-ahead >= WINDOW || j->seen >> -ahead & 1)
		return false;
	j->seen |= 1ull << -ahead;
	return true;
}

static int64_t unwrap(struct jitter *j, uint32_t ts)
{
	int64_t at = j->newest + ts_diff(ts, j->newest_ts);
	if (at > j->newest) {
		j->newest = at;
		j->newest_ts = ts;
	}
	return at;
}

static unsigned first(const struct jitter *j)
{
	unsigned best = JITTER_SLOTS;
	for (uint64_t left = j->used; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzll(left);
		const struct jitter_slot *s = &j->slot[i];
		if (best == JITTER_SLOTS || s->ts < j->slot[best].ts ||
		    (s->ts == j->slot[best].ts && seq_before(s->seq, j->slot[best].seq)))
			best = i;
	}
	return best;
}

static void give_way(struct jitter *j, unsigned i)
{
	j->used &= ~(1ull << i);
	j->overflow++;
}

/* The ring of bytes is written round and round; a packet whose bytes are about to be overwritten goes. */
static uint32_t reserve(struct jitter *j, uint32_t n)
{
	uint32_t room = JITTER_BYTES - j->written % JITTER_BYTES;
	if (room < n)
		j->written += room;
	uint32_t at = j->written;
	j->written += n;
	for (uint64_t left = j->used; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzll(left);
		if (j->written - j->slot[i].at > JITTER_BYTES)
			give_way(j, i);
	}
	if (j->used == UINT64_MAX)
		give_way(j, first(j));
	return at;
}

static void keep(struct jitter *j, const struct rtp_packet *p, int64_t ts)
{
	uint32_t at = reserve(j, (uint32_t)p->n);
	unsigned i = (unsigned)__builtin_ctzll(~j->used);
	j->slot[i] = (struct jitter_slot){
		.ts = ts, .at = at, .n = (uint16_t)p->n, .seq = p->seq, .pt = p->pt, .marker = p->marker};
	memcpy(j->bytes + at % JITTER_BYTES, p->payload, p->n);
	j->used |= 1ull << i;
}

enum jitter_put jitter_put(struct jitter *j, const struct rtp_packet *p, bool counts, int64_t now_us)
{
	if (p->n == 0 || p->n > JITTER_PAYLOAD_MAX)
		return JITTER_UNFIT;
	if (!j->started || p->ssrc != j->ssrc) {
		start(j, p);
	} else if (j->delay.known && !plausible(j, p, now_us)) {
		if (++j->strays < STRAYS)
			return JITTER_STRAY;
		start(j, p);
	}
	j->strays = 0;
	if (!see(j, p->seq))
		return JITTER_DUPLICATE;
	int64_t ts = unwrap(j, p->ts);
	if (counts || !j->delay.known)
		delay_put(&j->delay, media_us(j, ts), now_us);
	keep(j, p, ts);
	return JITTER_KEPT;
}

bool jitter_peek(const struct jitter *j, struct jitter_packet *out)
{
	unsigned i = first(j);
	if (i == JITTER_SLOTS)
		return false;
	const struct jitter_slot *s = &j->slot[i];
	*out = (struct jitter_packet){.ts = s->ts,
				      .seq = s->seq,
				      .pt = s->pt,
				      .marker = s->marker,
				      .payload = j->bytes + s->at % JITTER_BYTES,
				      .n = s->n};
	return true;
}

void jitter_pop(struct jitter *j)
{
	unsigned i = first(j);
	if (i < JITTER_SLOTS)
		j->used &= ~(1ull << i);
}

unsigned jitter_held(const struct jitter *j)
{
	return (unsigned)__builtin_popcountll(j->used);
}
