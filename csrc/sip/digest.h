/** digest.h  HTTP digest for SIP: client answers, server challenges come later. RFC 3261 22, 7616, 8760.
 *  MD5 and SHA-256 through libcrypto; qop=auth or none. */
#ifndef SIP_DIGEST_H
#define SIP_DIGEST_H

#include "base/str.h"

enum digest_alg { DIGEST_MD5, DIGEST_SHA256 };

struct digest_challenge {
	struct str realm, nonce, opaque, domain;
	enum digest_alg alg;
	bool qop_auth; /* qop lists auth */
	bool has_qop;
	bool stale;
};
/** Parse one WWW-/Proxy-Authenticate value (views into it; quoted values keep their escapes). Other schemes are
 *  -ENOTSUP. -EBADMSG: grammar, or no realm/nonce; -ENOTSUP: unknown algorithm or a
 *  qop without auth (try the next header, RFC 8760 2.4: topmost supported wins). */
int digest_challenge_parse(struct digest_challenge *c, struct str value);

/** Write the value of (Proxy-)Authorization to `out`. `cnonce`: 8-32 hex characters are good, any printable text is
 *  taken; nc from 1. The hash is over what quoted strings mean, without their backslashes. Returns length, or
 *  -ENOBUFS; -EINVAL: a control character, or no cnonce or nc where qop asks for them; -EIO when libcrypto refuses. */
int digest_answer(const struct digest_challenge *c, struct str username, struct str password, struct str method,
		  struct str uri, struct str cnonce, uint32_t nc, char *out, size_t cap);

#endif
