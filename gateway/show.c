#include "gateway/show.h"

#include "dahdi/isdn.h"
#include "gateway/call_record.h"
#include "gateway/clock.h"
#include "gateway/commands.h"
#include "gateway/control_log.h"
#include "gateway/fsm.h"
#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/version.h"
#include "media/media.h"
#include "sip/agent.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 640

json_t *show_problem(const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return json_pack("{s:o}", "error", json_text(text));
}

/* The call that ID names, else NULL with the answer in *error. */
static struct call *find_call(struct gateway *gw,
			      const struct command_line *line, json_t **error)
{
	unsigned id = command_number(line, "ID", 0);
	struct call *call = gateway_call_find(gw, id);

	if (!call)
		*error = show_problem("no call %u; 'show calls' lists those in "
				      "progress and the last ones, %d are kept",
				      id, GATEWAY_HISTORY_MAX);
	return call;
}

static json_t *show_call(struct gateway *gw, const struct command_line *line)
{
	json_t *error = NULL;
	const struct call *call = find_call(gw, line, &error);

	return call ? show_call_whole(call) : error;
}

static json_t *hangup(struct gateway *gw, const struct command_line *line)
{
	json_t *error = NULL;
	struct call *call = find_call(gw, line, &error);
	char text[64];

	if (!call)
		return error;
	if (call->end_ms)
		return show_problem("call %u has ended already", call->id);
	snprintf(text, sizeof text, "call %u is released", call->id);
	call_hangup(call);
	return json_pack("{s:s}", "done", text);
}

/* The commands as a document; of those that `tollgate` does by itself the
 * daemon knows no more than this. */
static json_t *help(struct gateway *gw, const struct command_line *line)
{
	json_t *array = json_array();

	(void)gw;
	(void)line;
	for (const struct command *c = command_table; c->usage; c++)
		json_array_append_new(array,
				      json_pack("{s:s, s:s, s:b, s:b}",
						"command", c->usage, "help",
						c->help, "changes",
						!!(c->flags & COMMAND_CHANGES),
						"local",
						!!(c->flags & COMMAND_LOCAL)));
	return json_pack("{s:o}", "commands", array);
}

static const struct {
	const char *name; /* as in command_table */
	json_t *(*fn)(struct gateway *gw, const struct command_line *line);
} functions[] = {
	{ "status", show_status },
	{ "show spans", show_spans },
	{ "show channels", show_channels },
	{ "show grid", show_grid },
	{ "show trunks", show_trunks },
	{ "show peers", show_peers },
	{ "show limits", show_limits },
	{ "show routes", show_routes },
	{ "show stats", show_stats },
	{ "show calls", show_calls },
	{ "show call", show_call },
	{ "show alarms", show_alarms },
	{ "show timers", show_timers },
	{ "show drains", show_drains },
	{ "drain span", op_drain },
	{ "drain trunk", op_drain },
	{ "drain peer", op_drain },
	{ "drain all", op_drain },
	{ "undrain span", op_undrain },
	{ "undrain trunk", op_undrain },
	{ "undrain peer", op_undrain },
	{ "undrain all", op_undrain },
	{ "block channel", op_block },
	{ "unblock channel", op_block },
	{ "restart channel", op_restart },
	{ "hangup span", op_hangup_span },
	{ "route explain", show_route_explain },
	{ "route test", show_route_test },
	{ "show config", show_config },
	{ "reload", op_reload },
	{ "audit", show_audit },
	{ "hangup", hangup },
	{ "show version", show_version },
	{ "log level", op_log_level },
	{ "show log", show_log },
	{ "events", show_events },
	{ "cdr status", op_cdr_status },
	{ "cdr rotate", op_cdr_rotate },
	{ "help", help },
};

#define FUNCTIONS (sizeof functions / sizeof *functions)

/* What changes something is told in the log, with who did it. */
static json_t *do_command(struct gateway *gw, size_t i,
			  const struct command_line *line, int argc,
			  char *const argv[])
{
	/* It may end this configuration, this call, but not the socket. */
	json_t *answer = functions[i].fn(gw, line);

	if (command_changes(line))
		control_log_change(gw->control, argc, argv, answer);
	return answer;
}

static json_t *refuse_change(struct gateway *gw, int argc, char *const argv[])
{
	json_t *answer = show_problem(
		"this socket is for looking only; \"%s\" changes something "
		"and goes to %s",
		argv[0], gw->conf->gateway.control);

	control_log_refusal(gw->control_read, argc, argv);
	return answer;
}

static json_t *answer(struct gateway *gw, bool reads, int argc,
		      char *const argv[])
{
	struct command_line line;
	char why[COMMAND_WHY_MAX];

	if (command_parse(&line, argc, argv, why) < 0)
		return show_problem("%s", why);
	if (reads && command_changes(&line))
		return refuse_change(gw, argc, argv);
	for (size_t i = 0; i < FUNCTIONS; i++)
		if (!strcmp(functions[i].name, line.syntax.name))
			return do_command(gw, i, &line, argc, argv);
	return show_problem("\"%s\" is done by the command 'tollgate' itself",
			    line.syntax.name);
}

bool show_does(const char *name)
{
	for (size_t i = 0; i < FUNCTIONS; i++)
		if (!strcmp(functions[i].name, name))
			return true;
	return false;
}

size_t show_function_count(void)
{
	return FUNCTIONS;
}

static char *text_of(json_t *json)
{
	char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;

	json_decref(json);
	return text;
}

char *show_command(void *ctx, int argc, char *const argv[])
{
	return text_of(answer(ctx, false, argc, argv));
}

char *show_command_read(void *ctx, int argc, char *const argv[])
{
	return text_of(answer(ctx, true, argc, argv));
}
