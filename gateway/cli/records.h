/* Call records read back, one by one, from a file that may still grow. */
#ifndef TOLLGATE_CLI_RECORDS_H
#define TOLLGATE_CLI_RECORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct records;

/* NULL for want of memory. */
struct records *records_new(bool csv);
void records_free(struct records *records);

/* Another file comes: half a line of the last one is forgotten, and a header
 * is expected. */
void records_begin(struct records *records);

/* Reads the header, which only CSV has, from the file's start; the records that
 * follow may then be read from anywhere. */
void records_read_header(struct records *records, FILE *file);

/* The file stands within a line: it goes on behind that one. */
void records_skip_line(struct records *records);

/* The next record, an object that the caller owns; of CSV every value is a
 * text. What is no record is passed over. NULL: no whole line is left, now. */
json_t *records_next(struct records *records, FILE *file);

#endif
