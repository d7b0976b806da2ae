#include "tests/sample_cli.h"

static void nothing(void *arg)
{
	(void)arg;
}

static void soonest_first(void **state)
{
	struct fixture *f = *state;
	struct timers *queue = loop_timers(f->s.gw.loop);
	struct timer timers[3];
	json_t *json;

	prints(f, "show timers", "No timer runs.\n");
	timer_init(&timers[0], "T301", nothing, NULL);
	timer_of(&timers[0], "call=17 span=1/5");
	timer_start(queue, &timers[0], 180000);
	timer_init(&timers[1], "audit", nothing, NULL);
	timer_start(queue, &timers[1], 12340);
	timer_init(&timers[2], "T316", nothing, NULL);
	timer_of(&timers[2], "span=2");
	timer_start(queue, &timers[2], 59000);
	prints(f, "show timers",
	       "TIMER             LEFT         WHOSE\n"
	       "audit             12.3 s       the gateway\n"
	       "T316              59.0 s       span=2\n"
	       "T301              00:03:00     call=17 span=1/5\n");
	ask_run(f, "--json show timers");
	json = json_loads(f->out, 0, NULL);
	assert_int_equal(json_array_size(field_array(json, "timers")), 3);
	json_decref(json);
	for (size_t i = 0; i < 3; i++)
		timer_stop(&timers[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(soonest_first, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
