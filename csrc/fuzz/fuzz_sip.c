/** fuzz_sip.c  Messages and every typed parser. What the parser took is built again and must be taken again. */
#include <errno.h>
#include <stdlib.h>

#include "sip/build.h"
#include "sip/digest.h"
#include "sip/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define MUST(cond)                                                                                                     \
	do {                                                                                                           \
		if (!(cond))                                                                                           \
			abort();                                                                                       \
	} while (0)

/* A view lies inside the message, whatever was parsed. */
static void inside(const struct sip_msg *m, struct str s)
{
	MUST(s.n == 0 || (s.p >= m->raw.p && s.p + s.n <= m->raw.p + m->raw.n));
}

static void addr_and_uri(const struct sip_msg *m, struct str s)
{
	struct sip_addr a;
	struct sip_uri u;
	struct net_addr ip;
	struct str v;
	char text[56];
	if (sip_addr_parse(&a, s) == 0) {
		inside(m, a.uri);
		inside(m, a.display);
		inside(m, a.tag);
		sip_param(a.params, STR("expires"), &v);
		s = a.uri;
	}
	if (sip_uri_parse(&u, s) != 0)
		return;
	inside(m, u.user);
	inside(m, u.headers);
	sip_param(u.params, STR("transport"), &v);
	if (net_addr_parse(&ip, u.host, u.port) == 0)
		MUST(net_addr_format(&ip, true, text) <= sizeof text);
}

static void every_parser(const struct sip_msg *m, struct str value)
{
	struct sip_via via;
	struct sip_cseq cseq;
	struct digest_challenge c;
	struct str rest = value, item, v;
	size_t left = value.n;
	char out[2048];
	while (sip_list_next(&rest, &item)) {
		inside(m, item);
		MUST(rest.n < left); /* it moves on */
		left = rest.n;
		addr_and_uri(m, item);
		if (sip_via_parse(&via, item) == 0) {
			inside(m, via.branch);
			inside(m, via.params);
			MUST(via.host.n && via.transport.n);
		}
	}
	if (sip_cseq_parse(&cseq, value) == 0)
		MUST(cseq.seq <= INT32_MAX && cseq.method_name.n);
	sip_param(value, STR("tag"), &v);
	if (digest_challenge_parse(&c, value) == 0) {
		int len = digest_answer(&c, STR("a\"b"), STR("p"), STR("INVITE"), STR("sip:x"), STR("01234567"), 1, out,
					sizeof out);
		MUST(len > 0 || len == -ENOBUFS);
	}
}

static void index_holds(const struct sip_msg *m)
{
	unsigned known = 0, others = 0;
	for (unsigned i = 0; i < m->nhdr; i++)
		others += m->hdr[i].id == SIP_HDR_OTHER;
	for (unsigned id = 1; id < SIP_HDR_COUNT; id++)
		for (const struct sip_hdr *h = sip_msg_hdr(m, (enum sip_hdr_id)id); h; h = sip_msg_hdr_next(m, h)) {
			MUST(h->id == id);
			known++;
		}
	MUST(known + others == m->nhdr);
}

/* Built from the index, the message parses to the same headers and body. */
static void round_trip(const struct sip_msg *m)
{
	static char out[4 * SIP_MSG_MAX];
	struct build b;
	struct sip_msg again;
	build_init(&b, out, sizeof out);
	build_str(&b, m->request ? m->method_name : STR("SIP/2.0 200 OK"));
	if (m->request) {
		build_lit(&b, " ");
		build_str(&b, m->ruri);
		build_lit(&b, " SIP/2.0");
	}
	build_lit(&b, "\r\n");
	for (unsigned i = 0; i < m->nhdr; i++) {
		char name[256];
		if (m->hdr[i].id == SIP_HDR_CONTENT_LENGTH || m->hdr[i].name.n >= sizeof name ||
		    m->nhdr == SIP_HDRS_MAX)
			return;
		memcpy(name, m->hdr[i].name.p, m->hdr[i].name.n);
		name[m->hdr[i].name.n] = '\0';
		build_header(&b, name, m->hdr[i].value);
	}
	build_body(&b, NULL, m->body);
	MUST(build_ok(&b));
	int rc = sip_msg_parse(&again, out, b.n);
	if (rc == -E2BIG)
		return;
	MUST(rc == 0 && again.nhdr == m->nhdr + 1 && again.method == m->method && str_eq(again.body, m->body));
	for (unsigned i = 0; i < m->nhdr; i++)
		MUST(again.hdr[i].id == m->hdr[i].id && str_eq(again.hdr[i].name, m->hdr[i].name));
}

/* What the check promises to those who come after it. */
static void check_holds(const struct sip_msg *m)
{
	MUST(!m->why && sip_msg_hdr(m, SIP_HDR_CSEQ) && sip_msg_value(m, SIP_HDR_CALL_ID).n);
	MUST(m->via.host.n && m->from.uri.n && m->to.uri.n && m->cseq.method_name.n);
	inside(m, m->via.branch);
	inside(m, m->via_rest);
	inside(m, m->from.tag);
	inside(m, m->to.tag);
	if (!m->request)
		return;
	MUST(m->uri.scheme.n && m->uri.headers.n == 0 && m->cseq.method == m->method);
	inside(m, m->uri.user);
	if (m->method == SIP_INVITE)
		MUST(m->contact.uri.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct sip_msg m;
	int rc = sip_msg_parse(&m, data, n);
	if (rc == -EAGAIN)
		return 0;
	MUST((rc == 0) == !m.why);
	index_holds(&m);
	for (unsigned i = 0; i < m.nhdr; i++)
		every_parser(&m, m.hdr[i].value);
	inside(&m, m.ruri);
	inside(&m, m.reason);
	inside(&m, m.body);
	inside(&m, m.head);
	if (rc != 0)
		return 0;
	round_trip(&m);
	if (sip_msg_check(&m) == 0)
		check_holds(&m);
	else
		MUST(m.why && m.refuse == 400);
	return 0;
}
