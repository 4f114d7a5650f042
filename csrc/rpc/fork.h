/** fork.h  Frames of a media fork: live audio of a call to a program and back (docs/media-fork.md has the layout).
 *  A header of FORK_HEADER bytes in network order, then `n` bytes. Reading takes hostile bytes. */
#ifndef RPC_FORK_H
#define RPC_FORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/resample.h"
#include "switchroom.h"

enum { FORK_VERSION = 1, FORK_HEADER = 20, FORK_PAYLOAD_MAX = 8192, FORK_SAMPLES = 160, FORK_CLOCK = 4 };
/** Samples of one record of media_fork_read(): the media clock in FORK_CLOCK of them, then a frame of each channel. */
enum { FORK_RECORD_MAX = FORK_CLOCK + 2 * FORK_SAMPLES };
/** From us: HELLO first, AUDIO, MARK (played, or dropped), END last. To us: AUDIO, MARK, CLEAR. */
enum fork_kind { FORK_HELLO, FORK_AUDIO, FORK_MARK, FORK_CLEAR, FORK_END, FORK_KINDS };
enum { FORK_CLEARED = 1 }; /* flags of a MARK from us: it was dropped, not played */

struct fork_frame {
	uint8_t leg, kind, flags;
	uint32_t seq;	/* a jump: frames were dropped, the oldest first, because nobody read */
	uint64_t clock; /* samples at 8 kHz since the fork began; a jump: the engine could not keep up */
	uint16_t n;	/* bytes that follow */
};
void fork_write(uint8_t out[FORK_HEADER], const struct fork_frame *f);
/** The frame that starts at `data`, of which `n` bytes have arrived. 0: header and payload are there. -EAGAIN: more
 *  bytes are needed. -EBADMSG: version, kind, flags or length that a peer may not send; the position is lost. */
int fork_read(struct fork_frame *f, const uint8_t *data, size_t n);

enum fork_format { FORK_PCM, FORK_PCMU, FORK_PCMA, FORK_FORMATS };

/** One stream in one direction: format, rate, filters. Value object. */
struct fork_codec {
	uint8_t format, channels;
	uint8_t khz; /* 8, or 16 with FORK_PCM */
	struct resampler filter[2];
};
/** -EINVAL: no such format, rate or number of channels. */
int fork_codec_init(struct fork_codec *c, enum fork_format format, unsigned khz, unsigned channels, bool outwards);
enum { FORK_FRAME_MAX = FORK_SAMPLES * 2 * 2 * 2 };
/** A frame of each channel, one after the other, into bytes of the wire: channels interleaved. Returns bytes. */
size_t fork_encode(struct fork_codec *c, const int16_t *pcm, uint8_t out[FORK_FRAME_MAX]);
/** Audio of the peer (one channel, any length up to FORK_PAYLOAD_MAX) into 8 kHz samples. Returns samples;
 *  -EBADMSG: half a sample. */
int fork_decode(struct fork_codec *c, const uint8_t *data, size_t n, int16_t out[FORK_PAYLOAD_MAX]);

#endif
