#include "gateway/clock.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>

static uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static clock_source_fn source = monotonic_ns;

uint64_t clock_now_ns(void)
{
	return source();
}

uint64_t clock_now_ms(void)
{
	return source() / NS_PER_MS;
}

void clock_set_source(clock_source_fn fn)
{
	source = fn ? fn : monotonic_ns;
}

uint64_t clock_calendar_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

void clock_format_utc(uint64_t ns, char out[32])
{
	time_t seconds = (time_t)(ns / NS_PER_S);
	struct tm tm;
	size_t len;

	gmtime_r(&seconds, &tm);
	len = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + len, 32 - len, ".%03uZ",
		 (unsigned)(ns / NS_PER_MS % 1000));
}

/* libpri schedules its timers by gettimeofday and has no other door for a
 * clock. The dynamic linker gives it this definition in place of libc's, so a
 * step of the calendar clock cannot fire or freeze T200, T303 or T309.
 * Calendar time is read by clock_gettime(CLOCK_REALTIME) only. */
int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	uint64_t now = clock_now_ns();

	(void)tz;
	tv->tv_sec = (time_t)(now / NS_PER_S);
	tv->tv_usec = (suseconds_t)(now % NS_PER_S / 1000);
	return 0;
}
