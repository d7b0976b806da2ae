#include "sip/sip_uas.h"

#include "gateway/cause.h"
#include "gateway/event.h"
#include "sip/identity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LOCATION_PRIVATE_LOCAL 1
#define SESSION_EXPIRES_S 1800 /* RFC 4028 4 */
#define EXPIRES_MAX_S 86400    /* no call rings longer than a day */

struct sip_uas {
	struct sip_leg leg;
	bool sdp_reliable; /* the answer went out in a 18x with 100rel */
	/* provisional responses */
	bool may_100rel, must_100rel;
	bool inband; /* 18x carry SDP from the first that says so */
	struct timer expires;
};

/* What an event carries. */
struct event_arg {
	struct sip_leg_arg common;
	bool inband;			    /* PROGRESS, ALERTING */
	const struct leg_number *connected; /* ANSWER */
};

/* `base` is the first member of the first member. */
static struct sip_uas *from_base(struct leg *base)
{
	return (struct sip_uas *)(void *)base;
}

/* The stack repeats it every minute, as proxies want it
 * (RFC 3261 13.3.1.1). */
static void provisional(struct sip_uas *uas, int status, const char *phrase,
			bool inband)
{
	struct sip_leg *leg = &uas->leg;
	bool sdp;

	/* A reliable response to an INVITE without an offer would have to make
	 * one (RFC 3262 5). Ours is made in the 200, so a caller that takes
	 * only reliable ones hears nothing before. */
	if (negotiation_ours(&leg->media) && uas->must_100rel)
		return;
	/* Once there is audio, each later 18x says where: a caller that lost
	 * the first would not hear it. */
	uas->inband |= inband && !negotiation_ours(&leg->media);
	sdp = uas->inband && leg->media.sdp && !uas->sdp_reliable;
	nua_respond(leg->dialog->nh, status, phrase,
		    SIPTAG_CONTACT_STR(leg->contact),
		    TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		    TAG_IF(sdp, SIPTAG_PAYLOAD_STR(leg->media.sdp)), TAG_END());
	sip_leg_ladder_status(leg, LEG_OUT, status, phrase);
	leg->media.sent |= sdp;
	/* Pitfall: a 183 is sent reliably whenever both sides have 100rel, any
	 * 18x when the peer requires it. Its answer then stands
	 * (RFC 3262 5). */
	if (sdp && (uas->must_100rel || (uas->may_100rel && status == 183)))
		uas->sdp_reliable = true;
}

static void act_progress(void *obj, const void *arg)
{
	const struct event_arg *event = arg;

	provisional(obj, SIP_183_SESSION_PROGRESS, event->inband);
}

/* RFC 4497 8.3.4: 180; with in-band information the caller must hear it, so
 * SDP goes along (8.3.5). */
static void act_alerting(void *obj, const void *arg)
{
	const struct event_arg *event = arg;

	provisional(obj, SIP_180_RINGING, event->inband);
}

static void act_answer(void *obj, const void *arg)
{
	struct sip_uas *uas = obj;
	const struct event_arg *event = arg;
	struct sip_leg *leg = &uas->leg;
	bool sdp = leg->media.sdp && !uas->sdp_reliable;
	struct identity_headers id;
	char host[64];

	sip_leg_host(leg, host, sizeof host);
	identity_write_connected(event->connected, leg->peer->trust, host, &id);
	nua_respond(leg->dialog->nh, SIP_200_OK,
		    SIPTAG_CONTACT_STR(leg->contact),
		    TAG_IF(*id.asserted,
			   SIPTAG_P_ASSERTED_IDENTITY_STR(id.asserted)),
		    TAG_IF(id.privacy, SIPTAG_PRIVACY_STR(id.privacy)),
		    TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		    TAG_IF(sdp, SIPTAG_PAYLOAD_STR(leg->media.sdp)), TAG_END());
	leg->media.sent = true;
	leg->final_status = 200;
	sip_leg_ladder(leg, LEG_OUT, "200 OK");
}

static void send_final(struct sip_leg *leg, const struct leg_cause *cause)
{
	struct cause_sip final = cause_to_sip(cause);
	char reason[CAUSE_REASON_MAX], retry[16];

	cause_format_reason(cause, reason);
	sip_agent_retry_after(leg->retry_after_s, retry);
	/* Q.850 in a response: RFC 6432. */
	nua_respond(leg->dialog->nh, final.status, final.phrase,
		    TAG_IF(*reason, SIPTAG_REASON_STR(reason)),
		    TAG_IF(final.retry_after, SIPTAG_RETRY_AFTER_STR(retry)),
		    TAG_END());
	leg->final_status = final.status;
	sip_leg_ladder_status(leg, LEG_OUT, final.status, final.phrase);
}

static void act_refuse(void *obj, const void *arg)
{
	struct sip_leg *leg = obj;
	const struct sip_leg_arg *event = arg;

	sip_leg_keep_cause(leg, &event->cause);
	sip_leg_start_stuck(leg);
	send_final(leg, &event->cause);
}

/* RFC 4497 8.4.1: a BYE may not overtake the ACK that it would cross; the
 * stack gives the ACK 32 s. */
static void act_wait_ack(void *obj, const void *arg)
{
	const struct sip_leg_arg *event = arg;

	sip_leg_keep_cause(obj, &event->cause);
}

static void act_confirm(void *obj, const void *arg)
{
	(void)arg;
	sip_leg_tell(obj, LEG_CONFIRMED);
}

static void act_abort_refuse(void *obj, const void *arg)
{
	act_refuse(obj, arg);
	sip_leg_tell(obj, LEG_DISCONNECT);
}

/* RFC 3261 13.3.1: the caller said how long it would wait, which is a CANCEL
 * told in advance. */
static void act_expired(void *obj, const void *arg)
{
	struct sip_leg *leg = obj;
	struct leg_cause cause = cause_from_event(CAUSE_EVENT_CANCEL);

	(void)arg;
	cause.origin = LEG_ORIGIN_TIMER;
	strcpy(cause.text, "Expires");
	sip_leg_keep_cause(leg, &cause);
	sip_leg_start_stuck(leg);
	nua_respond(leg->dialog->nh, SIP_487_REQUEST_TERMINATED, TAG_END());
	leg->final_status = 487;
	sip_leg_ladder_status(leg, LEG_OUT, SIP_487_REQUEST_TERMINATED);
	sip_leg_tell(leg, LEG_DISCONNECT);
}

static const char *const state_names[SIP_UAS_STATES] = {
	"trying",  "early", "answered", "wait-ack", "active",
	"cleared", "over",  "ending",	"gone",
};

static const char *const event_names[SIP_UAS_EVENTS] = {
	"RELEASE",    "ACK",	  "CANCEL",   "BYE",	"TIMEOUT", "ABORT",
	"TERMINATED", "PROGRESS", "ALERTING", "ANSWER", "EXPIRED",
};

#define DO(state, event, next, action) \
	FSM_ROW(SIP_UAS_##state, SIP_##event, SIP_UAS_##next, action)
#define STAY(state, event, action) \
	FSM_STAY(SIP_UAS_##state, SIP_##event, action)
#define IGNORE(event) FSM_IGNORED(FSM_ANY, SIP_##event)
#define ILLEGAL(state, event) FSM_NEVER(SIP_UAS_##state, SIP_##event)

/* Events of the stack reach us by a queue, so ours may have crossed them: a
 * CANCEL that the stack took before our 200 arrives in ANSWERED, and the stack
 * has then thrown the 200 away. */
static const struct fsm_row rows[] = {
	DO(TRYING, UAS_PROGRESS, EARLY, act_progress),
	DO(TRYING, UAS_ALERTING, EARLY, act_alerting),
	DO(TRYING, UAS_ANSWER, ANSWERED, act_answer),
	DO(TRYING, LEG_RELEASE, ENDING, act_refuse),
	DO(TRYING, LEG_CANCEL, CLEARED, sip_leg_act_cleared),
	DO(TRYING, LEG_BYE, CLEARED, sip_leg_act_cleared),
	DO(TRYING, LEG_TIMEOUT, CLEARED, sip_leg_act_cleared),
	DO(TRYING, LEG_ABORT, CLEARED, act_abort_refuse),
	DO(TRYING, UAS_EXPIRED, CLEARED, act_expired),
	DO(TRYING, LEG_TERMINATED, GONE, sip_leg_act_gone),
	ILLEGAL(TRYING, LEG_ACK),

	STAY(EARLY, UAS_PROGRESS, act_progress),
	STAY(EARLY, UAS_ALERTING, act_alerting),
	DO(EARLY, UAS_ANSWER, ANSWERED, act_answer),
	DO(EARLY, LEG_RELEASE, ENDING, act_refuse),
	DO(EARLY, LEG_CANCEL, CLEARED, sip_leg_act_cleared),
	DO(EARLY, LEG_BYE, CLEARED, sip_leg_act_cleared),
	DO(EARLY, LEG_TIMEOUT, CLEARED, sip_leg_act_cleared), /* no PRACK */
	DO(EARLY, LEG_ABORT, CLEARED, act_abort_refuse),
	DO(EARLY, UAS_EXPIRED, CLEARED, act_expired),
	DO(EARLY, LEG_TERMINATED, GONE, sip_leg_act_gone),
	ILLEGAL(EARLY, LEG_ACK),

	DO(ANSWERED, LEG_RELEASE, WAIT_ACK, act_wait_ack),
	DO(ANSWERED, LEG_ACK, ACTIVE, act_confirm),
	DO(ANSWERED, LEG_CANCEL, CLEARED, sip_leg_act_cleared),
	DO(ANSWERED, LEG_BYE, CLEARED, sip_leg_act_cleared),
	DO(ANSWERED, LEG_TIMEOUT, CLEARED, sip_leg_act_cleared),
	DO(ANSWERED, LEG_ABORT, CLEARED, sip_leg_act_abort_bye),
	DO(ANSWERED, LEG_TERMINATED, GONE, sip_leg_act_gone),

	DO(WAIT_ACK, LEG_ACK, ENDING, sip_leg_act_bye),
	DO(WAIT_ACK, LEG_CANCEL, ENDING, sip_leg_act_wait_end),
	DO(WAIT_ACK, LEG_BYE, ENDING, sip_leg_act_wait_end),
	DO(WAIT_ACK, LEG_TIMEOUT, ENDING, sip_leg_act_wait_end),
	DO(WAIT_ACK, LEG_ABORT, ENDING, sip_leg_act_bye),
	DO(WAIT_ACK, LEG_TERMINATED, GONE, sip_leg_act_gone),

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

	IGNORE(UAS_PROGRESS),
	IGNORE(UAS_ALERTING),
	IGNORE(UAS_ANSWER),
	IGNORE(UAS_EXPIRED),
	IGNORE(LEG_RELEASE),
	IGNORE(LEG_ACK),
	IGNORE(LEG_CANCEL),
	IGNORE(LEG_BYE),
	IGNORE(LEG_TIMEOUT),
	IGNORE(LEG_ABORT),
};

const struct fsm_desc sip_uas_fsm_desc =
	FSM_DESC("sip uas", state_names, event_names, rows);

/* leg_ops */

/* The stack had answered 100 before we saw the INVITE. */
static void op_begin(struct leg *base)
{
	sip_leg_ladder(&from_base(base)->leg, LEG_IN, "INVITE");
	sip_leg_ladder(&from_base(base)->leg, LEG_OUT, "100 Trying");
}

/* It has been called by its peer. */
static int op_setup(struct leg *base, const struct leg_setup *setup)
{
	(void)base;
	(void)setup;
	return -ENOTSUP;
}

/* RFC 4497 8.3.2: CALL PROCEEDING sends nothing to SIP. */
static void op_proceeding(struct leg *base)
{
	(void)base;
}

static void op_progress(struct leg *base, bool inband)
{
	struct event_arg arg = { .inband = inband };

	fsm_dispatch(&from_base(base)->leg.fsm, SIP_UAS_PROGRESS, &arg);
}

static void op_alerting(struct leg *base, bool inband)
{
	struct event_arg arg = { .inband = inband };

	fsm_dispatch(&from_base(base)->leg.fsm, SIP_UAS_ALERTING, &arg);
}

static void op_answer(struct leg *base, const struct leg_number *connected)
{
	struct sip_leg *leg = &from_base(base)->leg;
	struct event_arg arg = { .connected = connected };
	struct leg_cause cause = { .q850 = SIP_CAUSE_TEMPORARY_FAILURE,
				   .origin = LEG_ORIGIN_GATEWAY,
				   .text = "answered without media" };

	if (leg->media.sdp || leg->fsm.state > SIP_UAS_EARLY) {
		fsm_dispatch(&leg->fsm, SIP_UAS_ANSWER, &arg);
		return;
	}
	log_event(EVENT_ANSWERED_EARLY, base->name,
		  "answered before its media was negotiated: refused instead");
	sip_leg_abort(leg, &cause);
}

static void op_free(struct leg *base)
{
	timer_stop(&from_base(base)->expires);
	sip_leg_op_free(base);
}

static const struct leg_ops ops = {
	.kind = "sip",
	.begin = op_begin,
	.setup = op_setup,
	.proceeding = op_proceeding,
	.progress = op_progress,
	.alerting = op_alerting,
	.answer = op_answer,
	.release = sip_leg_op_release,
	.media = sip_leg_op_media,
	.describe = sip_leg_op_describe,
	.free = op_free,
};

/* What the stack answers to an INVITE that its caller has ended. In ANSWERED,
 * too, by a CANCEL: the 200 of ours was overtaken and never went out. */
static void invite_ended(struct sip_leg *leg, bool bye)
{
	if (leg->fsm.state > (bye ? SIP_UAS_EARLY : SIP_UAS_WAIT_ACK))
		return;
	sip_leg_ladder(leg, LEG_OUT, "487 Request Terminated");
	leg->final_status = 487;
}

static void end_dialog(struct sip_leg *leg, const struct leg_cause *cause)
{
	if (leg->fsm.state <= SIP_UAS_EARLY)
		send_final(leg, cause);
	else if (leg->fsm.state <= SIP_UAS_ACTIVE)
		sip_leg_send_bye(leg, cause);
}

static const struct sip_role role = {
	.answered = SIP_UAS_ANSWERED,
	.active = SIP_UAS_ACTIVE,
	.invite_ended = invite_ended,
	.end = end_dialog,
};

static const char *supported(bool timer, bool reliable)
{
	if (timer)
		return reliable ? "100rel, timer" : "timer";
	return reliable ? "100rel" : NULL;
}

/* Who refreshes the session (RFC 4028)? With its media engine off, the stack
 * would refresh by a re-INVITE without SDP and so ask the peer for a new offer:
 * it refreshes by UPDATE only. A peer that wants us to refresh but does not
 * take UPDATE gets no session timer. Otherwise the peer refreshes, and one
 * that has died is noticed. */
static void configure(const struct sip_leg *leg, const sip_t *sip)
{
	const sip_session_expires_t *x = sip->sip_session_expires;
	bool peer_has = sip_has_feature(sip->sip_supported, "timer") ||
			sip_has_feature(sip->sip_require, "timer");
	bool asked = x && x->x_refresher && !strcasecmp(x->x_refresher, "uas");
	bool we_refresh = x && (asked || !peer_has);
	bool timer = !we_refresh ||
		     sip_is_allowed(sip->sip_allow, SIP_METHOD_UPDATE);

	/* Without 100rel the stack sends 18x unreliably: see provisional().
	 * The stack's own Allow holds more than the truth: see the agent. */
	nua_set_hparams(leg->dialog->nh,
			SIPTAG_SUPPORTED_STR(
				supported(timer,
					  !negotiation_ours(&leg->media))),
			SIPTAG_ALLOW_STR(SIP_AGENT_ALLOW),
			TAG_IF(peer_has && !we_refresh,
			       NUTAG_SESSION_TIMER(SESSION_EXPIRES_S)),
			TAG_END());
}

/* An offer that is no SDP at all is a bad request: no call is made of it. One
 * without a codec for us becomes a call that is refused with cause 65 (488), so
 * that it is recorded (RFC 4497 8.3.1, 10.1). */
static int read_offer(struct sip_leg *leg, const char *sdp,
		      struct leg_setup *setup, struct request_fault *fault)
{
	if (negotiation_start(&leg->media, leg->peer, sdp, fault->why,
			      sizeof fault->why) < 0) {
		fault->status = 400;
		fault->phrase = "Bad Session Description";
		return -EBADMSG;
	}
	if (setup->refuse.q850 ||
	    negotiation_possible(&leg->media, leg->advertised.ss_family))
		return 0;
	setup->refuse.q850 = SIP_CAUSE_BEARER_NOT_IMPLEMENTED;
	setup->refuse.location = LOCATION_PRIVATE_LOCAL;
	setup->refuse.origin = LEG_ORIGIN_GATEWAY;
	snprintf(setup->refuse.text, sizeof setup->refuse.text,
		 "no codec or address family in common with the offer");
	return 0;
}

static void refuse_over_limit(const struct conf_peer *peer,
			      struct leg_setup *setup)
{
	setup->over_limit = true;
	setup->refuse = (struct leg_cause){ .q850 = SIP_CAUSE_CONGESTION,
					    .location = LOCATION_PRIVATE_LOCAL,
					    .origin = LEG_ORIGIN_GATEWAY };
	snprintf(setup->refuse.text, sizeof setup->refuse.text,
		 "the peer is at its limit of %u calls", peer->limit_calls);
}

static void read_numbers(const struct sip_leg *leg, const sip_t *sip,
			 struct leg_setup *setup)
{
	request_called(sip, setup);
	if (identity_read_setup(sip, leg->peer->trust, setup) < 0)
		log_event(EVENT_IDENTITY_UNREADABLE, leg->base.name,
			  "Privacy, P-Asserted-Identity or Diversion cannot be "
			  "read: a number may be missing");
}

static void expires_due(void *arg)
{
	sip_leg_dispatch(arg, SIP_UAS_EXPIRED, NULL);
}

static void start_expires(struct sip_uas *uas, const sip_t *sip)
{
	const sip_expires_t *ex = sip->sip_expires;
	uint32_t s;

	timer_init(&uas->expires, "Expires", expires_due, &uas->leg);
	timer_of(&uas->expires, uas->leg.base.name);
	if (!ex || ex->ex_date) /* a date is RFC 2543's: whose clock? */
		return;
	s = ex->ex_delta < EXPIRES_MAX_S ? (uint32_t)ex->ex_delta
					 : EXPIRES_MAX_S;
	timer_start(loop_timers(uas->leg.loop), &uas->expires, s * 1000);
}

int sip_uas_new(struct sip_leg **out, const struct sip_leg_params *params,
		const sip_t *sip, const char *sdp, struct leg_setup *setup,
		struct request_fault *fault)
{
	struct sip_uas *uas = calloc(1, sizeof *uas);
	struct sip_leg *leg;
	int err;

	if (!uas)
		return -ENOMEM;
	leg = &uas->leg;
	sip_leg_init(leg, params, &role);
	leg->base.ops = &ops;
	request_log_name(sip, leg->base.name);
	snprintf(leg->call_id, sizeof leg->call_id, "%s",
		 sip->sip_call_id->i_id);
	uas->must_100rel = sip_has_feature(sip->sip_require, "100rel");
	uas->may_100rel = sip_has_feature(sip->sip_supported, "100rel");
	fsm_init(&leg->fsm, &sip_uas_fsm_desc, SIP_UAS_TRYING, leg->base.name,
		 leg);
	snprintf(setup->from, sizeof setup->from, "%s", leg->peer->name);
	read_numbers(leg, sip, setup);
	err = read_offer(leg, sdp, setup, fault);
	if (err < 0) {
		free(uas);
		return err;
	}
	if (params->over_limit) {
		/* It may stay for 32 s without an ACK: in no call's place. */
		refuse_over_limit(leg->peer, setup);
		sip_dialog_tie(params->dialog, leg);
	} else {
		sip_dialog_join(params->dialog, leg, true);
	}
	configure(leg, sip);
	start_expires(uas, sip);
	*out = leg;
	return 0;
}
