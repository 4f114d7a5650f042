/** netaddr.c  IP literals: parse, print, compare. */
#include "base/netaddr.h"

#include <arpa/inet.h>
#include <errno.h>

#include "base/str.h"

static bool parse_v4(uint8_t ip[16], struct str s)
{
	size_t at = 0;
	for (int i = 0; i < 4; i++) {
		unsigned v = 0;
		size_t start = at;
		while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9' && at - start < 3)
			v = v * 10 + (unsigned)(s.p[at++] - '0');
		/* no empty part, and no leading zero, which some readers take for octal */
		if (at == start || v > 255 || (at - start > 1 && s.p[start] == '0'))
			return false;
		ip[i] = (uint8_t)v;
		if (i < 3 && (at == s.n || s.p[at++] != '.'))
			return false;
	}
	return at == s.n;
}

static bool parse_v6(uint8_t ip[16], struct str s)
{
	char z[INET6_ADDRSTRLEN];
	if (s.n >= sizeof z || memchr(s.p, '\0', s.n))
		return false;
	memcpy(z, s.p, s.n);
	z[s.n] = '\0';
	return inet_pton(AF_INET6, z, ip) == 1;
}

int net_addr_parse(struct net_addr *a, struct str host, uint16_t port)
{
	*a = (struct net_addr){.port = port};
	if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = (struct str){host.p + 1, host.n - 2};
	else if (host.n && parse_v4(a->ip, host)) {
		a->family = ADDR_V4;
		return 0;
	}
	if (host.n == 0 || !parse_v6(a->ip, host)) {
		*a = (struct net_addr){0};
		return -EINVAL;
	}
	a->family = ADDR_V6;
	return 0;
}

static size_t put_uint(char *out, unsigned v)
{
	char digits[10];
	size_t n = 0, i = 0;
	do
		digits[n++] = (char)('0' + v % 10);
	while (v /= 10);
	while (n)
		out[i++] = digits[--n];
	return i;
}

static size_t put_v4(char *out, const uint8_t *ip)
{
	size_t n = 0;
	for (int i = 0; i < 4; i++) {
		if (i)
			out[n++] = '.';
		n += put_uint(out + n, ip[i]);
	}
	return n;
}

static size_t put_v6(char *out, const uint8_t *ip, bool brackets)
{
	char z[INET6_ADDRSTRLEN] = "";
	size_t n = 0;
	inet_ntop(AF_INET6, ip, z, sizeof z);
	if (brackets)
		out[n++] = '[';
	memcpy(out + n, z, strlen(z));
	n += strlen(z);
	if (brackets)
		out[n++] = ']';
	return n;
}

size_t net_addr_format(const struct net_addr *a, bool with_port, char *out)
{
	size_t n = 0;
	if (a->family == ADDR_V4)
		n = put_v4(out, a->ip);
	else if (a->family == ADDR_V6)
		n = put_v6(out, a->ip, with_port);
	else
		return 0;
	if (with_port) {
		out[n++] = ':';
		n += put_uint(out + n, a->port);
	}
	return n;
}

bool net_addr_eq(const struct net_addr *a, const struct net_addr *b)
{
	if (a->family != b->family || a->port != b->port)
		return false;
	if (a->family == ADDR_NONE)
		return true;
	return memcmp(a->ip, b->ip, a->family == ADDR_V4 ? 4 : 16) == 0;
}
