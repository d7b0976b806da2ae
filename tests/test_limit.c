#include "gateway/limit_clock.h"

#include "gateway/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE 60000
#define DAY_MS (24 * 60 * MINUTE)

static struct limit_table *table;
static struct limit_now now;
static const struct conf_limit *full;

static int setup(void **state)
{
	(void)state;
	now = (struct limit_now){ .ms = 1000000, .day = 20000 };
	full = NULL;
	return limit_table_new(&table);
}

static int teardown(void **state)
{
	(void)state;
	limit_table_free(table);
	return 0;
}

/* The calendar goes with it. */
static void pass(uint64_t ms)
{
	uint64_t day_ms = now.day_ms + ms;

	now.ms += ms;
	now.day += (int32_t)(day_ms / DAY_MS);
	now.day_ms = (uint32_t)(day_ms % DAY_MS);
}

static struct conf_limits one(enum conf_limit_unit unit, uint32_t amount,
			      bool per_caller)
{
	return (struct conf_limits){
		.name = "trunk-group city",
		.limit = { { .unit = unit,
			     .amount = amount,
			     .per_caller = per_caller } },
		.count = 1,
	};
}

static int take(const struct conf_limits *limits, const char *caller,
		struct limit_held *held)
{
	return limit_take(table, limits, caller, &now, held, &full);
}

static void look(const struct conf_limits *limits, struct limit_use *use)
{
	limit_look(table, limits, &limits->limit[0], &now, use);
}

static uint32_t used(const struct conf_limits *limits)
{
	struct limit_use use;

	look(limits, &use);
	return use.used;
}

static void test_calls(void **state)
{
	const struct conf_limits limits = one(CONF_LIMIT_CALLS, 2, false);
	struct limit_held held[3] = { 0 };
	struct limit_use use;

	(void)state;
	assert_int_equal(take(&limits, "+491", &held[0]), 0);
	assert_int_equal(take(&limits, "", &held[1]), 0);
	assert_int_equal(take(&limits, "+492", &held[2]), -EDQUOT);
	assert_ptr_equal(full, &limits.limit[0]);
	assert_int_equal(held[2].count, 0);
	look(&limits, &use);
	assert_int_equal(use.used, 2);
	assert_int_equal(use.refused, 1);
	assert_int_equal(use.callers, 0);
	limit_give(table, &held[0], &now);
	/* a second time is no second call */
	limit_give(table, &held[0], &now);
	assert_int_equal(used(&limits), 1);
	assert_int_equal(take(&limits, "+492", &held[2]), 0);
	limit_give(table, &held[1], &now);
	limit_give(table, &held[2], &now);
	assert_int_equal(used(&limits), 0);
}

static void test_per_caller(void **state)
{
	const struct conf_limits limits = one(CONF_LIMIT_CALLS, 2, true);
	struct limit_held held[5] = { 0 };
	struct limit_use use;

	(void)state;
	assert_int_equal(take(&limits, "+491", &held[0]), 0);
	assert_int_equal(take(&limits, "+491", &held[1]), 0);
	assert_int_equal(take(&limits, "+491", &held[4]), -EDQUOT);
	assert_int_equal(take(&limits, "+492", &held[2]), 0);
	/* those without a number are one caller */
	assert_int_equal(take(&limits, "", &held[3]), 0);
	assert_int_equal(limit_callers(table), 3);
	look(&limits, &use);
	assert_int_equal(use.used, 2);
	assert_string_equal(use.caller, "+491");
	assert_int_equal(use.callers, 3);
	assert_int_equal(use.refused, 1);
	for (unsigned i = 0; i < 4; i++)
		limit_give(table, &held[i], &now);
	/* nothing of them is worth to be kept */
	pass(2000);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(take(&limits, "+490", &held[0]), 0);
		limit_give(table, &held[0], &now);
	}
	assert_int_equal(limit_callers(table), 1);
	look(&limits, &use);
	assert_int_equal(use.refused, 1);
}

/* Of several, the first that is used up; and what was refused has taken
 * nothing. */
static void test_all_or_none(void **state)
{
	const struct conf_limits limits = {
		.name = "route pbx +49900",
		.limit = { { .unit = CONF_LIMIT_CALLS, .amount = 3 },
			   { .unit = CONF_LIMIT_CALLS,
			     .amount = 2,
			     .per_caller = true },
			   { .unit = CONF_LIMIT_RATE, .amount = 3 } },
		.count = 3,
	};
	struct limit_held held[4] = { 0 };

	(void)state;
	assert_int_equal(take(&limits, "a", &held[0]), 0);
	assert_int_equal(take(&limits, "a", &held[1]), 0);
	assert_int_equal(take(&limits, "a", &held[2]), -EDQUOT);
	assert_ptr_equal(full, &limits.limit[1]);
	assert_int_equal(take(&limits, "b", &held[2]), 0);
	assert_int_equal(take(&limits, "b", &held[3]), -EDQUOT);
	assert_ptr_equal(full, &limits.limit[0]);
	limit_give(table, &held[0], &now);
	assert_int_equal(take(&limits, "b", &held[3]), -EDQUOT);
	assert_ptr_equal(full, &limits.limit[2]);
	pass(1200);
	assert_int_equal(take(&limits, "b", &held[3]), 0);
	for (unsigned i = 0; i < 4; i++)
		limit_give(table, &held[i], &now);
}

/* When calls come at these times and 3 may begin in a second. */
static const struct {
	uint32_t at_ms;
	bool taken;
} beats[] = {
	{ 0, true },	{ 0, true },	 { 250, true },	  { 250, false },
	{ 999, false }, { 1000, false }, /* within a second of the first */
	{ 1100, true }, { 1100, true },	 { 1100, false }, { 1299, false },
	{ 1300, true }, { 1310, false }, { 9000, true },  { 9000, true },
	{ 9000, true }, { 9000, false },
};

static void test_rate(void **state)
{
	const struct conf_limits limits = one(CONF_LIMIT_RATE, 3, false);
	const uint64_t start_ms = now.ms;

	(void)state;
	for (size_t i = 0; i < sizeof beats / sizeof *beats; i++) {
		struct limit_held held = { 0 };

		pass(start_ms + beats[i].at_ms - now.ms);
		if (take(&limits, "", &held) != (beats[i].taken ? 0 : -EDQUOT))
			fail_msg("at %u ms", beats[i].at_ms);
		/* how long a call lasts is nothing to it */
		limit_give(table, &held, &now);
	}
	assert_int_equal(used(&limits), 3);
	pass(1100);
	assert_int_equal(used(&limits), 0);
}

/* What came to nothing does not count. */
static void test_undo(void **state)
{
	const struct conf_limits limits = one(CONF_LIMIT_RATE, 1, false);
	struct limit_held held = { 0 };

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(take(&limits, "", &held), 0);
		limit_undo(table, &held, &now);
	}
	assert_int_equal(take(&limits, "", &held), 0);
	limit_give(table, &held, &now);
	assert_int_equal(take(&limits, "", &held), -EDQUOT);
}

static void test_minutes(void **state)
{
	const struct conf_limits limits = one(CONF_LIMIT_MINUTES, 10, true);
	struct limit_held held[3] = { 0 };
	struct limit_use use;

	(void)state;
	now.day_ms = DAY_MS - 20 * MINUTE;
	assert_int_equal(take(&limits, "a", &held[0]), 0);
	assert_int_equal(take(&limits, "a", &held[1]), 0);
	/* it rings for nothing */
	pass(3 * MINUTE);
	assert_int_equal(used(&limits), 0);
	limit_talk(&held[0], &now);
	limit_talk(&held[1], &now);
	limit_talk(&held[1], &now);
	pass(4 * MINUTE + 59999);
	assert_int_equal(used(&limits), 9);
	assert_int_equal(take(&limits, "a", &held[2]), 0);
	limit_give(table, &held[2], &now);
	pass(1);
	look(&limits, &use);
	assert_int_equal(use.used, 10);
	assert_string_equal(use.caller, "a");
	assert_int_equal(take(&limits, "a", &held[2]), -EDQUOT);
	assert_int_equal(take(&limits, "b", &held[2]), 0);
	limit_give(table, &held[2], &now);
	/* what runs goes on, and is charged */
	pass(2 * MINUTE);
	limit_give(table, &held[0], &now);
	assert_int_equal(used(&limits), 14);
	/* 10 more before midnight, 3 of the new day */
	pass(13 * MINUTE);
	assert_int_equal(used(&limits), 3);
	assert_int_equal(take(&limits, "a", &held[2]), 0);
	limit_give(table, &held[2], &now);
	limit_give(table, &held[1], &now);
	pass(30 * MINUTE);
	assert_int_equal(used(&limits), 3);
	/* and nothing is left of it when that one is over */
	pass(DAY_MS);
	assert_int_equal(used(&limits), 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(take(&limits, "c", &held[2]), 0);
		limit_give(table, &held[2], &now);
	}
	assert_int_equal(limit_callers(table), 1);
}

/* Another configuration has the same names, perhaps with other limits. */
static void test_over_a_reload(void **state)
{
	struct conf_limits limits = one(CONF_LIMIT_CALLS, 2, false);
	struct limit_held held[3] = { 0 };

	(void)state;
	assert_int_equal(take(&limits, "", &held[0]), 0);
	assert_int_equal(take(&limits, "", &held[1]), 0);
	limits.limit[0].amount = 1;
	assert_int_equal(take(&limits, "", &held[2]), -EDQUOT);
	limit_give(table, &held[0], &now);
	assert_int_equal(take(&limits, "", &held[2]), -EDQUOT);
	limits.name = "trunk-group other";
	assert_int_equal(take(&limits, "", &held[2]), 0);
	limit_give(table, &held[1], &now);
	limit_give(table, &held[2], &now);
}

static void test_sweep(void **state)
{
	struct conf_limits limits = one(CONF_LIMIT_CALLS, 1, true);
	struct limit_held held[3] = { 0 };
	struct limit_use use;
	const struct conf_limits b = { .name = "b" }, z = { .name = "z" };
	const struct conf_limits *const kept[] = { &z, &b };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		const char *const names[] = { "a", "b", "c" };

		limits.name = names[i];
		assert_int_equal(take(&limits, "x", &held[i]), 0);
		assert_int_equal(take(&limits, "x", &held[i]), -EDQUOT);
	}
	limit_give(table, &held[1], &now);
	limit_give(table, &held[2], &now);
	limit_sweep(table, kept, 2);
	for (unsigned i = 0; i < 3; i++) {
		const char *const names[] = { "a", "b", "c" };

		limits.name = names[i];
		look(&limits, &use);
		assert_int_equal(use.refused, i < 2);
	}
	limit_give(table, &held[0], &now);
	limit_sweep(table, kept, 2);
	limits.name = "a";
	look(&limits, &use);
	assert_int_equal(use.refused, 0);
}

/* Who calls with ever other numbers finds an end to it, and drives out none who
 * has a call. */
static void test_callers_are_bounded(void **state)
{
	const struct conf_limits limits = one(CONF_LIMIT_MINUTES, 1, true);
	struct limit_held held = { 0 }, stays = { 0 };
	char caller[LIMIT_CALLER_MAX];

	(void)state;
	assert_int_equal(take(&limits, "stays", &stays), 0);
	for (unsigned i = 0; i < 3 * LIMIT_CALLERS_MAX; i++) {
		snprintf(caller, sizeof caller, "+%u", i);
		assert_int_equal(take(&limits, caller, &held), 0);
		limit_talk(&held, &now);
		pass(1);
		limit_give(table, &held, &now);
		assert_true(limit_callers(table) <= LIMIT_CALLERS_MAX);
	}
	assert_int_equal(limit_callers(table), LIMIT_CALLERS_MAX);
	assert_int_equal(limit_forgotten(table), 2 * LIMIT_CALLERS_MAX + 1);
	limit_talk(&stays, &now);
	pass(MINUTE);
	assert_int_equal(take(&limits, "stays", &held), -EDQUOT);
	limit_give(table, &stays, &now);
}

/* When every caller has a call there is no room, and that is no crash. */
static void test_all_callers_busy(void **state)
{
	const struct conf_limits limits = one(CONF_LIMIT_CALLS, 1, true);
	struct limit_held *held = calloc(LIMIT_CALLERS_MAX, sizeof *held);
	struct limit_held more = { 0 };
	char caller[LIMIT_CALLER_MAX];

	(void)state;
	for (unsigned i = 0; i < LIMIT_CALLERS_MAX; i++) {
		snprintf(caller, sizeof caller, "+%u", i);
		assert_int_equal(take(&limits, caller, &held[i]), 0);
	}
	assert_int_equal(take(&limits, "one more", &more), -ENOMEM);
	assert_int_equal(more.count, 0);
	for (unsigned i = 0; i < LIMIT_CALLERS_MAX; i++)
		limit_give(table, &held[i], &now);
	assert_int_equal(take(&limits, "one more", &more), 0);
	limit_give(table, &more, &now);
	free(held);
}

static void test_held_has_an_end(void **state)
{
	const struct conf_limits limits = one(CONF_LIMIT_CALLS, 100, true);
	struct limit_held held = { 0 };
	unsigned count = 0;

	(void)state;
	while (!take(&limits, "a", &held))
		count++;
	assert_int_equal(take(&limits, "a", &held), -ENOSPC);
	assert_in_range(count, LIMIT_HELD_MAX - 1, LIMIT_HELD_MAX);
	limit_give(table, &held, &now);
	assert_int_equal(used(&limits), 0);
}

static void test_audit(void **state)
{
	const struct conf_limits limits = one(CONF_LIMIT_CALLS, 5, true);
	struct limit_held held[2] = { 0 }, lost;

	(void)state;
	assert_int_equal(take(&limits, "a", &held[0]), 0);
	assert_int_equal(take(&limits, "a", &held[1]), 0);
	limit_talk(&held[1], &now);
	limit_audit_begin(table);
	limit_audit_count(&held[0]);
	limit_audit_count(&held[1]);
	assert_int_equal(limit_audit_end(table, &now), 0);
	/* a call that has gone without giving back */
	lost = held[1];
	held[1] = (struct limit_held){ 0 };
	limit_audit_begin(table);
	limit_audit_count(&held[0]);
	assert_int_equal(limit_audit_end(table, &now), 1);
	assert_int_equal(used(&limits), 1);
	limit_give(table, &held[0], &now);
	assert_int_equal(used(&limits), 0);
	(void)lost;
}

static void test_format(void **state)
{
	const struct conf_limit limits[] = {
		{ .unit = CONF_LIMIT_CALLS, .amount = 20 },
		{ .unit = CONF_LIMIT_RATE, .amount = 5, .per_caller = true },
		{ .unit = CONF_LIMIT_MINUTES, .amount = 60 },
	};
	const char *const texts[] = { "20 calls", "5 calls/s per caller",
				      "60 min/day" };
	char text[40];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		limit_format(&limits[i], text, sizeof text);
		assert_string_equal(text, texts[i]);
	}
}

/* Japan knows no summer time. */
static void test_clock(void **state)
{
	struct limit_clock clock = { .minute = 0 };
	struct limit_now here, there;
	uint64_t utc_s;

	(void)state;
	do {
		utc_s = clock_calendar_ns() / NS_PER_S;
		here = limit_clock_now(&clock, "");
		there = limit_clock_now(&clock, "Asia/Tokyo");
	} while (clock_calendar_ns() / NS_PER_S != utc_s);
	assert_int_equal(here.day, utc_s / 86400);
	assert_int_equal(here.day_ms, utc_s % 86400 * 1000);
	utc_s += 9 * 3600;
	assert_int_equal(there.day, utc_s / 86400);
	assert_int_equal(there.day_ms, utc_s % 86400 * 1000);
	assert_int_equal(limit_clock_now(&clock, "").day, here.day);
}

#define CALLS 40
#define CALLERS 5

/* What any order of beginnings, answers, ends, audits and passing time must
 * leave true. */
struct model {
	struct limit_held held[CALLS];
	unsigned caller[CALLS]; /* 0: none */
	uint64_t begun_ms[CALLS * 100];
	unsigned begun;
};

static const struct conf_limits both = {
	.name = "class premium",
	.limit = { { .unit = CONF_LIMIT_CALLS, .amount = 12 },
		   { .unit = CONF_LIMIT_CALLS,
		     .amount = 4,
		     .per_caller = true },
		   { .unit = CONF_LIMIT_RATE, .amount = 6 },
		   { .unit = CONF_LIMIT_MINUTES,
		     .amount = 3000,
		     .per_caller = true } },
	.count = 4,
};

static void check_model(const struct model *m)
{
	unsigned calls = 0, of[CALLERS + 1] = { 0 }, last_second = 0, most = 0;
	struct limit_use use;

	for (unsigned i = 0; i < CALLS; i++) {
		calls += m->caller[i] != 0;
		of[m->caller[i]]++;
	}
	for (unsigned i = m->begun; i-- > 0;)
		last_second += now.ms - m->begun_ms[i] < 1000;
	for (unsigned i = 1; i <= CALLERS; i++)
		most = of[i] > most ? of[i] : most;
	assert_true(calls <= 12 && most <= 4 && last_second <= 6);
	limit_look(table, &both, &both.limit[0], &now, &use);
	assert_int_equal(use.used, calls);
	limit_look(table, &both, &both.limit[1], &now, &use);
	assert_int_equal(use.used, most);
	for (unsigned i = 1; i <= CALLERS; i++) {
		char caller[8];

		snprintf(caller, sizeof caller, "+%u", i);
		assert_int_equal(limit_used_by(table, &both, &both.limit[1],
					       caller, &now),
				 of[i]);
	}
	assert_true(limit_callers(table) <= CALLERS);
	limit_audit_begin(table);
	for (unsigned i = 0; i < CALLS; i++)
		limit_audit_count(&m->held[i]);
	assert_int_equal(limit_audit_end(table, &now), 0);
}

static void begin_some(struct model *m, unsigned i)
{
	unsigned who = 1 + (unsigned)random() % CALLERS;
	char caller[8];

	snprintf(caller, sizeof caller, "+%u", who);
	if (limit_take(table, &both, caller, &now, &m->held[i], &full))
		return;
	m->caller[i] = who;
	m->begun_ms[m->begun++] = now.ms;
	if (m->begun == sizeof m->begun_ms / sizeof *m->begun_ms)
		m->begun = 0;
}

static void test_any_order(void **state)
{
	struct model m = { .begun = 0 };
	unsigned ends = 0;

	(void)state;
	srandom(7);
	for (unsigned step = 0; step < 20000; step++) {
		unsigned i = (unsigned)random() % CALLS;

		if (random() % 8 == 0)
			pass((uint64_t)random() %
			     (random() % 200 ? 900 : 3600000));
		if (!m.caller[i]) {
			begin_some(&m, i);
		} else if (random() % 3 == 0) {
			limit_talk(&m.held[i], &now);
		} else {
			limit_give(table, &m.held[i], &now);
			m.caller[i] = 0;
			ends++;
		}
		check_model(&m);
	}
	assert_in_range(ends, 1500, 20000);
	for (unsigned i = 0; i < CALLS; i++) {
		limit_give(table, &m.held[i], &now);
		m.caller[i] = 0;
	}
	check_model(&m);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_calls),
		TEST(test_per_caller),
		TEST(test_all_or_none),
		TEST(test_rate),
		TEST(test_undo),
		TEST(test_minutes),
		TEST(test_over_a_reload),
		TEST(test_sweep),
		TEST(test_callers_are_bounded),
		TEST(test_all_callers_busy),
		TEST(test_held_has_an_end),
		TEST(test_audit),
		TEST(test_clock),
		TEST(test_format),
		TEST(test_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
