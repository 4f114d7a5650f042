/** lines.h  Finds line ends 64 bytes at a time. Internal to sip/.
 *
 *  A line ends with CRLF or, leniently, LF. A CR elsewhere is remembered: no rule of the grammar allows it, not
 *  even in a quoted pair, and readers that take it for a line end would see other headers than we do. */
#ifndef SIP_LINES_H
#define SIP_LINES_H

#include "base/str.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct lines {
	const char *block, *end;
	uint64_t lf;	     /* line feeds of the block not yet given out */
	uint64_t after_cr;   /* 1: the last byte of the block before was a CR */
	const char *bare_cr; /* the byte after the first CR without LF seen so far, or NULL */
};

static inline void lines_masks(const char *p, uint64_t *lf, uint64_t *cr)
{
	*lf = *cr = 0;
#ifdef __SSE2__
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
		unsigned l = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\n')));
		unsigned c = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\r')));
		*lf |= (uint64_t)l << (16 * i);
		*cr |= (uint64_t)c << (16 * i);
	}
#else
	for (int i = 0; i < 64; i++) {
		*lf |= (uint64_t)(p[i] == '\n') << i;
		*cr |= (uint64_t)(p[i] == '\r') << i;
	}
#endif
}

static inline void lines_load(struct lines *l)
{
	uint64_t lf, cr;
	size_t left = (size_t)(l->end - l->block);
	if (left >= 64) {
		lines_masks(l->block, &lf, &cr);
	} else {
		char tail[64] = {0};
		memcpy(tail, l->block, left);
		lines_masks(tail, &lf, &cr);
	}
	uint64_t bare = (cr << 1 | l->after_cr) & ~lf;
	if (bare && !l->bare_cr)
		l->bare_cr = l->block + __builtin_ctzll(bare);
	l->after_cr = cr >> 63;
	l->lf = lf;
}

static inline void lines_init(struct lines *l, const char *p, const char *end)
{
	*l = (struct lines){.block = p, .end = end};
	if (p < end)
		lines_load(l);
}

/** The next line feed, NULL when there is none. */
static inline const char *lines_next(struct lines *l)
{
	while (!l->lf) {
		if (l->end - l->block <= 64)
			return NULL;
		l->block += 64;
		lines_load(l);
	}
	const char *p = l->block + __builtin_ctzll(l->lf);
	l->lf &= l->lf - 1;
	return p;
}

#endif
