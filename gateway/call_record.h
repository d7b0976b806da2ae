/* A call as JSON fields: what its record and `show call` have in common. */
#ifndef TOLLGATE_CALL_RECORD_H
#define TOLLGATE_CALL_RECORD_H

#include <jansson.h>
#include <stdbool.h>

struct call;
struct call_told;
struct bridge_stats;
struct leg_info;

/* The call, described once. */
struct call_view {
	const struct call *call;
	const struct leg_info *a, *b;
	const struct bridge_stats *media;
};

/* Adds the fields that tollgated(8) lists under CALL RECORDS, from start_utc
 * on, to `object`. A call that still lives has durations up to now, and null
 * for how it ended. *lost is set for want of memory. */
void call_record_fields(json_t *object, const struct call_view *view,
			bool *lost);

/* "out" to the PSTN, "in" from it. Static. */
const char *call_record_direction(const struct call_view *view);

/* What its route is called, whether its configuration is still there or not. */
void call_record_route(const struct call *call, struct call_told *out);

/* "caller", "timer:T310", ... into `out`; "" while the call lives. */
void call_record_release_by(const struct call *call, char out[112]);

#endif
