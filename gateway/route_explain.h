/* A call that is not made, told step by step: what its numbers become, which
 * rules were looked at, where it goes, and what each target is sent. */
#ifndef TOLLGATE_ROUTE_EXPLAIN_H
#define TOLLGATE_ROUTE_EXPLAIN_H

#include "gateway/route.h"

#include <jansson.h>

#define EXPLAIN_STATE_MAX 128

struct route_question {
	const struct conf *conf;
	struct leg_setup setup; /* `from` and the numbers as on the wire */
	int64_t utc_s;
	const char *zone; /* in which the time is told; NULL: UTC */
	/* Says how `target` is now, "up, 12 channels free", and whether it
	 * could take this call. NULL: nothing is known of now. */
	bool (*state)(void *ctx, const struct conf_target *target,
		      bool emergency, char out[EXPLAIN_STATE_MAX]);
	/* True when no call from `from` is taken now, emergency calls apart,
	 * by a drain: says which, "sip-peer office is drained". NULL: nothing
	 * is known of now. */
	bool (*drained)(void *ctx, const char *from,
			char out[EXPLAIN_STATE_MAX]);
	/* The rows of `limits`, of a trunk group or another object, as
	 * show_limits_of() has them for a call of `caller`. NULL: they are not
	 * told. */
	json_t *(*limits)(void *ctx, const struct conf_limits *limits,
			  const char *caller, bool at_trunk);
	void *ctx;
};

/* The document, or NULL for want of memory:
 *   from, kind, at; called, calling, redirecting {digits, type, core, rule};
 *   rules [{rule, does, place, verdict, why}]; chosen {rule, does, place};
 *   reject {status, cause, text, why} or null; emergency;
 *   rewritten; limits [a row of show limits]; targets [{target, kind, weight,
 *   state, available, limits, called, calling, redirecting}];
 *   drained, why the call is refused now if it is no emergency call, or null.
 * A rule is {text, place}, place is "FILE:LINE". */
json_t *route_explain(const struct route_question *question);

/* Reads "2026-03-01 23:00", or "23:00" of today (of `now_s`), on the wall clock
 * of `zone` (NULL: UTC). 0 or -EINVAL. */
int route_explain_time(const char *text, const char *zone, int64_t now_s,
		       int64_t *utc_s);

/* The time zone of the configuration's hours, if all have the same; else the
 * gateway's. */
const char *route_explain_zone(const struct conf *conf);

#endif
