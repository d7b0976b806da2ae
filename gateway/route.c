#include "gateway/route.h"

#include "conf/number.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct conf_route_rule *route_find(const struct conf_route *route,
					 const char *core)
{
	const struct conf_route_rule *best = NULL;

	for (size_t i = 0; i < route->rule_count; i++) {
		const struct conf_route_rule *rule = &route->rules[i];

		if (number_holds(&rule->called, core) &&
		    (!best ||
		     number_specific(&rule->called, &best->called) < 0))
			best = rule;
	}
	return best;
}

static struct conf_target end_named(const struct conf *conf, const char *name)
{
	struct conf_target end = { .peer = conf_peer_find(conf, name) };

	if (!end.peer)
		end.trunk = conf_trunk_find(conf, name);
	return end;
}

/* Makes the numbers for the rule's target number `r->target`. */
static int make_out(const struct leg_setup *in, struct route_result *r)
{
	const struct conf_target none = { 0 }, *target = route_target(r);
	const struct conf_target *to = target ? target : &none;

	r->out = *in;
	numbering_tell(to, r->calling, &in->calling, &r->out.calling);
	numbering_tell(to, r->redirecting, &in->redirecting.number,
		       &r->out.redirecting.number);
	return numbering_send_to(to, r->called, &r->out.called, NULL);
}

int route_call(const struct conf *conf, const struct leg_setup *in,
	       struct route_result *out)
{
	struct conf_target from = end_named(conf, in->from);
	const struct conf_numbering *plan = numbering_of(&from);
	int err;

	*out = (struct route_result){ .rule = NULL };
	if (numbering_receive(plan, &in->called, out->called, NULL) < 0)
		return -EINVAL;
	for (size_t i = 0; i < conf->route_count; i++)
		if (!strcmp(conf->routes[i].from, in->from))
			out->rule = route_find(&conf->routes[i], out->called);
	if (!out->rule)
		return -ENOENT;
	out->emergency = out->rule->action->emergency;
	numbering_read(plan, &in->calling, out->calling);
	numbering_read(plan, &in->redirecting.number, out->redirecting);
	err = make_out(in, out);
	while (err == -EINVAL &&
	       out->target + 1 < out->rule->action->target_count)
		err = route_next(in, out);
	return err;
}

const struct conf_target *route_target(const struct route_result *r)
{
	return r->rule && r->target < r->rule->action->target_count
		       ? &r->rule->action->targets[r->target]
		       : NULL;
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
