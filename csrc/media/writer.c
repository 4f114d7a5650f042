/** writer.c  The thread that owns the files. It may wait for a disk; nobody waits for it. */
#include "media/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "dsp/g711.h"
#include "dsp/wav.h"
#include "media/engine.h"

enum { RATE = 8000, CHUNKS_MIN = 4, FULL_WAIT_NS = 1000000, PATH_MOST = 4096 };

/* Room for REC_DONE, REC_ERROR and two REC_PART of every recording: the ring is never full while the application
 * drains. */
static void tell(struct recorder *r, const struct recording *rec, enum media_event_kind kind, int number,
		 uint64_t samples)
{
	struct media_event ev = {.kind = kind,
				 .a = number,
				 .b = (int64_t)samples,
				 .c = (int64_t)(rec->bytes + WAV_HEADER),
				 .d = (int32_t)rec->part,
				 .handle = rec->handle,
				 .tag = rec->tag,
				 .at = clock_now()};
	struct timespec wait = {.tv_nsec = FULL_WAIT_NS};
	while (!ring_push(&r->events, &ev)) {
		if (atomic_load_explicit(&r->stop, memory_order_acquire))
			return;
		nanosleep(&wait, NULL);
	}
	media_signal(r->media);
}

static void fail(struct recorder *r, struct recording *rec, int error)
{
	if (rec->error)
		return;
	rec->error = error;
	counter_add(&r->errors, 1);
	atomic_store_explicit(&rec->failed, true, memory_order_relaxed);
	tell(r, rec, MEDIA_EV_REC_ERROR, error, 0);
}

/* All of it or a positive errno; *done tells how much in either case. */
static int write_all(int fd, const uint8_t *data, size_t n, uint64_t at, size_t *done)
{
	*done = 0;
	while (*done < n) {
		ssize_t put = pwrite(fd, data + *done, n - *done, (off_t)(at + *done));
		if (put < 0 && errno != EINTR)
			return errno;
		if (put == 0)
			return EIO;
		*done += put > 0 ? (size_t)put : 0;
	}
	return 0;
}

static unsigned frame_size(const struct recording *rec)
{
	return (unsigned)rec->channels * rec->width;
}

static int write_header(const struct recording *rec)
{
	uint8_t header[WAV_HEADER];
	size_t done;
	enum wav_format format = rec->width == 2 ? WAV_PCM16 : rec->codec == CODEC_PCMA ? WAV_ALAW : WAV_ULAW;
	wav_header(header, format, rec->channels, RATE, (uint32_t)rec->bytes);
	return write_all(rec->fd, header, sizeof(header), 0, &done);
}

static int make_parents(char *path)
{
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		int err = mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : errno;
		*p = '/';
		if (err)
			return err;
	}
	return 0;
}

static int create(const struct recording *rec, int *fd)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
	char path[PATH_MOST];
	if (rec->part == 1)
		snprintf(path, sizeof(path), "%s", rec->path);
	else
		snprintf(path, sizeof(path), "%.*s-%u%s", (int)rec->stem, rec->path, rec->part, rec->path + rec->stem);
	*fd = open(path, flags, 0666);
	if (*fd < 0 && errno == ENOENT && make_parents(path) == 0)
		*fd = open(path, flags, 0666);
	return *fd < 0 ? errno : 0;
}

static void open_part(struct recorder *r, struct recording *rec)
{
	rec->part++;
	rec->parts_bytes += rec->bytes;
	rec->bytes = 0;
	int err = create(rec, &rec->fd);
	if (!err)
		err = write_header(rec);
	if (err)
		fail(r, rec, err);
}

static void close_file(struct recorder *r, struct recording *rec)
{
	if (rec->fd < 0)
		return;
	/* Nothing may lie behind the data that the header does not name, after an error least of all. */
	if (rec->error && ftruncate(rec->fd, (off_t)(WAV_HEADER + rec->bytes)) != 0)
		counter_add(&r->errors, 1);
	if (close(rec->fd) != 0)
		fail(r, rec, errno);
	rec->fd = -1;
}

static void next_part(struct recorder *r, struct recording *rec)
{
	close_file(r, rec);
	if (rec->error)
		return;
	tell(r, rec, MEDIA_EV_REC_PART, (int)rec->part, rec->bytes / frame_size(rec));
	open_part(r, rec);
}

/* Audio first, then the sizes: what the header promises is always there. */
static void write_some(struct recorder *r, struct recording *rec, const uint8_t *data, size_t n)
{
	size_t done;
	int err = write_all(rec->fd, data, n, WAV_HEADER + rec->bytes, &done);
	rec->bytes += done / frame_size(rec) * frame_size(rec);
	counter_add(&r->bytes, done);
	int header = write_header(rec);
	if (err || header)
		fail(r, rec, err ? err : header);
}

/* A file that is full gets a successor when there is something to put in it. */
static void append(struct recorder *r, struct recording *rec, const uint8_t *data, size_t n)
{
	while (n && !rec->error && rec->fd >= 0) {
		if (rec->bytes >= rec->part_bytes) {
			next_part(r, rec);
			continue;
		}
		size_t some = n < rec->part_bytes - rec->bytes ? n : (size_t)(rec->part_bytes - rec->bytes);
		write_some(r, rec, data, some);
		data += some;
		n -= some;
	}
}

static void pad(struct recorder *r, struct recording *rec, uint64_t bytes)
{
	uint8_t quiet[4096];
	memset(quiet, rec->width == 1 ? g711_silence((enum codec)rec->codec) : 0, sizeof(quiet));
	while (rec->parts_bytes + rec->bytes < bytes && !rec->error && rec->fd >= 0) {
		uint64_t left = bytes - rec->parts_bytes - rec->bytes;
		append(r, rec, quiet, left < sizeof(quiet) ? (size_t)left : sizeof(quiet));
	}
}

static void on_close(struct recorder *r, struct recording *rec, const struct writer_job *job)
{
	if (job->error && !rec->error) { /* the worker has told it */
		rec->error = job->error;
		counter_add(&r->errors, 1);
	}
	pad(r, rec, job->total * frame_size(rec));
	close_file(r, rec);
	tell(r, rec, MEDIA_EV_REC_DONE, rec->error, (rec->parts_bytes + rec->bytes) / frame_size(rec));
}

static void work(struct recorder *r, const struct writer_job *job)
{
	switch (job->kind) {
	case WRITER_OPEN:
		open_part(r, job->rec);
		break;
	case WRITER_DATA:
		append(r, job->rec, blocks_at(&r->chunks, job->chunk), job->bytes);
		blocks_give(&r->chunks, job->chunk);
		break;
	default:
		on_close(r, job->rec, job);
	}
}

static void sleep_until_woken(struct recorder *r)
{
	uint64_t n;
	struct pollfd p = {.fd = r->wake, .events = POLLIN};
	poll(&p, 1, -1);
	if (read(r->wake, &n, sizeof(n)) < 0 && errno != EAGAIN)
		counter_add(&r->errors, 1);
}

static void *writer_run(void *arg)
{
	struct recorder *r = arg;
	struct writer_job job;
	for (;;) {
		bool stop = atomic_load_explicit(&r->stop, memory_order_acquire);
		while (mpsc_pop(&r->jobs, &job))
			work(r, &job);
		if (stop)
			return NULL;
		/* Pairs with writer_post(): whoever pushes after this looks at `asleep`, what was pushed before is seen
		 * by the second look at the queue. */
		atomic_store_explicit(&r->asleep, 1, memory_order_seq_cst);
		if (mpsc_pop(&r->jobs, &job)) {
			atomic_store_explicit(&r->asleep, 0, memory_order_relaxed);
			work(r, &job);
		} else if (!atomic_load_explicit(&r->stop, memory_order_acquire)) {
			sleep_until_woken(r);
		}
	}
}

static void wake(struct recorder *r)
{
	uint64_t one = 1;
	if (atomic_exchange_explicit(&r->asleep, 0, memory_order_seq_cst) && write(r->wake, &one, sizeof(one)) < 0)
		atomic_fetch_add_explicit(&r->errors, 1, memory_order_relaxed);
}

void writer_post(struct recorder *r, const struct writer_job *job)
{
	if (mpsc_push(&r->jobs, job))
		wake(r);
}

static int start_thread(struct recorder *r)
{
	sigset_t all, before;
	sigfillset(&all); /* signals are the application's business */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int err = pthread_create(&r->thread, NULL, writer_run, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return -err;
	r->running = true;
	(void)pthread_setname_np(r->thread, "media-writer");
	return 0;
}

int recorder_init(struct recorder *r, struct media *m, uint32_t bytes, uint32_t recordings)
{
	uint32_t chunks = bytes / REC_CHUNK < CHUNKS_MIN ? CHUNKS_MIN : bytes / REC_CHUNK;
	r->media = m;
	r->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int err = r->wake < 0 ? -errno : 0;
	if (!err)
		err = blocks_init(&r->chunks, chunks, REC_CHUNK);
	if (!err)
		err = mpsc_init(&r->jobs, chunks + 2 * recordings, sizeof(struct writer_job));
	if (!err)
		err = ring_init(&r->events, 4 * recordings, sizeof(struct media_event));
	return err ? err : start_thread(r);
}

void recorder_fini(struct recorder *r)
{
	if (r->running) {
		atomic_store_explicit(&r->stop, true, memory_order_seq_cst);
		uint64_t one = 1;
		if (write(r->wake, &one, sizeof(one)) < 0)
			counter_add(&r->errors, 1);
		pthread_join(r->thread, NULL);
		r->running = false;
	}
	if (r->wake >= 0)
		close(r->wake);
	blocks_fini(&r->chunks);
	mpsc_fini(&r->jobs);
	ring_fini(&r->events);
}
