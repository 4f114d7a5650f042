/** sip_net.c  See sip_net.h. */
#include "test/sip_net.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t net_rand(struct net *n)
{
	n->random ^= n->random << 13;
	n->random ^= n->random >> 7;
	n->random ^= n->random << 17;
	return n->random;
}

void net_init(struct net *n, uint64_t seed)
{
	memset(n, 0, offsetof(struct net, heap));
	n->now = (uint64_t)1000000 * MS;
	n->random = seed * 0x9e3779b97f4a7c15u + 1;
	n->delay_ms = 5;
}

static struct net_addr node_addr(int i)
{
	return (struct net_addr){.family = ADDR_V4, .port = 5060, .ip = {10, 0, 0, (uint8_t)(i + 1)}};
}

int net_core(struct net *n, int i, const struct sip_core_opts *o, bool reliable)
{
	struct sip_core_opts opts = {.max_calls = 8, .max_transactions = 64, .allow_options = true};
	if (o)
		opts = *o;
	opts.seed[0] = 1234 + (uint64_t)i;
	opts.seed[1] = 99;
	n->node[i].addr = node_addr(i);
	int err = sip_core_init(&n->node[i].core, &opts);
	return err ? err : sip_core_flow(n->node[i].core, 0, &n->node[i].addr, reliable);
}

void net_script(struct net *n, int i)
{
	n->node[i].addr = node_addr(i);
}

void net_free(struct net *n)
{
	for (int i = 0; i < NET_NODES; i++) {
		sip_core_free(n->node[i].core);
		n->node[i].core = NULL;
	}
	while (n->npackets)
		free(n->heap[--n->npackets].data);
}

/* --------------------------------------------------------------------- wire */

static bool before(const struct net_packet *a, const struct net_packet *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void heap_push(struct net *n, struct net_packet p)
{
	size_t i = n->npackets++;
	if (n->npackets > NET_HEAP)
		abort();
	while (i && before(&p, &n->heap[(i - 1) / 2])) {
		n->heap[i] = n->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	n->heap[i] = p;
}

static struct net_packet heap_pop(struct net *n)
{
	struct net_packet top = n->heap[0], last = n->heap[--n->npackets];
	size_t i = 0;
	for (;;) {
		size_t k = 2 * i + 1;
		if (k >= n->npackets)
			break;
		if (k + 1 < n->npackets && before(&n->heap[k + 1], &n->heap[k]))
			k++;
		if (!before(&n->heap[k], &last))
			break;
		n->heap[i] = n->heap[k];
		i = k;
	}
	n->heap[i] = last;
	return top;
}

static int node_at(const struct net *n, const struct net_addr *a)
{
	for (int i = 0; i < NET_NODES; i++)
		if (n->node[i].addr.family && memcmp(n->node[i].addr.ip, a->ip, 4) == 0)
			return i;
	return -1;
}

static void describe(struct net *n, struct net_wire *w, const void *data, size_t len, bool must_be_valid)
{
	static struct sip_msg m;
	struct sip_cseq cseq;
	int err = sip_msg_parse(&m, data, len);
	if (must_be_valid && (err || sip_msg_check(&m) != 0)) {
		n->invalid++;
		if (n->invalid < 4)
			printf("  invalid on the wire: %s\n%.*s\n", m.why ? m.why : "?", (int)len, (const char *)data);
	}
	w->request = m.request;
	w->method = m.method;
	w->status = m.status;
	if (sip_cseq_parse(&cseq, sip_msg_value(&m, SIP_HDR_CSEQ)) == 0)
		w->cseq = cseq.seq;
	w->n = len < NET_TEXT - 1 ? len : NET_TEXT - 1;
	memcpy(w->text, data, w->n);
	w->text[w->n] = 0;
}

static void put(struct net *n, const struct net_wire *w, const void *data, size_t len)
{
	struct net_packet p = {.order = n->order++, .from = w->from, .to = w->to, .n = len};
	p.at = n->now + (n->delay_ms + (n->jitter_ms ? net_rand(n) % n->jitter_ms : 0)) * MS;
	p.src = n->node[w->from].addr;
	p.data = malloc(len ? len : 1);
	if (!p.data)
		abort();
	memcpy(p.data, data, len);
	heap_push(n, p);
}

static void transmit(struct net *n, int from, const struct net_addr *dst, const void *data, size_t len)
{
	static struct net_wire spare;
	struct net_wire *w = n->nwire < NET_WIRE ? &n->wire[n->nwire++] : &spare;
	memset(w, 0, offsetof(struct net_wire, text));
	w->at = n->now;
	w->from = from;
	w->to = node_at(n, dst);
	describe(n, w, data, len, n->node[from].core != NULL);
	w->lost = w->to < 0 || (n->drop && n->drop(n, w)) || net_rand(n) % 100 < n->loss_pct;
	if (w->lost)
		return;
	put(n, w, data, len);
	if (net_rand(n) % 100 < n->dup_pct)
		put(n, w, data, len);
}

void net_say(struct net *n, int from, int to, const char *text)
{
	char out[NET_TEXT];
	size_t k = 0;
	for (; *text && k + 2 < sizeof(out); text++) {
		if (*text == '\n')
			out[k++] = '\r';
		out[k++] = *text;
	}
	transmit(n, from, &n->node[to].addr, out, k);
}

/* --------------------------------------------------------------------- time */

static void copy_text(char *to, size_t cap, struct str s)
{
	size_t k = s.n < cap - 1 ? s.n : cap - 1;
	if (k)
		memcpy(to, s.p, k);
	to[k] = 0;
}

static void note_event(struct net *n, int i, const struct sip_event *e)
{
	struct net_node *d = &n->node[i];
	if (e->kind == SIP_EV_ENDED)
		d->ended++;
	if (d->nevents < NET_EVENTS) {
		struct net_event *x = &d->event[d->nevents++];
		x->e = *e;
		copy_text(x->call_id, sizeof(x->call_id), e->call_id);
		copy_text(x->ruri_user, sizeof(x->ruri_user), e->ruri_user);
		copy_text(x->from_user, sizeof(x->from_user), e->from_user);
		copy_text(x->contact, sizeof(x->contact), e->contact);
		copy_text(x->reason, sizeof(x->reason), e->reason);
		copy_text(x->headers, sizeof(x->headers), e->headers);
	}
	if (d->on_event)
		d->on_event(n, i, e);
}

/** Small drains on purpose: what is left must stay valid. */
static bool flush_node(struct net *n, int i)
{
	struct sip_tx tx[3];
	struct sip_event ev[2];
	size_t k;
	bool any = false;
	if (!n->node[i].core)
		return false;
	while ((k = sip_core_drain_tx(n->node[i].core, tx, 3)) > 0)
		for (size_t j = 0; j < k; j++, any = true)
			transmit(n, i, &tx[j].dst, tx[j].data, tx[j].n);
	while ((k = sip_core_drain_events(n->node[i].core, ev, 2)) > 0)
		for (size_t j = 0; j < k; j++, any = true)
			note_event(n, i, &ev[j]);
	return any;
}

void net_flush(struct net *n)
{
	for (int i = 0; i < NET_NODES; i++)
		while (flush_node(n, i)) {
		}
}

static uint64_t next_time(const struct net *n)
{
	uint64_t at = n->npackets ? n->heap[0].at : UINT64_MAX;
	for (int i = 0; i < NET_NODES; i++) {
		uint64_t t = n->node[i].core ? sip_core_next(n->node[i].core) : UINT64_MAX;
		at = t < at ? t : at;
	}
	return at;
}

static void step(struct net *n)
{
	while (n->npackets && n->heap[0].at <= n->now) {
		struct net_packet p = heap_pop(n);
		if (n->node[p.to].core)
			sip_core_recv(n->node[p.to].core, 0, &p.src, p.data, p.n, n->now);
		free(p.data);
	}
	for (int i = 0; i < NET_NODES; i++)
		if (n->node[i].core)
			sip_core_tick(n->node[i].core, n->now);
	net_flush(n);
}

void net_run(struct net *n, uint64_t ms)
{
	uint64_t until = n->now + ms * MS, at;
	net_flush(n);
	while ((at = next_time(n)) <= until) {
		n->now = at > n->now ? at : n->now;
		step(n);
	}
	n->now = until;
	step(n);
}

/* ------------------------------------------------------------------ looking */

static bool is_what(const struct net_wire *w, const char *what)
{
	if (what[0] >= '1' && what[0] <= '6')
		return !w->request && w->status == (unsigned)atoi(what);
	return w->request && str_eq(sip_method_name((enum sip_method)w->method), str_of(what));
}

const struct net_wire *net_sent(const struct net *n, int from, const char *what, unsigned k)
{
	for (unsigned i = 0; i < n->nwire; i++)
		if (n->wire[i].from == from && is_what(&n->wire[i], what) && k-- == 0)
			return &n->wire[i];
	return NULL;
}

unsigned net_sent_count(const struct net *n, int from, const char *what)
{
	unsigned k = 0;
	while (net_sent(n, from, what, k))
		k++;
	return k;
}

const struct net_event *net_event(const struct net *n, int node, enum sip_event_kind kind, unsigned k)
{
	const struct net_node *d = &n->node[node];
	for (unsigned i = 0; i < d->nevents; i++)
		if (d->event[i].e.kind == kind && k-- == 0)
			return &d->event[i];
	return NULL;
}

unsigned net_event_count(const struct net *n, int node, enum sip_event_kind kind)
{
	unsigned k = 0;
	while (net_event(n, node, kind, k))
		k++;
	return k;
}

struct sip_stats net_stats(const struct net *n, int node)
{
	struct sip_stats s = {0};
	if (n->node[node].core)
		sip_core_stats(n->node[node].core, &s);
	return s;
}

bool net_is_quiet(const struct net *n)
{
	for (int i = 0; i < NET_NODES; i++) {
		struct sip_stats s = net_stats(n, i);
		if (s.calls || s.transactions || (n->node[i].core && sip_core_next(n->node[i].core) != UINT64_MAX))
			return false;
	}
	return n->invalid == 0;
}

struct sip_local net_local(int node)
{
	return (struct sip_local){
		.rtp = {.family = ADDR_V4, .port = (uint16_t)(20000 + 2 * node), .ip = {10, 0, 0, (uint8_t)(node + 1)}},
		.codecs = {CODEC_PCMU, CODEC_PCMA},
		.ncodecs = 2,
		.te_pt = 101,
		.dir = DIR_SENDRECV};
}

struct sip_call_opts net_call(const struct net *n, int from, int to)
{
	return (struct sip_call_opts){.dst = n->node[to].addr,
				      .ruri = STR("sip:echo@10.0.0.2"),
				      .from = STR("\"Shop\" <sip:shop@10.0.0.1>"),
				      .local = net_local(from),
				      .tag = 7};
}

const char *net_header(const struct net_wire *w, const char *name)
{
	static struct sip_msg m;
	static char out[8][1024];
	static unsigned at;
	char *o = out[at++ % 8];
	*o = 0;
	if (!w)
		return o;
	sip_msg_parse(&m, w->text, w->n);
	const struct sip_hdr *h = sip_msg_hdr_named(&m, str_of(name));
	if (h)
		copy_text(o, sizeof(out[0]), h->value);
	return o;
}

static size_t crlf_length(const char *s)
{
	size_t n = strlen(s);
	for (; *s; s++)
		n += *s == '\n';
	return n;
}

void net_reply(struct net *n, const struct net_wire *request, const char *status, const char *tag, const char *lines,
	       const char *body)
{
	char text[NET_TEXT];
	snprintf(text, sizeof(text),
		 "SIP/2.0 %s\nVia: %s\nFrom: %s\nTo: %s%s%s\nCall-ID: %s\nCSeq: %s\n%s%sContent-Length: %zu\n\n%s",
		 status, net_header(request, "Via"), net_header(request, "From"), net_header(request, "To"),
		 tag ? ";tag=" : "", tag ? tag : "", net_header(request, "Call-ID"), net_header(request, "CSeq"),
		 lines ? lines : "", body ? "Content-Type: application/sdp\n" : "", crlf_length(body ? body : ""),
		 body ? body : "");
	net_say(n, request->to, request->from, text);
}

void net_request(struct net *n, int from, int to, const struct net_request *r)
{
	char text[NET_TEXT];
	const char *method = r->method ? r->method : "INVITE";
	snprintf(text, sizeof(text),
		 "%s %s SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.%d:5060;branch=%s\nMax-Forwards: 70\nFrom: "
		 "<sip:s@10.0.0.%d>;tag=%s\n"
		 "To: <sip:x@10.0.0.%d>%s%s\nCall-ID: %s\nCSeq: %u %s\nContact: "
		 "<sip:s@10.0.0.%d:5060>\n%s%sContent-Length: "
		 "%zu\n\n%s",
		 method, r->ruri ? r->ruri : "sip:x@10.0.0.1", from + 1, r->branch ? r->branch : "z9hG4bKscript1",
		 from + 1, r->from_tag ? r->from_tag : "ft", to + 1, r->to_tag ? ";tag=" : "",
		 r->to_tag ? r->to_tag : "", r->call_id ? r->call_id : "script-call", r->cseq ? r->cseq : 1, method,
		 from + 1, r->lines ? r->lines : "", r->body ? "Content-Type: application/sdp\n" : "",
		 crlf_length(r->body ? r->body : ""), r->body ? r->body : "");
	net_say(n, from, to, text);
}
