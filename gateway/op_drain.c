/* drain, undrain and show drains. */
#include "gateway/clock.h"
#include "gateway/commands.h"
#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/show.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What a line names, by its second word. */
struct target {
	enum drain_kind kind;
	char name[DRAIN_NAME_MAX];
	char text[DRAIN_NAME_MAX + 16]; /* "trunk group city" */
};

static const struct {
	const char *argument, *text, *list;
} kinds[DRAIN_KINDS] = {
	[DRAIN_ALL] = { NULL, "the gateway", NULL },
	[DRAIN_SPAN] = { "SPAN", "span", "spans" },
	[DRAIN_TRUNK] = { "TRUNK", "trunk group", "trunks" },
	[DRAIN_PEER] = { "PEER", "sip-peer", "peers" },
};

static void text_of(enum drain_kind kind, const char *name, char *out,
		    size_t size)
{
	snprintf(out, size, "%s%s%s", kinds[kind].text, *name ? " " : "", name);
}

static void read_target(const struct command_line *line, struct target *out)
{
	const char *value;

	*out = (struct target){ .kind = DRAIN_ALL };
	for (unsigned k = 0; k < DRAIN_KINDS; k++)
		if (!strcmp(line->syntax.words[1], drain_kind_name(k)))
			out->kind = k;
	if (out->kind == DRAIN_SPAN) {
		/* "01" is span 1. */
		snprintf(out->name, sizeof out->name, "%u",
			 command_number(line, "SPAN", 0));
	} else if (kinds[out->kind].argument) {
		value = command_get(line, kinds[out->kind].argument);
		snprintf(out->name, sizeof out->name, "%s", value);
	}
	text_of(out->kind, out->name, out->text, sizeof out->text);
}

static json_t *row_of(const struct drain *drain)
{
	json_t *object = json_object();
	uint64_t now_ms = clock_now_ms();
	bool lost = false;
	char text[sizeof((struct target *)0)->text];

	text_of(drain->kind, drain->name, text, sizeof text);
	json_put(object, "object", json_text(text), &lost);
	json_put(object, "kind", json_string(drain_kind_name(drain->kind)),
		 &lost);
	json_put(object, "name", json_text(drain->name), &lost);
	json_put(object, "state",
		 json_string(drain_state_name(drain->fsm.state)), &lost);
	json_put(object, "calls", json_integer(drain_calls(drain)), &lost);
	json_put(object, "since_ms", json_count(now_ms - drain->since_ms),
		 &lost);
	json_put(object, "timeout_ms",
		 drain->timeout_ms ? json_count(drain->timeout_ms)
				   : json_null(),
		 &lost);
	json_put(object, "left_ms",
		 drain->deadline_ms > now_ms
			 ? json_count(drain->deadline_ms - now_ms)
			 : json_null(),
		 &lost);
	return json_whole(object, lost);
}

json_t *show_drain_rows(const struct gateway *gw)
{
	const struct drain *drain;
	json_t *array = json_array();

	TAILQ_FOREACH(drain, &gw->drains.list, link)
	json_array_append_new(array, row_of(drain));
	return array;
}

static bool group_drained(const struct gateway *gw, unsigned span,
			  const struct conf_trunk *trunk)
{
	if (!drain_find(&gw->drains, DRAIN_TRUNK, trunk->name))
		return false;
	for (size_t m = 0; m < trunk->member_count; m++)
		if (trunk->members[m]->number == span)
			return true;
	return false;
}

bool show_span_drained(const struct gateway *gw, unsigned span,
		       const struct conf_trunk *trunk)
{
	char name[16];

	snprintf(name, sizeof name, "%u", span);
	if (drain_find(&gw->drains, DRAIN_ALL, "") ||
	    drain_find(&gw->drains, DRAIN_SPAN, name))
		return true;
	if (trunk)
		return group_drained(gw, span, trunk);
	for (size_t i = 0; i < gw->conf->trunk_count; i++)
		if (group_drained(gw, span, &gw->conf->trunks[i]))
			return true;
	return false;
}

void show_drain_of(json_t *object, const struct gateway *gw,
		   enum drain_kind kind, const char *name, bool *lost)
{
	const struct drain *drain = drain_find(&gw->drains, kind, name);

	json_put(object, "drain",
		 json_string(drain_state_name(
			 drain_state_of(&gw->drains, kind, name))),
		 lost);
	json_put(object, "drain_calls",
		 drain ? json_integer(drain_calls(drain)) : json_null(), lost);
}

json_t *show_drains(struct gateway *gw, const struct command_line *line)
{
	(void)line;
	return json_pack("{s:o}", "drains", show_drain_rows(gw));
}

static json_t *refused(const struct target *target, int err)
{
	if (err == -ENOENT)
		return show_problem("no %s; 'show %s' lists them", target->text,
				    kinds[target->kind].list);
	return show_problem("%s: %s", target->text, strerror(-err));
}

static void say_done(const struct target *target, const struct drain *drain,
		     char *out, size_t size)
{
	unsigned calls = drain_calls(drain);
	char then[64] = "";

	if (drain->fsm.state == DRAIN_DRAINED) {
		snprintf(out, size, "%s is drained: no call is left",
			 target->text);
		return;
	}
	if (drain->timeout_ms)
		snprintf(then, sizeof then, ", released after %u s",
			 drain->timeout_ms / 1000);
	snprintf(out, size, "%s is draining: %u call%s left%s", target->text,
		 calls, calls == 1 ? "" : "s", then);
}

json_t *op_drain(struct gateway *gw, const struct command_line *line)
{
	struct target target;
	struct drain *drain;
	char text[200];
	int err;

	read_target(line, &target);
	if (gw->phase != GATEWAY_RUNNING)
		return show_problem("the gateway stops: all of it is drained");
	err = drain_begin(&gw->drains, target.kind, target.name,
			  command_duration_ms(line, "timeout", 0), &drain);
	if (err < 0)
		return refused(&target, err);
	say_done(&target, drain, text, sizeof text);
	return json_pack("{s:o, s:o}", "done", json_text(text), "drain",
			 row_of(drain));
}

json_t *op_undrain(struct gateway *gw, const struct command_line *line)
{
	struct target target;
	char text[200];

	read_target(line, &target);
	if (drain_end(&gw->drains, target.kind, target.name) < 0)
		return show_problem("%s is not drained; 'show drains' lists "
				    "what is",
				    target.text);
	snprintf(text, sizeof text, "%s takes calls again", target.text);
	return json_pack("{s:o}", "done", json_text(text));
}
