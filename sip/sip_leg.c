#include "sip/sip_leg.h"

#include "gateway/cause.h"
#include "gateway/log.h"
#include "sip/negotiation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CAUSE_TEMPORARY_FAILURE 41
#define CAUSE_BEARER_NOT_IMPLEMENTED 65
#define LOCATION_PRIVATE_LOCAL 1
#define SESSION_EXPIRES_S 1800 /* RFC 4028 4 */

/* A dialog that the stack has not ended by then (its own limit for a BYE is
 * 32 s) never will be. */
#define STUCK_MS 40000

struct sip_leg {
	struct leg base;
	struct fsm fsm;
	struct loop *loop;
	const struct conf_gateway *gateway;
	const struct conf_peer *peer;
	struct sip_dialog *dialog; /* NULL once the stack has let it go */
	const char *contact;
	char call_id[128];
	struct sockaddr_storage remote;
	struct negotiation media;
	bool sdp_reliable; /* the answer went out in a 18x with 100rel */
	/* provisional responses */
	bool may_100rel, must_100rel;
	bool inband; /* 18x carry SDP from the first that says so */
	struct timer stuck;
	struct leg_cause cause; /* why it ended: the first reason stays */
	uint16_t final_status;
};

/* What an event carries. */
struct event_arg {
	bool inband;
	struct leg_cause cause;
};

/* `base` is the first member. */
static struct sip_leg *from_base(struct leg *base)
{
	return (struct sip_leg *)(void *)base;
}

struct leg *sip_leg_base(struct sip_leg *leg)
{
	return &leg->base;
}

static void ladder(struct sip_leg *leg, enum leg_direction dir,
		   const char *text)
{
	if (leg->base.call)
		leg->base.sink->message(&leg->base, dir, text);
}

static void ladder_status(struct sip_leg *leg, enum leg_direction dir,
			  int status, const char *phrase)
{
	char text[64];

	snprintf(text, sizeof text, "%d %s", status, phrase);
	ladder(leg, dir, text);
}

static void tell(struct sip_leg *leg, enum leg_event_type type)
{
	struct leg_event event = { .type = type, .cause = leg->cause };

	leg->base.sink->event(&leg->base, &event);
}

/* When both sides clear, or a refusal crosses a CANCEL, the record says what
 * came first. */
static void keep_cause(struct sip_leg *leg, const struct leg_cause *cause)
{
	if (!leg->cause.q850)
		leg->cause = *cause;
}

/* The stack repeats it every minute, as proxies want it
 * (RFC 3261 13.3.1.1). */
static void provisional(struct sip_leg *leg, int status, const char *phrase,
			bool inband)
{
	bool sdp;

	/* A reliable response to an INVITE without an offer would have to make
	 * one (RFC 3262 5). Ours is made in the 200, so a caller that takes
	 * only reliable ones hears nothing before. */
	if (leg->media.delayed && leg->must_100rel)
		return;
	/* Once there is audio, each later 18x says where: a caller that lost
	 * the first would not hear it. */
	leg->inband |= inband && !leg->media.delayed;
	sdp = leg->inband && leg->media.sdp && !leg->sdp_reliable;
	nua_respond(leg->dialog->nh, status, phrase,
		    SIPTAG_CONTACT_STR(leg->contact),
		    TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		    TAG_IF(sdp, SIPTAG_PAYLOAD_STR(leg->media.sdp)), TAG_END());
	ladder_status(leg, LEG_OUT, status, phrase);
	leg->media.sent |= sdp;
	/* Pitfall: a 183 is sent reliably whenever both sides have 100rel, any
	 * 18x when the peer requires it. Its answer then stands
	 * (RFC 3262 5). */
	if (sdp && (leg->must_100rel || (leg->may_100rel && status == 183)))
		leg->sdp_reliable = true;
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
	struct sip_leg *leg = obj;
	bool sdp = leg->media.sdp && !leg->sdp_reliable;

	(void)arg;
	nua_respond(leg->dialog->nh, SIP_200_OK,
		    SIPTAG_CONTACT_STR(leg->contact),
		    TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		    TAG_IF(sdp, SIPTAG_PAYLOAD_STR(leg->media.sdp)), TAG_END());
	leg->media.sent = true;
	leg->final_status = 200;
	ladder(leg, LEG_OUT, "200 OK");
}

static void start_stuck(struct sip_leg *leg)
{
	timer_start(loop_timers(leg->loop), &leg->stuck, STUCK_MS);
}

static void send_final(struct sip_leg *leg, const struct leg_cause *cause)
{
	struct cause_sip final = cause_to_sip(cause);
	char reason[CAUSE_REASON_MAX], retry[16];

	cause_format_reason(cause, reason);
	sip_agent_retry_after(leg->gateway, retry);
	/* Q.850 in a response: RFC 6432. */
	nua_respond(leg->dialog->nh, final.status, final.phrase,
		    TAG_IF(*reason, SIPTAG_REASON_STR(reason)),
		    TAG_IF(final.retry_after, SIPTAG_RETRY_AFTER_STR(retry)),
		    TAG_END());
	leg->final_status = final.status;
	ladder_status(leg, LEG_OUT, final.status, final.phrase);
}

static void send_bye(struct sip_leg *leg, const struct leg_cause *cause)
{
	char reason[CAUSE_REASON_MAX];

	cause_format_reason(cause, reason);
	nua_bye(leg->dialog->nh, TAG_IF(*reason, SIPTAG_REASON_STR(reason)),
		TAG_END());
	ladder(leg, LEG_OUT, "BYE");
}

static void act_refuse(void *obj, const void *arg)
{
	struct sip_leg *leg = obj;
	const struct event_arg *event = arg;

	keep_cause(leg, &event->cause);
	start_stuck(leg);
	send_final(leg, &event->cause);
}

static void act_bye(void *obj, const void *arg)
{
	struct sip_leg *leg = obj;
	const struct event_arg *event = arg;

	keep_cause(leg, &event->cause);
	start_stuck(leg);
	send_bye(leg, &leg->cause);
}

/* RFC 4497 8.4.1: a BYE may not overtake the ACK that it would cross; the
 * stack gives the ACK 32 s. */
static void act_wait_ack(void *obj, const void *arg)
{
	const struct event_arg *event = arg;

	keep_cause(obj, &event->cause);
}

static void act_confirm(void *obj, const void *arg)
{
	(void)arg;
	tell(obj, LEG_CONFIRMED);
}

static void act_cleared(void *obj, const void *arg)
{
	struct sip_leg *leg = obj;
	const struct event_arg *event = arg;

	keep_cause(leg, &event->cause);
	start_stuck(leg);
	tell(leg, LEG_DISCONNECT);
}

static void act_abort_refuse(void *obj, const void *arg)
{
	act_refuse(obj, arg);
	tell(obj, LEG_DISCONNECT);
}

static void act_abort_bye(void *obj, const void *arg)
{
	act_bye(obj, arg);
	tell(obj, LEG_DISCONNECT);
}

/* Both sides know: nothing is left of it. */
static void act_gone(void *obj, const void *arg)
{
	struct sip_leg *leg = obj;
	const struct event_arg *event = arg;

	keep_cause(leg, &event->cause);
	timer_stop(&leg->stuck);
	tell(leg, LEG_RELEASED);
}

/* The call has let go already; only the stack is waited for. */
static void act_wait_end(void *obj, const void *arg)
{
	(void)arg;
	start_stuck(obj);
}

static void act_over(void *obj, const void *arg)
{
	struct sip_leg *leg = obj;

	(void)arg;
	timer_stop(&leg->stuck);
}

static const char *const state_names[SIP_LEG_STATES] = {
	"trying",  "early", "answered", "wait-ack", "active",
	"cleared", "over",  "ending",	"gone",
};

static const char *const event_names[SIP_LEG_EVENTS] = {
	"PROGRESS", "ALERTING", "ANSWER",  "RELEASE", "ACK",
	"CANCEL",   "BYE",	"TIMEOUT", "ABORT",   "TERMINATED",
};

#define DO(state, event, next, action) \
	FSM_ROW(SIP_LEG_##state, SIP_LEG_##event, SIP_LEG_##next, action)
#define STAY(state, event, action) \
	FSM_STAY(SIP_LEG_##state, SIP_LEG_##event, action)
#define IGNORE(event) FSM_IGNORED(FSM_ANY, SIP_LEG_##event)
#define ILLEGAL(state, event) FSM_NEVER(SIP_LEG_##state, SIP_LEG_##event)

/* Events of the stack reach us by a queue, so ours may have crossed them: a
 * CANCEL that the stack took before our 200 arrives in ANSWERED, and the stack
 * has then thrown the 200 away. */
static const struct fsm_row rows[] = {
	DO(TRYING, PROGRESS, EARLY, act_progress),
	DO(TRYING, ALERTING, EARLY, act_alerting),
	DO(TRYING, ANSWER, ANSWERED, act_answer),
	DO(TRYING, RELEASE, ENDING, act_refuse),
	DO(TRYING, CANCEL, CLEARED, act_cleared),
	DO(TRYING, BYE, CLEARED, act_cleared),
	DO(TRYING, TIMEOUT, CLEARED, act_cleared),
	DO(TRYING, ABORT, CLEARED, act_abort_refuse),
	DO(TRYING, TERMINATED, GONE, act_gone),
	ILLEGAL(TRYING, ACK),

	STAY(EARLY, PROGRESS, act_progress),
	STAY(EARLY, ALERTING, act_alerting),
	DO(EARLY, ANSWER, ANSWERED, act_answer),
	DO(EARLY, RELEASE, ENDING, act_refuse),
	DO(EARLY, CANCEL, CLEARED, act_cleared),
	DO(EARLY, BYE, CLEARED, act_cleared),
	DO(EARLY, TIMEOUT, CLEARED, act_cleared), /* no PRACK */
	DO(EARLY, ABORT, CLEARED, act_abort_refuse),
	DO(EARLY, TERMINATED, GONE, act_gone),
	ILLEGAL(EARLY, ACK),

	DO(ANSWERED, RELEASE, WAIT_ACK, act_wait_ack),
	DO(ANSWERED, ACK, ACTIVE, act_confirm),
	DO(ANSWERED, CANCEL, CLEARED, act_cleared),
	DO(ANSWERED, BYE, CLEARED, act_cleared),
	DO(ANSWERED, TIMEOUT, CLEARED, act_cleared),
	DO(ANSWERED, ABORT, CLEARED, act_abort_bye),
	DO(ANSWERED, TERMINATED, GONE, act_gone),

	DO(WAIT_ACK, ACK, ENDING, act_bye),
	DO(WAIT_ACK, CANCEL, ENDING, act_wait_end),
	DO(WAIT_ACK, BYE, ENDING, act_wait_end),
	DO(WAIT_ACK, TIMEOUT, ENDING, act_wait_end),
	DO(WAIT_ACK, ABORT, ENDING, act_bye),
	DO(WAIT_ACK, TERMINATED, GONE, act_gone),

	DO(ACTIVE, RELEASE, ENDING, act_bye),
	DO(ACTIVE, BYE, CLEARED, act_cleared),
	DO(ACTIVE, TIMEOUT, CLEARED, act_cleared), /* of a re-INVITE */
	DO(ACTIVE, ABORT, CLEARED, act_abort_bye),
	DO(ACTIVE, TERMINATED, GONE, act_gone),

	DO(CLEARED, RELEASE, ENDING, NULL),
	DO(CLEARED, TERMINATED, OVER, act_over),

	DO(OVER, RELEASE, GONE, act_gone),
	ILLEGAL(OVER, TERMINATED),

	DO(ENDING, TERMINATED, GONE, act_gone),
	ILLEGAL(GONE, TERMINATED),

	IGNORE(PROGRESS),
	IGNORE(ALERTING),
	IGNORE(ANSWER),
	IGNORE(RELEASE),
	IGNORE(ACK),
	IGNORE(CANCEL),
	IGNORE(BYE),
	IGNORE(TIMEOUT),
	IGNORE(ABORT),
};

const struct fsm_desc sip_leg_fsm_desc = {
	.name = "sip leg",
	.state_names = state_names,
	.event_names = event_names,
	.state_count = SIP_LEG_STATES,
	.event_count = SIP_LEG_EVENTS,
	.rows = rows,
	.row_count = sizeof rows / sizeof *rows,
};

static void dispatch(struct sip_leg *leg, enum sip_leg_event event,
		     const struct leg_cause *cause)
{
	struct event_arg arg = { 0 };

	if (cause)
		arg.cause = *cause;
	fsm_dispatch(&leg->fsm, event, &arg);
}

/* leg_ops */

/* The stack had answered 100 before we saw the INVITE. */
static void op_begin(struct leg *base)
{
	ladder(from_base(base), LEG_IN, "INVITE");
	ladder(from_base(base), LEG_OUT, "100 Trying");
}

static int op_setup(struct leg *base, const struct leg_setup *setup)
{
	(void)base;
	(void)setup;
	return -ENOTSUP; /* calls to SIP are not built yet */
}

/* RFC 4497 8.3.2: CALL PROCEEDING sends nothing to SIP. */
static void op_proceeding(struct leg *base)
{
	(void)base;
}

static void op_progress(struct leg *base, bool inband)
{
	struct event_arg arg = { .inband = inband };

	fsm_dispatch(&from_base(base)->fsm, SIP_LEG_PROGRESS, &arg);
}

static void op_alerting(struct leg *base, bool inband)
{
	struct event_arg arg = { .inband = inband };

	fsm_dispatch(&from_base(base)->fsm, SIP_LEG_ALERTING, &arg);
}

static void op_answer(struct leg *base)
{
	struct sip_leg *leg = from_base(base);
	struct leg_cause cause = { .q850 = CAUSE_TEMPORARY_FAILURE,
				   .origin = LEG_ORIGIN_GATEWAY,
				   .text = "answered without media" };

	if (leg->media.sdp || leg->fsm.state > SIP_LEG_EARLY) {
		dispatch(leg, SIP_LEG_ANSWER, NULL);
		return;
	}
	log_line(LOG_ERR, base->name,
		 "answered before its media was negotiated: refused instead");
	sip_leg_abort(leg, &cause);
}

static void op_release(struct leg *base, const struct leg_cause *cause)
{
	dispatch(from_base(base), SIP_LEG_RELEASE, cause);
}

static int op_media(struct leg *base, const struct leg_media_local *local,
		    struct leg_media *out)
{
	struct sip_leg *leg = from_base(base);

	return negotiation_media(&leg->media, local,
				 leg->fsm.state >= SIP_LEG_ACTIVE, out);
}

static void op_describe(const struct leg *base, struct leg_info *info)
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

/* Ends what the stack still has of it, in whatever phase. */
static void end_dialog(struct sip_leg *leg)
{
	struct leg_cause cause = { .q850 = CAUSE_TEMPORARY_FAILURE,
				   .origin = LEG_ORIGIN_GATEWAY };

	if (leg->fsm.state <= SIP_LEG_EARLY)
		send_final(leg, &cause);
	else if (leg->fsm.state <= SIP_LEG_ACTIVE)
		send_bye(leg, &cause);
}

static void op_free(struct leg *base)
{
	struct sip_leg *leg = from_base(base);

	base->call = NULL; /* nothing more for its ladder */
	timer_stop(&leg->stuck);
	if (leg->dialog) {
		end_dialog(leg);
		leg->dialog->leg = NULL;
	}
	negotiation_free(&leg->media);
	free(leg);
}

static const struct leg_ops ops = {
	.kind = "sip",
	.begin = op_begin,
	.setup = op_setup,
	.proceeding = op_proceeding,
	.progress = op_progress,
	.alerting = op_alerting,
	.answer = op_answer,
	.release = op_release,
	.media = op_media,
	.describe = op_describe,
	.free = op_free,
};

static void stuck_due(void *arg)
{
	struct sip_leg *leg = arg;

	log_line(LOG_ERR, leg->base.name,
		 "the SIP stack has not ended the dialog in %d s: let go of",
		 STUCK_MS / 1000);
	sip_dialog_abandon(leg->dialog);
}

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
				supported(timer, !leg->media.delayed)),
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
	const struct conf_gateway *g = leg->gateway;
	sa_family_t ours = g->advertise.ss_family != AF_UNSPEC
				   ? g->advertise.ss_family
				   : g->listen.ss_family;

	if (negotiation_start(&leg->media, leg->peer, sdp, fault->why,
			      sizeof fault->why) < 0) {
		fault->status = 400;
		fault->phrase = "Bad Session Description";
		return -EBADMSG;
	}
	if (setup->refuse.q850 || negotiation_possible(&leg->media, ours))
		return 0;
	setup->refuse.q850 = CAUSE_BEARER_NOT_IMPLEMENTED;
	setup->refuse.location = LOCATION_PRIVATE_LOCAL;
	setup->refuse.origin = LEG_ORIGIN_GATEWAY;
	snprintf(setup->refuse.text, sizeof setup->refuse.text,
		 "no codec or address family in common with the offer");
	return 0;
}

int sip_leg_new(struct sip_leg **out, const struct sip_leg_params *params,
		const sip_t *sip, const char *sdp, struct leg_setup *setup,
		struct request_fault *fault)
{
	struct sip_leg *leg = calloc(1, sizeof *leg);
	int err;

	if (!leg)
		return -ENOMEM;
	leg->base.ops = &ops;
	leg->base.sink = params->sink;
	leg->loop = params->loop;
	leg->gateway = params->gateway;
	leg->peer = params->peer;
	leg->contact = params->contact;
	leg->remote = params->remote;
	request_log_name(sip, leg->base.name);
	snprintf(leg->call_id, sizeof leg->call_id, "%s",
		 sip->sip_call_id->i_id);
	leg->must_100rel = sip_has_feature(sip->sip_require, "100rel");
	leg->may_100rel = sip_has_feature(sip->sip_supported, "100rel");
	timer_init(&leg->stuck, "dialog end", stuck_due, leg);
	fsm_init(&leg->fsm, &sip_leg_fsm_desc, SIP_LEG_TRYING, leg->base.name,
		 leg);
	snprintf(setup->from, sizeof setup->from, "%s", leg->peer->name);
	request_numbers(sip, setup);
	err = read_offer(leg, sdp, setup, fault);
	if (err < 0) {
		free(leg);
		return err;
	}
	leg->dialog = params->dialog;
	leg->dialog->leg = leg;
	configure(leg, sip);
	*out = leg;
	return 0;
}

/* Reads the SDP of a message inside the dialog. -ENOENT: it has none. */
static int read_sdp(struct sip_leg *leg, const sip_t *sip,
		    struct sdp_session *out, struct request_fault *fault)
{
	char text[SDP_TEXT_MAX + 1];
	size_t len;
	int err = request_sdp(sip, text, &len, fault);

	if (err < 0)
		return err;
	if (len == 0)
		return -ENOENT;
	err = sdp_parse(out, text, len, fault->why, sizeof fault->why);
	if (err < 0) {
		fault->status = 400;
		fault->phrase = "Bad Session Description";
		sip_agent_complain(leg->dialog->agent, leg->base.name, "%s",
				   fault->why);
	}
	return err;
}

void sip_leg_ack(struct sip_leg *leg, const sip_t *ack)
{
	struct request_fault fault;
	struct sdp_session answer;

	ladder(leg, LEG_IN, "ACK");
	if (ack && leg->dialog && read_sdp(leg, ack, &answer, &fault) == 0 &&
	    !negotiation_ack(&leg->media, &answer))
		sip_agent_complain(leg->dialog->agent, leg->base.name,
				   "the ACK moves the media: not followed");
	dispatch(leg, SIP_LEG_ACK, &leg->cause);
}

/* What the stack answers to an INVITE that its caller has ended. In ANSWERED,
 * too: the 200 of ours was overtaken and never went out. */
static void invite_terminated(struct sip_leg *leg)
{
	if (leg->fsm.state > SIP_LEG_WAIT_ACK)
		return;
	ladder(leg, LEG_OUT, "487 Request Terminated");
	leg->final_status = 487;
}

void sip_leg_cancel(struct sip_leg *leg, const sip_t *cancel)
{
	struct leg_cause cause = request_reason(cancel, CAUSE_EVENT_CANCEL);

	ladder(leg, LEG_IN, "CANCEL");
	ladder(leg, LEG_OUT, "200 OK");
	invite_terminated(leg);
	dispatch(leg, SIP_LEG_CANCEL, &cause);
}

void sip_leg_bye(struct sip_leg *leg, const sip_t *bye)
{
	struct leg_cause cause = request_reason(bye, CAUSE_EVENT_BYE);

	ladder(leg, LEG_IN, "BYE");
	ladder(leg, LEG_OUT, "200 OK");
	if (leg->fsm.state <= SIP_LEG_EARLY)
		invite_terminated(leg);
	dispatch(leg, SIP_LEG_BYE, &cause);
}

void sip_leg_bye_answered(struct sip_leg *leg, const sip_t *response)
{
	struct leg_cause cause = cause_from_event(CAUSE_EVENT_SIP_TIMER);

	strcpy(cause.text, "session timer");
	/* A BYE that we did not send: the stack's, because the peer has not
	 * refreshed the session (RFC 4028 10). */
	if (leg->fsm.state == SIP_LEG_ACTIVE) {
		ladder(leg, LEG_OUT, "BYE");
		keep_cause(leg, &cause);
	}
	if (response)
		ladder_status(leg, LEG_IN, response->sip_status->st_status,
			      response->sip_status->st_phrase);
}

/* RFC 4497 8.4.5: a SIP timer clears the call with cause 102. The stack has
 * sent the BYE or, when a PRACK is missing, the 504. */
void sip_leg_timeout(struct sip_leg *leg, bool prack)
{
	struct leg_cause cause = cause_from_event(CAUSE_EVENT_SIP_TIMER);

	snprintf(cause.text, sizeof cause.text, "%s",
		 prack ? "no PRACK" : "no ACK");
	if (leg->fsm.state > SIP_LEG_ACTIVE) {
		/* Its end is under way already. */
	} else if (prack) {
		leg->final_status = 504;
		ladder(leg, LEG_OUT, "504 Gateway Time-out");
	} else {
		ladder(leg, LEG_OUT, "BYE");
	}
	dispatch(leg, SIP_LEG_TIMEOUT, &cause);
}

static void respond_to(struct sip_leg *leg, int status, const char *phrase,
		       bool sdp)
{
	bool busy = status == 500;
	char retry[16];

	snprintf(retry, sizeof retry, "%d", su_randint(0, 10));
	nua_respond(leg->dialog->nh, status, phrase,
		    NUTAG_WITH_THIS(leg->dialog->nua),
		    TAG_IF(status == 200, SIPTAG_CONTACT_STR(leg->contact)),
		    TAG_IF(busy, SIPTAG_RETRY_AFTER_STR(retry)),
		    TAG_IF(status == 415, SIPTAG_ACCEPT_STR("application/sdp")),
		    TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		    TAG_IF(sdp, SIPTAG_PAYLOAD_STR(leg->media.sdp)), TAG_END());
	ladder_status(leg, LEG_OUT, status, phrase);
}

/* Pitfall: a 400 does not undo the target that the stack has already taken
 * from such a Contact. The dialog has to end while it can. */
static void end_poisoned(struct sip_leg *leg)
{
	struct leg_cause cause =
		cause_from_event(CAUSE_EVENT_SIP_PROTOCOL_ERROR);

	strcpy(cause.text, "Contact or Record-Route is no sip: URI");
	sip_agent_complain(leg->dialog->agent, leg->base.name, "%s: call ended",
			   cause.text);
	sip_leg_abort(leg, &cause);
}

void sip_leg_refreshed(struct sip_leg *leg, const sip_t *response)
{
	if (leg->dialog && !request_target_usable(response, false))
		end_poisoned(leg);
}

/* Only a refresh is accepted: what changes address, port, codec or direction
 * gets 488 and the call goes on as it is. Hold and moving media come with the
 * operations that carry them to the other leg. */
void sip_leg_modify(struct sip_leg *leg, const char *method, const sip_t *sip)
{
	bool invite = sip->sip_request->rq_method == sip_method_invite;
	struct request_fault fault;
	struct sdp_session offer;
	int err;

	ladder(leg, LEG_IN, method);
	if (!request_target_usable(sip, false)) {
		respond_to(leg, 400, "Bad Contact Header", false);
		end_poisoned(leg);
		return;
	}
	err = read_sdp(leg, sip, &offer, &fault);
	if (err == -ENOENT) /* re-INVITE: our offer again, o= and all */
		respond_to(leg, SIP_200_OK, invite && leg->media.sdp);
	else if (err < 0)
		respond_to(leg, fault.status, fault.phrase, false);
	else if (!leg->media.sent) /* RFC 3311 5.2: the first is open */
		respond_to(leg, SIP_500_INTERNAL_SERVER_ERROR, false);
	else if (negotiation_refresh(&leg->media, &offer) == 0)
		respond_to(leg, SIP_200_OK, true);
	else
		respond_to(leg, SIP_488_NOT_ACCEPTABLE, false);
}

void sip_leg_abort(struct sip_leg *leg, const struct leg_cause *cause)
{
	dispatch(leg, SIP_LEG_ABORT, cause);
}

void sip_leg_dialog_gone(struct sip_leg *leg, int status, const char *phrase)
{
	/* Stands only where nothing else said why (RFC 4497 8.4.5). */
	struct leg_cause cause =
		cause_from_event(CAUSE_EVENT_SIP_PROTOCOL_ERROR);

	snprintf(cause.text, sizeof cause.text, "SIP %d %s", status,
		 phrase ? phrase : "");
	leg->dialog = NULL;
	dispatch(leg, SIP_LEG_TERMINATED, &cause);
}
