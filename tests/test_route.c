/* A call's numbers to the core's form, the choice of a rule, and back. */
#include "gateway/route.h"
#include "tests/sample_numbering.h"
#include "tests/sample_route.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { UNKNOWN = 0, INTERNATIONAL = 1, NATIONAL = 2, SUBSCRIBER = 4 };
#define ANY 0xff

static struct conf_number_rule receive_rules[] = {
	{ .type = SUBSCRIBER, .plan = ANY, .from = "", .to = "+4930" },
	{ .type = NATIONAL, .plan = ANY, .from = "", .to = "+49" },
	{ .type = INTERNATIONAL, .plan = ANY, .from = "", .to = "+" },
	{ .type = UNKNOWN, .plan = ANY, .from = "0", .to = "+49" },
	{ .type = UNKNOWN, .plan = ANY, .from = "00", .to = "+" },
	{ .type = ANY, .plan = ANY, .from = "9", .to = "+1" },
};

static struct conf_number_rule send_rules[] = {
	{ .from = "+", .to = "", .type = INTERNATIONAL, .plan = 1 },
	{ .from = "+4930", .to = "", .type = SUBSCRIBER, .plan = 1 },
	{ .from = "+49", .to = "", .type = NATIONAL, .plan = 1 },
	{ .from = "+4940", .to = "040", .type = UNKNOWN, .plan = 0 },
};

static struct conf_numbering plan = {
	.name = "german-pri",
	.receive = receive_rules,
	.receive_count = sizeof receive_rules / sizeof receive_rules[0],
	.send = send_rules,
	.send_count = sizeof send_rules / sizeof send_rules[0],
};

static struct leg_number number(uint8_t type, const char *digits)
{
	struct leg_number n = { .type = type, .present = true };

	snprintf(n.digits, sizeof n.digits, "%s", digits);
	return n;
}

static struct conf_trunk city = { .name = "city", .numbering = &plan };

static const struct conf_action to_city = { .targets = { { .trunk = &city } },
					    .target_count = 1 },
				not_found = { .reject_status = 404 },
				barred = { .reject_status = 403 };

#define PREFIX(text)                                      \
	{                                                 \
		.form = CONF_NUMBER_PREFIX, .first = text \
	}
#define EXACT(text)                                      \
	{                                                \
		.form = CONF_NUMBER_EXACT, .first = text \
	}

static struct conf_route_rule rules[] = {
	{ .action = &not_found },
	{ .called = PREFIX("+49"), .action = &to_city },
	{ .called = PREFIX("+49900"), .action = &barred },
	{ .called = EXACT("110"), .action = &to_city },
	{ .called = EXACT("+49900110"), .action = &to_city },
};

static struct conf_route route = { .from = "phones",
				   .rules = rules,
				   .rule_count =
					   sizeof rules / sizeof rules[0] };

static const struct {
	const char *core;
	size_t rule;
} find_vectors[] = {
	{ "+49305550100", 1 }, { "+4990012345", 2 }, { "110", 3 },
	{ "1101", 0 },	       { "+49900110", 4 },   { "+499001101", 2 },
	{ "+44163", 0 },       { "11", 0 },
};

static struct conf_route routes[2];
static struct arena *plans, *numbers;

static const struct conf_route_rule *find(const struct conf_route *in,
					  const char *core)
{
	struct route_search search;

	route_search_begin(&search, in->plan, core, NULL);
	return route_search_next(&search);
}

static void test_find(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof find_vectors / sizeof find_vectors[0];
	     i++)
		assert_ptr_equal(find(&routes[0], find_vectors[i].core),
				 &rules[find_vectors[i].rule]);
}

/* The same rules in any order choose the same. */
static void test_order_never_decides(void **state)
{
	struct conf_route_rule turned[sizeof rules / sizeof rules[0]];
	struct conf_route back = route;
	const size_t n = sizeof rules / sizeof rules[0];
	struct arena *arena;

	(void)state;
	for (size_t i = 0; i < n; i++)
		turned[i] = rules[n - 1 - i];
	back.rules = turned;
	arena = sample_compile(&back, 1);
	for (size_t i = 0; i < sizeof find_vectors / sizeof find_vectors[0];
	     i++)
		assert_string_equal(
			find(&back, find_vectors[i].core)->called.first,
			rules[find_vectors[i].rule].called.first);
	arena_free(arena);
}

static struct conf_peer peers[] = { { .name = "phones", .numbering = &plan },
				    { .name = "pbx" } };

static const struct conf_action to_pbx = { .targets = { { .peer = &peers[1] } },
					   .target_count = 1 };
static struct conf_route_rule inbound = { .action = &to_pbx };

static const struct conf conf = {
	.peers = peers,
	.peer_count = 2,
	.trunks = &city,
	.trunk_count = 1,
	.routes = routes,
	.route_count = 2,
};

static int setup_routes(void **state)
{
	(void)state;
	routes[0] = route;
	routes[1] = (struct conf_route){ .from = "city",
					 .rules = &inbound,
					 .rule_count = 1 };
	plans = sample_compile(routes, 2);
	numbers = numbering_index(&plan);
	return plans ? 0 : -1;
}

static int teardown_routes(void **state)
{
	(void)state;
	arena_free(plans);
	arena_free(numbers);
	return 0;
}

static void test_call(void **state)
{
	struct leg_setup in = { .from = "phones" };
	struct route_result out;

	(void)state;
	in.called = number(UNKNOWN, "0305550100");
	in.calling = number(UNKNOWN, "+441632960000");
	in.calling.presentation = 1;
	assert_int_equal(route_call(&conf, &in, &sample_moment, &out), 0);
	assert_ptr_equal(out.rule, &rules[1]);
	assert_string_equal(out.called, "+49305550100");
	assert_string_equal(out.out.called.digits, "5550100");
	assert_int_equal(out.out.called.type, SUBSCRIBER);
	assert_string_equal(out.out.calling.digits, "441632960000");
	assert_int_equal(out.out.calling.type, INTERNATIONAL);
	assert_int_equal(out.out.calling.presentation, 1);
	assert_string_equal(out.out.from, "phones");
}

/* SIP gets numbers as the core has them. */
static void test_call_to_peer(void **state)
{
	struct leg_setup in = { .from = "city" };
	struct route_result out;

	(void)state;
	in.called = number(SUBSCRIBER, "5550100");
	in.calling = number(INTERNATIONAL, "441632960000");
	assert_int_equal(route_call(&conf, &in, &sample_moment, &out), 0);
	assert_string_equal(out.out.called.digits, "+49305550100");
	assert_string_equal(out.out.calling.digits, "+441632960000");
	in.called = number(UNKNOWN, "110");
	in.calling.present = false;
	assert_int_equal(route_call(&conf, &in, &sample_moment, &out), 0);
	assert_string_equal(out.out.called.digits, "110");
	assert_false(out.out.calling.present);
}

static void test_call_with_odd_caller(void **state)
{
	struct leg_setup in = { .from = "phones" };
	struct route_result out;

	(void)state;
	in.called = number(UNKNOWN, "110");
	in.calling = number(UNKNOWN, "anna");
	assert_int_equal(route_call(&conf, &in, &sample_moment, &out), 0);
	assert_false(out.out.calling.present);
	assert_string_equal(out.calling, "");
}

static void test_call_refused(void **state)
{
	struct leg_setup in = { .from = "phones" };
	struct route_result out;

	(void)state;
	in.called = number(UNKNOWN, "12a");
	assert_int_equal(route_call(&conf, &in, &sample_moment, &out), -EINVAL);
	in.called = number(UNKNOWN, "030");
	assert_int_equal(route_call(&conf, &in, &sample_moment, &out), -EINVAL);
	in.called = number(UNKNOWN, "110");
	strcpy(in.from, "nobody");
	assert_int_equal(route_call(&conf, &in, &sample_moment, &out), -ENOENT);
	assert_null(out.rule);
}

/* Each target has its own numbering; one that makes no number is an error of
 * its own, and the next may be asked for. */
static void test_targets(void **state)
{
	static struct conf_number_rule empty[] = { { .from = "+49305550100",
						     .to = "" } };
	static struct conf_numbering mute = { .send = empty, .send_count = 1 };
	static struct conf_trunk silent = { .name = "silent",
					    .numbering = &mute };
	struct conf_action action = {
		.targets = { { .trunk = &city },
			     { .trunk = &silent },
			     { .peer = &peers[1] } },
		.target_count = 3,
	};
	struct conf_route_rule rule = { .action = &action };
	struct conf_route only = { .from = "phones",
				   .rules = &rule,
				   .rule_count = 1 };
	struct conf three = conf;
	struct leg_setup in = { .from = "phones" };
	struct route_result out;
	struct arena *arena = sample_compile(&only, 1);
	struct arena *mutes = numbering_index(&mute);

	(void)state;
	three.routes = &only;
	three.route_count = 1;
	in.called = number(UNKNOWN, "0305550100");
	assert_int_equal(route_call(&three, &in, &sample_moment, &out), 0);
	assert_ptr_equal(route_target(&out)->trunk, &city);
	assert_string_equal(out.out.called.digits, "5550100");
	assert_int_equal(route_next(&in, &out), -EINVAL);
	assert_int_equal(route_next(&in, &out), 0);
	assert_ptr_equal(route_target(&out)->peer, &peers[1]);
	assert_string_equal(out.out.called.digits, "+49305550100");
	assert_int_equal(route_next(&in, &out), -ENOENT);
	assert_ptr_equal(route_target(&out)->peer, &peers[1]);
	/* The first one is passed over likewise. */
	action.targets[0].trunk = &silent;
	assert_int_equal(route_call(&three, &in, &sample_moment, &out), 0);
	assert_ptr_equal(route_target(&out)->peer, &peers[1]);
	assert_string_equal(out.out.called.digits, "+49305550100");
	action.target_count = 2;
	assert_int_equal(route_call(&three, &in, &sample_moment, &out),
			 -EINVAL);
	arena_free(arena);
	arena_free(mutes);
}

static const struct conf_retry some = {
	.cause = { 1ULL << 34, 1ULL << (102 - 64) },
	.status = { 503, 486 },
	.status_count = 2,
	.timeout = false,
};
static const struct conf_retry timeout_only = { .timeout = true };

static const struct {
	const struct conf_retry *retry;
	struct leg_cause cause;
	bool goes_on;
} retries[] = {
	{ NULL, { .q850 = 34 }, true },
	{ NULL, { .q850 = 38 }, true },
	{ NULL, { .q850 = 41 }, true },
	{ NULL, { .q850 = 17 }, false },
	{ NULL, { .q850 = 1 }, false },
	{ NULL, { .q850 = 18, .sip_status = 408 }, true },
	{ NULL, { .q850 = 41, .sip_status = 503 }, true },
	{ NULL, { .q850 = 17, .sip_status = 486 }, false },
	{ NULL, { .q850 = 21, .sip_status = 603 }, false },
	{ NULL, { .q850 = 102, .origin = LEG_ORIGIN_TIMER }, true },
	{ NULL, { .q850 = 27, .origin = LEG_ORIGIN_SPAN }, true },
	{ &some, { .q850 = 34 }, true },
	{ &some, { .q850 = 38 }, false },
	{ &some, { .q850 = 102 }, true },
	{ &some, { .q850 = 102, .origin = LEG_ORIGIN_TIMER }, false },
	{ &some, { .q850 = 41, .sip_status = 503 }, true },
	{ &some, { .q850 = 17, .sip_status = 486 }, true },
	/* the status decides, not the cause it is mapped to */
	{ &some, { .q850 = 34, .sip_status = 500 }, false },
	{ &timeout_only, { .q850 = 102, .origin = LEG_ORIGIN_TIMER }, true },
	{ &timeout_only, { .q850 = 34 }, false },
};

static void test_retries(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof retries / sizeof retries[0]; i++) {
		const struct conf_action action = { .retry = retries[i].retry };
		const struct conf_route_rule rule = { .action = &action };

		if (route_retries(&rule, &retries[i].cause) !=
		    retries[i].goes_on)
			fail_msg("vector %zu", i);
	}
}

/* Who answered, and who diverted, pass through both plans. */
static void test_told_numbers(void **state)
{
	struct leg_setup in = { .from = "phones" };
	struct leg_number told, connected = number(SUBSCRIBER, "5550199");
	struct route_result out;

	(void)state;
	in.called = number(UNKNOWN, "0305550100");
	in.redirecting.number = number(UNKNOWN, "030777");
	in.redirecting.number.presentation = 1;
	in.redirecting.reason = 15;
	in.redirecting.count = 2;
	assert_int_equal(route_call(&conf, &in, &sample_moment, &out), 0);
	assert_string_equal(out.redirecting, "+4930777");
	assert_string_equal(out.out.redirecting.number.digits, "777");
	assert_int_equal(out.out.redirecting.number.type, SUBSCRIBER);
	assert_int_equal(out.out.redirecting.number.presentation, 1);
	assert_int_equal(out.out.redirecting.reason, 15);
	assert_int_equal(out.out.redirecting.count, 2);
	connected.screening = 3;
	route_connected(&conf, &out, "phones", &connected, &told);
	assert_true(told.present);
	/* The peer of this test has send rules, like a trunk. */
	assert_string_equal(told.digits, "5550199");
	assert_int_equal(told.screening, 3);
	route_connected(&conf, &out, "phones",
			&(struct leg_number){ .presentation = 2 }, &told);
	assert_false(told.present);
	assert_int_equal(told.presentation, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_order_never_decides),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_call_to_peer),
		cmocka_unit_test(test_call_with_odd_caller),
		cmocka_unit_test(test_call_refused),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_retries),
		cmocka_unit_test(test_told_numbers),
	};

	return cmocka_run_group_tests(tests, setup_routes, teardown_routes);
}
