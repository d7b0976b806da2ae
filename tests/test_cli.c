/* Options, exit statuses and messages of the command `tollgate`. */
#include "tests/sample_cli.h"

static void help_needs_no_daemon(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(run(f, "--control /nonexistent help"), CLI_GOOD);
	assert_memory_equal(f->out, "usage: tollgate ", 16);
	assert_non_null(
		strstr(f->out, "\n  show call ID              one call"));
	fits(f->out);
	assert_non_null(strstr(f->out, "\n  show calls ..  "));
	assert_int_equal(run(f, "help show calls"), CLI_GOOD);
	assert_memory_equal(f->out, "show calls [peer PEER] ", 23);
	assert_non_null(strstr(f->out, "\n      PEER      a sip-peer\n"));
	assert_int_equal(ask_run(f, "help reload"), CLI_GOOD);
	assert_non_null(strstr(f->out, "\n      --plan    says what would "
				       "change, and changes nothing\n"));
	fits(f->out);
	for (const struct command *c = command_table; c->usage; c++) {
		struct command_syntax syntax;
		char line[100];

		command_read_syntax(&syntax, c->usage);
		snprintf(line, sizeof line, "help %s", syntax.name);
		assert_int_equal(run(f, line), CLI_GOOD);
		fits(f->out);
	}
	assert_int_equal(run(f, "help shwo"), CLI_REFUSED);
	assert_string_equal(f->err, "tollgate: unknown command \"shwo\"; did "
				    "you mean \"show\"?\n");
	assert_int_equal(run(f, "--help"), CLI_GOOD);
	assert_memory_equal(f->out, "usage: tollgate ", 16);
	/* Of the command that it stands behind. */
	assert_int_equal(run(f, "drain span 1 timeout x --help"), CLI_GOOD);
	assert_memory_equal(f->out, "drain span SPAN [", 17);
	assert_null(strstr(f->out, "drain trunk"));
	assert_int_equal(run(f, "drain -h"), CLI_GOOD);
	assert_non_null(strstr(f->out, "\ndrain trunk TRUNK ["));
	assert_int_equal(run(f, "shwo --help"), CLI_REFUSED);
	assert_int_equal(run(f, "--version"), CLI_GOOD);
	assert_string_equal(f->out, "tollgate " TOLLGATE_VERSION "\n");
	/* As a document it is the daemon's. */
	assert_int_equal(ask_run(f, "--json help"), CLI_GOOD);
	assert_non_null(strstr(f->out, "\"commands\""));
}

/* Every command has its text or is done here. */
static void every_command_is_shown(void **state)
{
	size_t shown = 0, done = 0;

	(void)state;
	for (const struct command *c = command_table; c->usage; c++) {
		struct command_syntax syntax;

		command_read_syntax(&syntax, c->usage);
		assert_true(strlen(c->help) <= 52);
		shown += render_find(syntax.name) != NULL;
		done += cli_does(syntax.name);
		if (c->flags & COMMAND_LOCAL) {
			if (!cli_does(syntax.name))
				fail_msg("no function of '%s'", syntax.name);
		} else if (!render_find(syntax.name)) {
			fail_msg("nothing shows the answer to '%s'",
				 syntax.name);
		}
	}
	assert_int_equal(render_count(), shown);
	assert_int_equal(cli_function_count(), done);
}

static void hangup_says_so(void **state)
{
	struct fixture *f = *state;

	prints(f, "hangup 17", "call 17 is released\n");
	assert_ptr_equal(sample_hung_up, &f->s.alive);
}

static void refusals_exit_1(void **state)
{
	static const struct {
		const char *line, *err;
	} cases[] = {
		{ "hangup 16", "tollgate: call 16 has ended already\n" },
		{ "hangup 99",
		  "tollgate: no call 99; 'show calls' lists those in progress "
		  "and the last ones,\n          200 are kept\n" },
		{ "show calss",
		  "tollgate: unknown command \"show calss\"; did you mean "
		  "\"show calls\"?\n" },
		{ "hangup", "tollgate: ID is missing: hangup ID\n" },
		{ "status --virtual",
		  "tollgate: unknown option --virtual; it is: status\n" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(ask_run(f, cases[i].line), CLI_REFUSED);
		assert_string_equal(f->out, "");
		assert_string_equal(f->err, cases[i].err);
		fits(f->err);
	}
	f->canned = "{\"error\": null}";
	assert_int_equal(ask_run(f, "status"), CLI_REFUSED);
	assert_string_equal(f->err, "tollgate: refused, without a reason\n");
}

static void json_is_the_document(void **state)
{
	struct fixture *f = *state;
	json_t *json;

	assert_int_equal(ask_run(f, "status --json"), CLI_GOOD);
	json = json_loads(f->out, 0, NULL);
	assert_string_equal(field_text(json, "node"), "demo");
	json_decref(json);
	assert_int_equal(ask_run(f, "--json hangup 99"), CLI_REFUSED);
	assert_string_equal(f->err, "");
	json = json_loads(f->out, 0, NULL);
	assert_true(*field_text(json, "error"));
	json_decref(json);
}

static void wrong_usage_exits_1(void **state)
{
	struct fixture *f = *state;
	char line[1200] = "status ";

	assert_int_equal(run(f, ""), CLI_REFUSED);
	assert_memory_equal(f->err, "usage: tollgate ", 16);
	assert_int_equal(run(f, "--colour status"), CLI_REFUSED);
	assert_string_equal(f->err, "tollgate: unknown option --colour; "
				    "'tollgate --help' lists them\n");
	assert_int_equal(run(f, "status --control"), CLI_REFUSED);
	assert_string_equal(f->err, "tollgate: --control needs a value\n");
	memset(line + 7, 'a', 600);
	assert_int_equal(ask_run(f, line), CLI_REFUSED);
	assert_int_equal(ask_run(f, "show\ncalls"), CLI_REFUSED);
	assert_int_equal(ask_run(f, "frob 1\x1b"), CLI_REFUSED);
	assert_string_equal(f->err, "tollgate: a command is at most 512 "
				    "characters of ASCII without quotes\n");
}

static void unreachable_exits_2_with_a_remedy(void **state)
{
	struct fixture *f = *state;
	char line[200];

	assert_int_equal(run(f, "--control /nonexistent/control status"),
			 CLI_UNREACHABLE);
	assert_string_equal(
		f->err,
		"tollgate: no answer from tollgated on /nonexistent/control: "
		"No such file or directory\n"
		"Is tollgated running? If it has another control socket, name "
		"it with\n"
		"--control PATH or in TOLLGATE_CONTROL (setting \"control\" of "
		"its configuration).\n");
	snprintf(line, sizeof line, "--control %s/dead status", f->dir);
	assert_int_equal(run(f, line), CLI_UNREACHABLE);
	assert_string_equal(f->out, "");
	/* It listens and says nothing. */
	f->canned = "";
	assert_int_equal(ask_run(f, "status"), CLI_UNREACHABLE);
	assert_non_null(strstr(f->err, "see its log"));
}

/* A newer tollgated may know it; where none runs, the word is what is wrong. */
static void unknown_and_unreachable(void **state)
{
	static const struct {
		const char *words, *last;
	} cases[] = {
		{ "show foo", "tollgate: unknown command \"show foo\"; " },
		{ "show", "tollgate: \"show\" goes on with: alarms, " },
		{ "show spans", "--control PATH or in TOLLGATE_CONTROL" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char line[200];

		snprintf(line, sizeof line, "--control /nonexistent %s",
			 cases[i].words);
		assert_int_equal(run(f, line), CLI_UNREACHABLE);
		assert_memory_equal(f->err, "tollgate: no answer from ", 25);
		assert_non_null(strstr(f->err, cases[i].last));
	}
	/* What is known and wrong needs nobody's word. */
	assert_int_equal(run(f, "--control /nonexistent show call x"),
			 CLI_REFUSED);
	assert_int_equal(run(f, "--json --control /nonexistent show call x"),
			 CLI_REFUSED);
	assert_string_equal(f->err, "");
	assert_memory_equal(f->out, "{\n  \"error\": ", 13);
}

/* The same statuses for every command that there is. */
static void statuses_are_the_same_for_all(void **state)
{
	static const char *const nothing[] = {
		"show spans 99",
		"show channels 99",
		"show trunks nowhere",
		"show peers nobody",
		"show call 99",
		"show calls peer nobody",
		"show calls trunk nowhere",
		"show routes from nobody",
		"hangup 99",
	};
	struct fixture *f = *state;

	for (const struct command *c = command_table; c->usage; c++) {
		char line[200], whole[300];

		if (c->flags & COMMAND_LOCAL || !strncmp(c->usage, "help", 4) ||
		    !sample_typed(line, sizeof line, c))
			continue;
		snprintf(whole, sizeof whole, "--control /nonexistent %s",
			 line);
		assert_int_equal(run(f, whole), CLI_UNREACHABLE);
		assert_non_null(strstr(f->err, "no answer from tollgated"));
		assert_string_equal(f->out, "");
		snprintf(whole, sizeof whole, "%s --nonsense", line);
		assert_int_equal(ask_run(f, whole), CLI_REFUSED);
		assert_string_equal(f->out, "");
	}
	for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
		assert_int_equal(ask_run(f, nothing[i]), CLI_REFUSED);
		assert_true(*f->err);
	}
}

static void control_path_from_the_environment(void **state)
{
	struct fixture *f = *state;

	setenv("TOLLGATE_CONTROL", f->path, 1);
	assert_int_equal(run(f, "hangup 17"), CLI_GOOD);
	/* The option wins. */
	assert_int_equal(run(f, "--control /nonexistent status"),
			 CLI_UNREACHABLE);
	setenv("TOLLGATE_CONTROL", "", 1);
	assert_int_equal(run(f, "status"), CLI_UNREACHABLE);
	assert_non_null(strstr(f->err, "/run/tollgate/control.sock"));
}

static void words_arrive_as_one_line(void **state)
{
	struct fixture *f = *state;

	f->canned = "{}";
	assert_int_equal(ask_run(f, "show  call   17"), CLI_GOOD);
	assert_string_equal(f->heard, "show call 17");
}

static void unknown_answers_are_shown_as_json(void **state)
{
	struct fixture *f = *state;

	f->canned = "{\"routes\": [\"caf\xc3\xa9\"]}";
	assert_int_equal(ask_run(f, "tomorrow"), CLI_GOOD);
	assert_string_equal(f->out, "{\n  \"routes\": [\n    "
				    "\"caf\\u00E9\"\n  ]\n}\n");
}

static void not_json_exits_2(void **state)
{
	static const char *const answers[] = {
		"hello", "[1, 2]",   "17",	 "null",
		"{",	 "{\"a\": ", "\xff\xfe", "{\"a\": \"\x01\"}"
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		f->canned = answers[i];
		assert_int_equal(ask_run(f, "status"), CLI_UNREACHABLE);
		assert_non_null(strstr(f->err, "is not tollgated"));
	}
}

static void full_disk_is_told(void **state)
{
	struct fixture *f = *state;
	char *argv[] = { "tollgate", "--control", f->path, "status", NULL };
	FILE *out = fopen("/dev/full", "w");
	FILE *err = fopen("/dev/null", "w");

	assert_int_equal(cli_run(4, argv, out, err), CLI_REFUSED);
	fclose(out);
	fclose(err);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(help_needs_no_daemon),
		CASE(every_command_is_shown),
		CASE(hangup_says_so),
		CASE(refusals_exit_1),
		CASE(json_is_the_document),
		CASE(wrong_usage_exits_1),
		CASE(unreachable_exits_2_with_a_remedy),
		CASE(unknown_and_unreachable),
		CASE(statuses_are_the_same_for_all),
		CASE(control_path_from_the_environment),
		CASE(words_arrive_as_one_line),
		CASE(unknown_answers_are_shown_as_json),
		CASE(not_json_exits_2),
		CASE(full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
