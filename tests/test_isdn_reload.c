/* Spans and trunk groups go on by another configuration, under calls. */
#include "dahdi/isdn.h"
#include "gateway/clock.h"
#include "gateway/loop.h"
#include "tests/fake_network.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A configuration and all that it points to. */
struct set {
	struct conf conf;
	struct conf_span spans[2];
	struct conf_trunk trunk;
	const struct conf_span *members[2];
};

struct fixture {
	struct fake_lab lab;
	struct loop *loop;
	struct set *now;
	struct isdn *isdn;
};

static const struct isdn_wish plain = { .tried = NULL };

static struct set *set_new(const struct fake_lab *lab, size_t spans)
{
	struct set *set = calloc(1, sizeof *set);

	memcpy(set->spans, lab->conf, sizeof set->spans);
	for (size_t i = 0; i < 2; i++)
		set->members[i] = &set->spans[i];
	set->trunk = (struct conf_trunk){ .name = "city",
					  .members = set->members,
					  .member_count = spans,
					  .hunt = CONF_HUNT_ROUND_ROBIN };
	set->conf = (struct conf){ .spans = set->spans,
				   .span_count = spans,
				   .trunks = &set->trunk,
				   .trunk_count = 1 };
	return set;
}

/* Takes it, and overwrites the one before: nothing may point there. */
static void take(struct fixture *f, struct set *set)
{
	struct isdn_next *next;

	assert_int_equal(isdn_prepare(&next, f->isdn, &set->conf), 0);
	isdn_take(f->isdn, next);
	memset(f->now, 0xee, sizeof *f->now);
	free(f->now);
	f->now = set;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct span_drivers drivers;

	fake_lab_start(&f->lab, 2);
	assert_int_equal(loop_new(&f->loop), 0);
	f->lab.timers = loop_timers(f->loop);
	f->now = set_new(&f->lab, 2);
	drivers = fake_lab_drivers(&f->lab);
	assert_int_equal(isdn_new_over(&f->isdn, f->loop, &f->now->conf,
				       &fake_isdn_call_sink, &fake_lab_events,
				       &f->lab, &drivers),
			 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fsm_illegal_count(), 0);
	isdn_free(f->isdn);
	fake_lab_stop(&f->lab);
	loop_free(f->loop);
	free(f->now);
	free(f);
	return 0;
}

static struct span_info info(struct fixture *f, size_t index)
{
	struct span_info out;

	assert_true(index < isdn_span_count(f->isdn));
	isdn_span_info(f->isdn, index, &out);
	return out;
}

static struct leg *seize(struct fixture *f, const char *name)
{
	struct leg *leg;

	assert_int_equal(isdn_leg_new(f->isdn, &f->now->trunk, &plain, &leg),
			 0);
	assert_string_equal(leg->name, name);
	return leg;
}

static void talk(struct fixture *f, struct fake_isdn_call *call,
		 struct leg *leg, unsigned span)
{
	memset(call, 0, sizeof *call);
	f->lab.network[span - 1]->does = NETWORK_ANSWERS;
	assert_int_equal(fake_isdn_call_setup(call, leg, "5550100"), 0);
	fake_lab_run(&f->lab, 100);
	assert_int_equal(call->answer, 1);
}

static void hang_up(struct fixture *f, struct fake_isdn_call *call)
{
	fake_isdn_call_release(call, 16, 1);
	fake_lab_run(&f->lab, 100);
	assert_int_equal(call->released, 1);
	fake_isdn_call_free(call);
}

/* Round-robin goes on where it was, also among other members. */
static void test_trunk_groups(void **state)
{
	struct fixture *f = *state;
	struct set *next;
	struct leg *leg;

	fake_lab_up(&f->lab);
	leg = seize(f, "span=1/1");
	leg->ops->free(leg);
	take(f, set_new(&f->lab, 2));
	leg = seize(f, "span=1/2");
	leg->ops->free(leg);
	next = set_new(&f->lab, 2);
	next->members[0] = &next->spans[1];
	next->trunk.member_count = 1;
	take(f, next);
	leg = seize(f, "span=2/3");
	leg->ops->free(leg);
	assert_int_equal(isdn_span_count(f->isdn), 2);
}

/* The group of an earlier configuration, as a running call has it. */
static void test_old_group(void **state)
{
	struct fixture *f = *state;
	struct set *old = set_new(&f->lab, 2);
	struct set *next = set_new(&f->lab, 1);
	struct leg *leg;

	fake_lab_up(&f->lab);
	strcpy(next->trunk.name, "other");
	take(f, next);
	assert_int_equal(isdn_leg_new(f->isdn, &old->trunk, &plain, &leg), 0);
	assert_string_equal(leg->name, "span=1/1");
	leg->ops->free(leg);
	free(old);
}

static void test_timers_at_once(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call call = { .answers_release = true };
	struct set *next = set_new(&f->lab, 2);
	struct leg *leg;

	fake_lab_up(&f->lab);
	next->spans[0].t310_ms = 5000;
	take(f, next);
	assert_false(info(f, 0).waits);
	leg = seize(f, "span=1/1");
	f->lab.network[0]->does = NETWORK_PROCEEDS;
	assert_int_equal(fake_isdn_call_setup(&call, leg, "5550100"), 0);
	fake_lab_run(&f->lab, 4000);
	assert_int_equal(call.released, 0);
	fake_lab_run(&f->lab, 2000);
	assert_int_equal(call.released, 1);
	assert_string_equal(call.cause.text, "T310");
	fake_isdn_call_free(&call);
}

/* It has a call: new ones are taken still, and the old settings stay; then the
 * line is opened anew. */
static void test_waits_until_idle(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call call = { 0 }, other = { 0 };
	struct set *next = set_new(&f->lab, 1);
	struct driver *driver;

	fake_lab_up(&f->lab);
	take(f, set_new(&f->lab, 1));
	fake_lab_run(&f->lab, 1000);
	talk(f, &call, seize(f, "span=1/1"), 1);
	driver = f->lab.driver[0];
	next->spans[0].channels = 0xe; /* 1-3 */
	take(f, next);
	fake_lab_run(&f->lab, 10000);
	assert_true(info(f, 0).waits);
	assert_int_equal(info(f, 0).channels, 30);
	assert_ptr_equal(f->lab.driver[0], driver);
	talk(f, &other, seize(f, "span=1/2"), 1);
	hang_up(f, &call);
	fake_lab_run(&f->lab, 10000);
	assert_true(info(f, 0).waits);
	hang_up(f, &other);
	fake_lab_run(&f->lab, 1000);
	assert_false(info(f, 0).waits);
	assert_int_equal(info(f, 0).channels, 3);
	assert_int_equal(info(f, 0).calls, 2);
	fake_driver_up(f->lab.driver[0], G711_ALAW);
	fake_lab_run(&f->lab, 6000);
	assert_true(info(f, 0).in_service);
	talk(f, &call, seize(f, "span=1/3"), 1);
	hang_up(f, &call);
}

/* What was wanted in between is forgotten when it is as it was. */
static void test_waits_no_more(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call call = { 0 };
	struct set *next = set_new(&f->lab, 2);
	struct driver *driver;

	fake_lab_up(&f->lab);
	talk(f, &call, seize(f, "span=1/1"), 1);
	driver = f->lab.driver[0];
	next->spans[0].device_span = 9;
	take(f, next);
	assert_true(info(f, 0).waits);
	take(f, set_new(&f->lab, 2));
	assert_false(info(f, 0).waits);
	hang_up(f, &call);
	fake_lab_run(&f->lab, 1000);
	assert_ptr_equal(f->lab.driver[0], driver);
	assert_true(info(f, 0).in_service);
}

/* It keeps its call, takes none, and comes back with the struct pri it had. */
static void test_removed_and_back(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call call = { 0 };
	struct set *next;

	fake_lab_up(&f->lab);
	next = set_new(&f->lab, 2);
	next->members[0] = &next->spans[1];
	take(f, next);
	talk(f, &call, seize(f, "span=2/1"), 2);
	take(f, set_new(&f->lab, 1));
	assert_int_equal(isdn_span_count(f->isdn), 2);
	assert_true(info(f, 1).leaving);
	fake_network_call(f->lab.network[1],
			  &(struct fake_network_setup){ .called = "555",
							.channel = 5 });
	fake_lab_run(&f->lab, 1000);
	assert_int_equal(f->lab.network[1]->heard_cause, 34);
	hang_up(f, &call);
	fake_lab_run(&f->lab, 1000);
	assert_int_equal(isdn_span_count(f->isdn), 1);
	fake_lab_run(&f->lab, 60000);
	for (int i = 0; i < 20; i++) {
		take(f, set_new(&f->lab, 2));
		fake_lab_run(&f->lab, 1000);
		assert_int_equal(isdn_span_count(f->isdn), 2);
		take(f, set_new(&f->lab, 1));
		fake_lab_run(&f->lab, 1000);
		assert_int_equal(isdn_span_count(f->isdn), 1);
	}
	next = set_new(&f->lab, 2);
	next->members[0] = &next->spans[1];
	next->trunk.member_count = 1;
	take(f, next);
	fake_lab_run(&f->lab, 1000);
	fake_driver_up(f->lab.driver[1], G711_ALAW);
	fake_lab_run(&f->lab, 6000);
	assert_true(info(f, 1).in_service);
	assert_int_equal(info(f, 1).calls, 2);
	talk(f, &call, seize(f, "span=2/2"), 2);
	hang_up(f, &call);
}

/* Back before its call is over: nothing has happened to it. */
static void test_back_within_a_call(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call call = { 0 };
	struct set *next = set_new(&f->lab, 2);
	struct driver *driver;

	fake_lab_up(&f->lab);
	next->members[0] = &next->spans[1];
	take(f, next);
	talk(f, &call, seize(f, "span=2/1"), 2);
	driver = f->lab.driver[1];
	take(f, set_new(&f->lab, 1));
	fake_lab_run(&f->lab, 1000);
	assert_true(info(f, 1).leaving);
	next = set_new(&f->lab, 2);
	next->spans[1].protocol = LINE_NI2;
	take(f, next);
	assert_false(info(f, 1).leaving);
	assert_true(info(f, 1).waits);
	take(f, set_new(&f->lab, 2));
	assert_false(info(f, 1).leaving);
	assert_ptr_equal(f->lab.driver[1], driver);
	hang_up(f, &call);
	fake_lab_run(&f->lab, 1000);
	assert_true(info(f, 1).in_service);
}

/* Another protocol is another struct pri, when there is no call; the first is
 * kept for its return. */
static void test_protocol(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call call = { 0 };
	struct set *next = set_new(&f->lab, 1);

	fake_lab_up(&f->lab);
	take(f, set_new(&f->lab, 1));
	fake_lab_run(&f->lab, 1000);
	talk(f, &call, seize(f, "span=1/1"), 1);
	isdn_block(f->isdn, next->spans[0].number, 5, true);
	next->spans[0].protocol = LINE_NI2;
	take(f, next);
	fake_lab_run(&f->lab, 1000);
	assert_true(info(f, 0).waits);
	assert_int_equal(info(f, 0).protocol, LINE_EUROISDN);
	hang_up(f, &call);
	fake_lab_run(&f->lab, 1000);
	assert_false(info(f, 0).waits);
	assert_int_equal(info(f, 0).protocol, LINE_NI2);
	/* What the operator has blocked stays so. */
	assert_int_equal(info(f, 0).blocked, 1U << 5);
	assert_int_equal(info(f, 0).calls, 0);
	assert_int_equal(isdn_span_count(f->isdn), 1);
	fake_driver_up(f->lab.driver[0], G711_ALAW);
	fake_lab_run(&f->lab, 6000);
	assert_true(info(f, 0).in_service);
	for (int i = 0; i < 20; i++) {
		take(f, set_new(&f->lab, 1));
		fake_lab_run(&f->lab, 1000);
		assert_int_equal(info(f, 0).protocol, LINE_EUROISDN);
		assert_int_equal(info(f, 0).calls, 1);
		next = set_new(&f->lab, 1);
		next->spans[0].protocol = LINE_NI2;
		take(f, next);
		fake_lab_run(&f->lab, 1000);
		assert_int_equal(info(f, 0).protocol, LINE_NI2);
	}
	take(f, set_new(&f->lab, 1));
	fake_lab_run(&f->lab, 1000);
	fake_driver_up(f->lab.driver[0], G711_ALAW);
	fake_lab_run(&f->lab, 6000);
	talk(f, &call, seize(f, "span=1/2"), 1);
	hang_up(f, &call);
	assert_int_equal(info(f, 0).calls, 2);
}

/* Removed, then another kind of line, then what it was before it was removed:
 * it is as configured as any. */
static void test_back_by_a_detour(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call call = { 0 };
	struct set *next;

	fake_lab_up(&f->lab);
	take(f, set_new(&f->lab, 1));
	fake_lab_run(&f->lab, 1000);
	assert_int_equal(isdn_span_count(f->isdn), 1);
	next = set_new(&f->lab, 2);
	next->spans[1].protocol = LINE_NI2;
	take(f, next);
	fake_lab_run(&f->lab, 1000);
	next = set_new(&f->lab, 2);
	next->members[0] = &next->spans[1];
	next->trunk.member_count = 1;
	take(f, next);
	fake_lab_run(&f->lab, 1000);
	assert_int_equal(isdn_span_count(f->isdn), 2);
	assert_false(info(f, 1).leaving);
	assert_int_equal(info(f, 1).protocol, LINE_EUROISDN);
	fake_driver_up(f->lab.driver[1], G711_ALAW);
	fake_lab_run(&f->lab, 6000);
	assert_true(info(f, 1).in_service);
	talk(f, &call, seize(f, "span=2/1"), 2);
	hang_up(f, &call);
}

/* A RESTART that is owed for a channel goes with the channel. */
static void test_channels_change(void **state)
{
	struct fixture *f = *state;
	struct set *next = set_new(&f->lab, 2);
	struct span_info span;

	next->spans[0].restart_first_up = true;
	next->spans[0].protocol = LINE_NI2;
	take(f, next);
	fake_lab_run(&f->lab, 1000);
	next = set_new(&f->lab, 2);
	next->spans[0].restart_first_up = true;
	next->spans[0].protocol = LINE_NI2;
	next->spans[0].channels = 0xe; /* 1-3 */
	take(f, next);
	fake_lab_run(&f->lab, 1000);
	fake_lab_up(&f->lab);
	fake_lab_run(&f->lab, 6000);
	span = info(f, 0);
	assert_true(span.in_service);
	assert_int_equal(span.idle, 3);
	assert_int_equal(f->lab.network[0]->restarts, 3);
}

/* The operator's, not the line's: it stays when the channel does not. */
static void test_blocked_channel(void **state)
{
	struct fixture *f = *state;
	struct set *next = set_new(&f->lab, 2);

	assert_int_equal(isdn_block(f->isdn, 1, 5, true), 0);
	next->spans[0].channels = 0xe; /* 1-3 */
	take(f, next);
	fake_lab_run(&f->lab, 1000);
	assert_int_equal(info(f, 0).blocked, 0);
	take(f, set_new(&f->lab, 2));
	fake_lab_run(&f->lab, 1000);
	assert_int_equal(info(f, 0).blocked, 1U << 5);
}

/* A closed one is quiet, whatever it waited for. */
static void test_no_timer_stays(void **state)
{
	struct fixture *f = *state;
	const struct timer *timer;

	fake_lab_up(&f->lab);
	assert_int_equal(isdn_restart(f->isdn, 2, 5), 0);
	take(f, set_new(&f->lab, 1));
	loop_step(f->loop, 0);
	assert_int_equal(isdn_span_count(f->isdn), 1);
	for (unsigned minute = 0; minute < 5; minute++) {
		timer = timers_first(f->lab.timers);
		for (; timer; timer = timers_after(timer))
			assert_string_not_equal(timer->object ? timer->object
							      : "",
						"span=2");
		fake_lab_run(&f->lab, 60000);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_trunk_groups),       CASE(test_old_group),
		CASE(test_timers_at_once),     CASE(test_waits_until_idle),
		CASE(test_waits_no_more),      CASE(test_removed_and_back),
		CASE(test_back_within_a_call), CASE(test_protocol),
		CASE(test_back_by_a_detour),   CASE(test_channels_change),
		CASE(test_no_timer_stays),     CASE(test_blocked_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
