/** sdp_crypto.h  a=crypto of SDP security descriptions (RFC 4568 9.1): keys for SRTP inside the description.
 *
 *  A line that we cannot or will not use is no error of the description: it is passed over (5.1.2), so that a peer may
 *  offer suites and parameters we do not know beside one we do. Passed over are: unknown suites, keys of another length
 *  than the suite's, several keys or a master key identifier (our packets carry none), lifetimes out of range, and
 *  mandatory session parameters other than WSH. */
#ifndef SIP_SDP_CRYPTO_H
#define SIP_SDP_CRYPTO_H

#include "base/str.h"
#include "sip/build.h"

enum { SDP_TAG_MAX = 999999999 }; /* 1 to 9 digits */

struct sdp_crypto {
	uint32_t tag;
	uint8_t suite;	   /* enum srtp_suite */
	struct str base64; /* of the key; a view */
};
/** `line`: what follows "a=crypto:". false: not for us. */
bool sdp_crypto_parse(struct sdp_crypto *out, struct str line);
/** The key of a line that was parsed. */
bool sdp_crypto_key(const struct sdp_crypto *c, struct srtp_key *out);
/** "a=crypto:TAG SUITE inline:KEY", end of line. */
void sdp_crypto_put(struct build *b, uint32_t tag, const struct srtp_key *key);

#endif
