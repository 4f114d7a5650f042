/** loss.h  Where the losses of a stream lie: runs of loss for the E-model's burst ratio, bursts and gaps of
 *  RFC 3611 4.7.2. Fed with the stream in order, one packet or one run of losses at a time; O(1) each. Value object.
 *
 *  A burst begins and ends with a loss and holds fewer than LOSS_GMIN packets received in a row; a single loss between
 *  LOSS_GMIN received ones on both sides belongs to the gap. */
#ifndef RTP_LOSS_H
#define RTP_LOSS_H

#include <stdint.h>

enum { LOSS_GMIN = 16 };

struct loss_model {
	uint32_t packets, lost, runs; /* runs: of losses in a row */
	uint32_t bursts, burst_packets, burst_lost;
	uint32_t gap_packets, gap_lost;
	/* the burst that is open: from its first to its last loss so far */
	uint32_t open_packets, open_lost;
	uint32_t since; /* packets received since the last loss; they count when it is known where they belong */
};

void loss_received(struct loss_model *m);
void loss_lost(struct loss_model *m, uint32_t n); /* n in a row */

struct loss_figures {
	double rate;			   /* 0-1 */
	double burst_r;			   /* G.107 7.3: at least 1 */
	double burst_density, gap_density; /* share lost in bursts, in gaps; 0-1 */
	double burst_packets, gap_packets; /* mean length of a burst, of a gap */
};
/** As if the stream ended now. */
void loss_read(const struct loss_model *m, struct loss_figures *out);

#endif
