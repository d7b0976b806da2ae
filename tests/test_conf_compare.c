/* In which blocks two configurations differ. */
#include "sample_conf.h"

#include <stdio.h>

#define GATEWAY "gateway g { listen 127.0.0.1 5060 }\n"
#define TWO GATEWAY "span 1 { device virtual a.sock span 1 }\n"

static char found[512];

static void note(void *ctx, const struct conf_block *block,
		 enum conf_change change)
{
	size_t used = strlen(found);

	assert_ptr_equal(ctx, found);
	assert_string_equal(block->place.file, "t.conf");
	snprintf(found + used, sizeof found - used, "%s%c%s:%u",
		 used ? ", " : "", "~+-"[change], block -> label,
		 block -> place.line);
}

static struct conf *good(const char *text)
{
	char *said = NULL;
	struct conf *conf = parse(text, &said);

	if (!conf)
		fail_msg("%s", said);
	free(said);
	return conf;
}

static const struct {
	const char *before, *now, *differs;
} cases[] = {
	{ GATEWAY, GATEWAY, "" },
	/* Comments, blanks, lines and the order of settings mean nothing. */
	{ "gateway g { listen 127.0.0.1 5060 }\n"
	  "sip-peer p {\n server 192.0.2.1\n trust no\n}\n",
	  "# new\n\nsip-peer p {\n trust   no # yes?\n server 192.0.2.1\n}\n"
	  "gateway g\n{\n listen 127.0.0.1, 5060\n}\n",
	  "" },
	{ GATEWAY, "gateway g { listen 127.0.0.1 5061 }\n",
	  "~gateway \"g\":1" },
	/* Words do not run together. */
	{ GATEWAY, "gateway g { listen 127.0.0.15 060 }\n",
	  "~gateway \"g\":1" },
	{ GATEWAY "log { level info\n to syslog }\n",
	  GATEWAY "\nlog { level info\n to syslog stderr }\n", "~log:3" },
	{ GATEWAY, GATEWAY "log { level err }\n", "+log:2" },
	{ GATEWAY "log { level err }\n", GATEWAY, "-log:2" },
	{ GATEWAY "sip-peer a { server 192.0.2.1 }\n",
	  GATEWAY "sip-peer b { server 192.0.2.1 }\n",
	  "+sip-peer \"b\":2, -sip-peer \"a\":2" },
	/* What is like another changes with it. */
	{ TWO "span 2 { like span 1  device virtual a.sock span 2 }\n",
	  GATEWAY "span 1 { device virtual b.sock span 1 }\n"
		  "span 2 { like span 1  device virtual a.sock span 2 }\n",
	  "~span 1:2, ~span 2:3" },
	{ TWO "trunk-group t { members span 1 }\n"
	      "route from t { otherwise -> reject 404 }\n",
	  TWO "trunk-group t { members span 1 }\n"
	      "route from t { otherwise -> reject 403 }\n",
	  "~route from \"t\":4" },
	{ GATEWAY "numbering n { receive any 0 -> +49 }\n",
	  GATEWAY "numbering n { receive any 0 -> +49\n"
		  " receive any 00 -> + }\n",
	  "~numbering \"n\":2" },
};

static void test_compare(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct conf *before = good(cases[i].before);
		struct conf *now = good(cases[i].now);
		size_t count, commas = 0;

		*found = '\0';
		count = conf_compare(before, now, note, found);
		assert_string_equal(found, cases[i].differs);
		for (const char *c = found; *c; c++)
			commas += *c == ',';
		assert_int_equal(count, *found ? commas + 1 : 0);
		conf_free(before);
		conf_free(now);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
