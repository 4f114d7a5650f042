/** blaster.c  The load: so many legs, each 50 packets of G.711 a second at its own moment of the 20 ms; all that comes
 *  back is counted, and its delay if it carries a time of ours.
 *
 *      blaster LEGS talk|listen [JITTER_MS [DRIFT_PPM]]
 *
 *  JITTER_MS: each packet leaves up to so much later or earlier. DRIFT_PPM: half of the legs run fast by it, half slow.
 *  Commands: `measure` counts from now on, `stop` ends the talking, `report` prints what was counted as JSON. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "yardstick/net.h"

enum { WHEEL = 64, BUCKETS = 50000, BUCKET_NS = 10000, NOBODY = -1 };

struct leg {
	int fd;
	uint16_t seq;
	double due; /* ms since the start; without jitter */
	int next;   /* in a bucket of the wheel */
};

static struct leg legs[LEGS_MAX];
static int wheel[WHEEL];
static unsigned n_legs, jitter_ms, drift_ppm;
static bool talking, measuring;
static uint32_t delays[BUCKETS];
static uint64_t sent, timed, received, late_ms, delay_max;

static void schedule(unsigned i)
{
	unsigned j = jitter_ms ? (unsigned)rand() % (2 * jitter_ms + 1) : 0;
	unsigned at = (unsigned)(legs[i].due + j) % WHEEL;
	legs[i].next = wheel[at];
	wheel[at] = (int)i;
}

/* Noise in the rhythm of speech, so that detectors have work: 300 ms on, 160 ms off. mu-law. */
static void voice(uint8_t *out, uint16_t seq)
{
	static uint32_t state = 1;
	bool quiet = seq % 23 >= 15;
	for (unsigned i = 0; i < PACKET - HEADER; i++) {
		state = state * 1664525 + 1013904223;
		out[i] = quiet ? 0xff : (uint8_t)(state >> 24 & 0x8f) | 0x20;
	}
}

static void say(struct leg *leg, unsigned i)
{
	uint8_t p[PACKET] = {0x80, 0};
	uint64_t at = measuring ? now_ns() : 0;
	uint16_t seq = leg->seq++;
	uint16_t seq_wire = htons(seq);
	uint32_t ts = htonl(seq * 160u), ssrc = htonl(0x10000 + i);
	memcpy(p + 2, &seq_wire, 2);
	memcpy(p + 4, &ts, 4);
	memcpy(p + 8, &ssrc, 4);
	voice(p + HEADER, seq);
	memcpy(p + HEADER, &at, sizeof(at));
	if (send(leg->fd, p, sizeof(p), 0) == PACKET)
		sent += measuring;
}

static void tick(uint64_t ms)
{
	int i = wheel[ms % WHEEL];
	wheel[ms % WHEEL] = NOBODY;
	while (i != NOBODY) {
		struct leg *leg = &legs[i];
		int next = leg->next;
		if (talking)
			say(leg, (unsigned)i);
		leg->due += FRAME_MS * (1 + (i & 1 ? 1e-6 : -1e-6) * drift_ppm);
		schedule((unsigned)i);
		i = next;
	}
}

static void hear(const struct leg *leg)
{
	uint8_t p[2048];
	uint64_t at;
	ssize_t n;
	while ((n = recv(leg->fd, p, sizeof(p), 0)) > 0) {
		received += measuring;
		memcpy(&at, p + HEADER, sizeof(at));
		uint64_t now = now_ns();
		if (n != PACKET || at > now || now - at > 10000000000u)
			continue; /* not a time of ours */
		uint64_t d = now - at, bucket = d / BUCKET_NS;
		timed++;
		delays[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
		delay_max = d > delay_max ? d : delay_max;
	}
}

static double percentile_ms(double share)
{
	uint64_t sum = 0;
	unsigned i = 0;
	while (i < BUCKETS - 1 && (double)(sum += delays[i]) < share * (double)timed)
		i++;
	return (i + 1) * (double)BUCKET_NS / NS_PER_MS;
}

static void report(void)
{
	printf("{\"sent\": %llu, \"received\": %llu, \"timed\": %llu, \"p50_ms\": %.2f, \"p99_ms\": %.2f, "
	       "\"max_ms\": %.2f, \"late_ms\": %llu}\n",
	       (unsigned long long)sent, (unsigned long long)received, (unsigned long long)timed, percentile_ms(0.5),
	       percentile_ms(0.99), (double)delay_max / NS_PER_MS, (unsigned long long)late_ms);
	fflush(stdout);
}

/* false: it is over. */
static bool obey(void)
{
	char line[32];
	if (!command(line, sizeof(line)))
		return true;
	if (strcmp(line, "measure") == 0) {
		measuring = true;
		late_ms = 0;
	} else if (strcmp(line, "stop") == 0) {
		talking = measuring = false;
	} else if (strcmp(line, "report") == 0) {
		report();
	} else {
		return false;
	}
	return true;
}

static void run(int epoll)
{
	struct epoll_event ev[512];
	uint64_t start = now_ns(), ms = 0;
	int n;
	while (obey()) {
		sleep_until(start + ++ms * NS_PER_MS);
		uint64_t late = (now_ns() - start) / NS_PER_MS - ms;
		late_ms = late > late_ms ? late : late_ms;
		tick(ms);
		do {
			n = epoll_wait(epoll, ev, 512, 0);
			for (int i = 0; i < n; i++)
				hear(&legs[ev[i].data.u32]);
		} while (n == 512);
	}
}

int main(int argc, char **argv)
{
	static uint16_t ports[LEGS_MAX];
	if (argc < 3) {
		fprintf(stderr, "usage: blaster LEGS talk|listen [JITTER_MS [DRIFT_PPM]]\n");
		return 2;
	}
	n_legs = number(argv[1], 1, LEGS_MAX);
	talking = strcmp(argv[2], "talk") == 0;
	jitter_ms = argc > 3 ? number(argv[3], 0, 9) : 0;
	drift_ppm = argc > 4 ? number(argv[4], 0, 1000) : 0;
	many_files();
	int epoll = epoll_create1(0);
	for (unsigned i = 0; i < n_legs; i++) {
		legs[i].fd = udp_socket(&ports[i]);
		watch(epoll, legs[i].fd, i);
	}
	ports_print(ports, n_legs);
	ports_read(ports, n_legs);
	for (unsigned i = 0; i < WHEEL; i++)
		wheel[i] = NOBODY;
	for (unsigned i = 0; i < n_legs; i++) {
		udp_connect(legs[i].fd, ports[i]);
		legs[i].due = 1 + i % FRAME_MS;
		schedule(i);
	}
	run(epoll);
	return 0;
}
