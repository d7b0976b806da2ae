/* The events of the call's state table, for call.c which raises them and
 * call_fsm.c which decides them. */
#ifndef TOLLGATE_CALL_FSM_H
#define TOLLGATE_CALL_FSM_H

#include "gateway/call.h"

/* Location "private network serving the local user": what this gateway is to
 * both sides (Q.850 2.2.5). */
#define LOCATION_LOCAL_PRIVATE 1

/* Q.850 causes of our own decisions. */
enum {
	CAUSE_NO_ROUTE = 3,
	CAUSE_BAD_NUMBER = 28,
	CAUSE_NETWORK_OUT_OF_ORDER = 38,
	CAUSE_TEMPORARY_FAILURE = 41,
	CAUSE_CONGESTION = 42,
	CAUSE_RESOURCE_UNAVAILABLE = 47,
	CAUSE_BEARER_NOT_IMPLEMENTED = 65,
};

enum call_event {
	CALL_EV_SETUP,	/* the calling leg is here */
	CALL_EV_REFUSE, /* the gateway cannot serve it: struct leg_cause */
	CALL_EV_HANGUP, /* operator or shutdown: struct leg_cause */
	/* from the calling leg: struct leg_event */
	CALL_EV_A_CONFIRMED,
	CALL_EV_A_DISCONNECT,
	CALL_EV_A_RELEASED,
	/* from the called leg: struct leg_event */
	CALL_EV_B_PROCEEDING,
	CALL_EV_B_PROGRESS,
	CALL_EV_B_ALERTING,
	CALL_EV_B_ANSWER,
	CALL_EV_B_CHANNEL_REFUSED, /* released with a channel-local cause */
	CALL_EV_B_DISCONNECT,
	CALL_EV_B_ANNOUNCES, /* DISCONNECT with a tone, before the answer */
	CALL_EV_B_GIVES_UP,  /* DISCONNECT, and the route has a next target */
	CALL_EV_B_RELEASED,
	CALL_EV_B_FAILED,  /* released, and the route has a next target */
	CALL_EV_MEDIA,	   /* the SIP peer changed its media */
	CALL_EV_ANNOUNCED, /* the announcement has lasted long enough */
	CALL_EVENTS
};

/* Sends the call to its end with a cause of the gateway's. */
void call_refuse_with(struct call *call, const struct leg_cause *cause);

/* `cause`, said by this gateway, with `text` for record and log. */
struct leg_cause call_our_cause(struct leg_cause cause, const char *text);

bool call_leg_is_isdn(const struct leg *leg);

#endif
