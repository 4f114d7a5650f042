/** telephone_event.c  RFC 4733 events in and out. */
#include "rtp/telephone_event.h"

#include "rtp/packet.h"
#include "rtp/seq.h"

enum { VOLUME_DBM0 = 10 }; /* 2.3.3: -10 dBm0, the level tones are commonly sent at */

static void tell(struct te_receiver *r, struct te_digit *out)
{
	out->event = r->event;
	out->ms = r->duration / RTP_CLOCK_KHZ;
	r->open = false;
}

unsigned te_receive(struct te_receiver *r, const uint8_t *payload, size_t n, uint32_t ts, uint64_t now,
		    struct te_digit out[2])
{
	unsigned ended = 0;
	if (n < TE_PAYLOAD || payload[0] >= TE_DIGITS)
		return 0;
	bool end = payload[1] >> 7;
	uint16_t duration = get_be16(payload + 2);
	if (r->known && ts_before(ts, r->ts))
		return 0; /* late packet of an event already closed */
	if (!r->known || ts != r->ts) {
		if (r->open)
			tell(r, &out[ended++]);
		*r = (struct te_receiver){.known = true, .open = true, .event = payload[0], .ts = ts};
	}
	if (!r->open)
		return ended;
	if (duration > r->duration)
		r->duration = duration;
	r->last_at = now;
	if (end)
		tell(r, &out[ended++]);
	return ended;
}

bool te_timeout(struct te_receiver *r, uint64_t now, struct te_digit *out)
{
	if (!r->open || now - r->last_at < (uint64_t)TE_TIMEOUT_MS * 1000000)
		return false;
	tell(r, out);
	return true;
}

void te_payload(uint8_t out[TE_PAYLOAD], unsigned event, bool end, uint16_t duration)
{
	out[0] = (uint8_t)event;
	out[1] = (uint8_t)((end ? 0x80 : 0) | VOLUME_DBM0);
	put_be16(out + 2, duration);
}
