/* The voice of a DAHDI span. */
#ifndef TOLLGATE_DAHDI_TDM_H
#define TOLLGATE_DAHDI_TDM_H

#include "dahdi/dahdi_kernel.h"
#include "dahdi/driver.h"

/* `bchannel` is by timeslot - 1, -1 where there is none; one there must be. The
 * descriptors belong to the tdm when it succeeds. NULL for want of memory. */
struct tdm *dahdi_tdm_new(const struct dahdi_kernel *kernel,
			  const int bchannel[TDM_TIMESLOTS], enum g711_law law);

#endif
