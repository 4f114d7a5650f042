/** record.c  The worker's half of recording: audio into chunks, chunks to the writer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/g711.h"
#include "media/engine.h"
#include "media/writer.h"
#include "rtp/packet.h"

/* A chunk is handed over this long after its end, so late packets still find it. A longer packet than FRAME_MOST is
 * cut; it is RX_BUFFER that bounds it. */
enum { HOLD = 500 * RTP_CLOCK_KHZ, FRAME_MOST = RX_BUFFER };

/* A linear chunk is short: as much room before now as behind it. */
static int64_t hold(const struct recording *rec)
{
	return rec->chunk_samples / 2 < HOLD ? rec->chunk_samples / 2 : HOLD;
}

static struct recorder *recorder_of(const struct worker *w)
{
	return &w->media->recorder;
}

/* 0 before the start: a recording begins when it was asked for, which may be after the worker last read its clock. */
static uint64_t since_start(const struct recording *rec, uint64_t at)
{
	return at < rec->started ? 0 : at - rec->started;
}

static int64_t position(const struct recording *rec, uint64_t at)
{
	return (int64_t)(since_start(rec, at) / NS_PER_POSITION);
}

static void blank(const struct recording *rec, uint8_t *out, size_t bytes)
{
	memset(out, rec->width == 1 ? g711_silence((enum codec)rec->codec) : 0, bytes);
}

static uint32_t fresh_chunk(struct recorder *r, const struct recording *rec)
{
	uint32_t i = blocks_take(&r->chunks);
	if (i != BLOCKS_NONE)
		blank(rec, blocks_at(&r->chunks, i), REC_CHUNK);
	return i;
}

/* The first `samples` of the older chunk go to the writer; the younger one takes its place. */
static void hand_over(struct recorder *r, struct recording *rec, int64_t samples)
{
	if (rec->chunk[0] != BLOCKS_NONE)
		writer_post(r, &(struct writer_job){.kind = WRITER_DATA,
						    .rec = rec,
						    .chunk = rec->chunk[0],
						    .bytes = (uint32_t)samples * rec->channels * rec->width});
	rec->chunk[0] = rec->chunk[1];
	rec->chunk[1] = BLOCKS_NONE;
	rec->base += rec->chunk_samples;
}

/* `total`: samples the file shall have. The recording belongs to the writer from here. An error is told at once: the
 * writer may be stuck with the very disk that is the reason. */
static void finish(struct worker *w, struct leg *leg, int64_t total, int error)
{
	struct recorder *r = recorder_of(w);
	struct recording *rec = leg->recording;
	if (error) {
		struct media_event ev = {
			.kind = MEDIA_EV_REC_ERROR, .a = error, .handle = rec->handle, .tag = rec->tag};
		worker_event(w, &ev);
	}
	while (rec->chunk[0] != BLOCKS_NONE) {
		int64_t left = total - rec->base;
		hand_over(r, rec, left < 0 ? 0 : left < rec->chunk_samples ? left : rec->chunk_samples);
	}
	leg->recording = NULL;
	writer_post(r,
		    &(struct writer_job){.kind = WRITER_CLOSE, .rec = rec, .total = (uint64_t)total, .error = error});
}

void record_start(struct worker *w, struct leg *leg, struct recording *rec)
{
	struct recorder *r = recorder_of(w);
	rec->started = w->asked;
	rec->beep.next = w->asked;
	if (rec->width == 1)
		rec->codec = leg->codec == CODEC_PCMA ? CODEC_PCMA : CODEC_PCMU;
	rec->chunk_samples = REC_CHUNK / (rec->channels * rec->width);
	leg->recording = rec;
	writer_post(r, &(struct writer_job){.kind = WRITER_OPEN, .rec = rec});
	rec->chunk[0] = fresh_chunk(r, rec);
	rec->chunk[1] = fresh_chunk(r, rec);
	if (rec->chunk[1] == BLOCKS_NONE)
		finish(w, leg, 0, ENOBUFS);
}

void record_stop(struct worker *w, struct leg *leg)
{
	struct recording *rec = leg->recording;
	if (!rec)
		return;
	int64_t total = position(rec, w->asked);
	finish(w, leg, total > rec->base ? total : rec->base, 0); /* what is written stays */
}

void record_visit(struct worker *w, struct leg *leg)
{
	struct recorder *r = recorder_of(w);
	struct recording *rec = leg->recording;
	int64_t now = position(rec, w->now);
	if (atomic_load_explicit(&rec->failed, memory_order_relaxed)) {
		finish(w, leg, 0, 0);
		return;
	}
	while (now > rec->base + rec->chunk_samples + hold(rec)) {
		hand_over(r, rec, rec->chunk_samples);
		rec->chunk[1] = fresh_chunk(r, rec);
		if (rec->chunk[1] == BLOCKS_NONE) {
			finish(w, leg, now, ENOBUFS);
			return;
		}
	}
}

/* ----------------------------------------------------------------- pause */

static uint8_t *frame_at(const struct recorder *r, const struct recording *rec, int64_t from)
{
	unsigned which = from >= rec->chunk_samples;
	uint8_t *out = blocks_at(&r->chunks, rec->chunk[which]);
	return out + (from - which * rec->chunk_samples) * rec->channels * rec->width;
}

static void blank_from(const struct recorder *r, const struct recording *rec, int64_t from)
{
	for (int64_t end = rec->chunk_samples; end <= 2 * rec->chunk_samples; end += rec->chunk_samples)
		if (from < end) {
			blank(rec, frame_at(r, rec, from), (size_t)(end - from) * rec->channels * rec->width);
			from = end;
		}
}

/* Gaps before the window no longer matter. With a table full of gaps within it, the last one goes on: late audio of
 * between the two is lost rather than audio of a pause kept. */
static struct rec_gap *new_gap(struct recording *rec)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < rec->gaps; i++)
		if (rec->gap[i].to > rec->base)
			rec->gap[kept++] = rec->gap[i];
	rec->gaps = kept;
	if (rec->gaps == REC_GAPS)
		return &rec->gap[REC_GAPS - 1];
	rec->gap[rec->gaps].from = INT64_MAX;
	return &rec->gap[rec->gaps++];
}

static void tell_position(struct worker *w, const struct recording *rec, enum media_event_kind kind, int64_t at)
{
	struct media_event ev = {.kind = kind, .b = at, .handle = rec->handle, .tag = rec->tag};
	worker_event(w, &ev);
}

void record_pause(struct worker *w, struct leg *leg)
{
	struct recording *rec = leg->recording;
	int64_t at = position(rec, w->asked);
	if (rec->paused)
		return;
	at = at < rec->base ? rec->base : at;
	struct rec_gap *gap = new_gap(rec);
	gap->from = at < gap->from ? at : gap->from;
	gap->to = INT64_MAX;
	rec->paused = true;
	blank_from(recorder_of(w), rec, at - rec->base);
	tell_position(w, rec, MEDIA_EV_REC_PAUSED, at);
}

void record_resume(struct worker *w, struct leg *leg)
{
	struct recording *rec = leg->recording;
	struct rec_gap *gap = &rec->gap[rec->gaps - 1];
	if (!rec->paused)
		return;
	gap->to = position(rec, w->asked);
	rec->paused = false;
	tell_position(w, rec, MEDIA_EV_REC_RESUMED, gap->to);
}

static bool in_gap(const struct recording *rec, int64_t at, int64_t *until)
{
	*until = INT64_MAX;
	for (uint32_t i = 0; i < rec->gaps; i++) {
		const struct rec_gap *gap = &rec->gap[i];
		if (at >= gap->from && at < gap->to) {
			*until = gap->to;
			return true;
		}
		if (at < gap->from && gap->from < *until)
			*until = gap->from;
	}
	return false;
}

/* ----------------------------------------------------------------- audio */

static void add(uint8_t *out, const uint8_t *in)
{
	int16_t a, b;
	memcpy(&a, out, 2);
	memcpy(&b, in, 2);
	int sum = a + b;
	a = (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
	memcpy(out, &a, 2);
}

/* Positions from..to lie in one chunk and in no gap. */
static void copy(const struct recorder *r, const struct recording *rec, unsigned channel, int64_t from, int64_t to,
		 const uint8_t *in)
{
	size_t frame = (size_t)rec->channels * rec->width;
	uint8_t *out = frame_at(r, rec, from) + channel * rec->width;
	if (rec->sides == RECORD_MIXED)
		for (; from < to; from++, out += frame, in += 2)
			add(out, in);
	else if (rec->width == 1)
		for (; from < to; from++, out += frame)
			*out = *in++;
	else
		for (; from < to; from++, out += frame, in += 2)
			memcpy(out, in, 2);
}

static void place(struct recorder *r, const struct recording *rec, unsigned channel, int64_t at, const uint8_t *in,
		  size_t n)
{
	int64_t from = at - rec->base, to = from + (int64_t)n, most = 2 * rec->chunk_samples;
	if (from < 0 || to > most)
		atomic_fetch_add_explicit(&r->dropped, 1, memory_order_relaxed);
	if (to > most)
		to = most;
	for (int64_t i = from < 0 ? 0 : from, end; i < to; i = end) {
		int64_t until;
		bool skip = in_gap(rec, rec->base + i, &until);
		end = i < rec->chunk_samples && rec->chunk_samples < to ? rec->chunk_samples : to;
		if (until < rec->base + end)
			end = until - rec->base;
		if (!skip)
			copy(r, rec, channel, i, end, in + (size_t)(i - from) * rec->width);
	}
}

/* Where two neighbours are most alike one more or one less is least heard. */
static size_t least_heard(const int16_t *pcm, size_t n)
{
	size_t best = 0;
	int least = INT32_MAX;
	for (size_t i = 0; i + 1 < n; i++) {
		int step = abs(pcm[i + 1] - pcm[i]);
		if (step < least) {
			least = step;
			best = i;
		}
	}
	return best;
}

/* Drift: `by` samples more or fewer. `pcm` has room for four more than n. */
static size_t resize(int16_t *pcm, size_t n, int32_t by)
{
	for (; by > 0; by--, n++) {
		size_t i = least_heard(pcm, n);
		memmove(pcm + i + 1, pcm + i, (n - i) * sizeof(*pcm));
	}
	for (; by < 0 && n > 1; by++, n--) {
		size_t i = least_heard(pcm, n);
		memmove(pcm + i, pcm + i + 1, (n - i - 1) * sizeof(*pcm));
	}
	return n;
}

/* `late` is more than the window keeps open: what comes later is dropped, and is no reason to anchor anew unless
 * half a second of it comes in a row. */
static bool where(const struct worker *w, struct recording *rec, unsigned side, uint32_t epoch, uint32_t ts,
		  struct align_place *out)
{
	struct timeline_limits l = {.early = (int32_t)hold(rec), .late_run = 25};
	l.late = l.early + (int32_t)rec->chunk_samples;
	return align_put(&rec->side[side], &l, epoch, ts, since_start(rec, w->now), out);
}

static void put(struct worker *w, struct recording *rec, unsigned side, enum codec codec, const uint8_t *payload,
		size_t n, uint32_t epoch, uint32_t ts)
{
	struct recorder *r = recorder_of(w);
	int16_t pcm[FRAME_MOST + 4];
	uint8_t other[FRAME_MOST + 4];
	struct align_place p;
	unsigned channel = rec->channels == 2 ? side : 0;
	if (rec->sides == (side == REC_LEFT ? RECORD_HEARD : RECORD_SAID))
		return;
	if (!where(w, rec, side, epoch, ts, &p)) {
		atomic_fetch_add_explicit(&r->dropped, 1, memory_order_relaxed);
		return;
	}
	n = n < FRAME_MOST ? n : FRAME_MOST;
	if (p.resize || rec->width == 2) {
		g711_decode(codec, payload, n, pcm);
		n = resize(pcm, n, p.resize);
	}
	if (rec->width == 2) {
		place(r, rec, channel, p.at, (const uint8_t *)pcm, n); /* WAV is little-endian, as we are */
		return;
	}
	if (p.resize) {
		g711_encode((enum codec)rec->codec, pcm, n, other);
		payload = other;
	} else if (codec != rec->codec) { /* the far side may switch within what was offered */
		g711_transcode(codec, (enum codec)rec->codec, payload, n, other);
		payload = other;
	}
	place(r, rec, channel, p.at, payload, n);
}

void record_said(struct worker *w, struct leg *leg, enum codec codec, const uint8_t *payload, size_t n, uint32_t ts)
{
	put(w, leg->recording, REC_LEFT, codec, payload, n, leg->rx.epoch, ts);
}

void record_heard(struct worker *w, struct leg *leg, bool seam, enum codec codec, const uint8_t *payload, size_t n,
		  uint32_t ts)
{
	struct recording *rec = leg->recording;
	rec->heard_epoch += seam;
	put(w, rec, REC_RIGHT, codec, payload, n, rec->heard_epoch, ts);
}
