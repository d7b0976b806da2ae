/* Which rule takes a call must be certain.
 *
 * The rules are sorted in several ways, so that those which could leave a doubt
 * stand side by side: lists have tens of thousands of lines. */
#include "conf/parse.h"

#include "conf/hours.h"
#include "conf/number.h"

#include <stdlib.h>
#include <string.h>

/* A rule, and where it was written. */
struct written {
	const struct conf_route_rule *rule;
	const struct item *item;
};

typedef int (*compare_fn)(const void *, const void *);

static int by_place(const struct written *x, const struct written *y)
{
	if (x->item->order != y->item->order)
		return x->item->order < y->item->order ? -1 : 1;
	return (x->rule > y->rule) - (x->rule < y->rule);
}

static int same_rest(const struct conf_route_rule *x,
		     const struct conf_route_rule *y)
{
	int order = (int)x->presentation - (int)y->presentation;

	if (!order)
		order = (int)x->bearer - (int)y->bearer;
	return order ? order : !x->when - !y->when;
}

/* Of those that select the same calls, by their hours. */
static int same_calls(const struct conf_route_rule *x,
		      const struct conf_route_rule *y)
{
	int order = number_compare(&x->called, &y->called);

	if (!order)
		order = number_compare(&x->caller, &y->caller);
	return order ? order : same_rest(x, y);
}

static int compare_calls(const void *a, const void *b)
{
	const struct written *x = a, *y = b;
	int order = same_calls(x->rule, y->rule);

	return order ? order : by_place(x, y);
}

static bool hours_apart(const struct conf_route_rule *x,
			const struct conf_route_rule *y)
{
	return x->when && y->when && x->when != y->when &&
	       !hours_may_overlap(x->when, y->when);
}

static bool apart(uint8_t x, uint8_t y)
{
	return x && y && x != y;
}

/* Whether both rules may hold one call. A line that names what there is not
 * has its error, and says nothing. */
static bool doubtful(const struct written *x, const struct written *y)
{
	return !x->item->route.line->unsure && !y->item->route.line->unsure &&
	       number_meets(&x->rule->called, &y->rule->called) &&
	       number_meets(&x->rule->caller, &y->rule->caller) &&
	       !apart(x->rule->presentation, y->rule->presentation) &&
	       !apart(x->rule->bearer, y->rule->bearer) &&
	       !hours_apart(x->rule, y->rule);
}

static const char *other_place(struct build *build, const struct written *other,
			       const struct written *one)
{
	return report_place(&build->report, other->item->at, one->item->at);
}

/* The error stands at whatever was written later. */
static void order_places(const struct written **one,
			 const struct written **other)
{
	const struct written *swap = *one;

	if (by_place(*one, *other) > 0)
		return;
	*one = *other;
	*other = swap;
}

static const char *equal_hint(const struct conf_route_rule *x,
			      const struct conf_route_rule *y)
{
	if (!x->when || !y->when)
		return "(remove one, or narrow it down: caller, presentation, "
		       "bearer, when)";
	if (strcmp(x->when->zone_name, y->when->zone_name) != 0)
		return "(hours of two time zones are not held against each "
		       "other: write both in one zone)";
	return "(hours that never hold together would keep them apart)";
}

static void report_equal(struct build *build, const struct written *one,
			 const struct written *other)
{
	char text[NUMBER_TEXT_MAX];

	order_places(&one, &other);
	report_error(&build->report, one->item->at,
		     equal_hint(one->rule, other->rule),
		     "two routes match \"%s\" equally (other: %s)",
		     number_text(&one->rule->called, text),
		     other_place(build, other, one));
}

static void check_equal(struct build *build, struct written *all, size_t count)
{
	qsort(all, count, sizeof *all, compare_calls);
	for (size_t i = 1; i < count && !report_full(&build->report); i++)
		for (size_t j = i; j--;) {
			if (same_calls(all[i].rule, all[j].rule))
				break;
			if (!doubtful(&all[i], &all[j]))
				continue;
			report_equal(build, &all[i], &all[j]);
			break;
		}
}

/* Ranges of called numbers, or of callers: all of those whose rules differ in
 * nothing else, as two that overlap hardly were meant so; and those of one
 * size, whatever else is said, as neither is the more specific. */
struct side {
	const struct conf_number *(*range)(const struct conf_route_rule *rule);
	compare_fn compare;
	/* Whether two rules are to be compared. */
	bool (*alike)(const struct conf_route_rule *x,
		      const struct conf_route_rule *y);
	const char *what;
};

static const struct conf_number *called_of(const struct conf_route_rule *rule)
{
	return &rule->called;
}

static const struct conf_number *caller_of(const struct conf_route_rule *rule)
{
	return &rule->caller;
}

/* Ranges with ends of one length are in the order of their texts; a wider one
 * comes before those in it. */
static int compare_ranges(const struct conf_number *x,
			  const struct conf_number *y)
{
	size_t x_len = strlen(x->first), y_len = strlen(y->first);
	int order;

	if (x_len != y_len)
		return x_len < y_len ? -1 : 1;
	order = strcmp(x->first, y->first);
	return order ? order : strcmp(y->last, x->last);
}

static bool alike_but_called(const struct conf_route_rule *x,
			     const struct conf_route_rule *y)
{
	return !number_compare(&x->caller, &y->caller) && !same_rest(x, y);
}

static bool alike_but_caller(const struct conf_route_rule *x,
			     const struct conf_route_rule *y)
{
	return !number_compare(&x->called, &y->called) && !same_rest(x, y);
}

static int compare_sizes(const struct conf_number *x,
			 const struct conf_number *y)
{
	uint64_t x_count = number_count(x), y_count = number_count(y);

	return (x_count > y_count) - (x_count < y_count);
}

static bool alike_in_size(const struct conf_route_rule *x,
			  const struct conf_route_rule *y)
{
	return !compare_sizes(&x->called, &y->called);
}

static bool alike_in_caller_size(const struct conf_route_rule *x,
				 const struct conf_route_rule *y)
{
	return !number_compare(&x->called, &y->called) &&
	       !compare_sizes(&x->caller, &y->caller);
}

static int compare_called_size(const void *a, const void *b)
{
	const struct written *x = a, *y = b;
	int order = compare_sizes(&x->rule->called, &y->rule->called);

	if (!order)
		order = compare_ranges(&x->rule->called, &y->rule->called);
	return order ? order : by_place(x, y);
}

static int compare_caller_size(const void *a, const void *b)
{
	const struct written *x = a, *y = b;
	int order = number_compare(&x->rule->called, &y->rule->called);

	if (!order)
		order = compare_sizes(&x->rule->caller, &y->rule->caller);
	if (!order)
		order = compare_ranges(&x->rule->caller, &y->rule->caller);
	return order ? order : by_place(x, y);
}

static int compare_called(const void *a, const void *b)
{
	const struct written *x = a, *y = b;
	int order = number_compare(&x->rule->caller, &y->rule->caller);

	if (!order)
		order = same_rest(x->rule, y->rule);
	if (!order)
		order = compare_ranges(&x->rule->called, &y->rule->called);
	return order ? order : by_place(x, y);
}

static int compare_caller(const void *a, const void *b)
{
	const struct written *x = a, *y = b;
	int order = number_compare(&x->rule->called, &y->rule->called);

	if (!order)
		order = same_rest(x->rule, y->rule);
	if (!order)
		order = compare_ranges(&x->rule->caller, &y->rule->caller);
	return order ? order : by_place(x, y);
}

static const struct side sides[] = {
	{ called_of, compare_called, alike_but_called, "" },
	{ called_of, compare_called_size, alike_in_size, "" },
	{ caller_of, compare_caller, alike_but_caller, "caller " },
	{ caller_of, compare_caller_size, alike_in_caller_size, "caller " },
};

static void report_overlap(struct build *build, const struct side *side,
			   const struct written *one,
			   const struct written *other)
{
	char text[NUMBER_TEXT_MAX], with[NUMBER_TEXT_MAX];

	order_places(&one, &other);
	report_error(&build->report, one->item->at,
		     "(part them, or put one within the other: the smaller "
		     "range decides)",
		     "%s%s overlaps %s (%s), and neither lies within the other",
		     side->what, number_text(side->range(one->rule), text),
		     number_text(side->range(other->rule), with),
		     other_place(build, other, one));
}

/* Ranges that have begun and not ended, the one that ends first on top. */
struct open_ranges {
	const struct written **open;
	size_t count;
};

static void close_ended(struct open_ranges *o, const struct side *side,
			const struct written *now)
{
	const struct conf_number *range = side->range(now->rule);

	while (o->count) {
		const struct written *top = o->open[o->count - 1];
		const struct conf_number *last = side->range(top->rule);

		if (side->alike(top->rule, now->rule) &&
		    strlen(last->last) == strlen(range->first) &&
		    strcmp(last->last, range->first) >= 0)
			return;
		o->count--;
	}
}

/* A range that is open and ends before this one does overlaps it. */
static void open_range(struct build *build, struct open_ranges *o,
		       const struct side *side, const struct written *now)
{
	const struct conf_number *range = side->range(now->rule);
	size_t at = o->count;

	for (; at; at--) {
		const struct written *under = o->open[at - 1];

		if (strcmp(side->range(under->rule)->last, range->last) >= 0)
			break;
		if (doubtful(now, under))
			report_overlap(build, side, now, under);
	}
	memmove(&o->open[at + 1], &o->open[at],
		(o->count - at) * sizeof *o->open);
	o->open[at] = now;
	o->count++;
}

static void check_overlap(struct build *build, const struct side *side,
			  struct written *all, size_t count)
{
	struct open_ranges o = {
		.open = build_alloc(build, (count + 1) * sizeof *o.open)
	};
	size_t ranges = 0;

	for (size_t i = 0; i < count; i++) {
		struct written swap = all[i];

		if (side->range(swap.rule)->form != CONF_NUMBER_RANGE)
			continue;
		all[i] = all[ranges];
		all[ranges++] = swap;
	}
	if (!o.open)
		return;
	qsort(all, ranges, sizeof *all, side->compare);
	for (size_t i = 0; i < ranges && !report_full(&build->report); i++) {
		close_ended(&o, side, &all[i]);
		open_range(build, &o, side, &all[i]);
	}
}

static size_t digits_in(const char *number)
{
	return strlen(number) - (*number == '+');
}

/* strip or replace that can do nothing with the numbers of its line. */
static void check_rewrite(struct build *build, const struct written *w)
{
	const struct conf_rewrite *rewrite = w->rule->action->rewrite;
	const struct conf_number *called = &w->rule->called;
	char text[NUMBER_TEXT_MAX];
	size_t least;

	if (!rewrite)
		return;
	least = strlen(rewrite->from) < strlen(called->first)
			? strlen(rewrite->from)
			: strlen(called->first);
	if (called->form == CONF_NUMBER_EXACT)
		least = strlen(rewrite->from);
	if (*rewrite->from && called->form != CONF_NUMBER_RANGE &&
	    strncmp(rewrite->from, called->first, least) != 0)
		report_error(&build->report, w->item->at, NULL,
			     "\"replace %s\" never happens: \"%s\" does not "
			     "begin so",
			     rewrite->from, number_text(called, text));
	if (number_count(called) && !*rewrite->add &&
	    rewrite->strip >= digits_in(called->first))
		report_error(&build->report, w->item->at, NULL,
			     "\"strip %u\" leaves nothing of \"%s\"",
			     rewrite->strip, number_text(called, text));
}

static void check_one(struct build *build, const struct draft *d,
		      const struct conf_route *route)
{
	size_t count = route->rule_count;
	struct written *all = build_alloc(build, (count + 1) * sizeof *all);

	if (!all)
		return;
	for (size_t i = 0; i < count; i++) {
		all[i] = (struct written){ &route->rules[i], d->rule_item[i] };
		check_rewrite(build, &all[i]);
	}
	check_equal(build, all, count);
	for (size_t s = 0; s < sizeof sides / sizeof *sides; s++)
		check_overlap(build, &sides[s], all, count);
}

void build_check_routes(struct build *build)
{
	const struct conf_route *route = build->conf->routes;
	const struct draft *d = build->drafts[BLOCK_ROUTE].first;

	for (; d && !report_full(&build->report); d = d->next, route++)
		check_one(build, d, route);
}
