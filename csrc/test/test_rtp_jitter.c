/** test_rtp_jitter.c  Order out of disorder, through every wrap; what is held is bounded; the delay that jitter asks for. */
#include <string.h>

#include "rtp/jitter.h"
#include "test/test.h"

enum { FRAME = 160, FRAME_US = 20000 };

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

static struct rtp_packet packet(uint16_t seq, uint32_t ts, const uint8_t *payload, size_t n)
{
	return (struct rtp_packet){.seq = seq, .ts = ts, .ssrc = 77, .payload = payload, .n = n};
}

/* Packet number `i` of a stream that starts shortly before everything wraps; its payload says which it is. */
static struct rtp_packet numbered(uint32_t i, uint8_t payload[FRAME])
{
	memset(payload, (int)(i & 0xff), FRAME);
	return packet((uint16_t)(0xfff0 + i), 0xfffffb00u + i * FRAME, payload, 1 + i * 7 % FRAME);
}

TEST(jitter_gives_back_order_content_and_unwrapped_time_whatever_the_disorder)
{
	for (seed = 1; seed < 40; seed += 3) {
		struct jitter j;
		struct jitter_packet out;
		uint8_t payload[FRAME];
		uint32_t next = 0, order[16];
		int64_t first = 0;
		jitter_init(&j, 8);
		for (uint32_t block = 0; block < 8000;
		     block += 16) { /* 160 s: over a wrap of both; shuffled by sixteens */
			for (uint32_t i = 0; i < 16; i++) {
				uint32_t k = draw(i + 1);
				order[i] = order[k];
				order[k] = block + i;
			}
			for (uint32_t i = 0; i < 16; i++) {
				struct rtp_packet p = numbered(order[i], payload);
				int64_t now = (int64_t)(block + i) * FRAME_US;
				REQUIRE(jitter_put(&j, &p, true, now) == JITTER_KEPT);
				REQUIRE(draw(4) || jitter_put(&j, &p, true, now) == JITTER_DUPLICATE);
			}
			for (uint32_t i = 0; i < 16; i++, next++) {
				REQUIRE(jitter_peek(&j, &out) && out.seq == (uint16_t)(0xfff0 + next));
				first = next == 0 ? out.ts : first;
				REQUIRE(out.ts == first + (int64_t)next * FRAME);
				REQUIRE(out.n == 1 + next * 7 % FRAME && out.payload[0] == (next & 0xff) &&
					out.payload[out.n - 1] == (next & 0xff));
				jitter_pop(&j);
			}
			REQUIRE(!jitter_peek(&j, &out) && jitter_held(&j) == 0);
		}
		REQUIRE(j.epoch == 1 && j.overflow == 0);
	}
}

TEST(jitter_keeps_the_newest_when_nobody_takes_any)
{
	static const size_t sizes[] = {1, 80, 160, 480, 1500};
	for (size_t s = 0; s < 5; s++) {
		struct jitter j;
		struct jitter_packet out;
		uint8_t payload[1500];
		jitter_init(&j, 8);
		for (uint32_t i = 0; i < 300; i++) {
			memset(payload, (int)(i & 0xff), sizeof(payload));
			struct rtp_packet p = packet((uint16_t)i, i * FRAME, payload, sizes[s]);
			REQUIRE(jitter_put(&j, &p, true, (int64_t)i * FRAME_US) == JITTER_KEPT);
			REQUIRE(jitter_held(&j) + j.overflow == i + 1);
		}
		unsigned fit = JITTER_BYTES / (unsigned)sizes[s] < JITTER_SLOTS ? JITTER_BYTES / (unsigned)sizes[s]
										: JITTER_SLOTS;
		REQUIRE(jitter_held(&j) <= fit && jitter_held(&j) + 1 >= fit);
		for (uint32_t i = 300 - jitter_held(&j); i < 300; i++) {
			REQUIRE(jitter_peek(&j, &out) && out.seq == i && out.n == sizes[s]);
			for (size_t k = 0; k < out.n; k++)
				REQUIRE(out.payload[k] == (i & 0xff));
			jitter_pop(&j);
		}
	}
}

TEST(jitter_does_not_take_what_is_no_packet_of_audio)
{
	struct jitter j;
	uint8_t payload[2000] = {0};
	jitter_init(&j, 8);
	struct rtp_packet none = packet(1, 0, payload, 0), long_one = packet(1, 0, payload, 1501);
	REQUIRE(jitter_put(&j, &none, true, 0) == JITTER_UNFIT && jitter_put(&j, &long_one, true, 0) == JITTER_UNFIT);
	REQUIRE(!j.started);
}

/* `packets` of a steady stream from number `from`, all taken at once. */
static void steady(struct jitter *j, uint32_t ssrc, uint16_t seq, uint32_t ts, unsigned packets, int64_t *now)
{
	uint8_t payload[FRAME] = {0};
	for (unsigned i = 0; i < packets; i++, *now += FRAME_US) {
		struct rtp_packet p = packet((uint16_t)(seq + i), ts + i * FRAME, payload, FRAME);
		p.ssrc = ssrc;
		(void)jitter_put(j, &p, true, *now);
		jitter_pop(j);
	}
}

TEST(jitter_starts_afresh_with_another_ssrc_and_drops_what_it_held)
{
	struct jitter j;
	uint8_t payload[FRAME] = {0};
	int64_t now = 0;
	jitter_init(&j, 8);
	steady(&j, 77, 100, 5000, 50, &now);
	struct rtp_packet p = packet(150, 5000 + 50 * FRAME, payload, FRAME);
	REQUIRE(jitter_put(&j, &p, true, now) == JITTER_KEPT && jitter_held(&j) == 1);
	p = packet(9, 123456789, payload, 80);
	p.ssrc = 78;
	struct jitter_packet out;
	REQUIRE(jitter_put(&j, &p, true, now) == JITTER_KEPT && jitter_held(&j) == 1 && j.epoch == 2);
	REQUIRE(jitter_peek(&j, &out) && out.seq == 9 && out.n == 80);
}

TEST(jitter_believes_a_clock_that_jumped_at_its_second_packet)
{
	static const int32_t jumps[] = {8000 * 3, -8000 * 3, 0x40000000, -0x40000000};
	for (size_t k = 0; k < 4; k++) {
		struct jitter j;
		uint8_t payload[FRAME] = {0};
		int64_t now = 0;
		jitter_init(&j, 8);
		steady(&j, 77, 65500, 0xffffff00, 100, &now);
		uint32_t ts = 0xffffff00 + 100 * FRAME;
		struct rtp_packet p = packet(65500 + 100 - 65536, ts + (uint32_t)jumps[k], payload, FRAME);
		REQUIRE(jitter_put(&j, &p, true, now) == JITTER_STRAY && j.epoch == 1);
		steady(&j, 77, 65500 + 101 - 65536, ts, 10, &now); /* it was a stray */
		REQUIRE(j.epoch == 1);
		p = packet(65500 + 111 - 65536, ts + (uint32_t)jumps[k], payload, FRAME);
		REQUIRE(jitter_put(&j, &p, true, now) == JITTER_STRAY);
		p = packet(65500 + 112 - 65536, ts + (uint32_t)jumps[k] + FRAME, payload, FRAME);
		REQUIRE(jitter_put(&j, &p, true, now) == JITTER_KEPT && j.epoch == 2);
	}
}

static uint32_t target_after(uint32_t jitter_ms, unsigned packets)
{
	struct jitter j;
	uint8_t payload[FRAME] = {0};
	jitter_init(&j, 8);
	for (unsigned i = 0; i < packets; i++) {
		struct rtp_packet p = packet((uint16_t)(60000 + i), i * FRAME, payload, FRAME);
		int64_t late = jitter_ms ? (int64_t)draw(jitter_ms * 1000) : 0;
		if (jitter_put(&j, &p, true, (int64_t)i * FRAME_US + late) != JITTER_KEPT)
			return 0;
		jitter_pop(&j);
	}
	return j.delay.target_ms;
}

TEST(delay_target_is_what_the_jitter_needs)
{
	seed = 5;
	REQUIRE(target_after(0, 1) == 40); /* nothing known yet */
	REQUIRE(target_after(0, 200) == DELAY_TARGET_MIN_MS);
	for (uint32_t ms = 20; ms <= 200; ms += 20) {
		uint32_t target = target_after(ms, 1000);
		REQUIRE(target >= ms * 9 / 10 && target <= ms + DELAY_BIN_MS);
	}
	REQUIRE(target_after(900, 1000) == DELAY_TARGET_MAX_MS);
}

TEST(delay_forgets_a_bad_minute_and_follows_a_changed_path)
{
	struct delay d;
	int64_t path = 30000;
	seed = 9;
	delay_init(&d);
	for (int64_t i = 0; i < 20000; i++) {
		int64_t at = i * FRAME_US;
		if (i == 5000)
			REQUIRE(d.target_ms >= 90);
		if (i == 10000) {
			REQUIRE(d.target_ms <= 15 && d.base_us < path + 1000);
			path += 120000; /* longer: seen once the window has passed */
		}
		if (i == 10250)
			REQUIRE(d.base_us >= path && d.base_us < path + 10000);
		if (i == 15000)
			path -= 200000;
		if (i == 15001)
			REQUIRE(d.base_us <= path + 10000);
		(void)delay_put(&d, at, at + path + (int64_t)draw(i < 5000 ? 100000 : 10000));
	}
	REQUIRE(d.target_ms <= 15);
}

TEST(delay_base_goes_with_a_clock_that_drifts)
{
	struct delay d;
	delay_init(&d);
	for (int64_t i = 0; i < 180000; i++) { /* an hour of 100 ppm: 360 ms */
		int64_t at = i * FRAME_US;
		REQUIRE(delay_put(&d, at, at + at / 10000) <= 1000);
	}
	REQUIRE(d.target_ms == DELAY_TARGET_MIN_MS && d.base_us > 355000);
}
