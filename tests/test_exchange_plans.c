/* The numbers that are heard before an answer or without one, the slow ones and
 * those that listen, over a virtual span. */
#include "gateway/loop.h"
#include "media/tones.h"
#include "tests/fake_exchange.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The loudest of the three tones of the announcement and the ring-back tone in
 * what was heard; 0: silence. `count` samples. */
static unsigned tone_in(const uint8_t *heard, size_t count)
{
	static const unsigned hz[] = { 425, 950, 1400, 1800 };
	double loudest = 0.01;
	unsigned found = 0;

	for (unsigned n = 0; n < 4; n++) {
		double re = 0, im = 0;

		for (size_t i = 0; i < count; i++) {
			double x = g711_decode_sample(G711_ALAW, heard[i]);

			re += x * cos(2 * M_PI * hz[n] * i / 8000) / 32768;
			im += x * sin(2 * M_PI * hz[n] * i / 8000) / 32768;
		}
		re = 2 * sqrt(re * re + im * im) / (double)count;
		if (re < loudest)
			continue;
		loudest = re;
		found = hz[n];
	}
	return found;
}

/* The announcement is heard: its three tones in order, once at least. */
static void assert_announcement(const uint8_t *heard, size_t len)
{
	static const unsigned want[] = { 950, 1400, 1800 };
	unsigned next = 0, last = 0;

	for (size_t at = 0; at + 400 <= len && next < 3; at += 80) {
		unsigned hz = tone_in(heard + at, 400);

		if (hz != last && hz == want[next])
			next++;
		else if (hz && hz != last)
			next = hz == want[0];
		last = hz;
	}
	assert_int_equal(next, 3);
}

static void test_early_media(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 3, true, "5550103");
	const struct fake_message *m;
	const uint8_t *heard;
	json_t *call;
	size_t len;

	fake_user_listen(f->user, 3);
	exchange_await_message(f, cref, Q931_PROGRESS);
	m = fake_user_message(f->user, cref, Q931_PROGRESS);
	assert_int_equal(m->progress, 8);
	assert_int_equal(m->progress_location, 4);
	assert_int_equal(m->cause, 0);
	exchange_run_ms(f, 300);
	assert_string_equal(exchange_text(exchange_last_call(f), "state"),
			    "progress");
	len = fake_user_heard(f->user, &heard);
	assert_true(len > 2000);
	assert_int_equal(tone_in(heard + len - 1600, 1600), 425);
	exchange_await_message(f, cref, Q931_CONNECT);
	assert_string_equal(fake_user_story(f->user, cref),
			    "CALL PROCEEDING, PROGRESS, CONNECT");
	m = fake_user_message(f->user, cref, Q931_CONNECT);
	assert_int_equal(m->progress, 0);
	call = exchange_last_call(f);
	assert_in_range(json_number(call, "answer_ms") -
				json_number(call, "progress_ms"),
			3000, 3300);
	/* Echo, at last. */
	exchange_run_ms(f, 100);
	fake_user_voice(f->user, 3, FAKE_COUNT);
	fake_user_listen(f->user, 3);
	exchange_run_ms(f, 300);
	len = fake_user_heard(f->user, &heard);
	assert_true(len > 1600);
	for (size_t i = len - 800; i < len; i++)
		assert_int_equal(heard[i], (uint8_t)(heard[i - 1] + 1));
	fake_user_hangup(f->user, cref);
	exchange_await_over(f, cref);
}

static void test_announcement_before_clearing(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 3, true, "5550104");
	const struct fake_message *m;
	const uint8_t *heard;
	json_t *call;
	size_t len;

	fake_user_listen(f->user, 3);
	exchange_await_message(f, cref, Q931_PROGRESS);
	m = fake_user_message(f->user, cref, Q931_PROGRESS);
	assert_int_equal(m->progress, 8);
	assert_int_equal(m->cause, 0);
	exchange_await_message(f, cref, Q931_DISCONNECT);
	exchange_await_over(f, cref);
	assert_string_equal(fake_user_story(f->user, cref),
			    "CALL PROCEEDING, PROGRESS, DISCONNECT, RELEASE "
			    "COMPLETE");
	m = fake_user_message(f->user, cref, Q931_DISCONNECT);
	assert_int_equal(m->cause, 1);
	assert_int_equal(m->location, 4);
	assert_int_equal(m->progress, 0);
	len = fake_user_heard(f->user, &heard);
	assert_announcement(heard, len);
	call = exchange_last_call(f);
	assert_in_range(json_number(call, "clear_ms") -
				json_number(call, "progress_ms"),
			3000, 3300);
	assert_true(json_is_null(json_object_get(call, "alerting_ms")));
}

/* The user hears the announcement for as long as it lets the DISCONNECT
 * stand. */
static void test_announcement_at_disconnect(void **state)
{
	struct exchange_fixture *f = *state;
	const struct fake_message *m;
	const uint8_t *heard;
	unsigned cref;
	size_t len;

	fake_user_waits(f->user);
	cref = fake_user_call(f->user, 3, true, "5550105");
	exchange_await_message(f, cref, Q931_DISCONNECT);
	m = fake_user_message(f->user, cref, Q931_DISCONNECT);
	assert_int_equal(m->cause, 1);
	assert_int_equal(m->location, 4);
	assert_int_equal(m->progress, 8);
	assert_int_equal(m->progress_location, 4);
	exchange_leap_ms(f, 20 * 1000);
	fake_user_listen(f->user, 3);
	exchange_run_ms(f, 3100);
	len = fake_user_heard(f->user, &heard);
	assert_announcement(heard, len);
	assert_string_equal(fake_user_story(f->user, cref),
			    "CALL PROCEEDING, DISCONNECT");
	assert_string_equal(exchange_text(exchange_last_call(f), "state"),
			    "clearing");
	fake_user_hangup(f->user, cref);
	exchange_await_over(f, cref);
	assert_string_equal(fake_user_story(f->user, cref),
			    "CALL PROCEEDING, DISCONNECT, RELEASE COMPLETE");
	assert_string_equal(exchange_text(exchange_last_call(f), "ended_by"),
			    "exchange");
	fake_user_listen(f->user, 3);
	exchange_run_ms(f, 1200);
	len = fake_user_heard(f->user, &heard);
	assert_true(len > 8000);
	for (size_t i = 800; i < len; i++)
		assert_int_equal(heard[i], g711_idle(G711_ALAW));
}

/* T306: RELEASE with the cause of the DISCONNECT, not T305's cause 16. */
static void test_t306(void **state)
{
	struct exchange_fixture *f = *state;
	const struct fake_message *m;
	unsigned cref;
	json_t *call;

	fake_user_waits(f->user);
	cref = fake_user_call(f->user, 3, true, "5550105");
	exchange_await_message(f, cref, Q931_DISCONNECT);
	exchange_leap_ms(f, 29 * 1000);
	assert_int_equal(fake_user_count(f->user, cref, Q931_RELEASE), 0);
	exchange_leap_ms(f, 1500);
	exchange_await_message(f, cref, Q931_RELEASE);
	exchange_await_over(f, cref);
	m = fake_user_message(f->user, cref, Q931_RELEASE);
	assert_int_equal(m->cause, 1);
	assert_int_equal(m->location, 4);
	assert_int_equal(m->progress, 0);
	call = exchange_last_call(f);
	assert_int_equal(json_number(call, "cause"), 1);
	assert_in_range(json_number(call, "end_ms") -
				json_number(call, "clear_ms"),
			30000, 30600);
	/* T305 likewise. */
	cref = fake_user_call(f->user, 3, true, "555014017");
	exchange_await_message(f, cref, Q931_DISCONNECT);
	exchange_leap_ms(f, 30500);
	exchange_await_message(f, cref, Q931_RELEASE);
	exchange_await_over(f, cref);
	m = fake_user_message(f->user, cref, Q931_RELEASE);
	assert_int_equal(m->cause, 17);
	assert_int_equal(m->location, 4);
}

/* A telephone that dials 4*2#, 80 ms each. */
struct keys {
	struct dtmf_tones *tones;
	unsigned blocks, position;
};

static struct keys keys;

static void dial(void *ctx, unsigned channel, uint8_t *block)
{
	struct keys *k = ctx;
	unsigned n = k->blocks / 16;

	(void)channel;
	if (k->blocks++ % 16 == 0)
		k->position = 0;
	k->position =
		dtmf_tones_play(k->tones,
				n < 4 && k->blocks % 16 <= 8 ? "4*2#"[n] : '\0',
				k->position, block, TDM_BLOCK_BYTES);
}

static void keys_begin(struct fake_user *user, unsigned channel)
{
	keys.blocks = 0;
	if (!keys.tones)
		assert_int_equal(dtmf_tones_new(&keys.tones, G711_ALAW), 0);
	fake_user_filter(user, dial, &keys);
	fake_user_voice(user, channel, FAKE_CUSTOM);
}

static void test_readback(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 9, true, "5550106");
	json_t *call;

	exchange_await_message(f, cref, Q931_CONNECT);
	call = exchange_last_call(f);
	assert_string_equal(exchange_text(call, "dtmf"), "");
	keys_begin(f->user, 9);
	exchange_run_ms(f, 900);
	call = exchange_last_call(f);
	assert_string_equal(exchange_text(call, "dtmf"), "4*2#");
	fake_user_hangup(f->user, cref);
	exchange_await_over(f, cref);
	call = exchange_last_call(f);
	assert_string_equal(exchange_text(call, "dtmf"), "4*2#");
	assert_int_equal(json_number(call, "dtmf_count"), 4);
	cref = fake_user_call(f->user, 9, true, "5550101");
	exchange_await_message(f, cref, Q931_CONNECT);
	assert_null(json_object_get(exchange_last_call(f), "dtmf"));
}

static void test_silence(void **state)
{
	struct exchange_fixture *f = *state;
	unsigned cref = fake_user_call(f->user, 9, true, "5550107");
	const uint8_t *heard;
	size_t len;

	fake_user_voice(f->user, 9, FAKE_COUNT);
	exchange_await_message(f, cref, Q931_CONNECT);
	fake_user_listen(f->user, 9);
	exchange_leap_ms(f, 60 * 1000);
	exchange_run_ms(f, 100);
	assert_string_equal(fake_user_story(f->user, cref),
			    "CALL PROCEEDING, CONNECT");
	len = fake_user_heard(f->user, &heard);
	assert_true(len > 400);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(heard[i], g711_idle(G711_ALAW));
}

/* T303 of the user: 4 s, SETUP again, 4 s more. */
static void test_slow(void **state)
{
	static const struct {
		const char *called;
		unsigned setups;
		bool answered;
	} rows[] = {
		{ "55501600", 1, true },
		{ "55501603", 1, true },
		{ "55501606", 2, true },
		{ "55501609", 2, false },
	};
	struct exchange_fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		unsigned cref =
			fake_user_call(f->user, 3, true, rows[i].called);
		json_t *call;

		exchange_leap_ms(f, 10 * 1000);
		exchange_run_ms(f, 50);
		call = exchange_last_call(f);
		assert_int_equal(fake_user_setups(f->user, cref),
				 rows[i].setups);
		assert_int_equal(json_number(call, "cref"), cref);
		if (rows[i].answered) {
			assert_string_equal(fake_user_story(f->user, cref),
					    "CALL PROCEEDING, CONNECT");
			assert_in_range(json_number(call, "proceeding_ms"),
					i * 3000, i * 3000 + 600);
			fake_user_hangup(f->user, cref);
			exchange_await_over(f, cref);
			continue;
		}
		/* libpri as the user forgets the call without a word, and what
		 * comes then is for no call of its own. */
		assert_string_equal(exchange_text(call, "state"), "over");
		assert_string_equal(exchange_text(call, "ended_by"), "user");
		assert_int_equal(json_number(call, "cause"), 81);
		assert_in_range(json_number(call, "end_ms"), 9000, 9600);
	}
	/* One record a call, however often its SETUP came. */
	assert_int_equal(json_number(exchange_ask(f, "show"), "calls_total"),
			 4);
	assert_int_equal(json_number(exchange_first_span(f), "busy"), 0);
}

/* The user gives up while nothing was answered. */
static void test_slow_given_up(void **state)
{
	/* By DISCONNECT, by RELEASE and by RELEASE COMPLETE. */
	static const uint8_t causes[] = { 31, 26, 81 };
	struct exchange_fixture *f = *state;
	unsigned cref = 0;

	for (size_t i = 0; i < sizeof causes; i++) {
		cref = fake_user_call(f->user, 3, true, "55501699");
		exchange_run_ms(f, 50);
		assert_string_equal(exchange_text(exchange_last_call(f),
						  "state"),
				    "initiated");
		fake_user_clear(f->user, cref, causes[i]);
		exchange_run_ms(f, 50);
		exchange_await_over(f, cref);
		assert_int_equal(json_number(exchange_last_call(f), "cause"),
				 causes[i]);
		assert_string_equal(exchange_text(exchange_last_call(f),
						  "ended_by"),
				    "user");
	}
	exchange_leap_ms(f, 100 * 1000);
	assert_int_equal(fake_user_count(f->user, cref, Q931_CALL_PROCEEDING),
			 0);
	cref = fake_user_call(f->user, 3, true, "5550101");
	exchange_await_message(f, cref, Q931_CONNECT);
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, exchange_setup, exchange_teardown)
	const struct CMUnitTest tests[] = {
		T(test_early_media),
		T(test_announcement_before_clearing),
		T(test_announcement_at_disconnect),
		T(test_t306),
		T(test_readback),
		T(test_silence),
		T(test_slow),
		T(test_slow_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
