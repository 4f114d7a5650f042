/** call_srtp.c  Keys of a call by SDP security descriptions (RFC 4568): offered, agreed on, kept, wiped.
 *
 *  What an SDP of theirs would bring is staged in the core until the SDP counts (a re-INVITE may still be refused);
 *  call_take_media() makes it the call's. Once a call is encrypted it stays so: from then on its policy is `required`. */
#include <errno.h>

#include "sip/call.h"

/* Most preferred first: GCM costs a fourth of AES-CM with HMAC-SHA1, which is what every peer has (RFC 4568 6.2.1).
 * All others are taken when a peer offers them. Two lines keep an INVITE below a packet of the network. */
static const uint8_t offered[CALL_SRTP_OFFERS] = {SRTP_AEAD_AES_128_GCM, SRTP_AES_CM_128_HMAC_SHA1_80};

static unsigned policy_of(const struct sip_call *k, const struct sip_local *local)
{
	return k && k->srtp && k->srtp->active ? SRTP_POLICY_REQUIRED : local->srtp;
}

static int open_keys(struct sip_core *c, struct sip_call *k)
{
	if (k->srtp)
		return 0;
	c->slab.wipe = true; /* messages and texts with keys in them */
	k->srtp = slab_alloc(&c->slab, sizeof(*k->srtp));
	if (!k->srtp) {
		c->stats.no_buffers++;
		return -ENOBUFS;
	}
	*k->srtp = (struct call_srtp){0};
	return 0;
}

void call_srtp_free(struct sip_core *c, struct sip_call *k)
{
	slab_free(&c->slab, k->srtp); /* wipes */
	k->srtp = NULL;
}

/* -------------------------------------------------------------------- offers */

/* An offer of a call that is encrypted repeats its key, so that the peer changes nothing (7.1.4). */
static int make_offer(struct call_srtp *s)
{
	if (s->active) {
		s->offer[0] = s->now.tx;
		s->noffer = 1;
		return 0;
	}
	if (s->noffer)
		return 0; /* the same INVITE again, with credentials */
	for (unsigned i = 0; i < CALL_SRTP_OFFERS; i++)
		if (srtp_key_make(&s->offer[i], offered[i]) != 0)
			return -EIO;
	s->noffer = CALL_SRTP_OFFERS;
	return 0;
}

int call_srtp_offer(struct sip_core *c, struct sip_call *k, const struct sip_local *local, struct sdp_secure *out)
{
	unsigned policy = policy_of(k, local);
	*out = (struct sdp_secure){0};
	if (policy == SRTP_POLICY_OFF)
		return 0;
	int err = open_keys(c, k);
	err = err ? err : make_offer(k->srtp);
	if (err)
		return err;
	if (!k->srtp->active) /* optional: what a peer without SRTP reads is an ordinary offer */
		k->srtp->savp = policy == SRTP_POLICY_REQUIRED;
	*out = (struct sdp_secure){.savp = k->srtp->savp, .tag = 1, .n = k->srtp->noffer, .key = k->srtp->offer};
	return 0;
}

/* ----------------------------------------------------------------- agreement */

/* Our answer's key: the one in use when it fits the suite, else a fresh one. */
static int stage_own_key(struct sip_core *c, const struct sip_call *k, uint8_t suite)
{
	if (k && k->srtp && k->srtp->active && k->srtp->now.tx.suite == suite) {
		c->staged.keys.tx = k->srtp->now.tx;
		return 0;
	}
	return srtp_key_make(&c->staged.keys.tx, suite);
}

/* Their offer: the first line that we can use. */
static int take_offer(struct sip_core *c, const struct sip_call *k, const struct sdp *sdp)
{
	const struct sdp_crypto *line = &sdp->crypto[0];
	c->staged.tag = line->tag;
	c->staged.savp = sdp->savp;
	return sdp_crypto_key(line, &c->staged.keys.rx) ? stage_own_key(c, k, line->suite) : -EPROTO;
}

/* Their answer: the line with a tag and suite that we offered. */
static int take_answer(struct sip_core *c, const struct sip_call *k, const struct sdp *sdp)
{
	const struct call_srtp *s = k->srtp;
	for (unsigned i = 0; s && i < sdp->ncrypto; i++) {
		const struct sdp_crypto *line = &sdp->crypto[i];
		if (line->tag == 0 || line->tag > s->noffer || s->offer[line->tag - 1].suite != line->suite)
			continue;
		c->staged.tag = line->tag;
		c->staged.savp = s->savp;
		c->staged.keys.tx = s->offer[line->tag - 1];
		return sdp_crypto_key(line, &c->staged.keys.rx) ? 0 : -EPROTO;
	}
	return -EPROTO;
}

int call_srtp_agree(struct sip_core *c, struct sip_call *k, const struct sdp *sdp, const struct sip_local *local,
		    enum call_sdp_role role, struct sip_media *out)
{
	unsigned policy = policy_of(k, local);
	srtp_key_wipe(&c->staged.keys.rx);
	srtp_key_wipe(&c->staged.keys.tx);
	c->staged.secure = false;
	int err = -EPROTO;
	if (policy != SRTP_POLICY_OFF && sdp->ncrypto)
		err = role == CALL_SDP_ANSWER ? take_answer(c, k, sdp) : take_offer(c, k, sdp);
	if (err) /* in clear, where they and we allow it */
		return policy == SRTP_POLICY_REQUIRED || sdp->savp ? -EPROTO : 0;
	if (k && open_keys(c, k) != 0)
		return -EPROTO;
	c->staged.secure = true;
	out->srtp = c->staged.keys.rx.suite;
	return 0;
}

void call_take_media(struct sip_core *c, struct sip_call *k, const struct sip_media *media)
{
	if (c->staged.secure) {
		struct call_srtp *s = k->srtp;
		if (!s->active || !srtp_key_eq(&s->now.rx, &c->staged.keys.rx) ||
		    !srtp_key_eq(&s->now.tx, &c->staged.keys.tx))
			s->serial++;
		s->now = c->staged.keys;
		s->savp = c->staged.savp;
		s->active = true;
	}
	k->media = *media;
	k->media.srtp_serial = k->srtp ? k->srtp->serial : 0;
}

int sip_call_srtp(const struct sip_core *c, uint64_t call, struct srtp_keys *out)
{
	const struct sip_call *k = call_get(c, call);
	if (!k)
		return -ENOENT;
	if (!k->srtp || !k->srtp->active)
		return -EPROTO;
	*out = k->srtp->now;
	return 0;
}
