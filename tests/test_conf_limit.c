/* What people write for a limit, and what they are told. */
#include "tests/sample_conf.h"

static const struct {
	const char *words;
	const char *hint;
} slips[] = {
	{ "20 call", "did you mean \"calls\"?" },
	{ "20 chanels", "did you mean \"calls\"?" },
	{ "20 sessions", "did you mean \"calls\"?" },
	{ "20 cps", "did you mean \"calls/s\"?" },
	{ "20 calls/sec", "did you mean \"calls/s\"?" },
	{ "20 call/s", "did you mean \"calls/s\"?" },
	{ "20 minutes", "did you mean \"min/day\"?" },
	{ "20 min", "did you mean \"min/day\"?" },
	{ "20 mins/day", "did you mean \"min/day\"?" },
	{ "20calls", "did you mean \"20 calls\"?" },
	{ "5calls/s", "did you mean \"5 calls/s\"?" },
	{ "60min/day", "did you mean \"60 min/day\"?" },
	{ "60m", "(limit " },
	{ "20 calls per-caller", "did you mean \"per caller\"?" },
};

static void every_slip_is_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
		char *text, *said;

		assert_true(asprintf(&text,
				     "gateway g { listen 127.0.0.1 }\n"
				     "sip-peer p { server 192.0.2.1\n"
				     "limit %s\n}\n",
				     slips[i].words) > 0);
		assert_null(parse(text, &said));
		if (!strstr(said, slips[i].hint))
			fail_msg("%s\nexpected: %s\ngot: %s", slips[i].words,
				 slips[i].hint, said);
		free(said);
		free(text);
	}
}

/* A name that fits into a log line, and is another one for another line. */
static void names_of_long_lines(void **state)
{
	char *text = NULL, *said;
	struct conf *conf;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	fputs("gateway g { listen 127.0.0.1 }\n"
	      "sip-peer p { accept-from 192.0.2.1 }\n"
	      "sip-peer q { server 192.0.2.2 }\n"
	      "route from p {\n",
	      out);
	for (unsigned line = 0; line < 2; line++) {
		for (unsigned i = 0; i < 1000; i++)
			fprintf(out, "+4930%u ",
				10000 + i * 2 + (i ? line : 0));
		fprintf(out, "caller +3%u -> q max 5 calls\n", line);
	}
	fputs("+1 caller +3 -> q max 5 calls\n}\n", out);
	fclose(out);
	conf = parse(text, &said);
	if (!conf)
		fail_msg("%.500s", said);
	assert_int_equal(conf->limits_count, 3);
	for (size_t i = 0; i < 2; i++) {
		const char *name = conf->limits[i]->name;

		assert_true(strlen(name) < 140);
		assert_non_null(strstr(name, "route p +493010000 +4930"));
		assert_non_null(strstr(name, " more ("));
	}
	assert_string_not_equal(conf->limits[0]->name, conf->limits[1]->name);
	assert_string_equal(conf->limits[2]->name, "route p +1 caller +3");
	conf_free(conf);
	free(said);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_slip_is_understood),
		cmocka_unit_test(names_of_long_lines),
	};

	return cmocka_run_group_tests_name("conf limit", tests, NULL, NULL);
}
