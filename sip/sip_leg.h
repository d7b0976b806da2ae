/* One INVITE dialog as a leg of a call: what both roles share. The calling leg
 * is sip_uas.h, the called one sip_uac.h.
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
#include "sip/negotiation.h"
#include "sip/request.h"
#include "sip/stack.h"

#include <sys/queue.h>

#define SIP_CAUSE_TEMPORARY_FAILURE 41
#define SIP_CAUSE_CONGESTION 42
#define SIP_CAUSE_BEARER_NOT_IMPLEMENTED 65

/* Changes inside a dialog that are looked at in a second. */
#define SIP_LEG_MODIFY_MAX 5

struct sip_agent;
struct sip_counters;
struct sip_leg;

/* The stack's handle and what we know it by. The agent owns it. */
struct sip_dialog {
	TAILQ_ENTRY(sip_dialog) link;
	struct sip_agent *agent;
	nua_t *nua;
	nua_handle_t *nh;
	struct sip_leg *leg;   /* NULL: refused, or the leg was freed */
	struct sip_peer *peer; /* that counts the call; NULL: none does */
	TAILQ_ENTRY(sip_dialog) unheard_link;
	uint32_t cseq; /* of our INVITE while nothing has answered it, else 0 */
	struct timer silence;
};

/* What happens to a dialog in either role: the first events of both tables. */
enum sip_leg_event {
	SIP_LEG_RELEASE, /* by the call */
	SIP_LEG_ACK,
	SIP_LEG_CANCEL,
	SIP_LEG_BYE,
	SIP_LEG_TIMEOUT,    /* no ACK or no PRACK came, the stack ends it */
	SIP_LEG_ABORT,	    /* the dialog must end now */
	SIP_LEG_TERMINATED, /* the stack has let the dialog go */
	SIP_LEG_EVENTS
};

/* What every action gets. A role's own events put more behind it. */
struct sip_leg_arg {
	struct leg_cause cause;
};

/* What tells a UAS from a UAC. */
struct sip_role {
	/* States come in the order of a call's life. In `answered` the 200 has
	 * gone or come, in `active` the dialog is confirmed. */
	uint8_t answered, active;
	/* The peer has ended the INVITE (`bye`: by a BYE), and the stack has
	 * answered both. NULL: it is ours. */
	void (*invite_ended)(struct sip_leg *leg, bool bye);
	/* A response to our INVITE; `sip` is NULL when the stack made it. NULL:
	 * we sent none. */
	void (*response)(struct sip_leg *leg, int status, const char *phrase,
			 const sip_t *sip);
	/* The peer's response to our CANCEL. NULL: we sent none. */
	void (*cancel_answered)(struct sip_leg *leg, const sip_t *sip);
	/* Nothing has answered our INVITE. NULL: we sent none. */
	void (*silent)(struct sip_leg *leg);
	/* Ends what the stack still has of it, in whatever state. */
	void (*end)(struct sip_leg *leg, const struct leg_cause *cause);
};

/* Embedded first in each role's own struct. */
struct sip_leg {
	struct leg base;
	struct fsm fsm;
	const struct sip_role *role;
	struct loop *loop;
	struct sockaddr_storage advertised; /* our address, for others */
	uint32_t retry_after_s;
	const struct conf_peer *peer; /* the call keeps it */
	struct sip_dialog *dialog;    /* NULL once the stack has let it go */
	const char *contact;
	char call_id[128];
	struct sockaddr_storage remote;
	struct negotiation media;
	/* when the last re-INVITEs and UPDATEs were taken, a ring */
	uint64_t modified_ms[SIP_LEG_MODIFY_MAX];
	unsigned modified;
	struct timer stuck;
	struct leg_cause cause; /* why it ended: the first reason stays */
	uint16_t final_status;
};

/* What a leg is made of, by the agent. */
struct sip_leg_params {
	struct loop *loop;
	const struct conf_gateway *gateway; /* read, not kept */
	const struct conf_peer *peer;
	const struct leg_sink *sink;
	struct sip_dialog *dialog;	/* NULL for a leg that will call */
	const char *contact;		/* of ours, kept, not copied */
	struct sockaddr_storage remote; /* where the INVITE comes from or goes
					   to */
	bool over_limit; /* the peer has all the calls that it may have */
};

/* Fills in what both roles share; the role sets base.ops and its fsm. */
void sip_leg_init(struct sip_leg *leg, const struct sip_leg_params *params,
		  const struct sip_role *role);

/* From the agent: what the stack reports about the dialog. `sip` may be
 * NULL. */
void sip_leg_ack(struct sip_leg *leg, const sip_t *ack);
void sip_leg_cancel(struct sip_leg *leg, const sip_t *cancel);
void sip_leg_bye(struct sip_leg *leg, const sip_t *bye);
void sip_leg_bye_answered(struct sip_leg *leg, const sip_t *response);
/* No ACK came, or no PRACK. */
void sip_leg_timeout(struct sip_leg *leg, bool prack);

/* Responses to our INVITE, and to our CANCEL of it. */
void sip_leg_response(struct sip_leg *leg, int status, const char *phrase,
		      const sip_t *sip);
void sip_leg_cancel_answered(struct sip_leg *leg, const sip_t *response);

/* No response at all to our INVITE, for as long as it listened. */
void sip_leg_silent(struct sip_leg *leg);

/* A re-INVITE, UPDATE or PRACK that waits for an answer of ours. Media that the
 * peer changes is told to the call (LEG_MEDIA) and then answered; what cannot
 * be is refused, and the call goes on as it was. */
void sip_leg_modify(struct sip_leg *leg, const char *method, const sip_t *sip);

/* The peer has cancelled the re-INVITE that was answered last. */
void sip_leg_change_cancelled(struct sip_leg *leg);

/* The answer to an UPDATE by which the stack has refreshed the session. */
void sip_leg_refreshed(struct sip_leg *leg, const sip_t *response);

/* Ends the dialog at once, acknowledged or not, and tells the call. */
void sip_leg_abort(struct sip_leg *leg, const struct leg_cause *cause);

/* The dialog is gone: the leg must not touch it any more. `status` and
 * `phrase` are the stack's last words. */
void sip_leg_dialog_gone(struct sip_leg *leg, int status, const char *phrase);

/* For the roles: */

void sip_leg_dispatch(struct sip_leg *leg, uint8_t event,
		      const struct leg_cause *cause);
void sip_leg_ladder(struct sip_leg *leg, enum leg_direction dir,
		    const char *text);
void sip_leg_ladder_status(struct sip_leg *leg, enum leg_direction dir,
			   int status, const char *phrase);
void sip_leg_tell(struct sip_leg *leg, enum leg_event_type type);

/* Our host as the URIs of our headers have it. */
void sip_leg_host(const struct sip_leg *leg, char *out, size_t size);

/* When both sides clear, or a refusal crosses a CANCEL, the record says what
 * came first. */
void sip_leg_keep_cause(struct sip_leg *leg, const struct leg_cause *cause);

/* Starts the wait for the dialog's end. */
void sip_leg_start_stuck(struct sip_leg *leg);
void sip_leg_send_bye(struct sip_leg *leg, const struct leg_cause *cause);

/* Reads the SDP of a message of the dialog. -ENOENT: it has none; else -errno
 * with the fault, and a complaint about it. */
int sip_leg_read_sdp(struct sip_leg *leg, const sip_t *sip,
		     struct sdp_session *out, struct request_fault *fault);

/* Actions of both tables; `obj` is the leg, `arg` begins with sip_leg_arg. */
void sip_leg_act_bye(void *obj, const void *arg);
void sip_leg_act_abort_bye(void *obj, const void *arg);
void sip_leg_act_cleared(void *obj, const void *arg);
void sip_leg_act_wait_end(void *obj, const void *arg);
void sip_leg_act_over(void *obj, const void *arg);
void sip_leg_act_gone(void *obj, const void *arg);

/* leg_ops of both */
void sip_leg_op_release(struct leg *base, const struct leg_cause *cause);
int sip_leg_op_media(struct leg *base, const struct leg_media_local *local,
		     struct leg_media *out);
void sip_leg_op_describe(const struct leg *base, struct leg_info *info);
void sip_leg_op_free(struct leg *base);

/* In the agent, for the legs: */

/* What we take, for every Allow header. */
#define SIP_AGENT_ALLOW "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE"

/* Makes the dialog of a leg whose call goes out, with its From and To. 0;
 * -ESHUTDOWN: the agent stops; -ENOMEM. */
int sip_dialog_new(struct sip_agent *agent, struct sip_leg *leg,
		   const char *from, const char *to);

/* Ties a leg and its dialog; no peer counts the call. */
void sip_dialog_tie(struct sip_dialog *dialog, struct sip_leg *leg);

/* The same, and the call counts for its peer. */
void sip_dialog_join(struct sip_dialog *dialog, struct sip_leg *leg,
		     bool incoming);

/* The leg goes, the dialog stays until the stack has ended it. */
void sip_dialog_leave(struct sip_dialog *dialog);

/* Listens for the first response to the INVITE that is about to be sent in this
 * dialog with the CSeq that is returned; without any in `patience_ms` the leg
 * is told that there is silence. The stack keeps a 100 to itself, and what its
 * log tells of responses names them by CSeq alone: so these are ours, one after
 * another over all dialogs. */
uint32_t sip_dialog_listen(struct sip_dialog *dialog, uint32_t patience_ms);

/* The leg goes its way without the dialog, which nobody has answered; its peer
 * is looked at. */
void sip_dialog_give_up(struct sip_dialog *dialog);

/* What the legs count. */
struct sip_counters *sip_agent_count(struct sip_agent *agent);

/* Lets go of a dialog that the stack has not ended in time. */
void sip_dialog_abandon(struct sip_dialog *dialog);

/* The value of Retry-After: the configured one and a little more at random, so
 * that callers refused in one second do not come back in another one. */
void sip_agent_retry_after(uint32_t configured_s, char out[16]);

#endif
