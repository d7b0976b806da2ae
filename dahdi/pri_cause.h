/* Why a libpri call ended, in the gateway's words. Pure. */
#ifndef TOLLGATE_PRI_CAUSE_H
#define TOLLGATE_PRI_CAUSE_H

#include "dahdi/q931_tap.h"
#include "gateway/leg.h"

/* A cause that this side makes: location "private network serving the local
 * user" (Q.850 table 1). */
struct leg_cause pri_cause_own(uint8_t q850, enum leg_origin origin,
			       const char *text);

/* The cause of the peer's clearing message, with the location that libpri
 * drops. `received` may be NULL; `libpri` is the event's cause, 0 or less when
 * it has none. */
struct leg_cause pri_cause_received(const struct q931_received *received,
				    int libpri);

/* The cause of libpri's HANGUP event, which also tells of what libpri gave up
 * by itself: T303 that expired twice, a data link that failed. `state` is the
 * leg's (enum pri_leg_state) before it. */
struct leg_cause pri_cause_hangup(const struct q931_received *received,
				  uint8_t state, int libpri);

/* The value for pri_hangup. */
int pri_cause_to_send(const struct leg_cause *cause);

#endif
