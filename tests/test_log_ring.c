#include "gateway/log_ring.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static void lines_come_out_as_they_went_in(void **state)
{
	struct log_record record;
	struct log_ring *ring;
	char text[20];

	(void)state;
	assert_int_equal(log_ring_new(&ring, 4), 0);
	for (unsigned round = 0; round < 10; round++) {
		for (unsigned i = 0; i < 3; i++) {
			snprintf(text, sizeof text, "%u.%u", round, i);
			assert_int_equal(log_ring_put(ring, round, LOG_ERR,
						      text),
					 0);
		}
		assert_int_equal(log_ring_used(ring), 3);
		for (unsigned i = 0; i < 3; i++) {
			snprintf(text, sizeof text, "%u.%u", round, i);
			assert_int_equal(log_ring_take(ring, &record), 0);
			assert_string_equal(record.text, text);
			assert_int_equal(record.calendar_ns, round);
			assert_int_equal(record.level, LOG_ERR);
		}
		assert_int_equal(log_ring_take(ring, &record), -EAGAIN);
	}
	log_ring_free(ring);
}

static void full_is_said_and_warnings_have_room(void **state)
{
	static const struct {
		int level;
		unsigned room;
	} cases[] = { { LOG_DEBUG, 6 },
		      { LOG_INFO, 6 },
		      { LOG_NOTICE, 8 },
		      { LOG_ERR, 8 } };
	struct log_record record;
	struct log_ring *ring;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(log_ring_new(&ring, 8), 0);
		for (unsigned k = 0; k < 12; k++)
			assert_int_equal(log_ring_put(ring, 0, cases[i].level,
						      "x"),
					 k < cases[i].room ? 0 : -ENOBUFS);
		assert_int_equal(log_ring_take(ring, &record), 0);
		assert_int_equal(log_ring_put(ring, 0, cases[i].level, "x"), 0);
		log_ring_free(ring);
	}
}

static void long_lines_are_cut(void **state)
{
	char text[LOG_LINE_MAX + 100];
	struct log_record record;
	struct log_ring *ring;

	(void)state;
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_int_equal(log_ring_new(&ring, 2), 0);
	assert_int_equal(log_ring_put(ring, 0, LOG_ERR, text), 0);
	assert_int_equal(log_ring_take(ring, &record), 0);
	assert_int_equal(strlen(record.text), LOG_LINE_MAX - 1);
	log_ring_free(ring);
}

#define WRITERS 4
#define LINES 20000

struct writer {
	struct log_ring *ring;
	unsigned number, refused;
	pthread_t thread;
};

static void *write_lines(void *arg)
{
	struct writer *writer = arg;
	char text[32];

	for (unsigned i = 0; i < LINES; i++) {
		snprintf(text, sizeof text, "%u %u", writer->number, i);
		while (log_ring_put(writer->ring, i, LOG_ERR, text) < 0) {
			writer->refused++;
			sched_yield();
		}
	}
	return NULL;
}

/* Each writer's lines come in its order, none twice, none torn. */
static void many_write_one_reads(void **state)
{
	unsigned next[WRITERS] = { 0 }, number, line, taken = 0;
	struct writer writers[WRITERS];
	struct log_record record;
	struct log_ring *ring;

	(void)state;
	assert_int_equal(log_ring_new(&ring, 16), 0);
	for (unsigned i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){ .ring = ring, .number = i };
		pthread_create(&writers[i].thread, NULL, write_lines,
			       &writers[i]);
	}
	while (taken < WRITERS * LINES) {
		if (log_ring_take(ring, &record) < 0) {
			sched_yield();
			continue;
		}
		assert_int_equal(sscanf(record.text, "%u %u", &number, &line),
				 2);
		assert_true(number < WRITERS);
		assert_int_equal(line, next[number]++);
		assert_int_equal(record.calendar_ns, line);
		taken++;
	}
	for (unsigned i = 0; i < WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
	assert_int_equal(log_ring_take(ring, &record), -EAGAIN);
	log_ring_free(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_out_as_they_went_in),
		cmocka_unit_test(full_is_said_and_warnings_have_room),
		cmocka_unit_test(long_lines_are_cut),
		cmocka_unit_test(many_write_one_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
