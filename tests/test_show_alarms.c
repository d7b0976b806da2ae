/* What raises alarms, and how they are shown. */
#include "tests/sample_cli.h"

static struct conf_class classes[2];

static int32_t today(void)
{
	return (int32_t)(clock_calendar_ns() / NS_PER_S / 86400);
}

/* Everything that can be wrong at once. */
static void all_wrong(struct fixture *f)
{
	sample_span_count = 2;
	sample_spans[0].connected = sample_spans[0].in_service = false;
	strcpy(sample_spans[0].state, "no exchange");
	sample_spans[1].in_service = false;
	sample_spans[1].alarms = LINE_RED;
	sample_spans[1].waits = true;
	strcpy(sample_spans[1].state, "alarm red");
	sample_spans[1].blocked = 7 << 4;
	sample_peer_count = 2;
	sample_peers[1].state = "down";
	strcpy(classes[0].name, "premium");
	classes[0].review_by = today() + 3;
	classes[0].review_file = "de.class";
	strcpy(classes[1].name, "satellite");
	classes[1].review_by = today() - 3;
	classes[1].review_file = "sat.class";
	f->s.conf.classes = classes;
	f->s.conf.class_count = 2;
	f->s.gw.audit.last.faults = 3;
	f->s.gw.counters.no_port = 12;
}

static const struct {
	const char *alarm, *severity, *object, *event;
} wrong[] = {
	{ "no-line", "major", "span 1", "TG-1201" },
	{ "line-alarm", "major", "span 2", "TG-1203" },
	{ "peer-down", "major", "sip-peer carrier-a", "TG-2102" },
	{ "no-rtp-port", "major", "rtp-ports", "TG-5009" },
	{ "channels-blocked", "minor", "span 2", "TG-1236" },
	{ "class-outdated", "minor", "number-class satellite", "TG-4020" },
	{ "audit-faults", "minor", "gateway", "TG-3207" },
	{ "class-due", "notice", "number-class premium", "TG-4020" },
	{ "span-waits", "notice", "spans", "TG-4004" },
};

#define WRONG (sizeof wrong / sizeof *wrong)

static void the_gravest_first(void **state)
{
	struct fixture *f = *state;
	const json_t *rows, *warnings;
	char texts[WRONG][200];
	json_t *json;

	all_wrong(f);
	ask_run(f, "--json show alarms");
	json = json_loads(f->out, 0, NULL);
	rows = field_array(json, "alarms");
	assert_int_equal(json_array_size(rows), WRONG);
	for (size_t i = 0; i < WRONG; i++) {
		const json_t *row = json_array_get(rows, i);

		assert_string_equal(field_text(row, "alarm"), wrong[i].alarm);
		assert_string_equal(field_text(row, "severity"),
				    wrong[i].severity);
		assert_string_equal(field_text(row, "object"), wrong[i].object);
		assert_string_equal(field_text(row, "event"), wrong[i].event);
		snprintf(texts[i], sizeof texts[i], "%s",
			 field_text(row, "text"));
	}
	assert_null(field_array(json, "history"));
	json_decref(json);
	ask_run(f, "show alarms");
	fits(f->out);
	ask_run(f, "--json status");
	json = json_loads(f->out, 0, NULL);
	assert_int_equal(field_number(field_object(json, "alarms"), "major"),
			 4);
	warnings = field_array(json, "warnings");
	assert_int_equal(json_array_size(warnings), WRONG);
	for (size_t i = 0; i < WRONG; i++)
		assert_string_equal(json_string_value(
					    json_array_get(warnings, i)),
				    texts[i]);
	json_decref(json);
}

/* A notice alone is no reason to call the gateway degraded. */
static void a_notice(void **state)
{
	struct fixture *f = *state;

	all_wrong(f);
	sample_span_count = sample_peer_count = 0;
	f->s.gw.audit.last.faults = 0;
	f->s.gw.counters.no_port = 0;
	f->s.conf.class_count = 1;
	sample_span_count = 1;
	sample_spans[0].in_service = true;
	ask_run(f, "status");
	assert_non_null(strstr(f->out, "   OK\n"));
	assert_non_null(strstr(f->out, "out of date in 3 days"));
}

static void text_and_history(void **state)
{
	struct fixture *f = *state;
	char remedy[40];

	prints(f, "show alarms", "No alarm.\n");
	prints(f, "show alarms --history", "No alarm.\n\nNone is over.\n");
	sample_spans[0].in_service = false;
	strcpy(sample_spans[0].state, "D channel down");
	ask_run(f, "show alarms");
	assert_memory_equal(f->out,
			    "major   span 1 takes no calls: D channel down\n"
			    "        since 20",
			    62);
	assert_non_null(strstr(f->out, " UTC, for 00:00:00, TG-1211\n"));
	snprintf(remedy, sizeof remedy, "\n        %.20s",
		 event_info(EVENT_DCHANNEL_DOWN)->remedy);
	assert_non_null(strstr(f->out, remedy));
	fits(f->out);
	sample_now_ms += 65000;
	ask_run(f, "show alarms");
	assert_non_null(strstr(f->out, " UTC, for 00:01:05, TG-1211\n"));
	sample_spans[0].in_service = true;
	ask_run(f, "show alarms --history");
	assert_memory_equal(f->out, "No alarm.\n\nBEGAN (UTC)", 22);
	assert_non_null(strstr(f->out, "  00:01:05   span 1 takes no calls: D "
				       "channel down\n"));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(the_gravest_first),
		T(a_notice),
		T(text_and_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
