/** tone.c  Sines as rotating phasors: one complex multiplication a sample, no table. In double precision the length
 *  of a phasor drifts by less than 1e-9 in a day of sound. */
#include "dsp/tone.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { RATE = 8000, SAMPLES_PER_MS = RATE / 1000, HZ_MAX = 3900, LEVEL_MAX = 300 };

static const double full_scale_dbm0 = 3.14;
static const char digits[] = "0123456789*#ABCD"; /* the order of RFC 4733 events 0-15 */

static void phasor_init(struct tone *t, unsigned i, unsigned hz, double amplitude)
{
	double turn = 2 * 3.14159265358979323846 * hz / RATE;
	t->re[i] = amplitude;
	t->im[i] = 0;
	t->step_re[i] = cos(turn);
	t->step_im[i] = sin(turn);
}

int tone_init(struct tone *t, const struct tone_spec *spec)
{
	if (spec->hz[0] == 0 || spec->hz[0] > HZ_MAX || spec->hz[1] > HZ_MAX || spec->level_cdb > LEVEL_MAX)
		return -EINVAL;
	if (spec->on_ms == 0 && spec->off_ms != 0)
		return -EINVAL;
	*t = (struct tone){.count = spec->hz[1] ? 2 : 1};
	double amplitude = 32767 * pow(10, (spec->level_cdb / 100.0 - full_scale_dbm0) / 20);
	for (unsigned i = 0; i < t->count; i++)
		phasor_init(t, i, spec->hz[i], amplitude);
	t->total = spec->total_ms ? (uint64_t)spec->total_ms * SAMPLES_PER_MS : UINT64_MAX;
	t->on = (uint64_t)spec->on_ms * SAMPLES_PER_MS;
	t->period = spec->off_ms ? t->on + (uint64_t)spec->off_ms * SAMPLES_PER_MS : 0;
	return 0;
}

/* The imaginary part is the signal, so that every tone begins at zero without a click. */
static double phasor_next(struct tone *t, unsigned i)
{
	double re = t->re[i];
	double im = t->im[i];
	t->re[i] = re * t->step_re[i] - im * t->step_im[i];
	t->im[i] = re * t->step_im[i] + im * t->step_re[i];
	return im;
}

static int16_t saturate(double v)
{
	return (int16_t)lrint(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
}

size_t tone_fill(struct tone *t, int16_t *pcm, size_t n)
{
	uint64_t left = t->total - t->at;
	size_t run = left < n ? (size_t)left : n;
	for (size_t i = 0; i < run; i++, t->at++) {
		double v = phasor_next(t, 0);
		if (t->count == 2)
			v += phasor_next(t, 1);
		bool pause = t->period && t->at % t->period >= t->on;
		pcm[i] = pause ? 0 : saturate(v);
	}
	memset(pcm + run, 0, (n - run) * sizeof(*pcm));
	return run;
}

int tone_digit_event(char digit)
{
	if (digit >= 'a' && digit <= 'd')
		digit = (char)(digit - 'a' + 'A');
	const char *p = digit ? strchr(digits, digit) : NULL;
	return p ? (int)(p - digits) : -1;
}

char tone_event_digit(unsigned event)
{
	return event < 16 ? digits[event] : '\0';
}

int tone_dtmf(struct tone_spec *spec, char digit, uint32_t ms)
{
	static const uint16_t row[4] = {697, 770, 852, 941};
	static const uint16_t column[4] = {1209, 1336, 1477, 1633};
	static const char keys[] = "123A456B789C*0#D";
	int event = tone_digit_event(digit);
	if (event < 0 || ms == 0)
		return -EINVAL;
	size_t key = (size_t)(strchr(keys, digits[event]) - keys);
	*spec = (struct tone_spec){.hz = {row[key / 4], column[key % 4]}, .level_cdb = -900, .total_ms = ms};
	return 0;
}
