#include "sip/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS 1000000ULL
#define S (1000 * MS)
#define START (7 * S)

static unsigned take(struct rate *rate, unsigned tries, uint64_t now_ns)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < tries; i++)
		taken += rate_take(rate, now_ns);
	return taken;
}

static void test_vectors(void **state)
{
	/* Drained at once, an eternity later it is full: no product has
	 * overflowed (2^20 a second for 2^44 ns would give 0). */
	enum { many = 1 << 20 };
	static const struct {
		uint32_t per_s;
		struct {
			uint64_t at_ns;
			unsigned tries, taken;
		} steps[6];
	} cases[] = {
		/* a burst of one second, and no more */
		{ 10,
		  { { 0, 11, 10 }, { 99 * MS, 1, 0 }, { 100 * MS, 2, 1 } } },
		/* long silence saves no more than a second's worth */
		{ 10, { { 0, 10, 10 }, { 3600 * S, 20, 10 } } },
		{ 1, { { 0, 2, 1 }, { S - 1, 1, 0 }, { S, 2, 1 } } },
		/* parts of one are kept */
		{ 3,
		  { { 0, 3, 3 },
		    { 200 * MS, 1, 0 },
		    { 400 * MS, 1, 1 },
		    { 600 * MS, 1, 0 },
		    { 700 * MS, 1, 1 } } },
		/* a clock that goes back gives none, and none twice */
		{ 2,
		  { { S, 2, 2 },
		    { 0, 1, 0 },
		    { S, 1, 0 },
		    { S + 500 * MS, 2, 1 } } },
		{ many, { { 0, many, many }, { 1ULL << 44, many, many } } },
		{ UINT32_MAX, { { 0, 100, 100 }, { 10 * S, 100, 100 } } },
		{ 0, { { 0, 1000, 1000 }, { 0, 1000, 1000 } } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rate rate;

		rate_init(&rate, cases[i].per_s, START);
		for (unsigned k = 0; k < 6 && cases[i].steps[k].tries; k++) {
			unsigned got = take(&rate, cases[i].steps[k].tries,
					    START + cases[i].steps[k].at_ns);

			if (got != cases[i].steps[k].taken)
				fail_msg("case %zu step %u: %u", i, k, got);
		}
	}
}

/* However it is asked, in a minute it gives 60 seconds' worth and the burst. */
static void test_long_run(void **state)
{
	struct rate rate;
	unsigned taken = 0;
	uint64_t now = START;

	(void)state;
	rate_init(&rate, 7, now);
	for (unsigned i = 0; now <= START + 60 * S; i++) {
		taken += take(&rate, 3, now);
		now += (i * 7919 % 97 + 1) * MS;
	}
	assert_in_range(taken, 60 * 7 + 6, 60 * 7 + 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_long_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
