/** respond.h  Responses: RFC 3261 8.2.6, 18.2.2; RFC 3581. Private to sip/. */
#ifndef SIP_RESPOND_H
#define SIP_RESPOND_H

#include "sip/core.h"
#include "sip/transaction.h"

#define SIP_ALLOW  "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO\r\n"
#define SIP_ACCEPT "Accept: application/sdp\r\n"

/** Where a response to the request in c->in goes. */
void reply_dst(const struct sip_core *c, struct net_addr *dst);
/** What every response repeats: Via with received/rport, From, Call-ID, CSeq, "To: value" without line end.
 *  Returns the length so far, after which the To tag belongs; then Record-Route lines are added. */
size_t reply_base(const struct sip_core *c, struct build *b);

struct reply {
	unsigned status;
	const char *reason; /* NULL: the standard one */
	uint64_t tag;	    /* our To tag; 0: derive one from the request, unless it has one */
	struct str lines;   /* complete header lines */
	bool contact;
	const char *type;
	struct str body;
};
/** A whole response to the request in c->in. */
void reply_build(struct sip_core *c, struct build *b, const struct reply *r);
/** ... from what an INVITE's transaction kept. */
void reply_build_kept(struct sip_core *c, struct build *b, const struct sip_txn *t, const struct reply *r);
/** Answer the request in c->in without keeping anything. */
void reply_stateless(struct sip_core *c, const struct reply *r);
void reply_status(struct sip_core *c, unsigned status, struct str lines);
/** 503 or 500 with Retry-After. */
void reply_later(struct sip_core *c, unsigned status, unsigned seconds);
/** Answer the request in c->in with a transaction, so that its repetition gets the same answer. */
void reply_stateful(struct sip_core *c, const struct reply *r);

#endif
