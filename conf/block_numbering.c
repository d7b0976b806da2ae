#include "conf/args_number.h"

#include <errno.h>

#define ANY 0xff

/* Q.931 4.5.10, octet 3 of the called party number. */
static const struct keyword send_types[] = {
	{ "unknown", 0, NULL, false },
	{ "international", 1, "intl e164", false },
	{ "national", 2, NULL, false },
	{ "network", 3, "network-specific", false },
	{ "subscriber", 4, "local", false },
	{ "abbreviated", 6, "short", false },
	{ NULL, 0, NULL, false },
};

/* The same and "any", which only makes sense for what arrives: many exchanges
 * send a type that has nothing to do with the digits. */
static const struct keyword receive_types[] = {
	{ "any", ANY, "all", false },
	{ "unknown", 0, NULL, false },
	{ "international", 1, "intl e164", false },
	{ "national", 2, NULL, false },
	{ "network", 3, "network-specific", false },
	{ "subscriber", 4, "local", false },
	{ "abbreviated", 6, "short", false },
	{ NULL, 0, NULL, false },
};

/* Q.931 4.5.10, the low bits of octet 3. */
static const struct keyword plans[] = {
	{ "unknown", 0, NULL, false },
	{ "isdn", 1, "e164 telephony", false },
	{ "private", 9, NULL, false },
	{ NULL, 0, NULL, false },
};

static struct item *add(struct args *args, struct item_list *list,
			const struct conf_number_rule *rule)
{
	struct item *item = build_item(args->build, list, args->tokens);

	if (item) {
		item->number = *rule;
		item->number.place = build_place(item->at);
	}
	return item;
}

/* The plan of what arrives is not looked at: exchanges that say "unknown" mean
 * ISDN as much as those that say so. */
static int apply_receive(struct args *args, struct draft *draft)
{
	struct conf_number_rule rule = { .plan = ANY };
	unsigned type;

	if (args_keyword(args, "a type of number", receive_types, &type) ||
	    args_number(args, "a prefix on the wire", NUMBER_MAY_BE_EMPTY,
			rule.from) ||
	    args_arrow(args) ||
	    args_number(args, "a prefix inside", NUMBER_MAY_BE_EMPTY,
			rule.to) ||
	    args_end(args))
		return -EINVAL;
	rule.type = (uint8_t)type;
	return add(args, &draft->items, &rule) ? 0 : -EINVAL;
}

static int apply_send(struct args *args, struct draft *draft)
{
	struct conf_number_rule rule = { .plan = 1 };
	unsigned type, plan = 1;

	if (args_number(args, "a prefix inside", 0, rule.from) ||
	    args_arrow(args) ||
	    args_number(args, "a prefix on the wire", NUMBER_MAY_BE_EMPTY,
			rule.to) ||
	    args_keyword(args, "a type of number", send_types, &type))
		return -EINVAL;
	if (args_left(args) &&
	    args_keyword(args, "a numbering plan", plans, &plan))
		return -EINVAL;
	if (args_end(args))
		return -EINVAL;
	rule.type = (uint8_t)type;
	rule.plan = (uint8_t)plan;
	return add(args, &draft->send, &rule) ? 0 : -EINVAL;
}

static const struct setting numbering_settings[] = {
	{
		.name = "receive",
		.syntax = "<type> <wire-prefix> -> <core-prefix>",
		.range = "types any, unknown, international, national, "
			 "network, subscriber, abbreviated",
		.also = "inbound incoming in from-wire translate called-in",
		.help = "A number that arrives with this type and prefix gets "
			"the prefix replaced, so that it begins with + and "
			"the country code. Empty prefixes are written \"\". "
			"A rule for the very type is taken before one for "
			"any; then the longest prefix decides, never the "
			"order.",
		.flags = SETTING_REPEATS,
		.apply = apply_receive,
	},
	{
		.name = "send",
		.syntax = "<core-prefix> -> <wire-prefix> <type> [<plan>]",
		.range = "types unknown, international, national, network, "
			 "subscriber, abbreviated; plans isdn (if left out), "
			 "private, unknown",
		.also = "outbound outgoing out to-wire called-out",
		.help = "A number that begins with this prefix is sent with "
			"the prefix replaced, and with this type of number "
			"and numbering plan. The longest prefix decides, never "
			"the order.",
		.flags = SETTING_REPEATS,
		.apply = apply_send,
	},
	{ .name = NULL },
};

const struct block_desc numbering_block = {
	.open = {
		.name = "numbering",
		.syntax = "<name>",
		.also = "translation translation-rule numbers "
			"number-plan numbering-plan",
		.help = "How numbers look on the wire. Inside Tollgate every "
			"number is +E.164, or the bare digits of a short "
			"code; routes see nothing else.",
		.apply = apply_block_name,
	},
	.settings = numbering_settings,
};
