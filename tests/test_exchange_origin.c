/* Calls that the exchange makes, from the user's side, over a virtual span. */
#include "exchange/order.h"
#include "gateway/clock.h"
#include "gateway/loop.h"
#include "tests/fake_exchange.h"

#include <errno.h>
#include <libpri.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WAIT_MS 4000

/* Makes a call and waits for its SETUP; the call reference. */
static unsigned make(struct exchange_fixture *f, const char *line)
{
	unsigned was = fake_user_rang(f->user, NULL), cref = was;
	uint64_t end = clock_now_ms() + WAIT_MS;
	json_t *answer = exchange_ask(f, line);

	if (json_object_get(answer, "error"))
		fail_msg("%s", exchange_text(answer, "error"));
	while (cref == was && clock_now_ms() < end) {
		loop_step(f->loop, 5);
		cref = fake_user_rang(f->user, NULL);
	}
	assert_int_not_equal(cref, was);
	return cref;
}

static void await_state(struct exchange_fixture *f, const char *state)
{
	uint64_t end = clock_now_ms() + WAIT_MS;

	while (strcmp(exchange_text(exchange_last_call(f), "state"), state)) {
		if (clock_now_ms() > end)
			fail_msg("it is %s, not %s",
				 exchange_text(exchange_last_call(f), "state"),
				 state);
		loop_step(f->loop, 5);
	}
}

static void assert_ended(struct exchange_fixture *f, long long cause,
			 long long location, const char *by)
{
	json_t *call = exchange_last_call(f);

	assert_string_equal(exchange_text(call, "state"), "over");
	assert_string_equal(exchange_text(call, "direction"), "out");
	assert_int_equal(json_number(call, "cause"), cause);
	assert_int_equal(json_number(call, "location"), location);
	assert_string_equal(exchange_text(call, "ended_by"), by);
	assert_int_equal(json_number(exchange_first_span(f), "busy"), 0);
}

static void test_setup(void **state)
{
	static const struct {
		const char *line;
		struct fake_ring want;
	} rows[] = {
		{ "call 5551234",
		  { .called = "5551234",
		    .called_plan = 0x01,
		    .presentation = PRES_NUMBER_NOT_AVAILABLE,
		    .bearer = PRI_TRANS_CAP_SPEECH } },
		{ "call +4930555 --from 301234 --bearer 3k1",
		  { .called = "4930555",
		    .called_plan = 0x11,
		    .calling = "301234",
		    .calling_plan = 0x21,
		    .presentation = PRES_ALLOWED_NETWORK_NUMBER,
		    .bearer = PRI_TRANS_CAP_3_1K_AUDIO } },
		{ "call 555 --type subscriber --from +49301 --restrict "
		  "--bearer 64k",
		  { .called = "555",
		    .called_plan = 0x41,
		    .calling = "49301",
		    .calling_plan = 0x11,
		    .presentation = PRES_PROHIB_NETWORK_NUMBER,
		    .bearer = PRI_TRANS_CAP_DIGITAL } },
	};
	struct exchange_fixture *f = *state;

	fake_user_takes(f->user, FAKE_REFUSES, 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct fake_ring *want = &rows[i].want;
		unsigned cref = make(f, rows[i].line);
		struct fake_ring got;

		fake_user_rang(f->user, &got);
		assert_string_equal(got.called, want->called);
		assert_int_equal(got.called_plan, want->called_plan);
		assert_string_equal(got.calling, want->calling);
		if (*want->calling) {
			assert_int_equal(got.calling_plan, want->calling_plan);
			assert_int_equal(got.presentation, want->presentation);
		}
		assert_int_equal(got.bearer, want->bearer);
		assert_int_equal(got.channel, 31);
		assert_true(got.flexible);
		exchange_await_over(f, cref);
		assert_ended(f, 17, 1, "user");
	}
}

/* Every answer of the user's, and what the record says of it. */
static void test_phases(void **state)
{
	static const struct {
		enum fake_user_does does;
		const char *state;
		bool proceeding, alerting;
		int indicator;
	} rows[] = {
		{ FAKE_SILENT, "setup sent", false, false, 0 },
		{ FAKE_PROCEEDS, "proceeding", true, false, 0 },
		{ FAKE_PROGRESSES, "progress", true, false, 8 },
		{ FAKE_ALERTS, "alerting", true, true, 0 },
		{ FAKE_ANSWERS, "active", false, false, 0 },
		{ FAKE_ANSWERS_ALERTED, "active", true, true, 0 },
	};
	struct exchange_fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		json_t *call, *indicators;
		unsigned cref;

		fake_user_takes(f->user, rows[i].does, 0);
		cref = make(f, "call 555 --hold 60");
		await_state(f, rows[i].state);
		exchange_run_ms(f, 20);
		call = exchange_last_call(f);
		assert_int_equal(
			json_is_integer(json_object_get(call, "proceeding_ms")),
			rows[i].proceeding);
		assert_int_equal(json_is_integer(
					 json_object_get(call, "alerting_ms")),
				 rows[i].alerting);
		assert_int_equal(json_is_integer(
					 json_object_get(call, "answer_ms")),
				 !strcmp(rows[i].state, "active"));
		indicators = json_object_get(call, "progress_indicators");
		assert_int_equal(json_array_size(indicators),
				 rows[i].indicator ? 1 : 0);
		if (rows[i].indicator)
			assert_int_equal(json_integer_value(
						 json_array_get(indicators, 0)),
					 rows[i].indicator);
		if (rows[i].does == FAKE_SILENT)
			fake_user_answer(f->user, cref);
		exchange_run_ms(f, 20);
		fake_user_hangup(f->user, cref);
		exchange_await_over(f, cref);
		assert_ended(f, 16, 1, "user");
	}
}

/* A caller who gives up, in whatever phase; one that is answered holds. */
static void test_give_up(void **state)
{
	static const enum fake_user_does rows[] = { FAKE_SILENT, FAKE_PROCEEDS,
						    FAKE_PROGRESSES,
						    FAKE_ALERTS };
	struct exchange_fixture *f = *state;
	unsigned cref;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		fake_user_takes(f->user, rows[i], 0);
		cref = make(f, "call 555 --give-up 0.2");
		exchange_run_ms(f, 100);
		assert_string_not_equal(exchange_text(exchange_last_call(f),
						      "state"),
					"over");
		exchange_await_over(f, cref);
		assert_ended(f, 16, 0, "exchange");
	}
	fake_user_takes(f->user, FAKE_ANSWERS, 0);
	cref = make(f, "call 555 --give-up 0.1 --hold 0.3");
	exchange_run_ms(f, 200);
	await_state(f, "active");
	exchange_await_over(f, cref);
	assert_ended(f, 16, 0, "exchange");
}

/* Held as long as asked, with the sequence looped by the user. */
static void test_hold(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref;
	json_t *call;

	fake_user_takes(f->user, FAKE_ALERTS, 0);
	fake_user_voice(f->user, 31, FAKE_LOOP);
	cref = make(f, "call 555 --hold 0.6");
	exchange_run_ms(f, 100);
	fake_user_answer(f->user, cref);
	exchange_await_over(f, cref);
	assert_string_equal(fake_user_story(f->user, cref),
			    "SETUP, CONNECT ACKNOWLEDGE, DISCONNECT, RELEASE "
			    "COMPLETE");
	assert_int_equal(
		fake_user_message(f->user, cref, Q931_DISCONNECT)->cause, 16);
	assert_ended(f, 16, 0, "exchange");
	call = exchange_last_call(f);
	assert_in_range(json_number(call, "clear_ms") -
				json_number(call, "answer_ms"),
			600, 800);
	assert_in_range(json_number(call, "bits_compared"), 20000, 40000);
	assert_int_equal(json_number(call, "bit_errors"), 0);
}

static void test_sounds(void **state)
{
	struct exchange_fixture *f = *state;
	const uint8_t *heard;
	unsigned cref;
	size_t len, same = 0;

	fake_user_takes(f->user, FAKE_ANSWERS, 0);
	cref = make(f, "call 555 --hold 0.5 --sound milliwatt");
	exchange_run_ms(f, 100);
	fake_user_listen(f->user, 31);
	exchange_run_ms(f, 200);
	len = fake_user_heard(f->user, &heard);
	assert_in_range(len, 1200, 2400);
	for (size_t i = 0; i < len; i++)
		same += heard[i] == g711_idle(G711_ALAW);
	assert_true(same < len / 10);
	exchange_await_over(f, cref);
	assert_null(json_object_get(exchange_last_call(f), "bits_compared"));

	fake_user_voice(f->user, 31, FAKE_COUNT);
	cref = make(f, "call 555 --hold 0.5 --sound echo");
	exchange_run_ms(f, 100);
	fake_user_listen(f->user, 31);
	exchange_run_ms(f, 200);
	len = fake_user_heard(f->user, &heard);
	for (size_t i = 1; i < len; i++)
		assert_int_equal(heard[i], (uint8_t)(heard[i - 1] + 1));
	exchange_await_over(f, cref);

	cref = make(f, "call 555 --hold 0.5 --sound silence");
	exchange_run_ms(f, 100);
	fake_user_listen(f->user, 31);
	exchange_run_ms(f, 200);
	len = fake_user_heard(f->user, &heard);
	assert_true(len >= 1200);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(heard[i], g711_idle(G711_ALAW));
	exchange_await_over(f, cref);
	assert_null(json_object_get(exchange_last_call(f), "dtmf"));

	cref = make(f, "call 555 --hold 0.2 --sound readback");
	exchange_run_ms(f, 100);
	exchange_await_over(f, cref);
	assert_string_equal(exchange_text(exchange_last_call(f), "dtmf"), "");
}

/* The user's first answer may name another channel, but not any. */
static void test_channel_moves(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned first, second;

	fake_user_takes(f->user, FAKE_ANSWERS_ALERTED, 7);
	fake_user_voice(f->user, 7, FAKE_LOOP);
	first = make(f, "call 555 --hold 0.5");
	await_state(f, "active");
	assert_int_equal(json_number(exchange_last_call(f), "channel"), 7);
	second = make(f, "call 556");
	exchange_await_message(f, second, Q931_DISCONNECT);
	assert_int_equal(
		fake_user_message(f->user, second, Q931_DISCONNECT)->cause, 44);
	exchange_await_message(f, first, Q931_DISCONNECT);
	exchange_await_over(f, second);
	assert_ended(f, 44, 2, "exchange");
	assert_int_equal(json_number(json_array_get(exchange_calls(f), 0),
				     "bit_errors"),
			 0);
	fake_user_takes(f->user, FAKE_PROCEEDS, 16);
	second = make(f, "call 556");
	exchange_await_over(f, second);
	assert_ended(f, 44, 2, "exchange");
}

static void test_refused(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref;

	fake_user_takes(f->user, FAKE_REFUSES_AT_ONCE, 0);
	cref = make(f, "call 555");
	exchange_await_over(f, cref);
	assert_ended(f, 44, 1, "user");
	assert_string_equal(fake_user_story(f->user, cref), "SETUP");
}

/* T303 is libpri's, T310 and T301 are ours. */
static void test_timers(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref;

	fake_user_takes(f->user, FAKE_SILENT, 0);
	cref = make(f, "call 555");
	exchange_leap_ms(f, 10 * 1000);
	exchange_await_over(f, cref);
	assert_ended(f, 18, 2, "exchange");
	assert_int_equal(fake_user_count(f->user, cref, Q931_SETUP), 2);

	fake_user_takes(f->user, FAKE_PROCEEDS, 0);
	cref = make(f, "call 555");
	await_state(f, "proceeding");
	exchange_leap_ms(f, 37 * 1000);
	await_state(f, "proceeding");
	exchange_leap_ms(f, 4 * 1000);
	exchange_await_over(f, cref);
	assert_ended(f, 102, 2, "exchange");

	fake_user_takes(f->user, FAKE_ALERTS, 0);
	cref = make(f, "call 555");
	await_state(f, "alerting");
	exchange_leap_ms(f, 170 * 1000);
	await_state(f, "alerting");
	exchange_leap_ms(f, 11 * 1000);
	exchange_await_over(f, cref);
	assert_ended(f, 19, 2, "exchange");
}

static void test_restart(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref;

	fake_user_takes(f->user, FAKE_ANSWERS, 0);
	cref = make(f, "call 555");
	await_state(f, "active");
	fake_user_restart(f->user, 31);
	exchange_await_over(f, cref);
	assert_ended(f, 41, 0, "restart");
}

/* Both ways at once, the same call references, other channels. */
static void test_both_ways(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned out, in;
	json_t *calls;

	fake_user_takes(f->user, FAKE_ANSWERS, 0);
	out = make(f, "call 555 --hold 60");
	/* Its end, a RELEASE COMPLETE, is not that of the other. */
	in = fake_user_call(f->user, 31, false, "555014006");
	assert_int_equal(in, out);
	exchange_await_over(f, in);
	calls = exchange_calls(f);
	assert_int_equal(json_array_size(calls), 2);
	assert_string_equal(exchange_text(json_array_get(calls, 0), "state"),
			    "active");
	assert_int_equal(json_number(json_array_get(calls, 0), "channel"), 31);
	assert_int_equal(json_number(json_array_get(calls, 1), "channel"), 1);
	assert_int_equal(json_number(exchange_first_span(f), "busy"), 1);
	fake_user_restart(f->user, 0);
	exchange_run_ms(f, 50);
	assert_int_equal(json_number(exchange_first_span(f), "busy"), 0);
}

static void await_count(struct exchange_fixture *f, long long over)
{
	uint64_t end = clock_now_ms() + WAIT_MS;

	while (json_number(exchange_ask(f, "show"), "calls_over") < over) {
		if (clock_now_ms() > end)
			fail_msg("%lld of %lld calls are over",
				 json_number(f->shown, "calls_over"), over);
		loop_step(f->loop, 5);
	}
}

/* 40 calls at 100 a second: all made, none at once. */
static void test_batch(void **state)
{
	struct exchange_fixture *f = *state;
	uint64_t start = clock_now_ms();
	json_t *answer;

	fake_user_takes(f->user, FAKE_ANSWERS, 0);
	answer = exchange_ask(f, "call 555 --count 40 --rate 100 --hold 0.05");
	assert_int_equal(json_number(answer, "count"), 40);
	assert_int_equal(json_number(json_object_get(answer, "call"), "id"), 1);
	exchange_ask(f, "show");
	assert_in_range(json_number(f->shown, "calls_to_make"), 30, 39);
	await_count(f, 40);
	assert_in_range(clock_now_ms() - start, 390, 2000);
	assert_int_equal(json_number(f->shown, "calls_to_make"), 0);
	assert_int_equal(json_number(f->shown, "calls_total"), 40);
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(
			json_number(json_array_get(json_object_get(f->shown,
								   "calls"),
						   i),
				    "cause"),
			16);
}

/* More than there are channels: those without one are on record too. */
static void test_no_channel(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned refused = 0;
	size_t i;
	json_t *call;

	fake_user_takes(f->user, FAKE_ANSWERS, 0);
	exchange_ask(f, "call 555 --count 33 --rate 1000 --hold 0.5");
	await_count(f, 3);
	assert_string_equal(exchange_text(exchange_ask(f, "call 555"), "error"),
			    "no call on span 1: every channel has a call");
	await_count(f, 34);
	json_array_foreach(json_object_get(f->shown, "calls"), i, call)
		refused += json_number(call, "cause") == 34;
	assert_int_equal(refused, 4);
}

static void test_nobody_there(void **state)
{
	struct exchange_fixture *f = *state;

	exchange_ask(f, "dchannel down 1");
	exchange_leap_ms(f, 30 * 1000);
	assert_string_equal(
		exchange_text(exchange_ask(f, "call 555"), "error"),
		"no call on span 1: its D channel is down: no gateway answers");
	assert_int_equal(json_number(exchange_last_call(f), "cause"), 38);
	assert_string_equal(exchange_text(exchange_ask(f, "call 555 --span 2"),
					  "error"),
			    "span 2 does not exist: this exchange has 1..1");
}

/* A hold, and a batch, that the end of the exchange cuts off. */
static void test_ends_in_between(void **state)
{
	struct exchange_fixture *f = *state;

	fake_user_takes(f->user, FAKE_ANSWERS, 0);
	make(f, "call 555 --count 100 --rate 1 --hold 60");
	await_state(f, "active");
}

static void test_orders(void **state)
{
	static const struct {
		const char *line, *why;
	} rows[] = {
		{ "", "call wants a number" },
		{ "+", "call wants a number" },
		{ "12a", "call wants a number" },
		{ "12345678901234567890123456789012", "call wants a number" },
		{ "--span 1", "call wants a number" },
		{ "1 --span", "--span : it must be the number" },
		{ "1 --span 0", "--span 0: it must be the number" },
		{ "1 --span -1", "--span -1: it must be" },
		{ "1 --from x", "--from x: it must be digits" },
		{ "1 --type national1", "it must be unknown, international" },
		{ "1 --bearer 56k", "it must be speech, 3k1 or 64k" },
		{ "1 --count 0", "it must be 1..1000000" },
		{ "1 --count 1000001", "it must be 1..1000000" },
		{ "1 --rate 0", "it must be 0.01..1000" },
		{ "1 --rate nan", "it must be 0.01..1000" },
		{ "1 --rate inf", "it must be 0.01..1000" },
		{ "1 --hold -1", "it must be 0..86400" },
		{ "1 --hold 5s", "it must be 0..86400" },
		{ "1 --give-up -1", "it must be 0..86400" },
		{ "1 --sound music", "it must be bit-error, echo" },
		{ "1 --restrict", "want --from" },
		{ "1 --screening 0", "want --from" },
		{ "1 --from 2 --screening 4", "it must be 0..3" },
		{ "1 --from 2 --screening -1", "it must be 0..3" },
		{ "1 --redirect-reason 15", "wants --redirecting" },
		{ "1 --redirecting 2 --redirect-reason 16",
		  "it must be 0..15" },
		{ "1 --redirecting 2a", "it must be digits" },
		{ "1 2", "\"2\" is no option of call" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char copy[128], *words[8], *save = NULL, why[160] = "";
		struct order order;
		int count = 0;

		snprintf(copy, sizeof copy, "%s", rows[i].line);
		for (char *w = strtok_r(copy, " ", &save); w;
		     w = strtok_r(NULL, " ", &save))
			words[count++] = w;
		assert_int_equal(order_parse(&order, count, words, why,
					     sizeof why),
				 -EINVAL);
		if (!strstr(why, rows[i].why))
			fail_msg("\"%s\": %s", rows[i].line, why);
	}
}

static void test_order_in_turn(void **state)
{
	static char *words[] = { "1", "--span", "all", "--hold", "0" };
	struct order order;
	char why[160];

	(void)state;
	assert_int_equal(order_parse(&order, 5, words, why, sizeof why), 0);
	assert_int_equal(order.span, 0);
	assert_int_equal(order.count, 1);
	assert_int_equal(order.call.hold_ms, 0);
	assert_int_equal(order.call.sound, SOUND_BIT_ERROR);
}

/* The second of two calls goes to span 2, where nobody is. */
static void test_spans_in_turn(void **state)
{
	struct exchange_fixture *f = *state;

	fake_user_takes(f->user, FAKE_ANSWERS, 0);
	exchange_ask(f, "call 555 --span all --count 2 --rate 100 --hold 0.1");
	await_count(f, 2);
	assert_int_equal(json_number(exchange_last_call(f), "span"), 2);
	assert_int_equal(json_number(exchange_last_call(f), "cause"), 38);
	assert_int_equal(json_number(json_array_get(exchange_calls(f), 0),
				     "cause"),
			 16);
}

int main(void)
{
#define T(test) \
	cmocka_unit_test_setup_teardown(test, exchange_setup, exchange_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_order_in_turn),
		T(test_setup),
		T(test_phases),
		T(test_give_up),
		T(test_hold),
		T(test_sounds),
		T(test_channel_moves),
		T(test_refused),
		T(test_timers),
		T(test_restart),
		T(test_both_ways),
		T(test_batch),
		T(test_no_channel),
		T(test_nobody_there),
		T(test_ends_in_between),
		cmocka_unit_test_setup_teardown(test_spans_in_turn,
						exchange_setup_full,
						exchange_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
