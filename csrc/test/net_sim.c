/** net_sim.c  Packets under way, a few at a time. */
#include "test/net_sim.h"

#include <string.h>

enum { INTERVAL_US = 20000, MILLION = 1000000 };

void net_sim_init(struct net_sim *s, const struct net_opts *o, uint32_t seed)
{
	memset(s, 0, sizeof(*s));
	s->o = *o;
	s->seed = seed;
}

uint32_t net_sim_draw(struct net_sim *s, uint32_t below)
{
	s->seed = s->seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)s->seed * below >> 32);
}

void net_sim_stall(struct net_sim *s, int64_t until_us)
{
	s->stalled_until_us = until_us;
}

static int64_t sent_at(const struct net_sim *s)
{
	int64_t interval = s->o.interval_us ? s->o.interval_us : INTERVAL_US;
	return s->sent * interval * MILLION / (MILLION + s->o.drift_ppm);
}

static void launch(struct net_sim *s, uint32_t number, int64_t at)
{
	if (s->n < NET_UNDER_WAY)
		s->way[s->n++] = (struct net_packet){.number = number, .at_us = at};
}

static bool loses(struct net_sim *s)
{
	if (s->burst_left == 0 && net_sim_draw(s, 1000) < s->o.loss_permille)
		s->burst_left = s->o.burst ? s->o.burst : 1;
	if (s->burst_left == 0)
		return false;
	s->burst_left--;
	s->lost++;
	return true;
}

static void send_one(struct net_sim *s)
{
	uint32_t number = s->sent;
	int64_t at = sent_at(s) + s->o.path_us + (s->o.jitter_us ? net_sim_draw(s, s->o.jitter_us) : 0);
	s->sent++;
	if (loses(s))
		return;
	at = at < s->not_before_us ? s->not_before_us : at;
	at = at < s->stalled_until_us ? s->stalled_until_us : at;
	if (net_sim_draw(s, 1000) < s->o.reorder_permille)
		at += s->o.reorder_us;
	else
		s->not_before_us = at;
	launch(s, number, at);
	if (net_sim_draw(s, 1000) < s->o.duplicate_permille)
		launch(s, number, at + net_sim_draw(s, 2 * INTERVAL_US));
}

bool net_sim_next(struct net_sim *s, int64_t until_us, struct net_packet *out)
{
	unsigned first = 0;
	while (sent_at(s) <= until_us)
		send_one(s);
	for (unsigned i = 1; i < s->n; i++)
		if (s->way[i].at_us < s->way[first].at_us)
			first = i;
	if (s->n == 0 || s->way[first].at_us > until_us)
		return false;
	*out = s->way[first];
	memmove(s->way + first, s->way + first + 1, (--s->n - first) * sizeof(*s->way));
	return true;
}
