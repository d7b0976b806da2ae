/* The spans that DAHDI has and what each of their timeslots is configured for,
 * asked through /dev/dahdi/ctl: nothing is opened that another program may have
 * open, and nothing is changed.
 */
#ifndef TOLLGATE_DAHDI_SCAN_H
#define TOLLGATE_DAHDI_SCAN_H

#include "dahdi/dahdi_kernel.h"
#include "dahdi/driver.h"

#include <stdbool.h>

#define DAHDI_CTL_PATH "/dev/dahdi/ctl"

struct dahdi_spaninfo;

struct dahdi_timeslot {
	int number;	/* of the channel, across all spans; 0: there is none */
	int signalling; /* DAHDI_SIG_* */
};

/* What dahdi_cfg has made of a timeslot. */
enum dahdi_use {
	DAHDI_USE_ABSENT, /* the span has no such timeslot */
	DAHDI_USE_NONE,	  /* it is not configured */
	DAHDI_USE_B,
	DAHDI_USE_D,
	DAHDI_USE_OTHER, /* analogue, robbed bits, HDLC without its FCS */
};

struct dahdi_scan_span {
	unsigned number;
	/* As the driver has them: any bytes, any may be "". */
	char name[21], description[41], location[41], type[7];
	enum line_type line;		/* LINE_TYPES: it is neither */
	unsigned timeslots, configured; /* how many */
	unsigned alarms;		/* enum line_alarm */
	unsigned sync_source; /* the span whose line gives its clock; 0: none */
	unsigned nth;	      /* which one of those at its location, from 1 */
	bool going;	      /* its driver is about to take it away */
	struct dahdi_timeslot timeslot[TDM_TIMESLOTS]; /* by timeslot - 1 */
};

struct dahdi_scan {
	unsigned count;
	struct dahdi_scan_span span[]; /* by number, lowest first */
};

/* Looks at all spans. `kernel` NULL: the real one. 0, the scan being the
 * caller's (dahdi_scan_free), which may have no span at all; -errno of opening
 * /dev/dahdi/ctl, or -ENOMEM. */
int dahdi_scan_new(struct dahdi_scan **out, const struct dahdi_kernel *kernel);
/* NULL is fine. */
void dahdi_scan_free(struct dahdi_scan *scan);

enum dahdi_use dahdi_use(const struct dahdi_timeslot *timeslot);

/* The timeslots of one span, `ctl` being open. */
void dahdi_scan_timeslots(const struct dahdi_kernel *kernel, int ctl,
			  unsigned span,
			  struct dahdi_timeslot timeslot[TDM_TIMESLOTS]);

/* LINE_TYPES: no telling, or no such line. */
enum line_type dahdi_line_type(const struct dahdi_spaninfo *info);

/* Whether programs are being asked to let go of the span. */
bool dahdi_is_going(const struct dahdi_spaninfo *info);

/* A mask of enum line_alarm from one of DAHDI's. */
unsigned dahdi_line_alarms(int dahdi);

#endif
