#include "conf/args_number.h"
#include "conf/block_numbering.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define AREA_DIGITS_MAX 8
#define NATIONAL_DIGITS_MAX 4
#define INTERNATIONAL_DIGITS_MAX 8
#define SHORT_DIGITS_MAX 15

/* ITU-T's list of assigned country codes: those of two digits. Zones 1 and 7
 * have one digit, all the others three. */
static bool is_two_digit_country(const char *code)
{
	static const char codes[] =
		"20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 "
		"53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 "
		"93 94 95 98";

	for (const char *c = codes; *c; c += c[2] ? 3 : 2)
		if (!strncmp(c, code, 2))
			return true;
	return false;
}

static size_t country_length(const char *code)
{
	if (*code == '1' || *code == '7')
		return 1;
	return is_two_digit_country(code) ? 2 : 3;
}

static int bad_country(struct args *args, const struct token *at)
{
	struct report *report = &args->build->report;
	const char *digits = at->text + strspn(at->text, "+0");
	size_t length = country_length(digits);
	const char *hint = setting_usage(report, args->setting);

	if (isdigit((unsigned char)*digits) && strlen(digits) >= length)
		hint = report_text(report, "write %.*s", (int)length, digits);
	report_error(report, at, hint, "\"%s\" is not a country code",
		     at->text);
	return -EINVAL;
}

int numbering_country(struct args *args, struct draft *draft)
{
	const struct token *at = args_take(args, "a country code");

	if (!at)
		return -EINVAL;
	if (!*at->text || *at->text == '0' ||
	    strspn(at->text, "0123456789") != strlen(at->text) ||
	    country_length(at->text) != strlen(at->text))
		return bad_country(args, at);
	strcpy(draft->as.numbering.country, at->text);
	return args_end(args);
}

/* Digits as people dial them, at most `max`. */
static int read_digits(struct args *args, const char *what, size_t max,
		       const char **out)
{
	const struct token *at = args_take(args, what);

	if (!at)
		return -EINVAL;
	if (!*at->text || strspn(at->text, "0123456789") != strlen(at->text))
		return args_error(args, at, "\"%s\" is not %s: digits are",
				  at->text, what);
	if (strlen(at->text) > max)
		return args_error(args, at, "\"%s\" is longer than %zu digits",
				  at->text, max);
	*out = at->text;
	return 0;
}

int numbering_area(struct args *args, struct draft *draft)
{
	struct conf_numbering *numbering = &draft->as.numbering;
	const char *digits;

	if (args_word(args, "none")) {
		numbering->area_none = true;
		return args_end(args);
	}
	if (read_digits(args, "an area code", AREA_DIGITS_MAX, &digits))
		return -EINVAL;
	strcpy(numbering->area, digits);
	return args_end(args);
}

int numbering_national(struct args *args, struct draft *draft)
{
	const char *digits;

	if (read_digits(args, "a national prefix", NATIONAL_DIGITS_MAX,
			&digits))
		return -EINVAL;
	strcpy(draft->as.numbering.national_prefix, digits);
	return args_end(args);
}

static int add_digits(struct args *args, struct item_list *list,
		      const struct token *at, const char *from,
		      const char *last)
{
	struct item *item = build_item(args->build, list, at);

	if (!item)
		return -EINVAL;
	strcpy(item->number.from, from);
	strcpy(item->number.last, last);
	item->number.place = build_place(at);
	return 0;
}

int numbering_international(struct args *args, struct draft *draft)
{
	const struct token *at;
	const char *digits;

	do {
		at = args_peek(args);
		if (read_digits(args, "an international prefix",
				INTERNATIONAL_DIGITS_MAX, &digits) ||
		    add_digits(args, &draft->prefixes, at, digits, ""))
			return -EINVAL;
	} while (args_left(args));
	return 0;
}

int numbering_short(struct args *args, struct draft *draft)
{
	static const char what[] = "a short number";
	struct conf_number number;
	const struct token *at;

	do {
		at = args_peek(args);
		if (args_number_set(args, what, &number))
			return -EINVAL;
		if (*number.first == '+' ||
		    strlen(number.first) > SHORT_DIGITS_MAX)
			return args_error(args, at,
					  "\"%s\" is not %s: up to %d digits, "
					  "as they are dialled",
					  at->text, what, SHORT_DIGITS_MAX);
		if (add_digits(args, &draft->codes, at, number.first,
			       *number.last ? number.last : number.first))
			return -EINVAL;
	} while (args_left(args));
	return 0;
}

static int add_allowed(struct args *args, struct item_list *list)
{
	struct conf_number number;
	const struct token *at = args_peek(args);
	struct conf_number_rule rule = { .sends = true };
	struct item *item;

	if (args_number_set(args, "a number", &number))
		return -EINVAL;
	memcpy(rule.from, number.first, sizeof rule.from);
	if (number.form == CONF_NUMBER_EXACT)
		memcpy(rule.last, number.first, sizeof rule.last);
	if (number.form == CONF_NUMBER_RANGE)
		memcpy(rule.last, number.last, sizeof rule.last);
	item = build_item(args->build, list, at);
	if (!item)
		return -EINVAL;
	rule.place = build_place(at);
	item->number = rule;
	return 0;
}

static bool at_otherwise(const struct args *args)
{
	const struct token *token = args_peek(args);

	return token && token->kind == TOKEN_WORD &&
	       !strcmp(token->text, "otherwise");
}

/* After the word itself, at `at`: a number, or `none` in its word. */
static int read_otherwise(struct args *args, const struct token *at,
			  const char *none, struct conf_told *told)
{
	const struct token *number = args_peek(args);

	if (told->place.file)
		return args_error(args, at,
				  "what stands for other numbers is said "
				  "twice (other: line %u)",
				  told->place.line);
	told->place = build_place(at);
	if (args_word(args, none))
		return args_end(args);
	if (args_number(args, "a number", 0, told->otherwise))
		return -EINVAL;
	if (!strcmp(told->otherwise, "+"))
		return args_error(args, number,
				  "\"+\" is not one number: write it whole");
	return args_end(args);
}

/* "allow NUMBER ... [otherwise NUMBER|none]" */
static int read_told(struct args *args, const char *none,
		     struct item_list *list, struct conf_told *told)
{
	const struct token *at;

	if (args_expect(args, "allow"))
		return -EINVAL;
	do {
		if (add_allowed(args, list))
			return -EINVAL;
	} while (args_left(args) && !at_otherwise(args));
	told->checked = true;
	if (!args_left(args))
		return 0;
	at = args_take(args, "otherwise");
	return read_otherwise(args, at, none, told);
}

int numbering_caller(struct args *args, struct draft *draft)
{
	return read_told(args, "none", &draft->callers,
			 &draft->as.numbering.caller);
}

int numbering_redirecting(struct args *args, struct draft *draft)
{
	return read_told(args, "drop", &draft->redirecting,
			 &draft->as.numbering.redirecting);
}

/* Of the settings that say how people dial, each means something only within a
 * country. */
static void check_country(struct build *build, const struct draft *draft)
{
	static const char *const names[] = { "area", "national-prefix",
					     "international-prefix" };

	if (*draft->as.numbering.country)
		return;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct token *at = setting_seen(draft, names[i]);

		if (at)
			report_error(&build->report, at, "(country <code>)",
				     "\"%s\" needs the country that it is of",
				     names[i]);
	}
}

static void check_area(struct build *build, const struct draft *draft)
{
	const struct conf_numbering *numbering = &draft->as.numbering;
	const char *prefix = numbering->national_prefix;

	if (!*prefix || !*numbering->area ||
	    strncmp(numbering->area, prefix, strlen(prefix)) != 0)
		return;
	report_error(&build->report, setting_seen(draft, "area"),
		     report_text(&build->report, "(area %s)",
				 numbering->area + strlen(prefix)),
		     "area code \"%s\" begins with the national prefix %s: "
		     "write it without",
		     numbering->area, prefix);
}

static void check_send_as(struct build *build, const struct draft *draft)
{
	const struct token *at = setting_seen(draft, "send-as");

	if (!at)
		return;
	if (!*draft->as.numbering.country)
		report_error(&build->report, at, "(country <code>)",
			     "\"send-as\" needs the country that it is of");
	else if (draft->as.numbering.send_as == CONF_SEND_DIALLED &&
		 !draft->prefixes.count)
		report_error(&build->report, at,
			     "(international-prefix <digits>)",
			     "\"send-as dialled\" needs an "
			     "international-prefix: numbers abroad could not "
			     "be dialled");
}

static void check_told(struct build *build, const struct draft *draft,
		       const char *name, const struct conf_told *told)
{
	const struct setting *setting = setting_find(draft->desc, name);

	if (told->checked && !told->place.file)
		report_error(&build->report, setting_seen(draft, name),
			     setting_usage(&build->report, setting),
			     "\"%s\" does not say what becomes of other "
			     "numbers: \"otherwise\" is missing",
			     name);
}

void numbering_check(struct build *build, struct draft *draft)
{
	check_country(build, draft);
	check_area(build, draft);
	check_send_as(build, draft);
	check_told(build, draft, "caller", &draft->as.numbering.caller);
	check_told(build, draft, "redirecting",
		   &draft->as.numbering.redirecting);
}
