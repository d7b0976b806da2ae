/* The exchange from a user's side: every test number, its messages, causes and
 * sound, over a virtual span. */
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
#define REFUSED "CALL PROCEEDING, DISCONNECT, RELEASE COMPLETE"

static void test_refusals(void **state)
{
	static const struct {
		const char *called;
		uint8_t type, cause, location;
		const char *story;
	} rows[] = {
		{ "555014017", Q931_DISCONNECT, 17, 4, REFUSED },
		{ "555014001", Q931_DISCONNECT, 1, 4, REFUSED },
		{ "555014034", Q931_DISCONNECT, 34, 4, REFUSED },
		{ "555014044", Q931_DISCONNECT, 44, 4, REFUSED },
		{ "555014088", Q931_DISCONNECT, 88, 4, REFUSED },
		{ "555014021", Q931_DISCONNECT, 21, 0, REFUSED },
		{ "555014127", Q931_DISCONNECT, 127, 4, REFUSED },
		{ "5550199", Q931_DISCONNECT, 1, 4, REFUSED },
		{ "555014006", Q931_RELEASE, 6, 4, "CALL PROCEEDING, RELEASE" },
		{ "555014007", Q931_RELEASE, 7, 4, "CALL PROCEEDING, RELEASE" },
		{ "555014026", Q931_RELEASE, 26, 4,
		  "CALL PROCEEDING, RELEASE" },
		{ "555014081", Q931_RELEASE_COMPLETE, 81, 4,
		  "CALL PROCEEDING, RELEASE COMPLETE" },
	};
	struct exchange_fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		unsigned cref =
			fake_user_call(f->user, 3, true, rows[i].called);
		const struct fake_message *m;
		json_t *call;

		exchange_await_message(f, cref, rows[i].type);
		exchange_await_over(f, cref);
		assert_string_equal(fake_user_story(f->user, cref),
				    rows[i].story);
		m = fake_user_message(f->user, cref, Q931_CALL_PROCEEDING);
		assert_int_equal(m->channel, 3);
		assert_int_equal(m->progress, 0);
		m = fake_user_message(f->user, cref, rows[i].type);
		assert_int_equal(m->cause, rows[i].cause);
		assert_int_equal(m->location, rows[i].location);
		assert_int_equal(m->progress, 0);
		call = exchange_last_call(f);
		assert_int_equal(json_number(call, "cause"), rows[i].cause);
		assert_int_equal(json_number(call, "location"),
				 rows[i].location);
		assert_string_equal(exchange_text(call, "ended_by"),
				    "exchange");
		assert_string_equal(exchange_text(call, "called"),
				    rows[i].called);
		assert_string_equal(exchange_text(call, "calling"),
				    "4930123456");
		assert_int_equal(json_number(call, "cref"), cref);
		assert_int_equal(json_number(call, "channel"), 3);
	}
}

/* Neither lost from the answer nor fit to steer a terminal. */
static void test_number_of_no_digits(void **state)
{
	struct exchange_fixture *f = *state;
	long long before_us = (long long)(clock_calendar_ns() / 1000);
	unsigned cref = fake_user_call(f->user, 1, true, "55\033[2J\xff");

	exchange_await_over(f, cref);
	assert_in_range(json_number(exchange_last_call(f), "setup_unix_us"),
			before_us, clock_calendar_ns() / 1000);
	assert_string_equal(exchange_text(exchange_last_call(f), "called"),
			    "55?[2J?");
	assert_int_equal(json_number(exchange_last_call(f), "cause"), 1);
}

static void test_every_cause(void **state)
{
	struct exchange_fixture *f = *state;

	for (unsigned cause = 1; cause <= 127; cause++) {
		char called[16];
		unsigned cref;

		snprintf(called, sizeof called, "555014%03u", cause);
		cref = fake_user_call(f->user, 1 + cause % 15, true, called);
		exchange_run_ms(f, 5);
		exchange_await_over(f, cref);
		assert_int_equal(json_number(exchange_last_call(f), "cause"),
				 cause);
		assert_string_equal(exchange_text(exchange_last_call(f),
						  "test"),
				    "14CCC");
	}
	assert_int_equal(json_number(exchange_ask(f, "show"), "calls_over"),
			 127);
	/* Older ones are forgotten, the order is that of the SETUPs. */
	assert_int_equal(json_array_size(exchange_calls(f)), EXCHANGE_RECORDS);
	assert_int_equal(json_number(json_array_get(exchange_calls(f), 0),
				     "id"),
			 64);
}

static void test_ring_then_refuse(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 1, true, "555015017");
	const struct fake_message *m;
	const uint8_t *heard;
	json_t *call;
	unsigned loud = 0;

	fake_user_listen(f->user, 1);
	exchange_await_message(f, cref, Q931_DISCONNECT);
	exchange_await_over(f, cref);
	assert_string_equal(fake_user_story(f->user, cref),
			    "CALL PROCEEDING, ALERTING, DISCONNECT, RELEASE "
			    "COMPLETE");
	m = fake_user_message(f->user, cref, Q931_ALERTING);
	assert_int_equal(m->progress, 8);
	assert_int_equal(m->progress_location, 4);
	m = fake_user_message(f->user, cref, Q931_DISCONNECT);
	assert_int_equal(m->cause, 17);
	assert_int_equal(m->location, 4);
	call = exchange_last_call(f);
	assert_in_range(json_number(call, "clear_ms") -
				json_number(call, "alerting_ms"),
			1000, 1300);
	/* A second of ring-back tone, a block more or less. */
	for (size_t i = fake_user_heard(f->user, &heard); i-- > 0;)
		loud += heard[i] != g711_idle(G711_ALAW);
	assert_in_range(loud, 7200, 8000);
}

static void test_rings_for_ever(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 1, true, "5550110");

	exchange_await_message(f, cref, Q931_ALERTING);
	exchange_leap_ms(f, 300 * 1000);
	assert_string_equal(fake_user_story(f->user, cref),
			    "CALL PROCEEDING, ALERTING");
	assert_string_equal(exchange_text(exchange_last_call(f), "state"),
			    "alerting");
	fake_user_hangup(f->user, cref);
	exchange_await_over(f, cref);
	assert_string_equal(fake_user_story(f->user, cref),
			    "CALL PROCEEDING, ALERTING, RELEASE");
	assert_string_equal(exchange_text(exchange_last_call(f), "ended_by"),
			    "user");
	assert_int_equal(json_number(exchange_last_call(f), "cause"), 16);
}

/* The octets that count up must come back in order and unchanged. */
static void assert_counted(const uint8_t *heard, size_t len, size_t least)
{
	size_t from = 0, run = 0;

	for (size_t i = 1; i < len; i++) {
		run = heard[i] == (uint8_t)(heard[i - 1] + 1) ? run + 1 : 0;
		if (run == 300)
			from = i - 300;
	}
	assert_true(run >= least);
	assert_int_equal(heard[len - 1],
			 (uint8_t)(heard[from] + len - 1 - from));
}

static void test_ring_answer_echo(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 5, true, "55501201");
	const uint8_t *heard;
	size_t len;
	json_t *call;

	fake_user_voice(f->user, 5, FAKE_COUNT);
	exchange_await_message(f, cref, Q931_CONNECT);
	fake_user_listen(f->user, 5);
	exchange_run_ms(f, 600);
	len = fake_user_heard(f->user, &heard);
	assert_counted(heard, len, 2400);
	assert_string_equal(fake_user_story(f->user, cref),
			    "CALL PROCEEDING, ALERTING, CONNECT");
	call = exchange_last_call(f);
	assert_string_equal(exchange_text(call, "state"), "active");
	assert_in_range(json_number(call, "answer_ms") -
				json_number(call, "alerting_ms"),
			1000, 1300);
	fake_user_hangup(f->user, cref);
	exchange_await_over(f, cref);
	assert_string_equal(exchange_text(exchange_last_call(f), "test"),
			    "12NN");
	/* Idle again at once. */
	exchange_run_ms(f, 100);
	fake_user_listen(f->user, 5);
	exchange_run_ms(f, 100);
	len = fake_user_heard(f->user, &heard);
	assert_true(len >= 160);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(heard[i], g711_idle(G711_ALAW));
}

static void test_answer_after_99_seconds(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 5, true, "55501299");

	exchange_await_message(f, cref, Q931_ALERTING);
	exchange_leap_ms(f, 90 * 1000);
	assert_int_equal(fake_user_count(f->user, cref, Q931_CONNECT), 0);
	exchange_leap_ms(f, 10 * 1000);
	assert_int_equal(fake_user_count(f->user, cref, Q931_CONNECT), 1);
}

static void test_echo_at_once(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 31, true, "5550101");
	const uint8_t *heard;
	size_t len;

	fake_user_voice(f->user, 31, FAKE_COUNT);
	exchange_await_message(f, cref, Q931_CONNECT);
	assert_string_equal(fake_user_story(f->user, cref),
			    "CALL PROCEEDING, CONNECT");
	fake_user_listen(f->user, 31);
	exchange_run_ms(f, 500);
	len = fake_user_heard(f->user, &heard);
	assert_counted(heard, len, 2400);
}

static void test_hangs_up(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 2, true, "55501301");
	const struct fake_message *m;
	json_t *call;

	exchange_await_message(f, cref, Q931_DISCONNECT);
	exchange_await_over(f, cref);
	assert_string_equal(fake_user_story(f->user, cref),
			    "CALL PROCEEDING, CONNECT, DISCONNECT, RELEASE "
			    "COMPLETE");
	m = fake_user_message(f->user, cref, Q931_DISCONNECT);
	assert_int_equal(m->cause, 16);
	assert_int_equal(m->location, 0);
	call = exchange_last_call(f);
	assert_in_range(json_number(call, "clear_ms") -
				json_number(call, "answer_ms"),
			1000, 1300);

	cref = fake_user_call(f->user, 2, true, "55501300");
	exchange_await_message(f, cref, Q931_DISCONNECT);
	exchange_await_over(f, cref);
}

static void test_milliwatt(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 1, true, "5550102");
	const uint8_t *heard;
	size_t len;
	double power = 0;

	exchange_await_message(f, cref, Q931_CONNECT);
	exchange_run_ms(f, 50);
	fake_user_listen(f->user, 1);
	exchange_run_ms(f, 500);
	len = fake_user_heard(f->user, &heard);
	assert_true(len >= 2400);
	for (size_t i = 0; i < 2000; i++) {
		double x = g711_decode_sample(G711_ALAW, heard[i]) / 32768.0;

		power += 2 * x * x / 2000;
	}
	/* 10^(-3.14 / 10) is 0 dBm0; 0.1 dB is 2.3 %. */
	assert_in_range((unsigned long)(power * 1e6), 474000, 496500);
	for (size_t i = 0; i + 2000 < len; i++)
		assert_int_equal(heard[i], heard[i + 2000]);
}

static void test_bit_errors_none(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 7, true, "5550100");
	json_t *call;
	long long bits;

	fake_user_voice(f->user, 7, FAKE_LOOP);
	exchange_await_message(f, cref, Q931_CONNECT);
	exchange_run_ms(f, 1500);
	call = exchange_last_call(f);
	assert_true(json_is_true(json_object_get(call, "in_sync")));
	/* What comes after the hang-up is not compared, although the user
	 * takes its time to end the call. */
	fake_user_hangup(f->user, cref);
	fake_user_deaf(f->user, true);
	exchange_run_ms(f, 30);
	fake_user_voice(f->user, 7, FAKE_IDLE);
	call = exchange_last_call(f);
	assert_string_equal(exchange_text(call, "state"), "releasing");
	bits = json_number(call, "bits_compared");
	assert_in_range(bits, 64000, 64000 * 2);
	exchange_run_ms(f, 200);
	assert_int_equal(json_number(exchange_last_call(f), "bits_compared"),
			 bits);
	fake_user_deaf(f->user, false);
	exchange_await_over(f, cref);
	call = exchange_last_call(f);
	assert_int_equal(json_number(call, "bits_compared"), bits);
	assert_int_equal(json_number(call, "bit_errors"), 0);
	assert_int_equal(json_number(call, "sync_losses"), 0);
	assert_int_equal(json_number(call, "bits_unlocked"), 0);
}

struct damage {
	unsigned blocks;
	uint8_t kept;
};

/* Three wrong bits in block 50; from block 90 on an octet late. */
static void damage(void *ctx, unsigned channel, uint8_t *block)
{
	struct damage *d = ctx;
	uint8_t last = block[TDM_BLOCK_BYTES - 1];

	(void)channel;
	d->blocks++;
	if (d->blocks == 50) {
		block[10] ^= 0x81;
		block[79] ^= 0x10;
	}
	if (d->blocks >= 90) {
		memmove(block + 1, block, TDM_BLOCK_BYTES - 1);
		block[0] = d->kept;
	}
	d->kept = last;
}

static void test_bit_errors_and_a_slip(void **state)
{
	struct exchange_fixture *f = *state;
	struct damage d = { 0 };
	unsigned cref = fake_user_call(f->user, 7, true, "5550100");
	uint64_t end = clock_now_ms() + WAIT_MS;
	json_t *call;

	exchange_await_message(f, cref, Q931_CONNECT);
	fake_user_filter(f->user, damage, &d);
	fake_user_voice(f->user, 7, FAKE_CUSTOM);
	while (d.blocks < 80 && clock_now_ms() < end)
		loop_step(f->loop, 2);
	call = exchange_last_call(f);
	assert_int_equal(json_number(call, "bit_errors"), 3);
	assert_int_equal(json_number(call, "sync_losses"), 0);
	while (d.blocks < 120 && clock_now_ms() < end)
		loop_step(f->loop, 2);
	call = exchange_last_call(f);
	assert_int_equal(json_number(call, "sync_losses"), 1);
	assert_in_range(json_number(call, "bit_errors"), 3 + 201, 3 + 400);
	assert_true(json_is_true(json_object_get(call, "in_sync")));
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, exchange_setup, exchange_teardown)
	const struct CMUnitTest tests[] = {
		T(test_refusals),
		T(test_number_of_no_digits),
		T(test_every_cause),
		T(test_ring_then_refuse),
		T(test_rings_for_ever),
		T(test_ring_answer_echo),
		T(test_answer_after_99_seconds),
		T(test_echo_at_once),
		T(test_hangs_up),
		T(test_milliwatt),
		T(test_bit_errors_none),
		T(test_bit_errors_and_a_slip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
