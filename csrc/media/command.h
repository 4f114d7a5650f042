/** command.h  What the control thread asks of a worker. Fixed records over a `ring`; a leg is named by its handle.
 *  All commands to one leg are executed in the order they were posted, also while it moves between workers: MOVE
 *  goes to the old worker, ADOPT and all later commands to the new one, which stops at ADOPT until the old worker
 *  has let go. Every wait is for a command posted earlier, so waits cannot form a circle. */
#ifndef MEDIA_COMMAND_H
#define MEDIA_COMMAND_H

#include "switchroom.h"

struct fork_tap;
struct measure;
struct coder;
struct mix;
struct pcm_ring;
struct playlist;
struct recording;
struct srtp_way;

struct command {
	uint32_t kind; /* enum media_command */
	/* echo: on; mix: roles, or seats heard; remote: search for digits; beep: ms; PLAY_DO: enum play_do; MOVE: worker */
	uint32_t value;
	uint64_t leg;
	uint64_t tag;
	uint64_t at; /* CLOCK_MONOTONIC ns when it was posted: a busy worker executes it later */
	union {
		struct {
			struct leg_remote remote; /* its srtp is not looked at */
			struct srtp_way *receiver, *sender;
		} described;
		struct coder *coder; /* NULL: G.711 from now on */
		uint64_t other;	     /* bridge: the second leg; MOVE: the partner that goes along, or 0 */
		struct playlist *list;
		struct {
			uint64_t tag; /* 0: all */
			int64_t value;
			uint32_t ramp_ms;
		} play;
		struct {
			char text[32];
			uint16_t n, tone_ms, gap_ms;
		} digits;
		struct mix *mix;
		struct {
			struct mix *mix;
			uint32_t seat;
		} seat;
		struct recording *rec;
		struct amd_opts amd;
		struct fork_tap *fork; /* NULL: close */
		struct {
			struct measure *measure;
			struct quality_opts opts;
		} quality;
		struct pcm_ring *pcm; /* tap, sink */
		uint32_t mark;	      /* sink flush: play from here */
	} u;
};

#endif
