/** timeline.c  Placing packets by RTP time. */
#include "rtp/timeline.h"

#include "rtp/seq.h"

static int64_t anchor(struct timeline *t, uint32_t epoch, uint32_t ts, int64_t arrival)
{
	*t = (struct timeline){.anchored = true, .epoch = epoch, .ts = ts, .pos = arrival};
	return arrival;
}

bool timeline_place(struct timeline *t, const struct timeline_limits *l, uint32_t epoch, uint32_t ts, int64_t arrival,
		    int64_t *pos)
{
	if (!t->anchored || t->epoch != epoch) {
		*pos = anchor(t, epoch, ts, arrival);
		return true;
	}
	int64_t at = t->pos + ts_diff(ts, t->ts);
	if (at - arrival > l->early) {
		*pos = anchor(t, epoch, ts, arrival);
		return true;
	}
	if (arrival - at > l->late) {
		if (++t->late_run < l->late_run)
			return false;
		*pos = anchor(t, epoch, ts, arrival);
		return true;
	}
	t->late_run = 0;
	if (ts_before(t->ts, ts)) { /* carry the anchor along, so that differences stay far from wrapping */
		t->ts = ts;
		t->pos = at;
	}
	*pos = at;
	return true;
}
