/* The audit of one span: do channels, legs, libpri's calls and the tap's call
 * references belong to each other? */
#ifndef TOLLGATE_SPAN_AUDIT_H
#define TOLLGATE_SPAN_AUDIT_H

#include "dahdi/isdn.h"

struct span_audit;
struct span;

/* What it remembers from one audit to the next. NULL for want of memory. */
struct span_audit *span_audit_new(struct span *span);
void span_audit_free(struct span_audit *audit);

/* One audit: adds what it found to `out`, and repairs what the last one had
 * found as well. */
void span_audit_run(struct span_audit *audit, struct isdn_audit *out);

#endif
