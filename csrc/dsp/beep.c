/** beep.c  Tone runs, of which the first that is a beep counts. */
#include "dsp/beep.h"

#include <math.h>
#include <string.h>

static const float floor_db = -55; /* quieter steps are not transformed: nothing in them is loud enough to be a beep */

void beep_init(struct beep *b)
{
	memset(b, 0, sizeof(*b)); /* padding too: equal states compare equal */
	tonal_init(&b->tonal);
	tonerun_init(&b->run);
}

bool beep_push(struct beep *b, const int16_t *pcm, size_t n)
{
	while (n && !b->found) {
		float level;
		bool step;
		size_t took = tonal_push(&b->tonal, pcm, n, &step);
		pcm += took;
		n -= took;
		if (!step)
			continue;
		if (tonerun_hear(&b->run, &b->tonal, floor_db, &level) != TONERUN_BEEP)
			continue;
		b->found = true;
		b->hz = (uint16_t)lrintf(b->run.named_hz);
		b->start_ms = b->run.start_ms;
		b->end_ms = b->run.end_ms;
	}
	return b->found;
}
