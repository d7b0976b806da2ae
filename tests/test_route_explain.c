/* A route explained: the document, and its text on a terminal. */
#include "gateway/cli/render.h"
#include "gateway/route_explain.h"
#include "gateway/route_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char text[] =
	"gateway g { listen 127.0.0.1 }\n"
	"sip-peer a { server 10.0.0.1 accept-from 10.0.0.1 numbering dialled "
	"}\n"
	"sip-peer b { server 10.0.0.2 }\n"
	"span 1 { device virtual x.sock span 1 }\n"
	"trunk-group city { members span 1 numbering pri limit 25 calls }\n"
	"numbering dialled { receive unknown 0 -> +49 }\n"
	"numbering pri { receive unknown 00 -> +\n"
	"  receive subscriber \"\" -> +4930\n"
	"  send +4930 -> \"\" subscriber\n"
	"  send +99 -> \"\" unknown\n"
	"  caller allow +4930100..+4930199 otherwise +4930100\n"
	"}\n"
	"hours office { mon-fri 08:00-18:00 zone Europe/Berlin }\n"
	"route from a {\n"
	"  110    -> city emergency\n"
	"  +      -> city, b max 9 calls\n"
	"  +49900 -> reject 403 \"barred\"\n"
	"  +1     -> reject cause 34\n"
	"  +1 when office -> city\n"
	"  +44 caller +4930 -> b\n"
	"  +44 presentation restricted -> b\n"
	"  +44 bearer data -> reject 488\n"
	"  +33    -> city weight 7 b weight 3\n"
	"  +995   -> b strip 3 add 1\n"
	"  +99    -> city, b\n"
	"  +98 caller none -> b\n"
	"}\n"
	"route from city { +49302 -> city }\n"
	"number-class all { numbers + limit 60 min/day per caller }\n";

static int load(void **state)
{
	struct conf *conf = NULL;

	if (conf_parse(&conf, "t.conf", text, strlen(text), stderr))
		return -1;
	*state = conf;
	return 0;
}

static int unload(void **state)
{
	conf_free(*state);
	return 0;
}

static bool how_it_is(void *ctx, const struct conf_target *target,
		      bool emergency, char out[EXPLAIN_STATE_MAX])
{
	(void)ctx;
	snprintf(out, EXPLAIN_STATE_MAX, "%s%s",
		 target->trunk ? "1 of 1 spans up" : "down",
		 emergency ? ", for an emergency call" : "");
	return target->trunk;
}

static bool is_drained(void *ctx, const char *from, char out[EXPLAIN_STATE_MAX])
{
	snprintf(out, EXPLAIN_STATE_MAX, "sip-peer %s is drained", from);
	return ctx;
}

/* The first of them stands for all. */
static json_t *limits_of(void *ctx, const struct conf_limits *limits,
			 const char *caller, bool at_trunk)
{
	assert_true(!at_trunk || !strncmp(limits->name, "trunk", 5));
	assert_true(!*caller || *caller == '+');
	(void)ctx;
	return json_pack("[{s:s, s:s, s:i, s:i}]", "of", limits->name, "limit",
			 "some", "used", 2, "most",
			 (int)limits->limit[0].amount);
}

/* Friday, half past noon in Berlin. */
#define NOON 1773401400

static bool source_drained;

static json_t *explain(const struct conf *conf, const char *from,
		       const char *called, const char *caller)
{
	struct route_question q = { .conf = conf,
				    .utc_s = NOON,
				    .zone = route_explain_zone(conf),
				    .state = how_it_is,
				    .drained = is_drained,
				    .ctx = source_drained ? &source_drained
							  : NULL,
				    .limits = limits_of };

	snprintf(q.setup.from, sizeof q.setup.from, "%s", from);
	snprintf(q.setup.called.digits, sizeof q.setup.called.digits, "%s",
		 called);
	q.setup.called.present = true;
	if (caller) {
		snprintf(q.setup.calling.digits, sizeof q.setup.calling.digits,
			 "%s", caller);
		q.setup.calling.present = true;
	}
	return route_explain(&q);
}

/* Each path leads to a field, numbers being places in an array. */
static const json_t *at_path(const json_t *json, const char *path)
{
	char copy[128], *rest, *word;

	snprintf(copy, sizeof copy, "%s", path);
	for (word = strtok_r(copy, "/", &rest); word && json;
	     word = strtok_r(NULL, "/", &rest))
		json = json_is_array(json)
			       ? json_array_get(json, (size_t)atoi(word))
			       : json_object_get(json, word);
	return json;
}

static const struct {
	const char *from, *called, *caller;
	const char *path, *want; /* as JSON */
} fields[] = {
	{ "a", "030123", NULL, "called/core", "\"+4930123\"" },
	{ "a", "030123", NULL, "called/rule/place", "\"t.conf:6\"" },
	{ "a", "030123", NULL, "called/rule/text",
	  "\"receive unknown 0 -> +49\"" },
	{ "a", "030123", NULL, "called/type", "\"unknown\"" },
	{ "a", "030123", NULL, "at", "\"Fri 2026-03-13 12:30 +0100\"" },
	{ "a", "030123", NULL, "kind", "\"sip-peer\"" },
	{ "a", "030123", NULL, "calling", "null" },
	{ "a", "030123", NULL, "route", "\"t.conf:14\"" },
	{ "a", "030123", NULL, "chosen/rule", "\"+\"" },
	{ "a", "030123", NULL, "chosen/does", "\"city, b\"" },
	{ "a", "030123", NULL, "chosen/place", "\"t.conf:16\"" },
	{ "a", "030123", NULL, "reject", "null" },
	{ "a", "030123", NULL, "rewritten", "null" },
	{ "a", "030123", NULL, "emergency", "false" },
	{ "a", "030123", NULL, "targets/0/target", "\"city\"" },
	{ "a", "030123", NULL, "targets/0/kind", "\"trunk-group\"" },
	{ "a", "030123", NULL, "targets/0/state", "\"1 of 1 spans up\"" },
	{ "a", "030123", NULL, "targets/0/available", "true" },
	{ "a", "030123", NULL, "targets/0/called/digits", "\"123\"" },
	{ "a", "030123", NULL, "targets/0/called/type", "\"subscriber\"" },
	{ "a", "030123", NULL, "targets/0/called/rule/place", "\"t.conf:9\"" },
	{ "a", "030123", NULL, "targets/0/calling/verdict", "\"replaced\"" },
	{ "a", "030123", NULL, "targets/0/calling/digits", "\"100\"" },
	{ "a", "030123", NULL, "targets/1/target", "\"b\"" },
	{ "a", "030123", NULL, "targets/1/state",
	  "\"takes no call from a sip-peer\"" },
	{ "a", "030123", NULL, "targets/1/available", "false" },
	{ "a", "030123", NULL, "targets/1/called/digits", "\"+4930123\"" },
	{ "a", "030123", NULL, "targets/1/called/rule", "null" },
	{ "a", "030123", NULL, "targets/1/calling/verdict", "\"none\"" },
	{ "a", "030123", NULL, "targets/0/calling/otherwise/text",
	  "\"otherwise +4930100\"" },
	{ "a", "030123", NULL, "targets/0/calling/otherwise/place",
	  "\"t.conf:11\"" },
	/* callers */
	{ "a", "030123", "030150", "targets/0/calling/otherwise", "null" },
	{ "a", "030123", "030150", "calling/core", "\"+4930150\"" },
	{ "a", "030123", "030150", "targets/0/calling/verdict", "\"allowed\"" },
	{ "a", "030123", "030150", "targets/0/calling/allowed_by/place",
	  "\"t.conf:11\"" },
	{ "a", "030123", "030150", "targets/0/calling/allowed_by/text",
	  "\"allow +4930100..+4930199\"" },
	{ "a", "030123", "030150", "targets/0/calling/digits", "\"150\"" },
	{ "a", "030123", "x", "calling/core", "null" },
	/* what was looked at */
	{ "a", "+12", NULL, "rules/0/rule", "\"+1 when office\"" },
	{ "a", "+12", NULL, "rules/0/verdict", "\"chosen\"" },
	{ "a", "+12", NULL, "rules/1/rule", "\"+1\"" },
	{ "a", "+12", NULL, "rules/1/does", "\"reject cause 34\"" },
	{ "a", "+12", NULL, "rules/1/verdict", "\"less specific\"" },
	{ "a", "+12", NULL, "rules/2/rule", "\"+\"" },
	{ "a", "+44", "+331", "rules/0/verdict", "\"other caller\"" },
	{ "a", "+44", "+331", "rules/0/why", "\"the caller is +331\"" },
	{ "a", "+44", "+331", "rules/1/verdict", "\"other presentation\"" },
	{ "a", "+44", "+331", "rules/1/why",
	  "\"the caller's number may be shown\"" },
	{ "a", "+44", "+331", "rules/2/verdict", "\"other bearer\"" },
	{ "a", "+44", "+331", "rules/2/why", "\"the bearer is audio\"" },
	{ "a", "+44", "+331", "chosen/rule", "\"+\"" },
	{ "a", "+98", NULL, "chosen/rule", "\"+98 caller none\"" },
	{ "a", "+98", "+331", "rules/0/verdict", "\"other caller\"" },
	{ "a", "+98", "+331", "rules/0/why", "\"the caller is +331\"" },
	{ "a", "+98", "+331", "chosen/rule", "\"+\"" },
	/* refusals */
	{ "a", "+499001", NULL, "reject/status", "403" },
	{ "a", "+499001", NULL, "reject/cause", "21" },
	{ "a", "+499001", NULL, "reject/text", "\"barred\"" },
	{ "a", "+499001", NULL, "targets", "[]" },
	{ "a", "4711", NULL, "reject/status", "404" },
	{ "a", "4711", NULL, "reject/why",
	  "\"no rule of the route takes the number\"" },
	{ "a", "4711", NULL, "chosen", "null" },
	{ "a", "x", NULL, "reject/why",
	  "\"the called number is none that can be dialled\"" },
	{ "b", "4711", NULL, "reject/why", "\"there is no route from there\"" },
	{ "city", "1", NULL, "kind", "\"trunk-group\"" },
	{ "city", "0049302", NULL, "targets/0/state",
	  "\"takes no call from a trunk-group\"" },
	{ "city", "0049302", NULL, "targets/0/available", "false" },
	/* limits: of the rule, of classes, of a trunk group */
	{ "a", "030123", NULL, "limits/0/most", "9" },
	{ "a", "030123", NULL, "limits/1/of", "\"number-class all\"" },
	{ "a", "030123", NULL, "targets/0/limits/0/of",
	  "\"trunk-group city\"" },
	{ "a", "030123", NULL, "targets/1/limits", "[]" },
	{ "a", "110", NULL, "limits", "[]" },
	{ "a", "110", NULL, "targets/0/limits", "[]" },
	{ "a", "4711", NULL, "limits", "[]" },
	/* emergency, shares, another number */
	{ "a", "110", NULL, "emergency", "true" },
	{ "a", "110", NULL, "chosen/does", "\"city emergency\"" },
	{ "a", "110", NULL, "targets/0/state",
	  "\"1 of 1 spans up, for an emergency call\"" },
	{ "a", "+33", NULL, "chosen/does", "\"city weight 7, b weight 3\"" },
	{ "a", "+33", NULL, "targets/0/weight", "7" },
	/* a target that the number cannot be made for */
	{ "a", "+99", NULL, "targets/0/target", "\"city\"" },
	{ "a", "+99", NULL, "targets/0/called", "null" },
	{ "a", "+99", NULL, "targets/1/called/digits", "\"+99\"" },
	{ "a", "+99", NULL, "reject", "null" },
	{ "a", "+995", NULL, "rewritten", "\"1\"" },
	{ "a", "+995", NULL, "drained", "null" },
};

static void every_field(void **state)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		json_t *json = explain(*state, fields[i].from, fields[i].called,
				       fields[i].caller);
		const json_t *field = at_path(json, fields[i].path);
		char *got = field ? json_dumps(field,
					       JSON_ENCODE_ANY | JSON_SORT_KEYS)
				  : NULL;

		if (!got || strcmp(got, fields[i].want) != 0)
			fail_msg("%s from %s: %s is %s and not %s",
				 fields[i].called, fields[i].from,
				 fields[i].path, got ? got : "missing",
				 fields[i].want);
		free(got);
		json_decref(json);
	}
}

/* At another time another rule. */
static void at_night(void **state)
{
	struct route_question q = { .conf = *state,
				    .zone = "Europe/Berlin",
				    .setup = { .called = { .digits = "+12",
							   .present = true },
					       .from = "a" } };
	json_t *json;

	assert_int_equal(route_explain_time("2026-03-13 18:00", q.zone, NOON,
					    &q.utc_s),
			 0);
	json = route_explain(&q);
	assert_string_equal(json_string_value(at_path(json, "rules/0/verdict")),
			    "not now");
	assert_string_equal(json_string_value(at_path(json, "rules/0/why")),
			    "hours office (line 13): it is Fri 2026-03-13 "
			    "18:00 +0100");
	assert_string_equal(json_string_value(at_path(json, "chosen/rule")),
			    "+1");
	assert_int_equal(json_integer_value(at_path(json, "reject/cause")), 34);
	json_decref(json);
}

static void times(void **state)
{
	static const char *const wrong[] = { "",
					     "noon",
					     "2026-03-13",
					     "2026-02-30 12:00",
					     "2026-03-13 25:00",
					     "2026-03-13 12:00x",
					     "12" };
	int64_t at;

	(void)state;
	assert_int_equal(route_explain_time("12:30", "Europe/Berlin", NOON,
					    &at),
			 0);
	assert_int_equal(at, NOON);
	assert_int_equal(route_explain_time("2026-03-13T11:30", NULL, 0, &at),
			 0);
	assert_int_equal(at, NOON);
	/* Past midnight in Berlin, before it in Greenwich. */
	assert_int_equal(route_explain_time("12:30", "Europe/Berlin",
					    NOON - 12 * 3600, &at),
			 0);
	assert_int_equal(at, NOON);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(route_explain_time(wrong[i], NULL, 0, &at),
				 -EINVAL);
}

/* That of the gateway without hours, and where these have several. */
static void zones(void **state)
{
	static const struct {
		const char *text, *zone;
	} rows[] = {
		{ "gateway g { listen 127.0.0.1 }\n", "UTC" },
		{ "gateway g { listen 127.0.0.1\n time-zone Asia/Tokyo }\n",
		  "Asia/Tokyo" },
		{ "gateway g { listen 127.0.0.1\n time-zone Asia/Tokyo }\n"
		  "hours a { mon zone UTC }\nhours b { tue zone UTC }\n",
		  "UTC" },
		{ "gateway g { listen 127.0.0.1\n time-zone Asia/Tokyo }\n"
		  "hours a { mon zone UTC }\nhours b { tue zone CET }\n",
		  "Asia/Tokyo" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct conf *conf;

		assert_int_equal(conf_parse(&conf, "t.conf", rows[i].text,
					    strlen(rows[i].text), stderr),
				 0);
		assert_string_equal(route_explain_zone(conf), rows[i].zone);
		conf_free(conf);
	}
}

static char *rendered(render_fn *fn, const json_t *answer)
{
	char *out = NULL;
	size_t size;
	struct screen screen = { .out = open_memstream(&out, &size) };

	assert_non_null(screen.out);
	fn(&screen, answer);
	fclose(screen.out);
	return out;
}

static void on_a_terminal(void **state)
{
	json_t *json = explain(*state, "a", "+44201", "030150");
	char *out = rendered(render_route_explain, json);

	assert_string_equal(
		out, "Lines of    t.conf\n"
		     "From        a (sip-peer), Fri 2026-03-13 12:30 +0100\n"
		     "To          +44201 unknown is +44201\n"
		     "Caller      030150 unknown is +4930150\n"
		     "            receive unknown 0 -> +49 (line 6)\n"
		     "Rules, the most specific first (line 14)\n"
		     "  chosen              +44 caller +4930 -> b (line 20)\n"
		     "  other presentation  +44 presentation restricted -> b "
		     "(line 21)\n"
		     "                      the caller's number may be shown\n"
		     "  other bearer        +44 bearer data -> reject 488 "
		     "(line 22)\n"
		     "                      the bearer is audio\n"
		     "  less specific       + -> city, b (line 16)\n"
		     "limit       some of number-class all: 2 used\n"
		     "Targets, in this order\n"
		     "  1 b (sip-peer): takes no call from a sip-peer\n"
		     "    sent    +44201 international\n"
		     "    caller  +4930150 international: as it came\n");
	free(out);
	json_decref(json);
	json = explain(*state, "a", "+4990055", NULL);
	out = rendered(render_route_explain, json);
	assert_non_null(strstr(out, "\nRejected with 403 (cause 21): the rule "
				    "rejects, \"barred\"\n"));
	free(out);
	json_decref(json);
}

/* A limit that is used up says what a call meets, however long its name. */
static void used_up(void **state)
{
	json_t *json = json_loads(
		"{\"limits\": [{\"limit\": \"2 calls per caller\", \"of\": "
		"\"route of office +441135550107\", \"caller_used\": 2, "
		"\"used\": 2, \"most\": 2, \"status\": 403, \"cause\": 21, "
		"\"place\": \"line 9\"}],"
		"\"targets\": [{\"target\": \"city\", \"called\": {}, "
		"\"limits\": [{\"limit\": \"4 calls\", \"of\": "
		"\"trunk-group city\", \"used\": 4, \"most\": 4}]},"
		"{\"target\": \"b\", \"called\": {}, \"limits\": [{"
		"\"limit\": \"4 calls\", \"of\": \"trunk-group b\", "
		"\"used\": 4, \"most\": 4, \"status\": 503, \"cause\": "
		"34}]}]}",
		0, NULL);
	char *out = rendered(render_route_explain, json);

	(void)state;
	assert_non_null(
		strstr(out,
		       "limit       2 calls per caller of route of office "
		       "+441135550107: this caller has\n"
		       "            2 of 2: a call now is rejected with 403 "
		       "(cause 21) (line 9)\n"));
	assert_non_null(strstr(out, "    limit   4 calls of trunk-group city: "
				    "4 of 4 used: a call now goes on to the\n"
				    "            next target\n"));
	assert_non_null(strstr(out,
			       "    limit   4 calls of trunk-group b: 4 of "
			       "4 used: a call now is rejected with\n"
			       "            503 (cause 34)\n"));
	free(out);
	json_decref(json);
}

/* What says so comes last, where it is seen. */
static void from_what_is_drained(void **state)
{
	static const struct {
		const char *called, *end;
	} cases[] = {
		{ "+33", "Refused now: sip-peer a is drained\n" },
		{ "110", "Taken now: sip-peer a is drained, which does not "
			 "concern an emergency call\n" },
	};

	source_drained = true;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *json = explain(*state, "a", cases[i].called, NULL);
		char *out = rendered(render_route_explain, json);
		const char *end = strstr(out, cases[i].end);

		assert_non_null(end);
		assert_string_equal(end, cases[i].end);
		free(out);
		json_decref(json);
	}
	source_drained = false;
}

/* Which one is first is drawn for each call. */
static void shares_on_a_terminal(void **state)
{
	json_t *json = explain(*state, "a", "+33", NULL);
	char *out = rendered(render_route_explain, json);

	assert_non_null(strstr(out, "\nTargets, those that share first\n"
				    "  1 city first for 7 of 10 calls "
				    "(trunk-group): 1 of 1 spans up\n"));
	assert_non_null(strstr(out, "\n  2 b first for 3 of 10 calls "
				    "(sip-peer): "));
	free(out);
	json_decref(json);
}

/* Nothing of a document's shape is taken for granted. */
static void odd_documents(void **state)
{
	static const char *const odd[] = {
		"{}",
		"{\"targets\": [1, {}, null], \"rules\": [[], {}]}",
		"{\"tests\": [0, {\"passed\": 5}]}",
		"{\"reject\": [], \"called\": \"x\", \"rules\": 5}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		json_t *json = json_loads(odd[i], 0, NULL);

		free(rendered(render_route_explain, json));
		free(rendered(render_route_test, json));
		json_decref(json);
	}
}

static void tests_on_a_terminal(void **state)
{
	json_t *json = json_loads(
		"{\"passed\": 1, \"failed\": 1, \"tests\": ["
		"{\"test\": \"one\", \"place\": \"t.conf:1\", \"passed\": "
		"true},"
		"{\"test\": \"two\", \"place\": \"t.conf:2\", \"passed\": "
		"false,"
		"\"expected\": \"b\", \"got\": \"reject 404\", \"rule\": "
		"\"otherwise\","
		"\"rule_place\": \"t.conf:9\"}]}",
		0, NULL);
	char *out;

	(void)state;
	out = rendered(render_route_test, json);
	assert_string_equal(out, "passed  one (t.conf:1)\n"
				 "FAILED  two (t.conf:2)\n"
				 "        expected b, got reject 404\n"
				 "        otherwise decides (t.conf:9)\n"
				 "1 passed, 1 failed\n");
	free(out);
	json_decref(json);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, load, unload)
	const struct CMUnitTest tests[] = {
		CASE(every_field),
		CASE(at_night),
		cmocka_unit_test(times),
		cmocka_unit_test(zones),
		CASE(on_a_terminal),
		CASE(shares_on_a_terminal),
		CASE(from_what_is_drained),
		cmocka_unit_test(used_up),
		cmocka_unit_test(odd_documents),
		cmocka_unit_test(tests_on_a_terminal),
	};

	return cmocka_run_group_tests_name("route_explain", tests, NULL, NULL);
}
