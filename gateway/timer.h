/* Timers of the signalling thread, on the clock of clock.h.
 *
 * A timer is embedded in the object that owns it and named as its standard
 * names it ("T301"); starting and stopping never allocate. The queue is a
 * pairing heap: start is O(1), expiry O(log n).
 */
#ifndef TOLLGATE_TIMER_H
#define TOLLGATE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

typedef void (*timer_fn)(void *arg);

struct timer {
	const char *name;
	const char *object; /* log name of its owner; NULL: the gateway */
	timer_fn fn;
	void *arg;
	uint64_t due_ns;
	/* heap links; queue is NULL while the timer does not run */
	struct timers *queue;
	struct timer *child, *sibling, *prev;
};

struct timers {
	struct timer *root;
};

/* Prepares a stopped timer. `name` and `arg` must outlive it. */
void timer_init(struct timer *t, const char *name, timer_fn fn, void *arg);

/* Says whose it is, for whoever looks at all that run ("call=17 span=1/5");
 * `object` must outlive it. */
void timer_of(struct timer *t, const char *object);

/* (Re)starts `t` to fire once, `delay_ms` from now. */
void timer_start(struct timers *q, struct timer *t, uint32_t delay_ms);

/* Stops `t`; nothing happens when it does not run. */
void timer_stop(struct timer *t);

bool timer_running(const struct timer *t);

/* Milliseconds until the first timer is due, rounded up: 0 when one is due
 * now, -1 when none runs. */
int timers_next_ms(const struct timers *q);

/* Every timer that runs, in no order, until NULL; nothing may be started or
 * stopped meanwhile. */
const struct timer *timers_first(const struct timers *q);
const struct timer *timers_after(const struct timer *t);

/* Milliseconds until it is due, 0 when it is. */
uint64_t timer_left_ms(const struct timer *t);

/* Fires every timer that is due; each may start or stop any timer, itself
 * included. Returns how many fired. */
unsigned timers_run(struct timers *q);

#endif
