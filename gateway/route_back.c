#include "gateway/route_back.h"

#include <stdbool.h>
#include <stdio.h>

/* Of a line: how many targets lead back, and the first of them. */
static size_t count_back(const struct conf_action *action, bool from_trunk,
			 size_t *first)
{
	size_t count = 0;

	*first = 0;
	for (size_t t = action->target_count; t--;)
		if (!!action->targets[t].trunk == from_trunk) {
			*first = t;
			count++;
		}
	return count;
}

/* At the first: the lines of a route are likely to be wrong alike. */
static void look_at(struct conf_verify *verify, const struct conf_route *route,
		    bool from_trunk)
{
	const char *what = from_trunk ? "trunk-group" : "sip-peer";
	const struct conf_route_rule *found = NULL, *rule = route->rules;
	const struct conf_action *last = NULL;
	size_t count = 0, at = 0, first;
	char hint[64];

	for (; rule < route->rules + route->rule_count; rule++) {
		/* The numbers of a line follow each other, and share it. */
		if (rule->action == last)
			continue;
		last = rule->action;
		count += count_back(last, from_trunk, &first);
		if (found || !count)
			continue;
		found = rule;
		at = first;
	}
	if (!found)
		return;
	snprintf(hint, sizeof hint, "(and %zu more of this route)", count - 1);
	conf_verify_target(verify, route, found, at, count > 1 ? hint : NULL,
			   "calls from a %s to a %s are not built yet: %s",
			   what, what,
			   count_back(found->action, from_trunk, &first) ==
					   found->action->target_count
				   ? "they are refused"
				   : "this target is passed over");
}

void route_back_verify(struct conf_verify *verify)
{
	const struct conf *conf = verify->conf;

	for (size_t i = 0; i < conf->route_count; i++)
		look_at(verify, &conf->routes[i],
			conf_trunk_find(conf, conf->routes[i].from) != NULL);
}
