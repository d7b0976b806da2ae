/* The called leg: a dialog that begins with an INVITE of ours. */
#ifndef TOLLGATE_SIP_UAC_H
#define TOLLGATE_SIP_UAC_H

#include "sip/sip_leg.h"

enum sip_uac_state {
	SIP_UAC_IDLE,	   /* made, no INVITE sent */
	SIP_UAC_CALLING,   /* INVITE sent, nothing heard but perhaps 100 */
	SIP_UAC_EARLY,	   /* 18x received */
	SIP_UAC_CANCELLED, /* to be cancelled, the final response awaited */
	SIP_UAC_ACTIVE,
	SIP_UAC_CLEARED, /* DISCONNECT raised, release() awaited */
	SIP_UAC_OVER,	 /* the same, and the dialog is gone */
	SIP_UAC_ENDING,	 /* released, the dialog's end awaited */
	SIP_UAC_GONE,	 /* RELEASED raised */
	SIP_UAC_STATES
};

/* After those of every dialog. */
enum sip_uac_event {
	SIP_UAC_SETUP = SIP_LEG_EVENTS, /* by the call */
	SIP_UAC_PROVISIONAL,		/* 18x */
	SIP_UAC_ANSWER,			/* 2xx */
	SIP_UAC_UNUSABLE,		/* 2xx that makes no call */
	SIP_UAC_FAILURE,		/* 3xx-6xx, or the stack's own */
	SIP_UAC_SILENCE,		/* no response at all in time */
	SIP_UAC_EVENTS
};

/* The state table, for the test that walks it. */
extern const struct fsm_desc sip_uac_fsm_desc;

/* Makes an idle called leg toward params->peer; params->remote is that peer's
 * server. 0 or -ENOMEM. */
int sip_uac_new(struct sip_leg **out, const struct sip_leg_params *params,
		struct sip_agent *agent);

#endif
