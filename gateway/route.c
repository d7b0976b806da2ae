#include "gateway/route.h"

#include "conf/hours.h"
#include "conf/number.h"
#include "conf/route_plan.h"
#include "gateway/call_fsm.h"
#include "gateway/cause.h"
#include "gateway/rewrite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PRESENTATION_RESTRICTED 1 /* Q.931 table 4-11 */

static bool is_bearer(uint8_t wanted, enum leg_bearer bearer)
{
	switch (bearer) {
	case LEG_BEARER_SPEECH: return wanted == CONF_BEARER_SPEECH;
	case LEG_BEARER_DATA: return wanted == CONF_BEARER_DATA;
	default: return wanted == CONF_BEARER_AUDIO;
	}
}

/* Whether the rule, whose called number it is, takes this call. */
static enum route_verdict judge(const struct conf_route_rule *rule,
				const struct leg_setup *in, const char *caller,
				const struct route_moment *moment)
{
	enum conf_presentation shown =
		in->calling.presentation == PRESENTATION_RESTRICTED
			? CONF_PRESENTATION_RESTRICTED
			: CONF_PRESENTATION_ALLOWED;

	if (!number_holds(&rule->caller, caller))
		return ROUTE_OTHER_CALLER;
	if (rule->presentation && rule->presentation != shown)
		return ROUTE_OTHER_PRESENTATION;
	if (rule->bearer && !is_bearer(rule->bearer, in->bearer))
		return ROUTE_OTHER_BEARER;
	if (rule->when && !hours_hold(rule->when, moment->utc_s))
		return ROUTE_NOT_NOW;
	return ROUTE_CHOSEN;
}

static void note(struct route_trace *trace, const struct conf_route_rule *rule,
		 enum route_verdict verdict)
{
	if (trace->step_count == ROUTE_STEPS_MAX) {
		trace->more = true;
		return;
	}
	trace->steps[trace->step_count].rule = rule;
	trace->steps[trace->step_count++].verdict = verdict;
}

/* The most specific rule that takes the call. A trace wants to hear of those
 * behind it too. */
static const struct conf_route_rule *
find_rule(const struct conf_route *route, const struct leg_setup *in,
	  const struct route_moment *moment, const struct route_result *numbers,
	  struct route_trace *trace)
{
	const struct conf_route_rule *rule, *found = NULL;
	struct route_search search;
	enum route_verdict verdict;

	if (!route || !route->plan)
		return NULL;
	route_search_begin(&search, route->plan, numbers->called,
			   numbers->calling);
	while ((rule = route_search_next(&search))) {
		verdict = judge(rule, in, numbers->calling, moment);
		if (verdict == ROUTE_CHOSEN && found)
			verdict = ROUTE_LESS_SPECIFIC;
		if (verdict == ROUTE_CHOSEN)
			found = rule;
		if (trace)
			note(trace, rule, verdict);
		else if (found)
			break;
	}
	return found;
}

static struct conf_target end_named(const struct conf *conf, const char *name)
{
	struct conf_target end = { .peer = conf_peer_find(conf, name) };

	if (!end.peer)
		end.trunk = conf_trunk_find(conf, name);
	return end;
}

/* What `lot` has drawn from lots of `total`, and what is left of it for another
 * draw. Four draws of four times CONF_WEIGHT_MAX fit into its 32 bits. */
static uint32_t draw(uint32_t *lot, uint32_t total)
{
	uint32_t drawn = *lot % total;

	*lot /= total;
	return drawn;
}

/* Those that share come first, and each of them leads by its weight; so do
 * those that are left when it can take no call. */
static void order_targets(const struct conf_action *action, uint32_t lot,
			  uint8_t order[CONF_TARGETS_MAX])
{
	size_t shares = 0;

	for (size_t i = 0; i < CONF_TARGETS_MAX; i++)
		order[i] = (uint8_t)i;
	while (shares < action->target_count && action->weight[shares])
		shares++;
	for (size_t i = 0; i + 1 < shares; i++) {
		uint32_t total = 0, drawn;
		size_t chosen = i;
		uint8_t target;

		for (size_t k = i; k < shares; k++)
			total += action->weight[order[k]];
		drawn = draw(&lot, total);
		while (drawn >= action->weight[order[chosen]])
			drawn -= action->weight[order[chosen++]];
		target = order[chosen];
		memmove(&order[i + 1], &order[i], chosen - i);
		order[i] = target;
	}
}

/* Makes the numbers for the target that is tried now. */
static int make_out(const struct leg_setup *in, struct route_result *r)
{
	const struct conf_target none = { 0 }, *target = route_target(r);
	const struct conf_target *to = target ? target : &none;
	const struct conf_rewrite *rewrite = r->rule->action->rewrite;
	bool other_caller = rewrite && *rewrite->caller_as;
	const struct numbering_who who = {
		.calling = other_caller ? rewrite->caller_as : r->calling,
		.redirecting = r->redirecting,
		.emergency = r->emergency
	};

	r->out = *in;
	numbering_tell_who(to, &who, in, &r->out, &r->calling_told,
			   &r->redirecting_told);
	return numbering_send_to(to, r->rewritten, &r->out.called, &r->sent_by);
}

static int call(const struct conf *conf, const struct leg_setup *in,
		const struct route_moment *moment, struct route_result *out,
		struct route_trace *trace)
{
	struct conf_target from = end_named(conf, in->from);
	const struct conf_numbering *plan = numbering_of(&from);
	const struct conf_route *route = conf_route_find(conf, in->from);
	const struct conf_number_rule *received_by;
	int err;

	*out = (struct route_result){ .rule = NULL };
	err = numbering_receive(plan, &in->called, out->called, &received_by);
	if (trace)
		*trace = (struct route_trace){ .route = route,
					       .received_by = received_by };
	if (err < 0)
		return -EINVAL;
	numbering_read(plan, &in->calling, out->calling);
	numbering_read(plan, &in->redirecting.number, out->redirecting);
	out->rule = find_rule(route, in, moment, out, trace);
	if (!out->rule)
		return -ENOENT;
	out->emergency = out->rule->action->emergency;
	order_targets(out->rule->action, moment->lot, out->order);
	if (rewrite_number(out->rule->action->rewrite, out->called,
			   out->rewritten) < 0)
		return -EINVAL;
	err = make_out(in, out);
	while (err == -EINVAL &&
	       out->target + 1 < out->rule->action->target_count)
		err = route_next(in, out);
	return err;
}

int route_call(const struct conf *conf, const struct leg_setup *in,
	       const struct route_moment *moment, struct route_result *out)
{
	return call(conf, in, moment, out, NULL);
}

int route_call_traced(const struct conf *conf, const struct leg_setup *in,
		      const struct route_moment *moment,
		      struct route_result *out, struct route_trace *trace)
{
	return call(conf, in, moment, out, trace);
}

const struct conf_target *route_target(const struct route_result *r)
{
	return r->rule && r->target < r->rule->action->target_count
		       ? &r->rule->action->targets[r->order[r->target]]
		       : NULL;
}

struct leg_cause route_rejection(const struct conf_action *action)
{
	struct leg_cause cause = { .q850 = action->reject_cause };

	if (action->reject_status)
		cause = cause_from_sip(action->reject_status);
	cause.location = LOCATION_LOCAL_PRIVATE;
	cause.origin = LEG_ORIGIN_GATEWAY;
	cause.told = *action->reject_text != '\0';
	snprintf(cause.text, sizeof cause.text, "%s", action->reject_text);
	return cause;
}

int route_next(const struct leg_setup *in, struct route_result *r)
{
	if (r->target + 1 >= r->rule->action->target_count)
		return -ENOENT;
	r->target++;
	return make_out(in, r);
}

/* What says nothing about the number that was called, only about the way there:
 * out of order, congestion, no channel (Q.850 34, 38, 41, 42, 44, 47), and
 * their like in SIP. A busy or unknown number is the same by any way. */
static bool retries_by_default(const struct leg_cause *cause)
{
	switch (cause->sip_status) {
	case 0: break;
	case 408:
	case 500:
	case 502:
	case 503:
	case 504: return true;
	default: return false;
	}
	switch (cause->q850) {
	case 34:
	case 38:
	case 41:
	case 42:
	case 44:
	case 47: return true;
	default: return false;
	}
}

static bool is_listed(const struct conf_retry *retry,
		      const struct leg_cause *cause)
{
	for (size_t i = 0; i < retry->status_count; i++)
		if (cause->sip_status == retry->status[i])
			return true;
	return !cause->sip_status && cause->q850 < 128 &&
	       retry->cause[cause->q850 / 64] >> (cause->q850 % 64) & 1;
}

bool route_retries(const struct conf_route_rule *rule,
		   const struct leg_cause *cause)
{
	if (!rule->action->retry)
		return cause->origin == LEG_ORIGIN_TIMER ||
		       cause->origin == LEG_ORIGIN_SPAN ||
		       retries_by_default(cause);
	if (cause->origin == LEG_ORIGIN_TIMER)
		return rule->action->retry->timeout;
	return is_listed(rule->action->retry, cause);
}

void route_connected(const struct conf *conf, const struct route_result *r,
		     const char *from, const struct leg_number *in,
		     struct leg_number *out)
{
	const struct conf_target caller = end_named(conf, from);
	const struct conf_target *called = route_target(r);
	char core[ROUTE_CORE_MAX];

	numbering_read(called ? numbering_of(called) : NULL, in, core);
	numbering_tell(&caller, core, in, out);
}
