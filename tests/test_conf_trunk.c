/* Trunk groups: what they are told of their channels and limits. */
#include "tests/sample_conf.h"

static const char others[] = "gateway g { listen 127.0.0.1 }\n"
			     "span 1 { device virtual x.sock span 1 }\n"
			     "span 2 { device virtual x.sock span 2\n"
			     "channels 1-10 d-channel 16 }\n"
			     "sip-peer p { accept-from 10.0.0.1 }\n"
			     "sip-peer q { server 10.0.0.2 }\n";

static const char with_help[] = "route from p { + -> t\n"
				"112 -> t emergency }\n";
static const char leads_to_it[] = "route from p { + -> t }\n";

static const struct {
	const char *group; /* its settings, from line 8 on */
	const char *route;
	const char *said; /* how the first message begins; NULL: nothing */
	bool refused;
} cases[] = {
	{ "reserve 39 channels for emergency", with_help, NULL, false },
	{ "reserve 1 channel for emergency", with_help, NULL, false },
	{ "reserve 0 channels for emergency", leads_to_it, NULL, false },
	{ "reserve 1 channel for emergency", leads_to_it,
	  "t.conf:8:1: warning: no line with \"emergency\" leads to "
	  "trunk-group \"t\": the reserved channels are nobody's\n"
	  "    8 | reserve 1 channel for emergency\n"
	  "      | ^^^^^^^  (route from <name> { 112 -> t emergency })\n",
	  false },
	{ "reserve 40 channels for emergency", leads_to_it,
	  "t.conf:8:1: error: trunk-group \"t\" has 40 channels: no call but "
	  "an emergency call would have one\n"
	  "    8 | reserve 40 channels for emergency\n"
	  "      | ^^^^^^^  at most 39\n",
	  true },
	{ "reserve two channels for emergency", leads_to_it,
	  "t.conf:8:9: error: \"two\" is not a number of channels\n", true },
	{ "reserve 2 for emergency", leads_to_it,
	  "t.conf:8:11: error: \"for\" stands where \"channels\" belongs\n",
	  true },
	{ "reserve 2 channels", leads_to_it,
	  "t.conf:8:11: error: \"for\" is missing after \"channels\"\n", true },
	{ "limit 40 calls", leads_to_it, NULL, false },
	{ "limit 41 calls", leads_to_it,
	  "t.conf:8:1: warning: trunk-group \"t\" has 40 channels: it never "
	  "comes to 41 calls\n"
	  "    8 | limit 41 calls\n"
	  "      | ^^^^^\n",
	  false },
	{ "limit 41 calls/s, 41 calls per caller", leads_to_it, NULL, false },
	{ "limit 100 min/day 10 min/day", leads_to_it,
	  "t.conf:8:19: error: \"min/day\" is limited twice\n", true },
	{ "limit 10 calls per caller 9 calls per caller", leads_to_it,
	  "t.conf:8:27: error: \"calls per caller\" is limited twice\n", true },
	{ "direction out", leads_to_it, NULL, false },
	{ "direction in", "route from t { + -> q }\nroute from p { + -> q }\n",
	  NULL, false },
	{ "direction in", leads_to_it,
	  "t.conf:10:21: error: trunk-group \"t\" (line 7) has direction in: "
	  "no call can be sent to it\n"
	  "   10 | route from p { + -> t }\n"
	  "      |                     ^\n",
	  true },
	{ "direction out", "route from p { + -> t }\nroute from t { + -> q }\n",
	  "t.conf:11:12: warning: no call comes from trunk-group \"t\": its "
	  "direction is out\n"
	  "   11 | route from t { + -> q }\n"
	  "      |            ^\n",
	  false },
	{ "direction outgoing", leads_to_it,
	  "t.conf:8:11: error: \"outgoing\" is not a value of \"direction\"\n"
	  "    8 | direction outgoing\n"
	  "      |           ^^^^^^^^  did you mean \"out\"?",
	  true },
	{ "hunt least-busy", leads_to_it,
	  "t.conf:8:6: error: \"least-busy\" is not an order of hunting\n"
	  "    8 | hunt least-busy\n"
	  "      |      ^^^^^^^^^^  did you mean \"least-used\"?",
	  true },
	{ "hunt most-idle round-robin", leads_to_it,
	  "t.conf:8:16: error: \"round-robin\" is not \"lowest-first\" or "
	  "\"highest-first\"\n",
	  true },
	{ "hunt lowest-first highest-first", leads_to_it,
	  "t.conf:8:19: error: \"highest-first\" is too much here\n", true },
};

/* Also what is no error must be said exactly once. */
static struct conf *read_group(const char *group, const char *route,
			       char **said)
{
	struct conf *conf = NULL;
	char *text;
	size_t len;
	FILE *errors = open_memstream(said, &len);
	bool one_way =
		strstr(group, "direction in") || strstr(group, "direction out");
	int err;

	assert_true(asprintf(&text,
			     "%strunk-group t { members span 1, span 2\n"
			     "%s\n}\n%s%s",
			     others, group, route,
			     one_way ? "" : "route from t { + -> q }\n") > 0);
	err = conf_parse(&conf, "t.conf", text, strlen(text), errors);
	assert_int_equal(err, conf ? 0 : -EINVAL);
	fclose(errors);
	free(text);
	return conf;
}

static void every_case(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *want = cases[i].said;
		char *said;
		struct conf *conf =
			read_group(cases[i].group, cases[i].route, &said);

		if (cases[i].refused != !conf ||
		    (want ? strncmp(said, want, strlen(want)) != 0
			  : *said != '\0'))
			fail_msg("%s\nexpected: %s\ngot: %s", cases[i].group,
				 want ? want : "nothing", said);
		if (want && strstr(said + 1, "t.conf:"))
			fail_msg("%s\n%s", cases[i].group, said);
		conf_free(conf);
		free(said);
	}
}

static void every_value(void **state)
{
	const struct conf_trunk *t;
	const struct conf_limit *limit;
	struct conf *conf;
	char *said;

	(void)state;
	conf = read_group("hunt most-idle lowest-first\n"
			  "reserve 2 channels for emergency\n"
			  "direction both\n"
			  "limit 30 calls, 5 calls/s per caller 60 min/day",
			  with_help, &said);
	assert_string_equal(said, "");
	t = &conf->trunks[0];
	assert_int_equal(t->hunt, CONF_HUNT_MOST_IDLE);
	assert_int_equal(t->hunt_end, CONF_HUNT_LOWEST);
	assert_int_equal(t->reserve, 2);
	assert_int_equal(t->direction, CONF_DIRECTION_BOTH);
	assert_string_equal(t->limits.name, "trunk-group t");
	assert_int_equal(t->limits.count, 3);
	limit = t->limits.limit;
	assert_int_equal(limit[0].unit, CONF_LIMIT_CALLS);
	assert_int_equal(limit[0].amount, 30);
	assert_false(limit[0].per_caller);
	assert_string_equal(limit[0].place.file, "t.conf");
	assert_int_equal(limit[0].place.line, 11);
	assert_int_equal(limit[1].unit, CONF_LIMIT_RATE);
	assert_int_equal(limit[1].amount, 5);
	assert_true(limit[1].per_caller);
	assert_int_equal(limit[2].unit, CONF_LIMIT_MINUTES);
	assert_int_equal(limit[2].amount, 60);
	assert_false(limit[2].per_caller);
	conf_free(conf);
	free(said);
}

/* In the words of the file, and in its order. */
static void limits_are_listed(void **state)
{
	static const char text[] =
		"gateway g { listen 127.0.0.1\n time-zone Europe/Berlin }\n"
		"span 1 { device virtual x.sock span 1 }\n"
		"trunk-group t { members span 1\n limit 5 calls }\n"
		"number-class c { numbers +49900\n limit 1/s per caller }\n"
		"number-class d { numbers +49137 }\n"
		"sip-peer p { accept-from 10.0.0.1\n limit 3 calls }\n"
		"route from p { +44 caller +4930 -> t max 3 calls\n"
		"+49900 +49137 -> t max 2 calls max 9 min/day\n"
		"+ -> t\n"
		"otherwise -> t max 1/s }\n"
		"route from q { +44 -> t max 3 calls }\n"
		"sip-peer q { accept-from 10.0.0.2 }\n"
		"route from t { + -> reject 404 }\n";
	char *said;
	struct conf *conf = parse(text, &said);

	(void)state;
	if (!conf)
		fail_msg("%s", said);
	assert_string_equal(conf->gateway.time_zone, "Europe/Berlin");
	assert_int_equal(conf->limits_count, 6);
	assert_string_equal(conf->limits[0]->name, "trunk-group t");
	assert_ptr_equal(conf->limits[0], &conf->trunks[0].limits);
	assert_string_equal(conf->limits[1]->name, "number-class c");
	assert_ptr_equal(conf->limits[1], &conf->classes[0].limits);
	assert_string_equal(conf->limits[2]->name, "route p +44 caller +4930");
	assert_string_equal(conf->limits[3]->name, "route p +49900 +49137");
	assert_int_equal(conf->limits[3]->count, 2);
	assert_string_equal(conf->limits[4]->name, "route p otherwise");
	assert_string_equal(conf->limits[5]->name, "route q +44");
	conf_free(conf);
	free(said);
}

static void left_out(void **state)
{
	struct conf *conf;
	char *said;

	(void)state;
	conf = read_group("hunt least-used", leads_to_it, &said);
	assert_int_equal(conf->trunks[0].hunt_end, CONF_HUNT_HIGHEST);
	assert_int_equal(conf->trunks[0].reserve, 0);
	assert_int_equal(conf->trunks[0].direction, CONF_DIRECTION_BOTH);
	assert_int_equal(conf->trunks[0].limits.count, 0);
	conf_free(conf);
	free(said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case),
		cmocka_unit_test(every_value),
		cmocka_unit_test(limits_are_listed),
		cmocka_unit_test(left_out),
	};

	return cmocka_run_group_tests_name("conf trunk", tests, NULL, NULL);
}
