#include "conf/args.h"

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

/* Only what refuses: a 3xx would be a promise that we know a better place, and
 * 4xx to 6xx are what a caller's PBX can act on (RFC 3261 21.4 to 21.6). */
static int read_reject(struct args *args, struct conf_route_rule *rule)
{
	const struct token *text;
	unsigned status;

	if (args_count(args, "a SIP status", 400, 699, &status))
		return -EINVAL;
	rule->reject_status = (uint16_t)status;
	if (!args_left(args))
		return 0;
	text = args_take(args, "a text");
	if (!text)
		return -EINVAL;
	if (text->kind != TOKEN_STRING)
		return args_error(args, text,
				  "the text of a rejection stands in quotes");
	if (strlen(text->text) >= sizeof rule->reject_text)
		return args_error(args, text,
				  "a text of %zu bytes is too long: at most "
				  "%zu",
				  strlen(text->text),
				  sizeof rule->reject_text - 1);
	memcpy(rule->reject_text, text->text, strlen(text->text) + 1);
	return 0;
}

/* What stands right of the arrow. */
static int read_target(struct args *args, struct conf_route_rule *rule,
		       const struct token **target)
{
	*target = NULL;
	if (args_word(args, "reject")) {
		if (read_reject(args, rule))
			return -EINVAL;
	} else if (args_name(args, "the name of a trunk-group or sip-peer",
			     target)) {
		return -EINVAL;
	}
	return args_end(args);
}

static int add(struct args *args, struct draft *draft, const struct token *at,
	       const struct conf_route_rule *rule, const struct token *target)
{
	struct item *item = build_item(args->build, &draft->items, at);

	if (!item)
		return -EINVAL;
	item->route = *rule;
	item->route.place = build_place(at);
	item->target = target;
	return 0;
}

static int apply_otherwise(struct args *args, struct draft *draft)
{
	struct conf_route_rule rule = { .prefix = "" };
	const struct token *target;

	args->next++;
	if (args_arrow(args) || read_target(args, &rule, &target))
		return -EINVAL;
	return add(args, draft, args->tokens, &rule, target);
}

static bool at_arrow(const struct args *args)
{
	return args_left(args) && args_peek(args)->kind == TOKEN_ARROW;
}

/* Several numbers may stand left of one arrow. They are read twice: first to
 * find the arrow and its target, then to make one rule of each, so that a
 * line with a mistake in it makes none. */
static int apply_prefixes(struct args *args, struct draft *draft)
{
	struct conf_route_rule rule = { .prefix = "" };
	const struct token *target;
	struct args left = *args;
	size_t count = 0;

	do {
		if (args_number(args, "a number or a prefix", 0, rule.prefix))
			return -EINVAL;
		count++;
	} while (args_left(args) && !at_arrow(args));
	if (args_arrow(args) || read_target(args, &rule, &target))
		return -EINVAL;
	for (; count; count--) {
		const struct token *at = args_peek(&left);

		if (args_number(&left, "a number or a prefix", 0, rule.prefix))
			return -EINVAL;
		/* A short code is dialled whole: 110 must not take 1103. */
		rule.exact = rule.prefix[0] != '+';
		if (add(args, draft, at, &rule, target))
			return -EINVAL;
	}
	return 0;
}

static const struct setting route_settings[] = {
	{
		.name = "otherwise",
		.syntax = "-> <name> | reject <status> [\"<text>\"]",
		.range = "status 400 to 699",
		.also = "default else any catch-all",
		.help = "Where a number goes that no other rule takes. "
			"Without this line it is refused with 404.",
		.flags = SETTING_WHOLE_LINE,
		.apply = apply_otherwise,
	},
	{
		.name = "",
		.syntax = "<number> ... -> <name> | reject <status> "
			  "[\"<text>\"]",
		.range = "status 400 to 699",
		.help = "+49 takes every number that begins so, + every "
			"international number, and bare digits such as 110 "
			"exactly this short code. The call goes to a "
			"trunk-group or sip-peer, or is refused with a "
			"SIP status and text.",
		.flags = SETTING_WHOLE_LINE | SETTING_REPEATS,
		.apply = apply_prefixes,
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
