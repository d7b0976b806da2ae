#include "conf/date.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#define YEAR_MIN 1970
#define YEAR_MAX 2199

/* Counted in years that begin in March, so that the leap day is their last. */
int32_t date_days(struct date date)
{
	int year = date.year - (date.month <= 2);
	int month = (int)date.month + (date.month > 2 ? -3 : 9);
	int day_of_year = (153 * month + 2) / 5 + (int)date.day - 1;

	/* 719468 days from the first of March of the year 0 to 1970. */
	return year * 365 + year / 4 - year / 100 + year / 400 + day_of_year -
	       719468;
}

struct date date_of_days(int32_t days)
{
	/* At or before it; the loop finds the rest. */
	int years = days < 0 ? days / 365 - 1 : days / 366;
	struct date date = { .year = 1970 + years, .month = 1, .day = 1 };

	while (date_days((struct date){ date.year + 1, 1, 1 }) <= days)
		date.year++;
	while (date.month < 12 &&
	       date_days((struct date){ date.year, date.month + 1, 1 }) <= days)
		date.month++;
	date.day = (unsigned)(days - date_days(date)) + 1;
	return date;
}

unsigned date_weekday(int32_t days)
{
	int of_week = (int)((days + 3) % 7); /* 1970-01-01 is a Thursday */

	return (unsigned)(of_week < 0 ? of_week + 7 : of_week);
}

/* Exactly `len` digits. */
static bool digits(const char **text, unsigned len, unsigned *out)
{
	*out = 0;
	for (; len; len--, (*text)++) {
		if (!isdigit((unsigned char)**text))
			return false;
		*out = *out * 10 + (unsigned)(**text - '0');
	}
	return true;
}

static bool mark(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

static bool is_day(struct date date)
{
	struct date next;

	if (date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31)
		return false;
	next = date_of_days(date_days(date));
	return next.month == date.month && next.day == date.day;
}

int date_read_yearly(const char **text, struct date *out)
{
	const char *s = *text;
	struct date date = { .year = 0 };

	if (!digits(&s, 2, &date.month) || !mark(&s, '-') ||
	    !digits(&s, 2, &date.day) || isdigit((unsigned char)*s))
		return -EINVAL;
	/* A year that has every day there is. */
	if (!is_day((struct date){ 2000, date.month, date.day }))
		return -EINVAL;
	*out = date;
	*text = s;
	return 0;
}

int date_read(const char **text, struct date *out)
{
	const char *s = *text;
	struct date date;
	unsigned year;

	if (!digits(&s, 4, &year) || !mark(&s, '-') ||
	    date_read_yearly(&s, &date) || year < YEAR_MIN || year > YEAR_MAX)
		return -EINVAL;
	date.year = (int)year;
	if (!is_day(date))
		return -EINVAL;
	*out = date;
	*text = s;
	return 0;
}

int date_read_minutes(const char **text, unsigned *out)
{
	const char *s = *text;
	unsigned hour, minute;

	if (!digits(&s, s[0] && s[1] == ':' ? 1 : 2, &hour) || !mark(&s, ':') ||
	    !digits(&s, 2, &minute) || isdigit((unsigned char)*s))
		return -EINVAL;
	if (minute > 59 || hour * 60 + minute > 24 * 60)
		return -EINVAL;
	*out = hour * 60 + minute;
	*text = s;
	return 0;
}

void date_format(int32_t days, char out[DATE_TEXT])
{
	struct date date = date_of_days(days);

	snprintf(out, DATE_TEXT, "%04u-%02u-%02u", (unsigned)date.year % 10000,
		 date.month % 100, date.day % 100);
}
