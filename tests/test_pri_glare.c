/* Calls that cross on one channel: one of ours to the network, one of its to
 * us. */
#include "dahdi/pri_leg.h"
#include "dahdi/pri_leg_in.h"
#include "gateway/fsm.h"
#include "tests/fake_network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
	struct fake_lab lab;
	struct fake_incoming in;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	fake_lab_start(&f->lab, 1);
	f->lab.incoming = &f->in;
	strcpy(f->lab.trunk.name, "city");
	f->lab.trunk.hunt = CONF_HUNT_LOWEST;
	fake_lab_spans(&f->lab);
	fake_lab_up(&f->lab);
	*state = f;
	return 0;
}

/* Whatever a test did, no table was broken, no channel is stuck and neither
 * libpri holds a call. */
static int teardown(void **state)
{
	struct fixture *f = *state;
	struct span_info info;

	span_describe(f->lab.span[0], &info);
	assert_int_equal(info.busy, 0);
	assert_int_equal(fsm_illegal_count(), 0);
	fake_lab_run(&f->lab, 120000);
	assert_true(fake_lab_is_clean(&f->lab));
	fake_lab_stop(&f->lab);
	free(f);
	return 0;
}

static void assert_idle(struct fixture *f, unsigned channel)
{
	assert_true(channel_is_idle(span_channel(f->lab.span[0], channel)));
}

static void assert_over(struct fake_isdn_call *call, unsigned cause,
			unsigned location)
{
	assert_int_equal(call->released, 1);
	assert_int_equal(call->cause.q850, cause);
	assert_int_equal(call->cause.location, location);
	fake_isdn_call_free(call);
}

/* Our SETUP and the network's cross on one channel: the network's call has it,
 * preferred or insisted on, and the network says what becomes of ours (Q.931
 * 5.7). */
static void test_glare(void **state)
{
	static const struct {
		bool exclusive;
		enum fake_network_does does;
		unsigned move_to;
		uint8_t refuses; /* with this cause */
		unsigned cause;	 /* of our call's end; 0: it is answered */
	} rows[] = {
		{ false, NETWORK_ANSWERS, 4, 0, 0 },
		{ true, NETWORK_ANSWERS, 4, 0, 0 },
		{ false, NETWORK_REFUSES_AT_ONCE, 0, 44, 44 },
		{ true, NETWORK_REFUSES, 0, 44, 44 },
		/* The span is full: one that may be tried on another. */
		{ false, NETWORK_REFUSES_AT_ONCE, 0, 34, 44 },
		/* It gives one channel to two calls: ours cannot have it. */
		{ false, NETWORK_ANSWERS, 31, 0, 44 },
	};
	struct fixture *f = *state;
	struct fake_network *network = f->lab.network[0];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct fake_network_setup setup = {
			.called = "1",
			.channel = 31,
			.exclusive = rows[i].exclusive
		};
		struct fake_isdn_call ours;

		f->in.count = 0;
		network->does = rows[i].does;
		network->cause = rows[i].refuses;
		network->location = 2;
		network->move_to = rows[i].move_to;
		fake_network_call(network, &setup);
		fake_isdn_call_start(&ours, &f->lab, 31);
		fake_lab_run(&f->lab, 1000);
		assert_int_equal(f->in.count, 1);
		assert_string_equal(f->in.call[0].leg->name, "span=1/31");
		assert_int_equal(ours.answer, rows[i].cause ? 0 : 1);
		if (!rows[i].cause) {
			assert_string_equal(ours.leg->name, "span=1/4");
			fake_isdn_call_release(&ours, 16, 1);
		} else if (ours.disconnect && !ours.released) {
			fake_isdn_call_release(&ours, 16, 1);
		}
		fake_isdn_call_release(&f->in.call[0], 16, 1);
		fake_lab_run(&f->lab, 1000);
		assert_int_equal(ours.released, 1);
		assert_int_equal(ours.cause.q850,
				 rows[i].cause ? rows[i].cause : 16);
		fake_isdn_call_free(&ours);
		assert_over(&f->in.call[0], 16, 1);
		assert_idle(f, 31);
	}
	network->move_to = 0;
}

/* A call that gave way and hears nothing of the network is in nobody's way:
 * neither when its old channel is restarted nor when it ends. */
static void test_glare_unanswered(void **state)
{
	struct fixture *f = *state;
	struct fake_network *network = f->lab.network[0];
	const struct fake_network_setup setup = { .called = "1",
						  .channel = 31 };
	struct fake_isdn_call ours;
	struct isdn_audit audit;

	network->does = NETWORK_SILENT;
	fake_network_call(network, &setup);
	fake_isdn_call_start(&ours, &f->lab, 31);
	fake_lab_run(&f->lab, 50);
	assert_string_equal(f->in.call[0].leg->name, "span=1/31");
	fake_lab_audit(&f->lab, &audit);
	assert_int_equal(audit.legs, 2);
	assert_int_equal(audit.call_without_channel, 0);
	fake_network_restart(network, 31);
	fake_lab_run(&f->lab, 50);
	assert_over(&f->in.call[0], 41, 1);
	assert_int_equal(ours.released, 0);
	fake_isdn_call_release(&ours, 16, 1);
	fake_lab_run(&f->lab, 1000);
	assert_over(&ours, 16, 1);
	assert_idle(f, 31);
}

/* Nor does one that was given up before the network has answered it. */
static void test_glare_given_up(void **state)
{
	struct fixture *f = *state;
	struct fake_network *network = f->lab.network[0];
	const struct fake_network_setup setup = { .called = "1",
						  .channel = 31 };
	struct fake_isdn_call ours;

	network->does = NETWORK_SILENT;
	fake_network_call(network, &setup);
	fake_isdn_call_start(&ours, &f->lab, 31);
	fake_isdn_call_release(&ours, 16, 1);
	fake_lab_run(&f->lab, 50);
	assert_string_equal(f->in.call[0].leg->name, "span=1/31");
	assert_over(&ours, 16, 1);
	fake_isdn_call_release(&f->in.call[0], 16, 1);
	fake_lab_run(&f->lab, 1000);
	assert_over(&f->in.call[0], 16, 1);
	assert_idle(f, 31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_glare, setup, teardown),
		cmocka_unit_test_setup_teardown(test_glare_unanswered, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_glare_given_up, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
