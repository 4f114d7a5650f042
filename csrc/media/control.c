/** control.c  Legs seen from the control thread: opening, posting, moving, closing, what they hear. */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "media/coder.h"
#include "media/engine.h"

struct leg *media_leg(const struct media *m, uint64_t handle)
{
	struct leg *leg = slots_get(&m->legs, handle);
	return leg && !leg->control.closing ? leg : NULL;
}

bool media_room(const struct media *m, uint32_t worker, uint32_t commands)
{
	return ring_space(&m->worker[worker]->commands) >= commands;
}

static int post_to(struct media *m, uint32_t worker, const struct command *c)
{
	struct worker *w = m->worker[worker];
	if (!ring_push(&w->commands, c))
		return -ENOBUFS;
	worker_wake(w);
	return 0;
}

int media_post(struct media *m, struct leg *leg, struct command *c)
{
	uint64_t now = media_now(m);
	c->leg = leg->handle;
	c->at = c->at && c->at < now ? c->at : now;
	return post_to(m, leg->control.worker, c);
}

void media_move(struct media *m, struct leg *leg, uint32_t worker)
{
	uint32_t from = leg->control.worker;
	uint64_t now = media_now(m);
	struct command move = {.kind = MEDIA_CMD_MOVE, .leg = leg->handle, .value = worker, .at = now};
	struct command adopt = {.kind = MEDIA_CMD_ADOPT, .leg = leg->handle, .at = now};
	if (from == worker)
		return;
	(void)post_to(m, from, &move);
	(void)post_to(m, worker, &adopt);
	m->worker[from]->control_legs--;
	m->worker[worker]->control_legs++;
	leg->control.worker = worker;
}

bool media_move_bridge(struct media *m, struct leg *leg, uint32_t worker)
{
	struct leg *other = media_leg(m, leg->control.bridge);
	uint32_t from = leg->control.worker;
	uint64_t now = media_now(m);
	if (!other || other->control.bridge != leg->handle || other->control.worker != from || from == worker ||
	    leg->control.mix || other->control.mix || !media_room(m, from, 1) || !media_room(m, worker, 2))
		return false;
	struct command move = {.kind = MEDIA_CMD_MOVE, .leg = leg->handle, .value = worker, .at = now};
	struct command adopt = {.kind = MEDIA_CMD_ADOPT, .leg = leg->handle, .at = now};
	move.u.other = other->handle;
	(void)post_to(m, from, &move);
	(void)post_to(m, worker, &adopt);
	adopt.leg = other->handle;
	(void)post_to(m, worker, &adopt);
	m->worker[from]->control_legs -= 2;
	m->worker[worker]->control_legs += 2;
	leg->control.worker = other->control.worker = worker;
	return true;
}

void media_bridge_left(struct media *m, struct leg *leg)
{
	struct leg *other = slots_get(&m->legs, leg->control.bridge);
	leg->control.bridge = 0;
	if (other && other->control.bridge == leg->handle)
		other->control.bridge = 0;
}

static int open_sockets(struct media *m, const struct leg_opts *o, struct leg **out, struct net_addr *local)
{
	struct port_pair pair;
	*local = o->address.family == ADDR_NONE ? m->opts.address : o->address;
	int err = ports_open(&m->ports, local, &pair);
	if (err)
		return err;
	local->port = pair.port;
	*out = leg_new(&pair, o->tag, o->silence_ms ? o->silence_ms : m->opts.silence_ms);
	if (*out)
		return 0;
	ports_close(&pair);
	return -ENOMEM;
}

int media_leg_open(struct media *m, const struct leg_opts *o, uint64_t *handle, struct net_addr *local)
{
	uint32_t worker = o->worker == LEG_ANY_WORKER ? media_place(m) : o->worker;
	struct command c = {.kind = MEDIA_CMD_ADOPT};
	struct leg *leg;
	if (worker >= m->workers || o->dtmf > DTMF_BOTH)
		return -EINVAL;
	if (!media_room(m, worker, 1) || m->legs.used == m->legs.size)
		return -ENOBUFS;
	int err = open_sockets(m, o, &leg, local);
	if (err)
		return err;
	leg->handle = slots_add(&m->legs, leg);
	m->peak_legs = m->legs.used > m->peak_legs ? m->legs.used : m->peak_legs;
	leg->control.worker = worker;
	leg->dtmf = o->dtmf;
	leg->stats.worker = (uint8_t)worker;
	leg_publish(leg);
	atomic_store_explicit(&leg->owner, worker, memory_order_relaxed);
	m->worker[worker]->control_legs++;
	*handle = leg->handle;
	return media_post(m, leg, &c);
}

uint32_t media_leg_worker(const struct media *m, uint64_t handle)
{
	const struct leg *leg = slots_get(&m->legs, handle);
	return leg ? leg->control.worker : LEG_ANY_WORKER;
}

/* 0 where it can stand for "not said" is the codec's own number. */
static int fill_payload_types(struct leg_remote *r)
{
	const struct codec_info *k = codec_info(r->codec);
	if (!k) {
		r->pt = r->own_pt = 255;
		return r->codec == CODEC_NONE ? 0 : -EINVAL;
	}
	if (r->pt == 0)
		r->pt = k->pt;
	if (r->own_pt == 0)
		r->own_pt = k->pt == CODEC_PT_DYNAMIC ? r->pt : k->pt;
	return r->pt > 127 || r->own_pt > 127 || r->pt == r->te_pt ? -EINVAL : 0;
}

int media_leg_remote(struct media *m, uint64_t handle, const struct leg_remote *r)
{
	struct leg *leg = media_leg(m, handle);
	struct command c = {.kind = MEDIA_CMD_REMOTE, .u.described.remote = *r};
	if (!leg)
		return -ENOENT;
	if (r->dir > DIR_SENDRECV || fill_payload_types(&c.u.described.remote))
		return -EINVAL;
	if (!media_room(m, leg->control.worker, 2)) /* a codec may go before it */
		return -ENOBUFS;
	c.value = keypad_listens(leg->dtmf, r->te_pt);
	if (c.value && !leg->keypad)
		leg->keypad = mem_zalloc(sizeof(*leg->keypad));
	if (c.value && !leg->keypad)
		return -ENOMEM;
	int err = media_coder_prepare(m, leg, r);
	if (err)
		return err;
	err = secure_prepare(leg, r->srtp, &c.u.described.receiver, &c.u.described.sender);
	c.u.described.remote.srtp = NULL; /* the caller's */
	return err ? err : media_post(m, leg, &c);
}

int media_leg_close(struct media *m, uint64_t handle)
{
	return media_leg_close_at(m, handle, 0);
}

int media_leg_close_at(struct media *m, uint64_t handle, uint64_t at)
{
	struct leg *leg = media_leg(m, handle);
	struct command c = {.kind = MEDIA_CMD_CLOSE, .at = at};
	if (!leg)
		return -ENOENT;
	int err = media_post(m, leg, &c);
	if (err)
		return err;
	leg->control.closing = true;
	m->worker[leg->control.worker]->control_legs--;
	media_bridge_left(m, leg);
	media_mix_left(m, leg);
	return 0;
}

/* The heap keeps what was freed until its end is free; legs of a peak lie everywhere. */
static void after_peak(struct media *m)
{
	enum { WORTH_IT = 256, FALL = 4 };
	if (m->peak_legs < WORTH_IT || m->legs.used > m->peak_legs / FALL)
		return;
	m->peak_legs = m->legs.used;
	mem_give_back();
}

int media_leg_release(struct media *m, uint64_t handle)
{
	struct leg *leg = slots_get(&m->legs, handle);
	if (!leg)
		return -ENOENT;
	if (!leg->control.closed_seen)
		return -EPROTO;
	slots_remove(&m->legs, handle);
	leg_free(leg);
	after_peak(m);
	return 0;
}

int media_leg_stats(struct media *m, uint64_t handle, struct leg_stats *out)
{
	const struct leg *leg = slots_get(&m->legs, handle);
	uint64_t words[LEG_PUBLISHED];
	if (!leg)
		return -ENOENT;
	for (unsigned i = 0; i < LEG_PUBLISHED; i++)
		words[i] = atomic_load_explicit(&leg->published[i], memory_order_relaxed);
	memcpy(out, words, sizeof(*out));
	return 0;
}

int media_bridge(struct media *m, uint64_t ha, uint64_t hb)
{
	struct leg *a = media_leg(m, ha), *b = media_leg(m, hb);
	struct command c = {.kind = MEDIA_CMD_BRIDGE, .u.other = hb};
	if (!a || !b)
		return -ENOENT;
	if (a == b)
		return -EINVAL;
	uint32_t wa = a->control.worker, wb = b->control.worker;
	if (!media_room(m, wa, 2) || !media_room(m, wb, 2))
		return -ENOBUFS;
	media_mix_left(m, a);
	media_mix_left(m, b);
	if (m->worker[wa]->control_legs > m->worker[wb]->control_legs)
		media_move(m, a, wb);
	else
		media_move(m, b, wa);
	media_bridge_left(m, a);
	media_bridge_left(m, b);
	a->control.bridge = hb;
	b->control.bridge = ha;
	return media_post(m, a, &c);
}

int media_unbridge(struct media *m, uint64_t handle)
{
	struct leg *leg = media_leg(m, handle);
	struct command c = {.kind = MEDIA_CMD_UNBRIDGE};
	int err = leg ? media_post(m, leg, &c) : -ENOENT;
	if (!err)
		media_bridge_left(m, leg);
	return err;
}

int media_echo(struct media *m, uint64_t handle, bool on)
{
	struct leg *leg = media_leg(m, handle);
	struct command c = {.kind = MEDIA_CMD_ECHO, .value = on};
	if (!leg)
		return -ENOENT;
	int err = media_post(m, leg, &c);
	if (!err && on) {
		media_bridge_left(m, leg);
		media_mix_left(m, leg);
	}
	return err;
}
