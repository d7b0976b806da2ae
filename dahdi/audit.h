/* The audit of one span: do channels, legs, libpri's calls and the tap's call
 * references belong to each other? */
#ifndef TOLLGATE_AUDIT_H
#define TOLLGATE_AUDIT_H

#include "dahdi/isdn.h"

struct audit;
struct span;

/* What it remembers from one audit to the next. NULL for want of memory. */
struct audit *audit_new(struct span *span);
void audit_free(struct audit *audit);

/* One audit: adds what it found to `out`, and repairs what the last one had
 * found as well. */
void audit_run(struct audit *audit, struct isdn_audit *out);

#endif
