/* One INVITE dialog as a leg of a call.
 *
 * Two objects, because they die apart: the dialog lives until the stack has
 * said that it is over, the leg until its call frees it. Whichever goes first
 * takes itself out of the other. */
#ifndef TOLLGATE_SIP_LEG_H
#define TOLLGATE_SIP_LEG_H

#include "conf/conf.h"
#include "gateway/fsm.h"
#include "gateway/leg.h"
#include "gateway/loop.h"
#include "sip/request.h"
#include "sip/stack.h"

#include <sys/queue.h>

struct sip_agent;
struct sip_leg;

/* The stack's handle and what we know it by. The agent owns it. */
struct sip_dialog {
	TAILQ_ENTRY(sip_dialog) link;
	struct sip_agent *agent;
	nua_t *nua;
	nua_handle_t *nh;
	struct sip_leg *leg; /* NULL: refused, or the leg was freed */
};

enum sip_leg_state {
	SIP_LEG_TRYING,	  /* INVITE taken, nothing but 100 sent */
	SIP_LEG_EARLY,	  /* 18x sent */
	SIP_LEG_ANSWERED, /* 200 sent, not acknowledged */
	SIP_LEG_WAIT_ACK, /* the same, and the call wants to end it */
	SIP_LEG_ACTIVE,
	SIP_LEG_CLEARED, /* DISCONNECT raised, release() awaited */
	SIP_LEG_OVER,	 /* the same, and the dialog is gone */
	SIP_LEG_ENDING,	 /* released, the dialog's end awaited */
	SIP_LEG_GONE,	 /* RELEASED raised */
	SIP_LEG_STATES
};

enum sip_leg_event {
	/* the call */
	SIP_LEG_PROGRESS,
	SIP_LEG_ALERTING,
	SIP_LEG_ANSWER,
	SIP_LEG_RELEASE,
	/* the peer */
	SIP_LEG_ACK,
	SIP_LEG_CANCEL,
	SIP_LEG_BYE,
	/* ourselves and the stack */
	SIP_LEG_TIMEOUT,    /* no ACK or no PRACK came, the stack ends it */
	SIP_LEG_ABORT,	    /* the dialog must end now */
	SIP_LEG_TERMINATED, /* the stack has let the dialog go */
	SIP_LEG_EVENTS
};

/* The state table, for the test that walks it. */
extern const struct fsm_desc sip_leg_fsm_desc;

struct sip_leg_params {
	struct loop *loop;
	const struct conf_gateway *gateway;
	const struct conf_peer *peer;
	const struct leg_sink *sink;
	struct sip_dialog *dialog;
	const char *contact;		/* of ours, kept, not copied */
	struct sockaddr_storage remote; /* where the INVITE came from */
};

/* Makes a calling leg of an INVITE that request_check has passed, and fills in
 * `setup`. `sdp` is its offer, "" when it has none. 0; -EBADMSG with the fault:
 * the offer cannot be read; -ENOMEM. */
int sip_leg_new(struct sip_leg **out, const struct sip_leg_params *params,
		const sip_t *sip, const char *sdp, struct leg_setup *setup,
		struct request_fault *fault);

struct leg *sip_leg_base(struct sip_leg *leg);

/* What the stack reports about the dialog. `sip` may be NULL. */
void sip_leg_ack(struct sip_leg *leg, const sip_t *ack);
void sip_leg_cancel(struct sip_leg *leg, const sip_t *cancel);
void sip_leg_bye(struct sip_leg *leg, const sip_t *bye);
void sip_leg_bye_answered(struct sip_leg *leg, const sip_t *response);
/* No ACK came, or no PRACK. */
void sip_leg_timeout(struct sip_leg *leg, bool prack);

/* A re-INVITE, UPDATE or PRACK that waits for an answer of ours. */
void sip_leg_modify(struct sip_leg *leg, const char *method, const sip_t *sip);

/* The answer to an UPDATE by which the stack has refreshed the session. */
void sip_leg_refreshed(struct sip_leg *leg, const sip_t *response);

/* Ends the dialog at once, acknowledged or not, and tells the call. */
void sip_leg_abort(struct sip_leg *leg, const struct leg_cause *cause);

/* The dialog is gone: the leg must not touch it any more. `status` and
 * `phrase` are the stack's last words. */
void sip_leg_dialog_gone(struct sip_leg *leg, int status, const char *phrase);

/* In the agent, for the leg: */

/* What we take, for every Allow header. */
#define SIP_AGENT_ALLOW "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE"

/* Lets go of a dialog that the stack has not ended in time. */
void sip_dialog_abandon(struct sip_dialog *dialog);

/* The value of Retry-After: the configured one and a little more at random, so
 * that callers refused in one second do not come back in another one. */
void sip_agent_retry_after(const struct conf_gateway *gateway, char out[16]);

/* A log line about a mistake of a peer's, rate-limited over all peers. */
void sip_agent_complain(struct sip_agent *agent, const char *object,
			const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
