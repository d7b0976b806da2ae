#include "conf/route_plan.h"

#include "conf/number.h"

#include <stdlib.h>
#include <string.h>

/* Of so many rules for one called number, it is cheaper to look at each one
 * than to walk through the digits of the caller. */
#define FEW_RULES 6

/* Rules of one called number, or of one caller among these. */
struct group {
	uint32_t first, count;		  /* in the order of the plan */
	const struct number_map *callers; /* to groups; NULL: they are few */
};

struct route_plan {
	const struct conf_route_rule *const *order;
	struct group *groups;
	const struct number_map *called; /* to groups */
};

/* What makes one. */
struct making {
	struct arena *arena;
	struct route_plan *plan;
	const struct conf_route_rule **order;
	struct number_row *rows; /* room for each rule */
	uint32_t groups;
};

int route_plan_specific(const struct conf_route_rule *a,
			const struct conf_route_rule *b)
{
	int order = number_specific(&a->called, &b->called);

	if (!order)
		order = number_specific(&a->caller, &b->caller);
	if (!order)
		order = !a->presentation - !b->presentation;
	if (!order)
		order = !a->bearer - !b->bearer;
	return order ? order : !a->when - !b->when;
}

/* By called number, for the groups; within one as a look-up gives them, and by
 * place where nothing else decides, so that it is always the same. */
static int compare_rules(const void *a, const void *b)
{
	const struct conf_route_rule *x =
		*(const struct conf_route_rule *const *)a;
	const struct conf_route_rule *y =
		*(const struct conf_route_rule *const *)b;
	int order = number_compare(&x->called, &y->called);

	if (!order)
		order = number_specific(&x->caller, &y->caller);
	if (!order)
		order = number_compare(&x->caller, &y->caller);
	if (!order)
		order = route_plan_specific(x, y);
	return order ? order : (x > y) - (x < y);
}

static uint32_t same_called(const struct making *m, uint32_t first,
			    uint32_t end)
{
	uint32_t next = first + 1;

	while (next < end && !number_compare(&m->order[first]->called,
					     &m->order[next]->called))
		next++;
	return next;
}

static uint32_t same_caller(const struct making *m, uint32_t first,
			    uint32_t end)
{
	uint32_t next = first + 1;

	while (next < end && !number_compare(&m->order[first]->caller,
					     &m->order[next]->caller))
		next++;
	return next;
}

static struct group *add_group(struct making *m, uint32_t first, uint32_t end)
{
	struct group *group = &m->plan->groups[m->groups++];

	group->first = first;
	group->count = end - first;
	return group;
}

/* False for want of memory. The rows are in use for the called numbers by now:
 * these have some of their own. */
static bool part_by_caller(struct making *m, struct group *group)
{
	uint32_t end = group->first + group->count, next;
	struct number_row *rows;
	size_t count = 0;

	if (group->count <= FEW_RULES)
		return true;
	rows = calloc(group->count, sizeof *rows);
	if (!rows)
		return false;
	for (uint32_t first = group->first; first < end; first = next) {
		next = same_caller(m, first, end);
		rows[count].number = &m->order[first]->caller;
		rows[count++].value = m->groups;
		add_group(m, first, next);
	}
	group->callers = number_map_new(m->arena, rows, count);
	free(rows);
	return group->callers != NULL;
}

static bool make_groups(struct making *m, uint32_t count)
{
	size_t called = 0;
	uint32_t next;

	for (uint32_t first = 0; first < count; first = next) {
		next = same_called(m, first, count);
		m->rows[called].number = &m->order[first]->called;
		m->rows[called++].value = m->groups;
		if (!part_by_caller(m, add_group(m, first, next)))
			return false;
	}
	m->plan->called = number_map_new(m->arena, m->rows, called);
	return m->plan->called != NULL;
}

const struct route_plan *route_plan_new(struct arena *arena,
					const struct conf_route_rule *rules,
					size_t count)
{
	struct making m = {
		.arena = arena,
		.plan = arena_alloc(arena, sizeof *m.plan),
		.order = arena_array(arena, count, sizeof *m.order),
		.rows = calloc(count + 1, sizeof *m.rows),
	};
	bool made = false;

	if (m.plan)
		/* Each rule may be in a group by its number and in one by its
		 * caller. */
		m.plan->groups =
			arena_array(arena, 2 * count, sizeof(struct group));
	if (m.plan && m.order && m.rows && m.plan->groups) {
		for (size_t i = 0; i < count; i++)
			m.order[i] = &rules[i];
		qsort(m.order, count, sizeof *m.order, compare_rules);
		m.plan->order = m.order;
		made = make_groups(&m, (uint32_t)count);
	}
	free(m.rows);
	return made ? m.plan : NULL;
}

void route_search_begin(struct route_search *search,
			const struct route_plan *plan, const char *called,
			const char *caller)
{
	search->plan = plan;
	search->caller = caller;
	search->at = search->end = 0;
	search->by_caller = false;
	number_search_begin(&search->called, plan->called, called);
}

/* The next rules to give: of the next caller within the called number, or of
 * the next called number. */
static bool next_group(struct route_search *search)
{
	const struct group *group;
	uint32_t place;

	while (!search->by_caller ||
	       !number_search_next(&search->callers, &place)) {
		search->by_caller = false;
		if (!number_search_next(&search->called, &place))
			return false;
		group = &search->plan->groups[place];
		if (!group->callers)
			break;
		number_search_begin(&search->callers, group->callers,
				    search->caller);
		search->by_caller = true;
	}
	group = &search->plan->groups[place];
	search->at = group->first;
	search->end = group->first + group->count;
	return true;
}

const struct conf_route_rule *route_search_next(struct route_search *search)
{
	if (search->at == search->end && !next_group(search))
		return NULL;
	return search->plan->order[search->at++];
}
