/** options.c  OPTIONS outside a dialog: the health of a trunk. RFC 3261 11. */
#include <errno.h>

#include "sip/call.h"
#include "sip/dialog.h"
#include "sip/options.h"
#include "sip/respond.h"

void options_answer(struct sip_core *c, bool stateful)
{
	struct reply r = {.status = 200, .lines = STR(SIP_ALLOW SIP_ACCEPT "Supported:\r\n"), .contact = true};
	if (stateful)
		reply_stateful(c, &r);
	else if (!c->allow_options)
		reply_status(c, 405, STR("Allow: INVITE, ACK, CANCEL, BYE\r\n"));
	else if (!c->accepting)
		reply_later(c, 503, c->retry_after_s);
	else
		reply_stateless(c, &r);
}

/** <sip:address:port> of a flow serves as our name here: there is no account behind it. */
int sip_options_send(struct sip_core *c, uint32_t flow, const struct net_addr *dst, struct str ruri, uint64_t tag,
		     uint64_t now)
{
	char hex[16], to[1024];
	struct build b, id, remote;
	if (core_enter(c, now, SIP_COMMAND_MAX) != 0)
		return -ENOBUFS;
	if (flow >= SIP_FLOWS || !c->flow[flow].open || !command_uri_ok(ruri) || dst->family == ADDR_NONE)
		return -EINVAL;
	build_init(&id, hex, sizeof(hex));
	build_hex(&id, core_random(c), 16);
	build_init(&remote, to, sizeof(to));
	build_lit(&remote, "<");
	build_str(&remote, ruri);
	build_lit(&remote, ">");
	if (!build_ok(&remote))
		return -EINVAL;
	struct dialog_view v = {.flow = flow,
				.call_id = build_view(&id),
				.local = flow_contact(c, flow),
				.remote = build_view(&remote),
				.target = ruri,
				.local_tag = core_random(c)};
	struct txn_request tr = {SIP_OPTIONS, flow, 1, *dst, core_random(c), 0, tag};
	struct dialog_request r = {SIP_OPTIONS, tr.cseq, tr.branch, STR(SIP_ACCEPT), true, STR_NONE, 0};
	dialog_build(c, &b, &v, &r);
	return txn_client(c, &tr, &b, NULL);
}

void options_ended(struct sip_core *c, const struct sip_txn *t, unsigned status)
{
	struct sip_event *e = outbox_event(&c->out);
	e->kind = SIP_EV_OPTIONS;
	e->status = (uint16_t)status;
	e->flow = t->flow;
	e->tag = t->tag;
	e->at = c->now;
	e->src = t->dst;
}
