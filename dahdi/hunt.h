/* Which channel of a trunk group the next call takes. Pure.
 *
 * Toward an exchange that hunts from the other end, lowest or highest keeps
 * both sides from seizing the same channel at once (glare). */
#ifndef TOLLGATE_HUNT_H
#define TOLLGATE_HUNT_H

#include "conf/conf.h"

/* One member span; bit t of `idle` set: timeslot t may be taken. */
struct hunt_span {
	uint32_t idle;
};

/* Where round-robin stopped: the last channel taken. All zero at first. */
struct hunt_position {
	size_t span; /* index of the member */
	unsigned channel;
};

/* Chooses in `spans` (members in the order of configuration). 0: the choice is
 * in *position; -EBUSY: no bit is set, *position is untouched. */
int hunt_pick(enum conf_hunt order, const struct hunt_span *spans,
	      size_t span_count, struct hunt_position *position);

#endif
