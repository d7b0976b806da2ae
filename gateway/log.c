#include "gateway/log.h"

#include "gateway/clock.h"
#include "gateway/event.h"
#include "gateway/log_ring.h"
#include "gateway/log_sink.h"
#include "gateway/log_text.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Of each target, 2 MB of them. */
#define LINES_WAITING 1024
#define CLOSE_LIMIT_S 2

enum { SINK_STDERR, SINK_SYSLOG, SINK_JOURNAL, SINKS };

/* Where systemd takes datagrams in its own form. */
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

static struct {
	const char *ident;
	unsigned targets;
	_Atomic int levels[LOG_MODULES];
	_Atomic bool starting;
	struct log_sink *sinks[SINKS];
} logger = { .ident = "tollgate",
	     .targets = LOG_TO_STDERR,
	     .levels = { LOG_NOTICE, LOG_NOTICE, LOG_NOTICE, LOG_NOTICE,
			 LOG_NOTICE } };

void log_open(const char *ident, unsigned targets, int level)
{
	logger.ident = ident;
	logger.targets = targets;
	log_set_level(level);
}

static int start_sink(unsigned which, enum log_target target,
		      const char *socket)
{
	struct log_sink_config cfg = {
		.target = target,
		.ident = logger.ident,
		.socket = socket,
		.lines = LINES_WAITING,
	};

	return log_sink_new(&logger.sinks[which], &cfg);
}

/* stderr's is needed in any case, for the errors of the start. */
int log_start_writers(const char *syslog_path)
{
	int err = start_sink(SINK_STDERR, LOG_TO_STDERR, NULL);

	if (err == 0 && logger.targets & LOG_TO_SYSLOG)
		err = start_sink(SINK_SYSLOG, LOG_TO_SYSLOG, syslog_path);
	if (err == 0 && logger.targets & LOG_TO_JOURNAL)
		err = start_sink(SINK_JOURNAL, LOG_TO_JOURNAL, JOURNAL_SOCKET);
	return err;
}

void log_close(void)
{
	struct timespec now;
	uint64_t deadline_ns;

	event_say_repeats(true);
	clock_gettime(CLOCK_MONOTONIC, &now);
	deadline_ns = (uint64_t)(now.tv_sec + CLOSE_LIMIT_S) * NS_PER_S +
		      (uint64_t)now.tv_nsec;
	for (int i = 0; i < SINKS; i++) {
		struct log_sink *sink = logger.sinks[i];

		logger.sinks[i] = NULL;
		log_sink_free(sink, deadline_ns);
	}
	logger.targets = LOG_TO_STDERR;
}

void log_wait_for_room(unsigned *left_ms)
{
	for (int i = 0; i < SINKS; i++)
		for (; logger.sinks[i] && *left_ms > 0 &&
		       !log_sink_has_room(logger.sinks[i]);
		     (*left_ms)--)
			poll(NULL, 0, 1);
}

uint64_t log_lost(void)
{
	uint64_t lost = 0;

	for (int i = 0; i < SINKS; i++)
		if (logger.sinks[i])
			lost += log_sink_lost(logger.sinks[i]);
	return lost;
}

void log_starting(bool starting)
{
	logger.starting = starting;
}

void log_set_level(int level)
{
	for (int i = 0; i < LOG_MODULES; i++)
		logger.levels[i] = level;
}

void log_set_module_level(enum log_module module, int level)
{
	logger.levels[module] = level;
}

int log_module_level(enum log_module module)
{
	return logger.levels[module];
}

bool log_wanted_in(const char *source_file, int level)
{
	return level <= logger.levels[log_module_of(source_file)];
}

static void write_stderr(int level, const char *text)
{
	struct log_record record = { .calendar_ns = clock_calendar_ns(),
				     .level = level };
	char line[LOG_LINE_MAX + 128];
	size_t len;

	snprintf(record.text, sizeof record.text, "%s", text);
	len = log_stderr_form(logger.ident, &record, line, sizeof line);
	while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
		;
}

void log_write(int level, const char *text)
{
	struct log_sink *to_stderr = logger.sinks[SINK_STDERR];

	if (logger.targets & LOG_TO_STDERR ||
	    (logger.starting && level <= LOG_ERR)) {
		if (to_stderr)
			log_sink_put(to_stderr, level, text);
		else
			write_stderr(level, text);
	}
	for (int i = SINK_SYSLOG; i < SINKS; i++)
		if (logger.sinks[i])
			log_sink_put(logger.sinks[i], level, text);
}

void log_vline_in(const char *source_file, int level, const char *object,
		  const char *fmt, va_list ap)
{
	char text[LOG_LINE_MAX], words[LOG_LINE_MAX];
	struct log_text line;

	if (!log_wanted_in(source_file, level))
		return;
	log_text_init(&line, text, sizeof text);
	log_text_object(&line, object);
	vsnprintf(words, sizeof words, fmt, ap);
	log_text_word(&line, words);
	log_write(level, text);
}

void log_line_in(const char *source_file, int level, const char *object,
		 const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vline_in(source_file, level, object, fmt, ap);
	va_end(ap);
}

bool log_allowed(struct log_limit *limit, unsigned lines, uint32_t window_ms,
		 unsigned *left_out)
{
	uint64_t now = clock_now_ms();

	if (!limit->written || now - limit->start_ms >= window_ms) {
		limit->start_ms = now;
		limit->written = 0;
	}
	if (limit->written >= lines) {
		limit->left_out++;
		return false;
	}
	limit->written++;
	if (left_out)
		*left_out = limit->left_out;
	limit->left_out = 0;
	return true;
}
