/** wav.h  WAV files of telephony: read whole (hostile bytes allowed), headers for writing. RIFF; tags 1 (PCM 16),
 *  6 (A-law), 7 (mu-law), 0xfffe (extensible naming one of them). */
#ifndef DSP_WAV_H
#define DSP_WAV_H

#include <stddef.h>
#include <stdint.h>

enum wav_format { WAV_PCM16 = 1, WAV_ALAW = 6, WAV_ULAW = 7 };
struct wav {
	enum wav_format format;
	uint16_t channels;
	uint32_t rate;
	const uint8_t *data; /* view into the file's bytes */
	size_t n;	     /* cut to whole sample frames; a data size of 0 or 0xffffffff means: to the end of file */
};
/** -EBADMSG with a reason in *why (static text). */
int wav_parse(struct wav *w, const void *file, size_t n, const char **why);
/** Samples per channel. */
size_t wav_samples(const struct wav *w);
/** Decode one channel to PCM; out has wav_samples() places. Returns samples, 0 for a channel that is not there. */
size_t wav_decode(const struct wav *w, unsigned channel, int16_t *out);

/** Header of 58 bytes (fmt of 18 with fact chunk for G.711, padded alike for PCM). `data_n` bytes of audio follow,
 *  and a zero byte when that is odd. */
enum { WAV_HEADER = 58 };
void wav_header(uint8_t out[WAV_HEADER], enum wav_format f, uint16_t channels, uint32_t rate, uint32_t data_n);

#endif
