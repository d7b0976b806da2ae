#include "gateway/numbering.h"

#include "conf/number.h"
#include "conf/number_index.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_UNKNOWN 0
#define TYPE_INTERNATIONAL 1
#define PLAN_UNKNOWN 0
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

static bool is_digits(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0';
}

/* A number of the range to its like in the other, which is as big. */
static int shift(const struct conf_number_rule *rule, const char *digits,
		 char out[NUMBERING_CORE_MAX])
{
	const char *to = rule->to + (*rule->to == '+');
	const char *from = rule->from + (*rule->from == '+');
	uint64_t value = strtoull(to, NULL, 10) - strtoull(from, NULL, 10) +
			 strtoull(digits + (*digits == '+'), NULL, 10);

	snprintf(out, NUMBERING_CORE_MAX, "%.*s%0*" PRIu64,
		 (int)(to - rule->to), rule->to, (int)strlen(to), value);
	return 0;
}

/* Puts the rule's result in place of what it matched; -EINVAL when that is too
 * long or no number. */
static int rewrite(const struct conf_number_rule *rule, const char *digits,
		   char out[NUMBERING_CORE_MAX])
{
	const char *rest = digits + strlen(rule->from);

	/* A single one may be a service code such as *21#. */
	if (*rule->last && strcmp(rule->from, rule->last) != 0)
		return shift(rule, digits, out);
	if (number_join(rule->to, rest, out, NUMBERING_CORE_MAX) ||
	    !is_number(out))
		return -EINVAL;
	/* "0" alone is no number yet, though +49 would be. */
	return rule->usual && !*rule->last && !*rest ? -EINVAL : 0;
}

/* The written rule, unless the plan's own habits have one of a longer prefix.
 */
static const struct conf_number_rule *
better_of(const struct conf_number_rule *written,
	  const struct conf_number_rule *usual)
{
	if (!written || !usual)
		return written ? written : usual;
	return strlen(usual->from) > strlen(written->from) ? usual : written;
}

/* What a country's habits are about: exchanges that say "unknown" mean ISDN as
 * much as those that say so, but a private number is no part of E.164. */
static bool is_public(const struct leg_number *number)
{
	return number->plan == PLAN_UNKNOWN || number->plan == PLAN_ISDN;
}

static const struct conf_number_rule *
receive_rule(const struct conf_numbering *plan, const struct leg_number *number)
{
	const struct conf_number_rule *written, *usual = NULL, *rule;

	if (!plan)
		return NULL;
	written = number_index_find(&plan->receive_index, number->type,
				    number->plan, number->digits,
				    NUMBER_LENGTH_ANY);
	if (is_public(number))
		usual = number_index_find(&plan->receive_usual, number->type,
					  number->plan, number->digits,
					  NUMBER_LENGTH_ANY);
	rule = better_of(written, usual);
	/* E.164 is digits: a service code is no part of it. */
	if (rule && *rule->to == '+' &&
	    !is_digits(number->digits + strlen(rule->from)))
		return NULL;
	return rule;
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
		if (number->type == TYPE_INTERNATIONAL &&
		    is_digits(number->digits))
			plus = "+";
	}
	return number_join(plus, number->digits, core, NUMBERING_CORE_MAX);
}

/* The wire's form by a rule. A number that its rule cannot make is not sent as
 * it is: it would reach somebody else. */
static int send_by(const struct conf_number_rule *rule, const char *core,
		   struct leg_number *out)
{
	out->present = false;
	if (rewrite(rule, core, out->digits) < 0)
		return -EINVAL;
	out->type = rule->type;
	out->plan = rule->plan;
	out->present = true;
	return 0;
}

static bool leads_back(const struct conf_numbering *plan,
		       const struct leg_number *number, const char *core)
{
	char back[NUMBERING_CORE_MAX];

	return numbering_receive(plan, number, back, NULL) == 0 &&
	       strcmp(back, core) == 0;
}

static const struct conf_number_rule *
find_send(const struct conf_number_index *index, const char *core,
	  size_t shorter)
{
	return number_index_find(index, CONF_TYPE_ANY, CONF_TYPE_ANY, core,
				 shorter);
}

/* By what follows from the country: from the shortest form to the longest, the
 * first that `reader` understands as it is meant; NULL: none. Forms of prefixes
 * that are shorter than `least` are not tried. */
static const struct conf_number_rule *
first_understood(const struct conf_numbering *plan,
		 const struct conf_numbering *reader, const char *core,
		 size_t least)
{
	const struct conf_number_rule *rule =
		find_send(&plan->send_usual, core, NUMBER_LENGTH_ANY);
	struct leg_number tried;

	while (rule && strlen(rule->from) >= least) {
		if (send_by(rule, core, &tried) == 0 &&
		    leads_back(reader, &tried, core))
			return rule;
		rule = find_send(&plan->send_usual, core, strlen(rule->from));
	}
	return NULL;
}

/* Written rules for what arrives may be about an odd exchange, and no reason
 * not to send it what is right. */
static const struct conf_number_rule *
usual_rule(const struct conf_numbering *plan, const char *core, size_t least)
{
	const struct conf_number_rule *rule =
		first_understood(plan, plan, core, least);
	struct conf_numbering habits;

	if (rule || !plan->receive_count)
		return rule;
	habits = *plan;
	habits.receive_index = (struct conf_number_index){ .count = 0 };
	return first_understood(plan, &habits, core, least);
}

static const struct conf_number_rule *
send_rule(const struct conf_numbering *plan, const char *core)
{
	const struct conf_number_rule *written;

	if (!plan)
		return NULL;
	written = find_send(&plan->send_index, core, NUMBER_LENGTH_ANY);
	return better_of(written,
			 usual_rule(plan, core,
				    written ? strlen(written->from) + 1 : 0));
}

int numbering_send(const struct conf_numbering *plan, const char *core,
		   struct leg_number *out, const struct conf_number_rule **used)
{
	const struct conf_number_rule *rule = send_rule(plan, core);
	bool international = core[0] == '+';

	if (used)
		*used = rule;
	if (rule)
		return send_by(rule, core, out);
	number_join("", core + (international ? 1 : 0), out->digits,
		    sizeof out->digits);
	out->type = international ? TYPE_INTERNATIONAL : TYPE_UNKNOWN;
	out->plan = PLAN_ISDN;
	out->present = *out->digits != '\0';
	/* A country's habits have a form for everything that they can say. */
	if (out->present && plan && *plan->country &&
	    (international || !leads_back(plan, out, core)))
		out->present = false;
	return out->present ? 0 : -EINVAL;
}

/* SIP writes a number as the core does (RFC 3966 5.1.4). */
static void send_as_it_is(const char *core, struct leg_number *out)
{
	number_join("", core, out->digits, sizeof out->digits);
	out->type = core[0] == '+' ? TYPE_INTERNATIONAL : TYPE_UNKNOWN;
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
	if (plan && (plan->send_as == CONF_SEND_DIALLED ||
		     find_send(&plan->send_index, core, NUMBER_LENGTH_ANY)))
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
