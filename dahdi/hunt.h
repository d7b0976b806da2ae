/* Which channel of a trunk group the next call takes. Pure.
 *
 * Toward an exchange that hunts from the other end, lowest or highest keeps
 * both sides from seizing the same channel at once (glare). */
#ifndef TOLLGATE_HUNT_H
#define TOLLGATE_HUNT_H

#include "conf/conf.h"

#define HUNT_TIMESLOTS 32

/* One member span. */
struct hunt_span {
	uint32_t idle; /* bit t set: timeslot t may be taken */
	unsigned busy; /* channels that have a call; for least-used */
	uint64_t idle_ms[HUNT_TIMESLOTS]; /* since when, for most-idle */
	/* Some would be idle, had the operator not blocked them. */
	bool blocked;
};

struct hunt_rule {
	enum conf_hunt order;
	/* LOWEST or HIGHEST: which comes first of those that are equal for
	 * least-used or most-idle. */
	enum conf_hunt end;
	unsigned reserve; /* so many of the idle ones are not for this call */
};

/* Where round-robin stopped: the last channel taken. All zero at first. */
struct hunt_position {
	size_t span; /* index of the member */
	unsigned channel;
};

/* Chooses in `spans` (members in the order of configuration). 0: the choice is
 * in *position; -EBUSY: no bit is set but for the reserve, *position is
 * untouched. */
int hunt_pick(const struct hunt_rule *rule, const struct hunt_span *spans,
	      size_t span_count, struct hunt_position *position);

/* The rule of `trunk`, for an emergency call or another. */
struct hunt_rule hunt_rule_of(const struct conf_trunk *trunk, bool emergency);

/* How many channels are idle in all of `spans`. */
unsigned hunt_idle(const struct hunt_span *spans, size_t span_count);

#endif
