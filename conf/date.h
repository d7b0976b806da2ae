/* Days of the calendar (Gregorian, as everywhere in conf/), and what is read of
 * them. */
#ifndef TOLLGATE_CONF_DATE_H
#define TOLLGATE_CONF_DATE_H

#include <stdint.h>

#define DATE_TEXT 11 /* "2026-12-25" and its NUL */

struct date {
	int year;	     /* 0: each year */
	unsigned month, day; /* from 1 */
};

/* Days since 1970-01-01. */
int32_t date_days(struct date date);
struct date date_of_days(int32_t days);
/* 0 Monday to 6 Sunday. */
unsigned date_weekday(int32_t days);

/* "2026-12-25" into *out, and *text to what follows it. 0, or -EINVAL: it is
 * none, or a day that there is not (years are 1970 to 2199). */
int date_read(const char **text, struct date *out);
/* The same for "12-25", a day of each year. */
int date_read_yearly(const char **text, struct date *out);
/* "08:00" into minutes from midnight; 24:00 is one. */
int date_read_minutes(const char **text, unsigned *out);

void date_format(int32_t days, char out[DATE_TEXT]);

#endif
