#include "exchange/frame_delay.h"
#include "gateway/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static uint64_t now_ms;

struct fixture {
	struct timers timers;
	struct frame_delay delay;
	char came[64]; /* "a@5 b@7 " */
	bool answers, clears;
};

static uint64_t fake_clock(void)
{
	return now_ms * NS_PER_MS;
}

static void arrive(void *ctx, const uint8_t *frame, size_t len)
{
	struct fixture *f = ctx;
	size_t at = strlen(f->came);

	snprintf(f->came + at, sizeof f->came - at, "%.*s@%llu ", (int)len,
		 (const char *)frame, (unsigned long long)now_ms);
	if (f->answers) {
		f->answers = false;
		frame_delay_send(&f->delay, (const uint8_t *)"x", 1);
	}
	if (f->clears)
		frame_delay_clear(&f->delay);
}

static void start(struct fixture *f, uint32_t ms)
{
	memset(f, 0, sizeof *f);
	now_ms = 0;
	clock_set_source(fake_clock);
	frame_delay_init(&f->delay, &f->timers, ms, arrive, f);
}

static void send_text(struct fixture *f, const char *text)
{
	frame_delay_send(&f->delay, (const uint8_t *)text, strlen(text));
}

static void run_until(struct fixture *f, uint64_t ms)
{
	for (; now_ms < ms; now_ms++)
		timers_run(&f->timers);
	timers_run(&f->timers);
}

static void test_order_and_time(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 5);
	send_text(&f, "ab");
	send_text(&f, "c");
	run_until(&f, 2);
	send_text(&f, "d");
	run_until(&f, 20);
	assert_string_equal(f.came, "ab@5 c@5 d@7 ");
	send_text(&f, "e");
	run_until(&f, 40);
	assert_string_equal(f.came, "ab@5 c@5 d@7 e@25 ");
	assert_false(timer_running(&f.delay.timer));
}

static void test_no_delay(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 0);
	send_text(&f, "a");
	assert_string_equal(f.came, "a@0 ");
}

/* The receiver sends the next one from within, or loses all that is left. */
static void test_from_within(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, 5);
	f.answers = true;
	send_text(&f, "a");
	run_until(&f, 20);
	assert_string_equal(f.came, "a@5 x@10 ");
	f.clears = true;
	send_text(&f, "b");
	send_text(&f, "c");
	run_until(&f, 40);
	assert_string_equal(f.came, "a@5 x@10 b@25 ");
	assert_false(timer_running(&f.delay.timer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_time),
		cmocka_unit_test(test_no_delay),
		cmocka_unit_test(test_from_within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
