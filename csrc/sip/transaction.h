/** transaction.h  The four transaction machines: RFC 3261 17.1, 17.2 with the Accepted states of RFC 6026.
 *  A transaction frees itself; others hold its handle. The user of a transaction hears of responses and of its
 *  end by timeout through user_response() and user_timeout() of dispatch.c. Private to sip/. */
#ifndef SIP_TRANSACTION_H
#define SIP_TRANSACTION_H

#include "sip/core.h"

enum sip_txn_kind { TXN_INVITE_CLIENT, TXN_CLIENT, TXN_INVITE_SERVER, TXN_SERVER };
enum sip_txn_state { TXN_CALLING, TXN_PROCEEDING, TXN_COMPLETED, TXN_CONFIRMED, TXN_ACCEPTED };
enum { TXN_FORKS = 4 };

struct sip_txn {
	struct pool_slot slot;
	struct wheel_timer timer;
	struct hash_node node;	/* client: our branch; server: hash of 17.2.3's three */
	struct hash_node merge; /* server without To tag: hash of 8.2.2.2's three */
	uint64_t key_hi;	/* server: the other half of the hash */
	uint8_t kind, state, method, flow;
	bool reliable, tagless, cancelled; /* tagless: the request had no To tag */
	uint16_t cancel_q850;
	uint32_t cseq, interval_ms;
	uint64_t retransmit_at, deadline; /* SIP_NEVER: off */
	struct net_addr dst;
	char *msg;  /* what is sent again: request, ACK of a non-2xx, last response. May be NULL */
	char *base; /* INVITE server before its final response: reply_base() */
	uint32_t nmsg;
	uint32_t nbase, nto;	  /* nto: bytes up to the end of the To value */
	uint64_t call, tag;	  /* tag: OPTIONS: the caller's; INVITE client: branch of the ACK to a 2xx */
	uint32_t fork[TXN_FORKS]; /* INVITE client: hashes of To tags that answered 2xx */
	uint8_t nfork;
};

static inline uint64_t txn_handle(const struct sip_txn *t)
{
	return pool_handle(&t->slot);
}
static inline struct sip_txn *txn_get(const struct sip_core *c, uint64_t handle)
{
	return handle ? pool_get(&c->txns, handle) : NULL;
}

struct txn_request {
	enum sip_method method;
	uint32_t flow, cseq;
	struct net_addr dst;
	uint64_t branch, call, tag;
};
/** Send the built request and see it through. -ENOBUFS: nothing was sent. */
int txn_client(struct sip_core *c, const struct txn_request *r, const struct build *b, struct sip_txn **out);
/** The response in c->in belongs to a client transaction, or NULL. */
struct sip_txn *txn_client_find(const struct sip_core *c);
void txn_client_input(struct sip_core *c, struct sip_txn *t);
/** CANCEL an INVITE: now when a provisional came, else as soon as one does (RFC 3261 9.1). */
void txn_cancel(struct sip_core *c, struct sip_txn *t, unsigned q850);
/** An INVITE that nobody's ring time watches: 64*T1 from now for its final response. */
void txn_limit(struct sip_core *c, struct sip_txn *t);

/** Server key of the request in c->in, as if its method were `m`. */
struct hash128 txn_server_key(const struct sip_core *c, enum sip_method m);
struct sip_txn *txn_server_find(const struct sip_core *c, enum sip_method m);
/** Another transaction has the same From tag, Call-ID and CSeq (8.2.2.2). */
bool txn_is_merged(const struct sip_core *c);
struct sip_txn *txn_server(struct sip_core *c, uint64_t call); /* for the request in c->in; NULL: full */
/** The request came again. */
void txn_server_repeat(struct sip_core *c, struct sip_txn *t);
void txn_server_ack(struct sip_core *c, struct sip_txn *t);
/** Send a response. After a final one to an INVITE `base` is gone. */
void txn_respond(struct sip_core *c, struct sip_txn *t, unsigned status, const struct build *b);

void txn_timer(struct sip_core *c, struct sip_txn *t);

/** Said by the transaction layer to its user (dispatch.c). The response is in c->in. */
void user_response(struct sip_core *c, struct sip_txn *t);
void user_timeout(struct sip_core *c, struct sip_txn *t);

#endif
