/* The exchange from a user's side: every test number, its messages, causes and
 * sound, over a virtual span. Time is real, and a test may move it forward. */
#include "exchange/exchange.h"
#include "gateway/clock.h"
#include "gateway/fsm.h"
#include "gateway/log.h"
#include "gateway/loop.h"
#include "tests/fake_user.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 4000
#define REFUSED "CALL PROCEEDING, DISCONNECT, RELEASE COMPLETE"

static uint64_t offset_ns;

static uint64_t test_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec +
	       offset_ns;
}

struct fixture {
	char dir[64], socket[96], control[96];
	struct loop *loop;
	struct exchange *exchange;
	struct fake_user *user;
	json_t *shown;
};

static void run_ms(struct fixture *f, uint64_t ms)
{
	uint64_t end = clock_now_ms() + ms;

	while (clock_now_ms() < end)
		loop_step(f->loop, 5);
}

/* Moves time forward by steps that no protocol timer takes for a silence. */
static void leap_ms(struct fixture *f, uint64_t ms)
{
	for (uint64_t done = 0; done < ms; done += 500) {
		offset_ns += 500 * NS_PER_MS;
		for (int i = 0; i < 4; i++)
			loop_step(f->loop, 1);
	}
}

static bool await_up(struct fixture *f)
{
	uint64_t end = clock_now_ms() + WAIT_MS;

	while (!fake_user_up(f->user) && clock_now_ms() < end)
		loop_step(f->loop, 10);
	return fake_user_up(f->user);
}

static void await_message(struct fixture *f, unsigned cref, uint8_t type)
{
	uint64_t end = clock_now_ms() + WAIT_MS;
	char name[24];

	while (!fake_user_count(f->user, cref, type) && clock_now_ms() < end)
		loop_step(f->loop, 10);
	if (!fake_user_count(f->user, cref, type))
		fail_msg("no %s for call %u: %s", q931_message_name(type, name),
			 cref, fake_user_story(f->user, cref));
}

static json_t *command(struct fixture *f, const char *line)
{
	char copy[128], *words[8], *save = NULL, *text;
	int count = 0;

	snprintf(copy, sizeof copy, "%s", line);
	for (char *w = strtok_r(copy, " ", &save); w;
	     w = strtok_r(NULL, " ", &save))
		words[count++] = w;
	words[count] = NULL;
	text = exchange_command(f->exchange, count, words);
	assert_non_null(text);
	json_decref(f->shown);
	f->shown = json_loads(text, 0, NULL);
	free(text);
	assert_non_null(f->shown);
	return f->shown;
}

static json_t *calls(struct fixture *f)
{
	return json_object_get(command(f, "show"), "calls");
}

static json_t *first_span(struct fixture *f)
{
	return json_array_get(json_object_get(command(f, "show"), "spans"), 0);
}

static json_t *last_call(struct fixture *f)
{
	json_t *all = calls(f);

	return json_array_get(all, json_array_size(all) - 1);
}

static long long number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		fail_msg("no %s", key);
	return json_integer_value(value);
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	if (!value)
		fail_msg("no %s", key);
	return value;
}

static bool is_over(struct fixture *f)
{
	json_t *call = last_call(f);

	return call && !strcmp(text(call, "state"), "over");
}

/* The last call is, and what was sent at its end has arrived. */
static void await_over(struct fixture *f, unsigned cref)
{
	uint64_t end = clock_now_ms() + WAIT_MS;

	while (clock_now_ms() < end && !is_over(f))
		loop_step(f->loop, 10);
	if (!is_over(f))
		fail_msg("call %u is not over: %s", cref,
			 fake_user_story(f->user, cref));
	run_ms(f, 20);
}

static int setup_spans(void **state, unsigned spans)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct exchange_config cfg = { .prefix = "5550",
				       .spans = spans,
				       .law = G711_ALAW };
	const char *what;

	log_set_level(LOG_ERR);
	clock_set_source(test_clock);
	strcpy(f->dir, "/tmp/tollgate-exchange-XXXXXX");
	if (!mkdtemp(f->dir) || loop_new(&f->loop) < 0)
		return -1;
	snprintf(f->socket, sizeof f->socket, "%s/exchange.sock", f->dir);
	snprintf(f->control, sizeof f->control, "%s/control.sock", f->dir);
	cfg.socket = f->socket;
	cfg.control = f->control;
	if (exchange_new(&f->exchange, f->loop, &cfg, &what) < 0 ||
	    fake_user_new(&f->user, f->loop, f->socket, 1) < 0)
		return -1;
	*state = f;
	return await_up(f) ? 0 : -1;
}

static int setup(void **state)
{
	return setup_spans(state, 1);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	json_decref(f->shown);
	fake_user_free(f->user);
	exchange_free(f->exchange);
	loop_free(f->loop);
	if (rmdir(f->dir) < 0 || fsm_illegal_count())
		return -1;
	free(f);
	return 0;
}

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
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		unsigned cref =
			fake_user_call(f->user, 3, true, rows[i].called);
		const struct fake_message *m;
		json_t *call;

		await_message(f, cref, rows[i].type);
		await_over(f, cref);
		assert_string_equal(fake_user_story(f->user, cref),
				    rows[i].story);
		m = fake_user_message(f->user, cref, Q931_CALL_PROCEEDING);
		assert_int_equal(m->channel, 3);
		assert_int_equal(m->progress, 0);
		m = fake_user_message(f->user, cref, rows[i].type);
		assert_int_equal(m->cause, rows[i].cause);
		assert_int_equal(m->location, rows[i].location);
		assert_int_equal(m->progress, 0);
		call = last_call(f);
		assert_int_equal(number(call, "cause"), rows[i].cause);
		assert_int_equal(number(call, "location"), rows[i].location);
		assert_string_equal(text(call, "ended_by"), "exchange");
		assert_string_equal(text(call, "called"), rows[i].called);
		assert_string_equal(text(call, "calling"), "4930123456");
		assert_int_equal(number(call, "cref"), cref);
		assert_int_equal(number(call, "channel"), 3);
	}
}

/* Neither lost from the answer nor fit to steer a terminal. */
static void test_number_of_no_digits(void **state)
{
	struct fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 1, true, "55\033[2J\xff");

	await_over(f, cref);
	assert_string_equal(text(last_call(f), "called"), "55?[2J?");
	assert_int_equal(number(last_call(f), "cause"), 1);
}

static void test_every_cause(void **state)
{
	struct fixture *f = *state;

	for (unsigned cause = 1; cause <= 127; cause++) {
		char called[16];
		unsigned cref;

		snprintf(called, sizeof called, "555014%03u", cause);
		cref = fake_user_call(f->user, 1 + cause % 15, true, called);
		run_ms(f, 5);
		await_over(f, cref);
		assert_int_equal(number(last_call(f), "cause"), cause);
		assert_string_equal(text(last_call(f), "test"), "14CCC");
	}
	assert_int_equal(number(command(f, "show"), "calls_over"), 127);
	/* Older ones are forgotten, the order is that of the SETUPs. */
	assert_int_equal(json_array_size(calls(f)), EXCHANGE_RECORDS);
	assert_int_equal(number(json_array_get(calls(f), 0), "id"), 64);
}

static void test_ring_then_refuse(void **state)
{
	struct fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 1, true, "555015017");
	const struct fake_message *m;
	const uint8_t *heard;
	json_t *call;
	unsigned loud = 0;

	fake_user_listen(f->user, 1);
	await_message(f, cref, Q931_DISCONNECT);
	await_over(f, cref);
	assert_string_equal(fake_user_story(f->user, cref),
			    "CALL PROCEEDING, ALERTING, DISCONNECT, RELEASE "
			    "COMPLETE");
	m = fake_user_message(f->user, cref, Q931_ALERTING);
	assert_int_equal(m->progress, 8);
	assert_int_equal(m->progress_location, 4);
	m = fake_user_message(f->user, cref, Q931_DISCONNECT);
	assert_int_equal(m->cause, 17);
	assert_int_equal(m->location, 4);
	call = last_call(f);
	assert_in_range(number(call, "clear_ms") - number(call, "alerting_ms"),
			1000, 1300);
	/* A second of ring-back tone, a block more or less. */
	for (size_t i = fake_user_heard(f->user, &heard); i-- > 0;)
		loud += heard[i] != g711_idle(G711_ALAW);
	assert_in_range(loud, 7200, 8000);
}

static void test_rings_for_ever(void **state)
{
	struct fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 1, true, "5550110");

	await_message(f, cref, Q931_ALERTING);
	leap_ms(f, 300 * 1000);
	assert_string_equal(fake_user_story(f->user, cref),
			    "CALL PROCEEDING, ALERTING");
	assert_string_equal(text(last_call(f), "state"), "alerting");
	fake_user_hangup(f->user, cref);
	await_over(f, cref);
	assert_string_equal(fake_user_story(f->user, cref),
			    "CALL PROCEEDING, ALERTING, RELEASE");
	assert_string_equal(text(last_call(f), "ended_by"), "user");
	assert_int_equal(number(last_call(f), "cause"), 16);
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
	struct fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 5, true, "55501201");
	const uint8_t *heard;
	size_t len;
	json_t *call;

	fake_user_voice(f->user, 5, FAKE_COUNT);
	await_message(f, cref, Q931_CONNECT);
	fake_user_listen(f->user, 5);
	run_ms(f, 600);
	len = fake_user_heard(f->user, &heard);
	assert_counted(heard, len, 2400);
	assert_string_equal(fake_user_story(f->user, cref),
			    "CALL PROCEEDING, ALERTING, CONNECT");
	call = last_call(f);
	assert_string_equal(text(call, "state"), "active");
	assert_in_range(number(call, "answer_ms") - number(call, "alerting_ms"),
			1000, 1300);
	fake_user_hangup(f->user, cref);
	await_over(f, cref);
	assert_string_equal(text(last_call(f), "test"), "12NN");
	/* Idle again at once. */
	run_ms(f, 100);
	fake_user_listen(f->user, 5);
	run_ms(f, 100);
	len = fake_user_heard(f->user, &heard);
	assert_true(len >= 160);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(heard[i], g711_idle(G711_ALAW));
}

static void test_answer_after_99_seconds(void **state)
{
	struct fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 5, true, "55501299");

	await_message(f, cref, Q931_ALERTING);
	leap_ms(f, 90 * 1000);
	assert_int_equal(fake_user_count(f->user, cref, Q931_CONNECT), 0);
	leap_ms(f, 10 * 1000);
	assert_int_equal(fake_user_count(f->user, cref, Q931_CONNECT), 1);
}

static void test_echo_at_once(void **state)
{
	struct fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 31, true, "5550101");
	const uint8_t *heard;
	size_t len;

	fake_user_voice(f->user, 31, FAKE_COUNT);
	await_message(f, cref, Q931_CONNECT);
	assert_string_equal(fake_user_story(f->user, cref),
			    "CALL PROCEEDING, CONNECT");
	fake_user_listen(f->user, 31);
	run_ms(f, 500);
	len = fake_user_heard(f->user, &heard);
	assert_counted(heard, len, 2400);
}

static void test_hangs_up(void **state)
{
	struct fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 2, true, "55501301");
	const struct fake_message *m;
	json_t *call;

	await_message(f, cref, Q931_DISCONNECT);
	await_over(f, cref);
	assert_string_equal(fake_user_story(f->user, cref),
			    "CALL PROCEEDING, CONNECT, DISCONNECT, RELEASE "
			    "COMPLETE");
	m = fake_user_message(f->user, cref, Q931_DISCONNECT);
	assert_int_equal(m->cause, 16);
	assert_int_equal(m->location, 0);
	call = last_call(f);
	assert_in_range(number(call, "clear_ms") - number(call, "answer_ms"),
			1000, 1300);

	cref = fake_user_call(f->user, 2, true, "55501300");
	await_message(f, cref, Q931_DISCONNECT);
	await_over(f, cref);
}

static void test_milliwatt(void **state)
{
	struct fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 1, true, "5550102");
	const uint8_t *heard;
	size_t len;
	double power = 0;

	await_message(f, cref, Q931_CONNECT);
	run_ms(f, 50);
	fake_user_listen(f->user, 1);
	run_ms(f, 500);
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
	struct fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 7, true, "5550100");
	json_t *call;
	long long bits;

	fake_user_voice(f->user, 7, FAKE_LOOP);
	await_message(f, cref, Q931_CONNECT);
	run_ms(f, 1500);
	call = last_call(f);
	assert_true(json_is_true(json_object_get(call, "in_sync")));
	/* What comes after the hang-up is not compared, although the user
	 * takes its time to end the call. */
	fake_user_hangup(f->user, cref);
	fake_user_deaf(f->user, true);
	run_ms(f, 30);
	fake_user_voice(f->user, 7, FAKE_IDLE);
	call = last_call(f);
	assert_string_equal(text(call, "state"), "releasing");
	bits = number(call, "bits_compared");
	assert_in_range(bits, 64000, 64000 * 2);
	run_ms(f, 200);
	assert_int_equal(number(last_call(f), "bits_compared"), bits);
	fake_user_deaf(f->user, false);
	await_over(f, cref);
	call = last_call(f);
	assert_int_equal(number(call, "bits_compared"), bits);
	assert_int_equal(number(call, "bit_errors"), 0);
	assert_int_equal(number(call, "sync_losses"), 0);
	assert_int_equal(number(call, "bits_unlocked"), 0);
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
	struct fixture *f = *state;
	struct damage d = { 0 };
	unsigned cref = fake_user_call(f->user, 7, true, "5550100");
	uint64_t end = clock_now_ms() + WAIT_MS;
	json_t *call;

	await_message(f, cref, Q931_CONNECT);
	fake_user_filter(f->user, damage, &d);
	fake_user_voice(f->user, 7, FAKE_CUSTOM);
	while (d.blocks < 80 && clock_now_ms() < end)
		loop_step(f->loop, 2);
	call = last_call(f);
	assert_int_equal(number(call, "bit_errors"), 3);
	assert_int_equal(number(call, "sync_losses"), 0);
	while (d.blocks < 120 && clock_now_ms() < end)
		loop_step(f->loop, 2);
	call = last_call(f);
	assert_int_equal(number(call, "sync_losses"), 1);
	assert_in_range(number(call, "bit_errors"), 3 + 201, 3 + 400);
	assert_true(json_is_true(json_object_get(call, "in_sync")));
}

static void test_channel_that_is_taken(void **state)
{
	struct fixture *f = *state;
	unsigned first = fake_user_call(f->user, 4, true, "5550110"), cref;
	const struct fake_message *m;

	await_message(f, first, Q931_ALERTING);
	cref = fake_user_call(f->user, 4, true, "5550101");
	await_message(f, cref, Q931_RELEASE_COMPLETE);
	assert_string_equal(fake_user_story(f->user, cref), "RELEASE COMPLETE");
	m = fake_user_message(f->user, cref, Q931_RELEASE_COMPLETE);
	assert_int_equal(m->cause, 44);
	assert_int_equal(m->location, 2);
	assert_int_equal(number(last_call(f), "cause"), 44);
	/* Preferred only: the next free one. */
	cref = fake_user_call(f->user, 4, false, "5550101");
	await_message(f, cref, Q931_CONNECT);
	m = fake_user_message(f->user, cref, Q931_CALL_PROCEEDING);
	assert_int_equal(m->channel, 1);
	cref = fake_user_call(f->user, 16, true, "5550101");
	await_message(f, cref, Q931_RELEASE_COMPLETE);
	m = fake_user_message(f->user, cref, Q931_RELEASE_COMPLETE);
	assert_int_equal(m->cause, 82);
	assert_string_equal(fake_user_story(f->user, first),
			    "CALL PROCEEDING, ALERTING");
}

static void test_thirty_calls_and_one_more(void **state)
{
	struct fixture *f = *state;
	unsigned cref[30], one_more;
	const struct fake_message *m;

	for (unsigned i = 0; i < 30; i++)
		cref[i] = fake_user_call(f->user, i < 15 ? i + 1 : i + 2, true,
					 "5550101");
	for (unsigned i = 0; i < 30; i++)
		await_message(f, cref[i], Q931_CONNECT);
	one_more = fake_user_call(f->user, 9, false, "5550101");
	await_message(f, one_more, Q931_RELEASE_COMPLETE);
	m = fake_user_message(f->user, one_more, Q931_RELEASE_COMPLETE);
	assert_int_equal(m->cause, 34);
	assert_int_equal(number(first_span(f), "busy"), 30);
	for (unsigned i = 0; i < 30; i++)
		fake_user_hangup(f->user, cref[i]);
	for (unsigned i = 0; i < 30; i++)
		await_message(f, cref[i], Q931_RELEASE);
	run_ms(f, 50);
	assert_int_equal(number(first_span(f), "busy"), 0);
}

static void test_both_hang_up_at_once(void **state)
{
	struct fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 2, true, "55501301");
	uint64_t end = clock_now_ms() + WAIT_MS;

	await_message(f, cref, Q931_CONNECT);
	/* Ours goes out in the step in which theirs does. */
	while (!fake_user_count(f->user, cref, Q931_DISCONNECT) &&
	       clock_now_ms() < end) {
		if (timers_next_ms(loop_timers(f->loop)) == 0)
			fake_user_hangup(f->user, cref);
		loop_step(f->loop, 1);
	}
	fake_user_hangup(f->user, cref);
	await_over(f, cref);
}

static void test_restart_of_a_channel(void **state)
{
	struct fixture *f = *state;
	unsigned kept = fake_user_call(f->user, 8, true, "5550101");
	unsigned cref = fake_user_call(f->user, 9, true, "5550101");
	size_t messages;

	await_message(f, kept, Q931_CONNECT);
	await_message(f, cref, Q931_CONNECT);
	messages = strlen(fake_user_story(f->user, cref));
	fake_user_restart(f->user, 9);
	await_message(f, 0, Q931_RESTART_ACK);
	assert_int_equal(
		fake_user_message(f->user, 0, Q931_RESTART_ACK)->channel, 9);
	assert_int_equal(strlen(fake_user_story(f->user, cref)), messages);
	assert_string_equal(text(last_call(f), "ended_by"), "restart");
	assert_string_equal(text(json_array_get(calls(f), 0), "state"),
			    "active");
	/* The channel takes calls again. */
	cref = fake_user_call(f->user, 9, true, "5550101");
	await_message(f, cref, Q931_CONNECT);
}

static void test_layer1(void **state)
{
	struct fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 1, true, "5550101");
	json_t *span;

	await_message(f, cref, Q931_CONNECT);
	command(f, "layer1 down 1");
	run_ms(f, 50);
	assert_int_equal(fake_user_alarms(f->user), LINE_RED);
	span = first_span(f);
	assert_string_equal(text(span, "layer1"), "down");
	command(f, "layer1 up 1");
	run_ms(f, 50);
	assert_int_equal(fake_user_alarms(f->user), 0);
	/* Too short for Q.921 to mind: the call lives. */
	assert_string_equal(text(last_call(f), "state"), "active");
	cref = fake_user_call(f->user, 2, true, "5550101");
	await_message(f, cref, Q931_CONNECT);
}

static void test_dchannel_loss_ends_calls(void **state)
{
	struct fixture *f = *state;
	unsigned active = fake_user_call(f->user, 1, true, "5550101");
	unsigned ringing = fake_user_call(f->user, 2, true, "5550110");
	json_t *span;

	await_message(f, active, Q931_CONNECT);
	await_message(f, ringing, Q931_ALERTING);
	command(f, "dchannel down 1");
	leap_ms(f, 40 * 1000);
	assert_string_equal(text(json_array_get(calls(f), 0), "ended_by"),
			    "link lost");
	assert_string_equal(text(json_array_get(calls(f), 1), "ended_by"),
			    "link lost");
	assert_int_equal(number(json_array_get(calls(f), 0), "cause"), 27);
	span = first_span(f);
	assert_string_equal(text(span, "dchannel"), "cut");
	assert_int_equal(number(span, "busy"), 0);
	command(f, "dchannel up 1");
	leap_ms(f, 5 * 1000);
	assert_true(await_up(f));
	active = fake_user_call(f->user, 1, true, "5550101");
	await_message(f, active, Q931_CONNECT);
}

static void test_gateway_dies_and_returns(void **state)
{
	struct fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 1, true, "5550101");
	json_t *span;

	await_message(f, cref, Q931_CONNECT);
	fake_user_free(f->user);
	f->user = NULL;
	run_ms(f, 50);
	span = first_span(f);
	assert_string_equal(text(span, "layer1"), "no gateway");
	assert_int_equal(fake_user_new(&f->user, f->loop, f->socket, 1), 0);
	assert_true(await_up(f));
	/* The new gateway knows nothing of the old call and says so when it is
	 * asked for its state (Q.931 5.8.10): the channel is free again. */
	await_over(f, cref);
	cref = fake_user_call(f->user, 1, true, "5550101");
	await_message(f, cref, Q931_CONNECT);
}

static void test_stalled_gateway_shows(void **state)
{
	struct fixture *f = *state;
	json_t *voice;

	run_ms(f, 100);
	fake_user_stall(f->user, true);
	run_ms(f, 200);
	fake_user_stall(f->user, false);
	run_ms(f, 100);
	voice = json_object_get(first_span(f), "voice");
	assert_in_range(number(voice, "underruns"), 10, 40);
	assert_in_range(number(voice, "overruns"), 10, 40);
}

static void test_commands_that_are_wrong(void **state)
{
	static const struct {
		const char *line, *error;
	} rows[] = {
		{ "nonsense",
		  "unknown command \"nonsense\": there are show, layer1 "
		  "down|up SPAN, dchannel down|up SPAN" },
		{ "show me",
		  "unknown command \"show\": there are show, layer1 down|up "
		  "SPAN, dchannel down|up SPAN" },
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
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(text(command(f, rows[i].line), "error"),
				    rows[i].error);
}

/* 128 spans on one thread, all attached, a call on each. */
static int setup_full(void **state)
{
	return setup_spans(state, EXCHANGE_SPANS_MAX);
}

static void test_many_spans(void **state)
{
	struct fixture *f = *state;
	struct fake_user *users[8];
	unsigned cref[8];

	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(fake_user_new(&users[i], f->loop, f->socket,
					       i * 18 + 2),
				 0);
	run_ms(f, 1500);
	for (unsigned i = 0; i < 8; i++) {
		assert_true(fake_user_up(users[i]));
		cref[i] = fake_user_call(users[i], 1, true, "5550100");
		fake_user_voice(users[i], 1, FAKE_LOOP);
	}
	run_ms(f, 500);
	for (unsigned i = 0; i < 8; i++) {
		json_t *call = json_array_get(calls(f), i);

		assert_int_equal(fake_user_count(users[i], cref[i],
						 Q931_CONNECT),
				 1);
		assert_true(number(call, "bits_compared") > 1000);
		assert_int_equal(number(call, "bit_errors"), 0);
		fake_user_free(users[i]);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
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
		T(test_channel_that_is_taken),
		T(test_thirty_calls_and_one_more),
		T(test_both_hang_up_at_once),
		T(test_restart_of_a_channel),
		T(test_layer1),
		T(test_dchannel_loss_ends_calls),
		T(test_gateway_dies_and_returns),
		T(test_stalled_gateway_shows),
		T(test_commands_that_are_wrong),
		cmocka_unit_test_setup_teardown(test_many_spans, setup_full,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
