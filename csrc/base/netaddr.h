/** netaddr.h  IP literals: parse, print, compare. */
#ifndef BASE_NETADDR_H
#define BASE_NETADDR_H

#include "switchroom.h"

/** IPv4 or IPv6 literal (with or without brackets) to an address; -EINVAL for a host name. */
int net_addr_parse(struct net_addr *a, struct str host, uint16_t port);
/** "1.2.3.4" or "::1"; with_port: "1.2.3.4:5060", "[::1]:5060". Returns length; `out` of at least 56 bytes.
 *  Length 0: no family. */
size_t net_addr_format(const struct net_addr *a, bool with_port, char *out);
bool net_addr_eq(const struct net_addr *a, const struct net_addr *b);

#endif
