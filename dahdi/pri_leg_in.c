#include "dahdi/pri_leg_in.h"

#include "dahdi/hunt.h"
#include "dahdi/pri_cause.h"
#include "dahdi/pri_enquiry.h"
#include "dahdi/pri_leg_common.h"
#include "dahdi/pri_number.h"
#include "dahdi/span.h"
#include "gateway/log.h"

#include <errno.h>
#include <stdio.h>

#define CHANNEL_ANY 0xff
#define PI_INTERWORKING 1 /* the call is not end-to-end ISDN */
#define LOCATION_PRIVATE_LOCAL 1

static void dispatch(struct pri_leg *leg, enum pri_in_event event,
		     const void *arg)
{
	fsm_dispatch(&leg->fsm, (uint8_t)event, arg);
}

/* The first response names the channel, whatever it is (Q.931 5.2.3.1). */
static void confirm_channel(struct pri_leg *leg)
{
	leg->agreed = true;
	channel_event(leg->channel, CHANNEL_CONFIRM);
}

static void send_proceeding(struct pri_leg *leg)
{
	if (leg->agreed)
		return;
	pri_proceeding(span_pri(leg->span), leg->call, leg->libpri_channel, 0);
	confirm_channel(leg);
}

static void do_proceed(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;

	(void)arg;
	send_proceeding(leg);
	span_pump(leg->span);
}

/* RFC 4497 8.2.1.3: indicator 1 tells of interworking, 8 of a tone besides.
 * libpri sends a PROGRESS with indicator 8 only, the tap makes a 1 of it. */
static void do_progress(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;
	const bool *inband = arg;

	send_proceeding(leg);
	if (!*inband)
		q931_tap_send_progress(span_tap(leg->span), leg->reference,
				       leg->ours, Q931_PROGRESS,
				       PI_INTERWORKING, LOCATION_PRIVATE_LOCAL);
	pri_progress(span_pri(leg->span), leg->call, leg->libpri_channel, 1);
	span_pump(leg->span);
}

static void do_alert(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;
	const bool *inband = arg;

	send_proceeding(leg);
	pri_acknowledge(span_pri(leg->span), leg->call, leg->libpri_channel,
			*inband);
	span_pump(leg->span);
}

/* libpri runs T313 from here on. */
static void do_answer(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;

	pri_connected_put(span_pri(leg->span), leg->call, arg);
	pri_answer(span_pri(leg->span), leg->call, leg->libpri_channel, 0);
	if (!leg->agreed)
		confirm_channel(leg);
	span_pump(leg->span);
}

static void do_connect_ack(void *obj, const void *arg)
{
	(void)arg;
	pri_leg_raise(obj, LEG_CONFIRMED, false);
}

static void do_clear(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;

	pri_leg_hang_up(leg, arg, leg->fsm.state == PRI_IN_U11);
}

/* For these libpri answers a SETUP with RELEASE COMPLETE (Q.931 5.3.2). All
 * others it would end without any message: the call must be alive first. */
static bool refused_by_release_complete(int cause)
{
	switch (cause) {
	case PRI_CAUSE_UNALLOCATED:
	case PRI_CAUSE_NORMAL_CIRCUIT_CONGESTION:
	case PRI_CAUSE_REQUESTED_CHAN_UNAVAIL:
	case PRI_CAUSE_IDENTIFIED_CHANNEL_NOTEXIST:
	case PRI_CAUSE_INCOMPATIBLE_DESTINATION: return true;
	default: return false;
	}
}

static void do_refuse(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;

	if (!refused_by_release_complete(pri_cause_to_send(arg)))
		send_proceeding(leg);
	pri_leg_hang_up(leg, arg, true);
}

/* libpri has sent DISCONNECT and runs T305 now; its cause is 16. */
static void do_t313(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;
	const struct leg_cause cause =
		pri_cause_own(PRI_CAUSE_RECOVERY_ON_TIMER_EXPIRE,
			      LEG_ORIGIN_TIMER, "T313");

	(void)arg;
	pri_leg_note_cause(leg, &cause);
	pri_leg_start_guard(leg, true);
	channel_event(leg->channel, CHANNEL_CLEAR);
	pri_leg_raise(leg, LEG_DISCONNECT, false);
}

static const char *const state_names[PRI_IN_STATES] = {
	[PRI_IN_U6] = "U6 call present",
	[PRI_IN_U7] = "U7 call received",
	[PRI_IN_U8] = "U8 connect request",
	[PRI_IN_U9] = "U9 call proceeding",
	[PRI_IN_U10] = "U10 active",
	[PRI_IN_U11] = "U11 disconnect request",
	[PRI_IN_U12] = "U12 disconnect received",
	[PRI_IN_U19] = "U19 release request",
	[PRI_IN_OVER] = "over",
};

static const char *const event_names[PRI_IN_EVENTS] = {
	[PRI_IN_PROCEED] = "PROCEED",
	[PRI_IN_PROGRESS] = "PROGRESS",
	[PRI_IN_ALERT] = "ALERT",
	[PRI_IN_ANSWER] = "ANSWER",
	[PRI_IN_CLEAR] = "CLEAR",
	[PRI_IN_CONNECT_ACK] = "CONNECT_ACK",
	[PRI_IN_DISCONNECT] = "DISCONNECT",
	[PRI_IN_RELEASE] = "RELEASE",
	[PRI_IN_GONE] = "GONE",
	[PRI_IN_RESTART] = "RESTART",
	[PRI_IN_T313] = "T313",
	[PRI_IN_T322] = "T322",
	[PRI_IN_DIFFERS] = "DIFFERS",
	[PRI_IN_GUARD] = "GUARD",
};

static const struct fsm_row rows[] = {
	FSM_ROW(PRI_IN_U6, PRI_IN_PROCEED, PRI_IN_U9, do_proceed),
	FSM_IGNORED(FSM_ANY, PRI_IN_PROCEED),

	FSM_ROW(PRI_IN_U6, PRI_IN_PROGRESS, PRI_IN_U9, do_progress),
	FSM_STAY(PRI_IN_U9, PRI_IN_PROGRESS, do_progress),
	FSM_STAY(PRI_IN_U7, PRI_IN_PROGRESS, do_progress),
	FSM_IGNORED(FSM_ANY, PRI_IN_PROGRESS),

	FSM_ROW(PRI_IN_U6, PRI_IN_ALERT, PRI_IN_U7, do_alert),
	FSM_ROW(PRI_IN_U9, PRI_IN_ALERT, PRI_IN_U7, do_alert),
	FSM_IGNORED(FSM_ANY, PRI_IN_ALERT),

	FSM_ROW(PRI_IN_U6, PRI_IN_ANSWER, PRI_IN_U8, do_answer),
	FSM_ROW(PRI_IN_U7, PRI_IN_ANSWER, PRI_IN_U8, do_answer),
	FSM_ROW(PRI_IN_U9, PRI_IN_ANSWER, PRI_IN_U8, do_answer),
	FSM_IGNORED(FSM_ANY, PRI_IN_ANSWER),

	/* Either RELEASE COMPLETE, and the call is gone at once, or DISCONNECT
	 * after CALL PROCEEDING. */
	FSM_ROW(PRI_IN_U6, PRI_IN_CLEAR, PRI_IN_U11, do_refuse),
	FSM_ROW(PRI_IN_U7, PRI_IN_CLEAR, PRI_IN_U11, do_clear),
	FSM_ROW(PRI_IN_U8, PRI_IN_CLEAR, PRI_IN_U11, do_clear),
	FSM_ROW(PRI_IN_U9, PRI_IN_CLEAR, PRI_IN_U11, do_clear),
	FSM_ROW(PRI_IN_U10, PRI_IN_CLEAR, PRI_IN_U11, do_clear),
	FSM_ROW(PRI_IN_U12, PRI_IN_CLEAR, PRI_IN_U19, do_clear),
	FSM_IGNORED(FSM_ANY, PRI_IN_CLEAR),

	FSM_ROW(PRI_IN_U8, PRI_IN_CONNECT_ACK, PRI_IN_U10, do_connect_ack),
	FSM_IGNORED(FSM_ANY, PRI_IN_CONNECT_ACK),

	FSM_ROW(PRI_IN_U6, PRI_IN_DISCONNECT, PRI_IN_U12,
		pri_leg_on_disconnect),
	FSM_ROW(PRI_IN_U7, PRI_IN_DISCONNECT, PRI_IN_U12,
		pri_leg_on_disconnect),
	FSM_ROW(PRI_IN_U8, PRI_IN_DISCONNECT, PRI_IN_U12,
		pri_leg_on_disconnect),
	FSM_ROW(PRI_IN_U9, PRI_IN_DISCONNECT, PRI_IN_U12,
		pri_leg_on_disconnect),
	FSM_ROW(PRI_IN_U10, PRI_IN_DISCONNECT, PRI_IN_U12,
		pri_leg_on_disconnect),
	FSM_ROW(PRI_IN_U11, PRI_IN_DISCONNECT, PRI_IN_U19,
		pri_leg_on_collision),
	FSM_IGNORED(FSM_ANY, PRI_IN_DISCONNECT),

	FSM_IGNORED(PRI_IN_OVER, PRI_IN_RELEASE),
	FSM_ROW(FSM_ANY, PRI_IN_RELEASE, PRI_IN_OVER, pri_leg_on_release),

	FSM_IGNORED(PRI_IN_OVER, PRI_IN_GONE),
	FSM_ROW(FSM_ANY, PRI_IN_GONE, PRI_IN_OVER, pri_leg_on_gone),

	FSM_IGNORED(PRI_IN_OVER, PRI_IN_RESTART),
	FSM_ROW(FSM_ANY, PRI_IN_RESTART, PRI_IN_OVER, pri_leg_on_restart),

	FSM_ROW(PRI_IN_U8, PRI_IN_T313, PRI_IN_U11, do_t313),
	FSM_IGNORED(FSM_ANY, PRI_IN_T313),

	FSM_ROW(PRI_IN_U10, PRI_IN_T322, PRI_IN_U11, pri_enquiry_on_t322),
	FSM_NEVER(FSM_ANY, PRI_IN_T322),

	/* Clearing goes on (Q.931 5.8.10). */
	FSM_ROW(PRI_IN_U10, PRI_IN_DIFFERS, PRI_IN_U11, pri_enquiry_on_differs),
	FSM_IGNORED(FSM_ANY, PRI_IN_DIFFERS),

	FSM_ROW(PRI_IN_U11, PRI_IN_GUARD, PRI_IN_OVER, pri_leg_on_guard),
	FSM_ROW(PRI_IN_U19, PRI_IN_GUARD, PRI_IN_OVER, pri_leg_on_guard),
	FSM_NEVER(FSM_ANY, PRI_IN_GUARD),
};

const struct fsm_desc pri_leg_in_fsm_desc =
	FSM_DESC("q931 in", state_names, event_names, rows);

static void on_message(struct pri_leg *leg, enum pri_leg_event event,
		       const struct pri_leg_message *message)
{
	struct leg_cause cause;

	switch (event) {
	case PRI_LEG_DISCONNECT:
		dispatch(leg, PRI_IN_DISCONNECT, message);
		break;
	case PRI_LEG_RELEASE:
		/* Of the state only U10 tells something: T309 ran. */
		cause = pri_cause_hangup(pri_leg_received(leg),
					 leg->fsm.state == PRI_IN_U10
						 ? PRI_LEG_U10
						 : PRI_LEG_U3,
					 message->cause);
		pri_leg_note_cause(leg, &cause);
		dispatch(leg, PRI_IN_RELEASE, message);
		break;
	case PRI_LEG_GONE: dispatch(leg, PRI_IN_GONE, NULL); break;
	default:
		log_line(LOG_DEBUG, leg->leg.name,
			 "a message that a calling side does not send");
		break;
	}
}

static void on_restart(struct pri_leg *leg)
{
	dispatch(leg, PRI_IN_RESTART, NULL);
}

/* libpri tells neither that our CONNECT was acknowledged (unless the other
 * direction's acknowledgements are sent by hand) nor that T313 expired: both
 * are seen at the tap, which is no place to act. */
static void on_seen(struct pri_leg *leg, const struct q931_seen *seen)
{
	if (leg->fsm.state != PRI_IN_U8)
		return;
	if (seen->dir == LEG_IN && seen->type == Q931_CONNECT_ACK)
		leg->connect_acked = true;
	if (seen->dir == LEG_OUT && seen->type == Q931_DISCONNECT)
		leg->t313_expired = true;
}

/* A call that the network withdraws before it is alive vanishes from libpri
 * without an event, whatever its state. */
static void on_check(struct pri_leg *leg)
{
	if (leg->connect_acked) {
		leg->connect_acked = false;
		dispatch(leg, PRI_IN_CONNECT_ACK, NULL);
	}
	if (leg->t313_expired) {
		leg->t313_expired = false;
		dispatch(leg, PRI_IN_T313, NULL);
	}
	if (leg->call && pri_leg_is_gone(leg))
		dispatch(leg, PRI_IN_GONE, NULL);
}

static const struct pri_leg_side side = {
	.message = on_message,
	.restart = on_restart,
	.check = on_check,
	.seen = on_seen,
	.active_state = PRI_IN_U10,
	.guard_event = PRI_IN_GUARD,
	.t322_event = PRI_IN_T322,
	.differs_event = PRI_IN_DIFFERS,
};

static void op_begin(struct leg *base)
{
	struct pri_leg *leg = pri_leg_of(base);
	char text[24] = "SETUP";

	if (!base->sink->message)
		return;
	if (leg->asked_channel)
		snprintf(text, sizeof text, "SETUP ch %u", leg->asked_channel);
	base->sink->message(base, LEG_IN, text);
}

static void op_proceeding(struct leg *base)
{
	dispatch(pri_leg_of(base), PRI_IN_PROCEED, NULL);
}

static void op_progress(struct leg *base, bool inband)
{
	dispatch(pri_leg_of(base), PRI_IN_PROGRESS, &inband);
}

static void op_alerting(struct leg *base, bool inband)
{
	dispatch(pri_leg_of(base), PRI_IN_ALERT, &inband);
}

static void op_answer(struct leg *base, const struct leg_number *connected)
{
	dispatch(pri_leg_of(base), PRI_IN_ANSWER, connected);
}

static void op_release(struct leg *base, const struct leg_cause *cause)
{
	dispatch(pri_leg_of(base), PRI_IN_CLEAR, cause);
}

static int op_setup(struct leg *base, const struct leg_setup *setup)
{
	(void)base;
	(void)setup;
	return -EALREADY;
}

/* libpri has nothing to send for a call that is not alive. */
static void op_free(struct leg *base)
{
	struct pri_leg *leg = pri_leg_of(base);

	if (leg->call && leg->fsm.state == PRI_IN_U6)
		send_proceeding(leg);
	pri_leg_op_free(base);
}

static const struct leg_ops ops = {
	.kind = "isdn",
	.begin = op_begin,
	.setup = op_setup,
	.proceeding = op_proceeding,
	.progress = op_progress,
	.alerting = op_alerting,
	.answer = op_answer,
	.release = op_release,
	.media = pri_leg_op_media,
	.describe = pri_leg_op_describe,
	.free = op_free,
};

/* The channel for a SETUP, NULL and the cause. One that our own hunting has
 * seized is free for it until the exchange has answered; where it is not, a
 * preference moves and an insistence fails. */
static struct channel *choose_channel(struct span *span,
				      const pri_event_ring *ring,
				      unsigned asked, int *cause)
{
	const struct conf_trunk *trunk = span_trunk(span);
	/* What is kept for emergency calls is for the call to say: it knows
	 * whether it is one. */
	const struct hunt_rule any = { .order = CONF_HUNT_LOWEST };
	const struct hunt_rule rule = trunk ? hunt_rule_of(trunk, true) : any;
	struct hunt_position found = { 0 };
	struct hunt_span idle;
	struct channel *channel;

	span_restart_setup(span, asked);
	channel = span_claim_channel(span, asked);
	span_hunt(span, &idle);
	if (channel)
		return channel;
	if (asked && !ring->flexible) {
		*cause = span_channel(span, asked)
				 ? PRI_CAUSE_REQUESTED_CHAN_UNAVAIL
				 : PRI_CAUSE_IDENTIFIED_CHANNEL_NOTEXIST;
		return NULL;
	}
	*cause = PRI_CAUSE_NORMAL_CIRCUIT_CONGESTION;
	if (hunt_pick(&rule, &idle, 1, &found) < 0)
		return NULL;
	return span_channel(span, found.channel);
}

static bool is_blocked(struct span *span, unsigned asked)
{
	const struct channel *channel = span_channel(span, asked);

	return channel && channel->blocked;
}

/* A SETUP that no leg is made for. */
static void refuse(struct span *span, const pri_event_ring *ring, int cause,
		   const char *why)
{
	struct pri *pri = span_pri(span);
	int mode = 0, value = pri_get_crv(pri, ring->call, &mode);

	span_refused(span, (unsigned)ring->channel & 0xff, cause, why);
	if (!refused_by_release_complete(cause))
		pri_proceeding(pri, ring->call, ring->channel, 0);
	pri_hangup(pri, ring->call, cause);
	if (pri_get_crv(pri, ring->call, NULL) < 0)
		q931_tap_forget(span_tap(span),
				(unsigned)value << 3 | (unsigned)mode, false);
}

/* Voice and 3.1 kHz audio (faxes, modems) are all that can become RTP. */
static enum leg_bearer bearer(int capability)
{
	switch (capability) {
	case PRI_TRANS_CAP_SPEECH: return LEG_BEARER_SPEECH;
	case PRI_TRANS_CAP_3_1K_AUDIO: return LEG_BEARER_AUDIO;
	default: return LEG_BEARER_DATA;
	}
}

static void make_setup(struct leg_setup *setup, const struct span *span,
		       const pri_event_ring *ring)
{
	const struct conf_trunk *trunk = span_trunk(span);

	pri_digits_get(setup->called.digits, ring->callednum);
	pri_plan_get(&setup->called, ring->calledplan);
	setup->called.present = *setup->called.digits != '\0';
	pri_number_get(&setup->calling, &ring->calling.number);
	pri_redirecting_get(&setup->redirecting, ring->subcmds);
	if (trunk)
		snprintf(setup->from, sizeof setup->from, "%s", trunk->name);
	setup->bearer = bearer(ring->ctype);
	if (trunk && trunk->direction == CONF_DIRECTION_OUT) {
		setup->refuse =
			pri_cause_own(PRI_CAUSE_SERVICEOROPTION_NOTAVAIL,
				      LEG_ORIGIN_GATEWAY,
				      "the trunk group has direction out");
	} else if (setup->bearer == LEG_BEARER_DATA) {
		setup->refuse =
			pri_cause_own(PRI_CAUSE_BEARERCAPABILITY_NOTIMPL,
				      LEG_ORIGIN_GATEWAY, "");
		snprintf(setup->refuse.text, sizeof setup->refuse.text,
			 "bearer capability 0x%02x is not audio",
			 (unsigned)ring->ctype & 0xff);
	} else if (!setup->called.present) {
		setup->refuse =
			pri_cause_own(PRI_CAUSE_INVALID_NUMBER_FORMAT,
				      LEG_ORIGIN_GATEWAY, "no called number");
	}
}

static struct pri_leg *new_leg(struct span *span, struct channel *channel,
			       const pri_event_ring *ring, unsigned asked)
{
	struct pri_leg *leg =
		pri_leg_alloc(&side, &ops, span, channel, span_trunk(span));
	int mode = 0, value;

	if (!leg)
		return NULL;
	value = pri_get_crv(span_pri(span), ring->call, &mode);
	leg->call = ring->call;
	leg->reference = (unsigned)value << 3 | (unsigned)mode;
	leg->asked_channel = asked;
	leg->libpri_channel = (ring->channel < 0 ? 0 : ring->channel & ~0xff) |
			      (int)channel->number;
	fsm_init(&leg->fsm, &pri_leg_in_fsm_desc, PRI_IN_U6, leg->leg.name,
		 leg);
	return leg;
}

void pri_leg_in_ring(struct span *span, const pri_event_ring *ring)
{
	unsigned asked = (unsigned)ring->channel & 0xff;
	q931_call *call = ring->call;
	struct leg_setup setup = { 0 };
	struct channel *channel;
	struct pri_leg *leg;
	int cause;

	span_call_note(span, call);
	if (ring->channel < 0 || asked == CHANNEL_ANY)
		asked = 0;
	if (span_has_left(span)) {
		refuse(span, ring, PRI_CAUSE_NORMAL_CIRCUIT_CONGESTION,
		       "the span was removed from the configuration");
		return;
	}
	if (!span_takes_calls(span)) {
		refuse(span, ring, PRI_CAUSE_SERVICEOROPTION_NOTAVAIL,
		       "calls from the network are not served");
		return;
	}
	channel = choose_channel(span, ring, asked, &cause);
	if (!channel) {
		refuse(span, ring, cause,
		       cause == PRI_CAUSE_IDENTIFIED_CHANNEL_NOTEXIST
			       ? "no such channel; compare 'channels' here and "
				 "at the exchange"
		       : is_blocked(span, asked)
			       ? "the channel is blocked by the operator"
		       : cause == PRI_CAUSE_REQUESTED_CHAN_UNAVAIL
			       ? "the channel is not free; let the exchange "
				 "hunt from the other end"
			       : "no channel is free");
		return;
	}
	leg = new_leg(span, channel, ring, asked);
	if (!leg) {
		refuse(span, ring, PRI_CAUSE_NORMAL_CIRCUIT_CONGESTION,
		       "no memory for a call");
		return;
	}
	span_count_call(span);
	make_setup(&setup, span, ring);
	span_incoming(span, &leg->leg, &setup);
	/* It may be freed already. */
	if (span_leg_find(span, call) == leg)
		dispatch(leg, PRI_IN_PROCEED, NULL);
}
