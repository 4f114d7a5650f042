/** fuzz_playlist.c  Any list of clips, tones and pauses, and any commands to it: positions stay within the list, it ends
 *  when it says so, and no sample is read outside a clip (ASan). */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/playlist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { ITEMS = 6, CLIPS = 2, FRAME_MAX = 480, STEPS = 200 };

struct input {
	const uint8_t *p;
	size_t n;
};

static uint32_t take(struct input *in, unsigned bytes)
{
	uint32_t v = 0;
	while (bytes-- && in->n) {
		v = v << 8 | *in->p++;
		in->n--;
	}
	return v;
}

static void take_tone(struct input *in, struct tone_plan *plan)
{
	memset(plan, 0, sizeof(*plan));
	plan->n = (uint8_t)(take(in, 1) % (TONE_SEGMENTS + 2));
	plan->repeat_from = (uint8_t)(take(in, 1) % (TONE_SEGMENTS + 2));
	plan->total_ms = take(in, 2);
	for (unsigned i = 0; i < plan->n && i < TONE_SEGMENTS; i++) {
		plan->segments[i].hz[0] = (uint16_t)take(in, 2);
		plan->segments[i].hz[1] = (uint16_t)(take(in, 1) * 10);
		plan->segments[i].mod_hz = (uint16_t)take(in, 1);
		plan->segments[i].ms = take(in, 2);
	}
}

static void command(struct input *in, struct playlist *l)
{
	int16_t tail[PLAY_FADE] = {0};
	switch (take(in, 1) % 5) {
	case 0:
		playlist_seek(l, take(in, 3));
		break;
	case 1:
		playlist_volume(l, (int16_t)take(in, 2), take(in, 1));
		break;
	case 2:
		playlist_tail(l, tail);
		break;
	case 3:
		l->paused = !l->paused;
		break;
	default:
		playlist_seek(l, (uint64_t)take(in, 4) << 16);
	}
}

static void play(struct input *in, struct playlist *l)
{
	int16_t pcm[FRAME_MAX];
	playlist_begin(l, take(in, 4));
	for (int step = 0; step < STEPS && in->n && !playlist_over(l); step++) {
		size_t frame = take(in, 1) * 2 % FRAME_MAX + 1;
		size_t got = playlist_fill(l, pcm, frame);
		if (got > frame || (got < frame) != (playlist_over(l) && got < frame) ||
		    playlist_position(l) > l->length)
			abort();
		command(in, l);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = {data, n};
	struct clip *made[CLIPS] = {clip_new(take(&in, 2) % 2000 + 1), clip_new(take(&in, 1) + 1)};
	struct play_item items[ITEMS];
	struct clip *clips[ITEMS] = {0};
	struct tone_plan plans[ITEMS];
	size_t count = take(&in, 1) % ITEMS + 1;
	memset(items, 0, sizeof(items));
	for (size_t i = 0; i < count; i++) {
		uint32_t kind = take(&in, 1) % (CLIPS + 2);
		if (kind < CLIPS) {
			clips[i] = made[kind];
			items[i].clip = 1;
		} else if (kind == CLIPS) {
			take_tone(&in, &plans[i]);
			items[i].tone = &plans[i];
		}
		items[i].from = take(&in, 2);
		items[i].samples = take(&in, 2);
		items[i].loops = take(&in, 1) % 4;
	}
	struct play_opts o = {.loops = take(&in, 1) % 4, .gain_cdb = (int16_t)take(&in, 2), .start = take(&in, 3)};
	o.epoch = take(&in, 1) % 2;
	struct playlist *l;
	if (made[0] && made[1] && playlist_new(&l, items, clips, count, &o) == 0) {
		play(&in, l);
		playlist_discard(l);
	}
	if ((made[0] && !clip_idle(made[0])) || (made[1] && !clip_idle(made[1])))
		abort();
	mem_free(made[0]);
	mem_free(made[1]);
	return 0;
}
