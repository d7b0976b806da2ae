/* A SETUP as libpri wants it. */
#ifndef TOLLGATE_PRI_SETUP_H
#define TOLLGATE_PRI_SETUP_H

#include "gateway/leg.h"

struct pri_sr;

/* The request for a call on `channel`, en bloc; free it by pri_sr_free, not
 * before pri_setup has used it. NULL for want of memory. */
struct pri_sr *pri_setup_new(const struct leg_setup *setup, enum g711_law law,
			     unsigned channel, bool exclusive);

#endif
