/** test_media_srtp.c  Legs with keys: what goes over the wire, what is refused, changing keys, RTCP and its muxing. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "rtp/rtcp.h"
#include "rtp/srtp.h"
#include "test/media_rig.h"

enum { SUITE = SRTP_AES_CM_128_HMAC_SHA1_80 };

/* The next datagram at `fd` as it came. */
static size_t raw(int fd, uint8_t *out, size_t room)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	if (poll(&p, 1, WAIT_MS) != 1)
		return 0;
	ssize_t n = recv(fd, out, room, 0);
	return n < 0 ? 0 : (size_t)n;
}

struct bad {
	struct rig *rig;
	uint64_t leg, count;
};

static bool has_bad(void *arg)
{
	const struct bad *x = arg;
	struct leg_stats s = rig_stats(x->rig, x->leg);
	return s.srtp_bad + s.srtp_replayed + s.rx_bad >= x->count;
}

TEST(media_gives_back_the_keys_of_a_leg)
{
	struct rig r;
	struct media_opts o = {.workers = 1, .max_legs = 8, .rec_buffer = 1 << 16};
	struct leg_opts lo = {.worker = LEG_ANY_WORKER};
	struct net_addr local;
	struct srtp_keys keys, others, none = {0};
	uint64_t leg;
	if (!rig_open(&r, &o)) {
		REQUIRE(false);
		return;
	}
	struct leg_remote remote = {.codec = CODEC_PCMU, .te_pt = 255, .dir = DIR_SENDRECV, .srtp = &keys};
	CHECK(keys_make(&keys, SUITE) && keys_make(&others, SRTP_AEAD_AES_256_GCM));
	CHECK(media_leg_open(r.m, &lo, &leg, &local) == 0);
	CHECK(media_leg_remote(r.m, leg, &remote) == 0);
	remote.srtp = &others;
	CHECK(media_leg_remote(r.m, leg, &remote) == 0);
	CHECK(media_leg_remote(r.m, leg, &remote) == 0);
	remote.srtp = &none;
	CHECK(media_leg_remote(r.m, leg, &remote) == -EINVAL);
out:
	rig_close(&r);
}

TEST_NO_OOM(media_bridge_of_secured_legs_decrypts_and_encrypts_with_each_sides_keys)
{
	struct rig r;
	struct far_end a = {.ssrc = 0x1111}, b = {.ssrc = 0x2222};
	struct srtp_keys ka, kb;
	struct datagram d;
	REQUIRE(rig_open(&r, NULL));
	CHECK(keys_make(&ka, SUITE) && keys_make(&kb, SRTP_AEAD_AES_128_GCM));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER) && far_open(&r, &b, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(far_secure(&r, &a, &ka) && far_secure(&r, &b, &kb));
	CHECK(media_bridge(r.m, a.leg, b.leg) == 0 && rig_settle(&r, a.leg));
	CHECK(far_latch(&r, &a) && far_hear(&b, &d, WAIT_MS) && far_latch(&r, &b) && far_hear(&a, &d, WAIT_MS));
	for (uint8_t i = 1; i < 20; i++) {
		far_say(&a, i);
		CHECK(far_hear(&b, &d, WAIT_MS) && d.rtp.payload[0] == i && d.rtp.n == 160);
		far_say(&b, (uint8_t)(100 + i));
		CHECK(far_hear(&a, &d, WAIT_MS) && d.rtp.payload[0] == 100 + i && d.rtp.n == 160);
	}
	uint8_t wire[2048];
	far_say(&a, 0x77);
	size_t n = raw(b.rtp, wire, sizeof(wire));
	CHECK(n == RTP_HEADER + 160 + 16); /* with GCM's tag */
	unsigned same = 0;
	for (size_t i = RTP_HEADER; i < RTP_HEADER + 160; i++)
		same += wire[i] == 0x77;
	CHECK(same < 16);
	struct leg_stats s = rig_stats(&r, a.leg);
	CHECK(s.encrypted == SUITE && s.srtp_bad == 0 && rig_stats(&r, b.leg).encrypted == SRTP_AEAD_AES_128_GCM);
out:
	far_close(&a);
	far_close(&b);
	rig_close(&r);
}

TEST_NO_OOM(media_bridge_of_a_secured_and_a_clear_leg_transcodes)
{
	struct rig r;
	struct far_end a = {.ssrc = 0x1111}, b = {.ssrc = 0x2222};
	struct srtp_keys ka;
	struct datagram d;
	REQUIRE(rig_open(&r, NULL));
	CHECK(keys_make(&ka, SUITE));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER) && far_open(&r, &b, CODEC_PCMA, LEG_ANY_WORKER));
	CHECK(far_secure(&r, &a, &ka));
	CHECK(media_bridge(r.m, a.leg, b.leg) == 0 && rig_settle(&r, a.leg));
	CHECK(far_latch(&r, &a) && far_hear(&b, &d, WAIT_MS));
	CHECK(d.n == RTP_HEADER + 160 && d.rtp.pt == CODEC_PCMA); /* in clear, as that side agreed to */
	CHECK(far_latch(&r, &b) && far_hear(&a, &d, WAIT_MS) && d.rtp.pt == CODEC_PCMU);
out:
	far_close(&a);
	far_close(&b);
	rig_close(&r);
}

TEST_NO_OOM(media_leg_with_keys_hears_nothing_in_clear_with_wrong_keys_or_changed)
{
	struct rig r;
	struct far_end a = {.ssrc = 0x1111}, clear = {0}, other = {0};
	struct srtp_keys keys, wrong;
	struct datagram d;
	uint8_t wire[RTP_HEADER + 160 + SRTP_TAIL] = {0x80, 0, 0, 9, [8] = 0, 0, 0x11, 0x11};
	REQUIRE(rig_open(&r, NULL));
	CHECK(keys_make(&keys, SUITE) && keys_make(&wrong, SUITE));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER) && far_secure(&r, &a, &keys));
	CHECK(media_echo(r.m, a.leg, true) == 0 && rig_settle(&r, a.leg));
	clear = other = a;
	clear.seal = clear.open = other.open = NULL;
	CHECK(srtp_way_sender(&other.seal, &wrong.rx, a.ssrc) == 0);
	far_say(&clear, 1);
	far_say(&other, 2);
	srtp_way_free(other.seal);
	size_t n = RTP_HEADER + 160;
	CHECK(srtp_way_seal(a.seal, wire, &n) == 0);
	wire[40] ^= 1;
	far_raw(&a, wire, n);
	struct bad x = {&r, a.leg, 3};
	CHECK(rig_until(has_bad, &x));
	struct leg_stats s = rig_stats(&r, a.leg);
	CHECK(s.srtp_bad == 3 && s.rx_packets == 0 && !rig_has(&r, MEDIA_EV_LATCHED, a.leg));
	CHECK(far_latch(&r, &a) && far_hear(&a, &d, WAIT_MS) && d.rtp.payload[0] == 0x55);
out:
	far_close(&a);
	rig_close(&r);
}

TEST_NO_OOM(media_leg_hears_a_replayed_packet_once)
{
	struct rig r;
	struct far_end a = {.ssrc = 0x1111};
	struct srtp_keys keys;
	struct datagram d;
	uint8_t wire[RTP_HEADER + 160 + SRTP_TAIL] = {0x80, 0, 0, 9, [8] = 0, 0, 0x11, 0x11};
	REQUIRE(rig_open(&r, NULL));
	CHECK(keys_make(&keys, SRTP_AEAD_AES_256_GCM));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER) && far_secure(&r, &a, &keys));
	CHECK(media_echo(r.m, a.leg, true) == 0 && rig_settle(&r, a.leg));
	size_t n = RTP_HEADER + 160;
	CHECK(srtp_way_seal(a.seal, wire, &n) == 0);
	for (int i = 0; i < 5; i++)
		far_raw(&a, wire, n);
	struct bad x = {&r, a.leg, 4};
	CHECK(rig_until(has_bad, &x));
	struct leg_stats s = rig_stats(&r, a.leg);
	CHECK(s.srtp_replayed == 4 && s.rx_packets == 1);
	CHECK(far_hear(&a, &d, WAIT_MS) && !far_hear(&a, &d, 0));
out:
	far_close(&a);
	rig_close(&r);
}

/* The new description is there; packets under the old keys are still coming, then those under the new ones. */
TEST_NO_OOM(media_leg_changes_keys_without_losing_a_packet)
{
	struct rig r;
	struct far_end a = {.ssrc = 0x1111}, late = {0};
	struct srtp_keys first, second;
	struct datagram d;
	REQUIRE(rig_open(&r, NULL));
	CHECK(keys_make(&first, SUITE) && keys_make(&second, SRTP_AEAD_AES_128_GCM));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER) && far_secure(&r, &a, &first));
	CHECK(media_echo(r.m, a.leg, true) == 0 && rig_settle(&r, a.leg));
	CHECK(far_latch(&r, &a) && far_hear(&a, &d, WAIT_MS));
	late = a;
	srtp_way_free(a.open);
	a.seal = a.open = NULL;
	CHECK(far_secure(&r, &a, &second));
	late.open = a.open; /* what we say is under the new key at once */
	for (uint8_t i = 0; i < 10; i++) {
		struct far_end *from = i < 4 || i == 6 ? &late : &a;
		from->seq = (uint16_t)(200 + i);
		far_say(from, i);
		CHECK(far_hear(&a, &d, WAIT_MS) && d.rtp.payload[0] == i);
	}
	struct leg_stats s = rig_stats(&r, a.leg);
	CHECK(rig_received(&r, a.leg, 11) && s.srtp_bad == 0);
	CHECK(far_describe(&r, &a) && rig_settle(&r, a.leg)); /* the same keys again: nothing changes */
	a.seq = 210;
	far_say(&a, 0x42);
	CHECK(far_hear(&a, &d, WAIT_MS) && d.rtp.payload[0] == 0x42);
out:
	late.open = NULL;
	srtp_way_free(late.seal);
	far_close(&a);
	rig_close(&r);
}

TEST_NO_OOM(media_tap_of_a_secured_leg_hears_clear_audio)
{
	struct rig r;
	struct far_end a = {.ssrc = 0x1111};
	struct srtp_keys keys;
	struct media_event ev;
	int16_t pcm[160];
	uint64_t dropped;
	REQUIRE(rig_open(&r, NULL));
	CHECK(keys_make(&keys, SUITE) && far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER) && far_secure(&r, &a, &keys));
	CHECK(media_tap_open(r.m, a.leg, 200) == 0 && rig_settle(&r, a.leg));
	far_say(&a, 0x80); /* mu-law's largest */
	CHECK(rig_wait(&r, MEDIA_EV_TAP_READY, a.leg, &ev));
	CHECK(media_tap_read(r.m, a.leg, pcm, 160, &dropped) == 160 && pcm[0] > 30000 && pcm[159] == pcm[0]);
out:
	far_close(&a);
	rig_close(&r);
}

static bool has_jitter(void *arg)
{
	const struct bad *x = arg;
	return rig_stats(x->rig, x->leg).remote_jitter_us == x->count;
}

/* A report of ours about the leg's stream, sealed, to its RTP port (muxed) or the one above. */
static bool report(const struct far_end *f, uint32_t about, bool mux)
{
	uint8_t data[RTCP_MAX + SRTP_TAIL];
	struct rtcp_report block = {.ssrc = about, .jitter = 8};
	struct rtcp_compose c = {.ssrc = f->ssrc, .report = &block, .cname = "far"};
	struct far_end to = *f;
	size_t n = rtcp_compose(data, &c);
	if (f->seal && srtp_way_seal_rtcp(f->seal, data, &n))
		return false;
	if (!mux) {
		to.leg_address.port++;
		to.rtp = f->rtcp;
	}
	far_raw(&to, data, n);
	return true;
}

static bool reports_both_ways(struct rig *r, struct far_end *f, bool mux)
{
	struct leg_remote remote = far_remote(f);
	struct datagram d;
	struct rtcp_view v;
	uint8_t data[2048];
	remote.rtcp_mux = mux;
	if (media_leg_remote(r->m, f->leg, &remote) || media_echo(r->m, f->leg, true) || !rig_settle(r, f->leg))
		return false;
	if (!far_latch(r, f) || !far_hear(f, &d, WAIT_MS) || !report(f, d.rtp.ssrc, mux))
		return false;
	struct bad x = {r, f->leg, 1000}; /* 8 samples are 1 ms */
	if (!rig_until(has_jitter, &x) || media_leg_close(r->m, f->leg))
		return false;
	size_t n = raw(mux ? f->rtp : f->rtcp, data, sizeof(data)); /* the report at the end, with BYE */
	if (f->open && srtp_way_open_rtcp(f->open, data, &n))
		return false;
	return rtp_is_rtcp(data, n) && rtcp_parse(&v, data, n, f->ssrc) == 0 && v.bye && v.has_report;
}

TEST_NO_OOM(media_reports_go_over_the_port_that_was_agreed_secured_or_not)
{
	struct rig r;
	struct srtp_keys keys;
	struct far_end f[4] = {{.ssrc = 1}, {.ssrc = 2}, {.ssrc = 3}, {.ssrc = 4}};
	REQUIRE(rig_open(&r, NULL));
	CHECK(keys_make(&keys, SUITE));
	for (unsigned i = 0; i < 4; i++) {
		CHECK(far_open(&r, &f[i], CODEC_PCMU, LEG_ANY_WORKER));
		if (i & 1)
			CHECK(far_secure(&r, &f[i], &keys));
		CHECK(reports_both_ways(&r, &f[i], i & 2));
	}
out:
	for (unsigned i = 0; i < 4; i++)
		far_close(&f[i]);
	rig_close(&r);
}
