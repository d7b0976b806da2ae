/* For tests of routes: rules that are put together by hand. */
#ifndef TOLLGATE_SAMPLE_ROUTE_H
#define TOLLGATE_SAMPLE_ROUTE_H

#include "conf/arena.h"
#include "conf/route_plan.h"
#include "gateway/route.h"

/* 2026-11-20 12:00:00 UTC, a Friday; the lot takes the first of those that
 * share. */
static const struct route_moment sample_moment = { .utc_s = 1795176000 };

/* Compiles `routes` as the reading of a configuration does. The arena is the
 * caller's. NULL for want of memory. */
static inline struct arena *sample_compile(struct conf_route *routes,
					   size_t count)
{
	struct arena *arena = arena_new();

	for (size_t i = 0; arena && i < count; i++)
		routes[i].plan = route_plan_new(arena, routes[i].rules,
						routes[i].rule_count);
	return arena;
}

#endif
