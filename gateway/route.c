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

static int send_to(const struct conf_route_rule *rule, const char *core,
		   struct leg_number *out)
{
	const struct conf_numbering *plan;

	if (rule->action == CONF_TO_TRUNK)
		return route_send(rule->trunk->numbering, core, out);
	plan = rule->action == CONF_TO_PEER ? rule->peer->numbering : NULL;
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

static const struct conf_numbering *numbering_of(const struct conf *conf,
						 const char *from)
{
	const struct conf_peer *peer = conf_peer_find(conf, from);
	const struct conf_trunk *trunk = conf_trunk_find(conf, from);

	if (peer)
		return peer->numbering;
	return trunk ? trunk->numbering : NULL;
}

/* The calling number is passed on as far as it can be read; one that cannot is
 * left out, never a reason to refuse the call. */
static void route_calling(const struct conf_numbering *in_plan,
			  const struct leg_setup *in, struct route_result *out)
{
	const struct leg_number *calling = &in->calling;

	out->out.calling = *calling;
	out->out.calling.present = false;
	if (route_receive(in_plan, calling, out->calling) < 0) {
		out->calling[0] = '\0';
		return;
	}
	/* One that cannot be made is left out, too. */
	send_to(out->rule, out->calling, &out->out.calling);
}

int route_call(const struct conf *conf, const struct leg_setup *in,
	       struct route_result *out)
{
	const struct conf_numbering *in_plan = numbering_of(conf, in->from);

	*out = (struct route_result){ .out.calling.present = false };
	if (route_receive(in_plan, &in->called, out->called) < 0)
		return -EINVAL;
	for (size_t i = 0; i < conf->route_count; i++)
		if (!strcmp(conf->routes[i].from, in->from))
			out->rule = route_find(&conf->routes[i], out->called);
	if (!out->rule)
		return -ENOENT;
	route_calling(in_plan, in, out);
	snprintf(out->out.from, sizeof out->out.from, "%s", in->from);
	return send_to(out->rule, out->called, &out->out.called);
}
