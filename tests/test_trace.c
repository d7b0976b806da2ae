#include "gateway/trace.h"

#include "gateway/clock.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static uint64_t now_ms;

static uint64_t fake_clock(void)
{
	return now_ms * NS_PER_MS;
}

static int setup(void **state)
{
	(void)state;
	now_ms = 1000;
	clock_set_source(fake_clock);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	clock_set_source(NULL);
	return 0;
}

static void rows_keep_time_and_side(void **state)
{
	struct trace trace;

	(void)state;
	memset(&trace, 0xa5, sizeof trace);
	trace_start(&trace);
	assert_int_equal(trace.count, 0);
	assert_int_equal(trace.dropped, 0);
	trace_add(&trace, TRACE_CALLING, LEG_IN, "INVITE");
	now_ms += 2;
	trace_add(&trace, TRACE_CALLED, LEG_OUT, "SETUP ch 1");
	now_ms += UINT32_MAX;
	trace_add(&trace, TRACE_GATEWAY, LEG_IN, "note");
	assert_int_equal(trace.count, 3);
	assert_int_equal(trace.row[0].at_ms, 0);
	assert_int_equal(trace.row[0].side, TRACE_CALLING);
	assert_int_equal(trace.row[0].dir, LEG_IN);
	assert_string_equal(trace.row[0].text, "INVITE");
	assert_int_equal(trace.row[1].at_ms, 2);
	assert_int_equal(trace.row[1].side, TRACE_CALLED);
	assert_int_equal(trace.row[1].dir, LEG_OUT);
	assert_int_equal(trace.row[2].at_ms, UINT32_MAX);
	assert_int_equal(trace.row[2].side, TRACE_GATEWAY);
}

static void rows_past_the_end_are_counted(void **state)
{
	struct trace trace;

	(void)state;
	trace_start(&trace);
	for (int i = 0; i < TRACE_ROWS_MAX + 5; i++)
		trace_add(&trace, TRACE_CALLING, LEG_IN,
			  i < TRACE_ROWS_MAX ? "kept" : "lost");
	assert_int_equal(trace.count, TRACE_ROWS_MAX);
	assert_int_equal(trace.dropped, 5);
	assert_string_equal(trace.row[TRACE_ROWS_MAX - 1].text, "kept");
}

static void text_is_cut_and_made_safe(void **state)
{
	char longest[TRACE_TEXT_MAX + 20];
	struct trace trace;

	(void)state;
	trace_start(&trace);
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	trace_add(&trace, TRACE_CALLING, LEG_IN, longest);
	assert_string_equal(trace.row[0].text,
			    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..");
	assert_int_equal(strlen(trace.row[0].text), TRACE_TEXT_MAX - 1);
	trace_add(&trace, TRACE_CALLING, LEG_IN, "486 \x1b[2J\r\n\x7f\xc3\xa4");
	assert_string_equal(trace.row[1].text, "486 ?[2J?????");
	trace_add(&trace, TRACE_CALLING, LEG_IN, "");
	assert_string_equal(trace.row[2].text, "");
	/* What just fits is whole. */
	longest[TRACE_TEXT_MAX - 1] = '\0';
	trace_add(&trace, TRACE_CALLING, LEG_IN, longest);
	assert_string_equal(trace.row[3].text, longest);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(rows_keep_time_and_side),
		CASE(rows_past_the_end_are_counted),
		CASE(text_is_cut_and_made_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
