/** ports.h  Pairs of UDP sockets: RTP on an even port, RTCP on the next odd one. Control thread only. */
#ifndef MEDIA_PORTS_H
#define MEDIA_PORTS_H

#include "switchroom.h"

struct ports {
	uint16_t first, pairs, next;
};
/** -EINVAL: the range holds no pair. */
int ports_init(struct ports *p, uint16_t min, uint16_t max);

struct port_pair {
	int rtp, rtcp; /* given: the caller closes them */
	uint16_t port;
};
/** Bind the next free pair on `address` (its port is not looked at). Starts behind the last pair given out, so a
 *  port rests as long as possible before it is used again. -EADDRINUSE: none is free. */
int ports_open(struct ports *p, const struct net_addr *address, struct port_pair *out);
/** A socket for nothing but to have the kernel note the time of packets from now on. Negative: it will, from the first leg. */
int ports_timing(void);
void ports_close(const struct port_pair *pair);

#endif
