/** round.c  One turn of a worker, and how it makes up for lost time. */
#include "media/round.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "media/engine.h"

enum {
	EVENTS = 512,
	BEHIND_MS = 5,		/* up to here frames are made up for within one turn */
	STALE_MS = 60,		/* older frames are not sent any more */
	CATCH_UP_MS = 10000,	/* a socket holds less; what is older than that is skipped */
	CATCH_UP_WORK_MS = 5000 /* longer work is overload, not a stall: take what waits as if it came now */
};

/* ----------------------------------------------------------------- sockets that wait */

static void wait_link(struct worker *w, struct leg_socket *s, uint64_t at)
{
	s->next_at = at;
	if (s->back)
		return;
	s->next = w->waiting;
	s->back = &w->waiting;
	if (s->next)
		s->next->back = &s->next;
	w->waiting = s;
}

static void wait_unlink(struct leg_socket *s)
{
	if (!s->back)
		return;
	*s->back = s->next;
	if (s->next)
		s->next->back = s->back;
	s->next = NULL;
	s->back = NULL;
}

static int socket_fd(const struct leg_socket *s)
{
	return s->rtcp ? s->leg->rtcp_fd : s->leg->rtp_fd;
}

static int watch(const struct worker *w, struct leg_socket *s, int op)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET, .data.ptr = s};
	return epoll_ctl(w->epoll, op, socket_fd(s), &ev) ? -errno : 0;
}

int round_watch(struct worker *w, struct leg *leg)
{
	leg->socket[0] = (struct leg_socket){.leg = leg};
	leg->socket[1] = (struct leg_socket){.leg = leg, .rtcp = true};
	int err = watch(w, &leg->socket[0], EPOLL_CTL_ADD);
	return err ? err : watch(w, &leg->socket[1], EPOLL_CTL_ADD);
}

void round_forget(struct worker *w, struct leg *leg)
{
	for (unsigned i = 0; i < 2; i++) {
		(void)epoll_ctl(w->epoll, EPOLL_CTL_DEL, socket_fd(&leg->socket[i]), NULL);
		wait_unlink(&leg->socket[i]);
		leg->socket[i].leg = NULL;
	}
}

bool round_may_read(struct worker *w, int fd)
{
	struct timespec ts;
	w->next_at = 0;
	if (w->gate == GATE_OPEN)
		return true;
	if (recv(fd, NULL, 0, MSG_PEEK) < 0) {
		if (errno == EAGAIN)
			w->next_at = NOTHING_WAITS;
		return false; /* another error was an ICMP message, now taken: look again */
	}
	if (ioctl(fd, SIOCGSTAMPNS, &ts) == 0) /* of the packet just looked at */
		w->next_at = media_when(w->media, (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec);
	return w->next_at <= w->gate;
}

static bool receive(struct worker *w, struct leg_socket *s)
{
	return s->rtcp ? leg_receive_rtcp(w, s->leg) : leg_receive_rtp(w, s->leg);
}

static void read_before(struct worker *w, struct leg *leg, uint64_t at)
{
	uint64_t gate = w->gate;
	w->gate = at < gate ? at : gate;
	while (leg_receive_rtp(w, leg) && w->next_at <= w->gate)
		;
	w->gate = gate;
}

void round_read_before(struct worker *w, struct leg *leg, uint64_t at)
{
	if (leg->socket[0].leg) /* it is watched here */
		read_before(w, leg, at);
}

/* ----------------------------------------------------------------- the parts of a turn */

/* What came by the gate; the rest stays in the list. */
static void read_waiting(struct worker *w)
{
	struct leg_socket *s = w->waiting;
	while (s) {
		struct leg_socket *next = s->next;
		if (s->next_at <= w->gate) {
			if (receive(w, s))
				s->next_at = w->next_at;
			else
				wait_unlink(s);
		}
		s = next;
	}
}

/* An edge-triggered socket that was not emptied must be asked for again. */
static void read_open(struct worker *w, struct leg_socket *s)
{
	wait_unlink(s);
	if (receive(w, s))
		(void)watch(w, s, EPOLL_CTL_MOD);
}

static uint64_t behind_ms(const struct worker *w, uint64_t now)
{
	return now > w->now ? (now - w->now) / NS_PER_MS : 0;
}

/* Packets are taken as having come at w->now, so it must be now. Lost the CPU in here: all that is left waits, to be
 * read in its order. */
static bool lost_time(struct worker *w)
{
	if (w->gate != GATE_OPEN)
		return true;
	uint64_t now = media_now(w->media);
	if (behind_ms(w, now) > BEHIND_MS)
		return true;
	w->now = now > w->now ? now : w->now;
	return false;
}

static void dispatch(struct worker *w, struct leg_socket *s)
{
	if (!s)
		worker_clear_wake(w);
	else if (lost_time(w))
		wait_link(w, s, 0);
	else
		read_open(w, s);
}

static void run_sockets(struct worker *w)
{
	struct epoll_event ready[EVENTS];
	int n;
	do {
		n = epoll_wait(w->epoll, ready, EVENTS, 0);
		for (int i = 0; i < n; i++)
			dispatch(w, ready[i].data.ptr);
	} while (n == EVENTS);
	if (w->gate != GATE_OPEN)
		read_waiting(w);
	else
		while (w->waiting && !lost_time(w))
			read_open(w, w->waiting);
}

static void visit_bucket(struct worker *w, uint64_t tick)
{
	struct leg *leg = w->wheel[tick % WHEEL];
	uint32_t visited = 0;
	for (; leg; visited++) {
		struct leg *next = leg->next;
		worker_unwheel(leg);
		leg_visit(w, leg);
		worker_wheel(w, leg, tick + leg->interval);
		leg = next;
	}
	atomic_store_explicit(&w->slots[tick % MEDIA_SLOTS], visited, memory_order_relaxed);
}

static void run_wheel(struct worker *w)
{
	uint64_t now = (w->now - w->start_at) / NS_PER_MS;
	if (w->legs == 0)
		w->tick = now;
	if (now > w->tick + WHEEL) /* skipped: a bucket need not be visited twice for the same moment */
		w->tick = now - WHEEL;
	while (w->tick < now)
		visit_bucket(w, ++w->tick);
}

static void end_legs(struct worker *w)
{
	while (w->ending) {
		struct leg *leg = w->ending;
		struct leg *next = leg->next;
		struct media_event ev = {.kind = MEDIA_EV_LEG_CLOSED, .handle = leg->handle, .tag = leg->tag};
		if (!worker_event(w, &ev))
			return;
		w->ending = next; /* the leg is the control thread's now */
	}
}

/* ----------------------------------------------------------------- the turn */

/* The time this turn works at: now, or the next millisecond not yet done. */
static void choose_time(struct worker *w, uint64_t now)
{
	if (behind_ms(w, now) > CATCH_UP_MS)
		w->now = now - (uint64_t)CATCH_UP_MS * NS_PER_MS;
	bool again = behind_ms(w, now) > BEHIND_MS && (w->legs || ring_peek(&w->commands));
	if (again && w->behind_since == 0) {
		w->behind_since = now;
		counter_add(&w->late_ticks, 1);
	}
	if (again && now - w->behind_since > (uint64_t)CATCH_UP_WORK_MS * NS_PER_MS)
		again = false;
	if (!again)
		w->behind_since = 0;
	w->gate = GATE_OPEN;
	w->stale = false;
	if (again) {
		w->now += NS_PER_MS - (w->now - w->start_at) % NS_PER_MS;
		w->gate = w->now;
		w->stale = behind_ms(w, now) > STALE_MS;
	} else if (now > w->now) {
		w->now = now;
	}
	w->behind = again;
}

/* How late this round begins: it was to be when the next tick is due, or at once when it makes up for time. */
static void note_delay(struct worker *w, uint64_t began)
{
	uint64_t due = w->start_at + (w->tick + 1) * NS_PER_MS;
	uint64_t us = began > due ? (began - due) / 1000 : 0;
	unsigned bucket = 0;
	while (us >> bucket && bucket < MEDIA_DELAYS - 1)
		bucket++;
	counter_add(&w->delays[bucket], 1);
}

void round_run(struct worker *w)
{
	uint64_t began = media_now(w->media);
	if (!w->behind)
		note_delay(w, began);
	choose_time(w, began);
	worker_commands(w);
	run_sockets(w);
	run_wheel(w);
	end_legs(w);
	w->behind = w->behind || w->waiting;
	if (w->raised)
		media_signal(w->media);
	w->raised = false;
	counter_max(&w->max_tick_ns, media_now(w->media) - began);
}
