/* The state table of the exchange's calls, walked whole. */
#include "exchange/exchange_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_table_is_complete(void **state)
{
	char why[128] = "";

	(void)state;
	if (fsm_check(&exchange_call_desc, why, sizeof why) < 0 ||
	    fsm_check(&exchange_origin_desc, why, sizeof why) < 0)
		fail_msg("%s", why);
}

/* Every pair of state and event: where it leads, - for a bug, = for nothing. */
static void walk(const struct fsm_desc *desc, uint8_t s, uint8_t e,
		 const char *want)
{
	const struct fsm_row *row = fsm_find(desc, s, e);
	const char *got = "=";

	assert_non_null(row);
	if (row->kind == FSM_ILLEGAL)
		got = "-";
	else if (row->next != FSM_SAME)
		got = desc->state_names[row->next];
	assert_string_equal(got, want);
	assert_int_equal(row->kind == FSM_DO, !!row->action);
}

static void test_table_is_as_it_should_be(void **state)
{
#define ENDS "releasing", "over", "over", "over"
	static const char *const want[CALL_STATES][CALL_EVENTS] = {
		[CALL_PRESENT] = { "proceeding", "-", "-", "-", "-", ENDS },
		[CALL_PROCEEDING] = { "-", "progress", "alerting", "active",
				      "clearing", ENDS },
		[CALL_PROGRESS] = { "-", "-", "-", "active", "clearing", ENDS },
		[CALL_ALERTING] = { "-", "-", "-", "active", "clearing", ENDS },
		[CALL_ACTIVE] = { "-", "-", "-", "-", "clearing", ENDS },
		[CALL_CLEARING] = { "-", "-", "-", "-", "-", ENDS },
		[CALL_RELEASING] = { "-", "-", "-", "-", "-", "=", "over",
				     "over", "over" },
		[CALL_OVER] = { "-", "-", "-", "-", "-", "-", "-", "-", "-" },
	};

	(void)state;
	for (uint8_t s = 0; s < CALL_STATES; s++)
		for (uint8_t e = 0; e < CALL_EVENTS; e++)
			walk(&exchange_call_desc, s, e, want[s][e]);
}

/* The same of calls to the user; + where something is done in place. */
static void test_origin_table(void **state)
{
	static const char *const want[CALL_STATES][CALL_EVENTS] = {
		[CALL_PRESENT] = { "proceeding", "progress", "alerting",
				   "active", "clearing", ENDS },
		[CALL_PROCEEDING] = { "=", "progress", "alerting", "active",
				      "clearing", ENDS },
		[CALL_PROGRESS] = { "=", "+", "alerting", "active", "clearing",
				    ENDS },
		[CALL_ALERTING] = { "=", "+", "=", "active", "clearing", ENDS },
		[CALL_ACTIVE] = { "=", "=", "=", "=", "clearing", ENDS },
		[CALL_CLEARING] = { "=", "=", "=", "=", "=", ENDS },
		[CALL_RELEASING] = { "=", "=", "=", "=", "=", "=", "over",
				     "over", "over" },
		[CALL_OVER] = { "=", "=", "=", "=", "-", "-", "-", "-", "-" },
	};

	(void)state;
	for (uint8_t s = 0; s < CALL_STATES; s++)
		for (uint8_t e = 0; e < CALL_EVENTS; e++) {
			const struct fsm_row *row =
				fsm_find(&exchange_origin_desc, s, e);

			assert_non_null(row);
			if (*want[s][e] != '+') {
				walk(&exchange_origin_desc, s, e, want[s][e]);
				continue;
			}
			assert_int_equal(row->next, FSM_SAME);
			assert_non_null(row->action);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_is_complete),
		cmocka_unit_test(test_table_is_as_it_should_be),
		cmocka_unit_test(test_origin_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
