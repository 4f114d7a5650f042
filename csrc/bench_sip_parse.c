/** bench_sip_parse.c  What one SIP message costs to read: CPU time of this process, one thread, warm.
 *
 *  index  sip_msg_parse(): start line, every header found and named
 *  typed  ... and sip_msg_check(), which leaves the Request-URI, top Via, From, To and CSeq typed, and what a user
 *         agent reads on top: Contact, Route set, digest challenges, session timer
 *  sdp    ... and sdp_parse() of a body that is one
 *
 *  usage: bench_sip_parse [repeats] [rounds]; each repeat parses the whole set `rounds` times. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sip/digest.h"
#include "sip/message.h"
#include "sip/sdp.h"
#include "test/sip_samples.h"

enum { REPEATS_MAX = 1001 };

struct bench {
	struct str text[SIP_SAMPLES]; /* heap copies: where a datagram would lie */
	struct sip_msg msg;
	uint64_t sink; /* keeps results alive */
};

static uint64_t cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void index_only(struct bench *b, struct str text)
{
	b->sink += (uint64_t)sip_msg_parse(&b->msg, text.p, text.n) + b->msg.nhdr;
}

static void read_addr(struct bench *b, struct str value)
{
	struct sip_addr a;
	struct sip_uri u;
	if (sip_addr_parse(&a, value) == 0 && sip_uri_parse(&u, a.uri) == 0)
		b->sink += a.tag.n + u.user.n + u.port;
}

static void read_list(struct bench *b, enum sip_hdr_id id)
{
	struct str rest, item;
	for (const struct sip_hdr *h = sip_msg_hdr(&b->msg, id); h; h = sip_msg_hdr_next(&b->msg, h))
		for (rest = h->value; sip_list_next(&rest, &item);)
			read_addr(b, item);
}

static void read_challenges(struct bench *b, enum sip_hdr_id id)
{
	struct digest_challenge c;
	for (const struct sip_hdr *h = sip_msg_hdr(&b->msg, id); h; h = sip_msg_hdr_next(&b->msg, h))
		if (digest_challenge_parse(&c, h->value) == 0)
			b->sink += c.nonce.n;
}

static void typed(struct bench *b, struct str text)
{
	struct sip_msg *m = &b->msg;
	struct str timer;
	uint64_t seconds = 0;
	index_only(b, text);
	b->sink += (uint64_t)sip_msg_check(m);
	b->sink += m->via.branch.n + m->via.has_rport + m->cseq.seq + m->from.tag.n + m->to.tag.n;
	read_list(b, SIP_HDR_CONTACT);
	read_list(b, SIP_HDR_RECORD_ROUTE);
	read_list(b, SIP_HDR_ROUTE);
	read_challenges(b, SIP_HDR_PROXY_AUTHENTICATE);
	read_challenges(b, SIP_HDR_WWW_AUTHENTICATE);
	timer = sip_msg_value(m, SIP_HDR_SESSION_EXPIRES);
	if (str_uint(timer, UINT32_MAX, &seconds))
		b->sink += seconds;
}

static void with_sdp(struct bench *b, struct str text)
{
	struct sdp s;
	typed(b, text);
	if (b->msg.body.n && sdp_parse(&s, b->msg.body) == 0)
		b->sink += s.npt + s.rtp.port;
}

static int by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;
	return a < b ? -1 : a > b;
}

struct result {
	double median, p10, p90;
};

static struct result measure(struct bench *b, void (*work)(struct bench *, struct str), size_t first, size_t last,
			     unsigned repeats, unsigned rounds)
{
	static double ns[REPEATS_MAX];
	for (unsigned r = 0; r < repeats; r++) {
		uint64_t from = cpu_ns();
		for (unsigned k = 0; k < rounds; k++)
			for (size_t i = first; i < last; i++)
				work(b, b->text[i]);
		ns[r] = (double)(cpu_ns() - from) / rounds / (double)(last - first);
	}
	qsort(ns, repeats, sizeof *ns, by_value);
	return (struct result){ns[repeats / 2], ns[repeats / 10], ns[repeats - 1 - repeats / 10]};
}

static void report(struct bench *b, const char *name, size_t first, size_t last, unsigned repeats, unsigned rounds)
{
	struct result i = measure(b, index_only, first, last, repeats, rounds);
	struct result t = measure(b, typed, first, last, repeats, rounds);
	struct result s = measure(b, with_sdp, first, last, repeats, rounds);
	size_t bytes = 0, headers = 0;
	for (size_t k = first; k < last; k++) {
		index_only(b, b->text[k]);
		bytes += b->text[k].n;
		headers += b->msg.nhdr;
	}
	double n = (double)(last - first);
	printf("%-24s %6.0f %7.1f   %5.0f (%4.0f-%4.0f)   %5.0f (%4.0f-%4.0f)   %5.0f (%4.0f-%4.0f)\n", name,
	       (double)bytes / n, (double)headers / n, i.median, i.p10, i.p90, t.median, t.p10, t.p90, s.median, s.p10,
	       s.p90);
}

int main(int argc, char **argv)
{
	static struct bench b;
	unsigned repeats = argc > 1 ? (unsigned)atoi(argv[1]) : 41, rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 500;
	if (repeats < 10 || repeats > REPEATS_MAX || rounds < 1) {
		fprintf(stderr, "usage: %s [repeats 10-%d] [rounds]\n", argv[0], REPEATS_MAX);
		return 2;
	}
	for (size_t i = 0; i < SIP_SAMPLES; i++) {
		char *p = malloc(sip_samples[i].text.n);
		if (!p)
			return 1;
		memcpy(p, sip_samples[i].text.p, sip_samples[i].text.n);
		b.text[i] = (struct str){p, sip_samples[i].text.n};
	}
	printf("sip_parse: ns of CPU per message, median (p10-p90) of %u repeats of %u rounds, warm, one thread\n",
	       repeats, rounds);
	printf("%-24s %6s %7s   %17s   %17s   %17s\n", "message", "bytes", "headers", "index", "typed", "with SDP");
	for (size_t i = 0; i < SIP_SAMPLES; i++)
		report(&b, sip_samples[i].name, i, i + 1, repeats, rounds * 4);
	report(&b, "all in turn", 0, SIP_SAMPLES, repeats, rounds);
	for (size_t i = 0; i < SIP_SAMPLES; i++)
		free((void *)(uintptr_t)b.text[i].p);
	return b.sink == 0;
}
