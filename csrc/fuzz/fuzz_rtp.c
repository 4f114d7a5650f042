/** fuzz_rtp.c  Datagrams of one stream through everything that looks at them: header, order, jitter, events,
 *  placing, renumbering. Input: records of { length, milliseconds passed, bytes }. */
#include <stdlib.h>
#include <string.h>

#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "rtp/sender.h"
#include "rtp/seq.h"
#include "rtp/stats.h"
#include "rtp/telephone_event.h"
#include "rtp/timeline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct chain {
	struct rtp_source source;
	struct rtp_sender sender;
	struct te_receiver events;
	struct timeline line;
	uint64_t now, heard;
};

static void require(int holds)
{
	if (!holds)
		abort();
}

static void on_event(struct chain *c, const struct rtp_packet *p)
{
	struct te_digit d[2];
	unsigned n = te_receive(&c->events, p->payload, p->n, p->ts, c->now, d);
	require(n <= 2);
	for (unsigned i = 0; i < n; i++)
		require(d[i].event < TE_DIGITS && d[i].ms <= 8192);
}

static void on_audio(struct chain *c, const struct rtp_packet *p)
{
	static const struct timeline_limits limits = {.early = 4000, .late = 12000, .late_run = 25};
	int64_t at, arrival = (int64_t)(c->now / 125000);
	rtp_source_jitter(&c->source, p->ts, (uint32_t)arrival);
	if (timeline_place(&c->line, &limits, c->source.epoch, p->ts, arrival, &at))
		require(at - arrival <= limits.early && arrival - at <= limits.late);
}

static void on_packet(struct chain *c, const uint8_t *data, size_t n)
{
	struct rtp_packet p, out;
	(void)rtp_is_rtcp(data, n);
	if (rtp_parse(&p, data, n))
		return;
	require(p.payload >= data + RTP_HEADER && p.payload + p.n <= data + n);
	enum rtp_order order = rtp_source_put(&c->source, p.ssrc, p.seq);
	require(c->source.received <= ++c->heard && rtp_source_lost(&c->source) <= c->heard << 16);
	if (order == RTP_JUMP || order == RTP_DUPLICATE)
		return;
	if (p.pt == 101)
		on_event(c, &p);
	else
		on_audio(c, &p);
	out = p;
	uint64_t from = 2 + c->source.epoch;
	if (p.pt == 13)
		rtp_sender_skip(&c->sender, from, p.seq);
	else if (p.pt == 14)
		rtp_sender_generate(&c->sender, &out, 160, c->now);
	else if (rtp_sender_forward(&c->sender, from, &out, (uint32_t)p.n, c->now))
		require(out.ssrc == 77 && !seq_before(c->sender.seq, out.seq));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chain c = {0};
	struct rtcp_report report;
	struct te_digit d;
	rtp_sender_init(&c.sender, 77, 65000, 0xffff0000);
	while (size >= 2) {
		size_t n = data[0] < size - 2 ? data[0] : size - 2;
		c.now += (uint64_t)data[1] * 1000000;
		uint8_t *copy = malloc(n ? n : 1); /* its end is guarded by the sanitizer */
		require(copy != NULL);
		memcpy(copy, data + 2, n);
		on_packet(&c, copy, n);
		free(copy);
		if (te_timeout(&c.events, c.now, &d))
			require(d.event < TE_DIGITS);
		data += 2 + n;
		size -= 2 + n;
	}
	rtp_source_report(&c.source, &report);
	return 0;
}
