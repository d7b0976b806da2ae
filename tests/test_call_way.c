/* Calls that go on to the next target of their route. */
#include "call_rig.h"
#include "gateway/lot.h"
#include "tests/fake_log.h"

#define BACK "[the route leads back where it began][next: overflow]"

/* The trunk group is out of order in one of several ways: the call goes to the
 * next one, and the target between that no call of its kind can take is passed
 * over. */
static const struct {
	int isdn_error;
	enum leg_event_type before, fails; /* LEG_EVENT_TYPES: not at all */
	uint8_t q850;
	const char *orders, *notes;
} detours[] = {
	{ -ENETDOWN, LEG_EVENT_TYPES, LEG_EVENT_TYPES, 38, "b:setup",
	  "[no span of the trunk group is up][next: pbx]" BACK },
	{ -EBUSY, LEG_EVENT_TYPES, LEG_EVENT_TYPES, 34, "b:setup",
	  "[the trunk group has no free channel][next: pbx]" BACK },
	{ 0, LEG_EVENT_TYPES, LEG_RELEASED, 34, "b:setup b:setup",
	  "[next: pbx]" BACK },
	{ 0, LEG_PROCEEDING, LEG_RELEASED, 41, "b:setup a:proceeding b:setup",
	  "[next: pbx]" BACK },
	{ 0, LEG_PROCEEDING, LEG_DISCONNECT, 42,
	  "b:setup a:proceeding b:release(42) b:setup", "[next: pbx]" BACK },
};

/* The gateway's own rows of the ladder. */
static void notes_are(const struct call *call, const char *expected)
{
	char notes[256] = "";

	for (unsigned i = 0; i < call->trace.count; i++) {
		const struct trace_row *row = &call->trace.row[i];
		size_t len = strlen(notes);

		if (row->side == TRACE_GATEWAY)
			snprintf(notes + len, sizeof notes - len, "[%s]",
				 row->text);
	}
	assert_string_equal(notes, expected);
}

static void test_next_target(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof detours / sizeof detours[0]; i++) {
		struct test_leg *a, *first;

		setup(NULL);
		isdn_error = detours[i].isdn_error;
		log_set_level(LOG_INFO);
		fake_log_start();
		a = dial("+497712");
		a->release_at_once = true;
		first = called;
		if (detours[i].before != LEG_EVENT_TYPES)
			raise_event(first, detours[i].before, false, 0);
		if (detours[i].fails != LEG_EVENT_TYPES)
			raise_event(first, detours[i].fails, false,
				    detours[i].q850);
		if (detours[i].fails == LEG_DISCONNECT) {
			assert_int_equal(the_call()->fsm.state, CALL_REROUTING);
			raise_event(first, LEG_RELEASED, false, 16);
		}
		assert_true(
			fake_log_has(isdn_error == -EBUSY ? "info" : "warning",
				     "target=pbx"));
		fake_log_stop();
		log_set_level(LOG_ERR);
		assert_string_equal(orders, detours[i].orders);
		assert_string_equal(seized_in, "overflow");
		assert_int_equal(the_call()->fsm.state, CALL_SETUP);
		notes_are(the_call(), detours[i].notes);
		assert_int_equal(gateway.counters.overflowed,
				 isdn_error == -EBUSY);
		assert_int_equal(gateway.counters.rerouted,
				 2 - (isdn_error == -EBUSY));
		assert_int_equal(gateway.counters.no_channel, 0);
		assert_int_equal(bridges_alive, 1);
		called->release_at_once = true;
		raise_event(called, LEG_ANSWER, false, 0);
		raise_event(a, LEG_DISCONNECT, false, 16);
		assert_over();
	}
}

/* Who is refused is counted by the reason, and by no other. */
static void test_refused(void **state)
{
	static const struct {
		int isdn_error;
		uint64_t no_channel, span_down, drained;
	} cases[] = {
		{ -EBUSY, 1, 0, 0 },
		{ -ENETDOWN, 0, 1, 0 },
		{ -ESHUTDOWN, 0, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct test_leg *a;

		setup(NULL);
		isdn_error = cases[i].isdn_error;
		a = dial("+493012");
		raise_event(a, LEG_RELEASED, false, 34);
		assert_int_equal(gateway.counters.no_channel,
				 cases[i].no_channel);
		assert_int_equal(gateway.counters.span_down,
				 cases[i].span_down);
		assert_int_equal(gateway.counters.drained, cases[i].drained);
		assert_int_equal(gateway.counters.overflowed, 0);
		assert_over();
	}
}

/* What the last target says is the call's cause. */
static void test_no_next_target(void **state)
{
	struct test_leg *a = dial("+497712");

	(void)state;
	a->release_at_once = true;
	raise_event(called, LEG_RELEASED, false, 34);
	raise_event(called, LEG_RELEASED, false, 38);
	assert_string_equal(orders, "b:setup b:setup a:release(38)");
	assert_over();
}

/* Busy is busy by any way; and who has heard something is not moved. */
static void test_not_rerouted(void **state)
{
	static const struct {
		enum leg_event_type before;
		bool inband;
		uint8_t q850;
	} cases[] = {
		{ LEG_PROCEEDING, false, 17 },
		{ LEG_PROGRESS, true, 34 },
		{ LEG_ALERTING, false, 34 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct test_leg *a;

		setup(NULL);
		a = dial("+497712");
		a->release_at_once = true;
		raise_event(called, cases[i].before, cases[i].inband, 0);
		raise_event(called, LEG_RELEASED, false, cases[i].q850);
		assert_int_equal(last_release.q850, cases[i].q850);
		assert_int_equal(gateway.counters.rerouted, 0);
		assert_over();
	}
}

static uint32_t lot;

static uint32_t drawn(void)
{
	return lot;
}

/* The lot says who of those that share is first; the other one follows. */
static void test_shares(void **state)
{
	static const struct {
		uint32_t lot;
		const char *first, *second;
	} vectors[] = {
		{ 0, "city", "overflow" },
		{ 69, "city", "overflow" },
		{ 70, "overflow", "city" },
		{ 4294967295, "overflow", "city" },
	};

	(void)state;
	lot_set_source(drawn);
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		struct test_leg *a;

		setup(NULL);
		lot = vectors[i].lot;
		a = dial("+497812");
		a->release_at_once = true;
		assert_string_equal(seized_in, vectors[i].first);
		raise_event(called, LEG_RELEASED, false, 34);
		assert_string_equal(seized_in, vectors[i].second);
		raise_event(called, LEG_RELEASED, false, 34);
		assert_string_equal(orders, "b:setup b:setup a:release(34)");
		assert_over();
	}
	lot_set_source(NULL);
}

static void test_hang_up_while_rerouting(void **state)
{
	struct test_leg *a = dial("+497712");

	(void)state;
	raise_event(called, LEG_PROCEEDING, false, 0);
	raise_event(called, LEG_DISCONNECT, false, 34);
	raise_event(a, LEG_RELEASED, false, 16);
	raise_event(called, LEG_RELEASED, false, 16);
	assert_string_equal(orders, "b:setup a:proceeding b:release(34) "
				    "b:release(16)");
	assert_over();
}

/* The exchange gives a call one of the channels that are kept free: only an
 * emergency call may stay there. */
static void test_reserve_from_network(void **state)
{
	struct test_leg *a;

	(void)state;
	city.reserve = 2;
	idle_channels = 1;
	a = call_from("city", true, "+49301");
	assert_string_equal(orders, "b:release(34)");
	assert_int_equal(gateway.counters.no_channel, 1);
	raise_event(a, LEG_RELEASED, false, 34);
	assert_over();
	setup(NULL);
	idle_channels = 2;
	a = call_from("city", true, "+49301");
	a->release_at_once = called->release_at_once = true;
	assert_string_equal(orders, "a:setup");
	raise_event(a, LEG_DISCONNECT, false, 16);
	assert_over();
	city.reserve = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_next_target, setup),
		cmocka_unit_test_setup(test_no_next_target, setup),
		cmocka_unit_test_setup(test_not_rerouted, setup),
		cmocka_unit_test(test_refused),
		cmocka_unit_test_setup(test_shares, setup),
		cmocka_unit_test_setup(test_hang_up_while_rerouting, setup),
		cmocka_unit_test_setup(test_reserve_from_network, setup),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
