/* Calls are counted where they came from and went to, and quarters of an hour
 * turn over whether anything happens or not. */
#include "gateway/stats.h"

#include "tests/sample_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct conf_peer peers[] = { { .name = "phones" }, { .name = "pbx" } };
static struct conf_trunk trunks[] = { { .name = "city" }, { .name = "far" } };
static const struct conf conf = {
	.peers = peers,
	.peer_count = 2,
	.trunks = trunks,
	.trunk_count = 2,
};
static const struct conf_action far_action = {
	.targets = { { .trunk = &trunks[0] }, { .trunk = &trunks[1] } },
	.target_count = 2,
};
static const struct conf_action pbx_action = {
	.targets = { { .peer = &peers[1] } },
	.target_count = 1,
};
static const struct conf_route_rule to_far = { .action = &far_action };
static const struct conf_route_rule to_pbx = { .action = &pbx_action };

static struct stats *stats;

static void count_call(const char *from, const struct conf_route_rule *rule,
		       size_t target, uint64_t talk_ms)
{
	uint64_t now_ms = sample_now_ms;
	struct call call;

	sample_call(&call, 1);
	strcpy(call.setup.from, from);
	call.route.rule = rule;
	call.route.target = target;
	call.route.order[target] = (uint8_t)target;
	if (!talk_ms)
		call.answer_ms = 0;
	sample_end(&call, 1300 + talk_ms);
	sample_now_ms = now_ms;
	stats_call_over(stats, &call);
}

static void is_row(const struct stats_row *row, enum stats_window window,
		   uint64_t calls, uint64_t answered, uint64_t in,
		   uint64_t talk_ms)
{
	const struct stats_count *n = &row->window[window];

	assert_int_equal(n->calls, calls);
	assert_int_equal(n->answered, answered);
	assert_int_equal(n->from_network, in);
	assert_int_equal(n->talk_ms, talk_ms);
}

static int setup(void **state)
{
	(void)state;
	sample_now_ms = 1000;
	clock_set_source(sample_clock);
	return stats_new(&stats, &conf);
}

static int teardown(void **state)
{
	(void)state;
	stats_free(stats);
	clock_set_source(NULL);
	return 0;
}

static void test_ends(void **state)
{
	struct stats_row row;

	(void)state;
	count_call("phones", &to_far, 1, 4000);
	count_call("phones", NULL, 0, 0);
	count_call("city", &to_pbx, 0, 6000);
	stats_total(stats, &row);
	is_row(&row, STATS_ALL, 3, 2, 1, 10000);
	is_row(&row, STATS_QUARTER, 3, 2, 1, 10000);
	stats_peer(stats, "phones", &row);
	is_row(&row, STATS_ALL, 2, 1, 0, 4000);
	stats_peer(stats, "pbx", &row);
	is_row(&row, STATS_ALL, 1, 1, 1, 6000);
	/* The target that carried it, not the first of the rule. */
	stats_trunk(stats, "city", &row);
	is_row(&row, STATS_ALL, 1, 1, 1, 6000);
	stats_trunk(stats, "far", &row);
	is_row(&row, STATS_ALL, 1, 1, 0, 4000);
	assert_int_equal(stats_cause(stats, 16), 3);
	assert_int_equal(stats_cause(stats, 17), 0);
}

static void test_quarters(void **state)
{
	struct stats_row row;

	(void)state;
	count_call("phones", &to_far, 1, 1000);
	sample_now_ms += STATS_QUARTER_MS - 1;
	assert_int_equal(stats_quarter_ms(stats), STATS_QUARTER_MS - 1);
	stats_total(stats, &row);
	is_row(&row, STATS_QUARTER, 1, 1, 0, 1000);
	sample_now_ms++;
	assert_int_equal(stats_quarter_ms(stats), 0);
	stats_total(stats, &row);
	is_row(&row, STATS_QUARTER, 0, 0, 0, 0);
	is_row(&row, STATS_LAST_QUARTER, 1, 1, 0, 1000);
	count_call("phones", &to_far, 1, 0);
	/* A quarter in which nothing was asked nor counted. */
	sample_now_ms += 2 * STATS_QUARTER_MS;
	stats_total(stats, &row);
	is_row(&row, STATS_QUARTER, 0, 0, 0, 0);
	is_row(&row, STATS_LAST_QUARTER, 0, 0, 0, 0);
	is_row(&row, STATS_ALL, 2, 1, 0, 1000);
}

static void test_voice(void **state)
{
	struct bridge_stats voice;

	(void)state;
	count_call("phones", &to_far, 0, 1000);
	count_call("phones", &to_far, 0, 1000);
	stats_voice(stats, &voice);
	assert_int_equal(voice.rtp_sent, 1000);
	assert_int_equal(voice.rtp_lost, 4);
	assert_int_equal(voice.concealed_samples, 640);
	assert_int_equal(voice.jitter_max_us, 1500);
}

/* A name that goes and comes back has its counts. */
static void test_reload(void **state)
{
	static struct conf_peer other[] = { { .name = "new" } };
	static const struct conf after = { .peers = other, .peer_count = 1 };
	struct stats_row row;

	(void)state;
	count_call("phones", &to_far, 1, 4000);
	assert_int_equal(stats_take(stats, &after), 0);
	stats_peer(stats, "new", &row);
	is_row(&row, STATS_ALL, 0, 0, 0, 0);
	count_call("new", &to_far, 1, 1000);
	count_call("phones", &to_far, 1, 1000);
	stats_peer(stats, "new", &row);
	is_row(&row, STATS_ALL, 1, 1, 0, 1000);
	assert_int_equal(stats_take(stats, &conf), 0);
	stats_peer(stats, "phones", &row);
	is_row(&row, STATS_ALL, 2, 2, 0, 5000);
	stats_peer(stats, "never heard of", &row);
	is_row(&row, STATS_ALL, 0, 0, 0, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_ends),
		CASE(test_quarters),
		CASE(test_voice),
		CASE(test_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
