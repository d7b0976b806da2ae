/* How libpri is set: every option and every timer, in one table. */
#ifndef TOLLGATE_PRI_OPTIONS_H
#define TOLLGATE_PRI_OPTIONS_H

#include "conf/conf.h"

struct pri;

/* Sets all options, and libpri's timers from `conf` (0: libpri's default). */
void pri_options_apply(struct pri *pri, const struct conf_span *conf);

/* The timers alone: what starts from here on runs by them. */
void pri_timers_apply(struct pri *pri, const struct conf_span *conf);

#endif
