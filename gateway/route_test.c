#include "gateway/route_test.h"

#include "gateway/cause.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PLAN_ISDN 1
#define RESTRICTED 1

static void wire_number(const struct conf_test_number *number,
			struct leg_number *out)
{
	*out = (struct leg_number){ .present = number->given,
				    .type = number->type,
				    .plan = PLAN_ISDN };
	snprintf(out->digits, sizeof out->digits, "%s", number->digits);
	if (number->presentation == CONF_PRESENTATION_RESTRICTED)
		out->presentation = RESTRICTED;
}

void route_test_setup(const struct conf_test *test, struct leg_setup *out)
{
	static const enum leg_bearer bearers[] = {
		[CONF_BEARER_ANY] = LEG_BEARER_AUDIO,
		[CONF_BEARER_AUDIO] = LEG_BEARER_AUDIO,
		[CONF_BEARER_SPEECH] = LEG_BEARER_SPEECH,
		[CONF_BEARER_DATA] = LEG_BEARER_DATA,
	};

	*out = (struct leg_setup){ .bearer = bearers[test->bearer] };
	wire_number(&test->to, &out->called);
	wire_number(&test->caller, &out->calling);
	snprintf(out->from, sizeof out->from, "%s", test->from);
}

/* One call, and what it came to. */
struct run {
	const struct conf_test *test;
	struct route_test *out;
	struct route_result result;
	struct route_trace trace;
	struct leg_cause cause;
	int err;
	uint16_t status; /* 0: not refused */
};

static void decided_by_rule(struct run *run)
{
	const struct conf_route_rule *rule = run->result.rule;

	if (!rule)
		return;
	run->out->decided = &rule->place;
	route_rule_text(rule, run->out->rule);
}

/* Digits of a number are made by the target's numbering, so that this is what
 * decides them. */
static void decided_by_numbering(struct run *run,
				 const struct conf_number_rule *rule)
{
	if (!rule)
		return;
	run->out->decided = &rule->place;
	route_number_rule_text(rule, run->out->rule);
}

/* Of the caller: what its target may be told comes before how it is sent. */
static void decided_by_policy(struct run *run)
{
	const struct numbering_told *told = &run->result.calling_told;
	const struct conf_numbering *plan =
		numbering_of(route_target(&run->result));

	decided_by_numbering(run, told->sent);
	if (!plan || !plan->caller.place.file || told->allowed)
		return;
	run->out->decided = &plan->caller.place;
	snprintf(run->out->rule, sizeof run->out->rule, "caller %s",
		 numbering_verdict_name(told->verdict));
}

static void expected_targets(const struct conf_test *test,
			     char out[ROUTE_TEXT_MAX])
{
	size_t len = 0;

	*out = '\0';
	for (size_t i = 0; i < test->target_count; i++)
		len += (size_t)snprintf(out + len, ROUTE_TEXT_MAX - len, "%s%s",
					i ? ", " : "",
					route_target_name(&test->targets[i]));
}

static void say_expected(const struct conf_test *test, char out[ROUTE_TEXT_MAX])
{
	if (test->target_count)
		expected_targets(test, out);
	else if (test->reject_cause)
		snprintf(out, ROUTE_TEXT_MAX, "reject cause %u",
			 test->reject_cause);
	else if (test->reject_status)
		snprintf(out, ROUTE_TEXT_MAX, "reject %u", test->reject_status);
	else
		snprintf(out, ROUTE_TEXT_MAX, "reject");
}

/* As the rule has them. */
static void targets_text(const struct run *run, char out[ROUTE_TEXT_MAX])
{
	const struct conf_action *action = run->result.rule->action;
	size_t len = 0;

	*out = '\0';
	for (size_t i = run->result.target; i < action->target_count; i++)
		len += (size_t)snprintf(out + len, ROUTE_TEXT_MAX - len, "%s%s",
					len ? ", " : "",
					route_target_name(&action->targets[i]));
}

static void say_got(const struct run *run, char out[ROUTE_TEXT_MAX])
{
	if (!run->status)
		targets_text(run, out);
	else if (run->test->reject_cause)
		snprintf(out, ROUTE_TEXT_MAX, "reject cause %u",
			 run->cause.q850);
	else
		snprintf(out, ROUTE_TEXT_MAX, "reject %u", run->status);
	if (run->err == -ENOENT)
		snprintf(out + strlen(out), ROUTE_TEXT_MAX - strlen(out),
			 " as no route takes %s", run->result.called);
	else if (run->err == -EINVAL)
		snprintf(out + strlen(out), ROUTE_TEXT_MAX - strlen(out),
			 " as the number cannot be %s",
			 run->result.rule ? "made for a target" : "read");
}

static bool same_target(const struct conf_target *a,
			const struct conf_target *b)
{
	return a->trunk == b->trunk && a->peer == b->peer;
}

/* Those that are expected are the first ones of the rule's, as it is written:
 * what a call draws among targets that share is left open. One that the number
 * cannot be made for is passed over. */
static bool goes_there(const struct run *run)
{
	const struct conf_action *action =
		run->result.rule ? run->result.rule->action : NULL;
	const struct conf_test *test = run->test;
	size_t skip = run->result.target;

	if (run->status || action->target_count < skip + test->target_count)
		return false;
	for (size_t i = 0; i < test->target_count; i++)
		if (!same_target(&action->targets[skip + i], &test->targets[i]))
			return false;
	return true;
}

static bool is_rejected(const struct run *run)
{
	const struct conf_test *test = run->test;

	if (!run->status)
		return false;
	return (!test->reject_status || test->reject_status == run->status) &&
	       (!test->reject_cause || test->reject_cause == run->cause.q850);
}

static bool same_number(const struct conf_test_number *expected,
			const struct leg_number *got)
{
	uint8_t shown = got->presentation == RESTRICTED
				? CONF_PRESENTATION_RESTRICTED
				: CONF_PRESENTATION_ALLOWED;

	if (!*expected->digits)
		return !got->present;
	return got->present && !strcmp(expected->digits, got->digits) &&
	       (expected->type == CONF_TYPE_ANY ||
		expected->type == got->type) &&
	       (!expected->presentation || expected->presentation == shown);
}

/* In the words of the expected number: what it is silent about is not told of
 * the other. */
static void say_numbers(struct run *run, const char *what,
			const struct conf_test_number *expected,
			const struct leg_number *got)
{
	static const char *const shown[] = { "", " allowed", " restricted" };
	struct route_test *out = run->out;
	bool typed = expected->type != CONF_TYPE_ANY && *expected->digits;
	char type[16], text[ROUTE_TEXT_MAX];

	snprintf(out->expected, sizeof out->expected, "%s %s%s%s%s", what,
		 *expected->digits ? expected->digits : "none",
		 typed ? " " : "",
		 typed ? route_type_text(expected->type, type) : "",
		 shown[expected->presentation]);
	route_number_text(got, text);
	snprintf(out->got, sizeof out->got, "%.*s", ROUTE_TEXT_MAX - 1, text);
}

static bool check_number(struct run *run, const char *what,
			 const struct conf_test_number *expected,
			 const struct leg_number *got)
{
	if (!expected->given || same_number(expected, got))
		return true;
	say_numbers(run, what, expected, got);
	return false;
}

/* The time of day decides something, and the test does not say which it is. */
static bool depends_on_time(const struct run *run)
{
	if (run->test->timed)
		return false;
	for (size_t i = 0; i < run->trace.step_count; i++) {
		enum route_verdict verdict = run->trace.steps[i].verdict;
		bool chosen = verdict == ROUTE_CHOSEN;

		if (verdict == ROUTE_NOT_NOW ||
		    (chosen && run->trace.steps[i].rule->when))
			return true;
		/* Whatever stands behind it never had a chance. */
		if (chosen)
			return false;
	}
	return false;
}

static bool verdict(struct run *run)
{
	struct route_test *out = run->out;
	const struct conf_test *test = run->test;

	decided_by_rule(run);
	say_expected(test, out->expected);
	say_got(run, out->got);
	if (depends_on_time(run)) {
		snprintf(out->got, sizeof out->got,
			 "what the time of day makes of it: say \"at\"");
		return false;
	}
	if (!test->target_count)
		return is_rejected(run);
	if (!goes_there(run))
		return false;
	if (!check_number(run, "digits", &test->digits,
			  &run->result.out.called)) {
		decided_by_numbering(run, run->result.sent_by);
		return false;
	}
	if (check_number(run, "caller", &test->told, &run->result.out.calling))
		return true;
	decided_by_policy(run);
	return false;
}

void route_test_run(const struct conf *conf, const struct conf_test *test,
		    struct route_test *out)
{
	const struct route_moment moment = { .utc_s = test->at_utc_s };
	struct run run = { .test = test, .out = out };
	struct leg_setup setup;

	*out = (struct route_test){ .test = test };
	route_test_setup(test, &setup);
	run.err = route_call_traced(conf, &setup, &moment, &run.result,
				    &run.trace);
	run.status = route_refusal(run.err, &run.result, &run.cause);
	out->passed = verdict(&run);
}

void route_test_verify(struct conf_verify *verify)
{
	const struct conf *conf = verify->conf;
	char hint[ROUTE_TEXT_MAX * 2];

	for (size_t i = 0; i < conf->test_count; i++) {
		struct route_test run;

		route_test_run(conf, &conf->tests[i], &run);
		if (run.passed)
			continue;
		if (run.decided)
			snprintf(hint, sizeof hint, "(%s:%u decides: %s)",
				 run.decided->file, run.decided->line,
				 run.rule);
		conf_verify_failed(verify, &conf->tests[i],
				   run.decided ? hint : NULL,
				   "test \"%s\" fails: expected %s, got %s",
				   conf->tests[i].name, run.expected, run.got);
	}
}
