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

static json_t *count(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* What status sums up over all spans. */
struct totals {
	size_t spans, up;
	unsigned channels, idle, busy, releasing, blocked;
};

static void add_span(struct totals *totals, const struct span_info *span)
{
	totals->spans++;
	totals->up += span->in_service;
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++) {
		switch (span->channel[t]) {
		case CHANNEL_VIEW_IDLE: totals->idle++; break;
		case CHANNEL_VIEW_BUSY: totals->busy++; break;
		case CHANNEL_VIEW_RELEASING: totals->releasing++; break;
		case CHANNEL_VIEW_BLOCKED: totals->blocked++; break;
		default: continue;
		}
		totals->channels++;
	}
}

static void append_text(json_t *array, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void append_text(json_t *array, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	json_array_append_new(array, json_text(text));
}

static void warn_of_counters(json_t *warnings, const struct gateway *gw)
{
	unsigned long failures = cdr_failures(gw->cdr);
	unsigned long long illegal = fsm_illegal_count();

	if (failures)
		append_text(warnings,
			    "%lu call records are in the log, not in their "
			    "file",
			    failures);
	if (illegal)
		append_text(warnings,
			    "%llu events came in a state that cannot take "
			    "them: see the log, please report",
			    illegal);
}

static json_t *warnings_of(const struct gateway *gw, struct totals *totals)
{
	json_t *warnings = json_array();
	size_t spans = isdn_span_count(gw->isdn);

	for (size_t i = 0; i < spans; i++) {
		struct span_info span;

		isdn_span_info(gw->isdn, i, &span);
		add_span(totals, &span);
		if (!span.in_service)
			append_text(warnings, "span %u takes no calls: %s",
				    span.number, span.state);
	}
	warn_of_counters(warnings, gw);
	return warnings;
}

static json_t *calls_of(const struct gateway *gw)
{
	const struct gateway_counters *n = &gw->counters;
	json_t *object = json_object();
	uint64_t in = 0;
	bool lost = false;

	for (const struct call *call = TAILQ_FIRST(&gw->calls); call;
	     call = TAILQ_NEXT(call, link)) {
		struct leg_info a, b;
		struct bridge_stats media;
		const struct call_view view = { call, &a, &b, &media };

		call_describe(call, &a, &b, &media);
		in += !strcmp(call_record_direction(&view), "in");
	}
	json_put(object, "now", json_integer(gw->call_count), &lost);
	json_put(object, "in", count(in), &lost);
	json_put(object, "out", count(gw->call_count - in), &lost);
	json_put(object, "attempts", count(n->attempts), &lost);
	json_put(object, "answered", count(n->answered), &lost);
	json_put(object, "failed", count(n->failed), &lost);
	json_put(object, "retried", count(n->retried), &lost);
	json_put(object, "no_route", count(n->no_route), &lost);
	json_put(object, "no_channel", count(n->no_channel), &lost);
	json_put(object, "span_down", count(n->span_down), &lost);
	return json_whole(object, lost);
}

/* Answer-seizure ratio: of the calls whose outcome is known. */
static json_t *asr_of(const struct gateway *gw)
{
	uint64_t known = gw->counters.answered + gw->counters.failed;

	if (!known)
		return json_null();
	return count((gw->counters.answered * 100 + known / 2) / known);
}

/* Average call duration over the history. */
static json_t *acd_of(const struct gateway *gw)
{
	uint64_t talked_ms = 0;
	unsigned answered = 0;

	for (const struct call *call = TAILQ_FIRST(&gw->history); call;
	     call = TAILQ_NEXT(call, link)) {
		if (!call->answer_ms || call->end_ms < call->answer_ms)
			continue;
		talked_ms += call->end_ms - call->answer_ms;
		answered++;
	}
	if (!answered)
		return json_null();
	return count((talked_ms / answered + 500) / 1000);
}

static json_t *sip_of(const struct gateway *gw)
{
	struct sip_counters n;
	json_t *object = json_object();
	char listen[64];
	bool lost = false;

	sip_agent_counters(gw->sip, &n);
	conf_format_address(&gw->conf->gateway.listen, listen, sizeof listen);
	json_put(object, "listen", json_text(listen), &lost);
	json_put(object, "peers", count(gw->conf->peer_count), &lost);
	json_put(object, "invites", count(n.invites), &lost);
	json_put(object, "options", count(n.options), &lost);
	json_put(object, "strangers_dropped", count(n.strangers_dropped),
		 &lost);
	json_put(object, "refused_contact", count(n.refused_contact), &lost);
	json_put(object, "refused_malformed", count(n.refused_malformed),
		 &lost);
	json_put(object, "refused_other", count(n.refused_other), &lost);
	json_put(object, "internal_errors", count(n.internal_errors), &lost);
	return json_whole(object, lost);
}

static json_t *channels_of(const struct totals *totals)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i}", "total",
			 (int)totals->channels, "idle", (int)totals->idle,
			 "busy", (int)totals->busy, "releasing",
			 (int)totals->releasing, "blocked",
			 (int)totals->blocked);
}

static const char *overall(const struct gateway *gw,
			   const struct totals *totals, const json_t *warnings)
{
	if (gw->phase != GATEWAY_RUNNING)
		return "stopping";
	if (totals->up == 0)
		return "down";
	return json_array_size(warnings) ? "degraded" : "ok";
}

static json_t *show_status(struct gateway *gw, const char *argument)
{
	struct totals totals = { .spans = 0 };
	json_t *warnings = warnings_of(gw, &totals);
	json_t *object = json_object();
	bool lost = false;

	(void)argument;
	json_put(object, "node", json_text(gw->conf->gateway.name), &lost);
	json_put(object, "program", json_string("tollgated"), &lost);
	json_put(object, "version", json_string(TOLLGATE_VERSION), &lost);
	json_put(object, "uptime_ms", count(clock_now_ms() - gw->start_ms),
		 &lost);
	json_put(object, "state", json_string(overall(gw, &totals, warnings)),
		 &lost);
	json_put(object, "spans",
		 json_pack("{s:i, s:i}", "total", (int)totals.spans, "up",
			   (int)totals.up),
		 &lost);
	json_put(object, "channels", channels_of(&totals), &lost);
	json_put(object, "calls", calls_of(gw), &lost);
	json_put(object, "asr_percent", asr_of(gw), &lost);
	json_put(object, "acd_s", acd_of(gw), &lost);
	json_put(object, "sip", sip_of(gw), &lost);
	json_put(object, "control",
		 json_pack("{s:I, s:I}", "refused",
			   (json_int_t)control_refused(gw->control), "dropped",
			   (json_int_t)control_dropped(gw->control)),
		 &lost);
	json_put(object, "record_failures", count(cdr_failures(gw->cdr)),
		 &lost);
	json_put(object, "illegal_events", count(fsm_illegal_count()), &lost);
	json_put(object, "warnings", warnings, &lost);
	return json_whole(object, lost);
}

static json_t *alarms_of(unsigned alarms)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = { { LINE_RED, "red" },
		      { LINE_YELLOW, "yellow" },
		      { LINE_BLUE, "blue" },
		      { LINE_ABSENT, "absent" } };
	json_t *array = json_array();

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (alarms & names[i].bit)
			json_array_append_new(array,
					      json_string(names[i].name));
	return array;
}

static json_t *timeslots_of(const struct span_info *span)
{
	static const char *const names[] = {
		[CHANNEL_VIEW_NONE] = "none",
		[CHANNEL_VIEW_IDLE] = "idle",
		[CHANNEL_VIEW_BUSY] = "busy",
		[CHANNEL_VIEW_RELEASING] = "releasing",
		[CHANNEL_VIEW_BLOCKED] = "blocked",
	};
	json_t *array = json_array();

	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++) {
		uint8_t view = span->channel[t];

		json_array_append_new(
			array, json_string(view < sizeof names / sizeof *names
						   ? names[view]
						   : "none"));
	}
	return array;
}

static json_t *tap_of(const struct q931_tap_counters *tap)
{
	json_t *object = json_object();
	bool lost = false;

	json_put(object, "frames_in", count(tap->frames_in), &lost);
	json_put(object, "frames_out", count(tap->frames_out), &lost);
	json_put(object, "messages_in", count(tap->messages_in), &lost);
	json_put(object, "messages_out", count(tap->messages_out), &lost);
	json_put(object, "malformed_in", count(tap->malformed_in), &lost);
	json_put(object, "lost_out", count(tap->lost_out), &lost);
	json_put(object, "store_full", count(tap->store_full), &lost);
	return json_whole(object, lost);
}

static json_t *voice_of(const struct gateway *gw, unsigned span)
{
	struct media_span_stats n;
	json_t *object = json_object();
	bool lost = false;

	memset(&n, 0, sizeof n);
	media_span_stats(gw->media, span, &n);
	json_put(object, "attached", json_boolean(n.attached), &lost);
	json_put(object, "blocks_in", count(n.blocks_in), &lost);
	json_put(object, "blocks_out", count(n.blocks_out), &lost);
	json_put(object, "slips_in", count(n.slips_in), &lost);
	json_put(object, "slips_out", count(n.slips_out), &lost);
	json_put(object, "malformed", count(n.malformed), &lost);
	json_put(object, "late_ticks", count(n.late_ticks), &lost);
	return json_whole(object, lost);
}

static json_t *span_of(const struct gateway *gw, const struct span_info *span)
{
	json_t *object = json_object();
	bool lost = false;

	json_put(object, "span", json_integer(span->number), &lost);
	json_put(object, "state", json_text(span->state), &lost);
	json_put(object, "in_service", json_boolean(span->in_service), &lost);
	json_put(object, "connected", json_boolean(span->connected), &lost);
	json_put(object, "alarms", alarms_of(span->alarms), &lost);
	json_put(object, "state_ms", count(clock_now_ms() - span->since_ms),
		 &lost);
	json_put(object, "channels", json_integer(span->channels), &lost);
	json_put(object, "idle", json_integer(span->idle), &lost);
	json_put(object, "busy", json_integer(span->busy), &lost);
	json_put(object, "calls", count(span->calls), &lost);
	json_put(object, "timeslots", timeslots_of(span), &lost);
	json_put(object, "d_channel", tap_of(&span->tap), &lost);
	json_put(object, "voice", voice_of(gw, span->number), &lost);
	return json_whole(object, lost);
}

static json_t *show_spans(struct gateway *gw, const char *argument)
{
	json_t *array = json_array();
	size_t spans = isdn_span_count(gw->isdn);

	(void)argument;
	for (size_t i = 0; i < spans; i++) {
		struct span_info span;

		isdn_span_info(gw->isdn, i, &span);
		if (json_array_append_new(array, span_of(gw, &span)) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return json_pack("{s:o}", "spans", array);
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
	{ { "show", "calls" },
	  NULL,
	  "calls in progress and the last ones",
	  show_calls },
	{ { "show", "call" },
	  "ID",
	  "one call: its ladder, legs, media and cause",
	  show_call },
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
