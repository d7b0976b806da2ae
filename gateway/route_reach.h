/* Lines of routes that no call can come to. */
#ifndef TOLLGATE_ROUTE_REACH_H
#define TOLLGATE_ROUTE_REACH_H

#include "conf/conf.h"

/* Warns of every line for a number such as "112" that is never one of a call's:
 * the numbering of those who call makes another one of it. */
void route_reach_verify(struct conf_verify *verify);

#endif
