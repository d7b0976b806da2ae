#include "sip/sip_leg.h"

#include "gateway/cause.h"
#include "gateway/event.h"
#include "sip/address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A dialog that the stack has not ended by then (its own limit for a BYE is
 * 32 s) never will be. */
#define STUCK_MS 40000

/* `base` is the first member, here and in each role's struct. */
static struct sip_leg *from_base(struct leg *base)
{
	return (struct sip_leg *)(void *)base;
}

void sip_leg_dispatch(struct sip_leg *leg, uint8_t event,
		      const struct leg_cause *cause)
{
	struct sip_leg_arg arg = { 0 };

	if (cause)
		arg.cause = *cause;
	fsm_dispatch(&leg->fsm, event, &arg);
}

void sip_leg_ladder(struct sip_leg *leg, enum leg_direction dir,
		    const char *text)
{
	if (leg->base.call)
		leg->base.sink->message(&leg->base, dir, text);
}

void sip_leg_ladder_status(struct sip_leg *leg, enum leg_direction dir,
			   int status, const char *phrase)
{
	char text[64];

	snprintf(text, sizeof text, "%d %s", status, phrase);
	sip_leg_ladder(leg, dir, text);
}

void sip_leg_tell(struct sip_leg *leg, enum leg_event_type type)
{
	struct leg_event event = { .type = type, .cause = leg->cause };

	leg->base.sink->event(&leg->base, &event);
}

void sip_leg_host(const struct sip_leg *leg, char *out, size_t size)
{
	sip_address_host(&leg->advertised, out, size);
}

void sip_leg_keep_cause(struct sip_leg *leg, const struct leg_cause *cause)
{
	if (!leg->cause.q850)
		leg->cause = *cause;
}

void sip_leg_start_stuck(struct sip_leg *leg)
{
	timer_start(loop_timers(leg->loop), &leg->stuck, STUCK_MS);
}

static void stuck_due(void *arg)
{
	struct sip_leg *leg = arg;

	log_event(EVENT_DIALOG_STUCK, leg->base.name,
		  "the SIP stack has not ended the dialog in %d s: let go of",
		  STUCK_MS / 1000);
	sip_dialog_abandon(leg->dialog);
}

void sip_leg_send_bye(struct sip_leg *leg, const struct leg_cause *cause)
{
	char reason[CAUSE_REASON_MAX];

	cause_format_reason(cause, reason);
	nua_bye(leg->dialog->nh, TAG_IF(*reason, SIPTAG_REASON_STR(reason)),
		TAG_END());
	sip_leg_ladder(leg, LEG_OUT, "BYE");
}

/* Actions */

void sip_leg_act_bye(void *obj, const void *arg)
{
	struct sip_leg *leg = obj;
	const struct sip_leg_arg *event = arg;

	sip_leg_keep_cause(leg, &event->cause);
	sip_leg_start_stuck(leg);
	sip_leg_send_bye(leg, &leg->cause);
}

void sip_leg_act_abort_bye(void *obj, const void *arg)
{
	sip_leg_act_bye(obj, arg);
	sip_leg_tell(obj, LEG_DISCONNECT);
}

void sip_leg_act_cleared(void *obj, const void *arg)
{
	struct sip_leg *leg = obj;
	const struct sip_leg_arg *event = arg;

	sip_leg_keep_cause(leg, &event->cause);
	sip_leg_start_stuck(leg);
	sip_leg_tell(leg, LEG_DISCONNECT);
}

/* The call has let go already; only the stack is waited for. */
void sip_leg_act_wait_end(void *obj, const void *arg)
{
	(void)arg;
	sip_leg_start_stuck(obj);
}

void sip_leg_act_over(void *obj, const void *arg)
{
	struct sip_leg *leg = obj;

	(void)arg;
	timer_stop(&leg->stuck);
}

/* Both sides know: nothing is left of it. */
void sip_leg_act_gone(void *obj, const void *arg)
{
	struct sip_leg *leg = obj;
	const struct sip_leg_arg *event = arg;

	sip_leg_keep_cause(leg, &event->cause);
	timer_stop(&leg->stuck);
	sip_leg_tell(leg, LEG_RELEASED);
}

/* leg_ops */

void sip_leg_op_release(struct leg *base, const struct leg_cause *cause)
{
	sip_leg_dispatch(from_base(base), SIP_LEG_RELEASE, cause);
}

int sip_leg_op_media(struct leg *base, const struct leg_media_local *local,
		     struct leg_media *out)
{
	struct sip_leg *leg = from_base(base);

	return negotiation_media(&leg->media, local,
				 leg->fsm.state >= leg->role->active, out);
}

void sip_leg_op_describe(const struct leg *base, struct leg_info *info)
{
	const struct sip_leg *leg = (const struct sip_leg *)(const void *)base;

	*info = (struct leg_info){ .sip_status = leg->final_status };
	snprintf(info->state, sizeof info->state, "%s",
		 fsm_state_name(&leg->fsm));
	snprintf(info->peer, sizeof info->peer, "%s", leg->peer->name);
	snprintf(info->sip_call_id, sizeof info->sip_call_id, "%s",
		 leg->call_id);
	conf_format_address(&leg->remote, info->sip_remote,
			    sizeof info->sip_remote);
}

void sip_leg_op_free(struct leg *base)
{
	struct sip_leg *leg = from_base(base);
	struct leg_cause cause = { .q850 = SIP_CAUSE_TEMPORARY_FAILURE,
				   .origin = LEG_ORIGIN_GATEWAY };

	base->call = NULL; /* nothing more for its ladder */
	timer_stop(&leg->stuck);
	if (leg->dialog) {
		leg->role->end(leg, &cause);
		sip_dialog_leave(leg->dialog);
	}
	negotiation_free(&leg->media);
	free(leg);
}

void sip_leg_init(struct sip_leg *leg, const struct sip_leg_params *params,
		  const struct sip_role *role)
{
	leg->base.sink = params->sink;
	leg->role = role;
	leg->loop = params->loop;
	leg->advertised = sip_address_advertised(params->gateway);
	leg->retry_after_s = params->gateway->retry_after_s;
	leg->peer = params->peer;
	leg->contact = params->contact;
	leg->remote = params->remote;
	timer_init(&leg->stuck, "dialog end", stuck_due, leg);
	timer_of(&leg->stuck, leg->base.name);
}

/* What the stack reports */

int sip_leg_read_sdp(struct sip_leg *leg, const sip_t *sip,
		     struct sdp_session *out, struct request_fault *fault)
{
	char text[SDP_TEXT_MAX + 1];
	size_t len;
	int err = request_sdp(sip, text, &len, fault);

	if (err == 0 && len == 0)
		return -ENOENT;
	if (err == 0) {
		fault->status = 400;
		fault->phrase = "Bad Session Description";
		err = sdp_parse(out, text, len, fault->why, sizeof fault->why);
	}
	if (err < 0)
		log_event(EVENT_SIP_REFUSED, leg->base.name, "%s", fault->why);
	return err;
}

void sip_leg_cancel(struct sip_leg *leg, const sip_t *cancel)
{
	struct leg_cause cause = request_reason(cancel, CAUSE_EVENT_CANCEL);

	sip_leg_ladder(leg, LEG_IN, "CANCEL");
	sip_leg_ladder(leg, LEG_OUT, "200 OK");
	if (leg->fsm.state == leg->role->active)
		sip_leg_change_cancelled(leg);
	else if (leg->role->invite_ended)
		leg->role->invite_ended(leg, false);
	sip_leg_dispatch(leg, SIP_LEG_CANCEL, &cause);
}

void sip_leg_bye(struct sip_leg *leg, const sip_t *bye)
{
	struct leg_cause cause = request_reason(bye, CAUSE_EVENT_BYE);

	sip_leg_ladder(leg, LEG_IN, "BYE");
	sip_leg_ladder(leg, LEG_OUT, "200 OK");
	if (leg->role->invite_ended)
		leg->role->invite_ended(leg, true);
	sip_leg_dispatch(leg, SIP_LEG_BYE, &cause);
}

void sip_leg_bye_answered(struct sip_leg *leg, const sip_t *response)
{
	struct leg_cause cause = cause_from_event(CAUSE_EVENT_SIP_TIMER);

	strcpy(cause.text, "session timer");
	/* A BYE that we did not send: the stack's, because the peer has not
	 * refreshed the session (RFC 4028 10). */
	if (leg->fsm.state == leg->role->active) {
		sip_leg_ladder(leg, LEG_OUT, "BYE");
		sip_leg_keep_cause(leg, &cause);
	}
	if (response)
		sip_leg_ladder_status(leg, LEG_IN,
				      response->sip_status->st_status,
				      response->sip_status->st_phrase);
}

void sip_leg_response(struct sip_leg *leg, int status, const char *phrase,
		      const sip_t *sip)
{
	if (leg->role->response)
		leg->role->response(leg, status, phrase, sip);
}

void sip_leg_silent(struct sip_leg *leg)
{
	if (leg->role->silent)
		leg->role->silent(leg);
}

void sip_leg_cancel_answered(struct sip_leg *leg, const sip_t *response)
{
	if (leg->role->cancel_answered)
		leg->role->cancel_answered(leg, response);
}

/* RFC 4497 8.4.5: a SIP timer clears the call with cause 102. The stack has
 * sent the BYE or, when a PRACK is missing, the 504. */
void sip_leg_timeout(struct sip_leg *leg, bool prack)
{
	struct leg_cause cause = cause_from_event(CAUSE_EVENT_SIP_TIMER);

	snprintf(cause.text, sizeof cause.text, "%s",
		 prack ? "no PRACK" : "no ACK");
	if (leg->fsm.state > leg->role->active) {
		/* Its end is under way already. */
	} else if (prack) {
		leg->final_status = 504;
		sip_leg_ladder(leg, LEG_OUT, "504 Gateway Time-out");
	} else {
		sip_leg_ladder(leg, LEG_OUT, "BYE");
	}
	sip_leg_dispatch(leg, SIP_LEG_TIMEOUT, &cause);
}

void sip_leg_abort(struct sip_leg *leg, const struct leg_cause *cause)
{
	sip_leg_dispatch(leg, SIP_LEG_ABORT, cause);
}

void sip_leg_dialog_gone(struct sip_leg *leg, int status, const char *phrase)
{
	/* Stands only where nothing else said why (RFC 4497 8.4.5). */
	struct leg_cause cause =
		cause_from_event(CAUSE_EVENT_SIP_PROTOCOL_ERROR);

	snprintf(cause.text, sizeof cause.text, "SIP %d %s", status,
		 phrase ? phrase : "");
	leg->dialog = NULL;
	sip_leg_dispatch(leg, SIP_LEG_TERMINATED, &cause);
}
