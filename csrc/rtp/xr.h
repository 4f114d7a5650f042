/** xr.h  RTCP extended reports (RFC 3611): the VoIP metrics block (4.7) and the statistics summary block (4.6).
 *  Other blocks are stepped over. Parsing takes hostile bytes. */
#ifndef RTP_XR_H
#define RTP_XR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { XR_UNKNOWN = 127, XR_VOIP = 36, XR_SUMMARY = 40, XR_MAX = 8 + XR_VOIP + XR_SUMMARY };

/** Rates and densities are fractions of 256, durations and delays ms, levels dBm0 (XR_UNKNOWN: not known), R 0-100,
 *  MOS in tenths; config is the byte of 4.7.6. */
struct xr_voip {
	uint32_t ssrc;
	uint8_t loss_rate, discard_rate, burst_density, gap_density;
	uint16_t burst_ms, gap_ms, round_trip_ms, end_system_ms;
	int8_t signal_dbm0, noise_dbm0;
	uint8_t rerl_db, gmin, r_factor, ext_r_factor, mos_lq, mos_cq, config;
	uint8_t reserved; /* 0; so that the struct has no hole and compares as bytes */
	uint16_t jb_nominal_ms, jb_max_ms, jb_abs_max_ms;
};

/** Sequence numbers [begin, end); jitter in timestamp units. Fields that the sender left out are 0. */
struct xr_summary {
	uint32_t ssrc;
	uint16_t begin_seq, end_seq;
	uint32_t lost, duplicates;
	uint32_t jitter_min, jitter_max, jitter_mean, jitter_dev;
};

struct xr_view {
	bool has_voip, has_summary;
	struct xr_voip voip;
	struct xr_summary summary;
};
/** One XR packet of `n` bytes, header included. Of several blocks about `about` the last counts. -EBADMSG: a block
 *  leaves the packet, or one of ours has another length than RFC 3611 gives it; `v` is then as it was. */
int xr_parse(struct xr_view *v, const uint8_t *p, size_t n, uint32_t about);
/** `voip`, `summary`: NULL to leave out. Returns the length. */
size_t xr_compose(uint8_t out[XR_MAX], uint32_t ssrc, const struct xr_voip *voip, const struct xr_summary *summary);

#endif
