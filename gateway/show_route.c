/* route explain and route test. */
#include "conf/hours.h"
#include "dahdi/isdn.h"
#include "gateway/clock.h"
#include "gateway/commands.h"
#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/route_explain.h"
#include "gateway/route_test.h"
#include "gateway/show.h"
#include "sip/agent.h"

#include <stdio.h>
#include <string.h>

#define PLAN_ISDN 1
#define TYPE_MAX 7 /* Q.931 4.5.10: three bits */

static bool is_drained(const struct gateway *gw,
		       const struct conf_target *target)
{
	if (target->trunk)
		return drain_find(&gw->drains, DRAIN_TRUNK,
				  target->trunk->name);
	return drain_find(&gw->drains, DRAIN_PEER, target->peer->name);
}

/* The spans of a group. */
struct members {
	size_t up, drained; /* drained ones may be up too */
	size_t takes;
	unsigned last; /* that is drained */
};

static void look_at_members(const struct gateway *gw,
			    const struct conf_trunk *trunk, struct members *out)
{
	*out = (struct members){ 0 };
	for (size_t i = 0; i < isdn_span_count(gw->isdn); i++) {
		struct span_info span;
		char name[16];

		isdn_span_info(gw->isdn, i, &span);
		snprintf(name, sizeof name, "%u", span.number);
		for (size_t m = 0; m < trunk->member_count; m++) {
			bool drained =
				drain_find(&gw->drains, DRAIN_SPAN, name);

			if (trunk->members[m]->number != span.number)
				continue;
			out->up += span.in_service;
			out->takes += span.in_service && !drained;
			out->drained += drained;
			if (drained)
				out->last = span.number;
		}
	}
}

/* "0 of 1 spans take calls (span 1 drained)" */
static void spans_text(const struct members *spans, size_t all, bool emergency,
		       char *out, size_t size)
{
	if (!spans->drained || emergency)
		snprintf(out, size, "%zu of %zu spans up", spans->up, all);
	else if (spans->drained == 1)
		snprintf(out, size,
			 "%zu of %zu spans take calls (span %u drained)",
			 spans->takes, all, spans->last);
	else
		snprintf(out, size, "%zu of %zu spans take calls (%zu drained)",
			 spans->takes, all, spans->drained);
}

static bool trunk_state(const struct gateway *gw,
			const struct conf_trunk *trunk, bool emergency,
			char out[EXPLAIN_STATE_MAX])
{
	unsigned idle = isdn_idle_channels(gw->isdn, trunk, emergency);
	bool kept = !emergency && idle && idle <= trunk->reserve;
	struct members spans;
	char text[80];

	look_at_members(gw, trunk, &spans);
	spans_text(&spans, trunk->member_count, emergency, text, sizeof text);
	snprintf(out, EXPLAIN_STATE_MAX, "%.79s, %u channels free%s", text,
		 idle, kept ? ", kept for emergency calls" : "");
	return idle && !kept && (emergency ? spans.up : spans.takes);
}

static bool peer_state(const struct gateway *gw, const struct conf_peer *peer,
		       char out[EXPLAIN_STATE_MAX])
{
	for (size_t i = 0; i < sip_agent_peer_count(gw->sip); i++) {
		struct sip_peer_info info;
		bool full;

		sip_agent_peer_info(gw->sip, i, &info);
		if (strcmp(info.conf->name, peer->name) != 0)
			continue;
		full = peer->limit_calls && info.calls >= peer->limit_calls;
		snprintf(out, EXPLAIN_STATE_MAX, "%s%s", info.state,
			 full ? ", at its limit of calls" : "");
		return !full && strcmp(info.state, "down") != 0;
	}
	snprintf(out, EXPLAIN_STATE_MAX, "unknown");
	return false;
}

static bool target_state(void *ctx, const struct conf_target *target,
			 bool emergency, char out[EXPLAIN_STATE_MAX])
{
	const struct gateway *gw = ctx;
	bool drained = is_drained(gw, target), available;
	size_t len;

	available = target->trunk
			    ? trunk_state(gw, target->trunk, emergency, out)
			    : peer_state(gw, target->peer, out);
	if (!drained)
		return available;
	len = strlen(out);
	snprintf(out + len, EXPLAIN_STATE_MAX - len, ", drained");
	return available && emergency;
}

static bool says(const struct gateway *gw, enum drain_kind kind,
		 const char *name, char out[EXPLAIN_STATE_MAX])
{
	const struct drain *drain = drain_find(&gw->drains, kind, name);

	if (drain)
		snprintf(out, EXPLAIN_STATE_MAX, "%.78s is %s",
			 kind == DRAIN_ALL ? "the gateway" : drain->object,
			 drain_state_name(drain->fsm.state));
	return drain;
}

/* In the order in which a call is refused for it. */
static bool source_drained(void *ctx, const char *from,
			   char out[EXPLAIN_STATE_MAX])
{
	const struct gateway *gw = ctx;
	const struct conf_trunk *trunk = conf_trunk_find(gw->conf, from);
	struct members spans;

	if (gw->phase != GATEWAY_RUNNING) {
		snprintf(out, EXPLAIN_STATE_MAX, "the gateway stops");
		return true;
	}
	if (says(gw, DRAIN_ALL, "", out))
		return true;
	if (!trunk)
		return says(gw, DRAIN_PEER, from, out);
	look_at_members(gw, trunk, &spans);
	if (spans.drained < trunk->member_count)
		return says(gw, DRAIN_TRUNK, from, out);
	snprintf(out, EXPLAIN_STATE_MAX, "every span of it is drained");
	return true;
}

static json_t *limits_of(void *ctx, const struct conf_limits *limits,
			 const char *caller, bool at_trunk)
{
	const struct show_caller who = { caller, at_trunk };

	return show_limits_of(ctx, limits, &who);
}

/* Where a word stands among `names`; -1: nowhere. */
static int word_index(const char *word, const char *const names[], int count)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(word, names[i]))
			return i;
	return -1;
}

static json_t *read_type(const struct command_line *line, struct leg_setup *out)
{
	const char *word = command_get(line, "type");
	char buf[16];

	out->called.type = out->called.digits[0] == '+';
	if (!word)
		return NULL;
	for (uint8_t type = 0; type < TYPE_MAX; type++)
		if (!strcmp(route_type_text(type, buf), word)) {
			out->called.type = type;
			return NULL;
		}
	return show_problem("\"%s\" is no type of number; there are unknown, "
			    "international, national, network, subscriber and "
			    "abbreviated",
			    word);
}

static json_t *read_words(const struct command_line *line,
			  struct leg_setup *out)
{
	static const char *const shown[] = { "allowed", "restricted" };
	static const char *const bearers[] = { "audio", "speech", "data" };
	const char *word = command_get(line, "presentation");
	int at = word ? word_index(word, shown, 2) : 0;

	if (at < 0)
		return show_problem("presentation is allowed or restricted");
	out->calling.presentation = (uint8_t)at;
	word = command_get(line, "bearer");
	at = word ? word_index(word, bearers, 3) : 0;
	if (at < 0)
		return show_problem("bearer is speech, audio or data");
	out->bearer = (enum leg_bearer)at;
	return NULL;
}

static json_t *put_number(const char *word, struct leg_number *out)
{
	if (strlen(word) >= CONF_DIGITS_MAX)
		return show_problem("a number has %d digits at most",
				    CONF_DIGITS_MAX - 1);
	snprintf(out->digits, sizeof out->digits, "%s", word);
	out->type = *word == '+';
	out->plan = PLAN_ISDN;
	out->present = true;
	return NULL;
}

static json_t *read_setup(const struct gateway *gw,
			  const struct command_line *line,
			  struct leg_setup *out)
{
	const char *from = command_get(line, "from");
	const char *caller = command_get(line, "caller");
	json_t *error = put_number(command_get(line, "NUMBER"), &out->called);

	if (!error && !conf_peer_find(gw->conf, from) &&
	    !conf_trunk_find(gw->conf, from))
		error = show_problem("there is no sip-peer or trunk-group "
				     "\"%s\"; 'show peers' and 'show trunks' "
				     "list them",
				     from);
	if (!error)
		error = read_type(line, out);
	if (!error && caller)
		error = put_number(caller, &out->calling);
	if (!error)
		error = read_words(line, out);
	snprintf(out->from, sizeof out->from, "%s", from);
	return error;
}

json_t *show_route_explain(struct gateway *gw, const struct command_line *line)
{
	const char *at = command_get(line, "at");
	struct route_question question = {
		.conf = gw->conf,
		.utc_s = (int64_t)(clock_calendar_ns() / NS_PER_S),
		.zone = route_explain_zone(gw->conf),
		.state = target_state,
		.drained = source_drained,
		.limits = limits_of,
		.ctx = gw,
	};
	json_t *error = read_setup(gw, line, &question.setup);

	if (!error && at &&
	    route_explain_time(at, question.zone, question.utc_s,
			       &question.utc_s) < 0)
		error = show_problem("\"%s\" is no time: \"2026-03-01 23:00\", "
				     "2026-03-01T23:00 or 23:00",
				     at);
	return error ? error : route_explain(&question);
}

static json_t *place_text(const struct conf_place *place)
{
	char text[320];

	if (!place)
		return json_null();
	snprintf(text, sizeof text, "%s:%u", place->file, place->line);
	return json_text(text);
}

static json_t *test_row(const struct route_test *run)
{
	json_t *object = json_object();
	bool lost = false;

	json_put(object, "test", json_text(run->test->name), &lost);
	json_put(object, "place", place_text(&run->test->place), &lost);
	json_put(object, "passed", json_boolean(run->passed), &lost);
	json_put(object, "expected", json_text(run->expected), &lost);
	json_put(object, "got", json_text(run->got), &lost);
	json_put(object, "rule", json_text(run->rule), &lost);
	json_put(object, "rule_place", place_text(run->decided), &lost);
	return json_whole(object, lost);
}

/* Those of what runs. They passed when it was taken; a clock or a zone file
 * that has changed since may make a difference. */
json_t *show_route_test(struct gateway *gw, const struct command_line *line)
{
	json_t *array = json_array();
	size_t passed = 0;

	if (command_get(line, "FILE"))
		return show_problem("the tests of a file are run by 'tollgate' "
				    "itself");
	for (size_t i = 0; i < gw->conf->test_count; i++) {
		struct route_test run;

		route_test_run(gw->conf, &gw->conf->tests[i], &run);
		passed += run.passed;
		json_array_append_new(array, test_row(&run));
	}
	return json_pack("{s:I, s:I, s:o}", "passed", (json_int_t)passed,
			 "failed", (json_int_t)(gw->conf->test_count - passed),
			 "tests", array);
}
