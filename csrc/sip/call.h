/** call.h  One call: its dialog, its offer/answer state, its timers, its one ENDED. Private to sip/. */
#ifndef SIP_CALL_H
#define SIP_CALL_H

#include "sip/core.h"
#include "sip/sdp.h"
#include "sip/transaction.h"

enum call_state {
	CALL_CALLING,  /* our INVITE has no final response */
	CALL_OFFERED,  /* their INVITE has no final response */
	CALL_ANSWERED, /* our 2xx waits for its first ACK */
	CALL_UP,
	CALL_CLOSING /* ENDED has been said; CANCEL or BYE is being carried out */
};

/** Texts of a call, kept in one block. Header values are on one line. */
enum call_text {
	TEXT_CALL_ID,
	TEXT_LOCAL,  /* From or To value of our side, without tag */
	TEXT_REMOTE, /* of theirs, with tag when known */
	TEXT_TARGET, /* remote target URI */
	TEXT_ROUTE,  /* route set as one list, first hop first */
	TEXT_USER,
	TEXT_PASSWORD,
	TEXT_LINES, /* extra header lines of the first INVITE */
	TEXT_WWW,   /* last challenges */
	TEXT_PROXY,
	TEXT_AUTH_URI, /* Request-URI of the last INVITE with credentials: its ACK repeats them */
	TEXT_OFFER,    /* their SDP until we have answered it */
	TEXT_COUNT
};
enum { CALL_TEXT_MAX = 16384 };

enum { CALL_SRTP_OFFERS = 2 };
/** Keys of a call, made when it first needs them. */
struct call_srtp {
	struct srtp_key offer[CALL_SRTP_OFFERS];
	struct srtp_keys now;
	uint32_t serial;
	uint8_t noffer;
	bool active, savp; /* `now` counts; RTP/SAVP is how it is described */
};

struct call_auth {
	uint32_t nc;	    /* times this nonce was used */
	uint32_t invite_nc; /* ... by the last INVITE: its ACK repeats it */
	uint8_t tries;	    /* challenges answered for this request */
};

struct sip_call {
	struct pool_slot slot;
	struct wheel_timer timer;
	struct hash_node node; /* by local_tag */
	uint64_t tag;	       /* the caller's word */
	uint64_t local_tag;
	uint64_t invite; /* INVITE transaction without final response, ours or theirs; 0: none */
	uint64_t sdp_id, sdp_hash;
	uint64_t retransmit_at, deadline; /* 2xx again; no ACK, or ring timeout */
	uint64_t modify_at;		  /* re-INVITE again after 491 */
	struct call_srtp *srtp;		  /* NULL: none needed yet */
	char *ok;			  /* our 2xx while it waits for ACK */
	uint32_t nok, ok_cseq, interval_ms;
	uint32_t sdp_version, local_cseq, remote_cseq;
	struct net_addr peer, dst; /* who we talked to first; where requests go */
	struct net_addr ok_dst;
	struct sip_local local;	 /* as last described to the peer, or about to be */
	struct sip_local before; /* while modifying: what it was */
	struct sip_media media;
	struct call_auth www, proxy;
	char *text;
	uint16_t len[TEXT_COUNT];
	uint16_t remote_tag_at, remote_tag_n; /* inside TEXT_REMOTE */
	uint8_t state, flow;
	uint8_t modify_tries, bye_q850;
	uint8_t hops; /* made before our INVITE */
	bool outgoing, ended, strict, has_remote_cseq;
	bool answer_due;  /* our 2xx carries an offer: the ACK has to answer */
	bool established; /* the peer's tag and route set are known for good */
	bool modifying;	  /* sip_call_modify() has no MODIFIED yet */
	bool media_known; /* `media` is agreed or previewed */
	bool bye_sent;
};

static inline uint64_t call_handle(const struct sip_call *k)
{
	return pool_handle(&k->slot);
}
struct sip_call *call_get(const struct sip_core *c, uint64_t handle);  /* by transaction: alive in any state */
struct sip_call *call_open(const struct sip_core *c, uint64_t handle); /* by the caller: not yet ENDED */
/** The dialog of the request in c->in, by To tag, Call-ID and From tag. */
struct sip_call *call_find(const struct sip_core *c);

struct sip_call *call_new(struct sip_core *c, bool outgoing); /* NULL: full */
void call_free(struct sip_core *c, struct sip_call *k);

struct str call_text(const struct sip_call *k, enum call_text which);
void call_texts(const struct sip_call *k, struct str all[TEXT_COUNT]);
/** Copy all texts into a block of their size, the old one is freed. -E2BIG, -ENOBUFS: nothing changed. */
int call_put_texts(struct sip_core *c, struct sip_call *k, const struct str all[TEXT_COUNT]);
int call_put_text(struct sip_core *c, struct sip_call *k, enum call_text which, struct str s);
struct str call_remote_tag(const struct sip_call *k);
void call_set_remote_tag(struct sip_call *k, struct str tag); /* a view into its TEXT_REMOTE */

/** Arm the one timer for the earliest of the call's times. */
void call_arm(struct sip_core *c, struct sip_call *k);
void call_timer(struct sip_core *c, struct sip_call *k);

struct sip_event *call_event(struct sip_core *c, const struct sip_call *k, enum sip_event_kind kind);
/** Say ENDED, once: NULL when it was said before. The call goes on existing until call_free(). q850 0: from the
 *  status. */
struct sip_event *call_end(struct sip_core *c, struct sip_call *k, enum sip_side side, unsigned status, unsigned q850);
/** q850 cause of the message in c->in's Reason header; 0: none. */
unsigned call_reason(const struct sip_core *c);

/* SDP of a call, written to c->body. `offer` NULL: an offer of ours. Empty: did not fit. */
struct str call_sdp(struct sip_core *c, struct sip_call *k, const struct sip_local *local, const struct sdp *offer,
		    const struct sip_media *agreed);
enum call_sdp_role { CALL_SDP_OFFER, CALL_SDP_ANSWER }; /* theirs */
/** Parse and agree on an SDP of theirs; its keys are staged. `k` NULL: before there is a call. -EBADMSG, -EPROTO. */
int call_agree(struct sip_core *c, struct sip_call *k, struct str body, const struct sip_local *local,
	       enum call_sdp_role role, struct sdp *sdp, struct sip_media *out);
bool call_has_sdp(const struct sip_core *c); /* the message in c->in carries one */

/** Cause of a Reason header we add; nothing for 0. */
void call_reason_line(struct build *b, unsigned q850);

/* call_srtp.c */
int call_srtp_offer(struct sip_core *c, struct sip_call *k, const struct sip_local *local, struct sdp_secure *out);
int call_srtp_agree(struct sip_core *c, struct sip_call *k, const struct sdp *sdp, const struct sip_local *local,
		    enum call_sdp_role role, struct sip_media *out);
/** What call_agree() found is the call's from now on. */
void call_take_media(struct sip_core *c, struct sip_call *k, const struct sip_media *media);
void call_srtp_free(struct sip_core *c, struct sip_call *k);

/* command.c */
bool command_lines_ok(struct sip_core *c, struct str lines);
bool command_local_ok(const struct sip_local *l);
bool command_uri_ok(struct str s);

/* uac.c */
int uac_invite(struct sip_core *c, struct sip_call *k, struct str body); /* first or re-INVITE */
void uac_invite_response(struct sip_core *c, struct sip_txn *t);
void uac_invite_timeout(struct sip_core *c, struct sip_txn *t);
void uac_bye(struct sip_core *c, struct sip_call *k, unsigned q850); /* k is CLOSING after it, or freed */
void uac_bye_response(struct sip_core *c, struct sip_txn *t);
void uac_ack(struct sip_core *c, struct sip_call *k, uint32_t cseq, uint64_t branch);

/* uas.c */
void uas_invite(struct sip_core *c);
void uas_ack(struct sip_core *c, struct sip_call *k);
void uas_bye(struct sip_core *c, struct sip_call *k);
void uas_cancel(struct sip_core *c);
void uas_final(struct sip_core *c, struct sip_call *k, unsigned status, struct str lines); /* to their first INVITE */
/** The SDP for a response to their INVITE: an answer to TEXT_OFFER, or an offer. Lives in c->body. */
int uas_answer_sdp(struct sip_core *c, struct sip_call *k, const struct sip_local *local, struct str *body);
/** 200 with SDP, repeated until the ACK. */
int uas_ok(struct sip_core *c, struct sip_call *k, struct sip_txn *t, struct str body);
void uas_ok_timer(struct sip_core *c, struct sip_call *k);

/* modify.c */
void modify_incoming(struct sip_core *c, struct sip_call *k);
/** The ACK to our 2xx came, perhaps with an answer that changed the peer's media. */
void modify_confirmed(struct sip_core *c, struct sip_call *k, const struct sip_media *before);
void modify_response(struct sip_core *c, struct sip_call *k, struct sip_txn *t);
void modify_timeout(struct sip_core *c, struct sip_call *k);
void modify_again(struct sip_core *c, struct sip_call *k);
struct sip_event *modify_ended(struct sip_core *c, struct sip_call *k, unsigned status);

/* auth.c */
/** Take the challenges of the 401/407 in c->in. true: worth another try. */
bool auth_challenged(struct sip_core *c, struct sip_call *k);
/** Append (Proxy-)Authorization lines for a request. */
void auth_lines(struct sip_core *c, struct sip_call *k, struct build *b, enum sip_method m, struct str uri);
void auth_request_begins(struct sip_call *k);
/** An INVITE goes to `uri`. -ENOBUFS, -E2BIG. */
int auth_invite_begins(struct sip_core *c, struct sip_call *k, struct str uri);

#endif
