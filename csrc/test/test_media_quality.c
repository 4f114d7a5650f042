/** test_media_quality.c  Quality of legs of a running engine: real sockets, real reports. Judges content, not time. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "media/address.h"
#include "rtp/rtcp.h"
#include "test/media_rig.h"

enum { SILENCE = 0xff, VOICE = 0x90 /* mu-law, far above any silence */ };

struct pair {
	struct rig r;
	struct far_end f[2];
	uint64_t start;
	unsigned step;
};

static bool pair_open(struct pair *p, const struct quality_opts *o)
{
	memset(p, 0, sizeof(*p));
	if (!rig_open(&p->r, NULL))
		return false;
	for (unsigned i = 0; i < 2; i++) {
		p->f[i].ssrc = 0x500 + i;
		if (!far_open(&p->r, &p->f[i], CODEC_PCMU, LEG_ANY_WORKER) ||
		    media_quality_start(p->r.m, p->f[i].leg, o))
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

static bool both_say(struct pair *p, unsigned frames, uint8_t a, uint8_t b)
{
	for (unsigned end = p->step + frames; p->step < end; p->step++) {
		rig_pace(&p->start, p->step);
		far_say(&p->f[0], a);
		far_say(&p->f[1], b);
	}
	return true;
}

struct want {
	struct rig *r;
	uint64_t leg;
	bool (*holds)(const struct leg_quality *q);
	struct leg_quality q;
};

static bool asked(void *arg)
{
	struct want *w = arg;
	return media_leg_quality(w->r->m, w->leg, &w->q) == 0 && w->holds(&w->q);
}

static bool heard_both(const struct leg_quality *q)
{
	return q->said.voice_ms >= 400 && q->heard.voice_ms >= 400 && q->packets >= 20;
}

TEST_NO_OOM(media_quality_measures_both_directions_of_a_bridge)
{
	static const struct quality_opts o = {.levels = true};
	struct pair p;
	struct leg_quality none;
	CHECK(pair_open(&p, &o));
	both_say(&p, 60, VOICE, VOICE);
	struct want w = {.r = &p.r, .leg = p.f[0].leg, .holds = heard_both};
	CHECK(rig_received(&p.r, p.f[0].leg, 60) && rig_until(asked, &w));
	CHECK(w.q.lost == 0 && w.q.rx.mos > 400 && w.q.said.level_cdb > -1500 &&
	      w.q.said.level_cdb == w.q.heard.level_cdb);
	CHECK(media_leg_quality(p.r.m, 12345, &none) == -ENOENT);
	CHECK(media_quality_start(p.r.m, p.f[0].leg, &(struct quality_opts){.xr = 9}) == -EINVAL);
	/* Figures outlive the leg until it is released. */
	CHECK(media_leg_close(p.r.m, p.f[0].leg) == 0 &&
	      rig_wait(&p.r, MEDIA_EV_LEG_CLOSED, p.f[0].leg, &(struct media_event){0}));
	CHECK(media_leg_quality(p.r.m, p.f[0].leg, &none) == 0 && none.packets == 60 && none.rx.r > 0);
out:
	pair_close(&p);
}

TEST_NO_OOM(media_quality_costs_nothing_where_it_was_not_asked_for)
{
	struct rig r;
	struct far_end f = {.ssrc = 1};
	struct leg_quality q;
	CHECK(rig_open(&r, NULL) && far_open(&r, &f, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(media_leg_quality(r.m, f.leg, &q) == -EPROTO);
out:
	far_close(&f);
	rig_close(&r);
}

TEST_NO_OOM(media_quality_tells_a_side_that_only_sends_silence)
{
	static const struct quality_opts o = {.levels = true, .one_way_ms = 300};
	struct pair p;
	struct media_event ev;
	CHECK(pair_open(&p, &o));
	both_say(&p, 50, SILENCE, VOICE);
	CHECK(rig_wait(&p.r, MEDIA_EV_QUALITY, p.f[0].leg, &ev));
	CHECK(ev.a == QUALITY_ONE_WAY && ev.d == 2 && ev.b >= 300);
	both_say(&p, 50, VOICE, VOICE);
	CHECK(rig_wait(&p.r, MEDIA_EV_QUALITY, p.f[0].leg, &ev));
	CHECK(ev.a == QUALITY_ONE_WAY && ev.d == 0);
	CHECK(!rig_has(&p.r, MEDIA_EV_QUALITY, p.f[1].leg));
out:
	pair_close(&p);
}

/* A peer's compound packet to the leg's RTCP port. */
static bool send_report(const struct far_end *f, const struct rtcp_compose *c)
{
	uint8_t data[RTCP_MAX];
	struct sockaddr_storage sa;
	struct net_addr to = f->leg_address;
	to.port++;
	socklen_t len = address_to_kernel(&sa, &to);
	size_t n = rtcp_compose(data, c);
	return sendto(f->rtcp, data, n, 0, (struct sockaddr *)&sa, len) == (ssize_t)n;
}

static bool xr_came(const struct leg_quality *q)
{
	return q->xr_seen > 0;
}

static bool hear_xr(const struct far_end *f, struct rtcp_view *v)
{
	uint8_t data[2048];
	for (unsigned i = 0; i < 40; i++) {
		ssize_t n = recv(f->rtcp, data, sizeof(data), MSG_DONTWAIT);
		if (n > 0 && rtcp_parse(v, data, (size_t)n, f->ssrc) == 0 && v->has_xr)
			return true;
		if (n <= 0)
			rig_sleep(5);
	}
	return false;
}

/* The leg's own SSRC, from what it sends. */
static uint32_t ssrc_of(const struct far_end *f)
{
	struct datagram d;
	return far_hear(f, &d, WAIT_MS) ? d.rtp.ssrc : 0;
}

TEST_NO_OOM(media_quality_answers_extended_reports_with_its_own)
{
	static const struct quality_opts o = {.levels = true};
	struct pair p;
	struct rtcp_view v;
	CHECK(pair_open(&p, &o));
	both_say(&p, 40, VOICE, VOICE);
	struct xr_voip peer = {
		.ssrc = ssrc_of(&p.f[0]), .r_factor = 61, .mos_lq = 33, .mos_cq = 31, .signal_dbm0 = -18};
	CHECK(send_report(&p.f[0], &(struct rtcp_compose){.ssrc = p.f[0].ssrc, .cname = "x", .voip = &peer}));
	struct want w = {.r = &p.r, .leg = p.f[0].leg, .holds = xr_came};
	CHECK(rig_until(asked, &w));
	CHECK(w.q.xr_r == 61 && w.q.xr_mos_lq == 330 && w.q.xr_mos_cq == 310 && w.q.xr_signal_cdb == -1800);
	/* Its last report goes out when it closes; to the peer that sent none, none is sent. */
	CHECK(media_leg_close(p.r.m, p.f[0].leg) == 0 && media_leg_close(p.r.m, p.f[1].leg) == 0);
	CHECK(hear_xr(&p.f[0], &v));
	CHECK(v.xr.has_voip && v.xr.has_summary && v.xr.voip.ssrc == p.f[0].ssrc && v.xr.voip.r_factor > 85);
	CHECK(v.xr.summary.lost == 0 && v.xr.voip.signal_dbm0 > -15 && v.bye);
	CHECK(!hear_xr(&p.f[1], &v));
out:
	pair_close(&p);
}

TEST(media_quality_gives_back_its_memory)
{
	static const struct quality_opts o = {.xr = QUALITY_XR_ALWAYS};
	struct rig r = {0};
	struct far_end f = {.ssrc = 1, .rtp = -1, .rtcp = -1};
	CHECK(rig_open(&r, NULL) && far_open(&r, &f, CODEC_PCMA, 0));
	CHECK(media_quality_start(r.m, f.leg, &o) == 0 && media_quality_start(r.m, f.leg, &o) == 0);
out:
	far_close(&f);
	rig_close(&r);
}
