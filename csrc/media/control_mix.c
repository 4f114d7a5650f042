/** control_mix.c  Mixes seen from the control thread. A mix lives on the worker of the first leg that joined. */
#include <errno.h>

#include "base/mem.h"
#include "media/engine.h"
#include "media/playout.h"

int media_mix_open(struct media *m, uint64_t *handle)
{
	struct mix *mix = mem_zalloc(sizeof(*mix));
	if (!mix)
		return -ENOMEM;
	mix->handle = slots_add(&m->mixes, mix);
	if (!mix->handle) {
		mem_free(mix);
		return -ENOBUFS;
	}
	mix->worker = OWNER_NOBODY;
	*handle = mix->handle;
	return 0;
}

/* Of a leg, or a free one (0); MIX_MEMBERS: none. */
static uint32_t seat_of(const struct mix *mix, uint64_t leg)
{
	uint32_t i = 0;
	while (i < MIX_MEMBERS && mix->seats[i] != leg)
		i++;
	return i;
}

void media_mix_left(struct media *m, struct leg *leg)
{
	struct mix *mix = slots_get(&m->mixes, leg->control.mix);
	leg->control.mix = 0;
	if (mix)
		mix->seats[seat_of(mix, leg->handle)] = 0;
}

static int prepare_input(struct leg *leg)
{
	/* Only before the worker knows of it: later it may be looking at it. */
	if (!leg->mix_input && leg->control.coded && !leg->mix_wide) {
		leg->mix_wide = mem_zalloc_array((size_t)MIX_STEPS * 2 * MIX_STEP, sizeof(*leg->mix_wide));
		if (!leg->mix_wide)
			return -ENOMEM;
	}
	if (!leg->mix_input)
		leg->mix_input = mem_zalloc(sizeof(*leg->mix_input));
	if (!leg->playout)
		leg->playout = playout_new();
	return leg->mix_input && leg->playout ? 0 : -ENOMEM;
}

int media_mix_join(struct media *m, uint64_t handle, uint64_t leg_handle, unsigned roles)
{
	struct mix *mix = slots_get(&m->mixes, handle);
	struct leg *leg = media_leg(m, leg_handle);
	if (!mix || !leg)
		return -ENOENT;
	if (roles & ~(unsigned)(MIX_TALK | MIX_HEAR | MIX_BESIDE))
		return -EINVAL;
	bool member = leg->control.mix == handle;
	uint32_t seat = seat_of(mix, member ? leg_handle : 0);
	uint32_t home = mix->worker == OWNER_NOBODY ? leg->control.worker : mix->worker;
	if (roles & MIX_BESIDE && leg->control.worker != home)
		return -EPROTO; /* moving it would end its bridge */
	if (seat == MIX_MEMBERS || !media_room(m, home, 2) || !media_room(m, leg->control.worker, 1))
		return -ENOBUFS;
	if (prepare_input(leg))
		return -ENOMEM;
	struct command c = {.kind = MEDIA_CMD_MIX_JOIN, .value = roles, .u.seat = {.mix = mix, .seat = seat}};
	mix->worker = home;
	media_move(m, leg, home);
	if (!(roles & MIX_BESIDE))
		media_bridge_left(m, leg);
	if (!member) {
		media_mix_left(m, leg);
		leg->control.mix = handle;
		mix->seats[seat] = leg_handle;
	}
	return media_post(m, leg, &c);
}

int media_mix_hear(struct media *m, uint64_t handle, uint64_t leg_handle, const uint64_t *others, size_t n)
{
	const struct mix *mix = slots_get(&m->mixes, handle);
	struct leg *leg = media_leg(m, leg_handle);
	struct command c = {.kind = MEDIA_CMD_MIX_HEAR};
	if (!mix || !leg || leg->control.mix != handle)
		return -ENOENT;
	for (size_t i = 0; i < n; i++) {
		uint32_t seat = others[i] ? seat_of(mix, others[i]) : MIX_MEMBERS;
		if (seat == MIX_MEMBERS)
			return -ENOENT;
		c.value |= 1u << seat;
	}
	return media_post(m, leg, &c);
}

int media_mix_leave(struct media *m, uint64_t handle)
{
	struct leg *leg = media_leg(m, handle);
	struct command c = {.kind = MEDIA_CMD_MIX_LEAVE};
	if (!leg)
		return -ENOENT;
	if (!leg->control.mix)
		return -EPROTO;
	int err = media_post(m, leg, &c);
	if (!err)
		media_mix_left(m, leg);
	return err;
}

int media_mix_close(struct media *m, uint64_t handle)
{
	struct mix *mix = slots_get(&m->mixes, handle);
	struct command c = {.kind = MEDIA_CMD_MIX_CLOSE, .at = media_now(m), .u.mix = mix};
	if (!mix)
		return -ENOENT;
	if (mix->worker == OWNER_NOBODY) {
		atomic_store_explicit(&mix->retired, true, memory_order_relaxed);
	} else {
		struct worker *w = m->worker[mix->worker];
		if (!ring_push(&w->commands, &c))
			return -ENOBUFS;
		worker_wake(w);
	}
	slots_remove(&m->mixes, handle);
	mix->next = m->mixes_closed;
	m->mixes_closed = mix;
	media_sweep(m);
	return 0;
}
