/* Numbers at the exchange: what it tells, and what it shows of what it was
 * told. */
#include "gateway/clock.h"
#include "gateway/loop.h"
#include "tests/fake_exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define WAIT_MS 4000

static void assert_number(const struct leg_number *is,
			  const struct leg_number *wanted)
{
	assert_string_equal(is->digits, wanted->digits);
	assert_int_equal(is->type, wanted->type);
	assert_int_equal(is->plan, wanted->plan);
	assert_int_equal(is->presentation, wanted->presentation);
	assert_int_equal(is->screening, wanted->screening);
	assert_int_equal(is->present, wanted->present);
}

static void assert_shown(const json_t *call, const char *key,
			 const struct leg_number *wanted)
{
	const json_t *number = json_object_get(call, key);

	assert_non_null(number);
	if (!wanted->present && !wanted->presentation) {
		assert_true(json_is_null(number));
		return;
	}
	assert_string_equal(exchange_text(number, "digits"), wanted->digits);
	assert_int_equal(json_number(number, "type"), wanted->type);
	assert_int_equal(json_number(number, "plan"), wanted->plan);
	assert_int_equal(json_number(number, "presentation"),
			 wanted->presentation);
	assert_int_equal(json_number(number, "screening"), wanted->screening);
}

static void assert_all_shown(const json_t *call,
			     const struct call_identity *wanted)
{
	const json_t *redirecting = json_object_get(call, "redirecting");

	assert_shown(call, "called_number", &wanted->called);
	assert_shown(call, "calling_number", &wanted->calling);
	assert_shown(call, "redirecting", &wanted->redirecting.number);
	assert_shown(call, "connected", &wanted->connected);
	if (!wanted->redirecting.number.present)
		return;
	assert_int_equal(json_number(redirecting, "reason"),
			 wanted->redirecting.reason);
	assert_int_equal(json_number(redirecting, "count"),
			 wanted->redirecting.count);
}

static const struct call_identity identities[] = {
	{ .calling = { "301234", 2, 1, 0, 1, true },
	  .connected = { "5551234", 4, 1, 0, 3, true } },
	{ .calling = { "4930123", 1, 1, 1, 3, true },
	  .redirecting = { { "309999", 2, 1, 0, 0, true }, 15, 1 },
	  .connected = { "4930777", 1, 1, 1, 1, true } },
	{ .calling = { "", 0, 0, 2, 3, false },
	  .redirecting = { { "309999", 2, 1, 1, 0, true }, 2, 3 },
	  .connected = { "", 0, 0, 2, 3, false } },
	{ .calling = { "", 0, 0, 0, 0, false } },
};

/* A test call is answered by the number it called. */
static void test_from_the_user(void **state)
{
	struct exchange_fixture *f = *state;

	for (size_t i = 0; i < sizeof identities / sizeof *identities; i++) {
		struct call_identity wanted = identities[i];
		unsigned cref;

		wanted.called =
			(struct leg_number){ "5550101", 4, 1, 0, 0, true };
		wanted.connected = wanted.called;
		wanted.connected.screening = 3;
		fake_user_tells(f->user, &identities[i]);
		cref = fake_user_call(f->user, 3, true, "5550101");
		exchange_await_message(f, cref, Q931_CONNECT);
		assert_number(&fake_user_told(f->user)->connected,
			      &wanted.connected);
		assert_all_shown(exchange_last_call(f), &wanted);
		fake_user_hangup(f->user, cref);
		exchange_await_over(f, cref);
		assert_all_shown(exchange_last_call(f), &wanted);
	}
}

static void test_to_the_user(void **state)
{
	static const struct {
		const char *line;
		struct call_identity told;
	} rows[] = {
		{ "call 5551234 --type subscriber --from 301234",
		  { .called = { "5551234", 4, 1, 0, 0, true },
		    .calling = { "301234", 2, 1, 0, 3, true } } },
		{ "call +4930555 --from +49301234 --screening 0 --restrict",
		  { .called = { "4930555", 1, 1, 0, 0, true },
		    .calling = { "49301234", 1, 1, 1, 0, true } } },
		{ "call 555 --redirecting 30888 --redirect-reason 15",
		  { .called = { "555", 0, 1, 0, 0, true },
		    .redirecting = { { "30888", 2, 1, 0, 0, true }, 15, 1 } } },
		{ "call 555 --from 1 --screening 1 --redirecting +493088",
		  { .called = { "555", 0, 1, 0, 0, true },
		    .calling = { "1", 2, 1, 0, 1, true },
		    .redirecting = { { "493088", 1, 1, 0, 0, true }, 0, 1 } } },
	};
	struct exchange_fixture *f = *state;

	fake_user_takes(f->user, FAKE_ANSWERS, 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct call_identity wanted = rows[i].told;
		uint64_t end = clock_now_ms() + WAIT_MS;
		char line[128];

		fake_user_tells(f->user, &identities[i]);
		snprintf(line, sizeof line, "%s --hold 0.05", rows[i].line);
		assert_null(json_object_get(exchange_ask(f, line), "error"));
		while (strcmp(exchange_text(exchange_last_call(f), "state"),
			      "over")) {
			assert_true(clock_now_ms() < end);
			loop_step(f->loop, 5);
		}
		assert_number(&fake_user_told(f->user)->called, &wanted.called);
		assert_number(&fake_user_told(f->user)->calling,
			      &wanted.calling);
		assert_number(&fake_user_told(f->user)->redirecting.number,
			      &wanted.redirecting.number);
		assert_int_equal(fake_user_told(f->user)->redirecting.reason,
				 wanted.redirecting.reason);
		wanted.connected = identities[i].connected;
		assert_all_shown(exchange_last_call(f), &wanted);
	}
}

int main(void)
{
#define T(test) \
	cmocka_unit_test_setup_teardown(test, exchange_setup, exchange_teardown)
	const struct CMUnitTest tests[] = {
		T(test_from_the_user),
		T(test_to_the_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
