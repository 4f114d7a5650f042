/** test_media_supervise.c  A supervisor beside a bridge: who hears whom in each mode, and what the bridge loses by it
 *  (nothing). Each party says a constant, so a sum tells who is in it. */
#include <errno.h>
#include <string.h>

#include "dsp/g711.h"
#include "media/worker.h"
#include "test/media_rig.h"

enum { CUSTOMER, AGENT, BOSS, PARTIES };
enum { LISTEN, WHISPER, BARGE };

struct office {
	struct rig r;
	struct far_end f[PARTIES];
	uint64_t mix, start;
	unsigned step;
	/* what the customer's phone received */
	unsigned packets, lost, wrong;
	int loudest;
	uint16_t seq;
	uint32_t ts;
};

static const int16_t says[PARTIES] = {1000, 2000, 4000};

static uint8_t ulaw(int v)
{
	int16_t pcm = (int16_t)v;
	uint8_t out;
	g711_encode(CODEC_PCMU, &pcm, 1, &out);
	return out;
}

static int linear(uint8_t v)
{
	int16_t out;
	g711_decode(CODEC_PCMU, &v, 1, &out);
	return out;
}

/* What a phone receives when these parties are heard; bit mask. */
static uint8_t sum(unsigned who)
{
	int v = 0;
	for (unsigned i = 0; i < PARTIES; i++)
		if (who >> i & 1)
			v += linear(ulaw(says[i]));
	return ulaw(v);
}

static bool mode(struct office *o, int m)
{
	const uint64_t boss = o->f[BOSS].leg;
	return media_mix_join(o->r.m, o->mix, boss, MIX_HEAR | (m == LISTEN ? 0 : MIX_TALK)) == 0 &&
	       media_mix_hear(o->r.m, o->mix, o->f[AGENT].leg, &boss, m != LISTEN) == 0 &&
	       media_mix_hear(o->r.m, o->mix, o->f[CUSTOMER].leg, &boss, m == BARGE) == 0;
}

static bool office_open(struct office *o)
{
	const uint64_t none = 0;
	memset(o, 0, sizeof(*o));
	if (!rig_open(&o->r, NULL) || media_mix_open(o->r.m, &o->mix))
		return false;
	for (unsigned i = 0; i < PARTIES; i++) {
		o->f[i].ssrc = 0x400 + i;
		if (!far_open(&o->r, &o->f[i], CODEC_PCMU, i == AGENT) || !far_latch(&o->r, &o->f[i]))
			return false;
	}
	struct media *m = o->r.m;
	uint64_t customer = o->f[CUSTOMER].leg, agent = o->f[AGENT].leg;
	if (media_bridge(m, customer, agent))
		return false;
	for (unsigned i = 0; i < BOSS; i++)
		if (media_mix_join(m, o->mix, o->f[i].leg, MIX_TALK | MIX_HEAR | MIX_BESIDE) ||
		    media_mix_hear(m, o->mix, o->f[i].leg, &none, 0))
			return false;
	return mode(o, LISTEN);
}

static void office_close(struct office *o)
{
	for (unsigned i = 0; i < PARTIES; i++)
		far_close(&o->f[i]);
	rig_close(&o->r);
}

/* Nothing the agent says may be missing at the customer's phone, at any time. */
static void follow(struct office *o)
{
	struct datagram d;
	while (far_hear(&o->f[CUSTOMER], &d, 0)) {
		if (d.rtp.pt != CODEC_PCMU)
			continue;
		if (o->packets++ && (d.rtp.seq != (uint16_t)(o->seq + 1) || d.rtp.ts != o->ts + 160))
			o->lost++;
		o->seq = d.rtp.seq;
		o->ts = d.rtp.ts;
		for (size_t i = 0; i < d.rtp.n; i++) {
			int v = linear(d.rtp.payload[i]);
			o->wrong += v < linear(sum(1 << AGENT));
			o->loudest = v > o->loudest ? v : o->loudest;
		}
	}
}

static void talk(struct office *o, unsigned steps)
{
	for (unsigned end = o->step + steps; o->step < end; o->step++) {
		rig_pace(&o->start, o->step);
		for (unsigned i = 0; i < PARTIES; i++)
			far_say(&o->f[i], ulaw(says[i]));
		follow(o);
	}
}

/* The last whole frame that waits at a phone. -1: none, or a frame of more than one value. */
static int heard(const struct far_end *f)
{
	struct datagram d;
	int last = -1;
	while (far_hear(f, &d, 0)) {
		bool same = d.rtp.n == 160;
		for (size_t i = 1; same && i < d.rtp.n; i++)
			same = d.rtp.payload[i] == d.rtp.payload[0];
		last = same ? d.rtp.payload[0] : last;
	}
	return last;
}

struct wanted {
	struct office *o;
	unsigned who;
	uint8_t value;
};

static bool is_heard(void *arg)
{
	struct wanted *x = arg;
	talk(x->o, 2);
	return heard(&x->o->f[x->who]) == x->value;
}

/* Goes on talking until this phone hears just these. */
static bool comes_to_hear(struct office *o, unsigned who, unsigned whom)
{
	struct wanted x = {o, who, sum(whom)};
	return rig_until(is_heard, &x);
}

TEST_NO_OOM(media_supervisor_modes_switch_who_hears_whom_and_the_customer_loses_no_packet)
{
	struct office o;
	CHECK(office_open(&o));
	talk(&o, 3);
	for (unsigned round = 0; round < 2; round++) {
		CHECK(mode(&o, LISTEN));
		CHECK(comes_to_hear(&o, BOSS, 1 << CUSTOMER | 1 << AGENT));
		CHECK(comes_to_hear(&o, AGENT, 1 << CUSTOMER));
		CHECK(mode(&o, WHISPER));
		CHECK(comes_to_hear(&o, AGENT, 1 << CUSTOMER | 1 << BOSS));
	}
	CHECK(o.loudest == linear(sum(1 << AGENT))); /* not one sample of the whisper */
	CHECK(mode(&o, BARGE));
	CHECK(comes_to_hear(&o, AGENT, 1 << CUSTOMER | 1 << BOSS));
	CHECK(comes_to_hear(&o, BOSS, 1 << CUSTOMER | 1 << AGENT));
	CHECK(media_mix_close(o.r.m, o.mix) == 0);
	CHECK(comes_to_hear(&o, AGENT, 1 << CUSTOMER));
	CHECK(o.packets > 12 && o.lost == 0 && o.wrong == 0);
out:
	office_close(&o);
}

/* The customer's phone is watched for a frame of just these. */
static bool customer_hears(struct office *o, unsigned whom)
{
	for (unsigned i = 0; i < 200; i++) {
		struct datagram d;
		rig_pace(&o->start, o->step++);
		for (unsigned k = 0; k < PARTIES; k++)
			far_say(&o->f[k], ulaw(says[k]));
		while (far_hear(&o->f[CUSTOMER], &d, 0))
			if (d.rtp.n == 160 && d.rtp.payload[0] == sum(whom) && d.rtp.payload[159] == sum(whom))
				return true;
	}
	return false;
}

TEST_NO_OOM(media_supervisor_is_heard_by_the_customer_in_barge_alone)
{
	struct office o;
	CHECK(office_open(&o) && mode(&o, WHISPER));
	CHECK(comes_to_hear(&o, AGENT, 1 << CUSTOMER | 1 << BOSS));
	CHECK(customer_hears(&o, 1 << AGENT));
	CHECK(mode(&o, BARGE));
	CHECK(customer_hears(&o, 1 << AGENT | 1 << BOSS));
	CHECK(mode(&o, LISTEN));
	CHECK(customer_hears(&o, 1 << AGENT));
out:
	office_close(&o);
}

TEST_NO_OOM(media_supervisor_is_heard_also_while_the_other_side_sends_nothing)
{
	struct office o;
	bool alone = false;
	CHECK(office_open(&o) && mode(&o, BARGE));
	for (unsigned i = 0; i < 200 && !alone; i++) {
		rig_pace(&o.start, o.step++);
		far_say(&o.f[BOSS], ulaw(says[BOSS]));
		alone = heard(&o.f[CUSTOMER]) == sum(1 << BOSS);
	}
	CHECK(alone);
	CHECK(customer_hears(&o, 1 << AGENT | 1 << BOSS)); /* and the bridge takes over again */
out:
	office_close(&o);
}

TEST_NO_OOM(media_mix_beside_a_bridge_refuses_a_leg_it_would_have_to_move)
{
	struct office o;
	uint64_t other;
	CHECK(office_open(&o));
	uint32_t here = media_leg_worker(o.r.m, o.f[AGENT].leg);
	struct leg_opts opts = {.worker = 1 - here};
	struct net_addr local;
	CHECK(media_leg_open(o.r.m, &opts, &other, &local) == 0);
	CHECK(media_mix_join(o.r.m, o.mix, other, MIX_BESIDE) == -EPROTO);
	CHECK(media_mix_hear(o.r.m, o.mix, other, NULL, 0) == -ENOENT);
	CHECK(media_mix_hear(o.r.m, o.mix, o.f[AGENT].leg, &other, 1) == -ENOENT);
	CHECK(media_unbridge(o.r.m, o.f[AGENT].leg) == 0); /* who is left stays in the mix */
	CHECK(comes_to_hear(&o, BOSS, 1 << CUSTOMER | 1 << AGENT));
	CHECK(media_leg_close(o.r.m, o.f[CUSTOMER].leg) == 0);
	CHECK(comes_to_hear(&o, BOSS, 1 << AGENT));
out:
	office_close(&o);
}
