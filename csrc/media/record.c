/** record.c  The worker's half of recording: audio into chunks, chunks to the writer. */
#include <errno.h>
#include <string.h>

#include "dsp/g711.h"
#include "media/engine.h"
#include "media/writer.h"
#include "rtp/packet.h"

/* A chunk is handed over this long after its end, so late packets still find it. */
enum { HOLD = 500 * RTP_CLOCK_KHZ };

/* `late` is more than the window keeps open: what comes later is dropped, and is no reason to anchor anew unless
 * half a second of it comes in a row. */
static const struct timeline_limits limits = {.early = HOLD, .late = HOLD + REC_CHUNK_SAMPLES, .late_run = 25};

static struct recorder *recorder_of(const struct worker *w)
{
	return &w->media->recorder;
}

/* 0 before the start: a recording begins when it was asked for, which may be after the worker last read its clock. */
static int64_t position(const struct recording *rec, uint64_t at)
{
	return at < rec->started ? 0 : (int64_t)((at - rec->started) / NS_PER_POSITION);
}

static int64_t elapsed(const struct worker *w, const struct recording *rec)
{
	return position(rec, w->now);
}

static uint32_t fresh_chunk(struct recorder *r, const struct recording *rec)
{
	uint32_t i = blocks_take(&r->chunks);
	if (i != BLOCKS_NONE)
		memset(blocks_at(&r->chunks, i), g711_silence((enum codec)rec->codec), REC_CHUNK);
	return i;
}

/* The first `samples` of the older chunk go to the writer; the younger one takes its place. */
static void hand_over(struct recorder *r, struct recording *rec, size_t samples)
{
	if (rec->chunk[0] != BLOCKS_NONE)
		writer_post(r, &(struct writer_job){.kind = WRITER_DATA,
						    .rec = rec,
						    .chunk = rec->chunk[0],
						    .bytes = (uint32_t)(samples * 2)});
	rec->chunk[0] = rec->chunk[1];
	rec->chunk[1] = BLOCKS_NONE;
	rec->base += REC_CHUNK_SAMPLES;
}

/* `total`: samples the file shall have. The recording belongs to the writer from here. */
static void finish(struct recorder *r, struct leg *leg, int64_t total, int error)
{
	struct recording *rec = leg->recording;
	while (rec->chunk[0] != BLOCKS_NONE) {
		int64_t left = total - rec->base;
		int64_t samples = left < 0 ? 0 : left < REC_CHUNK_SAMPLES ? left : REC_CHUNK_SAMPLES;
		hand_over(r, rec, (size_t)samples);
	}
	leg->recording = NULL;
	writer_post(r,
		    &(struct writer_job){.kind = WRITER_CLOSE, .rec = rec, .total = (uint64_t)total, .error = error});
}

void record_start(struct worker *w, struct leg *leg, struct recording *rec)
{
	struct recorder *r = recorder_of(w);
	rec->started = w->asked;
	rec->codec = leg->codec == CODEC_PCMA ? CODEC_PCMA : CODEC_PCMU;
	leg->recording = rec;
	writer_post(r, &(struct writer_job){.kind = WRITER_OPEN, .rec = rec});
	rec->chunk[0] = fresh_chunk(r, rec);
	rec->chunk[1] = fresh_chunk(r, rec);
	if (rec->chunk[1] == BLOCKS_NONE)
		finish(r, leg, 0, ENOBUFS);
}

void record_stop(struct worker *w, struct leg *leg)
{
	struct recording *rec = leg->recording;
	if (!rec)
		return;
	int64_t total = position(rec, w->asked);
	finish(recorder_of(w), leg, total > rec->base ? total : rec->base, 0); /* what is written stays */
}

void record_visit(struct worker *w, struct leg *leg)
{
	struct recorder *r = recorder_of(w);
	struct recording *rec = leg->recording;
	int64_t now = elapsed(w, rec);
	if (atomic_load_explicit(&rec->failed, memory_order_relaxed)) {
		finish(r, leg, 0, 0);
		return;
	}
	while (now > rec->base + REC_CHUNK_SAMPLES + HOLD) {
		hand_over(r, rec, REC_CHUNK_SAMPLES);
		rec->chunk[1] = fresh_chunk(r, rec);
		if (rec->chunk[1] == BLOCKS_NONE) {
			finish(r, leg, now, ENOBUFS);
			return;
		}
	}
}

static void place(struct recorder *r, struct recording *rec, unsigned side, int64_t at, const uint8_t *in, size_t n)
{
	int64_t from = at - rec->base, to = from + (int64_t)n;
	if (from < 0 || to > 2 * REC_CHUNK_SAMPLES)
		atomic_fetch_add_explicit(&r->dropped, 1, memory_order_relaxed);
	if (to > 2 * REC_CHUNK_SAMPLES)
		to = 2 * REC_CHUNK_SAMPLES;
	for (int64_t i = from < 0 ? 0 : from; i < to;) {
		unsigned which = i >= REC_CHUNK_SAMPLES;
		int64_t end = which || to < REC_CHUNK_SAMPLES ? to : REC_CHUNK_SAMPLES;
		uint8_t *out = blocks_at(&r->chunks, rec->chunk[which]);
		out += (i - which * REC_CHUNK_SAMPLES) * 2 + side;
		for (; i < end; i++, out += 2)
			*out = in[i - from];
	}
}

void record_put(struct worker *w, struct leg *leg, unsigned side, enum codec codec, const uint8_t *payload, size_t n,
		uint32_t epoch, uint32_t ts)
{
	struct recorder *r = recorder_of(w);
	struct recording *rec = leg->recording;
	uint8_t other[RX_BUFFER];
	int64_t at;
	if (!timeline_place(&rec->side[side], &limits, epoch, ts, elapsed(w, rec), &at)) {
		atomic_fetch_add_explicit(&r->dropped, 1, memory_order_relaxed);
		return;
	}
	if (codec != rec->codec) { /* the far side may switch within what was offered */
		n = n < sizeof(other) ? n : sizeof(other);
		g711_transcode(codec, (enum codec)rec->codec, payload, n, other);
		payload = other;
	}
	place(r, rec, side, at, payload, n);
}
