/* Builds one line of the log: key=value words.
 *
 * A value with anything in it that would end it, or nothing, stands in quotes,
 * with a backslash before a quote and a backslash; control characters become
 * '?'. So whatever a peer sends, it can neither forge a key nor a line.
 *
 * A word or a value that finds no room is cut, a key without room for a value
 * is left out, and quotes are closed in any case.
 */
#ifndef TOLLGATE_LOG_TEXT_H
#define TOLLGATE_LOG_TEXT_H

#include <stdarg.h>
#include <stddef.h>

struct log_text {
	char *out;
	size_t size;
	size_t used; /* without the end, which is always there */
};

void log_text_init(struct log_text *text, char *out, size_t size);

/* As it is, after a blank if it is not the first. */
void log_text_word(struct log_text *text, const char *word);

/* " key=value". `quoted`: in quotes even if it needs none. */
void log_text_pair(struct log_text *text, const char *key, const char *value,
		   int quoted);

/* Who it is about: "call=17 span=1/5" becomes "call=17 span=1 ch=5", a word
 * that is no pair the value of `part`. NULL or "" is nobody. */
void log_text_object(struct log_text *text, const char *object);

/* What `fmt` says: its words of the form key=... at the beginning are pairs,
 * the rest is a sentence, written as msg="...". Conversions are printf's but
 * for %n, positions and long double. */
void log_text_vformat(struct log_text *text, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* Copies a line that this module made. What has no room is cut, and what is
 * left still is pairs. */
void log_text_cut(char *out, size_t size, const char *line);

#endif
