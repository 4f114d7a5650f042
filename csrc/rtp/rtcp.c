/** rtcp.c  Compound RTCP packets. */
#include "rtp/rtcp.h"

#include <errno.h>
#include <string.h>

#include "rtp/packet.h"

enum {
	PT_SR = 200,
	PT_RR = 201,
	PT_SDES = 202,
	PT_BYE = 203,
	PT_XR = 207,
	BLOCK = 24,
	SENDER_INFO = 20,
	CNAME_MAX = 64
};

static int32_t get_signed24(const uint8_t *p)
{
	int32_t v = p[0] << 16 | p[1] << 8 | p[2];
	return v >= 1 << 23 ? v - (1 << 24) : v;
}

static void read_block(struct rtcp_view *v, const uint8_t *b, uint32_t about)
{
	if (get_be32(b) != about)
		return;
	v->has_report = true;
	v->report = (struct rtcp_report){.ssrc = get_be32(b),
					 .fraction = b[4],
					 .lost = get_signed24(b + 5),
					 .highest = get_be32(b + 8),
					 .jitter = get_be32(b + 12),
					 .lsr = get_be32(b + 16),
					 .dlsr = get_be32(b + 20)};
}

/* One SR or RR of `n` bytes, header included. */
static int read_report(struct rtcp_view *v, const uint8_t *p, size_t n, uint32_t about)
{
	bool sr = p[1] == PT_SR;
	size_t at = 8 + (sr ? SENDER_INFO : 0);
	size_t blocks = p[0] & 31;
	if (n < at + blocks * BLOCK)
		return -EBADMSG;
	if (sr && !v->has_sr) {
		v->has_sr = true;
		v->sr_lsr = get_be32(p + 8) << 16 | get_be32(p + 12) >> 16;
	}
	for (size_t i = 0; i < blocks; i++)
		read_block(v, p + at + i * BLOCK, about);
	return 0;
}

int rtcp_parse(struct rtcp_view *v, const uint8_t *data, size_t n, uint32_t about)
{
	memset(v, 0, sizeof(*v));
	/* A.2: version 2, no padding in the first packet, and the first packet is a report. */
	if (n < 8 || data[0] >> 5 != 4 || (data[1] != PT_SR && data[1] != PT_RR))
		return -EBADMSG;
	v->sender = get_be32(data + 4);
	for (size_t at = 0; at < n;) {
		const uint8_t *p = data + at;
		if (n - at < 4 || p[0] >> 6 != 2)
			return -EBADMSG;
		size_t len = ((size_t)get_be16(p + 2) + 1) * 4;
		if (len > n - at)
			return -EBADMSG;
		if (p[1] == PT_SR || p[1] == PT_RR) {
			if (len < 8 || read_report(v, p, len, about))
				return -EBADMSG;
		}
		if (p[1] == PT_XR) {
			if (xr_parse(&v->xr, p, len, about))
				return -EBADMSG;
			v->has_xr = true;
		}
		if (p[1] == PT_BYE)
			v->bye = true;
		at += len;
	}
	return 0;
}

static void write_block(uint8_t *b, const struct rtcp_report *r)
{
	put_be32(b, r->ssrc);
	put_be32(b + 4, (uint32_t)r->fraction << 24 | ((uint32_t)r->lost & 0xffffff));
	put_be32(b + 8, r->highest);
	put_be32(b + 12, r->jitter);
	put_be32(b + 16, r->lsr);
	put_be32(b + 20, r->dlsr);
}

static void write_head(uint8_t *p, unsigned count, unsigned pt, size_t bytes)
{
	p[0] = (uint8_t)(0x80 | count);
	p[1] = (uint8_t)pt;
	put_be16(p + 2, (uint32_t)(bytes / 4 - 1));
}

static size_t write_report(uint8_t *p, const struct rtcp_compose *c)
{
	size_t n = 8;
	put_be32(p + 4, c->ssrc);
	if (c->sender) {
		put_be32(p + 8, (uint32_t)(c->ntp >> 32));
		put_be32(p + 12, (uint32_t)c->ntp);
		put_be32(p + 16, c->ts);
		put_be32(p + 20, c->packets);
		put_be32(p + 24, c->octets);
		n += SENDER_INFO;
	}
	if (c->report) {
		write_block(p + n, c->report);
		n += BLOCK;
	}
	write_head(p, c->report ? 1 : 0, c->sender ? PT_SR : PT_RR, n);
	return n;
}

static size_t write_cname(uint8_t *p, const struct rtcp_compose *c)
{
	size_t len = strnlen(c->cname, CNAME_MAX);
	size_t n = (10 + len + 1 + 3) / 4 * 4; /* at least one zero byte ends the chunk */
	memset(p, 0, n);
	write_head(p, 1, PT_SDES, n);
	put_be32(p + 4, c->ssrc);
	p[8] = 1; /* CNAME */
	p[9] = (uint8_t)len;
	memcpy(p + 10, c->cname, len);
	return n;
}

size_t rtcp_compose(uint8_t out[RTCP_MAX], const struct rtcp_compose *c)
{
	size_t n = write_report(out, c);
	n += write_cname(out + n, c);
	if (c->voip || c->summary)
		n += xr_compose(out + n, c->ssrc, c->voip, c->summary);
	if (c->bye) {
		write_head(out + n, 1, PT_BYE, 8);
		put_be32(out + n + 4, c->ssrc);
		n += 8;
	}
	return n;
}

uint32_t rtcp_round_trip(const struct rtcp_report *r, uint64_t ntp)
{
	if (r->lsr == 0)
		return 0;
	uint32_t rtt = (uint32_t)(ntp >> 16) - r->lsr - r->dlsr; /* 1/65536 s */
	if (rtt > 60u << 16) /* negative or absurd: clocks stepped, or a forged report */
		return 0;
	return (uint32_t)((uint64_t)rtt * 1000000 >> 16);
}

uint64_t rtcp_ntp(uint64_t unix_ns)
{
	uint64_t s = unix_ns / 1000000000u + 2208988800u;
	uint64_t ns = unix_ns % 1000000000u;
	return s << 32 | (ns << 32) / 1000000000u;
}
