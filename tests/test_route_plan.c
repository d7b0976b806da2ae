/* The compiled form of a route gives what a look at every rule would give, in
 * the same order. */
#include "conf/number.h"
#include "tests/sample_route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RULES 400

/* The same numbers in every run. */
static uint32_t state_of_dice = 1;

static unsigned dice(unsigned sides)
{
	state_of_dice = state_of_dice * 1664525 + 1013904223;
	return (state_of_dice >> 16) % sides;
}

/* Few different digits, so that numbers meet. */
static void random_digits(char *out, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		out[i] = (char)('1' + dice(3));
	out[len] = '\0';
}

static void random_number(struct conf_number *number)
{
	unsigned len = 1 + dice(4);
	char swap[CONF_DIGITS_MAX];

	memset(number, 0, sizeof *number);
	number->form = dice(8) ? dice(3) + CONF_NUMBER_PREFIX : CONF_NUMBER_ANY;
	if (number->form == CONF_NUMBER_ANY)
		return;
	number->first[0] = '+';
	random_digits(number->first + 1, len);
	if (number->form != CONF_NUMBER_RANGE)
		return;
	number->last[0] = '+';
	random_digits(number->last + 1, len);
	if (strcmp(number->first, number->last) > 0) {
		memcpy(swap, number->first, sizeof swap);
		memcpy(number->first, number->last, sizeof swap);
		memcpy(number->last, swap, sizeof swap);
	}
	if (!strcmp(number->first, number->last)) {
		number->form = CONF_NUMBER_EXACT;
		number->last[0] = '\0';
	}
}

static bool fits(const struct conf_route_rule *rule, const char *called,
		 const char *caller)
{
	return number_holds(&rule->called, called) &&
	       number_holds(&rule->caller, caller);
}

/* Every rule that fits is given, none twice, never a more specific one behind
 * a less specific one. */
static void compare(const struct route_plan *plan,
		    const struct conf_route_rule *rules, size_t count,
		    const char *called, const char *caller)
{
	const struct conf_route_rule *rule, *last = NULL;
	bool seen[RULES] = { false };
	struct route_search search;

	route_search_begin(&search, plan, called, caller);
	while ((rule = route_search_next(&search))) {
		assert_true(number_holds(&rule->called, called));
		assert_false(seen[rule - rules]);
		seen[rule - rules] = true;
		if (!fits(rule, called, caller))
			continue;
		if (last && route_plan_specific(last, rule) > 0)
			fail_msg("%s from %s", called, caller);
		last = rule;
	}
	for (size_t i = 0; i < count; i++)
		if (fits(&rules[i], called, caller) && !seen[i])
			fail_msg("%s from %s: rule %zu is missing", called,
				 caller, i);
}

static void test_as_every_rule_says(void **state)
{
	static struct conf_route_rule rules[RULES];
	const struct conf_number none = { .form = CONF_NUMBER_EXACT };
	static const size_t counts[] = { 0, 1, 2, 5, 20, 100, RULES };
	const struct route_plan *plan;
	struct arena *arena;
	char called[16], caller[16];

	(void)state;
	for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
		size_t count = counts[c];

		arena = arena_new();
		for (size_t i = 0; i < count; i++) {
			random_number(&rules[i].called);
			/* Many callers of few numbers in one half of them. */
			if (i % 2)
				rules[i].called = rules[i / 20].called;
			random_number(&rules[i].caller);
			if (!dice(6))
				rules[i].caller = none;
			rules[i].presentation = (uint8_t)dice(3);
			rules[i].bearer = (uint8_t)dice(4);
		}
		plan = route_plan_new(arena, rules, count);
		assert_non_null(plan);
		for (unsigned n = 0; n < 2000; n++) {
			called[0] = '+';
			random_digits(called + 1, dice(6));
			caller[0] = '+';
			random_digits(caller + 1, dice(6));
			compare(plan, rules, count, called,
				dice(10) ? caller : "");
		}
		compare(plan, rules, count, "", "");
		compare(plan, rules, count, "+1", NULL);
		compare(plan, rules, count, "*21#", "12345678901234567890123");
		arena_free(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_every_rule_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
