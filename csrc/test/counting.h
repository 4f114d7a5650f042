/** counting.h  Heap calls and locks of this thread, those of libraries included. Not under sanitizers, which have their own
 *  heap: there nothing is counted. */
#ifndef COUNTING_H
#define COUNTING_H

#include <stdbool.h>

struct counting {
	unsigned heap;	/* malloc, calloc, realloc, free */
	unsigned locks; /* mutexes, read-write locks, condition variables */
};
bool counting_works(void);
void counting_start(void); /* adds to what was counted before */
void counting_pause(void);
struct counting counting_take(void); /* and begin at nothing */

#endif
