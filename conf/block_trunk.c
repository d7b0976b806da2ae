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
	{ "least-used", CONF_HUNT_LEAST_USED,
	  "leastused least-busy balanced balance load-balance", false },
	{ "most-idle", CONF_HUNT_MOST_IDLE,
	  "mostidle longest-idle least-recent lru idle", false },
	{ NULL, 0, NULL, false },
};

static const struct keyword ends[] = {
	{ "lowest-first", CONF_HUNT_LOWEST,
	  "lowest ascending up linear first forward", false },
	{ "highest-first", CONF_HUNT_HIGHEST,
	  "highest descending down last backward", false },
	{ NULL, 0, NULL, false },
};

static int apply_hunt(struct args *args, struct draft *draft)
{
	unsigned order, end = CONF_HUNT_HIGHEST;
	struct conf_trunk *trunk = &draft->as.trunk;

	if (args_keyword(args, "an order of hunting", hunts, &order))
		return -EINVAL;
	if (order >= CONF_HUNT_LEAST_USED && args_left(args) &&
	    args_keyword(args, "\"lowest-first\" or \"highest-first\"", ends,
			 &end))
		return -EINVAL;
	trunk->hunt = (enum conf_hunt)order;
	trunk->hunt_end = (enum conf_hunt)end;
	return args_end(args);
}

static const struct keyword directions[] = {
	{ "both", CONF_DIRECTION_BOTH,
	  "bothways both-ways two-way bidirectional inout", false },
	{ "in", CONF_DIRECTION_IN, "incoming inbound receive", false },
	{ "out", CONF_DIRECTION_OUT, "outgoing outbound send", false },
	{ NULL, 0, NULL, false },
};

/* More than any group has channels. */
#define RESERVE_MAX (SPAN_NUMBER_MAX * 31)

/* "2 channels for emergency": it reads as what it does, and leaves room for
 * others that something may be kept for. */
static int apply_reserve(struct args *args, struct draft *draft)
{
	unsigned count;

	if (args_count(args, "a number of channels", 0, RESERVE_MAX, &count) ||
	    (!args_word(args, "channel") && args_expect(args, "channels")) ||
	    args_expect(args, "for") || args_expect(args, "emergency"))
		return -EINVAL;
	draft->as.trunk.reserve = count;
	return args_end(args);
}

static int apply_limit(struct args *args, struct draft *draft)
{
	struct conf_limits *limits = &draft->as.trunk.limits;

	if (args_word(args, "none"))
		return args_end(args);
	do {
		if (args_limit_add(args, limits))
			return -EINVAL;
	} while (args_left(args));
	return 0;
}

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
		.name = "direction",
		.syntax = "both | in | out",
		.fallback = "both",
		.also = "way ways inbound outbound incoming outgoing "
			"traffic-direction",
		.help = "Whose calls the group carries: in, only those from "
			"the network; out, only those to it. A call from the "
			"network on a group for out is refused with cause 63, "
			"and no rule may lead to a group for in. Calls that "
			"no \"route from\" the group takes are refused as "
			"well.",
		.apply = apply_keyword,
		.offset = offsetof(struct conf_trunk, direction),
		.keywords = directions,
	},
	{
		.name = "hunt",
		.syntax = "lowest-first | highest-first | round-robin | "
			  "least-used [<end>] | most-idle [<end>]",
		.range = "an end is lowest-first or highest-first",
		.fallback = "highest-first",
		.also = "hunting hunting-order order strategy "
			"channel-hunting selection hunt-scheme",
		.help = "Which free channel a call takes. Most exchanges hunt "
			"from the lowest, so that highest-first makes both "
			"sides choose the same channel least often. "
			"round-robin: the next one after the last that was "
			"taken. least-used: one of the span with the fewest "
			"calls, so that a span that fails takes as few as "
			"possible with it. most-idle: the one that has been "
			"free for the longest; where both ends place many "
			"calls it meets the exchange's choice on the same "
			"channel far more often than the others do. Where "
			"several are equal in "
			"that, the end says which one it is, highest-first if "
			"it is left out.",
		.apply = apply_hunt,
	},
	{
		.name = "reserve",
		.syntax = "<number> channels for emergency",
		.fallback = "0 channels for emergency",
		.range = "fewer than the channels of the group",
		.also = "reserved keep emergency emergency-channels "
			"reserve-channels",
		.help = "So many channels stay free for calls of rules with "
			"\"emergency\": no other call, of either direction, "
			"is given one of the last that are free.",
		.apply = apply_reserve,
	},
	{
		.name = "limit",
		.syntax = LIMIT_SYNTAX " ... | none",
		.range = LIMIT_RANGE,
		.fallback = "none",
		.also = "limits max-calls call-limit maxcalls max-channels "
			"max-cps capacity cps rate-limit rate",
		.help = "How much the group takes to the network: calls at "
			"once, calls in a second, minutes of conversation in "
			"a day, of all or of each caller. What is more finds "
			"the group full: it goes to the next target of its "
			"rule.",
		.apply = apply_limit,
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
