/* `show routes`: which rules, in which order, and as they are written. */
#include "gateway/cli/render.h"
#include "gateway/commands.h"
#include "gateway/gateway.h"
#include "gateway/show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char text[] =
	"gateway g {\n  listen 127.0.0.1\n  control run/c\n"
	"  call-records run/r\n}\n"
	"sip-peer a { accept-from 192.0.2.1\n codecs alaw\n}\n"
	"span 1 {\n  device virtual run/x span 1\n  line e1\n"
	"  protocol euroisdn side user\n"
	"  channels 1-15 17-31 d-channel 16\n}\n"
	"trunk-group city { members span 1\n numbering n }\n"
	"numbering n {\n  send + -> \"\" international isdn\n"
	"  receive international \"\" -> +\n}\n"
	"number-class dear { numbers +49900 +49137 }\n"
	"route from a {\n" /* line 22 */
	"  otherwise -> reject 404\n"
	"  +49 -> city\n"
	"  +4930 110 -> city\n"
	"  class dear -> reject 403 \"no\"\n"
	"  +4930 caller +44 -> reject 603\n"
	"}\n";

static json_t *ask(struct gateway *gw, const char *typed)
{
	char copy[200], *words[20], why[COMMAND_WHY_MAX];
	struct command_line line;
	int argc;

	snprintf(copy, sizeof copy, "%s", typed);
	argc = command_split(copy, words, 19);
	assert_int_equal(command_parse(&line, argc, words, why), 0);
	return show_routes(gw, &line);
}

static char *print(const json_t *answer)
{
	struct screen screen = { .colour = false };
	char *out;
	size_t len;

	screen.out = open_memstream(&out, &len);
	render_routes(&screen, answer);
	fclose(screen.out);
	return out;
}

static int setup(void **state)
{
	struct gateway *gw = calloc(1, sizeof *gw);
	struct conf *conf;

	assert_int_equal(conf_parse(&conf, "t.conf", text, strlen(text),
				    stderr),
			 0);
	gw->conf = conf;
	*state = gw;
	return 0;
}

static int teardown(void **state)
{
	struct gateway *gw = *state;

	conf_free((struct conf *)gw->conf);
	free(gw);
	return 0;
}

static void most_specific_first(void **state)
{
	json_t *answer = ask(*state, "show routes");
	char *out = print(answer);

	assert_string_equal(
		out,
		"From a  (t.conf:22)\n"
		"  110                       +4930 110 -> city  (t.conf:25)\n"
		"  class dear                -> reject 403 \"no\"  "
		"(t.conf:26)\n"
		"  +4930                     caller +44 -> reject 603  "
		"(t.conf:27)\n"
		"  +4930                     +4930 110 -> city  (t.conf:25)\n"
		"  +49                       -> city  (t.conf:24)\n"
		"  otherwise                 -> reject 404  (t.conf:23)\n");
	free(out);
	json_decref(answer);
}

static void those_of_a_number(void **state)
{
	json_t *answer = ask(*state, "show routes from a number +4990012");
	char *out = print(answer);

	assert_string_equal(
		out,
		"From a  (t.conf:22)\n"
		"  +49900                    class dear -> reject 403 \"no\"  "
		"(t.conf:26)\n"
		"  +49                       -> city  (t.conf:24)\n"
		"  otherwise                 -> reject 404  (t.conf:23)\n");
	free(out);
	json_decref(answer);
}

static void unknown_sources_are_refused(void **state)
{
	json_t *answer = ask(*state, "show routes from nobody");

	assert_non_null(json_object_get(answer, "error"));
	json_decref(answer);
}

/* More than anybody reads: what is left out is counted. */
static void many_rules(void **state)
{
	struct gateway gw = { .phase = GATEWAY_RUNNING };
	struct conf *conf;
	char *long_text, *out;
	json_t *answer;
	size_t len;
	FILE *file = open_memstream(&long_text, &len);

	(void)state;
	fwrite(text, 1, strlen(text) - 2, file);
	for (int i = 0; i < 300; i++)
		fprintf(file, "  +1%03d -> city\n", i);
	fputs("}\n", file);
	fclose(file);
	assert_int_equal(conf_parse(&conf, "t.conf", long_text, len, stderr),
			 0);
	gw.conf = conf;
	answer = ask(&gw, "show routes");
	out = print(answer);
	assert_non_null(strstr(out, "\n  and 106 more: 'number NUMBER' "));
	free(out);
	free(long_text);
	json_decref(answer);
	conf_free(conf);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(most_specific_first),
		CASE(those_of_a_number),
		CASE(unknown_sources_are_refused),
		cmocka_unit_test(many_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
