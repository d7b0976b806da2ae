#include "dahdi/span.h"
#include "gateway/clock.h"
#include "gateway/log.h"
#include "tests/fake_network.h"

#include <errno.h>
#include <libpri.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static int setup(void **state)
{
	struct fake_lab *lab = malloc(sizeof *lab);

	fake_lab_start(lab, 1);
	fake_lab_spans(lab);
	*state = lab;
	return 0;
}

static void assert_span(struct fake_lab *lab, const char *state,
			bool in_service, unsigned idle)
{
	struct span_info info;

	span_describe(lab->span[0], &info);
	assert_string_equal(info.state, state);
	assert_int_equal(info.in_service, in_service);
	assert_int_equal(span_in_service(lab->span[0]), in_service);
	assert_int_equal(info.idle, idle);
	assert_int_equal(info.channels, 30);
	assert_int_equal(__builtin_popcount(span_idle_channels(lab->span[0])),
			 (int)idle);
}

static void test_comes_up_and_goes(void **state)
{
	struct fake_lab *lab = *state;
	struct span_info info;

	assert_span(lab, "no exchange", false, 0);
	fake_lab_run(lab, 20000);
	assert_span(lab, "no exchange", false, 0);
	fake_driver_up(lab->driver[0], G711_ALAW);
	assert_span(lab, "D channel down", false, 0);
	fake_lab_run(lab, 6000);
	assert_span(lab, "up", true, 30);
	assert_int_equal(lab->tdm_up, 1);
	span_describe(lab->span[0], &info);
	assert_int_equal(info.channel[16], CHANNEL_VIEW_NONE);
	assert_int_equal(info.channel[1], CHANNEL_VIEW_IDLE);
	assert_true(info.tap.frames_in > 0);
	assert_true(info.connected);

	fake_driver_down(lab->driver[0], "connection closed");
	assert_span(lab, "no exchange", false, 0);
	assert_int_equal(lab->tdm_down, 1);
	span_describe(lab->span[0], &info);
	assert_int_equal(info.channel[1], CHANNEL_VIEW_OUT);
	assert_int_equal(info.since_ms, clock_now_ms());
	/* Told again, with another reason: no second "gone". */
	fake_driver_down(lab->driver[0], "connection refused");
	assert_int_equal(lab->tdm_down, 1);
	fake_lab_up(lab);
	assert_span(lab, "up", true, 30);
}

static void test_law_of_the_line(void **state)
{
	struct fake_lab *lab = *state;

	fake_driver_up(lab->driver[0], G711_ULAW);
	assert_int_equal(span_law(lab->span[0]), G711_ULAW);
}

/* The whole interface, as an exchange does after its own restart. */
static void test_interface_restart(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call calls[3];

	fake_lab_up(lab);
	lab->network[0]->does = NETWORK_ANSWERS;
	for (unsigned i = 0; i < 3; i++)
		fake_isdn_call_start(&calls[i], lab, 10 + i);
	fake_lab_run(lab, 100);
	span_restart(lab->span[0], 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(calls[i].released, 1);
		assert_int_equal(calls[i].cause.q850, 41);
		fake_isdn_call_free(&calls[i]);
	}
	assert_span(lab, "up", true, 30);
	/* A call of the exchange's that we forgot is refused with 81. */
	fake_network_hangup(lab->network[0], 16, 2);
	fake_lab_run(lab, 1000);
	assert_int_equal(lab->network[0]->heard_in_answer, 81);
}

static void test_restart_of_an_idle_channel(void **state)
{
	struct fake_lab *lab = *state;

	fake_lab_up(lab);
	for (unsigned i = 1; i < 31; i++)
		if (i != 16)
			fake_network_restart(lab->network[0], i);
	fake_lab_run(lab, 1000);
	assert_span(lab, "up", true, 30);
}

static bool eat_restart_ack(void *ctx, unsigned from, uint8_t *frame,
			    size_t *len)
{
	(void)ctx;
	/* Q.921 has it, Q.931 never sees it. */
	if (from == 1 && *len > 8 && !(frame[2] & 1) && frame[8] == 0x4e)
		*len = 4;
	return true;
}

/* The network never ends the call: its channel is no one's until it answers the
 * RESTART, which is repeated for as long as that takes (Q.931 5.5.1). */
static void test_restart_of_ours(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_network *network = lab->network[0];
	struct fake_isdn_call call;
	struct span_info info;

	fake_lab_up(lab);
	network->does = NETWORK_ANSWERS;
	network->never_releases = true;
	fake_isdn_call_start(&call, lab, 7);
	fake_lab_run(lab, 100);
	fake_line_filter(lab->line[0], eat_restart_ack, NULL);
	fake_isdn_call_release(&call, 16, 1);
	fake_lab_run(lab, 41000);
	assert_int_equal(call.released, 1);
	fake_isdn_call_free(&call);
	assert_int_equal(network->restarts, 1);
	assert_int_equal(network->restarted, 7);
	assert_span(lab, "up", true, 29);
	span_describe(lab->span[0], &info);
	assert_int_equal(info.busy, 0);
	assert_int_equal(info.channel[7], CHANNEL_VIEW_OUT);
	for (unsigned n = 2; n < 6; n++) {
		fake_lab_run(lab, 120000);
		assert_int_equal(network->restarts, n);
		assert_span(lab, "up", true, 29);
	}
	fake_line_filter(lab->line[0], NULL, NULL);
	fake_lab_run(lab, 120000);
	assert_span(lab, "up", true, 30);
	assert_int_equal(network->restarts, 6);
	fake_lab_run(lab, 300000);
	assert_int_equal(network->restarts, 6);
}

/* Nor is it lost when the network restarts it meanwhile; and when the line
 * fails, it is asked for again as soon as that is back. */
static void test_restart_overtaken(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_network *network = lab->network[0];
	struct channel *channel = span_channel(lab->span[0], 7);

	fake_lab_up(lab);
	for (unsigned turn = 0; turn < 3; turn++) {
		network->restarts = 0;
		fake_line_filter(lab->line[0], eat_restart_ack, NULL);
		channel_event(channel, CHANNEL_SEIZE);
		channel_event(channel, CHANNEL_CLEAR);
		span_restart_channel(lab->span[0], channel);
		fake_lab_run(lab, 1000);
		assert_span(lab, "up", true, 29);
		if (turn == 0) {
			fake_network_restart(network, 7);
		} else if (turn == 1) {
			fake_driver_down(lab->driver[0], "gone");
			fake_driver_up(lab->driver[0], G711_ALAW);
			fake_line_filter(lab->line[0], NULL, NULL);
		} else {
			fake_driver_alarm(lab->driver[0], LINE_RED);
			assert_span(lab, "alarm red", false, 0);
			fake_line_filter(lab->line[0], NULL, NULL);
			fake_driver_alarm(lab->driver[0], 0);
		}
		fake_lab_run(lab, 3000);
		assert_span(lab, "up", true, 30);
		assert_int_equal(network->restarts, turn ? 2 : 1);
	}
}

/* Each acknowledgement names its channel, whatever libpri asked for since. */
static void test_restarts_at_once(void **state)
{
	struct fake_lab *lab = *state;

	fake_lab_up(lab);
	for (unsigned n = 7; n < 12; n++) {
		struct channel *channel = span_channel(lab->span[0], n);

		channel_event(channel, CHANNEL_SEIZE);
		channel_event(channel, CHANNEL_CLEAR);
		span_restart_channel(lab->span[0], channel);
	}
	assert_span(lab, "up", true, 25);
	fake_lab_run(lab, 1000);
	assert_int_equal(lab->network[0]->restarts, 5);
	assert_span(lab, "up", true, 30);
}

/* Calls from the network: refused with 63, counted, forgotten; also while our
 * own call holds that channel. */
static void test_setup_from_the_network(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_network *network = lab->network[0];
	struct fake_isdn_call own;
	struct span_info info;

	fake_lab_up(lab);
	network->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&own, lab, 7);
	fake_lab_run(lab, 100);
	for (int channel = 7; channel < 10; channel++) {
		struct pri_sr *sr = pri_sr_new();
		q931_call *call = pri_new_call(network->pri);
		char digits[] = "123";

		pri_sr_set_channel(sr, channel, 1, 0);
		pri_sr_set_bearer(sr, PRI_TRANS_CAP_SPEECH, PRI_LAYER_1_ALAW);
		pri_sr_set_called(sr, digits, 0x41, 1);
		network->heard_cause = 0;
		assert_int_equal(pri_setup(network->pri, call, sr), 0);
		pri_sr_free(sr);
		fake_lab_run(lab, 1000);
		assert_int_equal(network->heard_cause, 63);
	}
	assert_int_equal(fake_libpri_calls(span_pri(lab->span[0])), 1);
	span_describe(lab->span[0], &info);
	assert_int_equal(info.calls, 4);
	assert_int_equal(own.released + own.disconnect, 0);
	fake_isdn_call_release(&own, 16, 1);
	fake_lab_run(lab, 100);
	fake_isdn_call_free(&own);
	assert_span(lab, "up", true, 30);
}

static void test_table_is_whole(void **state)
{
	char why[128];

	(void)state;
	if (fsm_check(&span_fsm_desc, why, sizeof why) < 0)
		fail_msg("%s", why);
}

static int no_driver(void *arg, struct driver **out,
		     const struct conf_span *conf, const char *object,
		     const struct driver_events *events, void *ctx)
{
	(void)arg;
	(void)out;
	(void)conf;
	(void)object;
	(void)events;
	(void)ctx;
	return -ENOMEM;
}

static void test_no_driver(void **state)
{
	const struct span_drivers drivers = { .open = no_driver };
	struct timers timers = { 0 };
	struct conf_span conf = { .number = 1, .channels = 0xfffefffe };
	struct span_config cfg = {
		.conf = &conf,
		.timers = &timers,
		.sink = &fake_isdn_call_sink,
		.events = &fake_lab_events,
		.drivers = &drivers,
	};
	struct span *span;

	(void)state;
	assert_int_equal(span_new(&span, &cfg), -ENOMEM);
	assert_int_equal(timers_next_ms(&timers), -1);
	span_free(NULL);
}

#define IN_LAB(test) \
	cmocka_unit_test_setup_teardown(test, setup, fake_lab_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_is_whole),
		cmocka_unit_test(test_no_driver),
		IN_LAB(test_comes_up_and_goes),
		IN_LAB(test_law_of_the_line),
		IN_LAB(test_interface_restart),
		IN_LAB(test_restart_of_an_idle_channel),
		IN_LAB(test_restart_of_ours),
		IN_LAB(test_restart_overtaken),
		IN_LAB(test_restarts_at_once),
		IN_LAB(test_setup_from_the_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
