#include "gateway/cli/records.h"

#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 65536

struct records {
	bool csv;
	json_t *names; /* CSV: the header's, NULL before it */
	size_t len;
	bool too_long; /* the line is passed over */
	char line[LINE_MAX_BYTES];
};

struct records *records_new(bool csv)
{
	struct records *records = calloc(1, sizeof *records);

	if (records)
		records->csv = csv;
	return records;
}

void records_free(struct records *records)
{
	if (!records)
		return;
	json_decref(records->names);
	free(records);
}

void records_begin(struct records *records)
{
	json_decref(records->names);
	records->names = NULL;
	records->len = 0;
	records->too_long = false;
}

void records_skip_line(struct records *records)
{
	records->len = 0;
	records->too_long = true;
}

/* Adds what there is of the line; true when it is whole, without its newline.
 */
static bool read_line(struct records *records, FILE *file)
{
	int c;

	while ((c = getc(file)) != EOF) {
		if (c == '\n') {
			bool good = !records->too_long;

			records->line[records->len] = '\0';
			records->len = 0;
			records->too_long = false;
			if (good)
				return true;
			continue;
		}
		if (records->len == sizeof records->line - 1)
			records->too_long = true;
		else
			records->line[records->len++] = (char)c;
	}
	return false;
}

/* One value of a row, in place (RFC 4180 2.5 to 2.7); *at moves behind its
 * comma, or becomes NULL. */
static const char *next_value(char **at)
{
	char *from = *at, *to = *at, *value = *at;
	bool quoted = *from == '"';

	from += quoted;
	while (*from && (quoted || *from != ',')) {
		if (quoted && *from == '"') {
			if (from[1] != '"') {
				quoted = false;
				from++;
				continue;
			}
			from++;
		}
		*to++ = *from++;
	}
	*at = *from == ',' ? from + 1 : NULL;
	*to = '\0';
	return value;
}

static json_t *read_names(char *line)
{
	json_t *names = json_array();

	while (line)
		json_array_append_new(names, json_string(next_value(&line)));
	return names;
}

/* NULL: more or less values than names. */
static json_t *read_row(const struct records *records, char *line)
{
	json_t *record = json_object();
	size_t i = 0, count = json_array_size(records->names);

	for (; line && i < count; i++) {
		const char *name =
			json_string_value(json_array_get(records->names, i));
		const char *value = next_value(&line);

		if (name)
			json_object_set_new(record, name,
					    *value ? json_string(value)
						   : json_null());
	}
	if (!line && i == count)
		return record;
	json_decref(record);
	return NULL;
}

static json_t *read_record(struct records *records)
{
	json_t *record;

	if (!records->csv) {
		record = json_loads(records->line, 0, NULL);
		if (json_is_object(record))
			return record;
		json_decref(record);
		return NULL;
	}
	if (records->names)
		return read_row(records, records->line);
	records->names = read_names(records->line);
	return NULL;
}

void records_read_header(struct records *records, FILE *file)
{
	if (records->csv && !records->names && read_line(records, file))
		records->names = read_names(records->line);
}

json_t *records_next(struct records *records, FILE *file)
{
	while (read_line(records, file)) {
		json_t *record = read_record(records);

		if (record)
			return record;
	}
	return NULL;
}
