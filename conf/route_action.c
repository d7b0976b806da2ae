/* What is done with a call: the words right of the arrow. */
#include "conf/route_line.h"

#include "conf/args_number.h"

#include <errno.h>
#include <string.h>

#define WEIGHT_MAX 100
#define STRIP_MAX 20

static void *keep(struct args *args, size_t size)
{
	void *memory = arena_alloc(args->build->keep, size);

	if (!memory)
		args->build->report.no_memory = true;
	return memory;
}

static int read_text(struct args *args, struct conf_action *action)
{
	const struct token *text = args_take(args, "a text");

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

/* Only what refuses: a 3xx would be a promise that we know a better place, and
 * 4xx to 6xx are what a caller's PBX can act on (RFC 3261 21.4 to 21.6). */
int apply_reject(struct args *args, struct draft *draft)
{
	struct conf_action *action = draft->lines->action;
	const struct token *at = &args->tokens[args->next - 1], *rest;
	unsigned number;

	if (args_word(args, "cause")) {
		if (args_count(args, "a cause", 1, 127, &number))
			return -EINVAL;
		action->reject_cause = (uint8_t)number;
	} else {
		if (args_count(args, "a SIP status", 400, 699, &number))
			return -EINVAL;
		action->reject_status = (uint16_t)number;
	}
	rest = args_peek(args);
	if (rest && route_word_find(rest) && !strcmp(rest->text, "retry-on"))
		return args_error(args, rest,
				  "\"retry-on\" does not go with \"reject\": a "
				  "refused call is not tried again");
	if (rest && route_word_find(rest))
		return args_error(args, rest,
				  "\"%s\" does not go with \"%s\": a refused "
				  "call goes nowhere",
				  rest->text, at->text);
	return rest ? read_text(args, action) : 0;
}

static struct conf_rewrite *rewrite_of(struct args *args,
				       struct route_line *line)
{
	if (!line->rewrite)
		line->rewrite = keep(args, sizeof *line->rewrite);
	return line->rewrite;
}

/* replace says for itself what comes off and what comes in front. */
static int not_with(struct args *args, const struct route_line *line,
		    const char *name)
{
	const struct token *at = &args->tokens[args->next - 1];

	if (!route_word_at(line, name))
		return 0;
	return args_error(args, at,
			  "\"%s\" and \"%s\" do not go together: \"replace\" "
			  "takes digits off and puts others in their place",
			  at->text, name);
}

int apply_strip(struct args *args, struct draft *draft)
{
	struct conf_rewrite *rewrite = rewrite_of(args, draft->lines);
	unsigned count;

	if (!rewrite || not_with(args, draft->lines, "replace") ||
	    args_count(args, "a number of digits", 1, STRIP_MAX, &count))
		return -EINVAL;
	rewrite->strip = (uint8_t)count;
	return 0;
}

int apply_add(struct args *args, struct draft *draft)
{
	struct conf_rewrite *rewrite = rewrite_of(args, draft->lines);

	if (!rewrite || not_with(args, draft->lines, "replace"))
		return -EINVAL;
	return args_number(args, "digits to put in front", 0, rewrite->add);
}

int apply_replace(struct args *args, struct draft *draft)
{
	struct conf_rewrite *rewrite = rewrite_of(args, draft->lines);

	if (!rewrite || not_with(args, draft->lines, "strip") ||
	    not_with(args, draft->lines, "add") ||
	    args_number(args, "the beginning to be replaced", 0, rewrite->from))
		return -EINVAL;
	return args_number(args, "what comes in its place", NUMBER_MAY_BE_EMPTY,
			   rewrite->to);
}

int apply_caller_as(struct args *args, struct draft *draft)
{
	struct conf_rewrite *rewrite = rewrite_of(args, draft->lines);
	const struct token *at = args_peek(args);

	if (!rewrite ||
	    args_number(args, "a caller's number", 0, rewrite->caller_as))
		return -EINVAL;
	if (!strcmp(rewrite->caller_as, "+"))
		return args_error(args, at, "\"+\" is no whole number");
	return 0;
}

int apply_max(struct args *args, struct draft *draft)
{
	struct route_line *line = draft->lines;

	if (!line->limits)
		line->limits = keep(args, sizeof *line->limits);
	return line->limits ? args_limit_add(args, line->limits) : -EINVAL;
}

int apply_emergency(struct args *args, struct draft *draft)
{
	(void)args;
	draft->lines->action->emergency = true;
	return 0;
}

/* Of the target before it. */
static int read_weight(struct args *args, struct route_line *to)
{
	size_t count = to->action->target_count;
	const struct token *at = args_peek(args);
	unsigned weight;

	if (!count)
		return args_error(args, at,
				  "\"weight\" stands behind the name that it "
				  "is of");
	if (to->action->weight[count - 1])
		return args_error(args, at,
				  "\"weight\" is set twice for \"%s\"",
				  to->targets[count - 1]->text);
	args->next++;
	if (args_count(args, "a weight", 1, WEIGHT_MAX, &weight))
		return -EINVAL;
	to->action->weight[count - 1] = (uint8_t)weight;
	return 0;
}

static int read_target(struct args *args, struct route_line *to)
{
	const struct token *at = args_peek(args), *name;
	size_t count = to->action->target_count;

	/* A word of ours looks like a name when it is misspelt, until what
	 * follows cannot be a name. */
	if (count && (args_at_number(args) || *at->text == '+')) {
		args->next--;
		if (route_word_misplaced(args, false))
			return -EINVAL;
		args->next++;
	}
	if (count && args_at_number(args) && strchr(at->text, '%'))
		return args_error(args, at,
				  "\"%s\" is no name: a share is written "
				  "\"%s weight %.*s\"",
				  at->text, to->targets[count - 1]->text,
				  (int)strspn(at->text, "0123456789"),
				  at->text);
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

/* The word is left for whoever reads the words. */
static int end_of_targets(struct args *args, const struct route_line *to,
			  const struct setting *word)
{
	const struct token *at = args_peek(args);

	if (!strcmp(word->name, "reject"))
		return args_error(args, at,
				  "\"reject\" stands alone: a call is sent to "
				  "\"%s\" or refused, not both",
				  to->targets[0]->text);
	if (!to->action->target_count)
		return args_error(args, at,
				  "the name of a trunk-group or sip-peer is "
				  "missing before \"%s\"",
				  at->text);
	return 0;
}

static int read_targets(struct args *args, struct route_line *to)
{
	const struct setting *word;
	int err;

	do {
		word = args_left(args) ? route_word_find(args_peek(args))
				       : NULL;
		if (word && !strcmp(word->name, "weight")) {
			struct args part = *args;

			part.setting = word;
			err = read_weight(&part, to);
			args->next = part.next;
		} else if (word && word->flags & SETTING_SELECTS) {
			err = route_word_misplaced(args, false) ? -EINVAL : 0;
		} else if (word) {
			return end_of_targets(args, to, word);
		} else {
			err = read_target(args, to);
		}
	} while (!err && args_left(args));
	return err;
}

/* Those that share come first: a target without a weight takes what they
 * cannot. */
static int check_weights(struct args *args, const struct route_line *to)
{
	const struct conf_action *action = to->action;
	size_t shares = 0;

	for (size_t i = 0; i < action->target_count; i++) {
		if (!action->weight[i])
			continue;
		shares++;
		if (i && !action->weight[i - 1])
			return args_error(args, to->targets[i - 1],
					  "\"%s\" has no weight and stands "
					  "before \"%s\", which has: a target "
					  "without one comes last and takes "
					  "what the others cannot",
					  to->targets[i - 1]->text,
					  to->targets[i]->text);
	}
	if (shares != 1)
		return 0;
	return args_error(args, to->targets[0],
			  "\"%s\" alone has a weight: nothing shares with it",
			  to->targets[0]->text);
}

static int check_words(struct args *args, const struct route_line *to)
{
	const struct token *retry = route_word_at(to, "retry-on");
	const struct token *max = route_word_at(to, "max");
	struct report *report = &args->build->report;

	if (retry && to->action->target_count == 1) {
		report_error(report, retry,
			     report_text(report,
					 "(-> %s, <name> retry-on ..., or "
					 "without retry-on)",
					 to->targets[0]->text),
			     "\"retry-on\" needs a second target: nothing is "
			     "left to try after \"%s\"",
			     to->targets[0]->text);
		return -EINVAL;
	}
	if (max && to->action->emergency)
		return args_error(args, max,
				  "\"max\" does not go with \"emergency\": no "
				  "limit holds up a call for help");
	if (to->bearer == CONF_BEARER_DATA)
		return args_error(args, route_word_at(to, "bearer"),
				  "calls of data can only be rejected: nothing "
				  "here carries them");
	return check_weights(args, to);
}

int route_action_read(struct args *args, struct draft *draft)
{
	struct route_line *to = draft->lines;
	const struct token *at = args_peek(args);
	const struct setting *word = at ? route_word_find(at) : NULL;

	if (word && !strcmp(word->name, "reject"))
		return route_word_read(args, draft, word) ? -EINVAL
							  : args_end(args);
	if (read_targets(args, to))
		return -EINVAL;
	while (args_left(args)) {
		word = route_word_find(args_peek(args));
		if (word && !strcmp(word->name, "reject"))
			return end_of_targets(args, to, word);
		if (!word || word->flags & SETTING_SELECTS)
			return route_word_misplaced(args, false)
				       ? -EINVAL
				       : args_end(args);
		if (route_word_read(args, draft, word))
			return -EINVAL;
	}
	if (check_words(args, to))
		return -EINVAL;
	to->action->retry = to->retry;
	to->action->rewrite = to->rewrite;
	to->action->limits = to->limits;
	return 0;
}
