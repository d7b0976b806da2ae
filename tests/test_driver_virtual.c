/* Both ends of a virtual span, in one process and over real sockets. */
#include "gateway/clock.h"
#include "tests/fake_virtual.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static uint64_t get(_Atomic uint64_t *counter)
{
	return atomic_load(counter);
}

static void fill(struct tdm_block *block, unsigned n, unsigned side)
{
	for (unsigned ts = 0; ts < TDM_TIMESLOTS; ts++)
		for (unsigned i = 0; i < TDM_BLOCK_BYTES; i++)
			block->timeslot[ts][i] =
				(uint8_t)(n * 7 + i * 13 + ts + side * 101);
}

static void assert_block(const struct tdm_block *block, unsigned n,
			 unsigned side)
{
	struct tdm_block want;

	fill(&want, n, side);
	assert_memory_equal(block, &want, sizeof want);
}

static void assert_filled(const struct tdm_block *block, uint8_t value)
{
	struct tdm_block want;

	memset(&want, value, sizeof want);
	assert_memory_equal(block, &want, sizeof want);
}

static void gateway_write(struct fixture *f, unsigned n)
{
	struct tdm_block block;

	fill(&block, n, 1);
	assert_int_equal(f->gateway.tdm->ops->write(f->gateway.tdm, &block), 0);
}

static void exchange_write(struct fixture *f, unsigned n)
{
	struct tdm_block block;

	fill(&block, n, 2);
	assert_int_equal(f->exchange.tdm->ops->write(f->exchange.tdm, &block),
			 0);
}

static void test_attach_brings_both_ends_up(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	attach(f, LINE_TYPE_T1);
	assert_int_equal(f->gateway.law, G711_ULAW);
	assert_int_equal(f->exchange.law, G711_ULAW);
	assert_int_equal(f->gateway.downs + f->exchange.downs, 0);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	exchange_stop(f);
	assert_int_equal(stat(f->path, &st), -1);
}

static uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* Spans that tick together let a gateway take them all at one wake-up. */
static void test_ticks_are_whole_ones_of_the_clock(void **state)
{
	struct fixture *f = *state;
	const uint64_t tick_ns = TDM_BLOCK_MS * NS_PER_MS;
	struct itimerspec left;
	uint64_t before_ns, after_ns, left_ns;

	attach(f, LINE_TYPE_E1);
	before_ns = monotonic_ns();
	assert_int_equal(timerfd_gettime(f->exchange.tdm->fd, &left), 0);
	after_ns = monotonic_ns();
	left_ns = (uint64_t)left.it_value.tv_sec * NS_PER_S +
		  (uint64_t)left.it_value.tv_nsec;
	assert_true((before_ns + left_ns - 1) / tick_ns <
		    (after_ns + left_ns) / tick_ns);
}

static void test_frames_pass_both_ways(void **state)
{
	struct fixture *f = *state;
	uint8_t frame[DCHANNEL_FRAME_MAX + 1];

	attach(f, LINE_TYPE_E1);
	for (unsigned i = 0; i < sizeof frame; i++)
		frame[i] = (uint8_t)(i * 3);
	assert_int_equal(f->gateway.drv->ops->frame_write(f->gateway.drv, frame,
							  DCHANNEL_FRAME_MAX),
			 0);
	await(f, &f->exchange.frames, 1);
	assert_int_equal(f->exchange.frame_len, DCHANNEL_FRAME_MAX);
	assert_memory_equal(f->exchange.frame, frame, DCHANNEL_FRAME_MAX);
	assert_int_equal(f->exchange.drv->ops->frame_write(f->exchange.drv,
							   frame, 3),
			 0);
	await(f, &f->gateway.frames, 1);
	assert_int_equal(f->gateway.frame_len, 3);
	assert_memory_equal(f->gateway.frame, frame, 3);
	assert_int_equal(f->gateway.drv->ops->frame_write(f->gateway.drv, frame,
							  sizeof frame),
			 -EMSGSIZE);
}

static void test_full_dchannel_says_so(void **state)
{
	struct fixture *f = *state;
	uint8_t frame[260] = { 2, 1 };
	unsigned sent = 0;
	int err = 0;

	attach(f, LINE_TYPE_E1);
	while (!err && sent < 100000) {
		err = f->gateway.drv->ops->frame_write(f->gateway.drv, frame,
						       sizeof frame);
		sent += !err;
	}
	assert_int_equal(err, -EAGAIN);
	await(f, &f->exchange.frames, sent);
}

static void test_voice_is_byte_exact_and_in_order(void **state)
{
	struct fixture *f = *state;
	struct tdm_block block;
	unsigned got = 0, want = 0;

	attach(f, LINE_TYPE_E1);
	for (unsigned n = 0; n < 60; n++) {
		tick(f, &block);
		if (n < 2) {
			assert_filled(&block, g711_idle(G711_ALAW));
		} else {
			assert_block(&block, want, 1);
			want++;
		}
		exchange_write(f, n);
		while (f->gateway.tdm->ops->read(f->gateway.tdm, &block) == 1) {
			assert_block(&block, got, 2);
			gateway_write(f, got);
			got++;
		}
	}
	assert_int_equal(got, 60);
	assert_int_equal(get(&f->gateway.tdm->counters.blocks_in), 60);
	assert_int_equal(get(&f->gateway.tdm->counters.blocks_out), 60);
	assert_int_equal(get(&f->exchange.tdm->counters.blocks_in), 58);
	assert_int_equal(get(&f->exchange.tdm->counters.underruns), 0);
	assert_int_equal(get(&f->exchange.tdm->counters.overruns), 0);
	assert_int_equal(get(&f->exchange.tdm->counters.slips_in), 0);
	assert_int_equal(get(&f->gateway.tdm->counters.slips_in), 0);
}

static void test_underruns_count_from_the_first_block(void **state)
{
	struct fixture *f = *state;
	struct tdm_block block;

	attach(f, LINE_TYPE_E1);
	for (int i = 0; i < 3; i++)
		tick(f, &block);
	assert_int_equal(get(&f->exchange.tdm->counters.underruns), 0);
	gateway_write(f, 0);
	gateway_write(f, 1);
	for (unsigned n = 0; n < 2; n++) {
		tick(f, &block);
		assert_block(&block, n, 1);
	}
	for (int i = 0; i < 3; i++) {
		tick(f, &block);
		assert_filled(&block, g711_idle(G711_ALAW));
	}
	assert_int_equal(get(&f->exchange.tdm->counters.underruns), 3);
	gateway_write(f, 2);
	tick(f, &block);
	assert_block(&block, 2, 1);
	assert_int_equal(get(&f->exchange.tdm->counters.underruns), 3);
}

static void test_overrun_drops_the_oldest(void **state)
{
	struct fixture *f = *state;
	struct tdm_block block;

	attach(f, LINE_TYPE_E1);
	for (unsigned n = 0; n < 7; n++)
		gateway_write(f, n);
	for (unsigned n = 3; n < 7; n++) {
		tick(f, &block);
		assert_block(&block, n, 1);
	}
	assert_int_equal(get(&f->exchange.tdm->counters.overruns), 3);
	assert_int_equal(get(&f->exchange.tdm->counters.slips_in), 0);
}

static void test_slips_count_the_same_at_both_ends(void **state)
{
	struct fixture *f = *state;
	struct tdm_block block;
	unsigned read = 0;
	uint64_t lost;

	attach(f, LINE_TYPE_E1);
	for (unsigned n = 0; n < 300; n++)
		exchange_write(f, n);
	lost = get(&f->exchange.tdm->counters.slips_out);
	assert_in_range(lost, 100, 290);
	while (f->gateway.tdm->ops->read(f->gateway.tdm, &block) == 1)
		assert_block(&block, read++, 2);
	assert_int_equal(read + lost, 300);
	/* The gap shows with the first block behind it. */
	assert_int_equal(get(&f->gateway.tdm->counters.slips_in), 0);
	exchange_write(f, 300);
	assert_int_equal(f->gateway.tdm->ops->read(f->gateway.tdm, &block), 1);
	assert_block(&block, 300, 2);
	assert_int_equal(get(&f->gateway.tdm->counters.slips_in), lost);
}

static uint64_t real_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* After a pause every tick comes, not all at once, and a gateway that answers
 * each of them is not blamed with an under-run. */
static void test_missed_ticks_are_caught_up(void **state)
{
	struct fixture *f = *state;
	struct timespec pause = { .tv_nsec = 200 * 1000 * 1000 };
	struct tdm_block block;
	unsigned ticks = 1, in_a_row = 0;
	uint64_t start;

	attach(f, LINE_TYPE_E1);
	tick(f, &block);
	start = real_ms();
	gateway_write(f, 0);
	gateway_write(f, 1);
	nanosleep(&pause, NULL);
	while (f->exchange.tdm->ops->read(f->exchange.tdm, &block) == 1) {
		gateway_write(f, ticks++ + 1);
		in_a_row++;
	}
	assert_in_range(in_a_row, 1, 5);
	for (; ticks < 30; ticks++) {
		tick(f, &block);
		gateway_write(f, ticks + 1);
	}
	/* Tick 30 is due 300 ms after the first: it is not early either. */
	assert_in_range(real_ms() - start, 280, 290 + 200);
	assert_int_equal(get(&f->exchange.tdm->counters.underruns), 0);
	assert_int_equal(get(&f->exchange.tdm->counters.overruns), 0);
}

static void test_alarms_reach_the_gateway(void **state)
{
	struct fixture *f = *state;
	struct tdm_block block;
	uint8_t frame[] = { 2, 1, 0x7f };

	attach(f, LINE_TYPE_E1);
	virtual_exchange_alarm(f->exchange.drv, LINE_RED);
	await(f, &f->gateway.alarm_calls, 1);
	assert_int_equal(f->gateway.alarms, LINE_RED);

	/* Blocks keep their pace, but nothing is in them, and frames die. */
	exchange_write(f, 0);
	assert_int_equal(f->gateway.tdm->ops->read(f->gateway.tdm, &block), 1);
	assert_filled(&block, g711_idle(G711_ALAW));
	gateway_write(f, 0);
	gateway_write(f, 1);
	tick(f, &block);
	assert_filled(&block, g711_idle(G711_ALAW));
	assert_int_equal(f->gateway.drv->ops->frame_write(f->gateway.drv, frame,
							  sizeof frame),
			 0);
	assert_int_equal(f->exchange.drv->ops->frame_write(f->exchange.drv,
							   frame, sizeof frame),
			 0);
	settle(f);
	assert_int_equal(f->exchange.frames + f->gateway.frames, 0);

	virtual_exchange_alarm(f->exchange.drv, 0);
	await(f, &f->gateway.alarm_calls, 2);
	assert_int_equal(f->gateway.alarms, 0);
	tick(f, &block);
	assert_block(&block, 1, 1);
}

static void test_alarm_outlives_the_gateway(void **state)
{
	struct fixture *f = *state;

	attach(f, LINE_TYPE_E1);
	virtual_exchange_alarm(f->exchange.drv, LINE_BLUE);
	await(f, &f->gateway.alarm_calls, 1);
	gateway_stop(f);
	await(f, &f->exchange.downs, 1);
	gateway_start(f, 1);
	await(f, &f->gateway.alarm_calls, 2);
	assert_int_equal(f->gateway.alarms, LINE_BLUE);
}

static void test_cut_dchannel_leaves_the_voice(void **state)
{
	struct fixture *f = *state;
	uint8_t frame[] = { 2, 1, 0x7f };
	struct tdm_block block;

	attach(f, LINE_TYPE_E1);
	virtual_exchange_cut_dchannel(f->exchange.drv, true);
	f->gateway.drv->ops->frame_write(f->gateway.drv, frame, sizeof frame);
	f->exchange.drv->ops->frame_write(f->exchange.drv, frame, sizeof frame);
	settle(f);
	assert_int_equal(f->exchange.frames + f->gateway.frames, 0);
	exchange_write(f, 9);
	assert_int_equal(f->gateway.tdm->ops->read(f->gateway.tdm, &block), 1);
	assert_block(&block, 9, 2);

	virtual_exchange_cut_dchannel(f->exchange.drv, false);
	f->gateway.drv->ops->frame_write(f->gateway.drv, frame, sizeof frame);
	await(f, &f->exchange.frames, 1);
}

static void test_gateway_leaves_and_returns(void **state)
{
	struct fixture *f = *state;
	struct tdm_block block = { 0 };
	struct tdm *orphan;

	attach(f, LINE_TYPE_E1);
	orphan = f->exchange.tdm;
	f->exchange.tdm = NULL;
	gateway_stop(f);
	await(f, &f->exchange.downs, 1);
	assert_string_equal(f->exchange.why, "the gateway has gone");
	/* A media thread may still hold the voice for a moment. */
	while (orphan->ops->read(orphan, &block) == 0)
		;
	assert_int_equal(orphan->ops->read(orphan, &block), -ENOTCONN);
	assert_int_equal(orphan->ops->write(orphan, &block), -ENOTCONN);
	orphan->ops->close(orphan);
	assert_int_equal(f->exchange.drv->ops->frame_write(f->exchange.drv,
							   (void *)"x", 1),
			 -ENOTCONN);
	gateway_start(f, 1);
	await(f, &f->gateway.ups, 2);
	assert_int_equal(f->exchange.ups, 2);
}

static void test_exchange_dies_and_returns(void **state)
{
	struct fixture *f = *state;
	struct tdm_block block;
	struct tdm *orphan;

	attach(f, LINE_TYPE_E1);
	orphan = f->gateway.tdm;
	f->gateway.tdm = NULL;
	exchange_stop(f);
	await(f, &f->gateway.downs, 1);
	assert_string_equal(f->gateway.why, "the exchange has gone");
	assert_int_equal(orphan->ops->read(orphan, &block), -ENOTCONN);
	assert_int_equal(orphan->ops->write(orphan, &block), -ENOTCONN);
	orphan->ops->close(orphan);
	assert_int_equal(f->gateway.drv->ops->frame_write(f->gateway.drv,
							  (void *)"x", 1),
			 -ENOTCONN);
	exchange_start(f, LINE_TYPE_E1);
	await(f, &f->gateway.ups, 2);
}

static void test_retries_slow_down(void **state)
{
	static const unsigned delay_ms[] = { 200,  1000,  2000,	 4000,
					     8000, 16000, 30000, 30000 };
	struct fixture *f = *state;
	char want[256];

	gateway_start(f, 1);
	await(f, &f->gateway.downs, 1);
	snprintf(want, sizeof want,
		 "no exchange on %s: No such file or directory; is "
		 "tollgate-exchange running?",
		 f->path);
	assert_string_equal(f->gateway.why, want);
	for (unsigned i = 0; i < sizeof delay_ms / sizeof *delay_ms; i++) {
		int next_ms = timers_next_ms(loop_timers(f->loop));

		assert_in_range(next_ms, delay_ms[i] - 150, delay_ms[i]);
		advance_ms(delay_ms[i]);
		loop_step(f->loop, 0);
	}
	/* The same reason again and again is told once. */
	assert_int_equal(f->gateway.downs, 1);
	exchange_start(f, LINE_TYPE_E1);
	advance_ms(30000);
	await(f, &f->gateway.ups, 1);
}

static void test_span_that_does_not_exist(void **state)
{
	struct fixture *f = *state;

	exchange_start(f, LINE_TYPE_E1);
	gateway_start(f, 7);
	await(f, &f->gateway.downs, 1);
	assert_string_equal(f->gateway.why,
			    "the exchange refuses: span 7 does not exist: this "
			    "exchange has 1..4");
	assert_int_equal(f->gateway.ups + f->exchange.ups, 0);
}

static void test_span_without_service(void **state)
{
	struct fixture *f = *state;

	exchange_start(f, LINE_TYPE_E1);
	gateway_start(f, 2);
	await(f, &f->gateway.downs, 1);
	assert_string_equal(
		f->gateway.why,
		"the exchange refuses: span 2 is not in service here");
}

/* It is asked again, for the exchange may be restarted with another one. */
static void test_line_of_the_other_kind(void **state)
{
	static const struct {
		enum line_type here, there;
		const char *why;
	} rows[] = {
		{ LINE_TYPE_E1, LINE_TYPE_T1,
		  "span 1 of the exchange is T1 and 'line' says E1: change "
		  "it there (--span virtual) or here" },
		{ LINE_TYPE_T1, LINE_TYPE_E1,
		  "span 1 of the exchange is E1 and 'line' says T1: change "
		  "it there (--span virtual:t1) or here" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		f->line = rows[i].here;
		exchange_start(f, rows[i].there);
		gateway_start(f, 1);
		await(f, &f->gateway.downs, 1);
		assert_string_equal(f->gateway.why, rows[i].why);
		settle(f);
		assert_int_equal(f->gateway.ups, 0);
		assert_null(f->exchange.tdm);
		exchange_stop(f);
		exchange_start(f, rows[i].here);
		advance_ms(2000);
		await(f, &f->gateway.ups, 1);
		gateway_stop(f);
		exchange_stop(f);
		settle(f);
		f->gateway = f->exchange = (struct seen){ 0 };
	}
}

static void test_span_already_taken(void **state)
{
	struct fixture *f = *state;
	const struct driver_virtual_config cfg = { .path = f->path,
						   .span = 1,
						   .object = "span=1" };
	struct seen second = { 0 };
	char want[128];

	attach(f, LINE_TYPE_E1);
	assert_int_equal(driver_virtual_new(&second.drv, f->loop, &cfg,
					    &seen_events, &second),
			 0);
	await(f, &second.downs, 1);
	snprintf(want, sizeof want,
		 "the exchange refuses: span 1 is already taken by another "
		 "gateway (process %d)",
		 (int)getpid());
	assert_string_equal(second.why, want);
	second.drv->ops->free(second.drv);
	settle(f);
	assert_int_equal(f->gateway.downs, 0);
}

struct carrier {
	struct tdm *tdm;
	atomic_bool stop;
	unsigned blocks;
};

/* Echoes blocks, as a media worker or an exchange would. */
static void *carry(void *arg)
{
	struct carrier *c = arg;
	struct tdm_block block;
	int got = 0;

	while (!atomic_load(&c->stop) && got >= 0) {
		struct pollfd pfd = { .fd = c->tdm->fd, .events = POLLIN };

		poll(&pfd, 1, 20);
		while ((got = c->tdm->ops->read(c->tdm, &block)) == 1) {
			c->tdm->ops->write(c->tdm, &block);
			c->blocks++;
		}
	}
	c->tdm->ops->close(c->tdm);
	return NULL;
}

static void test_voice_in_threads_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct carrier side[2] = { 0 };
	pthread_t thread[2];

	attach(f, LINE_TYPE_E1);
	side[0].tdm = f->exchange.tdm;
	side[1].tdm = f->gateway.tdm;
	f->exchange.tdm = f->gateway.tdm = NULL;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, carry,
						&side[i]),
				 0);
	/* No assertion before the threads are joined: they use our stack. */
	for (int i = 0; i < 30; i++) {
		struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

		virtual_exchange_alarm(f->exchange.drv, i & 1 ? LINE_RED : 0);
		loop_step(f->loop, 10);
		nanosleep(&pause, NULL);
	}
	/* The drivers go first here, the voice second. */
	f->exchange.drv->ops->free(f->exchange.drv);
	f->exchange.drv = NULL;
	gateway_stop(f);
	settle(f);
	for (int i = 0; i < 2; i++) {
		atomic_store(&side[i].stop, true);
		pthread_join(thread[i], NULL);
	}
	assert_true(side[0].blocks > 5);
	assert_true(side[1].blocks > 5);
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, virtual_setup, virtual_teardown)
	const struct CMUnitTest tests[] = {
		T(test_attach_brings_both_ends_up),
		T(test_ticks_are_whole_ones_of_the_clock),
		T(test_frames_pass_both_ways),
		T(test_full_dchannel_says_so),
		T(test_voice_is_byte_exact_and_in_order),
		T(test_underruns_count_from_the_first_block),
		T(test_overrun_drops_the_oldest),
		T(test_slips_count_the_same_at_both_ends),
		T(test_missed_ticks_are_caught_up),
		T(test_alarms_reach_the_gateway),
		T(test_alarm_outlives_the_gateway),
		T(test_cut_dchannel_leaves_the_voice),
		T(test_gateway_leaves_and_returns),
		T(test_exchange_dies_and_returns),
		T(test_retries_slow_down),
		T(test_span_that_does_not_exist),
		T(test_span_without_service),
		T(test_line_of_the_other_kind),
		T(test_span_already_taken),
		T(test_voice_in_threads_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
