/** recorder.h  Recordings. The worker places audio into chunks, the writer thread writes them.
 *
 *  Left is what the leg says, right what it hears (or one of them alone, mono), on one line of samples that begins
 *  when the start command was posted. Each side goes by RTP time, kept level with our clock by rtp/align.h, so loss is
 *  silence and late packets find their place while the window of two chunks is open.
 *  While it is paused nothing is placed, and what lay in the window behind that moment is blanked: audio of a pause
 *  never gets to the writer. It is told by an event with its position, so that the gap can be written down.
 *  A file begins with a header for no audio and is a valid WAV file at every instant: after each chunk the sizes in
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
#include "dsp/tone.h"
#include "rtp/align.h"
#include "switchroom.h"

enum { REC_CHUNK = 16 * 1024, REC_LEFT = 0, REC_RIGHT = 1, REC_GAPS = 4 };

/** Positions of a pause; `to` is INT64_MAX while it lasts. */
struct rec_gap {
	int64_t from, to;
};

/** Beeps that tell whoever hears them that the call is recorded. */
struct rec_beep {
	struct tone_spec spec;
	uint64_t every; /* ns; 0: none */
	uint64_t next;	/* ns: the next one begins */
	struct tone tone;
	bool sounds; /* one is under way */
	bool alone;  /* nothing else is sent: frames of silence carry it */
};

struct recording {
	/* never change */
	uint64_t handle, tag, leg;
	uint8_t sides; /* enum record_sides */
	uint8_t channels;
	uint64_t part_bytes; /* of audio in one file at most, whole frames */
	size_t stem;	     /* of path: numbers of parts stand behind it */
	/* fixed by the worker at the start, before the writer hears of it */
	uint8_t codec; /* of the file, CODEC_NONE: linear, 16 bits */
	uint8_t width; /* bytes of a sample */
	/* worker */
	uint64_t started;
	int64_t base;	       /* position of chunk[0] */
	int64_t chunk_samples; /* of one side in a chunk */
	uint32_t chunk[2];     /* of the pool, BLOCKS_NONE before the start */
	struct align side[2];
	uint32_t heard_epoch; /* grows when what the leg hears comes from elsewhere */
	struct rec_gap gap[REC_GAPS];
	uint32_t gaps;
	bool paused;
	struct rec_beep beep;
	/* set by the writer, looked at by the worker: give up */
	_Atomic bool failed;
	/* writer */
	int fd;
	int error;	      /* positive errno */
	uint32_t part;	      /* 1: the first file */
	uint64_t bytes;	      /* of audio in the file */
	uint64_t parts_bytes; /* of audio in the files before it */
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
/** Late audio of before a pause is still placed, of the pause never. Twice: nothing. */
void record_pause(struct worker *w, struct leg *leg);
void record_resume(struct worker *w, struct leg *leg);
/** What the leg says, as G.711; `codec` is the payload's. */
void record_said(struct worker *w, struct leg *leg, enum codec codec, const uint8_t *payload, size_t n, uint32_t ts);
/** What it hears. `seam`: the first packet of another source. */
void record_heard(struct worker *w, struct leg *leg, bool seam, enum codec codec, const uint8_t *payload, size_t n,
		  uint32_t ts);
/** Put the beep, if one sounds, over G.711 that the leg is about to hear. */
void record_beep(struct worker *w, struct leg *leg, enum codec codec, uint8_t *payload, size_t n);
/** The same over samples. false: none sounds. */
bool record_beep_pcm(struct worker *w, struct leg *leg, int16_t *pcm, size_t n);
/** A beep is due and nothing carries it: send a frame of silence. */
bool record_beeps_alone(struct worker *w, struct leg *leg);
void record_visit(struct worker *w, struct leg *leg);

#endif
