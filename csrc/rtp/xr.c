/** xr.c  Extended report blocks. */
#include "rtp/xr.h"

#include <errno.h>
#include <string.h>

#include "rtp/packet.h"

enum {
	PT_XR = 207,
	BT_SUMMARY = 6,
	BT_VOIP = 7,
	HAS_LOSS = 0x80,
	HAS_DUPLICATES = 0x40,
	HAS_JITTER = 0x20 /* flags of the summary's type byte, 4.6 */
};

static void read_voip(struct xr_voip *v, const uint8_t *b)
{
	*v = (struct xr_voip){.ssrc = get_be32(b + 4),
			      .loss_rate = b[8],
			      .discard_rate = b[9],
			      .burst_density = b[10],
			      .gap_density = b[11],
			      .burst_ms = get_be16(b + 12),
			      .gap_ms = get_be16(b + 14),
			      .round_trip_ms = get_be16(b + 16),
			      .end_system_ms = get_be16(b + 18),
			      .signal_dbm0 = (int8_t)b[20],
			      .noise_dbm0 = (int8_t)b[21],
			      .rerl_db = b[22],
			      .gmin = b[23],
			      .r_factor = b[24],
			      .ext_r_factor = b[25],
			      .mos_lq = b[26],
			      .mos_cq = b[27],
			      .config = b[28],
			      .jb_nominal_ms = get_be16(b + 30),
			      .jb_max_ms = get_be16(b + 32),
			      .jb_abs_max_ms = get_be16(b + 34)};
}

static void read_summary(struct xr_summary *s, const uint8_t *b)
{
	*s = (struct xr_summary){.ssrc = get_be32(b + 4), .begin_seq = get_be16(b + 8), .end_seq = get_be16(b + 10)};
	if (b[1] & HAS_LOSS)
		s->lost = get_be32(b + 12);
	if (b[1] & HAS_DUPLICATES)
		s->duplicates = get_be32(b + 16);
	if (b[1] & HAS_JITTER) {
		s->jitter_min = get_be32(b + 20);
		s->jitter_max = get_be32(b + 24);
		s->jitter_mean = get_be32(b + 28);
		s->jitter_dev = get_be32(b + 32);
	}
}

static int read_block(struct xr_view *v, const uint8_t *b, size_t n, uint32_t about)
{
	if ((b[0] == BT_VOIP && n != XR_VOIP) || (b[0] == BT_SUMMARY && n != XR_SUMMARY))
		return -EBADMSG;
	if ((b[0] != BT_VOIP && b[0] != BT_SUMMARY) || get_be32(b + 4) != about)
		return 0;
	if (b[0] == BT_VOIP) {
		read_voip(&v->voip, b);
		v->has_voip = true;
	} else {
		read_summary(&v->summary, b);
		v->has_summary = true;
	}
	return 0;
}

int xr_parse(struct xr_view *out, const uint8_t *p, size_t n, uint32_t about)
{
	struct xr_view v = *out;
	if (n < 8 || p[0] >> 6 != 2 || p[1] != PT_XR || ((size_t)get_be16(p + 2) + 1) * 4 != n)
		return -EBADMSG;
	for (size_t at = 8; at < n;) { /* n and at are multiples of 4, so a block's header is inside */
		size_t len = ((size_t)get_be16(p + at + 2) + 1) * 4;
		if (len > n - at || read_block(&v, p + at, len, about))
			return -EBADMSG;
		at += len;
	}
	*out = v;
	return 0;
}

static void write_voip(uint8_t *b, const struct xr_voip *v)
{
	put_be32(b, (uint32_t)BT_VOIP << 24 | (XR_VOIP / 4 - 1));
	put_be32(b + 4, v->ssrc);
	b[8] = v->loss_rate;
	b[9] = v->discard_rate;
	b[10] = v->burst_density;
	b[11] = v->gap_density;
	put_be16(b + 12, v->burst_ms);
	put_be16(b + 14, v->gap_ms);
	put_be16(b + 16, v->round_trip_ms);
	put_be16(b + 18, v->end_system_ms);
	b[20] = (uint8_t)v->signal_dbm0;
	b[21] = (uint8_t)v->noise_dbm0;
	b[22] = v->rerl_db;
	b[23] = v->gmin;
	b[24] = v->r_factor;
	b[25] = v->ext_r_factor;
	b[26] = v->mos_lq;
	b[27] = v->mos_cq;
	b[28] = v->config;
	b[29] = 0;
	put_be16(b + 30, v->jb_nominal_ms);
	put_be16(b + 32, v->jb_max_ms);
	put_be16(b + 34, v->jb_abs_max_ms);
}

static void write_summary(uint8_t *b, const struct xr_summary *s)
{
	put_be32(b, (uint32_t)BT_SUMMARY << 24 | (uint32_t)(HAS_LOSS | HAS_DUPLICATES | HAS_JITTER) << 16 |
			    (XR_SUMMARY / 4 - 1));
	put_be32(b + 4, s->ssrc);
	put_be16(b + 8, s->begin_seq);
	put_be16(b + 10, s->end_seq);
	put_be32(b + 12, s->lost);
	put_be32(b + 16, s->duplicates);
	put_be32(b + 20, s->jitter_min);
	put_be32(b + 24, s->jitter_max);
	put_be32(b + 28, s->jitter_mean);
	put_be32(b + 32, s->jitter_dev);
	put_be32(b + 36, 0); /* TTL: not looked at */
}

size_t xr_compose(uint8_t out[XR_MAX], uint32_t ssrc, const struct xr_voip *voip, const struct xr_summary *summary)
{
	size_t n = 8;
	if (summary) {
		write_summary(out + n, summary);
		n += XR_SUMMARY;
	}
	if (voip) {
		write_voip(out + n, voip);
		n += XR_VOIP;
	}
	put_be32(out, 0x80u << 24 | (uint32_t)PT_XR << 16 | (uint32_t)(n / 4 - 1));
	put_be32(out + 4, ssrc);
	return n;
}
