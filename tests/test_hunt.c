#include "dahdi/hunt.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MEMBERS 3
#define BUSY 99

/* Channel c of member m is idle since 1000 * m + c, but for one. */
struct since {
	size_t span;
	unsigned channel;
	uint64_t ms;
};

#define LOWEST CONF_HUNT_LOWEST
#define HIGHEST CONF_HUNT_HIGHEST
#define ROBIN CONF_HUNT_ROUND_ROBIN
#define LEAST CONF_HUNT_LEAST_USED
#define IDLE CONF_HUNT_MOST_IDLE
#define ALL 0xfffefffe
#define IN_TURN         \
	{               \
		0, 0, 0 \
	}
#define EVEN { 0 }, IN_TURN

static const struct {
	struct hunt_rule rule;
	uint32_t idle[MEMBERS];
	struct hunt_position from;
	size_t span;
	unsigned channel; /* BUSY: none */
	unsigned busy[MEMBERS];
	struct since since;
} cases[] = {
	{ { LOWEST, LOWEST, 0 }, { ALL, ALL, 0 }, { 0, 0 }, 0, 1, EVEN },
	{ { LOWEST, HIGHEST, 0 },
	  { 0xfffe0000, ALL, 0 },
	  { 0, 0 },
	  0,
	  17,
	  EVEN },
	{ { LOWEST, LOWEST, 0 }, { 0, 0x80000000, 2 }, { 0, 9 }, 1, 31, EVEN },
	{ { LOWEST, LOWEST, 0 }, { 0, 0, 0 }, { 1, 9 }, 0, BUSY, EVEN },
	{ { HIGHEST, HIGHEST, 0 }, { ALL, ALL, 0 }, { 0, 0 }, 1, 31, EVEN },
	{ { HIGHEST, LOWEST, 0 }, { 0x7ffe, 0, 0 }, { 0, 0 }, 0, 14, EVEN },
	{ { HIGHEST, HIGHEST, 0 }, { 2, 0, 2 }, { 0, 0 }, 2, 1, EVEN },
	{ { HIGHEST, HIGHEST, 0 }, { 0, 0, 0 }, { 0, 0 }, 0, BUSY, EVEN },
	/* from the start, onwards, over 16, to the next member, around */
	{ { ROBIN, LOWEST, 0 }, { ALL, 2, 2 }, { 0, 0 }, 0, 1, EVEN },
	{ { ROBIN, LOWEST, 0 }, { ALL, 2, 2 }, { 0, 1 }, 0, 2, EVEN },
	{ { ROBIN, LOWEST, 0 }, { ALL, 2, 2 }, { 0, 15 }, 0, 17, EVEN },
	{ { ROBIN, LOWEST, 0 }, { ALL, 2, 2 }, { 0, 31 }, 1, 1, EVEN },
	{ { ROBIN, LOWEST, 0 }, { ALL, 2, 2 }, { 2, 1 }, 0, 1, EVEN },
	{ { ROBIN, LOWEST, 0 }, { 0, 0, 6 }, { 2, 2 }, 2, 1, EVEN },
	{ { ROBIN, LOWEST, 0 }, { 0, 0, 4 }, { 2, 2 }, 2, 2, EVEN },
	{ { ROBIN, LOWEST, 0 }, { 0, 0, 0 }, { 2, 2 }, 0, BUSY, EVEN },
	/* a position of a larger trunk group than there is now */
	{ { ROBIN, LOWEST, 0 }, { 2, 0, 0 }, { 7, 5 }, 0, 1, EVEN },
	/* the fewest calls; of equal ones the first, or the last */
	{ { LEAST, LOWEST, 0 }, { ALL, ALL, ALL }, { 0, 0 }, 0, 1, EVEN },
	{ { LEAST, HIGHEST, 0 }, { ALL, ALL, ALL }, { 0, 0 }, 2, 31, EVEN },
	{ { LEAST, LOWEST, 0 },
	  { ALL, 6, ALL },
	  { 2, 9 },
	  1,
	  1,
	  { 5, 4, 5 },
	  IN_TURN },
	{ { LEAST, HIGHEST, 0 },
	  { ALL, 6, ALL },
	  { 2, 9 },
	  1,
	  2,
	  { 5, 4, 5 },
	  IN_TURN },
	{ { LEAST, LOWEST, 0 },
	  { ALL, ALL, 8 },
	  { 0, 0 },
	  1,
	  1,
	  { 3, 2, 2 },
	  IN_TURN },
	{ { LEAST, HIGHEST, 0 },
	  { ALL, ALL, 8 },
	  { 0, 0 },
	  2,
	  3,
	  { 3, 2, 2 },
	  IN_TURN },
	/* one with no call and no free channel: it is blocked */
	{ { LEAST, LOWEST, 0 },
	  { 0, ALL, ALL },
	  { 0, 0 },
	  2,
	  1,
	  { 0, 9, 8 },
	  IN_TURN },
	{ { LEAST, HIGHEST, 0 }, { 0, 0, 0 }, { 0, 7 }, 0, BUSY, EVEN },
	/* the longest; of equal ones the first, or the last */
	{ { IDLE, LOWEST, 0 }, { ALL, ALL, ALL }, { 2, 7 }, 0, 1, EVEN },
	{ { IDLE, HIGHEST, 0 }, { ALL, ALL, ALL }, { 2, 7 }, 0, 1, EVEN },
	{ { IDLE, LOWEST, 0 }, { 0, 0xc0, 2 }, { 0, 0 }, 1, 6, EVEN },
	{ { IDLE, LOWEST, 0 },
	  { ALL, ALL, ALL },
	  { 0, 0 },
	  2,
	  20,
	  { 0 },
	  { 2, 20, 0 } },
	{ { IDLE, LOWEST, 0 },
	  { ALL, ALL, ALL },
	  { 0, 0 },
	  0,
	  1,
	  { 0 },
	  { 1, 5, 1 } },
	{ { IDLE, HIGHEST, 0 },
	  { ALL, ALL, ALL },
	  { 0, 0 },
	  1,
	  5,
	  { 0 },
	  { 1, 5, 1 } },
	{ { IDLE, HIGHEST, 0 }, { 0, 0, 0 }, { 2, 7 }, 0, BUSY, EVEN },
	/* the last ones are not for everybody */
	{ { LOWEST, LOWEST, 2 }, { 0xe, 0, 0 }, { 0, 0 }, 0, 1, EVEN },
	{ { LOWEST, LOWEST, 3 }, { 0xe, 0, 0 }, { 0, 0 }, 0, BUSY, EVEN },
	{ { HIGHEST, HIGHEST, 2 }, { 2, 2, 2 }, { 0, 0 }, 2, 1, EVEN },
	{ { HIGHEST, HIGHEST, 3 }, { 2, 2, 2 }, { 0, 0 }, 0, BUSY, EVEN },
	{ { ROBIN, LOWEST, 2 }, { 2, 2, 2 }, { 0, 1 }, 1, 1, EVEN },
	{ { ROBIN, LOWEST, 3 }, { 2, 2, 2 }, { 0, 1 }, 0, BUSY, EVEN },
	{ { LEAST, LOWEST, 1 },
	  { 2, 2, 0 },
	  { 0, 0 },
	  1,
	  1,
	  { 9, 8, 0 },
	  IN_TURN },
	{ { LEAST, HIGHEST, 2 }, { 2, 2, 0 }, { 0, 0 }, 0, BUSY, EVEN },
	{ { IDLE, LOWEST, 1 }, { 0, 2, 2 }, { 0, 0 }, 1, 1, EVEN },
	{ { IDLE, HIGHEST, 2 }, { 0, 2, 2 }, { 0, 0 }, 0, BUSY, EVEN },
	{ { LOWEST, LOWEST, 1000 },
	  { ALL, ALL, ALL },
	  { 0, 0 },
	  0,
	  BUSY,
	  EVEN },
};

static void lay_out(size_t i, struct hunt_span spans[MEMBERS])
{
	const struct since *since = &cases[i].since;

	for (size_t m = 0; m < MEMBERS; m++) {
		spans[m].idle = cases[i].idle[m];
		spans[m].busy = cases[i].busy[m];
		for (unsigned c = 0; c < HUNT_TIMESLOTS; c++)
			spans[m].idle_ms[c] = 1000 * m + c;
	}
	if (since->channel)
		spans[since->span].idle_ms[since->channel] = since->ms;
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct hunt_span spans[MEMBERS];
		struct hunt_position position = cases[i].from;
		int err;

		lay_out(i, spans);
		err = hunt_pick(&cases[i].rule, spans, MEMBERS, &position);
		if (cases[i].channel == BUSY) {
			assert_int_equal(err, -EBUSY);
			assert_int_equal(position.span, cases[i].from.span);
			assert_int_equal(position.channel,
					 cases[i].from.channel);
			continue;
		}
		assert_int_equal(err, 0);
		if (position.span != cases[i].span ||
		    position.channel != cases[i].channel)
			fail_msg("case %zu: %zu/%u, expected %zu/%u", i,
				 position.span, position.channel, cases[i].span,
				 cases[i].channel);
	}
}

/* Whatever the order: what is taken was idle, and as many are left as are
 * reserved. */
static void test_every_order_takes_all_but_the_reserve(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5 * 2 * 4; i++) {
		struct hunt_rule rule = { .order = (enum conf_hunt)(i % 5),
					  .end = (enum conf_hunt)(i / 5 % 2),
					  .reserve = 3 * (i / 10) };
		struct hunt_span spans[2] = { { .idle = ALL },
					      { .idle = 0xfffe } };
		struct hunt_position p = { 0 };
		unsigned taken = 0;

		while (!hunt_pick(&rule, spans, 2, &p)) {
			assert_true(spans[p.span].idle >> p.channel & 1);
			spans[p.span].idle &= ~(1U << p.channel);
			spans[p.span].busy++;
			taken++;
		}
		assert_int_equal(taken, 45 - rule.reserve);
		assert_int_equal(hunt_idle(spans, 2), rule.reserve);
	}
}

static void test_rule_of_trunk(void **state)
{
	const struct conf_trunk trunk = { .hunt = CONF_HUNT_MOST_IDLE,
					  .hunt_end = CONF_HUNT_HIGHEST,
					  .reserve = 4 };
	struct hunt_rule rule = hunt_rule_of(&trunk, false);

	(void)state;
	assert_int_equal(rule.order, CONF_HUNT_MOST_IDLE);
	assert_int_equal(rule.end, CONF_HUNT_HIGHEST);
	assert_int_equal(rule.reserve, 4);
	assert_int_equal(hunt_rule_of(&trunk, true).reserve, 0);
}

static void test_no_members(void **state)
{
	struct hunt_position position = { 0 };

	(void)state;
	for (int order = CONF_HUNT_LOWEST; order <= CONF_HUNT_MOST_IDLE;
	     order++) {
		struct hunt_rule rule = { .order = (enum conf_hunt)order };

		assert_int_equal(hunt_pick(&rule, NULL, 0, &position), -EBUSY);
	}
}

/* Round-robin takes each channel once before any comes again. */
static void test_round_robin_is_fair(void **state)
{
	const struct hunt_rule rule = { .order = CONF_HUNT_ROUND_ROBIN };
	const struct hunt_span spans[2] = { { .idle = ALL },
					    { .idle = 0xfffe } };
	struct hunt_position position = { 0 };
	unsigned taken[2][32] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 45 * 3; i++) {
		assert_int_equal(hunt_pick(&rule, spans, 2, &position), 0);
		taken[position.span][position.channel]++;
	}
	for (unsigned s = 0; s < 2; s++)
		for (unsigned c = 0; c < 32; c++)
			assert_int_equal(taken[s][c],
					 spans[s].idle & 1U << c ? 3 : 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_every_order_takes_all_but_the_reserve),
		cmocka_unit_test(test_rule_of_trunk),
		cmocka_unit_test(test_no_members),
		cmocka_unit_test(test_round_robin_is_fair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
