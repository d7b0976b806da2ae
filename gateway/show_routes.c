/* The rules of the routes in the order in which they are looked at. */
#include "conf/number.h"
#include "conf/route_plan.h"
#include "gateway/commands.h"
#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a route: whoever has more asks for those of a number. */
#define RULES_MAX 200

struct row {
	const struct conf_route_rule *rule;
	const char *text; /* of the line as it is written */
};

static bool is_at(const struct conf_place *a, const struct conf_place *b)
{
	return a->line == b->line && !strcmp(a->file, b->file);
}

/* The lines of the route's block. */
static const struct conf_block *block_of(const struct conf *conf,
					 const struct conf_route *route)
{
	for (size_t i = 0; i < conf->block_count; i++)
		if (!strcmp(conf->blocks[i].kind, "route") &&
		    is_at(&conf->blocks[i].place, &route->place))
			return &conf->blocks[i];
	return NULL;
}

/* A class has thousands of numbers: the first of a line stands for all. */
static bool stands(const struct conf_route *route, size_t i)
{
	const struct conf_route_rule *rule = &route->rules[i];

	return !rule->number_class || i == 0 ||
	       rule[-1].number_class != rule->number_class ||
	       !is_at(&rule[-1].place, &rule->place);
}

static bool is_wanted(const struct conf_route *route, size_t i,
		      const char *number)
{
	if (number)
		return number_holds(&route->rules[i].called, number);
	return stands(route, i);
}

static int more_specific(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order = route_plan_specific(x->rule, y->rule);

	/* Equal ones as they are written. */
	return order ? order : (x->rule > y->rule) - (x->rule < y->rule);
}

/* The rules that are wanted, sorted. Rules and lines are both in order of the
 * text. NULL for want of memory. */
static struct row *rows_of(const struct conf *conf,
			   const struct conf_route *route, const char *number,
			   size_t *count)
{
	const struct conf_block *block = block_of(conf, route);
	struct row *rows = calloc(route->rule_count + 1, sizeof *rows);
	size_t line = 0;

	*count = 0;
	for (size_t i = 0; rows && i < route->rule_count; i++) {
		const struct conf_route_rule *rule = &route->rules[i];

		while (block && line < block->line_count &&
		       !is_at(&block->lines[line].place, &rule->place))
			line++;
		if (!is_wanted(route, i, number))
			continue;
		rows[*count].rule = rule;
		if (block && line < block->line_count)
			rows[*count].text = block->lines[line].text;
		(*count)++;
	}
	if (rows)
		qsort(rows, *count, sizeof *rows, more_specific);
	return rows;
}

static json_t *place_of(const struct conf_place *place)
{
	char text[300];

	snprintf(text, sizeof text, "%.280s:%u", place->file, place->line);
	return json_text(text);
}

static json_t *rule_of(const struct row *row, bool by_number)
{
	const struct conf_route_rule *rule = row->rule;
	const struct conf_class *class = rule->number_class;
	char called[NUMBER_TEXT_MAX];
	json_t *object = json_object();
	bool lost = false;

	number_text(&rule->called, called);
	json_put(object, "number",
		 class && !by_number ? json_null() : json_text(called), &lost);
	json_put(object, "class", json_text(class ? class->name : NULL), &lost);
	json_put(object, "class_numbers",
		 class ? json_integer((json_int_t) class->number_count)
		       : json_null(),
		 &lost);
	json_put(object, "place", place_of(&rule->place), &lost);
	json_put(object, "text", json_text(row->text), &lost);
	return json_whole(object, lost);
}

static json_t *route_of(const struct conf *conf, const struct conf_route *route,
			const char *number)
{
	json_t *object = json_object(), *array = json_array();
	bool lost = false;
	size_t count;
	struct row *rows = rows_of(conf, route, number, &count);

	for (size_t i = 0; rows && i < count && i < RULES_MAX; i++)
		json_array_append_new(array, rule_of(&rows[i], number != NULL));
	json_put(object, "from", json_text(route->from), &lost);
	json_put(object, "place", place_of(&route->place), &lost);
	json_put(object, "rule_count", json_integer((json_int_t)count), &lost);
	json_put(object, "rules", array, &lost);
	free(rows);
	return json_whole(object, lost || !rows);
}

json_t *show_routes(struct gateway *gw, const struct command_line *line)
{
	const char *from = command_get(line, "from");
	const char *number = command_get(line, "number");
	json_t *array = json_array();

	for (size_t i = 0; i < gw->conf->route_count; i++) {
		const struct conf_route *route = &gw->conf->routes[i];

		if (!from || !strcmp(route->from, from))
			json_array_append_new(array, route_of(gw->conf, route,
							      number));
	}
	if (!from || json_array_size(array))
		return json_pack("{s:o}", "routes", array);
	json_decref(array);
	return show_problem("no route from \"%.80s\"; 'show routes' lists "
			    "them",
			    from);
}
