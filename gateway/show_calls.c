#include "gateway/commands.h"
#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/show.h"

#include <string.h>

/* What `show calls` is asked for; NULL: anything does. */
struct wanted {
	const char *peer, *trunk, *span, *number, *state;
};

static const char *text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : "";
}

static bool names(const json_t *row, const char *name)
{
	return !strcmp(text_of(row, "from"), name) ||
	       !strcmp(text_of(row, "to"), name);
}

/* As on the screen: "on hold" is asked for as "held", and "clearing-b" is
 * clearing. */
static bool is_in_state(const json_t *row, const char *state)
{
	const char *shown = text_of(row, "state");

	if (!strcmp(state, "held"))
		state = "on hold";
	return !strncmp(shown, state, strlen(state));
}

static bool has_number(const json_t *row, const char *number)
{
	return strstr(text_of(row, "caller"), number) ||
	       strstr(text_of(row, "called"), number);
}

static bool fits(const json_t *row, const struct wanted *wanted, unsigned span)
{
	json_int_t on = json_integer_value(json_object_get(row, "span"));

	return (!wanted->peer || names(row, wanted->peer)) &&
	       (!wanted->trunk || names(row, wanted->trunk)) &&
	       (!wanted->span || on == (json_int_t)span) &&
	       (!wanted->number || has_number(row, wanted->number)) &&
	       (!wanted->state || is_in_state(row, wanted->state));
}

/* Whether the row was taken. */
static bool take(json_t *array, const struct call *call,
		 const struct wanted *wanted, unsigned span)
{
	json_t *row = show_call_row(call);

	if (row && fits(row, wanted, span))
		return json_array_append_new(array, row) == 0;
	json_decref(row);
	return false;
}

static bool has_peer(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->peer_count; i++)
		if (!strcmp(conf->peers[i].name, name))
			return true;
	return false;
}

static bool has_trunk(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->trunk_count; i++)
		if (!strcmp(conf->trunks[i].name, name))
			return true;
	return false;
}

json_t *show_calls(struct gateway *gw, const struct command_line *line)
{
	const struct wanted wanted = {
		.peer = command_get(line, "peer"),
		.trunk = command_get(line, "trunk"),
		.span = command_get(line, "span"),
		.number = command_get(line, "number"),
		.state = command_get(line, "state"),
	};
	unsigned span = command_number(line, "span", 0);
	json_t *array, *recent;
	const struct call *call;
	int left = SHOW_RECENT_MAX;

	/* An empty list would pass for "it has no calls". */
	if (wanted.peer && !has_peer(gw->conf, wanted.peer))
		return show_problem("no sip-peer \"%.80s\"; 'show peers' lists "
				    "them",
				    wanted.peer);
	if (wanted.trunk && !has_trunk(gw->conf, wanted.trunk))
		return show_problem("no trunk-group \"%.80s\"; 'show trunks' "
				    "lists them",
				    wanted.trunk);
	array = json_array();
	recent = json_array();
	TAILQ_FOREACH(call, &gw->calls, link)
	take(array, call, &wanted, span);
	/* The latest first. */
	for (call = TAILQ_LAST(&gw->history, call_list); call && left > 0;
	     call = TAILQ_PREV(call, call_list, link))
		left -= take(recent, call, &wanted, span);
	return json_pack("{s:o, s:o}", "calls", array, "recent", recent);
}
