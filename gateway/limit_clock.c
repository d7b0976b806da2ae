#include "gateway/limit_clock.h"

#include "conf/hours.h"
#include "gateway/clock.h"

#include <stdio.h>
#include <string.h>

#define DAY_S 86400

/* Zones change their offset at whole minutes only, and to look it up costs more
 * than all else that a limit does. */
static void follow(struct limit_clock *clock, const char *zone, int64_t utc_s)
{
	if (utc_s / 60 == clock->minute && !strcmp(zone, clock->zone))
		return;
	snprintf(clock->zone, sizeof clock->zone, "%s", zone);
	clock->minute = utc_s / 60;
	clock->offset_s = hours_offset(*zone ? zone : NULL, utc_s);
}

struct limit_now limit_clock_now(struct limit_clock *clock, const char *zone)
{
	int64_t utc_s = (int64_t)(clock_calendar_ns() / NS_PER_S), local_s;

	follow(clock, zone, utc_s);
	local_s = utc_s + clock->offset_s;
	return (struct limit_now){
		.ms = clock_now_ms(),
		.day = (int32_t)(local_s / DAY_S),
		.day_ms = (uint32_t)(local_s % DAY_S) * 1000,
	};
}
