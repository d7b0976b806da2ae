/* What is checked of a configuration that conf/ cannot know, by exact text. */
#include "gateway/configuration.h"
#include "tests/conf_dir.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD                                              \
	"gateway g { listen 127.0.0.1 }\n"                \
	"sip-peer p { server 10.0.0.1  numbering n }\n"   \
	"sip-peer q { server 10.0.0.2 }\n"                \
	"span 1 { device virtual s span 1 }\n"            \
	"trunk-group t { members span 1  numbering n }\n" \
	"route from q { otherwise -> t }\n"               \
	"number-class help { numbers 112 }\n"

static const char uk[] = "numbering n { country 44  area 113  short 999 }\n";
#define WRITTEN(more) "numbering n { receive unknown \"\" -> +44\n" more "}\n"

/* From line 9 on, where there is a plan of one line. */
static const struct {
	const char *plan, *route;
	const char *said; /* "": nothing */
} cases[] = {
	{ uk, "route from p {\n999 -> t\n}\n", "" },
	{ uk, "route from p {\n+44112 -> t\n}\n", "" },
	{ uk, "route from p {\nclass help -> t\n}\n", "" },
	{ uk, "route from p {\n999 112 -> t\n}\n",
	  "t.conf:10:5: warning: \"112\" never arrives: numbering \"n\" makes "
	  "+44113112 of it (line 8)\n"
	  "   10 | 999 112 -> t\n"
	  "      |     ^^^  list it in \"short\" of numbering \"n\"\n" },
	/* A number that was written with blanks. */
	{ "numbering n { country 44  area 113  short 101 999 }\n",
	  "route from t {\n101 +44 117 -> q\n}\n",
	  "t.conf:10:9: warning: \"117\" never arrives: numbering \"n\" makes "
	  "+44113117 of it (line 8)\n"
	  "   10 | 101 +44 117 -> q\n"
	  "      |         ^^^  list it in \"short\" of numbering \"n\"\n" },
	{ WRITTEN(""), "route from p {\n112 -> t\n}\n",
	  "t.conf:11:1: warning: \"112\" never arrives: numbering \"n\" makes "
	  "+44112 of it (line 8)\n"
	  "   11 | 112 -> t\n"
	  "      | ^^^  (receive unknown 112 -> 112)\n" },
	{ WRITTEN("receive unknown 112 -> 112\n"),
	  "route from p {\n112 -> t\n}\n", "" },
	/* It may come in another form. */
	{ WRITTEN("receive unknown 9 -> \"\"\n"),
	  "route from p {\n112 -> t\n}\n", "" },
	{ WRITTEN("receive subscriber \"\" -> \"\"\n"),
	  "route from p {\n112 -> t\n}\n", "" },
	{ WRITTEN("receive unknown 9112 -> 8\n"),
	  "route from p {\n112 -> t\n}\n",
	  "t.conf:12:1: warning: \"112\" never arrives: numbering \"n\" makes "
	  "+44112 of it (line 8)\n"
	  "   12 | 112 -> t\n"
	  "      | ^^^  (receive unknown 112 -> 112)\n" },
};

static void every_case(void **state)
{
	struct conf_dir *dir = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[2048], said[2048] = "";
		struct conf *conf;
		FILE *errors = fmemopen(said, sizeof said - 1, "w");

		snprintf(text, sizeof text, HEAD "%s%s%s", cases[i].plan,
			 cases[i].route,
			 strstr(cases[i].route, "from t")
				 ? ""
				 : "route from t { otherwise -> q }\n");
		assert_int_equal(configuration_load(&conf,
						    conf_dir_put(dir, "t.conf",
								 text),
						    errors),
				 0);
		fclose(errors);
		conf_dir_strip(dir, said);
		assert_string_equal(said, cases[i].said);
		conf_free(conf);
	}
}

#define ENDS                                                         \
	"gateway g { listen 127.0.0.1 }\n"                           \
	"sip-peer p { server 10.0.0.1 }\n"                           \
	"span 1 { device virtual s span 1 }\n"                       \
	"span 2 { device virtual s span 2 }\n"                       \
	"trunk-group t { members span 1 }  trunk-group u { members " \
	"span 2 }\n"                                                 \
	"number-class c { numbers 110 112 }\n"

/* Neither two trunk-groups nor two peers are joined yet. */
static const struct {
	const char *routes, *said;
} back[] = {
	{ "route from t { + -> u\nclass c -> u, p\n49 -> p, u }\n"
	  "route from u { + -> p }\n",
	  "t.conf:7:21: warning: calls from a trunk-group to a trunk-group are "
	  "not built yet: they are refused\n"
	  "    7 | route from t { + -> u\n"
	  "      |                     ^  (and 2 more of this route)\n" },
	{ "route from p { + -> t\n110 112 -> u, p t }\n"
	  "route from t { + -> p }\nroute from u { + -> p }\n",
	  "t.conf:8:15: warning: calls from a sip-peer to a sip-peer are not "
	  "built yet: this target is passed over\n"
	  "    8 | 110 112 -> u, p t }\n"
	  "      |               ^\n" },
	{ "route from p { + -> t, u\notherwise -> reject 404 }\n"
	  "route from t { + -> p }\nroute from u { + -> reject cause 1 }\n",
	  "" },
};

static void leading_back(void **state)
{
	for (size_t i = 0; i < sizeof back / sizeof *back; i++) {
		char text[2048], said[2048] = "";
		struct conf *conf;
		FILE *errors = fmemopen(said, sizeof said - 1, "w");

		snprintf(text, sizeof text, ENDS "%s", back[i].routes);
		assert_int_equal(
			configuration_load(&conf,
					   conf_dir_put(*state, "t.conf", text),
					   errors),
			0);
		fclose(errors);
		conf_dir_strip(*state, said);
		assert_string_equal(said, back[i].said);
		conf_free(conf);
	}
}

/* What the service's unit makes is not missed before the first start. */
static void directories(void **state)
{
	static const char text[] = "gateway g { listen 127.0.0.1\n"
				   "control /nowhere/at/all/c.sock\n"
				   "control-read /run/tollgate/r.sock\n"
				   "call-records no-such/calls.jsonl }\n";
	char said[1024] = "";
	struct conf *conf;
	FILE *errors = fmemopen(said, sizeof said - 1, "w");
	const char *path = conf_dir_put(*state, "t.conf", text);

	assert_int_equal(configuration_load(&conf, path, errors), 0);
	fclose(errors);
	conf_dir_strip(*state, said);
	assert_string_equal(
		said,
		"t.conf:2:1: warning: there is no directory "
		"\"/nowhere/at/all\" "
		"for \"control\"\n"
		"    2 | control /nowhere/at/all/c.sock\n"
		"      | ^^^^^^^  (mkdir -p /nowhere/at/all)\n"
		"t.conf:4:1: warning: there is no directory \"no-such\" for "
		"\"call-records\"\n"
		"    4 | call-records no-such/calls.jsonl }\n"
		"      | ^^^^^^^^^^^^  (mkdir -p no-such, in the working "
		"directory)\n");
	conf_free(conf);
}

static void tones_of_no_country(void **state)
{
	static const char want[] =
		"t.conf:2:1: error: \"tones zz\": no such country is known; "
		"there are: ",
			  caret[] = "\n    2 | tones zz }\n      | ^^^^^\n";
	char said[4096] = "";
	struct conf *conf;
	FILE *errors = fmemopen(said, sizeof said - 1, "w");
	const char *path =
		conf_dir_put(*state, "t.conf",
			     "gateway g { listen 127.0.0.1\ntones zz }\n");

	assert_int_equal(configuration_load(&conf, path, errors), -EINVAL);
	fclose(errors);
	conf_dir_strip(*state, said);
	assert_null(conf);
	assert_memory_equal(said, want, strlen(want));
	assert_non_null(strstr(said, caret));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_case, conf_dir_new,
						conf_dir_free),
		cmocka_unit_test_setup_teardown(leading_back, conf_dir_new,
						conf_dir_free),
		cmocka_unit_test_setup_teardown(directories, conf_dir_new,
						conf_dir_free),
		cmocka_unit_test_setup_teardown(tones_of_no_country,
						conf_dir_new, conf_dir_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
