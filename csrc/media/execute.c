/** execute.c  Commands, on the worker's thread. */
#include <errno.h>

#include "media/coder.h"
#include "media/engine.h"
#include "media/fork.h"
#include "media/measure.h"
#include "media/round.h"

/* A flood of commands must not stop the audio: what is left waits for the next tick. */
enum { COMMANDS_PER_TICK = 1024 };

static void let_go(const struct worker *w, struct leg *leg, uint32_t to)
{
	leg->left_at = w->now;
	atomic_store_explicit(&leg->owner, to, memory_order_release); /* pairs with ready() of the new worker */
}

/* A bridge moves as one. The new worker adopts `leg` first: what is stored before it is let go of is the partner's. */
static int do_move(struct worker *w, struct leg *leg, uint32_t to, struct leg *partner)
{
	bool together = partner && leg->bridge == partner && !leg->mix && !partner->mix;
	if (!together)
		leg_detach(leg);
	if (partner && !together)
		leg_detach(partner);
	worker_remove(w, leg);
	if (partner) {
		worker_remove(w, partner);
		let_go(w, partner, to);
	}
	let_go(w, leg, to);
	return 0;
}

static int do_coder(struct leg *leg, struct coder *coder)
{
	if (leg->coder)
		atomic_store_explicit(&leg->coder->retired, true, memory_order_release);
	leg->coder = coder;
	leg->codec = CODEC_NONE; /* until the description behind this command */
	leg->pt = leg->own_pt = 255;
	return 0;
}

static int do_close(struct worker *w, struct leg *leg)
{
	leg_close(w, leg);
	leg->next = w->ending;
	w->ending = leg;
	return 0;
}

static int do_bridge(struct worker *w, struct leg *a, uint64_t handle)
{
	struct leg *b = slots_get(&w->media->legs, handle);
	if (!b)
		return -ENOENT;
	leg_detach(a);
	leg_detach(b);
	a->bridge = b;
	b->bridge = a;
	return 0;
}

static int do_unbridge(struct leg *leg)
{
	leg_unbridge(leg); /* a mix is left by its own command */
	return 0;
}

static int do_echo(struct leg *leg, bool on)
{
	if (on) {
		leg_detach(leg);
		leg->bridge = leg;
	} else if (leg->bridge == leg) {
		leg_unbridge(leg);
	}
	return 0;
}

static int do_mix_join(const struct worker *w, struct leg *leg, const struct command *c)
{
	if (!(c->value & MIX_BESIDE) && leg->mix != c->u.seat.mix)
		leg_detach(leg);
	else if (leg->mix != c->u.seat.mix)
		mix_leave(leg);
	mix_join(c->u.seat.mix, leg, c->u.seat.seat, c->value, w->now);
	return 0;
}

static int do_dtmf(struct worker *w, struct leg *leg, const struct command *c)
{
	struct digits digits;
	int err = digits_start(&digits, c);
	if (err)
		return err;
	digits.events = leg->te_pt != 255;
	leg_play_end(w, leg, true);
	leg->player.kind = PLAY_DIGITS;
	leg->player.tag = c->tag;
	leg->player.u.digits = digits;
	if (digits.events) /* they make no sound for a fade to be added to */
		leg->player.tail_waits = false;
	return 0;
}

static int do_stop_play(struct worker *w, struct leg *leg)
{
	leg_play_end(w, leg, true);
	return 0;
}

static int do_sink(struct worker *w, struct leg *leg, const struct command *c)
{
	leg_play_end(w, leg, true);
	leg->player.kind = PLAY_SINK;
	leg->player.tag = leg->tag;
	leg->player.u.sink.ring = c->u.pcm;
	leg->player.u.sink.low = c->value;
	leg->player.u.sink.closing = leg->player.u.sink.heard = false;
	return 0;
}

static int do_sink_flush(struct leg *leg, uint32_t mark)
{
	if (leg->player.kind != PLAY_SINK)
		return -EPROTO;
	struct pcm_ring *r = leg->player.u.sink.ring;
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	if ((int32_t)(mark - head) > 0)
		atomic_store_explicit(&r->head, mark, memory_order_release);
	return 0;
}

static int do_sink_close(struct leg *leg)
{
	if (leg->player.kind != PLAY_SINK)
		return -EPROTO;
	leg->player.u.sink.closing = true;
	return 0;
}

static int do_record(struct worker *w, struct leg *leg, struct recording *rec)
{
	record_stop(w, leg);
	record_start(w, leg, rec);
	return 0;
}

static int do_record_stop(struct worker *w, struct leg *leg, const struct recording *rec)
{
	if (leg->recording == rec)
		record_stop(w, leg);
	return 0;
}

static int do_record_pause(struct worker *w, struct leg *leg, const struct command *c)
{
	if (leg->recording != c->u.rec)
		return 0;
	if (c->kind == MEDIA_CMD_RECORD_PAUSE)
		record_pause(w, leg);
	else
		record_resume(w, leg);
	return 0;
}

static int execute_leg(struct worker *w, struct leg *leg, const struct command *c)
{
	switch ((enum media_command)c->kind) {
	case MEDIA_CMD_ADOPT:
		return worker_add(w, leg);
	case MEDIA_CMD_MOVE:
		return do_move(w, leg, c->value, slots_get(&w->media->legs, c->u.other));
	case MEDIA_CMD_REMOTE:
		leg_describe(w, leg, &c->u.described.remote);
		leg_secure(leg, c->u.described.receiver, c->u.described.sender);
		listen_digits(w, leg, c->value);
		return 0;
	case MEDIA_CMD_CODER:
		return do_coder(leg, c->u.coder);
	case MEDIA_CMD_CLOSE:
		return do_close(w, leg);
	case MEDIA_CMD_BRIDGE:
		return do_bridge(w, leg, c->u.other);
	case MEDIA_CMD_UNBRIDGE:
		return do_unbridge(leg);
	case MEDIA_CMD_ECHO:
		return do_echo(leg, c->value);
	case MEDIA_CMD_MIX_JOIN:
		return do_mix_join(w, leg, c);
	case MEDIA_CMD_MIX_HEAR:
		mix_hear(leg, (uint16_t)c->value);
		return 0;
	case MEDIA_CMD_MIX_LEAVE:
		mix_leave(leg);
		return 0;
	case MEDIA_CMD_PLAY:
		return play_start(w, leg, c->u.list);
	case MEDIA_CMD_PLAY_DO:
		return play_do(w, leg, c->u.play.tag, (enum play_do)c->value, c->u.play.value, c->u.play.ramp_ms);
	case MEDIA_CMD_DTMF:
		return do_dtmf(w, leg, c);
	case MEDIA_CMD_STOP_PLAY:
		return do_stop_play(w, leg);
	case MEDIA_CMD_RECORD:
		return do_record(w, leg, c->u.rec);
	case MEDIA_CMD_RECORD_STOP:
		return do_record_stop(w, leg, c->u.rec);
	case MEDIA_CMD_RECORD_PAUSE:
	case MEDIA_CMD_RECORD_RESUME:
		return do_record_pause(w, leg, c);
	case MEDIA_CMD_AMD:
		listen_amd(w, leg, &c->u.amd);
		return 0;
	case MEDIA_CMD_AMD_STOP:
		leg->listening &= (uint8_t)~LISTEN_AMD;
		return 0;
	case MEDIA_CMD_BEEP:
		listen_beep(w, leg, c->value);
		return 0;
	case MEDIA_CMD_TAP:
		listen_tap(w, leg, c->u.pcm);
		return 0;
	case MEDIA_CMD_TAP_CLOSE:
		listen_tap(w, leg, NULL);
		return 0;
	case MEDIA_CMD_SINK:
		return do_sink(w, leg, c);
	case MEDIA_CMD_SINK_FLUSH:
		return do_sink_flush(leg, c->u.mark);
	case MEDIA_CMD_SINK_CLOSE:
		return do_sink_close(leg);
	case MEDIA_CMD_FORK:
		fork_open(leg, c->u.fork);
		return 0;
	case MEDIA_CMD_QUALITY:
		measure_start(w, leg, c->u.quality.measure, &c->u.quality.opts);
		return 0;
	case MEDIA_CMD_MIX_CLOSE: /* names no leg */
	case MEDIA_CMD_COUNT:
		break;
	}
	return -EINVAL;
}

static int execute(struct worker *w, const struct command *c)
{
	if (c->kind == MEDIA_CMD_MIX_CLOSE) {
		mix_close(c->u.mix);
		return 0;
	}
	struct leg *leg = slots_get(&w->media->legs, c->leg);
	return leg ? execute_leg(w, leg, c) : -ENOENT;
}

/* ADOPT waits until the leg has been let go of, and for its time: nothing may have happened to it in the future. */
static bool ready(const struct worker *w, const struct command *c)
{
	if (c->at > w->gate)
		return false;
	if (c->kind != MEDIA_CMD_ADOPT)
		return true;
	const struct leg *leg = slots_get(&w->media->legs, c->leg);
	return !leg || (atomic_load_explicit(&leg->owner, memory_order_acquire) == w->index && leg->left_at <= w->now);
}

static void read_mix(struct worker *w, const struct mix *mix, uint64_t at)
{
	for (unsigned i = 0; mix && i < MIX_MEMBERS; i++)
		if (mix->members[i])
			round_read_before(w, mix->members[i], at);
}

static void read_leg(struct worker *w, struct leg *leg, uint64_t at)
{
	if (!leg)
		return;
	round_read_before(w, leg, at);
	if (leg->bridge && leg->bridge != leg)
		round_read_before(w, leg->bridge, at);
	read_mix(w, leg->mix, at);
}

/* A command parts what came before it was posted from what came after: for its leg and for all that leg hears. */
static void read_before(struct worker *w, const struct command *c)
{
	if (c->kind == MEDIA_CMD_ADOPT)
		return;
	if (c->kind == MEDIA_CMD_MIX_CLOSE) {
		read_mix(w, c->u.mix, c->at);
		return;
	}
	read_leg(w, slots_get(&w->media->legs, c->leg), c->at);
	if (c->kind == MEDIA_CMD_BRIDGE)
		read_leg(w, slots_get(&w->media->legs, c->u.other), c->at);
}

void worker_commands(struct worker *w)
{
	const struct command *c;
	for (unsigned i = 0; i < COMMANDS_PER_TICK && (c = ring_peek(&w->commands)) && ready(w, c); i++) {
		w->asked = c->at;
		read_before(w, c);
		int err = execute(w, c);
		if (err) {
			struct media_event ev = {.kind = MEDIA_EV_COMMAND_FAILED,
						 .a = -err,
						 .b = c->kind,
						 .handle = c->leg,
						 .tag = c->tag};
			worker_event(w, &ev);
		}
		ring_pop(&w->commands);
	}
}
