#include "gateway/log.h"

#include "gateway/clock.h"

#include <stdio.h>
#include <string.h>

#define LOG_LINE_MAX 1024

static const char *const level_names[] = {
	[LOG_EMERG] = "emerg",	   [LOG_ALERT] = "alert",
	[LOG_CRIT] = "crit",	   [LOG_ERR] = "err",
	[LOG_WARNING] = "warning", [LOG_NOTICE] = "notice",
	[LOG_INFO] = "info",	   [LOG_DEBUG] = "debug",
};

static struct {
	const char *ident;
	unsigned targets;
	int level;
	bool starting;
} logger = { .ident = "tollgate",
	     .targets = LOG_TO_STDERR,
	     .level = LOG_NOTICE };

void log_open(const char *ident, unsigned targets, int level)
{
	logger.ident = ident;
	logger.targets = targets;
	logger.level = level;
	if (targets & LOG_TO_SYSLOG)
		openlog(ident, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void log_close(void)
{
	if (logger.targets & LOG_TO_SYSLOG)
		closelog();
	logger.targets = LOG_TO_STDERR;
}

void log_starting(bool starting)
{
	logger.starting = starting;
}

void log_set_level(int level)
{
	logger.level = level;
}

bool log_wanted(int level)
{
	return level <= logger.level;
}

static void write_stderr(int level, const char *text)
{
	char stamp[32];

	clock_format_utc(clock_calendar_ns(), stamp);
	fprintf(stderr, "%s %s %-7s %s\n", stamp, logger.ident,
		level_names[level], text);
}

void log_vline(int level, const char *object, const char *fmt, va_list ap)
{
	char text[LOG_LINE_MAX];
	int used = 0;

	if (!log_wanted(level))
		return;
	if (object && *object)
		used = snprintf(text, sizeof text, "%s ", object);
	if (used < (int)sizeof text - 1)
		vsnprintf(text + used, sizeof text - (size_t)used, fmt, ap);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	if (logger.targets & LOG_TO_STDERR ||
	    (logger.starting && level <= LOG_ERR))
		write_stderr(level, text);
	if (logger.targets & LOG_TO_SYSLOG)
		syslog(level, "%s %s", level_names[level], text);
}

void log_line(int level, const char *object, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vline(level, object, fmt, ap);
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

int log_level_parse(const char *name)
{
	for (int i = LOG_EMERG; i <= LOG_DEBUG; i++)
		if (!strcmp(level_names[i], name))
			return i;
	return -1;
}
