/** writer.h  What workers ask of the writer thread. Of one recording: OPEN, any DATA, CLOSE, in this order. */
#ifndef MEDIA_WRITER_H
#define MEDIA_WRITER_H

#include "media/recorder.h"

enum writer_kind { WRITER_OPEN, WRITER_DATA, WRITER_CLOSE };

struct writer_job {
	struct recording *rec; /* CLOSE: given; it lives until REC_DONE has been drained */
	uint32_t kind;
	uint32_t chunk; /* DATA: given, goes back to the pool */
	uint32_t bytes; /* DATA: of the chunk, from its beginning */
	int error;	/* CLOSE: why it ends early, positive errno */
	uint64_t total; /* CLOSE: samples; what is missing is filled with silence */
};
/** Cannot fail: the queue holds every chunk, and OPEN and CLOSE of every recording. */
void writer_post(struct recorder *r, const struct writer_job *job);

#endif
