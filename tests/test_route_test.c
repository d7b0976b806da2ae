/* Tests in a configuration: which fail, and what is said of them. */
#include "gateway/configuration.h"
#include "gateway/route_test.h"
#include "tests/conf_dir.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* 22 lines, so that a test is on line 23. */
static const char plan[] =
	"gateway g { listen 127.0.0.1 }\n"
	"sip-peer a { server 10.0.0.1 accept-from 10.0.0.1 numbering dialled "
	"}\n"
	"sip-peer b { server 10.0.0.2 }\n"
	"span 1 { device virtual x.sock span 1 }\n"
	"trunk-group city { members span 1 numbering pri }\n"
	"numbering dialled { receive unknown 0 -> +49 }\n"
	"numbering pri {\n"
	"  receive subscriber \"\" -> +4930\n"
	"  send +4930 -> \"\" subscriber\n"
	"  send + -> \"\" international\n"
	"}\n"
	"hours office { mon-fri 08:00-18:00 zone Europe/Berlin }\n"
	"route from a {\n"
	"  110    -> city\n"
	"  +      -> city, b\n"
	"  +49900 -> reject 403 \"barred\"\n"
	"  +1     -> reject 480\n"
	"  +1 when office -> city\n"
	"  +44 caller +4930 -> b\n  +12125 -> b\n"
	"}\n"
	"route from city { +4930 -> a }\n";

#define TEST(body) "test \"t\" { " body " }\n"

static const char *const good[] = {
	"from a to 110 expect city",
	"from a to 110 expect city digits 110",
	"from a to 110 expect city digits 110 unknown caller none",
	"from a to 030123 expect city",
	"from a to 030123 expect city b",
	"from a to 030123 expect city, b digits 123 subscriber",
	"from a to +49301 caller 030123 expect city caller 123 subscriber",
	"from a to +49301 caller 030123 expect city digits 1 caller 123",
	"from a to +49301 caller +331 presentation restricted expect city "
	"caller 331 international restricted digits 1",
	"from a to +49301 caller +331 expect city caller 331 allowed",
	"from a to +4990012 expect reject",
	"from a to +4990012 expect reject 403",
	"from a to +4990012 expect reject cause 21",
	"from a to 4711 expect reject 404",
	"from a to 4711 expect reject cause 3",
	"from a to +1212 at \"2026-03-02 12:00\" expect city",
	"from a to +1212 at 2026-03-02 12:00 expect city",
	"from a to +1212 at \"2026-03-02 19:00\" expect reject 480",
	"from a to +1212 at \"2026-03-02 11:00\" America/New_York expect city",
	"from a to +1212 at \"2026-03-02 13:00\" America/New_York expect "
	"reject",
	"from a to +1212 at \"2026-03-02 07:30\" UTC expect city",
	/* a rule with hours that would not have come to the turn */
	"from a to +12125 expect b",
	"from a to +441 caller +49301 expect b",
	"from a to +441 caller +49311 expect city",
	"from a to +441 expect city",
	"from city to 77 subscriber expect a digits +493077",
	"from city to 77 subscriber caller 5 subscriber expect a caller +49305",
	"from city to 77 expect reject 404",
	/* on lines of their own */
	"\n from city\n to 77 subscriber\n expect a\n",
	"\n expect a\n to 77 subscriber from city\n bearer speech\n",
};

static int load(struct conf_dir *dir, const char *body, struct conf **conf,
		char *said, size_t size)
{
	char text[sizeof plan + 512];
	const char *path;
	FILE *errors;
	int err;

	snprintf(text, sizeof text, "%s" TEST("%s"), plan, body);
	path = conf_dir_put(dir, "t.conf", text);
	memset(said, 0, size);
	errors = fmemopen(said, size - 1, "w");
	err = configuration_load(conf, path, errors);
	fclose(errors);
	conf_dir_strip(dir, said);
	return err;
}

static void they_pass(void **state)
{
	char said[4096];

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct conf *conf = NULL;

		if (load(*state, good[i], &conf, said, sizeof said))
			fail_msg("%s\n%s", good[i], said);
		assert_int_equal(conf->test_count, 1);
		assert_string_equal(conf->tests[0].name, "t");
		conf_free(conf);
	}
}

static const struct {
	const char *body, *error,
		*hint; /* after "test "t" fails: ", ("" none) */
} bad[] = {
	{ "from a to 110 expect b", "expected b, got city",
	  "t.conf:14 decides: 110" },
	{ "from a to 110 expect city b", "expected city, b, got city",
	  "t.conf:14 decides: 110" },
	{ "from a to +331 expect b city", "expected b, city, got city, b",
	  "t.conf:15 decides: +" },
	{ "from a to 110 expect reject", "expected reject, got city",
	  "t.conf:14 decides: 110" },
	{ "from a to +499001 expect city", "expected city, got reject 403",
	  "t.conf:16 decides: +49900" },
	{ "from a to +499001 expect reject 404",
	  "expected reject 404, got reject 403", "t.conf:16 decides: +49900" },
	{ "from a to +499001 expect reject cause 17",
	  "expected reject cause 17, got reject cause 21",
	  "t.conf:16 decides: +49900" },
	{ "from a to 4711 expect city",
	  "expected city, got reject 404 as no route takes 4711", "" },
	{ "from b to 4711 expect city",
	  "expected city, got reject 404 as no route takes 4711", "" },
	{ "from a to 0301 expect city digits 2",
	  "expected digits 2, got 1 subscriber",
	  "t.conf:9 decides: send +4930 -> \"\" subscriber" },
	{ "from a to 0301 expect city digits 1 national",
	  "expected digits 1 national, got 1 subscriber",
	  "t.conf:9 decides: send +4930 -> \"\" subscriber" },
	{ "from a to +49301 caller +49302 expect city caller 3",
	  "expected caller 3, got 2 subscriber",
	  "t.conf:9 decides: send +4930 -> \"\" subscriber" },
	{ "from a to +49301 expect city caller 3",
	  "expected caller 3, got none", "t.conf:15 decides: +" },
	{ "from a to +49301 caller +49302 expect city caller none",
	  "expected caller none, got 2 subscriber",
	  "t.conf:9 decides: send +4930 -> \"\" subscriber" },
	{ "from a to +49301 caller +49302 presentation restricted expect city "
	  "caller 2 allowed",
	  "expected caller 2 allowed, got 2 subscriber restricted",
	  "t.conf:9 decides: send +4930 -> \"\" subscriber" },
	{ "from a to +1212 at \"2026-03-02 12:00\" expect reject",
	  "expected reject, got city", "t.conf:18 decides: +1 when office" },
	{ "from a to +441 caller +49301 expect city", "expected city, got b",
	  "t.conf:19 decides: +44 caller +4930" },
	/* by day it would pass, and by night the gateway would not start */
	{ "from a to +1212 expect city",
	  "expected city, got what the time of day makes of it: say \"at\"",
	  "*" },
};

static void they_fail(void **state)
{
	char said[4096], want[512];

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct conf *conf = NULL;
		const char *hint = bad[i].hint;

		if (!load(*state, bad[i].body, &conf, said, sizeof said))
			fail_msg("passes: %s", bad[i].body);
		assert_null(conf);
		snprintf(want, sizeof want,
			 "t.conf:23:%zu: error: test \"t\" "
			 "fails: %s\n",
			 strlen("test \"t\" { ") + 1 +
				 (size_t)(strstr(bad[i].body, "expect") -
					  bad[i].body),
			 bad[i].error);
		if (strncmp(said, want, strlen(want)) != 0)
			fail_msg("%s\nexpected: %sgot: %s", bad[i].body, want,
				 said);
		if (*hint && *hint != '*') {
			snprintf(want, sizeof want, "^^^^^^  (%s)\n", hint);
			if (!strstr(said, want))
				fail_msg("%s\nexpected: %sgot: %s", bad[i].body,
					 want, said);
		}
		if (!*hint)
			assert_non_null(strstr(said, "^^^^^^\n"));
	}
}

/* All of them are run, and stand in the order of the file. */
static void all_are_told(void **state)
{
	char said[8192];
	struct conf *conf = NULL;
	const char *first, *second;

	assert_int_equal(load(*state,
			      "from a to 110 expect b }\n"
			      "test \"good\" { from a to 110 expect city }\n"
			      "test \"last\" { from a to 110 expect reject",
			      &conf, said, sizeof said),
			 -EINVAL);
	first = strstr(said, "t.conf:23:26: error: test \"t\" fails");
	second = strstr(said, "t.conf:25:29: error: test \"last\" fails");
	assert_ptr_equal(first, said);
	assert_non_null(second);
	assert_null(strstr(said, "good"));
}

/* Where something else is wrong, tests say nothing: they would be wrong
 * because of that. */
static void first_things_first(void **state)
{
	char said[8192];
	struct conf *conf = NULL;

	assert_int_equal(load(*state,
			      "from a to 110 expect b }\n"
			      "log { level quiet",
			      &conf, said, sizeof said),
			 -EINVAL);
	assert_null(strstr(said, "fails"));
}

int main(void)
{
#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, conf_dir_new, conf_dir_free)
	const struct CMUnitTest tests[] = {
		CASE(they_pass),
		CASE(they_fail),
		CASE(all_are_told),
		CASE(first_things_first),
	};

	return cmocka_run_group_tests_name("route_test", tests, NULL, NULL);
}
