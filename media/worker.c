#include "media/worker.h"

#include "gateway/clock.h"
#include "media/ring.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define REALTIME_PRIORITY 10
#define EVENTS_MAX 32
/* Blocks taken at one wake-up; more wait for the next, at once. */
#define BLOCKS_MAX 16
/* A span without a block for so long does not tick. */
#define TICKLESS_NS (100 * NS_PER_MS)
/* Own ticks made up at one wake-up, at the most. */
#define OWN_TICKS_MAX 100

/* The exchange takes one block of ours a tick from a queue of at most 4, and
 * plays idle when it is empty. We answer each block with one, so the depth
 * never changes by itself: begun with nothing, any wake-up a moment late would
 * be a gap for ever. Two idle blocks ahead let us be up to 20 ms late, and
 * leave room for two more after a stall. */
#define PRIME_BLOCKS 2

/* Spans tick together, and their blocks come one after the other within some
 * hundred microseconds. When this many more are due the worker lets them gather
 * instead of waking for each, which cost more than their blocks. */
#define GATHER_SPANS 3
#define GATHER_NS 500000

/* With nothing to do it still comes round so often, to show that it lives. */
#define IDLE_MS 500

/* For the ring of commands to make room, at 1 ms each. */
#define COMMAND_TRIES 50

struct worker {
	unsigned index;
	pthread_t thread;
	bool started, realtime;
	_Atomic bool stop;
	_Atomic uint64_t ticked_ns;
	struct ring *commands, *results;
	int epoll_fd, wake_fd, timer_fd, result_fd;

	/* The thread's alone. */
	uint64_t round_ns; /* when it last came round */
	struct worker_span *spans;
	struct worker_span *pulse; /* whose ticks carry the tickless spans */
	unsigned bridges;
	bool timer_armed;
	bool commands_wait; /* for room among the results */
	/* A span got another descriptor after epoll_wait had returned. */
	bool reattached;
};

static bool is_ticking(const struct worker_span *span, uint64_t now_ns)
{
	return span->watched && now_ns - span->last_tick_ns < TICKLESS_NS;
}

static void give_back(struct worker *w, const struct worker_result *result)
{
	uint64_t one = 1;

	/* There is room: commands are only taken while there is. */
	ring_push(w->results, result);
	if (write(w->result_fd, &one, sizeof one) < 0)
		return; /* the counter is full: the loop is awake anyway */
}

static void span_unwatch(struct worker *w, struct worker_span *span)
{
	if (!span->watched)
		return;
	epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, span->tdm->fd, NULL);
	span->watched = false;
	if (w->pulse == span)
		w->pulse = NULL;
}

static void span_detach(struct worker *w, struct worker_span *span)
{
	struct worker_result result = { .span = span, .tdm = span->tdm };

	if (!span->tdm)
		return;
	span_unwatch(w, span);
	span->tdm = NULL;
	give_back(w, &result);
}

static void span_list(struct worker *w, struct worker_span *span)
{
	if (span->listed)
		return;
	span->listed = true;
	span->next = w->spans;
	w->spans = span;
}

static void span_attach(struct worker *w, const struct worker_command *cmd)
{
	struct worker_span *span = cmd->span;
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = span };

	span_detach(w, span);
	w->reattached = true;
	span->tdm = cmd->tdm;
	span->primed = false;
	span->last_tick_ns = clock_now_ns();
	memset(&span->idle, g711_idle(cmd->law), sizeof span->idle);
	/* Without a watch the span is silent, which its driver's underruns
	 * show; the kernel refuses only for want of memory. */
	span->watched =
		!epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, cmd->tdm->fd, &event);
}

/* The newest bridge of a timeslot has it: the channel may have its next call
 * before the last one's bridge is gone. */
static void bridge_add(struct worker *w, struct bridge *b)
{
	b->span->bridge[b->timeslot - 1] = b;
	w->bridges++;
}

static void bridge_remove(struct worker *w, struct bridge *b)
{
	struct worker_result result = { .span = b->span, .bridge = b };
	struct bridge **slot = &b->span->bridge[b->timeslot - 1];

	if (*slot == b)
		*slot = NULL;
	w->bridges--;
	give_back(w, &result);
}

static void run_commands(struct worker *w)
{
	struct worker_command cmd;

	while ((w->commands_wait = !ring_room(w->results)) == false &&
	       ring_pop(w->commands, &cmd)) {
		span_list(w, cmd.span);
		switch (cmd.type) {
		case WORKER_SPAN_ATTACH: span_attach(w, &cmd); break;
		case WORKER_SPAN_DETACH: span_detach(w, cmd.span); break;
		case WORKER_BRIDGE_ADD: bridge_add(w, cmd.bridge); break;
		case WORKER_BRIDGE_FORMAT:
			bridge_set_format(cmd.bridge, &cmd.format);
			break;
		case WORKER_BRIDGE_REMOVE: bridge_remove(w, cmd.bridge); break;
		}
	}
}

/* Calls on spans that do not tick: their sockets are read and their time goes
 * on, they send nothing. */
static void carry_tickless(struct worker *w, uint64_t now_ns, uint64_t ticks)
{
	if (ticks > OWN_TICKS_MAX)
		ticks = OWN_TICKS_MAX;
	for (struct worker_span *s = w->spans; s; s = s->next) {
		if (is_ticking(s, now_ns))
			continue;
		for (int i = 0; i < TDM_TIMESLOTS; i++) {
			if (!s->bridge[i])
				continue;
			bridge_receive(s->bridge[i]);
			for (uint64_t t = 0; t < ticks; t++)
				bridge_idle_tick(s->bridge[i]);
		}
	}
}

static void exchange_block(struct worker_span *span, const struct tdm_block *in)
{
	struct tdm_block out = span->idle;

	for (int i = 0; i < TDM_TIMESLOTS; i++) {
		if (!span->bridge[i])
			continue;
		bridge_receive(span->bridge[i]);
		bridge_tick(span->bridge[i], in->timeslot[i], out.timeslot[i]);
	}
	for (int i = 0; !span->primed && i < PRIME_BLOCKS; i++)
		span->tdm->ops->write(span->tdm, &span->idle);
	span->primed = true;
	/* What cannot be written is counted by the driver. */
	span->tdm->ops->write(span->tdm, &out);
}

static void span_tick(struct worker *w, struct worker_span *span,
		      uint64_t now_ns, uint32_t events)
{
	struct tdm_block in;
	unsigned blocks = 0;
	int rc = 0;

	while (blocks < BLOCKS_MAX &&
	       (rc = span->tdm->ops->read(span->tdm, &in)) == 1) {
		exchange_block(span, &in);
		blocks++;
	}
	/* Hung up: at once off the watch, it would spin. The span hears of it
	 * from its driver's own connection. */
	if (rc < 0 || (!blocks && (events & (EPOLLHUP | EPOLLERR))))
		span_unwatch(w, span);
	if (!blocks)
		return;
	span->last_tick_ns = now_ns;
	if (blocks > 1)
		atomic_fetch_add_explicit(&span->late_ticks, 1,
					  memory_order_relaxed);
	if (!w->pulse || !is_ticking(w->pulse, now_ns))
		w->pulse = span;
	if (w->pulse == span)
		carry_tickless(w, now_ns, blocks);
}

/* The own timer runs only while there are calls and none of the spans ticks. */
static void arm_timer(struct worker *w, uint64_t now_ns)
{
	struct itimerspec every = { 0 };
	bool wanted = w->bridges > 0;

	for (struct worker_span *s = w->spans; s && wanted; s = s->next)
		wanted = !is_ticking(s, now_ns);
	if (wanted == w->timer_armed)
		return;
	w->timer_armed = wanted;
	if (wanted)
		every.it_value.tv_nsec = every.it_interval.tv_nsec =
			TDM_BLOCK_MS * (long)NS_PER_MS;
	timerfd_settime(w->timer_fd, 0, &every, NULL);
}

static int wait_ms(const struct worker *w)
{
	if (w->commands_wait)
		return TDM_BLOCK_MS;
	/* Long enough to find that no span ticks any more. */
	return w->bridges && !w->timer_armed ? (int)(TICKLESS_NS / NS_PER_MS)
					     : IDLE_MS;
}

static void handle(struct worker *w, const struct epoll_event *event,
		   uint64_t now_ns)
{
	struct worker_span *span = event->data.ptr;
	uint64_t count;

	if (event->data.ptr == &w->wake_fd) {
		if (read(w->wake_fd, &count, sizeof count) < 0)
			return;
	} else if (event->data.ptr == &w->timer_fd) {
		if (read(w->timer_fd, &count, sizeof count) == sizeof count)
			carry_tickless(w, now_ns, count);
	} else if (span->watched && !w->reattached) {
		span_tick(w, span, now_ns, event->events);
	}
}

/* How many spans have their next block in half a tick at most. */
static unsigned spans_due(const struct worker *w, uint64_t now_ns)
{
	unsigned due = 0;

	for (const struct worker_span *s = w->spans; s; s = s->next)
		due += is_ticking(s, now_ns) &&
		       now_ns - s->last_tick_ns >= TDM_BLOCK_MS * NS_PER_MS / 2;
	return due;
}

static void gather(const struct worker *w, uint64_t now_ns)
{
	struct timespec pause = { .tv_nsec = GATHER_NS };

	if (spans_due(w, now_ns) >= GATHER_SPANS)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

/* Back after a time in which no block could be seen: spans that ticked before
 * have theirs waiting, and must not be carried as well. */
static void back_after_pause(struct worker *w, uint64_t now_ns)
{
	for (struct worker_span *s = w->spans; s; s = s->next)
		if (is_ticking(s, w->round_ns))
			s->last_tick_ns = now_ns;
}

static void *run(void *arg)
{
	struct worker *w = arg;
	struct epoll_event events[EVENTS_MAX];

	while (!atomic_load_explicit(&w->stop, memory_order_acquire)) {
		int count =
			epoll_wait(w->epoll_fd, events, EVENTS_MAX, wait_ms(w));
		uint64_t now_ns = clock_now_ns();

		atomic_store_explicit(&w->ticked_ns, now_ns,
				      memory_order_relaxed);
		/* What was ready may be the old descriptor of a span that now
		 * has a new one, and its end is not the new one's. What is
		 * passed over is still ready at the next wait, at once. */
		w->reattached = false;
		if (count > 0 && now_ns - w->round_ns >= TICKLESS_NS)
			back_after_pause(w, now_ns);
		w->round_ns = now_ns;
		run_commands(w);
		for (int i = 0; i < count; i++)
			handle(w, &events[i], now_ns);
		arm_timer(w, now_ns);
		gather(w, now_ns);
	}
	return NULL;
}

static int watch(struct worker *w, int *fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = fd };

	if (*fd < 0)
		return -errno;
	return epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, *fd, &event) < 0 ? -errno
								      : 0;
}

/* One CPU for each worker, from the last one down, so that interrupts and
 * signalling keep the first. Only with real-time priority: a thread that must
 * share its CPU is better left to the scheduler. */
static void pin(struct worker *w)
{
	cpu_set_t allowed, one;
	int left;

	if (sched_getaffinity(0, sizeof allowed, &allowed) < 0)
		return;
	left = (int)(w->index % (unsigned)CPU_COUNT(&allowed));
	CPU_ZERO(&one);
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
		if (!CPU_ISSET(cpu, &allowed) || left--)
			continue;
		CPU_SET(cpu, &one);
		break;
	}
	pthread_setaffinity_np(w->thread, sizeof one, &one);
}

static int start(struct worker *w)
{
	struct sched_param param = { .sched_priority = REALTIME_PRIORITY };
	sigset_t all, before;
	char name[16];
	int rc;

	/* Signals are the signalling thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc)
		return -rc;
	w->started = true;
	snprintf(name, sizeof name, "media-%u", w->index);
	pthread_setname_np(w->thread, name);
	w->realtime = !pthread_setschedparam(w->thread, SCHED_FIFO, &param);
	if (w->realtime)
		pin(w);
	return 0;
}

int worker_new(struct worker **out, unsigned index)
{
	struct worker *w = calloc(1, sizeof *w);
	int rc;

	if (!w)
		return -ENOMEM;
	w->index = index;
	w->ticked_ns = clock_now_ns();
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	w->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->result_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->timer_fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	rc = w->epoll_fd < 0 || w->result_fd < 0 ? -errno : 0;
	if (!rc)
		rc = watch(w, &w->wake_fd);
	if (!rc)
		rc = watch(w, &w->timer_fd);
	if (!rc)
		rc = ring_new(&w->commands, WORKER_RING,
			      sizeof(struct worker_command));
	if (!rc)
		rc = ring_new(&w->results, WORKER_RING,
			      sizeof(struct worker_result));
	if (!rc)
		rc = start(w);
	if (rc) {
		worker_free(w);
		return rc;
	}
	*out = w;
	return 0;
}

static void wake(struct worker *w)
{
	uint64_t one = 1;

	if (write(w->wake_fd, &one, sizeof one) < 0)
		return; /* the counter is full: it is awake anyway */
}

void worker_stop(struct worker *w)
{
	if (!w || !w->started)
		return;
	atomic_store_explicit(&w->stop, true, memory_order_release);
	wake(w);
	pthread_join(w->thread, NULL);
	w->started = false;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	worker_stop(w);
	ring_free(w->commands);
	ring_free(w->results);
	close_fd(w->timer_fd);
	close_fd(w->result_fd);
	close_fd(w->wake_fd);
	close_fd(w->epoll_fd);
	free(w);
}

bool worker_is_realtime(const struct worker *w)
{
	return w->realtime;
}

uint64_t worker_ticked_ns(const struct worker *w)
{
	return atomic_load_explicit(&w->ticked_ns, memory_order_relaxed);
}

int worker_command(struct worker *w, const struct worker_command *cmd)
{
	for (int i = 0; i < COMMAND_TRIES; i++) {
		if (ring_push(w->commands, cmd)) {
			wake(w);
			return 0;
		}
		usleep(1000);
	}
	return -EAGAIN;
}

int worker_result_fd(const struct worker *w)
{
	return w->result_fd;
}

bool worker_result(struct worker *w, struct worker_result *out)
{
	return ring_pop(w->results, out);
}

bool worker_command_left(struct worker *w, struct worker_command *out)
{
	return ring_pop(w->commands, out);
}
