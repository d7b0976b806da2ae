#include "media/ring.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ELEMENTS 200000

struct element {
	uint32_t number, check;
};

static void test_sizes(void **state)
{
	struct ring *ring;

	(void)state;
	assert_int_equal(ring_new(&ring, 0, 4), -EINVAL);
	assert_int_equal(ring_new(&ring, 3, 4), -EINVAL);
	assert_int_equal(ring_new(&ring, 4, 0), -EINVAL);
	ring_free(NULL);
}

static void test_full_and_empty(void **state)
{
	struct ring *ring;
	int v;

	(void)state;
	assert_int_equal(ring_new(&ring, 4, sizeof v), 0);
	assert_false(ring_pop(ring, &v));
	/* Several rounds, so that the indexes go past the end. */
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 4; i++) {
			assert_int_equal(ring_room(ring), 4 - i);
			v = 10 * round + i;
			assert_true(ring_push(ring, &v));
		}
		assert_int_equal(ring_room(ring), 0);
		assert_false(ring_push(ring, &v));
		for (int i = 0; i < 4; i++) {
			assert_true(ring_pop(ring, &v));
			assert_int_equal(v, 10 * round + i);
		}
		assert_false(ring_pop(ring, &v));
	}
	ring_free(ring);
}

static void *produce(void *arg)
{
	struct ring *ring = arg;

	for (uint32_t i = 0; i < ELEMENTS; i++) {
		struct element e = { .number = i, .check = ~i };

		while (!ring_push(ring, &e))
			sched_yield();
	}
	return NULL;
}

static void test_two_threads(void **state)
{
	struct ring *ring;
	pthread_t thread;

	(void)state;
	assert_int_equal(ring_new(&ring, 64, sizeof(struct element)), 0);
	assert_int_equal(pthread_create(&thread, NULL, produce, ring), 0);
	for (uint32_t i = 0; i < ELEMENTS; i++) {
		struct element e;

		while (!ring_pop(ring, &e))
			sched_yield();
		assert_int_equal(e.number, i);
		assert_int_equal(e.check, ~i);
	}
	pthread_join(thread, NULL);
	ring_free(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_full_and_empty),
		cmocka_unit_test(test_two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
