/* Alarms of the line, and the D channel under them. */
#include "dahdi/span.h"
#include "gateway/event.h"
#include "gateway/log.h"
#include "tests/fake_log.h"
#include "tests/fake_network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
	struct fake_lab *lab = malloc(sizeof *lab);

	fake_lab_start(lab, 1);
	lab->conf[0].t301_ms = lab->conf[0].t310_ms = 3600000;
	fake_lab_spans(lab);
	fake_lab_up(lab);
	log_set_level(LOG_INFO);
	event_say_repeats(true);
	fake_log_start();
	*state = lab;
	return 0;
}

static int teardown(void **state)
{
	fake_log_stop();
	return fake_lab_teardown(state);
}

static void assert_span(struct fake_lab *lab, const char *state,
			bool in_service, unsigned idle)
{
	struct span_info info;

	span_describe(lab->span[0], &info);
	assert_string_equal(info.state, state);
	assert_int_equal(info.in_service, in_service);
	assert_int_equal(info.idle, idle);
}

static void assert_logged(const char *level, const char *text)
{
	if (!fake_log_has(level, text))
		fail_msg("not logged: %s %s", level, text);
}

/* A hundred short alarms: new calls are blocked during each, the D channel
 * needs no time to return after it, and no call is lost, answered or not. */
static void test_flaps(void **state)
{
	static const struct {
		unsigned alarms;
		const char *state;
	} alarms[] = {
		{ LINE_RED, "alarm red" },
		{ LINE_YELLOW, "up" }, /* held off */
		{ LINE_BLUE, "alarm blue" },
		{ LINE_RED | LINE_YELLOW, "alarm red" },
	};
	struct fake_lab *lab = *state;
	struct fake_isdn_call active, ringing;

	lab->network[0]->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&active, lab, 1);
	fake_lab_run(lab, 100);
	lab->network[0]->does = NETWORK_ALERTS;
	fake_isdn_call_start(&ringing, lab, 2);
	fake_lab_run(lab, 100);
	for (unsigned i = 0; i < 100; i++) {
		bool held = alarms[i % 4].alarms == LINE_YELLOW;

		fake_driver_alarm(lab->driver[0], alarms[i % 4].alarms);
		fake_line_cut(lab->line[0], true);
		assert_span(lab, alarms[i % 4].state, held, held ? 28 : 0);
		fake_lab_run(lab, 1500);
		assert_span(lab, alarms[i % 4].state, held, held ? 28 : 0);
		fake_line_cut(lab->line[0], false);
		fake_driver_alarm(lab->driver[0], 0);
		fake_lab_run(lab, 5000);
		assert_span(lab, "up", true, 28);
	}
	assert_int_equal(active.released + active.disconnect, 0);
	assert_int_equal(ringing.released + ringing.disconnect, 0);
	fake_isdn_call_release(&active, 16, 1);
	fake_network_answer(lab->network[0]);
	fake_lab_run(lab, 100);
	assert_int_equal(ringing.answer, 1);
	fake_isdn_call_release(&ringing, 16, 1);
	fake_lab_run(lab, 100);
	fake_isdn_call_free(&active);
	fake_isdn_call_free(&ringing);
	assert_true(fake_lab_is_clean(lab));
}

/* Longer than Q.921 bears it: down, and up again by itself. */
static void test_long(void **state)
{
	struct fake_lab *lab = *state;

	fake_driver_alarm(lab->driver[0], LINE_RED);
	fake_line_cut(lab->line[0], true);
	fake_lab_run(lab, 60000);
	fake_driver_alarm(lab->driver[0], LINE_BLUE);
	fake_line_cut(lab->line[0], false);
	fake_driver_alarm(lab->driver[0], 0);
	assert_span(lab, "D channel down", false, 0);
	assert_logged("warning", "their side. No new calls, and the D channel "
				 "is down");
	fake_lab_run(lab, 10000);
	assert_span(lab, "up", true, 30);
	assert_logged("warning", "D channel down: the line carries nothing.");
	assert_logged("notice", "alarm blue over after 60.0 s, 0 calls kept; "
				"waiting for the D channel");
	assert_logged("notice", "D channel up after 5");
}

/* Which calls are kept is said, and counted while they wait. */
static void test_calls_are_told_of(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call active, ringing;
	struct span_info info;

	lab->network[0]->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&active, lab, 1);
	fake_lab_run(lab, 100);
	lab->network[0]->does = NETWORK_ALERTS;
	fake_isdn_call_start(&ringing, lab, 2);
	fake_lab_run(lab, 100);
	fake_driver_alarm(lab->driver[0], LINE_BLUE);
	assert_logged("err", "alarm blue: the carrier sends all ones: a fault "
			     "or maintenance on their side. No new calls; 2 "
			     "running ones stay");
	fake_lab_run(lab, 2000);
	span_describe(lab->span[0], &info);
	assert_int_equal(info.waiting, 0);
	fake_driver_down(lab->driver[0], "card gone");
	assert_logged("err", "line lost: card gone; retrying. Calls in setup "
			     "are cleared, 1 answered ones wait for it, 10 s "
			     "each (T309)");
	fake_lab_run(lab, 1000);
	assert_int_equal(ringing.released, 1);
	span_describe(lab->span[0], &info);
	assert_int_equal(info.waiting, 1);
	fake_driver_up(lab->driver[0], G711_ALAW);
	fake_lab_run(lab, 2000);
	assert_logged("notice", "in service with 30 B channels, 1 calls kept");
	span_describe(lab->span[0], &info);
	assert_int_equal(info.waiting, 0);
	fake_isdn_call_release(&active, 16, 1);
	fake_lab_run(lab, 100);
	fake_isdn_call_free(&active);
	fake_isdn_call_free(&ringing);
}

/* The far end's word alone counts only when it stays. */
static void test_yellow_is_held_off(void **state)
{
	struct fake_lab *lab = *state;
	struct span_info info;

	fake_driver_alarm(lab->driver[0], LINE_YELLOW);
	fake_lab_run(lab, 2400);
	assert_span(lab, "up", true, 30);
	span_describe(lab->span[0], &info);
	assert_int_equal(info.alarms, LINE_YELLOW);
	fake_driver_alarm(lab->driver[0], 0);
	assert_logged("info", "alarm yellow for 2.4 s: too short to act on");
	fake_lab_run(lab, 10000);
	assert_span(lab, "up", true, 30);
	assert_false(fake_log_has("err", "alarm"));

	fake_driver_alarm(lab->driver[0], LINE_YELLOW);
	fake_lab_run(lab, 2600);
	assert_span(lab, "alarm yellow", false, 0);
	fake_driver_alarm(lab->driver[0], LINE_RED | LINE_YELLOW);
	assert_span(lab, "alarm red", false, 0);
	fake_driver_alarm(lab->driver[0], LINE_YELLOW);
	assert_span(lab, "alarm yellow", false, 0);
	fake_lab_run(lab, 1000);
	fake_driver_alarm(lab->driver[0], 0);
	assert_logged("notice", "alarm yellow over after 3.6 s");
	assert_span(lab, "up", true, 30);

	/* Another one takes no account of the hold-off. */
	fake_driver_alarm(lab->driver[0], LINE_YELLOW);
	fake_driver_alarm(lab->driver[0], LINE_RED);
	assert_span(lab, "alarm red", false, 0);
	fake_driver_alarm(lab->driver[0], 0);
	fake_lab_run(lab, 5000);
	assert_span(lab, "up", true, 30);

	/* Nor does the hold-off outlive the line. */
	fake_driver_alarm(lab->driver[0], LINE_YELLOW);
	fake_driver_down(lab->driver[0], "gone");
	fake_lab_run(lab, 5000);
	assert_span(lab, "no exchange", false, 0);
}

static void test_while_a_call_is_up(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;
	struct span_info info;

	lab->network[0]->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&call, lab, 1);
	fake_lab_run(lab, 100);
	fake_driver_alarm(lab->driver[0], LINE_YELLOW);
	fake_lab_run(lab, 60000);
	span_describe(lab->span[0], &info);
	assert_int_equal(info.busy, 1);
	assert_int_equal(info.channel[1], CHANNEL_VIEW_BUSY);
	assert_int_equal(call.released, 0);
	fake_isdn_call_release(&call, 16, 1);
	fake_lab_run(lab, 100);
	assert_int_equal(call.released, 1);
	assert_span(lab, "alarm yellow", false, 0);
	fake_driver_alarm(lab->driver[0], 0);
	assert_span(lab, "up", true, 30);
	fake_isdn_call_free(&call);
}

static void reflect(void *line, const uint8_t *frame, size_t len)
{
	fake_line_write(line, 1, frame, len);
}

/* What a loop returns keeps no link alive, nor the calls on it. */
static void test_loop(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;

	lab->network[0]->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&call, lab, 1);
	fake_lab_run(lab, 100);
	fake_line_attach(lab->line[0], 1, reflect, lab->line[0]);
	fake_driver_alarm(lab->driver[0], LINE_LOOPBACK);
	fake_lab_run(lab, 30000);
	assert_span(lab, "alarm loopback", false, 0);
	assert_false(span_dchannel_is_up(lab->span[0]));
	fake_lab_run(lab, 10000);
	assert_int_equal(call.released, 1);
	assert_int_equal(call.cause.q850, 27);
	fake_isdn_call_free(&call);
	fake_network_free(lab->network[0]);
	lab->network[0] = fake_network_new(lab->line[0]);
	fake_driver_alarm(lab->driver[0], 0);
	fake_lab_run(lab, 5000);
	assert_span(lab, "up", true, 30);
}

/* Which T200 repeats for ever. */
static void test_same_side(void **state)
{
	static const uint8_t sabme_of_user[] = { 0x00, 0x01, 0x7f };
	static const char said[] = "speaks as the same side";
	struct fake_lab *lab = *state;

	for (unsigned s = 0; s < 59; s++) {
		fake_line_write(lab->line[0], 1, sabme_of_user,
				sizeof sabme_of_user);
		fake_lab_run(lab, 1000);
		assert_int_equal(fake_log_has("warning", said), s == 0);
		fake_log_stop();
		fake_log_start();
	}
}

/* DAHDI's driver knows better than to send people to 'device' each time. */
static void test_span_not_to_be_opened(void **state)
{
	struct fake_lab *lab = *state;

	lab->conf[0].device = CONF_DEVICE_DAHDI;
	fake_lab_configure(lab);
	fake_driver_down(lab->driver[0], "card gone");
	fake_driver_down(lab->driver[0], "dchan=16 is missing");
	assert_span(lab, "not open, see the log", false, 0);
	assert_logged("warning", "no line: dchan=16 is missing; retrying by "
				 "itself");
	assert_false(fake_log_has("warning", "'device' of span"));
	lab->conf[0].device = CONF_DEVICE_VIRTUAL;
	fake_lab_configure(lab);
	fake_driver_down(lab->driver[0], "nobody listens");
	assert_span(lab, "no exchange", false, 0);
	assert_logged("warning", "no line: nobody listens; retrying by itself. "
				 "'device' of span 1 says where");
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_LAB(test_flaps),
		IN_LAB(test_long),
		IN_LAB(test_calls_are_told_of),
		IN_LAB(test_yellow_is_held_off),
		IN_LAB(test_while_a_call_is_up),
		IN_LAB(test_loop),
		IN_LAB(test_same_side),
		IN_LAB(test_span_not_to_be_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
