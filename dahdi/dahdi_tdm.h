/* The voice of a DAHDI span. */
#ifndef TOLLGATE_DAHDI_TDM_H
#define TOLLGATE_DAHDI_TDM_H

#include "dahdi/dahdi_kernel.h"
#include "dahdi/dahdi_open.h"

/* Of an opened span, which has one B channel at least; its cancellers have
 * `echo_taps`. The B channels' descriptors belong to the tdm when it succeeds.
 * NULL for want of memory. */
struct tdm *dahdi_tdm_new(const struct dahdi_kernel *kernel,
			  const struct dahdi_opened *opened, enum g711_law law,
			  unsigned echo_taps);

#endif
