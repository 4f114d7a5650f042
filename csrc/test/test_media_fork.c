/** test_media_fork.c  The fork's tap of a running engine: both sides on one line of time, whatever the network does. */
#include <errno.h>
#include <string.h>

#include "dsp/g711.h"
#include "rpc/fork.h"
#include "test/media_rig.h"

enum { RECORD = FORK_CLOCK + 2 * FORK_SAMPLES, A = 0x90, B = 0xa5 };

struct pair {
	struct rig r;
	struct far_end f[2];
};

static bool pair_open(struct pair *p)
{
	memset(p, 0, sizeof(*p));
	if (!rig_open(&p->r, NULL))
		return false;
	for (unsigned i = 0; i < 2; i++) {
		p->f[i].ssrc = 0x700 + i;
		if (!far_open(&p->r, &p->f[i], i ? CODEC_PCMA : CODEC_PCMU, LEG_ANY_WORKER))
			return false;
	}
	return media_bridge(p->r.m, p->f[0].leg, p->f[1].leg) == 0;
}

static void pair_close(struct pair *p)
{
	far_close(&p->f[0]);
	far_close(&p->f[1]);
	rig_close(&p->r);
}

struct reader {
	struct pair *p;
	int16_t pcm[100 * RECORD];
	size_t n;	/* records */
	unsigned both;	/* frames with a sound in both channels */
	uint64_t clock; /* expected next */
	bool steady;	/* every clock followed the one before */
	uint64_t dropped;
};

static bool loud(const int16_t *pcm)
{
	return pcm[80] > 1000 || pcm[80] < -1000;
}

static bool heard_both(void *arg)
{
	struct reader *r = arg;
	int n = media_fork_read(r->p->r.m, r->p->f[0].leg, r->pcm, sizeof(r->pcm) / sizeof(r->pcm[0]), &r->dropped);
	for (int at = 0; at + RECORD <= n; at += RECORD) {
		uint64_t clock;
		memcpy(&clock, r->pcm + at, sizeof(clock));
		r->steady = r->steady && clock == r->clock;
		r->clock = clock + FORK_SAMPLES;
		r->both += loud(r->pcm + at + FORK_CLOCK) && loud(r->pcm + at + FORK_CLOCK + FORK_SAMPLES);
		r->n++;
	}
	return r->both >= 10;
}

TEST_NO_OOM(media_fork_has_both_sides_in_one_frame)
{
	static struct reader r;
	struct pair p;
	uint64_t start = 0;
	memset(&r, 0, sizeof(r));
	r.p = &p;
	r.steady = true;
	CHECK(pair_open(&p) && media_fork_open(p.r.m, p.f[0].leg, 3, 2000) == 0);
	for (unsigned i = 0; i < 40; i++) {
		rig_pace(&start, i);
		far_say(&p.f[0], A);
		far_say(&p.f[1], B);
		(void)heard_both(&r);
	}
	CHECK(rig_until(heard_both, &r));
	CHECK(r.steady && r.dropped == 0);
	CHECK(media_fork_open(p.r.m, p.f[0].leg, 1, 2000) == -EPROTO);
	CHECK(media_fork_close(p.r.m, p.f[0].leg) == 0 && media_fork_close(p.r.m, p.f[0].leg) == -EPROTO);
	CHECK(media_fork_open(p.r.m, p.f[0].leg, 2, 2000) == 0);
out:
	pair_close(&p);
}

struct wait {
	struct rig *r;
	uint64_t leg;
	uint64_t dropped;
};

static bool overflows(void *arg)
{
	struct wait *w = arg;
	int16_t none[1];
	return media_fork_read(w->r->m, w->leg, none, 0, &w->dropped) == 0 && w->dropped > 3;
}

TEST_NO_OOM(media_fork_that_nobody_reads_counts_and_hurts_nobody)
{
	struct pair p;
	uint64_t dropped;
	int16_t pcm[RECORD];
	CHECK(pair_open(&p) && media_fork_open(p.r.m, p.f[0].leg, 1, 100) == 0);
	struct wait w = {.r = &p.r, .leg = p.f[0].leg};
	CHECK(rig_until(overflows, &w)); /* silence is audio too: no packet ever came */
	CHECK(media_fork_read(p.r.m, p.f[0].leg, pcm, RECORD, &dropped) == FORK_CLOCK + FORK_SAMPLES);
	CHECK(!loud(pcm + FORK_CLOCK));
	far_say(&p.f[0], A);
	far_say(&p.f[1], B);
	CHECK(rig_received(&p.r, p.f[0].leg, 1) && rig_received(&p.r, p.f[1].leg, 1));
out:
	pair_close(&p);
}

TEST(media_fork_gives_back_its_memory_in_every_state)
{
	struct rig r = {0};
	struct far_end f = {.ssrc = 1, .rtp = -1, .rtcp = -1};
	CHECK(rig_open(&r, NULL) && far_open(&r, &f, CODEC_PCMU, 0));
	CHECK(media_fork_open(r.m, f.leg, 0, 1000) == -EINVAL && media_fork_open(r.m, f.leg, 4, 1000) == -EINVAL);
	CHECK(media_fork_open(r.m, f.leg, 1, 10) == -EINVAL && media_fork_open(r.m, 77, 1, 1000) == -ENOENT);
	for (unsigned i = 0; i < 3; i++) {
		CHECK(media_fork_open(r.m, f.leg, 3, 200) == 0);
		CHECK(media_fork_close(r.m, f.leg) == 0);
	}
	CHECK(media_fork_open(r.m, f.leg, 3, 200) == 0);
	CHECK(media_sink_left(r.m, f.leg) == -EPROTO && media_sink_open(r.m, f.leg, 200) == 0);
	CHECK(media_sink_left(r.m, f.leg) == 0);
out:
	far_close(&f);
	rig_close(&r);
}
