/* A B channel: who may use it now.
 *
 * Every change goes through its state table, so a channel is never busy
 * without a call or idle with one. A call holds the channel it seized and
 * hands it back with CHANNEL_FREE; a channel that goes out of service while
 * in use finishes its call first.
 */
#ifndef TOLLGATE_CHANNEL_H
#define TOLLGATE_CHANNEL_H

#include "gateway/fsm.h"

#include <stdbool.h>

enum channel_state {
	CHANNEL_OUT, /* out of service, no call */
	CHANNEL_IDLE,
	CHANNEL_SEIZED, /* SETUP is on its way, not confirmed by the peer */
	CHANNEL_IN_USE,
	CHANNEL_RELEASING,  /* the peer may still hold it */
	CHANNEL_DRAINING,   /* goes out of service when its call ends */
	CHANNEL_RESTARTING, /* no call, but the peer may hold it: RESTART is
			     * sent (Q.931 5.5) */
	CHANNEL_OWED, /* out of service, and RESTART is owed when it returns */
	CHANNEL_STATES
};

enum channel_event {
	CHANNEL_SEIZE,	   /* a call takes it */
	CHANNEL_CONFIRM,   /* the peer agreed to it (Q.931 5.1.2) */
	CHANNEL_CLEAR,	   /* clearing has begun */
	CHANNEL_FREE,	   /* the call has let go of it */
	CHANNEL_RESTART,   /* it has, but the peer never said so; or the
			    * operator wants to know that it is idle there */
	CHANNEL_RESTARTED, /* the peer has it idle */
	CHANNEL_OWE,	   /* nobody knows what the peer thinks of it */
	CHANNEL_GO_OUT,	   /* line or D channel failed */
	CHANNEL_GO_IN,
	CHANNEL_EVENTS
};

struct channel {
	struct fsm fsm;
	unsigned number;   /* timeslot, 1..31 */
	char name[24];	   /* log name: "span=1/5" */
	uint64_t since_ms; /* clock_now_ms() when its state began */
	unsigned restarts; /* RESTARTs sent in this state */
	unsigned setups;   /* that the peer sent for it in this state */
	/* By the operator: no call may seize it, whatever its state is, which
	 * is the line's and the calls' matter. */
	bool blocked;
};

extern const struct fsm_desc channel_fsm_desc;

/* Prepares channel `number` of span `span`, out of service. */
void channel_init(struct channel *channel, unsigned span, unsigned number);

/* Applies one event. 0 or -EPROTO, as fsm_dispatch. */
int channel_event(struct channel *channel, enum channel_event event);

/* Idle, and not blocked: a call may seize it. */
bool channel_is_idle(const struct channel *channel);
/* A call has it, or is letting go of it. */
bool channel_has_call(const struct channel *channel);

#endif
