/** check.c  What every message must carry (RFC 3261 8.1.1, 8.2.2, 20.1). */
#include "sip/message.h"

#include <errno.h>

#include "sip/chars.h"

static int bad(struct sip_msg *m, const char *why)
{
	m->why = why;
	m->refuse = 400;
	return -EBADMSG;
}

/* There, and only once. */
static const struct sip_hdr *only(const struct sip_msg *m, enum sip_hdr_id id)
{
	return m->first[id] == m->last[id] ? sip_msg_hdr(m, id) : NULL;
}

static bool repeated(const struct sip_msg *m, enum sip_hdr_id id)
{
	return m->first[id] != m->last[id];
}

static bool addr_good(struct sip_addr *a, struct str value)
{
	struct sip_uri u;
	return sip_addr_parse(a, value) == 0 && sip_uri_parse(&u, a->uri) == 0;
}

/* The topmost one; those below are not ours to judge. */
static bool via_good(struct sip_msg *m)
{
	struct str top;
	m->via_rest = sip_msg_value(m, SIP_HDR_VIA);
	return sip_list_next(&m->via_rest, &top) && sip_via_parse(&m->via, top) == 0;
}

static int check_cseq(struct sip_msg *m)
{
	const struct sip_hdr *h = only(m, SIP_HDR_CSEQ);
	if (!h)
		return bad(m, "Missing Or Repeated CSeq");
	if (sip_cseq_parse(&m->cseq, h->value) != 0)
		return bad(m, "Bad CSeq");
	if (m->request && !str_eq(m->cseq.method_name, m->method_name))
		return bad(m, "CSeq Method Does Not Match");
	return 0;
}

static int check_numbers(struct sip_msg *m)
{
	const struct sip_hdr *h = sip_msg_hdr(m, SIP_HDR_MAX_FORWARDS);
	uint64_t v;
	if (repeated(m, SIP_HDR_CONTENT_LENGTH))
		return bad(m, "Repeated Content-Length");
	if (h && (repeated(m, SIP_HDR_MAX_FORWARDS) || !str_uint(h->value, 255, &v)))
		return bad(m, "Bad Max-Forwards");
	return 0;
}

static int check_contact(struct sip_msg *m)
{
	const struct sip_hdr *h = only(m, SIP_HDR_CONTACT);
	if (!h)
		return bad(m, "Missing Or Repeated Contact");
	struct str rest = h->value, one;
	/* one URI only (RFC 3261 8.1.1.8): the rest of the list is empty */
	if (!sip_list_next(&rest, &one) || rest.n || !addr_good(&m->contact, one))
		return bad(m, "Bad Contact");
	return 0;
}

/* Headers may not ride in a Request-URI (RFC 3261 19.1.1 table 1). */
static int check_ruri(struct sip_msg *m)
{
	if (sip_uri_parse(&m->uri, m->ruri) != 0 || m->uri.headers.n)
		return bad(m, "Bad Request-URI");
	return 0;
}

static int check_identities(struct sip_msg *m)
{
	const struct sip_hdr *from = only(m, SIP_HDR_FROM), *to = only(m, SIP_HDR_TO);
	const struct sip_hdr *call_id = only(m, SIP_HDR_CALL_ID);
	if (!from)
		return bad(m, "Missing Or Repeated From");
	if (!to)
		return bad(m, "Missing Or Repeated To");
	if (!call_id)
		return bad(m, "Missing Or Repeated Call-ID");
	if (!addr_good(&m->from, from->value))
		return bad(m, "Bad From");
	if (!addr_good(&m->to, to->value))
		return bad(m, "Bad To");
	if (call_id->value.n == 0 || !ch_all(call_id->value, CH_VISIBLE))
		return bad(m, "Bad Call-ID");
	return 0;
}

int sip_msg_check(struct sip_msg *m)
{
	int rc;
	if (!sip_msg_hdr(m, SIP_HDR_VIA))
		return bad(m, "Missing Via");
	if (!via_good(m))
		return bad(m, "Bad Via");
	if ((rc = check_identities(m)) != 0 || (rc = check_cseq(m)) != 0 || (rc = check_numbers(m)) != 0)
		return rc;
	if (!m->request)
		return 0;
	if ((rc = check_ruri(m)) != 0)
		return rc;
	return m->method == SIP_INVITE ? check_contact(m) : 0;
}
