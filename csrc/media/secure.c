/** secure.c  Keys of a leg: made on the control thread, used by the worker, given back to be freed. */
#include <errno.h>
#include <string.h>

#include "media/engine.h"
#include "rtp/srtp.h"

/* What was sealed under the old key may be so late after the first packet under the new one. */
#define OVERLAP_NS 2000000000u

/* ------------------------------------------------------------------- worker */

static void retire(struct srtp_way **slot)
{
	if (*slot)
		atomic_store_explicit(&(*slot)->retired, true, memory_order_release);
	*slot = NULL;
}

static void change_receiver(struct leg *leg, struct srtp_way *receiver)
{
	if (receiver == leg->receiver)
		return;
	retire(&leg->old_receiver);
	if (receiver)
		leg->old_receiver = leg->receiver;
	else
		retire(&leg->receiver);
	leg->receiver = receiver;
	leg->old_until = 0;
}

void leg_secure(struct leg *leg, struct srtp_way *receiver, struct srtp_way *sender)
{
	change_receiver(leg, receiver);
	if (sender != leg->sender)
		retire(&leg->sender);
	leg->sender = sender;
	leg->stats.encrypted = receiver ? receiver->key.suite : SRTP_NONE;
}

static int open_by(struct srtp_way *way, uint8_t *data, size_t *n, bool rtcp)
{
	return rtcp ? srtp_way_open_rtcp(way, data, n) : srtp_way_open(way, data, n);
}

/* While the far side changes over either key may be right; a failed try spoils the packet. */
static int open_by_either(struct worker *w, struct leg *leg, uint8_t *data, size_t *n, bool rtcp)
{
	size_t length = *n;
	memcpy(w->scratch, data, length);
	int err = open_by(leg->receiver, data, n, rtcp);
	if (!err && leg->old_until == 0)
		leg->old_until = w->now + OVERLAP_NS;
	if (leg->old_until && w->now > leg->old_until)
		retire(&leg->old_receiver);
	if (err != -EACCES || !leg->old_receiver)
		return err;
	memcpy(data, w->scratch, length);
	return open_by(leg->old_receiver, data, n, rtcp);
}

bool leg_open(struct worker *w, struct leg *leg, uint8_t *data, size_t *n, bool rtcp)
{
	if (!leg->receiver)
		return true;
	int err = leg->old_receiver ? open_by_either(w, leg, data, n, rtcp) : open_by(leg->receiver, data, n, rtcp);
	if (err == -EALREADY)
		leg->stats.srtp_replayed++;
	else if (err == -EBADMSG)
		leg->stats.rx_bad++;
	else if (err)
		leg->stats.srtp_bad++;
	return err == 0;
}

bool leg_seal(struct leg *leg, uint8_t *data, size_t *n, bool rtcp)
{
	if (!leg->sender)
		return true;
	return (rtcp ? srtp_way_seal_rtcp(leg->sender, data, n) : srtp_way_seal(leg->sender, data, n)) == 0;
}

/* ------------------------------------------------------------ control thread */

static int prepare(struct leg *leg, const struct srtp_key *key, bool sender, struct srtp_way **slot)
{
	struct srtp_way *way = *slot;
	if (way && srtp_way_uses(way, key))
		return 0;
	int err = sender ? srtp_way_sender(&way, key, leg->tx.ssrc) : srtp_way_receiver(&way, key);
	if (err)
		return err;
	way->older = leg->control.ways;
	leg->control.ways = *slot = way;
	return 0;
}

int secure_prepare(struct leg *leg, const struct srtp_keys *keys, struct srtp_way **receiver, struct srtp_way **sender)
{
	struct leg_control *c = &leg->control;
	secure_sweep(leg);
	if (keys) {
		/* One that was made stays with the leg when the other fails: it is freed with it. */
		int err = prepare(leg, &keys->rx, false, &c->receiver);
		err = err ? err : prepare(leg, &keys->tx, true, &c->sender);
		if (err)
			return err;
	} else {
		c->receiver = c->sender = NULL;
	}
	*receiver = c->receiver;
	*sender = c->sender;
	return 0;
}

void secure_sweep(struct leg *leg)
{
	for (struct srtp_way **p = &leg->control.ways; *p;) {
		struct srtp_way *w = *p;
		if (atomic_load_explicit(&w->retired, memory_order_acquire)) {
			*p = w->older;
			srtp_way_free(w);
		} else {
			p = &w->older;
		}
	}
}

void secure_free(struct leg *leg)
{
	while (leg->control.ways) {
		struct srtp_way *w = leg->control.ways;
		leg->control.ways = w->older;
		srtp_way_free(w);
	}
}
