/** digest.c  Challenge in, answer out (RFC 7616 3.3, 3.4; RFC 3261 22.4). */
#include "sip/digest.h"

#include <errno.h>
#include <openssl/evp.h>

#include "sip/build.h"
#include "sip/chars.h"

/* -------------------------------------------------------------- challenge */

/* `item` in a comma- or space-separated list, without regard to case. */
static bool list_has(struct str list, struct str item)
{
	const char *p = list.p, *end = list.n ? p + list.n : p;
	while (p < end) {
		const char *q = p;
		while (q < end && *q != ',' && !ch_is(*q, CH_WS))
			q++;
		if (str_ieq(ch_span(p, q), item))
			return true;
		p = q < end ? q + 1 : end;
	}
	return false;
}

static int take(struct digest_challenge *c, struct str name, struct str value)
{
	if (str_ieq(name, STR("realm"))) {
		c->realm = value;
	} else if (str_ieq(name, STR("nonce"))) {
		c->nonce = value;
	} else if (str_ieq(name, STR("opaque"))) {
		c->opaque = value;
	} else if (str_ieq(name, STR("domain"))) {
		c->domain = value;
	} else if (str_ieq(name, STR("stale"))) {
		c->stale = str_ieq(value, STR("true"));
	} else if (str_ieq(name, STR("qop"))) {
		c->has_qop = true;
		c->qop_auth = list_has(value, STR("auth"));
	} else if (str_ieq(name, STR("algorithm"))) {
		if (str_ieq(value, STR("SHA-256")))
			c->alg = DIGEST_SHA256;
		else if (!str_ieq(value, STR("MD5")))
			return -ENOTSUP;
	}
	return 0;
}

/* name = value, the value unquoted but with its escapes. Moves *p behind it and the white space after. */
static bool pair(const char **p, const char *end, struct str *name, struct str *value)
{
	const char *q = ch_skip(*p, end, CH_TOKEN);
	*name = ch_span(*p, q);
	q = ch_skip(q, end, CH_WS);
	if (name->n == 0 || q == end || *q != '=')
		return false;
	*p = ch_skip(q + 1, end, CH_WS);
	if (*p < end && **p == '"') {
		q = ch_quoted(*p, end);
		if (!q)
			return false;
		*value = ch_span(*p + 1, q - 1);
	} else {
		q = ch_skip(*p, end, CH_VALUE);
		*value = ch_span(*p, q);
		if (value->n == 0)
			return false;
	}
	*p = ch_skip(q, end, CH_WS);
	return true;
}

int digest_challenge_parse(struct digest_challenge *c, struct str value)
{
	*c = (struct digest_challenge){.alg = DIGEST_MD5};
	if (value.n == 0)
		return -EBADMSG;
	const char *p = value.p, *end = p + value.n, *scheme = ch_skip(p, end, CH_TOKEN);
	bool foreign = !str_ieq(ch_span(p, scheme), STR("Digest"));
	struct str name, text;
	int rc = 0;
	if (scheme == p || scheme == end || !ch_is(*scheme, CH_WS))
		return -EBADMSG;
	if (foreign)
		return -ENOTSUP;
	for (p = ch_skip(scheme, end, CH_WS); p < end; p = ch_skip(p + 1, end, CH_WS)) {
		if (*p == ',') /* an empty element is legal (RFC 9110 5.6.1) */
			continue;
		if (!pair(&p, end, &name, &text) || (p < end && *p != ','))
			return -EBADMSG;
		if (rc == 0)
			rc = take(c, name, text);
		if (p == end)
			break;
	}
	if (!c->realm.p || c->nonce.n == 0)
		return -EBADMSG;
	return rc == 0 && c->has_qop && !c->qop_auth ? -ENOTSUP : rc;
}

/* ----------------------------------------------------------------- hashes */

enum { HEX_MAX = 64 }; /* of SHA-256 */

struct hash {
	EVP_MD_CTX *ctx;
	bool failed;
};

static void hash_start(struct hash *h, enum digest_alg alg)
{
	h->failed = !h->ctx || !EVP_DigestInit_ex(h->ctx, alg == DIGEST_MD5 ? EVP_md5() : EVP_sha256(), NULL);
}

static void hash_put(struct hash *h, struct str s)
{
	if (!h->failed && s.n)
		h->failed = !EVP_DigestUpdate(h->ctx, s.p, s.n);
}

/* What a quoted string means: each quoted pair is the character behind the backslash. */
static void hash_put_unquoted(struct hash *h, struct str s)
{
	size_t from = 0;
	for (size_t i = 0; i + 1 < s.n; i++) {
		if (s.p[i] != '\\')
			continue;
		hash_put(h, (struct str){s.p + from, i - from});
		from = ++i;
	}
	hash_put(h, str_from(s, from));
}

/* Lower-case hex of the hash. Returns its length, 0 when the library failed. */
static size_t hash_end(struct hash *h, char hex[HEX_MAX])
{
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	if (h->failed || !EVP_DigestFinal_ex(h->ctx, raw, &n) || n * 2 > HEX_MAX) {
		h->failed = true;
		return 0;
	}
	for (unsigned i = 0; i < n; i++) {
		hex[2 * i] = "0123456789abcdef"[raw[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[raw[i] & 15];
	}
	return 2u * n;
}

/* ----------------------------------------------------------------- answer */

struct credentials {
	struct str username, password, method, uri, cnonce;
	char nc[8];
};

/* response = H(H(user:realm:password) : nonce [: nc : cnonce : auth] : H(method:uri)) */
static size_t response(struct hash *h, const struct digest_challenge *c, const struct credentials *k, char hex[HEX_MAX])
{
	char a1[HEX_MAX], a2[HEX_MAX];
	hash_start(h, c->alg);
	hash_put(h, k->username);
	hash_put(h, STR(":"));
	hash_put_unquoted(h, c->realm);
	hash_put(h, STR(":"));
	hash_put(h, k->password);
	size_t n = hash_end(h, a1);

	hash_start(h, c->alg);
	hash_put(h, k->method);
	hash_put(h, STR(":"));
	hash_put(h, k->uri);
	if (hash_end(h, a2) != n || n == 0)
		return 0;

	hash_start(h, c->alg);
	hash_put(h, (struct str){a1, n});
	hash_put(h, STR(":"));
	hash_put_unquoted(h, c->nonce);
	if (c->has_qop) {
		hash_put(h, STR(":"));
		hash_put(h, (struct str){k->nc, sizeof k->nc});
		hash_put(h, STR(":"));
		hash_put(h, k->cnonce);
		hash_put(h, STR(":auth"));
	}
	hash_put(h, STR(":"));
	hash_put(h, (struct str){a2, n});
	return hash_end(h, hex);
}

/* `escaped`: it comes from a quoted string and has its backslashes already. */
static void put_quoted(struct build *b, const char *key, struct str s, bool escaped)
{
	build_lit(b, key);
	build_lit(b, "=\"");
	for (size_t i = 0; i < s.n; i++) {
		if (!escaped && (s.p[i] == '"' || s.p[i] == '\\'))
			build_lit(b, "\\");
		build_str(b, (struct str){s.p + i, 1});
	}
	build_lit(b, "\"");
}

static void put_answer(struct build *b, const struct digest_challenge *c, const struct credentials *k, struct str hex)
{
	put_quoted(b, "Digest username", k->username, false);
	put_quoted(b, ", realm", c->realm, true);
	put_quoted(b, ", nonce", c->nonce, true);
	put_quoted(b, ", uri", k->uri, false);
	put_quoted(b, ", response", hex, true);
	build_lit(b, c->alg == DIGEST_MD5 ? ", algorithm=MD5" : ", algorithm=SHA-256");
	if (c->opaque.p)
		put_quoted(b, ", opaque", c->opaque, true);
	if (!c->has_qop)
		return;
	put_quoted(b, ", cnonce", k->cnonce, false);
	build_lit(b, ", qop=auth, nc=");
	build_str(b, (struct str){k->nc, sizeof k->nc});
}

/* No control character may reach a header line. */
static bool printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

int digest_answer(const struct digest_challenge *c, struct str username, struct str password, struct str method,
		  struct str uri, struct str cnonce, uint32_t nc, char *out, size_t cap)
{
	struct credentials k = {
		.username = username, .password = password, .method = method, .uri = uri, .cnonce = cnonce};
	struct build b;
	char hex[HEX_MAX];
	if (!printable(username) || !printable(uri) || !printable(cnonce) || (c->has_qop && (cnonce.n == 0 || nc == 0)))
		return -EINVAL;
	build_init(&b, k.nc, sizeof k.nc);
	build_hex(&b, nc, sizeof k.nc);

	struct hash h = {EVP_MD_CTX_new(), false};
	size_t n = response(&h, c, &k, hex);
	EVP_MD_CTX_free(h.ctx);
	if (n == 0)
		return -EIO;
	build_init(&b, out, cap < INT32_MAX ? cap : INT32_MAX);
	put_answer(&b, c, &k, (struct str){hex, n});
	return build_ok(&b) ? (int)b.n : -ENOBUFS;
}
