/** test_rpc_fork.c  Framing and formats of media forks. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "dsp/g711.h"
#include "rpc/fork.h"
#include "test/test.h"

static int read_guarded(struct fork_frame *f, const uint8_t *data, size_t n)
{
	return fork_read(f, test_guarded(data, n), n);
}

TEST(fork_header_lies_as_documented_and_reads_back)
{
	static const uint8_t want[FORK_HEADER] = {1, 2, FORK_AUDIO, 0, 0, 0, 1, 3, 0, 0, 0, 1, 0, 0, 0, 7, 0, 3, 0, 0};
	struct fork_frame f = {.leg = 2, .kind = FORK_AUDIO, .seq = 259, .clock = 0x100000007, .n = 3}, g;
	uint8_t data[FORK_HEADER + 3] = {0};
	fork_write(data, &f);
	REQUIRE(memcmp(data, want, sizeof(want)) == 0);
	REQUIRE(read_guarded(&g, data, sizeof(data)) == 0 && g.leg == 2 && g.kind == FORK_AUDIO && g.flags == 0);
	REQUIRE(g.seq == f.seq && g.clock == f.clock && g.n == 3);
	for (size_t cut = 0; cut < sizeof(data); cut++)
		REQUIRE(read_guarded(&g, data, cut) == -EAGAIN);
}

TEST(fork_refuses_what_a_client_may_not_send)
{
	static const struct {
		unsigned at;
		uint8_t value;
	} wrong[] = {{0, 0}, {0, 2}, {2, FORK_HELLO}, {2, FORK_END}, {2, 9}, {3, 1}, {16, 0x21}, {18, 1}, {19, 1}};
	struct fork_frame f = {.kind = FORK_MARK}, g;
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint8_t data[FORK_HEADER];
		fork_write(data, &f);
		data[wrong[i].at] = wrong[i].value;
		REQUIRE(read_guarded(&g, data, sizeof(data)) == -EBADMSG);
	}
	REQUIRE(read_guarded(&g, (const uint8_t *)"GET / HT", 8) == -EBADMSG); /* at once, not after 20 bytes */
}

TEST(fork_formats_are_checked)
{
	struct fork_codec c;
	REQUIRE(fork_codec_init(&c, FORK_PCM, 8, 2, true) == 0 && fork_codec_init(&c, FORK_PCM, 16, 1, false) == 0);
	REQUIRE(fork_codec_init(&c, FORK_PCMU, 16, 1, true) == -EINVAL);
	REQUIRE(fork_codec_init(&c, FORK_PCM, 48, 1, true) == -EINVAL);
	REQUIRE(fork_codec_init(&c, FORK_FORMATS, 8, 1, true) == -EINVAL);
	REQUIRE(fork_codec_init(&c, FORK_PCM, 8, 3, true) == -EINVAL &&
		fork_codec_init(&c, FORK_PCM, 8, 0, true) == -EINVAL);
}

static void sine(int16_t *pcm, unsigned at)
{
	for (unsigned i = 0; i < FORK_SAMPLES; i++)
		pcm[i] = (int16_t)lrint(8000 * sin(2 * M_PI * 500 * (at + i) / 8000));
}

TEST(fork_two_channels_are_interleaved_little_endian)
{
	struct fork_codec c;
	int16_t pcm[2 * FORK_SAMPLES];
	uint8_t out[FORK_FRAME_MAX];
	for (int i = 0; i < FORK_SAMPLES; i++) {
		pcm[i] = (int16_t)(0x0102 + i);
		pcm[FORK_SAMPLES + i] = (int16_t)(-2 - i);
	}
	REQUIRE(fork_codec_init(&c, FORK_PCM, 8, 2, true) == 0 && fork_encode(&c, pcm, out) == 640);
	REQUIRE(out[0] == 2 && out[1] == 1 && out[2] == 0xfe && out[3] == 0xff && out[4] == 3 && out[6] == 0xfd);
	REQUIRE(fork_codec_init(&c, FORK_PCMA, 8, 2, true) == 0 && fork_encode(&c, pcm, out) == 320);
	uint8_t code[2];
	g711_encode(CODEC_PCMA, &pcm[1], 1, code);
	g711_encode(CODEC_PCMA, &pcm[FORK_SAMPLES + 1], 1, code + 1);
	REQUIRE(out[2] == code[0] && out[3] == code[1]);
}

TEST(fork_16_khz_out_and_back_is_the_same_tone)
{
	static int16_t back[FORK_PAYLOAD_MAX];
	struct fork_codec to, from;
	int16_t pcm[FORK_SAMPLES];
	uint8_t out[FORK_FRAME_MAX];
	double energy = 0, quarter = 0;
	REQUIRE(fork_codec_init(&to, FORK_PCM, 16, 1, true) == 0 &&
		fork_codec_init(&from, FORK_PCM, 16, 1, false) == 0);
	for (unsigned frame = 0; frame < 10; frame++) {
		sine(pcm, frame * FORK_SAMPLES);
		REQUIRE(fork_encode(&to, pcm, out) == 640 && fork_decode(&from, out, 640, back) == FORK_SAMPLES);
	}
	for (unsigned i = 0; i < FORK_SAMPLES; i++) {
		energy += (double)back[i] * back[i] / FORK_SAMPLES;
		quarter += i >= 4 ? (double)back[i] * back[i - 4] / FORK_SAMPLES : 0; /* a quarter turn of 500 Hz */
	}
	REQUIRE(fabs(sqrt(2 * energy) - 8000) < 200 && fabs(quarter) < 0.05 * energy);
}

TEST(fork_half_a_sample_is_refused_and_the_longest_payload_fits)
{
	static int16_t out[FORK_PAYLOAD_MAX];
	static uint8_t data[FORK_PAYLOAD_MAX + 2];
	struct fork_codec c;
	REQUIRE(fork_codec_init(&c, FORK_PCM, 8, 1, false) == 0);
	REQUIRE(fork_decode(&c, data, 3, out) == -EBADMSG && fork_decode(&c, data, 0, out) == 0);
	REQUIRE(fork_decode(&c, data, FORK_PAYLOAD_MAX, out) == FORK_PAYLOAD_MAX / 2);
	REQUIRE(fork_decode(&c, data, FORK_PAYLOAD_MAX + 2, out) == -EBADMSG);
	REQUIRE(fork_codec_init(&c, FORK_PCMU, 8, 1, false) == 0);
	REQUIRE(fork_decode(&c, data, FORK_PAYLOAD_MAX, out) == FORK_PAYLOAD_MAX && out[0] == -32124);
}
