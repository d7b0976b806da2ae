#include "media/port.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
	uint16_t first, last;
	unsigned total; /* 0: refused */
	uint16_t lowest;
} ranges[] = {
	{ 16384, 16583, 100, 16384 }, { 16384, 16385, 1, 16384 },
	{ 16383, 16387, 2, 16384 },   { 16385, 16388, 1, 16386 },
	{ 16384, 16384, 0, 0 },	      { 16385, 16386, 0, 0 },
	{ 16390, 16384, 0, 0 },	      { 0, 1, 0, 0 },
	{ 65534, 65535, 1, 65534 },   { 65535, 65535, 0, 0 },
};

static void test_ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		struct ports *ports = NULL;
		int rc = ports_new(&ports, ranges[i].first, ranges[i].last, 0);
		uint16_t port;

		assert_int_equal(rc, ranges[i].total ? 0 : -EINVAL);
		if (rc)
			continue;
		assert_int_equal(ports_total(ports), ranges[i].total);
		for (unsigned n = 0; n < ranges[i].total; n++) {
			assert_int_equal(ports_take(ports, &port), 0);
			assert_int_equal(port, ranges[i].lowest + 2 * n);
		}
		assert_int_equal(ports_take(ports, &port), -EADDRINUSE);
		ports_free(ports);
	}
	ports_free(NULL);
}

static void test_random_start(void **state)
{
	struct ports *ports;
	uint16_t port;

	(void)state;
	assert_int_equal(ports_new(&ports, 20000, 20009, 1000003), 0);
	for (unsigned n = 0; n < 5; n++) {
		ports_take(ports, &port);
		assert_int_equal(port, 20000 + 2 * ((1000003 + n) % 5));
	}
	ports_free(ports);
}

/* A pair given back is the last to be taken again, whatever happens between. */
static void test_longest_free_first(void **state)
{
	struct ports *ports;
	uint16_t port, given;
	unsigned given_at[5] = { 0 };
	uint32_t random = 1;
	bool taken[5] = { false };

	(void)state;
	assert_int_equal(ports_new(&ports, 20000, 20009, 3), 0);
	for (unsigned n = 1; n < 10000; n++) {
		random = random * 1664525 + 1013904223;
		given = (uint16_t)((random >> 16) % 5);
		if (taken[given]) {
			ports_give(ports, (uint16_t)(20000 + 2 * given));
			taken[given] = false;
			given_at[given] = n;
		} else if (!ports_take(ports, &port)) {
			unsigned index = (port - 20000u) / 2;

			assert_false(taken[index]);
			for (unsigned i = 0; i < 5; i++)
				if (!taken[i])
					assert_true(given_at[index] <=
						    given_at[i]);
			taken[index] = true;
		}
	}
	ports_free(ports);
}

/* Pairs taken before are given back whether they are of the new range or not,
 * and none is there twice. */
static void test_change(void **state)
{
	struct ports *ports;
	uint16_t before[5], port;

	(void)state;
	assert_int_equal(ports_new(&ports, 20000, 20009, 0), 0);
	for (unsigned n = 0; n < 5; n++)
		ports_take(ports, &before[n]);
	assert_int_equal(ports_change(&ports, 20005, 20005, 0), -EINVAL);
	assert_int_equal(ports_change(&ports, 20006, 20013, 0), 0);
	assert_int_equal(ports_total(ports), 4);
	assert_int_equal(ports_available(ports), 2);
	ports_take(ports, &port);
	assert_int_equal(port, 20010);
	for (unsigned n = 0; n < 5; n++)
		ports_give(ports, before[n]);
	assert_int_equal(ports_available(ports), 3);
	ports_take(ports, &port);
	assert_int_equal(port, 20012);
	ports_take(ports, &port);
	assert_int_equal(port, 20006);
	ports_take(ports, &port);
	assert_int_equal(port, 20008);
	assert_int_equal(ports_take(ports, &port), -EADDRINUSE);
	/* And back to the range that some are of. */
	assert_int_equal(ports_change(&ports, 20000, 20009, 0), 0);
	assert_int_equal(ports_available(ports), 3);
	ports_give(ports, 20006);
	assert_int_equal(ports_available(ports), 4);
	ports_free(ports);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_random_start),
		cmocka_unit_test(test_longest_free_first),
		cmocka_unit_test(test_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
