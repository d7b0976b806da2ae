/* Events: what the log tells an operator.
 *
 * Each has a number and a name that never change, a level, and in one table,
 * gateway/event_table.def, what it means, where it comes from and what to do. A
 * line is, after time and program,
 *
 *   warning TG-1203 span-down span=1 alarm=red calls=28 msg="..." hint="..."
 *
 * : the object that it is about, what more there is to say as key=value, msg
 * for people, and from level warning upwards a remedy. Keys have one meaning
 * everywhere: call, span, ch (channel), peer, trunk, from, to (numbers), cause
 * (Q.850), sip (Call-ID), status (of SIP), dur (seconds).
 *
 * An event that repeats is counted, by the policy of its row, and said once
 * when its window is over, with repeated=N at the end. What tells a call's
 * story, or that something starts, stops or was lost, is always written.
 */
#ifndef TOLLGATE_EVENT_H
#define TOLLGATE_EVENT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum event {
#define EVENT(symbol, ...) EVENT_##symbol,
#include "gateway/event_table.def"
#undef EVENT
	EVENT_COUNT
};

enum event_repeats {
	EVENT_ALWAYS, /* every one is written */
	EVENT_EACH,   /* 5 in 10 s about the same object */
	EVENT_ALL,    /* 5 in 10 s, whomever they are about */
	EVENT_RARE,   /* 1 in 60 s about the same object */
};

struct event_info {
	unsigned number; /* 1203: TG-1203 */
	const char *name;
	int level; /* syslog's */
	enum event_repeats repeats;
	const char *text;
	const char *cause;
	const char *remedy;
};

const struct event_info *event_info(enum event event);

/* "TG-1203", "1203" or "span-down"; NULL when there is none. */
const struct event_info *event_find(const char *name);

/* log_event(EVENT_X, object, fmt, ...) writes an event. `object` names whom it
 * is about ("call=17 span=1/5"), may be NULL. Words of the form key=value at
 * the beginning of `fmt` become pairs, the rest the msg; whatever needs quotes
 * gets them. log_event_at takes the level first, where it is not always the
 * table's. Any thread. */
#define log_event(...) log_event_in(__FILE__, __VA_ARGS__)
#define log_vevent(...) log_vevent_in(__FILE__, __VA_ARGS__)
#define log_event_at(...) log_event_at_in(__FILE__, __VA_ARGS__)
void log_event_in(const char *source_file, enum event event, const char *object,
		  const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void log_vevent_in(const char *source_file, enum event event,
		   const char *object, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));
void log_event_at_in(const char *source_file, int level, enum event event,
		     const char *object, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* The line of an event from its number on. */
void event_text(char *out, size_t size, enum event event, const char *object,
		const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Writes what was counted and whose window is over. The log's own threads call
 * it once a second. `all`: every window ends, as at the end of the program. */
void event_say_repeats(bool all);

/* All of them, as a part of a manual page in mdoc. */
void event_write_reference(FILE *out);

/* One event as it was, the latest first. */
struct event_past {
	uint64_t number; /* from 1, of all that are remembered or were */
	uint64_t calendar_ns;
	int level;
	enum event event;
	const char *text; /* its line from the number on, until fn returns */
};
typedef bool (*event_past_fn)(void *ctx, const struct event_past *past);

/* The last EVENT_PAST_MAX of level notice and above, whatever the log's level
 * is, until fn returns false. fn must log nothing. */
#define EVENT_PAST_MAX 256
void event_each_past(event_past_fn fn, void *ctx);

#endif
