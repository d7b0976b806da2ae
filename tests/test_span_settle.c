/* What a span does when its D channel comes up: RESTARTs, and whom it lets
 * call. */
#include "dahdi/pri_leg.h"
#include "gateway/clock.h"
#include "gateway/log.h"
#include "tests/fake_log.h"
#include "tests/fake_network.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SABME_P 0x7f
#define UA_F 0x73
#define RESTART_ACK 0x4e

/* What a line does to the network's frames. */
struct line {
	bool eats_acks;
	bool foreign; /* no SABME of the network follows its UA at once */
	uint64_t answered_ms; /* that UA */
	unsigned resets;      /* SABMEs of the network that passed after it */
};

static bool on_line(void *ctx, unsigned from, uint8_t *frame, size_t *len)
{
	struct line *line = ctx;

	if (from != 1)
		return true;
	if (line->eats_acks && *len > 8 && !(frame[2] & 1) &&
	    frame[8] == RESTART_ACK)
		*len = 4; /* Q.921 has it, Q.931 never sees it */
	if (*len == 3 && frame[2] == UA_F)
		line->answered_ms = clock_now_ms();
	if (*len != 3 || frame[2] != SABME_P || !line->answered_ms)
		return true;
	if (line->foreign && clock_now_ms() == line->answered_ms)
		return false;
	line->resets++;
	return true;
}

static int setup(void **state)
{
	struct fake_lab *lab = malloc(sizeof *lab);

	fake_lab_start(lab, 1);
	log_set_level(LOG_INFO);
	fake_log_start();
	*state = lab;
	return 0;
}

static int teardown(void **state)
{
	fake_log_stop();
	return fake_lab_teardown(state);
}

/* Spans over `line`, all hardware there; the network has asked for the link
 * before, in vain. */
static void begin(struct fake_lab *lab, struct line *line, bool first_up)
{
	lab->conf[0].restart_first_up = first_up;
	fake_lab_spans(lab);
	fake_line_filter(lab->line[0], on_line, line);
	fake_lab_run(lab, 1500);
	fake_driver_up(lab->driver[0], G711_ALAW);
}

static unsigned idle(struct fake_lab *lab)
{
	return (unsigned)__builtin_popcount(span_idle_channels(lab->span[0]));
}

/* How long until it takes calls; 10 s: it does not. */
static unsigned wait_in_service(struct fake_lab *lab)
{
	unsigned ms = 0;

	while (ms < 10000 && !span_in_service(lab->span[0])) {
		fake_lab_run(lab, 10);
		ms += 10;
	}
	return ms;
}

static void assert_call_works(struct fake_lab *lab)
{
	struct fake_isdn_call call;

	lab->network[0]->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&call, lab, 1);
	fake_lab_run(lab, 3000);
	assert_int_equal(call.answer, 1);
	assert_int_equal(call.released + call.disconnect, 0);
	fake_isdn_call_release(&call, 16, 1);
	fake_lab_run(lab, 100);
	fake_isdn_call_free(&call);
}

/* Nothing is waited for where the network is as quick as we are. */
static void test_both_ready(void **state)
{
	struct fake_lab *lab = *state;
	struct line line = { 0 };

	begin(lab, &line, false);
	assert_in_range(wait_in_service(lab), 0, 20);
	assert_call_works(lab);
}

/* It repeats its SABME when its own T200 says so: that resets the link under
 * whatever was sent to it before. */
static void test_network_behind(void **state)
{
	struct fake_lab *lab = *state;
	struct line line = { .foreign = true };
	struct fake_isdn_call call = { 0 };
	struct pri_leg *leg;
	struct span_info info;
	struct leg *base;

	begin(lab, &line, false);
	fake_lab_run(lab, 100);
	span_describe(lab->span[0], &info);
	assert_string_equal(info.state, "D channel coming up");
	assert_false(info.in_service);
	assert_int_equal(idle(lab), 30);
	assert_int_equal(pri_leg_new(&leg, lab->span[0],
				     span_channel(lab->span[0], 1), NULL),
			 0);
	base = pri_leg_leg(leg);
	assert_int_equal(fake_isdn_call_setup(&call, base, "1"), -ENETDOWN);
	fake_isdn_call_free(&call);
	assert_int_equal(line.resets, 0);
	assert_in_range(wait_in_service(lab), 300, 1000);
	assert_int_equal(line.resets, 1);
	assert_call_works(lab);
}

/* One that never lost the link and has nothing to say costs T200, no more; it
 * is asked 900 ms after the line is back. */
static void test_network_silent(void **state)
{
	struct fake_lab *lab = *state;
	struct line line = { 0 };

	begin(lab, &line, false);
	fake_lab_run(lab, 5000);
	fake_driver_down(lab->driver[0], "cable");
	fake_lab_run(lab, 100);
	fake_driver_up(lab->driver[0], G711_ALAW);
	assert_in_range(wait_in_service(lab), 1880, 1920);
	assert_call_works(lab);
}

/* The same with a call to ask for: its answer tells. */
static void test_network_answers(void **state)
{
	struct fake_lab *lab = *state;
	struct line line = { 0 };
	struct fake_isdn_call call;

	begin(lab, &line, false);
	fake_lab_run(lab, 5000);
	lab->network[0]->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&call, lab, 2);
	fake_lab_run(lab, 100);
	fake_driver_down(lab->driver[0], "cable");
	fake_lab_run(lab, 100);
	fake_driver_up(lab->driver[0], G711_ALAW);
	assert_in_range(wait_in_service(lab), 880, 920);
	assert_call_works(lab);
	fake_isdn_call_release(&call, 16, 1);
	fake_lab_run(lab, 100);
	fake_isdn_call_free(&call);
}

/* Each channel once, at the first time only; and none is lost with the link
 * that the network resets under them. */
static void test_restart_first_up(void **state)
{
	struct fake_lab *lab = *state;

	for (unsigned foreign = 0; foreign < 2; foreign++) {
		struct line line = { .foreign = foreign };
		struct fake_network *network = lab->network[0];

		begin(lab, &line, true);
		assert_in_range(wait_in_service(lab), 0, foreign ? 1000 : 20);
		assert_int_equal(line.resets, 1);
		assert_int_equal(idle(lab), 30);
		assert_int_equal(network->restarts, 30);
		fake_driver_down(lab->driver[0], "cable");
		fake_lab_run(lab, 60000);
		fake_driver_up(lab->driver[0], G711_ALAW);
		fake_lab_run(lab, 5000);
		assert_int_equal(network->restarts, 30);
		assert_int_equal(idle(lab), 30);
		assert_call_works(lab);
		fake_lab_stop(lab);
		fake_lab_start(lab, 1);
	}
	fake_lab_spans(lab);
}

/* What the network never acknowledges stays out of service, and keeps no other
 * channel from it. The next time that the link comes up it is asked anew. */
static void test_restart_unanswered(void **state)
{
	struct fake_lab *lab = *state;
	struct line line = { .eats_acks = true };
	struct fake_network *network = lab->network[0];

	lab->conf[0].channels = 1 << 3 | 1 << 7;
	begin(lab, &line, true);
	assert_in_range(wait_in_service(lab), 900, 1100);
	assert_int_equal(idle(lab), 0);
	assert_true(fake_log_has("warning", "2 channels wait for the exchange "
					    "to acknowledge their RESTART"));
	assert_true(fake_log_has("notice", "in service with 0 B channels"));
	fake_lab_run(lab, 119500);
	assert_int_equal(network->restarts, 4);
	assert_false(fake_log_has("warning", "does not answer RESTART"));
	fake_lab_run(lab, 120000);
	assert_true(fake_log_has("warning", "does not answer RESTART"));
	assert_int_equal(network->restarts, 6);
	line.eats_acks = false;
	fake_network_restart(network, 3);
	fake_lab_run(lab, 1000);
	assert_int_equal(idle(lab), 1);
	fake_driver_down(lab->driver[0], "cable");
	fake_lab_run(lab, 1000);
	assert_int_equal(network->restarts, 6);
	fake_driver_up(lab->driver[0], G711_ALAW);
	fake_lab_run(lab, 1000);
	assert_int_equal(network->restarts, 7);
	assert_int_equal(network->restarted, 7);
	assert_int_equal(idle(lab), 2);
}

/* The D channel lives through an alarm: what was asked before, or is owed since
 * the start, is asked when it is over. */
static void test_restart_and_alarm(void **state)
{
	struct fake_lab *lab = *state;
	struct line line = { .eats_acks = true };
	struct fake_network *network = lab->network[0];

	for (unsigned first = 0; first < 2; first++) {
		begin(lab, &line, true);
		if (first)
			fake_driver_alarm(lab->driver[0], LINE_RED);
		fake_lab_run(lab, 1500);
		assert_int_equal(network->restarts, first ? 0 : 30);
		fake_driver_alarm(lab->driver[0], LINE_BLUE);
		fake_lab_run(lab, 1500);
		line.eats_acks = false;
		assert_int_equal(network->restarts, first ? 0 : 30);
		assert_int_equal(idle(lab), 0);
		fake_driver_alarm(lab->driver[0], 0);
		assert_in_range(wait_in_service(lab), 0, 20);
		assert_int_equal(network->restarts, first ? 30 : 60);
		assert_int_equal(idle(lab), 30);
		fake_lab_stop(lab);
		fake_lab_start(lab, 1);
		network = lab->network[0];
	}
	fake_lab_spans(lab);
}

/* The network never acknowledges but uses the channel: the first call may have
 * crossed the RESTART, the second is proof enough. */
static void test_setup_for_restart(void **state)
{
	const struct fake_network_setup setup = {
		.called = "5550100",
		.channel = 5,
		.exclusive = true,
	};
	struct fake_lab *lab = *state;
	struct fake_network *network = lab->network[0];
	struct line line = { .eats_acks = true };
	struct fake_incoming in = { 0 };

	lab->incoming = &in;
	begin(lab, &line, true);
	fake_lab_run(lab, 2000);
	fake_network_call(network, &setup);
	fake_lab_run(lab, 100);
	assert_int_equal(network->heard_cause, 44);
	assert_int_equal(in.count, 0);
	assert_int_equal(idle(lab), 0);
	fake_network_call(network, &setup);
	fake_lab_run(lab, 100);
	assert_int_equal(network->proceeding, 1);
	assert_int_equal(in.count, 1);
	fake_network_hangup(network, 16, 2);
	fake_lab_run(lab, 100);
	assert_int_equal(in.call[0].released, 1);
	fake_isdn_call_free(&in.call[0]);
	assert_int_equal(idle(lab), 1);
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_LAB(test_both_ready),	IN_LAB(test_network_behind),
		IN_LAB(test_network_silent),	IN_LAB(test_network_answers),
		IN_LAB(test_restart_first_up),	IN_LAB(test_restart_unanswered),
		IN_LAB(test_restart_and_alarm), IN_LAB(test_setup_for_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
