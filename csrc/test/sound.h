/** sound.h  Sound for tests: a growing buffer of 8 kHz PCM made of silence, noise, tones and speech-like noise. */
#ifndef TEST_SOUND_H
#define TEST_SOUND_H

#include <stddef.h>
#include <stdint.h>

enum { SOUND_MAX = 8000 * 12 };
struct sound {
	int16_t pcm[SOUND_MAX];
	size_t n;
	uint32_t seed;
};
/** All add to the end. Levels are peak amplitudes. Background noise of 10 lies under everything. */
void sound_silence(struct sound *s, uint32_t ms);
void sound_noise(struct sound *s, uint32_t ms, int level);
/** One or two sines (hz2 0: one). */
void sound_tone(struct sound *s, uint32_t ms, double hz, double hz2, double level);
/** A sine that glides. */
void sound_chirp(struct sound *s, uint32_t ms, double from, double to, double level);
/** A buzz of gliding pitch and its harmonics in syllables of 240 ms, as energy and cadence see a voice. */
void sound_voice(struct sound *s, uint32_t ms, double level);

#endif
