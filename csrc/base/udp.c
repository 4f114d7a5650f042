/** udp.c  Batched datagrams. */
#include "base/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

union sock_addr {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct udp_in {
	struct mmsghdr msgs[UDP_BATCH];
	struct iovec iov[UDP_BATCH];
	union sock_addr from[UDP_BATCH];
	char *bytes; /* UDP_BATCH places of UDP_DATAGRAM_MAX */
};

struct udp_slot {
	size_t at, n;
	union sock_addr dst;
};

/* A list that is pushed at its end and sent from `head`. Sent empty it starts again at 0, so an unhurried
 * sender stays in the first, cache-warm pages; what a full socket leaves behind is moved to the front. */
struct udp_out {
	struct udp_slot *slots;
	char *bytes;
	size_t size, used;
	unsigned count, head, end;
	struct mmsghdr msgs[UDP_BATCH];
	struct iovec iov[UDP_BATCH];
};

static socklen_t to_sock(union sock_addr *out, const struct net_addr *a)
{
	memset(out, 0, sizeof(*out));
	if (a->family == ADDR_V4) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(a->port);
		memcpy(&out->v4.sin_addr, a->ip, 4);
		return sizeof(out->v4);
	}
	if (a->family == ADDR_V6) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons(a->port);
		memcpy(&out->v6.sin6_addr, a->ip, 16);
		return sizeof(out->v6);
	}
	return 0;
}

static void from_sock(struct net_addr *out, const union sock_addr *s)
{
	memset(out, 0, sizeof(*out));
	if (s->any.sa_family == AF_INET) {
		out->family = ADDR_V4;
		out->port = ntohs(s->v4.sin_port);
		memcpy(out->ip, &s->v4.sin_addr, 4);
	} else if (s->any.sa_family == AF_INET6) {
		out->family = ADDR_V6;
		out->port = ntohs(s->v6.sin6_port);
		memcpy(out->ip, &s->v6.sin6_addr, 16);
	}
}

static socklen_t sock_len(const union sock_addr *s)
{
	return s->any.sa_family == AF_INET ? sizeof(s->v4) : sizeof(s->v6);
}

/* ---------------------------------------------------------------------- in */

int udp_in_init(struct udp_in **out)
{
	struct udp_in *u = mem_zalloc(sizeof(*u));
	if (!u)
		return -ENOMEM;
	u->bytes = mem_alloc((size_t)UDP_BATCH * UDP_DATAGRAM_MAX);
	if (!u->bytes) {
		mem_free(u);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < UDP_BATCH; i++) {
		u->iov[i].iov_base = u->bytes + (size_t)i * UDP_DATAGRAM_MAX;
		u->iov[i].iov_len = UDP_DATAGRAM_MAX;
		u->msgs[i].msg_hdr.msg_iov = &u->iov[i];
		u->msgs[i].msg_hdr.msg_iovlen = 1;
		u->msgs[i].msg_hdr.msg_name = &u->from[i];
	}
	*out = u;
	return 0;
}

void udp_in_free(struct udp_in *u)
{
	if (!u)
		return;
	mem_free(u->bytes);
	mem_free(u);
}

int udp_recv(struct udp_in *u, int fd)
{
	for (unsigned i = 0; i < UDP_BATCH; i++)
		u->msgs[i].msg_hdr.msg_namelen = sizeof(u->from[i]);
	int n = recvmmsg(fd, u->msgs, UDP_BATCH, MSG_DONTWAIT, NULL);
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

struct str udp_in_at(const struct udp_in *u, unsigned i, struct net_addr *src)
{
	from_sock(src, &u->from[i]);
	return (struct str){u->iov[i].iov_base, u->msgs[i].msg_len};
}

/* --------------------------------------------------------------------- out */

int udp_out_init(struct udp_out **out, unsigned count, size_t bytes)
{
	if (!count || !bytes)
		return -EINVAL;
	struct udp_out *u = mem_zalloc(sizeof(*u));
	if (!u)
		return -ENOMEM;
	u->slots = mem_zalloc_array(count, sizeof(*u->slots));
	u->bytes = mem_alloc(bytes);
	if (!u->slots || !u->bytes) {
		udp_out_free(u);
		return -ENOMEM;
	}
	u->count = count;
	u->size = bytes;
	*out = u;
	return 0;
}

void udp_out_free(struct udp_out *u)
{
	if (!u)
		return;
	mem_free(u->slots);
	mem_free(u->bytes);
	mem_free(u);
}

int udp_push(struct udp_out *u, const struct net_addr *dst, const void *data, size_t n)
{
	union sock_addr to;
	if (n > UDP_DATAGRAM_MAX || !to_sock(&to, dst))
		return -EINVAL;
	if (u->end == u->count || n > u->size - u->used)
		return -ENOBUFS;
	u->slots[u->end++] = (struct udp_slot){.at = u->used, .n = n, .dst = to};
	if (n)
		memcpy(u->bytes + u->used, data, n);
	u->used += n;
	return 0;
}

static unsigned gather(struct udp_out *u)
{
	unsigned n = udp_out_waiting(u) < UDP_BATCH ? udp_out_waiting(u) : UDP_BATCH;
	for (unsigned i = 0; i < n; i++) {
		struct udp_slot *s = &u->slots[u->head + i];
		u->iov[i] = (struct iovec){u->bytes + s->at, s->n};
		u->msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &s->dst,
			.msg_namelen = sock_len(&s->dst),
			.msg_iov = &u->iov[i],
			.msg_iovlen = 1,
		};
	}
	return n;
}

/* Room for more behind what is still waiting. */
static void close_ranks(struct udp_out *u)
{
	if (!u->head)
		return;
	size_t from = u->head < u->end ? u->slots[u->head].at : u->used;
	u->end -= u->head;
	u->used -= from;
	memmove(u->slots, u->slots + u->head, u->end * sizeof(*u->slots));
	memmove(u->bytes, u->bytes + from, u->used);
	for (unsigned i = 0; i < u->end; i++)
		u->slots[i].at -= from;
	u->head = 0;
}

int udp_send(struct udp_out *u, int fd, uint64_t *dropped, int *error)
{
	int rc = 0;
	while (rc == 0 && u->head < u->end) {
		int n = sendmmsg(fd, u->msgs, gather(u), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			u->head += (unsigned)n;
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			rc = -EAGAIN;
		} else if (errno != EINTR) { /* of the first one; the rest are tried again without it */
			*error = errno;
			++*dropped;
			u->head++;
		}
	}
	close_ranks(u);
	return rc;
}

unsigned udp_out_waiting(const struct udp_out *u)
{
	return u->end - u->head;
}

/* ------------------------------------------------------------------ socket */

int udp_open(const struct net_addr *bind_to, int rcvbuf, int *out_fd, struct net_addr *local)
{
	union sock_addr sa;
	socklen_t len = to_sock(&sa, bind_to);
	if (!len)
		return -EINVAL;
	int fd = socket(sa.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* FORCE passes net.core.rmem_max where we have the right to; the plain option is the next best. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof(rcvbuf)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	union sock_addr bound;
	socklen_t bound_len = sizeof(bound);
	if (bind(fd, &sa.any, len) != 0 || getsockname(fd, &bound.any, &bound_len) != 0) {
		int e = errno;
		close(fd);
		return -e;
	}
	from_sock(local, &bound);
	*out_fd = fd;
	return 0;
}
