#include "gateway/call_way.h"

#include "gateway/call_fsm.h"
#include "gateway/call_media.h"
#include "gateway/cause.h"
#include "gateway/drain_call.h"
#include "gateway/event.h"
#include "gateway/gateway.h"
#include "gateway/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The texts of this file are notes in ladders, where 39 characters fit. */

const char *call_way_name(const struct route_result *route)
{
	const struct conf_target *target = route_target(route);

	if (!route->rule)
		return "no route";
	if (!target)
		return "route reject";
	return target->trunk ? target->trunk->name : target->peer->name;
}

static struct leg_cause own_cause(uint8_t q850, const char *text)
{
	return call_our_cause((struct leg_cause){ .q850 = q850 }, text);
}

static struct leg_cause every_channel_taken(const char *text)
{
	return call_our_cause(cause_from_event(CAUSE_EVENT_NO_CHANNEL), text);
}

/* Why a target gives no leg. */
struct no_leg {
	struct leg_cause cause;
	uint64_t *count; /* of calls that are refused for it; or NULL */
	bool full;	 /* it works, but takes no more: overflow is normal */
};

static struct no_leg no_channel(struct gateway_counters *count, int err)
{
	switch (err) {
	case -ENETDOWN:
		return (struct no_leg){
			own_cause(CAUSE_NETWORK_OUT_OF_ORDER,
				  "no span of the trunk group is up"),
			&count->span_down, false
		};
	case -ESHUTDOWN:
		return (struct no_leg){
			every_channel_taken(
				"every span of the trunk group is drained"),
			&count->drained, true
		};
	case -EBUSY:
		return (struct no_leg){
			every_channel_taken(
				"the trunk group has no free channel"),
			&count->no_channel, true
		};
	case -EACCES:
		return (struct no_leg){
			every_channel_taken("all free channels are blocked by "
					    "the operator"),
			&count->no_channel, true
		};
	default:
		return (struct no_leg){ own_cause(CAUSE_TEMPORARY_FAILURE,
						  strerror(-err)),
					NULL, false };
	}
}

static struct no_leg no_dialog(struct gateway_counters *count, int err)
{
	switch (err) {
	case -EHOSTUNREACH:
		return (struct no_leg){ own_cause(CAUSE_NO_ROUTE,
						  "the sip-peer has no server"),
					NULL, false };
	case -ENOENT:
		return (struct no_leg){ own_cause(CAUSE_NO_ROUTE,
						  "the sip-peer was removed"),
					NULL, false };
	case -EHOSTDOWN:
		return (struct no_leg){
			own_cause(CAUSE_NETWORK_OUT_OF_ORDER,
				  "the sip-peer does not answer"),
			&count->peer_down, false
		};
	case -EBUSY:
		return (struct no_leg){
			own_cause(CAUSE_CONGESTION,
				  "the sip-peer is at its limit of calls"),
			&count->peer_limit, true
		};
	default:
		return (struct no_leg){ own_cause(CAUSE_TEMPORARY_FAILURE,
						  strerror(-err)),
					NULL, false };
	}
}

static struct leg *trunk_leg(struct call *call, const struct conf_trunk *trunk,
			     struct no_leg *why)
{
	const struct isdn_wish wish = { .tried = &call->tried,
					.emergency = call_is_emergency(call) };
	struct gateway *gw = call->gateway;
	struct leg *leg;
	int err = call_limit_trunk(call, trunk, &why->cause);

	if (err < 0) {
		why->full = err == -EDQUOT;
		why->count = why->full ? &gw->counters.limited : NULL;
		return NULL;
	}
	err = isdn_leg_new(gw->isdn, trunk, &wish, &leg);
	if (err == 0)
		return leg;
	*why = no_channel(&gw->counters, err);
	call_limit_no_channel(call);
	return NULL;
}

/* An idle called leg of the present target, or the cause why there is none. */
static struct leg *called_leg(struct call *call, struct no_leg *why)
{
	const struct conf_target *target = route_target(&call->route);
	struct gateway *gw = call->gateway;
	struct leg *leg = NULL;
	int err;

	*why = (struct no_leg){ .count = NULL };
	if (!!target->trunk == call_leg_is_isdn(call->a)) {
		why->cause = own_cause(CAUSE_NO_ROUTE,
				       "the route leads back where it began");
	} else if (!drain_call_may_go(call, &why->cause)) {
		why->full = true;
		why->count = &gw->counters.drained;
	} else if (target->trunk) {
		leg = trunk_leg(call, target->trunk, why);
	} else {
		err = sip_agent_leg_new(gw->sip, target->peer,
					call_is_emergency(call), &leg);
		if (err < 0)
			*why = no_dialog(&gw->counters, err);
	}
	return leg;
}

/* The log names of the call and of its called leg end with what names that leg,
 * the last word of its own: "call=17 sip=... span=1/5", "call=17 span=1/5". */
static void name_by_called_leg(struct call *call)
{
	struct leg *leg = call->b;
	const char *last = strrchr(leg->name, ' ');

	snprintf(call->name, sizeof call->name, "%s %s", call->a->name,
		 last ? last + 1 : leg->name);
	snprintf(leg->name, sizeof leg->name, "call=%u %s", call->id,
		 strrchr(call->name, ' ') + 1);
}

/* SETUP or INVITE to the present target. 0; -EAGAIN: it takes no call, *why
 * says why. A caller that shares no codec with us is refused here: no other
 * target would change that. */
static int try_target(struct call *call, struct no_leg *why)
{
	const struct call_sent before = call->sent;
	struct leg *leg = called_leg(call, why);
	int err;

	if (!leg)
		return -EAGAIN;
	call->b = leg;
	call->attempts++;
	leg->call = call;
	leg->ops->describe(leg, &call->info_b);
	name_by_called_leg(call);
	err = call_media_join(call);
	if (err < 0) {
		call_refuse_media(call, err);
		return 0;
	}
	call_sent_take(&call->sent, &call->route);
	err = leg->ops->setup(leg, &call->route.out);
	if (err == 0) {
		/* What is drained has a call again, or what the call left for
		 * this target has one less. */
		if (call_is_emergency(call) || call->attempts > 1)
			drain_check(&call->gateway->drains);
		return 0;
	}
	/* Nothing was sent, and nobody hears of it. */
	why->cause = own_cause(CAUSE_TEMPORARY_FAILURE, strerror(-err));
	call->sent = before;
	call->b = NULL;
	leg->ops->free(leg);
	return -EAGAIN;
}

/* That a group is full is what the next target is for: no warning. */
static void tell_next_target(struct call *call, const struct leg_cause *cause,
			     bool full)
{
	const char *name = call_way_name(&call->route);
	char note[TRACE_TEXT_MAX];

	/* A peer's reason stands in the message above. */
	if (cause->origin != LEG_ORIGIN_PEER && cause->text[0])
		trace_add(&call->trace, TRACE_GATEWAY, LEG_OUT, cause->text);
	snprintf(note, sizeof note, "next: %s", name);
	trace_add(&call->trace, TRACE_GATEWAY, LEG_OUT, note);
	log_event_at(full ? LOG_INFO
			  : event_info(EVENT_CALL_NEXT_TARGET)->level,
		     EVENT_CALL_NEXT_TARGET, call->name,
		     "cause=%u target=%s cause %u%s%s: trying %s", cause->q850,
		     name, cause->q850, cause->text[0] ? ", " : "", cause->text,
		     name);
}

/* A target whose numbering makes no number of this one is passed over. */
static bool next_target(struct call *call, const struct no_leg *why)
{
	struct gateway_counters *count = &call->gateway->counters;
	int err;

	call_limit_leave_trunk(call);
	do
		err = route_next(&call->setup, &call->route);
	while (err == -EINVAL);
	if (err < 0)
		return false;
	call->tried.count = 0;
	count->overflowed += why->full;
	count->rerouted += !why->full;
	tell_next_target(call, &why->cause, why->full);
	return true;
}

static void refuse(struct call *call, const struct no_leg *why)
{
	if (why->count)
		++*why->count;
	call_refuse_with(call, &why->cause);
}

bool call_way_spares_reserve(struct call *call)
{
	struct gateway *gw = call->gateway;
	const struct conf_trunk *trunk;
	struct leg_cause why;

	if (call_is_emergency(call) || !call_leg_is_isdn(call->a))
		return true;
	trunk = conf_trunk_find(call->conf, call->setup.from);
	/* Its own channel is taken already. */
	if (!trunk ||
	    isdn_idle_channels(gw->isdn, trunk, false) >= trunk->reserve)
		return true;
	gw->counters.no_channel++;
	why = every_channel_taken("the free channels are for emergency calls");
	call_refuse_with(call, &why);
	return false;
}

void call_way_start(struct call *call)
{
	struct no_leg why;
	int err;

	do
		err = try_target(call, &why);
	while (err == -EAGAIN && next_target(call, &why));
	if (err < 0)
		refuse(call, &why);
}

void call_way_next(struct call *call, const struct leg_cause *cause)
{
	const struct no_leg why = { .cause = *cause };

	if (next_target(call, &why))
		call_way_start(call);
	else
		refuse(call, &why);
}

void call_way_next_channel(struct call *call, const struct leg_cause *cause)
{
	struct isdn_tried *tried = &call->tried;
	const size_t room = sizeof tried->channel / sizeof tried->channel[0];
	struct leg_cause why;

	if (tried->count == room) {
		why = every_channel_taken("every channel tried was refused");
		call_way_next(call, &why);
		return;
	}
	tried->channel[tried->count].span = (uint16_t)call->info_b.span;
	tried->channel[tried->count].channel = (uint8_t)call->info_b.channel;
	tried->count++;
	call->gateway->counters.retried++;
	trace_add(&call->trace, TRACE_GATEWAY, LEG_OUT, "next channel");
	log_event(EVENT_CALL_NEXT_CHANNEL, call->name,
		  "cause=%u channel refused with cause %u: trying another one",
		  cause->q850, cause->q850);
	call_way_start(call);
}

bool call_way_goes_on(const struct call *call, const struct leg_cause *cause)
{
	const struct route_result *route = &call->route;

	return (call->fsm.state == CALL_SETUP ||
		call->fsm.state == CALL_PROCEEDING) &&
	       call->path == BRIDGE_CLOSED &&
	       route->target + 1 < route->rule->action->target_count &&
	       route_retries(route->rule, cause);
}

bool call_way_follow(struct call *call)
{
	struct leg_info was = call->info_b, now;
	int err;

	call->b->ops->describe(call->b, &now);
	call->info_b = now;
	if (was.span == now.span && was.channel == now.channel)
		return true;
	name_by_called_leg(call);
	err = call_media_join(call);
	if (err < 0)
		call_refuse_media(call, err);
	return err == 0;
}
