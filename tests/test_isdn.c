#include "dahdi/isdn.h"
#include "gateway/clock.h"
#include "gateway/loop.h"
#include "tests/fake_log.h"
#include "tests/fake_network.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
	struct fake_lab lab;
	struct loop *loop;
	struct conf conf;
	struct conf_trunk trunks[2];
	const struct conf_span *members[2];
	struct isdn *isdn;
};

static const struct isdn_wish plain = { .tried = NULL };
static const struct isdn_wish emergency = { .emergency = true };

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct span_drivers drivers;

	fake_lab_start(&f->lab, 2);
	assert_int_equal(loop_new(&f->loop), 0);
	f->lab.timers = loop_timers(f->loop);
	f->members[0] = &f->lab.conf[0];
	f->members[1] = &f->lab.conf[1];
	f->trunks[0] = (struct conf_trunk){ .name = "city",
					    .members = f->members,
					    .member_count = 2,
					    .hunt = CONF_HUNT_LOWEST };
	f->trunks[1] = f->trunks[0];
	f->trunks[1].hunt = CONF_HUNT_ROUND_ROBIN;
	strcpy(f->trunks[1].name, "ring");
	f->conf.spans = f->lab.conf;
	f->conf.span_count = 2;
	f->conf.trunks = f->trunks;
	f->conf.trunk_count = 2;
	drivers = fake_lab_drivers(&f->lab);
	assert_int_equal(isdn_new_over(&f->isdn, f->loop, &f->conf,
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
	free(f);
	return 0;
}

static struct leg *seize(struct fixture *f, size_t trunk, unsigned span,
			 unsigned channel)
{
	struct leg_info info;
	struct leg *leg;

	assert_int_equal(isdn_leg_new(f->isdn, &f->trunks[trunk], &plain, &leg),
			 0);
	leg->ops->describe(leg, &info);
	assert_int_equal(info.span, span);
	assert_int_equal(info.channel, channel);
	assert_string_equal(info.peer, trunk ? "ring" : "city");
	return leg;
}

static void test_nothing_in_service(void **state)
{
	struct fixture *f = *state;
	struct leg *leg;

	assert_false(isdn_in_service(f->isdn));
	assert_int_equal(isdn_leg_new(f->isdn, &f->trunks[0], &plain, &leg),
			 -ENETDOWN);
	fake_lab_up(&f->lab);
	assert_true(isdn_in_service(f->isdn));
	fake_driver_down(f->lab.driver[0], "gone");
	assert_true(isdn_in_service(f->isdn));
	leg = seize(f, 0, 2, 1);
	leg->ops->free(leg);
	fake_driver_alarm(f->lab.driver[1], LINE_RED);
	assert_false(isdn_in_service(f->isdn));
	assert_int_equal(isdn_leg_new(f->isdn, &f->trunks[0], &plain, &leg),
			 -ENETDOWN);
}

/* Its calls go to the others, and those of the exchange are not its matter. */
static void test_drained(void **state)
{
	struct fixture *f = *state;
	struct leg *leg;

	fake_lab_up(&f->lab);
	isdn_drain(f->isdn, 1, true);
	assert_int_equal(isdn_idle_channels(f->isdn, &f->trunks[0], false), 30);
	assert_int_equal(isdn_idle_channels(f->isdn, &f->trunks[0], true), 60);
	leg = seize(f, 0, 2, 1);
	leg->ops->free(leg);
	/* Nor do emergency calls, where there is another. */
	assert_int_equal(isdn_leg_new(f->isdn, &f->trunks[0], &emergency, &leg),
			 0);
	assert_string_equal(leg->name, "span=2/1");
	leg->ops->free(leg);
	assert_true(isdn_in_service(f->isdn));
	isdn_drain(f->isdn, 2, true);
	assert_false(isdn_in_service(f->isdn));
	assert_int_equal(isdn_leg_new(f->isdn, &f->trunks[0], &plain, &leg),
			 -ESHUTDOWN);
	assert_int_equal(isdn_leg_new(f->isdn, &f->trunks[0], &emergency, &leg),
			 0);
	leg->ops->free(leg);
	isdn_drain(f->isdn, 1, false);
	leg = seize(f, 0, 1, 1);
	leg->ops->free(leg);
}

static void block_all(struct fixture *f, unsigned span, bool blocked)
{
	for (unsigned n = 1; n <= 31; n++)
		isdn_block(f->isdn, span, n, blocked);
}

/* That is no fault of the calls that go on. */
static void test_blocked(void **state)
{
	struct fixture *f = *state;
	struct leg *leg, *other, *none;

	fake_lab_up(&f->lab);
	leg = seize(f, 0, 1, 1);
	block_all(f, 1, true);
	other = seize(f, 0, 2, 1);
	block_all(f, 2, true);
	assert_int_equal(isdn_leg_new(f->isdn, &f->trunks[0], &emergency,
				      &none),
			 -EACCES);
	/* One that is free is reserved: that is no matter of the operator. */
	isdn_block(f->isdn, 2, 2, false);
	f->trunks[0].reserve = 1;
	assert_int_equal(isdn_leg_new(f->isdn, &f->trunks[0], &plain, &none),
			 -EBUSY);
	leg->ops->free(leg);
	other->ops->free(other);
}

/* A lost span is worse when it was the last of its group. */
static void test_last_one_is_worse(void **state)
{
	struct fixture *f = *state;

	fake_lab_up(&f->lab);
	fake_log_start();
	fake_driver_alarm(f->lab.driver[0], LINE_RED);
	assert_true(fake_log_has("warning", "span=1 alarm=red"));
	fake_driver_down(f->lab.driver[1], "gone");
	assert_true(fake_log_has("err", "msg=\"line lost: gone"));
	fake_driver_alarm(f->lab.driver[0], 0);
	assert_true(isdn_in_service(f->isdn));
	fake_driver_up(f->lab.driver[1], G711_ALAW);
	fake_lab_run(&f->lab, 6000);
	fake_line_cut(f->lab.line[1], true);
	fake_lab_run(&f->lab, 60000);
	assert_true(fake_log_has("warning", "msg=\"D channel down: the far "
					    "end does not answer"));
	fake_line_cut(f->lab.line[0], true);
	fake_lab_run(&f->lab, 60000);
	assert_true(fake_log_has("err", "dchannel-down span=1 "));
	fake_log_stop();
	assert_false(isdn_in_service(f->isdn));
}

/* All 60 channels, and the 61st. */
static void test_every_channel(void **state)
{
	struct fixture *f = *state;
	struct leg *legs[60], *leg;
	struct span_info info;

	fake_lab_up(&f->lab);
	for (unsigned i = 0; i < 60; i++) {
		unsigned n = i % 30 + 1;

		legs[i] = seize(f, 0, 1 + i / 30, n < 16 ? n : n + 1);
	}
	assert_int_equal(isdn_leg_new(f->isdn, &f->trunks[0], &plain, &leg),
			 -EBUSY);
	assert_int_equal(isdn_span_count(f->isdn), 2);
	isdn_span_info(f->isdn, 1, &info);
	assert_int_equal(info.number, 2);
	assert_int_equal(info.busy, 30);
	assert_int_equal(info.idle, 0);
	legs[40]->ops->free(legs[40]);
	legs[40] = seize(f, 0, 2, 11);
	for (unsigned i = 0; i < 60; i++)
		legs[i]->ops->free(legs[i]);
	isdn_span_info(f->isdn, 1, &info);
	assert_int_equal(info.idle, 30);
}

/* Each trunk group goes its own round. */
static void test_round_robin(void **state)
{
	struct fixture *f = *state;
	struct leg *leg;

	fake_lab_up(&f->lab);
	for (unsigned i = 0; i < 60 * 2; i++) {
		unsigned n = i % 30 + 1;

		leg = seize(f, 1, 1 + i / 30 % 2, n < 16 ? n : n + 1);
		leg->ops->free(leg);
		leg = seize(f, 0, 1, 1);
		leg->ops->free(leg);
	}
}

static void test_tried_channels(void **state)
{
	struct fixture *f = *state;
	const struct isdn_tried tried = {
		.channel = { { 1, 1 }, { 1, 2 }, { 2, 1 } },
		.count = 3,
	};
	const struct isdn_wish wish = { .tried = &tried };
	struct leg_info info;
	struct leg *leg;

	fake_lab_up(&f->lab);
	assert_int_equal(isdn_leg_new(f->isdn, &f->trunks[0], &wish, &leg), 0);
	leg->ops->describe(leg, &info);
	assert_int_equal(info.span, 1);
	assert_int_equal(info.channel, 3);
	leg->ops->free(leg);
}

/* The last two channels are for emergency calls, whichever they are; a span
 * that is down has none to count. */
static void test_reserve(void **state)
{
	struct fixture *f = *state;
	struct leg *legs[61], *leg;
	unsigned count = 0;

	f->trunks[0].reserve = 2;
	fake_lab_up(&f->lab);
	assert_int_equal(isdn_idle_channels(f->isdn, &f->trunks[0], false), 60);
	while (!isdn_leg_new(f->isdn, &f->trunks[0], &plain, &legs[count]))
		count++;
	assert_int_equal(count, 58);
	assert_int_equal(isdn_idle_channels(f->isdn, &f->trunks[0], false), 2);
	assert_int_equal(isdn_leg_new(f->isdn, &f->trunks[0], &plain, &leg),
			 -EBUSY);
	while (!isdn_leg_new(f->isdn, &f->trunks[0], &emergency, &legs[count]))
		count++;
	assert_int_equal(count, 60);
	assert_int_equal(isdn_leg_new(f->isdn, &f->trunks[0], &emergency, &leg),
			 -EBUSY);
	/* The next one that is free is reserved again. */
	legs[count - 1]->ops->free(legs[count - 1]);
	assert_int_equal(isdn_leg_new(f->isdn, &f->trunks[0], &plain, &leg),
			 -EBUSY);
	while (--count)
		legs[count - 1]->ops->free(legs[count - 1]);
	fake_driver_down(f->lab.driver[0], "gone");
	assert_int_equal(isdn_idle_channels(f->isdn, &f->trunks[0], false), 30);
}

/* The channel that was given back last is the last to be taken again. */
static void test_most_idle(void **state)
{
	struct fixture *f = *state;
	struct leg *leg;

	f->trunks[0].hunt = CONF_HUNT_MOST_IDLE;
	f->trunks[0].hunt_end = CONF_HUNT_LOWEST;
	fake_lab_up(&f->lab);
	for (unsigned i = 0; i < 120; i++) {
		unsigned n = 1 + i % 30;

		leg = seize(f, 0, 1 + i / 30 % 2, n < 16 ? n : n + 1);
		fake_lab_run(&f->lab, 10);
		leg->ops->free(leg);
	}
}

/* Calls fall on both spans alike. */
static void test_least_used(void **state)
{
	struct fixture *f = *state;
	struct leg *legs[10];

	f->trunks[0].hunt = CONF_HUNT_LEAST_USED;
	f->trunks[0].hunt_end = CONF_HUNT_HIGHEST;
	fake_lab_up(&f->lab);
	for (unsigned i = 0; i < 10; i++)
		legs[i] = seize(f, 0, 2 - i % 2, 31 - i / 2);
	for (unsigned i = 0; i < 10; i += 2)
		legs[i]->ops->free(legs[i]);
	for (unsigned i = 0; i < 10; i += 2)
		legs[i] = seize(f, 0, 2, 31 - i / 2);
	for (unsigned i = 0; i < 10; i++)
		legs[i]->ops->free(legs[i]);
}

/* Cause 44 goes up; the call tries the next channel and gets through. */
static void test_refused_then_another(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call first = { .answers_release = true };
	struct fake_isdn_call second = { .answers_release = true };
	const struct isdn_tried tried = { .channel = { { 1, 1 } }, .count = 1 };
	const struct isdn_wish wish = { .tried = &tried };
	struct fake_network *network = f->lab.network[0];
	struct leg *leg;

	fake_lab_up(&f->lab);
	network->does = NETWORK_REFUSES_AT_ONCE;
	network->cause = 44;
	leg = seize(f, 0, 1, 1);
	assert_int_equal(fake_isdn_call_setup(&first, leg, "5550100"), 0);
	fake_lab_run(&f->lab, 100);
	assert_int_equal(first.released, 1);
	assert_int_equal(first.cause.q850, 44);
	network->does = NETWORK_ANSWERS;
	assert_int_equal(isdn_leg_new(f->isdn, &f->trunks[0], &wish, &leg), 0);
	assert_string_equal(leg->name, "span=1/2");
	assert_int_equal(fake_isdn_call_setup(&second, leg, "5550100"), 0);
	fake_lab_run(&f->lab, 100);
	assert_int_equal(second.answer, 1);
	fake_isdn_call_release(&second, 16, 1);
	fake_lab_run(&f->lab, 100);
	assert_int_equal(second.released, 1);
	fake_isdn_call_free(&first);
	fake_isdn_call_free(&second);
}

static void test_setup_after_the_span_failed(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call call = { 0 };
	struct leg *leg;

	fake_lab_up(&f->lab);
	leg = seize(f, 0, 1, 1);
	fake_driver_down(f->lab.driver[0], "gone");
	assert_int_equal(fake_isdn_call_setup(&call, leg, "5550100"),
			 -ENETDOWN);
	assert_int_equal(call.released, 0);
	fake_isdn_call_free(&call);
	fake_lab_run(&f->lab, 100);
	fake_driver_up(f->lab.driver[0], G711_ALAW);
	fake_lab_run(&f->lab, 6000);
	leg = seize(f, 0, 1, 1);
	leg->ops->free(leg);
}

/* The sum over all spans. */
static void test_audit(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call calls[2] = { 0 };
	struct isdn_audit found;

	fake_lab_up(&f->lab);
	for (unsigned i = 0; i < 2; i++) {
		struct leg *leg;

		f->lab.network[i]->does = NETWORK_ANSWERS;
		f->trunks[0].members = &f->members[i];
		f->trunks[0].member_count = 1;
		assert_int_equal(isdn_leg_new(f->isdn, &f->trunks[0], &plain,
					      &leg),
				 0);
		assert_int_equal(fake_isdn_call_setup(&calls[i], leg, "1"), 0);
		fake_lab_run(&f->lab, 100);
	}
	isdn_audit(f->isdn, &found);
	assert_int_equal(found.legs, 2);
	assert_int_equal(found.references, 2);
	assert_int_equal(found.libpri_calls, 2);
	assert_int_equal(found.repaired, 0);
	for (unsigned i = 0; i < 2; i++)
		calls[i].leg->ops->free(calls[i].leg);
	fake_lab_run(&f->lab, 100);
	isdn_audit(f->isdn, &found);
	assert_int_equal(found.legs + found.references + found.libpri_calls, 0);
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_LAB(test_nothing_in_service),
		IN_LAB(test_drained),
		IN_LAB(test_blocked),
		IN_LAB(test_last_one_is_worse),
		IN_LAB(test_every_channel),
		IN_LAB(test_round_robin),
		IN_LAB(test_tried_channels),
		IN_LAB(test_reserve),
		IN_LAB(test_most_idle),
		IN_LAB(test_least_used),
		IN_LAB(test_refused_then_another),
		IN_LAB(test_setup_after_the_span_failed),
		IN_LAB(test_audit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
