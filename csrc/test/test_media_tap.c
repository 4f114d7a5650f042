/** test_media_tap.c  Mixes, live taps, answering-machine and beep detection, RTCP, closing in every state. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dsp/g711.h"
#include "dsp/tone.h"
#include "media/address.h"
#include "rtp/rtcp.h"
#include "test/media_rig.h"

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

/* Whether a frame of nothing but `want` is among what waits at the far end. */
static bool heard(const struct far_end *f, uint8_t want)
{
	struct datagram d;
	bool found = false;
	while (far_hear(f, &d, 0)) {
		bool same = d.rtp.n == 160;
		for (size_t i = 0; same && i < d.rtp.n; i++)
			same = d.rtp.payload[i] == want;
		found = found || same;
	}
	return found;
}

struct party {
	struct rig r;
	struct far_end f[3];
	uint8_t say[3];
	uint64_t mix, start;
	unsigned step;
};

static bool party_open(struct party *p, const uint32_t workers[3])
{
	memset(p, 0, sizeof(*p));
	if (!rig_open(&p->r, NULL) || media_mix_open(p->r.m, &p->mix))
		return false;
	for (unsigned i = 0; i < 3; i++) {
		p->f[i].ssrc = 0x300 + i;
		if (!far_open(&p->r, &p->f[i], CODEC_PCMU, workers[i]))
			return false;
	}
	p->say[0] = ulaw(1000);
	p->say[1] = ulaw(2000);
	p->say[2] = ulaw(4000);
	return true;
}

static void party_close(struct party *p)
{
	for (unsigned i = 0; i < 3; i++)
		far_close(&p->f[i]);
	rig_close(&p->r);
}

static void talk(struct party *p, unsigned steps)
{
	for (unsigned end = p->step + steps; p->step < end; p->step++) {
		rig_pace(&p->start, p->step);
		for (unsigned i = 0; i < 3; i++)
			far_say(&p->f[i], p->say[i]);
	}
}

/* Goes on talking until this one hears a frame of nothing but `want`; a busy machine may disturb many. */
static bool comes_to_hear(struct party *p, unsigned who, uint8_t want)
{
	for (unsigned i = 0; i < 250; i++) {
		talk(p, 2);
		if (heard(&p->f[who], want))
			return true;
	}
	return false;
}

static uint8_t sum(const struct party *p, unsigned x, unsigned y)
{
	return ulaw(linear(p->say[x]) + linear(p->say[y]));
}

TEST_NO_OOM(media_mix_lets_each_hear_the_sum_of_the_others)
{
	struct party p;
	CHECK(party_open(&p, (const uint32_t[]){0, 1, 0}));
	for (unsigned i = 0; i < 3; i++)
		CHECK(media_mix_join(p.r.m, p.mix, p.f[i].leg, MIX_TALK | MIX_HEAR) == 0);
	CHECK(comes_to_hear(&p, 0, sum(&p, 1, 2)));
	CHECK(comes_to_hear(&p, 1, sum(&p, 0, 2)));
	CHECK(comes_to_hear(&p, 2, sum(&p, 0, 1)));
	CHECK(media_mix_leave(p.r.m, p.f[2].leg) == 0);
	CHECK(rig_settle(&p.r, p.f[2].leg));
	CHECK(media_mix_leave(p.r.m, p.f[2].leg) == -EPROTO);
	CHECK(comes_to_hear(&p, 0, p.say[1]) && comes_to_hear(&p, 1, p.say[0]));
out:
	party_close(&p);
}

TEST_NO_OOM(media_mix_roles_make_a_silent_listener)
{
	struct party p;
	CHECK(party_open(&p, (const uint32_t[]){0, 0, 1}));
	CHECK(media_mix_join(p.r.m, p.mix, p.f[0].leg, MIX_TALK | MIX_HEAR) == 0);
	CHECK(rig_settle(&p.r, p.f[0].leg));
	CHECK(media_mix_join(p.r.m, p.mix, p.f[1].leg, MIX_TALK | MIX_HEAR) == 0);
	CHECK(rig_settle(&p.r, p.f[1].leg));
	CHECK(media_mix_join(p.r.m, p.mix, p.f[2].leg, MIX_HEAR) == 0);
	CHECK(rig_settle(&p.r, p.f[2].leg));
	CHECK(media_mix_join(p.r.m, p.mix, p.f[2].leg, 8) == -EINVAL);
	CHECK(comes_to_hear(&p, 0, p.say[1]) && comes_to_hear(&p, 1, p.say[0]));
	CHECK(comes_to_hear(&p, 2, sum(&p, 0, 1)));
	CHECK(media_mix_join(p.r.m, p.mix, p.f[2].leg, MIX_TALK) == 0); /* barges in, and hears no more */
	CHECK(rig_settle(&p.r, p.f[2].leg));
	talk(&p, 10);
	for (unsigned i = 0; i < 3; i++)
		heard(&p.f[i], 0);
	CHECK(comes_to_hear(&p, 0, sum(&p, 1, 2)));
	struct datagram d;
	CHECK(!far_hear(&p.f[2], &d, 30));
out:
	party_close(&p);
}

TEST_NO_OOM(media_unbridge_does_not_leave_a_mix)
{
	struct party p;
	CHECK(party_open(&p, (const uint32_t[]){0, 0, 0}));
	CHECK(media_mix_join(p.r.m, p.mix, p.f[0].leg, MIX_TALK | MIX_HEAR) == 0);
	CHECK(rig_settle(&p.r, p.f[0].leg));
	CHECK(media_mix_join(p.r.m, p.mix, p.f[1].leg, MIX_TALK | MIX_HEAR) == 0);
	CHECK(rig_settle(&p.r, p.f[1].leg));
	CHECK(media_unbridge(p.r.m, p.f[0].leg) == 0);
	CHECK(rig_settle(&p.r, p.f[0].leg));
	CHECK(comes_to_hear(&p, 0, p.say[1]) && comes_to_hear(&p, 1, p.say[0]));
out:
	party_close(&p);
}

TEST_NO_OOM(media_mix_closes_with_its_members_in_it)
{
	struct party p;
	struct media_event ev;
	CHECK(party_open(&p, (const uint32_t[]){0, 1, 1}));
	for (unsigned i = 0; i < 3; i++)
		CHECK(media_mix_join(p.r.m, p.mix, p.f[i].leg, MIX_TALK | MIX_HEAR) == 0);
	CHECK(media_leg_close(p.r.m, p.f[0].leg) == 0);
	CHECK(rig_wait(&p.r, MEDIA_EV_LEG_CLOSED, p.f[0].leg, &ev));
	CHECK(media_mix_close(p.r.m, p.mix) == 0);
	CHECK(media_mix_close(p.r.m, p.mix) == -ENOENT);
	CHECK(media_mix_join(p.r.m, p.mix, p.f[1].leg, MIX_TALK) == -ENOENT);
	CHECK(media_bridge(p.r.m, p.f[1].leg, p.f[2].leg) == 0);
	CHECK(rig_settle(&p.r, p.f[1].leg));
	rig_sleep(50);
	struct datagram d;
	heard(&p.f[2], 0);
	far_say(&p.f[1], 0x31);
	CHECK(far_hear(&p.f[2], &d, WAIT_MS) && d.rtp.payload[0] == 0x31);
out:
	party_close(&p);
}

TEST_NO_OOM(media_mix_is_full_at_sixteen)
{
	struct rig r;
	struct media_opts o = {.workers = 1, .max_legs = 20};
	struct leg_opts lo = {.worker = LEG_ANY_WORKER};
	struct net_addr local;
	uint64_t mix, leg = 0;
	REQUIRE(rig_open(&r, &o));
	CHECK(media_mix_open(r.m, &mix) == 0);
	for (int i = 0; i < 17; i++) {
		CHECK(media_leg_open(r.m, &lo, &leg, &local) == 0);
		CHECK(media_mix_join(r.m, mix, leg, MIX_TALK) == (i < 16 ? 0 : -ENOBUFS));
	}
out:
	rig_close(&r);
}

TEST_NO_OOM(media_tap_gives_what_the_leg_says_with_losses_as_silence)
{
	struct rig r;
	struct far_end a = {0};
	struct media_event ev;
	int16_t pcm[160 * 20];
	uint64_t dropped = 9;
	size_t n = 0;
	REQUIRE(rig_open(&r, NULL));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(media_tap_read(r.m, a.leg, pcm, 160, &dropped) == -EPROTO);
	CHECK(media_tap_open(r.m, a.leg, 1000) == 0);
	CHECK(rig_settle(&r, a.leg));
	far_say(&a, ulaw(1000));
	CHECK(rig_wait(&r, MEDIA_EV_TAP_READY, a.leg, &ev));
	a.seq++; /* one packet is lost */
	a.ts += 160;
	far_say(&a, ulaw(3000));
	while (n < 3 * 160) {
		int got = media_tap_read(r.m, a.leg, pcm + n, 3 * 160 - n, &dropped);
		CHECK(got >= 0);
		n += (size_t)got;
	}
	CHECK(pcm[0] == linear(ulaw(1000)) && pcm[159] == pcm[0] && pcm[160] == 0 && pcm[319] == 0);
	CHECK(pcm[320] == linear(ulaw(3000)) && dropped == 0);
	CHECK(media_tap_close(r.m, a.leg) == 0 && media_tap_close(r.m, a.leg) == -EPROTO);
out:
	far_close(&a);
	rig_close(&r);
}

TEST_NO_OOM(media_tap_nobody_reads_drops_frames_and_counts_them)
{
	struct rig r;
	struct far_end a = {0};
	struct media_event ev;
	int16_t pcm[160 * 10];
	uint64_t dropped = 0;
	REQUIRE(rig_open(&r, NULL));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(media_tap_open(r.m, a.leg, 60) == 0); /* three frames */
	CHECK(rig_settle(&r, a.leg));
	for (int i = 0; i < 8; i++)
		far_say(&a, (uint8_t)i);
	CHECK(rig_received(&r, a.leg, 8));
	CHECK(rig_wait(&r, MEDIA_EV_TAP_READY, a.leg, &ev));
	CHECK(!rig_has(&r, MEDIA_EV_TAP_READY, a.leg)); /* once, until it has been emptied */
	CHECK(media_tap_read(r.m, a.leg, pcm, 1600, &dropped) == 480 && dropped >= 5);
	CHECK(pcm[0] == linear(0) && pcm[479] == linear(2));
	far_say(&a, 9);
	CHECK(rig_wait(&r, MEDIA_EV_TAP_READY, a.leg, &ev));
out:
	far_close(&a);
	rig_close(&r);
}

TEST_NO_OOM(media_amd_decides_on_silence_without_one_packet)
{
	struct rig r;
	struct far_end a = {0};
	struct media_event ev;
	struct amd_opts o = {.initial_silence_ms = 400};
	REQUIRE(rig_open(&r, NULL));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(media_amd_start(r.m, a.leg, &o) == 0);
	CHECK(rig_wait(&r, MEDIA_EV_AMD, a.leg, &ev));
	CHECK(ev.a == AMD_SILENCE && ev.b >= 400 && ev.b < 1000);
	rig_sleep(100);
	CHECK(!rig_has(&r, MEDIA_EV_AMD, a.leg));
out:
	far_close(&a);
	rig_close(&r);
}

TEST_NO_OOM(media_amd_tells_something_when_the_leg_closes)
{
	struct rig r;
	struct far_end a = {0};
	struct media_event amd, beep, closed;
	REQUIRE(rig_open(&r, NULL));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(media_amd_start(r.m, a.leg, NULL) == 0 && media_beep_start(r.m, a.leg, 0) == 0);
	CHECK(media_leg_close(r.m, a.leg) == 0);
	CHECK(rig_wait(&r, MEDIA_EV_LEG_CLOSED, a.leg, &closed));
	CHECK(rig_wait(&r, MEDIA_EV_AMD, a.leg, &amd) && amd.at <= closed.at);
	CHECK(rig_wait(&r, MEDIA_EV_BEEP, a.leg, &beep) && beep.a == 0);
out:
	far_close(&a);
	rig_close(&r);
}

TEST_NO_OOM(media_amd_stopped_says_nothing)
{
	struct rig r;
	struct far_end a = {0};
	struct amd_opts o = {.initial_silence_ms = 200};
	REQUIRE(rig_open(&r, NULL));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(media_amd_start(r.m, a.leg, &o) == 0 && media_amd_stop(r.m, a.leg) == 0);
	rig_sleep(500);
	CHECK(!rig_has(&r, MEDIA_EV_AMD, a.leg));
out:
	far_close(&a);
	rig_close(&r);
}

TEST_NO_OOM(media_beep_is_heard_or_given_up)
{
	struct rig r;
	struct far_end a = {0};
	struct media_event ev;
	struct tone_spec spec = {.hz = {1000}, .level_cdb = -1000, .total_ms = 400};
	struct tone tone;
	uint64_t start = 0;
	REQUIRE(rig_open(&r, NULL));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(media_beep_start(r.m, a.leg, 200) == 0);
	CHECK(rig_settle(&r, a.leg));
	CHECK(rig_wait(&r, MEDIA_EV_BEEP, a.leg, &ev) && ev.a == 0 && ev.b >= 200);
	CHECK(media_beep_start(r.m, a.leg, 10000) == 0);
	CHECK(rig_settle(&r, a.leg));
	CHECK(tone_init(&tone, &spec) == 0);
	for (unsigned step = 0; step < 45; step++) {
		int16_t pcm[160] = {0};
		uint8_t payload[160];
		if (step >= 10 && step < 30)
			tone_fill(&tone, pcm, 160);
		g711_encode(CODEC_PCMU, pcm, 160, payload);
		rig_pace(&start, step);
		far_send(&a, CODEC_PCMU, false, (uint16_t)step, step * 160, payload, sizeof(payload));
	}
	CHECK(rig_wait(&r, MEDIA_EV_BEEP, a.leg, &ev) && ev.a == 1 && ev.c >= 980 && ev.c <= 1020);
out:
	far_close(&a);
	rig_close(&r);
}

/* ----------------------------------------------------------------- RTCP */

static size_t hear_rtcp(const struct far_end *f, uint8_t *data, size_t max, unsigned wait_s)
{
	struct timeval tv = {.tv_sec = (time_t)wait_s};
	setsockopt(f->rtcp, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	ssize_t n = recv(f->rtcp, data, max, 0);
	return n > 0 ? (size_t)n : 0;
}

TEST_NO_OOM(media_reports_what_it_received_and_says_bye)
{
	struct rig r;
	struct far_end a = {.ssrc = 0x4711};
	struct rtcp_view v;
	struct datagram d;
	uint8_t data[512];
	REQUIRE(rig_open(&r, NULL));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(media_echo(r.m, a.leg, true) == 0);
	CHECK(rig_settle(&r, a.leg));
	far_say(&a, 1);
	CHECK(far_hear(&a, &d, WAIT_MS));
	a.seq = (uint16_t)(a.seq + 2); /* two are lost */
	far_say(&a, 1);
	CHECK(far_hear(&a, &d, WAIT_MS));
	uint32_t ssrc = d.rtp.ssrc;
	size_t n = hear_rtcp(&a, data, sizeof(data), 10); /* by itself, within five seconds */
	CHECK(n && rtcp_parse(&v, data, n, 0x4711) == 0);
	CHECK(v.sender == ssrc && v.has_sr && !v.bye && v.has_report && v.report.lost == 2);
	CHECK(v.report.highest % 65536 == (uint16_t)(a.seq - 1) && v.report.fraction == 2 * 256 / 4);
	CHECK(get_be32(data + 20) == 2 && get_be32(data + 24) == 320); /* packets and octets we sent */
	CHECK(media_leg_close(r.m, a.leg) == 0);
	n = hear_rtcp(&a, data, sizeof(data), 10);
	CHECK(n && rtcp_parse(&v, data, n, 0x4711) == 0 && v.bye);
	CHECK(!v.has_sr); /* nothing was sent since: a receiver report */
out:
	far_close(&a);
	rig_close(&r);
}

static bool knows_rtt(void *arg)
{
	struct rig *r = ((void **)arg)[0];
	const struct far_end *a = ((void **)arg)[1];
	return rig_stats(r, a->leg).rtt_us != 0;
}

TEST_NO_OOM(media_learns_loss_jitter_and_round_trip_from_reports)
{
	struct rig r;
	struct far_end a = {.ssrc = 0x4711};
	struct datagram d;
	struct timespec now;
	uint8_t data[RTCP_MAX];
	REQUIRE(rig_open(&r, NULL));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(media_echo(r.m, a.leg, true) == 0);
	CHECK(rig_settle(&r, a.leg));
	far_say(&a, 1);
	CHECK(far_hear(&a, &d, WAIT_MS));
	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t ntp = rtcp_ntp((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
	struct rtcp_report block = {.ssrc = d.rtp.ssrc, .lost = 12, .jitter = 16};
	block.lsr = (uint32_t)(ntp >> 16) - 65536; /* our report of a second ago, 900 ms of it with them */
	block.dlsr = 65536 * 9 / 10;
	struct rtcp_compose c = {.ssrc = 0x4711, .report = &block, .cname = "x"};
	size_t n = rtcp_compose(data, &c);
	struct sockaddr_storage sa;
	struct net_addr to = a.leg_address;
	to.port++;
	socklen_t len = address_to_kernel(&sa, &to);
	CHECK(sendto(a.rtcp, "rubbish", 7, 0, (struct sockaddr *)&sa, len) == 7);
	CHECK(sendto(a.rtcp, data, n, 0, (struct sockaddr *)&sa, len) == (ssize_t)n);
	CHECK(rig_until(knows_rtt, (void *[]){&r, &a}));
	struct leg_stats s = rig_stats(&r, a.leg);
	CHECK(s.remote_lost == 12 && s.remote_jitter_us == 2000 && s.rtt_us >= 99000 && s.rx_bad == 1);
	/* Another host on the same port is not believed. */
	struct net_addr elsewhere = {.family = ADDR_V4, .ip = {127, 0, 0, 2}};
	struct sockaddr_storage es;
	socklen_t elen = address_to_kernel(&es, &elsewhere);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&es, elen) == 0);
	data[15] = 99; /* the lost count */
	CHECK(sendto(fd, data, n, 0, (struct sockaddr *)&sa, len) == (ssize_t)n);
	close(fd);
	rig_sleep(60);
	s = rig_stats(&r, a.leg);
	CHECK(s.remote_lost == 12 && s.rx_foreign == 1);
out:
	far_close(&a);
	rig_close(&r);
}

/* ----------------------------------------------------------------- closing */

enum { STATES = 12 };

static bool enter(struct rig *r, struct far_end *f, struct far_end *g, unsigned state, uint64_t clip, uint64_t mix)
{
	uint64_t rec;
	struct tone_spec tone = {.hz = {440}, .level_cdb = -1300, .on_ms = 100};
	switch (state) {
	case 1:
		return far_latch(r, f);
	case 2:
		return media_bridge(r->m, f->leg, g->leg) == 0;
	case 3:
		return media_echo(r->m, f->leg, true) == 0;
	case 4:
		return media_mix_join(r->m, mix, g->leg, 3) == 0 && media_mix_join(r->m, mix, f->leg, 3) == 0;
	case 5:
		return media_play(r->m, f->leg, clip, 0, 1) == 0;
	case 6:
		return media_tone(r->m, f->leg, &tone, 1) == 0;
	case 7:
		return media_dtmf(r->m, f->leg, "123", 100, 100, 1) == 0;
	case 8:
		return media_record_start(r->m, f->leg, "/dev/null", 1, &rec) == 0;
	case 9:
		return media_amd_start(r->m, f->leg, NULL) == 0 && media_beep_start(r->m, f->leg, 5000) == 0;
	case 10:
		return media_tap_open(r->m, f->leg, 100) == 0 && media_tap_open(r->m, f->leg, 100) == 0;
	case 11:
		return media_sink_open(r->m, f->leg, 100) == 0 && media_sink_open(r->m, f->leg, 100) == 0;
	default:
		return true;
	}
}

TEST_NO_OOM(media_leg_closes_in_every_state)
{
	struct rig r;
	struct far_end f = {0}, g = {.ssrc = 0x9};
	struct media_event ev;
	int16_t pcm[160] = {0};
	uint64_t clip, mix;
	REQUIRE(rig_open(&r, NULL));
	CHECK(far_open(&r, &g, CODEC_PCMU, 1));
	CHECK(media_clip_pcm(r.m, pcm, 160, &clip) == 0 && media_mix_open(r.m, &mix) == 0);
	for (unsigned state = 0; state < STATES * 2; state++) {
		f = (struct far_end){.ssrc = 0x500};
		CHECK(far_open(&r, &f, CODEC_PCMU, 0));
		CHECK(enter(&r, &f, &g, state % STATES, clip, mix));
		if (state >= STATES) /* in the midst of it; else at once */
			rig_sleep(45);
		CHECK(media_leg_close(r.m, f.leg) == 0);
		CHECK(rig_wait(&r, MEDIA_EV_LEG_CLOSED, f.leg, &ev));
		CHECK(media_leg_release(r.m, f.leg) == 0);
		far_close(&f);
	}
	CHECK(!rig_has(&r, MEDIA_EV_COMMAND_FAILED, 0));
	struct media_stats s;
	media_stats(r.m, &s);
	CHECK(s.legs == 1 && s.events_dropped == 0 && s.workers == 2 && s.cpu_ns > 0);
out:
	far_close(&f);
	far_close(&g);
	rig_close(&r);
}

TEST_NO_OOM(media_free_with_everything_live_gives_all_back)
{
	struct rig r;
	struct far_end f[STATES] = {0}, g = {.ssrc = 0x9};
	int16_t pcm[160] = {0};
	uint64_t clip, mix;
	REQUIRE(rig_open(&r, NULL));
	CHECK(far_open(&r, &g, CODEC_PCMU, 1));
	CHECK(media_clip_pcm(r.m, pcm, 160, &clip) == 0 && media_mix_open(r.m, &mix) == 0);
	for (unsigned i = 0; i < STATES; i++) {
		CHECK(far_open(&r, &f[i], CODEC_PCMU, LEG_ANY_WORKER));
		CHECK(enter(&r, &f[i], &g, i, clip, mix));
	}
	CHECK(media_clip_release(r.m, clip) == 0);
	CHECK(media_mix_close(r.m, mix) == 0);
out:
	for (unsigned i = 0; i < STATES; i++)
		far_close(&f[i]);
	far_close(&g);
	rig_close(&r);
}
