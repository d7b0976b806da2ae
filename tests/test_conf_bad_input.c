/* What an operator breaks in a number plan: each with its exact place and what
 * to do about it, and nothing is taken. */
#include "gateway/configuration.h"
#include "tests/conf_dir.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* 11 lines: what a case adds begins on line 12. */
static const char plan[] =
	"gateway g { listen 127.0.0.1 }\n"
	"sip-peer pbx { server 10.0.0.1 numbering dialled }\n"
	"span 1 { device virtual x.sock span 1 }\n"
	"span 2 { like span 1 device virtual x.sock span 2 }\n"
	"trunk-group city { members span 1 numbering dialled }\n"
	"trunk-group other { members span 2 numbering dialled direction out }\n"
	"numbering dialled { country 49 area 30 national-prefix 0 }\n"
	"hours office { mon-fri 08:00-18:00 zone Europe/Berlin }\n"
	"route from city { +4930 -> pbx }\n"
	"test \"in\" { from city to 1 subscriber expect pbx }\n"
	"# what follows is broken\n";

static const struct {
	const char *what;
	const char *added; /* to the plan */
	const char *list;  /* in x.class */
	const char *said;
} cases[] = {
	{ "unknown setting",
	  "route from pbx { + -> city }\n"
	  "trunk-group third {\n"
	  "  membres span 1\n"
	  "}\n",
	  "",
	  "t.conf:14:3: error: unknown setting \"membres\" in trunk-group "
	  "\"third\"\n"
	  "   14 |   membres span 1\n"
	  "      |   ^^^^^^^  did you mean \"members\"?  (members span "
	  "<number> ..., span 1 to 128)\n" },
	{ "wrong unit", "route from pbx { + -> city max 5 calls/h }\n", "",
	  "t.conf:12:34: error: \"calls/h\" is not the unit of a limit\n"
	  "   12 | route from pbx { + -> city max 5 calls/h }\n"
	  "      |                                  ^^^^^^^  did you mean "
	  "\"calls/s\"?  (max <count> calls | calls/s | min/day [per "
	  "caller])\n" },
	{ "missing unit",
	  "route from pbx { + -> city }\n"
	  "log { }\n"
	  "sip-peer b { server 10.0.0.9 keepalive options every 30 }\n"
	  "route from b { + -> city }\n",
	  "",
	  "t.conf:14:54: error: \"30\" lacks its unit: write 30ms or 30s\n"
	  "   14 | sip-peer b { server 10.0.0.9 keepalive options every 30 }\n"
	  "      |                                                      ^^  "
	  "(keepalive options every <time> [down-after <number>] [up-after "
	  "<number>] | never, 1s to 3600s, 1 to 100 times)\n" },
	{ "missing reference, misspelt", "route from pbx { + -> city othr }\n",
	  "",
	  "t.conf:12:28: error: there is no trunk-group or sip-peer \"othr\"\n"
	  "   12 | route from pbx { + -> city othr }\n"
	  "      |                            ^^^^  did you mean \"other\"?  "
	  "(trunk-group, line 6)\n" },
	{ "missing reference, of nothing like it",
	  "route from pbx { + -> backup }\n", "",
	  "t.conf:12:23: error: there is no trunk-group or sip-peer "
	  "\"backup\"\n"
	  "   12 | route from pbx { + -> backup }\n"
	  "      |                       ^^^^^^  (defined: city, other, "
	  "pbx)\n" },
	{ "missing hours", "route from pbx { + when night -> city }\n", "",
	  "t.conf:12:25: error: there is no hours block \"night\"\n"
	  "   12 | route from pbx { + when night -> city }\n"
	  "      |                         ^^^^^  (defined: office)\n" },
	{ "missing class", "route from pbx { class premium -> reject 403 }\n",
	  "",
	  "t.conf:12:24: error: there is no number-class \"premium\"\n"
	  "   12 | route from pbx { class premium -> reject 403 }\n"
	  "      |                        ^^^^^^^  (define it: there is no "
	  "number-class at all)\n" },
	{ "loop of includes",
	  "route from pbx { + -> city }\n"
	  "include t.conf\n",
	  "",
	  "t.conf:13:9: error: \"t.conf\" includes itself (it is the file "
	  "that everything began with)\n"
	  "   13 | include t.conf\n"
	  "      |         ^^^^^^  (take this line out)\n" },
	{ "two equal routes",
	  "route from pbx {\n"
	  "  +49  -> city\n"
	  "  +44  -> other\n"
	  "  +49  -> other\n"
	  "}\n",
	  "",
	  "t.conf:15:3: error: two routes match \"+49\" equally (other: line "
	  "13)\n"
	  "   15 |   +49  -> other\n"
	  "      |   ^^^  (remove one, or narrow it down: caller, "
	  "presentation, bearer, when)\n" },
	{ "two equal routes, one of a class",
	  "number-class premium { numbers +49900 }\n"
	  "route from pbx {\n"
	  "  class premium -> reject 403\n"
	  "  +49900        -> city\n"
	  "}\n",
	  "",
	  "t.conf:15:3: error: two routes match \"+49900\" equally (other: "
	  "line 14)\n"
	  "   15 |   +49900        -> city\n"
	  "      |   ^^^^^^  (remove one, or narrow it down: caller, "
	  "presentation, bearer, when)\n" },
	{ "a class out of date",
	  "number-class premium { file x.class }\n"
	  "route from pbx { class premium -> reject 403 }\n",
	  "# numbers that cost\n"
	  "dated     2020-01-01\n"
	  "review-by 2021-01-01\n"
	  "+49900\n",
	  "x.class:3:11: error: this list of numbers is out of date: it was "
	  "to be reviewed by 2021-01-01\n"
	  "    3 | review-by 2021-01-01\n"
	  "      |           ^^^^^^^^^^  (compare it with its sources and set "
	  "a "
	  "new date, or write \"when-outdated warn\" in number-class "
	  "\"premium\")\n" },
	{ "a class with a mistake in its list",
	  "number-class premium { file x.class }\n"
	  "route from pbx { class premium -> reject 403 }\n",
	  "+49900\n+49(0)137\n",
	  "x.class:2:1: error: \"+49(0)137\" is not a number or a prefix: "
	  "+E.164 or digits, with nothing between them\n"
	  "    2 | +49(0)137\n"
	  "      | ^^^^^^^^^  (<number> ... | <first>..<last> ...)\n" },
	{ "a time zone that there is not",
	  "route from pbx { + -> city }\n"
	  "hours night { daily 18:00-08:00 zone Europe/Berln }\n",
	  "",
	  "t.conf:13:38: error: there is no time zone \"Europe/Berln\"\n"
	  "   13 | hours night { daily 18:00-08:00 zone Europe/Berln }\n"
	  "      |                                      ^^^^^^^^^^^^  did you "
	  "mean \"Europe/Berlin\"?  (zone <name>)\n" },
	{ "a test that fails",
	  "route from pbx {\n"
	  "  +    -> city\n"
	  "  +49900 -> reject 403\n"
	  "}\n"
	  "test \"abroad\" {\n"
	  "  from pbx  to +44\n"
	  "  expect other\n"
	  "}\n",
	  "",
	  "t.conf:18:3: error: test \"abroad\" fails: expected other, got "
	  "city\n"
	  "   18 |   expect other\n"
	  "      |   ^^^^^^  (t.conf:13 decides: +)\n" },
};

static void each_is_told(void **state)
{
	struct conf_dir *dir = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[sizeof plan + 1024], said[4096] = "";
		struct conf *conf = NULL;
		FILE *errors = fmemopen(said, sizeof said - 1, "w");
		const char *path;
		int err;

		snprintf(text, sizeof text, "%s%s", plan, cases[i].added);
		conf_dir_put(dir, "x.class", cases[i].list);
		path = conf_dir_put(dir, "t.conf", text);
		err = configuration_load(&conf, path, errors);
		fclose(errors);
		conf_dir_strip(dir, said);
		if (err != -EINVAL || conf)
			fail_msg("%s: taken", cases[i].what);
		if (strcmp(said, cases[i].said) != 0)
			fail_msg("%s: expected\n%sgot\n%s", cases[i].what,
				 cases[i].said, said);
		/* The caret's line ends with what to do. */
		if (!strstr(said, "^  ") || !strstr(strstr(said, "^  "), "("))
			fail_msg("%s: without a remedy", cases[i].what);
	}
}

static const struct {
	const char *lines, *warned; /* NULL: it is not */
} behind[] = {
	{ "+4930100..+4930199 -> city\n+4930100 -> other\n", "+4930100" },
	{ "+4930100..+4930199 -> city\n+4930150 caller +44 -> other\n",
	  "+4930150" },
	{ "+4930100..+4930199 -> city\n"
	  "+4930100..+4930199 when office -> other\n+4930199 -> other\n",
	  "+4930199" },
	/* the number itself, fewer digits, more digits, beside it */
	{ "+4930100..+4930199 -> city\n+4930100..+4930100 -> other\n", NULL },
	{ "+4930100..+4930199 -> city\n+493010 -> other\n", NULL },
	{ "+4930100..+4930199 -> city\n+49301001 -> other\n", NULL },
	{ "+4930100..+4930199 -> city\n+4930200 -> other\n", NULL },
	/* the range leaves some of its calls to others */
	{ "+4930100..+4930199 when office -> city\n+4930100 -> other\n", NULL },
	{ "+4930100..+4930199 caller +49 -> city\n+4930100 -> other\n", NULL },
};

/* Whoever writes a number of a range as a prefix has the longer ones alone. */
static void a_number_behind_its_range(void **state)
{
	struct conf_dir *dir = *state;

	for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
		char text[sizeof plan + 512], said[2048] = "", want[128];
		struct conf *conf = NULL;
		FILE *errors = fmemopen(said, sizeof said - 1, "w");

		snprintf(text, sizeof text, "%sroute from pbx {\n%s}\n", plan,
			 behind[i].lines);
		assert_int_equal(configuration_load(&conf,
						    conf_dir_put(dir, "t.conf",
								 text),
						    errors),
				 0);
		fclose(errors);
		conf_free(conf);
		if (!behind[i].warned) {
			if (*said)
				fail_msg("%s%s", behind[i].lines, said);
			continue;
		}
		snprintf(want, sizeof want,
			 "warning: \"%s\" is taken by "
			 "+4930100..+4930199 (line 13): ",
			 behind[i].warned);
		if (!strstr(said, want))
			fail_msg("%snot %s but %s", behind[i].lines, want,
				 said);
	}
}

/* That it is the added lines. */
static void without_them_it_is_good(void **state)
{
	struct conf_dir *dir = *state;
	char text[sizeof plan + 64];
	struct conf *conf = NULL;

	snprintf(text, sizeof text, "%sroute from pbx { + -> city other }\n",
		 plan);
	assert_int_equal(configuration_load(&conf,
					    conf_dir_put(dir, "t.conf", text),
					    stderr),
			 0);
	conf_free(conf);
}

int main(void)
{
#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, conf_dir_new, conf_dir_free)
	const struct CMUnitTest tests[] = {
		CASE(each_is_told),
		CASE(without_them_it_is_good),
		CASE(a_number_behind_its_range),
	};

	return cmocka_run_group_tests_name("conf_bad_input", tests, NULL, NULL);
}
