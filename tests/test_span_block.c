/* Channels that the operator blocks, and those that he restarts. */
#include "dahdi/pri_leg.h"
#include "gateway/log.h"
#include "tests/fake_network.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
	struct fake_lab lab;
	struct fake_incoming in;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	log_set_level(LOG_ERR);
	fake_lab_start(&f->lab, 1);
	f->lab.incoming = &f->in;
	fake_lab_spans(&f->lab);
	fake_lab_up(&f->lab);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fsm_illegal_count(), 0);
	fake_lab_stop(&f->lab);
	free(f);
	return 0;
}

static struct span *span_of(struct fixture *f)
{
	return f->lab.span[0];
}

static uint8_t view(struct fixture *f, unsigned channel)
{
	struct span_info info;

	span_describe(span_of(f), &info);
	return info.channel[channel];
}

static bool is_idle(struct fixture *f, unsigned channel)
{
	return span_idle_channels(span_of(f)) >> channel & 1;
}

static void test_there_and_back(void **state)
{
	struct fixture *f = *state;
	struct span_info info;

	assert_int_equal(span_block_channel(span_of(f), 16, true), -EINVAL);
	assert_int_equal(span_block_channel(span_of(f), 32, true), -EINVAL);
	assert_int_equal(span_block_channel(span_of(f), 5, false), -EALREADY);
	assert_int_equal(span_block_channel(span_of(f), 5, true), 0);
	assert_int_equal(span_block_channel(span_of(f), 5, true), -EALREADY);
	assert_false(is_idle(f, 5));
	assert_int_equal(view(f, 5), CHANNEL_VIEW_BLOCKED);
	span_describe(span_of(f), &info);
	assert_int_equal(info.blocked, 1 << 5);
	assert_int_equal(info.idle, 29);
	assert_int_equal(span_block_channel(span_of(f), 5, false), 0);
	assert_true(is_idle(f, 5));
	assert_int_equal(view(f, 5), CHANNEL_VIEW_IDLE);
}

/* It is another thing than a line that is down, and outlives one. */
static void test_line_goes_and_comes(void **state)
{
	struct fixture *f = *state;

	span_block_channel(span_of(f), 5, true);
	fake_line_cut(f->lab.line[0], true);
	fake_lab_run(&f->lab, 60000);
	assert_int_equal(view(f, 5), CHANNEL_VIEW_BLOCKED);
	assert_int_equal(view(f, 6), CHANNEL_VIEW_OUT);
	fake_line_cut(f->lab.line[0], false);
	fake_lab_run(&f->lab, 20000);
	assert_true(is_idle(f, 6));
	assert_false(is_idle(f, 5));
	assert_int_equal(view(f, 5), CHANNEL_VIEW_BLOCKED);
	fake_network_restart(f->lab.network[0], 5);
	fake_lab_run(&f->lab, 1000);
	assert_false(is_idle(f, 5));
	/* And while the line is down. */
	fake_driver_alarm(f->lab.driver[0], LINE_RED);
	span_block_channel(span_of(f), 5, false);
	assert_int_equal(view(f, 5), CHANNEL_VIEW_OUT);
	fake_driver_alarm(f->lab.driver[0], 0);
	fake_lab_run(&f->lab, 5000);
	assert_true(is_idle(f, 5));
}

/* A preference moves, an insistence fails (Q.931 5.2.3.1). */
static void test_network_wants_it(void **state)
{
	struct fixture *f = *state;
	struct fake_network *network = f->lab.network[0];
	struct fake_network_setup wants = { .called = "1", .channel = 5 };

	span_block_channel(span_of(f), 5, true);
	fake_network_call(network, &wants);
	fake_lab_run(&f->lab, 50);
	assert_int_equal(f->in.count, 1);
	assert_int_not_equal(network->channel, 5);
	fake_isdn_call_release(&f->in.call[0], 16, 1);
	fake_lab_run(&f->lab, 50);
	fake_isdn_call_free(&f->in.call[0]);
	f->in.count = 0;
	wants.exclusive = true;
	fake_network_call(network, &wants);
	fake_lab_run(&f->lab, 50);
	assert_int_equal(f->in.count, 0);
	assert_int_equal(network->heard_cause, 44);
}

static void test_running_call_stays(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call ours;

	f->lab.network[0]->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&ours, &f->lab, 5);
	fake_lab_run(&f->lab, 50);
	assert_int_equal(ours.answer, 1);
	span_block_channel(span_of(f), 5, true);
	assert_int_equal(view(f, 5), CHANNEL_VIEW_BUSY);
	fake_lab_run(&f->lab, 5000);
	assert_int_equal(ours.released, 0);
	fake_isdn_call_release(&ours, 16, 1);
	fake_lab_run(&f->lab, 50);
	assert_int_equal(view(f, 5), CHANNEL_VIEW_BLOCKED);
	assert_false(is_idle(f, 5));
	fake_isdn_call_free(&ours);
}

/* Our call would give way to the network's on one channel, not on this one. */
static void test_glare(void **state)
{
	const struct fake_network_setup wants = { .called = "1",
						  .channel = 5,
						  .exclusive = true };
	struct fixture *f = *state;
	struct fake_network *network = f->lab.network[0];
	struct fake_isdn_call ours;

	network->does = NETWORK_PROCEEDS;
	fake_network_call(network, &wants);
	fake_isdn_call_start(&ours, &f->lab, 5);
	span_block_channel(span_of(f), 5, true);
	fake_lab_run(&f->lab, 1000);
	assert_int_equal(f->in.count, 0);
	assert_int_equal(ours.proceeding, 1);
	fake_isdn_call_release(&ours, 16, 1);
	fake_lab_run(&f->lab, 50);
	fake_isdn_call_free(&ours);
}

static bool runs(struct fixture *f, const char *name)
{
	const struct timer *t;

	for (t = timers_first(f->lab.timers); t; t = timers_after(t))
		if (!strcmp(t->name, name))
			return true;
	return false;
}

static void test_restart(void **state)
{
	struct fixture *f = *state;
	struct fake_network *network = f->lab.network[0];
	struct fake_isdn_call ours;
	unsigned before = network->restarts;

	assert_int_equal(span_restart_by_hand(span_of(f), 16), -EINVAL);
	assert_int_equal(span_restart_by_hand(span_of(f), 5), 0);
	assert_false(is_idle(f, 5));
	assert_true(runs(f, "T316"));
	fake_lab_run(&f->lab, 100);
	assert_int_equal(network->restarts, before + 1);
	assert_int_equal(network->restarted, 5);
	assert_true(is_idle(f, 5));
	/* Nothing is waited for. */
	assert_false(runs(f, "T316"));
	network->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&ours, &f->lab, 5);
	fake_lab_run(&f->lab, 50);
	assert_int_equal(span_restart_by_hand(span_of(f), 5), -EBUSY);
	fake_isdn_call_release(&ours, 16, 1);
	fake_lab_run(&f->lab, 50);
	fake_isdn_call_free(&ours);
	fake_driver_alarm(f->lab.driver[0], LINE_RED);
	assert_int_equal(span_restart_by_hand(span_of(f), 5), -ENETDOWN);
}

int main(void)
{
#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		IN_LAB(test_there_and_back),
		IN_LAB(test_line_goes_and_comes),
		IN_LAB(test_network_wants_it),
		IN_LAB(test_running_call_stays),
		IN_LAB(test_glare),
		IN_LAB(test_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
