/** stretch.h  Speech made shorter or longer by one pitch period at a time, so that its pitch stays (WSOLA). In quiet
 *  sound any period will do, so there it is cut where it is not heard at all. Stateless; 8 or 16 kHz. */
#ifndef DSP_STRETCH_H
#define DSP_STRETCH_H

#include <stddef.h>
#include <stdint.h>

/* STRETCH_ALIKE: percent of likeness at which the place is not heard in a voice. */
enum { STRETCH_LAG_MAX_MS = 15, STRETCH_ALIKE = 85 };

/** Samples that must be there: for shortening behind the cut, for lengthening behind it and before it. */
static inline size_t stretch_needs_ahead(unsigned khz)
{
	return 2u * STRETCH_LAG_MAX_MS * khz;
}
static inline size_t stretch_needs_behind(unsigned khz)
{
	return (size_t)STRETCH_LAG_MAX_MS * khz;
}

/** Takes one period out of pcm[0..n), in place. Returns the samples taken out, at most `most`; 0: nothing there
 *  is `alike` percent (unvoiced, a change of sound). n at least stretch_needs_ahead(). */
size_t stretch_shorten(int16_t *pcm, size_t n, size_t most, int alike, unsigned khz);
/** Puts one period before pcm[0..n): moves these up by the samples returned (room for STRETCH_LAG_MAX_MS more) and
 *  fills in. 0: nothing fits. `before`: the stretch_needs_behind() samples heard before pcm[0]; n at least as many. */
size_t stretch_lengthen(const int16_t *before, int16_t *pcm, size_t n, size_t most, int alike, unsigned khz);

#endif
