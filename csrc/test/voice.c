/** voice.c  Reads WAV files of the demo's voices; compares sounds as ears would rather than sample by sample. */
#include "test/voice.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "dsp/wav.h"
#include "test/media_rig.h"

enum { FRAME_MS = 20, BANDS = 18, QUIET_RMS = 100 };

static const double pi = 3.14159265358979323846;

int16_t *voice_load(const char *name, size_t *n)
{
	char path[256];
	size_t bytes;
	struct wav w;
	const char *why;
	int16_t *pcm = NULL;
	snprintf(path, sizeof(path), "../engine/switchroom/farm/voices/%s.wav", name);
	uint8_t *file = file_read(path, &bytes);
	if (file && wav_parse(&w, file, bytes, &why) == 0) {
		pcm = mem_alloc(wav_samples(&w) * sizeof(*pcm));
		*n = pcm ? wav_decode(&w, 0, pcm) : 0;
	}
	mem_free(file);
	return pcm;
}

static double rms(const int16_t *pcm, size_t n)
{
	double e = 0;
	for (size_t i = 0; i < n; i++)
		e += (double)pcm[i] * pcm[i];
	return sqrt(e / (double)n);
}

/* Power in a band by four resonators in it, with a raised cosine over the frame. */
static double band_db(const int16_t *pcm, size_t n, double khz, unsigned band)
{
	double power = 1000;
	for (unsigned k = 0; k < 4; k++) {
		double hz = 150.0 + (band + k / 4.0) * 180.0;
		double w = 2 * pi * hz / (khz * 1000), c = 2 * cos(w), s1 = 0, s2 = 0;
		for (size_t i = 0; i < n; i++) {
			double s = (double)pcm[i] + c * s1 - s2;
			s2 = s1;
			s1 = s;
		}
		power += (s1 * s1 + s2 * s2 - c * s1 * s2) / (double)n;
	}
	return 10 * log10(power);
}

static double spectra(const int16_t *x, const int16_t *y, size_t n, unsigned khz)
{
	double squares = 0;
	for (unsigned band = 0; band < BANDS; band++)
		squares += pow(band_db(x, n, khz, band) - band_db(y, n, khz, band), 2);
	return sqrt(squares / BANDS);
}

static double snr(const int16_t *x, const int16_t *y, size_t n)
{
	double error = 1, power = 1;
	for (size_t i = 0; i < n; i++) {
		error += pow((double)x[i] - y[i], 2);
		power += pow(x[i], 2);
	}
	return fmax(-10, fmin(30, 10 * log10(power / error)));
}

struct voice_distance voice_compare(const int16_t *a, const int16_t *b, size_t n, unsigned khz, const uint8_t *wanted)
{
	size_t half = (size_t)FRAME_MS / 2 * khz, frames = 0;
	struct voice_distance d = {0, 0};
	for (size_t f = 0; (f + 2) * half <= n; f++) {
		if ((wanted && !wanted[f]) || rms(a + f * half, 2 * half) < QUIET_RMS)
			continue;
		d.spectrum_db += spectra(a + f * half, b + f * half, 2 * half, khz);
		d.snr_db += snr(a + f * half, b + f * half, 2 * half);
		frames++;
	}
	d.spectrum_db /= frames ? (double)frames : 1;
	d.snr_db /= frames ? (double)frames : 1;
	return d;
}
