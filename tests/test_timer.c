#include "gateway/timer.h"

#include "gateway/clock.h"

#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <setjmp.h>

#include <cmocka.h>

#define TIMERS 64
#define STEPS 200000

static uint64_t now_ns;

static uint64_t fake_clock(void)
{
	return now_ns;
}

struct item {
	struct timer timer;
	bool running; /* the model */
	uint64_t due_ns;
	unsigned fired;
};

static struct item items[TIMERS];
static struct timers queue;
static uint64_t last_due_ns; /* of the timers fired in this run */
static unsigned fired_in_run;
static uint32_t seed;

static uint32_t random_below(uint32_t limit)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % limit;
}

static void item_start(struct item *item, uint32_t delay_ms)
{
	timer_start(&queue, &item->timer, delay_ms);
	item->running = true;
	item->due_ns = now_ns + delay_ms * NS_PER_MS;
}

static void item_stop(struct item *item)
{
	timer_stop(&item->timer);
	item->running = false;
}

static void only_counts(void *arg)
{
	struct item *item = arg;

	assert_false(timer_running(&item->timer));
	item->running = false;
	item->fired++;
}

/* Checks that this one was due and first, then disturbs the queue from
 * within. */
static void fires(void *arg)
{
	struct item *item = arg;

	assert_true(item->running);
	assert_true(item->due_ns <= now_ns);
	for (int i = 0; i < TIMERS; i++)
		assert_false(items[i].running &&
			     items[i].due_ns < item->due_ns);
	assert_true(item->due_ns >= last_due_ns);
	last_due_ns = item->due_ns;
	fired_in_run++;
	only_counts(item);
	switch (random_below(4)) {
	case 0: item_start(item, 1 + random_below(50)); break;
	case 1: item_stop(&items[random_below(TIMERS)]); break;
	case 2:
		item_start(&items[random_below(TIMERS)], 1 + random_below(50));
		break;
	default: break;
	}
}

static int setup(void **state)
{
	(void)state;
	clock_set_source(fake_clock);
	now_ns = NS_PER_S;
	seed = 42;
	queue = (struct timers){ NULL };
	for (int i = 0; i < TIMERS; i++) {
		items[i] = (struct item){ .running = false };
		timer_init(&items[i].timer, "T1", only_counts, &items[i]);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	clock_set_source(NULL);
	return 0;
}

static void fires_once_when_due(void **state)
{
	struct item *item = &items[0];

	(void)state;
	assert_int_equal(timers_next_ms(&queue), -1);
	assert_int_equal(timers_run(&queue), 0);
	assert_false(timer_running(&item->timer));
	item_start(item, 100);
	assert_true(timer_running(&item->timer));
	assert_int_equal(timers_next_ms(&queue), 100);
	now_ns += 100 * NS_PER_MS - 1;
	assert_int_equal(timers_run(&queue), 0);
	/* Rounded up: a loop that sleeps so long wakes when it is due. */
	assert_int_equal(timers_next_ms(&queue), 1);
	now_ns += 1;
	assert_int_equal(timers_next_ms(&queue), 0);
	assert_int_equal(timers_run(&queue), 1);
	assert_int_equal(item->fired, 1);
	now_ns += NS_PER_S;
	assert_int_equal(timers_run(&queue), 0);
	assert_int_equal(timers_next_ms(&queue), -1);
}

static void stop_and_restart(void **state)
{
	struct item *item = &items[0];

	(void)state;
	item_stop(item);
	item_start(item, 100);
	item_stop(item);
	item_stop(item);
	assert_int_equal(timers_next_ms(&queue), -1);
	item_start(item, 100);
	now_ns += 60 * NS_PER_MS;
	item_start(item, 100);
	now_ns += 60 * NS_PER_MS;
	assert_int_equal(timers_run(&queue), 0);
	now_ns += 40 * NS_PER_MS;
	assert_int_equal(timers_run(&queue), 1);
}

static void longest_and_shortest_delay(void **state)
{
	(void)state;
	item_start(&items[0], UINT32_MAX);
	assert_int_equal(timers_next_ms(&queue), INT_MAX);
	item_start(&items[1], 0);
	assert_int_equal(timers_next_ms(&queue), 0);
	assert_int_equal(timers_run(&queue), 1);
	assert_int_equal(items[1].fired, 1);
	now_ns += UINT32_MAX * NS_PER_MS;
	assert_int_equal(timers_run(&queue), 1);
	assert_int_equal(items[0].fired, 1);
}

static unsigned order[TIMERS], order_count;

static void notes_order(void *arg)
{
	struct item *item = arg;

	order[order_count++] = (unsigned)(item - items);
}

static void fires_in_order_of_time(void **state)
{
	(void)state;
	order_count = 0;
	for (unsigned i = 0; i < TIMERS; i++) {
		/* 37 and 64 have no common factor: every delay once. */
		timer_init(&items[i].timer, "T", notes_order, &items[i]);
		timer_start(&queue, &items[i].timer, i * 37 % TIMERS);
	}
	now_ns += NS_PER_S;
	assert_int_equal(timers_run(&queue), TIMERS);
	for (unsigned i = 0; i < TIMERS; i++)
		assert_int_equal(order[i] * 37 % TIMERS, i);
}

static void stops_the_other(void *arg)
{
	struct item *item = arg;

	item->fired++;
	timer_stop(&items[item == &items[0] ? 1 : 0].timer);
}

static void stopped_by_one_due_with_it(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		timer_init(&items[i].timer, "T", stops_the_other, &items[i]);
		timer_start(&queue, &items[i].timer, 10);
	}
	now_ns += 10 * NS_PER_MS;
	assert_int_equal(timers_run(&queue), 1);
	assert_int_equal(items[0].fired + items[1].fired, 1);
	assert_int_equal(timers_next_ms(&queue), -1);
}

static int model_next_ms(void)
{
	uint64_t first = UINT64_MAX;

	for (int i = 0; i < TIMERS; i++)
		if (items[i].running && items[i].due_ns < first)
			first = items[i].due_ns;
	if (first == UINT64_MAX)
		return -1;
	if (first <= now_ns)
		return 0;
	return (int)((first - now_ns + NS_PER_MS - 1) / NS_PER_MS);
}

static void run_and_check(void)
{
	unsigned fired;

	last_due_ns = 0;
	fired_in_run = 0;
	fired = timers_run(&queue);
	assert_int_equal(fired, fired_in_run);
	for (int i = 0; i < TIMERS; i++) {
		assert_int_equal(timer_running(&items[i].timer),
				 items[i].running);
		/* Nothing that is due was left. */
		assert_false(items[i].running && items[i].due_ns <= now_ns);
	}
}

/* The iterator meets each that runs once, and no other. */
static void walk_and_check(void)
{
	bool met[TIMERS] = { false };
	const struct timer *t;

	for (t = timers_first(&queue); t; t = timers_after(t)) {
		const struct item *item = t->arg;

		assert_true(item->running);
		assert_false(met[item - items]);
		met[item - items] = true;
		assert_true(timer_left_ms(t) * NS_PER_MS + now_ns >=
			    item->due_ns);
	}
	for (int i = 0; i < TIMERS; i++)
		assert_int_equal(met[i], items[i].running);
}

static void agrees_with_a_model(void **state)
{
	unsigned fired = 0;

	(void)state;
	for (int i = 0; i < TIMERS; i++)
		timer_init(&items[i].timer, "T", fires, &items[i]);
	for (int step = 0; step < STEPS; step++) {
		struct item *item = &items[random_below(TIMERS)];

		switch (random_below(8)) {
		case 0:
		case 1:
		case 2: item_start(item, random_below(1000)); break;
		/* Many at the same moment. */
		case 3: item_start(item, 10 * random_below(10)); break;
		case 4: item_stop(item); break;
		case 5: now_ns += random_below(3000000); break;
		default:
			now_ns += random_below(20) * NS_PER_MS;
			run_and_check();
			fired += fired_in_run;
			break;
		}
		assert_int_equal(timers_next_ms(&queue), model_next_ms());
		if (step % 16 == 0)
			walk_and_check();
	}
	assert_true(fired > STEPS / 20);
}

/* A burst of timers at once must not recurse. */
static void many_timers_do_not_grow_the_stack(void **state)
{
	const unsigned count = 300000;
	struct timer *many = calloc(count, sizeof *many);

	(void)state;
	assert_non_null(many);
	for (unsigned i = 0; i < count; i++) {
		timer_init(&many[i], "T", only_counts, &items[0]);
		timer_start(&queue, &many[i], i % 7 ? 5 : count - i);
	}
	for (unsigned i = 0; i < count; i += 3)
		timer_stop(&many[i]);
	now_ns += count * NS_PER_MS;
	assert_int_equal(timers_run(&queue), count - count / 3);
	assert_int_equal(timers_next_ms(&queue), -1);
	free(many);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(fires_once_when_due),
		CASE(stop_and_restart),
		CASE(longest_and_shortest_delay),
		CASE(fires_in_order_of_time),
		CASE(stopped_by_one_due_with_it),
		CASE(agrees_with_a_model),
		CASE(many_timers_do_not_grow_the_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
