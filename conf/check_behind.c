/* Lines that stand behind another one, which hardly anybody means so. */
#include "conf/parse.h"

#include "conf/number.h"
#include "conf/number_map.h"

#include <string.h>

/* Whether it takes every call to its numbers. */
static bool takes_all(const struct conf_route_rule *rule)
{
	return rule->called.form == CONF_NUMBER_RANGE &&
	       rule->caller.form == CONF_NUMBER_ANY && !rule->presentation &&
	       !rule->bearer && !rule->when;
}

/* The ranges that take all, by number; their values are the places of the
 * rules. NULL: there are none. The plan has them too, but among others, which
 * may be around a number by the thousand, each for a caller of its own. */
static const struct number_map *map_ranges(struct build *build,
					   const struct conf_route *route)
{
	struct number_row *rows;
	const struct number_map *map;
	size_t count = 0, made = 0;

	for (size_t i = 0; i < route->rule_count; i++)
		count += takes_all(&route->rules[i]);
	if (!count)
		return NULL;
	rows = build_alloc(build, count * sizeof *rows);
	if (!rows)
		return NULL;
	for (size_t i = 0; i < route->rule_count; i++)
		if (takes_all(&route->rules[i]))
			rows[made++] = (struct number_row){
				.number = &route->rules[i].called,
				.value = (uint32_t)i
			};
	map = number_map_new(build->scratch, rows, made);
	if (!map)
		build->report.no_memory = true;
	return map;
}

/* "+4930100..+4930199 -> pbx" and "+4930100 -> operator": the second is meant
 * for the very number, and is one for all that begin so. */
static void look_at(struct build *build, const struct draft *d,
		    const struct conf_route *route,
		    const struct number_map *ranges, size_t index)
{
	const struct conf_route_rule *rule = &route->rules[index];
	const struct token *at = d->rule_item[index]->at;
	struct report *report = &build->report;
	struct number_search search;
	char text[NUMBER_TEXT_MAX];
	uint32_t range;

	if (rule->called.form != CONF_NUMBER_PREFIX || rule->number_class)
		return;
	number_search_begin(&search, ranges, rule->called.first);
	if (!number_search_next(&search, &range))
		return;
	report_warning(
		report, at,
		report_text(report, "(the number alone is %s..%s)",
			    rule->called.first, rule->called.first),
		"\"%s\" is taken by %s (%s): this line has only the longer "
		"numbers that begin so",
		rule->called.first,
		number_text(&route->rules[range].called, text),
		report_place(report, d->rule_item[range]->at, at));
}

void build_check_behind(struct build *build)
{
	const struct conf_route *route = build->conf->routes;
	const struct draft *d = build->drafts[BLOCK_ROUTE].first;

	for (; d && !report_full(&build->report); d = d->next, route++) {
		const struct number_map *ranges = map_ranges(build, route);

		for (size_t i = 0; ranges && i < route->rule_count; i++)
			look_at(build, d, route, ranges, i);
	}
}
