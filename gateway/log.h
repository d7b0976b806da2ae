/* The log: lines to syslog, the journal and stderr.
 *
 * What an operator reads are events, see gateway/event.h; log_line is for what
 * an engineer reads, at level debug. Either names its object first ("call=17
 * sip=a84b... span=1 ch=5"), so that a grep for one call, channel or dialog
 * finds its whole story. Levels are syslog's: ERR service lost, WARNING
 * redundancy lost or a limit hit, NOTICE a state change of a span or peer, INFO
 * a call's story in at most six lines, DEBUG every state transition.
 *
 * Once log_start_writers was called, lines go into a bounded ring, and a thread
 * of each target's own writes them: whoever logs never waits, in any thread,
 * though syslogd or the reader of stderr be stopped. Lines that find the ring
 * full are counted, and how many is said when there is room again.
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
	LOG_TO_JOURNAL = 4, /* systemd's, with fields of its own */
};

/* Whose lines they are, by the folder of the source file. */
enum log_module {
	LOG_GATEWAY,
	LOG_CONF,
	LOG_DAHDI,
	LOG_MEDIA,
	LOG_SIP,
	LOG_MODULES
};

/* The longest line without its time stamp, its end included. */
#define LOG_LINE_MAX 2048

/* NULL is the gateway. */
enum log_module log_module_of(const char *source_file);
const char *log_module_name(enum log_module module);
/* -1 when there is none of that name. */
int log_module_parse(const char *name);

/* Opens the log of program `ident` (kept, not copied) at the targets of the
 * bit mask; lines above `level` are left out. Before it is called, lines at
 * NOTICE and below go to stderr. Until log_start_writers lines go to stderr at
 * once, and to syslog not at all. */
void log_open(const char *ident, unsigned targets, int level);

/* From here on threads write the lines. `syslog_path` is the datagram socket of
 * the system's log, "/dev/log", kept, not copied. Returns 0, or -errno: then
 * lines are written as before. */
int log_start_writers(const char *syslog_path);

/* Writes what still waits, for 2 s at most, and ends the threads. */
void log_close(void);

/* Waits until at most half of what may wait for a target does, for *left_ms
 * milliseconds at most, and takes off what it has waited. For a thread that has
 * more to say at once than a target holds, and may wait. */
void log_wait_for_room(unsigned *left_ms);

/* Lines that were not written since log_start_writers, because a target did not
 * take them in time. */
uint64_t log_lost(void);

/* While a program starts (true), errors go to stderr also where the log does
 * not: whoever starts it by hand must see why it does not run. */
void log_starting(bool starting);

/* For all modules, or for one of them. Any thread. */
void log_set_level(int level);
void log_set_module_level(enum log_module module, int level);
int log_module_level(enum log_module module);

#define log_wanted(level) log_wanted_in(__FILE__, level)
bool log_wanted_in(const char *source_file, int level);

/* Writes one line. `object` names whom it is about, may be NULL. Control
 * characters of the text are written as '?': no peer can forge a line. */
#define log_line(level, ...) log_line_in(__FILE__, level, __VA_ARGS__)
void log_line_in(const char *source_file, int level, const char *object,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void log_vline_in(const char *source_file, int level, const char *object,
		  const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));

/* Writes a line that is made already, whatever the level is. */
void log_write(int level, const char *text);

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

const char *log_level_name(int level);
/* "debug" ... "err" -> LOG_DEBUG ... LOG_ERR, -1 when unknown. */
int log_level_parse(const char *name);

#endif
