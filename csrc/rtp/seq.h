/** seq.h  Order of RTP sequence numbers and timestamps, which wrap (RFC 1982 arithmetic). */
#ifndef RTP_SEQ_H
#define RTP_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/** How far `a` is ahead of `b`; negative: behind. */
static inline int16_t seq_diff(uint16_t a, uint16_t b)
{
	return (int16_t)(uint16_t)(a - b);
}

static inline int32_t ts_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static inline bool seq_before(uint16_t a, uint16_t b)
{
	return seq_diff(a, b) < 0;
}

static inline bool ts_before(uint32_t a, uint32_t b)
{
	return ts_diff(a, b) < 0;
}

#endif
