/* The events of the call's state table, for call.c which raises them and
 * call_fsm.c which decides them. */
#ifndef TOLLGATE_CALL_FSM_H
#define TOLLGATE_CALL_FSM_H

/* Location "private network serving the local user": what this gateway is to
 * both sides (Q.850 2.2.5). */
#define LOCATION_LOCAL_PRIVATE 1

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
	CALL_EV_B_RELEASED,
	CALL_EVENTS
};

#endif
