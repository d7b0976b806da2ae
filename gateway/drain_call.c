#include "gateway/drain_call.h"

#include "gateway/call_fsm.h"
#include "gateway/cause.h"
#include "gateway/gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* By what is known of it: an event may look at every call, and asking its legs
 * costs twenty times as much. */
static bool leg_concerns(const struct leg_info *leg, enum drain_kind kind,
			 const char *name)
{
	switch (kind) {
	case DRAIN_SPAN:
		return leg->span && leg->span == strtoul(name, NULL, 10);
	case DRAIN_TRUNK: return leg->span && !strcmp(leg->peer, name);
	case DRAIN_PEER: return !leg->span && !strcmp(leg->peer, name);
	default: return true;
	}
}

bool drain_call_concerns(const struct call *call, enum drain_kind kind,
			 const char *name)
{
	if (call->end_ms && !call->attempts)
		return false;
	return leg_concerns(&call->info_a, kind, name) ||
	       leg_concerns(&call->info_b, kind, name);
}

/* 34 is what a network hunts on after, by another span or another carrier, and
 * what Q.931 5.3.2 lets us say as the first answer to a SETUP. */
static struct leg_cause drained(enum drain_kind kind)
{
	static const char *const texts[DRAIN_KINDS] = {
		[DRAIN_ALL] = "the gateway is drained",
		[DRAIN_SPAN] = "the span is drained",
		[DRAIN_TRUNK] = "the trunk group is drained",
		[DRAIN_PEER] = "the sip-peer is drained",
	};
	struct leg_cause cause = { .q850 = CAUSE_RESOURCE_UNAVAILABLE };

	if (kind != DRAIN_PEER)
		cause = cause_from_event(CAUSE_EVENT_NO_CHANNEL);
	return call_our_cause(cause, texts[kind]);
}

static bool takes(const struct call *call, enum drain_kind kind,
		  const char *name, struct leg_cause *why)
{
	if (call_is_emergency(call) ||
	    !drain_find(&call->gateway->drains, kind, name))
		return true;
	*why = drained(kind);
	return false;
}

static bool source_takes(const struct call *call, struct leg_cause *why)
{
	char span[16];

	if (!takes(call, DRAIN_ALL, "", why))
		return false;
	if (!call_leg_is_isdn(call->a))
		return takes(call, DRAIN_PEER, call->setup.from, why);
	snprintf(span, sizeof span, "%u", call->info_a.span);
	return takes(call, DRAIN_SPAN, span, why) &&
	       takes(call, DRAIN_TRUNK, call->setup.from, why);
}

bool drain_call_may_begin(const struct call *call, struct leg_cause *why)
{
	struct gateway *gw = call->gateway;

	if (gw->phase > GATEWAY_DRAINING ||
	    (gw->phase == GATEWAY_DRAINING && !call_is_emergency(call))) {
		*why = call_our_cause(cause_from_event(CAUSE_EVENT_NO_CHANNEL),
				      "the gateway stops");
		return false;
	}
	if (TAILQ_EMPTY(&gw->drains.list) || source_takes(call, why))
		return true;
	gw->counters.drained++;
	return false;
}

bool drain_call_may_go(const struct call *call, struct leg_cause *why)
{
	const struct conf_target *target = route_target(&call->route);

	if (target->trunk)
		return takes(call, DRAIN_TRUNK, target->trunk->name, why);
	return takes(call, DRAIN_PEER, target->peer->name, why);
}
