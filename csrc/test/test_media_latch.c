/** test_media_latch.c  Whom a leg listens to: the rules in virtual time, then real sockets with attackers. */
#include <string.h>

#include "media/latch.h"
#include "test/media_rig.h"

#define MS 1000000ull

static const struct latch_rules rules = {.grace_ns = 1000 * MS, .relatch_ns = 1000 * MS};

static struct net_addr v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
	return (struct net_addr){.family = ADDR_V4, .port = port, .ip = {a, b, c, d}};
}

static const struct net_addr nobody;

static enum latch_verdict judge(const struct latch *l, struct net_addr from, uint64_t now)
{
	return latch_judge(l, &rules, &from, false, false, now);
}

TEST(latch_takes_the_signalled_address_and_its_host_at_once_others_after_the_grace)
{
	struct latch l = {0};
	struct net_addr said = v4(192, 0, 2, 1, 4000), port = v4(192, 0, 2, 1, 4002), other = v4(203, 0, 113, 9, 4000);
	REQUIRE(!latch_describe(&l, &said, &nobody, 5000 * MS));
	REQUIRE(judge(&l, said, 5000 * MS) == LATCH_TAKE && judge(&l, port, 5000 * MS) == LATCH_TAKE);
	REQUIRE(judge(&l, other, 5000 * MS) == LATCH_REFUSE && judge(&l, other, 5999 * MS) == LATCH_REFUSE);
	REQUIRE(judge(&l, other, 6000 * MS) == LATCH_TAKE);
	REQUIRE(latch_judge(&l, &rules, &other, false, true, 5000 * MS) == LATCH_REFUSE); /* no stream to go on yet */
	REQUIRE(latch_judge(&l, &rules, &other, true, false, 5000 * MS) == LATCH_TAKE);	  /* has the key */
	REQUIRE(!latch_describe(&l, &said, &nobody, 5500 * MS)); /* the same again does not prolong the grace */
	REQUIRE(judge(&l, other, 6000 * MS) == LATCH_TAKE);
}

TEST(latch_believes_in_nat_when_the_signalled_address_cannot_be_reached)
{
	static const uint8_t privates[][4] = {
		{10, 1, 2, 3}, {172, 31, 0, 1}, {192, 168, 1, 2}, {100, 64, 0, 1}, {169, 254, 1, 1}};
	struct net_addr public = v4(203, 0, 113, 9, 4000), inside = v4(10, 9, 9, 9, 4000), zero = v4(0, 0, 0, 0, 4000);
	for (size_t i = 0; i < sizeof(privates) / sizeof(privates[0]); i++) {
		struct latch l = {0};
		const uint8_t *p = privates[i];
		struct net_addr said = v4(p[0], p[1], p[2], p[3], 4000);
		latch_describe(&l, &said, &nobody, 0);
		REQUIRE(judge(&l, public, 0) == LATCH_TAKE);
		REQUIRE(judge(&l, inside, 0) == LATCH_REFUSE); /* it could have sent from there itself */
	}
	struct latch none = {0}, unspecified = {0};
	latch_describe(&none, &nobody, &nobody, 0);
	latch_describe(&unspecified, &zero, &nobody, 0);
	REQUIRE(judge(&none, inside, 0) == LATCH_TAKE && judge(&unspecified, inside, 0) == LATCH_TAKE);
}

TEST(latch_takes_the_host_that_signals_and_then_waits_for_no_other)
{
	struct latch l = {0};
	struct net_addr said = v4(10, 1, 2, 3, 4000), sip = v4(203, 0, 113, 9, 5060), nat = v4(203, 0, 113, 9, 61000);
	latch_describe(&l, &said, &sip, 0);
	REQUIRE(judge(&l, nat, 0) == LATCH_TAKE);
	REQUIRE(judge(&l, v4(203, 0, 113, 66, 61000), 0) == LATCH_REFUSE); /* a translated stream comes with its SIP */
	REQUIRE(judge(&l, v4(203, 0, 113, 66, 61000), 1000 * MS) == LATCH_TAKE);
	latch_take(&l, &nat, 0);
	REQUIRE(l.state == LATCH_PROBATION && judge(&l, said, 1 * MS) == LATCH_TAKE);
	REQUIRE(judge(&l, v4(203, 0, 113, 9, 61002), 1 * MS) == LATCH_REFUSE);
}

TEST(latch_on_probation_yields_to_who_was_signalled)
{
	struct latch l = {0};
	struct net_addr said = v4(192, 0, 2, 1, 4000), port = v4(192, 0, 2, 1, 4002), other = v4(203, 0, 113, 9, 4000);
	latch_describe(&l, &said, &nobody, 0);
	latch_take(&l, &other, 1000 * MS);
	REQUIRE(l.state == LATCH_PROBATION && judge(&l, other, 1001 * MS) == LATCH_ACCEPT);
	REQUIRE(judge(&l, v4(203, 0, 113, 10, 1), 1001 * MS) == LATCH_REFUSE);
	REQUIRE(judge(&l, port, 1001 * MS) == LATCH_TAKE);
	latch_take(&l, &port, 1001 * MS);
	REQUIRE(judge(&l, other, 1002 * MS) == LATCH_REFUSE && judge(&l, said, 1002 * MS) == LATCH_TAKE);
	latch_take(&l, &said, 1002 * MS);
	REQUIRE(l.state == LATCH_LOCKED && judge(&l, port, 1003 * MS) == LATCH_REFUSE);
}

TEST(latch_locks_after_probation_and_loosens_only_after_silence)
{
	struct latch l = {0};
	struct net_addr said = v4(192, 0, 2, 1, 4000), other = v4(203, 0, 113, 9, 4000),
			thief = v4(203, 0, 113, 66, 4000);
	latch_describe(&l, &said, &nobody, 0);
	latch_take(&l, &other, 1000 * MS);
	latch_tick(&l, &rules, 1990 * MS, 1999 * MS);
	REQUIRE(l.state == LATCH_PROBATION);
	latch_tick(&l, &rules, 1990 * MS, 2000 * MS);
	REQUIRE(l.state == LATCH_LOCKED);
	latch_tick(&l, &rules, 1990 * MS, 2999 * MS);
	REQUIRE(l.state == LATCH_LOCKED && latch_judge(&l, &rules, &thief, true, true, 2999 * MS) == LATCH_REFUSE);
	latch_tick(&l, &rules, 1990 * MS, 3000 * MS);
	REQUIRE(l.state == LATCH_LOOSE);
	REQUIRE(judge(&l, thief, 9000 * MS) == LATCH_REFUSE); /* however long it takes */
	REQUIRE(judge(&l, said, 3001 * MS) == LATCH_REFUSE);  /* it is not even the stream's host any more */
	REQUIRE(judge(&l, v4(203, 0, 113, 9, 4004), 3001 * MS) == LATCH_TAKE);
	REQUIRE(latch_judge(&l, &rules, &thief, false, true, 3001 * MS) == LATCH_TAKE);
	REQUIRE(latch_judge(&l, &rules, &thief, true, false, 3001 * MS) == LATCH_TAKE);
	REQUIRE(judge(&l, other, 3001 * MS) == LATCH_ACCEPT);
	latch_heard(&l, 3001 * MS);
	REQUIRE(l.state == LATCH_LOCKED);
}

TEST(latch_that_may_not_follow_stays)
{
	const struct latch_rules never = {.grace_ns = 1000 * MS, .relatch_ns = UINT64_MAX};
	struct latch l = {0};
	struct net_addr said = v4(192, 0, 2, 1, 4000);
	latch_describe(&l, &said, &nobody, 0);
	latch_take(&l, &said, 0);
	latch_tick(&l, &never, 0, 3600000 * MS);
	REQUIRE(l.state == LATCH_LOCKED);
}

TEST(latch_opens_for_a_new_description_but_not_for_the_old_stream)
{
	struct latch l = {0};
	struct net_addr said = v4(192, 0, 2, 1, 4000), moved = v4(198, 51, 100, 1, 6000);
	latch_describe(&l, &said, &nobody, 0);
	latch_take(&l, &said, 0);
	REQUIRE(!latch_describe(&l, &said, &nobody, 5000 * MS));   /* the same: a hold, a refresh */
	REQUIRE(!latch_describe(&l, &nobody, &nobody, 5000 * MS)); /* c=0.0.0.0: hold */
	REQUIRE(latch_describe(&l, &moved, &nobody, 5000 * MS) && l.state == LATCH_OPEN);
	REQUIRE(latch_target(&l)->port == 6000);
	REQUIRE(judge(&l, said, 5499 * MS) == LATCH_REFUSE && judge(&l, moved, 5001 * MS) == LATCH_TAKE);
	REQUIRE(judge(&l, said, 6000 * MS) == LATCH_TAKE); /* nobody came from where it should: as any other */
}

/* ------------------------------------------------------------ real sockets */

/* An attacker on another host who knows the port. */
static bool attacker_open(struct far_end *thief, const struct far_end *victim)
{
	*thief = (struct far_end){.host = 2, .codec = victim->codec, .seq = 5, .ssrc = 0x6666};
	thief->leg_address = victim->leg_address;
	return far_sockets(thief);
}

struct foreigners {
	struct rig *rig;
	uint64_t leg, count;
};

static bool has_foreigners(void *arg)
{
	const struct foreigners *x = arg;
	return rig_stats(x->rig, x->leg).rx_foreign >= x->count;
}

TEST_NO_OOM(media_leg_is_not_taken_by_a_sprayer_before_its_peer_speaks)
{
	struct rig r;
	struct far_end a = {0}, thief = {.rtp = -1, .rtcp = -1};
	struct media_event ev;
	struct datagram d;
	struct media_opts o = {.workers = 1, .max_legs = 8, .grace_ms = 60000};
	REQUIRE(rig_open(&r, &o));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER) && attacker_open(&thief, &a));
	CHECK(media_echo(r.m, a.leg, true) == 0 && rig_settle(&r, a.leg));
	for (int i = 0; i < 20; i++)
		far_say(&thief, 0x66);
	struct foreigners x = {&r, a.leg, 20};
	CHECK(rig_until(has_foreigners, &x));
	CHECK(!rig_has(&r, MEDIA_EV_LATCHED, a.leg));
	struct leg_stats s = rig_stats(&r, a.leg);
	CHECK(s.rx_packets == 0 && s.foreign.port == thief.address.port && s.foreign.ip[3] == 2);
	far_say(&a, 0x11);
	CHECK(rig_wait(&r, MEDIA_EV_LATCHED, a.leg, &ev) && ev.addr.port == a.address.port);
	CHECK(far_hear(&a, &d, WAIT_MS) && d.rtp.payload[0] == 0x11);
	for (int i = 0; i < 5; i++) { /* after the latch */
		far_say(&thief, 0x66);
		far_say(&a, 0x22);
		CHECK(far_hear(&a, &d, WAIT_MS) && d.rtp.payload[0] == 0x22);
	}
	CHECK(!rig_has(&r, MEDIA_EV_LATCHED, a.leg) && !far_hear(&thief, &d, 0));
out:
	far_close(&a);
	far_close(&thief);
	rig_close(&r);
}

TEST_NO_OOM(media_leg_behind_nat_is_heard_after_the_grace)
{
	struct rig r;
	struct far_end a = {0}, nat = {.rtp = -1, .rtcp = -1};
	struct media_event ev;
	struct datagram d;
	struct media_opts o = {.workers = 1, .max_legs = 8, .grace_ms = 1};
	REQUIRE(rig_open(&r, &o));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER) && attacker_open(&nat, &a));
	CHECK(media_echo(r.m, a.leg, true) == 0 && rig_settle(&r, a.leg));
	rig_sleep(5);
	far_say(&nat, 0x33);
	CHECK(rig_wait(&r, MEDIA_EV_LATCHED, a.leg, &ev) && ev.addr.port == nat.address.port && ev.addr.ip[3] == 2);
	CHECK(far_hear(&nat, &d, WAIT_MS) && d.rtp.payload[0] == 0x33);
out:
	far_close(&a);
	far_close(&nat);
	rig_close(&r);
}

/* The peer falls silent; then its stream goes on from another host, while an attacker tries with the right SSRC. */
TEST_NO_OOM(media_leg_follows_its_stream_after_silence_but_not_a_spoofed_ssrc)
{
	struct rig r;
	struct far_end a = {0}, thief = {.rtp = -1, .rtcp = -1}, moved = {.rtp = -1, .rtcp = -1};
	struct media_event ev;
	struct datagram d;
	struct media_opts o = {.workers = 1, .max_legs = 8, .relatch_ms = 50};
	uint8_t lie[160] = {0x66};
	REQUIRE(rig_open(&r, &o));
	CHECK(far_open(&r, &a, CODEC_PCMU, LEG_ANY_WORKER) && attacker_open(&thief, &a) && attacker_open(&moved, &a));
	CHECK(far_latch(&r, &a));
	CHECK(media_echo(r.m, a.leg, true) == 0 && rig_settle(&r, a.leg));
	thief.ssrc = moved.ssrc = a.ssrc;
	struct foreigners x = {&r, a.leg, 3};
	for (uint16_t i = 0; !has_foreigners(&x); i++) { /* until the socket is open again and refuses it itself */
		CHECK(i < 5000);
		far_send(&thief, CODEC_PCMU, false, (uint16_t)(a.seq + 20000), a.ts, lie, sizeof(lie));
		rig_sleep(2);
	}
	CHECK(!rig_has(&r, MEDIA_EV_LATCHED, a.leg) && rig_stats(&r, a.leg).rx_packets == 1);
	moved.seq = a.seq;
	moved.ts = a.ts;
	far_say(&moved, 0x55);
	CHECK(rig_wait(&r, MEDIA_EV_LATCHED, a.leg, &ev) && ev.addr.port == moved.address.port);
	CHECK(far_hear(&moved, &d, WAIT_MS) && d.rtp.payload[0] == 0x55);
	CHECK(rig_stats(&r, a.leg).ssrc_changes == 0 && !far_hear(&thief, &d, 0));
out:
	far_close(&a);
	far_close(&thief);
	far_close(&moved);
	rig_close(&r);
}
