/** play.c  Playlists of a leg, on its worker: one plays, others wait behind it. */
#include <errno.h>
#include <string.h>

#include "media/engine.h"

static void announce(struct worker *w, const struct leg *leg, const struct playlist *l, enum media_event_kind kind,
		     int32_t a)
{
	struct media_event ev = {.kind = kind,
				 .a = a,
				 .b = (int64_t)playlist_position(l),
				 .c = (int64_t)l->played,
				 .d = (int32_t)l->item,
				 .handle = leg->handle,
				 .tag = l->tag};
	worker_event(w, &ev);
}

static void begin(struct worker *w, struct leg *leg)
{
	playlist_begin(leg->player.u.list.first, w->now);
	announce(w, leg, leg->player.u.list.first, MEDIA_EV_PLAY_AT, PLAY_AT_START);
}

static void keep_tail(struct player *p, struct playlist *l)
{
	playlist_tail(l, p->tail);
	p->tail_waits = true;
}

/* Take the first one out. What waits behind it begins; with nothing there the player is over. */
static void end_first(struct worker *w, struct leg *leg, bool stopped)
{
	struct player *p = &leg->player;
	struct playlist *l = p->u.list.first;
	announce(w, leg, l, MEDIA_EV_PLAY_DONE, stopped);
	p->u.list.first = l->next;
	p->u.list.n--;
	playlist_end(l);
	if (p->u.list.first)
		begin(w, leg);
	else
		p->kind = p->tail_waits ? PLAY_TAIL : PLAY_NOTHING;
}

static void stop_first(struct worker *w, struct leg *leg)
{
	struct playlist *l = leg->player.u.list.first;
	if (!l->paused && l->played && !playlist_over(l))
		keep_tail(&leg->player, l);
	end_first(w, leg, true);
}

/* Those that wait have not begun: no sound is lost. */
static void drop_queue(struct worker *w, struct leg *leg)
{
	struct player *p = &leg->player;
	struct playlist *l = p->u.list.first->next;
	while (l) {
		struct playlist *next = l->next;
		announce(w, leg, l, MEDIA_EV_PLAY_DONE, 1);
		playlist_end(l);
		l = next;
	}
	p->u.list.last = p->u.list.first;
	p->u.list.first->next = NULL;
	p->u.list.n = 1;
}

static void end_other(struct worker *w, struct leg *leg, bool stopped)
{
	struct player *p = &leg->player;
	struct media_event ev = {.kind = MEDIA_EV_PLAY_DONE, .a = stopped, .handle = leg->handle, .tag = p->tag};
	if (p->kind == PLAY_SINK)
		atomic_store_explicit(&p->u.sink.ring->retired, true, memory_order_release);
	bool asked_for = p->kind != PLAY_RELAY;
	p->kind = PLAY_NOTHING;
	if (asked_for)
		worker_event(w, &ev);
}

void leg_play_end(struct worker *w, struct leg *leg, bool stopped)
{
	switch (leg->player.kind) {
	case PLAY_NOTHING:
	case PLAY_TAIL:
		return;
	case PLAY_LIST:
		drop_queue(w, leg);
		if (stopped)
			stop_first(w, leg);
		else
			end_first(w, leg, false);
		return;
	default:
		end_other(w, leg, stopped);
	}
}

int play_start(struct worker *w, struct leg *leg, struct playlist *l)
{
	struct player *p = &leg->player;
	if (l->queued && p->kind == PLAY_LIST) {
		if (p->u.list.n == PLAY_QUEUE_MAX) {
			playlist_end(l);
			return -ENOBUFS;
		}
		p->u.list.last->next = l;
		p->u.list.last = l;
		p->u.list.n++;
		return 0;
	}
	leg_play_end(w, leg, true);
	p->kind = PLAY_LIST;
	p->u.list.first = p->u.list.last = l;
	p->u.list.n = 1;
	begin(w, leg);
	return 0;
}

static void stop_waiting(struct worker *w, struct leg *leg, struct playlist *before, struct playlist *l)
{
	struct player *p = &leg->player;
	before->next = l->next;
	if (p->u.list.last == l)
		p->u.list.last = before;
	p->u.list.n--;
	announce(w, leg, l, MEDIA_EV_PLAY_DONE, 1);
	playlist_end(l);
}

static void pause_list(struct player *p, struct playlist *l)
{
	if (!l->paused && l->played && l == p->u.list.first)
		keep_tail(p, l);
	l->paused = true;
}

static void resume_list(struct playlist *l)
{
	if (l->paused && l->played)
		l->rise = PLAY_FADE;
	l->paused = false;
}

static void move_list(struct player *p, struct playlist *l, int64_t to)
{
	uint64_t at = to < 0 ? 0 : (uint64_t)to;
	if (l != p->u.list.first) {
		l->begin = at;
		return;
	}
	if (!l->paused && l->played)
		keep_tail(p, l);
	playlist_seek(l, at);
}

static void change(struct worker *w, struct leg *leg, struct playlist *l, enum play_do what, int64_t value,
		   uint32_t ramp_ms)
{
	struct player *p = &leg->player;
	int64_t here = (int64_t)(l == p->u.list.first ? playlist_position(l) : l->begin);
	enum play_at at = PLAY_AT_WHERE;
	switch (what) {
	case PLAY_DO_PAUSE:
		pause_list(p, l);
		at = PLAY_AT_PAUSED;
		break;
	case PLAY_DO_RESUME:
		resume_list(l);
		at = PLAY_AT_RESUMED;
		break;
	case PLAY_DO_SEEK:
	case PLAY_DO_SKIP:
		move_list(p, l, what == PLAY_DO_SKIP ? here + value : value);
		at = PLAY_AT_MOVED;
		break;
	case PLAY_DO_VOLUME:
		playlist_volume(l, value, ramp_ms);
		at = PLAY_AT_VOLUME;
		break;
	default:
		break;
	}
	announce(w, leg, l, MEDIA_EV_PLAY_AT, (int32_t)at);
}

int play_do(struct worker *w, struct leg *leg, uint64_t tag, enum play_do what, int64_t value, uint32_t ramp_ms)
{
	struct player *p = &leg->player;
	if (what == PLAY_DO_STOP && tag == 0) {
		leg_play_end(w, leg, true);
		return 0;
	}
	if (p->kind != PLAY_LIST) {
		if (what == PLAY_DO_STOP && p->kind != PLAY_NOTHING && p->kind != PLAY_TAIL && p->tag == tag)
			leg_play_end(w, leg, true);
		return 0;
	}
	if (what == PLAY_DO_STOP && p->u.list.first->tag == tag) {
		stop_first(w, leg);
		return 0;
	}
	struct playlist *before = NULL;
	for (struct playlist *l = p->u.list.first, *next; l; l = next) {
		next = l->next;
		if (tag == 0 || l->tag == tag) {
			if (what == PLAY_DO_STOP) {
				stop_waiting(w, leg, before, l);
				return 0;
			}
			change(w, leg, l, what, value, ramp_ms);
		}
		before = l;
	}
	return 0;
}

bool play_fill(struct worker *w, struct leg *leg, int16_t *pcm, size_t n)
{
	struct player *p = &leg->player;
	size_t done = 0;
	while (p->kind == PLAY_LIST) {
		struct playlist *l = p->u.list.first;
		done += playlist_fill(l, pcm + done, n - done);
		if (playlist_over(l))
			end_first(w, leg, false);
		else if (done == n)
			break;
	}
	memset(pcm + done, 0, (n - done) * sizeof(*pcm));
	player_tail(p, pcm, n);
	if (p->kind == PLAY_TAIL)
		p->kind = PLAY_NOTHING;
	return p->kind != PLAY_NOTHING;
}
