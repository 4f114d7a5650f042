/** leg.c  Making and freeing legs, on the control thread. */
#include "media/leg.h"

#include <sys/random.h>
#include <unistd.h>

#include "base/mem.h"
#include "media/fork.h"
#include "media/coder.h"
#include "media/ports.h"

struct leg *leg_new(const struct port_pair *sockets, uint64_t tag, uint32_t silence_ms)
{
	uint32_t start[3] = {0};
	struct leg *leg = mem_zalloc(sizeof(*leg));
	if (!leg)
		return NULL;
	/* RFC 3550 5.1: SSRC, first sequence number and timestamp are random. */
	if (getrandom(start, sizeof(start), 0) < 0)
		start[0] = (uint32_t)sockets->port;
	/* RFC 3711 3.3.1: a start below 2^15 leaves no doubt about the rollover counter when first packets are lost. */
	rtp_sender_init(&leg->tx, start[0], (uint16_t)(start[1] & 0x7fff), start[2]);
	leg->tag = tag;
	leg->rtp_fd = sockets->rtp;
	leg->rtcp_fd = sockets->rtcp;
	leg->codec = CODEC_NONE;
	leg->te_pt = 255;
	leg->dir = DIR_SENDRECV;
	leg->pt = leg->own_pt = 255;
	leg->speed = leg->te_speed = 1;
	leg->interval = 20;
	leg->silence_ms = silence_ms;
	leg->stats.local_port = sockets->port;
	atomic_init(&leg->owner, OWNER_NOBODY);
	return leg;
}

static void free_rings(struct pcm_ring *r)
{
	while (r) {
		struct pcm_ring *older = r->older;
		mem_free(r);
		r = older;
	}
}

static void free_lists(struct playlist *l)
{
	while (l) {
		struct playlist *older = l->older;
		mem_free(l);
		l = older;
	}
}

static void free_coders(struct coder *c)
{
	while (c) {
		struct coder *older = c->older;
		mem_free(c);
		c = older;
	}
}

void leg_free(struct leg *leg)
{
	if (leg->rtp_fd >= 0)
		close(leg->rtp_fd);
	if (leg->rtcp_fd >= 0)
		close(leg->rtcp_fd);
	secure_free(leg);
	free_rings(leg->control.retired);
	free_lists(leg->control.lists);
	mem_free(leg->control.tap);
	mem_free(leg->control.sink);
	fork_free(leg->control.fork);
	fork_free(leg->control.forks_retired);
	mem_free(leg->control.measure);
	free_coders(leg->control.coders);
	mem_free(leg->amd);
	mem_free(leg->beep);
	mem_free(leg->playout);
	mem_free(leg->mix_input);
	mem_free(leg->keypad);
	mem_free(leg->mix_wide);
	mem_free(leg);
}
