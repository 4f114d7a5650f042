/** stats.c  RFC 3550 appendix A.1 (validity), A.3 (loss), A.8 (jitter), with a window that tells late from twice. */
#include "rtp/stats.h"

#include "rtp/rtcp.h"
#include "rtp/seq.h"

enum { MAX_DROPOUT = 3000, MAX_MISORDER = 100, NO_BAD_SEQ = 1 << 16, WINDOW = 64 };

static uint64_t expected(const struct rtp_source *s)
{
	return s->started ? (uint64_t)s->cycles + s->max_seq - s->base_seq + 1 : 0;
}

static uint64_t lost_now(const struct rtp_source *s)
{
	uint64_t want = expected(s);
	return want > s->received ? want - s->received : 0;
}

static void restart(struct rtp_source *s, uint32_t ssrc, uint16_t seq)
{
	s->lost_before += lost_now(s);
	if (s->started && s->ssrc != ssrc)
		s->ssrc_changes++;
	s->started = true;
	s->epoch++;
	s->ssrc = ssrc;
	s->base_seq = s->max_seq = seq;
	s->cycles = 0;
	s->bad_seq = NO_BAD_SEQ;
	s->seen = 1;
	s->received = 1;
	s->expected_prior = s->received_prior = 0;
	s->transit_known = false;
}

static enum rtp_order put_newer(struct rtp_source *s, uint16_t seq, unsigned ahead)
{
	if (seq < s->max_seq)
		s->cycles += 1u << 16;
	s->max_seq = seq;
	s->seen = ahead < WINDOW ? s->seen << ahead | 1 : 1;
	s->received++;
	return RTP_NEXT;
}

static enum rtp_order put_older(struct rtp_source *s, unsigned behind)
{
	if (behind >= WINDOW || s->seen >> behind & 1) {
		s->duplicates++;
		return RTP_DUPLICATE;
	}
	s->seen |= 1ull << behind;
	s->reordered++;
	/* From before the first packet: it was never expected, so it does not count as received either. */
	if (expected(s) > behind)
		s->received++;
	return RTP_REORDERED;
}

enum rtp_order rtp_source_put(struct rtp_source *s, uint32_t ssrc, uint16_t seq)
{
	if (!s->started || ssrc != s->ssrc) {
		restart(s, ssrc, seq);
		return RTP_NEXT;
	}
	unsigned ahead = (uint16_t)(seq - s->max_seq);
	if (ahead != 0 && ahead < MAX_DROPOUT)
		return put_newer(s, seq, ahead);
	if (ahead == 0 || ahead > (1 << 16) - MAX_MISORDER)
		return put_older(s, (uint16_t)(s->max_seq - seq));
	if (seq == s->bad_seq) {
		restart(s, ssrc, seq);
		return RTP_NEXT;
	}
	s->bad_seq = (uint16_t)(seq + 1);
	return RTP_JUMP;
}

void rtp_source_jitter(struct rtp_source *s, uint32_t ts, uint32_t arrival)
{
	uint32_t transit = arrival - ts;
	int32_t d = ts_diff(transit, s->transit);
	s->transit = transit;
	if (!s->transit_known) {
		s->transit_known = true;
		return;
	}
	uint32_t step = d < 0 ? 0u - (uint32_t)d : (uint32_t)d;
	if (step > 1u << 20) /* the sender's clock jumped by minutes: no statement about the network */
		return;
	s->jitter += step - ((s->jitter + 8) >> 4);
}

uint64_t rtp_source_lost(const struct rtp_source *s)
{
	return s->lost_before + lost_now(s);
}

void rtp_source_report(struct rtp_source *s, struct rtcp_report *out)
{
	uint64_t want = expected(s);
	uint64_t want_now = want - s->expected_prior;
	uint64_t got_now = s->received - s->received_prior;
	uint64_t lost = lost_now(s);
	s->expected_prior = want;
	s->received_prior = s->received;
	out->ssrc = s->ssrc;
	out->fraction = (uint8_t)(want_now > got_now ? ((want_now - got_now) << 8) / want_now : 0);
	out->lost = (int32_t)(lost > 0x7fffff ? 0x7fffff : lost);
	out->highest = s->cycles + s->max_seq;
	out->jitter = s->jitter >> 4;
}
