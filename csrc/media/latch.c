/** latch.c  See latch.h. */
#include "media/latch.h"

#include "media/address.h"

/* A far side that does send from where it said does so within a second. After a re-INVITE its old stream may still be
 * under way for about a round trip. */
#define PROBATION_NS 1000000000u
#define REFUSE_NS    500000000u

static void enter(struct latch *l, enum latch_state state, uint64_t now)
{
	l->state = (uint8_t)state;
	l->since = now;
}

bool latch_describe(struct latch *l, const struct net_addr *signalled, const struct net_addr *peer, uint64_t now)
{
	bool known = l->signalled.family != ADDR_NONE, taken = l->source.family != ADDR_NONE;
	l->peer = *peer;
	if (!address_usable(signalled) || (known && address_same(&l->signalled, signalled))) {
		if (!taken && !known)
			l->since = now;
		return false;
	}
	l->signalled = *signalled;
	if (!taken) {
		l->since = now;
		return false;
	}
	if (address_same(&l->source, signalled)) {
		l->rank = LATCH_SIGNALLED;
		return false;
	}
	l->previous = l->source;
	l->refuse_until = now + REFUSE_NS;
	l->source = (struct net_addr){0};
	enter(l, LATCH_OPEN, now);
	return true;
}

static enum latch_rank rank_of(const struct latch *l, const struct net_addr *from)
{
	if (!address_same_host(from, &l->signalled))
		return address_same_host(from, &l->peer) ? LATCH_SIGNALLING : LATCH_ELSEWHERE;
	return from->port == l->signalled.port ? LATCH_SIGNALLED : LATCH_SAME_HOST;
}

/* Nobody can send from there to here without being translated. */
static bool must_be_translated(const struct latch *l, const struct net_addr *from)
{
	const struct net_addr *signalled = &l->signalled;
	if (l->peer.family != ADDR_NONE)
		return false;
	return !address_usable(signalled) || (address_private(signalled) && !address_private(from));
}

static enum latch_verdict judge_first(const struct latch *l, const struct latch_rules *rules,
				      const struct net_addr *from, bool keyed, uint64_t now)
{
	if (now < l->refuse_until && address_same(from, &l->previous))
		return LATCH_REFUSE;
	if (keyed || rank_of(l, from) != LATCH_ELSEWHERE || must_be_translated(l, from))
		return LATCH_TAKE;
	return now - l->since >= rules->grace_ns ? LATCH_TAKE : LATCH_REFUSE;
}

enum latch_verdict latch_judge(const struct latch *l, const struct latch_rules *rules, const struct net_addr *from,
			       bool keyed, bool continues, uint64_t now)
{
	if (l->source.family != ADDR_NONE && address_same(from, &l->source))
		return LATCH_ACCEPT;
	switch ((enum latch_state)l->state) {
	case LATCH_OPEN:
		return judge_first(l, rules, from, keyed, now);
	case LATCH_PROBATION:
		return rank_of(l, from) > l->rank ? LATCH_TAKE : LATCH_REFUSE;
	case LATCH_LOCKED: /* it lay in the socket before it was connected */
		break;
	case LATCH_LOOSE:
		return keyed || continues || address_same_host(from, &l->source) ? LATCH_TAKE : LATCH_REFUSE;
	}
	return LATCH_REFUSE;
}

void latch_take(struct latch *l, const struct net_addr *from, uint64_t now)
{
	l->source = *from;
	l->rank = (uint8_t)rank_of(l, from);
	enter(l, l->rank == LATCH_SIGNALLED ? LATCH_LOCKED : LATCH_PROBATION, now);
}

void latch_heard(struct latch *l, uint64_t now)
{
	if (l->state == LATCH_LOOSE)
		enter(l, LATCH_LOCKED, now);
}

void latch_tick(struct latch *l, const struct latch_rules *rules, uint64_t heard_at, uint64_t now)
{
	uint64_t from = heard_at > l->since ? heard_at : l->since;
	if (l->state == LATCH_PROBATION && now - l->since >= PROBATION_NS)
		enter(l, LATCH_LOCKED, now);
	else if (l->state == LATCH_LOCKED && now - from >= rules->relatch_ns)
		enter(l, LATCH_LOOSE, now);
}
