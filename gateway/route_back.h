/* Routes that lead back to the side where their calls come from. */
#ifndef TOLLGATE_ROUTE_BACK_H
#define TOLLGATE_ROUTE_BACK_H

#include "conf/conf.h"

/* Warns of every route from a trunk-group that leads to a trunk-group, and from
 * a sip-peer to a sip-peer: two legs of one kind cannot be joined, and no such
 * call is put through. */
void route_back_verify(struct conf_verify *verify);

#endif
