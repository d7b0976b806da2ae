#include "gateway/drain.h"

#include "gateway/clock.h"
#include "gateway/event.h"
#include "gateway/log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct timers timers;
static struct drain_set set;
static uint64_t now_ms = 1000;
static unsigned calls_left, released;
static bool configured;
static char changes[64]; /* "span 1 off", "span 1 on" */

static uint64_t injected(void)
{
	return now_ms * NS_PER_MS;
}

static bool exists(void *ctx, enum drain_kind kind, const char *name)
{
	(void)ctx;
	return configured && (kind == DRAIN_ALL || !strcmp(name, "1") ||
			      !strcmp(name, "city") || !strcmp(name, "pbx"));
}

static unsigned calls(void *ctx, enum drain_kind kind, const char *name,
		      unsigned enough)
{
	(void)enough;
	(void)ctx;
	(void)kind;
	(void)name;
	return calls_left;
}

/* All but one let go at once. */
static void release(void *ctx, enum drain_kind kind, const char *name)
{
	(void)ctx;
	(void)kind;
	(void)name;
	released = calls_left;
	calls_left = 1;
}

static void changed(void *ctx, enum drain_kind kind, const char *name,
		    bool drained)
{
	(void)ctx;
	snprintf(changes, sizeof changes, "%s %s %s", drain_kind_name(kind),
		 name, drained ? "off" : "on");
}

static const struct drain_ops ops = {
	.exists = exists,
	.calls = calls,
	.release = release,
	.changed = changed,
};

static int setup(void **state)
{
	(void)state;
	clock_set_source(injected);
	log_set_level(LOG_ERR);
	calls_left = released = 0;
	configured = true;
	changes[0] = '\0';
	drain_init(&set, &timers, &ops, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	drain_clear(&set);
	assert_null(timers.root);
	return 0;
}

static void pass(uint64_t ms)
{
	now_ms += ms;
	timers_run(&timers);
}

static enum drain_state state_now(void)
{
	return drain_state_of(&set, DRAIN_SPAN, "1");
}

static void test_table(void **state)
{
	char why[200];

	(void)state;
	assert_int_equal(fsm_check(&drain_fsm_desc, why, sizeof why), 0);
}

static void test_there_and_back(void **state)
{
	struct drain *drain;

	(void)state;
	calls_left = 2;
	assert_int_equal(state_now(), DRAIN_ACTIVE);
	assert_int_equal(drain_begin(&set, DRAIN_SPAN, "1", 0, &drain), 0);
	assert_string_equal(drain->object, "span 1");
	assert_string_equal(changes, "span 1 off");
	assert_int_equal(state_now(), DRAIN_DRAINING);
	assert_int_equal(drain_calls(drain), 2);
	calls_left = 1;
	drain_check(&set);
	assert_int_equal(state_now(), DRAIN_DRAINING);
	pass(3600000); /* without a time-out */
	assert_int_equal(released, 0);
	calls_left = 0;
	drain_check(&set);
	assert_int_equal(state_now(), DRAIN_DRAINED);
	assert_int_equal(drain_end(&set, DRAIN_SPAN, "1"), 0);
	assert_string_equal(changes, "span 1 on");
	assert_int_equal(state_now(), DRAIN_ACTIVE);
	assert_int_equal(drain_end(&set, DRAIN_SPAN, "1"), -ENOENT);
}

static void test_nothing_to_wait_for(void **state)
{
	(void)state;
	assert_int_equal(drain_begin(&set, DRAIN_ALL, "", 5000, NULL), 0);
	assert_int_equal(drain_state_of(&set, DRAIN_ALL, ""), DRAIN_DRAINED);
	assert_null(timers.root);
	assert_string_equal(drain_find(&set, DRAIN_ALL, "")->object, "all");
	assert_null(drain_find(&set, DRAIN_SPAN, "1"));
}

static void test_timeout(void **state)
{
	(void)state;
	calls_left = 3;
	drain_begin(&set, DRAIN_SPAN, "1", 5000, NULL);
	pass(4999);
	assert_int_equal(released, 0);
	pass(1);
	assert_int_equal(released, 3);
	/* the one that is left is an emergency call, or releasing yet */
	assert_int_equal(state_now(), DRAIN_DRAINING);
	calls_left = 0;
	drain_check(&set);
	assert_int_equal(state_now(), DRAIN_DRAINED);
}

static void test_another_timeout(void **state)
{
	(void)state;
	calls_left = 3;
	drain_begin(&set, DRAIN_SPAN, "1", 0, NULL);
	changes[0] = '\0';
	assert_int_equal(drain_begin(&set, DRAIN_SPAN, "1", 2000, NULL), 0);
	assert_string_equal(changes, "");
	pass(2000);
	assert_int_equal(released, 3);
}

static void test_end_while_draining(void **state)
{
	(void)state;
	calls_left = 3;
	drain_begin(&set, DRAIN_SPAN, "1", 2000, NULL);
	drain_end(&set, DRAIN_SPAN, "1");
	pass(5000);
	assert_int_equal(released, 0);
	assert_int_equal(state_now(), DRAIN_ACTIVE);
}

static void test_emergency_call(void **state)
{
	(void)state;
	drain_begin(&set, DRAIN_SPAN, "1", 2000, NULL);
	assert_int_equal(state_now(), DRAIN_DRAINED);
	calls_left = 1;
	drain_check(&set);
	assert_int_equal(state_now(), DRAIN_DRAINING);
	pass(5000);
	assert_int_equal(released, 0);
}

static void test_not_configured(void **state)
{
	(void)state;
	assert_int_equal(drain_begin(&set, DRAIN_PEER, "nobody", 0, NULL),
			 -ENOENT);
	assert_null(drain_find(&set, DRAIN_PEER, "nobody"));
}

static void test_reload(void **state)
{
	(void)state;
	calls_left = 1;
	drain_begin(&set, DRAIN_SPAN, "1", 2000, NULL);
	drain_configured(&set);
	assert_int_equal(state_now(), DRAIN_DRAINING);
	configured = false;
	drain_configured(&set);
	assert_string_equal(changes, "span 1 on");
	assert_int_equal(state_now(), DRAIN_ACTIVE);
	assert_null(timers.root);
}

static bool has_text(void *ctx, const struct event_past *past)
{
	assert_non_null(strstr(past->text, ctx));
	return false;
}

/* In the log by a key that no other object's has. */
static void test_log_names(void **state)
{
	static const struct {
		enum drain_kind kind;
		const char *name, *begins;
	} cases[] = {
		{ DRAIN_ALL, "", "TG-9105 drain-ended part=all msg=" },
		{ DRAIN_SPAN, "1", "TG-9105 drain-ended span=1 msg=" },
		{ DRAIN_TRUNK, "city", "TG-9105 drain-ended trunk=city msg=" },
		{ DRAIN_PEER, "pbx", "TG-9105 drain-ended peer=pbx msg=" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		drain_begin(&set, cases[i].kind, cases[i].name, 0, NULL);
		drain_end(&set, cases[i].kind, cases[i].name);
		event_each_past(has_text, (void *)cases[i].begins);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test_setup_teardown(test_there_and_back, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_nothing_to_wait_for, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_timeout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_another_timeout, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_end_while_draining, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_emergency_call, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_not_configured, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_reload, setup, teardown),
		cmocka_unit_test_setup_teardown(test_log_names, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
