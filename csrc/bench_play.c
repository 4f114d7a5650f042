/** bench_play.c  CPU time of playing: N legs hear one clip, 50 packets of G.711 a second each, real sockets on loopback.
 *
 *      bench_play [legs [seconds [rounds]]]           default 500 4 3; a round runs all
 *
 *  CPU is that of the worker (user and system). The floor is the send() calls alone, on connected sockets, of the same
 *  packets in the same run. What it does not show: network cards, files being decoded. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "switchroom.h"

enum { LEGS_MAX = 4000, PACKET = 172, PER_SECOND = 50, CLIP = 8000 * 7, ROUNDS_MAX = 15 };

struct end {
	int fd; /* the far end's socket: nobody reads it, the kernel drops what does not fit */
	struct net_addr address, leg_address;
	uint64_t leg;
};

static struct end ends[LEGS_MAX];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in kernel_address(const struct net_addr *a)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(a->port)};
	memcpy(&sa.sin_addr, a->ip, 4);
	return sa;
}

static double clock_s(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void open_end(struct end *e)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sa);
	int room = 4096;
	e->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (e->fd < 0 || bind(e->fd, (const struct sockaddr *)&sa, len) ||
	    getsockname(e->fd, (struct sockaddr *)&sa, &len))
		die("socket");
	setsockopt(e->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	e->address = (struct net_addr){.family = ADDR_V4, .port = ntohs(sa.sin_port), .ip = {127, 0, 0, 1}};
}

/* A leg that has locked its source: it sends on a connected socket. */
static void open_leg(struct media *m, struct end *e)
{
	struct leg_opts o = {.worker = 0};
	struct leg_remote r = {
		.rtp = e->address, .codec = CODEC_PCMA, .te_pt = 255, .dir = DIR_SENDRECV, .ptime_ms = 20};
	uint8_t packet[PACKET] = {0x80, CODEC_PCMA};
	if (media_leg_open(m, &o, &e->leg, &e->leg_address) || media_leg_remote(m, e->leg, &r))
		die("leg");
	struct sockaddr_in to = kernel_address(&e->leg_address);
	if (sendto(e->fd, packet, sizeof(packet), 0, (const struct sockaddr *)&to, sizeof(to)) < 0)
		die("sendto");
}

/* us of CPU per leg and second. */
static double floor_cost(unsigned legs, unsigned seconds)
{
	uint8_t packet[PACKET] = {0x80};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	double from = clock_s(CLOCK_THREAD_CPUTIME_ID);
	unsigned sent = 0;
	for (unsigned i = 0; i < legs; i++) {
		struct sockaddr_in to = kernel_address(&ends[i].address);
		if (connect(fd, (const struct sockaddr *)&to, sizeof(to)))
			die("connect");
		for (unsigned k = 0; k < PER_SECOND * seconds; k++)
			sent += send(fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_NOSIGNAL) == PACKET;
	}
	double cpu = clock_s(CLOCK_THREAD_CPUTIME_ID) - from;
	close(fd);
	return cpu * 1e6 * PER_SECOND / (sent ? sent : 1);
}

static double play_cost(struct media *m, unsigned legs, unsigned seconds, uint64_t clip, int gain_cdb)
{
	struct play_item item = {.clip = clip, .loops = 1};
	struct play_opts o = {.tag = 1, .loops = 0, .gain_cdb = (int16_t)gain_cdb};
	struct media_event ev[256];
	struct media_stats before, after;
	for (unsigned i = 0; i < legs; i++) {
		o.start = i * 131 % CLIP;
		if (media_play_list(m, ends[i].leg, &item, 1, &o))
			die("play");
		if (i % 100 == 99)
			usleep(20000); /* they start at all ticks of a frame */
	}
	usleep(500000);
	media_stats(m, &before);
	usleep(seconds * 1000000);
	media_stats(m, &after);
	for (unsigned i = 0; i < legs; i++)
		media_stop_play(m, ends[i].leg);
	usleep(200000);
	while (media_drain(m, ev, 256))
		;
	double sent = (double)(after.tx_packets - before.tx_packets);
	return (double)(after.cpu_ns - before.cpu_ns) * 1e-3 * PER_SECOND / (sent > 0 ? sent : 1);
}

static int rising(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *x, unsigned n)
{
	qsort(x, n, sizeof(*x), rising);
	return x[n / 2];
}

int main(int argc, char **argv)
{
	unsigned legs = argc > 1 ? (unsigned)atoi(argv[1]) : 500;
	unsigned seconds = argc > 2 ? (unsigned)atoi(argv[2]) : 4;
	unsigned rounds = argc > 3 ? (unsigned)atoi(argv[3]) : 3;
	struct media_opts o = {.workers = 1,
			       .address = {.family = ADDR_V4, .ip = {127, 0, 0, 1}},
			       .port_min = 20000,
			       .port_max = 29999,
			       .max_legs = LEGS_MAX};
	struct rlimit files = {3 * LEGS_MAX + 100, 3 * LEGS_MAX + 100};
	static int16_t pcm[CLIP];
	double bare[ROUNDS_MAX], plain[ROUNDS_MAX], soft[ROUNDS_MAX];
	struct media *m;
	uint64_t clip;
	if (legs == 0 || legs > LEGS_MAX || seconds == 0 || rounds == 0 || rounds > ROUNDS_MAX)
		return 2;
	setrlimit(RLIMIT_NOFILE, &files);
	for (int i = 0; i < CLIP; i++)
		pcm[i] = (int16_t)(i * 37 % 20000 - 10000);
	if (media_init(&m, &o) || media_clip_pcm(m, pcm, CLIP, &clip))
		die("media");
	for (unsigned i = 0; i < legs; i++) {
		open_end(&ends[i]);
		open_leg(m, &ends[i]);
	}
	for (unsigned r = 0; r < rounds; r++) {
		bare[r] = floor_cost(legs, 1);
		plain[r] = play_cost(m, legs, seconds, clip, 0);
		soft[r] = play_cost(m, legs, seconds, clip, -600);
	}
	printf("{\"legs\": %u, \"floor_us\": %.2f, \"play_us\": %.2f, \"soft_us\": %.2f}\n", legs, median(bare, rounds),
	       median(plain, rounds), median(soft, rounds));
	media_free(m);
	return 0;
}
