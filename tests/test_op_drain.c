/* drain and undrain as they are typed and as they answer. */
#include "tests/sample_cli.h"

static unsigned calls_left;

static bool exists(void *ctx, enum drain_kind kind, const char *name)
{
	(void)ctx;
	return kind == DRAIN_ALL || !strcmp(name, "1") ||
	       !strcmp(name, "city") || !strcmp(name, "phones");
}

/* The last one ends when somebody has looked. */
static unsigned calls(void *ctx, enum drain_kind kind, const char *name,
		      unsigned enough)
{
	(void)enough;
	(void)ctx;
	(void)kind;
	(void)name;
	return calls_left;
}

static void release(void *ctx, enum drain_kind kind, const char *name)
{
	(void)ctx;
	(void)kind;
	(void)name;
}

static void changed(void *ctx, enum drain_kind kind, const char *name,
		    bool drained)
{
	(void)ctx;
	(void)kind;
	(void)name;
	(void)drained;
}

static const struct drain_ops ops = {
	.exists = exists,
	.calls = calls,
	.release = release,
	.changed = changed,
};

static int setup_drain(void **state)
{
	int err = setup(state);
	struct fixture *f = *state;

	drain_init(&f->s.gw.drains, loop_timers(f->s.gw.loop), &ops, NULL);
	calls_left = 3;
	return err;
}

static int teardown_drain(void **state)
{
	struct fixture *f = *state;

	drain_clear(&f->s.gw.drains);
	return teardown(state);
}

static void test_there_and_back(void **state)
{
	struct fixture *f = *state;

	prints(f, "show drains", "Nothing is drained.\n");
	prints(f, "drain span 01 timeout 90s",
	       "span 1 is draining: 3 calls left, released after 90 s\n");
	prints(f, "drain trunk city",
	       "trunk group city is draining: 3 calls left\n");
	calls_left = 1;
	prints(f, "drain peer phones",
	       "sip-peer phones is draining: 1 call left\n");
	sample_now_ms += 12000;
	calls_left = 0;
	drain_check(&f->s.gw.drains);
	calls_left = 1;
	prints(f, "drain all timeout 2h",
	       "the gateway is draining: 1 call left, released after 7200 s\n");
	prints(f, "show drains",
	       "DRAINED                                 STATE     CALLS  FOR   "
	       "      RELEASED IN\n"
	       "span 1                                  drained       1  "
	       "00:00:12    -\n"
	       "trunk group city                        drained       1  "
	       "00:00:12    -\n"
	       "sip-peer phones                         drained       1  "
	       "00:00:12    -\n"
	       "the gateway                             draining      1  "
	       "00:00:00    02:00:00\n");
	prints(f, "undrain span 1", "span 1 takes calls again\n");
	prints(f, "undrain trunk city", "trunk group city takes calls again\n");
	prints(f, "undrain peer phones", "sip-peer phones takes calls again\n");
	prints(f, "undrain all", "the gateway takes calls again\n");
	prints(f, "show drains", "Nothing is drained.\n");
}

static const struct {
	const char *line, *said;
} wrong[] = {
	{ "drain span 2", "tollgate: no span 2; 'show spans' lists them\n" },
	{ "drain trunk x",
	  "tollgate: no trunk group x; 'show trunks' lists them\n" },
	{ "drain peer x",
	  "tollgate: no sip-peer x; 'show peers' lists them\n" },
	{ "drain span city", "tollgate: \"city\" is no span's number; 'show "
			     "spans' lists them\n" },
	{ "drain all timeout 10",
	  "tollgate: \"10\" is no time: 90s, 5min or 2h, a day at most\n" },
	{ "drain all timeout 25h",
	  "tollgate: \"25h\" is no time: 90s, 5min or 2h, a day at most\n" },
	{ "drain all timeout 0s",
	  "tollgate: \"0s\" is no time: 90s, 5min or 2h, a day at most\n" },
	{ "undrain span 1", "tollgate: span 1 is not drained; 'show drains' "
			    "lists what is\n" },
};

static void test_wrong(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(ask_run(f, wrong[i].line), CLI_REFUSED);
		assert_string_equal(f->err, wrong[i].said);
		assert_string_equal(f->out, "");
	}
	f->s.gw.phase = GATEWAY_DRAINING;
	assert_int_equal(ask_run(f, "drain all"), CLI_REFUSED);
}

static void test_wait_for_nothing(void **state)
{
	struct fixture *f = *state;
	json_t *json;

	calls_left = 0;
	prints(f, "drain span 1 --wait",
	       "span 1 is drained: no call is left\n");
	assert_int_equal(ask_run(f, "--json drain span 1 --wait"), CLI_GOOD);
	json = json_loads(f->out, 0, NULL);
	assert_string_equal(field_text(field_object(json, "drain"), "state"),
			    "drained");
	json_decref(json);
}

/* What is drained says so wherever it is shown. */
static void test_shown(void **state)
{
	struct fixture *f = *state;

	ask_run(f, "drain span 1");
	ask_run(f, "drain trunk city");
	ask_run(f, "drain peer phones");
	ask_run(f, "show spans");
	assert_non_null(
		strstr(f->out, "      drain       draining, 3 calls left\n"));
	ask_run(f, "show trunks");
	assert_non_null(
		strstr(f->out, "highest-first, draining, 3 calls left\n"));
	ask_run(f, "show peers");
	assert_non_null(
		strstr(f->out, "only calls us, draining, 3 calls left\n"));
	ask_run(f, "status");
	fits(f->out);
	assert_non_null(strstr(f->out, "DEGRADED"));
	assert_non_null(
		strstr(f->out,
		       "Alarms  span 1 is draining: no new calls, 3 running"));
	ask_run(f, "drain all");
	ask_run(f, "status");
	assert_non_null(strstr(f->out, "DRAINING"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_there_and_back,
						setup_drain, teardown_drain),
		cmocka_unit_test_setup_teardown(test_wrong, setup_drain,
						teardown_drain),
		cmocka_unit_test_setup_teardown(test_wait_for_nothing,
						setup_drain, teardown_drain),
		cmocka_unit_test_setup_teardown(test_shown, setup_drain,
						teardown_drain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
