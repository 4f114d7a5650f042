/** pcm_ring.h  Samples between one worker and the control thread. One producer, one consumer; bounded. */
#ifndef MEDIA_PCM_RING_H
#define MEDIA_PCM_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ring.h"

struct pcm_ring {
	struct pcm_ring *older; /* control thread: rings of this leg not freed yet */
	bool closing;		/* control thread: close was posted */
	uint32_t mask;
	uint32_t limit;		     /* samples it may hold: buffer_ms */
	_Atomic uint32_t head, tail; /* consumer's, producer's */
	_Atomic uint32_t armed;	     /* 1: the next crossing of the mark raises an event */
	_Atomic bool retired;	  /* the worker will not touch it again; its release pairs with the sweep's acquire */
	_Atomic uint64_t dropped; /* samples (tap) or frames starved (sink) */
	int16_t pcm[];
};
struct pcm_ring *pcm_ring_new(uint32_t samples); /* NULL: out of memory. mem_free() it */
size_t pcm_ring_used(const struct pcm_ring *r);
size_t pcm_ring_write(struct pcm_ring *r, const int16_t *pcm, size_t n); /* producer; samples taken */
size_t pcm_ring_read(struct pcm_ring *r, int16_t *out, size_t n);	 /* consumer; samples given */

#endif
