/** clip.c  Prompts from WAV files. */
#include "media/clip.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "dsp/wav.h"

enum { CLIP_RATE = 8000, FILE_MAX = 256 << 20 };

struct clip *clip_new(size_t samples)
{
	if (samples > CLIP_SAMPLES_MAX)
		return NULL;
	struct clip *c = mem_zalloc(sizeof(*c) + samples * sizeof(c->pcm[0]));
	if (c)
		c->samples = samples;
	return c;
}

static int refuse(char *why, size_t why_n, const char *path, const char *text)
{
	if (why_n)
		snprintf(why, why_n, "%s: %s", path, text);
	return -EBADMSG;
}

static int read_file(const char *path, uint8_t **out, size_t *n)
{
	struct stat st;
	uint8_t *data = NULL;
	FILE *f = fopen(path, "rbe");
	if (!f)
		return -errno;
	int err = fstat(fileno(f), &st) ? -errno : 0;
	if (!err && !S_ISREG(st.st_mode))
		err = -EINVAL;
	if (!err && st.st_size > FILE_MAX)
		err = -EFBIG;
	if (!err && !(data = mem_alloc((size_t)st.st_size)))
		err = -ENOMEM;
	if (!err) {
		*n = fread(data, 1, (size_t)st.st_size, f);
		err = ferror(f) ? -EIO : 0;
	}
	fclose(f);
	if (err) {
		mem_free(data);
		return err;
	}
	*out = data;
	return 0;
}

/* Stereo is mixed down: half of each side. */
static int mix_right(struct clip *c, const struct wav *w)
{
	int16_t *right = mem_alloc(c->samples * sizeof(*right));
	if (!right)
		return -ENOMEM;
	wav_decode(w, 1, right);
	for (size_t i = 0; i < c->samples; i++)
		c->pcm[i] = (int16_t)((c->pcm[i] + right[i]) / 2);
	mem_free(right);
	return 0;
}

static int decode(struct clip **out, const uint8_t *data, size_t n, const char *path, char *why, size_t why_n)
{
	struct wav w;
	const char *text = "not a WAV file";
	if (wav_parse(&w, data, n, &text))
		return refuse(why, why_n, path, text);
	if (w.rate != CLIP_RATE) {
		char found[64];
		snprintf(found, sizeof(found), "%u Hz, only 8000 Hz can be played", w.rate);
		return refuse(why, why_n, path, found);
	}
	size_t frame = (size_t)w.channels * (w.format == WAV_PCM16 ? 2 : 1);
	if (w.n / frame == 0)
		return refuse(why, why_n, path, "holds no audio");
	struct clip *c = clip_new(w.n / frame);
	if (!c)
		return -ENOMEM;
	c->samples = wav_decode(&w, 0, c->pcm);
	int err = w.channels == 2 ? mix_right(c, &w) : 0;
	if (err)
		mem_free(c);
	else
		*out = c;
	return err;
}

int media_clip_read(const char *path, struct clip **out, char *why, size_t why_n)
{
	uint8_t *data = NULL;
	size_t n = 0;
	if (why_n)
		why[0] = '\0';
	int err = read_file(path, &data, &n);
	if (err) {
		if (why_n)
			snprintf(why, why_n, "%s: %s", path, strerror(-err));
		return err;
	}
	err = decode(out, data, n, path, why, why_n);
	mem_free(data);
	return err;
}

int media_clip_make(const int16_t *pcm, size_t samples, struct clip **out)
{
	if (samples == 0 || samples > CLIP_SAMPLES_MAX)
		return -EINVAL;
	struct clip *clip = clip_new(samples);
	if (!clip)
		return -ENOMEM;
	memcpy(clip->pcm, pcm, samples * sizeof(*pcm));
	*out = clip;
	return 0;
}

void media_clip_discard(struct clip *clip)
{
	mem_free(clip);
}

size_t media_clip_length(const struct clip *clip)
{
	return clip->samples;
}

const int16_t *media_clip_audio(const struct clip *clip)
{
	return clip->pcm;
}
