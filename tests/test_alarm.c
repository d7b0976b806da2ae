#include "gateway/alarm.h"

#include "gateway/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static uint64_t now_ms = 5000;
static struct alarms alarms;

static uint64_t injected(void)
{
	return now_ms * NS_PER_MS;
}

static int setup(void **state)
{
	(void)state;
	clock_set_source(injected);
	alarm_init(&alarms);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	alarm_free(&alarms);
	return 0;
}

static unsigned present(void)
{
	const struct alarm *alarm;
	unsigned count = 0;

	TAILQ_FOREACH(alarm, &alarms.now, link)
	count++;
	return count;
}

static void test_begins_and_ends(void **state)
{
	const struct alarm *alarm;

	(void)state;
	alarm_raise(&alarms, ALARM_LINE, "span 1", "alarm %s", "red");
	alarm_raise(&alarms, ALARM_LINE, "span 2", "alarm red");
	alarm_end_round(&alarms);
	assert_int_equal(present(), 2);
	now_ms += 1000;
	/* The same one, with another text. */
	alarm_raise(&alarms, ALARM_LINE, "span 1", "alarm blue");
	alarm_end_round(&alarms);
	assert_int_equal(present(), 1);
	alarm = TAILQ_FIRST(&alarms.now);
	assert_string_equal(alarm->text, "alarm blue");
	assert_int_equal(alarm->begin_ms, 5000);
	assert_int_equal(alarm->end_ms, 0);
	alarm = TAILQ_FIRST(&alarms.past);
	assert_string_equal(alarm->object, "span 2");
	assert_int_equal(alarm->end_ms, 6000);
	now_ms += 1000;
	alarm_end_round(&alarms);
	assert_int_equal(present(), 0);
	assert_string_equal(TAILQ_FIRST(&alarms.past)->object, "span 1");
	assert_int_equal(alarms.past_count, 2);
	assert_int_equal(alarms.begun, 2);
}

/* Of one object there can be several, and of one kind. */
static void test_kinds_and_objects(void **state)
{
	(void)state;
	alarm_raise(&alarms, ALARM_LINE, "span 1", "a");
	alarm_raise(&alarms, ALARM_BLOCKED, "span 1", "b");
	alarm_raise(&alarms, ALARM_LINE, "span 11", "c");
	alarm_end_round(&alarms);
	assert_int_equal(present(), 3);
}

static void test_history_is_bounded(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3 * ALARM_PAST_MAX; i++) {
		char object[24];

		snprintf(object, sizeof object, "span %u", i);
		alarm_raise(&alarms, ALARM_LINE, object, "x");
		alarm_end_round(&alarms);
		alarm_end_round(&alarms);
	}
	assert_int_equal(alarms.past_count, ALARM_PAST_MAX);
	assert_string_equal(TAILQ_FIRST(&alarms.past)->object, "span 599");
	assert_string_equal(TAILQ_LAST(&alarms.past, alarm_list)->object,
			    "span 400");
	assert_int_equal(alarms.begun, 600);
}

/* Every kind has a name, and a major one says what to do. */
static void test_every_kind(void **state)
{
	(void)state;
	for (unsigned k = 0; k < ALARM_KINDS; k++) {
		struct alarm_info info = alarm_info(k);

		assert_non_null(info.name);
		assert_true(info.severity < ALARM_SEVERITIES);
		if (info.severity == ALARM_MAJOR && !info.remedy)
			fail_msg("%s has no remedy", info.name);
		for (unsigned other = 0; other < k; other++)
			assert_string_not_equal(alarm_info(other).name,
						info.name);
	}
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_begins_and_ends),
		T(test_kinds_and_objects),
		T(test_history_is_bounded),
		T(test_every_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
