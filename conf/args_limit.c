/* How many calls, how fast, how long: the same words wherever something is
 * limited. */
#include "conf/args.h"
#include "conf/suggest.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* More than any gateway takes, at once or a second; and as many minutes as all
 * channels of 128 spans have in a day. */
#define CALLS_MAX 10000
#define MINUTES_MAX 10000000

#define SELECTION_MAX 60 /* letters of a name, and a word */

static const struct keyword units[] = {
	{ "calls", CONF_LIMIT_CALLS,
	  "call channels channel sessions concurrent lines", false },
	{ "calls/s", CONF_LIMIT_RATE,
	  "cps cps/s call/s calls/sec calls/second calls-per-second", false },
	{ "min/day", CONF_LIMIT_MINUTES,
	  "min mins minute minutes min/d mins/day minute/day minutes/day "
	  "minutes-per-day",
	  false },
	{ NULL, 0, NULL, false },
};

static const char *const unit_names[CONF_LIMIT_UNITS] = {
	[CONF_LIMIT_CALLS] = "calls",
	[CONF_LIMIT_RATE] = "calls/s",
	[CONF_LIMIT_MINUTES] = "min/day",
};

static size_t digits_of(const char *text)
{
	return strspn(text, "0123456789");
}

/* "20calls" is a number whose unit sticks to it. */
static int no_number(struct args *args, const struct token *token)
{
	struct report *report = &args->build->report;
	size_t digits = digits_of(token->text);
	const char *unit = token->text + digits;
	bool sticks = digits && isalpha((unsigned char)*unit);
	struct suggestion s;

	suggest_begin(&s, unit);
	for (const struct keyword *k = units; sticks && k->name; k++)
		suggest_offer(&s, k->name, k->also, NULL);
	if (s.best) {
		report_error(report, token,
			     report_text(report, "did you mean \"%.*s %s\"?",
					 (int)digits, token->text, s.best),
			     "\"%s\" is not a limit", token->text);
		return -EINVAL;
	}
	return args_error(args, token,
			  "\"%s\" is not a limit: limits are written 20 calls, "
			  "5 calls/s or 60 min/day",
			  token->text);
}

/* The number is read first and means something only with its unit, so its
 * range is checked behind that. */
static int check_amount(struct args *args, const struct token *at,
			const struct conf_limit *limit)
{
	unsigned max =
		limit->unit == CONF_LIMIT_MINUTES ? MINUTES_MAX : CALLS_MAX;

	if (limit->amount >= 1 && limit->amount <= max)
		return 0;
	return args_error(args, at, "%u %s is out of range: 1 to %u",
			  limit->amount, unit_names[limit->unit], max);
}

static int read_per_caller(struct args *args, struct conf_limit *out)
{
	const struct token *at = args_peek(args);

	out->per_caller = args_word(args, "per");
	if (out->per_caller)
		return args_expect(args, "caller");
	if (at &&
	    (!strcmp(at->text, "per-caller") || !strcmp(at->text, "/caller"))) {
		report_error(&args->build->report, at,
			     "did you mean \"per caller\"?",
			     "\"%s\" stands where \"per caller\" belongs",
			     at->text);
		return -EINVAL;
	}
	return 0;
}

int args_limit(struct args *args, struct conf_limit *out)
{
	const struct token *at = args_take(args, "a limit");
	size_t digits;
	struct args number;
	unsigned unit = CONF_LIMIT_RATE;
	bool rate;

	if (!at)
		return -EINVAL;
	digits = digits_of(at->text);
	/* "10/s", as many write it */
	rate = !strcmp(at->text + digits, "/s");
	if (!digits || (at->text[digits] && !rate))
		return no_number(args, at);
	args->next--;
	if (args_part(args, digits, &number) ||
	    args_count(&number, "a number", 0, UINT32_MAX / 2, &out->amount))
		return -EINVAL;
	if (!rate && args_keyword(args, "the unit of a limit", units, &unit))
		return -EINVAL;
	out->unit = (enum conf_limit_unit)unit;
	out->place = build_place(at);
	if (check_amount(args, at, out))
		return -EINVAL;
	return read_per_caller(args, out);
}

/* What a line selects: "+49900 +49137 when office". Lines of thousands of
 * numbers are had: of a long one its beginning, and a digest that tells it from
 * others which begin alike. */
static const char *selection(struct args *args)
{
	struct report *report = &args->build->report;
	const char *text = "";
	size_t count = 0, shown = 0;

	while (count < args->count && args->tokens[count].kind != TOKEN_ARROW)
		count++;
	for (; shown < count && strlen(text) < SELECTION_MAX; shown++)
		text = report_text(report, "%s%s%s", text, shown ? " " : "",
				   args->tokens[shown].text);
	if (shown == count)
		return text;
	return report_text(report, "%s and %zu more (%08x)", text,
			   count - shown,
			   (unsigned)build_digest(args->tokens, count));
}

int args_limit_add(struct args *args, struct conf_limits *limits)
{
	const struct token *at = args_peek(args);
	struct conf_limit limit;

	if (args_limit(args, &limit))
		return -EINVAL;
	for (size_t i = 0; i < limits->count; i++)
		if (limits->limit[i].unit == limit.unit &&
		    limits->limit[i].per_caller == limit.per_caller)
			return args_error(args, at, "\"%s%s\" is limited twice",
					  unit_names[limit.unit],
					  limit.per_caller ? " per caller"
							   : "");
	if (!limits->count)
		limits->name = selection(args);
	limits->limit[limits->count++] = limit;
	return 0;
}
