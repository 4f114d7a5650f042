/** test_media_counting.c  The packet path takes nothing from the heap and no lock: counted, not believed. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/engine.h"
#include "test/counting.h"
#include "test/media_rig.h"

enum { LEGS = 7, PACKETS = 150 }; /* three seconds: chunks of recordings change hands */

struct scene {
	struct rig r;
	struct far_end f[LEGS];
	struct folder folder;
};

static bool open_scene(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	bool good = folder_make(&s->folder) && rig_open_by_hand(&s->r, NULL);
	for (unsigned i = 0; good && i < LEGS; i++) {
		s->f[i].ssrc = 0x100 + i;
		good = far_open(&s->r, &s->f[i], i == 1 ? CODEC_PCMA : CODEC_PCMU, 0) && far_latch(&s->r, &s->f[i]);
	}
	return good;
}

static void close_scene(struct scene *s)
{
	for (unsigned i = 0; i < LEGS; i++)
		far_close(&s->f[i]);
	rig_close(&s->r);
	folder_remove(&s->folder);
}

/* Everybody talks; only what the worker does is counted. */
static void talk(struct scene *s, unsigned packets)
{
	struct datagram d;
	for (unsigned n = 0; n < packets; n++) {
		for (unsigned i = 0; i < LEGS; i++)
			far_say(&s->f[i], (uint8_t)(rand() & 0xff));
		for (unsigned ms = 0; ms < 20; ms++) {
			hand_pass(s->r.hand, NS_PER_MS);
			counting_start();
			rig_run(&s->r, 0);
			counting_pause();
		}
		for (unsigned i = 0; i < LEGS; i++)
			while (far_hear(&s->f[i], &d, 0))
				;
	}
}

static bool nothing_counted(void)
{
	struct counting c = counting_take();
	if (c.heap || c.locks)
		printf("  %u heap calls, %u locks\n", c.heap, c.locks);
	return c.heap == 0 && c.locks == 0;
}

TEST_NO_OOM(counting_sees_heap_and_locks)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	counting_start();
	void *volatile p = malloc(7);
	free(p);
	pthread_mutex_lock(&lock);
	counting_pause();
	pthread_mutex_unlock(&lock);
	p = malloc(7);
	free(p);
	struct counting c = counting_take();
	REQUIRE(!counting_works() || (c.heap == 2 && c.locks == 1));
}

TEST_NO_OOM(media_path_of_bridged_and_recorded_calls_takes_no_memory_and_no_lock)
{
	struct scene s;
	uint64_t rec;
	CHECK(open_scene(&s));
	CHECK(media_bridge(s.r.m, s.f[0].leg, s.f[1].leg) == 0); /* transcoded */
	CHECK(media_bridge(s.r.m, s.f[2].leg, s.f[3].leg) == 0);
	CHECK(media_record_start(s.r.m, s.f[0].leg, s.folder.file, 1, &rec) == 0);
	CHECK(media_amd_start(s.r.m, s.f[2].leg, NULL) == 0);
	CHECK(media_beep_start(s.r.m, s.f[3].leg, 60000) == 0);
	talk(&s, 5); /* what commands do is not the path */
	counting_take();
	talk(&s, PACKETS);
	CHECK(nothing_counted());
	CHECK(rig_stats(&s.r, s.f[0].leg).tx_packets >= PACKETS && rig_stats(&s.r, s.f[1].leg).tx_packets >= PACKETS);
out:
	close_scene(&s);
}

TEST_NO_OOM(media_path_of_mixes_players_and_taps_takes_no_memory_and_no_lock)
{
	struct scene s;
	struct tone_spec tone = {.hz = {440}, .level_cdb = -1300, .on_ms = 100, .off_ms = 100};
	int16_t pcm[1600] = {0};
	uint64_t mix, clip;
	CHECK(open_scene(&s));
	CHECK(media_mix_open(s.r.m, &mix) == 0);
	for (unsigned i = 0; i < 3; i++)
		CHECK(media_mix_join(s.r.m, mix, s.f[i].leg, MIX_TALK | MIX_HEAR) == 0);
	CHECK(media_clip_pcm(s.r.m, pcm, 1600, &clip) == 0 && media_play(s.r.m, s.f[3].leg, clip, 0, 1) == 0);
	CHECK(media_tone(s.r.m, s.f[4].leg, &tone, 2) == 0);
	CHECK(media_dtmf(s.r.m, s.f[5].leg, "0123456789*#0123456789", 100, 50, 3) == 0);
	CHECK(media_tap_open(s.r.m, s.f[6].leg, 1000) == 0);
	talk(&s, 5);
	counting_take();
	talk(&s, PACKETS);
	CHECK(nothing_counted());
	for (unsigned i = 0; i < 6; i++)
		CHECK(rig_stats(&s.r, s.f[i].leg).tx_packets >= PACKETS / 2);
out:
	close_scene(&s);
}
