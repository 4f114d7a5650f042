/** playlist.h  Clips, tones and pauses that follow each other without a gap. Made by the control thread, played by the
 *  leg's worker, which sets `retired` when it will not touch it again; freed by the control thread. 8 kHz. */
#ifndef MEDIA_PLAYLIST_H
#define MEDIA_PLAYLIST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/cadence.h"
#include "media/clip.h"
#include "switchroom.h"

#define PLAYLIST_ENDLESS CADENCE_ENDLESS

/** One entry; times in samples. */
struct playlist_item {
	struct clip *clip;	      /* a reference is held; NULL: tone or silence */
	const struct tone_plan *tone; /* in the same block of memory */
	uint64_t from, round, total;  /* begins there in the clip; of one loop, of all loops */
	uint64_t start;		      /* on the list's line of time */
};

struct playlist {
	struct playlist *older; /* control thread: lists of this leg not freed yet */
	_Atomic bool retired;	/* its release pairs with the sweep's acquire */
	uint64_t tag, epoch, begin;
	bool queued; /* behind what plays */
	/* the worker's */
	struct playlist *next;
	uint32_t n, item, loops;
	uint64_t at, played; /* samples of the item; of all */
	uint64_t length;     /* of the whole list, once */
	bool paused;
	float gain, target, step; /* volume, and its ramp */
	uint8_t rise;		  /* samples of the fade after a jump still to come */
	struct cadence tone;	  /* of the item, when it is one */
	struct playlist_item items[];
};

/** The clips' references are taken. -EINVAL, -ENOMEM. */
int playlist_new(struct playlist **out, const struct play_item *items, struct clip *const *clips, size_t n,
		 const struct play_opts *o);
/** It was never given to a worker. */
void playlist_discard(struct playlist *l);

/* The worker. */
void playlist_begin(struct playlist *l, uint64_t now); /* stand where it shall start */
bool playlist_over(const struct playlist *l);
/** Up to n samples at its volume; fewer: it is over. */
size_t playlist_fill(struct playlist *l, int16_t *pcm, size_t n);
uint64_t playlist_position(const struct playlist *l);
void playlist_seek(struct playlist *l, uint64_t at); /* behind the end: it is over */
void playlist_volume(struct playlist *l, int64_t gain_cdb, uint32_t ramp_ms);
/** The next PLAY_FADE samples, falling to silence, added to `tail`. It stays where it is. */
void playlist_tail(struct playlist *l, int16_t tail[PLAY_FADE]);
/** Give the clips back and retire. */
void playlist_end(struct playlist *l);

#endif
