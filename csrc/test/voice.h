/** voice.h  Recorded voices of the repository, as samples. The runner is started in csrc/. */
#ifndef TEST_VOICE_H
#define TEST_VOICE_H

#include <stddef.h>
#include <stdint.h>

/** NULL: not there, or out of memory. Freed with mem_free(). */
int16_t *voice_load(const char *name, size_t *n);
/** How far `b` is from `a`, looked at in frames of 20 ms every 10 ms, so that edges lie in the middle of one, where `a` is
 *  not quiet and `wanted` (per 10 ms; NULL: all) is set. */
struct voice_distance {
	double spectrum_db; /* mean over the frames of the rms difference over bands of 180 Hz */
	double snr_db;	    /* mean over the frames, each cut to -10 to 30 */
};
struct voice_distance voice_compare(const int16_t *a, const int16_t *b, size_t n, unsigned khz, const uint8_t *wanted);

#endif
