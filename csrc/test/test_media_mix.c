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
		if (!t->leg[i]->mix_input)
			return false;
		mix_join(t->mix, t->leg[i], i, MIX_TALK | MIX_HEAR, now);
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
	CHECK(table_make(&t, 1020ull * MS));
	for (unsigned f = 0; f < 3; f++) {
		put(&t, 0, f, 30000, (1000ull + 20 * f) * MS);
		put(&t, 2, f, 30000, (1000ull + 20 * f) * MS);
	}
	CHECK(mix_get(t.leg[1], pcm, FRAME, 1020ull * MS) && mix_get(t.leg[0], pcm, FRAME, 1020ull * MS));
	CHECK(mix_get(t.leg[1], pcm, FRAME, 1040ull * MS) && pcm[0] == 32767);
	CHECK(mix_get(t.leg[0], pcm, FRAME, 1040ull * MS) && pcm[0] == 30000);
	mix_join(t.mix, t.leg[2], 2, MIX_HEAR, 1040ull * MS);
	CHECK(mix_get(t.leg[0], pcm, FRAME, 1060ull * MS) && pcm[FRAME - 1] < 300); /* fades out over a frame */
	CHECK(mix_get(t.leg[0], pcm, FRAME, 1080ull * MS) && pcm[0] == 0);
	mix_leave(t.leg[0]);
	CHECK(mix_get(t.leg[1], pcm, FRAME, 1060ull * MS) && mix_get(t.leg[1], pcm, FRAME, 1080ull * MS) &&
	      pcm[0] == 0);
out:
	table_free(&t);
}

static void all_talk(struct table *t, unsigned frames)
{
	for (unsigned f = 0; f < frames; f++)
		for (unsigned i = 0; i < 3; i++)
			put(t, i, f, (int16_t)(1000 << i), (1000ull + 20 * f) * MS); /* 1000, 2000, 4000 */
}

/* The last sample of what `who` hears in the frame that begins at 1000 + 20 * frame. */
static int16_t level(struct table *t, unsigned who, unsigned frame)
{
	int16_t pcm[FRAME];
	return mix_get(t->leg[who], pcm, FRAME, (1040ull + 20 * frame) * MS) ? pcm[FRAME - 1] : -1;
}

TEST(mix_lets_each_hear_those_it_has_chosen)
{
	struct table t;
	CHECK(table_make(&t, 960ull * MS));
	all_talk(&t, 6);
	mix_hear(t.leg[0], 1u << 2);
	mix_hear(t.leg[1], 0);
	for (unsigned i = 0; i < 3; i++)
		(void)level(&t, i, 0);
	CHECK(level(&t, 0, 1) == 4000 && level(&t, 1, 1) == 0 && level(&t, 2, 1) == 3000);
	mix_hear(t.leg[0], 1u << 0 | 1u << 1); /* itself is left out */
	(void)level(&t, 0, 2);
	CHECK(level(&t, 0, 3) == 2000);
out:
	table_free(&t);
}

TEST(mix_does_not_let_a_newcomer_in_the_seat_of_another_be_heard_unasked)
{
	struct table t;
	CHECK(table_make(&t, 960ull * MS));
	mix_hear(t.leg[0], 1u << 1 | 1u << 2);
	mix_leave(t.leg[2]);
	mix_join(t.mix, t.leg[2], 2, MIX_TALK | MIX_HEAR, 960ull * MS);
	all_talk(&t, 3);
	for (unsigned f = 0; f < 3; f++)
		CHECK(level(&t, 0, f) <= 2000);
	(void)level(&t, 1, 1);
	CHECK(level(&t, 1, 2) == 5000); /* who has not chosen hears everybody */
out:
	table_free(&t);
}

TEST(mix_changes_without_a_step)
{
	struct table t;
	int16_t last = 0;
	CHECK(table_make(&t, 960ull * MS));
	all_talk(&t, 10);
	for (unsigned f = 0; f < 8; f++) {
		int16_t pcm[FRAME];
		mix_hear(t.leg[0], f < 2 || f > 4 ? 0 : 1u << 1);
		CHECK(mix_get(t.leg[0], pcm, FRAME, (1040ull + 20 * f) * MS));
		for (int i = 0; i < FRAME; last = pcm[i++])
			CHECK(pcm[i] - last < 30 && last - pcm[i] < 30);
		CHECK(pcm[FRAME - 1] == (f < 2 || f > 4 ? last : pcm[FRAME - 1]) && (f != 3 || last == 2000));
	}
	CHECK(last == 0);
out:
	table_free(&t);
}

TEST(mix_beside_a_bridge_leaves_the_partner_to_the_bridge)
{
	struct table t;
	int16_t pcm[FRAME];
	CHECK(table_make(&t, 960ull * MS));
	t.leg[0]->bridge = t.leg[1];
	t.leg[1]->bridge = t.leg[0];
	all_talk(&t, 3);
	(void)level(&t, 0, 0);
	CHECK(level(&t, 0, 1) == 4000);
	CHECK(mix_hears(t.leg[0]));
	for (int i = 0; i < FRAME; i++)
		pcm[i] = 30000;
	CHECK(mix_overlay(t.leg[0], pcm, FRAME, 1080ull * MS) && pcm[0] == 32767);
	mix_hear(t.leg[0], 0);
	CHECK(mix_overlay(t.leg[0], pcm, FRAME, 1100ull * MS) == false && !mix_hears(t.leg[0]));
out:
	table_free(&t);
}
