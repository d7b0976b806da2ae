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
	const struct stack_log_listener *to;
	void *ctx;
	bool counted;  /* this message's first bad header was told */
	uint32_t cseq; /* of the response being received; 0: of no INVITE */
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

/* Lines of the stack for a response: "received 100 Trying for INVITE (7)", and
 * once it has found whose it is "100 Trying is going to a transaction". The
 * words are arguments of theirs: nothing is formatted. */
static void hear_response(const char *fmt, va_list ap)
{
	const char *text;
	va_list args;

	va_copy(args, ap);
	if (!strncmp(fmt, "nta: received %03d %s for %s (%u)", 33)) {
		va_arg(args, int);	    /* status */
		va_arg(args, const char *); /* phrase */
		text = va_arg(args, const char *);
		listener.cseq = strcmp(text, "INVITE") != 0
					? 0
					: va_arg(args, unsigned);
	} else if (listener.cseq && !strncmp(fmt, "nta: %03d %s %s", 15)) {
		va_arg(args, int);
		va_arg(args, const char *);
		text = va_arg(args, const char *);
		if (!strcmp(text, "is going to a transaction") && listener.to)
			listener.to->responded(listener.ctx, listener.cseq);
		listener.cseq = 0;
	}
	va_end(args);
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
	hear_response(fmt, ap);
	if (!malformed && !log_wanted(LOG_DEBUG))
		return;
	vsnprintf(line, sizeof line, fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	if (malformed && !listener.counted && listener.to)
		listener.to->malformed(listener.ctx, line);
	if (malformed && !strstr(fmt, "received garbage"))
		listener.counted = true;
	if (*line)
		log_line(LOG_DEBUG, "sofia", "%s", line);
}

void stack_log_start(const struct stack_log_listener *to, void *ctx)
{
	listener.to = to;
	listener.ctx = ctx;
	su_log_redirect(NULL, take_line, NULL);
	/* Whether they are wanted may change while it runs. */
	su_log_set_level(NULL, 3);
	su_log_set_level(nta_log, TELLING_LEVEL);
}
