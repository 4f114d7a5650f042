/** ports.c  Port pairs. The kernel keeps the list of used ports; binding asks it. */
#include "media/ports.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "media/address.h"

/* The kernel doubles it and charges ~768 bytes for a G.711 packet: about 5 s of audio, for a machine that pauses.
 * It takes memory only for what waits. */
enum { RECEIVE_BUFFER = 96 * 1024, DSCP_EF = 0xb8 };

int ports_init(struct ports *p, uint16_t min, uint16_t max)
{
	unsigned first = (min + 1u) & ~1u;
	if (min == 0 || first + 1 > max)
		return -EINVAL;
	*p = (struct ports){.first = (uint16_t)first, .pairs = (uint16_t)((max - first + 1) / 2)};
	return 0;
}

static int bind_one(const struct net_addr *address, uint16_t port, int *fd)
{
	struct net_addr a = *address;
	struct sockaddr_storage sa;
	a.port = port;
	socklen_t len = address_to_kernel(&sa, &a);
	if (len == 0)
		return -EINVAL;
	*fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return -errno;
	if (bind(*fd, (const struct sockaddr *)&sa, len) == 0)
		return 0;
	int err = -errno;
	close(*fd);
	return err;
}

/* From now on the kernel notes when a packet came; round.c asks for it. */
static void note_times(int fd)
{
	struct timespec none;
	(void)ioctl(fd, SIOCGSTAMPNS, &none);
}

int ports_timing(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		note_times(fd);
	return fd;
}

/* Best effort: without them audio flows too. */
static void tune(const struct net_addr *address, int fd)
{
	int size = RECEIVE_BUFFER, tos = DSCP_EF;
	note_times(fd);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (address->family == ADDR_V4)
		(void)setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	else
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
}

static int bind_pair(const struct net_addr *address, uint16_t port, struct port_pair *out)
{
	int err = bind_one(address, port, &out->rtp);
	if (err)
		return err;
	err = bind_one(address, (uint16_t)(port + 1), &out->rtcp);
	if (err) {
		close(out->rtp);
		return err;
	}
	out->port = port;
	tune(address, out->rtp);
	tune(address, out->rtcp);
	return 0;
}

int ports_open(struct ports *p, const struct net_addr *address, struct port_pair *out)
{
	for (uint16_t i = 0; i < p->pairs; i++) {
		uint16_t port = (uint16_t)(p->first + 2 * p->next);
		p->next = (uint16_t)((p->next + 1) % p->pairs);
		int err = bind_pair(address, port, out);
		if (err != -EADDRINUSE)
			return err;
	}
	return -EADDRINUSE;
}

void ports_close(const struct port_pair *pair)
{
	close(pair->rtp);
	close(pair->rtcp);
}
