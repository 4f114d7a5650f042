/** packet.c  RTP header, in and out. */
#include "rtp/packet.h"

#include <errno.h>

/* Length of header, CSRCs and extension; 0: does not fit into n. */
static size_t header_length(const uint8_t *data, size_t n)
{
	size_t at = RTP_HEADER + (size_t)(data[0] & 15) * 4;
	if (at > n)
		return 0;
	if (data[0] & 0x10) {
		if (n - at < 4)
			return 0;
		at += 4 + (size_t)get_be16(data + at + 2) * 4;
	}
	return at > n ? 0 : at;
}

int rtp_parse(struct rtp_packet *p, const uint8_t *data, size_t n)
{
	if (n < RTP_HEADER || data[0] >> 6 != 2)
		return -EBADMSG;
	size_t at = header_length(data, n);
	if (at == 0)
		return -EBADMSG;
	size_t padding = 0;
	if (data[0] & 0x20) {
		padding = n > at ? data[n - 1] : 0;
		if (padding == 0 || padding > n - at)
			return -EBADMSG;
	}
	p->marker = data[1] >> 7;
	p->pt = data[1] & 127;
	p->seq = get_be16(data + 2);
	p->ts = get_be32(data + 4);
	p->ssrc = get_be32(data + 8);
	p->payload = data + at;
	p->n = n - at - padding;
	return 0;
}

void rtp_header(uint8_t out[RTP_HEADER], const struct rtp_packet *p)
{
	out[0] = 0x80;
	out[1] = (uint8_t)((p->marker ? 0x80 : 0) | (p->pt & 127));
	put_be16(out + 2, p->seq);
	put_be32(out + 4, p->ts);
	put_be32(out + 8, p->ssrc);
}

bool rtp_is_rtcp(const uint8_t *data, size_t n)
{
	return n >= 8 && data[0] >> 6 == 2 && data[1] >= 192 && data[1] <= 223;
}
