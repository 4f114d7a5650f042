/** test_rtp_event.c  Digits as RTP events (RFC 4733). */
#include <string.h>

#include "rtp/telephone_event.h"
#include "test/test.h"

enum { MS = 1000000 };

static unsigned receive(struct te_receiver *r, unsigned event, bool end, uint16_t duration, uint32_t ts, uint64_t at_ms,
			struct te_digit out[2])
{
	uint8_t payload[TE_PAYLOAD];
	te_payload(payload, event, end, duration);
	return te_receive(r, test_guarded(payload, sizeof(payload)), sizeof(payload), ts, at_ms * MS, out);
}

TEST(te_payload_is_event_volume_duration)
{
	uint8_t p[TE_PAYLOAD];
	te_payload(p, 11, true, 0x1234);
	REQUIRE(p[0] == 11 && p[1] == (0x80 | 10) && p[2] == 0x12 && p[3] == 0x34);
}

TEST(te_tells_an_event_once_for_three_end_packets)
{
	struct te_receiver r = {0};
	struct te_digit d[2];
	REQUIRE(receive(&r, 5, false, 160, 1000, 0, d) == 0);
	REQUIRE(receive(&r, 5, false, 320, 1000, 20, d) == 0);
	REQUIRE(receive(&r, 5, true, 800, 1000, 40, d) == 1 && d[0].event == 5 && d[0].ms == 100);
	REQUIRE(receive(&r, 5, true, 800, 1000, 60, d) == 0 && receive(&r, 5, true, 800, 1000, 80, d) == 0);
	REQUIRE(!te_timeout(&r, 5000ull * MS, d));
}

TEST(te_tells_the_same_digit_twice_when_its_time_differs)
{
	struct te_receiver r = {0};
	struct te_digit d[2];
	REQUIRE(receive(&r, 5, true, 800, 1000, 0, d) == 1);
	REQUIRE(receive(&r, 5, true, 800, 3000, 200, d) == 1 && d[0].event == 5);
}

TEST(te_tells_an_event_whose_end_was_lost_when_the_next_begins)
{
	struct te_receiver r = {0};
	struct te_digit d[2];
	REQUIRE(receive(&r, 1, false, 480, 1000, 0, d) == 0);
	REQUIRE(receive(&r, 2, true, 800, 4000, 100, d) == 2);
	REQUIRE(d[0].event == 1 && d[0].ms == 60 && d[1].event == 2 && d[1].ms == 100);
}

TEST(te_tells_an_event_whose_end_was_lost_after_a_time)
{
	struct te_receiver r = {0};
	struct te_digit d[2];
	receive(&r, 9, false, 320, 1000, 50, d);
	REQUIRE(!te_timeout(&r, 249ull * MS, d));
	REQUIRE(te_timeout(&r, 250ull * MS, d) && d[0].event == 9 && d[0].ms == 40);
	REQUIRE(!te_timeout(&r, 900ull * MS, d));
	REQUIRE(receive(&r, 9, true, 320, 1000, 901, d) == 0); /* its end comes after all */
}

TEST(te_ignores_late_packets_of_an_earlier_event)
{
	struct te_receiver r = {0};
	struct te_digit d[2];
	receive(&r, 1, true, 800, 0xffffff00, 0, d);
	REQUIRE(receive(&r, 2, false, 160, 100, 100, d) == 0); /* the time wrapped */
	REQUIRE(receive(&r, 1, true, 800, 0xffffff00, 110, d) == 0);
	REQUIRE(receive(&r, 2, true, 800, 100, 120, d) == 1 && d[0].event == 2);
}

TEST(te_ignores_short_packets_and_what_is_no_digit)
{
	struct te_receiver r = {0};
	struct te_digit d[2];
	static const uint8_t cut[3] = {1, 0x80, 0};
	REQUIRE(te_receive(&r, test_guarded(cut, 3), 3, 1, 1, d) == 0);
	REQUIRE(receive(&r, 16, true, 800, 1, 1, d) == 0); /* flash */
	REQUIRE(!r.open);
}
