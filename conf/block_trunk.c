#include "conf/args.h"

#include <errno.h>

/* Each member says "span": other kinds of members may come. */
static int apply_members(struct args *args, struct draft *draft)
{
	const struct token *at;
	struct item *item;
	unsigned number;

	do {
		if (args_expect(args, "span"))
			return -EINVAL;
		at = args_peek(args);
		if (args_count(args, "a span number", 1, SPAN_NUMBER_MAX,
			       &number))
			return -EINVAL;
		item = build_item(args->build, &draft->items, at);
		if (!item)
			return -EINVAL;
		item->span = number;
	} while (args_left(args));
	return 0;
}

/* Both ends of a line choose channels for their own calls. When they choose
 * from opposite ends they meet only when nearly all are taken; when they
 * choose from the same end, each busy moment is a collision (glare, Q.931
 * 5.7). */
static const struct keyword hunts[] = {
	{ "lowest-first", CONF_HUNT_LOWEST,
	  "lowest ascending up linear first forward", false },
	{ "highest-first", CONF_HUNT_HIGHEST,
	  "highest descending down last backward", false },
	{ "round-robin", CONF_HUNT_ROUND_ROBIN,
	  "roundrobin cyclic rotary circular", false },
	{ NULL, 0, NULL, false },
};

static const struct setting trunk_settings[] = {
	{
		.name = "members",
		.syntax = "span <number> ...",
		.range = "span 1 to 128",
		.also = "member spans span channels group",
		.help = "The spans of the group. A span belongs to one group.",
		.flags = SETTING_REQUIRED,
		.apply = apply_members,
	},
	{
		.name = "hunt",
		.syntax = "lowest-first | highest-first | round-robin",
		.fallback = "highest-first",
		.also = "hunting hunting-order order strategy "
			"channel-hunting selection hunt-scheme",
		.help = "Which free channel a call takes. Most exchanges hunt "
			"from the lowest, so that highest-first makes both "
			"sides choose the same channel least often.",
		.apply = apply_keyword,
		.offset = offsetof(struct conf_trunk, hunt),
		.keywords = hunts,
	},
	{
		.name = "numbering",
		.syntax = "<name>",
		.also = "dialplan translation translation-profile plan "
			"pridialplan",
		.help = "The numbering block that turns digits and type of "
			"number on the wire into +E.164 and back. Left out, "
			"digits go as they are.",
		.apply = apply_numbering,
	},
	{ .name = NULL },
};

const struct block_desc trunk_block = {
	.open = {
		.name = "trunk-group",
		.syntax = "<name>",
		.also = "trunk trunkgroup group hunt-group bundle",
		.help = "Spans that lead to the same place.",
		.apply = apply_block_name,
	},
	.settings = trunk_settings,
};
