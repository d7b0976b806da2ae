#include "gateway/call.h"

#include "gateway/audit.h"
#include "gateway/call_fsm.h"
#include "gateway/call_way.h"
#include "gateway/cause.h"
#include "gateway/clock.h"
#include "gateway/event.h"
#include "gateway/gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAUSE_NORMAL 16
#define CAUSE_NORMAL_UNSPECIFIED 31

static const char *const released_by_names[] = {
	[CALL_BY_CALLER] = "caller",   [CALL_BY_CALLEE] = "callee",
	[CALL_BY_GATEWAY] = "gateway", [CALL_BY_SPAN] = "span",
	[CALL_BY_TIMER] = "timer",     [CALL_BY_OPERATOR] = "operator",
};

const char *call_released_by_name(enum call_released_by by)
{
	return released_by_names[by];
}

bool call_is_emergency(const struct call *call)
{
	return call->route.emergency;
}

const char *call_state_name(const struct call *call)
{
	return fsm_state_name(&call->fsm);
}

static uint8_t event_of_calling_leg(const struct leg_event *event)
{
	switch (event->type) {
	case LEG_CONFIRMED: return CALL_EV_A_CONFIRMED;
	case LEG_MEDIA: return CALL_EV_MEDIA;
	case LEG_DISCONNECT: return CALL_EV_A_DISCONNECT;
	case LEG_RELEASED: return CALL_EV_A_RELEASED;
	default: return CALL_EVENTS;
	}
}

static uint8_t event_of_disconnect(const struct call *call,
				   const struct leg_event *event)
{
	if (call_way_goes_on(call, &event->cause))
		return CALL_EV_B_GIVES_UP;
	return event->inband && !call->answer_ms ? CALL_EV_B_ANNOUNCES
						 : CALL_EV_B_DISCONNECT;
}

static uint8_t event_of_release(const struct call *call,
				const struct leg_event *event)
{
	/* Only the first response can refuse just the channel; once the far
	 * side has taken the call its cause is the call's. */
	if (call->fsm.state == CALL_SETUP && call->info_b.channel &&
	    event->cause.origin == LEG_ORIGIN_PEER &&
	    cause_is_channel_local(event->cause.q850))
		return CALL_EV_B_CHANNEL_REFUSED;
	return call_way_goes_on(call, &event->cause) ? CALL_EV_B_FAILED
						     : CALL_EV_B_RELEASED;
}

static uint8_t event_of_called_leg(const struct call *call,
				   const struct leg_event *event)
{
	switch (event->type) {
	case LEG_PROCEEDING: return CALL_EV_B_PROCEEDING;
	case LEG_PROGRESS: return CALL_EV_B_PROGRESS;
	case LEG_ALERTING: return CALL_EV_B_ALERTING;
	case LEG_ANSWER: return CALL_EV_B_ANSWER;
	case LEG_MEDIA: return CALL_EV_MEDIA;
	case LEG_DISCONNECT: return event_of_disconnect(call, event);
	case LEG_RELEASED: return event_of_release(call, event);
	default: return CALL_EVENTS;
	}
}

static void leg_free_later(void *arg)
{
	struct leg *leg = arg;

	leg->ops->free(leg);
}

/* A leg that said RELEASED is the call's no more, but its own code is still on
 * the stack: it is freed after the event. */
static void leg_retire(struct call *call, struct leg **leg,
		       struct leg_info *info)
{
	(*leg)->ops->describe(*leg, info);
	(*leg)->call = NULL;
	loop_defer(call->gateway->loop, &(*leg)->retire, leg_free_later, *leg);
	*leg = NULL;
}

static void leg_event(struct leg *leg, const struct leg_event *event)
{
	struct call *call = leg->call;
	uint8_t type;

	if (!call)
		return;
	if (leg == call->a)
		type = event_of_calling_leg(event);
	else
		type = event_of_called_leg(call, event);
	if (type == CALL_EVENTS) {
		log_event(EVENT_CALL_WRONG_SIDE, call->name,
			  "event %d of the wrong side ignored", event->type);
		return;
	}
	if (type == CALL_EV_A_RELEASED)
		leg_retire(call, &call->a, &call->info_a);
	if (leg == call->b && event->type == LEG_RELEASED)
		leg_retire(call, &call->b, &call->info_b);
	fsm_dispatch(&call->fsm, type, event);
}

static void leg_message(struct leg *leg, enum leg_direction dir,
			const char *text)
{
	struct call *call = leg->call;

	if (call)
		trace_add(&call->trace,
			  leg == call->a ? TRACE_CALLING : TRACE_CALLED, dir,
			  text);
}

const struct leg_sink call_leg_sink = {
	.event = leg_event,
	.message = leg_message,
};

static void announced(void *arg)
{
	struct call *call = arg;

	fsm_dispatch(&call->fsm, CALL_EV_ANNOUNCED, NULL);
}

static struct call *call_new(struct gateway *gw, struct leg *leg,
			     const struct leg_setup *setup)
{
	struct call *call = calloc(1, sizeof *call);

	if (!call)
		return NULL;
	call->gateway = gw;
	call->conf = gw->conf;
	call->held = running_conf_use(gw->running);
	call->id = ++gw->next_call_id;
	call->a = leg;
	call->setup = *setup;
	call->start_ms = clock_now_ms();
	call->start_utc_ns = clock_calendar_ns();
	timer_init(&call->announcement, "T306", announced, call);
	timer_of(&call->announcement, call->name);
	trace_start(&call->trace);
	snprintf(call->name, sizeof call->name, "call=%u %s", call->id,
		 leg->name);
	snprintf(leg->name, sizeof leg->name, "%.*s", (int)sizeof leg->name - 1,
		 call->name);
	fsm_init(&call->fsm, &call_fsm_desc, CALL_IDLE, call->name, call);
	leg->call = call;
	leg->ops->describe(leg, &call->info_a);
	return call;
}

void call_incoming(struct gateway *gw, struct leg *leg,
		   const struct leg_setup *setup)
{
	struct call *call = call_new(gw, leg, setup);

	gw->counters.attempts++;
	if (!call) {
		struct leg_cause cause = { .q850 = CAUSE_TEMPORARY_FAILURE,
					   .origin = LEG_ORIGIN_GATEWAY };

		log_event(EVENT_CALL_NO_MEMORY, leg->name,
			  "no memory for a call: refused");
		leg->ops->release(leg, &cause);
		leg->ops->free(leg);
		return;
	}
	TAILQ_INSERT_TAIL(&gw->calls, call, link);
	gw->call_count++;
	if (leg->ops->begin)
		leg->ops->begin(leg);
	fsm_dispatch(&call->fsm, CALL_EV_SETUP, NULL);
}

static void hang_up(struct call *call, uint8_t q850, enum leg_origin origin,
		    const char *why)
{
	struct leg_cause cause = { .q850 = q850,
				   .location = LOCATION_LOCAL_PRIVATE,
				   .origin = (uint8_t)origin };

	snprintf(cause.text, sizeof cause.text, "%s", why);
	fsm_dispatch(&call->fsm, CALL_EV_HANGUP, &cause);
}

void call_hangup(struct call *call)
{
	hang_up(call, CAUSE_NORMAL, LEG_ORIGIN_OPERATOR, "operator");
}

void call_shutdown(struct call *call)
{
	hang_up(call, CAUSE_NORMAL_UNSPECIFIED, LEG_ORIGIN_GATEWAY, "shutdown");
}

void call_drained(struct call *call)
{
	hang_up(call, CAUSE_NORMAL_UNSPECIFIED, LEG_ORIGIN_OPERATOR, "drain");
}

void call_silent(struct call *call, const char *why)
{
	hang_up(call, CAUSE_TEMPORARY_FAILURE, LEG_ORIGIN_TIMER, why);
}

/* Frees a leg that never said RELEASED, and says it in its place. */
static void force_released(struct call *call, struct leg **leg,
			   struct leg_info *info, uint8_t event)
{
	struct leg *stuck = *leg;

	if (!stuck)
		return;
	log_event(EVENT_CALL_STUCK, stuck->name,
		  "not released in %u s: taken down", AUDIT_STUCK_MS / 1000);
	stuck->ops->describe(stuck, info);
	stuck->call = NULL;
	stuck->ops->free(stuck);
	*leg = NULL;
	fsm_dispatch(&call->fsm, event, NULL);
}

void call_force_over(struct call *call)
{
	force_released(call, &call->a, &call->info_a, CALL_EV_A_RELEASED);
	force_released(call, &call->b, &call->info_b, CALL_EV_B_RELEASED);
}

void call_describe(const struct call *call, struct leg_info *a,
		   struct leg_info *b, struct bridge_stats *media)
{
	*a = call->info_a;
	*b = call->info_b;
	*media = call->media;
	if (call->a)
		call->a->ops->describe(call->a, a);
	if (call->b)
		call->b->ops->describe(call->b, b);
	if (call->bridge)
		bridge_stats(call->bridge, media);
}

void call_free(struct call *call)
{
	if (!call)
		return;
	timer_stop(&call->announcement);
	bridge_free(call->bridge);
	if (call->a)
		call->a->ops->free(call->a);
	if (call->b)
		call->b->ops->free(call->b);
	running_conf_release(call->held);
	free(call);
}
