/* The tables show what a person looks for first: is the line there, how did
 * each call end. Everything else is in the JSON. Nothing in the answer is
 * trusted to be there: it may come from another version, or no exchange.
 */
#include "exchange/ctl.h"

#include "gateway/control.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 5000
#define SHOWN_UTC_FROM 11 /* "2026-11-20T06:02:34.123Z": the time of day */
#define SHOWN_UTC_LEN 12

static long long number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value && *value ? value : "-";
}

static void print_spans(const json_t *spans, FILE *out)
{
	size_t i;
	json_t *span;

	fprintf(out, "%4s  %-4s  %-10s  %-9s  %5s  %10s  %10s  %6s  %9s  %8s\n",
		"SPAN", "LINE", "LAYER 1", "D CHANNEL", "CALLS", "BLOCKS IN",
		"BLOCKS OUT", "SLIPS", "UNDERRUNS", "OVERRUNS");
	json_array_foreach(spans, i, span)
	{
		const json_t *voice = json_object_get(span, "voice");

		fprintf(out,
			"%4lld  %-4s  %-10s  %-9s  %5lld  %10lld  %10lld  "
			"%6lld  "
			"%9lld  %8lld\n",
			number(span, "span"), text(span, "line"),
			text(span, "layer1"), text(span, "dchannel"),
			number(span, "busy"), number(voice, "blocks_in"),
			number(voice, "blocks_out"),
			number(voice, "slips_in") + number(voice, "slips_out"),
			number(voice, "underruns"), number(voice, "overruns"));
	}
}

/* "1.234", seconds, or "-". */
static const char *seconds(const json_t *call, const char *key, char buf[16])
{
	const json_t *value = json_object_get(call, key);

	if (!json_is_integer(value))
		return "-";
	snprintf(buf, 16, "%.3f", (double)json_integer_value(value) / 1000);
	return buf;
}

/* "PI 1 8; ", of a call to the user. */
static void print_indicators(const json_t *call, FILE *out)
{
	const json_t *all = json_object_get(call, "progress_indicators");
	size_t i;
	json_t *one;

	json_array_foreach(all, i, one) fprintf(out, "%s%lld", i ? " " : "PI ",
						json_integer_value(one));
	if (json_array_size(all))
		fprintf(out, "; ");
}

/* How it ended, what a bit-error test counted and what digits were heard: also
 * while it lasts, so that watching it is possible. */
static void print_result(const json_t *call, FILE *out)
{
	print_indicators(call, out);
	if (json_object_get(call, "cause"))
		fprintf(out, "%lld %s (%s)", number(call, "cause"),
			text(call, "cause_name"), text(call, "ended_by"));
	if (json_object_get(call, "bits_compared"))
		fprintf(out,
			"%s%lld bits compared, %lld error%s, %lld sync "
			"loss%s%s",
			json_object_get(call, "cause") ? "; " : "",
			number(call, "bits_compared"),
			number(call, "bit_errors"),
			number(call, "bit_errors") == 1 ? "" : "s",
			number(call, "sync_losses"),
			number(call, "sync_losses") == 1 ? "" : "es",
			json_is_true(json_object_get(call, "in_sync"))
				? ""
				: ", no sync");
	if (json_object_get(call, "dtmf"))
		fprintf(out, "%sheard %s",
			json_object_get(call, "cause") ? "; " : "",
			*text(call, "dtmf") ? text(call, "dtmf") : "no digit");
	fputc('\n', out);
}

static void print_calls(const json_t *calls, FILE *out)
{
	size_t i;
	json_t *call;

	fprintf(out,
		"%6s  %-3s  %-12s  %-6s  %5s  %-6s  %-16s  %-10s  %8s  %8s  "
		"%8s  %s\n",
		"CALL", "DIR", "SETUP (UTC)", "SPAN", "CREF", "TEST", "CALLED",
		"STATE", "ALERT s", "ANSWER s", "END s", "RESULT");
	json_array_foreach(calls, i, call)
	{
		const char *utc = text(call, "setup_utc");
		char place[32], at[3][16];

		snprintf(place, sizeof place, "%lld/%lld", number(call, "span"),
			 number(call, "channel"));
		fprintf(out,
			"%6lld  %-3s  %-12.*s  %-6s  %5lld  %-6s  %-16s  %-10s "
			" %8s  "
			"%8s  %8s  ",
			number(call, "id"), text(call, "direction"),
			SHOWN_UTC_LEN,
			strlen(utc) > SHOWN_UTC_FROM ? utc + SHOWN_UTC_FROM
						     : utc,
			place, number(call, "cref"), text(call, "test"),
			text(call, "called"), text(call, "state"),
			seconds(call, "alerting_ms", at[0]),
			seconds(call, "answer_ms", at[1]),
			seconds(call, "end_ms", at[2]));
		print_result(call, out);
	}
}

void ctl_print_show(const char *json, FILE *out)
{
	json_t *root = json_loads(json, 0, NULL);
	const json_t *calls = json_object_get(root, "calls");

	print_spans(json_object_get(root, "spans"), out);
	fputc('\n', out);
	if (json_array_size(calls))
		print_calls(calls, out);
	else
		fprintf(out, "No call yet: dial %s100 through the gateway.\n",
			text(root, "prefix"));
	json_decref(root);
}

static void print_call(const json_t *answer, FILE *out)
{
	const json_t *call = json_object_get(answer, "call");
	long long count = number(answer, "count");

	fprintf(out, "exchange's call %lld to %s on span %lld channel %lld",
		number(call, "id"), text(call, "called"), number(call, "span"),
		number(call, "channel"));
	if (count > 1)
		fprintf(out, ", the first of %lld", count);
	fprintf(out, "\n");
}

/* Joins the words into a command line, without --json. -E2BIG. */
static int make_line(char line[CONTROL_LINE_MAX + 1], int argc,
		     char *const argv[], bool *raw)
{
	size_t used = 0;

	*raw = false;
	line[0] = 0;
	for (int i = 0; i < argc; i++) {
		int len;

		if (!strcmp(argv[i], "--json")) {
			*raw = true;
			continue;
		}
		len = snprintf(line + used, CONTROL_LINE_MAX + 1 - used, "%s%s",
			       used ? " " : "", argv[i]);
		used += (size_t)len;
		if (used > CONTROL_LINE_MAX)
			return -E2BIG;
	}
	return 0;
}

/* A command that only does something answers with nothing to read. */
static int print_answer(const char *line, const char *answer, bool raw,
			FILE *out)
{
	json_t *root = json_loads(answer, 0, NULL);
	const json_t *error = json_object_get(root, "error");
	int status = error ? 1 : 0;

	if (!root) {
		fprintf(stderr, "tollgate-exchange: the answer is no JSON: is "
				"that the control socket of an exchange?\n");
		return 2;
	}
	if (raw)
		fprintf(out, "%s\n", answer);
	if (error)
		fprintf(stderr, "tollgate-exchange: %s\n",
			json_string_value(error));
	else if (!raw && !strcmp(line, "show"))
		ctl_print_show(answer, out);
	else if (!raw && json_object_get(root, "call"))
		print_call(root, out);
	json_decref(root);
	return status;
}

int ctl_run(const char *control, int argc, char *const argv[], FILE *out)
{
	char line[CONTROL_LINE_MAX + 1], *answer;
	bool raw;
	int status;

	if (make_line(line, argc, argv, &raw) < 0 || !*line) {
		fprintf(stderr, "tollgate-exchange: ctl wants a command: show "
				"[--json], call NUMBER [OPTION]..., layer1 "
				"down|up SPAN, dchannel down|up SPAN\n");
		return 2;
	}
	answer = control_ask(control, line, TIMEOUT_MS);
	if (!answer) {
		fprintf(stderr,
			"tollgate-exchange: no exchange answers on %s: %s; is "
			"it running, and with this --control?\n",
			control, strerror(errno));
		return 2;
	}
	status = print_answer(line, answer, raw, out);
	free(answer);
	return status;
}
