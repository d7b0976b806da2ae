/* The exchange and its lines: channels, restarts, faults, commands. */
#include "gateway/clock.h"
#include "gateway/loop.h"
#include "tests/fake_exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WAIT_MS 4000

static void test_channel_that_is_taken(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned first = fake_user_call(f->user, 4, true, "5550110"), cref;
	const struct fake_message *m;

	exchange_await_message(f, first, Q931_ALERTING);
	cref = fake_user_call(f->user, 4, true, "5550101");
	exchange_await_message(f, cref, Q931_RELEASE_COMPLETE);
	assert_string_equal(fake_user_story(f->user, cref), "RELEASE COMPLETE");
	m = fake_user_message(f->user, cref, Q931_RELEASE_COMPLETE);
	assert_int_equal(m->cause, 44);
	assert_int_equal(m->location, 2);
	assert_int_equal(json_number(exchange_last_call(f), "cause"), 44);
	/* Preferred only: the next free one. */
	cref = fake_user_call(f->user, 4, false, "5550101");
	exchange_await_message(f, cref, Q931_CONNECT);
	m = fake_user_message(f->user, cref, Q931_CALL_PROCEEDING);
	assert_int_equal(m->channel, 1);
	cref = fake_user_call(f->user, 16, true, "5550101");
	exchange_await_message(f, cref, Q931_RELEASE_COMPLETE);
	m = fake_user_message(f->user, cref, Q931_RELEASE_COMPLETE);
	assert_int_equal(m->cause, 82);
	assert_string_equal(fake_user_story(f->user, first),
			    "CALL PROCEEDING, ALERTING");
}

static void test_thirty_calls_and_one_more(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref[30], one_more;
	const struct fake_message *m;

	for (unsigned i = 0; i < 30; i++)
		cref[i] = fake_user_call(f->user, i < 15 ? i + 1 : i + 2, true,
					 "5550101");
	for (unsigned i = 0; i < 30; i++)
		exchange_await_message(f, cref[i], Q931_CONNECT);
	one_more = fake_user_call(f->user, 9, false, "5550101");
	exchange_await_message(f, one_more, Q931_RELEASE_COMPLETE);
	m = fake_user_message(f->user, one_more, Q931_RELEASE_COMPLETE);
	assert_int_equal(m->cause, 34);
	assert_int_equal(json_number(exchange_first_span(f), "busy"), 30);
	for (unsigned i = 0; i < 30; i++)
		fake_user_hangup(f->user, cref[i]);
	for (unsigned i = 0; i < 30; i++)
		exchange_await_message(f, cref[i], Q931_RELEASE);
	exchange_run_ms(f, 50);
	assert_int_equal(json_number(exchange_first_span(f), "busy"), 0);
}

static void test_both_hang_up_at_once(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 2, true, "55501301");
	uint64_t end = clock_now_ms() + WAIT_MS;

	exchange_await_message(f, cref, Q931_CONNECT);
	/* Ours goes out in the step in which theirs does. */
	while (!fake_user_count(f->user, cref, Q931_DISCONNECT) &&
	       clock_now_ms() < end) {
		if (timers_next_ms(loop_timers(f->loop)) == 0)
			fake_user_hangup(f->user, cref);
		loop_step(f->loop, 1);
	}
	fake_user_hangup(f->user, cref);
	exchange_await_over(f, cref);
}

static void test_restart_of_a_channel(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned kept = fake_user_call(f->user, 8, true, "5550101");
	unsigned cref = fake_user_call(f->user, 9, true, "5550101");
	size_t messages;

	exchange_await_message(f, kept, Q931_CONNECT);
	exchange_await_message(f, cref, Q931_CONNECT);
	messages = strlen(fake_user_story(f->user, cref));
	fake_user_restart(f->user, 9);
	exchange_await_message(f, 0, Q931_RESTART_ACK);
	assert_int_equal(
		fake_user_message(f->user, 0, Q931_RESTART_ACK)->channel, 9);
	assert_int_equal(strlen(fake_user_story(f->user, cref)), messages);
	assert_string_equal(exchange_text(exchange_last_call(f), "ended_by"),
			    "restart");
	assert_string_equal(exchange_text(json_array_get(exchange_calls(f), 0),
					  "state"),
			    "active");
	/* The channel takes calls again. */
	cref = fake_user_call(f->user, 9, true, "5550101");
	exchange_await_message(f, cref, Q931_CONNECT);
}

static void test_layer1(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 1, true, "5550101");
	json_t *span;

	exchange_await_message(f, cref, Q931_CONNECT);
	exchange_ask(f, "layer1 down 1");
	exchange_run_ms(f, 50);
	assert_int_equal(fake_user_alarms(f->user), LINE_RED);
	span = exchange_first_span(f);
	assert_string_equal(exchange_text(span, "layer1"), "down");
	exchange_ask(f, "layer1 up 1");
	exchange_run_ms(f, 50);
	assert_int_equal(fake_user_alarms(f->user), 0);
	/* Too short for Q.921 to mind: the call lives. */
	assert_string_equal(exchange_text(exchange_last_call(f), "state"),
			    "active");
	cref = fake_user_call(f->user, 2, true, "5550101");
	exchange_await_message(f, cref, Q931_CONNECT);
}

static void test_dchannel_loss_ends_calls(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned active = fake_user_call(f->user, 1, true, "5550101");
	unsigned ringing = fake_user_call(f->user, 2, true, "5550110");
	json_t *span;

	exchange_await_message(f, active, Q931_CONNECT);
	exchange_await_message(f, ringing, Q931_ALERTING);
	fake_user_call(f->user, 3, true, "55501699");
	exchange_run_ms(f, 50);
	exchange_ask(f, "dchannel down 1");
	exchange_leap_ms(f, 40 * 1000);
	/* Only what is answered lives on, for T309. */
	assert_string_equal(exchange_text(json_array_get(exchange_calls(f), 0),
					  "state"),
			    "active");
	assert_int_equal(json_number(exchange_first_span(f), "busy"), 1);
	exchange_leap_ms(f, 100 * 1000);
	for (unsigned i = 0; i < 3; i++) {
		json_t *call = json_array_get(exchange_calls(f), i);

		assert_string_equal(exchange_text(call, "ended_by"),
				    "link lost");
		assert_int_equal(json_number(call, "cause"), 27);
	}
	span = exchange_first_span(f);
	assert_string_equal(exchange_text(span, "dchannel"), "cut");
	assert_int_equal(json_number(span, "busy"), 0);
	exchange_ask(f, "dchannel up 1");
	exchange_leap_ms(f, 5 * 1000);
	assert_true(exchange_await_up(f));
	active = fake_user_call(f->user, 1, true, "5550101");
	exchange_await_message(f, active, Q931_CONNECT);
}

static void test_gateway_dies_and_returns(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 1, true, "5550101");
	json_t *span;

	exchange_await_message(f, cref, Q931_CONNECT);
	fake_user_free(f->user);
	f->user = NULL;
	exchange_run_ms(f, 50);
	span = exchange_first_span(f);
	assert_string_equal(exchange_text(span, "layer1"), "no gateway");
	assert_int_equal(fake_user_new(&f->user, f->loop, f->socket, 1), 0);
	assert_true(exchange_await_up(f));
	/* The new gateway knows nothing of the old call and says so when it is
	 * asked for its state (Q.931 5.8.10): the channel is free again. */
	exchange_await_over(f, cref);
	cref = fake_user_call(f->user, 1, true, "5550101");
	exchange_await_message(f, cref, Q931_CONNECT);
}

static void test_stalled_gateway_shows(void **state)
{
	struct exchange_fixture *f = *state;
	json_t *voice;

	exchange_run_ms(f, 100);
	fake_user_stall(f->user, true);
	exchange_run_ms(f, 200);
	fake_user_stall(f->user, false);
	exchange_run_ms(f, 100);
	voice = json_object_get(exchange_first_span(f), "voice");
	assert_in_range(json_number(voice, "underruns"), 10, 40);
	assert_in_range(json_number(voice, "overruns"), 10, 40);
}

static void test_commands_that_are_wrong(void **state)
{
	static const struct {
		const char *line, *error;
	} rows[] = {
		{ "nonsense",
		  "unknown command \"nonsense\": there are show, call "
		  "NUMBER, layer1 down|up SPAN, dchannel down|up SPAN" },
		{ "show me",
		  "unknown command \"show\": there are show, call NUMBER, "
		  "layer1 down|up SPAN, dchannel down|up SPAN" },
		{ "layer1", "it is: layer1 down|up SPAN" },
		{ "layer1 sideways 1", "it is: layer1 down|up SPAN" },
		{ "dchannel down", "it is: dchannel down|up SPAN" },
		{ "dchannel down 2",
		  "span 2 does not exist: this exchange has 1..1" },
		{ "layer1 up 0",
		  "span 0 does not exist: this exchange has 1..1" },
		{ "layer1 up 1x",
		  "span 1x does not exist: this exchange has 1..1" },
		{ "layer1 up -1",
		  "span -1 does not exist: this exchange has 1..1" },
	};
	struct exchange_fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(exchange_text(exchange_ask(f, rows[i].line),
						  "error"),
				    rows[i].error);
}

/* A span of a card that is not there, and would be the last one: it waits, and
 * the virtual one beside it serves its gateway. */
static void test_span_of_a_card(void **state)
{
	struct exchange_fixture *f = *state;
	struct exchange_config cfg = { .prefix = "5550",
				       .spans = 2,
				       .line = { { .dahdi = 128 } },
				       .tones = "de",
				       .socket = f->socket,
				       .control = f->control };
	const char *what;
	json_t *span;

	fake_user_free(f->user);
	exchange_free(f->exchange);
	exchange_run_ms(f, 20);
	assert_int_equal(exchange_new(&f->exchange, f->loop, &cfg, &what), 0);
	assert_int_equal(fake_user_new(&f->user, f->loop, f->socket, 2), 0);
	assert_true(exchange_await_up(f));
	span = exchange_first_span(f);
	assert_string_equal(exchange_text(span, "layer1"), "no line");
	assert_string_equal(exchange_text(exchange_ask(f, "layer1 down 1"),
					  "error"),
			    "span 1 is a span of DAHDI's: its line is not the "
			    "exchange's to take away");
	assert_null(
		json_object_get(exchange_ask(f, "dchannel down 1"), "error"));
	span = exchange_first_span(f);
	assert_string_equal(exchange_text(span, "dchannel"), "cut");
	assert_non_null(json_object_get(exchange_ask(f, "call 5551 --span 1"),
					"error"));
}

static void test_many_spans(void **state)
{
	struct exchange_fixture *f = *state;
	struct fake_user *users[8];
	unsigned cref[8];

	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(fake_user_new(&users[i], f->loop, f->socket,
					       i * 18 + 2),
				 0);
	exchange_run_ms(f, 1500);
	for (unsigned i = 0; i < 8; i++) {
		assert_true(fake_user_up(users[i]));
		cref[i] = fake_user_call(users[i], 1, true, "5550100");
		fake_user_voice(users[i], 1, FAKE_LOOP);
	}
	exchange_run_ms(f, 500);
	for (unsigned i = 0; i < 8; i++) {
		json_t *call = json_array_get(exchange_calls(f), i);

		assert_int_equal(fake_user_count(users[i], cref[i],
						 Q931_CONNECT),
				 1);
		assert_true(json_number(call, "bits_compared") > 1000);
		assert_int_equal(json_number(call, "bit_errors"), 0);
		fake_user_free(users[i]);
	}
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, exchange_setup, exchange_teardown)
	const struct CMUnitTest tests[] = {
		T(test_channel_that_is_taken),
		T(test_thirty_calls_and_one_more),
		T(test_both_hang_up_at_once),
		T(test_restart_of_a_channel),
		T(test_layer1),
		T(test_dchannel_loss_ends_calls),
		T(test_gateway_dies_and_returns),
		T(test_stalled_gateway_shows),
		T(test_commands_that_are_wrong),
		T(test_span_of_a_card),
		cmocka_unit_test_setup_teardown(test_many_spans,
						exchange_setup_full,
						exchange_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
