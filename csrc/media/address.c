/** address.c  Socket addresses. */
#include "media/address.h"

#include <netinet/in.h>
#include <string.h>

socklen_t address_to_kernel(struct sockaddr_storage *out, const struct net_addr *a)
{
	memset(out, 0, sizeof(*out));
	if (a->family == ADDR_V4) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)out;
		v4->sin_family = AF_INET;
		v4->sin_port = htons(a->port);
		memcpy(&v4->sin_addr, a->ip, 4);
		return sizeof(*v4);
	}
	if (a->family == ADDR_V6) {
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(a->port);
		memcpy(&v6->sin6_addr, a->ip, 16);
		return sizeof(*v6);
	}
	return 0;
}

void address_from_kernel(struct net_addr *out, const struct sockaddr_storage *sa)
{
	memset(out, 0, sizeof(*out));
	if (sa->ss_family == AF_INET) {
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)sa;
		out->family = ADDR_V4;
		out->port = ntohs(v4->sin_port);
		memcpy(out->ip, &v4->sin_addr, 4);
	} else if (sa->ss_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)sa;
		out->family = ADDR_V6;
		out->port = ntohs(v6->sin6_port);
		memcpy(out->ip, &v6->sin6_addr, 16);
	}
}

static size_t ip_length(const struct net_addr *a)
{
	return a->family == ADDR_V4 ? 4 : a->family == ADDR_V6 ? 16 : 0;
}

bool address_same_host(const struct net_addr *a, const struct net_addr *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, ip_length(a)) == 0;
}

bool address_same(const struct net_addr *a, const struct net_addr *b)
{
	return address_same_host(a, b) && a->port == b->port;
}

bool address_usable(const struct net_addr *a)
{
	static const uint8_t zero[16];
	return a->port != 0 && ip_length(a) != 0 && memcmp(a->ip, zero, ip_length(a)) != 0;
}

static bool v4_private(const uint8_t *ip)
{
	return ip[0] == 10 || ip[0] == 127 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) ||
	       (ip[0] == 192 && ip[1] == 168) || (ip[0] == 100 && (ip[1] & 0xc0) == 64) ||
	       (ip[0] == 169 && ip[1] == 254);
}

static bool v6_private(const uint8_t *ip)
{
	static const uint8_t loopback[16] = {[15] = 1};
	return (ip[0] & 0xfe) == 0xfc || (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) || memcmp(ip, loopback, 16) == 0;
}

bool address_private(const struct net_addr *a)
{
	return a->family == ADDR_V4 ? v4_private(a->ip) : a->family == ADDR_V6 && v6_private(a->ip);
}
