/** worker.c  The media thread: its tick, its wheel, its sockets. */
#include "media/worker.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "media/engine.h"
#include "media/round.h"

enum { RINGS_MIN = 1024, NICE = -10 };

uint64_t worker_random(struct worker *w)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random;
}

bool worker_event(struct worker *w, struct media_event *ev)
{
	ev->at = w->now;
	if (!ring_push(&w->events, ev)) {
		counter_add(&w->events_dropped, 1);
		return false;
	}
	w->raised = true;
	return true;
}

void worker_leg_event(struct worker *w, const struct leg *leg, enum media_event_kind kind, int32_t a, int64_t b,
		      int64_t c)
{
	struct media_event ev = {.kind = kind, .a = a, .b = b, .c = c, .handle = leg->handle, .tag = leg->tag};
	worker_event(w, &ev);
}

/* ----------------------------------------------------------------- legs */

void worker_wheel(struct worker *w, struct leg *leg, uint64_t due)
{
	struct leg **bucket = &w->wheel[due % WHEEL];
	leg->due = due;
	leg->next = *bucket;
	leg->back = bucket;
	if (leg->next)
		leg->next->back = &leg->next;
	*bucket = leg;
}

void worker_unwheel(struct leg *leg)
{
	*leg->back = leg->next;
	if (leg->next)
		leg->next->back = leg->back;
	leg->next = NULL;
	leg->back = NULL;
}

/* The tick of the next 20 in which the fewest legs are due, so that generated frames are spread over all of them. */
static uint64_t emptiest_slot(struct worker *w)
{
	uint64_t best = w->tick + 1;
	for (uint64_t t = best; t < w->tick + 1 + MEDIA_SLOTS; t++)
		if (atomic_load_explicit(&w->slots[t % MEDIA_SLOTS], memory_order_relaxed) <
		    atomic_load_explicit(&w->slots[best % MEDIA_SLOTS], memory_order_relaxed))
			best = t;
	atomic_fetch_add_explicit(&w->slots[best % MEDIA_SLOTS], 1, memory_order_relaxed);
	return best;
}

int worker_add(struct worker *w, struct leg *leg)
{
	if (w->legs++ == 0)
		w->tick = (w->now - w->start_at) / NS_PER_MS; /* nothing was due while it slept */
	leg->stats.worker = (uint8_t)w->index;
	worker_wheel(w, leg, emptiest_slot(w));
	return round_watch(w, leg);
}

void worker_remove(struct worker *w, struct leg *leg)
{
	round_forget(w, leg);
	worker_unwheel(leg);
	w->legs--;
}

/* ----------------------------------------------------------------- the thread */

void worker_clear_wake(const struct worker *w)
{
	uint64_t n;
	ssize_t got = read(w->wake, &n, sizeof(n));
	(void)got; /* EAGAIN: it was cleared already */
}

static bool idle(const struct worker *w)
{
	return w->legs == 0 && !w->ending && !ring_peek(&w->commands);
}

/* Pairs with worker_wake(): what was pushed before `asleep` was set is seen by the second look. */
static void sleep_until_woken(struct worker *w)
{
	struct epoll_event ev;
	atomic_store_explicit(&w->asleep, 1, memory_order_seq_cst);
	if (idle(w) && !atomic_load_explicit(&w->stop, memory_order_acquire))
		(void)epoll_wait(w->epoll, &ev, 1, -1); /* level- or edge-triggered, it is asked again below */
	atomic_store_explicit(&w->asleep, 0, memory_order_relaxed);
	worker_clear_wake(w);
	/* Nothing has happened until the first command was posted. */
	const struct command *c = ring_peek(&w->commands);
	uint64_t now = media_now(w->media);
	w->now = c && c->at < now ? c->at : now;
}

static void sleep_until_tick(const struct worker *w)
{
	uint64_t at = w->start_at + (w->tick + 1) * NS_PER_MS;
	struct timespec ts = {.tv_sec = (time_t)(at / 1000000000u), .tv_nsec = (long)(at % 1000000000u)};
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

/* Packet mode. The epoll set is only asked whether it has anything: commands come before packets in every mode, so
 * that a leg closed by one has no event left. */
static void sleep_until_packet(const struct worker *w)
{
	struct pollfd p = {.fd = w->epoll, .events = POLLIN};
	poll(&p, 1, 1);
}

static void sleep_until_due(struct worker *w)
{
	if (w->behind)
		return;
	if (idle(w))
		sleep_until_woken(w);
	else if (w->media->opts.wake == MEDIA_WAKE_PACKET && w->legs != 0)
		sleep_until_packet(w);
	else
		sleep_until_tick(w);
}

/* Where the process may, audio comes before everything else: the lowest real-time priority, which the kernel limits to
 * 95 % of a CPU; or at least before what runs at the normal priority. */
static enum media_priority raise_priority(void)
{
	struct sched_param lowest = {.sched_priority = sched_get_priority_min(SCHED_FIFO)};
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &lowest) == 0) /* of this thread */
		return MEDIA_PRIORITY_REALTIME;
	if (setpriority(PRIO_PROCESS, (id_t)gettid(), NICE) == 0)
		return MEDIA_PRIORITY_NICE;
	return MEDIA_PRIORITY_NORMAL;
}

static void *worker_run(void *arg)
{
	struct worker *w = arg;
	atomic_store_explicit(&w->priority, (uint8_t)raise_priority(), memory_order_relaxed);
	sem_post(&w->started);
	while (!atomic_load_explicit(&w->stop, memory_order_acquire)) {
		sleep_until_due(w);
		round_run(w);
	}
	return NULL;
}

/* ----------------------------------------------------------------- control thread */

void worker_wake(struct worker *w)
{
	uint64_t one = 1;
	if (atomic_exchange_explicit(&w->asleep, 0, memory_order_seq_cst)) {
		ssize_t put = write(w->wake, &one, sizeof(one));
		(void)put; /* a full eventfd is a wake-up too */
	}
}

uint64_t worker_cpu_ns(const struct worker *w)
{
	clockid_t clock;
	struct timespec ts = {0};
	if (!w->running || pthread_getcpuclockid(w->thread, &clock) || clock_gettime(clock, &ts))
		return 0;
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void pin(const struct worker *w)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(w->index, &set);
	(void)pthread_setaffinity_np(w->thread, sizeof(set), &set); /* a wish: the CPU may not be ours */
}

int worker_start(struct worker *w)
{
	char name[16];
	sigset_t all, before;
	sigfillset(&all); /* signals are the application's business */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int err = pthread_create(&w->thread, NULL, worker_run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return -err;
	w->running = true;
	while (sem_wait(&w->started) != 0)
		; /* EINTR */
	snprintf(name, sizeof(name), "media-%u", w->index);
	(void)pthread_setname_np(w->thread, name);
	if (w->media->opts.pin)
		pin(w);
	return 0;
}

int worker_init(struct worker *w, struct media *m, uint32_t index)
{
	uint32_t rings = 4 * m->opts.max_legs < RINGS_MIN ? RINGS_MIN : 4 * m->opts.max_legs;
	w->media = m;
	w->index = index;
	w->wake = -1;
	sem_init(&w->started, 0, 0);
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll < 0)
		return -errno;
	w->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (w->wake < 0)
		return -errno;
	if (getrandom(&w->random, sizeof(w->random), 0) < 0 || w->random == 0)
		w->random = clock_now() | 1;
	struct epoll_event wake = {.events = EPOLLIN | EPOLLET}; /* no socket: it is the wake-up */
	w->start_at = w->now = media_now(m);
	int err = epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->wake, &wake) ? -errno : 0;
	if (!err)
		err = ring_init(&w->commands, rings, sizeof(struct command));
	if (!err)
		err = ring_init(&w->events, rings, sizeof(struct media_event));
	return err;
}

void worker_stop(struct worker *w)
{
	if (!w->running)
		return;
	uint64_t one = 1;
	atomic_store_explicit(&w->stop, true, memory_order_seq_cst);
	ssize_t put = write(w->wake, &one, sizeof(one));
	(void)put;
	pthread_join(w->thread, NULL);
	w->running = false;
}

void worker_fini(struct worker *w)
{
	worker_stop(w);
	if (w->epoll >= 0)
		close(w->epoll);
	if (w->wake >= 0)
		close(w->wake);
	ring_fini(&w->commands);
	ring_fini(&w->events);
}
