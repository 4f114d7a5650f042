/** placement.c  Legs by load. A leg that is recorded and analysed costs many times one that is only forwarded, so a count
 *  of legs misleads; CPU time lags behind, so legs that are not in it yet are estimated. */
#include "media/placement.h"

#include "media/engine.h"

enum { WINDOW_MS = 1000, UNEVEN_WINDOWS = 3, MOVED_MOST = 16 };
static const double uneven_share = 0.2;	      /* of a CPU between the busiest and the idlest */
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
	p->looked_at = false;
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

uint32_t placement_balance(struct placement *p, uint32_t workers, uint32_t *from, uint32_t *to)
{
	uint32_t most = 0, least = 0;
	for (uint32_t i = 1; i < workers; i++) {
		most = p->worker[i].share > p->worker[most].share ? i : most;
		least = p->worker[i].share < p->worker[least].share ? i : least;
	}
	if (p->looked_at)
		return 0;
	p->looked_at = true;
	double apart = p->worker[most].share - p->worker[least].share;
	if (apart < uneven_share || p->worker[most].measured < 2) {
		p->uneven = 0;
		return 0;
	}
	if (++p->uneven < UNEVEN_WINDOWS)
		return 0;
	double leg = p->worker[most].share / p->worker[most].measured, legs = apart / 2 / leg;
	*from = most;
	*to = least;
	return legs < MOVED_MOST ? (uint32_t)legs : MOVED_MOST;
}

static void look(struct media *m, uint32_t legs[PLACEMENT_WORKERS])
{
	uint64_t cpu_ns[PLACEMENT_WORKERS], now = media_now(m);
	bool due = now - m->placement.at >= (uint64_t)WINDOW_MS * NS_PER_MS;
	for (uint32_t i = 0; i < m->workers; i++) {
		legs[i] = m->worker[i]->control_legs;
		cpu_ns[i] = due ? worker_cpu_ns(m->worker[i]) : 0;
	}
	if (due)
		placement_measure(&m->placement, now, m->workers, cpu_ns, legs);
}

uint32_t media_place(struct media *m)
{
	uint32_t legs[PLACEMENT_WORKERS];
	look(m, legs);
	return placement_choose(&m->placement, m->workers, legs);
}

static bool may_move(const struct leg *leg, uint32_t from)
{
	return leg && !leg->control.closing && leg->control.worker == from;
}

void media_balance(struct media *m)
{
	uint32_t legs[PLACEMENT_WORKERS], from = 0, to = 0;
	if (m->workers < 2)
		return;
	look(m, legs);
	uint32_t left = placement_balance(&m->placement, m->workers, &from, &to);
	for (uint32_t i = 0; i < m->legs.fresh && left >= 2; i++)
		if (may_move(m->legs.at[i].p, from) && media_move_bridge(m, m->legs.at[i].p, to))
			left -= 2;
}
