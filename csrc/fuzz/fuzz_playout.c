/** fuzz_playout.c  Any order of packets and time through jitter buffer, decoders, concealment and stretching: no fault, and
 *  what comes out has a length it may have. Each step of the input: one byte of what (codec, or time passes), two of how far
 *  the sequence goes, four of how far the timestamp goes, one of how many bytes of the input are the payload. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/playout.h"
#include "switchroom.h"

enum { STEP_US = 10000, STEPS_MAX = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void listen(struct playout *p, int64_t *now_us, unsigned steps)
{
	int16_t pcm[PLAYOUT_STEP_MAX];
	for (unsigned i = 0; i < steps; i++, *now_us += STEP_US) {
		size_t got = playout_get(p, pcm, *now_us);
		if ((got != 0 && got != (size_t)PLAYOUT_STEP_MS * p->khz) || p->held > PLAYOUT_LINE)
			abort();
	}
}

static void check(const struct playout *p)
{
	if (jitter_held(&p->jitter) > JITTER_SLOTS || p->jitter.delay.target_ms > DELAY_TARGET_MAX_MS)
		abort();
	if (p->jitter.delay.target_ms < DELAY_TARGET_MIN_MS || (p->khz != 8 && p->khz != 16))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint8_t codecs[] = {CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_OPUS, PLAYOUT_NOISE};
	struct playout *p = playout_new();
	struct rtp_packet q = {.ssrc = 1};
	int64_t now_us = 1000000;
	unsigned steps = 0;
	while (p && n >= 8 && steps < STEPS_MAX) {
		unsigned what = data[0];
		q.seq = (uint16_t)(q.seq + (int16_t)(data[1] << 8 | data[2]));
		q.ts += (uint32_t)data[3] << 24 | (uint32_t)data[4] << 16 | (uint32_t)data[5] << 8 | data[6];
		q.marker = what >> 7;
		q.ssrc += (what >> 5 & 3) == 3;
		size_t size = (size_t)data[7] * (1 + (what >> 5 & 1) * 5);
		data += 8;
		n -= 8;
		q.n = size < n ? size : n;
		q.payload = data;
		playout_put(p, &q, codecs[what % 5], (uint64_t)now_us * 1000);
		data += q.n / 4; /* payloads overlap, so that short inputs say much */
		n -= q.n / 4;
		unsigned pass = what >> 3 & 3;
		listen(p, &now_us, pass);
		steps += pass + 1;
		check(p);
	}
	if (p)
		listen(p, &now_us, 50);
	mem_free(p);
	return 0;
}
