/** fuzz_wav.c  Any bytes as a WAV file: what is accepted lies inside the file and decodes. */
#include <stdlib.h>

#include "dsp/wav.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wav w;
	const char *why = NULL;
	if (wav_parse(&w, data, n, &why) != 0) {
		if (!why)
			abort();
		return 0;
	}
	if (w.n && (w.data < data || w.data + w.n > data + n))
		abort();
	int16_t *pcm = malloc((wav_samples(&w) + 1) * sizeof(*pcm));
	if (!pcm)
		return 0;
	for (unsigned c = 0; c < 3; c++)
		if (wav_decode(&w, c, pcm) != (c < w.channels ? wav_samples(&w) : 0))
			abort();
	free(pcm);
	return 0;
}
