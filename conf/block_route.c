/* Routes: which calls a line means, and the words of both sides of its arrow.
 *
 * The words stand in one table, from which come the readers, the usage in
 * errors and the manual. What is read of a line is kept as a struct route_line,
 * its numbers as items that share it; resolve_route.c makes rules of them. */
#include "conf/args_number.h"
#include "conf/route_line.h"
#include "conf/suggest.h"

#include <ctype.h>
#include <errno.h>
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

static int apply_caller(struct args *args, struct draft *draft)
{
	/* No number at all is one of no digits, and exactly this one. */
	if (args_word(args, "none")) {
		draft->lines->caller =
			(struct conf_number){ .form = CONF_NUMBER_EXACT };
		return 0;
	}
	return args_number_set(args, "a caller's number or prefix",
			       &draft->lines->caller);
}

static int apply_presentation(struct args *args, struct draft *draft)
{
	static const struct keyword words[] = {
		{ "allowed", CONF_PRESENTATION_ALLOWED, "shown public yes",
		  false },
		{ "restricted", CONF_PRESENTATION_RESTRICTED,
		  "withheld hidden anonymous clir private no", false },
		{ NULL, 0, NULL, false },
	};

	return args_keyword(args, "\"allowed\" or \"restricted\"", words,
			    &draft->lines->presentation);
}

static int apply_bearer(struct args *args, struct draft *draft)
{
	static const struct keyword words[] = {
		{ "speech", CONF_BEARER_SPEECH, "voice telephony", false },
		{ "audio", CONF_BEARER_AUDIO, "3.1khz 3k1 modem fax", false },
		{ "data", CONF_BEARER_DATA, "unrestricted digital udi 64k",
		  false },
		{ NULL, 0, NULL, false },
	};

	return args_keyword(args, "\"speech\", \"audio\" or \"data\"", words,
			    &draft->lines->bearer);
}

static int apply_when(struct args *args, struct draft *draft)
{
	return args_name(args, "the name of hours", &draft->lines->when);
}

const struct setting route_words[] = {
	{
		.name = "class",
		.syntax = "<name>",
		.also = "number-class list group",
		.help = "All numbers of this number-class, beside those that "
			"the line names itself.",
		.flags = SETTING_SELECTS | SETTING_REPEATS,
	},
	{
		.name = "caller",
		.syntax = "<number> | none",
		.also = "calling from callerid caller-id source",
		.help = "Only calls from these numbers, which are written as "
			"called ones are; none: only calls that bring no "
			"number, or none that can be read. A withheld number "
			"may well come along, and is one: presentation "
			"restricted stands for those.",
		.flags = SETTING_SELECTS,
		.apply = apply_caller,
	},
	{
		.name = "presentation",
		.syntax = "allowed | restricted",
		.also = "clir privacy present",
		.help = "Only calls whose caller withholds the number "
			"(restricted), or only the others.",
		.flags = SETTING_SELECTS,
		.apply = apply_presentation,
	},
	{
		.name = "bearer",
		.syntax = "speech | audio | data",
		.also = "bearer-capability capability transfer-mode",
		.help = "Only calls of this bearer capability. Fax and modem "
			"come as audio, and so does every call from a "
			"sip-peer; data can only be rejected, as there is "
			"nothing that would carry it.",
		.flags = SETTING_SELECTS,
		.apply = apply_bearer,
	},
	{
		.name = "when",
		.syntax = "<hours>",
		.also = "hours time schedule during",
		.help = "Only while these hours hold.",
		.flags = SETTING_SELECTS,
		.apply = apply_when,
	},
	{
		.name = "weight",
		.syntax = "<share>",
		.range = "1 to 100",
		.also = "share percent ratio load",
		.help = "Behind a name: its share of the calls among all names "
			"of the line with a weight. The one that is chosen is "
			"tried first, then the others that share, then those "
			"without a weight as they are written: they take what "
			"overflows.",
		.flags = SETTING_REPEATS,
	},
	{
		.name = "retry-on",
		.syntax = "<cause> | <status> | timeout ...",
		.range = "causes 1 to 127, statuses 300 to 699",
		.also = "retry retry-if retry-after failover on-failure "
			"reroute-on next-on",
		.help = "After which failures the next name is tried: Q.850 "
			"causes from the telephone network, SIP statuses from "
			"peers, and timeout, when nothing was answered at all, "
			"by a peer within 2 s. "
			"Without it these are the failures of the way rather "
			"than of the number: timeout, a span or peer that is "
			"down, the causes 34, 38, 41, 42, 44 and 47, the "
			"statuses 408, 500, 502, 503 and 504.",
		.apply = apply_retry,
	},
	{
		.name = "strip",
		.syntax = "<count>",
		.range = "1 to 20",
		.also = "remove delete skip trim",
		.help = "Takes so many digits off the called number in its "
			"form inside, and the + with them: strip 4 makes "
			"5550100 of +49305550100. It is done before the "
			"target's numbering is.",
		.apply = apply_strip,
	},
	{
		.name = "add",
		.syntax = "<digits>",
		.also = "prefix prepend insert front",
		.help = "Puts digits in front of the called number, in the "
			"place of a + where one is left: add 00 makes "
			"0049305550100 of +49305550100. With strip, after "
			"it.",
		.apply = apply_add,
	},
	{
		.name = "replace",
		.syntax = "<beginning> <digits>",
		.also = "translate rewrite substitute",
		.help = "Where the called number begins with the first, the "
			"second comes in its place: replace +4930 +4940.",
		.apply = apply_replace,
	},
	{
		.name = "caller-as",
		.syntax = "<number>",
		.also = "caller-id callerid as-caller calling-as from-as",
		.help = "The caller's number is sent as this one. Whether he "
			"withholds it stays as it is.",
		.apply = apply_caller_as,
	},
	{
		.name = "max",
		.syntax = "<count> calls | calls/s | min/day [per caller]",
		.also = "limit maximum max-calls at-most",
		.help = "No more calls than that by this line, all of its "
			"numbers together: at once, in a second, or minutes "
			"of talk in a day. May stand several times.",
		.flags = SETTING_REPEATS,
		.apply = apply_max,
	},
	{
		.name = "emergency",
		.syntax = "",
		.also = "urgent priority",
		.help = "These are calls for help: no limit and no drain holds "
			"them up, and they may take the channels that a "
			"trunk-group keeps for them.",
		.apply = apply_emergency,
	},
	{
		.name = "reject",
		.syntax = "<status> | cause <cause> [\"<text>\"]",
		.range = "status 400 to 699, cause 1 to 127",
		.also = "refuse deny block drop hangup",
		.help = "Refuses the call, and is all that stands right of the "
			"arrow. A status is for SIP and a cause of Q.850 for "
			"ISDN; the other side hears what the one means there. "
			"The text goes into call records, and to SIP in the "
			"Reason header.",
		.apply = apply_reject,
	},
	{ .name = NULL },
};

const struct setting *route_word_find(const struct token *token)
{
	const struct setting *word = route_words;

	if (token->kind != TOKEN_WORD)
		return NULL;
	for (; word->name; word++)
		if (!strcmp(word->name, token->text))
			return word;
	return NULL;
}

const struct token *route_word_at(const struct route_line *line,
				  const char *name)
{
	for (size_t i = 0; route_words[i].name; i++)
		if (!strcmp(route_words[i].name, name))
			return line->at[i];
	return NULL;
}

int route_word_read(struct args *args, struct draft *draft,
		    const struct setting *word)
{
	const struct token *at = args_peek(args);
	size_t row = (size_t)(word - route_words);
	struct args part = *args;
	int err;

	part.setting = word;
	if (draft->lines->at[row] && !(word->flags & SETTING_REPEATS))
		return args_error(&part, at, "\"%s\" is said twice", at->text);
	if (!word->apply)
		return args_error(&part, at,
				  "\"%s\" stands behind the name that it is "
				  "of",
				  at->text);
	draft->lines->at[row] = at;
	part.next++;
	err = word->apply(&part, draft);
	args->next = part.next;
	return err;
}

static bool has_side(const struct setting *word, bool selects)
{
	return !!(word->flags & SETTING_SELECTS) == selects;
}

/* The words of the other side by their own names only: what else they are
 * called resembles too much. */
static const struct setting *nearest(const struct token *at, bool selects)
{
	struct suggestion s;

	suggest_begin(&s, at->text);
	for (const struct setting *w = route_words; w->name; w++)
		suggest_offer(&s, w->name,
			      has_side(w, selects) ? w->also : NULL, w);
	return s.best_entry;
}

bool route_word_misplaced(struct args *args, bool selects)
{
	struct report *report = &args->build->report;
	const struct token *at = args_peek(args);
	const struct setting *word = route_word_find(at);

	if (word && has_side(word, selects))
		return false;
	if (word) {
		report_error(report, at,
			     selects ? report_text(report,
						   "(<number> ... -> <name> "
						   "... %s %s)",
						   word->name, word->syntax)
				     : report_text(report,
						   "(<number> ... %s %s -> "
						   "<name> ...)",
						   word->name, word->syntax),
			     "\"%s\" stands %s of the arrow, where it is "
			     "said %s",
			     at->text, selects ? "left" : "right",
			     selects ? "which calls are meant"
				     : "what is done with them");
		return true;
	}
	word = at->kind == TOKEN_WORD ? nearest(at, selects) : NULL;
	if (!word)
		return false;
	report_error(report, at,
		     report_text(report, "did you mean \"%s\"?  %s", word->name,
				 setting_usage(report, word)),
		     "unknown word \"%s\" in a route", at->text);
	return true;
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
	       const struct conf_number *called, const struct token *class)
{
	struct item *item = build_item(args->build, &draft->items, at);

	if (!item)
		return -EINVAL;
	item->route.called = *called;
	item->route.class = class;
	item->route.line = draft->lines;
	return 0;
}

static bool at_arrow(const struct args *args)
{
	return args_left(args) && args_peek(args)->kind == TOKEN_ARROW;
}

/* What people write who come from elsewhere, or forgot a word. */
static int no_number(struct args *args)
{
	const struct token *at = args_peek(args);
	struct report *report = &args->build->report;
	struct suggestion s;

	suggest_begin(&s, at->text);
	suggest_offer(&s, "otherwise", "default else any all other rest", NULL);
	if (s.best && !args->next) {
		report_error(report, at, "did you mean \"otherwise\"?",
			     "\"%s\" is not a number", at->text);
		return -EINVAL;
	}
	if (route_word_misplaced(args, true))
		return -EINVAL;
	return args_error(args, at,
			  "\"%s\" is not a number: \"->\" stands before a "
			  "target, and \"class\" before a number-class",
			  at->text);
}

/* One number or class. A word that is neither ends them. */
static int read_member(struct args *args, struct conf_number *number,
		       const struct token **class)
{
	const struct token *at;

	*class = NULL;
	if (args_word(args, "class")) {
		*number = (struct conf_number){ .form = CONF_NUMBER_ANY };
		return args_name(args, "the name of a number-class", class);
	}
	at = args_peek(args);
	if (at && isalpha((unsigned char)*at->text))
		return no_number(args);
	if (at && *at->text && strchr("=-:>", *at->text) &&
	    at->kind == TOKEN_WORD)
		return args_arrow(args);
	return args_number_set(args, "a number or a prefix", number);
}

static bool at_condition(const struct args *args)
{
	const struct setting *word =
		args_left(args) ? route_word_find(args_peek(args)) : NULL;

	return word && word->flags & SETTING_SELECTS &&
	       strcmp(word->name, "class") != 0;
}

/* Several numbers may stand left of one arrow. They are read twice: first to
 * find what follows, then to make rules of them, so that a line with a mistake
 * in it makes none. */
static int read_members(struct args *args, size_t *count)
{
	const struct token *at = args_peek(args), *class;
	struct conf_number number;

	if (at_condition(args))
		return args_error(args, at,
				  "numbers are missing before \"%s\": write "
				  "\"otherwise %s\" if every other number is "
				  "meant",
				  at->text, at->text);
	do {
		if (read_member(args, &number, &class))
			return -EINVAL;
		++*count;
	} while (args_left(args) && !at_arrow(args) && !at_condition(args));
	return 0;
}

static int read_conditions(struct args *args, struct draft *draft)
{
	const struct token *at;

	while (at_condition(args))
		if (route_word_read(args, draft,
				    route_word_find(args_peek(args))))
			return -EINVAL;
	at = args_peek(args);
	if (at && route_word_find(at) && !strcmp(at->text, "class"))
		return args_error(args, at,
				  "\"class\" stands among the numbers, before "
				  "any condition");
	if (at && !at_arrow(args) && route_word_misplaced(args, true))
		return -EINVAL;
	return args_arrow(args);
}

static int apply_otherwise(struct args *args, struct draft *draft)
{
	static const struct conf_number any = { .form = CONF_NUMBER_ANY };

	args->next++;
	if (!new_line(args, draft) || read_conditions(args, draft) ||
	    route_action_read(args, draft))
		return -EINVAL;
	return add(args, draft, args->tokens, &any, NULL);
}

static int apply_numbers(struct args *args, struct draft *draft)
{
	const struct token *at, *class;
	struct conf_number number;
	struct args left = *args;
	size_t count = 0;

	if (!new_line(args, draft) || read_members(args, &count) ||
	    read_conditions(args, draft) || route_action_read(args, draft))
		return -EINVAL;
	for (; count; count--) {
		at = args_peek(&left);
		if (read_member(&left, &number, &class) ||
		    add(args, draft, class ? class : at, &number, class))
			return -EINVAL;
	}
	return 0;
}

static const struct setting route_settings[] = {
	{
		.name = "otherwise",
		.syntax = "[<condition> ...] -> "
			  "<name> ... [<option> ...] | reject <status>",
		.also = "default else any catch-all",
		.help = "The same for numbers that no other line takes. "
			"Without such a line they are refused with 404.",
		.flags = SETTING_WHOLE_LINE | SETTING_REPEATS,
		.apply = apply_otherwise,
	},
	{
		.name = "",
		.syntax = "<number> ... [<condition> ...] -> "
			  "<name> ... [<option> ...] | reject <status>",
		.help = "Left of the arrow stand the calls that are meant, "
			"right of it what is done with them. +49 takes every "
			"number that begins so, + every international number, "
			"bare digits such as 110 exactly this short code, and "
			"+4930123400..+4930123499 the numbers from the first "
			"to the last, as long as these are. Behind the "
			"numbers stand words that narrow them down, each "
			"once. The call goes to a trunk-group or sip-peer, up "
			"to 4 of them: after a failure the next one is tried. "
			"A name that can take no call now is passed over in "
			"any case: its spans are down or its channels taken, "
			"it does not answer OPTIONS, it has as many calls as "
			"its limit.",
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
			"most specific line decides, never the order. First "
			"counts the called number: an exact number or range "
			"before a prefix, the smaller range, the longer "
			"prefix, otherwise last. Of lines for the same "
			"numbers, the caller decides in the same way; then one "
			"with a presentation comes before one without, then "
			"one with a bearer, then one with hours. Two lines "
			"that are as specific and can take the same call are "
			"an error; hours that never hold together keep them "
			"apart, where both are in one time zone. So are ranges "
			"that overlap, neither lying in the other, unless one "
			"is smaller and its line differs in something else.",
		.apply = apply_from,
	},
	.settings = route_settings,
	.words = route_words,
	.check = check_route,
};
