/** outbox.c  See outbox.h. */
#include "sip/outbox.h"

#include <errno.h>

#include "base/mem.h"
#include "sip/message.h"

int outbox_init(struct outbox *o, uint32_t max_calls)
{
	*o = (struct outbox){.event_cap = OUTBOX_EVENTS + max_calls};
	o->arena = mem_alloc(OUTBOX_ARENA);
	o->tx = mem_zalloc_array(OUTBOX_TX, sizeof(*o->tx));
	o->event = mem_zalloc_array(o->event_cap, sizeof(*o->event));
	if (o->arena && o->tx && o->event)
		return 0;
	outbox_free(o);
	return -ENOMEM;
}

void outbox_free(struct outbox *o)
{
	mem_free(o->arena);
	mem_free(o->tx);
	mem_free(o->event);
	*o = (struct outbox){0};
}

void outbox_recycle(struct outbox *o)
{
	if (o->tx_head != o->tx_n || o->event_head != o->event_n)
		return;
	o->n = 0;
	o->tx_head = o->tx_n = 0;
	o->event_head = o->event_n = 0;
}

bool outbox_has_room(const struct outbox *o, size_t n, uint32_t calls)
{
	return OUTBOX_ARENA - o->n >= 4 * n + ((size_t)4 * SIP_MSG_MAX) && OUTBOX_TX - o->tx_n >= OUTBOX_PER_INPUT &&
	       o->event_cap - o->event_n >= calls + OUTBOX_PER_INPUT;
}

void outbox_begin(const struct outbox *o, struct build *b)
{
	size_t room = OUTBOX_ARENA - o->n;
	build_init(b, o->arena + o->n, room < SIP_MSG_MAX ? room : SIP_MSG_MAX);
}

struct str outbox_commit(struct outbox *o, const struct build *b)
{
	if (!build_ok(b))
		return STR_NONE;
	struct str s = {b->p, b->n};
	o->n += b->n;
	return s;
}

struct str outbox_copy(struct outbox *o, struct str s)
{
	if (s.n == 0 || OUTBOX_ARENA - o->n < s.n)
		return STR_NONE;
	char *p = o->arena + o->n;
	memcpy(p, s.p, s.n);
	o->n += s.n;
	return (struct str){p, s.n};
}

bool outbox_send(struct outbox *o, uint32_t flow, const struct net_addr *dst, struct str data)
{
	if (data.n == 0 || o->tx_n == OUTBOX_TX)
		return false;
	o->tx[o->tx_n++] = (struct sip_tx){flow, *dst, data.p, data.n};
	return true;
}

struct sip_event *outbox_event(struct outbox *o)
{
	struct sip_event *e = &o->event[o->event_n++];
	memset(e, 0, sizeof(*e));
	return e;
}
