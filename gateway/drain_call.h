/* What a drain means to calls: which of them it concerns, and which it refuses.
 * For call_*.c and drain_ops.c. */
#ifndef TOLLGATE_DRAIN_CALL_H
#define TOLLGATE_DRAIN_CALL_H

#include "gateway/call.h"
#include "gateway/drain.h"

/* Whether one of its legs is on it, or comes from it. Not a call that was
 * refused: it is on its way out. */
bool drain_call_concerns(const struct call *call, enum drain_kind kind,
			 const char *name);

/* Whether a new call may begin where it came from: true, or false with the
 * cause. */
bool drain_call_may_begin(const struct call *call, struct leg_cause *why);

/* Whether it may go to the present target of its route. */
bool drain_call_may_go(const struct call *call, struct leg_cause *why);

#endif
