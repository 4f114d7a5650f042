/** address.h  struct net_addr to and from the kernel's socket addresses. */
#ifndef MEDIA_ADDRESS_H
#define MEDIA_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "switchroom.h"

socklen_t address_to_kernel(struct sockaddr_storage *out, const struct net_addr *a); /* 0: no family */
void address_from_kernel(struct net_addr *out, const struct sockaddr_storage *sa);
bool address_same_host(const struct net_addr *a, const struct net_addr *b);
bool address_same(const struct net_addr *a, const struct net_addr *b);
/** It can be sent to: family, port and host are set (SDP's 0.0.0.0 and port 0 mean nowhere). */
bool address_usable(const struct net_addr *a);
/** Of this machine, link or site (RFC 1918, 6598, 3927, 4193): the public network cannot send there. */
bool address_private(const struct net_addr *a);

#endif
