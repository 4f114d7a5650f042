/** udp.h  One non-blocking UDP socket in batches: recvmmsg in, a bounded queue and sendmmsg out.
 *
 *  Serves the owner of a SIP core, which itself knows no sockets. One owner thread at a time.
 *  Datagrams going in and out are copied; views coming out are borrowed until the next udp_recv(). */
#ifndef BASE_UDP_H
#define BASE_UDP_H

#include "base/netaddr.h"
#include "switchroom.h"

enum { UDP_BATCH = 64, UDP_DATAGRAM_MAX = 65535 };

/** Received datagrams: UDP_BATCH places, shared by any number of sockets. */
struct udp_in;
int udp_in_init(struct udp_in **out);
void udp_in_free(struct udp_in *u); /* NULL is fine */
/** Read what waits on `fd`, at most UDP_BATCH. Count, 0 when nothing waits, or a negative errno. */
int udp_recv(struct udp_in *u, int fd);
/** Datagram `i` of the last udp_recv(). `src.family` is ADDR_NONE for a family we do not speak. */
struct str udp_in_at(const struct udp_in *u, unsigned i, struct net_addr *src);

/** Datagrams to send on one socket, oldest first. What the kernel does not take stays queued. */
struct udp_out;
/** Room for `count` datagrams and `bytes` of payload. Pages are touched only as the queue grows. */
int udp_out_init(struct udp_out **out, unsigned count, size_t bytes);
void udp_out_free(struct udp_out *u); /* NULL is fine */
/** -ENOBUFS: full, the datagram is not taken. -EINVAL: no such address family, or too long. */
int udp_push(struct udp_out *u, const struct net_addr *dst, const void *data, size_t n);
/** Send what is queued. 0: queue empty; -EAGAIN: some wait for the socket to be writable again.
 *  A datagram the kernel refuses for good (no route, too long for the path) is dropped; *dropped
 *  grows by one and *error is its errno. */
int udp_send(struct udp_out *u, int fd, uint64_t *dropped, int *error);
unsigned udp_out_waiting(const struct udp_out *u);

/** Bind a non-blocking socket. `rcvbuf` bytes are asked for (the kernel may give less).
 *  `local` gets the address with the port chosen. */
int udp_open(const struct net_addr *bind_to, int rcvbuf, int *fd, struct net_addr *local);

#endif
