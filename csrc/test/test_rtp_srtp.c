/** test_rtp_srtp.c  One direction sealed and opened: every suite, wrong keys, tampering, replays, wrap-around. */
#include <errno.h>
#include <string.h>

#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "rtp/srtp.h"
#include "test/test.h"

enum { SSRC = 0x1234abcd, PACKET = RTP_HEADER + 160 };

struct ways {
	struct srtp_key key;
	struct srtp_way *tx, *rx;
};

static bool ways_open(struct ways *w, unsigned suite)
{
	memset(w, 0, sizeof(*w));
	return srtp_key_make(&w->key, suite) == 0 && srtp_way_sender(&w->tx, &w->key, SSRC) == 0 &&
	       srtp_way_receiver(&w->rx, &w->key) == 0;
}

static void ways_close(struct ways *w)
{
	srtp_way_free(w->tx);
	srtp_way_free(w->rx);
}

static size_t packet(uint8_t *out, uint32_t ssrc, uint16_t seq, uint8_t fill)
{
	struct rtp_packet p = {.pt = 0, .seq = seq, .ts = seq * 160u, .ssrc = ssrc};
	rtp_header(out, &p);
	memset(out + RTP_HEADER, fill, PACKET - RTP_HEADER);
	return PACKET;
}

/* Sealed packet `seq`, ready to be opened. */
static size_t sealed(struct ways *w, uint8_t *out, uint16_t seq)
{
	size_t n = packet(out, SSRC, seq, (uint8_t)seq);
	return srtp_way_seal(w->tx, out, &n) == 0 ? n : 0;
}

TEST(srtp_opens_what_it_sealed_in_every_suite)
{
	static const size_t tags[SRTP_SUITE_COUNT] = {0, 10, 4, 10, 16, 16};
	for (unsigned suite = 1; suite < SRTP_SUITE_COUNT; suite++) {
		struct ways w;
		uint8_t data[PACKET + SRTP_TAIL], clear[PACKET];
		CHECK(ways_open(&w, suite));
		size_t n = packet(clear, SSRC, 7, 0x5a);
		memcpy(data, clear, n);
		CHECK(srtp_way_seal(w.tx, data, &n) == 0 && n == PACKET + tags[suite]);
		CHECK(memcmp(data, clear, RTP_HEADER) == 0 && memcmp(data + RTP_HEADER, clear + RTP_HEADER, 16) != 0);
		CHECK(srtp_way_open(w.rx, data, &n) == 0 && n == PACKET && memcmp(data, clear, n) == 0);
		ways_close(&w);
		continue;
	out:
		ways_close(&w);
		return;
	}
}

TEST(srtp_opens_reports_it_sealed)
{
	for (unsigned suite = 1; suite < SRTP_SUITE_COUNT; suite++) {
		struct ways w;
		uint8_t data[RTCP_MAX + SRTP_TAIL], clear[RTCP_MAX];
		struct rtcp_compose c = {.ssrc = SSRC, .sender = true, .cname = "a"};
		CHECK(ways_open(&w, suite));
		size_t n = rtcp_compose(clear, &c), length = n;
		memcpy(data, clear, n);
		CHECK(srtp_way_seal_rtcp(w.tx, data, &n) == 0 && n > length && n <= length + SRTP_TAIL);
		CHECK(srtp_way_open_rtcp(w.rx, data, &n) == 0 && n == length && memcmp(data, clear, n) == 0);
		CHECK(srtp_way_open_rtcp(w.rx, data, &n) != 0); /* in clear: not for this key */
		ways_close(&w);
		continue;
	out:
		ways_close(&w);
		return;
	}
}

TEST(srtp_refuses_another_key_and_every_changed_bit)
{
	struct ways w, other;
	uint8_t data[PACKET + SRTP_TAIL], good[PACKET + SRTP_TAIL];
	memset(&other, 0, sizeof(other));
	CHECK(ways_open(&w, SRTP_AES_CM_128_HMAC_SHA1_80) && ways_open(&other, SRTP_AES_CM_128_HMAC_SHA1_80));
	size_t length = sealed(&w, good, 5), n = length;
	CHECK(length);
	memcpy(data, good, n);
	CHECK(srtp_way_open(other.rx, data, &n) == -EACCES && n == length);
	for (size_t i = 0; i < length; i += 7) {
		memcpy(data, good, length);
		data[i] ^= 0x10;
		n = length;
		CHECK(srtp_way_open(w.rx, data, &n) < 0);
	}
	for (n = 0; n < length; n++) { /* cut short */
		size_t cut = n;
		memcpy(data, good, length);
		CHECK(srtp_way_open(w.rx, data, &cut) < 0);
	}
	n = length;
	CHECK(srtp_way_open(w.rx, good, &n) == 0);
out:
	ways_close(&w);
	ways_close(&other);
}

TEST(srtp_refuses_replays_and_what_is_too_late)
{
	struct ways w;
	uint8_t first[PACKET + SRTP_TAIL], data[PACKET + SRTP_TAIL];
	CHECK(ways_open(&w, SRTP_AEAD_AES_128_GCM));
	size_t length = sealed(&w, first, 10), n = length;
	memcpy(data, first, n);
	CHECK(srtp_way_open(w.rx, data, &n) == 0);
	n = length;
	memcpy(data, first, n);
	CHECK(srtp_way_open(w.rx, data, &n) == -EALREADY);
	for (uint16_t seq = 11; seq < 11 + 2 * SRTP_WINDOW; seq++) {
		n = sealed(&w, data, seq);
		if (seq % 50) /* the others stay unheard */
			CHECK(srtp_way_open(w.rx, data, &n) == 0);
	}
	n = length;
	memcpy(data, first, n);
	CHECK(srtp_way_open(w.rx, data, &n) == -EALREADY);
out:
	ways_close(&w);
}

TEST(srtp_counts_rollovers_and_takes_packets_out_of_order_over_one)
{
	struct ways w;
	uint8_t data[4][PACKET + SRTP_TAIL];
	static const uint16_t seqs[] = {65534, 65535, 0, 1};
	static const unsigned order[] = {0, 2, 1, 3};
	size_t n[4];
	CHECK(ways_open(&w, SRTP_AES_256_CM_HMAC_SHA1_80));
	for (unsigned turn = 0; turn < 3; turn++) { /* 131072 numbers would take long: jumps below 2^15 do */
		for (unsigned i = 0; i < 4; i++) {
			n[i] = sealed(&w, data[i], seqs[i]);
			CHECK(n[i]);
		}
		for (unsigned i = 0; i < 4; i++)
			CHECK(srtp_way_open(w.rx, data[order[i]], &n[order[i]]) == 0);
		for (uint32_t seq = 30000; seq < 65000; seq += 30000) {
			n[0] = sealed(&w, data[0], (uint16_t)seq);
			CHECK(n[0] && srtp_way_open(w.rx, data[0], &n[0]) == 0);
		}
	}
out:
	ways_close(&w);
}

TEST(srtp_never_seals_two_packets_under_one_number)
{
	struct ways w;
	uint8_t data[PACKET + SRTP_TAIL];
	CHECK(ways_open(&w, SRTP_AES_CM_128_HMAC_SHA1_32));
	CHECK(sealed(&w, data, 5));
	size_t n = packet(data, SSRC, 5, 0x11);
	CHECK(srtp_way_seal(w.tx, data, &n) == -EALREADY);
out:
	ways_close(&w);
}

TEST(srtp_serves_a_bounded_number_of_sources)
{
	struct ways w;
	uint8_t data[PACKET + SRTP_TAIL];
	CHECK(ways_open(&w, SRTP_AEAD_AES_256_GCM));
	for (uint32_t ssrc = 1; ssrc <= SRTP_SOURCES + 2; ssrc++) {
		struct srtp_way *tx = NULL;
		size_t n = packet(data, ssrc, 1, 1);
		int err = srtp_way_sender(&tx, &w.key, ssrc);
		err = err ? err : srtp_way_seal(tx, data, &n);
		srtp_way_free(tx);
		CHECK(!err);
		CHECK(srtp_way_open(w.rx, data, &n) == (ssrc > SRTP_SOURCES ? -ENOSPC : 0));
	}
out:
	ways_close(&w);
}

TEST(srtp_keys_are_fresh_and_wiped)
{
	struct srtp_key a, b, zero = {0};
	REQUIRE(srtp_key_make(&a, SRTP_AEAD_AES_128_GCM) == 0 && srtp_key_make(&b, SRTP_AEAD_AES_128_GCM) == 0);
	REQUIRE(!srtp_key_eq(&a, &b) && srtp_key_eq(&a, &a));
	REQUIRE(srtp_key_make(&b, SRTP_NONE) == -EINVAL && srtp_key_make(&b, SRTP_SUITE_COUNT) == -EINVAL);
	srtp_key_wipe(&a);
	REQUIRE(memcmp(&a, &zero, sizeof(a)) == 0);
	struct srtp_way *w = NULL;
	REQUIRE(srtp_way_receiver(&w, &a) == -EINVAL && !w);
}
