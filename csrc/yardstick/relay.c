/** relay.c  The floor: a relay that only forwards, in the two cheapest designs. No RTP, no statistics, no control.
 *
 *      relay LEGS tick|slots
 *
 *  tick:  1 ms tick, one edge-triggered epoll_wait over connected sockets, drain what is ready.
 *  slots: 1 ms tick, every leg is read once in 20 ms, no epoll: cheapest, at the price of 10 ms delay.
 *  Legs 2i and 2i+1 are a call. */
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "yardstick/net.h"

static int fd[LEGS_MAX];
static unsigned legs;

static void forward(unsigned leg)
{
	uint8_t p[2048];
	ssize_t n;
	while ((n = recv(fd[leg], p, sizeof(p), 0)) > 0)
		(void)send(fd[leg ^ 1], p, (size_t)n, 0);
}

/* Not more than one in a visit: the second receive, of an empty socket, is what this design saves. */
static void forward_one(unsigned leg)
{
	uint8_t p[2048];
	ssize_t n = recv(fd[leg], p, sizeof(p), 0);
	if (n > 0)
		(void)send(fd[leg ^ 1], p, (size_t)n, 0);
}

static void forward_ready(int epoll)
{
	struct epoll_event ev[512];
	int n;
	do {
		n = epoll_wait(epoll, ev, 512, 0);
		for (int i = 0; i < n; i++)
			forward(ev[i].data.u32);
	} while (n == 512);
}

int main(int argc, char **argv)
{
	static uint16_t own[LEGS_MAX], far[LEGS_MAX];
	char line[16];
	if (argc < 3) {
		fprintf(stderr, "usage: relay LEGS tick|slots\n");
		return 2;
	}
	legs = number(argv[1], 2, LEGS_MAX);
	bool slots = strcmp(argv[2], "slots") == 0;
	many_files();
	printf("ready\n");
	fflush(stdout);
	ports_read(far, legs);
	int epoll = epoll_create1(0);
	for (unsigned i = 0; i < legs; i++) {
		fd[i] = udp_socket(&own[i]);
		udp_connect(fd[i], far[i]);
		if (!slots)
			watch(epoll, fd[i], i);
	}
	ports_print(own, legs);
	uint64_t start = now_ns(), ms = 0;
	while (ms % 64 || !command(line, sizeof(line))) {
		sleep_until(start + ++ms * NS_PER_MS);
		for (unsigned i = (unsigned)(ms % FRAME_MS); slots && i < legs; i += FRAME_MS)
			forward_one(i);
		if (!slots)
			forward_ready(epoll);
	}
	return 0;
}
