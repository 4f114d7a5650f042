/** test_media_mix.c  Play-out of a mix in virtual time: jitter, order, loss, drift. */
#include <string.h>

#include "base/mem.h"
#include "media/mix.h"
#include "test/test.h"

enum { MS = 1000000, FRAME = 160 };

struct table {
	struct mix *mix;
	struct leg *leg[3];
};

static void table_free(struct table *t)
{
	for (unsigned i = 0; i < 3; i++) {
		if (t->leg[i])
			mem_free(t->leg[i]->mix_input);
		mem_free(t->leg[i]);
	}
	mem_free(t->mix);
}

static bool table_make(struct table *t, uint64_t now)
{
	memset(t, 0, sizeof(*t));
	t->mix = mem_zalloc(sizeof(*t->mix));
	for (unsigned i = 0; i < 3; i++) {
		t->leg[i] = mem_zalloc(sizeof(*t->leg[i]));
		if (!t->mix || !t->leg[i])
			return false;
		t->leg[i]->mix_input = mem_zalloc(sizeof(*t->leg[i]->mix_input));
		if (!t->leg[i]->mix_input || mix_join(t->mix, t->leg[i], MIX_TALK | MIX_HEAR, now))
			return false;
	}
	return true;
}

static void put(struct table *t, unsigned who, unsigned frame, int16_t value, uint64_t now)
{
	int16_t pcm[FRAME];
	for (int i = 0; i < FRAME; i++)
		pcm[i] = value;
	mix_put(t->leg[who], pcm, FRAME, 0xfffffe00 + frame * FRAME, now);
}

/* Counts samples of value 100 * (frame + 1) that member 1 hears over `frames` frames; `say` is called before each. */
static void hear(struct table *t, unsigned frames, unsigned count[], void (*say)(struct table *, unsigned ms))
{
	for (unsigned ms = 0; ms < frames * 20; ms++) {
		int16_t pcm[FRAME];
		say(t, ms);
		if (ms % 20 != 7 || !mix_get(t->leg[1], pcm, FRAME, 1000ull * MS + (uint64_t)ms * MS))
			continue;
		for (int i = 0; i < FRAME; i++)
			if (pcm[i] > 0 && pcm[i] % 100 == 0)
				count[pcm[i] / 100 - 1]++;
	}
}

static void say_with_jitter(struct table *t, unsigned ms)
{
	static const struct {
		uint8_t ms, frame;
	} come[] = {{0, 0}, {35, 1}, {40, 2}, {74, 4}, {75, 3}, {120, 6}, {121, 6}, {155, 7}}; /* 5 is lost */
	for (size_t i = 0; i < sizeof(come) / sizeof(come[0]); i++)
		if (come[i].ms == ms)
			put(t, 0, come[i].frame, (int16_t)(100 * (come[i].frame + 1)), (1000ull + ms) * MS);
}

TEST(mix_hides_jitter_and_order_and_plays_losses_as_silence)
{
	struct table t;
	unsigned count[400] = {0};
	CHECK(table_make(&t, 1000ull * MS));
	hear(&t, 15, count, say_with_jitter);
	for (unsigned f = 0; f < 8; f++)
		CHECK(count[f] == (f == 5 ? 0 : FRAME));
out:
	table_free(&t);
}

static void say_too_late(struct table *t, unsigned ms)
{
	if (ms == 0)
		put(t, 0, 0, 100, 1000ull * MS);
	if (ms == 90) /* its time was over at 60 */
		put(t, 0, 1, 200, 1090ull * MS);
	if (ms == 91)
		put(t, 0, 4, 500, 1091ull * MS);
}

TEST(mix_does_not_play_what_came_after_its_time)
{
	struct table t;
	unsigned count[400] = {0};
	CHECK(table_make(&t, 1000ull * MS));
	hear(&t, 15, count, say_too_late);
	CHECK(count[0] == FRAME && count[1] == 0 && count[4] == FRAME);
out:
	table_free(&t);
}

static void say_from_a_fast_clock(struct table *t, unsigned ms)
{
	static unsigned frame; /* a packet every 19 ms: the source runs five percent fast */
	frame = ms == 0 ? 0 : frame;
	if (ms % 19 == 0)
		put(t, 0, frame++, 100, (1000ull + ms) * MS);
}

TEST(mix_keeps_up_with_a_source_whose_clock_is_off)
{
	struct table t;
	unsigned count[400] = {0};
	CHECK(table_make(&t, 1000ull * MS));
	hear(&t, 500, count, say_from_a_fast_clock); /* ten seconds: half a second too much audio */
	CHECK(count[0] > 480 * FRAME);
out:
	table_free(&t);
}

TEST(mix_saturates_and_leaves_out_who_may_not_talk)
{
	struct table t;
	int16_t pcm[FRAME];
	CHECK(table_make(&t, 1000ull * MS));
	put(&t, 0, 0, 30000, 1000ull * MS);
	put(&t, 2, 0, 30000, 1000ull * MS);
	CHECK(mix_get(t.leg[1], pcm, FRAME, 1040ull * MS) && pcm[0] == 32767);
	CHECK(mix_get(t.leg[0], pcm, FRAME, 1040ull * MS) && pcm[0] == 30000);
	CHECK(mix_join(t.mix, t.leg[2], MIX_HEAR, 1040ull * MS) == 0);
	put(&t, 2, 1, 30000, 1020ull * MS);
	CHECK(mix_get(t.leg[0], pcm, FRAME, 1060ull * MS) && pcm[0] == 0);
	mix_leave(t.leg[0]);
	CHECK(mix_get(t.leg[1], pcm, FRAME, 1060ull * MS) && pcm[0] == 0);
out:
	table_free(&t);
}
