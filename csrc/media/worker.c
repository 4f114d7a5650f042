/** worker.c  The media thread: its tick, its wheel, its sockets. */
#include "media/worker.h"

#include <errno.h>
#include <poll.h>
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

enum {
	EVENTS = 512,
	SLOTS = 20, /* generated frames of 20 ms are spread over as many ticks */
	LATE_TICKS = 5,
	CATCH_UP = 60, /* ticks made up for after a stall: three frames of a leg, older ones are given up */
	RINGS_MIN = 1024
};

uint64_t clock_now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

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

/* The low bit of an epoll word tells RTCP from RTP; NULL is the wake-up. */
static void *rtcp_word(struct leg *leg)
{
	return (char *)leg + 1;
}

static int watch(const struct worker *w, int fd, void *word)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET, .data.ptr = word};
	return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

static void wheel_insert(struct worker *w, struct leg *leg, uint64_t due)
{
	struct leg **bucket = &w->wheel[due % WHEEL];
	leg->due = due;
	leg->next = *bucket;
	leg->back = bucket;
	if (leg->next)
		leg->next->back = &leg->next;
	*bucket = leg;
}

static void wheel_remove(struct leg *leg)
{
	*leg->back = leg->next;
	if (leg->next)
		leg->next->back = leg->back;
	leg->next = NULL;
	leg->back = NULL;
}

int worker_add(struct worker *w, struct leg *leg)
{
	if (w->legs++ == 0)
		w->tick = (w->now - w->start_at) / NS_PER_MS; /* nothing was due while it slept */
	leg->stats.worker = (uint8_t)w->index;
	wheel_insert(w, leg, w->tick + 1 + w->next_slot++ % SLOTS);
	int err = watch(w, leg->rtp_fd, leg);
	return err ? err : watch(w, leg->rtcp_fd, rtcp_word(leg));
}

void worker_remove(struct worker *w, struct leg *leg)
{
	(void)epoll_ctl(w->epoll, EPOLL_CTL_DEL, leg->rtp_fd, NULL);
	(void)epoll_ctl(w->epoll, EPOLL_CTL_DEL, leg->rtcp_fd, NULL);
	wheel_remove(leg);
	w->legs--;
}

/* ----------------------------------------------------------------- the tick */

static void visit_bucket(struct worker *w, uint64_t tick)
{
	struct leg *leg = w->wheel[tick % WHEEL];
	while (leg) {
		struct leg *next = leg->next;
		wheel_remove(leg);
		leg_visit(w, leg);
		wheel_insert(w, leg, tick + leg->interval);
		leg = next;
	}
}

static void run_wheel(struct worker *w)
{
	uint64_t now = (w->now - w->start_at) / NS_PER_MS;
	if (w->legs == 0)
		w->tick = now;
	if (now > w->tick + LATE_TICKS)
		counter_add(&w->late_ticks, 1);
	if (now > w->tick + CATCH_UP)
		w->tick = now - CATCH_UP;
	while (w->tick < now)
		visit_bucket(w, ++w->tick);
}

static void clear_wake(const struct worker *w)
{
	uint64_t n;
	ssize_t got = read(w->wake, &n, sizeof(n));
	(void)got; /* EAGAIN: it was cleared already */
}

static void dispatch(struct worker *w, void *word)
{
	if (!word)
		clear_wake(w);
	else if ((uintptr_t)word & 1)
		leg_receive_rtcp(w, (struct leg *)(void *)((char *)word - 1));
	else
		leg_receive_rtp(w, word);
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
	clear_wake(w);
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

static void one_round(struct worker *w)
{
	if (idle(w))
		sleep_until_woken(w);
	else if (w->media->opts.wake == MEDIA_WAKE_PACKET && w->legs != 0)
		sleep_until_packet(w);
	else
		sleep_until_tick(w);
	w->now = clock_now();
	worker_commands(w);
	run_sockets(w);
	run_wheel(w);
	end_legs(w);
	if (w->raised)
		media_signal(w->media);
	w->raised = false;
	counter_max(&w->max_tick_ns, clock_now() - w->now);
}

/* Where the process may: audio before everything else that runs at the normal priority. */
static void raise_priority(void)
{
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), -10);
}

static void *worker_run(void *arg)
{
	struct worker *w = arg;
	raise_priority();
	w->start_at = w->now = clock_now();
	while (!atomic_load_explicit(&w->stop, memory_order_acquire))
		one_round(w);
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

static int start_thread(struct worker *w)
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
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll < 0)
		return -errno;
	w->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (w->wake < 0)
		return -errno;
	if (getrandom(&w->random, sizeof(w->random), 0) < 0 || w->random == 0)
		w->random = clock_now();
	int err = watch(w, w->wake, NULL);
	if (!err)
		err = ring_init(&w->commands, rings, sizeof(struct command));
	if (!err)
		err = ring_init(&w->events, rings, sizeof(struct media_event));
	return err ? err : start_thread(w);
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
