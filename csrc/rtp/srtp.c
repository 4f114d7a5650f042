/** srtp.c  libsrtp2 behind our interface. */
#include "rtp/srtp.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <srtp2/srtp.h>
#include <string.h>

#include "base/mem.h"
#include "rtp/packet.h"

enum { RTCP_HEADER = 8 };

static const struct {
	const char *name;
	size_t bytes;
} suites[] = {
#define X(id, text, octets) [SRTP_##id] = {text, octets},
	[SRTP_NONE] = {"", 0}, SRTP_SUITES(X)
#undef X
};

const char *srtp_suite_name(unsigned suite)
{
	return suite < SRTP_SUITE_COUNT ? suites[suite].name : "";
}

size_t srtp_suite_bytes(unsigned suite)
{
	return suite < SRTP_SUITE_COUNT ? suites[suite].bytes : 0;
}

int srtp_key_make(struct srtp_key *out, unsigned suite)
{
	memset(out, 0, sizeof(*out));
	size_t n = srtp_suite_bytes(suite);
	if (n == 0)
		return -EINVAL;
	if (RAND_priv_bytes(out->octets, (int)n) != 1)
		return -EIO;
	out->suite = (uint8_t)suite;
	return 0;
}

void srtp_key_wipe(struct srtp_key *key)
{
	OPENSSL_cleanse(key, sizeof(*key));
}

bool srtp_key_eq(const struct srtp_key *a, const struct srtp_key *b)
{
	return a->suite == b->suite && CRYPTO_memcmp(a->octets, b->octets, srtp_suite_bytes(a->suite)) == 0;
}

/* ---------------------------------------------------------------- the library */

static srtp_err_status_t started = srtp_err_status_init_fail;

static void start_library(void)
{
	started = srtp_init();
}

/* libsrtp wants one start per process; it is never shut down, since another engine may be using it. */
static bool library_works(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, start_library);
	return started == srtp_err_status_ok;
}

/* RFC 4568 6.2: the short tag of _32 is for RTP only. */
static bool set_policy(srtp_policy_t *p, unsigned suite)
{
	switch ((enum srtp_suite)suite) {
	case SRTP_AES_CM_128_HMAC_SHA1_80:
		srtp_crypto_policy_set_rtp_default(&p->rtp);
		srtp_crypto_policy_set_rtcp_default(&p->rtcp);
		return true;
	case SRTP_AES_CM_128_HMAC_SHA1_32:
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&p->rtp);
		srtp_crypto_policy_set_rtcp_default(&p->rtcp);
		return true;
	case SRTP_AES_256_CM_HMAC_SHA1_80:
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&p->rtp);
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&p->rtcp);
		return true;
	case SRTP_AEAD_AES_128_GCM:
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtp);
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtcp);
		return true;
	case SRTP_AEAD_AES_256_GCM:
		srtp_crypto_policy_set_aes_gcm_256_16_auth(&p->rtp);
		srtp_crypto_policy_set_aes_gcm_256_16_auth(&p->rtcp);
		return true;
	case SRTP_NONE:
	case SRTP_SUITE_COUNT:
		break;
	}
	return false;
}

static int make(struct srtp_way **out, const struct srtp_key *key, srtp_ssrc_t ssrc)
{
	srtp_policy_t p;
	memset(&p, 0, sizeof(p));
	if (!set_policy(&p, key->suite))
		return -EINVAL;
	if (!library_works())
		return -EIO;
	struct srtp_way *w = mem_zalloc(sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->key = *key;
	p.key = w->key.octets;
	p.ssrc = ssrc;
	p.window_size = SRTP_WINDOW;
	srtp_err_status_t err = srtp_create(&w->session, &p);
	if (err == srtp_err_status_ok) {
		*out = w;
		return 0;
	}
	w->session = NULL;
	srtp_way_free(w);
	return err == srtp_err_status_alloc_fail ? -ENOMEM : -EIO;
}

int srtp_way_sender(struct srtp_way **out, const struct srtp_key *key, uint32_t ssrc)
{
	return make(out, key, (srtp_ssrc_t){.type = ssrc_specific, .value = ssrc});
}

int srtp_way_receiver(struct srtp_way **out, const struct srtp_key *key)
{
	return make(out, key, (srtp_ssrc_t){.type = ssrc_any_inbound});
}

void srtp_way_free(struct srtp_way *w)
{
	if (!w)
		return;
	if (w->session)
		(void)srtp_dealloc(w->session);
	srtp_key_wipe(&w->key);
	mem_free(w);
}

bool srtp_way_uses(const struct srtp_way *w, const struct srtp_key *key)
{
	return srtp_key_eq(&w->key, key);
}

/* ------------------------------------------------------------------- packets */

static int result(srtp_err_status_t err)
{
	switch (err) {
	case srtp_err_status_ok:
		return 0;
	case srtp_err_status_replay_fail:
	case srtp_err_status_replay_old:
	case srtp_err_status_pkt_idx_old:
		return -EALREADY;
	case srtp_err_status_auth_fail:
	case srtp_err_status_cipher_fail:
	case srtp_err_status_key_expired:
		return -EACCES;
	default:
		return -EBADMSG;
	}
}

typedef srtp_err_status_t (*change_h)(srtp_t session, void *data, int *length);

static int change(const struct srtp_way *w, change_h how, uint8_t *data, size_t *n)
{
	int length = (int)*n;
	int err = result(how(w->session, data, &length));
	if (!err)
		*n = (size_t)length;
	return err;
}

int srtp_way_seal(struct srtp_way *w, uint8_t *data, size_t *n)
{
	return change(w, srtp_protect, data, n);
}

int srtp_way_seal_rtcp(struct srtp_way *w, uint8_t *data, size_t *n)
{
	return change(w, srtp_protect_rtcp, data, n);
}

static bool is_known(const struct srtp_way *w, uint32_t ssrc)
{
	for (unsigned i = 0; i < w->sources; i++)
		if (w->source[i] == ssrc)
			return true;
	return false;
}

static int open_as(struct srtp_way *w, change_h how, uint32_t ssrc, uint8_t *data, size_t *n)
{
	bool known = is_known(w, ssrc);
	if (!known && w->sources == SRTP_SOURCES)
		return -ENOSPC;
	int err = change(w, how, data, n);
	if (!err && !known)
		w->source[w->sources++] = ssrc;
	return err;
}

int srtp_way_open(struct srtp_way *w, uint8_t *data, size_t *n)
{
	if (*n < RTP_HEADER || data[0] >> 6 != 2)
		return -EBADMSG;
	return open_as(w, srtp_unprotect, get_be32(data + 8), data, n);
}

int srtp_way_open_rtcp(struct srtp_way *w, uint8_t *data, size_t *n)
{
	if (*n < RTCP_HEADER || data[0] >> 6 != 2)
		return -EBADMSG;
	return open_as(w, srtp_unprotect_rtcp, get_be32(data + 4), data, n);
}
