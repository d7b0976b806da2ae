/* What `tollgate` tells of the log and of its events. */
#include "gateway/event.h"
#include "tests/sample_cli.h"

/* Nothing is written meanwhile, and no event is a repeat of an earlier one. */
static int quiet(void **state)
{
	int status = setup(state);

	log_open("test", 0, LOG_INFO);
	event_say_repeats(true);
	return status;
}

static int loud(void **state)
{
	log_open("test", LOG_TO_STDERR, LOG_NOTICE);
	return teardown(state);
}

/* What is printed, but for the time that each event begins with. */
static void prints_events(struct fixture *f, const char *line,
			  const char *expected)
{
	static const char form[] = "dddd-dd-dd dd:dd:ddZ ";
	char *to;

	assert_int_equal(ask_run(f, line), CLI_GOOD);
	fits(f->out);
	to = f->out;
	for (char *at = f->out; *at;) {
		char *end = strchr(at, '\n') + 1;

		if (*at != ' ') {
			for (size_t i = 0; form[i]; i++, at++)
				assert_true(form[i] == 'd'
						    ? *at >= '0' && *at <= '9'
						    : *at == form[i]);
		}
		memmove(to, at, (size_t)(end - at));
		to += end - at;
		at = end;
	}
	*to = '\0';
	assert_string_equal(f->out, expected);
}

static void some_events(void)
{
	log_event(EVENT_PEER_UP, "peer=carrier-a", "rtt=%s up", "12 ms");
	log_event(EVENT_CALL_START, "call=1", "told by show calls");
	log_event(EVENT_SPAN_DOWN, "span=1/5", "alarm=%s calls=%u %s", "red",
		  28u,
		  "alarm \"red\": no signal. No new calls, which is a sentence "
		  "of some length");
	log_event(EVENT_STOPPING, NULL, "calls=0");
}

static void events_text(void **state)
{
	some_events();
	prints_events(*state, "events 3",
		      "notice  TG-2101 peer-up\n"
		      "    peer=carrier-a rtt=12 ms\n"
		      "    up\n"
		      "warning TG-1203 span-down\n"
		      "    span=1 ch=5 alarm=red calls=28\n"
		      "    alarm \"red\": no signal. No new calls, which is a "
		      "sentence of some length\n"
		      "notice  TG-9002 stopping\n"
		      "    calls=0\n");
	prints_events(*state, "events 1",
		      "notice  TG-9002 stopping\n"
		      "    calls=0\n");
}

static void events_json(void **state)
{
	struct fixture *f = *state;
	const json_t *events, *keys;
	json_t *json;

	some_events();
	assert_int_equal(ask_run(f, "--json events 2"), CLI_GOOD);
	json = json_loads(f->out, 0, NULL);
	events = field_array(json, "events");
	assert_int_equal(json_array_size(events), 2);
	assert_string_equal(field_text(json_array_get(events, 0), "event"),
			    "TG-1203");
	keys = field_object(json_array_get(events, 0), "keys");
	assert_string_equal(field_text(keys, "ch"), "5");
	assert_string_equal(field_text(keys, "calls"), "28");
	assert_string_equal(field_text(keys, "hint"),
			    event_info(EVENT_SPAN_DOWN)->remedy);
	assert_non_null(strstr(field_text(json_array_get(events, 0), "line"),
			       "TG-1203 span-down span=1 ch=5 alarm=red "));
	json_decref(json);
	/* More than are kept. */
	for (int i = 0; i < 2 * EVENT_PAST_MAX; i++)
		some_events();
	assert_int_equal(ask_run(f, "--json events 9999"), CLI_GOOD);
	json = json_loads(f->out, 0, NULL);
	assert_int_equal(json_array_size(field_array(json, "events")),
			 EVENT_PAST_MAX);
	json_decref(json);
}

/* Without a daemon. */
static void help_text(void **state)
{
	static const char text[] =
		"TG-2102 peer-down  notice\n"
		"what    a peer does not answer OPTIONS; calls go to the next "
		"target\n"
		"cause   It is not running, or the network between is not.\n"
		"remedy  see that it runs and answers OPTIONS from our "
		"address\n";
	static const char *const names[] = { "TG-2102", "tg-2102", "2102",
					     "peer-down" };
	char line[80];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(line, sizeof line, "--control /nowhere help event %s",
			 names[i]);
		assert_int_equal(run(*state, line), CLI_GOOD);
		assert_string_equal(((struct fixture *)*state)->out, text);
	}
	assert_int_equal(run(*state, "help event TG-1"), CLI_REFUSED);
	assert_non_null(strstr(((struct fixture *)*state)->err,
			       "\"TG-1\" is no event"));
}

static void every_help_fits(void **state)
{
	struct fixture *f = *state;
	char line[40];

	for (enum event e = 0; e < EVENT_COUNT; e++) {
		snprintf(line, sizeof line, "help event %s",
			 event_info(e)->name);
		assert_int_equal(run(f, line), CLI_GOOD);
		fits(f->out);
	}
}

static void levels(void **state)
{
	prints(*state, "log level warning",
	       "level warning for all modules, until a restart\n");
	prints(*state, "log level sip debug",
	       "level debug for sip, until a restart\n");
	prints(*state, "show log",
	       "MODULE    LEVEL\n"
	       "gateway   warning\n"
	       "conf      warning\n"
	       "dahdi     warning\n"
	       "media     warning\n"
	       "sip       debug\n"
	       "0 lines lost\n");
	/* And who asked for it. */
	prints_events(*state, "events 2",
		      "notice  TG-6102 log-level\n"
		      "    module=sip level=debug\n"
		      "notice  TG-6206 operator\n"
		      "    part=control command=log level sip debug "
		      "outcome=done\n"
		      "    level debug for sip, until a restart\n");
	assert_int_equal(ask_run(*state, "log level tea debug"), CLI_REFUSED);
	assert_int_equal(ask_run(*state, "log level sip loud"), CLI_REFUSED);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, quiet, loud)
	const struct CMUnitTest tests[] = {
		CASE(events_text),     CASE(events_json), CASE(help_text),
		CASE(every_help_fits), CASE(levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
