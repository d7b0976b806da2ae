#include "conf/args_number.h"
#include "conf/suggest.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static int apply_from(struct args *args, struct draft *draft)
{
	const struct token *name;

	if (args_expect(args, "from") ||
	    args_name(args, "the name of a sip-peer or trunk-group", &name))
		return -EINVAL;
	draft->name_at = name;
	draft->name = name->text;
	draft->label = report_text(&args->build->report, "route from \"%s\"",
				   name->text);
	return args_end(args);
}

/* Only what refuses: a 3xx would be a promise that we know a better place, and
 * 4xx to 6xx are what a caller's PBX can act on (RFC 3261 21.4 to 21.6). */
static int read_reject(struct args *args, struct conf_action *action)
{
	const struct token *text;
	unsigned status;

	if (args_count(args, "a SIP status", 400, 699, &status))
		return -EINVAL;
	action->reject_status = (uint16_t)status;
	if (!args_left(args))
		return 0;
	if (args_word(args, "retry-on"))
		return args_error(args, &args->tokens[args->next - 1],
				  "\"retry-on\" does not go with \"reject\": a "
				  "refused call is not tried again");
	text = args_take(args, "a text");
	if (!text)
		return -EINVAL;
	if (text->kind != TOKEN_STRING)
		return args_error(args, text,
				  "the text of a rejection stands in quotes");
	if (strlen(text->text) >= sizeof action->reject_text)
		return args_error(args, text,
				  "a text of %zu bytes is too long: at most "
				  "%zu",
				  strlen(text->text),
				  sizeof action->reject_text - 1);
	memcpy(action->reject_text, text->text, strlen(text->text) + 1);
	return 0;
}

/* For the usage in its errors. */
static const struct setting retry_on = {
	.name = "retry-on",
	.syntax = "<cause> | <status> | timeout ...",
	.range = "causes 1 to 127, statuses 300 to 699",
};

static int failed_twice(struct args *args, const struct token *at)
{
	return args_error(args, at, "%s is named twice", at->text);
}

static int add_cause(struct args *args, const struct token *at, unsigned cause,
		     struct conf_retry *retry)
{
	uint64_t bit = UINT64_C(1) << cause % 64;

	if (retry->cause[cause / 64] & bit)
		return failed_twice(args, at);
	retry->cause[cause / 64] |= bit;
	return 0;
}

static int add_status(struct args *args, const struct token *at,
		      unsigned status, struct conf_retry *retry)
{
	for (size_t i = 0; i < retry->status_count; i++)
		if (retry->status[i] == status)
			return failed_twice(args, at);
	if (retry->status_count == CONF_RETRY_STATUSES_MAX)
		return args_error(args, at,
				  "%s is one SIP status too many: a rule has "
				  "%d at most",
				  at->text, CONF_RETRY_STATUSES_MAX);
	retry->status[retry->status_count++] = (uint16_t)status;
	return 0;
}

/* A cause and a status cannot be taken for one another: the causes of Q.850
 * have 7 bits, and a call has not failed below 300. */
static int read_failure(struct args *args, struct conf_retry *retry)
{
	static const struct keyword words[] = {
		{ "timeout", 0, "time-out timer no-answer noanswer", false },
		{ NULL, 0, NULL, false },
	};
	static const char what[] = "a cause, a status or \"timeout\"";
	const struct token *at = args_peek(args);
	unsigned value;

	if (!args_at_number(args)) {
		if (args_keyword(args, what, words, &value))
			return -EINVAL;
		if (retry->timeout)
			return failed_twice(args, at);
		retry->timeout = true;
		return 0;
	}
	if (args_count(args, what, 0, UINT_MAX, &value))
		return -EINVAL;
	if (value >= 1 && value <= 127)
		return add_cause(args, at, value, retry);
	if (value >= 300 && value <= 699)
		return add_status(args, at, value, retry);
	return args_error(args, at,
			  "%s is out of range: causes are 1 to 127, SIP "
			  "statuses 300 to 699",
			  at->text);
}

/* After the word retry-on. */
static int read_retry(struct args *args, struct route_line *to)
{
	struct build *build = args->build;
	const struct token *at = &args->tokens[args->next - 1];
	struct conf_retry *retry = arena_alloc(build->keep, sizeof *retry);
	struct args list = *args;

	if (!retry) {
		build->report.no_memory = true;
		return -EINVAL;
	}
	list.setting = &retry_on;
	do {
		if (read_failure(&list, retry))
			return -EINVAL;
	} while (args_left(&list));
	args->next = list.next;
	if (to->action->target_count == 1) {
		report_error(&build->report, at,
			     report_text(&build->report,
					 "(-> %s, <name> retry-on ..., or "
					 "without retry-on)",
					 to->targets[0]->text),
			     "\"retry-on\" needs a second target: nothing is "
			     "left to try after \"%s\"",
			     to->targets[0]->text);
		return -EINVAL;
	}
	to->action->retry = retry;
	return 0;
}

/* Right of the arrow stand names, so that a word of ours looks like one when it
 * is misspelt, until what follows cannot be a name. */
static int unknown_word(struct args *args, const struct route_line *to)
{
	struct report *report = &args->build->report;
	const struct token *at = &args->tokens[args->next - 1];
	struct suggestion s;

	suggest_begin(&s, at->text);
	suggest_offer(&s, "retry-on",
		      "retry retry-if retry-after failover on-failure "
		      "reroute-on next-on on",
		      NULL);
	if (to->action->target_count == 1)
		suggest_offer(&s, "reject", "refuse deny block bar drop", NULL);
	if (!s.best)
		return 0;
	report_error(report, at,
		     report_text(report, "did you mean \"%s\"?  %s", s.best,
				 setting_usage(report, args->setting)),
		     "unknown word \"%s\" in a route", at->text);
	return -EINVAL;
}

static int read_target(struct args *args, struct route_line *to)
{
	const struct token *at = args_peek(args), *name;
	size_t count = to->action->target_count;

	if (count && at->kind == TOKEN_WORD && !strcmp(at->text, "reject"))
		return args_error(args, at,
				  "\"reject\" stands alone: a call is sent to "
				  "\"%s\" or refused, not both",
				  to->targets[0]->text);
	if (count && args_at_number(args) && unknown_word(args, to))
		return -EINVAL;
	if (args_name(args, "the name of a trunk-group or sip-peer", &name))
		return -EINVAL;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(to->targets[i]->text, name->text))
			return args_error(args, at, "\"%s\" is named twice",
					  name->text);
	if (count == CONF_TARGETS_MAX)
		return args_error(args, at,
				  "\"%s\" is one target too many: a rule has "
				  "%d at most",
				  name->text, CONF_TARGETS_MAX);
	to->targets[count] = name;
	to->action->target_count++;
	return 0;
}

/* What stands right of the arrow. */
static int read_destination(struct args *args, struct route_line *to)
{
	const struct token *at;

	if (args_word(args, "reject")) {
		if (read_reject(args, to->action))
			return -EINVAL;
		return args_end(args);
	}
	do {
		at = args_peek(args);
		if (args_word(args, "retry-on"))
			return to->action->target_count
				       ? read_retry(args, to)
				       : args_error(args, at,
						    "the name of a trunk-group "
						    "or sip-peer is missing "
						    "before \"retry-on\"");
		if (read_target(args, to))
			return -EINVAL;
	} while (args_left(args));
	return 0;
}

static struct route_line *new_line(struct args *args, struct draft *draft)
{
	struct build *build = args->build;
	struct route_line *line = build_alloc(build, sizeof *line);

	if (!line)
		return NULL;
	line->action = arena_alloc(build->keep, sizeof *line->action);
	if (!line->action) {
		build->report.no_memory = true;
		return NULL;
	}
	line->next = draft->lines;
	draft->lines = line;
	return line;
}

static int add(struct args *args, struct draft *draft, const struct token *at,
	       const struct conf_number *called)
{
	struct item *item = build_item(args->build, &draft->items, at);

	if (!item)
		return -EINVAL;
	item->route.called = *called;
	item->route.line = draft->lines;
	return 0;
}

static int apply_otherwise(struct args *args, struct draft *draft)
{
	static const struct conf_number any = { .form = CONF_NUMBER_ANY };
	struct route_line *line = new_line(args, draft);

	args->next++;
	if (!line || args_arrow(args) || read_destination(args, line))
		return -EINVAL;
	return add(args, draft, args->tokens, &any);
}

static bool at_arrow(const struct args *args)
{
	return args_left(args) && args_peek(args)->kind == TOKEN_ARROW;
}

/* Several numbers may stand left of one arrow. They are read twice: first to
 * find the arrow and its target, then to make one rule of each, so that a
 * line with a mistake in it makes none. */
static int apply_numbers(struct args *args, struct draft *draft)
{
	static const char what[] = "a number or a prefix";
	struct route_line *line = new_line(args, draft);
	struct conf_number number;
	struct args left = *args;
	size_t count = 0;

	do {
		if (args_number_set(args, what, &number))
			return -EINVAL;
		count++;
	} while (args_left(args) && !at_arrow(args));
	if (!line || args_arrow(args) || read_destination(args, line))
		return -EINVAL;
	for (; count; count--) {
		const struct token *at = args_peek(&left);

		if (args_number_set(&left, what, &number) ||
		    add(args, draft, at, &number))
			return -EINVAL;
	}
	return 0;
}

#define DESTINATION                                 \
	"-> <name> ... [retry-on <failure> ...] | " \
	"reject <status> [\"<text>\"]"
#define DESTINATION_RANGE "up to 4 names, status 400 to 699"

static const struct setting route_settings[] = {
	{
		.name = "otherwise",
		.syntax = DESTINATION,
		.range = DESTINATION_RANGE,
		.also = "default else any catch-all",
		.help = "Where a number goes that no other rule takes. "
			"Without this line it is refused with 404.",
		.flags = SETTING_WHOLE_LINE,
		.apply = apply_otherwise,
	},
	{
		.name = "",
		.syntax = "<number> ... " DESTINATION,
		.range = DESTINATION_RANGE,
		.help = "+49 takes every number that begins so, + every "
			"international number, and bare digits such as 110 "
			"exactly this short code. The call goes to a "
			"trunk-group or sip-peer, or is refused with a SIP "
			"status and text. Of several names the first one is "
			"tried, and after a failure the next. A failure is "
			"what retry-on lists: Q.850 causes (1 to 127) from "
			"the telephone network, SIP statuses (300 to 699) "
			"from peers, and the word timeout, when nothing was "
			"answered at all. Without retry-on these are the "
			"failures of the way rather than of the number: "
			"timeout, a span or peer that is down, the causes 34, "
			"38, 41, 42, 44 and 47, the statuses 408, 500, 502, "
			"503 and 504. A name that can take no call now is "
			"passed over in any case: its spans are down or its "
			"channels taken, it does not answer OPTIONS, it has "
			"as many calls as its limit.",
		.flags = SETTING_WHOLE_LINE | SETTING_REPEATS,
		.apply = apply_numbers,
	},
	{ .name = NULL },
};

static void check_route(struct build *build, struct draft *draft)
{
	if (!draft->items.count)
		report_error(&build->report, draft->name_at,
			     "(otherwise -> reject 404)",
			     "%s has no rule: it leads nowhere", draft->label);
}

const struct block_desc route_block = {
	.open = {
		.name = "route",
		.syntax = "from <name>",
		.also = "routing dialplan routes context",
		.help = "Where calls from a sip-peer or trunk-group go. The "
			"most specific rule decides, never the order: the "
			"longest prefix, an exact number before all. Two "
			"rules for the same number are an error.",
		.apply = apply_from,
	},
	.settings = route_settings,
	.check = check_route,
};
