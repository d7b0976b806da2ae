/* Numbers and where they go: wire digits to +E.164, route, and back. Pure. */
#ifndef TOLLGATE_ROUTE_H
#define TOLLGATE_ROUTE_H

#include "conf/conf.h"
#include "gateway/leg.h"

#define ROUTE_CORE_MAX 40

struct route_result {
	char called[ROUTE_CORE_MAX];  /* +E.164, or bare digits of a short code
				       */
	char calling[ROUTE_CORE_MAX]; /* "" when there is none */
	const struct conf_route_rule *rule; /* NULL: no route */
	/* For rule->action CONF_TO_TRUNK: what goes on the wire. */
	struct leg_setup out;
};

/* Turns `number` into the core's form by the receive rules of `plan` (most
 * specific type and longest prefix win; NULL or no match: as it is, with '+'
 * in front for type international). 0; -EINVAL: not a number (a character
 * that is no digit, '+', '*' or '#'), or too long. */
int route_receive(const struct conf_numbering *plan,
		  const struct leg_number *number, char core[ROUTE_CORE_MAX]);

/* Turns a core number into wire digits, type and plan by the send rules
 * (longest prefix wins; NULL or no match: digits without '+', type
 * international where there was one, else unknown). 0; -EINVAL: the rule
 * leaves no digit, or too many, and out->present is false. */
int route_send(const struct conf_numbering *plan, const char *core,
	       struct leg_number *out);

/* The rule of `route` for a core number: the longest matching prefix, an exact
 * rule before a prefix, "otherwise" last. NULL: none. */
const struct conf_route_rule *route_find(const struct conf_route *route,
					 const char *core);

/* All three steps for a call. 0 with out->rule set; -ENOENT: no route takes
 * the number; -EINVAL: the called number is none, or what a rule makes of it.
 */
int route_call(const struct conf *conf, const struct leg_setup *in,
	       struct route_result *out);

#endif
