/** loss.c  Bursts and gaps. RFC 3611 4.7.2; counted directly, where its appendix A.2 counts transitions. */
#include "rtp/loss.h"

static void close_burst(struct loss_model *m)
{
	if (m->open_lost == 1) {
		m->gap_packets++;
		m->gap_lost++;
	} else if (m->open_lost) {
		m->bursts++;
		m->burst_packets += m->open_packets;
		m->burst_lost += m->open_lost;
	}
	m->open_packets = m->open_lost = 0;
}

void loss_received(struct loss_model *m)
{
	m->packets++;
	m->since++;
	if (m->since == LOSS_GMIN)
		close_burst(m);
}

void loss_lost(struct loss_model *m, uint32_t n)
{
	if (n == 0)
		return;
	if (m->since || m->lost == 0)
		m->runs++;
	if (m->since >= LOSS_GMIN || m->open_lost == 0) {
		close_burst(m);
		m->gap_packets += m->since;
	} else {
		m->open_packets += m->since;
	}
	m->packets += n;
	m->lost += n;
	m->open_packets += n;
	m->open_lost += n;
	m->since = 0;
}

static double share(uint32_t part, uint32_t whole)
{
	return whole ? (double)part / whole : 0;
}

/* The mean run over that of random loss, which is 1 / (1 - rate). */
static double burst_ratio(const struct loss_model *m)
{
	double r = share(m->lost, m->runs) * (1 - share(m->lost, m->packets));
	return r > 1 ? r : 1;
}

void loss_read(const struct loss_model *now, struct loss_figures *out)
{
	struct loss_model m = *now;
	close_burst(&m);
	m.gap_packets += m.since;
	out->rate = share(m.lost, m.packets);
	out->burst_r = burst_ratio(&m);
	out->burst_density = share(m.burst_lost, m.burst_packets);
	out->gap_density = share(m.gap_lost, m.gap_packets);
	out->burst_packets = share(m.burst_packets, m.bursts);
	out->gap_packets = (double)m.gap_packets / (m.bursts + 1);
}
