/** core.h  The core's state, shared by the files of sip/ that make it up. Private.
 *
 *    dispatch.c     what came in: parse, classify, hand to a transaction, a call, or refuse
 *    respond.c      responses of every kind; those without state
 *    transaction.c  RFC 3261 17, RFC 6026
 *    dialog.c       text of a dialog, requests inside it, next hop
 *    call.c         a call: pool, timer, events, its end
 *    uac.c, uas.c, modify.c, auth.c, options.c   what a user agent does
 *
 *  Every file gets the time from core->now, set at the door. */
#ifndef SIP_CORE_H
#define SIP_CORE_H

#include "base/hash.h"
#include "base/pool.h"
#include "base/slab.h"
#include "base/wheel.h"
#include "sip/message.h"
#include "sip/outbox.h"

enum { SIP_FLOWS = 64, SIP_BODY_MAX = 8192, SIP_LINES_MAX = 4096, NS_PER_MS = 1000000 };
/* Text that a command may bring; the queues must have room for what becomes of it. */
enum { SIP_COMMAND_MAX = 4096 };
enum { SIP_HOPS_MAX = 70 }; /* RFC 3261 8.1.1.6 */
#define SIP_NEVER UINT64_MAX

enum sip_timer_owner { TIMER_TXN, TIMER_CALL };

struct sip_flow {
	bool open, reliable;
	struct net_addr local;
	uint8_t nvia, ncontact;
	char via[80];	  /* "SIP/2.0/UDP host:port;rport;branch=z9hG4bK" */
	char contact[80]; /* "<sip:host:port>" */
};

/** The datagram being worked on. */
struct sip_input {
	struct str raw;
	struct sip_msg msg;
	struct sip_via via;  /* the top one */
	struct str via_rest; /* of the header line that holds the top one */
	struct sip_addr from, to;
	struct sip_cseq cseq;
	struct net_addr src;
	uint32_t flow;
};

struct sip_core {
	uint64_t now;
	uint64_t key[2], random_key[2]; /* hash tables and stateless tags; random numbers */
	uint64_t random_n;
	uint32_t t1_ms, t2_ms, t4_ms, retry_after_s;
	bool accepting, allow_options;
	struct sip_local any_local; /* what we could agree to, before the caller has said where our audio is */
	char agent[96];
	uint8_t nagent;
	struct pool calls, txns;
	struct hash_table call_by_tag, txn_by_key, txn_by_merge;
	struct slab slab;
	struct wheel wheel;
	struct outbox out;
	struct sip_stats stats;
	struct sip_bad bad[SIP_BAD_KEPT]; /* place: stats.rx_bad modulo SIP_BAD_KEPT */
	uint32_t calls_open;		  /* whose ENDED is still to come */
	struct sip_flow flow[SIP_FLOWS];
	struct sip_input in;
	struct {
		struct srtp_keys keys;
		uint32_t tag;
		bool secure, savp;
	} staged;		   /* what the SDP being worked on brings: call_srtp.c */
	struct sip_msg own;	   /* for reading back a message of ours */
	char body[SIP_BODY_MAX];   /* SDP under construction */
	char lines[SIP_LINES_MAX]; /* header lines under construction */
	char route[SIP_LINES_MAX]; /* a route set under construction */
};

static inline uint64_t core_random(struct sip_core *c)
{
	return hash_random(c->random_key, c->random_n++);
}
static inline uint64_t core_after_ms(const struct sip_core *c, uint64_t ms)
{
	return c->now + ms * NS_PER_MS;
}
static inline struct str flow_contact(const struct sip_core *c, uint32_t flow)
{
	return (struct str){c->flow[flow].contact, c->flow[flow].ncontact};
}
static inline struct str build_view(const struct build *b)
{
	return (struct str){b->p, build_ok(b) ? b->n : 0};
}

/** Queue what was built. false: it did not fit (counted). */
bool core_send(struct sip_core *c, uint32_t flow, const struct net_addr *dst, const struct build *b);
/** Queue bytes kept elsewhere. */
void core_resend(struct sip_core *c, uint32_t flow, const struct net_addr *dst, const char *p, size_t n);
/** A copy in the slab; NULL (counted) when full. */
char *core_keep(struct sip_core *c, struct str s);

/** Both queue heads are ready for a command: recycles, and -ENOBUFS when the caller has to drain first. */
int core_enter(struct sip_core *c, uint64_t now, size_t n);

#endif
