/* Log lines to syslog and stderr.
 *
 * Every line names its object first ("call=17 span=1/5 sip=a84b...") so that a
 * grep for one call, channel or dialog finds its whole story. Levels are
 * syslog's: ERR service lost, WARNING redundancy lost or a limit hit, NOTICE a
 * state change of a span or peer, INFO a call's story in at most six lines,
 * DEBUG every state transition.
 */
#ifndef TOLLGATE_LOG_H
#define TOLLGATE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <syslog.h>

enum log_target {
	LOG_TO_STDERR = 1,
	LOG_TO_SYSLOG = 2,
};

/* Opens the log of program `ident` (kept, not copied) at the targets of the
 * bit mask; lines above `level` are left out. Before it is called, lines at
 * NOTICE and below go to stderr. */
void log_open(const char *ident, unsigned targets, int level);
void log_close(void);

/* While a program starts (true), errors go to stderr also where the log does
 * not: whoever starts it by hand must see why it does not run. */
void log_starting(bool starting);
void log_set_level(int level);
bool log_wanted(int level);

/* Writes one line. `object` names whom it is about, may be NULL. Control
 * characters of the text are written as '?': no peer can forge a line. */
void log_line(int level, const char *object, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void log_vline(int level, const char *object, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

/* For lines that somebody else can cause at will. Zeroed at first; one for each
 * place or kind of line. */
struct log_limit {
	uint64_t start_ms; /* of the window, which begins with its first line */
	unsigned written;  /* in this window; 0: none ever */
	unsigned left_out; /* since the last one written */
};

/* Whether to write a line now: true at most `lines` (1 or more) times in
 * `window_ms`. It is then told in `left_out`, which may be NULL, how many were
 * not written since the last one. */
bool log_allowed(struct log_limit *limit, unsigned lines, uint32_t window_ms,
		 unsigned *left_out);

/* "debug" ... "err" -> LOG_DEBUG ... LOG_ERR, -1 when unknown. */
int log_level_parse(const char *name);

#endif
