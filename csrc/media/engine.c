/** engine.c  One media engine: threads up, events out, threads down. */
#include "media/engine.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	LEGS = 8192,
	SILENCE_MS = 30000,
	GRACE_MS = 500,
	RELATCH_MS = 1000,
	REC_BUFFER = 64 << 20,
	PORT_MIN = 20000,
	PORT_MAX = 29999
};

static uint32_t online_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > MEDIA_WORKERS ? MEDIA_WORKERS : (uint32_t)n;
}

static int complete(struct media_opts *o)
{
	if (o->workers > MEDIA_WORKERS || o->wake > MEDIA_WAKE_PACKET || o->max_legs > 1u << 20)
		return -EINVAL;
	if (o->address.family != ADDR_V4 && o->address.family != ADDR_V6)
		return -EINVAL;
	if (o->opus_complexity > 10 || (o->opus_bitrate && (o->opus_bitrate < 6000 || o->opus_bitrate > 510000)))
		return -EINVAL;
	o->workers = o->workers ? o->workers : online_cpus();
	o->max_legs = o->max_legs ? o->max_legs : LEGS;
	o->grace_ms = o->grace_ms ? o->grace_ms : GRACE_MS;
	o->relatch_ms = o->relatch_ms ? o->relatch_ms : RELATCH_MS;
	o->silence_ms = o->silence_ms ? o->silence_ms : SILENCE_MS;
	o->rec_buffer = o->rec_buffer ? o->rec_buffer : REC_BUFFER;
	if (o->port_min == 0 && o->port_max == 0) {
		o->port_min = PORT_MIN;
		o->port_max = PORT_MAX;
	}
	return 0;
}

static int init_tables(struct media *m)
{
	uint32_t legs = m->opts.max_legs;
	int err = slots_init(&m->legs, legs);
	if (!err)
		err = slots_init(&m->clips, MEDIA_CLIPS);
	if (!err)
		err = slots_init(&m->mixes, legs);
	if (!err)
		err = slots_init(&m->recordings, 2 * legs);
	return err;
}

static int init_threads(struct media *m)
{
	int err = recorder_init(&m->recorder, m, m->opts.rec_buffer, 2 * m->opts.max_legs);
	while (!err && m->workers < m->opts.workers) {
		struct worker *w = mem_zalloc(sizeof(*w));
		if (!w)
			return -ENOMEM;
		m->worker[m->workers] = w;
		err = worker_init(w, m, m->workers++);
		if (!err && m->clock == &clock_system)
			err = worker_start(w);
	}
	return err;
}

int media_init_by_hand(struct media **out, const struct media_opts *o, const struct media_clock *clock)
{
	struct media *m = mem_zalloc(sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->opts = *o;
	m->clock = clock;
	m->recorder.wake = -1;
	m->timing = ports_timing();
	m->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int err = m->event_fd < 0 ? -errno : complete(&m->opts);
	m->latch_rules.grace_ns = (uint64_t)m->opts.grace_ms * NS_PER_MS;
	m->latch_rules.relatch_ns =
		m->opts.relatch_ms == UINT32_MAX ? UINT64_MAX : (uint64_t)m->opts.relatch_ms * NS_PER_MS;
	if (!err)
		err = ports_init(&m->ports, m->opts.port_min, m->opts.port_max);
	if (!err)
		err = init_tables(m);
	if (!err)
		err = init_threads(m);
	if (err) {
		media_free(m);
		return err;
	}
	*out = m;
	return 0;
}

int media_init(struct media **out, const struct media_opts *o)
{
	return media_init_by_hand(out, o, &clock_system);
}

/* The workers are gone: complete recordings from here, in the place of each leg's worker. */
static void free_legs(struct media *m)
{
	for (uint32_t i = 0; i < m->legs.fresh; i++) {
		struct leg *leg = m->legs.at[i].p;
		if (!leg)
			continue;
		m->worker[0]->now = m->worker[0]->asked = media_now(m);
		record_stop(m->worker[0], leg);
		leg_free(leg);
	}
}

static void free_entries(const struct slots *s)
{
	for (uint32_t i = 0; i < s->fresh; i++)
		mem_free(s->at[i].p);
}

static void free_released(struct media *m)
{
	while (m->clips_released) {
		struct clip *next = m->clips_released->next;
		mem_free(m->clips_released);
		m->clips_released = next;
	}
	while (m->mixes_closed) {
		struct mix *next = m->mixes_closed->next;
		mem_free(m->mixes_closed);
		m->mixes_closed = next;
	}
}

void media_free(struct media *m)
{
	if (!m)
		return;
	for (uint32_t i = 0; i < m->workers; i++)
		worker_stop(m->worker[i]);
	free_legs(m);
	recorder_fini(&m->recorder);
	for (uint32_t i = 0; i < m->workers; i++) {
		worker_fini(m->worker[i]);
		mem_free(m->worker[i]);
	}
	free_entries(&m->clips);
	free_entries(&m->mixes);
	free_entries(&m->recordings);
	free_released(m);
	slots_fini(&m->legs);
	slots_fini(&m->clips);
	slots_fini(&m->mixes);
	slots_fini(&m->recordings);
	if (m->event_fd >= 0)
		close(m->event_fd);
	if (m->timing >= 0)
		close(m->timing);
	mem_free(m);
}

int media_event_fd(const struct media *m)
{
	return m->event_fd;
}

void media_signal(struct media *m)
{
	uint64_t one = 1;
	if (atomic_exchange_explicit(&m->signalled, 1, memory_order_acq_rel))
		return;
	ssize_t put = write(m->event_fd, &one, sizeof(one));
	(void)put; /* cannot be full: one write per drain */
}

static struct ring *event_ring(struct media *m, uint32_t i)
{
	return i < m->workers ? &m->worker[i]->events : &m->recorder.events;
}

/* The ring with the oldest event; NULL: all are empty. */
static struct ring *oldest(struct media *m)
{
	struct ring *best = NULL;
	uint64_t at = UINT64_MAX;
	for (uint32_t i = 0; i <= m->workers; i++) {
		struct ring *r = event_ring(m, i);
		const struct media_event *ev = ring_peek(r);
		if (ev && ev->at < at) {
			at = ev->at;
			best = r;
		}
	}
	return best;
}

static void note(struct media *m, const struct media_event *ev)
{
	if (ev->kind == MEDIA_EV_LEG_CLOSED) {
		struct leg *leg = slots_get(&m->legs, ev->handle);
		if (leg)
			leg->control.closed_seen = true;
	}
	if (ev->kind == MEDIA_EV_PLAY_DONE) {
		struct leg *leg = slots_get(&m->legs, ev->handle);
		if (leg && leg->control.lists)
			media_leg_sweep(leg);
	}
	if (ev->kind == MEDIA_EV_REC_DONE) {
		struct recording *rec = slots_get(&m->recordings, ev->handle);
		struct leg *leg = slots_get(&m->legs, rec->leg);
		if (leg && leg->control.recording == rec->handle)
			leg->control.recording = 0;
		slots_remove(&m->recordings, ev->handle);
		mem_free(rec);
	}
}

size_t media_drain(struct media *m, struct media_event *out, size_t max)
{
	uint64_t cleared;
	size_t n = 0;
	struct ring *r = NULL;
	/* First the descriptor, then the flag, then the rings: an event pushed at any point between is either drained
	 * here or announced by its producer afterwards. */
	ssize_t got = read(m->event_fd, &cleared, sizeof(cleared));
	(void)got;
	atomic_exchange_explicit(&m->signalled, 0, memory_order_acq_rel);
	while (n < max && (r = oldest(m))) {
		out[n] = *(const struct media_event *)ring_peek(r);
		ring_pop(r);
		note(m, &out[n++]);
	}
	if (n == max && oldest(m))
		media_signal(m);
	media_sweep(m);
	media_balance(m);
	return n;
}

void media_sweep(struct media *m)
{
	for (struct clip **p = &m->clips_released; *p;) {
		struct clip *c = *p;
		if (clip_idle(c)) {
			*p = c->next;
			mem_free(c);
		} else {
			p = &c->next;
		}
	}
	for (struct mix **p = &m->mixes_closed; *p;) {
		struct mix *x = *p;
		if (atomic_load_explicit(&x->retired, memory_order_acquire)) {
			*p = x->next;
			mem_free(x);
		} else {
			p = &x->next;
		}
	}
}

static uint64_t writer_cpu_ns(const struct recorder *r)
{
	clockid_t clock;
	struct timespec ts = {0};
	if (!r->running || pthread_getcpuclockid(r->thread, &clock) || clock_gettime(clock, &ts))
		return 0;
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void media_stats(struct media *m, struct media_stats *out)
{
	memset(out, 0, sizeof(*out));
	out->workers = m->workers;
	out->legs = m->legs.used;
	out->recordings = m->recordings.used;
	out->clips = m->clips.used;
	for (uint32_t i = 0; i < m->workers; i++) {
		const struct worker *w = m->worker[i];
		uint64_t tick_us = counter_get(&w->max_tick_ns) / 1000;
		out->rx_packets += counter_get(&w->rx_packets);
		out->tx_packets += counter_get(&w->tx_packets);
		out->forwarded += counter_get(&w->forwarded);
		out->tx_errors += counter_get(&w->tx_errors);
		out->late_ticks += counter_get(&w->late_ticks);
		out->events_dropped += counter_get(&w->events_dropped);
		out->max_tick_us = tick_us > out->max_tick_us ? tick_us : out->max_tick_us;
		out->cpu_ns += worker_cpu_ns(w);
	}
	out->cpu_ns += writer_cpu_ns(&m->recorder);
	out->rec_bytes = counter_get(&m->recorder.bytes);
	out->rec_dropped_frames = counter_get(&m->recorder.dropped);
	out->rec_errors = counter_get(&m->recorder.errors);
}

int media_worker_stats(struct media *m, uint32_t worker, struct media_worker_stats *out)
{
	if (worker >= m->workers)
		return -ENOENT;
	const struct worker *w = m->worker[worker];
	*out = (struct media_worker_stats){.legs = w->control_legs,
					   .priority = atomic_load_explicit(&w->priority, memory_order_relaxed),
					   .rx_packets = counter_get(&w->rx_packets),
					   .tx_packets = counter_get(&w->tx_packets),
					   .forwarded = counter_get(&w->forwarded),
					   .tx_errors = counter_get(&w->tx_errors),
					   .events_dropped = counter_get(&w->events_dropped),
					   .late_ticks = counter_get(&w->late_ticks),
					   .max_tick_us = counter_get(&w->max_tick_ns) / 1000,
					   .cpu_ns = worker_cpu_ns(w)};
	for (unsigned i = 0; i < MEDIA_SLOTS; i++)
		out->slots[i] = atomic_load_explicit(&w->slots[i], memory_order_relaxed);
	for (unsigned i = 0; i < MEDIA_DELAYS; i++)
		out->delays[i] = counter_get(&w->delays[i]);
	return 0;
}
