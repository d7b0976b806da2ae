/* Whether it is office hours, and whether it can be two hours at once. */
#ifndef TOLLGATE_CONF_HOURS_H
#define TOLLGATE_CONF_HOURS_H

#include "conf/conf.h"

/* Whether they hold at `utc_s`, seconds since 1970: by the wall clock of their
 * zone, summer time included. */
bool hours_hold(const struct conf_hours *hours, int64_t utc_s);

/* False: they never hold at the same time. True where that is not certain, as
 * between two zones. */
bool hours_may_overlap(const struct conf_hours *a, const struct conf_hours *b);

/* When a wall clock in `zone` (NULL: UTC) shows `local_s`, seconds since 1970
 * as if there were no zones, into *utc_s. An hour that is passed over in spring
 * is taken as the one after. 0; -ENOENT: no such zone. */
int hours_zone_time(const char *zone, int64_t local_s, int64_t *utc_s);

/* What the wall clock in `zone` shows at `utc_s`, as
 * "Sun 2026-03-01 23:00 +0100"; "" for a zone that there is not. */
void hours_format_time(const char *zone, int64_t utc_s, char out[40]);

/* How many seconds the wall clock in `zone` (NULL: UTC) is ahead of UTC at
 * `utc_s`; 0 for a zone that there is not. */
int64_t hours_offset(const char *zone, int64_t utc_s);

/* Whose wall clock is meant where none is named: the zone of all hours, that of
 * the gateway where there are none; NULL: hours differ. */
const char *hours_common_zone(const struct conf *conf);

/* For conf/: takes the zone by its name (0 or -ENOENT), gives it back. */
int hours_take_zone(struct conf_hours *hours);
void hours_release(struct conf_hours *hours);

#endif
