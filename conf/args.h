/* Reads what follows a setting's name, value by value. Every reader returns 0,
 * or -EINVAL after reporting what is wrong and how it is written. */
#ifndef TOLLGATE_CONF_ARGS_H
#define TOLLGATE_CONF_ARGS_H

#include "conf/settings.h"

struct args {
	struct build *build;
	const struct setting *setting;
	const struct block_desc *desc; /* NULL: of a block's header */
	const struct token *tokens;    /* the setting's name first */
	size_t count, next;
};

/* An error at `at` with the setting's usage as the hint. Returns -EINVAL. */
int args_error(struct args *args, const struct token *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

bool args_left(const struct args *args);
/* The next token or NULL, and not consumed. */
const struct token *args_peek(const struct args *args);
/* Whether the next token begins with a digit. */
bool args_at_number(const struct args *args);
/* Consumes the next value; NULL (reported) when there is none. `what` names
 * it: "a time". */
const struct token *args_take(struct args *args, const char *what);
/* Consumes the next token, which there must be, and makes *part of its first
 * `len` bytes as the only value. Errors in it are shown at the whole. */
int args_part(struct args *args, size_t len, struct args *part);
/* Consumes the next token if it is the word `word`. */
bool args_word(struct args *args, const char *word);
/* The same, but it is an error when it is not there. */
int args_expect(struct args *args, const char *word);
int args_arrow(struct args *args);
/* Nothing may be left. */
int args_end(struct args *args);

int args_keyword(struct args *args, const char *what,
		 const struct keyword *table, unsigned *out);
int args_count(struct args *args, const char *what, unsigned min, unsigned max,
	       unsigned *out);
/* In milliseconds, `min` to `max`. */
int args_time(struct args *args, unsigned min_ms, unsigned max_ms,
	      unsigned *out_ms);
/* "-3dB", "2.5dB" in tenths of a dB, `max_ddb` at most either way. */
int args_level(struct args *args, int max_ddb, int *out_ddb);
/* "16384-16583", or one number for both. */
int args_range(struct args *args, const char *what, unsigned min, unsigned max,
	       unsigned out[2]);
/* One LIMIT, LIMIT_SYNTAX: `20 calls`, `5 calls/s` (or `5/s`), `60 min/day`,
 * each with an optional `per caller`; out->place is that of its number. */
#define LIMIT_SYNTAX \
	"<number> calls | <number> calls/s | <number> min/day [per caller]"
#define LIMIT_RANGE "1 to 10000 calls, 1 to 10000000 minutes"
int args_limit(struct args *args, struct conf_limit *out);
/* The same, added to `limits`: an error where it limits what is limited there
 * already. */
int args_limit_add(struct args *args, struct conf_limits *limits);
int args_path(struct args *args, const char *what, char *out, size_t size);
/* A block's name: a letter, then letters, digits, '.', '_' and '-'. */
int args_name(struct args *args, const char *what, const struct token **out);
/* IPv4 or IPv6, in brackets or not; the port stays 0. */
int args_address(struct args *args, struct sockaddr_storage *out);
int args_network(struct args *args, struct conf_network *out);
/* The name of a time zone that there is. */
int args_zone(struct args *args, char out[CONF_ZONE_MAX]);

#endif
