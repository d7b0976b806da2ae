/* Calls that meet something drained. */
#include "call_rig.h"

#include "gateway/drain_ops.h"

static unsigned spans_drained;

void isdn_drain(struct isdn *isdn, unsigned span, bool drained)
{
	(void)isdn;
	if (drained)
		spans_drained |= 1U << span;
	else
		spans_drained &= ~(1U << span);
}

static const struct conf_span span_1 = { .number = 1 };
static struct conf with_span;

static int setup_drain(void **state)
{
	setup(state);
	spans_drained = 0;
	with_span = conf;
	with_span.spans = (struct conf_span *)&span_1;
	with_span.span_count = 1;
	gateway.conf = &with_span;
	drain_init(&gateway.drains, loop_timers(loop), &gateway_drain_ops,
		   &gateway);
	return 0;
}

static int teardown_drain(void **state)
{
	(void)state;
	drain_clear(&gateway.drains);
	return 0;
}

static void drain(enum drain_kind kind, const char *name)
{
	assert_int_equal(drain_begin(&gateway.drains, kind, name, 0, NULL), 0);
}

/* Each refuses what begins there, from either side, and 34 says to a network
 * that it has to go another way. */
static const struct {
	enum drain_kind kind;
	const char *name;
	const char *from;
	bool isdn;
	const char *digits;
	uint8_t q850; /* 0: goes through */
} refusals[] = {
	{ DRAIN_ALL, "", "phones", false, "+493055", 34 },
	{ DRAIN_ALL, "", "city", true, "+4930", 34 },
	{ DRAIN_PEER, "phones", "phones", false, "+493055", 47 },
	{ DRAIN_PEER, "phones", "city", true, "+4930", 0 },
	{ DRAIN_PEER, "phones", "city", true, "+4940", 47 }, /* to it */
	{ DRAIN_TRUNK, "city", "city", true, "+4930", 34 },
	{ DRAIN_TRUNK, "city", "phones", false, "+493055", 34 }, /* to it */
	{ DRAIN_SPAN, "1", "city", true, "+4930", 34 },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		struct test_leg *a;

		setup_drain(NULL);
		drain(refusals[i].kind, refusals[i].name);
		called = NULL;
		a = call_from(refusals[i].from, refusals[i].isdn,
			      refusals[i].digits);
		assert_int_equal(gateway.counters.drained, !!refusals[i].q850);
		if (refusals[i].q850) {
			assert_null(called);
			assert_int_equal(last_release.q850, refusals[i].q850);
			assert_int_equal(last_release.origin,
					 LEG_ORIGIN_GATEWAY);
		} else {
			assert_non_null(called);
			called->release_at_once = true;
			raise_event(called, LEG_RELEASED, false, 17);
		}
		raise_event(a, LEG_RELEASED, false, 34);
		assert_over();
		teardown_drain(NULL);
	}
}

/* The route's next target is another one. */
static void test_next_target(void **state)
{
	struct test_leg *a;

	(void)state;
	drain(DRAIN_TRUNK, "city");
	a = dial("+497712");
	assert_string_equal(seized_in, "overflow");
	/* The one behind it has no server. */
	assert_int_equal(gateway.counters.overflowed, 1);
	assert_int_equal(gateway.counters.rerouted, 1);
	assert_int_equal(gateway.counters.drained, 0);
	a->release_at_once = true;
	raise_event(called, LEG_RELEASED, false, 17);
	assert_over();
}

/* What a call left for another target has nothing to wait for, however long the
 * call may last there. */
static void test_call_that_goes_elsewhere(void **state)
{
	struct drain_set *set = &gateway.drains;
	struct test_leg *a = dial("+497712");

	(void)state;
	assert_string_equal(seized_in, "city");
	drain(DRAIN_TRUNK, "city");
	assert_int_equal(drain_state_of(set, DRAIN_TRUNK, "city"),
			 DRAIN_DRAINING);
	raise_event(called, LEG_RELEASED, false, 42);
	assert_string_equal(seized_in, "overflow");
	assert_int_equal(drain_state_of(set, DRAIN_TRUNK, "city"),
			 DRAIN_DRAINED);
	a->release_at_once = true;
	raise_event(called, LEG_RELEASED, false, 17);
	assert_over();
}

static void test_running_call_stays(void **state)
{
	static const struct {
		enum drain_kind kind;
		const char *name;
	} cases[] = { { DRAIN_ALL, "" },
		      { DRAIN_PEER, "phones" },
		      { DRAIN_TRUNK, "city" },
		      { DRAIN_SPAN, "1" } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct drain_set *set = &gateway.drains;
		struct test_leg *a;

		setup_drain(NULL);
		a = dial("+493055");
		a->release_at_once = called->release_at_once = true;
		raise_event(called, LEG_ANSWER, false, 0);
		drain(cases[i].kind, cases[i].name);
		assert_int_equal(drain_state_of(set, cases[i].kind,
						cases[i].name),
				 DRAIN_DRAINING);
		assert_int_equal(drain_calls(drain_find(set, cases[i].kind,
							cases[i].name)),
				 1);
		raise_event(a, LEG_DISCONNECT, false, 16);
		drain_check(set);
		assert_int_equal(drain_state_of(set, cases[i].kind,
						cases[i].name),
				 DRAIN_DRAINED);
		assert_over();
		teardown_drain(NULL);
	}
}

/* It goes through whatever is drained, and no time-out ends it. */
static void test_emergency(void **state)
{
	struct drain_set *set = &gateway.drains;
	struct test_leg *a;

	(void)state;
	gateway.phase = GATEWAY_DRAINING;
	drain_begin(set, DRAIN_ALL, "", 3000, NULL);
	drain_begin(set, DRAIN_PEER, "phones", 3000, NULL);
	drain_begin(set, DRAIN_TRUNK, "city", 3000, NULL);
	assert_int_equal(drain_state_of(set, DRAIN_ALL, ""), DRAIN_DRAINED);
	a = dial("112");
	assert_string_equal(orders, "b:setup");
	assert_int_equal(drain_state_of(set, DRAIN_ALL, ""), DRAIN_DRAINING);
	assert_int_equal(drain_state_of(set, DRAIN_TRUNK, "city"),
			 DRAIN_DRAINING);
	gateway_drain_ops.release(&gateway, DRAIN_ALL, "");
	assert_string_equal(orders, "b:setup");
	a->release_at_once = called->release_at_once = true;
	raise_event(called, LEG_ANSWER, false, 0);
	raise_event(a, LEG_DISCONNECT, false, 16);
	gateway.phase = GATEWAY_STOPPING;
	assert_over();
}

/* One that is refused is no call of what is drained. */
static void test_refused_is_not_counted(void **state)
{
	struct test_leg *a;

	(void)state;
	drain(DRAIN_PEER, "phones");
	a = dial("+493055");
	drain_check(&gateway.drains);
	assert_int_equal(drain_state_of(&gateway.drains, DRAIN_PEER, "phones"),
			 DRAIN_DRAINED);
	raise_event(a, LEG_RELEASED, false, 47);
	assert_over();
}

/* Cause 31, and the operator's doing. */
static void test_timeout(void **state)
{
	struct test_leg *a = dial("+493055");
	struct call *call = the_call();

	(void)state;
	a->release_at_once = called->release_at_once = true;
	raise_event(called, LEG_ANSWER, false, 0);
	drain_begin(&gateway.drains, DRAIN_SPAN, "1", 3000, NULL);
	now_ms += 3000;
	timers_run(loop_timers(loop));
	assert_int_equal(last_release.q850, 31);
	assert_int_equal(call->released_by, CALL_BY_OPERATOR);
	assert_string_equal(call->cause.text, "drain");
	assert_over();
}

static void test_span_is_told(void **state)
{
	(void)state;
	assert_int_equal(drain_begin(&gateway.drains, DRAIN_SPAN, "2", 0, NULL),
			 -ENOENT);
	drain(DRAIN_SPAN, "1");
	assert_int_equal(spans_drained, 2);
	drain_end(&gateway.drains, DRAIN_SPAN, "1");
	assert_int_equal(spans_drained, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test_setup_teardown(test_next_target, setup_drain,
						teardown_drain),
		cmocka_unit_test_setup_teardown(test_call_that_goes_elsewhere,
						setup_drain, teardown_drain),
		cmocka_unit_test(test_running_call_stays),
		cmocka_unit_test_setup_teardown(test_emergency, setup_drain,
						teardown_drain),
		cmocka_unit_test_setup_teardown(test_refused_is_not_counted,
						setup_drain, teardown_drain),
		cmocka_unit_test_setup_teardown(test_timeout, setup_drain,
						teardown_drain),
		cmocka_unit_test_setup_teardown(test_span_is_told, setup_drain,
						teardown_drain),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
