#include "conf/lexer.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

void lexer_init(struct lexer *lexer, const struct source *source,
		struct arena *arena)
{
	*lexer = (struct lexer){
		.source = source, .arena = arena, .line = 1, .column = 1
	};
	/* An editor's byte order mark is not part of the text. */
	if (source->len >= 3 && !memcmp(source->text, "\xef\xbb\xbf", 3))
		lexer->pos = 3;
}

/* The byte `ahead` of the current one; -1 past the end. */
static int peek(const struct lexer *lexer, size_t ahead)
{
	if (ahead >= lexer->source->len - lexer->pos)
		return -1;
	return (unsigned char)lexer->source->text[lexer->pos + ahead];
}

/* Columns count characters, so that an editor's "go to column" lands there. */
static void advance(struct lexer *lexer, size_t bytes)
{
	for (; bytes; bytes--, lexer->pos++)
		if ((lexer->source->text[lexer->pos] & 0xc0) != 0x80)
			lexer->column++;
}

/* Length of the UTF-8 character at `s` of `len` bytes, 0 when it is none
 * (RFC 3629 section 4). */
static size_t utf8_length(const unsigned char *s, size_t len)
{
	static const struct {
		unsigned char first, last; /* of the lead byte */
		unsigned char low, high;   /* of the byte after it */
		unsigned char length;
	} forms[] = {
		{ 0x00, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (*s < forms[i].first || *s > forms[i].last)
			continue;
		if (forms[i].length > len)
			return 0;
		if (forms[i].length > 1 &&
		    (s[1] < forms[i].low || s[1] > forms[i].high))
			return 0;
		for (size_t b = 2; b < forms[i].length; b++)
			if ((s[b] & 0xc0) != 0x80)
				return 0;
		return forms[i].length;
	}
	return 0;
}

/* Why the byte at `ahead` may not stand in a word or string; NULL: it may,
 * and *length is how many bytes its character takes. */
static const char *character_fault(const struct lexer *lexer, size_t ahead,
				   size_t *length)
{
	const unsigned char *s =
		(const unsigned char *)lexer->source->text + lexer->pos + ahead;

	*length = 1;
	if (*s == 0)
		return "a NUL byte: this is no text file";
	if (*s < ' ' || *s == 0x7f)
		return "a control character: remove it";
	*length = utf8_length(s, lexer->source->len - lexer->pos - ahead);
	if (*length == 0) {
		*length = 1;
		return "a byte that is not UTF-8: save the file as UTF-8";
	}
	/* C1 controls: terminals obey them as they do ESC sequences. */
	return *s == 0xc2 && s[1] < 0xa0 ? "a control character: remove it"
					 : NULL;
}

/* Ends the token `bytes` further on. */
static int finish(struct lexer *lexer, struct token *out, enum token_kind kind,
		  size_t bytes, const char *text)
{
	out->kind = kind;
	out->width = (unsigned)bytes;
	out->text = text;
	advance(lexer, bytes);
	return 0;
}

static bool at_line_end(int c)
{
	return c < 0 || c == '\n';
}

/* A carriage return belongs to the line end when it stands before one. */
static bool at_blank(const struct lexer *lexer)
{
	int c = peek(lexer, 0);

	return c == ' ' || c == '\t' || c == ',' ||
	       (c == '\r' && at_line_end(peek(lexer, 1)));
}

/* "+49->city" is three tokens; the hyphen of "a-b" is a part of its word. */
static bool ends_word(const struct lexer *lexer, size_t ahead)
{
	int c = peek(lexer, ahead);

	if (c < 0 || (c && strchr(" \t\r\n,{}\"", c)))
		return true;
	return c == '-' && peek(lexer, ahead + 1) == '>';
}

static int read_word(struct lexer *lexer, struct token *out)
{
	size_t len = 0, step;
	const char *fault;

	while (!ends_word(lexer, len)) {
		fault = character_fault(lexer, len, &step);
		if (fault && len == 0)
			return finish(lexer, out, TOKEN_BAD, step, fault);
		if (fault)
			break;
		len += step;
	}
	if (len > LEXER_WORD_MAX)
		return finish(lexer, out, TOKEN_BAD, len,
			      "a word longer than 255 characters");
	out->text = arena_string(lexer->arena, out->at, len);
	if (!out->text)
		return -ENOMEM;
	return finish(lexer, out, TOKEN_WORD, len, out->text);
}

/* Passes over a string that cannot be read, to its closing quote or the end
 * of its line, so that the rest is not taken for words. */
static int bad_string(struct lexer *lexer, struct token *out, const char *why)
{
	size_t len = 1;
	int c;

	for (; !at_line_end(c = peek(lexer, len)); len++) {
		if (c == '"') {
			len++;
			break;
		}
		if (c == '\\' && !at_line_end(peek(lexer, len + 1)))
			len++;
	}
	if (at_line_end(c) && len > 1 && peek(lexer, len - 1) == '\r')
		len--;
	return finish(lexer, out, TOKEN_BAD, len, why);
}

static int read_string(struct lexer *lexer, struct token *out)
{
	char text[LEXER_WORD_MAX + 4];
	size_t len = 1, used = 0, step;
	const char *fault;
	int c;

	while ((c = peek(lexer, len)) != '"') {
		if (at_line_end(c) ||
		    (c == '\r' && at_line_end(peek(lexer, len + 1))))
			return bad_string(lexer, out,
					  "a quoted text without its closing "
					  "quote");
		if (c == '\\') {
			c = peek(lexer, ++len);
			if (c != '"' && c != '\\')
				return bad_string(lexer, out,
						  "a backslash before "
						  "something else than \" "
						  "or \\");
		}
		fault = character_fault(lexer, len, &step);
		if (fault)
			return bad_string(lexer, out, fault);
		if (used + step > LEXER_WORD_MAX)
			return bad_string(lexer, out,
					  "a text longer than 255 characters");
		memcpy(text + used, out->at + len, step);
		used += step;
		len += step;
	}
	out->text = arena_string(lexer->arena, text, used);
	if (!out->text)
		return -ENOMEM;
	return finish(lexer, out, TOKEN_STRING, len + 1, out->text);
}

static int read_newline(struct lexer *lexer, struct token *out)
{
	finish(lexer, out, TOKEN_NEWLINE, 1, "end of line");
	lexer->line++;
	lexer->column = 1;
	return 0;
}

int lexer_next(struct lexer *lexer, struct token *out)
{
	while (at_blank(lexer))
		advance(lexer, 1);
	/* Only here, where a word could begin: "*21#" keeps its hash. */
	if (peek(lexer, 0) == '#')
		while (!at_line_end(peek(lexer, 0)))
			advance(lexer, 1);
	*out = (struct token){ .source = lexer->source,
			       .at = lexer->source->text + lexer->pos,
			       .line = lexer->line,
			       .column = lexer->column };
	switch (peek(lexer, 0)) {
	case -1: return finish(lexer, out, TOKEN_END, 0, "end of file");
	case '\n': return read_newline(lexer, out);
	case '{': return finish(lexer, out, TOKEN_OPEN, 1, "{");
	case '}': return finish(lexer, out, TOKEN_CLOSE, 1, "}");
	case '"': return read_string(lexer, out);
	case '-':
		if (peek(lexer, 1) == '>')
			return finish(lexer, out, TOKEN_ARROW, 2, "->");
		break;
	case '\r':
		return finish(lexer, out, TOKEN_BAD, 1,
			      "a control character: remove it");
	}
	return read_word(lexer, out);
}
