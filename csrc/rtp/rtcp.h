/** rtcp.h  RTCP sender and receiver reports, CNAME, BYE (RFC 3550 section 6), extended reports (RFC 3611). Parsing takes
 *  hostile bytes. */
#ifndef RTP_RTCP_H
#define RTP_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtp/xr.h"

/** One report block (6.4.1). lost is signed 24 bits; jitter in timestamp units; dlsr in 1/65536 s. */
struct rtcp_report {
	uint32_t ssrc;
	uint8_t fraction;
	int32_t lost;
	uint32_t highest, jitter, lsr, dlsr;
};

/** What a compound packet said. Of several report blocks only the one about `about` is kept. */
struct rtcp_view {
	uint32_t sender; /* SSRC of the first report */
	bool has_sr, has_report, has_xr, bye;
	uint32_t sr_lsr; /* middle 32 bits of the SR's NTP time: what we give back as LSR */
	struct rtcp_report report;
	struct xr_view xr; /* about `about` too */
};
/** -EBADMSG: not a valid compound packet (A.2), nothing of it shall be used. */
int rtcp_parse(struct rtcp_view *v, const uint8_t *data, size_t n, uint32_t about);

struct rtcp_compose {
	uint32_t ssrc;
	bool sender;  /* SR, else RR */
	uint64_t ntp; /* 32.32 seconds since 1900, SR only */
	uint32_t ts, packets, octets;
	const struct rtcp_report *report; /* NULL: none */
	const char *cname;		  /* at most 64 characters are used */
	const struct xr_voip *voip;	  /* NULL: none */
	const struct xr_summary *summary; /* NULL: none */
	bool bye;
};
enum { RTCP_MAX = 28 + 24 + 84 + XR_MAX + 8 };
/** Report, SDES with CNAME, extended report and BYE when asked. Returns the length. */
size_t rtcp_compose(uint8_t out[RTCP_MAX], const struct rtcp_compose *c);

/** Round trip in microseconds from a report block that came at `ntp` (6.4.1); 0: unknown. */
uint32_t rtcp_round_trip(const struct rtcp_report *r, uint64_t ntp);
/** NTP time of a Unix time in nanoseconds. */
uint64_t rtcp_ntp(uint64_t unix_ns);

#endif
