/* A leg that is a libpri call: leg_ops in Q.931's words, user side. The states
 * and events here are those of a call to the network; pri_leg_in.h has those of
 * a call from it. */
#ifndef TOLLGATE_PRI_LEG_H
#define TOLLGATE_PRI_LEG_H

#include "conf/conf.h"
#include "dahdi/q931_tap.h"
#include "gateway/fsm.h"
#include "gateway/leg.h"

struct channel;
struct pri_leg;
struct q931_call;
struct span;

/* Q.931 2.1.1, as seen from the calling user. */
enum pri_leg_state {
	PRI_LEG_U0,   /* null: made, SETUP not sent */
	PRI_LEG_U1,   /* call initiated */
	PRI_LEG_U2,   /* overlap sending */
	PRI_LEG_U3,   /* outgoing call proceeding */
	PRI_LEG_U4,   /* call delivered */
	PRI_LEG_U10,  /* active */
	PRI_LEG_U11,  /* disconnect request: we sent DISCONNECT */
	PRI_LEG_U12,  /* disconnect indication: we owe a RELEASE */
	PRI_LEG_U19,  /* release request: we sent RELEASE */
	PRI_LEG_OVER, /* RELEASED was raised */
	PRI_LEG_STATES
};

enum pri_leg_event {
	PRI_LEG_SETUP,	   /* asked by the call */
	PRI_LEG_CLEAR,	   /* asked by the call; arg: struct leg_cause */
	PRI_LEG_SETUP_ACK, /* messages; arg: struct pri_leg_message */
	PRI_LEG_PROCEEDING,
	PRI_LEG_PROGRESS,
	PRI_LEG_ALERTING,
	PRI_LEG_CONNECT,
	PRI_LEG_DISCONNECT,
	PRI_LEG_RELEASE, /* libpri's HANGUP: the peer, a timer, the link */
	PRI_LEG_GONE,	 /* libpri has no such call any more */
	PRI_LEG_RESTART,
	PRI_LEG_T301,
	PRI_LEG_T304,
	PRI_LEG_T310,
	PRI_LEG_T322,
	PRI_LEG_DIFFERS, /* the peer has it in a state that does not fit */
	PRI_LEG_GUARD,	 /* release was never answered */
	PRI_LEG_EVENTS
};

/* What came with a message. */
struct pri_leg_message {
	unsigned channel;	     /* as the peer named it, 0: it did not */
	bool inband;		     /* progress indicator 1 or 8 */
	int cause;		     /* libpri's, 0 or less: none */
	struct leg_number connected; /* of CONNECT */
};

extern const struct fsm_desc pri_leg_fsm_desc;

/* A called leg on `channel`, which is seized for it. 0, -ENOMEM, or -EBUSY
 * when the channel is not idle. */
int pri_leg_new(struct pri_leg **out, struct span *span,
		struct channel *channel, const struct conf_trunk *trunk);
struct leg *pri_leg_leg(struct pri_leg *leg);

void pri_leg_message(struct pri_leg *leg, enum pri_leg_event event,
		     const struct pri_leg_message *message);
/* Its channel was restarted. */
void pri_leg_restart(struct pri_leg *leg);
/* After every use of libpri: takes up what it did without an event, such as
 * dropping the call. */
void pri_leg_check(struct pri_leg *leg);
/* A message of its call reference passed the tap. Called within libpri. */
void pri_leg_seen(struct pri_leg *leg, const struct q931_seen *seen);

/* NULL once it is released, and after giving way. */
const struct channel *pri_leg_channel(const struct pri_leg *leg);
/* libpri's, NULL before the SETUP and after the end. */
struct q931_call *pri_leg_call(const struct pri_leg *leg);
/* `reference` as pri_leg's own, `ours` when our side allocated it. */
bool pri_leg_has_reference(const struct pri_leg *leg, unsigned reference,
			   bool ours);

unsigned pri_leg_reference(const struct pri_leg *leg);

/* Hands its channel to a call from the network; true when it did. Of two calls
 * that want one channel the network serves its own and gives the user's
 * another one or clears it (Q.931 5.7): a call to it that has no answer yet,
 * cleared or not, waits for that, and has no channel meanwhile. */
bool pri_leg_give_way(struct pri_leg *leg);

/* Both sides have answered: it outlives a loss of the D channel for T309. */
bool pri_leg_is_active(const struct pri_leg *leg);
/* The peer has set the link up anew though it was up: it may have started anew
 * itself (Q.931 5.8.8). */
void pri_leg_link_reset(struct pri_leg *leg);
/* The D channel is up again. */
void pri_leg_link_up(struct pri_leg *leg);
/* The D channel is down. */
void pri_leg_link_lost(struct pri_leg *leg);

/* For the audit. A timer watches over its release. */
bool pri_leg_guarded(const struct pri_leg *leg);
/* Its channel is not its own any more: both sides are told that it ends. */
void pri_leg_abandon(struct pri_leg *leg);
/* Asks for the release that the call forgot, or does without an answer. */
void pri_leg_force_release(struct pri_leg *leg);

#endif
