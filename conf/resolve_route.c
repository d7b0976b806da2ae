/* Lines of routes to rules: names become pointers, a number-class its numbers.
 */
#include "conf/resolve.h"

#include "conf/route_line.h"
#include "conf/settings.h"
#include "conf/suggest.h"

#include <string.h>

/* What routes name, by name. */
struct names {
	const struct index *ends, *hours, *classes;
};

bool ends_unsure(const struct build *build)
{
	return build->unsure[BLOCK_PEER] || build->unsure[BLOCK_TRUNK];
}

/* Right of the arrow stand names, so that a word of ours looks like one when it
 * is misspelt. */
static bool is_misspelt_word(struct build *build, const struct index *ends,
			     const struct token *at)
{
	const struct setting *word = route_words;
	struct report *report = &build->report;
	struct suggestion name, spoken;

	if (index_find(ends, at->text))
		return false;
	suggest_begin(&name, at->text);
	suggest_begin(&spoken, at->text);
	for (size_t i = 0; i < ends->count; i++)
		suggest_offer(&name, ends->by_name[i]->name, NULL, NULL);
	for (; word->name; word++)
		suggest_offer(&spoken, word->name, word->also, word);
	if (!spoken.best || spoken.distance >= name.distance)
		return false;
	report_error(report, at,
		     report_text(report, "did you mean \"%s\"?  %s",
				 spoken.best,
				 setting_usage(report, spoken.best_entry)),
		     "there is no trunk-group or sip-peer \"%s\"", at->text);
	return true;
}

void resolve_target(struct build *build, const struct index *ends,
		    const struct token *at, struct conf_target *target)
{
	const struct setting *server = setting_find(&peer_block, "server");
	const struct draft *found;

	if (!index_find(ends, at->text) && ends_unsure(build))
		return;
	found = look_up(build, ends, at, "trunk-group or sip-peer");
	if (!found)
		return;
	if (found->kind == BLOCK_TRUNK) {
		target->trunk = &build->conf->trunks[found->index];
		if (target->trunk->direction == CONF_DIRECTION_IN)
			report_error(&build->report, at, NULL,
				     "%s (%s) has direction in: no call can be "
				     "sent to it",
				     found->label,
				     report_place(&build->report,
						  found->name_at, at));
		return;
	}
	target->peer = &build->conf->peers[found->index];
	if (!target->peer->server.ss_family && !found->broken)
		report_error(&build->report, at,
			     setting_usage(&build->report, server),
			     "%s (%s) has no \"server\": no call can be sent "
			     "to it",
			     found->label,
			     report_place(&build->report, found->name_at, at));
}

static void resolve_line(struct build *build, const struct names *names,
			 struct route_line *line)
{
	const struct draft *found;

	for (size_t t = 0; t < line->action->target_count; t++)
		if (!is_misspelt_word(build, names->ends, line->targets[t]))
			resolve_target(build, names->ends, line->targets[t],
				       &line->action->targets[t]);
	if (!line->when)
		return;
	line->unsure = true;
	if (!index_find(names->hours, line->when->text) &&
	    build->unsure[BLOCK_HOURS])
		return;
	found = look_up(build, names->hours, line->when, "hours block");
	if (!found)
		return;
	line->hours = &build->conf->hours[found->index];
	line->unsure = found->broken;
}

/* The class whose numbers an item stands for; NULL: there is none. */
static const struct conf_class *find_class(struct build *build,
					   const struct names *names,
					   const struct item *item)
{
	const struct token *at = item->route.class;
	const struct draft *found;

	if (!index_find(names->classes, at->text) && build->unsure[BLOCK_CLASS])
		return NULL;
	found = look_up(build, names->classes, at, "number-class");
	return found ? &build->conf->classes[found->index] : NULL;
}

static void make_rule(struct conf_route_rule *rule, const struct item *item,
		      const struct conf_number *called,
		      const struct conf_class *class)
{
	const struct route_line *line = item->route.line;

	*rule = (struct conf_route_rule){
		.place = build_place(item->at),
		.called = *called,
		.caller = line->caller,
		.presentation = (uint8_t)line->presentation,
		.bearer = (uint8_t)line->bearer,
		.when = line->hours,
		.number_class = class,
		.action = line->action,
	};
}

/* Fills the rules in, as many as they are without an array to fill. */
static size_t make_rules(struct build *build, const struct names *names,
			 struct draft *d, struct conf_route_rule *rule)
{
	size_t count = 0;

	for (struct item *i = d->items.first; i; i = i->next) {
		const struct conf_class *class =
			i->route.class ? find_class(build, names, i) : NULL;
		const struct conf_number *numbers =
			class ? class->numbers : &i->route.called;
		size_t n = class ? class->number_count : i->route.class ? 0 : 1;

		for (size_t k = 0; k < n && rule; k++) {
			d->rule_item[count + k] = i;
			make_rule(&rule[count + k], i, &numbers[k], class);
		}
		count += n;
	}
	return count;
}

static void resolve_rules(struct build *build, const struct names *names,
			  struct draft *d, struct conf_route *route)
{
	size_t count;

	for (struct route_line *l = d->lines; l; l = l->next)
		resolve_line(build, names, l);
	count = make_rules(build, names, d, NULL);
	route->rules = keep_array(build, count, sizeof *route->rules);
	d->rule_item = build_alloc(build, (count + 1) * sizeof *d->rule_item);
	if (!route->rules || !d->rule_item)
		return;
	route->rule_count = make_rules(build, names, d, route->rules);
}

/* "-> max" would be read as the word. */
static void check_words(struct build *build, const struct index *ends)
{
	for (size_t i = 0; i < ends->count; i++) {
		const struct draft *end = ends->by_name[i];

		if (route_word_find(end->name_at))
			report_error(&build->report, end->name_at, NULL,
				     "\"%s\" is a word of routes: no route "
				     "could name %s",
				     end->name, end->label);
	}
}

void resolve_routes(struct build *build, const struct index *ends,
		    const struct index *hours, const struct index *classes)
{
	const struct names names = { ends, hours, classes };
	struct conf *conf = build->conf;
	size_t count = build->drafts[BLOCK_ROUTE].count;
	struct draft *d = build->drafts[BLOCK_ROUTE].first;
	struct conf_route *route = keep_array(build, count, sizeof *route);

	check_words(build, ends);
	if (!route)
		return;
	conf->routes = route;
	conf->route_count = count;
	for (; d && !report_full(&build->report); d = d->next, route++) {
		strcpy(route->from, d->name);
		route->place = build_place(d->keyword);
		if (*d->name && !ends_unsure(build))
			look_up(build, ends, d->name_at,
				"sip-peer or trunk-group");
		resolve_rules(build, &names, d, route);
	}
}
