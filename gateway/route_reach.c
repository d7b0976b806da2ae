#include "gateway/route_reach.h"

#include "conf/number.h"
#include "gateway/numbering.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_UNKNOWN 0
#define PLAN_ISDN 1

/* A number as it is dialled, and what becomes of it. */
struct arrival {
	const struct conf_numbering *plan;
	struct leg_number number;
	char core[NUMBERING_CORE_MAX]; /* "": it is refused */
	const struct conf_number_rule *by;
};

static void arrive(struct arrival *a)
{
	a->number.present = true;
	if (numbering_receive(a->plan, &a->number, a->core, &a->by) < 0)
		a->core[0] = '\0';
}

/* Whether there is something that the rule, which leads to bare digits, makes
 * `number` of. A range is taken to: few are written, and whoever writes one has
 * thought of them. */
static bool may_make(const struct conf_numbering *plan,
		     const struct conf_number_rule *rule, const char *number)
{
	struct arrival a = { .plan = plan,
			     .number = { .type = rule->type,
					 .plan = rule->plan } };
	size_t len = strlen(rule->to);

	if (*rule->last)
		return true;
	if (strncmp(rule->to, number, len) != 0)
		return false;
	if (rule->type == CONF_TYPE_ANY)
		a.number.type = TYPE_UNKNOWN;
	if (rule->plan == CONF_TYPE_ANY)
		a.number.plan = PLAN_ISDN;
	if (number_join(rule->from, number + len, a.number.digits,
			sizeof a.number.digits) < 0)
		return false;
	arrive(&a);
	return !strcmp(a.core, number);
}

/* The rules of a numbering that lead to bare digits: few, of what may be tens
 * of thousands that lead to +E.164. */
struct bare_rules {
	const struct conf_numbering *plan;
	const struct conf_number_rule **rules;
	size_t count;
};

static int bare_rules_of(const struct conf_numbering *plan,
			 struct bare_rules *out)
{
	*out = (struct bare_rules){ .plan = plan };
	out->rules = calloc(plan->receive_count + 1, sizeof *out->rules);
	if (!out->rules)
		return -ENOMEM;
	for (size_t i = 0; i < plan->receive_count; i++)
		if (*plan->receive[i].to != '+')
			out->rules[out->count++] = &plan->receive[i];
	return 0;
}

/* An exchange may send it as of another type, or with something in front that a
 * rule takes away. */
static bool made_otherwise(const struct bare_rules *bare, const char *number)
{
	for (size_t i = 0; i < bare->count; i++)
		if (may_make(bare->plan, bare->rules[i], number))
			return true;
	return false;
}

static void warn(struct conf_verify *verify, const struct conf_route *route,
		 const struct conf_route_rule *rule, const struct arrival *a)
{
	const struct conf_place *by = &a->by->place;
	const char *number = rule->called.first;
	char hint[160], place[sizeof hint] = "";

	if (a->by->usual)
		snprintf(hint, sizeof hint,
			 "list it in \"short\" of numbering \"%s\"",
			 a->plan->name);
	else
		snprintf(hint, sizeof hint, "(receive unknown %s -> %s)",
			 number, number);
	if (strcmp(by->file, rule->place.file) != 0)
		snprintf(place, sizeof place, "%.140s:", by->file);
	conf_verify_line(verify, route, rule, hint,
			 "\"%s\" never arrives: numbering \"%s\" makes %s of "
			 "it (%s%s%u)",
			 number, a->plan->name,
			 *a->core ? a->core : "no number", place,
			 *place ? "" : "line ", by->line);
}

static void look_at(struct conf_verify *verify, const struct conf_route *route,
		    const struct conf_route_rule *rule,
		    const struct bare_rules *bare)
{
	struct arrival a = { .plan = bare->plan,
			     .number = { .type = TYPE_UNKNOWN,
					 .plan = PLAN_ISDN } };
	const char *number = rule->called.first;

	/* A class is a list that somebody else may have made, of more than one
	 * country's numbers. */
	if (rule->called.form != CONF_NUMBER_EXACT || rule->number_class)
		return;
	snprintf(a.number.digits, sizeof a.number.digits, "%s", number);
	arrive(&a);
	if (a.by && strcmp(a.core, number) != 0 &&
	    !made_otherwise(bare, number))
		warn(verify, route, rule, &a);
}

static void look_at_all(struct conf_verify *verify,
			const struct conf_route *route,
			const struct conf_numbering *plan)
{
	struct bare_rules bare;

	/* Doubts are not worth an error for want of memory. */
	if (bare_rules_of(plan, &bare) < 0)
		return;
	for (size_t r = 0; r < route->rule_count; r++)
		look_at(verify, route, &route->rules[r], &bare);
	free(bare.rules);
}

void route_reach_verify(struct conf_verify *verify)
{
	const struct conf *conf = verify->conf;

	for (size_t i = 0; i < conf->route_count; i++) {
		const struct conf_route *route = &conf->routes[i];
		const struct conf_target from = {
			.trunk = conf_trunk_find(conf, route->from),
			.peer = conf_peer_find(conf, route->from),
		};
		const struct conf_numbering *plan = numbering_of(&from);

		if (plan)
			look_at_all(verify, route, plan);
	}
}
