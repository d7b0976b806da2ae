/* Looks once a second at all that can be wrong, and raises the alarms. */
#ifndef TOLLGATE_ALARM_WATCH_H
#define TOLLGATE_ALARM_WATCH_H

#include "gateway/alarm.h"
#include "gateway/timer.h"

struct gateway;

/* A counter of failures says that something fails while it grows. */
struct alarm_counter {
	uint64_t count, grown_ms; /* clock_now_ms() */
};

struct alarm_watch {
	struct gateway *gateway;
	struct alarms alarms;
	struct timer timer;
	struct alarm_counter ports, records, log, steps;
};

void alarm_watch_init(struct alarm_watch *watch, struct gateway *gw);
void alarm_watch_start(struct alarm_watch *watch);
/* Has it look as soon as the present event is done. */
void alarm_watch_soon(struct alarm_watch *watch);
void alarm_watch_free(struct alarm_watch *watch);

/* Now: the alarms are as things are. */
void alarm_watch_look(struct alarm_watch *watch);

#endif
