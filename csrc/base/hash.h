/** hash.h  Keyed hashing (SipHash-1-3, Aumasson and Bernstein 2012) and a chained table of precomputed keys.
 *  Keys come from a secret, so that nobody outside can aim at one chain. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/str.h"

struct hash128 {
	uint64_t lo, hi;
};

/** Incremental: init, any number of parts, end. hash_part() marks where a part ends, so that "ab","c" and
 *  "a","bc" differ. */
struct hash_state {
	uint64_t v[4], tail;
	uint64_t n;
};
void hash_init(struct hash_state *h, const uint64_t secret[2]);
void hash_part(struct hash_state *h, struct str s);
void hash_word(struct hash_state *h, uint64_t w);
struct hash128 hash_end(struct hash_state *h);
/** The n-th value of a pseudo-random stream that only the owner of `secret` can predict. */
uint64_t hash_random(const uint64_t secret[2], uint64_t n);

/** Nodes live in the caller's objects. Several nodes may have one key: walk them with hash_next(). */
struct hash_node {
	struct hash_node *next;
	uint64_t key;
};
struct hash_table {
	struct hash_node **bucket;
	uint64_t mask;
};
int hash_table_init(struct hash_table *t, uint64_t expected);
void hash_table_free(struct hash_table *t);
void hash_put(struct hash_table *t, struct hash_node *n, uint64_t key);
void hash_remove(struct hash_table *t, struct hash_node *n); /* must be in the table */
struct hash_node *hash_find(const struct hash_table *t, uint64_t key);
struct hash_node *hash_next(const struct hash_node *n); /* the next of the same key */

#endif
