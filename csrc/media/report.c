/** report.c  RTCP of a leg: a report every 5 s on average (RFC 3550 6.2, the fixed minimum of a session of two). */
#include <stdio.h>
#include <sys/socket.h>

#include "media/address.h"
#include "media/coder.h"
#include "media/engine.h"
#include "media/measure.h"
#include "rtp/rtcp.h"
#include "rtp/srtp.h"

enum { INTERVAL_MS = 5000, JITTER_UNIT_US = 125 };

/* Of the moment that is worked at. */
static uint64_t ntp_at(const struct worker *w)
{
	uint64_t now = media_now(w->media);
	return rtcp_ntp(clock_real() - (now > w->now ? now - w->now : 0));
}

/* SDP's RTCP address unless the audio comes from another host (NAT): then the port above the audio's. */
static bool report_address(const struct leg *leg, struct net_addr *out)
{
	const struct net_addr *rtp = latch_target(&leg->latch);
	if (!address_usable(rtp))
		return false;
	*out = *rtp;
	if (leg->rtcp_mux)
		return true;
	out->port++;
	if (address_usable(&leg->sdp_rtcp) && address_same_host(rtp, &leg->sdp_rtcp))
		*out = leg->sdp_rtcp;
	return out->port != 0;
}

static void fill_block(struct worker *w, struct leg *leg, struct rtcp_report *block)
{
	rtp_source_report(&leg->rx, block);
	block->lsr = leg->peer_lsr;
	block->dlsr = leg->peer_lsr ? (uint32_t)(((w->now - leg->peer_lsr_at) << 16) / 1000000000u) : 0;
}

void leg_report(struct worker *w, struct leg *leg, bool bye)
{
	struct net_addr to;
	struct sockaddr_storage sa;
	struct rtcp_report block;
	struct xr_voip voip;
	struct xr_summary summary;
	uint8_t packet[RTCP_MAX + SRTP_TAIL];
	char cname[40];
	/* 6.2: a random factor of 0.5 to 1.5 keeps many legs from reporting in step. */
	leg->report_due = w->now + (INTERVAL_MS / 2 + worker_random(w) % INTERVAL_MS) * NS_PER_MS;
	if (!report_address(leg, &to))
		return;
	snprintf(cname, sizeof(cname), "%08x%08x@switchroom", leg->tx.ssrc ^ 0x5a5a5a5au, leg->stats.local_port);
	struct rtcp_compose c = {.ssrc = leg->tx.ssrc,
				 .sender = (uint32_t)leg->stats.tx_packets != leg->report_packets,
				 .ntp = ntp_at(w),
				 .ts = rtp_sender_clock(&leg->tx, w->now),
				 .packets = (uint32_t)leg->stats.tx_packets,
				 .octets = (uint32_t)leg->stats.tx_bytes,
				 .cname = cname,
				 .bye = bye};
	leg->report_packets = (uint32_t)leg->stats.tx_packets;
	if (leg->rx.started) {
		fill_block(w, leg, &block);
		c.report = &block;
	}
	if (leg->measure && measure_xr(leg, &voip, &summary)) {
		c.voip = &voip;
		c.summary = &summary;
	}
	size_t n = rtcp_compose(packet, &c);
	if (!leg_seal(leg, packet, &n, true)) {
		leg->stats.tx_errors++;
		return;
	}
	int fd = leg->rtcp_mux ? leg->rtp_fd : leg->rtcp_fd;
	socklen_t len = address_to_kernel(&sa, &to);
	if (sendto(fd, packet, n, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&sa, len) < 0)
		leg->stats.tx_errors++;
}

static void note_report(struct leg *leg, const struct rtcp_report *r, uint32_t rtt)
{
	leg->stats.remote_lost = r->lost > 0 ? (uint32_t)r->lost : 0;
	leg->stats.remote_jitter_us =
		r->jitter > UINT32_MAX / JITTER_UNIT_US ? UINT32_MAX : r->jitter * JITTER_UNIT_US / leg->speed;
	if (leg->coder)
		encoder_loss(leg->coder->encoder, r->fraction);
	if (rtt)
		leg->stats.rtt_us = rtt;
}

void leg_report_received(struct worker *w, struct leg *leg, const uint8_t *data, size_t n)
{
	struct rtcp_view v;
	if (rtcp_parse(&v, data, n, leg->tx.ssrc)) {
		leg->stats.rx_bad++;
		return;
	}
	if (v.has_sr) {
		leg->peer_lsr = v.sr_lsr;
		leg->peer_lsr_at = w->now;
	}
	uint32_t rtt = v.has_report ? rtcp_round_trip(&v.report, ntp_at(w)) : 0;
	if (v.has_report)
		note_report(leg, &v.report, rtt);
	if (leg->measure)
		measure_report(leg, &v, rtt);
}
