/** test_media_leg.c  Opening, locking to a source, silence, closing. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "media/address.h"
#include "test/media_rig.h"

TEST(media_starts_and_stops_without_leaks)
{
	struct rig r;
	struct media_opts o = {.workers = 1, .max_legs = 8, .rec_buffer = 1 << 16};
	if (rig_open(&r, &o))
		rig_close(&r);
	else
		REQUIRE(false);
}

TEST(media_refuses_bad_options)
{
	struct media *m = NULL;
	struct media_opts o = {.workers = 17, .address = {.family = ADDR_V4, .ip = {127, 0, 0, 1}}};
	REQUIRE(media_init(&m, &o) == -EINVAL || test_oom_mode());
	o.workers = 1;
	o.port_min = o.port_max = 4001;
	REQUIRE(media_init(&m, &o) == -EINVAL || test_oom_mode());
	o.port_min = 4000;
	o.address.family = ADDR_NONE;
	REQUIRE(media_init(&m, &o) == -EINVAL || test_oom_mode());
}

TEST(media_frees_a_live_leg_with_everything_it_owns)
{
	struct rig r;
	struct media_opts o = {.workers = 1, .max_legs = 8, .rec_buffer = 1 << 16};
	struct leg_opts lo = {.worker = LEG_ANY_WORKER};
	struct net_addr local;
	uint64_t leg, mix, clip, rec;
	int16_t pcm[160] = {0};
	if (!rig_open(&r, &o)) {
		REQUIRE(false);
		return;
	}
	CHECK(media_leg_open(r.m, &lo, &leg, &local) == 0);
	CHECK(media_amd_start(r.m, leg, NULL) == 0);
	CHECK(media_beep_start(r.m, leg, 1000) == 0);
	CHECK(media_tap_open(r.m, leg, 100) == 0);
	CHECK(media_sink_open(r.m, leg, 100) == 0);
	CHECK(media_clip_pcm(r.m, pcm, 160, &clip) == 0);
	CHECK(media_play(r.m, leg, clip, 0, 1) == 0);
	CHECK(media_clip_release(r.m, clip) == 0);
	CHECK(media_mix_open(r.m, &mix) == 0);
	CHECK(media_mix_join(r.m, mix, leg, MIX_TALK | MIX_HEAR) == 0);
	CHECK(media_mix_close(r.m, mix) == 0);
	CHECK(media_record_start(r.m, leg, "/dev/null", 1, &rec) == 0);
out:
	rig_close(&r);
}

TEST_NO_OOM(media_gives_even_rtp_ports_until_the_range_is_used_up)
{
	struct rig r;
	struct media_opts o = {.workers = 1, .max_legs = 64};
	struct leg_opts lo = {.worker = LEG_ANY_WORKER};
	struct net_addr local;
	uint64_t leg;
	unsigned opened = 0;
	int err = 0;
	o.port_min = 9501;
	o.port_max = 9511; /* pairs 9502 ... 9510; other programs may hold some */
	REQUIRE(rig_open(&r, &o));
	while (opened < 6 && (err = media_leg_open(r.m, &lo, &leg, &local)) == 0) {
		opened++;
		CHECK(local.port % 2 == 0 && local.port >= 9502 && local.port <= 9510);
	}
	CHECK(err == -EADDRINUSE && opened <= 5);
out:
	rig_close(&r);
}

TEST_NO_OOM(media_refuses_a_leg_above_the_limit)
{
	struct rig r;
	struct media_opts o = {.workers = 1, .max_legs = 1};
	struct leg_opts lo = {.worker = LEG_ANY_WORKER};
	struct net_addr local;
	uint64_t leg;
	REQUIRE(rig_open(&r, &o));
	CHECK(media_leg_open(r.m, &lo, &leg, &local) == 0);
	CHECK(media_leg_open(r.m, &lo, &leg, &local) == -ENOBUFS);
	lo.worker = 1;
	CHECK(media_leg_open(r.m, &lo, &leg, &local) == -EINVAL);
out:
	rig_close(&r);
}

TEST_NO_OOM(media_leg_locks_to_its_first_source)
{
	struct rig r;
	struct far_end a = {0}, thief = {0};
	struct media_event ev;
	struct datagram d;
	REQUIRE(rig_open(&r, NULL));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(far_sockets(&thief));
	thief.leg_address = a.leg_address;
	thief.ssrc = a.ssrc;
	CHECK(media_echo(r.m, a.leg, true) == 0);
	CHECK(rig_settle(&r, a.leg));
	far_say(&a, 0x11);
	CHECK(rig_wait(&r, MEDIA_EV_LATCHED, a.leg, &ev));
	CHECK(ev.addr.port == a.address.port && ev.tag == 7000);
	CHECK(far_hear(&a, &d, WAIT_MS));
	for (int i = 0; i < 20; i++) {
		uint8_t lie[160];
		memset(lie, 0x66, sizeof(lie));
		far_send(&thief, CODEC_PCMU, false, (uint16_t)(a.seq + i), a.ts, lie, sizeof(lie));
	}
	far_say(&a, 0x22);
	CHECK(far_hear(&a, &d, WAIT_MS));
	CHECK(d.rtp.payload[0] == 0x22);
	CHECK(!far_hear(&thief, &d, 50));
	CHECK(rig_received(&r, a.leg, 2) && rig_stats(&r, a.leg).rx_packets == 2);
out:
	far_close(&a);
	far_close(&thief);
	rig_close(&r);
}

/* Both packets are in the socket before the engine looks: the second must not pass as the first's. */
TEST_NO_OOM(media_leg_counts_what_came_from_elsewhere_before_the_lock)
{
	struct rig r;
	struct far_end a = {0}, thief = {0};
	struct media_event ev;
	REQUIRE(rig_open(&r, NULL));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(far_sockets(&thief));
	thief.leg_address = a.leg_address;
	for (int tries = 0; tries < 50 && rig_stats(&r, a.leg).rx_foreign == 0; tries++) {
		struct leg_remote moved = far_remote(&a);
		far_say(&a, 1);
		far_say(&thief, 2);
		CHECK(rig_wait(&r, MEDIA_EV_LATCHED, a.leg, &ev));
		rig_sleep(45); /* the counters are renewed */
		if (rig_stats(&r, a.leg).rx_foreign)
			break;
		moved.rtp.port = (uint16_t)(moved.rtp.port ^ (tries % 2 ? 0 : 2)); /* a new lock, another try */
		CHECK(media_leg_remote(r.m, a.leg, &moved) == 0);
		CHECK(rig_settle(&r, a.leg));
		rig_sleep(600);
	}
	CHECK(rig_stats(&r, a.leg).rx_foreign > 0);
out:
	far_close(&a);
	far_close(&thief);
	rig_close(&r);
}

TEST_NO_OOM(media_leg_follows_an_address_changed_by_sdp)
{
	struct rig r;
	struct far_end a = {0}, b = {0};
	struct media_event ev;
	struct datagram d;
	REQUIRE(rig_open(&r, NULL));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(media_echo(r.m, a.leg, true) == 0);
	CHECK(rig_settle(&r, a.leg));
	CHECK(far_latch(&r, &a));
	CHECK(far_sockets(&b));
	b.leg = a.leg;
	b.leg_address = a.leg_address;
	b.codec = a.codec;
	b.ssrc = 0x2000;
	CHECK(far_describe(&r, &b));
	for (int i = 0; i < 10; i++) {
		far_say(&a, 3); /* still under way from the old place: not to be locked to again */
		rig_sleep(5);
	}
	CHECK(!rig_has(&r, MEDIA_EV_LATCHED, a.leg));
	far_say(&b, 4);
	CHECK(rig_wait(&r, MEDIA_EV_LATCHED, a.leg, &ev) && ev.addr.port == b.address.port);
	CHECK(far_hear(&b, &d, WAIT_MS) && d.rtp.payload[0] == 4);
out:
	far_close(&a);
	far_close(&b);
	rig_close(&r);
}

TEST_NO_OOM(media_leg_reports_silence_once_and_resumption)
{
	struct rig r;
	struct far_end a = {0};
	struct media_event ev;
	struct media_opts o = {.workers = 1, .max_legs = 4, .silence_ms = 100};
	REQUIRE(rig_open(&r, &o));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(far_latch(&r, &a));
	CHECK(rig_wait(&r, MEDIA_EV_SILENT, a.leg, &ev) && ev.a >= 100);
	rig_sleep(150);
	CHECK(!rig_has(&r, MEDIA_EV_SILENT, a.leg));
	far_say(&a, 1);
	CHECK(rig_wait(&r, MEDIA_EV_RESUMED, a.leg, &ev));
	CHECK(rig_wait(&r, MEDIA_EV_SILENT, a.leg, &ev));
out:
	far_close(&a);
	rig_close(&r);
}

TEST_NO_OOM(media_leg_on_hold_is_not_called_silent)
{
	struct rig r;
	struct far_end a = {0};
	struct media_opts o = {.workers = 1, .max_legs = 4, .silence_ms = 400};
	REQUIRE(rig_open(&r, &o));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	struct leg_remote held = far_remote(&a);
	held.dir = DIR_SEND;
	CHECK(media_leg_remote(r.m, a.leg, &held) == 0);
	CHECK(rig_settle(&r, a.leg));
	rig_sleep(600);
	CHECK(!rig_has(&r, MEDIA_EV_SILENT, a.leg));
out:
	far_close(&a);
	rig_close(&r);
}

TEST_NO_OOM(media_leg_counts_loss_reorder_duplicates_and_rubbish)
{
	struct rig r;
	struct far_end a = {0};
	uint8_t p[160] = {0};
	static const uint16_t seqs[] = {100, 101, 103, 102, 102, 106};
	REQUIRE(rig_open(&r, NULL));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	for (size_t i = 0; i < sizeof(seqs) / sizeof(seqs[0]); i++)
		far_send(&a, CODEC_PCMU, false, seqs[i], seqs[i] * 160u, p, sizeof(p));
	far_raw(&a, "not rtp at all", 14);
	far_send(&a, 96, false, 107, 107 * 160, p, sizeof(p)); /* a payload type nobody agreed to */
	CHECK(rig_received(&r, a.leg, 5));
	rig_sleep(50);
	struct leg_stats s = rig_stats(&r, a.leg);
	CHECK(s.rx_packets == 5 && s.rx_lost == 2 && s.rx_reordered == 1 && s.rx_duplicates == 1 && s.rx_bad == 2);
	CHECK(s.first_rx_at != 0 && s.last_rx_at >= s.first_rx_at && s.local_port == a.leg_address.port);
out:
	far_close(&a);
	rig_close(&r);
}

TEST_NO_OOM(media_leg_closes_once_and_its_counters_stay_until_release)
{
	struct rig r;
	struct far_end a = {0};
	struct media_event ev;
	struct leg_stats s;
	REQUIRE(rig_open(&r, NULL));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(far_latch(&r, &a));
	CHECK(media_leg_release(r.m, a.leg) == -EPROTO);
	CHECK(media_leg_close(r.m, a.leg) == 0);
	CHECK(media_leg_close(r.m, a.leg) == -ENOENT);
	CHECK(media_echo(r.m, a.leg, true) == -ENOENT);
	CHECK(rig_wait(&r, MEDIA_EV_LEG_CLOSED, a.leg, &ev) && ev.tag == 7000);
	CHECK(media_leg_stats(r.m, a.leg, &s) == 0 && s.rx_packets == 1 && s.closed == 1);
	CHECK(media_leg_release(r.m, a.leg) == 0);
	CHECK(media_leg_release(r.m, a.leg) == -ENOENT);
	CHECK(media_leg_stats(r.m, a.leg, &s) == -ENOENT);
out:
	far_close(&a);
	rig_close(&r);
}

TEST_NO_OOM(media_leg_whose_peer_is_gone_lives_on)
{
	struct rig r;
	struct far_end a = {0};
	struct tone_spec tone = {.hz = {440}, .level_cdb = -1300, .on_ms = 1000};
	struct media_event ev;
	REQUIRE(rig_open(&r, NULL));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(far_latch(&r, &a));
	far_close(&a); /* every packet now brings back an ICMP error */
	tone.total_ms = 300;
	CHECK(media_tone(r.m, a.leg, &tone, 9) == 0);
	CHECK(rig_wait(&r, MEDIA_EV_PLAY_DONE, a.leg, &ev) && ev.tag == 9 && ev.a == 0);
	rig_sleep(50);
	CHECK(rig_stats(&r, a.leg).tx_errors > 0);
out:
	rig_close(&r);
}

TEST_NO_OOM(media_two_engines_run_side_by_side)
{
	struct rig r1, r2;
	struct far_end a = {0}, b = {0};
	struct datagram d;
	REQUIRE(rig_open(&r1, NULL));
	if (!rig_open(&r2, NULL)) {
		rig_close(&r1);
		REQUIRE(false);
	}
	CHECK(far_open(&r1, &a, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(far_open(&r2, &b, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(media_echo(r1.m, a.leg, true) == 0 && media_echo(r2.m, b.leg, true) == 0);
	CHECK(rig_settle(&r1, a.leg));
	far_say(&a, 1);
	far_say(&b, 2);
	CHECK(far_hear(&a, &d, WAIT_MS) && d.rtp.payload[0] == 1);
	CHECK(far_hear(&b, &d, WAIT_MS) && d.rtp.payload[0] == 2);
out:
	far_close(&a);
	far_close(&b);
	rig_close(&r1);
	rig_close(&r2);
}

TEST_NO_OOM(media_survives_a_flood_of_commands)
{
	struct rig r;
	struct far_end a = {0};
	struct datagram d;
	REQUIRE(rig_open(&r, NULL));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	for (int i = 0; i < 200000; i++) {
		int err = media_echo(r.m, a.leg, i % 2 == 0);
		CHECK(err == 0 || err == -ENOBUFS); /* whoever of the two is faster */
	}
	while (media_echo(r.m, a.leg, true) == -ENOBUFS)
		rig_sleep(1);
	far_say(&a, 5);
	far_say(&a, 5);
	while (far_hear(&a, &d, 200) == 0)
		far_say(&a, 5);
	CHECK(d.rtp.payload[0] == 5);
out:
	far_close(&a);
	rig_close(&r);
}

TEST_NO_OOM(media_ring_that_is_full_refuses_commands_until_the_worker_runs)
{
	struct rig r;
	struct far_end a = {0};
	unsigned taken = 0;
	REQUIRE(rig_open_by_hand(&r, NULL));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	while (taken < 1000000 && media_echo(r.m, a.leg, true) == 0)
		taken++;
	CHECK(taken >= 1000 && taken < 1000000 && media_echo(r.m, a.leg, true) == -ENOBUFS);
	rig_run(&r, 1);
	CHECK(media_echo(r.m, a.leg, true) == 0);
out:
	far_close(&a);
	rig_close(&r);
}

TEST_NO_OOM(media_in_packet_mode_echoes_too)
{
	struct rig r;
	struct far_end a = {0};
	struct datagram d;
	struct media_opts o = {.workers = 1, .max_legs = 4, .wake = MEDIA_WAKE_PACKET};
	REQUIRE(rig_open(&r, &o));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER));
	CHECK(media_echo(r.m, a.leg, true) == 0);
	CHECK(rig_settle(&r, a.leg));
	for (uint8_t i = 1; i < 20; i++) {
		far_say(&a, i);
		CHECK(far_hear(&a, &d, WAIT_MS) && d.rtp.payload[0] == i);
	}
out:
	far_close(&a);
	rig_close(&r);
}

TEST_NO_OOM(media_leg_works_over_ipv6)
{
	struct rig r;
	struct leg_opts lo = {.worker = LEG_ANY_WORKER, .address = {.family = ADDR_V6, .ip = {[15] = 1}}};
	struct leg_remote remote = {.codec = CODEC_PCMU, .te_pt = 255, .dir = DIR_SENDRECV, .ptime_ms = 20};
	struct sockaddr_storage sa;
	struct datagram d;
	struct far_end f = {.rtp = -1, .codec = CODEC_PCMU, .ssrc = 6};
	struct media_event ev;
	socklen_t len = address_to_kernel(&sa, &lo.address);
	uint8_t data[RTP_HEADER + 160] = {0};
	REQUIRE(rig_open(&r, NULL));
	f.rtp = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (f.rtp < 0 || bind(f.rtp, (struct sockaddr *)&sa, len)) {
		printf("  (no IPv6 here)\n");
		goto out;
	}
	CHECK(media_leg_open(r.m, &lo, &f.leg, &f.leg_address) == 0 && f.leg_address.family == ADDR_V6);
	CHECK(media_leg_remote(r.m, f.leg, &remote) == 0); /* no address: wait for the first packet */
	CHECK(rig_settle(&r, f.leg));
	CHECK(media_echo(r.m, f.leg, true) == 0);
	CHECK(rig_settle(&r, f.leg));
	far_say(&f, 0x44);
	CHECK(rig_wait(&r, MEDIA_EV_LATCHED, f.leg, &ev) && ev.addr.family == ADDR_V6 && ev.addr.ip[15] == 1);
	CHECK(far_hear(&f, &d, WAIT_MS) && d.rtp.payload[0] == 0x44);
	memset(data, 0xff, sizeof(data)); /* rubbish over IPv6 */
	far_raw(&f, data, sizeof(data));
	far_say(&f, 0x45);
	CHECK(far_hear(&f, &d, WAIT_MS) && d.rtp.payload[0] == 0x45);
out:
	if (f.rtp >= 0)
		close(f.rtp);
	rig_close(&r);
}
