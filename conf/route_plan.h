/* The rules of a route, compiled: which of them hold a called number, from the
 * most specific to the least, without a look at the others.
 *
 * A rule is the more specific one by its called number; of equal ones by its
 * caller; then one with a presentation, with a bearer, with hours. Pure. */
#ifndef TOLLGATE_CONF_ROUTE_PLAN_H
#define TOLLGATE_CONF_ROUTE_PLAN_H

#include "conf/number_map.h"

struct route_plan;

/* Compiles `rules`, which must outlive it. NULL for want of memory. It lives as
 * long as `arena`. */
const struct route_plan *route_plan_new(struct arena *arena,
					const struct conf_route_rule *rules,
					size_t count);

/* The order above, for two rules that may hold the same call: negative when
 * `a` is the more specific. */
int route_plan_specific(const struct conf_route_rule *a,
			const struct conf_route_rule *b);

/* A look-up. Not to be looked into. */
struct route_search {
	const struct route_plan *plan;
	const char *caller;
	struct number_search called, callers;
	uint32_t at, end; /* of a group's rules, not given yet */
	bool by_caller;
};

/* Begins a look-up; `caller` is NULL or "" when there is none. Both are to be
 * kept until its end. */
void route_search_begin(struct route_search *search,
			const struct route_plan *plan, const char *called,
			const char *caller);

/* The next rule whose called number is this one; NULL: there is no other.
 * Whether the rest of the rule fits is for the caller to look at: rules of
 * other callers may be among these, where they are few. */
const struct conf_route_rule *route_search_next(struct route_search *search);

#endif
