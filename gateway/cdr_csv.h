/* Call records as comma-separated values (RFC 4180). */
#ifndef TOLLGATE_CDR_CSV_H
#define TOLLGATE_CDR_CSV_H

#include <jansson.h>
#include <stdbool.h>

/* The names of the fields of `record`, and their values, in the order of the
 * record, each with its newline (malloc'ed). A value that holds a comma or a
 * quote stands in quotes; null is empty, and a control character is '?', so
 * that a line is a record. NULL for want of memory. */
char *cdr_csv_header(json_t *record);
char *cdr_csv_row(json_t *record);

#endif
