#include "gateway/call_sent.h"

#include <stdio.h>

static void name_place(char by[CALL_SENT_BY_MAX], const char *what,
		       const struct conf_place *place)
{
	snprintf(by, CALL_SENT_BY_MAX, "%s (%.180s:%u)", what,
		 place->file ? place->file : "?", place->line);
}

/* The line of `plan` that decided it. */
static const struct conf_place *line_of(const struct conf_numbering *plan,
					const struct conf_told *policy,
					const struct call_sent_number *out,
					const struct numbering_told *told)
{
	if (out->verdict == NUMBERING_ALLOWED && told->allowed)
		return &told->allowed->place;
	/* Else it was to be told, but nothing can be made of it. */
	if (told->verdict == out->verdict && policy->place.file)
		return &policy->place;
	return &plan->place;
}

static void take(struct call_sent_number *out, const struct leg_number *number,
		 const struct numbering_told *told,
		 const struct conf_numbering *plan,
		 const struct conf_told *policy)
{
	char name[CONF_NAME_MAX + 12];

	out->number = *number;
	out->verdict = told->verdict;
	*out->by = '\0';
	if (!number->present && told->verdict != NUMBERING_NONE)
		out->verdict = NUMBERING_LEFT_OUT;
	if (!plan || out->verdict == NUMBERING_NONE ||
	    out->verdict == NUMBERING_AS_CAME)
		return;
	snprintf(name, sizeof name, "numbering %s", plan->name);
	name_place(out->by, name, line_of(plan, policy, out, told));
}

void call_sent_take(struct call_sent *sent, const struct route_result *route)
{
	const struct conf_target *target = route_target(route);
	const struct conf_numbering *plan =
		target ? numbering_of(target) : NULL;
	const struct conf_rewrite *rewrite = route->rule->action->rewrite;
	struct call_sent_number *calling = &sent->calling;

	sent->any = true;
	sent->called = route->out.called;
	take(calling, &route->out.calling, &route->calling_told, plan,
	     plan ? &plan->caller : NULL);
	take(&sent->redirecting, &route->out.redirecting.number,
	     &route->redirecting_told, plan, plan ? &plan->redirecting : NULL);
	/* The route speaks before the numbering does. */
	if (rewrite && *rewrite->caller_as &&
	    (calling->verdict == NUMBERING_AS_CAME ||
	     calling->verdict == NUMBERING_ALLOWED)) {
		calling->verdict = NUMBERING_REPLACED;
		name_place(calling->by, "the route", &route->rule->place);
	}
}
