/* What Tab offers, in `tollgate` and through the shells' scripts. */
#include "gateway/cli/complete.h"

#include "tests/sample_cli.h"

static const struct {
	const char *typed; /* the word behind the last blank is completed */
	const char *words;
} cases[] = {
	{ "st", "status" },
	{ "show ca", "calls call" },
	{ "show call ", "17 16 15" },
	{ "show call 1", "17 16 15" },
	{ "show call 17", "17" },
	{ "show call 17 ", "" },
	{ "hangup ", "span 17 16 15" },
	{ "hangup span ", "1" },
	{ "status ", "" },
	{ "xyzzy ", "" },
	{ "xyzzy", "" },
	{ "setup --", "--output --virtual --json --control --help --version" },
	{ "setup --output ", ":file" },
	{ "setup --output x -", "--virtual --json --control --help "
				"--version" },
	{ "completion ", "bash zsh" },
	{ "completion z", "zsh" },
	{ "help show call", "calls call" },
	{ "route explain 110 from phones bearer ", "speech audio data" },
	{ "route explain 110 from phones pres", "presentation" },
	{ "route explain 110 from ph", "phones" },
	{ "drain span ", "1" },
	{ "drain span t", "timeout" },
	{ "drain span 1 ", "timeout --wait" },
	{ "log level ", "gateway conf dahdi media sip err warning notice info "
			"debug" },
	{ "show calls state ", "setup proceeding rerouting alerting answered "
			       "active held announcement clearing" },
	{ "help event TG-120", "TG-1200 TG-1201 TG-1202 TG-1203 "
			       "TG-1204 TG-1205" },
	{ "--json st", "status" },
	{ "--control ", ":file" },
	{ "--control = ", ":file" },
	{ "--control = /nonexistent st", "status" },
	{ "--con", "--control" },
};

/* The words that `complete` prints, in one line. */
static void complete(struct fixture *f, const char *typed, char out[1000])
{
	char copy[200],
		*argv[20] = { "tollgate", "--control", f->path, "complete" };
	size_t used = 0, len;
	int argc = 4;
	char *text;
	FILE *file = open_memstream(&text, &len);

	snprintf(copy, sizeof copy, "%s", typed);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	if (typed[strlen(typed) - 1] == ' ')
		argv[argc++] = "";
	assert_int_equal(cli_run(argc, argv, file, file), CLI_GOOD);
	fclose(file);
	*out = '\0';
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		used += (size_t)sprintf(out + used, "%s%.*s", used ? " " : "",
					(int)strcspn(line, "\t"), line);
	free(text);
}

static void words_are_offered(void **state)
{
	struct fixture *f = *state;
	unsigned wrong = 0;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char words[1000];

		complete(f, cases[i].typed, words);
		if (!strcmp(words, cases[i].words))
			continue;
		print_error("%s\n  offers  %s\n  not     %s\n", cases[i].typed,
			    words, cases[i].words);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void a_daemon_that_is_away_costs_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(run(f, "--control /nonexistent complete hangup 1"),
			 CLI_GOOD);
	assert_string_equal(f->out, "");
	assert_string_equal(f->err, "");
	f->canned = "[";
	assert_int_equal(ask_run(f, "complete hangup 1"), CLI_GOOD);
	assert_string_equal(f->out, "");
}

/* They go to a terminal, or are words for a shell. */
static void odd_names_are_not_offered(void **state)
{
	struct fixture *f = *state;
	struct complete_list list;
	const struct cli cli = { .control = f->path };
	char *argv[] = { "show", "call", NULL };

	f->canned = "{\"calls\": [{\"id\": \"\\u001b[2J\"}, {\"id\": \"a b\"}, "
		    "{\"id\": null}, {}, 3, {\"id\": 4}], \"recent\": 5}";
	complete_find(&list, &cli, 2, argv, "");
	assert_int_equal(list.count, 1);
	assert_string_equal(list.words[0].word, "4");
	complete_free(&list);
}

static void common_beginnings(void **state)
{
	static const struct cli nobody = { .control = "/nonexistent" };
	char *argv[] = { "show", NULL };
	struct complete_list list;

	(void)state;
	complete_find(&list, &nobody, 1, argv, "ca");
	assert_int_equal(complete_common(&list), 4);
	complete_free(&list);
	complete_find(&list, &nobody, 1, argv, "xx");
	assert_int_equal(complete_common(&list), 0);
	complete_free(&list);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(words_are_offered),
		CASE(a_daemon_that_is_away_costs_nothing),
		CASE(odd_names_are_not_offered),
		CASE(common_beginnings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
