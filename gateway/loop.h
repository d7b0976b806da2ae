/* The signalling thread's event loop, over Sofia-SIP's su_root.
 *
 * Sofia's stack, the D channels, all timers and the control socket run here,
 * in one thread, so call state needs no lock.
 */
#ifndef TOLLGATE_LOOP_H
#define TOLLGATE_LOOP_H

#include "gateway/timer.h"

struct loop;
struct loop_fd;

enum loop_mask {
	LOOP_IN = 1,
	LOOP_OUT = 2,
	LOOP_PRI = 4, /* DAHDI: an event is pending */
	LOOP_ERR = 8, /* POLLERR or POLLHUP; reported always, never asked for */
};

/* Called with the bits of enum loop_mask that are ready. On LOOP_ERR the
 * descriptor is already off the loop (at EOF it would spin su_root, which is
 * level-triggered epoll): the owner still calls loop_fd_del and closes it. */
typedef void (*loop_fd_fn)(void *arg, unsigned ready);

/* Work put off until the current event is done, embedded in its object: how a
 * call is unlinked at once and freed safely. */
struct loop_deferred {
	struct loop_deferred *next;
	void (*fn)(void *arg);
	void *arg;
};

/* Starts Sofia's runtime on our clock and makes the loop. 0 or -errno. One per
 * process. */
int loop_new(struct loop **lp);

/* NULL is fine. Deferred work still queued is run first. */
void loop_free(struct loop *loop);

/* Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Handles what is ready, waiting `max_ms` at the most for it. */
void loop_step(struct loop *loop, int max_ms);

/* Watches `fd` (owned by the caller) for `mask`. 0 or -errno. */
int loop_fd_add(struct loop *loop, int fd, unsigned mask, loop_fd_fn fn,
		void *arg, struct loop_fd **out);

/* Changes what is watched. */
void loop_fd_mask(struct loop_fd *lfd, unsigned mask);

/* Stops watching; does not close. NULL is fine, also inside its callback. */
void loop_fd_del(struct loop_fd *lfd);

/* Blocks signal `signo` for the process and reports it in the loop
 * (signalfd). Call before any thread is made. 0 or -errno. */
int loop_signal(struct loop *loop, int signo, void (*fn)(void *arg, int signo),
		void *arg);

/* Runs `fn(arg)` once the current event is done. `d` must stay until then. */
void loop_defer(struct loop *loop, struct loop_deferred *d,
		void (*fn)(void *arg), void *arg);

/* The queue that timer_start wants. */
struct timers *loop_timers(struct loop *loop);

/* The su_root_t, for sip/ only. */
void *loop_su_root(struct loop *loop);

#endif
