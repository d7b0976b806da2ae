#include "gateway/show.h"

#include "gateway/commands.h"
#include "gateway/event.h"
#include "gateway/log.h"
#include "gateway/version.h"
#include "tests/sample_gateway.h"

#include <ctype.h>
#include <stdarg.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

struct fixture {
	struct sample_gateway s;
	char dir[64], path[100];
};

static void start_records(struct fixture *f, const char *path)
{
	const struct cdr_config cfg = { .path = path,
					.node = "demo",
					.keep = 100 };

	assert_int_equal(cdr_new(&f->s.gw.cdr, &cfg), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	log_set_level(LOG_CRIT);
	sample_gateway_fill(&f->s);
	strcpy(f->dir, "/tmp/tollgate-show-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof f->path, "%s/control.sock", f->dir);
	start_records(f, "");
	assert_int_equal(loop_new(&f->s.gw.loop), 0);
	assert_int_equal(control_new(&f->s.gw.control, f->s.gw.loop, f->path,
				     show_command, &f->s.gw),
			 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	control_free(f->s.gw.control);
	loop_free(f->s.gw.loop);
	cdr_free(f->s.gw.cdr);
	stats_free(f->s.gw.stats);
	alarm_watch_free(&f->s.gw.alarm_watch);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	clock_set_source(NULL);
	return 0;
}

/* The answer to a line of words, which must be sound JSON. */
static json_t *ask(struct fixture *f, const char *line)
{
	char copy[CONTROL_LINE_MAX + 1], *words[CONTROL_WORDS_MAX + 1];
	char *answer;
	json_t *json;
	int count = 0;

	snprintf(copy, sizeof copy, "%s", line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		words[count++] = word;
	words[count] = NULL;
	answer = show_command(&f->s.gw, count, words);
	assert_non_null(answer);
	json = json_loads(answer, JSON_REJECT_DUPLICATES, NULL);
	free(answer);
	assert_non_null(json);
	return json;
}

/* Follows "calls.0.cause.q850". */
static const json_t *at(const json_t *json, const char *path)
{
	char copy[100];

	snprintf(copy, sizeof copy, "%s", path);
	for (char *key = strtok(copy, "."); key && json;
	     key = strtok(NULL, "."))
		json = json_is_array(json)
			       ? json_array_get(json, strtoul(key, NULL, 10))
			       : json_object_get(json, key);
	if (!json)
		fail_msg("no %s", path);
	return json;
}

static const char *text(const json_t *json, const char *path)
{
	const char *value = json_string_value(at(json, path));

	if (!value)
		fail_msg("%s is no text", path);
	return value;
}

static json_int_t number(const json_t *json, const char *path)
{
	if (!json_is_integer(at(json, path)))
		fail_msg("%s is no number", path);
	return json_integer_value(at(json, path));
}

static void status_sums_up(void **state)
{
	struct fixture *f = *state;
	json_t *json = ask(f, "status");

	assert_string_equal(text(json, "node"), "demo");
	assert_string_equal(text(json, "program"), "tollgated");
	assert_string_equal(text(json, "state"), "ok");
	assert_int_equal(number(json, "uptime_ms"), 15000);
	assert_int_equal(number(json, "spans.total"), 1);
	assert_int_equal(number(json, "spans.up"), 1);
	assert_int_equal(number(json, "channels.total"), 30);
	assert_int_equal(number(json, "channels.busy"), 1);
	assert_int_equal(number(json, "channels.idle"), 29);
	assert_int_equal(number(json, "channels.blocked"), 0);
	assert_int_equal(number(json, "calls.now"), 1);
	assert_int_equal(number(json, "calls.in"), 0);
	assert_int_equal(number(json, "calls.out"), 1);
	assert_int_equal(number(json, "calls.attempts"), 7);
	assert_int_equal(number(json, "calls.no_route"), 1);
	assert_int_equal(number(json, "asr_percent"), 83);
	assert_int_equal(number(json, "acd_s"), 4);
	assert_int_equal(number(json, "sip.strangers_dropped"), 12);
	assert_int_equal(number(json, "record_failures"), 0);
	assert_int_equal(json_array_size(at(json, "warnings")), 0);
	json_decref(json);
}

static void status_tells_what_is_wrong(void **state)
{
	struct fixture *f = *state;
	json_t *json;

	sample_span_count = 2;
	sample_spans[1].in_service = false;
	strcpy(sample_spans[1].state, "alarm red");
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		if (t != 16)
			sample_spans[1].channel[t] = CHANNEL_VIEW_OUT;
	json = ask(f, "status");
	assert_string_equal(text(json, "state"), "degraded");
	assert_int_equal(number(json, "spans.up"), 1);
	assert_int_equal(number(json, "channels.total"), 60);
	assert_int_equal(number(json, "channels.out"), 30);
	assert_string_equal(text(json, "warnings.0"),
			    "span 2 takes no calls: alarm red");
	json_decref(json);

	sample_spans[0].in_service = false;
	f->s.gw.counters.answered = 2;
	f->s.gw.counters.failed = 1;
	json = ask(f, "status");
	assert_int_equal(number(json, "asr_percent"), 67);
	assert_string_equal(text(json, "state"), "down");
	assert_int_equal(json_array_size(at(json, "warnings")), 2);
	json_decref(json);
}

static void status_tells_of_peers_and_audits(void **state)
{
	struct fixture *f = *state;
	json_t *json;

	sample_peer_count = 2;
	sample_peers[0].state = "up";
	sample_peers[1].state = "down";
	f->s.gw.audit.last.faults = 3;
	json = ask(f, "status");
	assert_string_equal(text(json, "state"), "degraded");
	assert_string_equal(text(json, "warnings.0"),
			    "sip-peer carrier-a takes no calls: it does not "
			    "answer OPTIONS");
	assert_string_equal(text(json, "warnings.1"),
			    "faults that the last audit found: 3; see the log, "
			    "please report");
	assert_int_equal(json_array_size(at(json, "warnings")), 2);
	json_decref(json);
}

static void status_while_stopping(void **state)
{
	struct fixture *f = *state;
	json_t *json;

	f->s.gw.phase = GATEWAY_STOPPING;
	json = ask(f, "status");
	assert_string_equal(text(json, "state"), "stopping");
	json_decref(json);
}

static void status_before_any_call(void **state)
{
	struct fixture *f = *state;
	json_t *json;

	memset(&f->s.gw.counters, 0, sizeof f->s.gw.counters);
	TAILQ_INIT(&f->s.gw.history);
	json = ask(f, "status");
	assert_true(json_is_null(at(json, "asr_percent")));
	assert_true(json_is_null(at(json, "acd_s")));
	json_decref(json);
}

static void unwritten_records_are_a_warning(void **state)
{
	struct fixture *f = *state;
	json_t *json;

	cdr_free(f->s.gw.cdr);
	start_records(f, "/dev/full");
	cdr_write(f->s.gw.cdr, &f->s.over);
	cdr_flush(f->s.gw.cdr);
	json = ask(f, "status");
	assert_int_equal(number(json, "record_failures"), 1);
	assert_non_null(strstr(text(json, "warnings.0"), "file: 1"));
	assert_string_equal(text(json, "state"), "degraded");
	json_decref(json);
}

static void spans_in_full(void **state)
{
	struct fixture *f = *state;
	json_t *json;

	sample_span_count = 2;
	sample_spans[1].alarms = LINE_RED | LINE_ABSENT;
	sample_spans[1].channel[7] = CHANNEL_VIEW_RELEASING;
	sample_spans[1].channel[8] = CHANNEL_VIEW_BLOCKED;
	json = ask(f, "show spans");
	assert_int_equal(json_array_size(at(json, "spans")), 2);
	assert_int_equal(number(json, "spans.0.span"), 1);
	assert_string_equal(text(json, "spans.0.state"), "up");
	assert_int_equal(number(json, "spans.0.state_ms"), 13000);
	assert_int_equal(number(json, "spans.0.busy"), 1);
	assert_int_equal(number(json, "spans.0.calls"), 7);
	assert_int_equal(number(json, "spans.0.d_channel.frames_in"), 120);
	assert_int_equal(number(json, "spans.0.voice.blocks_in"), 72001);
	assert_int_equal(json_array_size(at(json, "spans.0.alarms")), 0);
	assert_int_equal(json_array_size(at(json, "spans.0.timeslots")), 31);
	assert_string_equal(text(json, "spans.0.timeslots.0"), "idle");
	assert_string_equal(text(json, "spans.0.timeslots.4"), "busy");
	assert_string_equal(text(json, "spans.0.timeslots.15"), "none");
	assert_string_equal(text(json, "spans.1.timeslots.6"), "releasing");
	assert_string_equal(text(json, "spans.1.timeslots.7"), "blocked");
	assert_string_equal(text(json, "spans.1.alarms.0"), "red");
	assert_string_equal(text(json, "spans.1.alarms.1"), "absent");
	assert_int_equal(number(json, "spans.1.voice.slips_in"), 3);
	json_decref(json);
}

static void calls_alive_and_recent(void **state)
{
	struct fixture *f = *state;
	json_t *json = ask(f, "show calls");

	assert_int_equal(json_array_size(at(json, "calls")), 1);
	assert_int_equal(number(json, "calls.0.id"), 17);
	assert_string_equal(text(json, "calls.0.state"), "active");
	assert_string_equal(text(json, "calls.0.direction"), "out");
	assert_string_equal(text(json, "calls.0.caller"), "+493012345");
	assert_string_equal(text(json, "calls.0.called"), "+49305550100");
	assert_int_equal(number(json, "calls.0.span"), 1);
	assert_int_equal(number(json, "calls.0.channel"), 5);
	assert_int_equal(number(json, "calls.0.age_ms"), 10000);
	assert_int_equal(number(json, "calls.0.talk_ms"), 8700);
	assert_true(json_is_null(at(json, "calls.0.cause")));
	/* The latest first. */
	assert_int_equal(json_array_size(at(json, "recent")), 2);
	assert_int_equal(number(json, "recent.0.id"), 16);
	assert_int_equal(number(json, "recent.0.talk_ms"), 4000);
	assert_int_equal(number(json, "recent.0.cause.q850"), 16);
	assert_string_equal(text(json, "recent.0.release_by"), "caller");
	assert_int_equal(number(json, "recent.1.id"), 15);
	assert_true(json_is_null(at(json, "recent.1.talk_ms")));
	/* Routing never saw it: as it came. */
	assert_string_equal(text(json, "recent.1.caller"), "03012345");
	json_decref(json);
}

static void recent_calls_are_bounded(void **state)
{
	struct fixture *f = *state;
	struct call many[SHOW_RECENT_MAX + 5];
	json_t *json;

	for (unsigned i = 0; i < SHOW_RECENT_MAX + 5; i++) {
		sample_call(&many[i], 100 + i);
		sample_end(&many[i], 2000);
		TAILQ_INSERT_TAIL(&f->s.gw.history, &many[i], link);
	}
	json = ask(f, "show calls");
	assert_int_equal(json_array_size(at(json, "recent")), SHOW_RECENT_MAX);
	assert_int_equal(number(json, "recent.0.id"),
			 100 + SHOW_RECENT_MAX + 4);
	json_decref(json);
}

/* Only what is asked for; what is not there is refused. */
static void tables_are_filtered(void **state)
{
	static const struct {
		const char *line, *array;
		size_t rows;
	} cases[] = {
		{ "show calls peer phones", "calls", 1 },
		{ "show calls peer phones", "recent", 2 },
		{ "show calls trunk city", "calls", 1 },
		{ "show calls span 1", "calls", 1 },
		{ "show calls span 2", "calls", 0 },
		{ "show calls number 5550100", "calls", 1 },
		{ "show calls number 4711", "calls", 0 },
		{ "show calls number 4711", "recent", 0 },
		{ "show calls number +49305550100", "recent", 2 },
		{ "show calls state active", "calls", 1 },
		{ "show calls state held", "calls", 0 },
		{ "show calls span 1 state active peer phones", "calls", 1 },
		{ "show spans", "spans", 2 },
		{ "show spans 2", "spans", 1 },
		{ "show channels 2", "channels", 30 },
		{ "show peers phones", "peers", 1 },
		{ "show trunks city", "trunk_groups", 1 },
	};
	static const char *const wrong[] = {
		"show calls peer nobody", "show calls trunk nowhere",
		"show calls state loud",  "show spans 3",
		"show peers nobody",	  "show trunks nowhere",
	};
	struct fixture *f = *state;
	json_t *json;

	sample_span_count = 2;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json = ask(f, cases[i].line);
		if (json_array_size(at(json, cases[i].array)) != cases[i].rows)
			fail_msg("%s: %zu %s", cases[i].line,
				 json_array_size(at(json, cases[i].array)),
				 cases[i].array);
		json_decref(json);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		json = ask(f, wrong[i]);
		assert_true(*text(json, "error"));
		json_decref(json);
	}
	json = ask(f, "show spans 3");
	assert_string_equal(text(json, "error"),
			    "no span \"3\"; there are: 1, 2");
	json_decref(json);
}

static void version_tells_since_when(void **state)
{
	struct fixture *f = *state;
	json_t *json = ask(f, "show version");

	assert_string_equal(text(json, "version"), TOLLGATE_VERSION);
	assert_int_equal(number(json, "uptime_ms"), 15000);
	assert_int_equal(number(json, "pid"), getpid());
	assert_int_equal(strlen(text(json, "start_utc")), 24);
	json_decref(json);
}

static void one_call_alive(void **state)
{
	struct fixture *f = *state;
	json_t *json;

	/* Announced only: why it is going to end. */
	f->s.alive.cause.q850 = 1;
	strcpy(f->s.alive.cause.text, "Q.931 DISCONNECT");
	json = ask(f, "show call 17");
	assert_true(json_is_null(at(json, "call.q850_cause")));
	assert_true(json_is_null(at(json, "call.cause_text")));
	assert_int_equal(number(json, "call.id"), 17);
	assert_string_equal(text(json, "call.state"), "active");
	assert_string_equal(text(json, "call.called_sent"), "5550100");
	assert_string_equal(text(json, "call.route_rule"), "conf/demo.conf:58");
	assert_string_equal(text(json, "call.calling_leg.kind"), "sip");
	assert_string_equal(text(json, "call.calling_leg.call_id"),
			    "a84b4c76e66710@pc33.example.com");
	assert_string_equal(text(json, "call.called_leg.kind"), "isdn");
	assert_int_equal(number(json, "call.called_leg.call_reference"), 17);
	assert_string_equal(text(json, "call.media.path"), "both");
	assert_int_equal(number(json, "call.rtp_tx"), 500);
	assert_true(json_is_null(at(json, "call.cause")));
	assert_true(json_is_null(at(json, "call.release_by")));
	assert_int_equal(json_array_size(at(json, "call.ladder")), 11);
	assert_int_equal(number(json, "call.ladder.2.ms"), 2);
	assert_string_equal(text(json, "call.ladder.2.side"), "called");
	assert_string_equal(text(json, "call.ladder.2.direction"), "out");
	assert_string_equal(text(json, "call.ladder.2.text"), "SETUP ch 5");
	assert_string_equal(text(json, "call.ladder.7.side"), "gateway");
	assert_null(json_object_get(at(json, "call.ladder.7"), "direction"));
	assert_int_equal(number(json, "call.ladder_dropped"), 0);
	json_decref(json);
}

static void a_held_call_says_so(void **state)
{
	struct fixture *f = *state;
	json_t *json;

	f->s.alive.fsm.state = CALL_ACTIVE;
	f->s.alive.rtp_side.receive = false;
	json = ask(f, "show calls");
	assert_string_equal(text(json, "calls.0.state"), "on hold");
	json_decref(json);
}

static void one_call_over(void **state)
{
	struct fixture *f = *state;
	json_t *json = ask(f, "show call 16");

	assert_string_equal(text(json, "call.state"), "over");
	assert_int_equal(number(json, "call.cause.q850"), 16);
	assert_string_equal(text(json, "call.cause.name"),
			    "Normal call clearing");
	assert_string_equal(text(json, "call.cause.location"), "U");
	assert_string_equal(text(json, "call.cause.origin"), "peer");
	assert_string_equal(text(json, "call.release_by"), "caller");
	assert_int_equal(number(json, "call.duration_ms"), 4000);
	json_decref(json);
	json = ask(f, "show call 15");
	assert_true(json_is_null(at(json, "call.called_leg")));
	assert_string_equal(text(json, "call.cause.text"),
			    "no route takes the number");
	json_decref(json);
}

static void hangup_reaches_the_call(void **state)
{
	struct fixture *f = *state;
	json_t *json = ask(f, "hangup 17");

	assert_string_equal(text(json, "done"), "call 17 is released");
	assert_ptr_equal(sample_hung_up, &f->s.alive);
	json_decref(json);
	sample_hung_up = NULL;
	json = ask(f, "hangup 16");
	assert_string_equal(text(json, "error"), "call 16 has ended already");
	assert_null(sample_hung_up);
	json_decref(json);
}

static bool last_event(void *ctx, const struct event_past *past)
{
	snprintf(ctx, 400, "%s", past->text);
	return false;
}

/* Every change is told, with its outcome; a look is not. */
static void changes_are_told(void **state)
{
	struct fixture *f = *state;
	char said[400] = "", before[400];

	log_set_level(LOG_NOTICE);
	log_open("test", 0, LOG_NOTICE);
	json_decref(ask(f, "hangup 17"));
	event_each_past(last_event, said);
	assert_non_null(strstr(said, "TG-6206 operator part=control "
				     "command=\"hangup 17\" outcome=done "
				     "msg=\"call 17 is released\""));
	json_decref(ask(f, "hangup 16"));
	event_each_past(last_event, said);
	assert_non_null(strstr(said, "command=\"hangup 16\" outcome=refused "
				     "msg=\"call 16 has ended already\""));
	json_decref(ask(f, "status"));
	json_decref(ask(f, "hangup x"));
	event_each_past(last_event, before);
	assert_string_equal(before, said);
	sample_hung_up = NULL;
}

/* On the socket for looking what changes something does nothing. */
static void looking_only(void **state)
{
	struct fixture *f = *state;
	size_t changing = 0;

	for (const struct command *c = command_table; c->usage; c++) {
		char line[] = "17", copy[200], *words[12], *answer;
		char *more[] = { "hangup", line, NULL };
		int count = 0;

		snprintf(copy, sizeof copy, "%.*s", (int)strcspn(c->usage, "["),
			 c->usage);
		for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
			words[count++] = isupper((unsigned char)*w) ? line : w;
		words[count] = NULL;
		if (!(c->flags & COMMAND_CHANGES))
			continue;
		answer = show_command_read(&f->s.gw, count, words);
		assert_non_null(strstr(answer, "\"error\""));
		changing += strstr(answer, "for looking only") != NULL;
		free(answer);
		answer = show_command_read(&f->s.gw, 2, more);
		assert_non_null(strstr(answer, "for looking only"));
		free(answer);
	}
	assert_true(changing > 5);
	assert_null(sample_hung_up);
	{
		char *look[] = { "show", "call", "17", NULL }, *answer;

		answer = show_command_read(&f->s.gw, 3, look);
		assert_null(strstr(answer, "\"error\""));
		free(answer);
	}
}

static void help_lists_every_command(void **state)
{
	struct fixture *f = *state;
	json_t *json = ask(f, "help");
	size_t i;

	for (i = 0; command_table[i].usage; i++) {
		char path[40];

		snprintf(path, sizeof path, "commands.%zu.command", i);
		assert_string_equal(text(json, path), command_table[i].usage);
		snprintf(path, sizeof path, "commands.%zu.help", i);
		assert_string_equal(text(json, path), command_table[i].help);
	}
	assert_int_equal(json_array_size(at(json, "commands")), i);
	json_decref(json);
}

/* And the other way round, but for what `tollgate` does by itself. */
static void every_command_has_a_function(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct command *c = command_table; c->usage; c++) {
		struct command_syntax syntax;

		command_read_syntax(&syntax, c->usage);
		if (c->flags & COMMAND_LOCAL)
			continue;
		count++;
		if (!show_does(syntax.name))
			fail_msg("no function of '%s' in show.c", syntax.name);
	}
	assert_int_equal(show_function_count(), count);
}

static void wrong_commands_say_what_exists(void **state)
{
	static const struct {
		const char *line, *error;
	} cases[] = {
		{ "stat",
		  "unknown command \"stat\"; did you mean \"status\"?" },
		{ "show span", "unknown command \"show span\"; did you mean "
			       "\"show spans\"?" },
		{ "a b c d e f g h i j k l m n o p",
		  "unknown command \"a\"; 'help' lists them" },
		{ "status now", "\"now\" is too much: status" },
		{ "show call", "ID is missing: show call ID" },
		{ "setup",
		  "\"setup\" is done by the command 'tollgate' itself" },
		{ "show call 99",
		  "no call 99; 'show calls' lists those in progress and the "
		  "last ones, 200 are kept" },
		{ "show call x",
		  "\"x\" is no call number; 'show calls' lists them" },
		{ "hangup 17x",
		  "\"17x\" is no call number; 'show calls' lists them" },
		{ "hangup -1", "unknown option -1; it is: hangup ID" },
		{ "hangup 4294967313",
		  "\"4294967313\" is no call number; 'show calls' lists them" },
		{ "show call +17",
		  "\"+17\" is no call number; 'show calls' lists them" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *json = ask(f, cases[i].line);

		assert_string_equal(text(json, "error"), cases[i].error);
		json_decref(json);
	}
	assert_null(sample_hung_up);
}

static void longest_line_is_answered(void **state)
{
	struct fixture *f = *state;
	char line[CONTROL_LINE_MAX + 1];
	json_t *json;

	memset(line, 'a', CONTROL_LINE_MAX);
	line[CONTROL_LINE_MAX] = '\0';
	json = ask(f, line);
	assert_non_null(strstr(text(json, "error"), "unknown command"));
	json_decref(json);
	memcpy(line, "show call ", 10);
	json = ask(f, line);
	assert_non_null(strstr(text(json, "error"), "is no call number"));
	json_decref(json);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(status_sums_up),
		CASE(status_tells_what_is_wrong),
		CASE(status_tells_of_peers_and_audits),
		CASE(status_while_stopping),
		CASE(status_before_any_call),
		CASE(unwritten_records_are_a_warning),
		CASE(spans_in_full),
		CASE(calls_alive_and_recent),
		CASE(recent_calls_are_bounded),
		CASE(tables_are_filtered),
		CASE(version_tells_since_when),
		CASE(one_call_alive),
		CASE(a_held_call_says_so),
		CASE(one_call_over),
		CASE(hangup_reaches_the_call),
		CASE(changes_are_told),
		CASE(looking_only),
		CASE(help_lists_every_command),
		CASE(every_command_has_a_function),
		CASE(wrong_commands_say_what_exists),
		CASE(longest_line_is_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
