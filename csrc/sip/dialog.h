/** dialog.h  Requests inside a dialog: RFC 3261 12.2.1.1. Private to sip/. */
#ifndef SIP_DIALOG_H
#define SIP_DIALOG_H

#include "sip/call.h"

/** What a request needs to know of its dialog. Views. */
struct dialog_view {
	uint32_t flow;
	struct str call_id, local, remote, target, route;
	uint64_t local_tag; /* appended to `local`; 0: it has one */
	bool strict;	    /* the first hop is a strict router (RFC 2543) */
};
void dialog_of_call(const struct sip_call *k, struct dialog_view *v);

struct dialog_request {
	enum sip_method method;
	uint32_t cseq;
	uint64_t branch;
	struct str lines; /* complete header lines */
	bool contact;
	struct str body; /* SDP, or empty */
	uint8_t hops;	 /* Max-Forwards is SIP_HOPS_MAX less these */
};
void dialog_build(struct sip_core *c, struct build *b, const struct dialog_view *v, const struct dialog_request *r);
/** The Request-URI that dialog_build() writes. */
struct str dialog_uri(const struct dialog_view *v);

/** Where requests go: address of the first route or the target when it is a literal one, else `fallback`. Also
 *  finds out whether the first hop is strict. */
void dialog_next_hop(struct dialog_view *v, const struct net_addr *fallback, struct net_addr *dst);
/** Record-Route of the message in c->in as a route set, `reverse` for a UAC. -EBADMSG, -E2BIG. Lives in c->route. */
int dialog_route_set(struct sip_core *c, bool reverse, struct str *out);
/** A sip: or sips: URI that can stand in a request line as it is. */
bool dialog_is_target(struct str uri);
/** Contact of the message in c->in: its URI. -EBADMSG. */
int dialog_contact(const struct sip_core *c, struct str *uri);

#endif
