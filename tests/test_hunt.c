#include "dahdi/hunt.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MEMBERS 3
#define BUSY 99

static const struct {
	enum conf_hunt order;
	uint32_t idle[MEMBERS];
	struct hunt_position from;
	size_t span;
	unsigned channel; /* BUSY: none */
} cases[] = {
	{ CONF_HUNT_LOWEST, { 0xfffefffe, 0xfffefffe, 0 }, { 0, 0 }, 0, 1 },
	{ CONF_HUNT_LOWEST, { 0xfffe0000, 0xfffefffe, 0 }, { 0, 0 }, 0, 17 },
	{ CONF_HUNT_LOWEST, { 0, 0x80000000, 2 }, { 0, 9 }, 1, 31 },
	{ CONF_HUNT_LOWEST, { 0, 0, 0 }, { 1, 9 }, 0, BUSY },
	{ CONF_HUNT_HIGHEST, { 0xfffefffe, 0xfffefffe, 0 }, { 0, 0 }, 1, 31 },
	{ CONF_HUNT_HIGHEST, { 0x7ffe, 0, 0 }, { 0, 0 }, 0, 14 },
	{ CONF_HUNT_HIGHEST, { 2, 0, 2 }, { 0, 0 }, 2, 1 },
	{ CONF_HUNT_HIGHEST, { 0, 0, 0 }, { 0, 0 }, 0, BUSY },
	/* from the start, onwards, over 16, to the next member, around */
	{ CONF_HUNT_ROUND_ROBIN, { 0xfffefffe, 2, 2 }, { 0, 0 }, 0, 1 },
	{ CONF_HUNT_ROUND_ROBIN, { 0xfffefffe, 2, 2 }, { 0, 1 }, 0, 2 },
	{ CONF_HUNT_ROUND_ROBIN, { 0xfffefffe, 2, 2 }, { 0, 15 }, 0, 17 },
	{ CONF_HUNT_ROUND_ROBIN, { 0xfffefffe, 2, 2 }, { 0, 31 }, 1, 1 },
	{ CONF_HUNT_ROUND_ROBIN, { 0xfffefffe, 2, 2 }, { 2, 1 }, 0, 1 },
	{ CONF_HUNT_ROUND_ROBIN, { 0, 0, 6 }, { 2, 2 }, 2, 1 },
	{ CONF_HUNT_ROUND_ROBIN, { 0, 0, 4 }, { 2, 2 }, 2, 2 },
	{ CONF_HUNT_ROUND_ROBIN, { 0, 0, 0 }, { 2, 2 }, 0, BUSY },
	/* a position of a larger trunk group than there is now */
	{ CONF_HUNT_ROUND_ROBIN, { 2, 0, 0 }, { 7, 5 }, 0, 1 },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct hunt_span spans[MEMBERS];
		struct hunt_position position = cases[i].from;
		int err;

		for (size_t m = 0; m < MEMBERS; m++)
			spans[m].idle = cases[i].idle[m];
		err = hunt_pick(cases[i].order, spans, MEMBERS, &position);
		if (cases[i].channel == BUSY) {
			assert_int_equal(err, -EBUSY);
			assert_int_equal(position.span, cases[i].from.span);
			assert_int_equal(position.channel,
					 cases[i].from.channel);
			continue;
		}
		assert_int_equal(err, 0);
		assert_int_equal(position.span, cases[i].span);
		assert_int_equal(position.channel, cases[i].channel);
	}
}

static void test_no_members(void **state)
{
	struct hunt_position position = { 0 };

	(void)state;
	for (int order = CONF_HUNT_LOWEST; order <= CONF_HUNT_ROUND_ROBIN;
	     order++)
		assert_int_equal(hunt_pick((enum conf_hunt)order, NULL, 0,
					   &position),
				 -EBUSY);
}

/* Round-robin takes each channel once before any comes again. */
static void test_round_robin_is_fair(void **state)
{
	const struct hunt_span spans[2] = { { 0xfffefffe }, { 0x0000fffe } };
	struct hunt_position position = { 0 };
	unsigned taken[2][32] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 45 * 3; i++) {
		assert_int_equal(hunt_pick(CONF_HUNT_ROUND_ROBIN, spans, 2,
					   &position),
				 0);
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
		cmocka_unit_test(test_no_members),
		cmocka_unit_test(test_round_robin_is_fair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
