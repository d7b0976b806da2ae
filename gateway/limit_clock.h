/* The time as limits count it: with days of the gateway's time-zone. */
#ifndef TOLLGATE_LIMIT_CLOCK_H
#define TOLLGATE_LIMIT_CLOCK_H

#include "gateway/limit.h"

/* All zero at first. */
struct limit_clock {
	char zone[CONF_ZONE_MAX]; /* that offset_s is of */
	int64_t minute;		  /* since 1970, likewise */
	int64_t offset_s;
};

/* `zone`: "" is UTC. */
struct limit_now limit_clock_now(struct limit_clock *clock, const char *zone);

#endif
