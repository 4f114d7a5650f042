/** sound.c  Deterministic: the noise is a linear congruential generator. */
#include "test/sound.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

static double random_unit(struct sound *s)
{
	s->seed = s->seed * 1664525u + 1013904223u;
	return (double)(int32_t)s->seed / 2147483648.0;
}

static void add(struct sound *s, double v)
{
	v += 10 * random_unit(s);
	if (s->n < SOUND_MAX)
		s->pcm[s->n++] = (int16_t)lrint(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
}

void sound_silence(struct sound *s, uint32_t ms)
{
	sound_noise(s, ms, 0);
}

void sound_noise(struct sound *s, uint32_t ms, int level)
{
	for (uint32_t i = 0; i < ms * 8; i++)
		add(s, level * random_unit(s));
}

void sound_tone(struct sound *s, uint32_t ms, double hz, double hz2, double level)
{
	for (uint32_t i = 0; i < ms * 8; i++)
		add(s, level * (sin(2 * pi * hz * i / 8000) + (hz2 > 0 ? sin(2 * pi * hz2 * i / 8000) : 0)));
}

void sound_chirp(struct sound *s, uint32_t ms, double from, double to, double level)
{
	double phase = 0;
	for (uint32_t i = 0; i < ms * 8; i++) {
		phase += 2 * pi * (from + (to - from) * i / (ms * 8)) / 8000;
		add(s, level * sin(phase));
	}
}

void sound_voice(struct sound *s, uint32_t ms, double level)
{
	double phase = 0;
	for (uint32_t i = 0; i < ms * 8; i++) {
		double pitch = 130 + 40 * sin(2 * pi * i / 3100.0);
		uint32_t at = i / 8 % 240; /* 180 ms of vowel, 60 ms of stop */
		double syllable = at < 180 ? 0.2 + 0.8 * sin(pi * at / 180.0) : 0;
		double v = 0;
		phase += 2 * pi * pitch / 8000;
		for (int k = 1; k <= 20; k++)
			v += sin(k * phase + k * k) / sqrt(k);
		add(s, level / 3 * syllable * v);
	}
}
