#include "conf/args_number.h"
#include "conf/date.h"
#include "conf/suggest.h"

#include <errno.h>
#include <string.h>

#define NAME_LETTERS_MAX (CONF_TEST_NAME_MAX - 1)

/* Any text, because it is read by people: test "premium is barred" { } */
static int apply_name(struct args *args, struct draft *draft)
{
	const struct token *at = args_take(args, "a name in quotes");

	if (!at)
		return -EINVAL;
	if (!*at->text || strlen(at->text) > NAME_LETTERS_MAX)
		return args_error(args, at,
				  "the name of a test has 1 to %d letters",
				  NAME_LETTERS_MAX);
	draft->name_at = at;
	draft->name = at->text;
	draft->label =
		report_text(&args->build->report, "test \"%s\"", at->text);
	if (args_left(args) && at->kind == TOKEN_WORD)
		return args_error(args, args_peek(args),
				  "the name of a test stands in quotes when it "
				  "has blanks");
	return args_end(args);
}

/* A name is looked up when all are known. */
static int add_name(struct args *args, struct item_list *list, const char *what)
{
	const struct token *name;
	struct item *item;

	if (args_name(args, what, &name))
		return -EINVAL;
	item = build_item(args->build, list, name);
	return item ? 0 : -EINVAL;
}

static int apply_from(struct args *args, struct draft *draft)
{
	if (add_name(args, &draft->items,
		     "the name of a sip-peer or trunk-group"))
		return -EINVAL;
	return args_end(args);
}

static bool is_word(const struct token *at, const char *word)
{
	return at->kind == TOKEN_WORD && !strcmp(at->text, word);
}

/* What may stand behind a number, so that it is no misspelt type. */
static bool at_other(const struct args *args)
{
	static const char *const words[] = { "digits", "caller", "allowed",
					     "restricted" };
	const struct token *at = args_peek(args);

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (is_word(at, words[i]))
			return true;
	return false;
}

/* A misspelt type, or the next setting. */
static int no_type(struct args *args, const struct token *at)
{
	struct report *report = &args->build->report;
	const struct setting *setting = args->desc->settings;
	const char *usage = setting_usage(report, args->setting);
	struct suggestion s;

	suggest_begin(&s, at->text);
	for (const struct keyword *k = number_types; k->name; k++)
		suggest_offer(&s, k->name, k->also, NULL);
	for (; setting->name; setting++)
		suggest_offer(&s, setting->name, setting->also, NULL);
	if (s.best)
		usage = report_text(report, "did you mean \"%s\"?  %s", s.best,
				    usage);
	report_error(report, at, usage,
		     "\"%s\" is neither a type of number nor a setting of a "
		     "test",
		     at->text);
	return -EINVAL;
}

/* "+4930123456", or "123456 subscriber". Without a type one with + is
 * international, and of others it is unknown. */
static int read_number(struct args *args, struct conf_test_number *out)
{
	const struct keyword *k = number_types;

	if (args_number(args, "a number", 0, out->digits))
		return -EINVAL;
	out->given = true;
	out->type = *out->digits == '+';
	if (!args_left(args) || at_other(args))
		return 0;
	while (k->name && !is_word(args_peek(args), k->name))
		k++;
	if (!k->name)
		return no_type(args, args_peek(args));
	out->type = (uint8_t)k->value;
	args->next++;
	return 0;
}

/* An expected one: its type counts when it is there. */
static int read_expected(struct args *args, struct conf_test_number *out)
{
	size_t before = args->next;

	if (read_number(args, out))
		return -EINVAL;
	if (args->next == before + 1)
		out->type = CONF_TYPE_ANY;
	return 0;
}

static int apply_to(struct args *args, struct draft *draft)
{
	if (read_number(args, &draft->as.test.to))
		return -EINVAL;
	return args_end(args);
}

static int apply_caller(struct args *args, struct draft *draft)
{
	uint8_t presentation = draft->as.test.caller.presentation;

	if (args_word(args, "none"))
		return args_end(args);
	if (read_number(args, &draft->as.test.caller))
		return -EINVAL;
	draft->as.test.caller.presentation = presentation;
	return args_end(args);
}

static const struct keyword presentations[] = {
	{ "allowed", CONF_PRESENTATION_ALLOWED, "shown public yes", false },
	{ "restricted", CONF_PRESENTATION_RESTRICTED,
	  "withheld hidden anonymous private clir", false },
	{ NULL, 0, NULL, false },
};

static int apply_presentation(struct args *args, struct draft *draft)
{
	unsigned value;

	if (args_keyword(args, "\"allowed\" or \"restricted\"", presentations,
			 &value))
		return -EINVAL;
	draft->as.test.caller.presentation = (uint8_t)value;
	return args_end(args);
}

static const struct keyword bearers[] = {
	{ "speech", CONF_BEARER_SPEECH, "voice", false },
	{ "audio", CONF_BEARER_AUDIO, "3.1khz fax modem", false },
	{ "data", CONF_BEARER_DATA, "digital udi 64k", false },
	{ NULL, 0, NULL, false },
};

static int apply_bearer(struct args *args, struct draft *draft)
{
	unsigned value;

	if (args_keyword(args, "\"speech\", \"audio\" or \"data\"", bearers,
			 &value))
		return -EINVAL;
	draft->as.test.bearer = (uint8_t)value;
	return args_end(args);
}

/* "2026-03-01 23:00" as one word or as two. Until the zone is known it is the
 * wall clock's time. */
static int read_moment(struct args *args, int64_t *out)
{
	const struct token *at = args_take(args, "a date and a time");
	struct date date;
	unsigned minutes;
	const char *s;

	if (!at)
		return -EINVAL;
	s = at->text;
	if (!date_read(&s, &date)) {
		if (!*s && args_left(args))
			s = args_take(args, "a time")->text;
		else if (*s == ' ')
			s++;
		if (!date_read_minutes(&s, &minutes) && !*s) {
			*out = ((int64_t)date_days(date) * 24 * 60 + minutes) *
			       60;
			return 0;
		}
	}
	return args_error(args, at,
			  "\"%s\" is no date and time: they are written "
			  "\"2026-03-01 23:00\"",
			  at->text);
}

static int apply_at(struct args *args, struct draft *draft)
{
	struct conf_test *test = &draft->as.test;

	if (read_moment(args, &test->at_utc_s) ||
	    (args_left(args) && args_zone(args, test->at_zone)))
		return -EINVAL;
	test->timed = true;
	return args_end(args);
}

static int read_reject(struct args *args, struct conf_test *test)
{
	unsigned value;

	if (args_word(args, "cause")) {
		if (args_count(args, "a cause", 1, 127, &value))
			return -EINVAL;
		test->reject_cause = (uint8_t)value;
	} else if (args_left(args)) {
		if (args_count(args, "a SIP status", 400, 699, &value))
			return -EINVAL;
		test->reject_status = (uint16_t)value;
	}
	return args_end(args);
}

/* "none" is no number at all. */
static int read_told(struct args *args, struct conf_test_number *told)
{
	unsigned value;

	if (args_word(args, "none")) {
		told->given = true;
		return 0;
	}
	if (read_expected(args, told))
		return -EINVAL;
	if (!args_left(args) || is_word(args_peek(args), "digits"))
		return 0;
	if (args_keyword(args, "a presentation", presentations, &value))
		return -EINVAL;
	told->presentation = (uint8_t)value;
	return 0;
}

/* What is sent to the first target. */
static int read_sent(struct args *args, struct conf_test *test)
{
	const struct token *at = args_peek(args);
	struct conf_test_number *number = &test->digits;

	if (args_word(args, "caller"))
		number = &test->told;
	else if (args_expect(args, "digits"))
		return -EINVAL;
	if (number->given)
		return args_error(args, at, "\"%s\" is named twice", at->text);
	if (number == &test->told)
		return read_told(args, number);
	return read_expected(args, number);
}

static bool at_sent(const struct args *args)
{
	const struct token *at = args_peek(args);

	return at && (is_word(at, "digits") || is_word(at, "caller"));
}

static int apply_expect(struct args *args, struct draft *draft)
{
	struct conf_test *test = &draft->as.test;

	if (args_word(args, "reject"))
		return read_reject(args, test);
	do {
		const struct token *at = args_peek(args);

		if (test->target_count == CONF_TARGETS_MAX)
			return args_error(args, at,
					  "\"%s\" is one target too many: a "
					  "rule has %d at most",
					  at->text, CONF_TARGETS_MAX);
		if (add_name(args, &draft->send,
			     "the name of a trunk-group or sip-peer, or "
			     "\"reject\""))
			return -EINVAL;
		test->target_count++;
	} while (args_left(args) && !at_sent(args));
	while (args_left(args))
		if (read_sent(args, test))
			return -EINVAL;
	return 0;
}

static const struct setting test_settings[] = {
	{
		.name = "from",
		.syntax = "<name>",
		.also = "source in",
		.help = "The sip-peer or trunk-group that the call comes from.",
		.flags = SETTING_REQUIRED,
		.apply = apply_from,
	},
	{
		.name = "to",
		.syntax = "<number> [<type>]",
		.also = "called number dial dialled destination",
		.help = "The number that is called: +E.164, or the digits as "
			"they arrive on the wire, with their type of number "
			"where there is one, such as 5550100 subscriber.",
		.flags = SETTING_REQUIRED,
		.apply = apply_to,
	},
	{
		.name = "caller",
		.syntax = "<number> [<type>] | none",
		.fallback = "none",
		.also = "calling cli ani callerid caller-id",
		.help = "The number that calls, in the same way.",
		.apply = apply_caller,
	},
	{
		.name = "presentation",
		.syntax = "allowed | restricted",
		.fallback = "allowed",
		.also = "clir privacy",
		.help = "Whether the caller lets the number be shown.",
		.apply = apply_presentation,
	},
	{
		.name = "bearer",
		.syntax = "speech | audio | data",
		.fallback = "audio",
		.also = "bearer-capability capability",
		.help = "What the caller wants to send.",
		.apply = apply_bearer,
	},
	{
		.name = "at",
		.syntax = "\"<date> <time>\" [<zone>]",
		.also = "time when date on",
		.help = "When, on the wall clock of the zone: \"2026-03-01 "
			"23:00\" Europe/Berlin. Without a zone it is that of "
			"the blocks hours, if all of them have the same, or "
			"the gateway's time-zone if there are none. A test of "
			"rules with when "
			"needs it: what it says must not depend on the time of "
			"day.",
		.apply = apply_at,
	},
	{
		.name = "expect",
		.syntax = "<name> ... [digits <number> [<type>]] [caller "
			  "<number> [<type>] [allowed | restricted] | caller "
			  "none] | reject [<status> | cause <cause>]",
		.also = "expects want result should then",
		.help = "What must come of it. The targets of the rule in its "
			"order, or the first ones of them; those that have a "
			"weight in the order as written, whichever a call "
			"draws. Digits and caller are what the first of them "
			"is sent, on the wire. Or that the call is rejected: "
			"with this SIP status or cause, or with any. It takes "
			"all that stands behind it on its line.",
		.flags = SETTING_REQUIRED | SETTING_REST_OF_LINE,
		.apply = apply_expect,
	},
	{ .name = NULL },
};

const struct block_desc test_block = {
	.open = {
		.name = "test",
		.syntax = "\"<name>\"",
		.also = "tests check assert verify",
		.help = "A call that is not made, and where it must go. All "
			"tests are run whenever the configuration is read: if "
			"one fails, the configuration is refused, at start and "
			"at reload. Several settings may stand on a line.",
		.apply = apply_name,
	},
	.settings = test_settings,
	.shares_lines = true,
};
