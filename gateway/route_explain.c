#include "gateway/route_explain.h"

#include "conf/class.h"
#include "conf/date.h"
#include "conf/hours.h"
#include "gateway/cause.h"
#include "gateway/json_text.h"
#include "gateway/route_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define RESTRICTED 1
#define DAY_S (24 * 60 * 60)

/* A question while it is answered. */
struct answer {
	const struct route_question *q;
	struct route_result result;
	struct route_trace trace;
	int err;
};

static json_t *place_of(const struct conf_place *place)
{
	char text[320];

	if (!place->file)
		return json_null();
	snprintf(text, sizeof text, "%s:%u", place->file, place->line);
	return json_text(text);
}

static json_t *rule_of(const char *text, const struct conf_place *place)
{
	json_t *object = json_object();
	bool lost = false;

	json_put(object, "text", json_text(text), &lost);
	json_put(object, "place", place_of(place), &lost);
	return json_whole(object, lost);
}

static json_t *number_rule_of(const struct conf_number_rule *rule)
{
	char text[ROUTE_TEXT_MAX];

	if (!rule)
		return json_null();
	route_number_rule_text(rule, text);
	return rule_of(text, &rule->place);
}

static json_t *wire_of(const struct leg_number *number)
{
	json_t *object = json_object();
	bool lost = false;
	char type[16];

	if (!number->present) {
		json_decref(object);
		return json_null();
	}
	json_put(object, "digits", json_text(number->digits), &lost);
	json_put(object, "type", json_text(route_type_text(number->type, type)),
		 &lost);
	json_put(object, "restricted",
		 json_boolean(number->presentation == RESTRICTED), &lost);
	return json_whole(object, lost);
}

/* What arrives, and what it is inside. */
static json_t *received_of(const struct leg_number *number, const char *core,
			   const struct conf_number_rule *rule)
{
	json_t *object = wire_of(number);
	bool lost = false;

	if (!json_is_object(object))
		return object;
	json_put(object, "core", json_text(core), &lost);
	json_put(object, "rule", number_rule_of(rule), &lost);
	return json_whole(object, lost);
}

static json_t *told_in_of(const struct answer *a,
			  const struct leg_number *number)
{
	const struct conf_numbering *plan = numbering_of(&(struct conf_target){
		.peer = conf_peer_find(a->q->conf, a->q->setup.from),
		.trunk = conf_trunk_find(a->q->conf, a->q->setup.from) });
	const struct conf_number_rule *rule = NULL;
	char core[NUMBERING_CORE_MAX] = "";

	if (number->present && numbering_receive(plan, number, core, &rule) < 0)
		*core = '\0';
	return received_of(number, core, rule);
}

static const char *verdict_name(enum route_verdict verdict)
{
	static const char *const names[] = {
		[ROUTE_CHOSEN] = "chosen",
		[ROUTE_OTHER_CALLER] = "other caller",
		[ROUTE_OTHER_PRESENTATION] = "other presentation",
		[ROUTE_OTHER_BEARER] = "other bearer",
		[ROUTE_NOT_NOW] = "not now",
		[ROUTE_LESS_SPECIFIC] = "less specific",
	};

	return names[verdict];
}

/* "its caller is none of +4930, but +331". */
static void why_text(const struct answer *a, const struct conf_route_rule *rule,
		     enum route_verdict verdict, char out[ROUTE_TEXT_MAX])
{
	static const char *const bearers[] = { "audio", "speech", "data" };
	const struct leg_setup *in = &a->q->setup;
	const char *caller = a->result.calling;
	char now[40];

	*out = '\0';
	switch (verdict) {
	case ROUTE_CHOSEN: break;
	case ROUTE_OTHER_CALLER:
		snprintf(out, ROUTE_TEXT_MAX, "the caller is %s",
			 *caller ? caller : "not known");
		break;
	case ROUTE_OTHER_PRESENTATION:
		snprintf(out, ROUTE_TEXT_MAX, "the caller's number %s",
			 in->calling.presentation == RESTRICTED
				 ? "is withheld"
				 : "may be shown");
		break;
	case ROUTE_OTHER_BEARER:
		snprintf(out, ROUTE_TEXT_MAX, "the bearer is %s",
			 bearers[in->bearer]);
		break;
	case ROUTE_NOT_NOW:
		hours_format_time(rule->when->zone_name, a->q->utc_s, now);
		snprintf(out, ROUTE_TEXT_MAX, "hours %s (line %u): it is %s",
			 rule->when->name, rule->when->place.line, now);
		break;
	case ROUTE_LESS_SPECIFIC: break;
	}
}

static json_t *step_of(const struct answer *a, size_t step)
{
	const struct conf_route_rule *rule = a->trace.steps[step].rule;
	enum route_verdict verdict = a->trace.steps[step].verdict;
	json_t *object = json_object();
	char text[ROUTE_TEXT_MAX];
	bool lost = false;

	route_rule_text(rule, text);
	json_put(object, "rule", json_text(text), &lost);
	route_action_text(rule->action, text);
	json_put(object, "does", json_text(text), &lost);
	json_put(object, "place", place_of(&rule->place), &lost);
	json_put(object, "verdict", json_string(verdict_name(verdict)), &lost);
	why_text(a, rule, verdict, text);
	json_put(object, "why", json_text(text), &lost);
	return json_whole(object, lost);
}

static json_t *steps_of(const struct answer *a)
{
	json_t *array = json_array();

	for (size_t i = 0; i < a->trace.step_count; i++)
		json_array_append_new(array, step_of(a, i));
	return array;
}

static json_t *chosen_of(const struct answer *a)
{
	const struct conf_route_rule *rule = a->result.rule;
	json_t *object;
	char text[ROUTE_TEXT_MAX];
	bool lost = false;

	if (!rule)
		return json_null();
	object = json_object();
	route_rule_text(rule, text);
	json_put(object, "rule", json_text(text), &lost);
	route_action_text(rule->action, text);
	json_put(object, "does", json_text(text), &lost);
	json_put(object, "place", place_of(&rule->place), &lost);
	return json_whole(object, lost);
}

/* Where strip, add or replace have made another number. */
static json_t *rewritten_of(const struct answer *a)
{
	if (!strcmp(a->result.rewritten, a->result.called))
		return json_null();
	return json_text(a->result.rewritten);
}

static void add_limits(const struct answer *a, json_t *array,
		       const struct conf_limits *limits, bool at_trunk)
{
	json_t *rows;

	if (!limits || !limits->count || !a->q->limits)
		return;
	rows = a->q->limits(a->q->ctx, limits, a->result.calling, at_trunk);
	json_array_extend(array, rows);
	json_decref(rows);
}

/* Of the rule, and of every class that the number is in. */
static json_t *limits_of(const struct answer *a)
{
	const struct conf *conf = a->q->conf;
	json_t *array = json_array();

	if (!a->result.rule || a->result.emergency)
		return array;
	add_limits(a, array, a->result.rule->action->limits, false);
	for (size_t i = 0; i < conf->class_count; i++)
		if (class_holds(&conf->classes[i], a->result.called))
			add_limits(a, array, &conf->classes[i].limits, false);
	return array;
}

static json_t *target_limits(const struct answer *a,
			     const struct conf_target *target)
{
	json_t *array = json_array();

	if (target->trunk && !a->result.emergency)
		add_limits(a, array, &target->trunk->limits, true);
	return array;
}

static const char *refusal_text(const struct answer *a)
{
	if (a->err == -ENOENT && !a->trace.route)
		return "there is no route from there";
	if (a->err == -ENOENT)
		return "no rule of the route takes the number";
	if (a->err == -EINVAL && !a->result.rule)
		return "the called number is none that can be dialled";
	if (a->err == -EINVAL)
		return "no target's numbering makes a number of it";
	return "the rule rejects";
}

static json_t *reject_of(const struct answer *a)
{
	struct leg_cause cause;
	uint16_t status = route_refusal(a->err, &a->result, &cause);
	json_t *object;
	const char *text = "";
	bool lost = false;

	if (!status)
		return json_null();
	if (!a->err)
		text = a->result.rule->action->reject_text;
	object = json_object();
	json_put(object, "status", json_integer(status), &lost);
	json_put(object, "cause", json_integer(cause.q850), &lost);
	json_put(object, "text", json_text(text), &lost);
	json_put(object, "why", json_text(refusal_text(a)), &lost);
	return json_whole(object, lost);
}

static json_t *allowed_of(const struct conf_number_rule *rule)
{
	char text[ROUTE_TEXT_MAX];

	if (!rule)
		return json_null();
	snprintf(text, sizeof text, "allow %s%s%s", rule->from,
		 *rule->last ? ".." : "", rule->last);
	return rule_of(text, &rule->place);
}

/* The number that a target's numbering has in place of those that may not be
 * told, or that there is none. */
static json_t *otherwise_of(const struct numbering_told *told,
			    const struct conf_told *policy)
{
	char text[ROUTE_TEXT_MAX];

	if (!policy || !policy->place.file ||
	    (told->verdict != NUMBERING_REPLACED &&
	     told->verdict != NUMBERING_LEFT_OUT))
		return json_null();
	snprintf(text, sizeof text, "otherwise %s",
		 *policy->otherwise ? policy->otherwise : "none");
	return rule_of(text, &policy->place);
}

/* A number that is told: what became of it, and by which rules. */
static json_t *told_of(const struct leg_number *number,
		       const struct numbering_told *told,
		       const struct conf_told *policy)
{
	json_t *object = json_object();
	json_t *wire = wire_of(number);
	bool lost = !wire;

	if (json_is_object(wire))
		json_object_update(object, wire);
	json_decref(wire);
	json_put(object, "verdict",
		 json_string(numbering_verdict_name(told->verdict)), &lost);
	json_put(object, "allowed_by", allowed_of(told->allowed), &lost);
	json_put(object, "otherwise", otherwise_of(told, policy), &lost);
	json_put(object, "rule", number_rule_of(told->sent), &lost);
	json_put(object, "clir",
		 told->shown	  ? json_string("shown, though withheld")
		 : told->withheld ? json_string("withheld, though allowed")
				  : json_null(),
		 &lost);
	return json_whole(object, lost);
}

static void put_state(const struct answer *a, const struct conf_target *target,
		      json_t *object, bool *lost)
{
	bool from_trunk = conf_trunk_find(a->q->conf, a->q->setup.from);
	char text[EXPLAIN_STATE_MAX] = "";
	bool available = false;

	if (!a->q->state)
		return;
	/* Such a call leads back where it began, and is refused. */
	if (from_trunk == (target->trunk != NULL))
		snprintf(text, sizeof text, "takes no call from a %s",
			 from_trunk ? "trunk-group" : "sip-peer");
	else
		available = a->q->state(a->q->ctx, target, a->result.emergency,
					text);
	json_put(object, "state", json_text(text), lost);
	json_put(object, "available", json_boolean(available), lost);
}

/* `made` is false where the target's numbering makes no number of it. */
static json_t *target_of(const struct answer *a, const struct route_result *r,
			 bool made)
{
	const struct conf_target *target = route_target(r);
	const struct conf_numbering *plan = numbering_of(target);
	json_t *object = json_object(), *called = json_null();
	bool lost = false;

	if (made) {
		called = wire_of(&r->out.called);
		json_put(called, "rule", number_rule_of(r->sent_by), &lost);
	}
	json_put(object, "target", json_text(route_target_name(target)), &lost);
	json_put(object, "kind",
		 json_string(target->trunk ? "trunk-group" : "sip-peer"),
		 &lost);
	json_put(object, "weight",
		 json_integer(r->rule->action->weight[r->order[r->target]]),
		 &lost);
	json_put(object, "called", called, &lost);
	json_put(object, "calling",
		 told_of(&r->out.calling, &r->calling_told,
			 plan ? &plan->caller : NULL),
		 &lost);
	json_put(object, "redirecting",
		 told_of(&r->out.redirecting.number, &r->redirecting_told,
			 plan ? &plan->redirecting : NULL),
		 &lost);
	put_state(a, target, object, &lost);
	json_put(object, "limits", target_limits(a, target), &lost);
	return json_whole(object, lost);
}

/* All of the rule's, also those that route_call() has passed over. */
static json_t *targets_of(const struct answer *a)
{
	struct route_result r = a->result;
	json_t *array = json_array();
	size_t first = a->result.target;

	if (!r.rule)
		return array;
	for (r.target = 0; r.target < first; r.target++)
		json_array_append_new(array, target_of(a, &r, false));
	r = a->result;
	for (int err = a->err; route_target(&r);) {
		json_array_append_new(array, target_of(a, &r, !err));
		err = route_next(&a->q->setup, &r);
		if (err == -ENOENT)
			break;
	}
	return array;
}

static json_t *drained_of(const struct route_question *q)
{
	char text[EXPLAIN_STATE_MAX];

	if (!q->drained || !q->drained(q->ctx, q->setup.from, text))
		return json_null();
	return json_text(text);
}

static const char *kind_of_source(const struct route_question *q)
{
	if (conf_trunk_find(q->conf, q->setup.from))
		return "trunk-group";
	return "sip-peer";
}

json_t *route_explain(const struct route_question *q)
{
	const struct route_moment moment = { .utc_s = q->utc_s };
	struct answer a = { .q = q };
	json_t *object = json_object();
	bool lost = false;
	char at[40];

	a.err = route_call_traced(q->conf, &q->setup, &moment, &a.result,
				  &a.trace);
	hours_format_time(q->zone, q->utc_s, at);
	json_put(object, "from", json_text(q->setup.from), &lost);
	json_put(object, "kind", json_string(kind_of_source(q)), &lost);
	json_put(object, "at", json_text(at), &lost);
	json_put(object, "called",
		 received_of(&q->setup.called, a.result.called,
			     a.trace.received_by),
		 &lost);
	json_put(object, "calling", told_in_of(&a, &q->setup.calling), &lost);
	json_put(object, "redirecting",
		 told_in_of(&a, &q->setup.redirecting.number), &lost);
	json_put(object, "route",
		 a.trace.route ? place_of(&a.trace.route->place) : json_null(),
		 &lost);
	json_put(object, "rules", steps_of(&a), &lost);
	json_put(object, "more_rules", json_boolean(a.trace.more), &lost);
	json_put(object, "chosen", chosen_of(&a), &lost);
	json_put(object, "rewritten", rewritten_of(&a), &lost);
	json_put(object, "limits", limits_of(&a), &lost);
	json_put(object, "emergency", json_boolean(a.result.emergency), &lost);
	json_put(object, "reject", reject_of(&a), &lost);
	json_put(object, "targets", targets_of(&a), &lost);
	json_put(object, "drained", drained_of(q), &lost);
	return json_whole(object, lost);
}

const char *route_explain_zone(const struct conf *conf)
{
	const char *zone = hours_common_zone(conf);

	if (!zone)
		zone = conf->gateway.time_zone;
	return *zone ? zone : "UTC";
}

int route_explain_time(const char *text, const char *zone, int64_t now_s,
		       int64_t *utc_s)
{
	int64_t day = (now_s + hours_offset(zone, now_s)) / DAY_S;
	unsigned minutes;
	struct date date;

	if (!date_read(&text, &date)) {
		day = date_days(date);
		if (*text != ' ' && *text != 'T')
			return -EINVAL;
		text++;
	}
	if (date_read_minutes(&text, &minutes) || *text)
		return -EINVAL;
	if (hours_zone_time(zone, day * DAY_S + (int64_t)minutes * 60, utc_s))
		return -EINVAL;
	return 0;
}
