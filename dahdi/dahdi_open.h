/* Finding a span of DAHDI's and opening its channels. */
#ifndef TOLLGATE_DAHDI_OPEN_H
#define TOLLGATE_DAHDI_OPEN_H

#include "dahdi/dahdi_kernel.h"
#include "dahdi/driver.h"

#define DAHDI_WHY_MAX 256

struct driver_dahdi_config;

/* The descriptors of a span. */
struct dahdi_opened {
	unsigned span; /* DAHDI's number of it */
	int dchannel;
	int bchannel[TDM_TIMESLOTS]; /* by timeslot - 1; -1: carried by none */
	int number[TDM_TIMESLOTS];   /* DAHDI's of those that are */
	uint32_t echo; /* bit t set: timeslot t has an echo canceller */
};

/* Opens the D channel and every B channel of a span. 0, or -errno with nothing
 * left open and a sentence for people, remedy included, in `why`. */
int dahdi_open(struct dahdi_opened *out, const struct driver_dahdi_config *cfg,
	       const struct dahdi_kernel *kernel, char why[DAHDI_WHY_MAX]);

#endif
