#include "gateway/loop.h"

#include "gateway/clock.h"
#include "gateway/log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define SU_ROOT_MAGIC_T struct loop
#define SU_WAKEUP_ARG_T struct loop_fd
#include <sofia-sip/su_wait.h>

#define SIGNALS_MAX 8
/* The longest sleep; timers shorten it. Sofia's own timers shorten it too,
 * inside su_root_step. */
#define STEP_MAX_MS 1000
#define NTP_EPOCH_OFFSET_S 2208988800ULL

/* Sofia's exported clock hooks: they are in its library, not in its headers. */
extern void (*_su_time)(su_time_t *tv);
extern su_time64_t (*_su_nanotime)(su_time64_t *out);

struct loop_fd {
	struct loop *loop;
	int fd;
	int index; /* su_root's, negative once off the loop */
	loop_fd_fn fn;
	void *arg;
	struct loop_deferred free_later;
};

struct loop {
	su_root_t *root;
	struct timers timers;
	struct loop_deferred *deferred, **deferred_tail;
	bool stopping;
	int signal_fd;
	struct loop_fd *signal_watch;
	sigset_t signal_set;
	struct {
		int signo;
		void (*fn)(void *arg, int signo);
		void *arg;
	} signals[SIGNALS_MAX];
	unsigned signal_count;
};

/* Nanoseconds from the NTP epoch to the zero of clock_now_ns. Sofia derives
 * NTP stamps and branch randomness from its clock, so it is anchored once to
 * the calendar and then follows the monotonic clock only: a step of the
 * calendar clock stopped or fired all its timers when it followed that. */
static uint64_t sofia_anchor_ns;

static su_time64_t sofia_nanotime(su_time64_t *out)
{
	su_time64_t now = sofia_anchor_ns + clock_now_ns();

	if (out)
		*out = now;
	return now;
}

/* Sofia waits for its timers in whole milliseconds, rounded down: with a finer
 * clock it polled without waiting for the last one before each timer. Its clock
 * therefore counts whole milliseconds, which makes the wait exact. */
static void sofia_time(su_time_t *tv)
{
	uint64_t now_ms = (sofia_anchor_ns + clock_now_ns()) / NS_PER_MS;

	tv->tv_sec = (unsigned long)(now_ms / 1000);
	tv->tv_usec = (unsigned long)(now_ms % 1000 * 1000);
}

int loop_new(struct loop **lp)
{
	struct loop *loop = calloc(1, sizeof *loop);

	if (!loop)
		return -ENOMEM;
	sofia_anchor_ns = NTP_EPOCH_OFFSET_S * NS_PER_S + clock_calendar_ns() -
			  clock_now_ns();
	_su_nanotime = sofia_nanotime;
	_su_time = sofia_time;
	su_init();
	loop->deferred_tail = &loop->deferred;
	loop->signal_fd = -1;
	sigemptyset(&loop->signal_set);
	loop->root = su_root_create(loop);
	if (!loop->root) {
		loop_free(loop);
		return -ENOMEM;
	}
	su_root_threading(loop->root, 0);
	*lp = loop;
	return 0;
}

static void run_deferred(struct loop *loop)
{
	while (loop->deferred) {
		struct loop_deferred *d = loop->deferred;

		loop->deferred = d->next;
		if (!loop->deferred)
			loop->deferred_tail = &loop->deferred;
		d->fn(d->arg);
	}
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	loop_fd_del(loop->signal_watch);
	run_deferred(loop);
	if (loop->signal_fd >= 0)
		close(loop->signal_fd);
	if (loop->root)
		su_root_destroy(loop->root);
	free(loop);
	su_deinit();
}

void loop_step(struct loop *loop, int max_ms)
{
	int next_ms = timers_next_ms(&loop->timers);

	if (next_ms >= 0 && next_ms < max_ms)
		max_ms = next_ms;
	if (loop->deferred)
		max_ms = 0;
	su_root_step(loop->root, max_ms);
	timers_run(&loop->timers);
	run_deferred(loop);
}

void loop_run(struct loop *loop)
{
	while (!loop->stopping)
		loop_step(loop, STEP_MAX_MS);
	loop->stopping = false;
}

void loop_stop(struct loop *loop)
{
	loop->stopping = true;
}

static int wakeup(su_root_magic_t *magic, su_wait_t *wait, struct loop_fd *lfd)
{
	short revents = wait->revents;
	unsigned ready = 0;

	(void)magic;
	if (lfd->index < 0)
		return 0;
	if (revents & SU_WAIT_IN)
		ready |= LOOP_IN;
	if (revents & SU_WAIT_OUT)
		ready |= LOOP_OUT;
	if (revents & POLLPRI)
		ready |= LOOP_PRI;
	if (revents & (SU_WAIT_ERR | SU_WAIT_HUP)) {
		ready |= LOOP_ERR;
		su_root_deregister(lfd->loop->root, lfd->index);
		lfd->index = -1;
	}
	lfd->fn(lfd->arg, ready);
	return 0;
}

static int poll_events(unsigned mask)
{
	int events = 0;

	if (mask & LOOP_IN)
		events |= SU_WAIT_IN;
	if (mask & LOOP_OUT)
		events |= SU_WAIT_OUT;
	if (mask & LOOP_PRI)
		events |= POLLPRI;
	return events;
}

int loop_fd_add(struct loop *loop, int fd, unsigned mask, loop_fd_fn fn,
		void *arg, struct loop_fd **out)
{
	struct loop_fd *lfd = calloc(1, sizeof *lfd);
	su_wait_t wait;

	if (!lfd)
		return -ENOMEM;
	*lfd = (struct loop_fd){ .loop = loop, .fd = fd, .fn = fn, .arg = arg };
	if (su_wait_create(&wait, fd, poll_events(mask)) < 0)
		goto fail;
	lfd->index = su_root_register(loop->root, &wait, wakeup, lfd, 0);
	if (lfd->index < 0)
		goto fail;
	*out = lfd;
	return 0;
fail:
	free(lfd);
	return -ENOMEM;
}

void loop_fd_mask(struct loop_fd *lfd, unsigned mask)
{
	if (lfd->index >= 0)
		su_root_eventmask(lfd->loop->root, lfd->index, lfd->fd,
				  poll_events(mask));
}

void loop_fd_del(struct loop_fd *lfd)
{
	if (!lfd)
		return;
	if (lfd->index >= 0)
		su_root_deregister(lfd->loop->root, lfd->index);
	lfd->index = -1;
	/* A wake-up of this descriptor may still be under way. */
	loop_defer(lfd->loop, &lfd->free_later, free, lfd);
}

static void signal_ready(void *arg, unsigned ready)
{
	struct loop *loop = arg;
	struct signalfd_siginfo info;

	(void)ready;
	/* One at a wake-up: the kernel hands out the lowest number first, and
	 * somebody's endless SIGHUP must not keep all else waiting. */
	if (read(loop->signal_fd, &info, sizeof info) == sizeof info)
		for (unsigned i = 0; i < loop->signal_count; i++)
			if (loop->signals[i].signo == (int)info.ssi_signo)
				loop->signals[i].fn(loop->signals[i].arg,
						    (int)info.ssi_signo);
}

int loop_signal(struct loop *loop, int signo, void (*fn)(void *arg, int signo),
		void *arg)
{
	if (loop->signal_count == SIGNALS_MAX)
		return -ENOSPC;
	sigaddset(&loop->signal_set, signo);
	sigprocmask(SIG_BLOCK, &loop->signal_set, NULL);
	loop->signal_fd = signalfd(loop->signal_fd, &loop->signal_set,
				   SFD_NONBLOCK | SFD_CLOEXEC);
	if (loop->signal_fd < 0)
		return -errno;
	loop->signals[loop->signal_count].signo = signo;
	loop->signals[loop->signal_count].fn = fn;
	loop->signals[loop->signal_count].arg = arg;
	loop->signal_count++;
	if (loop->signal_watch)
		return 0;
	return loop_fd_add(loop, loop->signal_fd, LOOP_IN, signal_ready, loop,
			   &loop->signal_watch);
}

void loop_defer(struct loop *loop, struct loop_deferred *d,
		void (*fn)(void *arg), void *arg)
{
	*d = (struct loop_deferred){ .fn = fn, .arg = arg };
	*loop->deferred_tail = d;
	loop->deferred_tail = &d->next;
}

struct timers *loop_timers(struct loop *loop)
{
	return &loop->timers;
}

void *loop_su_root(struct loop *loop)
{
	return loop->root;
}
