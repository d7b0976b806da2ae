#include "gateway/call_limit.h"

#include "conf/class.h"
#include "gateway/call.h"
#include "gateway/call_fsm.h"
#include "gateway/cause.h"
#include "gateway/event.h"
#include "gateway/gateway.h"
#include "gateway/log.h"

#include <errno.h>
#include <stdio.h>

static struct limit_now now_of(struct gateway *gw)
{
	return limit_clock_now(&gw->limit_clock, gw->conf->gateway.time_zone);
}

static struct leg_cause used_up(struct call *call,
				const struct conf_limits *limits,
				const struct conf_limit *limit, int level)
{
	char most[40], text[LEG_TEXT_MAX];

	limit_format(limit, most, sizeof most);
	snprintf(text, sizeof text, "limit reached: %s", most);
	log_event_at(level, EVENT_CALL_LIMITED, call->name,
		     "limit=%s max=%s caller=%s at=%s:%u a limit is used up",
		     limits->name, most,
		     *call->route.calling ? call->route.calling : "none",
		     limit->place.file, limit->place.line);
	return call_our_cause(limit_cause(limit), text);
}

/* 0; -EDQUOT or -ENOMEM: *why says why not. */
static int take(struct call *call, const struct conf_limits *limits,
		struct limit_held *held, int level, struct leg_cause *why)
{
	const struct limit_now now = now_of(call->gateway);
	const struct conf_limit *full;
	int err = limit_take(call->gateway->limits, limits, call->route.calling,
			     &now, held, &full);

	if (err == -EDQUOT)
		*why = used_up(call, limits, full, level);
	else if (err < 0)
		*why = call_our_cause(
			(struct leg_cause){ .q850 = CAUSE_TEMPORARY_FAILURE },
			err == -ENOSPC ? "too many classes with limits have it"
				       : "no memory to count for its limit");
	return err;
}

static int take_of_rule(struct call *call, const struct conf_limits *limits,
			struct leg_cause *why)
{
	return take(call, limits, &call->limits.rule,
		    event_info(EVENT_CALL_LIMITED)->level, why);
}

static int take_of_classes(struct call *call, struct leg_cause *why)
{
	int err = 0;

	for (size_t i = 0; i < call->conf->class_count && err == 0; i++) {
		const struct conf_class *class = &call->conf->classes[i];

		if (class->limits.count &&
		    class_holds(class, call->route.called))
			err = take_of_rule(call, &class->limits, why);
	}
	return err;
}

bool call_limit_begin(struct call *call)
{
	const struct conf_limits *limits = call->route.rule->action->limits;
	struct leg_cause why;
	int err = 0;

	if (call_is_emergency(call))
		return true;
	if (limits)
		err = take_of_rule(call, limits, &why);
	if (err == 0)
		err = take_of_classes(call, &why);
	if (err == 0)
		return true;
	call->gateway->counters.limited += err == -EDQUOT;
	/* What it has taken of the others has not been used. */
	if (call->limits.rule.count) {
		const struct limit_now now = now_of(call->gateway);

		limit_undo(call->gateway->limits, &call->limits.rule, &now);
	}
	call_refuse_with(call, &why);
	return false;
}

int call_limit_trunk(struct call *call, const struct conf_trunk *trunk,
		     struct leg_cause *why)
{
	const struct route_result *route = &call->route;
	bool last = route->target + 1 >= route->rule->action->target_count;
	int err;

	if (call_is_emergency(call) || call->limits.of == trunk)
		return 0;
	/* What overflows to another target is nobody's loss. */
	err = take(call, &trunk->limits, &call->limits.trunk,
		   last ? event_info(EVENT_CALL_LIMITED)->level : LOG_INFO,
		   why);
	if (err < 0)
		*why = call_our_cause(cause_from_event(CAUSE_EVENT_NO_CHANNEL),
				      why->text);
	else
		call->limits.of = trunk;
	return err;
}

void call_limit_no_channel(struct call *call)
{
	const struct limit_now now = now_of(call->gateway);

	/* One whose SETUPs were refused, channel by channel, has begun. */
	if (!call->tried.count)
		limit_undo(call->gateway->limits, &call->limits.trunk, &now);
	call_limit_leave_trunk(call);
}

void call_limit_leave_trunk(struct call *call)
{
	const struct limit_now now = now_of(call->gateway);

	limit_give(call->gateway->limits, &call->limits.trunk, &now);
	call->limits.of = NULL;
}

void call_limit_talk(struct call *call)
{
	const struct limit_now now = now_of(call->gateway);

	limit_talk(&call->limits.rule, &now);
	limit_talk(&call->limits.trunk, &now);
}

void call_limit_end(struct call *call)
{
	const struct limit_now now = now_of(call->gateway);

	limit_give(call->gateway->limits, &call->limits.rule, &now);
	call_limit_leave_trunk(call);
}

unsigned call_limit_audit(struct gateway *gw)
{
	const struct limit_now now = now_of(gw);
	const struct call *call;

	limit_audit_begin(gw->limits);
	TAILQ_FOREACH(call, &gw->calls, link)
	{
		limit_audit_count(&call->limits.rule);
		limit_audit_count(&call->limits.trunk);
	}
	return limit_audit_end(gw->limits, &now);
}
