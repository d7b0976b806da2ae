#include "exchange/numbers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_plan(const char *called, const struct test_plan *want)
{
	struct test_plan got;

	test_plan_make(&got, "5550", called);
	assert_string_equal(got.test, want->test);
	assert_int_equal(got.proceeding_ms, want->proceeding_ms);
	assert_int_equal(got.early, want->early);
	assert_int_equal(got.alert, want->alert);
	assert_int_equal(got.answer_ms, want->answer_ms);
	assert_int_equal(got.clear_ms, want->clear_ms);
	assert_int_equal(got.cause, want->cause);
	assert_int_equal(got.location, want->location);
	assert_int_equal(got.announced, want->announced);
	assert_int_equal(got.sound, want->sound);
}

static const struct {
	const char *called;
	struct test_plan plan;
} every[] = {
	{ "5550103",
	  { "103", 0, SOUND_RINGBACK, false, 3000, NEVER, 16, 0, false,
	    SOUND_ECHO } },
	{ "5550104",
	  { "104", 0, SOUND_ANNOUNCEMENT, false, NEVER, 3000, 1, 4, false,
	    SOUND_SILENCE } },
	{ "5550105",
	  { "105", 0, SOUND_SILENCE, false, NEVER, 0, 1, 4, true,
	    SOUND_SILENCE } },
	{ "5550106",
	  { "106", 0, SOUND_SILENCE, false, 0, NEVER, 16, 0, false,
	    SOUND_READBACK } },
	{ "5550107",
	  { "107", 0, SOUND_SILENCE, false, 0, NEVER, 16, 0, false,
	    SOUND_SILENCE } },
	{ "55501600",
	  { "16NN", 0, SOUND_SILENCE, false, 0, NEVER, 16, 0, false,
	    SOUND_ECHO } },
	{ "55501609",
	  { "16NN", 9000, SOUND_SILENCE, false, 0, NEVER, 16, 0, false,
	    SOUND_ECHO } },
	{ "5550100",
	  { "100", 0, SOUND_SILENCE, false, 0, NEVER, 16, 0, false,
	    SOUND_BIT_ERROR } },
	{ "5550101",
	  { "101", 0, SOUND_SILENCE, false, 0, NEVER, 16, 0, false,
	    SOUND_ECHO } },
	{ "5550102",
	  { "102", 0, SOUND_SILENCE, false, 0, NEVER, 16, 0, false,
	    SOUND_MILLIWATT } },
	{ "5550110",
	  { "110", 0, SOUND_SILENCE, true, NEVER, NEVER, 16, 0, false,
	    SOUND_SILENCE } },
	{ "55501200",
	  { "12NN", 0, SOUND_SILENCE, true, 0, NEVER, 16, 0, false,
	    SOUND_ECHO } },
	{ "55501203",
	  { "12NN", 0, SOUND_SILENCE, true, 3000, NEVER, 16, 0, false,
	    SOUND_ECHO } },
	{ "55501299",
	  { "12NN", 0, SOUND_SILENCE, true, 99000, NEVER, 16, 0, false,
	    SOUND_ECHO } },
	{ "55501300",
	  { "13NN", 0, SOUND_SILENCE, false, 0, 0, 16, 0, false,
	    SOUND_SILENCE } },
	{ "55501305",
	  { "13NN", 0, SOUND_SILENCE, false, 0, 5000, 16, 0, false,
	    SOUND_SILENCE } },
	{ "555017000",
	  { "17MMM", 0, SOUND_SILENCE, false, 0, 0, 16, 0, false,
	    SOUND_SILENCE } },
	{ "555017250",
	  { "17MMM", 0, SOUND_SILENCE, false, 0, 250, 16, 0, false,
	    SOUND_SILENCE } },
	{ "555014017",
	  { "14CCC", 0, SOUND_SILENCE, false, NEVER, 0, 17, 4, false,
	    SOUND_SILENCE } },
	{ "555014001",
	  { "14CCC", 0, SOUND_SILENCE, false, NEVER, 0, 1, 4, false,
	    SOUND_SILENCE } },
	{ "555014021",
	  { "14CCC", 0, SOUND_SILENCE, false, NEVER, 0, 21, 0, false,
	    SOUND_SILENCE } },
	{ "555014127",
	  { "14CCC", 0, SOUND_SILENCE, false, NEVER, 0, 127, 4, false,
	    SOUND_SILENCE } },
	{ "555015034",
	  { "15CCC", 0, SOUND_SILENCE, true, NEVER, 1000, 34, 4, false,
	    SOUND_SILENCE } },
};

static void test_every_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof every / sizeof *every; i++)
		assert_plan(every[i].called, &every[i].plan);
}

static void test_no_test_number(void **state)
{
	static const char *const called[] = {
		"",	      "5550",	    "555010",	 "55501000",
		"5551100",    "0100",	    "100",	 "55501a0",
		"5550120",    "555012000",  "555013",	 "55501400",
		"5550140170", "555014000",  "555014128", "555014999",
		"555015000",  "55501-1",    "5550111",	 "5550100#",
		"55501799",   "5550171000",
	};
	const struct test_plan refused = {
		"", 0, SOUND_SILENCE, false,	    NEVER, 0,
		1,  4, false,	      SOUND_SILENCE
	};

	(void)state;
	for (size_t i = 0; i < sizeof called / sizeof *called; i++)
		assert_plan(called[i], &refused);
}

static void test_prefixes(void **state)
{
	struct test_plan plan;

	(void)state;
	test_plan_make(&plan, "", "101");
	assert_string_equal(plan.test, "101");
	test_plan_make(&plan, "030123456", "0301234561205");
	assert_string_equal(plan.test, "12NN");
	assert_int_equal(plan.answer_ms, 5000);
}

/* Makes a number of each row of the table: none is left without a plan. */
static void test_every_row_is_reached(void **state)
{
	const struct test_number *number;
	size_t rows = 0;

	(void)state;
	for (; (number = test_number_at(rows)); rows++) {
		struct test_plan plan;
		char called[32];

		snprintf(called, sizeof called, "5550%s", number->pattern);
		for (char *c = called; *c; c++)
			if (*c == 'N' || *c == 'M' || *c == 'C')
				*c = '1';
		test_plan_make(&plan, "5550", called);
		assert_string_equal(plan.test, number->pattern);
		assert_true(strlen(number->help) > 3);
	}
	assert_int_equal(rows, 15);
}

/* So that nobody dials a number that is gone, or misses one. */
static void test_the_readme_has_them_all(void **state)
{
	static char text[64 * 1024];
	FILE *file = fopen("README.md", "r");
	const struct test_number *number;

	(void)state;
	assert_non_null(file);
	text[fread(text, 1, sizeof text - 1, file)] = 0;
	fclose(file);
	for (size_t i = 0; (number = test_number_at(i)); i++) {
		char row[32];

		snprintf(row, sizeof row, "\n| %s | ", number->pattern);
		if (!strstr(text, row))
			fail_msg("not in README.md: %s", number->pattern);
	}
}

/* The manual page has an item for each row, with the same words. */
static void test_the_manual_page_has_them_all(void **state)
{
	static char page[64 * 1024];
	FILE *file = fopen("exchange/tollgate-exchange.1", "r");
	const struct test_number *number;
	const char *at = page;
	unsigned items = 0;

	(void)state;
	assert_non_null(file);
	page[fread(page, 1, sizeof page - 1, file)] = 0;
	fclose(file);
	for (size_t i = 0; (number = test_number_at(i)); i++) {
		char item[256];

		snprintf(item, sizeof item, ".It Ar prefix Ns %s\n%s",
			 number->pattern, number->help);
		if (!strstr(page, item))
			fail_msg("not in the manual page: %s", item);
	}
	while ((at = strstr(at, ".It Ar prefix Ns "))) {
		items++;
		at++;
	}
	assert_int_equal(items, 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_number),
		cmocka_unit_test(test_no_test_number),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_every_row_is_reached),
		cmocka_unit_test(test_the_manual_page_has_them_all),
		cmocka_unit_test(test_the_readme_has_them_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
