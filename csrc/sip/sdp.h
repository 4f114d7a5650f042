/** sdp.h  The SDP a telephone needs: one audio stream. Sources: RFC 4566/8866, 3264, 4733, 3605, 4568,
 *  5761.
 *
 *  Hostile input gives -EBADMSG with a reason, never a partial result. Media sections beyond the first usable
 *  audio one are remembered only by count and kind, so that an answer can refuse them with port 0. */
#ifndef SIP_SDP_H
#define SIP_SDP_H

#include "base/str.h"
#include "sip/build.h"
#include "sip/sdp_crypto.h"

enum { SDP_MEDIA_MAX = 8, SDP_PT_MAX = 32, SDP_CRYPTO_MAX = 8 };
enum { SDP_AVP = 1, SDP_SAVP = 2 }; /* profiles */
/* What our offers call what has no static payload type; telephone-event at 8 kHz is sip_local.te_pt. */
enum { SDP_OWN_OPUS = 111, SDP_OWN_TE_WIDE = 110 };

struct sdp_media_line { /* one m= line, for echoing it in the answer */
	struct str kind, proto, formats;
	uint16_t port;
};

struct sdp {
	struct str session_id, session_version, timing; /* of o= and t=: an answer repeats t= (RFC 3264 6) */
	unsigned nmedia;
	int audio; /* index of the audio line in use, -1: none usable */
	struct sdp_media_line media[SDP_MEDIA_MAX];
	/* of the audio line: */
	struct net_addr rtp, rtcp; /* rtcp from a=rtcp, else rtp port + 1; 0.0.0.0 means hold: see dir */
	uint8_t npt;
	uint8_t pt[SDP_PT_MAX];	      /* payload types in order of preference */
	uint8_t codec[SDP_PT_MAX];    /* enum codec of each, CODEC_NONE when unknown (rtpmap and static types) */
	uint8_t play_khz[SDP_PT_MAX]; /* maxplaybackrate of each, 0: not said (RFC 7587) */
	bool fec[SDP_PT_MAX];	      /* useinbandfec */
	uint8_t te_pt;		      /* telephone-event at 8 kHz, 255: none */
	uint8_t te_wide_pt;	      /* at 48 kHz, which is what goes with Opus (RFC 4733 2.1) */
	uint8_t dir;		      /* enum media_dir as THEY wrote it, their side */
	uint8_t ptime_ms;	      /* 20 by default; clamped to 10..60 */
	bool rtcp_mux;
	bool savp;	 /* RTP/SAVP: not without a key */
	uint8_t ncrypto; /* lines that we can use, preferred first */
	struct sdp_crypto crypto[SDP_CRYPTO_MAX];
	const char *why;
};

int sdp_parse(struct sdp *s, struct str text);
/** The audio line in use is the first of one of these profiles; of SDP_AVP for sdp_parse(). */
int sdp_parse_as(struct sdp *s, struct str text, unsigned profiles);

/** Keys for an offer or answer of ours: lines with tags from `tag` on. n 0: in clear. */
struct sdp_secure {
	bool savp; /* of an offer; an answer repeats the profile */
	uint32_t tag;
	unsigned n;
	const struct srtp_key *key;
};

/** What we agree on, seen from our side: the first of THEIR codecs that is in `local` (answerer follows the
 *  offerer's order), mirrored direction (their sendonly is our recvonly; c=0.0.0.0 means we may not send).
 *  -EPROTO: nothing in common (488). */
int sdp_agree(const struct sdp *s, const struct sip_local *local, struct sip_media *out);

/** Our offer. `id` and `version` go into o=. `keys` NULL: in clear. */
void sdp_offer(struct build *b, const struct sip_local *local, const struct sdp_secure *keys, uint64_t id,
	       uint64_t version);
/** Our answer to `offer`: every m= line answered in order, others refused with port 0 (RFC 3264 6); only agreed
 *  codecs; their payload type numbers. `agreed` from sdp_agree(). */
void sdp_answer(struct build *b, const struct sdp *offer, const struct sip_media *agreed, const struct sip_local *local,
		const struct sdp_secure *keys, uint64_t id, uint64_t version);

#endif
