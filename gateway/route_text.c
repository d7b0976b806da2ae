#include "gateway/route_text.h"

#include "conf/number.h"
#include "gateway/call_fsm.h"
#include "gateway/cause.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

uint16_t route_refusal(int err, const struct route_result *result,
		       struct leg_cause *cause)
{
	*cause = (struct leg_cause){ .origin = LEG_ORIGIN_GATEWAY };
	if (err == -EINVAL) {
		cause->q850 = CAUSE_BAD_NUMBER;
	} else if (err < 0) {
		cause->q850 = CAUSE_NO_ROUTE;
	} else if (!route_target(result)) {
		*cause = route_rejection(result->rule->action);
	} else {
		return 0;
	}
	return cause_to_sip(cause).status;
}

/* Appends, as far as there is room. */
static void add(char out[ROUTE_TEXT_MAX], const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void add(char out[ROUTE_TEXT_MAX], const char *fmt, ...)
{
	size_t len = strlen(out);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out + len, ROUTE_TEXT_MAX - len, fmt, ap);
	va_end(ap);
}

const char *route_type_text(uint8_t type, char buf[16])
{
	static const char *const names[] = {
		[0] = "unknown", [1] = "international", [2] = "national",
		[3] = "network", [4] = "subscriber",	[6] = "abbreviated",
	};

	if (type < sizeof names / sizeof *names && names[type])
		return names[type];
	snprintf(buf, 16, "type %u", type);
	return buf;
}

void route_number_text(const struct leg_number *number,
		       char out[ROUTE_TEXT_MAX])
{
	char type[16];

	if (!number->present)
		snprintf(out, ROUTE_TEXT_MAX, "none");
	else
		snprintf(out, ROUTE_TEXT_MAX, "%s %s%s", number->digits,
			 route_type_text(number->type, type),
			 number->presentation == 1 ? " restricted" : "");
}

const char *route_target_name(const struct conf_target *target)
{
	return target->trunk ? target->trunk->name : target->peer->name;
}

void route_rule_text(const struct conf_route_rule *rule,
		     char out[ROUTE_TEXT_MAX])
{
	static const char *const shown[] = { "", "allowed", "restricted" };
	static const char *const bearers[] = { "", "speech", "audio", "data" };
	char number[NUMBER_TEXT_MAX];

	*out = '\0';
	add(out, "%s", number_text(&rule->called, number));
	if (rule->number_class)
		add(out, " of class %s", rule->number_class->name);
	if (rule->caller.form != CONF_NUMBER_ANY)
		add(out, " caller %s", number_text(&rule->caller, number));
	if (rule->presentation)
		add(out, " presentation %s", shown[rule->presentation]);
	if (rule->bearer)
		add(out, " bearer %s", bearers[rule->bearer]);
	if (rule->when)
		add(out, " when %s", rule->when->name);
}

void route_action_text(const struct conf_action *action,
		       char out[ROUTE_TEXT_MAX])
{
	*out = '\0';
	for (size_t i = 0; i < action->target_count; i++) {
		add(out, "%s%s", i ? ", " : "",
		    route_target_name(&action->targets[i]));
		if (action->weight[i])
			add(out, " weight %u", action->weight[i]);
	}
	if (action->reject_status)
		add(out, "reject %u", action->reject_status);
	else if (!action->target_count)
		add(out, "reject cause %u", action->reject_cause);
	if (action->emergency)
		add(out, " emergency");
}

void route_number_rule_text(const struct conf_number_rule *rule,
			    char out[ROUTE_TEXT_MAX])
{
	char buf[16];
	const char *type = rule->type == CONF_TYPE_ANY
				   ? "any"
				   : route_type_text(rule->type, buf);
	const char *from = *rule->from ? rule->from : "\"\"";
	const char *to = *rule->to ? rule->to : "\"\"";

	*out = '\0';
	if (rule->usual)
		add(out, "usual: ");
	if (!rule->sends)
		add(out, "receive %s ", type);
	else
		add(out, "send ");
	add(out, "%s", from);
	if (*rule->last && strcmp(rule->last, rule->from) != 0)
		add(out, "..%s", rule->last);
	add(out, " -> %s", to);
	if (rule->sends)
		add(out, " %s", type);
}
