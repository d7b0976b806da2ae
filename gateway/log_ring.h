/* A bounded queue of log lines: many threads put, one takes, nobody waits.
 *
 * Each slot has a turn, a number that says whose it is: equal to a position, it
 * is free for the line of that position; one more, the line is in it. A thread
 * that is stopped while it writes a slot holds up who takes, never who puts.
 */
#ifndef TOLLGATE_LOG_RING_H
#define TOLLGATE_LOG_RING_H

#include "gateway/log.h"

struct log_ring;

struct log_record {
	uint64_t calendar_ns;
	int level;
	char text[LOG_LINE_MAX];
};

/* `slots` is a power of two. -ENOMEM. */
int log_ring_new(struct log_ring **out, unsigned slots);
void log_ring_free(struct log_ring *ring);

/* Any thread. `text` is copied, cut at LOG_LINE_MAX. -ENOBUFS when it is full,
 * and for INFO and DEBUG already when it is three quarters full: a flood of
 * those must not cost a warning its place. */
int log_ring_put(struct log_ring *ring, uint64_t calendar_ns, int level,
		 const char *text);

/* One thread only. -EAGAIN when there is no line. */
int log_ring_take(struct log_ring *ring, struct log_record *out);

/* Lines that wait, as it is seen from outside. */
unsigned log_ring_used(const struct log_ring *ring);

#endif
