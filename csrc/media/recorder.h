/** recorder.h  Stereo recordings. The worker places audio into chunks, the writer thread writes them.
 *
 *  Left is what the leg says, right what it hears, on one line of samples that begins when the start command is
 *  executed. Each side is anchored by its first packet's time and goes by RTP time from there, so loss is silence and
 *  late packets find their place while the window of two chunks is open.
 *  The file begins with a header for no audio and is a valid WAV file at every instant: after each chunk the sizes in
 *  the header are renewed, so a crash between the two leaves bytes behind the data that players ignore, and loses
 *  less than two seconds. */
#ifndef MEDIA_RECORDER_H
#define MEDIA_RECORDER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blocks.h"
#include "base/ring.h"
#include "rtp/timeline.h"
#include "switchroom.h"

enum { REC_CHUNK = 16 * 1024, REC_CHUNK_SAMPLES = REC_CHUNK / 2, REC_LEFT = 0, REC_RIGHT = 1 };

struct recording {
	/* never change */
	uint64_t handle, tag, leg;
	/* worker */
	uint64_t started;
	int64_t base;	   /* position of chunk[0] */
	uint32_t chunk[2]; /* of the pool, BLOCKS_NONE before the start */
	struct timeline side[2];
	uint8_t codec; /* of the file */
	/* set by the writer, looked at by the worker: give up */
	_Atomic bool failed;
	/* writer */
	int fd;
	int error;	/* positive errno */
	uint64_t bytes; /* of audio in the file */
	bool told;
	char path[];
};

struct media;

/** The writer thread and what it shares with the workers. */
struct recorder {
	struct media *media;
	struct blocks chunks;
	struct mpsc jobs;
	struct ring events; /* writer to control thread */
	int wake;	    /* eventfd */
	pthread_t thread;
	bool running;
	_Atomic bool stop;
	_Atomic uint32_t asleep;
	_Atomic uint64_t bytes, errors, dropped; /* dropped: frames that came outside the window */
};

/** `recordings`: how many may live at a time. Starts the thread. */
int recorder_init(struct recorder *r, struct media *m, uint32_t bytes, uint32_t recordings);
/** Writes what was posted, then ends the thread. No worker may run any more. Fine on a zeroed struct. */
void recorder_fini(struct recorder *r);

/* Worker side. `now` in ns. */
struct leg;
struct worker;
/** Both count from when the command was posted (`asked`), so a busy worker neither shortens nor lengthens a file. */
void record_start(struct worker *w, struct leg *leg, struct recording *rec);
void record_stop(struct worker *w, struct leg *leg);
/** `codec` is the payload's. */
void record_put(struct worker *w, struct leg *leg, unsigned side, enum codec codec, const uint8_t *payload, size_t n,
		uint32_t epoch, uint32_t ts);
void record_visit(struct worker *w, struct leg *leg);

#endif
