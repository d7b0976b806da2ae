/* A configuration that runs, and how many use it.
 *
 * A reload puts a new one in its place; each call keeps the one that it began
 * with, which is freed when the last of them has let it go. What outlives its
 * calls (peers, spans, statistics) is matched with the new one by name, and
 * holds none. */
#ifndef TOLLGATE_RUNNING_CONF_H
#define TOLLGATE_RUNNING_CONF_H

#include "conf/conf.h"

struct running_conf;

/* Over all of them, for the auditor. */
struct running_conf_count {
	unsigned long made, freed;
};

/* Takes `conf` over, also when it fails, with one use: the caller's. `count`
 * must outlive it. 0 or -ENOMEM. */
int running_conf_new(struct running_conf **out, struct conf *conf,
		     struct running_conf_count *count);

/* One use more. NULL gives NULL. */
struct running_conf *running_conf_use(struct running_conf *running);

/* One use less; the last one frees it. NULL is fine. */
void running_conf_release(struct running_conf *running);

/* NULL gives NULL. */
const struct conf *running_conf_get(const struct running_conf *running);

#endif
