/* Names of time zones, as the system's tzdata has them. */
#ifndef TOLLGATE_CONF_ZONE_H
#define TOLLGATE_CONF_ZONE_H

#include "conf/report.h"
#include "conf/suggest.h"

/* 0; -ENOENT: there is no such zone; -ENODEV: there are none at all here. */
int zone_check(const char *name);

/* Offers every zone that there is, by its whole name and its city. */
void zone_suggest(struct suggestion *s, struct report *report);

/* $TZDIR or where Debian has them. */
const char *zone_directory(void);

#endif
