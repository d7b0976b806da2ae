/* A media worker: one thread that owns whole spans.
 *
 * Woken by its spans' own ticks, it drains every block that waits, writes one
 * for each, and sweeps the RTP sockets of the calls on the span. Nothing in the
 * tick allocates, locks, logs or waits. What the signalling thread wants comes
 * by a ring of commands; what it gets back, to free or to close, by a ring of
 * results.
 */
#ifndef TOLLGATE_WORKER_H
#define TOLLGATE_WORKER_H

#include "media/bridge.h"

/* Commands that may wait. A call needs a handful in its life and the ring is
 * emptied every 10 ms, so this is for hundreds of calls in one instant. */
#define WORKER_RING 2048

struct worker;

/* One span in its worker. Made once by the signalling thread and kept, so that
 * calls and lines can come and go in any order. */
struct worker_span {
	unsigned number;       /* constant */
	struct worker *worker; /* constant */
	/* Wake-ups that found more than one block. */
	_Atomic uint64_t late_ticks;

	/* The worker's alone. */
	bool listed; /* in the worker's list */
	struct worker_span *next;
	struct tdm *tdm; /* NULL: detached */
	bool watched;	 /* its descriptor is: false after EOF */
	bool primed;
	uint64_t last_tick_ns;
	struct tdm_block idle; /* idle code of its law */
	struct bridge *bridge[TDM_TIMESLOTS];
};

enum worker_command_type {
	WORKER_SPAN_ATTACH, /* result: the tdm that was there before, if any */
	WORKER_SPAN_DETACH, /* result: the tdm, if any */
	WORKER_BRIDGE_ADD,
	WORKER_BRIDGE_FORMAT,
	WORKER_BRIDGE_REMOVE, /* result: the bridge */
};

struct worker_command {
	enum worker_command_type type;
	struct worker_span *span;
	struct tdm *tdm;
	enum g711_law law;
	struct bridge *bridge;
	struct bridge_format format;
};

struct worker_result {
	struct worker_span *span;
	struct tdm *tdm;       /* to be closed */
	struct bridge *bridge; /* to be freed */
};

/* Starts thread number `index`. 0 or -errno. */
int worker_new(struct worker **out, unsigned index);
/* Stops the thread and waits for it. NULL is fine. Before worker_free, what it
 * still holds is fetched by worker_command_left and worker_result. */
void worker_stop(struct worker *worker);
void worker_free(struct worker *worker);

/* Whether it runs with real-time priority. */
bool worker_is_realtime(const struct worker *worker);

/* When the thread last came round, on clock.h: twice a second or more, also
 * with nothing to do. */
uint64_t worker_ticked_ns(const struct worker *worker);

/* Queues a command and wakes the worker. When the ring is full it is tried
 * again for some milliseconds. 0, or -EAGAIN when the worker does not run. */
int worker_command(struct worker *worker, const struct worker_command *cmd);

/* Readable when a result waits. */
int worker_result_fd(const struct worker *worker);
bool worker_result(struct worker *worker, struct worker_result *out);

/* After worker_stop: a command that was never carried out. */
bool worker_command_left(struct worker *worker, struct worker_command *out);

#endif
