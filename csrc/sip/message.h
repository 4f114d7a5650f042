/** message.h  A SIP message as views into its datagram. Nothing is allocated or copied.
 *
 *  sip_msg_parse() finds and classifies every header line once; typed parsers are called on demand on the
 *  values. A folded value (RFC 3261 7.3.1) keeps its CRLF inside: typed parsers treat it as white space.
 *  Source: RFC 3261 section 7, 20, 25. */
#ifndef SIP_MESSAGE_H
#define SIP_MESSAGE_H

#include "base/netaddr.h"
#include "base/str.h"

/** Upper case text is the method's name on the wire; methods are case-sensitive. */
/* clang-format off */
#define SIP_METHODS(X) \
	X(INVITE) X(ACK) X(BYE) X(CANCEL) X(OPTIONS) X(REGISTER) X(PRACK) X(UPDATE) X(INFO) X(REFER) X(NOTIFY) \
	X(SUBSCRIBE) X(MESSAGE) X(PUBLISH)
/* clang-format on */
enum sip_method {
#define X(name) SIP_##name,
	SIP_METHODS(X)
#undef X
		SIP_METHOD_OTHER
};
struct str sip_method_name(enum sip_method m);

/** Known headers: id, long name, compact form ('\0': none). */
/* clang-format off */
#define SIP_HEADERS(X) \
	X(VIA, "Via", 'v') X(FROM, "From", 'f') X(TO, "To", 't') X(CALL_ID, "Call-ID", 'i') X(CSEQ, "CSeq", 0) \
	X(CONTACT, "Contact", 'm') X(MAX_FORWARDS, "Max-Forwards", 0) X(ROUTE, "Route", 0) \
	X(RECORD_ROUTE, "Record-Route", 0) X(CONTENT_TYPE, "Content-Type", 'c') \
	X(CONTENT_LENGTH, "Content-Length", 'l') X(CONTENT_ENCODING, "Content-Encoding", 'e') \
	X(REQUIRE, "Require", 0) X(PROXY_REQUIRE, "Proxy-Require", 0) X(SUPPORTED, "Supported", 'k') \
	X(UNSUPPORTED, "Unsupported", 0) X(ALLOW, "Allow", 0) X(ACCEPT, "Accept", 0) X(EXPIRES, "Expires", 0) \
	X(MIN_EXPIRES, "Min-Expires", 0) X(RETRY_AFTER, "Retry-After", 0) X(REASON, "Reason", 0) \
	X(WWW_AUTHENTICATE, "WWW-Authenticate", 0) X(PROXY_AUTHENTICATE, "Proxy-Authenticate", 0) \
	X(AUTHORIZATION, "Authorization", 0) X(PROXY_AUTHORIZATION, "Proxy-Authorization", 0) \
	X(USER_AGENT, "User-Agent", 0) X(SERVER, "Server", 0) X(SUBJECT, "Subject", 's') X(DATE, "Date", 0) \
	X(EVENT, "Event", 'o') X(REFER_TO, "Refer-To", 'r') X(REFERRED_BY, "Referred-By", 'b') \
	X(REPLACES, "Replaces", 0) X(SESSION_EXPIRES, "Session-Expires", 'x') X(MIN_SE, "Min-SE", 0) \
	X(RSEQ, "RSeq", 0) X(RACK, "RAck", 0) X(P_ASSERTED_IDENTITY, "P-Asserted-Identity", 0) \
	X(PRIVACY, "Privacy", 0) X(IDENTITY, "Identity", 'y') X(DIVERSION, "Diversion", 0) X(WARNING, "Warning", 0)
/* clang-format on */
enum sip_hdr_id {
	SIP_HDR_OTHER,
#define X(id, name, compact) SIP_HDR_##id,
	SIP_HEADERS(X)
#undef X
		SIP_HDR_COUNT
};

enum { SIP_MSG_MAX = 65535, SIP_HDRS_MAX = 96 };

struct sip_via {
	struct str transport;		    /* UDP, TCP... as sent */
	struct str host;		    /* without brackets of IPv6 */
	uint16_t port;			    /* 0: none given */
	struct str branch, received, rport; /* rport: value; empty when absent or a flag */
	bool has_rport;
	struct str params;
};

struct sip_uri {
	struct str scheme;		 /* sip, sips, tel, other */
	struct str user, password, host; /* host without brackets; tel: user is the number, host empty */
	uint16_t port;			 /* 0: none given */
	struct str params, headers;	 /* without the leading ';' and '?' */
};

/** name-addr or addr-spec (RFC 3261 20.10: without <>, parameters belong to the header). */
struct sip_addr {
	struct str display; /* without quotes, escapes kept */
	struct str uri;	    /* text of the URI */
	struct str params;  /* header parameters */
	struct str tag;
};

struct sip_cseq {
	uint32_t seq;
	uint8_t method; /* enum sip_method */
	struct str method_name;
};

struct sip_hdr {
	struct str name, value; /* value trimmed; may hold folds */
	uint8_t id;		/* enum sip_hdr_id */
	uint8_t next;		/* index + 1 of the next header of the same id; 0: last (OTHER: always 0) */
};

struct sip_msg {
	struct str raw; /* the whole message, up to the end of the body */
	bool request;
	uint8_t method;	 /* enum sip_method; of a response: from its CSeq */
	uint16_t status; /* of a response: 100-699 */
	struct str method_name, ruri, reason;
	struct str head; /* all header lines, from after the start line to before the empty line */
	struct str body; /* cut to Content-Length on datagrams that carry more (RFC 3261 18.3) */
	uint8_t nhdr;
	uint8_t first[SIP_HDR_COUNT], last[SIP_HDR_COUNT]; /* index + 1, 0: absent */
	struct sip_hdr hdr[SIP_HDRS_MAX];
	const char *why; /* after -EBADMSG: what is wrong, static text fit for a 400's reason phrase */
	uint16_t refuse; /* after -EBADMSG, -E2BIG: status such a request deserves: 400, 505 or 513 */
	/* Read by sip_msg_check() and valid when it gave 0, so that nobody need parse them twice: */
	struct sip_via via;  /* the topmost */
	struct str via_rest; /* what follows it in the same header line */
	struct sip_addr from, to;
	struct sip_cseq cseq;
	struct sip_uri uri;	 /* of a request: its Request-URI */
	struct sip_addr contact; /* of an INVITE request */
};

/** Parse one datagram. 0; -EBADMSG: against the grammar (`why` says what; headers found so far are valid, so
 *  that a 400 may be sent when Via, From, To, Call-ID and CSeq are there); -E2BIG: too many headers or too
 *  long; -EAGAIN: only white space / CRLF keep-alive, nothing to parse.
 *  Checked here: start line, SIP-Version, header grammar, header names are tokens, Content-Length is a number
 *  and not above what came (datagram). A line may end with LF alone; a CR alone is bad anywhere in the head.
 *  A bad line is skipped and the rest is still indexed, so that the 400 finds its headers. NOT checked here: presence of the mandatory headers: sip_msg_check(). */
int sip_msg_parse(struct sip_msg *m, const void *data, size_t n);

/** The mandatory headers are there once and well formed: Via (typed), From, To, Call-ID, CSeq (typed; its
 *  method equals the request's), Max-Forwards if present is 0-255, Content-Length not repeated, Contact of
 *  INVITE is one valid URI. 0 or -EBADMSG with `why`. */
int sip_msg_check(struct sip_msg *m);

/** First header of that kind, or NULL. Follow `next` (index + 1 into hdr) for more. */
const struct sip_hdr *sip_msg_hdr(const struct sip_msg *m, enum sip_hdr_id id);
const struct sip_hdr *sip_msg_hdr_next(const struct sip_msg *m, const struct sip_hdr *h);
/** Value of a header, empty when absent. */
struct str sip_msg_value(const struct sip_msg *m, enum sip_hdr_id id);
/** First header by name, without regard to case: for those without an id. */
const struct sip_hdr *sip_msg_hdr_named(const struct sip_msg *m, struct str name);

/** Walk a comma-separated value (RFC 3261 7.3.1), minding quotes and <>. `rest` starts as the value and is
 *  advanced; false at the end. Items are trimmed and may be empty; a comma at the very end adds none. */
bool sip_list_next(struct str *rest, struct str *item);

/** Value of parameter `name` in ";a=b;c" text (leading ';' optional). true when present; value unquoted view
 *  (inside the quotes), empty for a flag. */
bool sip_param(struct str params, struct str name, struct str *value);

int sip_via_parse(struct sip_via *v, struct str value); /* one Via value: take it from sip_list_next() */

int sip_uri_parse(struct sip_uri *u, struct str s);

int sip_addr_parse(struct sip_addr *a, struct str value);

int sip_cseq_parse(struct sip_cseq *c, struct str value);

#endif
