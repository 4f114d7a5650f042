/** packet.h  RTP packets on the wire (RFC 3550 5.1). */
#ifndef RTP_PACKET_H
#define RTP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RTP_HEADER = 12, RTP_CLOCK_KHZ = 8 };

struct rtp_packet {
	uint8_t pt;
	bool marker;
	uint16_t seq;
	uint32_t ts, ssrc;
	const uint8_t *payload; /* view into the datagram, at least RTP_HEADER bytes after its start */
	size_t n;
};
/** Hostile bytes allowed. CSRCs, header extension and padding are skipped. -EBADMSG. */
int rtp_parse(struct rtp_packet *p, const uint8_t *data, size_t n);
/** The 12-byte header of `p` (payload and n are not looked at). */
void rtp_header(uint8_t out[RTP_HEADER], const struct rtp_packet *p);
/** RTCP on the RTP port: second byte 192-223 (RFC 5761 section 4). */
bool rtp_is_rtcp(const uint8_t *data, size_t n);

static inline void put_be16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void put_be32(uint8_t *p, uint32_t v)
{
	put_be16(p, v >> 16);
	put_be16(p + 2, v);
}

static inline uint16_t get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get_be32(const uint8_t *p)
{
	return (uint32_t)get_be16(p) << 16 | get_be16(p + 2);
}

#endif
