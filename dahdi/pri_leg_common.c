#include "dahdi/pri_leg_common.h"

#include "dahdi/pri_cause.h"
#include "dahdi/pri_enquiry.h"
#include "dahdi/pri_ladder.h"
#include "dahdi/span.h"
#include "gateway/event.h"

#include <errno.h>
#include <libpri.h>
#include <stdio.h>
#include <stdlib.h>

/* libpri's defaults for those that the configuration leaves at 0. */
#define T305_MS 30000
#define T308_MS 4000
#define GUARD_MARGIN_MS 2000
#define RELEASES_MAX 2 /* T308 has run for each */
#define PI_INBAND 8    /* Q.931 4.5.23 */

static void guard_expired(void *arg)
{
	struct pri_leg *leg = arg;

	fsm_dispatch(&leg->fsm, leg->side->guard_event, NULL);
}

struct pri_leg *pri_leg_alloc(const struct pri_leg_side *side,
			      const struct leg_ops *ops, struct span *span,
			      struct channel *channel,
			      const struct conf_trunk *trunk)
{
	struct pri_leg *leg = calloc(1, sizeof *leg);

	if (!leg)
		return NULL;
	leg->leg.ops = ops;
	leg->leg.sink = span_sink(span);
	snprintf(leg->leg.name, sizeof leg->leg.name, "%s", channel->name);
	leg->side = side;
	leg->span = span;
	leg->trunk = trunk;
	leg->channel = channel;
	leg->channel_number = channel->number;
	timer_init(&leg->guard, "release guard", guard_expired, leg);
	timer_of(&leg->guard, leg->leg.name);
	pri_enquiry_init(leg);
	channel_event(channel, CHANNEL_SEIZE);
	span_leg_add(span, leg);
	return leg;
}

void pri_leg_channel_event(struct pri_leg *leg, enum channel_event event)
{
	if (leg->channel)
		channel_event(leg->channel, event);
}

void pri_leg_raise(struct pri_leg *leg, enum leg_event_type type, bool inband)
{
	struct leg_event event = { .type = type, .inband = inband };

	if (type == LEG_DISCONNECT || type == LEG_RELEASED)
		event.cause = leg->cause;
	leg->leg.sink->event(&leg->leg, &event);
}

void pri_leg_stop_timers(struct pri_leg *leg)
{
	timer_stop(&leg->t301);
	timer_stop(&leg->t304);
	timer_stop(&leg->t310);
	timer_stop(&leg->t322);
	timer_stop(&leg->guard);
}

void pri_leg_start_timer(struct pri_leg *leg, struct timer *timer, uint32_t ms)
{
	timer_start(span_timers(leg->span), timer, ms);
}

const struct q931_received *pri_leg_received(const struct pri_leg *leg)
{
	return q931_tap_received(span_tap(leg->span), leg->reference,
				 leg->ours);
}

void pri_leg_note_cause(struct pri_leg *leg, const struct leg_cause *cause)
{
	if (!leg->cause.q850)
		leg->cause = *cause;
}

/* After the second T308 nobody knows what the peer thinks of the channel: it
 * goes into maintenance, which is restarting it (Q.931 5.3.2, 5.3.3). No more
 * is known of a call that ended without a link (5.8.9): the peer may not have
 * noticed, or have a longer T309. */
void pri_leg_finish(struct pri_leg *leg)
{
	struct channel *channel = leg->channel;
	bool known = leg->peer_released || !leg->call ||
		     span_dchannel_is_up(leg->span);

	pri_leg_stop_timers(leg);
	if (leg->call)
		q931_tap_forget(span_tap(leg->span), leg->reference, leg->ours);
	span_leg_remove(leg->span, leg);
	leg->call = NULL;
	leg->channel = NULL;
	if (channel && leg->releases >= RELEASES_MAX && !leg->peer_released) {
		log_event(EVENT_RELEASE_UNANSWERED, leg->leg.name,
			  "the exchange never answered our release; the "
			  "channel is restarted");
		span_restart_channel(leg->span, channel);
	} else if (channel && !known) {
		span_restart_channel(leg->span, channel);
	} else if (channel) {
		channel_event(channel, CHANNEL_FREE);
	}
	pri_leg_raise(leg, LEG_RELEASED, false);
}

/* libpri loses a call whose clearing crosses a failure of the link; the channel
 * must not be lost with it. */
void pri_leg_start_guard(struct pri_leg *leg, bool disconnect)
{
	const struct conf_span *conf = span_conf(leg->span);
	uint32_t t305_ms = conf->t305_ms ? conf->t305_ms : T305_MS;
	uint32_t t308_ms = conf->t308_ms ? conf->t308_ms : T308_MS;

	pri_leg_stop_timers(leg);
	pri_leg_start_timer(leg, &leg->guard,
			    (disconnect ? t305_ms : 0) + 2 * t308_ms +
				    GUARD_MARGIN_MS);
}

void pri_leg_hang_up(struct pri_leg *leg, const struct leg_cause *cause,
		     bool disconnect)
{
	pri_leg_note_cause(leg, cause);
	pri_leg_start_guard(leg, disconnect);
	pri_leg_channel_event(leg, CHANNEL_CLEAR);
	q931_tap_send_location(span_tap(leg->span), leg->reference, leg->ours,
			       cause->location);
	pri_hangup(span_pri(leg->span), leg->call, pri_cause_to_send(cause));
	/* A call that had no answer yet may be ended by RELEASE COMPLETE
	 * (5.3.2): then it is gone without an event, and the pump or whoever
	 * handles the present event finds that. */
	span_pump(leg->span);
}

bool pri_leg_is_gone(const struct pri_leg *leg)
{
	int mode;

	return pri_get_crv(span_pri(leg->span), leg->call, &mode) < 0;
}

/* With a tone or an announcement (Q.931 5.3.4.1) the channel stays in use until
 * the call has heard enough or the network's T306 releases it: libpri waits for
 * either and runs no timer. Its event has no indicators, the tap has them. */
void pri_leg_on_disconnect(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;
	const struct pri_leg_message *message = arg;
	const struct q931_received *received = pri_leg_received(leg);
	struct leg_cause cause = pri_cause_received(received, message->cause);
	bool inband = received && received->progress & 1U << PI_INBAND;

	pri_leg_stop_timers(leg);
	pri_leg_note_cause(leg, &cause);
	if (!inband)
		pri_leg_channel_event(leg, CHANNEL_CLEAR);
	pri_leg_raise(leg, LEG_DISCONNECT, inband);
}

/* Both sides disconnected at once; libpri has answered with RELEASE. */
void pri_leg_on_collision(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;

	(void)arg;
	pri_leg_start_guard(leg, false);
	pri_hangup(span_pri(leg->span), leg->call, PRI_CAUSE_NORMAL_CLEARING);
}

/* libpri wants a hang-up after its HANGUP event: that sends the RELEASE
 * COMPLETE that is owed, if any, and destroys the call. */
void pri_leg_on_release(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;

	(void)arg;
	pri_hangup(span_pri(leg->span), leg->call, PRI_CAUSE_NORMAL_CLEARING);
	pri_leg_finish(leg);
}

void pri_leg_on_gone(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;
	struct leg_cause cause =
		pri_cause_own(PRI_CAUSE_NORMAL_TEMPORARY_FAILURE,
			      LEG_ORIGIN_GATEWAY, "libpri dropped the call");

	(void)arg;
	pri_leg_note_cause(leg, &cause);
	pri_leg_finish(leg);
}

void pri_leg_on_restart(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;
	struct leg_cause cause =
		pri_cause_own(PRI_CAUSE_NORMAL_TEMPORARY_FAILURE,
			      LEG_ORIGIN_PEER, "Q.931 RESTART");

	(void)arg;
	pri_leg_note_cause(leg, &cause);
	pri_destroycall(span_pri(leg->span), leg->call);
	pri_leg_finish(leg);
}

void pri_leg_on_guard(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;

	(void)arg;
	pri_destroycall(span_pri(leg->span), leg->call);
	leg->releases = RELEASES_MAX;
	pri_leg_finish(leg);
}

void pri_leg_message(struct pri_leg *leg, enum pri_leg_event event,
		     const struct pri_leg_message *message)
{
	leg->side->message(leg, event, message);
}

void pri_leg_restart(struct pri_leg *leg)
{
	leg->side->restart(leg);
}

void pri_leg_check(struct pri_leg *leg)
{
	pri_enquiry_check(leg);
	leg->side->check(leg);
}

void pri_leg_seen(struct pri_leg *leg, const struct q931_seen *seen)
{
	char text[64];

	leg->releases += seen->dir == LEG_OUT && seen->type == Q931_RELEASE;
	leg->peer_released |=
		seen->dir == LEG_IN && (seen->type == Q931_RELEASE ||
					seen->type == Q931_RELEASE_COMPLETE);
	pri_enquiry_seen(leg, seen);
	if (leg->side->seen)
		leg->side->seen(leg, seen);
	if (!leg->leg.sink->message)
		return;
	pri_ladder_text(seen, text, sizeof text);
	leg->leg.sink->message(&leg->leg, seen->dir, text);
}

const struct channel *pri_leg_channel(const struct pri_leg *leg)
{
	return leg->channel;
}

struct q931_call *pri_leg_call(const struct pri_leg *leg)
{
	return leg->call;
}

bool pri_leg_has_reference(const struct pri_leg *leg, unsigned reference,
			   bool ours)
{
	return leg->reference == reference && leg->ours == ours;
}

unsigned pri_leg_reference(const struct pri_leg *leg)
{
	return leg->reference;
}

bool pri_leg_is_active(const struct pri_leg *leg)
{
	return leg->fsm.state == leg->side->active_state;
}

void pri_leg_link_reset(struct pri_leg *leg)
{
	if (pri_leg_is_active(leg))
		pri_enquiry_start(leg);
}

void pri_leg_link_up(struct pri_leg *leg)
{
	if (pri_leg_is_active(leg))
		pri_enquiry_expect(leg);
}

void pri_leg_link_lost(struct pri_leg *leg)
{
	pri_enquiry_stop(leg);
}

bool pri_leg_guarded(const struct pri_leg *leg)
{
	return timer_running(&leg->guard);
}

void pri_leg_abandon(struct pri_leg *leg)
{
	const struct leg_cause cause =
		pri_cause_own(PRI_CAUSE_NORMAL_TEMPORARY_FAILURE,
			      LEG_ORIGIN_GATEWAY, "audit: no channel");

	leg->channel = NULL;
	pri_leg_note_cause(leg, &cause);
	pri_hangup(span_pri(leg->span), leg->call, cause.q850);
	pri_leg_message(leg, PRI_LEG_GONE, NULL);
	span_pump(leg->span);
}

void pri_leg_force_release(struct pri_leg *leg)
{
	const struct leg_cause cause =
		pri_cause_own(PRI_CAUSE_NORMAL_TEMPORARY_FAILURE,
			      LEG_ORIGIN_GATEWAY, "audit: never released");

	leg->leg.ops->release(&leg->leg, &cause);
	if (leg->channel && !timer_running(&leg->guard))
		fsm_dispatch(&leg->fsm, leg->side->guard_event, NULL);
}

struct leg *pri_leg_leg(struct pri_leg *leg)
{
	return &leg->leg;
}

int pri_leg_op_media(struct leg *base, const struct leg_media_local *local,
		     struct leg_media *out)
{
	struct pri_leg *leg = pri_leg_of(base);

	(void)local;
	if (!leg->channel)
		return -ENOTCONN;
	*out = (struct leg_media){
		.kind = LEG_MEDIA_TDM,
		.span = span_conf(leg->span)->number,
		.timeslot = leg->channel->number,
		.law = span_law(leg->span),
		.receive_ddb = span_conf(leg->span)->receive_ddb,
		.transmit_ddb = span_conf(leg->span)->transmit_ddb,
		/* Calls that are not audio are refused: none wants it off. */
		.echo = span_conf(leg->span)->echo_taps != 0,
		.dtmf_payload_type = -1,
		.send = true,
		.receive = true,
	};
	return 0;
}

void pri_leg_op_describe(const struct leg *base, struct leg_info *info)
{
	const struct pri_leg *leg = (const struct pri_leg *)base;

	*info = (struct leg_info){
		.span = span_conf(leg->span)->number,
		.channel = leg->channel_number,
		.call_reference = leg->reference,
	};
	snprintf(info->state, sizeof info->state, "%s",
		 fsm_state_name(&leg->fsm));
	if (leg->trunk)
		snprintf(info->peer, sizeof info->peer, "%s", leg->trunk->name);
}

/* A leg that is not over takes its libpri call along; the peer is told, and
 * what it answers finds no leg and is tidied up in pri_event.c. */
void pri_leg_op_free(struct leg *base)
{
	struct pri_leg *leg = pri_leg_of(base);
	struct span *span = leg->span;

	pri_leg_stop_timers(leg);
	span_leg_remove(span, leg);
	if (leg->call) {
		struct q931_call *call = leg->call;

		q931_tap_forget(span_tap(span), leg->reference, leg->ours);
		leg->call = NULL;
		pri_hangup(span_pri(span), call, PRI_CAUSE_NORMAL_CLEARING);
		span_pump(span);
	}
	pri_leg_channel_event(leg, CHANNEL_FREE);
	free(leg);
}
