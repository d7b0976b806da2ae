#include "sip/stack_log.h"

#include "gateway/log.h"

#include <sofia-sip/su_log.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_LEN 512
/* The level at which the stack tells of what it drops. */
#define TELLING_LEVEL 5

/* Exported by the library, not by its headers. */
extern su_log_t nta_log[];

static struct {
	void (*malformed)(void *ctx, const char *line);
	void *ctx;
	bool counted; /* this message's first bad header was told */
} listener;

static bool tells_malformed(const char *fmt, va_list ap)
{
	va_list args;
	bool insane;

	if (strncmp(fmt, "nta: %s (%u) %s", 15) != 0)
		return strstr(fmt, "received garbage") ||
		       strstr(fmt, "has bad %s header");
	va_copy(args, ap);
	va_arg(args, const char *); /* method */
	va_arg(args, unsigned);	    /* CSeq */
	insane = strstr(va_arg(args, const char *), "sanity");
	va_end(args);
	return insane;
}

/* One message can have several bad headers and is told once. A line is made
 * only when somebody wants it: there are a few for every message. */
static void take_line(void *stream, const char *fmt, va_list ap)
{
	bool malformed = tells_malformed(fmt, ap);
	char line[LINE_MAX_LEN];

	(void)stream;
	if (strstr(fmt, "received %s"))
		listener.counted = false;
	if (!malformed && !log_wanted(LOG_DEBUG))
		return;
	vsnprintf(line, sizeof line, fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	if (malformed && !listener.counted && listener.malformed)
		listener.malformed(listener.ctx, line);
	if (malformed && !strstr(fmt, "received garbage"))
		listener.counted = true;
	if (*line)
		log_line(LOG_DEBUG, "sofia", "%s", line);
}

void stack_log_start(void (*malformed)(void *ctx, const char *line), void *ctx)
{
	listener.malformed = malformed;
	listener.ctx = ctx;
	su_log_redirect(NULL, take_line, NULL);
	su_log_set_level(NULL, log_wanted(LOG_DEBUG) ? 3 : 0);
	su_log_set_level(nta_log, TELLING_LEVEL);
}
