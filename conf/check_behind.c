/* Lines that stand behind another one, which hardly anybody means so. */
#include "conf/parse.h"

#include "conf/number.h"
#include "conf/route_plan.h"

#include <string.h>

static bool has_ranges(const struct conf_route *route)
{
	for (size_t i = 0; i < route->rule_count; i++)
		if (route->rules[i].called.form == CONF_NUMBER_RANGE)
			return true;
	return false;
}

/* Whether it takes every call to its numbers. */
static bool takes_all(const struct conf_route_rule *rule)
{
	return rule->called.form == CONF_NUMBER_RANGE &&
	       rule->caller.form == CONF_NUMBER_ANY && !rule->presentation &&
	       !rule->bearer && !rule->when;
}

/* The range that the rule's own digits are a number of, so that the rule has
 * only longer numbers. NULL: there is none. */
static const struct conf_route_rule *
range_before(const struct conf_route *route, const struct conf_route_rule *rule)
{
	const struct conf_route_rule *found;
	struct route_search search;

	route_search_begin(&search, route->plan, rule->called.first, NULL);
	while ((found = route_search_next(&search)) && found != rule)
		if (takes_all(found))
			return found;
	return NULL;
}

/* "+4930100..+4930199 -> pbx" and "+4930100 -> operator": the second is meant
 * for the very number, and is one for all that begin so. */
static void look_at(struct build *build, const struct draft *d,
		    const struct conf_route *route, size_t index)
{
	const struct conf_route_rule *rule = &route->rules[index], *range;
	const struct token *at = d->rule_item[index]->at;
	struct report *report = &build->report;
	char text[NUMBER_TEXT_MAX];

	if (rule->called.form != CONF_NUMBER_PREFIX || rule->number_class)
		return;
	range = range_before(route, rule);
	if (!range)
		return;
	report_warning(
		report, at,
		report_text(report, "(the number alone is %s..%s)",
			    rule->called.first, rule->called.first),
		"\"%s\" is taken by %s (%s): this line has only the longer "
		"numbers that begin so",
		rule->called.first, number_text(&range->called, text),
		report_place(report, d->rule_item[range - route->rules]->at,
			     at));
}

void build_check_behind(struct build *build)
{
	const struct conf_route *route = build->conf->routes;
	const struct draft *d = build->drafts[BLOCK_ROUTE].first;

	for (; d && !report_full(&build->report); d = d->next, route++)
		if (has_ranges(route))
			for (size_t i = 0; i < route->rule_count; i++)
				look_at(build, d, route, i);
}
