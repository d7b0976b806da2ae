#include "conf/args.h"
#include "conf/date.h"
#include "conf/suggest.h"
#include "conf/zone.h"

#include <errno.h>
#include <string.h>

#define DAY_MIN (24 * 60)
#define ALL_DAYS 0x7f
#define EXCEPT_DAYS_MAX 366 /* of one range */

static const char *const day_names[] = { "mon", "tue", "wed", "thu",
					 "fri", "sat", "sun" };
static const char *const day_others[] = {
	"monday m mo", "tuesday tues di", "wednesday weds mi", "thursday thurs",
	"friday fr",   "saturday sa",	  "sunday so su",
};
#define DAYS_EXAMPLE "days are written mon, mon-fri or daily"

static int unknown_day(struct args *args, const struct token *at,
		       const char *word)
{
	struct report *report = &args->build->report;
	const struct setting *setting = args->desc->settings;
	const char *usage = setting_usage(report, args->setting);
	struct suggestion s;

	if (setting_find(args->desc, word) &&
	    *setting_find(args->desc, word)->name)
		return args_error(args, at,
				  "\"%s\" begins another setting: each stands "
				  "on a line of its own",
				  word);
	suggest_begin(&s, word);
	for (size_t i = 0; i < 7; i++)
		suggest_offer(&s, day_names[i], day_others[i], NULL);
	suggest_offer(&s, "daily", "everyday always all any day days", NULL);
	suggest_offer(&s, "mon-fri",
		      "weekday weekdays workdays working-days business", NULL);
	suggest_offer(&s, "sat-sun", "weekend weekends", NULL);
	for (; setting->name; setting++)
		if (*setting->name)
			suggest_offer(&s, setting->name, setting->also, NULL);
	if (s.best)
		usage = report_text(report, "did you mean \"%s\"?  %s", s.best,
				    usage);
	report_error(report, at, usage, "\"%s\" is no day: " DAYS_EXAMPLE,
		     word);
	return -EINVAL;
}

static int read_day(struct args *args, const struct token *at, const char *word,
		    unsigned *day)
{
	for (*day = 0; *day < 7; ++*day)
		if (!strcmp(day_names[*day], word))
			return 0;
	return unknown_day(args, at, word);
}

/* "mon", "mon-fri", "fri-mon" (over the weekend) or "daily" into bits. */
static int read_days(struct args *args, uint8_t *days)
{
	const struct token *at = args_take(args, "a day");
	const char *dash;
	unsigned first, last;

	if (!at)
		return -EINVAL;
	if (!strcmp(at->text, "daily")) {
		*days = ALL_DAYS;
		return 0;
	}
	dash = strchr(at->text, '-');
	if (!dash) {
		if (read_day(args, at, at->text, &first))
			return -EINVAL;
		last = first;
	} else if (read_day(args, at,
			    report_text(&args->build->report, "%.*s",
					(int)(dash - at->text), at->text),
			    &first) ||
		   read_day(args, at, dash + 1, &last)) {
		return -EINVAL;
	}
	for (; first != last; first = (first + 1) % 7)
		*days |= (uint8_t)(1 << first);
	*days |= (uint8_t)(1 << last);
	return 0;
}

/* "08:00-18:00"; "22:00-06:00" ends on the day after. */
static int read_minutes(struct args *args, struct conf_minutes *out)
{
	const struct token *at = args_take(args, "a time");
	unsigned from, to;
	const char *s;

	if (!at)
		return -EINVAL;
	s = at->text;
	if (date_read_minutes(&s, &from) || *s++ != '-' ||
	    date_read_minutes(&s, &to) || *s || from == DAY_MIN)
		return args_error(args, at,
				  "\"%s\" is no time of day: times are written "
				  "08:00-18:00, midnight at the end is 24:00",
				  at->text);
	if (from == to)
		return args_error(args, at,
				  "%s ends when it begins: a whole day is "
				  "00:00-24:00",
				  at->text);
	out->from = (uint16_t)from;
	out->to = (uint16_t)(to > from ? to : to + DAY_MIN);
	return 0;
}

/* Whether the next token is "08:00-18:00" rather than a date. */
static bool at_minutes(const struct args *args)
{
	return args_at_number(args) && strchr(args_peek(args)->text, ':');
}

static int add_week(struct args *args, struct draft *draft, uint8_t days)
{
	const struct token *at = args_peek(args);
	struct conf_hours_week week = { .days = days,
					.minutes = { 0, DAY_MIN } };
	struct item *item;

	if (args_at_number(args) && read_minutes(args, &week.minutes))
		return -EINVAL;
	item = build_item(args->build, &draft->items, at ? at : args->tokens);
	if (!item)
		return -EINVAL;
	item->week = week;
	return 0;
}

/* "mon-fri 08:00-12:00 13:00-18:00 sat 09:00-12:00" */
static int apply_week(struct args *args, struct draft *draft)
{
	if (args_at_number(args))
		return args_error(
			args, args_peek(args),
			"a day is missing before \"%s\": " DAYS_EXAMPLE,
			args_peek(args)->text);
	while (args_left(args)) {
		uint8_t days = 0;

		do {
			if (read_days(args, &days))
				return -EINVAL;
		} while (args_left(args) && !args_at_number(args));
		do {
			if (add_week(args, draft, days))
				return -EINVAL;
		} while (at_minutes(args));
	}
	return 0;
}

static int no_date(struct args *args, const struct token *at)
{
	return args_error(args, at,
			  "\"%s\" is no date: dates are written 2026-12-25, "
			  "or 12-25 for each year",
			  at->text);
}

static int read_date(struct args *args, struct conf_hours_date *out)
{
	const struct token *at = args_take(args, "a date");
	struct date date;
	const char *s;

	if (!at)
		return -EINVAL;
	s = at->text;
	if (date_read(&s, &date) && date_read_yearly(&s, &date))
		return no_date(args, at);
	out->yearly = !date.year;
	out->month = (uint8_t)date.month;
	out->day = (uint8_t)date.day;
	if (!out->yearly)
		out->first = out->last = date_days(date);
	if (out->yearly || out->open || strncmp(s, "..", 2) != 0)
		return *s ? no_date(args, at) : 0;
	s += 2;
	if (date_read(&s, &date) || *s)
		return no_date(args, at);
	out->last = date_days(date);
	if (out->last < out->first)
		return args_error(args, at, "%s ends before it begins",
				  at->text);
	if (out->last - out->first >= EXCEPT_DAYS_MAX)
		return args_error(args, at, "%s is more than a year", at->text);
	return 0;
}

static int add_date(struct args *args, struct draft *draft,
		    const struct token *at, const struct conf_hours_date *date)
{
	struct item *item = build_item(args->build, &draft->send, at);

	if (!item)
		return -EINVAL;
	item->date = *date;
	return 0;
}

static int apply_except(struct args *args, struct draft *draft)
{
	do {
		struct conf_hours_date date = { .open = false };
		const struct token *at = args_peek(args);

		if (read_date(args, &date) || add_date(args, draft, at, &date))
			return -EINVAL;
	} while (args_left(args));
	return 0;
}

/* "2026-12-24 08:00-12:00 2026-12-31 08:00-12:00" */
static int apply_also(struct args *args, struct draft *draft)
{
	do {
		struct conf_hours_date date = { .open = true,
						.minutes = { 0, DAY_MIN } };
		const struct token *at = args_peek(args);

		if (read_date(args, &date))
			return -EINVAL;
		do {
			if (at_minutes(args) &&
			    read_minutes(args, &date.minutes))
				return -EINVAL;
			if (add_date(args, draft, at, &date))
				return -EINVAL;
		} while (at_minutes(args));
	} while (args_left(args));
	return 0;
}

int args_zone(struct args *args, char out[CONF_ZONE_MAX])
{
	const struct token *at = args_take(args, "a time zone");
	struct report *report = &args->build->report;
	const char *hint = setting_usage(report, args->setting);
	struct suggestion s;
	int err;

	if (!at)
		return -EINVAL;
	err = zone_check(at->text);
	if (err == -ENODEV)
		return args_error(args, at,
				  "time zone \"%s\" cannot be looked up: there "
				  "is no %s: install tzdata",
				  at->text, zone_directory());
	if (!err && strlen(at->text) < CONF_ZONE_MAX) {
		strcpy(out, at->text);
		return 0;
	}
	suggest_begin(&s, at->text);
	zone_suggest(&s, report);
	hint = s.best ? report_text(report, "did you mean \"%s\"?  %s", s.best,
				    hint)
		      : report_text(report,
				    "(names as in %s: Europe/Berlin, UTC)",
				    zone_directory());
	report_error(report, at, hint, "there is no time zone \"%s\"",
		     at->text);
	return -EINVAL;
}

static int apply_zone(struct args *args, struct draft *draft)
{
	if (args_zone(args, draft->as.hours.zone_name))
		return -EINVAL;
	return args_end(args);
}

static void check_hours(struct build *build, struct draft *draft)
{
	const struct item *i = draft->send.first;

	while (i && !i->date.open)
		i = i->next;
	if (!draft->items.count && !i)
		report_error(&build->report, draft->name_at,
			     "(mon-fri 08:00-18:00)",
			     "%s never holds: it has no days", draft->label);
}

static const struct setting hours_settings[] = {
	{
		.name = "zone",
		.syntax = "<name>",
		.also = "timezone time-zone tz location",
		.help = "The time zone of all times in the block, by its name "
			"in tzdata: Europe/Berlin, America/New_York, UTC. "
			"Summer time is followed.",
		.flags = SETTING_REQUIRED,
		.apply = apply_zone,
	},
	{
		.name = "except",
		.syntax = "<date> | <date>..<date> ...",
		.also = "holidays holiday closed not without exception",
		.help = "On these dates the hours do not hold. A date is "
			"2026-12-25, or 12-25 for that day of each year. What "
			"began on the evening before goes on to its end.",
		.flags = SETTING_REPEATS,
		.apply = apply_except,
	},
	{
		.name = "also",
		.syntax = "<date> [<from>-<to> ...] ...",
		.also = "plus and extra open additionally special",
		.help = "The hours hold at these times of that date too, or "
			"for the whole day, even where it is among except.",
		.flags = SETTING_REPEATS,
		.apply = apply_also,
	},
	{
		.name = "",
		.syntax = "<days> ... [<from>-<to> ...] ...",
		.range = "mon tue wed thu fri sat sun, mon-fri, daily",
		.help = "When the hours hold in every week: mon-fri "
			"08:00-18:00 sat 09:00-12:00. Without times the whole "
			"day. The end is not in it: at 18:00 it is over. What "
			"ends before it begins ends on the next day: fri "
			"22:00-06:00 is over on Saturday at six.",
		.flags = SETTING_WHOLE_LINE | SETTING_REPEATS,
		.apply = apply_week,
	},
	{ .name = NULL },
};

const struct block_desc hours_block = {
	.open = {
		.name = "hours",
		.syntax = "<name>",
		.also = "schedule calendar timetable time opening-hours times "
			"time-condition",
		.help = "Times that routes ask for with when.",
		.apply = apply_block_name,
	},
	.settings = hours_settings,
	.check = check_hours,
};
