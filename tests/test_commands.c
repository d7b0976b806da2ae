/* Usages as the table has them, and what is typed against them. */
#include "gateway/commands.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* In place of the real one. */
const struct command_word command_words[] = {
	{ "reload", "--plan", "says it" },
	{ NULL, NULL, NULL },
};

const struct command command_table[] = {
	{ "status", "", 0 },
	{ "show calls [WORDS...]", "", 0 },
	{ "show channels", "", 0 },
	{ "show call ID", "", 0 },
	{ "route explain NUMBER from SOURCE [caller NUMBER] [at TIME]", "", 0 },
	{ "route test", "", 0 },
	{ "reload [--plan]", "", 0 },
	{ "drain all [--timeout DURATION] [--wait]", "", COMMAND_CHANGES },
	{ "log level [MODULE] LEVEL", "", COMMAND_CHANGES },
	{ "cdr tail [-n COUNT]", "", 0 },
	{ "hangup ID", "", COMMAND_CHANGES },
	{ "hangup span SPAN", "", COMMAND_CHANGES },
	{ "block CHANNELS", "", COMMAND_CHANGES },
	{ "trace start call NUMBER", "", COMMAND_CHANGES },
	{ "say WORDS...", "", 0 },
	{ NULL, NULL, 0 },
};

/* "NAME|what=value|..." or why not. */
static void parse(const char *typed, char out[600])
{
	static const char *const asked[] = { "ID",	  "NUMBER", "from",
					     "caller",	  "at",	    "--plan",
					     "--timeout", "--wait", "MODULE",
					     "LEVEL",	  "-n",	    "SPAN",
					     "CHANNELS" };
	char copy[300], *words[40], why[COMMAND_WHY_MAX];
	struct command_line line;
	int argc;
	size_t used;

	snprintf(copy, sizeof copy, "%s", typed);
	argc = command_split(copy, words, 39);
	assert_true(argc > 0);
	if (command_parse(&line, argc, words, why) < 0) {
		snprintf(out, 600, "%s", why);
		return;
	}
	used = (size_t)snprintf(out, 600, "%s", line.syntax.name);
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
		if (command_get(&line, asked[i]))
			used += (size_t)snprintf(out + used, 600 - used,
						 "|%s=%s", asked[i],
						 command_get(&line, asked[i]));
	for (char *const *w = line.rest; *w; w++)
		used += (size_t)snprintf(out + used, 600 - used, "|%s", *w);
}

static const struct {
	const char *typed, *result;
} cases[] = {
	{ "status", "status" },
	{ "show call 17", "show call|ID=17" },
	{ "show calls", "show calls" },
	{ "show calls peer phones", "show calls|peer|phones" },
	{ "say \"\" -x", "say||-x" },
	{ "hangup 17", "hangup|ID=17" },
	{ "hangup span 2", "hangup span|SPAN=2" },
	{ "reload", "reload" },
	{ "reload --plan", "reload|--plan=--plan" },
	{ "route explain +49301 from phones",
	  "route explain|NUMBER=+49301|from=phones" },
	{ "route explain from phones at \"2026-03-01 23:00\" 110 caller +1",
	  "route explain|NUMBER=110|from=phones|caller=+1|"
	  "at=2026-03-01 23:00" },
	{ "drain all --wait --timeout 90s",
	  "drain all|--timeout=90s|--wait=--wait" },
	{ "drain all --timeout=90s", "drain all|--timeout=90s" },
	{ "log level debug", "log level|LEVEL=debug" },
	{ "log level sip debug", "log level|MODULE=sip|LEVEL=debug" },
	{ "cdr tail -n 10", "cdr tail|-n=10" },
	{ "block 1/5", "block|CHANNELS=1/5" },
	{ "block 1/5-8", "block|CHANNELS=1/5-8" },
	{ "trace start call 110", "trace start call|NUMBER=110" },

	{ "xyzzy", "unknown command \"xyzzy\"; 'help' lists them" },
	{ "xyzzy 1 2", "unknown command \"xyzzy\"; 'help' lists them" },
	{ "stauts", "unknown command \"stauts\"; did you mean \"status\"?" },
	{ "shwo calls",
	  "unknown command \"shwo calls\"; did you mean \"show calls\"?" },
	{ "show chanels",
	  "unknown command \"show chanels\"; did you mean \"show channels\"?" },
	{ "shwo chanels 4", "unknown command \"shwo chanels 4\"; did you mean "
			    "\"show channels\"?" },
	{ "show", "\"show\" goes on with: calls, channels, call" },
	{ "show x",
	  "unknown command \"show x\"; there are: show calls, channels, call" },
	{ "trace start", "\"trace start\" goes on with: call" },
	{ "route tets",
	  "unknown command \"route tets\"; did you mean \"route test\"?" },
	{ "status now", "\"now\" is too much: status" },
	{ "status --now", "unknown option --now; it is: status" },
	{ "hangup", "ID is missing: hangup ID" },
	{ "hangup 1 2", "\"2\" is too much: hangup ID" },
	{ "hangup x", "\"x\" is no call number; 'show calls' lists them" },
	{ "hangup 4294967295", "hangup|ID=4294967295" },
	{ "hangup 4294967296", "\"4294967296\" is no call number; 'show "
			       "calls' lists them" },
	{ "hangup span", "SPAN is missing: hangup span SPAN" },
	{ "log level", "LEVEL is missing: log level [MODULE] LEVEL" },
	{ "log level loud", "\"loud\" is no level; there are err, warning, "
			    "notice, info and debug" },
	{ "route explain 110", "from SOURCE is missing: route explain NUMBER "
			       "from SOURCE [caller NUMBER] [at TIME]" },
	{ "route explain 110 from", "from needs a SOURCE: route explain "
				    "NUMBER from SOURCE [caller NUMBER] "
				    "[at TIME]" },
	{ "route explain 1x0 from a", "\"1x0\" is no telephone number: "
				      "digits, * and #, with or without a + "
				      "before them" },
	{ "reload --plan --plan", "--plan stands there twice" },
	{ "reload --plan=5", "--plan takes no value" },
	{ "cdr tail -n", "-n needs a COUNT: cdr tail [-n COUNT]" },
	{ "cdr tail -n ten", "\"ten\" is no count" },
	{ "block 5", "\"5\" is no channel; 1/5 is channel 5 of span 1, 1/5-8 "
		     "are four" },
	{ "block 1/8-5", "\"1/8-5\" is no channel; 1/5 is channel 5 of span "
			 "1, 1/5-8 are four" },
	{ "say", "WORDS is missing: say WORDS..." },
};

static void typed_lines(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char result[600];

		parse(cases[i].typed, result);
		if (!strcmp(result, cases[i].result))
			continue;
		print_error("%s\n  gave   %s\n  not    %s\n", cases[i].typed,
			    result, cases[i].result);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void long_words_are_cut(void **state)
{
	char typed[250], result[600];

	(void)state;
	memset(typed, 'a', 249);
	typed[249] = '\0';
	parse(typed, result);
	assert_true(strlen(result) < 100);
	memcpy(typed, "hangup ", 7);
	parse(typed, result);
	assert_non_null(strstr(result, "is no call number"));
}

/* More words than any command has arguments. */
static void many_words(void **state)
{
	char typed[200] = "hangup", result[600];

	(void)state;
	for (int i = 0; i < 30; i++)
		strcat(typed, " 1");
	parse(typed, result);
	assert_string_equal(result, "\"1\" is too much: hangup ID");
}

static void split_and_join(void **state)
{
	static const struct {
		const char *line;
		int count;
	} lines[] = {
		{ "", 0 },
		{ "  \t ", 0 },
		{ "a", 1 },
		{ " a  b ", 2 },
		{ "a \"b c\"", 2 },
		{ "a \"\"", 2 },
		{ "\"a", -EINVAL },
		{ "a \"", -EINVAL },
		{ "a b c d e", -E2BIG },
	};
	char *argv[] = { (char *)"a", (char *)"b c", (char *)"", NULL };
	char copy[40], *words[5];

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		strcpy(copy, lines[i].line);
		assert_int_equal(command_split(copy, words, 4), lines[i].count);
	}
	assert_int_equal(command_join(copy, sizeof copy, 3, argv), 0);
	assert_string_equal(copy, "a \"b c\" \"\"");
	assert_int_equal(command_split(copy, words, 4), 3);
	for (int i = 0; i < 3; i++)
		assert_string_equal(words[i], argv[i]);
	assert_int_equal(command_join(copy, 10, 3, argv), -EMSGSIZE);
	assert_int_equal(command_join(copy, 11, 3, argv), 0);
	argv[1] = (char *)"\"";
	assert_int_equal(command_join(copy, sizeof copy, 3, argv), -EINVAL);
	argv[1] = (char *)"\x1b";
	assert_int_equal(command_join(copy, sizeof copy, 3, argv), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(typed_lines),
		cmocka_unit_test(long_words_are_cut),
		cmocka_unit_test(many_words),
		cmocka_unit_test(split_and_join),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
