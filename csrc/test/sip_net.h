/** sip_net.h  A virtual network for SIP cores under virtual time: loss, duplicates, delay and reordering from a seed.
 *  A node is a core, or a script: what is sent to a script waits in its inbox, what it says the test writes.
 *  Every datagram on the wire is checked against the parser. */
#ifndef TEST_SIP_NET_H
#define TEST_SIP_NET_H

#include "sip/message.h"

enum { NET_NODES = 4, NET_WIRE = 512, NET_EVENTS = 256, NET_HEAP = 65536, NET_TEXT = 4096 };
enum { MS = 1000000 };

struct net_packet {
	uint64_t at, order;
	int from, to;
	struct net_addr src;
	size_t n;
	char *data;
};

/** One datagram as it was sent, lost ones too. */
struct net_wire {
	uint64_t at;
	int from, to;
	bool request, lost;
	uint8_t method;
	uint16_t status;
	uint32_t cseq;
	size_t n;
	char text[NET_TEXT];
};

struct net_event {
	struct sip_event e;
	char call_id[128], ruri_user[64], from_user[64], contact[128], reason[64], headers[1024];
};

struct net;
struct net_node {
	struct sip_core *core; /* NULL: a script */
	struct net_addr addr;
	unsigned nevents;
	struct net_event event[NET_EVENTS];
	void (*on_event)(struct net *n, int node, const struct sip_event *e);
	uint64_t ended; /* counted even when the log is full */
};

struct net {
	uint64_t now, order, random;
	unsigned loss_pct, dup_pct;
	uint32_t delay_ms, jitter_ms;			       /* each datagram: delay + 0..jitter */
	bool (*drop)(struct net *n, const struct net_wire *w); /* the test's own loss */
	void *arg;
	struct net_node node[NET_NODES];
	unsigned nwire, invalid;
	struct net_wire wire[NET_WIRE]; /* the first ones */
	size_t npackets;
	struct net_packet heap[NET_HEAP];
};

void net_init(struct net *n, uint64_t seed);
/** A core at 10.0.0.<i+1>:5060, flow 0. `o` NULL: small pools. */
int net_core(struct net *n, int i, const struct sip_core_opts *o, bool reliable);
void net_script(struct net *n, int i);
void net_free(struct net *n);
/** Let time pass. */
void net_run(struct net *n, uint64_t ms);
/** Move what the cores have to say onto the wire: after a command. */
void net_flush(struct net *n);
/** A script says something. Lines of `text` end with "\n", which becomes CRLF. */
void net_say(struct net *n, int from, int to, const char *text);
uint64_t net_rand(struct net *n);

/** The k-th (from 0) datagram from a node: method name, or status as number. NULL: not sent. */
const struct net_wire *net_sent(const struct net *n, int from, const char *what, unsigned k);
unsigned net_sent_count(const struct net *n, int from, const char *what);
/** The k-th event of that kind. */
const struct net_event *net_event(const struct net *n, int node, enum sip_event_kind kind, unsigned k);
unsigned net_event_count(const struct net *n, int node, enum sip_event_kind kind);
struct sip_stats net_stats(const struct net *n, int node);
/** Everything is over: no calls, no transactions, nothing invalid on the wire. */
bool net_is_quiet(const struct net *n);

/** A script answers a request it got: `status` is "180 Ringing"; `tag` NULL: the To as it is; `lines` end in \n. */
void net_reply(struct net *n, const struct net_wire *request, const char *status, const char *tag, const char *lines,
	       const char *body);
/** SDP of a script, one PCMU line. */
#define NET_SDP                                                                                                        \
	"v=0\no=s 1 1 IN IP4 10.0.0.9\ns=-\nc=IN IP4 10.0.0.9\nt=0 0\nm=audio 40000 RTP/AVP 0 101\n"                   \
	"a=rtpmap:101 telephone-event/8000\n"

/** An INVITE as a script sends it: To tag NULL for a new call; branch, CSeq and lines vary. Contact is the script's. */
struct net_request {
	const char *method, *ruri, *branch, *call_id, *from_tag, *to_tag, *lines, *body;
	unsigned cseq;
};
void net_request(struct net *n, int from, int to, const struct net_request *r);

struct sip_local net_local(int node);
struct sip_call_opts net_call(const struct net *n, int from, int to);
/** Copy of a header's value from a datagram; "" when absent. */
const char *net_header(const struct net_wire *w, const char *name);

#endif
