/** round.h  What a worker does each millisecond: commands, packets, the legs whose frame is due.
 *
 *  A worker that was kept from its CPU finds packets and commands of seconds waiting. It then does again, millisecond
 *  by millisecond, what it would have done: the kernel tells when each packet came, a command carries the time it was
 *  posted. So everything happens at the time and in the order it should have; only frames that would have been
 *  sent are given up, for nobody wants to hear them that late. Also without a stall a command takes effect between
 *  the packets that came before it was posted and those that came after. The worker's thread only. */
#ifndef MEDIA_ROUND_H
#define MEDIA_ROUND_H

#include <stdbool.h>
#include <stdint.h>

struct leg;
struct worker;

#define GATE_OPEN     UINT64_MAX /* every packet may be read */
#define NOTHING_WAITS UINT64_MAX

int round_watch(struct worker *w, struct leg *leg); /* its sockets, from now on */
void round_forget(struct worker *w, struct leg *leg);
/** One turn. `w->behind` tells afterwards that the next must not wait. */
void round_run(struct worker *w);
/** Has the next packet of this socket come by the gate? If not, `w->next_at` is when it came, NOTHING_WAITS: none. */
bool round_may_read(struct worker *w, int fd);
/** Read what came for this leg before `at`. */
void round_read_before(struct worker *w, struct leg *leg, uint64_t at);

#endif
