#include "gateway/clock.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include <setjmp.h>

#include <cmocka.h>

static uint64_t now_ns;

static uint64_t fake_clock(void)
{
	return now_ns;
}

static int teardown(void **state)
{
	(void)state;
	clock_set_source(NULL);
	return 0;
}

static void monotonic_by_default(void **state)
{
	struct timespec ts;
	uint64_t before, now, after;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	before = (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
	now = clock_now_ns();
	clock_gettime(CLOCK_MONOTONIC, &ts);
	after = (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
	assert_in_range(now, before, after);
}

static void source_is_replaced_and_restored(void **state)
{
	(void)state;
	clock_set_source(fake_clock);
	now_ns = 1999999;
	assert_int_equal(clock_now_ns(), 1999999);
	assert_int_equal(clock_now_ms(), 1);
	now_ns = 2000000;
	assert_int_equal(clock_now_ms(), 2);
	clock_set_source(NULL);
	assert_true(clock_now_ns() > 2000000);
}

/* What a library finds under the name: libpri schedules by it. */
static void gettimeofday_is_ours_for_libraries(void **state)
{
	int (*found)(struct timeval * tv, void *tz);
	struct timeval tv;

	(void)state;
	*(void **)&found = dlsym(RTLD_DEFAULT, "gettimeofday");
	assert_non_null(found);
	clock_set_source(fake_clock);
	now_ns = 12 * NS_PER_S + 345678901;
	assert_int_equal(found(&tv, NULL), 0);
	assert_int_equal(tv.tv_sec, 12);
	assert_int_equal(tv.tv_usec, 345678);
	memset(&tv, 0, sizeof tv);
	assert_int_equal(gettimeofday(&tv, NULL), 0);
	assert_int_equal(tv.tv_sec, 12);
}

static void calendar_does_not_follow_the_source(void **state)
{
	uint64_t calendar_s;
	time_t before = time(NULL);

	(void)state;
	clock_set_source(fake_clock);
	now_ns = 0;
	calendar_s = clock_calendar_ns() / NS_PER_S;
	assert_in_range(calendar_s, before, before + 2);
}

static void utc_text(void **state)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 999, "1970-01-01T00:00:00.999Z" },
		{ 951827696789, "2000-02-29T12:34:56.789Z" },
		{ 1795154554123, "2026-11-20T06:02:34.123Z" },
		{ 4102444799001, "2099-12-31T23:59:59.001Z" },
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		clock_format_utc(cases[i].ms * NS_PER_MS + 999999, text);
		assert_string_equal(text, cases[i].text);
	}
	/* The last moment that 64 bits hold fits too. */
	clock_format_utc(UINT64_MAX, text);
	assert_string_equal(text, "2554-07-21T23:34:33.709Z");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_teardown(name, teardown)
	const struct CMUnitTest tests[] = {
		CASE(monotonic_by_default),
		CASE(source_is_replaced_and_restored),
		CASE(gettimeofday_is_ours_for_libraries),
		CASE(calendar_does_not_follow_the_source),
		CASE(utc_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
