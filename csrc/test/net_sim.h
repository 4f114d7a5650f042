/** net_sim.h  A network between one sender of RTP packets and one receiver, at virtual time: loss in bursts, jitter,
 *  reordering, duplicates, a path that changes or stalls, and a sender whose clock is off. Seeded, so each run is the
 *  same. Times in microseconds. */
#ifndef TEST_NET_SIM_H
#define TEST_NET_SIM_H

#include <stdbool.h>
#include <stdint.h>

enum { NET_UNDER_WAY = 256 };

struct net_opts {
	int32_t drift_ppm;		       /* the sender's clock is fast by so much */
	uint32_t interval_us;		       /* between packets by the sender's clock; 0: 20000 */
	uint32_t path_us;		       /* least time under way */
	uint32_t jitter_us;		       /* up to so much more, evenly, order kept */
	uint16_t loss_permille;		       /* a loss begins */
	uint16_t burst;			       /* packets lost at once; 0: 1 */
	uint16_t reorder_permille, reorder_us; /* held back by so long, others pass it */
	uint16_t duplicate_permille;
};
struct net_packet {
	uint32_t number; /* of the sender's packets, from 0 */
	int64_t at_us;
};
struct net_sim {
	struct net_opts o;
	uint32_t seed, sent, lost, burst_left;
	int64_t not_before_us; /* the packet before arrived then */
	int64_t stalled_until_us;
	unsigned n;
	struct net_packet way[NET_UNDER_WAY];
};
void net_sim_init(struct net_sim *s, const struct net_opts *o, uint32_t seed);
/** Nothing arrives before then; what was sent meanwhile arrives at once. */
void net_sim_stall(struct net_sim *s, int64_t until_us);
/** The next packet that arrives up to `until_us`. false: none. */
bool net_sim_next(struct net_sim *s, int64_t until_us, struct net_packet *out);
/** Evenly below `below`. */
uint32_t net_sim_draw(struct net_sim *s, uint32_t below);

#endif
