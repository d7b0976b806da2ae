#include "gateway/show.h"

#include "dahdi/isdn.h"
#include "gateway/call_record.h"
#include "gateway/clock.h"
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

#define WORDS_MAX 2
#define TEXT_MAX 640

struct command {
	const char *words[WORDS_MAX + 1];
	const char *argument; /* NULL: takes none */
	const char *help;
	json_t *(*fn)(struct gateway *gw, const char *argument);
};

static json_t *problem(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

static json_t *problem(const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return json_pack("{s:o}", "error", json_text(text));
}

/* The last calls that are over, the latest first. */
static json_t *recent_calls(const struct gateway *gw)
{
	json_t *array = json_array();
	const struct call *call = TAILQ_LAST(&gw->history, call_list);

	for (int i = 0; call && i < SHOW_RECENT_MAX; i++) {
		json_array_append_new(array, show_call_row(call));
		call = TAILQ_PREV(call, call_list, link);
	}
	return array;
}

static json_t *show_calls(struct gateway *gw, const char *argument)
{
	json_t *array = json_array();

	(void)argument;
	for (const struct call *call = TAILQ_FIRST(&gw->calls); call;
	     call = TAILQ_NEXT(call, link))
		if (json_array_append_new(array, show_call_row(call)) < 0) {
			json_decref(array);
			return NULL;
		}
	return json_pack("{s:o, s:o}", "calls", array, "recent",
			 recent_calls(gw));
}

/* The call of that number, else NULL with the answer in *error. */
static struct call *find_call(struct gateway *gw, const char *number,
			      json_t **error)
{
	size_t digits = strspn(number, "0123456789");
	unsigned long id = strtoul(number, NULL, 10);
	struct call *call = NULL;

	if (digits == 0 || digits > 9 || number[digits]) {
		*error = problem("\"%s\" is no call number; 'show calls' lists "
				 "them",
				 number);
		return NULL;
	}
	call = gateway_call_find(gw, (unsigned)id);
	if (!call)
		*error = problem("no call %lu; 'show calls' lists those in "
				 "progress and the last ones, %d are kept",
				 id, GATEWAY_HISTORY_MAX);
	return call;
}

static json_t *show_call(struct gateway *gw, const char *argument)
{
	json_t *error = NULL;
	const struct call *call = find_call(gw, argument, &error);

	return call ? show_call_whole(call) : error;
}

static json_t *hangup(struct gateway *gw, const char *argument)
{
	json_t *error = NULL;
	struct call *call = find_call(gw, argument, &error);
	char text[64];

	if (!call)
		return error;
	if (call->end_ms)
		return problem("call %u has ended already", call->id);
	snprintf(text, sizeof text, "call %u is released", call->id);
	call_hangup(call);
	return json_pack("{s:s}", "done", text);
}

static json_t *help(struct gateway *gw, const char *argument);

static const struct command commands[] = {
	{ { "status" }, NULL, "the gateway on one page", show_status },
	{ { "show", "spans" },
	  NULL,
	  "every span: state, alarms, channels",
	  show_spans },
	{ { "show", "channels" },
	  NULL,
	  "every B channel and the call on it",
	  show_channels },
	{ { "show", "trunks" },
	  NULL,
	  "trunk groups: channels, calls, how many are answered",
	  show_trunks },
	{ { "show", "peers" },
	  NULL,
	  "sip-peers: state, calls, what their limits refused",
	  show_peers },
	{ { "show", "stats" },
	  NULL,
	  "calls by quarter of an hour and by cause, voice in all",
	  show_stats },
	{ { "show", "calls" },
	  NULL,
	  "calls in progress and the last ones",
	  show_calls },
	{ { "show", "call" },
	  "ID",
	  "one call: its ladder, legs, media and cause",
	  show_call },
	{ { "audit" },
	  NULL,
	  "counts what there is of every call, mends what is left over",
	  show_audit },
	{ { "hangup" }, "ID", "ends a call, cause 16", hangup },
	{ { "help" }, NULL, "this list", help },
};

#define COMMANDS (sizeof commands / sizeof *commands)

static void command_name(const struct command *command, char out[40])
{
	snprintf(out, 40, "%s%s%s%s%s", command->words[0],
		 command->words[1] ? " " : "",
		 command->words[1] ? command->words[1] : "",
		 command->argument ? " " : "",
		 command->argument ? command->argument : "");
}

static json_t *help(struct gateway *gw, const char *argument)
{
	json_t *array = json_array();

	(void)gw;
	(void)argument;
	for (size_t i = 0; i < COMMANDS; i++) {
		char name[40];

		command_name(&commands[i], name);
		json_array_append_new(array,
				      json_pack("{s:s, s:s}", "command", name,
						"help", commands[i].help));
	}
	return json_pack("{s:o}", "commands", array);
}

/* How many leading words of argv are the command's, -1 when they are not. */
static int matches(const struct command *command, int argc, char *const argv[])
{
	int words = 0;

	for (; command->words[words]; words++)
		if (words >= argc || strcmp(command->words[words], argv[words]))
			return -1;
	return words;
}

static json_t *unknown(int argc, char *const argv[])
{
	char line[200] = "", list[300] = "", name[40];
	size_t used = 0;

	for (int i = 0; i < argc && used < sizeof line; i++)
		used += (size_t)snprintf(line + used, sizeof line - used,
					 "%s%s", i ? " " : "", argv[i]);
	used = 0;
	for (size_t i = 0; i < COMMANDS && used < sizeof list; i++) {
		command_name(&commands[i], name);
		used += (size_t)snprintf(list + used, sizeof list - used,
					 "%s%s", i ? ", " : "", name);
	}
	return problem("unknown command \"%s\"; there are: %s", line, list);
}

static json_t *answer(struct gateway *gw, int argc, char *const argv[])
{
	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *command = &commands[i];
		int words = matches(command, argc, argv);
		char name[40];

		if (words < 0)
			continue;
		if (argc == words + (command->argument ? 1 : 0))
			return command->fn(gw, argv[words]);
		command_name(command, name);
		return problem("that is: %s", name);
	}
	return unknown(argc, argv);
}

char *show_command(void *ctx, int argc, char *const argv[])
{
	json_t *json = answer(ctx, argc, argv);
	char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;

	json_decref(json);
	return text;
}
