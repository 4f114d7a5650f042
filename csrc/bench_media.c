/** bench_media.c  CPU time of forwarding: N bridged calls, every leg 50 packets of G.711 a second, real sockets on
 *  loopback. Three relays under the same load: a bare one (1 ms tick, one edge-triggered epoll_wait, connected
 *  sockets, no header work: the floor), the engine, the engine recording every call.
 *
 *      bench_media [calls [seconds [rounds]]]         default 500 4 3; a round runs all three
 *
 *  Load comes from a child process that sends each leg's packet at its own moment of the 20 ms, receives all and
 *  measures the delay from its send to its receive. CPU is that of the relay's threads only (user and system,
 *  pthread clocks). It does not show: network cards, jitter of real sources, transcoding. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "switchroom.h"

enum {
	CALLS_MAX = 4000,
	LEGS_MAX = 2 * CALLS_MAX,
	FRAME_MS = 20,
	PACKET = 172,
	HEADER = 12,
	BUCKETS = 20000, /* of 10 us */
	BUCKET_NS = 10000,
	WARM_UP_S = 1,
	ROUNDS_MAX = 15
};

enum phase { SETUP, RUN, DRAIN, END };

/* Between parent (relay) and child (load). */
struct shared {
	_Atomic uint32_t ready, phase;
	uint16_t load_port[LEGS_MAX], relay_port[LEGS_MAX];
	_Atomic uint64_t sent, received;
	_Atomic uint32_t delays[BUCKETS]; /* in RUN only */
	_Atomic uint64_t delay_max_ns;
};

enum relay { FLOOR, ENGINE, RECORDING, RELAYS };
static const char *const relay_name[RELAYS] = {"bare relay", "engine", "engine, recording"};

struct result {
	double us_per_packet, cpu_share, p50_ms, p99_ms, max_ms, kib_per_call;
	uint64_t packets, sent, lost, rec_dropped, late_ticks;
};

static unsigned calls = 500, seconds = 4, rounds = 3;

static void die(const char *what)
{
	fprintf(stderr, "bench_media: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;
	if (clock_gettime(clock, &ts))
		die("clock_gettime");
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void sleep_ms(unsigned ms)
{
	struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
	nanosleep(&ts, NULL);
}

static void wait_phase(const struct shared *s, uint32_t phase)
{
	while (atomic_load(&s->phase) < phase)
		sleep_ms(1);
}

static struct sockaddr_in loopback(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

static int udp_socket(uint16_t *port)
{
	struct sockaddr_in a = loopback(0);
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) || getsockname(fd, (struct sockaddr *)&a, &len))
		die("socket");
	*port = ntohs(a.sin_port);
	return fd;
}

static void connect_to(int fd, uint16_t port)
{
	struct sockaddr_in a = loopback(port);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
		die("connect");
}

static void epoll_add(int ep, int fd, uint32_t word)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET, .data.u32 = word};
	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev))
		die("epoll_ctl");
}

/* ----------------------------------------------------------------- load (child) */

struct load {
	struct shared *s;
	int ep, fd[LEGS_MAX];
	uint16_t seq[LEGS_MAX];
	unsigned legs;
};

static void load_send(struct load *l, unsigned leg, bool timed)
{
	uint8_t p[PACKET] = {0x80, 0};
	uint64_t at = timed ? now_ns(CLOCK_MONOTONIC) : 0;
	uint16_t seq = l->seq[leg]++;
	uint32_t ts = htonl(seq * 160u), ssrc = htonl(0x10000 + leg);
	p[2] = (uint8_t)(seq >> 8);
	p[3] = (uint8_t)seq;
	memcpy(p + 4, &ts, 4);
	memcpy(p + 8, &ssrc, 4);
	memcpy(p + HEADER, &at, sizeof(at));
	if (send(l->fd[leg], p, sizeof(p), 0) == PACKET)
		atomic_fetch_add_explicit(&l->s->sent, 1, memory_order_relaxed);
}

static void note_delay(struct shared *s, const uint8_t *p)
{
	uint64_t at;
	memcpy(&at, p + HEADER, sizeof(at));
	if (at == 0)
		return;
	uint64_t d = now_ns(CLOCK_MONOTONIC) - at, bucket = d / BUCKET_NS;
	atomic_fetch_add_explicit(&s->delays[bucket < BUCKETS ? bucket : BUCKETS - 1], 1, memory_order_relaxed);
	if (d > atomic_load_explicit(&s->delay_max_ns, memory_order_relaxed))
		atomic_store_explicit(&s->delay_max_ns, d, memory_order_relaxed);
}

static void load_receive(struct load *l, unsigned leg)
{
	uint8_t p[2048];
	while (recv(l->fd[leg], p, sizeof(p), 0) == PACKET) {
		atomic_fetch_add_explicit(&l->s->received, 1, memory_order_relaxed);
		note_delay(l->s, p);
	}
}

/* One millisecond: the legs of this slot. */
static void load_tick(struct load *l, uint64_t tick)
{
	uint32_t phase = atomic_load_explicit(&l->s->phase, memory_order_relaxed);
	if (phase >= DRAIN)
		return;
	for (unsigned leg = (unsigned)(tick % FRAME_MS); leg < l->legs; leg += FRAME_MS)
		load_send(l, leg, phase == RUN);
}

static void load_loop(struct load *l)
{
	struct itimerspec ms = {.it_interval.tv_nsec = 1000000, .it_value.tv_nsec = 1000000};
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint64_t tick = 0, expired;
	struct epoll_event ev[256];
	if (timer < 0 || timerfd_settime(timer, 0, &ms, NULL))
		die("timerfd");
	epoll_add(l->ep, timer, UINT32_MAX);
	while (atomic_load_explicit(&l->s->phase, memory_order_relaxed) < END) {
		int n = epoll_wait(l->ep, ev, 256, 100);
		for (int i = 0; i < n; i++) {
			if (ev[i].data.u32 != UINT32_MAX) {
				load_receive(l, ev[i].data.u32);
				continue;
			}
			if (read(timer, &expired, sizeof(expired)) == sizeof(expired))
				while (expired--)
					load_tick(l, tick++);
		}
	}
}

static void load_main(struct shared *s)
{
	static struct load l;
	l.s = s;
	l.legs = 2 * calls;
	l.ep = epoll_create1(0);
	for (unsigned i = 0; i < l.legs; i++) {
		l.fd[i] = udp_socket(&s->load_port[i]);
		epoll_add(l.ep, l.fd[i], i);
	}
	atomic_store(&s->ready, 1);
	while (atomic_load(&s->ready) < 2)
		sleep_ms(1);
	for (unsigned i = 0; i < l.legs; i++)
		connect_to(l.fd[i], s->relay_port[i]);
	load_loop(&l);
	_exit(0);
}

/* ----------------------------------------------------------------- the bare relay */

struct floor {
	struct shared *s;
	int ep, fd[LEGS_MAX];
	_Atomic uint64_t packets;
	pthread_t thread;
};

static void floor_forward(struct floor *f, unsigned leg)
{
	uint8_t p[2048];
	ssize_t n;
	while ((n = recv(f->fd[leg], p, sizeof(p), 0)) > 0) {
		(void)send(f->fd[leg ^ 1], p, (size_t)n, 0);
		atomic_store_explicit(&f->packets, atomic_load_explicit(&f->packets, memory_order_relaxed) + 1,
				      memory_order_relaxed);
	}
}

static void *floor_run(void *arg)
{
	struct floor *f = arg;
	struct epoll_event ev[512];
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	while (atomic_load_explicit(&f->s->phase, memory_order_relaxed) < END) {
		at.tv_nsec += 1000000;
		if (at.tv_nsec >= 1000000000) {
			at.tv_sec++;
			at.tv_nsec -= 1000000000;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		int n;
		do {
			n = epoll_wait(f->ep, ev, 512, 0);
			for (int i = 0; i < n; i++)
				floor_forward(f, ev[i].data.u32);
		} while (n == 512);
	}
	return NULL;
}

static void floor_start(struct floor *f, struct shared *s)
{
	f->s = s;
	f->ep = epoll_create1(EPOLL_CLOEXEC);
	atomic_store(&f->packets, 0);
	for (unsigned i = 0; i < 2 * calls; i++) {
		f->fd[i] = udp_socket(&s->relay_port[i]);
		connect_to(f->fd[i], s->load_port[i]);
		epoll_add(f->ep, f->fd[i], i);
	}
	if (pthread_create(&f->thread, NULL, floor_run, f))
		die("pthread_create");
}

static void floor_stop(struct floor *f)
{
	pthread_join(f->thread, NULL);
	for (unsigned i = 0; i < 2 * calls; i++)
		close(f->fd[i]);
	close(f->ep);
}

/* ----------------------------------------------------------------- the engine */

static long resident_kib(void)
{
	long size, pages;
	FILE *f = fopen("/proc/self/statm", "re");
	if (!f || fscanf(f, "%ld %ld", &size, &pages) != 2)
		die("/proc/self/statm");
	fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void check(int err, const char *what)
{
	errno = -err;
	if (err < 0)
		die(what);
}

/* All that was posted has been executed when a leg opened and closed behind it is closed. */
static void engine_settle(struct media *m)
{
	struct leg_opts lo = {.worker = 0};
	struct media_event ev[64];
	struct net_addr local;
	uint64_t leg;
	check(media_leg_open(m, &lo, &leg, &local), "media_leg_open");
	check(media_leg_close(m, leg), "media_leg_close");
	for (;;) {
		size_t n = media_drain(m, ev, 64);
		for (size_t i = 0; i < n; i++)
			if (ev[i].kind == MEDIA_EV_LEG_CLOSED)
				return;
		sleep_ms(1);
	}
}

static struct media *engine_start(struct shared *s, bool record, const char *folder)
{
	struct media_opts o = {.workers = 1, .max_legs = 2 * calls + 1, .port_min = 1024, .port_max = 65535};
	struct leg_opts lo = {.worker = LEG_ANY_WORKER};
	struct leg_remote r = {.codec = CODEC_PCMU, .te_pt = 101, .dir = DIR_SENDRECV, .ptime_ms = 20};
	uint64_t leg[2] = {0}, rec;
	char path[256];
	struct media *m;
	o.address = (struct net_addr){.family = ADDR_V4, .ip = {127, 0, 0, 1}};
	check(media_init(&m, &o), "media_init");
	for (unsigned i = 0; i < 2 * calls; i++) {
		struct net_addr local;
		check(media_leg_open(m, &lo, &leg[i & 1], &local), "media_leg_open");
		s->relay_port[i] = local.port;
		r.rtp = o.address;
		r.rtp.port = s->load_port[i];
		check(media_leg_remote(m, leg[i & 1], &r), "media_leg_remote");
		if (i & 1) {
			check(media_bridge(m, leg[0], leg[1]), "media_bridge");
			snprintf(path, sizeof(path), "%s/%u/%u.wav", folder, i / 2 % 16, i / 2);
			if (record)
				check(media_record_start(m, leg[0], path, i, &rec), "media_record_start");
		}
		if (i % 256 == 255) /* the command ring is not made for thousands at once */
			sleep_ms(2);
	}
	engine_settle(m);
	return m;
}

/* ----------------------------------------------------------------- one measurement */

struct probe {
	enum relay kind;
	struct media *m;
	struct floor *f;
	clockid_t floor_clock;
};

struct look {
	uint64_t cpu_ns, packets, late_ticks, at;
};

static struct look look(const struct probe *p)
{
	struct media_stats st;
	if (p->kind == FLOOR)
		return (struct look){now_ns(p->floor_clock), atomic_load(&p->f->packets), 0, now_ns(CLOCK_MONOTONIC)};
	media_stats(p->m, &st);
	return (struct look){st.cpu_ns, st.forwarded, st.late_ticks, now_ns(CLOCK_MONOTONIC)};
}

static double percentile_ms(const struct shared *s, double share)
{
	uint64_t all = 0, sum = 0;
	unsigned i = 0;
	for (unsigned b = 0; b < BUCKETS; b++)
		all += s->delays[b];
	while (i < BUCKETS - 1 && (double)(sum += s->delays[i]) < share * (double)all)
		i++;
	return (i + 1) * (double)BUCKET_NS / 1e6;
}

static void measure(struct shared *s, const struct probe *p, struct result *r)
{
	sleep_ms(WARM_UP_S * 1000);
	atomic_store(&s->phase, RUN);
	struct look a = look(p);
	sleep_ms(seconds * 1000);
	struct look b = look(p);
	atomic_store(&s->phase, DRAIN);
	sleep_ms(200);
	r->packets = b.packets - a.packets;
	r->us_per_packet = (double)(b.cpu_ns - a.cpu_ns) / 1e3 / (double)r->packets;
	r->cpu_share = (double)(b.cpu_ns - a.cpu_ns) / (double)(b.at - a.at);
	r->late_ticks = b.late_ticks - a.late_ticks;
	r->sent = atomic_load(&s->sent);
	r->lost = r->sent - atomic_load(&s->received);
	r->p50_ms = percentile_ms(s, 0.5);
	r->p99_ms = percentile_ms(s, 0.99);
	r->max_ms = (double)atomic_load(&s->delay_max_ns) / 1e6;
}

static void remove_recordings(const char *folder)
{
	char path[300];
	for (unsigned i = 0; i < calls; i++) {
		snprintf(path, sizeof(path), "%s/%u/%u.wav", folder, i % 16, i);
		unlink(path);
	}
	for (unsigned i = 0; i < 16; i++) {
		snprintf(path, sizeof(path), "%s/%u", folder, i);
		rmdir(path);
	}
	rmdir(folder);
}

static pid_t start_load(struct shared *s)
{
	pid_t child = fork();
	if (child < 0)
		die("fork");
	if (child == 0)
		load_main(s);
	while (atomic_load(&s->ready) < 1)
		sleep_ms(1);
	return child;
}

static void run(struct shared *s, enum relay kind, struct result *r)
{
	static struct floor f;
	struct probe p = {.kind = kind, .f = &f};
	const char *tmp = getenv("TMPDIR");
	char folder[128];
	snprintf(folder, sizeof(folder), "%.90s/bench-media-%d", tmp ? tmp : "/tmp", (int)getpid());
	memset(s, 0, sizeof(*s));
	pid_t child = start_load(s);
	long before = resident_kib();
	if (kind == FLOOR) {
		floor_start(&f, s);
		if (pthread_getcpuclockid(f.thread, &p.floor_clock))
			die("pthread_getcpuclockid");
	} else {
		p.m = engine_start(s, kind == RECORDING, folder);
	}
	atomic_store(&s->ready, 2);
	measure(s, &p, r);
	r->kib_per_call = (double)(resident_kib() - before) / calls;
	if (p.m) {
		struct media_stats st;
		media_stats(p.m, &st);
		r->rec_dropped = st.rec_dropped_frames + st.rec_errors;
	}
	atomic_store(&s->phase, END);
	wait_phase(s, END);
	if (kind == FLOOR)
		floor_stop(&f);
	media_free(p.m);
	waitpid(child, NULL, 0);
	if (kind == RECORDING)
		remove_recordings(folder);
}

/* ----------------------------------------------------------------- output */

static int by_cpu(const void *a, const void *b)
{
	double x = ((const struct result *)a)->us_per_packet, y = ((const struct result *)b)->us_per_packet;
	return (x > y) - (x < y);
}

static void print(enum relay kind, const struct result *r, double spread)
{
	printf("%-18s %7.2f %8.2f %7.1f%% %9llu %6llu %7.2f %7.2f %7.2f %9.1f %5llu\n", relay_name[kind],
	       r->us_per_packet, spread, r->cpu_share * 100, (unsigned long long)r->packets,
	       (unsigned long long)r->lost, r->p50_ms, r->p99_ms, r->max_ms, r->kib_per_call,
	       (unsigned long long)r->late_ticks);
}

static void print_json(struct result r[RELAYS])
{
	printf("{\"bench\": \"media\", \"calls\": %u, \"seconds\": %u, \"rounds\": %u", calls, seconds, rounds);
	static const char *const key[RELAYS] = {"floor", "engine", "recording"};
	for (unsigned k = 0; k < RELAYS; k++)
		printf(", \"%s\": {\"us_per_packet\": %.3f, \"lost\": %llu, \"p50_ms\": %.2f, \"p99_ms\": %.2f, "
		       "\"max_ms\": %.2f, \"kib_per_call\": %.1f}",
		       key[k], r[k].us_per_packet, (unsigned long long)r[k].lost, r[k].p50_ms, r[k].p99_ms, r[k].max_ms,
		       r[k].kib_per_call);
	printf("}\n");
}

static void report(struct result all[RELAYS][ROUNDS_MAX])
{
	struct result median[RELAYS];
	printf("%u bridged calls (%u legs, %u packets/s), %u s x %u rounds, medians by CPU; delay includes the load's "
	       "own\n",
	       calls, 2 * calls, 100 * calls, seconds, rounds);
	printf("%-18s %7s %8s %8s %9s %6s %7s %7s %7s %9s %5s\n", "relay", "us/pkt", "+-", "core", "packets", "lost",
	       "p50 ms", "p99 ms", "max ms", "KiB/call", "late");
	for (unsigned k = 0; k < RELAYS; k++) {
		uint64_t lost = 0, dropped = 0;
		double kib = 0; /* the largest: later rounds find the heap already grown */
		for (unsigned i = 0; i < rounds; i++) {
			lost += all[k][i].lost;
			dropped += all[k][i].rec_dropped;
			kib = all[k][i].kib_per_call > kib ? all[k][i].kib_per_call : kib;
		}
		qsort(all[k], rounds, sizeof(all[k][0]), by_cpu);
		median[k] = all[k][rounds / 2];
		median[k].lost = lost; /* of all rounds */
		median[k].rec_dropped = dropped;
		median[k].kib_per_call = kib;
		print((enum relay)k, &median[k], (all[k][rounds - 1].us_per_packet - all[k][0].us_per_packet) / 2);
	}
	printf("engine / bare relay: %.2f; recording: %+.3f ms CPU per call-second, %llu frames misplaced or errors\n",
	       median[ENGINE].us_per_packet / median[FLOOR].us_per_packet,
	       (median[RECORDING].us_per_packet - median[ENGINE].us_per_packet) * 100 / 1000,
	       (unsigned long long)median[RECORDING].rec_dropped);
	print_json(median);
}

int main(int argc, char **argv)
{
	static struct result all[RELAYS][ROUNDS_MAX];
	struct rlimit files;
	calls = argc > 1 ? (unsigned)atoi(argv[1]) : calls;
	seconds = argc > 2 ? (unsigned)atoi(argv[2]) : seconds;
	rounds = argc > 3 ? (unsigned)atoi(argv[3]) : rounds;
	if (calls < 1 || calls > CALLS_MAX || seconds < 1 || rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench_media [calls 1-%d [seconds [rounds 1-%d]]]\n", CALLS_MAX, ROUNDS_MAX);
		return 2;
	}
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s == MAP_FAILED)
		die("mmap");
	for (unsigned i = 0; i < rounds; i++)
		for (unsigned k = 0; k < RELAYS; k++)
			run(s, (enum relay)k, &all[k][i]);
	report(all);
	return 0;
}
