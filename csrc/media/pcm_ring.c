/** pcm_ring.c  Sample ring. */
#include "media/pcm_ring.h"

#include <string.h>

#include "base/mem.h"

struct pcm_ring *pcm_ring_new(uint32_t samples)
{
	uint32_t size = 256;
	while (size < samples)
		size <<= 1;
	struct pcm_ring *r = mem_zalloc(sizeof(*r) + (size_t)size * sizeof(r->pcm[0]));
	if (!r)
		return NULL;
	r->mask = size - 1;
	r->limit = samples;
	atomic_init(&r->armed, 1);
	return r;
}

size_t pcm_ring_used(const struct pcm_ring *r)
{
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	uint32_t head = atomic_load_explicit(&r->head, memory_order_acquire);
	return tail - head;
}

size_t pcm_ring_write(struct pcm_ring *r, const int16_t *pcm, size_t n)
{
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	size_t used = tail - atomic_load_explicit(&r->head, memory_order_acquire);
	size_t room = used < r->limit ? r->limit - used : 0;
	if (n > room)
		n = room;
	size_t at = tail & r->mask;
	size_t first = r->mask + 1 - at < n ? r->mask + 1 - at : n;
	memcpy(r->pcm + at, pcm, first * sizeof(*pcm));
	memcpy(r->pcm, pcm + first, (n - first) * sizeof(*pcm));
	atomic_store_explicit(&r->tail, tail + (uint32_t)n, memory_order_release);
	return n;
}

size_t pcm_ring_read(struct pcm_ring *r, int16_t *out, size_t n)
{
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t used = atomic_load_explicit(&r->tail, memory_order_acquire) - head;
	if (n > used)
		n = used;
	size_t at = head & r->mask;
	size_t first = r->mask + 1 - at < n ? r->mask + 1 - at : n;
	memcpy(out, r->pcm + at, first * sizeof(*out));
	memcpy(out + first, r->pcm, (n - first) * sizeof(*out));
	atomic_store_explicit(&r->head, head + (uint32_t)n, memory_order_release);
	return n;
}
