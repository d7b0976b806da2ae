/* Calls and the limits that concern them. */
#include "call_rig.h"

static void limit(struct conf_limits *limits, enum conf_limit_unit unit,
		  uint32_t amount, bool per_caller)
{
	limits->limit[limits->count++] = (struct conf_limit){
		.place = { "t.conf", 7 },
		.unit = unit,
		.amount = amount,
		.per_caller = per_caller,
	};
}

static struct test_leg *call_by(const char *caller, const char *digits)
{
	struct leg_setup s = { .from = "phones",
			       .called.present = true,
			       .calling.present = true };
	struct test_leg *leg = leg_new(false);

	called = NULL;
	leg->release_at_once = true;
	snprintf(s.called.digits, sizeof s.called.digits, "%s", digits);
	snprintf(s.calling.digits, sizeof s.calling.digits, "%s", caller);
	call_incoming(&gateway, &leg->leg, &s);
	if (called)
		called->release_at_once = true;
	assert_int_equal(call_limit_audit(&gateway), 0);
	return leg;
}

static void is_refused(uint8_t q850, uint16_t status, const char *text)
{
	assert_null(called);
	assert_int_equal(last_release.q850, q850);
	assert_int_equal(last_release.sip_status, status);
	assert_int_equal(last_release.told, status == 403);
	if (strcmp(last_release.text, text))
		fail_msg("%s", last_release.text);
}

static void hang_up(struct test_leg *leg)
{
	raise_event(leg, LEG_DISCONNECT, false, 16);
	assert_int_equal(call_limit_audit(&gateway), 0);
}

static void answer(void)
{
	raise_event(called, LEG_ANSWER, false, 0);
}

static bool has_call(const struct test_leg *leg)
{
	const struct call *call;

	TAILQ_FOREACH(call, &gateway.calls, link)
	if (call->a == &leg->leg)
		return true;
	return false;
}

/* The called leg is released, and perhaps another one takes its place. */
static void fails(uint8_t q850)
{
	struct test_leg *first = called;

	raise_event(first, LEG_RELEASED, false, q850);
	if (called != first)
		called->release_at_once = true;
	assert_int_equal(call_limit_audit(&gateway), 0);
}

static void all_over(unsigned calls)
{
	struct call *call;
	unsigned ended = 0;

	loop_step(loop, 0);
	assert_true(TAILQ_EMPTY(&gateway.calls));
	assert_int_equal(legs_alive, 0);
	while ((call = TAILQ_FIRST(&gateway.history))) {
		TAILQ_REMOVE(&gateway.history, call, link);
		call_free(call);
		ended++;
	}
	assert_int_equal(ended, calls);
}

static uint32_t used(const struct conf_limits *limits)
{
	const struct limit_now now = limit_clock_now(&gateway.limit_clock, "");
	struct limit_use use;

	limit_look(gateway.limits, limits, &limits->limit[0], &now, &use);
	return use.used;
}

static void test_rule(void **state)
{
	struct test_leg *a;

	(void)state;
	limit(&rule_limits, CONF_LIMIT_CALLS, 1, false);
	a = call_by("+491", "+49881");
	assert_non_null(called);
	call_by("+492", "+49882");
	is_refused(42, 0, "limit reached: 1 calls");
	assert_int_equal(gateway.counters.limited, 1);
	/* another rule */
	hang_up(call_by("+492", "+49301"));
	hang_up(a);
	a = call_by("+492", "+49882");
	assert_non_null(called);
	hang_up(a);
	all_over(4);
}

static void test_per_caller(void **state)
{
	struct test_leg *a, *b;

	(void)state;
	limit(&rule_limits, CONF_LIMIT_CALLS, 1, true);
	a = call_by("+491", "+49881");
	call_by("+491", "+49881");
	is_refused(21, 403, "limit reached: 1 calls per caller");
	b = call_by("+492", "+49881");
	assert_non_null(called);
	hang_up(a);
	hang_up(b);
	all_over(3);
}

/* By whatever rule its numbers are called; and what the rule has given is given
 * back when the class refuses. */
static void test_class(void **state)
{
	struct test_leg *a, *b;

	(void)state;
	limit(&rule_limits, CONF_LIMIT_CALLS, 2, false);
	limit(&rule_limits, CONF_LIMIT_RATE, 2, false);
	limit(&premium.limits, CONF_LIMIT_CALLS, 1, false);
	a = call_by("+491", "+49889001");
	call_by("+492", "+49889002");
	is_refused(42, 0, "limit reached: 1 calls");
	assert_int_equal(used(&rule_limits), 1);
	b = call_by("+492", "+49881");
	assert_non_null(called);
	hang_up(a);
	hang_up(b);
	assert_int_equal(used(&rule_limits), 0);
	assert_int_equal(used(&premium.limits), 0);
	all_over(3);
}

/* A group that has had enough is passed over like a full one. */
static void test_trunk(void **state)
{
	struct test_leg *a, *b;

	(void)state;
	limit(&city.limits, CONF_LIMIT_CALLS, 1, false);
	a = call_by("+491", "+49301");
	assert_string_equal(seized_in, "city");
	b = call_by("+491", "+497712");
	assert_string_equal(seized_in, "overflow");
	assert_int_equal(used(&city.limits), 1);
	call_by("+491", "+49302");
	is_refused(34, 0, "limit reached: 1 calls");
	hang_up(a);
	assert_int_equal(used(&city.limits), 0);
	a = call_by("+491", "+49301");
	assert_string_equal(seized_in, "city");
	hang_up(a);
	hang_up(b);
	all_over(4);
}

/* When the call leaves it for the next one, others may come. */
static void test_leaves_trunk(void **state)
{
	struct test_leg *a, *b;

	(void)state;
	limit(&city.limits, CONF_LIMIT_CALLS, 1, false);
	a = call_by("+491", "+497712");
	fails(34);
	assert_string_equal(seized_in, "overflow");
	assert_int_equal(used(&city.limits), 0);
	b = call_by("+491", "+49301");
	assert_string_equal(seized_in, "city");
	hang_up(b);
	hang_up(a);
	all_over(2);
}

/* Another channel of the same group is no other call. */
static void test_another_channel(void **state)
{
	struct test_leg *a;

	(void)state;
	limit(&city.limits, CONF_LIMIT_CALLS, 1, false);
	limit(&city.limits, CONF_LIMIT_RATE, 1, false);
	a = call_by("+491", "+49301");
	fails(44);
	assert_int_equal(the_call()->attempts, 2);
	assert_int_equal(used(&city.limits), 1);
	hang_up(a);
	assert_int_equal(used(&city.limits), 0);
	all_over(1);
}

/* A call that found no channel has not begun there. */
static void test_no_channel(void **state)
{
	struct test_leg *a;

	(void)state;
	limit(&city.limits, CONF_LIMIT_RATE, 1, false);
	isdn_error = -EBUSY;
	for (unsigned i = 0; i < 3; i++)
		call_by("+491", "+49301");
	is_refused(34, 0, "the trunk group has no free channel");
	isdn_error = 0;
	a = call_by("+491", "+49301");
	assert_non_null(called);
	call_by("+491", "+49301");
	is_refused(34, 0, "limit reached: 1 calls/s");
	now_ms += 1100;
	hang_up(call_by("+491", "+49301"));
	hang_up(a);
	all_over(6);
}

static void test_minutes(void **state)
{
	struct test_leg *a, *b;

	(void)state;
	limit(&rule_limits, CONF_LIMIT_MINUTES, 1, false);
	a = call_by("+491", "+49881");
	now_ms += 3600000;
	b = call_by("+491", "+49881");
	assert_non_null(called);
	answer();
	now_ms += 59999;
	assert_int_equal(used(&rule_limits), 0);
	now_ms += 1;
	assert_int_equal(used(&rule_limits), 1);
	call_by("+492", "+49881");
	is_refused(21, 403, "limit reached: 1 min/day");
	hang_up(a);
	hang_up(b);
	all_over(3);
}

/* No limit stands in its way, and it takes nothing of what others have. */
static void test_emergency(void **state)
{
	struct test_leg *a, *b;

	(void)state;
	limit(&city.limits, CONF_LIMIT_CALLS, 1, false);
	strcpy(premium_numbers[0].first, "112");
	limit(&premium.limits, CONF_LIMIT_CALLS, 1, true);
	a = call_by("+491", "+49301");
	b = call_by("+491", "112");
	assert_non_null(called);
	assert_true(wished_emergency);
	hang_up(a);
	assert_int_equal(used(&city.limits), 0);
	a = call_by("+491", "+49301");
	assert_non_null(called);
	assert_false(wished_emergency);
	hang_up(b);
	assert_int_equal(used(&city.limits), 1);
	hang_up(a);
	strcpy(premium_numbers[0].first, "+4988900");
	all_over(3);
}

/* What a call has lost is found and mended. */
static void test_audit(void **state)
{
	struct test_leg *a;

	(void)state;
	limit(&rule_limits, CONF_LIMIT_CALLS, 1, false);
	limit(&city.limits, CONF_LIMIT_CALLS, 1, false);
	a = call_by("+491", "+49881");
	memset(&the_call()->limits, 0, sizeof the_call()->limits);
	assert_int_equal(call_limit_audit(&gateway), 2);
	assert_int_equal(call_limit_audit(&gateway), 0);
	hang_up(a);
	a = call_by("+491", "+49881");
	assert_non_null(called);
	hang_up(a);
	all_over(2);
}

/* Whatever happens to calls: as many are counted as there are, and in the end
 * none. */
static void test_any_order(void **state)
{
	static const char *const numbers[] = { "+49881", "+49889001", "+49301",
					       "+497712", "112" };
	struct test_leg *leg[12] = { NULL };
	unsigned calls = 0;

	(void)state;
	srandom(11);
	limit(&rule_limits, CONF_LIMIT_CALLS, 4, false);
	limit(&rule_limits, CONF_LIMIT_MINUTES, 20, true);
	limit(&premium.limits, CONF_LIMIT_RATE, 2, false);
	limit(&city.limits, CONF_LIMIT_CALLS, 3, false);
	limit(&city.limits, CONF_LIMIT_CALLS, 2, true);
	for (unsigned step = 0; step < 6000; step++) {
		unsigned i = (unsigned)random() % 12;
		char caller[8];

		now_ms += (uint64_t)random() % 400;
		isdn_error = random() % 9 ? 0 : -EBUSY;
		snprintf(caller, sizeof caller, "+%ld", random() % 4);
		if (leg[i]) {
			hang_up(leg[i]);
			leg[i] = NULL;
			continue;
		}
		leg[i] = call_by(caller, numbers[random() % 5]);
		calls++;
		if (!called) {
			leg[i] = NULL;
			continue;
		}
		if (random() % 2)
			answer();
		else if (random() % 4 == 0)
			fails(34);
		if (!has_call(leg[i]))
			leg[i] = NULL;
		assert_true(used(&rule_limits) <= 4);
		assert_true(used(&city.limits) <= 3);
	}
	for (unsigned i = 0; i < 12; i++)
		if (leg[i])
			hang_up(leg[i]);
	assert_int_equal(used(&rule_limits), 0);
	assert_int_equal(used(&city.limits), 0);
	assert_true(gateway.counters.limited > 100);
	all_over(calls);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_rule, setup),
		cmocka_unit_test_setup(test_per_caller, setup),
		cmocka_unit_test_setup(test_class, setup),
		cmocka_unit_test_setup(test_trunk, setup),
		cmocka_unit_test_setup(test_leaves_trunk, setup),
		cmocka_unit_test_setup(test_another_channel, setup),
		cmocka_unit_test_setup(test_no_channel, setup),
		cmocka_unit_test_setup(test_minutes, setup),
		cmocka_unit_test_setup(test_emergency, setup),
		cmocka_unit_test_setup(test_audit, setup),
		cmocka_unit_test_setup(test_any_order, setup),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
