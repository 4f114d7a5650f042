/** test_record_virtual.c  Recordings at virtual time: a worker without a thread, packets at chosen moments, the real
 *  writer and its files. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "dsp/g711.h"
#include "dsp/wav.h"
#include "media/engine.h"
#include "test/media_rig.h"

enum { CLICK = 0x80, SILENCE = 0xff, EPOCH_NS = 1000000000 };

struct scene {
	struct media m;
	struct worker *w;
	struct leg *leg;
	struct recording *rec;
	struct folder folder;
	uint8_t *file;
	size_t n;
	struct wav wav;
};

static bool scene_open_with(struct scene *s, uint32_t bytes)
{
	memset(s, 0, sizeof(*s));
	s->m.recorder.wake = -1;
	s->m.event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	s->w = mem_zalloc(sizeof(*s->w));
	s->leg = mem_zalloc(sizeof(*s->leg));
	if (!s->w || !s->leg || !folder_make(&s->folder))
		return false;
	s->w->media = &s->m;
	s->w->now = s->w->asked = EPOCH_NS;
	s->leg->codec = CODEC_PCMU;
	return ring_init(&s->w->events, 64, sizeof(struct media_event)) == 0 &&
	       recorder_init(&s->m.recorder, &s->m, bytes, 16) == 0;
}

static bool scene_open(struct scene *s)
{
	return scene_open_with(s, 8 << 20);
}

static void scene_close(struct scene *s)
{
	recorder_fini(&s->m.recorder);
	if (s->w)
		ring_fini(&s->w->events);
	mem_free(s->w);
	mem_free(s->leg);
	mem_free(s->rec);
	mem_free(s->file);
	close(s->m.event_fd);
	folder_remove(&s->folder);
}

/* As media_record() makes it. */
static bool begin(struct scene *s, uint8_t sides, uint8_t width, uint64_t part_bytes)
{
	size_t n = strlen(s->folder.file);
	s->rec = mem_zalloc(sizeof(*s->rec) + n + 1);
	if (!s->rec)
		return false;
	memcpy(s->rec->path, s->folder.file, n + 1);
	s->rec->stem = n - 4;
	s->rec->sides = sides;
	s->rec->channels = sides == RECORD_BOTH ? 2 : 1;
	s->rec->width = width;
	s->rec->codec = CODEC_NONE;
	s->rec->part_bytes = part_bytes ? part_bytes : 1u << 30;
	s->rec->fd = -1;
	s->rec->chunk[0] = s->rec->chunk[1] = BLOCKS_NONE;
	record_start(s->w, s->leg, s->rec);
	return s->leg->recording != NULL;
}

static void at_ms(struct scene *s, double ms)
{
	s->w->now = s->w->asked = EPOCH_NS + (uint64_t)(ms * 1e6);
}

/* The writer is done with all files when it is down. */
static void end(struct scene *s)
{
	record_stop(s->w, s->leg);
	recorder_fini(&s->m.recorder);
	s->m.recorder.wake = -1;
}

static bool load(struct scene *s, const char *path)
{
	const char *why;
	mem_free(s->file);
	s->file = file_read(path, &s->n);
	return s->file && wav_parse(&s->wav, s->file, s->n, &why) == 0;
}

static const struct media_event *event(struct ring *r, enum media_event_kind kind)
{
	const struct media_event *ev;
	while ((ev = ring_peek(r)) && ev->kind != kind)
		ring_pop(r);
	return ev;
}

static bool has_event(void *ring)
{
	return ring_peek(ring) != NULL;
}

/* ----------------------------------------------------------------- alignment */

/** One side's phone: its clock, its path, its place in its own stream. */
struct phone {
	double ppm, began; /* fast by; ms of our time at which its clock showed 0 */
	double delay, jitter;
	uint32_t epoch, k;
	uint64_t random;
	unsigned lose;		     /* every so many-th packet */
	double quiet_from, quiet_to; /* hold */
};

static double chance(struct phone *p)
{
	p->random = p->random * 6364136223846793005u + 1442695040888963407u;
	return (double)(p->random >> 11) / 9007199254740992.0;
}

/* Our time at which sample `i` of the phone is said, ms. */
static double said_at(const struct phone *p, double i)
{
	return p->began + i / 8 / (1 + p->ppm * 1e-6);
}

/* A click every 5 s of our time, at 2.5 s, 7.5 s, ... */
static void payload_of(const struct phone *p, uint8_t out[160])
{
	memset(out, SILENCE, 160);
	double first = said_at(p, p->k * 160.0);
	double click = floor((first + 2500) / 5000) * 5000 + 2500;
	double i = (click - first) * 8 * (1 + p->ppm * 1e-6);
	if (i >= 0 && i < 160)
		out[(int)i] = CLICK;
}

struct arrival {
	double at;
	uint32_t k, epoch;
	unsigned side;
	uint8_t payload[160];
};

static int by_time(const void *a, const void *b)
{
	double d = ((const struct arrival *)a)->at - ((const struct arrival *)b)->at;
	return d < 0 ? -1 : d > 0;
}

static size_t speak(struct phone *p, unsigned side, double until, struct arrival *out)
{
	size_t n = 0;
	for (; said_at(p, p->k * 160.0) < until; p->k++) {
		double said = said_at(p, p->k * 160.0);
		double at = said + 20 + p->delay - p->jitter * log(1 - chance(p));
		if ((p->lose && p->k % p->lose == 3) || (said >= p->quiet_from && said < p->quiet_to))
			continue;
		out[n] = (struct arrival){.at = at, .k = p->k, .epoch = p->epoch, .side = side};
		payload_of(p, out[n++].payload);
	}
	return n;
}

static void deliver(struct scene *s, struct arrival *list, size_t n)
{
	qsort(list, n, sizeof(*list), by_time);
	for (size_t i = 0; i < n; i++) {
		const struct arrival *a = &list[i];
		at_ms(s, a->at);
		if (a->side == REC_LEFT) {
			s->leg->rx.epoch = a->epoch;
			record_said(s->w, s->leg, CODEC_PCMU, a->payload, 160, a->k * 160);
		} else {
			bool seam = s->leg->tx.from != a->epoch;
			s->leg->tx.from = a->epoch;
			record_heard(s->w, s->leg, seam, CODEC_PCMU, a->payload, 160, a->k * 160);
		}
		record_visit(s->w, s->leg);
	}
}

static long find(const struct scene *s, unsigned side, long from, long to)
{
	for (long i = from; i < to && (size_t)i * 2 + 1 < s->wav.n; i++)
		if (s->wav.data[i * 2 + side] == CLICK)
			return i;
	return -1;
}

/* Loss, reordering by jitter, clocks 300 ppm apart, the agent on hold for 12 s, then a transfer to a third phone. */
TEST_NO_OOM(record_puts_clicks_of_one_instant_on_one_sample)
{
	enum { SECONDS = 120, TRANSFER = 80, MOST = 2 * 50 * SECONDS + 100 };
	struct scene s;
	struct arrival *list = mem_alloc(MOST * sizeof(*list));
	struct phone customer = {.ppm = 150, .delay = 40, .jitter = 3, .epoch = 1, .random = 1, .lose = 13};
	struct phone agent = {.ppm = -150,
			      .began = 7,
			      .delay = 40,
			      .jitter = 5,
			      .epoch = 2,
			      .random = 2,
			      .lose = 29,
			      .quiet_from = 50000,
			      .quiet_to = 62000};
	struct phone other = {.ppm = 60, .began = TRANSFER * 1000, .delay = 40, .jitter = 3, .epoch = 3, .random = 3};
	unsigned seen = 0;
	CHECK(scene_open(&s) && list);
	CHECK(begin(&s, RECORD_BOTH, 1, 0));
	size_t n = speak(&customer, REC_LEFT, SECONDS * 1000, list);
	n += speak(&agent, REC_RIGHT, TRANSFER * 1000, list + n);
	n += speak(&other, REC_RIGHT, SECONDS * 1000, list + n);
	deliver(&s, list, n);
	at_ms(&s, SECONDS * 1000 + 500);
	end(&s);
	CHECK(load(&s, s.folder.file) && s.wav.channels == 2);
	for (long t = 12500; t < SECONDS * 1000; t += 5000) {
		if (t > TRANSFER * 1000 && t < TRANSFER * 1000 + 10000)
			continue; /* a new clock: two windows until it is known */
		long from = (t + 50) * 8, left = find(&s, 0, from, from + 400), right = find(&s, 1, from, from + 400);
		if (left < 0 || right < 0)
			continue; /* lost, or on hold */
		seen++;
		CHECK(labs(left - right) <= (t < 30000 ? 2 : 1));
	}
	CHECK(seen >= 14);
out:
	mem_free(list);
	scene_close(&s);
}

/* ----------------------------------------------------------------- sides, formats */

static void say(struct scene *s, unsigned side, uint32_t k, uint8_t fill)
{
	uint8_t payload[160];
	memset(payload, fill, sizeof(payload));
	if (side == REC_LEFT)
		record_said(s->w, s->leg, CODEC_PCMU, payload, 160, k * 160);
	else
		record_heard(s->w, s->leg, k == 0, CODEC_PCMU, payload, 160, k * 160);
	record_visit(s->w, s->leg);
}

static void talk(struct scene *s, uint32_t from, uint32_t to)
{
	for (uint32_t k = from; k < to; k++) {
		at_ms(s, k * 20);
		say(s, REC_LEFT, k, (uint8_t)(1 + k % 60));
		say(s, REC_RIGHT, k, (uint8_t)(65 + k % 60));
	}
}

TEST_NO_OOM(record_of_one_side_holds_that_side_alone)
{
	struct scene s = {0};
	for (uint8_t sides = RECORD_SAID; sides <= RECORD_HEARD; sides++) {
		CHECK(scene_open(&s));
		CHECK(begin(&s, sides, 1, 0));
		talk(&s, 0, 150);
		at_ms(&s, 3000);
		end(&s);
		CHECK(load(&s, s.folder.file) && s.wav.channels == 1 && s.wav.n == 24000);
		for (size_t i = 0; i < s.wav.n; i++)
			CHECK(s.wav.data[i] == (sides == RECORD_SAID ? 1 : 65) + i / 160 % 60);
		if (sides == RECORD_SAID)
			scene_close(&s);
	}
out:
	scene_close(&s);
}

TEST_NO_OOM(record_in_linear_holds_the_same_samples)
{
	struct scene s;
	int16_t want[2], got[2];
	CHECK(scene_open(&s));
	CHECK(begin(&s, RECORD_BOTH, 2, 0));
	talk(&s, 0, 100);
	at_ms(&s, 2000);
	end(&s);
	CHECK(load(&s, s.folder.file) && s.wav.channels == 2 && s.wav.format == WAV_PCM16 && s.wav.n == 64000);
	for (size_t i = 0; i < 16000; i++) {
		uint8_t codes[2] = {(uint8_t)(1 + i / 160 % 60), (uint8_t)(65 + i / 160 % 60)};
		g711_decode(CODEC_PCMU, codes, 2, want);
		memcpy(got, s.wav.data + i * 4, 4);
		CHECK(got[0] == want[0] && got[1] == want[1]);
	}
out:
	scene_close(&s);
}

/* What it says and what it hears, added: of a member of a mix, the mix. */
TEST_NO_OOM(record_mixed_holds_the_sum)
{
	struct scene s;
	int16_t want[2], got;
	CHECK(scene_open(&s));
	CHECK(begin(&s, RECORD_MIXED, 2, 0));
	talk(&s, 0, 100);
	at_ms(&s, 2000);
	end(&s);
	CHECK(load(&s, s.folder.file) && s.wav.channels == 1 && s.wav.format == WAV_PCM16 && s.wav.n == 32000);
	for (size_t i = 0; i < 16000; i++) {
		uint8_t codes[2] = {(uint8_t)(1 + i / 160 % 60), (uint8_t)(65 + i / 160 % 60)};
		g711_decode(CODEC_PCMU, codes, 2, want);
		memcpy(&got, s.wav.data + i * 2, 2);
		int sum = want[0] + want[1];
		CHECK(got == (sum < INT16_MIN ? INT16_MIN : sum));
	}
out:
	scene_close(&s);
}

/* ----------------------------------------------------------------- pause */

TEST_NO_OOM(record_pause_keeps_what_was_said_meanwhile_off_the_disk)
{
	struct scene s;
	const struct media_event *ev;
	CHECK(scene_open(&s));
	CHECK(begin(&s, RECORD_BOTH, 1, 0));
	talk(&s, 0, 50);
	at_ms(&s, 1000);
	say(&s, REC_LEFT, 51, 99); /* ahead of time: its place is behind the moment of the pause */
	at_ms(&s, 1010);
	record_pause(s.w, s.leg);
	record_pause(s.w, s.leg);
	talk(&s, 52, 60);
	say(&s, REC_LEFT, 50, 77); /* late, from before the pause: half of it counts */
	talk(&s, 60, 100);
	at_ms(&s, 2000);
	record_resume(s.w, s.leg);
	record_resume(s.w, s.leg);
	say(&s, REC_LEFT, 99, 88); /* late, from the pause */
	talk(&s, 100, 200);
	at_ms(&s, 4000);
	end(&s);
	CHECK((ev = event(&s.w->events, MEDIA_EV_REC_PAUSED)) && ev->b == 8080);
	CHECK((ev = event(&s.w->events, MEDIA_EV_REC_RESUMED)) && ev->b == 16000);
	ring_pop(&s.w->events);
	CHECK(!event(&s.w->events, MEDIA_EV_REC_PAUSED));
	CHECK(load(&s, s.folder.file) && s.wav.n == 64000);
	for (size_t i = 0; i < 32000; i++) {
		bool gap = i >= 8080 && i < 16000;
		uint8_t left = i >= 8000 && i < 8080 ? 77 : (uint8_t)(1 + i / 160 % 60);
		if (i < 16000) /* the packet ahead of time counts as evidence of the path: later ones are moved */
			CHECK(s.wav.data[i * 2] == (gap ? SILENCE : left));
		else if (i < 31800)
			CHECK(s.wav.data[i * 2] != 88 && s.wav.data[i * 2] != SILENCE);
		if (i < 8000 || i >= 8160)
			CHECK(s.wav.data[i * 2 + 1] == (gap ? SILENCE : 65 + i / 160 % 60));
	}
out:
	scene_close(&s);
}

/* More pauses within the window than there are places for: audio may be lost, none of a pause may be kept. */
TEST_NO_OOM(record_pause_many_times_a_second_keeps_nothing_of_any_pause)
{
	struct scene s;
	CHECK(scene_open(&s));
	CHECK(begin(&s, RECORD_BOTH, 1, 0));
	for (uint32_t k = 0; k < 100; k++) {
		at_ms(&s, k * 20);
		if (k % 4 == 0)
			record_pause(s.w, s.leg);
		if (k % 4 == 2)
			record_resume(s.w, s.leg);
		say(&s, REC_LEFT, k, k % 4 < 2 ? 66 : 11);
		if (k % 4 == 3 && k > 8)
			say(&s, REC_LEFT, k - 2 - k % 8, 66); /* late ones, out of pauses */
	}
	at_ms(&s, 2000);
	end(&s);
	CHECK(load(&s, s.folder.file));
	size_t kept = 0;
	for (size_t i = 0; i < 16000; i++) {
		CHECK(s.wav.data[i * 2] != 66 || i / 160 % 4 >= 2);
		kept += s.wav.data[i * 2] == 11;
	}
	CHECK(kept >= 40 * 160);
out:
	scene_close(&s);
}

/* ----------------------------------------------------------------- parts */

TEST_NO_OOM(record_in_parts_neither_loses_nor_repeats_a_sample)
{
	enum { PART = 16384 + 2000 * 2 }; /* splits lie within chunks */
	struct scene s;
	char path[256];
	size_t at = 0;
	CHECK(scene_open(&s));
	CHECK(begin(&s, RECORD_BOTH, 1, PART));
	talk(&s, 0, 300);
	at_ms(&s, 6000);
	record_stop(s.w, s.leg);
	end(&s);
	for (int part = 1; part <= 5; part++) {
		if (part == 1)
			snprintf(path, sizeof(path), "%s", s.folder.file);
		else
			snprintf(path, sizeof(path), "%s/sub/folder/rec-%d.wav", s.folder.path, part);
		CHECK(load(&s, path) && s.wav.n == (part < 5 ? PART : 96000 - 4 * PART));
		for (size_t i = 0; i < s.wav.n / 2; i++, at++) {
			CHECK(s.wav.data[i * 2] == 1 + at / 160 % 60);
			CHECK(s.wav.data[i * 2 + 1] == 65 + at / 160 % 60);
		}
	}
	CHECK(at == 48000);
out:
	scene_close(&s);
}

TEST_NO_OOM(record_tells_of_each_part)
{
	enum { PART = 16384 };
	struct scene s;
	const struct media_event *ev;
	CHECK(scene_open(&s));
	CHECK(begin(&s, RECORD_BOTH, 1, PART));
	talk(&s, 0, 150);
	at_ms(&s, 3000);
	record_stop(s.w, s.leg);
	for (int part = 1; part <= 2; part++) {
		CHECK(rig_until(has_event, &s.m.recorder.events));
		CHECK((ev = event(&s.m.recorder.events, MEDIA_EV_REC_PART)) && ev->a == part && ev->b == PART / 2);
		CHECK(ev->c == PART + WAV_HEADER);
		ring_pop(&s.m.recorder.events);
	}
	CHECK(rig_until(has_event, &s.m.recorder.events));
	CHECK((ev = event(&s.m.recorder.events, MEDIA_EV_REC_DONE)) && ev->a == 0 && ev->b == 24000 && ev->d == 3);
	CHECK(ev->c == 48000 - 2 * PART + WAV_HEADER);
out:
	scene_close(&s);
}

/* ----------------------------------------------------------------- a disk that stands still */

/* A FIFO nobody reads: the writer hangs in open(), as it may in a write to a dead network disk. */
TEST_NO_OOM(record_onto_a_stuck_disk_ends_in_bounded_memory)
{
	struct scene s;
	const struct media_event *ev;
	int reader = -1;
	CHECK(scene_open_with(&s, 1)); /* the least: four chunks */
	snprintf(s.folder.file, sizeof(s.folder.file), "%s/stuck.wav", s.folder.path);
	CHECK(mkfifo(s.folder.file, 0600) == 0);
	CHECK(begin(&s, RECORD_BOTH, 1, 0));
	for (uint32_t k = 0; k < 400 && s.leg->recording; k++) {
		at_ms(&s, k * 20);
		say(&s, REC_LEFT, k, 7);
	}
	CHECK(s.leg->recording == NULL);
	CHECK((ev = event(&s.w->events, MEDIA_EV_REC_ERROR)) && ev->a == ENOBUFS); /* told while the writer hangs */
	CHECK(!has_event(&s.m.recorder.events));
out:
	reader = open(s.folder.file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	scene_close(&s);
	if (reader >= 0)
		close(reader);
}
