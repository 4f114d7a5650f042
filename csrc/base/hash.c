/** hash.c  SipHash-1-3 with 128-bit output, and the table. */
#include "base/hash.h"

#include <errno.h>

#include "base/mem.h"

static uint64_t rotl(uint64_t x, unsigned b)
{
	return x << b | x >> (64 - b);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static void absorb(struct hash_state *h, uint64_t w)
{
	h->v[3] ^= w;
	sip_round(h->v);
	h->v[0] ^= w;
}

void hash_init(struct hash_state *h, const uint64_t secret[2])
{
	*h = (struct hash_state){{secret[0] ^ 0x736f6d6570736575u, secret[1] ^ 0x646f72616e646f6du ^ 0xee,
				  secret[0] ^ 0x6c7967656e657261u, secret[1] ^ 0x7465646279746573u},
				 0,
				 0};
}

static void absorb_byte(struct hash_state *h, uint8_t b)
{
	h->tail |= (uint64_t)b << (8 * (h->n & 7));
	h->n++;
	if ((h->n & 7) == 0) {
		absorb(h, h->tail);
		h->tail = 0;
	}
}

void hash_word(struct hash_state *h, uint64_t w)
{
	unsigned at = 8 * (unsigned)(h->n & 7);
	h->tail |= w << at;
	absorb(h, h->tail);
	h->tail = at ? w >> (64 - at) : 0;
	h->n += 8;
}

void hash_part(struct hash_state *h, struct str s)
{
	size_t i = 0;
	for (; i + 8 <= s.n; i += 8) {
		uint64_t w;
		memcpy(&w, s.p + i, 8);
		hash_word(h, w);
	}
	for (; i < s.n; i++)
		absorb_byte(h, (uint8_t)s.p[i]);
	hash_word(h, s.n);
}

struct hash128 hash_end(struct hash_state *h)
{
	struct hash128 out;
	absorb(h, h->tail | h->n << 56);
	h->v[2] ^= 0xee;
	for (int i = 0; i < 3; i++)
		sip_round(h->v);
	out.lo = h->v[0] ^ h->v[1] ^ h->v[2] ^ h->v[3];
	h->v[1] ^= 0xdd;
	for (int i = 0; i < 3; i++)
		sip_round(h->v);
	out.hi = h->v[0] ^ h->v[1] ^ h->v[2] ^ h->v[3];
	return out;
}

uint64_t hash_random(const uint64_t secret[2], uint64_t n)
{
	struct hash_state h;
	hash_init(&h, secret);
	hash_word(&h, n);
	return hash_end(&h).lo;
}

int hash_table_init(struct hash_table *t, uint64_t expected)
{
	uint64_t n = 16;
	while (n < expected)
		n *= 2;
	*t = (struct hash_table){mem_zalloc_array(n, sizeof(*t->bucket)), n - 1};
	return t->bucket ? 0 : -ENOMEM;
}

void hash_table_free(struct hash_table *t)
{
	mem_free(t->bucket);
	*t = (struct hash_table){0};
}

void hash_put(struct hash_table *t, struct hash_node *n, uint64_t key)
{
	struct hash_node **b = &t->bucket[key & t->mask];
	n->key = key;
	n->next = *b;
	*b = n;
}

void hash_remove(struct hash_table *t, struct hash_node *n)
{
	struct hash_node **at = &t->bucket[n->key & t->mask];
	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
}

struct hash_node *hash_find(const struct hash_table *t, uint64_t key)
{
	struct hash_node *n = t->bucket[key & t->mask];
	while (n && n->key != key)
		n = n->next;
	return n;
}

struct hash_node *hash_next(const struct hash_node *n)
{
	uint64_t key = n->key;
	do
		n = n->next;
	while (n && n->key != key);
	return (struct hash_node *)(uintptr_t)n;
}
