/** net.c  Sockets on loopback, lines on standard input and output. */
#include "yardstick/net.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

uint64_t now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void sleep_until(uint64_t ns)
{
	struct timespec ts = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

void many_files(void)
{
	struct rlimit files;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

static struct sockaddr_in loopback(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

int udp_socket(uint16_t *port)
{
	struct sockaddr_in a = loopback(0);
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) || getsockname(fd, (struct sockaddr *)&a, &len))
		die("socket");
	*port = ntohs(a.sin_port);
	return fd;
}

void udp_connect(int fd, uint16_t port)
{
	struct sockaddr_in a = loopback(port);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
		die("connect");
}

void watch(int epoll, int fd, uint32_t word)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET, .data.u32 = word};
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev))
		die("epoll_ctl");
}

void ports_print(const uint16_t *ports, unsigned n)
{
	printf("ports");
	for (unsigned i = 0; i < n; i++)
		printf(" %u", ports[i]);
	printf("\n");
	fflush(stdout);
}

void ports_read(uint16_t *ports, unsigned n)
{
	if (scanf("ports") != 0)
		die("ports");
	for (unsigned i = 0; i < n; i++)
		if (scanf("%hu", &ports[i]) != 1)
			die("ports");
	if (getchar() != '\n')
		die("ports");
}

/* Commands are few and come one at a time, so nothing is left in the stream's buffer. */
bool command(char *line, size_t n)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	if (poll(&p, 1, 0) <= 0)
		return false;
	if (!fgets(line, (int)n, stdin))
		snprintf(line, n, "end");
	line[strcspn(line, "\n")] = '\0';
	return true;
}

unsigned number(const char *text, unsigned least, unsigned most)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);
	if (*end || v < least || v > most) {
		fprintf(stderr, "%s: a number from %u to %u is wanted\n", text, least, most);
		exit(2);
	}
	return (unsigned)v;
}
