/* Fields of a daemon's answer. Nothing about its shape is taken for granted:
 * what is not there, or of another type, reads as empty. */
#ifndef TOLLGATE_CLI_FIELD_H
#define TOLLGATE_CLI_FIELD_H

#include <jansson.h>
#include <stdbool.h>

#define DURATION_MAX 24

/* "" when there is no such text. */
const char *field_text(const json_t *object, const char *key);
/* 0 when there is no such number. */
long long field_number(const json_t *object, const char *key);
double field_real(const json_t *object, const char *key);
bool field_is_true(const json_t *object, const char *key);
/* NULL when there is no such object or array. */
const json_t *field_object(const json_t *object, const char *key);
const json_t *field_array(const json_t *object, const char *key);
/* Whether there is a number. */
bool field_is_number(const json_t *object, const char *key);

/* "s", or "" behind a 1. */
const char *plural(long long count);

/* "00:00:12", "41d 03:12" from a day on. */
void format_duration(long long ms, char out[DURATION_MAX]);

#endif
