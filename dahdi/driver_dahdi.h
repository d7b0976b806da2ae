/* A span of a card, or of any other DAHDI driver.
 *
 * Its channels are opened when it is there and kept open, idle ones sending the
 * idle code: to open one takes several kernel calls and a new phase of its 10
 * ms blocks, which a call's first second is no time for, and an exchange that
 * hears nothing on an idle channel may take it for faulty.
 *
 * Layer 1 is told as it is; that a short alarm ends nothing is decided above.
 */
#ifndef TOLLGATE_DRIVER_DAHDI_H
#define TOLLGATE_DRIVER_DAHDI_H

#include "dahdi/dahdi_kernel.h"
#include "dahdi/driver.h"

struct driver_dahdi_config {
	/* A description, if any, names the span; else a location, the card's,
	 * and `span` says which of those there; else `span` is DAHDI's number
	 * of it. From 1; texts are kept. */
	unsigned span;
	const char *location, *description;
	uint32_t channels;   /* bit t set: timeslot t is a B channel */
	unsigned dchannel;   /* timeslot */
	enum line_type line; /* what it must be; sets the law */
	unsigned echo_taps;  /* of echo cancellers, 32..1024; 0: none used */
	const char *object;  /* the span's log name, kept */
	const struct dahdi_kernel *kernel; /* NULL: the real one */
};

/* Either side of a line: DAHDI spans have none of their own. Retries for ever.
 * 0 or -errno (only for want of memory). */
int driver_dahdi_new(struct driver **out, struct loop *loop,
		     const struct driver_dahdi_config *cfg,
		     const struct driver_events *events, void *ctx);

#endif
