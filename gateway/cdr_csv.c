#include "gateway/cdr_csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_text(FILE *out, const char *text)
{
	bool quoted = text[strcspn(text, ",\"")] != '\0';

	if (quoted)
		putc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', out);
		putc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text,
		     out);
	}
	if (quoted)
		putc('"', out);
}

static void put_value(FILE *out, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING: put_text(out, json_string_value(value)); break;
	case JSON_INTEGER:
		fprintf(out, "%" JSON_INTEGER_FORMAT,
			json_integer_value(value));
		break;
	case JSON_REAL: fprintf(out, "%.10g", json_real_value(value)); break;
	case JSON_TRUE: fputs("true", out); break;
	case JSON_FALSE: fputs("false", out); break;
	default: break;
	}
}

static char *make(json_t *record, bool names)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	const char *name, *comma = "";
	json_t *value;

	if (!out)
		return NULL;
	json_object_foreach(record, name, value)
	{
		fputs(comma, out);
		if (names)
			put_text(out, name);
		else
			put_value(out, value);
		comma = ",";
	}
	putc('\n', out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

char *cdr_csv_header(json_t *record)
{
	return make(record, true);
}

char *cdr_csv_row(json_t *record)
{
	return make(record, false);
}
