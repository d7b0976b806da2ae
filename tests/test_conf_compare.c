/* In which blocks two configurations differ. */
#include "conf/diff.h"
#include "sample_conf.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define GATEWAY "gateway g { listen 127.0.0.1 5060 }\n"
#define TWO GATEWAY "span 1 { device virtual a.sock span 1 }\n"

static char found[2048];

static void note(void *ctx, const struct conf_block_change *c)
{
	const struct conf_block *block = c->now ? c->now : c->was;
	size_t used = strlen(found);

	assert_ptr_equal(ctx, found);
	assert_string_equal(block->place.file, "t.conf");
	snprintf(found + used, sizeof found - used, "%s%c%s:%u",
		 used ? ", " : "", "~+-"[c->change], block -> label,
		 block -> place.line);
}

/* "n trust yes > trust no" of each line: now, idle, restart. */
static void note_lines(void *ctx, const struct conf_block_change *c)
{
	(void)ctx;
	for (size_t i = 0; i < c->line_count; i++) {
		const struct conf_line_change *l = &c->lines[i];
		size_t used = strlen(found);

		snprintf(found + used, sizeof found - used, "%s%c %s > %s",
			 used ? ", " : "", "nir"[l->effect],
			 l -> was ? l -> was -> text : "",
			 l->now ? l->now->text : "");
	}
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
		long count, commas = 0;

		*found = '\0';
		count = conf_diff(before, now, note, found);
		assert_string_equal(found, cases[i].differs);
		for (const char *c = found; *c; c++)
			commas += *c == ',';
		assert_int_equal(count, *found ? commas + 1 : 0);
		conf_free(before);
		conf_free(now);
	}
}

#define PEER(rest) GATEWAY "sip-peer p {\n server 192.0.2.1\n " rest "\n}\n"
#define ROUTE(rest) \
	TWO "trunk-group t { members span 1 }\nroute from t {\n" rest "\n}\n"
#define SPAN(rest)                                                        \
	GATEWAY "span 1 {\n device virtual a.sock span 1\n " rest "\n}\n" \
		"span 2 { like span 1  device virtual a.sock span 2 }\n"

static const struct {
	const char *before, *now, *differs;
} line_cases[] = {
	{ PEER("trust no"), PEER("trust yes"), "n trust no > trust yes" },
	{ PEER("trust no"), PEER("ptime 20ms"),
	  "n  > ptime 20ms, n trust no > " },
	{ PEER("trust no\n ptime 20ms"), PEER("ptime 30ms\n trust no"),
	  "n ptime 20ms > ptime 30ms" },
	/* Rules come and go; texts keep their quotes. */
	{ ROUTE("+49 -> reject 404\n+44 -> reject 404"),
	  ROUTE("+44 -> reject 404\n+49 -> reject 403 \"not there\""),
	  "n  > +49 -> reject 403 \"not there\", n +49 -> reject 404 > " },
	{ GATEWAY, "gateway g { listen 127.0.0.1 5062  retry-after 5s }\n",
	  "r listen 127.0.0.1 5060 > listen 127.0.0.1 5062, "
	  "n  > retry-after 5s" },
	/* Its name is no reason to take the block for another one. */
	{ GATEWAY, "gateway h { listen 127.0.0.1 5060 }\n", "" },
	{ SPAN("timers t310 10s"), SPAN("timers t310 20s"),
	  "n timers t310 10s > timers t310 20s, n like span 1 > like span 1" },
	{ SPAN("channels 1-15 d-channel 16"),
	  SPAN("channels 1-10 d-channel 16"),
	  "i channels 1-15 d-channel 16 > channels 1-10 d-channel 16, "
	  "i like span 1 > like span 1" },
	/* Together with a line of its own. */
	{ GATEWAY "span 1 { device virtual a.sock span 1 }\n"
		  "span 2 {\n like span 1\n device virtual a.sock span 2\n}\n",
	  GATEWAY "span 1 { device virtual a.sock span 1  channels 1-10 }\n"
		  "span 2 {\n like span 1\n device virtual a.sock span 2\n"
		  " timers t310 20s\n}\n",
	  "i  > channels 1-10, i like span 1 > like span 1, "
	  "n  > timers t310 20s" },
	{ GATEWAY "span 1 { device virtual a.sock span 1 }\n"
		  "span 3 { device virtual a.sock span 3  channels 1-3 }\n"
		  "span 2 {\n like span 1\n device virtual a.sock span 2\n}\n",
	  GATEWAY "span 1 { device virtual a.sock span 1 }\n"
		  "span 3 { device virtual a.sock span 3  channels 1-3 }\n"
		  "span 2 {\n like span 3\n device virtual a.sock span 2\n}\n",
	  "i like span 1 > like span 3" },
	/* With another protocol goes all that has changed. */
	{ SPAN("protocol euroisdn side user\n channel-selection preferred"),
	  SPAN("protocol ni2 side user\n channel-selection exclusive"),
	  "i protocol euroisdn side user > protocol ni2 side user, "
	  "i channel-selection preferred > channel-selection exclusive, "
	  "i like span 1 > like span 1" },
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof line_cases / sizeof *line_cases; i++) {
		struct conf *before = good(line_cases[i].before);
		struct conf *now = good(line_cases[i].now);

		*found = '\0';
		conf_diff(before, now, note_lines, found);
		assert_string_equal(found, line_cases[i].differs);
		conf_free(before);
		conf_free(now);
	}
}

/* What is owed to a restart is so at every later reload, and only that. */
static void test_keep_restart(void **state)
{
	struct conf *before = good(SPAN("protocol euroisdn side user"));
	struct conf *now = good(
		"gateway h { listen 127.0.0.1 5062\n rtp-ports 20000-20199\n"
		" retry-after 7s }\n"
		"span 1 {\n device virtual a.sock span 1\n"
		" protocol ni2 side user\n timers t310 15s\n}\n"
		"span 2 { like span 1  device virtual a.sock span 2 }\n");
	struct conf *again;

	(void)state;
	assert_int_equal(conf_keep_restart(now, before), 0);
	conf_free(before);
	assert_int_equal(now->gateway.retry_after_s, 7);
	assert_string_equal(now->gateway.name, "h");
	assert_int_equal(((struct sockaddr_in *)&now->gateway.listen)->sin_port,
			 htons(5060));
	assert_int_equal(now->gateway.rtp_port_first, 20000);
	again = good("gateway h { listen 127.0.0.1 5062\n"
		     " rtp-ports 20000-20199\n retry-after 8s }\n"
		     "span 1 {\n device virtual a.sock span 1\n"
		     " protocol ni2 side user\n timers t310 15s\n}\n"
		     "span 2 { like span 1  device virtual a.sock span 2 }\n");
	*found = '\0';
	conf_diff(now, again, note_lines, found);
	assert_string_equal(found,
			    "r listen 127.0.0.1 5060 > listen 127.0.0.1 5062, "
			    "n retry-after 7s > retry-after 8s");
	conf_free(now);
	conf_free(again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_keep_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
