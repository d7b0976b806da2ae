/* The one clock of the program.
 *
 * Everything that measures a duration reads clock_now_ns(): our timers, libpri
 * (through gettimeofday, which clock.c defines) and Sofia-SIP (through its
 * hooks, which loop.c sets). A step of the calendar clock therefore never ends
 * a call, and a test can run minutes of timers in milliseconds by giving a
 * source of its own.
 */
#ifndef TOLLGATE_CLOCK_H
#define TOLLGATE_CLOCK_H

#include <stdint.h>

#define NS_PER_MS 1000000ULL
#define NS_PER_S 1000000000ULL

typedef uint64_t (*clock_source_fn)(void);

/* Monotonic time in nanoseconds from an arbitrary start. Any thread. */
uint64_t clock_now_ns(void);

/* The same in milliseconds. Any thread. */
uint64_t clock_now_ms(void);

/* Replaces the source; NULL restores CLOCK_MONOTONIC. Tests only, before any
 * other thread runs. */
void clock_set_source(clock_source_fn source);

/* Calendar time, nanoseconds since 1970, for records and log lines only. */
uint64_t clock_calendar_ns(void);

/* Writes calendar time `ns` as "2026-11-20T06:02:34.123Z" into `out`. */
void clock_format_utc(uint64_t ns, char out[32]);

#endif
