/** fuzz_srtp.c  Sealed packets from strangers and a=crypto lines. Input: a byte that says which, then the bytes.
 *  What was not sealed with the key is never opened; what a line says is what we would write. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rtp/packet.h"
#include "rtp/srtp.h"
#include "sip/sdp_crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { SSRC = 0x01020304, ROOM = 2048 };

#define MUST(cond)                                                                                                     \
	do {                                                                                                           \
		if (!(cond))                                                                                           \
			abort();                                                                                       \
	} while (0)

static struct srtp_key key_of(unsigned suite)
{
	struct srtp_key k = {.suite = (uint8_t)suite};
	for (size_t i = 0; i < srtp_suite_bytes(suite); i++)
		k.octets[i] = (uint8_t)(i * 7 + suite);
	return k;
}

/* A stranger's bytes, then a good packet with them as its payload: the one is refused, the other comes out as it was. */
static void packets(unsigned suite, bool rtcp, const uint8_t *data, size_t n)
{
	struct srtp_key key = key_of(suite);
	struct srtp_way *tx, *rx;
	uint8_t buffer[ROOM + SRTP_TAIL], clear[ROOM];
	if (n > ROOM - RTP_HEADER)
		n = ROOM - RTP_HEADER;
	MUST(srtp_way_sender(&tx, &key, SSRC) == 0 && srtp_way_receiver(&rx, &key) == 0);
	size_t length = n;
	memcpy(buffer, data, n);
	MUST((rtcp ? srtp_way_open_rtcp(rx, buffer, &length) : srtp_way_open(rx, buffer, &length)) != 0);
	MUST(rx->sources == 0);
	struct rtp_packet p = {.pt = 0, .seq = 5, .ssrc = SSRC};
	rtp_header(clear, &p);
	memcpy(clear + RTP_HEADER, data, n);
	length = RTP_HEADER + n;
	memcpy(buffer, clear, length);
	MUST(srtp_way_seal(tx, buffer, &length) == 0 && length <= RTP_HEADER + n + SRTP_TAIL);
	MUST(srtp_way_open(rx, buffer, &length) == 0 && length == RTP_HEADER + n && memcmp(buffer, clear, length) == 0);
	srtp_way_free(tx);
	srtp_way_free(rx);
}

static void line(const uint8_t *data, size_t n)
{
	struct sdp_crypto c, again;
	struct srtp_key key, back;
	struct build b;
	char out[256];
	if (!sdp_crypto_parse(&c, (struct str){(const char *)data, n}))
		return;
	MUST(c.suite != SRTP_NONE && c.suite < SRTP_SUITE_COUNT && c.tag <= SDP_TAG_MAX && sdp_crypto_key(&c, &key));
	build_init(&b, out, sizeof(out));
	sdp_crypto_put(&b, c.tag, &key);
	MUST(build_ok(&b) && sdp_crypto_parse(&again, (struct str){out + 9, b.n - 11}));
	MUST(again.tag == c.tag && sdp_crypto_key(&again, &back) && srtp_key_eq(&key, &back));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n == 0)
		return 0;
	unsigned suite = data[0] % SRTP_SUITE_COUNT;
	if (suite == SRTP_NONE)
		line(data + 1, n - 1);
	else
		packets(suite, data[0] & 0x80, data + 1, n - 1);
	return 0;
}
