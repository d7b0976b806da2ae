#include "conf/hours.h"

#include "conf/date.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

#define DAY_MIN (24 * 60)
#define WEEK_MIN (7 * DAY_MIN)
#define DAY_S (24 * 60 * 60)

int hours_take_zone(struct conf_hours *hours)
{
	hours->zone = g_time_zone_new_identifier(hours->zone_name);
	return hours->zone ? 0 : -ENOENT;
}

void hours_release(struct conf_hours *hours)
{
	if (hours->zone)
		g_time_zone_unref(hours->zone);
	hours->zone = NULL;
}

static bool within(struct conf_minutes minutes, unsigned minute)
{
	return minute >= minutes.from && minute < minutes.to;
}

static bool on_date(const struct conf_hours_date *date, int32_t day)
{
	struct date is;

	if (!date->yearly)
		return day >= date->first && day <= date->last;
	is = date_of_days(day);
	return is.month == date->month && is.day == date->day;
}

/* What begins on `day`; `minute` may be one of the day after. A time that is
 * given for the very date holds even where the day is an exception. */
static bool day_holds(const struct conf_hours *hours, int32_t day,
		      unsigned minute)
{
	bool closed = false;

	for (size_t i = 0; i < hours->date_count; i++) {
		const struct conf_hours_date *date = &hours->dates[i];

		if (!on_date(date, day))
			continue;
		if (date->open && within(date->minutes, minute))
			return true;
		closed = closed || !date->open;
	}
	for (size_t i = 0; i < hours->week_count && !closed; i++)
		if (hours->week[i].days >> date_weekday(day) & 1 &&
		    within(hours->week[i].minutes, minute))
			return true;
	return false;
}

static bool wall_clock_holds(const struct conf_hours *hours, int32_t day,
			     unsigned minute)
{
	return day_holds(hours, day, minute) ||
	       day_holds(hours, day - 1, minute + DAY_MIN);
}

static int64_t offset_at(GTimeZone *zone, int64_t utc_s)
{
	gint interval =
		g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, utc_s);

	return g_time_zone_get_offset(zone, interval < 0 ? 0 : interval);
}

bool hours_hold(const struct conf_hours *hours, int64_t utc_s)
{
	int64_t local = utc_s + offset_at(hours->zone, utc_s);
	int64_t day = local / DAY_S - (local % DAY_S < 0);

	return wall_clock_holds(hours, (int32_t)day,
				(unsigned)((local - day * DAY_S) / 60));
}

/* In the circle of a week. */
static bool week_meets(const struct conf_hours_week *a, unsigned a_day,
		       const struct conf_hours_week *b, unsigned b_day)
{
	unsigned a_from = a_day * DAY_MIN + a->minutes.from;
	unsigned b_from = b_day * DAY_MIN + b->minutes.from;
	unsigned a_len = a->minutes.to - a->minutes.from;
	unsigned b_len = b->minutes.to - b->minutes.from;

	return (b_from + WEEK_MIN - a_from) % WEEK_MIN < a_len ||
	       (a_from + WEEK_MIN - b_from) % WEEK_MIN < b_len;
}

static bool weeks_overlap(const struct conf_hours_week *a,
			  const struct conf_hours_week *b)
{
	for (unsigned days = 0; days < 49; days++)
		if (a->days >> days % 7 & 1 && b->days >> days / 7 & 1 &&
		    week_meets(a, days % 7, b, days / 7))
			return true;
	return false;
}

static bool minutes_overlap(const struct conf_hours *other, int32_t day,
			    struct conf_minutes minutes)
{
	for (unsigned m = minutes.from; m < minutes.to; m++)
		if (wall_clock_holds(other, day + (int32_t)(m / DAY_MIN),
				     m % DAY_MIN))
			return true;
	return false;
}

/* A day of each year falls on every day of the week within 28 years, of leap
 * years too. */
#define YEARS_FIRST 2026
#define YEARS_LAST (2026 + 28)

static bool date_overlaps(const struct conf_hours_date *date,
			  const struct conf_hours *other)
{
	if (!date->open)
		return false;
	if (!date->yearly)
		return minutes_overlap(other, date->first, date->minutes);
	for (int year = YEARS_FIRST; year < YEARS_LAST; year++) {
		int32_t day = date_days(
			(struct date){ year, date->month, date->day });

		/* Not every year has a 29th of February. */
		if (on_date(date, day) &&
		    minutes_overlap(other, day, date->minutes))
			return true;
	}
	return false;
}

static bool dates_overlap(const struct conf_hours *a,
			  const struct conf_hours *b)
{
	for (size_t i = 0; i < a->date_count; i++)
		if (date_overlaps(&a->dates[i], b))
			return true;
	return false;
}

bool hours_may_overlap(const struct conf_hours *a, const struct conf_hours *b)
{
	if (a == b || strcmp(a->zone_name, b->zone_name) != 0)
		return true;
	for (size_t i = 0; i < a->week_count * b->week_count; i++)
		if (weeks_overlap(&a->week[i % a->week_count],
				  &b->week[i / a->week_count]))
			return true;
	return dates_overlap(a, b) || dates_overlap(b, a);
}

const char *hours_common_zone(const struct conf *conf)
{
	const char *zone = conf->gateway.time_zone;

	if (conf->hours_count)
		zone = conf->hours->zone_name;
	for (size_t i = 1; i < conf->hours_count; i++)
		if (strcmp(conf->hours[i].zone_name, zone) != 0)
			return NULL;
	return *zone ? zone : "UTC";
}

static GTimeZone *zone_named(const char *name)
{
	return name ? g_time_zone_new_identifier(name) : g_time_zone_new_utc();
}

int hours_zone_time(const char *name, int64_t local_s, int64_t *utc_s)
{
	GTimeZone *zone = zone_named(name);
	gint64 local = local_s;
	gint interval;

	if (!zone)
		return -ENOENT;
	interval = g_time_zone_adjust_time(zone, G_TIME_TYPE_STANDARD, &local);
	*utc_s = local - g_time_zone_get_offset(zone, interval);
	g_time_zone_unref(zone);
	return 0;
}

int64_t hours_offset(const char *name, int64_t utc_s)
{
	GTimeZone *zone = zone_named(name);
	int64_t offset_s;

	if (!zone)
		return 0;
	offset_s = offset_at(zone, utc_s);
	g_time_zone_unref(zone);
	return offset_s;
}

void hours_format_time(const char *name, int64_t utc_s, char out[40])
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu",
					    "Fri", "Sat", "Sun" };
	GTimeZone *zone = zone_named(name);
	int64_t offset, local, day;
	char date[DATE_TEXT];

	*out = '\0';
	if (!zone)
		return;
	offset = offset_at(zone, utc_s);
	g_time_zone_unref(zone);
	local = utc_s + offset;
	day = local / DAY_S - (local % DAY_S < 0);
	local -= day * DAY_S;
	date_format((int32_t)day, date);
	snprintf(out, 40, "%s %s %02d:%02d %c%02d%02d",
		 days[date_weekday((int32_t)day)], date, (int)(local / 3600),
		 (int)(local / 60 % 60), offset < 0 ? '-' : '+',
		 (int)((offset < 0 ? -offset : offset) / 3600),
		 (int)((offset < 0 ? -offset : offset) / 60 % 60));
}
