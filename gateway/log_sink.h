/* One target of the log: a ring, and a thread that writes what is in it.
 *
 * Each target has its own, for a stopped syslogd must not hold up stderr. The
 * thread may block as long as it likes; who puts never does.
 */
#ifndef TOLLGATE_LOG_SINK_H
#define TOLLGATE_LOG_SINK_H

#include "gateway/log.h"

struct log_sink;
struct log_record;

struct log_sink_config {
	enum log_target target;
	const char *ident;  /* of the program */
	const char *socket; /* of all but LOG_TO_STDERR */
	unsigned lines;	    /* that may wait, a power of two */
};

/* Strings are kept, not copied. -ENOMEM, -EAGAIN for want of a thread. */
int log_sink_new(struct log_sink **out, const struct log_sink_config *cfg);

/* Any thread. A line that finds no room is counted as lost. */
void log_sink_put(struct log_sink *sink, int level, const char *text);

uint64_t log_sink_lost(const struct log_sink *sink);

/* At most half of the lines that may wait do. Any thread. */
bool log_sink_has_room(const struct log_sink *sink);

/* Ends the thread once all is written, or leaves it behind, to end by itself,
 * when that is not so at `deadline_ns` of CLOCK_MONOTONIC. */
void log_sink_free(struct log_sink *sink, uint64_t deadline_ns);

/* How a line is written, its end included. The length. */
size_t log_stderr_form(const char *ident, const struct log_record *record,
		       char *out, size_t size);
/* RFC 3164 as programs speak it to the syslogd of their own machine. */
size_t log_syslog_form(const char *ident, const struct log_record *record,
		       char *out, size_t size);
/* A journal entry in systemd's native protocol: the line as MESSAGE, and of an
 * event its number and call as TOLLGATE_EVENT and TOLLGATE_CALL. */
size_t log_journal_form(const char *ident, const struct log_record *record,
			char *out, size_t size);

#endif
