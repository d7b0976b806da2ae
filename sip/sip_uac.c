#include "sip/sip_uac.h"

#include "gateway/cause.h"
#include "gateway/event.h"
#include "gateway/log.h"
#include "sip/address.h"
#include "sip/identity.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Without even a 100, which every SIP server sends within 200 ms (RFC 3261
 * 17.2.1), the peer is dead or the way to it is. Timer B would take 32 s. */
#define SILENCE_MS 2000

#define CALL_ID_BYTES 16

/* RFC 4028: the peer refreshes, and one that has died is noticed. Were it us,
 * the stack would do it by UPDATE, which not every peer takes. */
#define SESSION_EXPIRES "1800;refresher=uas"

struct sip_uac {
	struct sip_leg leg;
	struct sip_agent *agent;
	bool cancel_held; /* asked for before an 18x: not in the ladder yet */
};

/* What an event carries. */
struct event_arg {
	struct sip_leg_arg common;
	const char *target;		   /* SETUP: the Request-URI */
	const struct identity_headers *id; /* SETUP */
	int status;			   /* PROVISIONAL */
	bool inband;			   /* PROVISIONAL: it brought SDP */
	struct leg_number connected;	   /* ANSWER */
};

/* `base` is the first member of the first member. */
static struct sip_uac *from_base(struct leg *base)
{
	return (struct sip_uac *)(void *)base;
}

static void tell_inband(struct sip_leg *leg, enum leg_event_type type,
			bool inband)
{
	struct leg_event event = { .type = type, .inband = inband };

	leg->base.sink->event(&leg->base, &event);
}

static void write_target(const struct sip_leg *leg,
			 const struct leg_number *called, char *out,
			 size_t size)
{
	char server[64], user[3 * LEG_DIGITS_MAX + 1];

	conf_format_address(&leg->remote, server, sizeof server);
	sip_address_user(called->digits, user, sizeof user);
	snprintf(out, size, "sip:%s@%s", user, server);
}

static void act_invite(void *obj, const void *arg)
{
	struct sip_leg *leg = obj;
	const struct event_arg *event = arg;
	const struct identity_headers *id = event->id;
	char cseq[24];

	/* Pitfall: the stack ties the INVITE to the fork whose reliable 18x
	 * came first, and ends the call that another one answers. So 100rel is
	 * not asked for. After a 422 it would try the same again, and again. */
	nua_set_hparams(leg->dialog->nh, SIPTAG_SUPPORTED_STR("timer"),
			NUTAG_EARLY_MEDIA(0), SIPTAG_ALLOW_STR(SIP_AGENT_ALLOW),
			NUTAG_RETRY_COUNT(0), TAG_END());
	snprintf(cseq, sizeof cseq, "%" PRIu32 " INVITE",
		 sip_dialog_listen(leg->dialog, SILENCE_MS));
	nua_invite(leg->dialog->nh, NUTAG_URL(event->target),
		   SIPTAG_CSEQ_STR(cseq), SIPTAG_CALL_ID_STR(leg->call_id),
		   SIPTAG_CONTACT_STR(leg->contact), NUTAG_AUTOACK(0),
		   TAG_IF(*id->asserted,
			  SIPTAG_P_ASSERTED_IDENTITY_STR(id->asserted)),
		   TAG_IF(id->privacy, SIPTAG_PRIVACY_STR(id->privacy)),
		   TAG_IF(*id->diversion, SIPTAG_HEADER_STR(id->diversion)),
		   SIPTAG_SESSION_EXPIRES_STR(SESSION_EXPIRES),
		   SIPTAG_CONTENT_TYPE_STR("application/sdp"),
		   SIPTAG_PAYLOAD_STR(leg->media.sdp), TAG_END());
	leg->media.sent = true;
	sip_leg_ladder(leg, LEG_OUT, "INVITE");
}

/* RFC 4497 8.2.1: 180 alerts, the other 18x are progress; both have in-band
 * sound when they bring SDP. */
static void act_provisional(void *obj, const void *arg)
{
	const struct event_arg *event = arg;

	if (event->status == 180)
		tell_inband(obj, LEG_ALERTING, event->inband);
	else
		tell_inband(obj, LEG_PROGRESS, event->inband);
}

static void send_ack(struct sip_leg *leg)
{
	nua_ack(leg->dialog->nh, TAG_END());
	sip_leg_ladder(leg, LEG_OUT, "ACK");
}

static void act_answer(void *obj, const void *arg)
{
	struct sip_leg *leg = obj;
	const struct event_arg *event = arg;
	struct leg_event answer = { .type = LEG_ANSWER,
				    .inband = true,
				    .connected = event->connected };

	send_ack(leg);
	leg->base.sink->event(&leg->base, &answer);
}

static void act_unusable(void *obj, const void *arg)
{
	send_ack(obj);
	sip_leg_act_abort_bye(obj, arg);
}

/* A 200 that crossed our CANCEL, or was first (RFC 3261 9.1, 15). */
static void act_late_answer(void *obj, const void *arg)
{
	send_ack(obj);
	sip_leg_act_bye(obj, arg);
}

static void act_failed(void *obj, const void *arg)
{
	struct sip_leg *leg = obj;
	const struct sip_leg_arg *event = arg;

	sip_leg_keep_cause(leg, &event->cause);
	sip_leg_start_stuck(leg);
}

/* RFC 3261 9.1: a peer that has said nothing may not know the INVITE that a
 * CANCEL would name. The stack keeps the CANCEL back until a provisional
 * response, 100 among them, or drops it with Timer B. */
static void send_cancel(struct sip_leg *leg, const struct leg_cause *cause)
{
	char reason[CAUSE_REASON_MAX];

	cause_format_reason(cause, reason);
	nua_cancel(leg->dialog->nh, TAG_IF(*reason, SIPTAG_REASON_STR(reason)),
		   TAG_END());
}

static void act_cancel(void *obj, const void *arg)
{
	struct sip_leg *leg = obj;

	act_failed(obj, arg);
	send_cancel(leg, &leg->cause);
	sip_leg_ladder(leg, LEG_OUT, "CANCEL");
}

static void act_hold_cancel(void *obj, const void *arg)
{
	struct sip_uac *uac = obj;

	act_failed(obj, arg);
	uac->cancel_held = true;
	send_cancel(&uac->leg, &uac->leg.cause);
}

/* Its INVITE stays with the stack, which repeats it until Timer B, and so does
 * the CANCEL for whatever still answers (RFC 3261 9.1): a late 200 is
 * acknowledged and ended by a BYE. All that is the dialog's, not the leg's. */
static void act_silence(void *obj, const void *arg)
{
	const struct sip_leg_arg *event = arg;
	struct sip_leg *leg = obj;

	sip_leg_keep_cause(leg, &event->cause);
	send_cancel(leg, &leg->cause);
	sip_dialog_give_up(leg->dialog);
	sip_leg_tell(leg, LEG_RELEASED);
}

static void act_abort_cancel(void *obj, const void *arg)
{
	act_cancel(obj, arg);
	sip_leg_tell(obj, LEG_DISCONNECT);
}

static void act_abort_hold(void *obj, const void *arg)
{
	act_hold_cancel(obj, arg);
	sip_leg_tell(obj, LEG_DISCONNECT);
}

static const char *const state_names[SIP_UAC_STATES] = {
	"idle",	   "calling", "early",	"cancelled", "active",
	"cleared", "over",    "ending", "gone",
};

static const char *const event_names[SIP_UAC_EVENTS] = {
	"RELEASE",  "ACK",	  "CANCEL",  "BYE",	    "TIMEOUT",
	"ABORT",    "TERMINATED", "SETUP",   "PROVISIONAL", "ANSWER",
	"UNUSABLE", "FAILURE",	  "SILENCE",
};

#define DO(state, event, next, action) \
	FSM_ROW(SIP_UAC_##state, SIP_##event, SIP_UAC_##next, action)
#define STAY(state, event, action) \
	FSM_STAY(SIP_UAC_##state, SIP_##event, action)
#define IGNORE(event) FSM_IGNORED(FSM_ANY, SIP_##event)
#define ILLEGAL(state, event) FSM_NEVER(SIP_UAC_##state, SIP_##event)

/* Events of the stack reach us by a queue, so ours may have crossed them: a 200
 * that the stack took before our CANCEL arrives in CANCELLED, and the stack has
 * then sent no CANCEL. A CANCEL and an ACK are for INVITEs of the peer's inside
 * the dialog, which are answered at once. */
static const struct fsm_row rows[] = {
	DO(IDLE, UAC_SETUP, CALLING, act_invite),
	DO(IDLE, LEG_RELEASE, GONE, sip_leg_act_gone),
	ILLEGAL(IDLE, LEG_TERMINATED),

	DO(CALLING, UAC_PROVISIONAL, EARLY, act_provisional),
	DO(CALLING, UAC_ANSWER, ACTIVE, act_answer),
	DO(CALLING, UAC_UNUSABLE, CLEARED, act_unusable),
	DO(CALLING, UAC_FAILURE, ENDING, act_failed),
	DO(CALLING, UAC_SILENCE, GONE, act_silence),
	DO(CALLING, LEG_RELEASE, CANCELLED, act_hold_cancel),
	DO(CALLING, LEG_BYE, CLEARED, sip_leg_act_cleared),
	DO(CALLING, LEG_ABORT, CANCELLED, act_abort_hold),
	DO(CALLING, LEG_TERMINATED, GONE, sip_leg_act_gone),

	STAY(EARLY, UAC_PROVISIONAL, act_provisional),
	DO(EARLY, UAC_ANSWER, ACTIVE, act_answer),
	DO(EARLY, UAC_UNUSABLE, CLEARED, act_unusable),
	DO(EARLY, UAC_FAILURE, ENDING, act_failed),
	DO(EARLY, LEG_RELEASE, CANCELLED, act_cancel),
	DO(EARLY, LEG_BYE, CLEARED, sip_leg_act_cleared),
	DO(EARLY, LEG_ABORT, CANCELLED, act_abort_cancel),
	DO(EARLY, LEG_TERMINATED, GONE, sip_leg_act_gone),

	DO(CANCELLED, UAC_ANSWER, ENDING, act_late_answer),
	DO(CANCELLED, UAC_UNUSABLE, ENDING, act_late_answer),
	DO(CANCELLED, UAC_FAILURE, ENDING, sip_leg_act_wait_end),
	DO(CANCELLED, LEG_BYE, ENDING, sip_leg_act_wait_end),
	DO(CANCELLED, LEG_TERMINATED, GONE, sip_leg_act_gone),

	DO(ACTIVE, LEG_RELEASE, ENDING, sip_leg_act_bye),
	DO(ACTIVE, LEG_BYE, CLEARED, sip_leg_act_cleared),
	/* no ACK to the 200 of a re-INVITE */
	DO(ACTIVE, LEG_TIMEOUT, CLEARED, sip_leg_act_cleared),
	DO(ACTIVE, LEG_ABORT, CLEARED, sip_leg_act_abort_bye),
	DO(ACTIVE, LEG_TERMINATED, GONE, sip_leg_act_gone),

	DO(CLEARED, LEG_RELEASE, ENDING, NULL),
	DO(CLEARED, LEG_TERMINATED, OVER, sip_leg_act_over),

	DO(OVER, LEG_RELEASE, GONE, sip_leg_act_gone),
	ILLEGAL(OVER, LEG_TERMINATED),

	DO(ENDING, LEG_TERMINATED, GONE, sip_leg_act_gone),
	ILLEGAL(GONE, LEG_TERMINATED),

	FSM_NEVER(FSM_ANY, SIP_UAC_SETUP), /* op_setup asks first */
	IGNORE(UAC_PROVISIONAL),
	IGNORE(UAC_ANSWER),
	IGNORE(UAC_UNUSABLE),
	IGNORE(UAC_FAILURE),
	IGNORE(UAC_SILENCE),
	IGNORE(LEG_RELEASE),
	IGNORE(LEG_ACK),
	IGNORE(LEG_CANCEL),
	IGNORE(LEG_BYE),
	IGNORE(LEG_TIMEOUT),
	IGNORE(LEG_ABORT),
};

const struct fsm_desc sip_uac_fsm_desc =
	FSM_DESC("sip uac", state_names, event_names, rows);

/* Responses */

/* RFC 3262 4: for a peer that wants it though we have not asked. The stack
 * could do it by itself, but to any target. */
static void send_prack(struct sip_leg *leg, const sip_t *sip)
{
	sip_rack_t rack;

	sip_rack_init(&rack);
	rack.ra_response = sip->sip_rseq->rs_response;
	rack.ra_cseq = sip->sip_cseq->cs_seq;
	rack.ra_method = sip->sip_cseq->cs_method;
	rack.ra_method_name = sip->sip_cseq->cs_method_name;
	nua_prack(leg->dialog->nh, SIPTAG_RACK(&rack), TAG_END());
	sip_leg_ladder(leg, LEG_OUT, "PRACK");
}

static struct leg_cause bad_target(void)
{
	struct leg_cause cause =
		cause_from_event(CAUSE_EVENT_SIP_PROTOCOL_ERROR);

	strcpy(cause.text, "Contact or Record-Route is no sip: URI");
	return cause;
}

static void provisional(struct sip_leg *leg, int status, const sip_t *sip)
{
	struct event_arg arg = { .status = status };
	struct request_fault fault;
	struct sdp_session answer;
	struct leg_cause cause;

	if (sip && sip->sip_rseq && !request_target_usable(sip, false)) {
		cause = bad_target();
		sip_leg_abort(leg, &cause);
		return;
	}
	if (sip && sip->sip_rseq)
		send_prack(leg, sip);
	/* One that cannot be used is as good as none: the 200 may bring
	 * another. */
	if (sip && sip_leg_read_sdp(leg, sip, &answer, &fault) == 0)
		arg.inband = negotiation_answer(&leg->media, &answer) == 0;
	fsm_dispatch(&leg->fsm, SIP_UAC_PROVISIONAL, &arg);
}

/* Why a 2xx makes no call; cause 0 when it does. */
static struct leg_cause answer_fault(struct sip_leg *leg, const sip_t *sip)
{
	struct leg_cause cause = {
		.q850 = SIP_CAUSE_BEARER_NOT_IMPLEMENTED,
		.origin = LEG_ORIGIN_PEER,
	};
	struct request_fault fault;
	struct sdp_session answer;
	int err;

	if (!sip || !request_target_usable(sip, false))
		return bad_target();
	err = sip_leg_read_sdp(leg, sip, &answer, &fault);
	if (err == 0 && negotiation_answer(&leg->media, &answer) < 0)
		strcpy(cause.text, "no codec or address in the answer");
	else if (err == -ENOENT && negotiation_ours(&leg->media))
		strcpy(cause.text, "no SDP in the answer");
	else if (err < 0 && err != -ENOENT)
		snprintf(cause.text, sizeof cause.text, "%s", fault.why);
	else
		cause = (struct leg_cause){ 0 };
	return cause;
}

static void answered(struct sip_leg *leg, const sip_t *sip)
{
	struct leg_cause cause = answer_fault(leg, sip);
	struct event_arg arg = { .status = 0 };

	if (cause.q850) {
		log_event(EVENT_ANSWER_UNUSABLE, leg->base.name,
			  "200 to our INVITE: %s: call ended", cause.text);
		sip_leg_dispatch(leg, SIP_UAC_UNUSABLE, &cause);
		return;
	}
	if (identity_read_connected(sip, leg->peer->trust, &arg.connected) < 0)
		log_event(EVENT_IDENTITY_UNREADABLE, leg->base.name,
			  "200 to our INVITE: Privacy or P-Asserted-Identity "
			  "cannot be read");
	fsm_dispatch(&leg->fsm, SIP_UAC_ANSWER, &arg);
}

/* In words that no reader takes for the peer's. */
static void name_own_failure(const struct sip_leg *leg, int status,
			     const char *phrase, struct leg_cause *cause)
{
	char address[64];

	conf_format_address(&leg->remote, address, sizeof address);
	if (status == 503)
		snprintf(cause->text, sizeof cause->text,
			 "nobody there at %s (ICMP)", address);
	else if (status == 408)
		snprintf(cause->text, sizeof cause->text, "no answer from %s",
			 address);
	else
		snprintf(cause->text, sizeof cause->text, "SIP stack: %d %s",
			 status, phrase);
}

/* Pitfall: statuses of 900 and more are the stack's own failures; its timers
 * speak as a 408, and what the kernel refuses to send as a 503, that no peer
 * has sent. */
static void failed(struct sip_leg *leg, int status, const char *phrase,
		   const sip_t *sip)
{
	struct leg_cause cause;

	if (status >= 900)
		cause = (struct leg_cause){
			.q850 = SIP_CAUSE_TEMPORARY_FAILURE,
			.origin = LEG_ORIGIN_GATEWAY,
		};
	else if (status == 408 && !sip)
		cause = cause_from_event(CAUSE_EVENT_SIP_TIMER);
	else
		cause = request_failure(status, sip);
	if (sip) {
		snprintf(cause.text, sizeof cause.text, "SIP %d %s", status,
			 phrase);
	} else {
		cause.sip_status = 0;
		if (cause.origin == LEG_ORIGIN_PEER)
			cause.origin = LEG_ORIGIN_GATEWAY;
		name_own_failure(leg, status, phrase, &cause);
	}
	sip_leg_dispatch(leg, SIP_UAC_FAILURE, &cause);
}

static void on_response(struct sip_leg *leg, int status, const char *phrase,
			const sip_t *sip)
{
	if (sip)
		sip_leg_ladder_status(leg, LEG_IN, status, phrase);
	if (sip && status >= 200 && leg->fsm.state < SIP_UAC_ACTIVE)
		leg->final_status = (uint16_t)status;
	if (status > 100 && status < 200)
		provisional(leg, status, sip);
	else if (status >= 200 && status < 300)
		answered(leg, sip);
	else if (status >= 300)
		failed(leg, status, phrase, sip);
}

static void on_cancel_answered(struct sip_leg *leg, const sip_t *sip)
{
	struct sip_uac *uac = (struct sip_uac *)(void *)leg;

	if (uac->cancel_held)
		sip_leg_ladder(leg, LEG_OUT, "CANCEL");
	uac->cancel_held = false;
	sip_leg_ladder_status(leg, LEG_IN, sip->sip_status->st_status,
			      sip->sip_status->st_phrase);
}

static void on_silence(struct sip_leg *leg)
{
	struct leg_cause cause = cause_from_event(CAUSE_EVENT_SIP_TIMER);

	cause.origin = LEG_ORIGIN_TIMER;
	snprintf(cause.text, sizeof cause.text, "no answer to INVITE in %d s",
		 SILENCE_MS / 1000);
	sip_leg_dispatch(leg, SIP_UAC_SILENCE, &cause);
}

/* leg_ops */

static int op_setup(struct leg *base, const struct leg_setup *setup)
{
	struct sip_uac *uac = from_base(base);
	struct sip_leg *leg = &uac->leg;
	struct identity_headers id;
	char host[64], target[256], to[258];
	struct event_arg arg = { .target = target, .id = &id };
	int err;

	if (leg->fsm.state != SIP_UAC_IDLE)
		return -EALREADY;
	if (!leg->media.sdp || !identity_is_number(setup->called.digits))
		return -EINVAL;
	sip_leg_host(leg, host, sizeof host);
	identity_write_setup(setup, leg->peer->trust, host, &id);
	write_target(leg, &setup->called, target, sizeof target);
	snprintf(to, sizeof to, "<%s>", target);
	err = sip_dialog_new(uac->agent, leg, id.from, to);
	if (err < 0)
		return err;
	fsm_dispatch(&leg->fsm, SIP_UAC_SETUP, &arg);
	return 0;
}

static void op_nothing(struct leg *base)
{
	(void)base;
}

static void op_nothing_inband(struct leg *base, bool inband)
{
	(void)base;
	(void)inband;
}

static void op_no_answer(struct leg *base, const struct leg_number *connected)
{
	(void)base;
	(void)connected;
}

static const struct leg_ops ops = {
	.kind = "sip",
	.setup = op_setup,
	.proceeding = op_nothing,
	.progress = op_nothing_inband,
	.alerting = op_nothing_inband,
	.answer = op_no_answer,
	.release = sip_leg_op_release,
	.media = sip_leg_op_media,
	.describe = sip_leg_op_describe,
	.free = sip_leg_op_free,
};

/* The agent ends what is answered all the same. */
static void end_dialog(struct sip_leg *leg, const struct leg_cause *cause)
{
	if (leg->fsm.state < SIP_UAC_CANCELLED)
		send_cancel(leg, cause);
	else if (leg->fsm.state == SIP_UAC_ACTIVE)
		sip_leg_send_bye(leg, cause);
}

static const struct sip_role role = {
	.answered = SIP_UAC_ACTIVE,
	.active = SIP_UAC_ACTIVE,
	.response = on_response,
	.cancel_answered = on_cancel_answered,
	.silent = on_silence,
	.end = end_dialog,
};

/* Random and without a host name: it tells nobody where it comes from
 * (RFC 3323 4.1.3), and peers keep it in their records. */
static void make_call_id(char *out)
{
	uint8_t bytes[CALL_ID_BYTES];

	su_randmem(bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++)
		sprintf(out + 2 * i, "%02x", bytes[i]);
}

int sip_uac_new(struct sip_leg **out, const struct sip_leg_params *params,
		struct sip_agent *agent)
{
	struct sip_uac *uac = calloc(1, sizeof *uac);
	struct sip_leg *leg;

	if (!uac)
		return -ENOMEM;
	leg = &uac->leg;
	sip_leg_init(leg, params, &role);
	leg->base.ops = &ops;
	uac->agent = agent;
	make_call_id(leg->call_id);
	snprintf(leg->base.name, sizeof leg->base.name, "sip=%.32s",
		 leg->call_id);
	fsm_init(&leg->fsm, &sip_uac_fsm_desc, SIP_UAC_IDLE, leg->base.name,
		 leg);
	negotiation_call(&leg->media, leg->peer);
	*out = leg;
	return 0;
}
