#include "gateway/event.h"

#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/log_text.h"
#include "gateway/repeat.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a line that is remembered. */
#define PAST_TEXT_MAX 768
/* " repeated=4294967295" */
#define REPEATED_MAX 24

struct past {
	struct event_past event;
	char text[PAST_TEXT_MAX];
};

/* Of the process, as the log is. */
static struct {
	pthread_mutex_t lock;
	struct repeats *repeats; /* NULL for want of memory: all are written */
	uint64_t past_count;
	struct past past[EVENT_PAST_MAX];
} memory = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void vtext(struct log_text *line, enum event event, int level,
		  const char *object, const char *fmt, va_list ap)
	__attribute__((format(printf, 5, 0)));

static void vtext(struct log_text *line, enum event event, int level,
		  const char *object, const char *fmt, va_list ap)
{
	const struct event_info *info = event_info(event);
	char number[16];

	snprintf(number, sizeof number, "TG-%04u", info->number);
	log_text_word(line, number);
	log_text_word(line, info->name);
	log_text_object(line, object);
	log_text_vformat(line, fmt, ap);
	if (level <= LOG_WARNING && strcmp(info->remedy, "none") != 0)
		log_text_pair(line, "hint", info->remedy, true);
}

void event_text(char *out, size_t size, enum event event, const char *object,
		const char *fmt, ...)
{
	struct log_text line;
	va_list ap;

	log_text_init(&line, out, size);
	va_start(ap, fmt);
	vtext(&line, event, event_info(event)->level, object, fmt, ap);
	va_end(ap);
}

static void remember(enum event event, int level, const char *text)
{
	struct past *past;

	past = &memory.past[memory.past_count++ % EVENT_PAST_MAX];
	past->event = (struct event_past){ .number = memory.past_count,
					   .calendar_ns = clock_calendar_ns(),
					   .level = level,
					   .event = event };
	log_text_cut(past->text, sizeof past->text, text);
}

/* The lock is not held while a line is written. */
static void write_line(enum event event, int level, const char *text,
		       bool wanted)
{
	if (level <= LOG_NOTICE) {
		pthread_mutex_lock(&memory.lock);
		remember(event, level, text);
		pthread_mutex_unlock(&memory.lock);
	}
	if (wanted)
		log_write(level, text);
}

static void write_summary(const struct repeat_summary *summary)
{
	char text[REPEAT_TEXT_MAX + REPEATED_MAX];

	if (!summary->count)
		return;
	snprintf(text, sizeof text, "%s repeated=%u", summary->text,
		 summary->count);
	write_line((enum event)summary->event, summary->level, text,
		   summary->wanted);
}

static uint64_t digest(const char *object)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */

	for (; object && *object; object++)
		hash = (hash ^ (unsigned char)*object) * 1099511628211u;
	return hash;
}

static struct repeat_key key_of(enum event event, const char *object)
{
	bool rare = event_info(event)->repeats == EVENT_RARE;
	bool all = event_info(event)->repeats == EVENT_ALL;

	return (struct repeat_key){
		.event = event,
		.object = all ? 0 : digest(object),
		.lines = rare ? 1 : 5,
		.window_ms = rare ? 60000 : 10000,
	};
}

/* Whether the line is to be written now; if not, it has been counted. */
static bool pass_repeats(enum event event, const char *object,
			 const struct repeat_line *line)
{
	struct repeat_key key = key_of(event, object);
	struct repeat_summary over = { 0 };
	bool now = true;

	pthread_mutex_lock(&memory.lock);
	if (memory.repeats || repeats_new(&memory.repeats) == 0)
		now = repeats_write(memory.repeats, &key, clock_now_ms(),
				    &over);
	if (!now)
		repeats_keep(memory.repeats, &key, line);
	pthread_mutex_unlock(&memory.lock);
	write_summary(&over);
	return now;
}

static void vevent(const char *source_file, int level, enum event event,
		   const char *object, const char *fmt, va_list ap)
	__attribute__((format(printf, 5, 0)));

static void vevent(const char *source_file, int level, enum event event,
		   const char *object, const char *fmt, va_list ap)
{
	bool wanted = log_wanted_in(source_file, level);
	char text[LOG_LINE_MAX];
	struct log_text line;

	if (!wanted && level > LOG_NOTICE)
		return;
	log_text_init(&line, text, sizeof text);
	vtext(&line, event, level, object, fmt, ap);
	if (event_info(event)->repeats == EVENT_ALWAYS ||
	    pass_repeats(event, object,
			 &(struct repeat_line){ level, wanted, text }))
		write_line(event, level, text, wanted);
}

void log_event_in(const char *source_file, enum event event, const char *object,
		  const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vevent(source_file, event_info(event)->level, event, object, fmt, ap);
	va_end(ap);
}

void log_vevent_in(const char *source_file, enum event event,
		   const char *object, const char *fmt, va_list ap)
{
	vevent(source_file, event_info(event)->level, event, object, fmt, ap);
}

void log_event_at_in(const char *source_file, int level, enum event event,
		     const char *object, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vevent(source_file, level, event, object, fmt, ap);
	va_end(ap);
}

void event_say_repeats(bool all)
{
	uint64_t now_ms = all ? UINT64_MAX : clock_now_ms();
	struct repeat_summary over;
	bool found;

	do {
		pthread_mutex_lock(&memory.lock);
		found = memory.repeats &&
			repeats_due(memory.repeats, now_ms, &over);
		pthread_mutex_unlock(&memory.lock);
		if (found)
			write_summary(&over);
	} while (found);
	if (!all)
		return;
	pthread_mutex_lock(&memory.lock);
	repeats_free(memory.repeats);
	memory.repeats = NULL;
	pthread_mutex_unlock(&memory.lock);
}

void event_each_past(event_past_fn fn, void *ctx)
{
	uint64_t first;

	pthread_mutex_lock(&memory.lock);
	first = memory.past_count > EVENT_PAST_MAX
			? memory.past_count - EVENT_PAST_MAX
			: 0;
	for (uint64_t i = memory.past_count; i > first; i--) {
		struct past *past = &memory.past[(i - 1) % EVENT_PAST_MAX];

		past->event.text = past->text;
		if (!fn(ctx, &past->event))
			break;
	}
	pthread_mutex_unlock(&memory.lock);
}
