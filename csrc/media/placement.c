/** placement.c  Legs by load. A leg that is recorded and analysed costs many times one that is only forwarded, so a count
 *  of legs misleads; CPU time lags behind, so legs that are not in it yet are estimated. */
#include "media/placement.h"

#include "media/engine.h"

enum { WINDOW_MS = 1000 };
static const double leg_share_least = 0.0002; /* of a CPU: before anything was measured, and for idle workers */

void placement_measure(struct placement *p, uint64_t now, uint32_t workers, const uint64_t *cpu_ns,
		       const uint32_t *legs)
{
	uint64_t passed = now - p->at;
	if (p->at && passed < (uint64_t)WINDOW_MS * NS_PER_MS)
		return;
	for (uint32_t i = 0; i < workers; i++) {
		uint64_t used = cpu_ns[i] - p->worker[i].cpu_ns;
		p->worker[i].share = p->at ? (double)used / (double)passed : 0;
		p->worker[i].measured = p->at ? legs[i] : 0;
		p->worker[i].cpu_ns = cpu_ns[i];
	}
	p->at = now;
}

static double average_leg(const struct placement *p, uint32_t workers)
{
	double share = 0, legs = 0;
	for (uint32_t i = 0; i < workers; i++) {
		share += p->worker[i].share;
		legs += p->worker[i].measured;
	}
	return legs > 0 && share / legs > leg_share_least ? share / legs : leg_share_least;
}

uint32_t placement_choose(const struct placement *p, uint32_t workers, const uint32_t *legs)
{
	double leg = average_leg(p, workers), least = 0;
	uint32_t best = 0;
	for (uint32_t i = 0; i < workers; i++) {
		double since = (double)legs[i] - (double)p->worker[i].measured;
		double load = p->worker[i].share + since * leg;
		if (i == 0 || load < least) {
			best = i;
			least = load;
		}
	}
	return best;
}

uint32_t media_place(struct media *m)
{
	uint64_t cpu_ns[PLACEMENT_WORKERS], now = media_now(m);
	uint32_t legs[PLACEMENT_WORKERS];
	bool due = now - m->placement.at >= (uint64_t)WINDOW_MS * NS_PER_MS;
	for (uint32_t i = 0; i < m->workers; i++) {
		legs[i] = m->worker[i]->control_legs;
		cpu_ns[i] = due ? worker_cpu_ns(m->worker[i]) : 0;
	}
	if (due)
		placement_measure(&m->placement, now, m->workers, cpu_ns, legs);
	return placement_choose(&m->placement, m->workers, legs);
}
