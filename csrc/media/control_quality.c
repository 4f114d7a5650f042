/** control_quality.c  Quality measurement seen from the control thread. */
#include <errno.h>

#include "base/mem.h"
#include "media/engine.h"
#include "media/measure.h"

int media_quality_start(struct media *m, uint64_t handle, const struct quality_opts *o)
{
	struct leg *leg = media_leg(m, handle);
	if (!leg)
		return -ENOENT;
	if (o->xr > QUALITY_XR_NEVER || o->mos_cent > 450 || (o->interval_ms && o->interval_ms < 1000))
		return -EINVAL;
	if (!leg->control.measure)
		leg->control.measure = measure_new(o);
	if (!leg->control.measure)
		return -ENOMEM;
	struct command c = {.kind = MEDIA_CMD_QUALITY, .u.quality = {.measure = leg->control.measure, .opts = *o}};
	return media_post(m, leg, &c);
}

int media_leg_quality(struct media *m, uint64_t handle, struct leg_quality *out)
{
	const struct leg *leg = slots_get(&m->legs, handle);
	if (!leg)
		return -ENOENT;
	if (!leg->control.measure)
		return -EPROTO;
	measure_figures(leg->control.measure, out);
	return 0;
}
