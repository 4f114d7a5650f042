/** telephone_event.h  Digits as RTP events (RFC 4733). */
#ifndef RTP_TELEPHONE_EVENT_H
#define RTP_TELEPHONE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TE_PAYLOAD = 4, TE_TIMEOUT_MS = 200, TE_DIGITS = 16 };

struct te_digit {
	uint8_t event; /* 0-15 */
	uint32_t ms;
};

/** One stream of events coming in. Each event is told once: at its first end packet, or when the next one begins,
 *  or TE_TIMEOUT_MS after its last packet when the end was lost. Events above 15 are not digits and ignored. */
struct te_receiver {
	bool known, open; /* known: ts is that of an event seen; open: it has not been told yet */
	uint8_t event;
	uint32_t ts;
	uint16_t duration; /* timestamp units */
	uint64_t last_at;
};
/** Returns how many digits ended (0-2). */
unsigned te_receive(struct te_receiver *r, const uint8_t *payload, size_t n, uint32_t ts, uint64_t now,
		    struct te_digit out[2]);
bool te_timeout(struct te_receiver *r, uint64_t now, struct te_digit *out);

void te_payload(uint8_t out[TE_PAYLOAD], unsigned event, bool end, uint16_t duration);

#endif
