#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#include <stdio.h>
#include <string.h>

#define LABEL_WIDTH 12
#define TEXT_INDENT 12

static void label(struct screen *screen, const char *text)
{
	screen_cell(screen, INK_DIM, LABEL_WIDTH, text);
}

/* " (tollgate.conf:58)", on the next line where there is no room. */
static void place(struct screen *screen, const json_t *object, const char *key)
{
	const char *text = field_text(object, key);

	if (!*text)
		return;
	if (screen->column + strlen(text) + 3 > SCREEN_COLUMNS)
		screen_put(screen, INK_PLAIN, "\n%*s", TEXT_INDENT - 1, "");
	screen_put(screen, INK_DIM, " (%s)", text);
}

static void rule_line(struct screen *screen, const json_t *rule)
{
	if (!rule)
		return;
	label(screen, "");
	screen_put(screen, INK_PLAIN, "%s", field_text(rule, "text"));
	place(screen, rule, "place");
	screen_put(screen, INK_PLAIN, "\n");
}

static const char *withheld(const json_t *number)
{
	return field_is_true(number, "restricted") ? ", withheld" : "";
}

/* A number as it arrives, the rule that reads it, and what it is inside. */
static void received(struct screen *screen, const char *name,
		     const json_t *number)
{
	const char *core = field_text(number, "core");

	if (!number)
		return;
	label(screen, name);
	screen_put(screen, INK_BOLD, "%s", field_text(number, "digits"));
	screen_put(screen, INK_PLAIN, " %s%s", field_text(number, "type"),
		   withheld(number));
	if (*core)
		screen_put(screen, INK_PLAIN, " is ");
	else
		screen_put(screen, INK_WARN, ": not a number that can be read");
	screen_put(screen, INK_BOLD, "%s\n", core);
	rule_line(screen, field_object(number, "rule"));
}

static void step(struct screen *screen, const json_t *row)
{
	const char *verdict = field_text(row, "verdict");
	const char *why = field_text(row, "why");
	bool chosen = !strcmp(verdict, "chosen");

	screen_put(screen, INK_PLAIN, "  ");
	screen_cell(screen, chosen ? INK_GOOD : INK_DIM, 20, verdict);
	screen_put(screen, chosen ? INK_BOLD : INK_PLAIN, "%s",
		   field_text(row, "rule"));
	screen_put(screen, INK_PLAIN, " -> %s", field_text(row, "does"));
	place(screen, row, "place");
	screen_put(screen, INK_PLAIN, "\n");
	if (!*why)
		return;
	screen_put(screen, INK_PLAIN, "%*s", 22, "");
	screen_wrap(screen, INK_DIM, 22, why);
}

static void steps(struct screen *screen, const json_t *answer)
{
	const json_t *rules = field_array(answer, "rules");
	size_t count = json_array_size(rules);

	screen_put(screen, INK_DIM, "Rules, the most specific first");
	place(screen, answer, "route");
	screen_put(screen, INK_PLAIN, "\n");
	for (size_t i = 0; i < count; i++)
		step(screen, json_array_get(rules, i));
	if (!count)
		screen_put(screen, INK_PLAIN, "  none\n");
	if (field_is_true(answer, "more_rules"))
		screen_put(screen, INK_DIM, "  ... and others\n");
}

/* The caller's or the diverting number, as a target is told it. */
static void told(struct screen *screen, const char *name, const json_t *number)
{
	const char *digits = field_text(number, "digits");
	const char *verdict = field_text(number, "verdict");
	const char *clir = field_text(number, "clir");

	if (!strcmp(verdict, "none"))
		return;
	screen_put(screen, INK_PLAIN, "    ");
	screen_cell(screen, INK_DIM, 8, name);
	if (*digits)
		screen_put(screen, INK_BOLD, "%s", digits);
	screen_put(screen, INK_PLAIN, "%s%s%s: %s", *digits ? " " : "no number",
		   field_text(number, "type"), withheld(number), verdict);
	if (*clir)
		screen_put(screen, INK_WARN, ", %s", clir);
	screen_put(screen, INK_PLAIN, "\n");
	rule_line(screen, field_object(number, "allowed_by"));
	rule_line(screen, field_object(number, "otherwise"));
	rule_line(screen, field_object(number, "rule"));
}

/* "3 used"; "this caller has 2 of 2: a call now is rejected with 403 (cause
 * 21)"; true when it is. */
static bool use_text(const json_t *row, bool goes_on, char *out, size_t size)
{
	bool caller = field_is_number(row, "caller_used");
	long long used = field_number(row, caller ? "caller_used" : "used");
	long long most = field_number(row, "most");
	int len;

	if (caller)
		len = snprintf(out, size, "this caller has %lld of %lld", used,
			       most);
	else if (used < most)
		len = snprintf(out, size, "%lld used", used);
	else
		len = snprintf(out, size, "%lld of %lld used", used, most);
	if (used < most)
		return false;
	if (goes_on)
		snprintf(out + len, size - (size_t)len,
			 ": a call now goes on to the next target");
	else
		snprintf(out + len, size - (size_t)len,
			 ": a call now is rejected with %lld (cause %lld)",
			 field_number(row, "status"),
			 field_number(row, "cause"));
	return true;
}

/* "5 calls of number-class service: 3 used" */
static void limits(struct screen *screen, int indent, const json_t *rows,
		   bool goes_on)
{
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		const char *line = field_text(row, "place");
		char use[160], text[640];
		bool full = use_text(row, goes_on, use, sizeof use);

		screen_put(screen, INK_PLAIN, "%*s", indent, "");
		screen_cell(screen, INK_DIM, LABEL_WIDTH - indent, "limit");
		snprintf(text, sizeof text, "%.60s of %.90s: %s%s%.255s%s",
			 field_text(row, "limit"), field_text(row, "of"), use,
			 *line ? " (" : "", line, *line ? ")" : "");
		screen_wrap(screen, full ? INK_BAD : INK_PLAIN, TEXT_INDENT,
			    text);
	}
}

/* `shares` is what the weights of all targets come to. */
static void target(struct screen *screen, size_t number, const json_t *row,
		   long long shares, bool last)
{
	long long weight = field_number(row, "weight");
	const json_t *called = field_object(row, "called");
	bool available = field_is_true(row, "available");

	screen_put(screen, INK_PLAIN, "  %zu ", number);
	screen_put(screen, INK_BOLD, "%s", field_text(row, "target"));
	if (weight)
		screen_put(screen, INK_PLAIN, " first for %lld of %lld calls",
			   weight, shares);
	screen_put(screen, INK_PLAIN, " (%s): ", field_text(row, "kind"));
	screen_put(screen, available ? INK_GOOD : INK_BAD, "%s\n",
		   field_text(row, "state"));
	limits(screen, 4, field_array(row, "limits"), !last);
	if (!called) {
		screen_put(screen, INK_BAD,
			   "    its numbering makes no number of this one\n");
		return;
	}
	screen_put(screen, INK_PLAIN, "    ");
	screen_cell(screen, INK_DIM, 8, "sent");
	screen_put(screen, INK_BOLD, "%s", field_text(called, "digits"));
	screen_put(screen, INK_PLAIN, " %s\n", field_text(called, "type"));
	rule_line(screen, field_object(called, "rule"));
	told(screen, "caller", field_object(row, "calling"));
	told(screen, "divert", field_object(row, "redirecting"));
}

static void reject(struct screen *screen, const json_t *refusal)
{
	const char *text = field_text(refusal, "text");

	screen_put(screen, INK_BAD, "Rejected with %lld (cause %lld)",
		   field_number(refusal, "status"),
		   field_number(refusal, "cause"));
	screen_put(screen, INK_PLAIN, ": %s", field_text(refusal, "why"));
	if (*text)
		screen_put(screen, INK_PLAIN, ", \"%s\"", text);
	screen_put(screen, INK_PLAIN, "\n");
}

static void targets(struct screen *screen, const json_t *answer)
{
	const json_t *rows = field_array(answer, "targets");
	size_t count = json_array_size(rows);
	long long shares = 0;

	if (!count)
		return;
	for (size_t i = 0; i < count; i++)
		shares += field_number(json_array_get(rows, i), "weight");
	screen_put(screen, INK_DIM, "Targets, %s%s\n",
		   shares ? "those that share first" : "in this order",
		   field_is_true(answer, "emergency")
			   ? "; an emergency call: no limit, no drain"
			   : "");
	for (size_t i = 0; i < count; i++)
		target(screen, i + 1, json_array_get(rows, i), shares,
		       i + 1 == count);
}

static void drained(struct screen *screen, const json_t *answer)
{
	const char *why = field_text(answer, "drained");

	if (!*why)
		return;
	if (field_is_true(answer, "emergency"))
		screen_put(screen, INK_PLAIN,
			   "Taken now: %s, which does not concern an emergency "
			   "call\n",
			   why);
	else
		screen_put(screen, INK_BAD, "Refused now: %s\n", why);
}

static void explain(struct screen *screen, const json_t *answer)
{
	const json_t *refusal = field_object(answer, "reject");

	label(screen, "From");
	screen_put(screen, INK_BOLD, "%s", field_text(answer, "from"));
	screen_put(screen, INK_PLAIN, " (%s), %s\n", field_text(answer, "kind"),
		   field_text(answer, "at"));
	received(screen, "To", field_object(answer, "called"));
	received(screen, "Caller", field_object(answer, "calling"));
	received(screen, "Diverted by", field_object(answer, "redirecting"));
	steps(screen, answer);
	if (*field_text(answer, "rewritten")) {
		label(screen, "Rewritten");
		screen_put(screen, INK_BOLD, "%s\n",
			   field_text(answer, "rewritten"));
	}
	limits(screen, 0, field_array(answer, "limits"), false);
	if (refusal)
		reject(screen, refusal);
	targets(screen, answer);
	drained(screen, answer);
}

/* Most places are in one file, whose name is told once: of these the line is
 * left, "line 58". */
static void shorten(json_t *json, const char *file)
{
	size_t len = strlen(file), index;
	const char *key, *text;
	json_t *value;
	char line[32];

	json_object_foreach(json, key, value)
	{
		shorten(value, file);
		text = json_string_value(value);
		if (!text || strncmp(text, file, len) != 0 || text[len] != ':')
			continue;
		snprintf(line, sizeof line, "line %.20s", text + len + 1);
		json_object_set_new(json, key, json_string(line));
	}
	json_array_foreach(json, index, value) shorten(value, file);
}

void render_route_explain(struct screen *screen, const json_t *answer)
{
	const char *place_of_route = field_text(answer, "route");
	const char *colon = strrchr(place_of_route, ':');
	json_t *copy = json_deep_copy(answer);
	char file[256] = "";

	if (copy && colon)
		snprintf(file, sizeof file, "%.*s",
			 (int)(colon - place_of_route), place_of_route);
	if (*file) {
		label(screen, "Lines of");
		screen_put(screen, INK_PLAIN, "%s\n", file);
		shorten(copy, file);
	}
	explain(screen, copy ? copy : answer);
	json_decref(copy);
}

static void test_lines(struct screen *screen, const json_t *row)
{
	bool passed = field_is_true(row, "passed");
	const char *rule = field_text(row, "rule");

	screen_cell(screen, passed ? INK_GOOD : INK_BAD, 8,
		    passed ? "passed" : "FAILED");
	screen_put(screen, passed ? INK_PLAIN : INK_BOLD, "%s",
		   field_text(row, "test"));
	place(screen, row, "place");
	screen_put(screen, INK_PLAIN, "\n");
	if (passed)
		return;
	screen_put(screen, INK_PLAIN, "        expected %s, got %s\n",
		   field_text(row, "expected"), field_text(row, "got"));
	if (!*rule)
		return;
	screen_put(screen, INK_PLAIN, "        %s decides", rule);
	place(screen, row, "rule_place");
	screen_put(screen, INK_PLAIN, "\n");
}

void render_route_test(struct screen *screen, const json_t *answer)
{
	const json_t *tests = field_array(answer, "tests");
	long long failed = field_number(answer, "failed");

	if (!json_array_size(tests)) {
		screen_put(
			screen, INK_PLAIN,
			"The configuration has no tests: write test \"name\" "
			"{ from ... to ... expect ... }\n");
		return;
	}
	for (size_t i = 0; i < json_array_size(tests); i++)
		test_lines(screen, json_array_get(tests, i));
	screen_put(screen, failed ? INK_BAD : INK_GOOD,
		   "%lld passed, %lld failed\n", field_number(answer, "passed"),
		   failed);
}
