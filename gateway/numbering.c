#include "gateway/numbering.h"

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
		   char out[NUMBERING_CORE_MAX])
{
	const char *rest = digits + strlen(rule->from);
	int len = snprintf(out, NUMBERING_CORE_MAX, "%s%s", rule->to, rest);

	return len < NUMBERING_CORE_MAX ? 0 : -EINVAL;
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

int numbering_receive(const struct conf_numbering *plan,
		      const struct leg_number *number,
		      char core[NUMBERING_CORE_MAX],
		      const struct conf_number_rule **used)
{
	const struct conf_number_rule *rule;
	const char *plus = "";

	if (used)
		*used = NULL;
	if (!number->present || !is_number(number->digits))
		return -EINVAL;
	if (number->digits[0] != '+') {
		rule = receive_rule(plan, number);
		if (used)
			*used = rule;
		if (rule)
			return rewrite(rule, number->digits, core);
		if (number->type == TYPE_INTERNATIONAL)
			plus = "+";
	}
	if (snprintf(core, NUMBERING_CORE_MAX, "%s%s", plus, number->digits) >=
	    NUMBERING_CORE_MAX)
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

int numbering_send(const struct conf_numbering *plan, const char *core,
		   struct leg_number *out, const struct conf_number_rule **used)
{
	const struct conf_number_rule *rule = send_rule(plan, core);
	bool international = core[0] == '+';

	if (used)
		*used = rule;
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

int numbering_send_to(const struct conf_target *to, const char *core,
		      struct leg_number *out,
		      const struct conf_number_rule **used)
{
	const struct conf_numbering *plan;

	if (to->trunk)
		return numbering_send(to->trunk->numbering, core, out, used);
	plan = to->peer ? to->peer->numbering : NULL;
	if (plan && send_rule(plan, core))
		return numbering_send(plan, core, out, used);
	if (used)
		*used = NULL;
	send_as_it_is(core, out);
	return 0;
}

const struct conf_numbering *numbering_of(const struct conf_target *end)
{
	if (end->peer)
		return end->peer->numbering;
	return end->trunk ? end->trunk->numbering : NULL;
}

void numbering_read(const struct conf_numbering *plan,
		    const struct leg_number *number,
		    char core[NUMBERING_CORE_MAX])
{
	if (numbering_receive(plan, number, core, NULL) < 0)
		core[0] = '\0';
}

void numbering_tell(const struct conf_target *to, const char *core,
		    const struct leg_number *in, struct leg_number *out)
{
	*out = *in;
	out->present = false;
	if (*core)
		numbering_send_to(to, core, out, NULL);
}
