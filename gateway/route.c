#include "gateway/route.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TYPE_ANY 0xff
#define TYPE_INTERNATIONAL 1
#define PLAN_ISDN 1

static bool is_number(const char *digits)
{
	const char *c = digits;

	if (*c == '+')
		c++;
	if (!*c)
		return false;
	for (; *c; c++)
		if (!isdigit((unsigned char)*c) && *c != '*' && *c != '#')
			return false;
	return true;
}

static bool has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Replaces the rule's prefix; -EINVAL when the result is too long. */
static int rewrite(const struct conf_number_rule *rule, const char *digits,
		   char out[ROUTE_CORE_MAX])
{
	const char *rest = digits + strlen(rule->from);
	int len = snprintf(out, ROUTE_CORE_MAX, "%s%s", rule->to, rest);

	return len < ROUTE_CORE_MAX ? 0 : -EINVAL;
}

static const struct conf_number_rule *
receive_rule(const struct conf_numbering *plan, const struct leg_number *number)
{
	const struct conf_number_rule *best = NULL;
	size_t best_rank = 0;

	for (size_t i = 0; plan && i < plan->receive_count; i++) {
		const struct conf_number_rule *rule = &plan->receive[i];
		/* A rule for the type beats one for any type; then the longer
		 * prefix wins. Order in the file never decides. */
		size_t rank = 1 + strlen(rule->from) +
			      (rule->type != TYPE_ANY ? CONF_DIGITS_MAX : 0);

		if (rule->type != TYPE_ANY && rule->type != number->type)
			continue;
		if (!has_prefix(number->digits, rule->from))
			continue;
		if (rank > best_rank) {
			best = rule;
			best_rank = rank;
		}
	}
	return best;
}

int route_receive(const struct conf_numbering *plan,
		  const struct leg_number *number, char core[ROUTE_CORE_MAX])
{
	const struct conf_number_rule *rule;
	const char *plus = "";

	if (!number->present || !is_number(number->digits))
		return -EINVAL;
	if (number->digits[0] != '+') {
		rule = receive_rule(plan, number);
		if (rule)
			return rewrite(rule, number->digits, core);
		if (number->type == TYPE_INTERNATIONAL)
			plus = "+";
	}
	if (snprintf(core, ROUTE_CORE_MAX, "%s%s", plus, number->digits) >=
	    ROUTE_CORE_MAX)
		return -EINVAL;
	return 0;
}

static const struct conf_number_rule *
send_rule(const struct conf_numbering *plan, const char *core)
{
	const struct conf_number_rule *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; plan && i < plan->send_count; i++) {
		const struct conf_number_rule *rule = &plan->send[i];
		size_t len = strlen(rule->from);

		if (has_prefix(core, rule->from) && (!best || len > best_len)) {
			best = rule;
			best_len = len;
		}
	}
	return best;
}

int route_send(const struct conf_numbering *plan, const char *core,
	       struct leg_number *out)
{
	const struct conf_number_rule *rule = send_rule(plan, core);
	bool international = core[0] == '+';

	out->present = false;
	if (rule) {
		/* A number that its rule cannot make is not sent as it is: it
		 * would reach somebody else. */
		if (rewrite(rule, core, out->digits) < 0)
			return -EINVAL;
		out->type = rule->type;
		out->plan = rule->plan;
	} else {
		snprintf(out->digits, sizeof out->digits, "%s",
			 core + (international ? 1 : 0));
		out->type = international ? TYPE_INTERNATIONAL : 0;
		out->plan = PLAN_ISDN;
	}
	if (!*out->digits)
		return -EINVAL;
	out->present = true;
	return 0;
}

/* SIP writes a number as the core does (RFC 3966 5.1.4). */
static void send_as_it_is(const char *core, struct leg_number *out)
{
	snprintf(out->digits, sizeof out->digits, "%s", core);
	out->type = core[0] == '+' ? TYPE_INTERNATIONAL : 0;
	out->plan = PLAN_ISDN;
	out->present = *core != '\0';
}

/* The plan of whoever a number is sent to; a trunk group always has the last
 * word on how digits look on the wire, a peer only where its plan has rules. */
static int send_to(const struct conf_target *to, const char *core,
		   struct leg_number *out)
{
	const struct conf_numbering *plan;

	out->present = false;
	if (to->trunk)
		return route_send(to->trunk->numbering, core, out);
	plan = to->peer ? to->peer->numbering : NULL;
	if (plan && send_rule(plan, core))
		return route_send(plan, core, out);
	send_as_it_is(core, out);
	return 0;
}

static bool rule_matches(const struct conf_route_rule *rule, const char *core)
{
	if (rule->exact)
		return strcmp(rule->prefix, core) == 0;
	return has_prefix(core, rule->prefix);
}

const struct conf_route_rule *route_find(const struct conf_route *route,
					 const char *core)
{
	const struct conf_route_rule *best = NULL;
	size_t best_rank = 0;

	for (size_t i = 0; i < route->rule_count; i++) {
		const struct conf_route_rule *rule = &route->rules[i];
		size_t rank = 1 + 2 * strlen(rule->prefix) + rule->exact;

		if (rule_matches(rule, core) && rank > best_rank) {
			best = rule;
			best_rank = rank;
		}
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

static const struct conf_numbering *numbering_of(const struct conf_target *end)
{
	if (end->peer)
		return end->peer->numbering;
	return end->trunk ? end->trunk->numbering : NULL;
}

/* A number that is not dialled but told (calling, redirecting, connected) is
 * passed on as far as it can be read and made; one that cannot is left out,
 * never a reason to refuse the call. What is said about it stays. */
static void retell(const struct conf_target *to, const char *core,
		   const struct leg_number *in, struct leg_number *out)
{
	*out = *in;
	out->present = false;
	if (*core)
		send_to(to, core, out);
}

static void read_told(const struct conf_numbering *plan,
		      const struct leg_number *number,
		      char core[ROUTE_CORE_MAX])
{
	if (route_receive(plan, number, core) < 0)
		core[0] = '\0';
}

/* Makes the numbers for the rule's target number `r->target`. */
static int make_out(const struct leg_setup *in, struct route_result *r)
{
	const struct conf_target none = { 0 };
	const struct conf_target *to =
		r->rule->target_count ? &r->rule->targets[r->target] : &none;

	r->out = *in;
	retell(to, r->calling, &in->calling, &r->out.calling);
	retell(to, r->redirecting, &in->redirecting.number,
	       &r->out.redirecting.number);
	return send_to(to, r->called, &r->out.called);
}

int route_call(const struct conf *conf, const struct leg_setup *in,
	       struct route_result *out)
{
	struct conf_target from = end_named(conf, in->from);
	const struct conf_numbering *plan = numbering_of(&from);
	int err;

	*out = (struct route_result){ .rule = NULL };
	if (route_receive(plan, &in->called, out->called) < 0)
		return -EINVAL;
	for (size_t i = 0; i < conf->route_count; i++)
		if (!strcmp(conf->routes[i].from, in->from))
			out->rule = route_find(&conf->routes[i], out->called);
	if (!out->rule)
		return -ENOENT;
	read_told(plan, &in->calling, out->calling);
	read_told(plan, &in->redirecting.number, out->redirecting);
	err = make_out(in, out);
	while (err == -EINVAL && out->target + 1 < out->rule->target_count)
		err = route_next(in, out);
	return err;
}

const struct conf_target *route_target(const struct route_result *r)
{
	return r->rule && r->target < r->rule->target_count
		       ? &r->rule->targets[r->target]
		       : NULL;
}

int route_next(const struct leg_setup *in, struct route_result *r)
{
	if (r->target + 1 >= r->rule->target_count)
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
	if (!rule->retry)
		return cause->origin == LEG_ORIGIN_TIMER ||
		       cause->origin == LEG_ORIGIN_SPAN ||
		       retries_by_default(cause);
	if (cause->origin == LEG_ORIGIN_TIMER)
		return rule->retry->timeout;
	return is_listed(rule->retry, cause);
}

void route_connected(const struct conf *conf, const struct route_result *r,
		     const char *from, const struct leg_number *in,
		     struct leg_number *out)
{
	const struct conf_target caller = end_named(conf, from);
	const struct conf_target *called = route_target(r);
	char core[ROUTE_CORE_MAX];

	read_told(called ? numbering_of(called) : NULL, in, core);
	retell(&caller, core, in, out);
}
