#include "gateway/log_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX 1536
#define KEY_MAX 24

void log_text_init(struct log_text *text, char *out, size_t size)
{
	*text = (struct log_text){ .out = out, .size = size };
	*out = '\0';
}

static size_t room(const struct log_text *text)
{
	return text->size - 1 - text->used;
}

static void put(struct log_text *text, char c)
{
	text->out[text->used++] = c;
	text->out[text->used] = '\0';
}

static char printable(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f ? '?' : c;
}

void log_text_word(struct log_text *text, const char *word)
{
	if (text->used && room(text))
		put(text, ' ');
	for (; *word && room(text); word++)
		put(text, printable(*word));
}

static bool needs_quotes(const char *value)
{
	return !*value || strpbrk(value, " \"\\=");
}

static void put_quoted(struct log_text *text, const char *value)
{
	put(text, '"');
	for (; *value; value++) {
		bool escaped = *value == '"' || *value == '\\';

		if (room(text) < (escaped ? 3 : 2))
			break;
		if (escaped)
			put(text, '\\');
		put(text, printable(*value));
	}
	put(text, '"');
}

void log_text_pair(struct log_text *text, const char *key, const char *value,
		   int quoted)
{
	/* A blank, the equals sign, two quotes and one character at least. */
	if (room(text) < strlen(key) + 5)
		return;
	log_text_word(text, key);
	put(text, '=');
	if (quoted || needs_quotes(value))
		put_quoted(text, value);
	else
		for (; *value && room(text); value++)
			put(text, printable(*value));
}

/* "span=1/5" is a span and a channel. */
static void put_span(struct log_text *text, const char *value)
{
	size_t digits = strcspn(value, "/");
	char number[KEY_MAX];

	snprintf(number, sizeof number, "%.*s", (int)digits, value);
	log_text_pair(text, "span", number, false);
	if (value[digits])
		log_text_pair(text, "ch", value + digits + 1, false);
}

void log_text_object(struct log_text *text, const char *object)
{
	char words[256], *word, *rest, *value;

	snprintf(words, sizeof words, "%s", object ? object : "");
	for (word = strtok_r(words, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		if (!value || value == word + 1)
			log_text_pair(text, "part", word, false);
		else if (!strcmp(word, "span"))
			put_span(text, value);
		else
			log_text_pair(text, word, value, false);
	}
}

/* A va_list that functions can take turns with. */
struct arguments {
	va_list ap;
};

/* One conversion as it stands in a format. */
struct conversion {
	char spec[KEY_MAX];
	int length; /* of its kind: 'h', 'l', 'q' for ll, 'z', 'j', 't', or 0 */
	char kind;
};

static const char *take_length(const char *at, struct conversion *conv)
{
	conv->length = 0;
	if (strchr("hlzjt", *at)) {
		conv->length = *at++;
		if (conv->length == 'l' && *at == 'l') {
			conv->length = 'q';
			at++;
		} else if (conv->length == 'h' && *at == 'h') {
			at++;
		}
	}
	return at;
}

/* Reads it, with numbers in the place of its stars. What follows it. */
static const char *take_conversion(const char *fmt, struct arguments *args,
				   struct conversion *conv)
{
	const char *at = fmt + 1, *length;
	size_t used = 0;

	conv->spec[used++] = '%';
	for (; *at && strchr("-+ #0123456789.*", *at); at++) {
		char number[12] = { *at };

		if (*at == '*')
			snprintf(number, sizeof number, "%d",
				 va_arg(args->ap, int));
		if (used + strlen(number) > sizeof conv->spec - 5)
			continue;
		strcpy(conv->spec + used, number);
		used += strlen(number);
	}
	length = at;
	at = take_length(at, conv);
	memcpy(conv->spec + used, length, (size_t)(at - length));
	used += (size_t)(at - length);
	conv->kind = *at;
	conv->spec[used++] = *at;
	conv->spec[used] = '\0';
	return *at ? at + 1 : at;
}

static void convert_integer(const struct conversion *conv,
			    struct arguments *args, char *out, size_t size)
{
	switch (conv->length) {
	case 'l':
		snprintf(out, size, conv->spec, va_arg(args->ap, long));
		break;
	case 'q':
		snprintf(out, size, conv->spec, va_arg(args->ap, long long));
		break;
	case 'z':
	case 't':
		snprintf(out, size, conv->spec, va_arg(args->ap, size_t));
		break;
	case 'j':
		snprintf(out, size, conv->spec, va_arg(args->ap, intmax_t));
		break;
	default: snprintf(out, size, conv->spec, va_arg(args->ap, int));
	}
}

static void convert(const struct conversion *conv, struct arguments *args,
		    char *out, size_t size)
{
	switch (conv->kind) {
	case 's':
		snprintf(out, size, conv->spec, va_arg(args->ap, char *));
		break;
	case 'p':
		snprintf(out, size, conv->spec, va_arg(args->ap, void *));
		break;
	case 'e':
	case 'f':
	case 'g':
		snprintf(out, size, conv->spec, va_arg(args->ap, double));
		break;
	default: convert_integer(conv, args, out, size);
	}
}

/* Formats up to a blank, or with `sentence` to the end. What follows. */
static const char *take_value(const char *fmt, struct arguments *args,
			      bool sentence, char out[VALUE_MAX])
{
	size_t used = 0;

	*out = '\0';
	while (*fmt && (sentence || *fmt != ' ')) {
		struct conversion conv;

		if (*fmt == '%' && fmt[1] != '%') {
			fmt = take_conversion(fmt, args, &conv);
			convert(&conv, args, out + used, VALUE_MAX - used);
			used += strlen(out + used);
			continue;
		}
		if (*fmt == '%')
			fmt++;
		if (used < VALUE_MAX - 1)
			out[used++] = *fmt;
		out[used] = '\0';
		fmt++;
	}
	return fmt;
}

/* The key that a format begins with, the equals sign not in it; 0: none. */
static size_t key_len(const char *fmt)
{
	size_t len = strspn(fmt, "abcdefghijklmnopqrstuvwxyz_");

	return len < KEY_MAX && fmt[len] == '=' ? len : 0;
}

void log_text_vformat(struct log_text *text, const char *fmt, va_list ap)
{
	char value[VALUE_MAX], key[KEY_MAX];
	struct arguments args;
	size_t len;

	va_copy(args.ap, ap);
	while ((len = key_len(fmt)) > 0) {
		snprintf(key, sizeof key, "%.*s", (int)len, fmt);
		fmt = take_value(fmt + len + 1, &args, false, value);
		log_text_pair(text, key, value, false);
		fmt += strspn(fmt, " ");
	}
	if (*fmt) {
		take_value(fmt, &args, true, value);
		log_text_pair(text, "msg", value, true);
	}
	va_end(args.ap);
}

void log_text_cut(char *out, size_t size, const char *line)
{
	bool quoted = false, escaped = false;
	size_t used = 0, word_end = 0;

	for (; line[used] && used < size - 2; used++) {
		if (line[used] == ' ' && !quoted)
			word_end = used;
		if (line[used] == '"' && !escaped)
			quoted = !quoted;
		escaped = quoted && !escaped && line[used] == '\\';
		out[used] = line[used];
	}
	if (line[used] && quoted) {
		used -= escaped;
		out[used++] = '"';
	} else if (line[used]) {
		used = word_end;
	}
	out[used] = '\0';
}
