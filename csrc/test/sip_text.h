/** sip_text.h  Messages in tests: each is parsed from a copy that ends at a guard page. */
#ifndef TEST_SIP_TEXT_H
#define TEST_SIP_TEXT_H

#include <errno.h>
#include <string.h>

#include "sip/message.h"
#include "test/test.h"

static inline struct str guarded(struct str s)
{
	return (struct str){test_guarded(s.p, s.n), s.n};
}

static inline int parse_guarded(struct sip_msg *m, struct str text)
{
	struct str s = guarded(text);
	return sip_msg_parse(m, s.p, s.n);
}

/** Parse and check. */
static inline int accept_guarded(struct sip_msg *m, struct str text)
{
	int rc = parse_guarded(m, text);
	return rc ? rc : sip_msg_check(m);
}

#define EQ(view, lit) str_eq((view), STR(lit))

#endif
