#include "conf/lexer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What the lexer makes of a text: W(word) S(string) > { } / for a line end,
 * !(why) for what is no token. */
static const struct {
	const char *text;
	const char *tokens;
} vectors[] = {
	{ "", "" },
	{ "a", "W(a)" },
	{ "  a\tb  ", "W(a)W(b)" },
	{ "a\nb\n", "W(a)/W(b)/" },
	{ "a\r\nb\r\n", "W(a)/W(b)/" },
	{ "a\r", "W(a)" },
	{ "\n\n", "//" },
	/* commas separate, and are nothing else */
	{ "a,b", "W(a)W(b)" },
	{ "a, b ,c,", "W(a)W(b)W(c)" },
	/* comments begin where a word could */
	{ "# a\nb", "/W(b)" },
	{ "a # b {\nc", "W(a)/W(c)" },
	{ "a#b", "W(a#b)" },
	{ "*21#", "W(*21#)" },
	{ "a,#b", "W(a)" },
	{ "{# }\n}", "{/}" },
	{ "#\xff\x01\nb", "/W(b)" },
	/* braces and arrows need no blanks */
	{ "a{b}c", "W(a){W(b)}W(c)" },
	{ "+49->city", "W(+49)>W(city)" },
	{ "->->", ">>" },
	{ "a->", "W(a)>" },
	{ "a-b", "W(a-b)" },
	{ "a-", "W(a-)" },
	{ "-", "W(-)" },
	{ ">", "W(>)" },
	{ "1-15 17-31", "W(1-15)W(17-31)" },
	{ "[2001:db8::1]", "W([2001:db8::1])" },
	{ "+E.164/8*=?~", "W(+E.164/8*=?~)" },
	/* strings */
	{ "\"\"", "S()" },
	{ "\"a b\"", "S(a b)" },
	{ "\"{ # , ->\"", "S({ # , ->)" },
	{ "\"\\\"\\\\\"", "S(\"\\)" },
	{ "a\"b\"c", "W(a)S(b)W(c)" },
	{ "\"\xc3\xa4\"", "S(\xc3\xa4)" },
	{ "\"a\nb", "!(a quoted text without its closing quote)/W(b)" },
	{ "\"a\r\nb", "!(a quoted text without its closing quote)/W(b)" },
	{ "\"", "!(a quoted text without its closing quote)" },
	{ "\"\\", "!(a backslash before something else than \" or \\)" },
	{ "\"\\x\" b",
	  "!(a backslash before something else than \" or \\)W(b)" },
	{ "\"a\tb\" c", "!(a control character: remove it)W(c)" },
	{ "\"\x01\\\" b\" c", "!(a control character: remove it)W(c)" },
	/* bytes */
	{ "a\x01"
	  "b",
	  "W(a)!(a control character: remove it)W(b)" },
	{ "\x7f", "!(a control character: remove it)" },
	{ "\v", "!(a control character: remove it)" },
	{ "\xc2\x85", "!(a control character: remove it)" },
	{ "\xc2\xa0", "W(\xc2\xa0)" },
	{ "a\rb", "W(a)!(a control character: remove it)W(b)" },
	{ "\xe2\x82\xac", "W(\xe2\x82\xac)" },
	{ "\xf0\x9f\x98\x80", "W(\xf0\x9f\x98\x80)" },
	/* UTF-8 cut off, overlong, surrogate, beyond U+10FFFF */
	{ "\xc3", "!(a byte that is not UTF-8: save the file as UTF-8)" },
	{ "\xe2\x82", "!(a byte that is not UTF-8: save the file as UTF-8)"
		      "!(a byte that is not UTF-8: save the file as UTF-8)" },
	{ "\xc0\x80", "!(a byte that is not UTF-8: save the file as UTF-8)"
		      "!(a byte that is not UTF-8: save the file as UTF-8)" },
	{ "\xed\xa0\x80",
	  "!(a byte that is not UTF-8: save the file as UTF-8)"
	  "!(a byte that is not UTF-8: save the file as UTF-8)"
	  "!(a byte that is not UTF-8: save the file as UTF-8)" },
	{ "\xf4\x90\x80\x80",
	  "!(a byte that is not UTF-8: save the file as UTF-8)"
	  "!(a byte that is not UTF-8: save the file as UTF-8)"
	  "!(a byte that is not UTF-8: save the file as UTF-8)"
	  "!(a byte that is not UTF-8: save the file as UTF-8)" },
	{ "\xef\xbb\xbf"
	  "a",
	  "W(a)" },
};

static void write_token(const struct token *token, FILE *out)
{
	switch (token->kind) {
	case TOKEN_WORD: fprintf(out, "W(%s)", token->text); break;
	case TOKEN_STRING: fprintf(out, "S(%s)", token->text); break;
	case TOKEN_BAD: fprintf(out, "!(%s)", token->text); break;
	case TOKEN_ARROW: putc('>', out); break;
	case TOKEN_OPEN: putc('{', out); break;
	case TOKEN_CLOSE: putc('}', out); break;
	case TOKEN_NEWLINE: putc('/', out); break;
	case TOKEN_END: break;
	}
}

/* All tokens of `text`, a copy of it without a NUL behind, so that a sanitizer
 * sees a read too far. */
static void lex(const char *text, size_t len, FILE *out)
{
	char *exact = len ? test_malloc(len) : NULL;
	const struct source source = { .text = exact, .len = len };
	struct arena *arena = arena_new();
	struct lexer lexer;
	struct token token;

	if (len)
		memcpy(exact, text, len);
	lexer_init(&lexer, &source, arena);
	for (size_t i = 0; i <= len + 1; i++) {
		assert_int_equal(lexer_next(&lexer, &token), 0);
		assert_true(token.at + token.width <= exact + len);
		write_token(&token, out);
	}
	assert_int_equal(token.kind, TOKEN_END);
	arena_free(arena);
	if (len)
		test_free(exact);
}

static void every_vector(void **state)
{
	char got[512];

	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		FILE *out = fmemopen(got, sizeof got, "w");

		lex(vectors[i].text, strlen(vectors[i].text), out);
		putc('\0', out);
		fclose(out);
		assert_string_equal(got, vectors[i].tokens);
	}
}

static void nul_byte(void **state)
{
	char got[128];
	FILE *out = fmemopen(got, sizeof got, "w");

	(void)state;
	lex("a\0b", 3, out);
	putc('\0', out);
	fclose(out);
	assert_string_equal(got, "W(a)!(a NUL byte: this is no text file)W(b)");
}

static struct token only_token(const char *text, size_t len,
			       struct arena *arena)
{
	static struct source source;
	struct lexer lexer;
	struct token token;

	source = (struct source){ .text = text, .len = len };
	lexer_init(&lexer, &source, arena);
	assert_int_equal(lexer_next(&lexer, &token), 0);
	return token;
}

static void longest_word(void **state)
{
	char text[LEXER_WORD_MAX + 4];
	struct arena *arena = arena_new();
	struct token token;

	(void)state;
	memset(text, 'x', sizeof text);
	token = only_token(text, LEXER_WORD_MAX, arena);
	assert_int_equal(token.kind, TOKEN_WORD);
	assert_int_equal(strlen(token.text), LEXER_WORD_MAX);
	token = only_token(text, LEXER_WORD_MAX + 1, arena);
	assert_int_equal(token.kind, TOKEN_BAD);
	assert_string_equal(token.text, "a word longer than 255 characters");
	assert_int_equal(token.width, LEXER_WORD_MAX + 1);

	text[0] = text[LEXER_WORD_MAX + 1] = '"';
	token = only_token(text, LEXER_WORD_MAX + 2, arena);
	assert_int_equal(token.kind, TOKEN_STRING);
	assert_int_equal(strlen(token.text), LEXER_WORD_MAX);
	text[LEXER_WORD_MAX + 1] = 'x';
	text[LEXER_WORD_MAX + 2] = '"';
	token = only_token(text, LEXER_WORD_MAX + 3, arena);
	assert_int_equal(token.kind, TOKEN_BAD);
	assert_string_equal(token.text, "a text longer than 255 characters");
	arena_free(arena);
}

static void places(void **state)
{
	static const char text[] = "a \xc3\xa4 \"\xc3\xa4\" b\n\tc->d";
	static const struct {
		unsigned line, column, width;
	} want[] = {
		{ 1, 1, 1 }, { 1, 3, 2 },  { 1, 5, 4 },
		{ 1, 9, 1 }, { 1, 10, 1 }, { 2, 2, 1 },
		{ 2, 3, 2 }, { 2, 5, 1 },  { 2, 6, 0 },
	};
	const struct source source = { .text = text, .len = strlen(text) };
	struct arena *arena = arena_new();
	struct lexer lexer;
	struct token token;

	(void)state;
	lexer_init(&lexer, &source, arena);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		assert_int_equal(lexer_next(&lexer, &token), 0);
		assert_int_equal(token.line, want[i].line);
		assert_int_equal(token.column, want[i].column);
		assert_int_equal(token.width, want[i].width);
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector),
		cmocka_unit_test(nul_byte),
		cmocka_unit_test(longest_word),
		cmocka_unit_test(places),
	};

	return cmocka_run_group_tests_name("conf lexer", tests, NULL, NULL);
}
