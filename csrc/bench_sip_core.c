/** bench_sip_core.c  Two cores back to back in memory: INVITE, 180, 200, ACK, BYE, 200. Prints CPU per call and side,
 *  and the memory of a call held. No sockets: what it shows is the core alone, warm, one thread. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "sip/core.h"

enum { CALLS = 200000, HELD = 4096, MS = 1000000 };

static const struct sip_local local = {.rtp = {.family = ADDR_V4, .port = 20000, .ip = {127, 0, 0, 1}},
				       .codecs = {CODEC_PCMU, CODEC_PCMA},
				       .ncodecs = 2,
				       .te_pt = 101,
				       .dir = DIR_SENDRECV};

struct side {
	struct sip_core *core;
	struct net_addr addr;
	uint64_t call, answered, ended;
};

static uint64_t cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void events(struct side *s, uint64_t now)
{
	struct sip_event e[16];
	size_t n;
	while ((n = sip_core_drain_events(s->core, e, 16)) > 0)
		for (size_t i = 0; i < n; i++) {
			if (e[i].kind == SIP_EV_INCOMING) {
				sip_call_progress(s->core, e[i].call, 180, NULL, now);
				sip_call_answer(s->core, e[i].call, &local, now);
			} else if (e[i].kind == SIP_EV_ANSWERED) {
				s->answered++;
			} else if (e[i].kind == SIP_EV_ENDED) {
				s->ended++;
			}
		}
}

static void settle(struct side s[2], uint64_t now)
{
	struct sip_tx tx[16];
	bool any = true;
	while (any) {
		any = false;
		for (int i = 0; i < 2; i++) {
			size_t n;
			events(&s[i], now);
			while ((n = sip_core_drain_tx(s[i].core, tx, 16)) > 0) {
				any = true;
				for (size_t j = 0; j < n; j++)
					sip_core_recv(s[!i].core, 0, &s[i].addr, tx[j].data, tx[j].n, now);
			}
		}
	}
}

static uint64_t dial(struct side s[2], uint64_t now)
{
	uint64_t call = 0;
	struct sip_call_opts o = {.dst = s[1].addr,
				  .ruri = STR("sip:+4930901820@10.0.0.2:5060"),
				  .from = STR("\"Shop\" <sip:+49301234567@10.0.0.1>"),
				  .local = local};
	if (sip_call_create(s[0].core, &o, now, &call) != 0)
		abort();
	settle(s, now);
	return call;
}

static void run_calls(struct side s[2], uint64_t *now)
{
	uint64_t before = cpu_ns();
	for (int i = 0; i < CALLS; i++) {
		uint64_t call = dial(s, *now);
		sip_call_hangup(s[0].core, call, 16, *now);
		settle(s, *now);
		*now += 2 * MS; /* 500 calls/s: transactions pile up for 32 s, as they do in life */
		for (int k = 0; k < 2; k++)
			if (sip_core_next(s[k].core) <= *now)
				sip_core_tick(s[k].core, *now);
	}
	uint64_t ns = cpu_ns() - before;
	if (s[0].answered != CALLS || s[1].ended != CALLS)
		abort();
	printf("sip_core: %d calls, %.2f us CPU per call and side\n", CALLS, (double)ns / 1e3 / CALLS / 2);
}

static void hold_calls(struct side s[2], uint64_t *now)
{
	for (int k = 0; k < 2; k++)
		sip_core_tick(s[k].core, *now += 100000ull * MS);
	size_t before = s[1].core->slab.bytes;
	for (int i = 0; i < HELD; i++)
		dial(s, *now);
	size_t young[2], old[2];
	for (int k = 0; k < 2; k++)
		young[k] = s[k].core->slab.bytes / HELD + s[k].core->calls.size + s[k].core->txns.size;
	*now += 40000ull * MS;
	for (int k = 0; k < 2; k++) {
		sip_core_tick(s[k].core, *now);
		old[k] = s[k].core->slab.bytes / HELD + s[k].core->calls.size;
	}
	printf("sip_core: bytes per dialog held: caller %zu (%zu in its first 32 s), callee %zu (%zu); slab before: "
	       "%zu\n",
	       old[0], young[0], old[1], young[1], before);
}

int main(void)
{
	struct side s[2] = {0};
	uint64_t now = 1000ull * MS;
	for (int i = 0; i < 2; i++) {
		struct sip_core_opts o = {.seed = {1 + (uint64_t)i, 2}};
		s[i].addr = (struct net_addr){.family = ADDR_V4, .port = 5060, .ip = {10, 0, 0, (uint8_t)(i + 1)}};
		if (sip_core_init(&s[i].core, &o) != 0 || sip_core_flow(s[i].core, 0, &s[i].addr, false) != 0)
			return 1;
	}
	run_calls(s, &now);
	hold_calls(s, &now);
	for (int i = 0; i < 2; i++)
		sip_core_free(s[i].core);
	return mem_live() != 0;
}
