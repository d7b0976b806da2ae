/* A calling leg: a SETUP from the network (Q.931 5.2), user side. */
#ifndef TOLLGATE_PRI_LEG_IN_H
#define TOLLGATE_PRI_LEG_IN_H

#include "gateway/fsm.h"

#include <libpri.h>

struct span;

/* Q.931 2.1.1, as seen from the called user. */
enum pri_in_state {
	PRI_IN_U6,   /* call present: SETUP came, nothing answered */
	PRI_IN_U7,   /* call received: we sent ALERTING */
	PRI_IN_U8,   /* connect request: we sent CONNECT */
	PRI_IN_U9,   /* incoming call proceeding */
	PRI_IN_U10,  /* active */
	PRI_IN_U11,  /* disconnect request: we sent DISCONNECT */
	PRI_IN_U12,  /* disconnect indication: we owe a RELEASE */
	PRI_IN_U19,  /* release request: we sent RELEASE */
	PRI_IN_OVER, /* RELEASED was raised */
	PRI_IN_STATES
};

enum pri_in_event {
	PRI_IN_PROCEED,	 /* asked by the call */
	PRI_IN_PROGRESS, /* these two with arg: const bool *, in-band */
	PRI_IN_ALERT,
	PRI_IN_ANSWER, /* arg: const struct leg_number *, who answered */
	PRI_IN_CLEAR,  /* arg: struct leg_cause */
	PRI_IN_CONNECT_ACK,
	PRI_IN_DISCONNECT, /* messages; arg: struct pri_leg_message */
	PRI_IN_RELEASE,	   /* libpri's HANGUP: the peer, a timer, the link */
	PRI_IN_GONE,	   /* libpri has no such call any more */
	PRI_IN_RESTART,
	PRI_IN_T313, /* libpri's: it has sent DISCONNECT */
	PRI_IN_T322,
	PRI_IN_DIFFERS, /* the peer has it in a state that does not fit */
	PRI_IN_GUARD,	/* release was never answered */
	PRI_IN_EVENTS
};

extern const struct fsm_desc pri_leg_in_fsm_desc;

/* Takes a SETUP: chooses the channel (Q.931 5.2.3) and seizes it, or refuses
 * with RELEASE COMPLETE (cause 44 a channel that it insists on and that is not
 * free, 82 one that we do not have, 34 none free). Then the leg is handed over
 * by the span's `incoming`, and CALL PROCEEDING is sent unless the receiver
 * has answered already: T303 of the network leaves no time to wait for more. */
void pri_leg_in_ring(struct span *span, const pri_event_ring *ring);

#endif
