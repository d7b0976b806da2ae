#include "gateway/loop.h"

#include "gateway/clock.h"
#include "gateway/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sofia-sip/su_time.h>
#include <sofia-sip/su_wait.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#define WATCHES 2
#define ROUNDS 10
#define TIMER_MS 2

struct fixture {
	struct loop *loop;
	int near[WATCHES], far[WATCHES]; /* socket pairs */
	struct loop_fd *watch[WATCHES];
	unsigned calls[WATCHES], ready[WATCHES];
	void (*then)(struct fixture *f, int index);
};

static struct fixture *current;
static uint64_t skew_ns;

static uint64_t skewed_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec + skew_ns;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	log_set_level(LOG_CRIT);
	skew_ns = 0;
	clock_set_source(skewed_clock);
	assert_int_equal(loop_new(&f->loop), 0);
	for (int i = 0; i < WATCHES; i++) {
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX,
					    SOCK_STREAM | SOCK_NONBLOCK, 0,
					    pair),
				 0);
		f->near[i] = pair[0];
		f->far[i] = pair[1];
	}
	current = f;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < WATCHES; i++) {
		loop_fd_del(f->watch[i]);
		close(f->near[i]);
		close(f->far[i]);
	}
	loop_free(f->loop);
	free(f);
	clock_set_source(NULL);
	return 0;
}

static void noted(struct fixture *f, int index, unsigned ready)
{
	f->calls[index]++;
	f->ready[index] = ready;
	if (f->then)
		f->then(f, index);
}

static void first_ready(void *arg, unsigned ready)
{
	noted(arg, 0, ready);
}

static void second_ready(void *arg, unsigned ready)
{
	noted(arg, 1, ready);
}

static void watch(struct fixture *f, int index, unsigned mask)
{
	assert_int_equal(loop_fd_add(f->loop, f->near[index], mask,
				     index ? second_ready : first_ready, f,
				     &f->watch[index]),
			 0);
}

static void step(struct fixture *f, int times)
{
	while (times-- > 0)
		loop_step(f->loop, 2);
}

static void take_byte(struct fixture *f, int index)
{
	char c;

	assert_int_equal(read(f->near[index], &c, 1), 1);
}

static void readable_descriptor_is_told(void **state)
{
	struct fixture *f = *state;

	f->then = take_byte;
	watch(f, 0, LOOP_IN);
	step(f, 2);
	assert_int_equal(f->calls[0], 0);
	assert_int_equal(write(f->far[0], "ab", 2), 2);
	step(f, 5);
	/* Level-triggered: told again while there is more. */
	assert_int_equal(f->calls[0], 2);
	assert_int_equal(f->ready[0], LOOP_IN);
}

static void mask_can_change(void **state)
{
	struct fixture *f = *state;

	watch(f, 0, LOOP_OUT);
	step(f, 1);
	assert_int_equal(f->calls[0], 1);
	assert_int_equal(f->ready[0], LOOP_OUT);
	loop_fd_mask(f->watch[0], LOOP_IN);
	step(f, 3);
	assert_int_equal(f->calls[0], 1);
	assert_int_equal(write(f->far[0], "a", 1), 1);
	loop_fd_mask(f->watch[0], 0);
	step(f, 3);
	assert_int_equal(f->calls[0], 1);
	loop_fd_mask(f->watch[0], LOOP_IN | LOOP_OUT);
	step(f, 1);
	assert_int_equal(f->ready[0], LOOP_IN | LOOP_OUT);
}

/* At EOF a level-triggered descriptor would be ready for ever. */
static void eof_is_told_once(void **state)
{
	struct fixture *f = *state;

	watch(f, 0, LOOP_IN);
	assert_int_equal(write(f->far[0], "last", 4), 4);
	close(f->far[0]);
	f->far[0] = -1;
	step(f, 10);
	assert_int_equal(f->calls[0], 1);
	/* What came before it can still be read. */
	assert_int_equal(f->ready[0], LOOP_IN | LOOP_ERR);
	take_byte(f, 0);
	/* Off the loop already, yet these stay harmless. */
	loop_fd_mask(f->watch[0], LOOP_IN);
	step(f, 3);
	assert_int_equal(f->calls[0], 1);
}

static void error_is_told_without_being_asked(void **state)
{
	struct fixture *f = *state;

	watch(f, 0, LOOP_IN);
	loop_fd_mask(f->watch[0], 0);
	close(f->far[0]);
	f->far[0] = -1;
	step(f, 5);
	assert_int_equal(f->calls[0], 1);
	assert_true(f->ready[0] & LOOP_ERR);
}

static void delete_itself(struct fixture *f, int index)
{
	loop_fd_del(f->watch[index]);
	f->watch[index] = NULL;
}

static void deleted_in_its_own_callback(void **state)
{
	struct fixture *f = *state;

	f->then = delete_itself;
	watch(f, 0, LOOP_IN);
	assert_int_equal(write(f->far[0], "a", 1), 1);
	step(f, 5);
	assert_int_equal(f->calls[0], 1);
	/* Also at EOF. */
	watch(f, 1, LOOP_IN);
	close(f->far[1]);
	f->far[1] = -1;
	step(f, 5);
	assert_int_equal(f->calls[1], 1);
	loop_fd_del(NULL);
}

static void delete_the_other(struct fixture *f, int index)
{
	loop_fd_del(f->watch[!index]);
	f->watch[!index] = NULL;
}

/* Both are ready in the same round: the second must not be called any more. */
static void deleted_by_another(void **state)
{
	struct fixture *f = *state;

	f->then = delete_the_other;
	watch(f, 0, LOOP_IN);
	watch(f, 1, LOOP_IN);
	assert_int_equal(write(f->far[0], "a", 1), 1);
	assert_int_equal(write(f->far[1], "a", 1), 1);
	loop_step(f->loop, 10);
	assert_int_equal(f->calls[0] + f->calls[1], 1);
}

static void bad_descriptors_are_refused(void **state)
{
	struct fixture *f = *state;
	struct loop_fd *out = NULL;
	int fd = open("/dev/null", O_RDONLY);

	close(fd);
	assert_true(loop_fd_add(f->loop, fd, LOOP_IN, first_ready, f, &out) <
		    0);
	assert_null(out);
}

static void timed_out(void *arg)
{
	unsigned *fired = arg;

	(*fired)++;
	loop_stop(current->loop);
}

static void timers_run_and_bound_the_wait(void **state)
{
	struct fixture *f = *state;
	struct timer timer;
	unsigned fired = 0;
	uint64_t start_ms = clock_now_ms();

	timer_init(&timer, "T", timed_out, &fired);
	timer_start(loop_timers(f->loop), &timer, 20);
	loop_step(f->loop, 5000);
	assert_in_range(clock_now_ms() - start_ms, 15, 2000);
	for (int i = 0; i < 100 && !fired; i++)
		step(f, 1);
	assert_int_equal(fired, 1);
	assert_true(clock_now_ms() - start_ms >= 20);
	/* The stop was for a run that had not begun. */
	timer_start(loop_timers(f->loop), &timer, 10);
	loop_run(f->loop);
	timer_start(loop_timers(f->loop), &timer, 10);
	loop_run(f->loop);
	assert_true(fired >= 2);
	timer_stop(&timer);
	/* Hours pass without waiting. */
	fired = 0;
	timer_start(loop_timers(f->loop), &timer, 3 * 3600 * 1000);
	skew_ns += 3 * 3600 * NS_PER_S;
	step(f, 1);
	assert_int_equal(fired, 1);
}

/* Sofia's timers and ours read the same clock. */
static void sofia_follows_the_clock(void **state)
{
	su_time_t before = su_now(), after;
	su_time64_t before_ns = su_nanotime(NULL);

	(void)state;
	skew_ns += 3600 * NS_PER_S;
	after = su_now();
	assert_in_range(su_duration(after, before), 3600000, 3602000);
	assert_in_range(su_nanotime(NULL) - before_ns, 3600 * NS_PER_S,
			3602 * NS_PER_S);
	/* Anchored to the calendar, in NTP's epoch. */
	assert_in_range(before.tv_sec - 2208988800UL,
			(unsigned long)time(NULL) - 5,
			(unsigned long)time(NULL) + 5);
}

static void sofia_timed_out(su_root_magic_t *magic, su_timer_t *timer,
			    su_timer_arg_t *arg)
{
	unsigned *fired = arg;

	(void)magic;
	(void)timer;
	(*fired)++;
}

/* A wait of less than a millisecond is slept through, not polled through: each
 * round would otherwise take hundreds of steps. */
static void sofia_timers_are_slept_for(void **state)
{
	struct fixture *f = *state;
	su_timer_t *timer =
		su_timer_create(su_root_task(loop_su_root(f->loop)), TIMER_MS);
	unsigned fired = 0, steps = 0;

	for (unsigned round = 1; round <= ROUNDS; round++) {
		su_timer_set(timer, sofia_timed_out, &fired);
		/* 0.05 to 0.95 ms beside a whole one. */
		skew_ns += round * NS_PER_MS / ROUNDS - NS_PER_MS / 20;
		for (int i = 0; i < 10000 && fired < round; i++, steps++)
			loop_step(f->loop, 1000);
		assert_int_equal(fired, round);
	}
	assert_in_range(steps, 1, 3 * ROUNDS);
	su_timer_destroy(timer);
}

static char order[16];
static struct loop_deferred deferred[4];

static void append(void *arg)
{
	strcat(order, arg);
}

static void append_and_defer(void *arg)
{
	append(arg);
	loop_defer(current->loop, &deferred[3], append, "d");
}

static void deferred_work_keeps_its_order(void **state)
{
	struct fixture *f = *state;

	order[0] = '\0';
	loop_defer(f->loop, &deferred[0], append, "a");
	loop_defer(f->loop, &deferred[1], append_and_defer, "b");
	loop_defer(f->loop, &deferred[2], append, "c");
	assert_string_equal(order, "");
	/* Does not sleep over work that waits. */
	skew_ns = 0;
	loop_step(f->loop, 60000);
	assert_string_equal(order, "abcd");
	loop_step(f->loop, 0);
	assert_string_equal(order, "abcd");
	/* The queue is sound when it was emptied. */
	loop_defer(f->loop, &deferred[0], append, "e");
	loop_defer(f->loop, &deferred[1], append, "f");
	loop_step(f->loop, 0);
	assert_string_equal(order, "abcdef");
}

static void defer_from_callback(struct fixture *f, int index)
{
	take_byte(f, index);
	strcat(order, "(");
	loop_defer(f->loop, &deferred[0], append, "x");
	strcat(order, ")");
}

static void deferred_runs_after_the_event(void **state)
{
	struct fixture *f = *state;

	order[0] = '\0';
	f->then = defer_from_callback;
	watch(f, 0, LOOP_IN);
	assert_int_equal(write(f->far[0], "a", 1), 1);
	loop_step(f->loop, 10);
	assert_string_equal(order, "()x");
}

static void freeing_runs_what_is_deferred(void **state)
{
	struct fixture *f = *state;

	order[0] = '\0';
	loop_defer(f->loop, &deferred[0], append, "a");
	loop_free(f->loop);
	assert_string_equal(order, "a");
	assert_int_equal(loop_new(&f->loop), 0);
	loop_free(NULL);
}

static int seen[3], seen_count;

static void on_signal(void *arg, int signo)
{
	assert_ptr_equal(arg, current);
	if (seen_count < 3)
		seen[seen_count++] = signo;
}

static void signals_arrive_in_the_loop(void **state)
{
	struct fixture *f = *state;
	sigset_t old;

	sigprocmask(SIG_BLOCK, NULL, &old);
	seen_count = 0;
	assert_int_equal(loop_signal(f->loop, SIGUSR1, on_signal, f), 0);
	assert_int_equal(loop_signal(f->loop, SIGUSR2, on_signal, f), 0);
	raise(SIGUSR1);
	raise(SIGUSR2);
	/* Blocked: nothing happens until the loop turns. */
	assert_int_equal(seen_count, 0);
	step(f, 2);
	assert_int_equal(seen_count, 2);
	assert_int_equal(seen[0] + seen[1], SIGUSR1 + SIGUSR2);
	raise(SIGUSR1);
	step(f, 2);
	assert_int_equal(seen_count, 3);
	assert_int_equal(seen[2], SIGUSR1);
	for (int i = 2; i < 8; i++)
		assert_int_equal(loop_signal(f->loop, SIGRTMIN + i, on_signal,
					     f),
				 0);
	assert_int_equal(loop_signal(f->loop, SIGHUP, on_signal, f), -ENOSPC);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(readable_descriptor_is_told),
		CASE(mask_can_change),
		CASE(eof_is_told_once),
		CASE(error_is_told_without_being_asked),
		CASE(deleted_in_its_own_callback),
		CASE(deleted_by_another),
		CASE(bad_descriptors_are_refused),
		CASE(timers_run_and_bound_the_wait),
		CASE(sofia_follows_the_clock),
		CASE(sofia_timers_are_slept_for),
		CASE(deferred_work_keeps_its_order),
		CASE(deferred_runs_after_the_event),
		CASE(freeing_runs_what_is_deferred),
		CASE(signals_arrive_in_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
