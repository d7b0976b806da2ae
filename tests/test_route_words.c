/* The words of a route's line, from the text to the call: which line takes it,
 * where it goes and with which numbers. */
#include "gateway/route.h"
#include "tests/sample_conf.h"

#include <stddef.h>
#include <stdio.h>

static const char text[] =
	"gateway g { listen 127.0.0.1 }\n"
	"sip-peer p { server 10.0.0.1 }\n"
	"sip-peer a { server 10.0.0.2 }\n"
	"sip-peer b { server 10.0.0.3 }\n"
	"sip-peer c { server 10.0.0.4 }\n"
	"hours office { mon-fri 08:00-18:00  zone UTC }\n"
	"hours night { mon-fri 18:00-08:00  zone UTC }\n"
	"number-class premium { numbers +49900 +49137 +4917..+4918 }\n"
	"route from p {\n" /* 9 */
	"  +49 -> a\n"
	"  +49 caller +4930 -> b\n"
	"  +49 caller +4930100..+4930199 -> c\n"
	"  +49 caller +4930150 presentation restricted -> a\n"
	"  +49 presentation restricted -> reject cause 21 \"no name\"\n"
	"  +49 bearer data -> reject 488\n"
	"  +4940 when office -> a\n"
	"  +4940 when night -> b\n"
	"  +4940 -> c\n"
	"  +4950..+4959 -> b\n"
	"  class premium +44 -> reject 403\n"
	"  110 112 -> a emergency\n"
	"  +1 -> a weight 70, b weight 30, c\n"
	"  +2 -> a strip 3\n"
	"  +31 -> a add 00\n"
	"  +32 -> a strip 2 add +4932\n"
	"  +33 -> a replace +33 +4933\n"
	"  +34 -> a replace +341 0\n"
	"  200..299 -> a add +49302\n"
	"  +35 -> a caller-as +4930100\n"
	"  +36 -> a max 3 calls max 10 min/day per caller\n"
	"  otherwise -> reject 404\n"
	"  otherwise caller +4930 -> c\n"
	"  +4960 caller +49301..+49305 when office -> a\n"
	"  +4960 caller +49303..+49307 when night -> b\n"
	"  +4970 caller none -> b\n"
	"  +4970 presentation restricted -> c\n"
	"  +4970 caller +4930 -> a\n"
	"  +4970 caller +4931 -> a\n"
	"  +4970 caller +4932 -> a\n"
	"  +4970 caller +4933 -> a\n"
	"  +4970 caller +4934 -> a\n"
	"  +4970 -> a\n"
	"}\n";

enum { FRIDAY = 1795176000, /* noon, UTC */ HOUR = 3600 };

/* Line 0: no route. `to`: "" rejects; NULL: no target makes a number. */
static const struct {
	const char *called, *caller;
	int presentation;
	enum leg_bearer bearer;
	int at; /* hours from FRIDAY */
	unsigned line;
	const char *to, *sent;
} vectors[] = {
	{ "+49891", "+1", 0, 0, 0, 10, "a", "+49891" },
	{ "+49891", "", 0, 0, 0, 10, "a", "+49891" },
	{ "+49891", "+49301", 0, 0, 0, 11, "b", "+49891" },
	{ "+49891", "+4930100", 0, 0, 0, 12, "c", "+49891" },
	{ "+49891", "+49301000", 0, 0, 0, 11, "b", "+49891" },
	{ "+49891", "+4930150", 0, 0, 0, 12, "c", "+49891" },
	/* the longer prefix of the caller, not the smaller range */
	{ "+49891", "+4930150", 1, 0, 0, 12, "c", "+49891" },
	{ "+49891", "+1", 1, 0, 0, 14, "", NULL },
	{ "+49891", "", 1, 0, 0, 14, "", NULL },
	/* the caller before the presentation */
	{ "+49891", "+49301", 1, 0, 0, 11, "b", "+49891" },
	/* a number that is not available is not withheld */
	{ "+49891", "", 2, 0, 0, 10, "a", "+49891" },
	{ "+49891", "+1", 0, LEG_BEARER_DATA, 0, 15, "", NULL },
	{ "+49891", "+1", 0, LEG_BEARER_SPEECH, 0, 10, "a", "+49891" },
	/* the presentation before the bearer */
	{ "+49891", "+1", 1, LEG_BEARER_DATA, 0, 14, "", NULL },
	{ "+49401", "+1", 0, 0, 0, 16, "a", "+49401" },
	{ "+49401", "+1", 0, 0, 6, 17, "b", "+49401" },
	{ "+49401", "+1", 0, 0, 19, 17, "b", "+49401" },
	{ "+49401", "+1", 0, 0, 24, 18, "c", "+49401" },
	/* the called number before all else */
	{ "+49401", "+49301", 1, LEG_BEARER_DATA, 24, 18, "c", "+49401" },
	{ "+4950", "+1", 0, 0, 0, 19, "b", "+4950" },
	{ "+4959", "+49301", 0, 0, 0, 19, "b", "+4959" },
	{ "+49500", "+1", 0, 0, 0, 10, "a", "+49500" },
	{ "+49900123", "+1", 0, 0, 0, 20, "", NULL },
	{ "+49137", "+1", 0, 0, 0, 20, "", NULL },
	{ "+4917", "+1", 0, 0, 0, 20, "", NULL },
	{ "+49170", "+1", 0, 0, 0, 10, "a", "+49170" },
	{ "+44", "+1", 0, 0, 0, 20, "", NULL },
	{ "112", "", 0, 0, 0, 21, "a", "112" },
	{ "1100", "", 0, 0, 0, 31, "", NULL },
	{ "2", "", 0, 0, 0, 31, "", NULL },
	{ "+2", "", 0, 0, 0, 23, NULL, NULL },
	{ "+212", "", 0, 0, 0, 23, NULL, NULL },
	{ "+2123", "", 0, 0, 0, 23, "a", "3" },
	{ "+31205550100", "", 0, 0, 0, 24, "a", "0031205550100" },
	{ "+32123", "", 0, 0, 0, 25, "a", "+4932123" },
	{ "+33123", "", 0, 0, 0, 26, "a", "+4933123" },
	{ "+34123", "", 0, 0, 0, 27, "a", "023" },
	{ "+34223", "", 0, 0, 0, 27, "a", "+34223" },
	{ "233", "", 0, 0, 0, 28, "a", "+49302233" },
	{ "+35", "+1", 0, 0, 0, 29, "a", "+35" },
	{ "+36", "+1", 0, 0, 0, 30, "a", "+36" },
	{ "+99", "+1", 0, 0, 0, 31, "", NULL },
	{ "+99", "+49301", 0, 0, 0, 32, "c", "+99" },
	{ "+4960", "+49304", 0, 0, 0, 33, "a", "+4960" },
	{ "+4960", "+49304", 0, 0, 8, 34, "b", "+4960" },
	{ "+4960", "+49307", 0, 0, 0, 11, "b", "+4960" },
	/* a withheld number that comes along is a number */
	{ "+4970", "", 0, 0, 0, 35, "b", "+4970" },
	{ "+4970", "", 1, 0, 0, 35, "b", "+4970" },
	{ "+4970", "", 2, 0, 0, 35, "b", "+4970" },
	{ "+4970", "+1", 0, 0, 0, 42, "a", "+4970" },
	{ "+4970", "+1", 1, 0, 0, 36, "c", "+4970" },
	{ "+4970", "+49301", 0, 0, 0, 37, "a", "+4970" },
};

static struct conf *conf;

static void number(struct leg_number *out, const char *digits)
{
	snprintf(out->digits, sizeof out->digits, "%s", digits);
	out->present = *digits != '\0';
}

static int route(const char *called, const char *caller,
		 const struct route_moment *moment, struct leg_setup *in,
		 struct route_result *out)
{
	static struct route_trace trace;
	struct route_result untraced;
	int err;

	snprintf(in->from, sizeof in->from, "p");
	number(&in->called, called);
	number(&in->calling, caller);
	err = route_call(conf, in, moment, &untraced);
	assert_int_equal(route_call_traced(conf, in, moment, out, &trace), err);
	assert_ptr_equal(untraced.rule, out->rule);
	for (size_t i = 0; i < trace.step_count; i++)
		assert_int_equal(trace.steps[i].verdict == ROUTE_CHOSEN,
				 trace.steps[i].rule == out->rule);
	return err;
}

static void check(size_t i)
{
	const struct route_moment moment = { .utc_s = FRIDAY +
						      vectors[i].at * HOUR };
	struct leg_setup in = { .bearer = vectors[i].bearer };
	const struct conf_target *target;
	struct route_result out;
	int err;

	in.calling.presentation = (uint8_t)vectors[i].presentation;
	err = route(vectors[i].called, vectors[i].caller, &moment, &in, &out);
	target = route_target(&out);
	if (!out.rule || out.rule->place.line != vectors[i].line)
		fail_msg("vector %zu: line %u", i,
			 out.rule ? out.rule->place.line : 0);
	assert_int_equal(err, vectors[i].to ? 0 : -EINVAL);
	if (!vectors[i].to)
		return;
	assert_int_equal(!*vectors[i].to, !target);
	if (!target)
		return;
	if (strcmp(target->peer->name, vectors[i].to) != 0 ||
	    strcmp(out.out.called.digits, vectors[i].sent) != 0)
		fail_msg("vector %zu: %s to %s", i, out.out.called.digits,
			 target->peer->name);
}

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
		check(i);
}

/* Of 10,000 lots, so many lead to each; c only follows. */
static void test_weights(void **state)
{
	unsigned first[128] = { 0 };
	struct leg_setup in = { 0 };
	struct route_result out;

	(void)state;
	for (uint32_t i = 0; i < 10000; i++) {
		const struct route_moment moment = { .lot = i * 429496 };
		const char *names[3];

		assert_int_equal(route("+1", "", &moment, &in, &out), 0);
		for (size_t t = 0; t < 3; t++) {
			names[t] = route_target(&out)->peer->name;
			assert_int_equal(route_next(&in, &out),
					 t < 2 ? 0 : -ENOENT);
		}
		first[(unsigned char)*names[0]]++;
		assert_string_equal(names[2], "c");
		assert_string_not_equal(names[0], names[1]);
	}
	assert_in_range(first['a'], 6800, 7200);
	assert_in_range(first['b'], 2800, 3200);
}

static void test_caller_as(void **state)
{
	const struct route_moment moment = { .utc_s = FRIDAY };
	struct leg_setup in = { .calling.presentation = 1 };
	struct route_result out;

	(void)state;
	assert_int_equal(route("+35", "+1", &moment, &in, &out), 0);
	assert_string_equal(out.calling, "+1");
	assert_string_equal(out.out.calling.digits, "+4930100");
	assert_int_equal(out.out.calling.presentation, 1);
	assert_int_equal(route("+35", "", &moment, &in, &out), 0);
	assert_true(out.out.calling.present);
	assert_string_equal(out.out.calling.digits, "+4930100");
}

/* What a line says of its calls besides. */
static void test_others(void **state)
{
	const struct route_moment moment = { .utc_s = FRIDAY };
	const struct conf_limits *limits;
	struct leg_setup in = { 0 };
	struct route_result out;

	(void)state;
	assert_int_equal(route("110", "", &moment, &in, &out), 0);
	assert_true(out.emergency);
	assert_int_equal(route("+36", "", &moment, &in, &out), 0);
	assert_false(out.emergency);
	limits = out.rule->action->limits;
	assert_int_equal(limits->count, 2);
	assert_int_equal(limits->limit[0].amount, 3);
	assert_true(limits->limit[1].per_caller);
	assert_int_equal(route("+49900", "", &moment, &in, &out), 0);
	assert_string_equal(out.rule->number_class->name, "premium");
	assert_int_equal(out.rule->action->reject_status, 403);
	assert_int_equal(route("+44", "", &moment, &in, &out), 0);
	assert_null(out.rule->number_class);
	in.calling.presentation = 1;
	assert_int_equal(route("+49", "", &moment, &in, &out), 0);
	assert_int_equal(out.rule->action->reject_cause, 21);
	assert_int_equal(out.rule->action->reject_status, 0);
	assert_string_equal(out.rule->action->reject_text, "no name");
}

/* Every rule of the number, and why each was taken or not. */
static void test_trace(void **state)
{
	static const struct {
		unsigned line;
		enum route_verdict verdict;
	} want[] = {
		{ 16, ROUTE_NOT_NOW },
		{ 17, ROUTE_CHOSEN },
		{ 18, ROUTE_LESS_SPECIFIC },
		{ 12, ROUTE_OTHER_CALLER },
		{ 13, ROUTE_OTHER_CALLER },
		{ 11, ROUTE_OTHER_CALLER },
		{ 14, ROUTE_OTHER_PRESENTATION },
		{ 15, ROUTE_OTHER_BEARER },
		{ 10, ROUTE_LESS_SPECIFIC },
		{ 32, ROUTE_OTHER_CALLER },
		{ 31, ROUTE_LESS_SPECIFIC },
	};
	const struct route_moment night = { .utc_s = FRIDAY + 8 * HOUR };
	struct leg_setup in = { .from = "p" };
	static struct route_trace trace;
	struct route_result out;

	(void)state;
	number(&in.called, "+49401");
	number(&in.calling, "+1");
	assert_int_equal(route_call_traced(conf, &in, &night, &out, &trace), 0);
	assert_ptr_equal(trace.route, &conf->routes[0]);
	assert_null(trace.received_by);
	assert_false(trace.more);
	assert_int_equal(trace.step_count, sizeof want / sizeof *want);
	for (size_t i = 0; i < trace.step_count; i++) {
		assert_int_equal(trace.steps[i].rule->place.line, want[i].line);
		assert_int_equal(trace.steps[i].verdict, want[i].verdict);
	}
}

static int read_conf(void **state)
{
	char *said = NULL;

	(void)state;
	conf = parse(text, &said);
	if (!conf)
		fputs(said, stderr);
	free(said);
	return conf ? 0 : -1;
}

static int free_conf(void **state)
{
	(void)state;
	conf_free(conf);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_caller_as),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_trace),
	};

	return cmocka_run_group_tests(tests, read_conf, free_conf);
}
