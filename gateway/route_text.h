/* What a route does with a call, in the words of the configuration: for tests
 * and for who wants a route explained. Pure. */
#ifndef TOLLGATE_ROUTE_TEXT_H
#define TOLLGATE_ROUTE_TEXT_H

#include "gateway/route.h"

#define ROUTE_TEXT_MAX 160

/* What refuses the call when route_call() gave `err`, or its rule rejects: the
 * SIP status and, in *cause, what Q.931 says. 0: it is not refused. */
uint16_t route_refusal(int err, const struct route_result *result,
		       struct leg_cause *cause);

/* "subscriber"; "type 5" for a code without a name. Static or `buf`. */
const char *route_type_text(uint8_t type, char buf[16]);

/* "5550100 subscriber", "none" for a number that is not present. */
void route_number_text(const struct leg_number *number,
		       char out[ROUTE_TEXT_MAX]);

/* What is left of the rule's arrow: "+49 caller +4930 when office". */
void route_rule_text(const struct conf_route_rule *rule,
		     char out[ROUTE_TEXT_MAX]);

/* What is right of the arrow: "city, backup", "reject 403". */
void route_action_text(const struct conf_action *action,
		       char out[ROUTE_TEXT_MAX]);

/* "send +4930 -> \"\" subscriber", or "as usual in its country: ..." */
void route_number_rule_text(const struct conf_number_rule *rule,
			    char out[ROUTE_TEXT_MAX]);

/* "city" */
const char *route_target_name(const struct conf_target *target);

#endif
