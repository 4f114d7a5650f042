/** sdp_format.h  Payload types and what they stand for: a=rtpmap and a=fmtp, read and written. Private to sdp*.c.
 *  Sources: RFC 8866 6.6 and 6.15, RFC 4733 2.4 (events), RFC 7587 6 and 7 (Opus). */
#ifndef SIP_SDP_FORMAT_H
#define SIP_SDP_FORMAT_H

#include "sip/sdp.h"

/** "101 telephone-event/8000" resp. "111 useinbandfec=1", behind the colon. Payload types that m= does not name are
 *  passed over; parameters of other codecs too. NULL, or what is wrong. */
const char *sdp_rtpmap(struct sdp *s, struct str value);
const char *sdp_fmtp(struct sdp *s, struct str value);
/** A word that is a number of 0-127, off the front of `rest`. */
bool sdp_payload_type(struct str *rest, unsigned *out);

/** The payload type that an offer of ours has for a codec. */
uint8_t sdp_own_pt(uint8_t codec);

/** An m=audio line and its maps. te_pt and te_wide_pt: 255 for none. */
struct sdp_formats {
	uint8_t n, te_pt, te_wide_pt;
	uint8_t codec[4], pt[4];
	struct str profile; /* RTP/AVP and the like */
};
void sdp_put_formats(struct build *b, const struct sdp_formats *f, uint16_t port);

#endif
