/** test_udp.c  Batches over real loopback sockets; the queue's bounds. */
#include "test/test.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/netaddr.h"
#include "base/str.h"
#include "base/udp.h"

static int open_loopback(int *fd, struct net_addr *local)
{
	struct net_addr a;
	*fd = -1;
	int rc = net_addr_parse(&a, STR("127.0.0.1"), 0);
	return rc ? rc : udp_open(&a, 1 << 20, fd, local);
}

static void close_if(int fd)
{
	if (fd >= 0)
		close(fd);
}

TEST(udp_batch_arrives_whole_in_order_with_its_source)
{
	int a = -1, b = -1, error = 0;
	uint64_t dropped = 0;
	struct net_addr at_a, at_b, src;
	struct udp_in *in = NULL;
	struct udp_out *out = NULL;
	CHECK(open_loopback(&a, &at_a) == 0 && open_loopback(&b, &at_b) == 0);
	CHECK(udp_in_init(&in) == 0 && udp_out_init(&out, 128, 65536) == 0);
	char text[24];
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "message %d", i);
		CHECK(udp_push(out, &at_b, text, strlen(text)) == 0);
	}
	CHECK(udp_send(out, a, &dropped, &error) == 0 && dropped == 0 && udp_out_waiting(out) == 0);
	for (int seen = 0; seen < 100;) {
		struct pollfd p = {.fd = b, .events = POLLIN};
		CHECK(poll(&p, 1, 2000) == 1);
		int n = udp_recv(in, b);
		CHECK(n > 0 && n <= UDP_BATCH);
		for (int i = 0; i < n; i++, seen++) {
			snprintf(text, sizeof(text), "message %d", seen);
			CHECK(str_eq(udp_in_at(in, (unsigned)i, &src), str_of(text)));
			CHECK(memcmp(&src, &at_a, sizeof(src)) == 0);
		}
	}
	CHECK(udp_recv(in, b) == 0);
out:
	udp_in_free(in);
	udp_out_free(out);
	close_if(a);
	close_if(b);
}

TEST(udp_queue_refuses_when_full_and_takes_again_after_a_send)
{
	int a = -1, error = 0;
	uint64_t dropped = 0;
	struct net_addr at_a;
	struct udp_out *out = NULL;
	char kilo[1000] = {0};
	CHECK(open_loopback(&a, &at_a) == 0 && udp_out_init(&out, 4, 3000) == 0);
	for (int i = 0; i < 3; i++)
		CHECK(udp_push(out, &at_a, kilo, sizeof(kilo)) == 0);
	CHECK(udp_push(out, &at_a, kilo, 1) == -ENOBUFS);
	CHECK(udp_send(out, a, &dropped, &error) == 0);
	for (int i = 0; i < 4; i++)
		CHECK(udp_push(out, &at_a, kilo, 1) == 0);
	CHECK(udp_push(out, &at_a, kilo, 1) == -ENOBUFS);
	CHECK(udp_push(out, &(struct net_addr){0}, kilo, 1) == -EINVAL);
out:
	udp_out_free(out);
	close_if(a);
}

TEST(udp_refused_datagram_is_dropped_and_the_rest_is_sent)
{
	int a = -1, b = -1, error = 0;
	uint64_t dropped = 0;
	struct net_addr at_a, at_b, v6, src;
	struct udp_in *in = NULL;
	struct udp_out *out = NULL;
	CHECK(open_loopback(&a, &at_a) == 0 && open_loopback(&b, &at_b) == 0);
	CHECK(net_addr_parse(&v6, STR("::1"), 9) == 0);
	CHECK(udp_in_init(&in) == 0 && udp_out_init(&out, 8, 4096) == 0);
	/* An IPv6 destination on an IPv4 socket can never be sent. */
	CHECK(udp_push(out, &v6, "x", 1) == 0 && udp_push(out, &at_b, "y", 1) == 0);
	CHECK(udp_send(out, a, &dropped, &error) == 0);
	CHECK(dropped == 1 && error != 0);
	struct pollfd p = {.fd = b, .events = POLLIN};
	CHECK(poll(&p, 1, 2000) == 1 && udp_recv(in, b) == 1);
	CHECK(str_eq(udp_in_at(in, 0, &src), STR("y")));
out:
	udp_in_free(in);
	udp_out_free(out);
	close_if(a);
	close_if(b);
}

/* A connected stream socket whose peer does not read: the one way to see EAGAIN on loopback. sendmmsg
 * ignores the destination there. */
static int open_full_stream(int *fd, int *peer)
{
	static const char zeros[65536];
	int server = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sa);
	*fd = socket(AF_INET, SOCK_STREAM, 0);
	bool ok = bind(server, (struct sockaddr *)&sa, len) == 0 && listen(server, 1) == 0 &&
		  getsockname(server, (struct sockaddr *)&sa, &len) == 0 &&
		  connect(*fd, (struct sockaddr *)&sa, len) == 0;
	*peer = ok ? accept(server, NULL, NULL) : -1;
	close(server);
	while (ok && send(*fd, zeros, sizeof(zeros), MSG_DONTWAIT) > 0)
		;
	return ok && *peer >= 0 ? 0 : -1;
}

TEST(udp_what_a_full_socket_leaves_is_sent_later_in_order)
{
	int a = -1, b = -1, full = -1, peer = -1, error = 0;
	uint64_t dropped = 0;
	struct net_addr at_a, at_b, src;
	struct udp_in *in = NULL;
	struct udp_out *out = NULL;
	char data[1000], sink[65536];
	CHECK(open_loopback(&a, &at_a) == 0 && open_loopback(&b, &at_b) == 0);
	CHECK(open_full_stream(&full, &peer) == 0);
	CHECK(udp_in_init(&in) == 0 && udp_out_init(&out, 60, 60000) == 0);
	for (char i = 0; i < 60; i++) {
		memset(data, i, sizeof(data));
		CHECK(udp_push(out, &at_b, data, sizeof(data)) == 0);
	}
	CHECK(udp_send(out, full, &dropped, &error) == -EAGAIN && dropped == 0);
	/* Some room, so that some go: how many is the kernel's choice. */
	unsigned before = udp_out_waiting(out);
	while (udp_out_waiting(out) == before && read(peer, sink, sizeof(sink)) > 0)
		(void)udp_send(out, full, &dropped, &error);
	unsigned left = udp_out_waiting(out);
	CHECK(left < before);
	memset(data, 60, sizeof(data));
	CHECK(udp_push(out, &at_b, data, sizeof(data)) == 0);
	CHECK(udp_send(out, a, &dropped, &error) == 0 && dropped == 0);
	struct pollfd p = {.fd = b, .events = POLLIN};
	CHECK(poll(&p, 1, 2000) == 1 && udp_recv(in, b) == (int)left + 1);
	for (unsigned i = 0; i <= left; i++) {
		struct str s = udp_in_at(in, i, &src);
		CHECK(s.n == sizeof(data) && (unsigned)s.p[0] == 60 - left + i && s.p[0] == s.p[s.n - 1]);
	}
out:
	udp_in_free(in);
	udp_out_free(out);
	close_if(a);
	close_if(b);
	close_if(full);
	close_if(peer);
}
