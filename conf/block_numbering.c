#include "conf/block_numbering.h"
#include "conf/args_number.h"
#include "conf/number.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Q.931 4.5.10, octet 3 of the called party number. */
const struct keyword number_types[] = {
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
	{ "any", CONF_TYPE_ANY, "all", false },
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

static int add(struct args *args, struct item_list *list,
	       const struct conf_number_rule *rule)
{
	struct item *item = build_item(args->build, list, args->tokens);

	if (!item)
		return -EINVAL;
	item->number = *rule;
	item->number.place = build_place(item->at);
	return 0;
}

static bool at_range(const struct args *args)
{
	const struct token *token = args_peek(args);

	return token && token->kind == TOKEN_WORD && strstr(token->text, "..");
}

/* One side of the arrow: a prefix (form CONF_NUMBER_PREFIX), or a range. */
static int read_side(struct args *args, const char *what, unsigned form,
		     struct conf_number *out)
{
	if (at_range(args))
		return args_number_set(args, what, out);
	*out = (struct conf_number){ .form = CONF_NUMBER_PREFIX };
	return args_number(args, what, form, out->first);
}

/* The range beginning at `number` that has `count` numbers; NULL: it does not
 * fit in as many digits. */
static const char *range_from(struct report *report, const char *number,
			      uint64_t count)
{
	const char *digits = number + (*number == '+');
	size_t width = strlen(digits);
	uint64_t end = strtoull(digits, NULL, 10) + count - 1;
	const char *last;

	if (!width || width > NUMBER_RANGE_DIGITS_MAX ||
	    strspn(digits, "0123456789") != width)
		return NULL;
	last = report_text(report, "%s%0*" PRIu64, *number == '+' ? "+" : "",
			   (int)width, end);
	return strlen(last) == strlen(number)
		       ? report_text(report, "%s..%s", number, last)
		       : NULL;
}

/* Number by number, so that both are of one size. */
static int check_sides(struct args *args, const struct token *at,
		       const struct conf_number *from,
		       const struct conf_number *to)
{
	struct report *report = &args->build->report;
	uint64_t count = number_count(from), other = number_count(to);
	const char *range = range_from(report, to->first, count);

	if (count == other)
		return 0;
	if (!count)
		return args_error(args, at,
				  "a range is made of a range: left of the "
				  "arrow stands a prefix");
	report_error(report, at,
		     range ? report_text(report, "write %s", range)
			   : setting_usage(report, args->setting),
		     other ? "the range left of the arrow has %" PRIu64
			     " numbers, this one %" PRIu64
			   : "the range left of the arrow has %" PRIu64
			     " numbers, here stands a prefix",
		     count, other);
	return -EINVAL;
}

/* "FROM -> TO" */
static int read_rule(struct args *args, const char *const what[2],
		     unsigned from_form, struct conf_number_rule *rule)
{
	struct conf_number from, to;
	const struct token *at;

	if (read_side(args, what[0], from_form, &from) || args_arrow(args))
		return -EINVAL;
	at = args_peek(args);
	if (read_side(args, what[1], NUMBER_MAY_BE_EMPTY, &to) ||
	    check_sides(args, at, &from, &to))
		return -EINVAL;
	memcpy(rule->from, from.first, sizeof rule->from);
	memcpy(rule->to, to.first, sizeof rule->to);
	if (from.form == CONF_NUMBER_RANGE)
		memcpy(rule->last, from.last, sizeof rule->last);
	if (from.form == CONF_NUMBER_EXACT)
		memcpy(rule->last, from.first, sizeof rule->last);
	return 0;
}

/* A plan is a word; prefixes are digits or stand in quotes. */
static bool at_plan(const struct args *args)
{
	const struct token *token = args_peek(args);

	return token && token->kind == TOKEN_WORD &&
	       isalpha((unsigned char)token->text[0]);
}

static int apply_receive(struct args *args, struct draft *draft)
{
	static const char *const what[2] = { "a prefix on the wire",
					     "a prefix inside" };
	struct conf_number_rule rule = { 0 };
	unsigned type, plan = CONF_TYPE_ANY;

	if (args_keyword(args, "a type of number", receive_types, &type))
		return -EINVAL;
	if (at_plan(args) &&
	    args_keyword(args, "a numbering plan", plans, &plan))
		return -EINVAL;
	if (read_rule(args, what, NUMBER_MAY_BE_EMPTY, &rule) || args_end(args))
		return -EINVAL;
	rule.type = (uint8_t)type;
	rule.plan = (uint8_t)plan;
	return add(args, &draft->items, &rule);
}

static int apply_send(struct args *args, struct draft *draft)
{
	static const char *const what[2] = { "a prefix inside",
					     "a prefix on the wire" };
	struct conf_number_rule rule = { .sends = true };
	unsigned type, plan = 1;

	if (read_rule(args, what, 0, &rule) ||
	    args_keyword(args, "a type of number", number_types, &type))
		return -EINVAL;
	if (args_left(args) &&
	    args_keyword(args, "a numbering plan", plans, &plan))
		return -EINVAL;
	if (args_end(args))
		return -EINVAL;
	rule.type = (uint8_t)type;
	rule.plan = (uint8_t)plan;
	return add(args, &draft->send, &rule);
}

static const struct keyword send_forms[] = {
	{ "typed", CONF_SEND_TYPED, "type types ton", false },
	{ "dialled", CONF_SEND_DIALLED, "dialed local prefix unknown", false },
	{ "e164", CONF_SEND_E164, "E.164 international plus", false },
	{ NULL, 0, NULL, false },
};

static const struct keyword clir_words[] = {
	{ "honour", CONF_CLIR_HONOUR, "honor keep respect yes", false },
	{ "override", CONF_CLIR_OVERRIDE, "ignore show never no", false },
	{ "always", CONF_CLIR_ALWAYS, "hide withhold anonymous", false },
	{ NULL, 0, NULL, false },
};

static const struct setting numbering_settings[] = {
	{
		.name = "country",
		.syntax = "<code>",
		.range = "a country code of E.164, 1 to 3 digits",
		.also = "country-code cc",
		.help = "The country code of these numbers, 49. "
			"From it and from the settings below follow the usual "
			"rules for receiving and sending, so that few are left "
			"to write; see tollgate-numbering(7). "
			"A rule that is written wins over one that follows.",
		.apply = numbering_country,
	},
	{
		.name = "area",
		.syntax = "<code> | none",
		.range = "up to 8 digits",
		.also = "area-code city ndc trunk-area",
		.help = "The area code of numbers that come without one, 30, "
			"without the national prefix. "
			"none: people dial every number whole, with its area "
			"code if it has one, as in Italy or with ten digits in "
			"North America.",
		.apply = numbering_area,
	},
	{
		.name = "national-prefix",
		.syntax = "<digits>",
		.range = "up to 4 digits",
		.also = "trunk-prefix nationalprefix ndd prefix",
		.help = "What is dialled before an area code: 0 in most "
			"of Europe, 1 in North America. Left out: nothing "
			"is, as in Italy.",
		.apply = numbering_national,
	},
	{
		.name = "international-prefix",
		.syntax = "<digits> ...",
		.range = "up to 8 digits each",
		.also = "internationalprefix idd exit-code",
		.help = "What is dialled before a country code: 00, or 011 in "
			"North America. Of several the first is what is sent.",
		.apply = numbering_international,
	},
	{
		.name = "short",
		.syntax = "<digits> | <first>..<last> ...",
		.also = "short-codes service emergency special shortcode",
		.help = "Numbers that are dialled everywhere alike and are no "
			"E.164: emergency and service numbers, 110, or a range "
			"of them, 118000..118999. They stay as they are both "
			"ways, with type unknown.",
		.flags = SETTING_REPEATS,
		.apply = numbering_short,
	},
	{
		.name = "send-as",
		.syntax = "typed | dialled | e164",
		.fallback = "typed",
		.also = "send-form send-style format",
		.help = "How numbers are sent that no rule is written for. "
			"typed: without prefixes, the type of number says "
			"whether it is a subscriber's, a national or an "
			"international one. dialled: as people dial it, with "
			"prefixes and type unknown. e164: whole, with type "
			"international. SIP has no types: a sip-peer is sent "
			"+E.164 but for dialled.",
		.apply = apply_keyword,
		.offset = offsetof(struct conf_numbering, send_as),
		.keywords = send_forms,
	},
	{
		.name = "receive",
		.syntax = "<type> [<plan>] <wire-prefix> -> <core-prefix>",
		.range = "types any, unknown, international, national, "
			 "network, subscriber, abbreviated; plans isdn, "
			 "private, unknown (if left out: any)",
		.also = "inbound incoming in from-wire translate called-in",
		.help = "A number that arrives with this type and prefix gets "
			"the prefix replaced, so that it begins with + and "
			"the country code. Empty prefixes are written \"\". "
			"A rule for the very type is taken before one for "
			"any; then the longest prefix decides, never the "
			"order. A range of numbers, 400..499, becomes one "
			"that is as big, +4930123400..+4930123499, and comes "
			"before any prefix.",
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
			"the order. Ranges as in receive.",
		.flags = SETTING_REPEATS,
		.apply = apply_send,
	},
	{
		.name = "caller",
		.syntax = "allow <number> ... [otherwise <number> | none]",
		.range = "numbers, prefixes such as +49301234, ranges",
		.also = "calling caller-id clip cli from screening",
		.help = "The calling numbers that may be sent to whom this "
			"numbering belongs; another is replaced by the number "
			"after otherwise, mostly the main number, or left out "
			"(none). May stand on several lines. Without it every "
			"number is sent as it came.",
		.flags = SETTING_REPEATS,
		.apply = numbering_caller,
	},
	{
		.name = "clir",
		.syntax = "honour | override | always",
		.fallback = "honour",
		.also = "privacy presentation withhold anonymous",
		.help = "What becomes of a number that its owner withholds. "
			"honour: it stays withheld. override: it is shown; "
			"the law of most countries allows that to emergency "
			"services and little else. always: all are withheld. "
			"An emergency call shows its number in any case.",
		.apply = apply_keyword,
		.offset = offsetof(struct conf_numbering, clir),
		.keywords = clir_words,
	},
	{
		.name = "redirecting",
		.syntax = "allow <number> ... [otherwise <number> | drop]",
		.range = "numbers, prefixes such as +49301234, ranges",
		.also = "diversion diverting forwarded redirect",
		.help = "The same for the number that diverted a call. drop: "
			"it is not told that the call was diverted.",
		.flags = SETTING_REPEATS,
		.apply = numbering_redirecting,
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
	.check = numbering_check,
};
