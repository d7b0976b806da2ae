/* Characters to words.
 *
 * A line is what a setting is written on, so the end of a line is a token. A
 * comma only separates, like a blank. `#` begins a comment where a word could
 * begin: "*21#" is one word.
 */
#ifndef TOLLGATE_CONF_LEXER_H
#define TOLLGATE_CONF_LEXER_H

#include "conf/arena.h"

#include <stddef.h>
#include <sys/types.h>

#define LEXER_WORD_MAX 255 /* characters of a word or a quoted string */

enum token_kind {
	TOKEN_WORD,
	TOKEN_STRING, /* "quoted": `text` is what stands between the quotes */
	TOKEN_ARROW,  /* -> */
	TOKEN_OPEN,   /* { */
	TOKEN_CLOSE,  /* } */
	TOKEN_NEWLINE,
	TOKEN_END, /* repeated for ever */
	TOKEN_BAD, /* cannot be read: `text` says why */
};

struct token;

/* One file, or a text in memory. */
struct source {
	const char *name;
	const char *text;
	size_t len;
	unsigned index;			 /* in order of opening, from 0 */
	const struct token *included_at; /* NULL: the one we began with */
	unsigned depth;			 /* of includes, 0 at the beginning */
	dev_t device;
	ino_t inode;
};

struct token {
	const struct source *source;
	const char *at;	       /* first byte, in source->text */
	const char *text;      /* NUL-terminated */
	unsigned line, column; /* from 1; columns count characters */
	unsigned width;	       /* bytes in source->text, quotes included */
	enum token_kind kind;
};

struct lexer {
	const struct source *source;
	struct arena *arena; /* takes the tokens' texts */
	size_t pos;
	unsigned line, column;
};

void lexer_init(struct lexer *lexer, const struct source *source,
		struct arena *arena);

/* Reads the next token. 0 or -ENOMEM. What is no token at all comes as
 * TOKEN_BAD and is passed over, so that reading can go on. */
int lexer_next(struct lexer *lexer, struct token *out);

#endif
