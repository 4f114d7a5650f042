/** plc.h  Packet loss concealment by repeating pitch periods, after the idea of ITU-T G.711 Appendix I, without its
 *  delay: the last periods heard go on, one at first, then two and three so that nothing buzzes, fading to silence over
 *  60 ms; what comes after is faded in over it. 8 or 16 kHz. Streaming value object, no memory. */
#ifndef DSP_PLC_H
#define DSP_PLC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PLC_KHZ_MAX = 16,
	PLC_LAG_MAX_MS = 15,
	PLC_PERIODS = 3,
	PLC_HISTORY_MAX = (PLC_PERIODS * PLC_LAG_MAX_MS + 4) * PLC_KHZ_MAX
};

struct plc {
	uint8_t khz;
	uint8_t periods, periods_before;
	uint16_t lag;		/* samples of a period */
	uint16_t at, at_before; /* in what is repeated: the last `periods` of the piece */
	uint16_t fade;		/* samples still to be faded over from what was repeated before */
	uint16_t step_left;	/* and to be bent so that the first ones join what was heard */
	int32_t step;
	uint16_t join, join_left; /* samples over which what came is faded in, and how many of them are still to come */
	int32_t join_level;
	uint32_t missing;				/* samples concealed in a row; 0: none */
	int16_t history[PLC_HISTORY_MAX];		/* newest last */
	int16_t piece[PLC_HISTORY_MAX];			/* history as it was when the loss began, its end made to fit */
	int16_t tail[PLC_LAG_MAX_MS * PLC_KHZ_MAX / 4]; /* that end as it was */
};
void plc_init(struct plc *p, unsigned khz);
/** Sound that came. After a loss its beginning is changed so that it joins what was made up. */
void plc_hear(struct plc *p, int16_t *pcm, size_t n);
/** `n` samples, at most 20 ms, in place of lost ones. false: it has faded away, all are 0. */
bool plc_conceal(struct plc *p, int16_t *pcm, size_t n);
/** What was made up has faded away, or nothing was heard yet. */
bool plc_faded(const struct plc *p);
/** The `n` samples that came out last, at most PLC_LAG_MAX_MS. */
const int16_t *plc_recent(const struct plc *p, size_t n);
/** What comes next begins anew: it is faded in from silence. */
void plc_restart(struct plc *p);
/** What comes next does not follow what came last: it is faded in over what would have followed. */
void plc_cut(struct plc *p);

#endif
