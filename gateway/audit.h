/* The auditor: every 30 s, and when the operator asks, it counts what there is
 * of every call in every part of the gateway. What is left of a call that is
 * over - a channel, a call reference, a bridge - is found, told and mended
 * before it becomes a channel that nobody can use.
 *
 * Audits run between events, when nothing is half done; what is on its way all
 * the same (a leg that is freed after its event, a bridge that its worker gives
 * back) is a fault only when two audits in a row have seen it. */
#ifndef TOLLGATE_AUDIT_H
#define TOLLGATE_AUDIT_H

#include "dahdi/isdn.h"
#include "gateway/timer.h"

struct gateway;

#define AUDIT_EVERY_MS 30000
/* A call whose legs have not let go in this time never will be: Q.931 has
 * given up after T305 and T308, SIP after 64 times T1. */
#define AUDIT_STUCK_MS 90000

/* What one audit counted. */
struct audit_report {
	uint64_t at_ms; /* clock_now_ms() */
	unsigned calls, stuck_calls;
	unsigned sip_legs, dialogs;	    /* of calls; of the SIP stack */
	unsigned isdn_legs;		    /* of calls */
	struct isdn_audit isdn;		    /* what the spans have */
	unsigned bridges, bridges_kept;	    /* of calls; of the media workers */
	unsigned stray_legs, stray_bridges; /* of no call, twice in a row */
	unsigned wrong_limits; /* counters that calls hold otherwise */
	unsigned descriptors;  /* open files of the process */
	uint64_t heap_bytes, resident_bytes;
	unsigned faults, repaired;
};

struct audit {
	struct gateway *gateway;
	struct timer timer;
	struct audit_report last;
	uint64_t runs, faults, repaired; /* since the start */
};

void audit_init(struct audit *audit, struct gateway *gw);
void audit_start(struct audit *audit);
void audit_stop(struct audit *audit);

/* Now; the result is in audit->last. */
void audit_run(struct audit *audit);

#endif
