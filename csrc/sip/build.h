/** build.h  Text of a SIP message, appended to a caller's buffer. Overflow is remembered, not acted on:
 *  append all, then ask build_ok() once. */
#ifndef SIP_BUILD_H
#define SIP_BUILD_H

#include "base/str.h"

struct build {
	char *p;
	size_t cap, n;
	bool full;
};

static inline void build_init(struct build *b, char *p, size_t cap)
{
	*b = (struct build){p, cap, 0, false};
}
static inline bool build_ok(const struct build *b)
{
	return !b->full;
}
void build_str(struct build *b, struct str s);
void build_lit(struct build *b, const char *z); /* NUL-terminated */
void build_uint(struct build *b, uint64_t v);
void build_hex(struct build *b, uint64_t v, unsigned digits);
void build_addr(struct build *b, const struct net_addr *a, bool with_port); /* IPv6 in brackets */
/** Header line "Name: value\r\n". A value with folds is written on one line. */
void build_header(struct build *b, const char *name, struct str value);
/** Ends the message: Content-Length, empty line, body; `type` NULL or empty body: no Content-Type. */
void build_body(struct build *b, const char *type, struct str body);

#endif
