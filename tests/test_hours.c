/* Hours: what a wall clock shows, and what can be at the same time. */
#include "conf/conf.h"
#include "conf/date.h"
#include "conf/hours.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct conf *parse(const char *a, const char *b)
{
	struct conf *conf = NULL;
	char text[1024];

	snprintf(text, sizeof text,
		 "gateway g { listen 127.0.0.1 }\n"
		 "hours a {\n%s\n}\nhours b {\n%s\n}\n",
		 a, b);
	assert_int_equal(conf_parse(&conf, "t.conf", text, strlen(text),
				    stderr),
			 0);
	assert_int_equal(conf->hours_count, 2);
	return conf;
}

#define BERLIN "zone Europe/Berlin\n"
#define OFFICE BERLIN "mon-fri 08:00-18:00\n"

static int64_t utc(const char *text)
{
	struct date date;
	unsigned minutes;

	assert_int_equal(date_read(&text, &date), 0);
	assert_int_equal(*text++, ' ');
	assert_int_equal(date_read_minutes(&text, &minutes), 0);
	assert_string_equal(text, "");
	return (int64_t)date_days(date) * 86400 + minutes * 60;
}

/* Times are UTC. Berlin: +1 in winter; from 2026-03-29 01:00 UTC to 2026-10-25
 * 01:00 UTC +2. */
static const struct {
	const char *hours, *at;
	bool holds;
} held[] = {
	{ OFFICE, "2026-03-02 06:59", false }, /* Monday */
	{ OFFICE, "2026-03-02 07:00", true },
	{ OFFICE, "2026-03-02 16:59", true },
	{ OFFICE, "2026-03-02 17:00", false },
	{ OFFICE, "2026-03-06 12:00", true },  /* Friday */
	{ OFFICE, "2026-03-07 12:00", false }, /* Saturday */
	{ OFFICE, "2026-03-08 12:00", false },
	/* an hour earlier in summer */
	{ OFFICE, "2026-07-06 05:59", false },
	{ OFFICE, "2026-07-06 06:00", true },
	{ OFFICE, "2026-07-06 16:00", false },
	/* over midnight, of Friday alone */
	{ BERLIN "fri 22:00-06:00", "2026-03-06 20:59", false },
	{ BERLIN "fri 22:00-06:00", "2026-03-06 21:00", true },
	{ BERLIN "fri 22:00-06:00", "2026-03-07 04:59", true },
	{ BERLIN "fri 22:00-06:00", "2026-03-07 05:00", false },
	{ BERLIN "fri 22:00-06:00", "2026-03-07 22:00", false },
	{ BERLIN "sun 22:00-06:00", "2026-03-09 04:00", true },
	/* the hour that is passed over, and the one that comes twice */
	{ BERLIN "sun 02:00-03:00", "2026-03-29 00:59", false },
	{ BERLIN "sun 02:00-03:00", "2026-03-29 01:00", false },
	{ BERLIN "sun 02:00-03:00", "2026-10-25 00:30", true },
	{ BERLIN "sun 02:00-03:00", "2026-10-25 01:30", true },
	{ BERLIN "sun 02:00-03:00", "2026-10-25 02:00", false },
	/* whole days, days over the week's end */
	{ BERLIN "daily", "2026-03-07 23:30", true },
	{ "zone UTC\nsat-mon", "2026-03-06 23:59", false },
	{ "zone UTC\nsat-mon", "2026-03-07 00:00", true },
	{ "zone UTC\nsat-mon", "2026-03-09 23:59", true },
	{ "zone UTC\nsat-mon", "2026-03-10 00:00", false },
	{ "zone UTC\nmon wed 08:00-09:00 fri 10:00-11:00 12:00-24:00",
	  "2026-03-04 08:30", true },
	{ "zone UTC\nmon wed 08:00-09:00 fri 10:00-11:00 12:00-24:00",
	  "2026-03-06 08:30", false },
	{ "zone UTC\nmon wed 08:00-09:00 fri 10:00-11:00 12:00-24:00",
	  "2026-03-06 23:59", true },
	/* exceptions */
	{ OFFICE "except 2026-03-02", "2026-03-02 12:00", false },
	{ OFFICE "except 2026-03-02", "2026-03-03 12:00", true },
	{ OFFICE "except 03-02", "2026-03-02 12:00", false },
	{ OFFICE "except 03-02", "2027-03-02 12:00", false },
	{ OFFICE "except 2026-03-02..2026-03-04", "2026-03-04 12:00", false },
	{ OFFICE "except 2026-03-02..2026-03-04", "2026-03-05 12:00", true },
	/* the date is the zone's, not UTC's */
	{ BERLIN "daily\nexcept 2026-03-03", "2026-03-02 23:30", false },
	{ BERLIN "daily\nexcept 2026-03-03", "2026-03-03 23:30", true },
	/* what began before goes on */
	{ BERLIN "daily 22:00-06:00\nexcept 2026-12-25", "2026-12-25 03:00",
	  true },
	{ BERLIN "daily 22:00-06:00\nexcept 2026-12-25", "2026-12-26 03:00",
	  false },
	/* and also */
	{ OFFICE "also 2026-03-07 09:00-12:00", "2026-03-07 08:00", true },
	{ OFFICE "also 2026-03-07 09:00-12:00", "2026-03-07 11:00", false },
	{ OFFICE "also 2026-03-07 09:00-10:00 11:00-12:00 2026-03-08",
	  "2026-03-07 10:00", true },
	{ OFFICE "also 2026-03-07 09:00-10:00 11:00-12:00 2026-03-08",
	  "2026-03-08 20:00", true },
	{ OFFICE "except 12-24\nalso 12-24 08:00-12:00", "2026-12-24 10:00",
	  true },
	{ OFFICE "except 12-24\nalso 12-24 08:00-12:00", "2026-12-24 12:00",
	  false },
	{ BERLIN "also 2026-12-31 20:00-02:00", "2027-01-01 00:30", true },
	/* west of Greenwich, half hours, before 1970 and long after */
	{ "zone America/New_York\nmon-fri 09:00-17:00", "2026-03-06 13:59",
	  false },
	{ "zone America/New_York\nmon-fri 09:00-17:00", "2026-03-06 14:00",
	  true },
	{ "zone Asia/Kolkata\ndaily 09:00-17:00", "2026-03-06 03:29", false },
	{ "zone Asia/Kolkata\ndaily 09:00-17:00", "2026-03-06 03:30", true },
	{ "zone UTC\nthu 00:00-01:00", "1970-01-01 00:30", true },
	{ BERLIN "mon-fri 08:00-18:00", "2099-07-06 06:00", true },
};

static void they_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
		struct conf *conf = parse(held[i].hours, "zone UTC\ndaily");

		if (hours_hold(&conf->hours[0], utc(held[i].at)) !=
		    held[i].holds)
			fail_msg("%s at %s", held[i].hours, held[i].at);
		conf_free(conf);
	}
}

static const struct {
	const char *a, *b;
	bool overlap;
} pairs[] = {
	{ OFFICE, OFFICE, true },
	{ OFFICE, BERLIN "sat sun", false },
	{ OFFICE, BERLIN "mon-fri 18:00-08:00", false },
	{ OFFICE, BERLIN "mon-fri 18:00-08:01", true },
	{ OFFICE, BERLIN "sun 18:00-08:01", true },
	{ OFFICE, BERLIN "fri 18:00-17:00", false },
	{ BERLIN "sun 22:00-06:00", BERLIN "mon 05:59-07:00", true },
	{ BERLIN "sun 22:00-06:00", BERLIN "mon 06:00-07:00", false },
	/* the same wall clock twice, but another zone's */
	{ OFFICE, "zone Europe/Paris\nsat sun", true },
	/* dates */
	{ OFFICE "except 12-25", BERLIN "also 12-25", false },
	{ OFFICE "except 12-25", BERLIN "also 12-26", true },
	{ OFFICE, BERLIN "also 2026-12-25", true },
	{ OFFICE, BERLIN "also 2026-12-26", false },
	{ OFFICE "except 2026-12-25", BERLIN "also 2026-12-25", false },
	{ OFFICE "except 2026-12-25", BERLIN "also 12-25", true },
	{ OFFICE, BERLIN "also 2026-12-24 18:00-08:00", false },
	{ OFFICE, BERLIN "also 2026-12-23 18:00-08:30", true },
	{ BERLIN "also 2026-12-24 08:00-12:00",
	  BERLIN "also 2026-12-24 12:00-14:00", false },
	{ BERLIN "also 2026-12-24 22:00-02:00",
	  BERLIN "also 2026-12-25 01:00-02:00", true },
	{ BERLIN "also 02-29", BERLIN "also 03-01", false },
	{ BERLIN "also 02-29 22:00-02:00", BERLIN "also 03-01", true },
	{ BERLIN "also 02-29", BERLIN "also 2027-03-01", false },
};

static void they_may_overlap(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct conf *conf = parse(pairs[i].a, pairs[i].b);
		const struct conf_hours *a = &conf->hours[0];
		const struct conf_hours *b = &conf->hours[1];

		if (hours_may_overlap(a, b) != pairs[i].overlap ||
		    hours_may_overlap(b, a) != pairs[i].overlap)
			fail_msg("%s against %s", pairs[i].a, pairs[i].b);
		conf_free(conf);
	}
}

/* What is said not to overlap does not, minute by minute of two years. */
static void what_is_apart_is_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct conf *conf = parse(pairs[i].a, pairs[i].b);
		int64_t at = utc("2026-01-01 00:00");

		for (; at < utc("2028-01-01 00:00") && !pairs[i].overlap;
		     at += 15 * 60)
			assert_false(hours_hold(&conf->hours[0], at) &&
				     hours_hold(&conf->hours[1], at));
		conf_free(conf);
	}
}

static void zones_have_times(void **state)
{
	int64_t at;
	char text[40];

	(void)state;
	assert_int_equal(hours_zone_time("Europe/Berlin",
					 utc("2026-03-01 23:00"), &at),
			 0);
	assert_int_equal(at, utc("2026-03-01 22:00"));
	assert_int_equal(hours_zone_time(NULL, utc("2026-03-01 23:00"), &at),
			 0);
	assert_int_equal(at, utc("2026-03-01 23:00"));
	assert_int_equal(hours_zone_time("No/Where", 0, &at), -ENOENT);
	hours_format_time("America/New_York", utc("2026-07-04 03:30"), text);
	assert_string_equal(text, "Fri 2026-07-03 23:30 -0400");
	hours_format_time("No/Where", 0, text);
	assert_string_equal(text, "");
}

static void days_and_dates(void **state)
{
	char text[DATE_TEXT];

	(void)state;
	for (int32_t day = -800; day < 84000; day++) {
		struct date date = date_of_days(day);

		assert_int_equal(date_days(date), day);
		assert_in_range(date.day, 1, 31);
	}
	assert_int_equal(date_weekday(0), 3);
	assert_int_equal(date_weekday(-4), 6);
	date_format(20512, text);
	assert_string_equal(text, "2026-02-28");
}

static const char *const no_dates[] = {
	"2026-02-29", "2026-13-01",  "2026-00-01", "2026-01-32", "26-01-01",
	"2026-1-1",   "2026-01-011", "1969-12-31", "2200-01-01", ""
};

static void no_such_day(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof no_dates / sizeof *no_dates; i++) {
		const char *at = no_dates[i];
		struct date date;

		assert_int_equal(date_read(&at, &date), -EINVAL);
		assert_ptr_equal(at, no_dates[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_hold),
		cmocka_unit_test(they_may_overlap),
		cmocka_unit_test(what_is_apart_is_apart),
		cmocka_unit_test(zones_have_times),
		cmocka_unit_test(days_and_dates),
		cmocka_unit_test(no_such_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
