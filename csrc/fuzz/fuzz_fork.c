/** fuzz_fork.c  What a media fork's client sends: frames read one after the other, however the stream was cut; audio of
 *  every format decoded. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/fork.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(int holds)
{
	if (!holds)
		abort();
}

/* A copy that ends where the bytes end. */
static int read_exact(struct fork_frame *f, const uint8_t *data, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	require(copy != NULL);
	if (n)
		memcpy(copy, data, n);
	int rc = fork_read(f, copy, n);
	free(copy);
	return rc;
}

/* More bytes never turn a refusal into a frame, nor a frame into another one. */
static void cut(const uint8_t *data, size_t n, int whole)
{
	struct fork_frame f;
	for (size_t have = 0; have < n && have <= FORK_HEADER; have++) {
		int rc = read_exact(&f, data, have);
		require(rc == -EAGAIN || rc == whole);
	}
}

static void write_and_read(const struct fork_frame *f, const uint8_t *data)
{
	uint8_t header[FORK_HEADER];
	fork_write(header, f);
	require(memcmp(header, data, FORK_HEADER) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct {
		enum fork_format format;
		unsigned khz;
	} kinds[] = {{FORK_PCM, 8}, {FORK_PCM, 16}, {FORK_PCMU, 8}, {FORK_PCMA, 8}};
	static int16_t pcm[FORK_PAYLOAD_MAX];
	struct fork_codec codec;
	struct fork_frame f;
	if (n < 1)
		return 0;
	unsigned kind = data[0] % 4;
	require(fork_codec_init(&codec, kinds[kind].format, kinds[kind].khz, 1, false) == 0);
	data++;
	n--;
	for (;;) {
		int rc = read_exact(&f, data, n);
		cut(data, n, rc);
		if (rc)
			break;
		write_and_read(&f, data);
		int samples = fork_decode(&codec, data + FORK_HEADER, f.n, pcm);
		require(samples == -EBADMSG || (samples >= 0 && samples <= f.n));
		data += FORK_HEADER + f.n;
		n -= FORK_HEADER + (size_t)f.n;
	}
	return 0;
}
