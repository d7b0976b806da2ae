/* The calling leg: a dialog that began with the peer's INVITE. */
#ifndef TOLLGATE_SIP_UAS_H
#define TOLLGATE_SIP_UAS_H

#include "sip/sip_leg.h"

enum sip_uas_state {
	SIP_UAS_TRYING,	  /* INVITE taken, nothing but 100 sent */
	SIP_UAS_EARLY,	  /* 18x sent */
	SIP_UAS_ANSWERED, /* 200 sent, not acknowledged */
	SIP_UAS_WAIT_ACK, /* the same, and the call wants to end it */
	SIP_UAS_ACTIVE,
	SIP_UAS_CLEARED, /* DISCONNECT raised, release() awaited */
	SIP_UAS_OVER,	 /* the same, and the dialog is gone */
	SIP_UAS_ENDING,	 /* released, the dialog's end awaited */
	SIP_UAS_GONE,	 /* RELEASED raised */
	SIP_UAS_STATES
};

/* After those of every dialog: what the call asks. */
enum sip_uas_event {
	SIP_UAS_PROGRESS = SIP_LEG_EVENTS,
	SIP_UAS_ALERTING,
	SIP_UAS_ANSWER,
	SIP_UAS_EXPIRED, /* the caller's patience, by its Expires */
	SIP_UAS_EVENTS
};

/* The state table, for the test that walks it. */
extern const struct fsm_desc sip_uas_fsm_desc;

/* Makes a calling leg of an INVITE that request_check has passed, and fills in
 * `setup`. `sdp` is its offer, "" when it has none. 0; -EBADMSG with the fault:
 * the offer cannot be read; -ENOMEM. */
int sip_uas_new(struct sip_leg **out, const struct sip_leg_params *params,
		const sip_t *sip, const char *sdp, struct leg_setup *setup,
		struct request_fault *fault);

#endif
