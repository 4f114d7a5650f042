/** media_rig.c  Engines and far ends for media tests. */
#include "test/media_rig.h"

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "media/address.h"
#include "media/engine.h"
#include "media/round.h"
#include "rtp/srtp.h"

static struct net_addr loopback(uint16_t port)
{
	return (struct net_addr){.family = ADDR_V4, .port = port, .ip = {127, 0, 0, 1}};
}

static void complete(struct media_opts *o)
{
	if (o->address.family == ADDR_NONE)
		o->address = loopback(0);
	if (o->port_min == 0) { /* another start for each process: tests may run side by side */
		o->port_min = (uint16_t)(10000 + getpid() % 100 * 200);
		o->port_max = (uint16_t)(o->port_min + 1999);
	}
}

bool rig_open(struct rig *r, struct media_opts *o)
{
	struct media_opts standard = {.workers = 2, .max_legs = 64, .rec_buffer = 1 << 20};
	memset(r, 0, sizeof(*r));
	if (!o)
		o = &standard;
	complete(o);
	return media_init(&r->m, o) == 0;
}

void rig_close(struct rig *r)
{
	media_free(r->m);
	if (r->hand && r->hand->probe >= 0)
		close(r->hand->probe);
	mem_free(r->hand);
	r->m = NULL;
	r->hand = NULL;
}

static struct hand *hand_of(const struct media_clock *c)
{
	return (struct hand *)(uintptr_t)c; /* its first member */
}

static uint64_t hand_now(const struct media_clock *c)
{
	struct hand *h = hand_of(c);
	if (h->interrupt_in && --h->interrupt_in == 0)
		h->interrupt(h->arg);
	return h->now;
}

static uint64_t hand_when(const struct media_clock *c, uint64_t real)
{
	const struct hand *h = hand_of(c);
	size_t i = h->n;
	while (i > 1 && h->moment[i - 1].real > real)
		i--;
	return h->moment[i - 1].at;
}

void hand_pass(struct hand *h, uint64_t ns)
{
	if (h->n == HAND_MOMENTS) {
		h->n /= 2;
		memmove(h->moment, h->moment + h->n, h->n * sizeof(h->moment[0]));
	}
	h->now += ns;
	h->moment[h->n].real = clock_real();
	h->moment[h->n++].at = h->now;
}

/* The kernel begins to note the time of packets a moment after the first socket has asked for it. */
static bool packets_are_timed(void)
{
	struct far_end f = {.rtp = -1, .rtcp = -1};
	struct timespec ts;
	char byte = 0;
	bool timed = false;
	if (!far_sockets(&f))
		return false;
	f.leg_address = f.address;
	(void)ioctl(f.rtp, SIOCGSTAMPNS, &ts);
	for (unsigned tries = 0; !timed && tries < WAIT_MS; tries++) {
		far_raw(&f, &byte, 1);
		uint64_t sent = clock_real();
		rig_sleep(1);
		timed = recv(f.rtp, &byte, 1, 0) == 1 && ioctl(f.rtp, SIOCGSTAMPNS, &ts) == 0 &&
			(uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec <= sent;
	}
	far_close(&f);
	return timed;
}

static int bound_socket(uint8_t host, uint16_t port, uint16_t *got)
{
	struct net_addr a = loopback(port);
	a.ip[3] = host;
	struct sockaddr_storage sa;
	socklen_t len = address_to_kernel(&sa, &a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&sa, len) || getsockname(fd, (struct sockaddr *)&sa, &len)) {
		close(fd);
		return -1;
	}
	address_from_kernel(&a, &sa);
	*got = a.port;
	return fd;
}

static int probe_socket(void)
{
	struct timeval most = {.tv_sec = WAIT_MS / 1000};
	struct sockaddr_storage sa;
	uint16_t port;
	int fd = bound_socket(1, 0, &port);
	if (fd < 0)
		return -1;
	struct net_addr a = loopback(port);
	socklen_t len = address_to_kernel(&sa, &a);
	if (connect(fd, (struct sockaddr *)&sa, len) || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most)))
		perror("probe");
	return fd;
}

bool rig_open_by_hand(struct rig *r, struct media_opts *o)
{
	struct media_opts standard = {.workers = 1, .max_legs = 64, .rec_buffer = 4 << 20};
	memset(r, 0, sizeof(*r));
	if (!o)
		o = &standard;
	complete(o);
	r->hand = mem_zalloc(sizeof(*r->hand));
	if (!r->hand)
		return false;
	r->hand->probe = probe_socket();
	if (r->hand->probe < 0)
		return false;
	r->hand->clock = (struct media_clock){.now = hand_now, .when = hand_when};
	hand_pass(r->hand, clock_now());
	return media_init_by_hand(&r->m, o, &r->hand->clock) == 0 && packets_are_timed();
}

void rig_stall(struct rig *r, unsigned ms)
{
	hand_pass(r->hand, (uint64_t)ms * NS_PER_MS);
}

/* What was sent before has arrived: a busy kernel delivers a moment later, but in order. */
static void delivered(const struct hand *h)
{
	char byte = 0;
	if (send(h->probe, &byte, 1, 0) != 1 || recv(h->probe, &byte, 1, 0) != 1)
		perror("probe");
}

static void work(struct rig *r)
{
	delivered(r->hand);
	for (uint32_t i = 0; i < r->m->workers; i++)
		do
			round_run(r->m->worker[i]);
		while (r->m->worker[i]->behind);
	delivered(r->hand);
}

void rig_run(struct rig *r, unsigned ms)
{
	if (ms == 0)
		work(r);
	for (; ms; ms--) {
		hand_pass(r->hand, NS_PER_MS);
		work(r);
	}
}

/* What the writer thread does takes real time. */
static void pause_a_little(struct rig *r)
{
	struct pollfd p = {.fd = media_event_fd(r->m), .events = POLLIN};
	if (r->hand)
		rig_run(r, 1);
	poll(&p, 1, r->hand ? 1 : 200);
}

void rig_sleep(unsigned ms)
{
	struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
	nanosleep(&ts, NULL);
}

void rig_pace(uint64_t *start, unsigned step)
{
	if (*start == 0)
		*start = clock_now();
	uint64_t at = *start + (uint64_t)step * 20 * NS_PER_MS;
	struct timespec ts = {.tv_sec = (time_t)(at / 1000000000u), .tv_nsec = (long)(at % 1000000000u)};
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

bool folder_make(struct folder *f)
{
	const char *tmp = getenv("TMPDIR");
	snprintf(f->path, sizeof(f->path), "%.100s/switchroom-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(f->path))
		return false;
	snprintf(f->file, sizeof(f->file), "%s/sub/folder/rec.wav", f->path);
	return true;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

void folder_remove(const struct folder *f)
{
	nftw(f->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

uint8_t *file_read(const char *path, size_t *n)
{
	enum { MOST = 4 << 20 };
	FILE *f = fopen(path, "rbe");
	if (!f)
		return NULL;
	uint8_t *data = mem_alloc(MOST);
	*n = data ? fread(data, 1, MOST, f) : 0;
	fclose(f);
	return data;
}

static void drain(struct rig *r)
{
	r->n += media_drain(r->m, r->seen + r->n, RIG_EVENTS - r->n);
}

static bool matches(const struct media_event *ev, enum media_event_kind kind, uint64_t handle)
{
	return ev->kind == kind && (handle == 0 || ev->handle == handle);
}

static bool take(struct rig *r, enum media_event_kind kind, uint64_t handle, struct media_event *ev)
{
	for (size_t i = 0; i < r->n; i++) {
		if (!matches(&r->seen[i], kind, handle))
			continue;
		*ev = r->seen[i];
		r->n--;
		memmove(&r->seen[i], &r->seen[i + 1], (r->n - i) * sizeof(*ev));
		return true;
	}
	return false;
}

bool rig_wait(struct rig *r, enum media_event_kind kind, uint64_t handle, struct media_event *ev)
{
	uint64_t end = clock_now() + (uint64_t)WAIT_MS * NS_PER_MS;
	for (;;) {
		drain(r);
		if (take(r, kind, handle, ev))
			return true;
		if (clock_now() > end)
			return false;
		if (r->n == RIG_EVENTS) /* nobody asked for these */
			r->n = 0;
		pause_a_little(r);
	}
}

bool rig_has(struct rig *r, enum media_event_kind kind, uint64_t handle)
{
	drain(r);
	for (size_t i = 0; i < r->n; i++)
		if (matches(&r->seen[i], kind, handle))
			return true;
	return false;
}

bool rig_until(bool (*holds)(void *arg), void *arg)
{
	uint64_t end = clock_now() + (uint64_t)WAIT_MS * NS_PER_MS;
	while (!holds(arg)) {
		if (clock_now() > end)
			return false;
		rig_sleep(1);
	}
	return true;
}

struct leg_stats rig_stats(struct rig *r, uint64_t leg)
{
	struct leg_stats s = {0};
	(void)media_leg_stats(r->m, leg, &s);
	return s;
}

struct received {
	struct rig *rig;
	uint64_t leg, packets;
};

static bool has_received(void *arg)
{
	const struct received *x = arg;
	if (x->rig->hand)
		rig_run(x->rig, 1);
	return rig_stats(x->rig, x->leg).rx_packets >= x->packets;
}

bool rig_received(struct rig *r, uint64_t leg, uint64_t packets)
{
	struct received x = {r, leg, packets};
	return rig_until(has_received, &x);
}

/* A worker executes in order: a leg opened and closed behind the others' commands is closed after them. */
bool rig_settle(struct rig *r, uint64_t leg)
{
	struct leg_opts o = {.worker = media_leg_worker(r->m, leg)};
	struct media_event ev;
	struct net_addr local;
	uint64_t last;
	return media_leg_open(r->m, &o, &last, &local) == 0 && media_leg_close(r->m, last) == 0 &&
	       rig_wait(r, MEDIA_EV_LEG_CLOSED, last, &ev) && media_leg_release(r->m, last) == 0;
}

bool far_sockets(struct far_end *f)
{
	uint16_t port, above;
	uint8_t host = f->host ? f->host : 1;
	for (int tries = 0; tries < 100; tries++) {
		f->rtp = bound_socket(host, 0, &port);
		f->rtcp = port < 65535 ? bound_socket(host, (uint16_t)(port + 1), &above) : -1;
		if (f->rtp >= 0 && f->rtcp >= 0) {
			f->address = loopback(port);
			f->address.ip[3] = host;
			return true;
		}
		far_close(f);
	}
	return false;
}

static uint8_t far_pt(const struct far_end *f)
{
	return f->pt ? f->pt : f->codec;
}

struct leg_remote far_remote(const struct far_end *f)
{
	struct leg_remote remote = {.rtp = f->address,
				    .rtcp = f->address,
				    .codec = f->codec,
				    .te_pt = 101,
				    .dir = DIR_SENDRECV,
				    .ptime_ms = 20,
				    .srtp = f->keys};
	remote.rtcp.port++;
	remote.pt = far_pt(f);
	return remote;
}

bool far_describe(struct rig *r, const struct far_end *f)
{
	struct leg_remote remote = far_remote(f);
	return media_leg_remote(r->m, f->leg, &remote) == 0;
}

bool keys_make(struct srtp_keys *keys, unsigned suite)
{
	return srtp_key_make(&keys->rx, suite) == 0 && srtp_key_make(&keys->tx, suite) == 0;
}

bool far_secure(struct rig *r, struct far_end *f, const struct srtp_keys *keys)
{
	srtp_way_free(f->seal);
	srtp_way_free(f->open);
	f->seal = f->open = NULL;
	f->keys = keys;
	return srtp_way_sender(&f->seal, &keys->rx, f->ssrc) == 0 && srtp_way_receiver(&f->open, &keys->tx) == 0 &&
	       far_describe(r, f) && rig_settle(r, f->leg);
}

bool far_open(struct rig *r, struct far_end *f, enum codec codec, uint32_t worker)
{
	struct leg_opts o = {.tag = 7000 + f->ssrc, .worker = worker};
	f->codec = (uint8_t)codec;
	f->rtp = f->rtcp = -1;
	if (f->ssrc == 0)
		f->ssrc = 0x1000;
	f->seq = 100;
	f->ts = 8000;
	return far_sockets(f) && media_leg_open(r->m, &o, &f->leg, &f->leg_address) == 0 && far_describe(r, f) &&
	       rig_settle(r, f->leg);
}

void far_close(struct far_end *f)
{
	if (f->rtp > 0)
		close(f->rtp);
	if (f->rtcp > 0)
		close(f->rtcp);
	f->rtp = f->rtcp = -1;
	srtp_way_free(f->seal);
	srtp_way_free(f->open);
	f->seal = f->open = NULL;
}

void far_raw(const struct far_end *f, const void *data, size_t n)
{
	struct sockaddr_storage sa;
	socklen_t len = address_to_kernel(&sa, &f->leg_address);
	if (sendto(f->rtp, data, n, 0, (struct sockaddr *)&sa, len) < 0)
		perror("sendto");
}

void far_send(const struct far_end *f, uint8_t pt, bool marker, uint16_t seq, uint32_t ts, const void *payload,
	      size_t n)
{
	uint8_t data[2048];
	struct rtp_packet p = {.pt = pt, .marker = marker, .seq = seq, .ts = ts, .ssrc = f->ssrc};
	rtp_header(data, &p);
	memcpy(data + RTP_HEADER, payload, n);
	n += RTP_HEADER;
	if (f->seal && srtp_way_seal(f->seal, data, &n))
		return;
	far_raw(f, data, n);
}

void far_say(struct far_end *f, uint8_t fill)
{
	uint8_t payload[160];
	memset(payload, fill, sizeof(payload));
	far_send(f, far_pt(f), false, f->seq++, f->ts, payload, sizeof(payload));
	f->ts += sizeof(payload);
}

bool far_hear(const struct far_end *f, struct datagram *d, unsigned ms)
{
	struct pollfd p = {.fd = f->rtp, .events = POLLIN};
	if (poll(&p, 1, (int)ms) != 1)
		return false;
	ssize_t n = recv(f->rtp, d->data, sizeof(d->data), 0);
	if (n < 0)
		return false;
	d->n = (size_t)n;
	if (f->open && srtp_way_open(f->open, d->data, &d->n))
		return false;
	return rtp_parse(&d->rtp, d->data, d->n) == 0;
}

bool far_latch(struct rig *r, struct far_end *f)
{
	struct media_event ev;
	far_say(f, 0x55);
	return rig_wait(r, MEDIA_EV_LATCHED, f->leg, &ev);
}
