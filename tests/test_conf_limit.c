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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_slip_is_understood),
	};

	return cmocka_run_group_tests_name("conf limit", tests, NULL, NULL);
}
