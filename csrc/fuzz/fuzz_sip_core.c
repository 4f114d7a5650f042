/** fuzz_sip_core.c  The input is a program: datagrams (raw, answers to what the core sent, requests inside its dialogs, its
 *  own output back), commands and time. What the core sends must always be well formed, every call must get one
 *  ENDED, and when all is hung up and time has passed nothing may be left. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "sip/message.h"

enum { KEPT = 8, KEPT_MAX = 3000, CALLS = 6, MS = 1000000 };

struct reader {
	const uint8_t *p;
	size_t n;
};

struct fuzz {
	struct sip_core *core;
	uint64_t now;
	char sent[KEPT][KEPT_MAX]; /* the last messages of the core, NUL-terminated */
	size_t nsent[KEPT];
	unsigned next;
	uint64_t call[64];
	unsigned ncalls, ended;
};

static const struct net_addr here = {.family = ADDR_V4, .port = 5060, .ip = {10, 0, 0, 1}};
static const struct net_addr peer = {.family = ADDR_V4, .port = 5060, .ip = {10, 0, 0, 2}};
static const char sdp[] =
	"v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\n"
	"a=rtpmap:101 telephone-event/8000\r\n";

static unsigned byte(struct reader *r)
{
	if (!r->n)
		return 0;
	r->n--;
	return *r->p++;
}

static struct str take(struct reader *r, size_t n)
{
	n = n < r->n ? n : r->n;
	struct str s = {(const char *)r->p, n};
	r->p += n;
	r->n -= n;
	return s;
}

/** Only what answers a message that was itself against the grammar may be so. */
static void check_sent(const struct sip_tx *tx)
{
	static struct sip_msg m;
	bool good = sip_msg_parse(&m, tx->data, tx->n) == 0 && sip_msg_check(&m) == 0;
	bool excused = !m.request && (m.status == 400 || m.status == 505 || m.status == 513);
	if (good || excused)
		return;
	fprintf(stderr, "bad output (%s):\n%.*s\n", m.why ? m.why : "?", (int)tx->n, (const char *)tx->data);
	abort();
}

static void drain(struct fuzz *f)
{
	struct sip_tx tx[4];
	struct sip_event e[4];
	size_t n;
	while ((n = sip_core_drain_tx(f->core, tx, 4)) > 0)
		for (size_t i = 0; i < n; i++) {
			unsigned at = f->next++ % KEPT;
			check_sent(&tx[i]);
			f->nsent[at] = tx[i].n < KEPT_MAX ? tx[i].n : KEPT_MAX - 1;
			memcpy(f->sent[at], tx[i].data, f->nsent[at]);
			f->sent[at][f->nsent[at]] = 0;
		}
	while ((n = sip_core_drain_events(f->core, e, 4)) > 0)
		for (size_t i = 0; i < n; i++) {
			if (e[i].kind == SIP_EV_INCOMING)
				f->call[f->ncalls++ % 64] = e[i].call;
			f->ended += e[i].kind == SIP_EV_ENDED;
			if (f->ended > f->ncalls)
				abort();
		}
}

static void feed(struct fuzz *f, const char *p, size_t n)
{
	char *copy = malloc(n ? n : 1); /* its end is watched */
	if (!copy)
		abort();
	if (n)
		memcpy(copy, p, n);
	sip_core_recv(f->core, 0, &peer, copy, n, f->now);
	free(copy);
}

static void put(char *out, size_t *n, struct str s)
{
	if (s.n && *n + s.n < KEPT_MAX * 2) {
		memcpy(out + *n, s.p, s.n);
		*n += s.n;
	}
}

static void put_header(char *out, size_t *n, const char *name, struct str v, struct str tail)
{
	put(out, n, str_of(name));
	put(out, n, STR(": "));
	put(out, n, v);
	put(out, n, tail);
	put(out, n, STR("\r\n"));
}

static void put_end(char *out, size_t *n, bool body, struct str extra)
{
	char line[80];
	put(out, n, STR("Contact: <sip:p@10.0.0.2>\r\n"));
	put(out, n, extra);
	snprintf(line, sizeof(line), "%sContent-Length: %zu\r\n\r\n", body ? "Content-Type: application/sdp\r\n" : "",
		 body ? sizeof(sdp) - 1 : 0);
	put(out, n, str_of(line));
	if (body)
		put(out, n, STR(sdp));
}

/** Answer a request of the core: status and extra lines from the input. */
static void answer(struct fuzz *f, struct reader *r)
{
	static struct sip_msg m;
	static const unsigned codes[] = {100, 180, 183, 200, 200, 202, 302, 401,
					 407, 408, 481, 486, 487, 491, 500, 503};
	char out[KEPT_MAX * 2], line[40];
	size_t n = 0;
	unsigned at = byte(r) % KEPT, how = byte(r);
	struct str extra = take(r, byte(r));
	if (sip_msg_parse(&m, f->sent[at], f->nsent[at]) != 0 || !m.request)
		return;
	snprintf(line, sizeof(line), "SIP/2.0 %u x\r\n", codes[how % 16]);
	put(out, &n, str_of(line));
	put_header(out, &n, "Via", sip_msg_value(&m, SIP_HDR_VIA), STR_NONE);
	put_header(out, &n, "From", sip_msg_value(&m, SIP_HDR_FROM), STR_NONE);
	struct str tags[] = {STR(";tag=1"), STR(";tag=2"), STR_NONE, STR(";tag=1")};
	put_header(out, &n, "To", sip_msg_value(&m, SIP_HDR_TO), tags[how >> 4 & 3]);
	put_header(out, &n, "Call-ID", sip_msg_value(&m, SIP_HDR_CALL_ID), STR_NONE);
	put_header(out, &n, "CSeq", sip_msg_value(&m, SIP_HDR_CSEQ), STR_NONE);
	put_end(out, &n, how & 64, extra);
	feed(f, out, n);
}

/** A request of the peer, in the dialog of a message of the core or a new one. */
static void request(struct fuzz *f, struct reader *r)
{
	static struct sip_msg m;
	static const char *const methods[] = {"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "FOO"};
	char out[KEPT_MAX * 2], line[120];
	size_t n = 0;
	unsigned at = byte(r) % KEPT, how = byte(r), branch = byte(r), cseq = byte(r);
	struct str extra = take(r, byte(r));
	const char *method = methods[how & 7];
	snprintf(line, sizeof(line), "%s sip:x@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK%u\r\n",
		 method, branch);
	put(out, &n, str_of(line));
	if ((how & 8) && sip_msg_parse(&m, f->sent[at], f->nsent[at]) == 0) {
		/* our response: the peer is From; our request: the peer is To */
		struct str from = sip_msg_value(&m, m.request ? SIP_HDR_TO : SIP_HDR_FROM);
		struct str to = sip_msg_value(&m, m.request ? SIP_HDR_FROM : SIP_HDR_TO);
		put_header(out, &n, "From", from, STR_NONE);
		put_header(out, &n, "To", to, STR_NONE);
		put_header(out, &n, "Call-ID", sip_msg_value(&m, SIP_HDR_CALL_ID), STR_NONE);
	} else {
		snprintf(line, sizeof(line), "From: <sip:p@10.0.0.2>;tag=1\r\nTo: <sip:x@10.0.0.1>\r\nCall-ID: c%u\r\n",
			 branch >> 5);
		put(out, &n, str_of(line));
	}
	snprintf(line, sizeof(line), "CSeq: %u %s\r\n", cseq, method);
	put(out, &n, str_of(line));
	put_end(out, &n, how & 64, extra);
	feed(f, out, n);
}

static struct sip_local local_of(unsigned b)
{
	struct sip_local l = {
		.rtp = here, .codecs = {CODEC_PCMU, CODEC_PCMA}, .ncodecs = 2, .te_pt = 101, .dir = (uint8_t)(b & 3)};
	l.rtp.port = (uint16_t)(20000 + (b & 0x3c));
	return l;
}

static void create(struct fuzz *f, struct reader *r)
{
	unsigned how = byte(r);
	struct sip_call_opts o = {.dst = peer,
				  .ruri = STR("sip:p@10.0.0.2"),
				  .from = STR("<sip:x@10.0.0.1>"),
				  .local = local_of(how),
				  .ring_ms = (how & 64) ? 2000 : 0};
	if (how & 128) {
		o.username = STR("u");
		o.password = STR("p");
	}
	if (byte(r) & 1) { /* texts of a careless caller */
		o.ruri = take(r, byte(r) & 31);
		o.from = take(r, byte(r) & 31);
		o.headers = take(r, byte(r) & 63);
	}
	uint64_t call;
	if (sip_call_create(f->core, &o, f->now, &call) == 0)
		f->call[f->ncalls++ % 64] = call;
}

static void command(struct fuzz *f, struct reader *r)
{
	unsigned what = byte(r), how = byte(r);
	uint64_t call = f->call[byte(r) % 64];
	struct sip_local l = local_of(how);
	switch (what % 8) {
	case 0:
		sip_call_answer(f->core, call, &l, f->now);
		break;
	case 1:
		sip_call_progress(f->core, call, 180 + (how & 3), how & 128 ? &l : NULL, f->now);
		break;
	case 2:
		sip_call_reject(f->core, call, 300 + how, take(r, how & 31), f->now);
		break;
	case 3:
		sip_call_hangup(f->core, call, how & 127, f->now);
		break;
	case 4:
		sip_call_modify(f->core, call, &l, f->now);
		break;
	case 5:
		sip_options_send(f->core, 0, &peer, STR("sip:10.0.0.2"), how, f->now);
		break;
	case 6:
		sip_core_accept_new(f->core, how & 3);
		break;
	default:
		sip_call_tag(f->core, call, how);
		break;
	}
}

static void pass(struct fuzz *f, uint64_t ms)
{
	uint64_t until = f->now + ms * MS, at;
	while ((at = sip_core_next(f->core)) <= until) {
		f->now = at > f->now ? at : f->now;
		sip_core_tick(f->core, f->now);
		drain(f);
	}
	f->now = until;
}

static void one(struct fuzz *f, struct reader *r)
{
	unsigned at;
	switch (byte(r) % 8) {
	case 0: {
		size_t n = byte(r) << 8;
		n |= byte(r);
		struct str s = take(r, n);
		feed(f, s.p, s.n);
		break;
	}
	case 1:
		answer(f, r);
		break;
	case 2:
		request(f, r);
		break;
	case 3:
		at = byte(r) % KEPT;
		feed(f, f->sent[at], f->nsent[at]);
		break;
	case 4:
		create(f, r);
		break;
	case 5:
		command(f, r);
		break;
	case 6:
		pass(f, (uint64_t)byte(r) << (byte(r) % 8));
		break;
	default:
		drain(f);
		break;
	}
}

/** Hang up whatever is left, and look that nothing stays. */
static void finish(struct fuzz *f)
{
	struct sip_stats s;
	drain(f);
	for (unsigned i = 0; i < 64; i++)
		sip_call_hangup(f->core, f->call[i], 0, f->now);
	pass(f, 300000);
	sip_core_stats(f->core, &s);
	if (s.calls || s.transactions || f->ended != f->ncalls || sip_core_next(f->core) != UINT64_MAX) {
		fprintf(stderr, "left: %u calls, %u transactions; %u of %u ended\n", s.calls, s.transactions, f->ended,
			f->ncalls);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct fuzz f;
	struct reader r = {data, n};
	struct sip_core_opts o = {.seed = {1, 2}, .max_calls = CALLS, .max_transactions = 24, .allow_options = true};
	memset(&f, 0, sizeof(f));
	f.now = (uint64_t)1000 * MS;
	if (sip_core_init(&f.core, &o) != 0 || sip_core_flow(f.core, 0, &here, byte(&r) & 1) != 0)
		abort();
	for (int steps = 0; r.n && steps < 60 && f.ncalls < 60; steps++) {
		one(&f, &r);
		if (byte(&r) & 3) /* often, but not always: batches */
			drain(&f);
	}
	finish(&f);
	sip_core_free(f.core);
	return 0;
}
