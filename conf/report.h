/* Errors, as the person who wrote the file wants to read them:
 *
 * tollgate.conf:41:3: error: unknown setting "max-cals" in trunk-group "city"
 *    41 |   max-cals 56
 *       |   ^^^^^^^^  did you mean "limit"?  (limit <n> calls)
 *
 * They are collected, then written in the order of the text.
 */
#ifndef TOLLGATE_CONF_REPORT_H
#define TOLLGATE_CONF_REPORT_H

#include "conf/lexer.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#define REPORT_ERRORS_MAX 20
#define REPORT_WARNINGS_MAX 20

struct problem {
	const struct token *at; /* NULL: about no place of a file */
	const char *text;
	const char *hint; /* after the caret; NULL: none */
	bool warning;
};

struct report {
	struct arena *arena;
	struct problem problems[REPORT_ERRORS_MAX + REPORT_WARNINGS_MAX];
	size_t count;	/* of them */
	size_t errors;	/* of these, those that are no warnings */
	bool more;	/* an error found no room: stop looking */
	bool no_memory; /* stop too */
};

/* True when further reading is of no use. */
bool report_full(const struct report *report);

/* Notes an error at `at`; `hint` (may be NULL) stands after the caret and is
 * copied. Of two errors at one token only the first is kept: the second is a
 * consequence. */
void report_error(struct report *report, const struct token *at,
		  const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void report_verror(struct report *report, const struct token *at,
		   const char *hint, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));

/* Likewise a warning: the configuration can be taken, but hardly means what
 * stands there. What is more than REPORT_WARNINGS_MAX is left out. */
void report_warning(struct report *report, const struct token *at,
		    const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void report_vwarning(struct report *report, const struct token *at,
		     const char *hint, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));

/* Writes them all, but no warnings where there are errors: they may be about
 * what is wrong because of these. `name` stands for the file where an error has
 * no place. */
void report_write(struct report *report, const char *name, FILE *out);

/* "line 58", or "other.conf:58" when `place` is in another file than `at`. */
const char *report_place(struct report *report, const struct token *place,
			 const struct token *at);

/* printf into the report's arena; "" for want of memory. */
const char *report_text(struct report *report, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
