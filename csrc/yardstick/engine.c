/** engine.c  The media engine alone, on one worker, without signalling: what a feature costs.
 *
 *      engine CALLS FEATURE FOLDER
 *
 *  Features are the table at the end; each says how many legs a call has and what is done with them. Without arguments the
 *  features are listed, with the legs of a call. Commands: `hangup` closes all legs and says `closed`; `stats` prints
 *  the engine's counters as JSON. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "switchroom.h"
#include "yardstick/net.h"

enum { CLIP_SAMPLES = 4 * 8000 };

struct bench {
	struct media *m;
	const char *folder;
	unsigned call;
	uint64_t clip;
};

static void check(int err, const char *what)
{
	errno = -err;
	if (err < 0)
		die(what);
}

/* ----------------------------------------------------------------- features: `leg` are those of one call */

static void plain(struct bench *b, const uint64_t *leg)
{
	check(media_bridge(b->m, leg[0], leg[1]), "media_bridge");
}

static void recorded(struct bench *b, const uint64_t *leg)
{
	char path[300];
	uint64_t rec;
	plain(b, leg);
	snprintf(path, sizeof(path), "%.200s/%u/%u.wav", b->folder, b->call % 64, b->call);
	check(media_record_start(b->m, leg[0], path, b->call, &rec), "media_record_start");
}

/* It decides after five seconds at most, so the harness measures before that. */
static void amd(struct bench *b, const uint64_t *leg)
{
	struct amd_opts o = {.total_ms = 60000, .greeting_ms = 60000, .initial_silence_ms = 60000, .max_words = 60000};
	plain(b, leg);
	check(media_amd_start(b->m, leg[0], &o), "media_amd_start");
}

static void beep(struct bench *b, const uint64_t *leg)
{
	plain(b, leg);
	check(media_beep_start(b->m, leg[0], 600000), "media_beep_start");
}

/* For digits, in the audio of both legs: open_leg() has said so. */
static void searched(struct bench *b, const uint64_t *leg)
{
	plain(b, leg);
}

static void mixed(struct bench *b, const uint64_t *leg, unsigned two, unsigned third)
{
	uint64_t mix;
	check(media_mix_open(b->m, &mix), "media_mix_open");
	for (unsigned i = 0; i < 3; i++)
		check(media_mix_join(b->m, mix, leg[i], i < 2 ? two : third), "media_mix_join");
}

static void conference(struct bench *b, const uint64_t *leg)
{
	mixed(b, leg, MIX_TALK | MIX_HEAR, MIX_TALK | MIX_HEAR);
}

/* Listens beside a bridge that goes on forwarding. */
static void supervisor(struct bench *b, const uint64_t *leg)
{
	plain(b, leg);
	mixed(b, leg, MIX_TALK | MIX_BESIDE, MIX_HEAR);
}

static void playback(struct bench *b, const uint64_t *leg)
{
	check(media_play(b->m, leg[0], b->clip, 0, 1), "media_play");
}

static const struct feature {
	const char *name;
	unsigned legs;
	void (*apply)(struct bench *b, const uint64_t *leg);
} features[] = {
	{"plain", 2, plain},	       {"recording", 2, recorded},    {"amd", 2, amd},		 {"beep", 2, beep},
	{"supervisor", 3, supervisor}, {"conference", 3, conference}, {"playback", 1, playback}, {"dtmf", 2, searched},
};

static const struct feature *feature(const char *name)
{
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (strcmp(features[i].name, name) == 0)
			return &features[i];
	fprintf(stderr, "%s: no such feature\n", name);
	exit(2);
}

/* ----------------------------------------------------------------- legs */

static uint64_t legs[LEGS_MAX];
static uint16_t far[LEGS_MAX], own[LEGS_MAX];

/* Until the worker has executed what was posted: a leg opened and closed behind it is closed. */
static void settle(struct media *m, unsigned closed)
{
	struct media_event ev[64];
	while (closed) {
		size_t n = media_drain(m, ev, 64);
		for (size_t i = 0; i < n; i++) {
			if (ev[i].kind != MEDIA_EV_LEG_CLOSED)
				continue;
			check(media_leg_release(m, ev[i].handle), "media_leg_release");
			closed--;
		}
		if (n == 0)
			sleep_until(now_ns() + NS_PER_MS);
	}
}

static void settle_all(struct media *m)
{
	struct leg_opts o = {.worker = 0};
	struct net_addr local;
	uint64_t last;
	check(media_leg_open(m, &o, &last, &local), "media_leg_open");
	check(media_leg_close(m, last), "media_leg_close");
	settle(m, 1);
}

static void open_leg(struct bench *b, const struct feature *f, unsigned i)
{
	struct leg_opts o = {.worker = LEG_ANY_WORKER, .dtmf = f->apply == searched ? DTMF_BOTH : DTMF_AUTO};
	struct leg_remote r = {.codec = CODEC_PCMU, .te_pt = 101, .dir = DIR_SENDRECV, .ptime_ms = FRAME_MS};
	struct net_addr local;
	check(media_leg_open(b->m, &o, &legs[i], &local), "media_leg_open");
	own[i] = local.port;
	r.rtp = (struct net_addr){.family = ADDR_V4, .port = far[i], .ip = {127, 0, 0, 1}};
	check(media_leg_remote(b->m, legs[i], &r), "media_leg_remote");
}

static void open_calls(struct bench *b, const struct feature *f, unsigned calls)
{
	for (b->call = 0; b->call < calls; b->call++) {
		for (unsigned i = 0; i < f->legs; i++)
			open_leg(b, f, b->call * f->legs + i);
		f->apply(b, &legs[b->call * f->legs]);
		if (b->call % 64 == 63) /* the command ring is not made for thousands at once */
			settle_all(b->m);
	}
	settle_all(b->m);
}

static void close_calls(struct media *m, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		check(media_leg_close(m, legs[i]), "media_leg_close");
		if (i % 64 == 63)
			settle(m, 64);
	}
	settle(m, n % 64);
	printf("closed\n");
	fflush(stdout);
}

static void print_stats(struct media *m)
{
	struct media_stats s;
	media_stats(m, &s);
	printf("{\"rx\": %llu, \"tx\": %llu, \"late_ticks\": %llu, \"max_tick_us\": %llu, \"dropped\": %llu}\n",
	       (unsigned long long)s.rx_packets, (unsigned long long)s.tx_packets, (unsigned long long)s.late_ticks,
	       (unsigned long long)s.max_tick_us,
	       (unsigned long long)(s.rec_dropped_frames + s.rec_errors + s.events_dropped + s.tx_errors));
	fflush(stdout);
}

static void serve(struct media *m, unsigned n)
{
	struct media_event ev[64];
	char line[16];
	for (;; sleep_until(now_ns() + 10 * NS_PER_MS)) {
		while (media_drain(m, ev, 64) == 64)
			;
		if (!command(line, sizeof(line)))
			continue;
		if (strcmp(line, "hangup") == 0)
			close_calls(m, n);
		else if (strcmp(line, "stats") == 0)
			print_stats(m);
		else
			return;
	}
}

static void load_clip(struct bench *b)
{
	static int16_t pcm[CLIP_SAMPLES];
	for (unsigned i = 0; i < CLIP_SAMPLES; i++)
		pcm[i] = (int16_t)(i * 7919 % 2000);
	check(media_clip_pcm(b->m, pcm, CLIP_SAMPLES, &b->clip), "media_clip_pcm");
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
			printf("%s %u\n", features[i].name, features[i].legs);
		return 0;
	}
	const struct feature *f = feature(argv[2]);
	unsigned calls = number(argv[1], 1, LEGS_MAX / f->legs), n = calls * f->legs;
	struct bench b = {.folder = argv[3]};
	struct media_opts o = {.workers = 1, .max_legs = n + 1, .port_min = 1024, .port_max = 65535};
	o.address = (struct net_addr){.family = ADDR_V4, .ip = {127, 0, 0, 1}};
	o.rec_buffer = calls * 64 * 1024;
	many_files();
	check(media_init(&b.m, &o), "media_init");
	load_clip(&b);
	printf("ready\n");
	fflush(stdout);
	ports_read(far, n);
	open_calls(&b, f, calls);
	ports_print(own, n);
	serve(b.m, n);
	media_free(b.m);
	return 0;
}
