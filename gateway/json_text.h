/* Peers' words as JSON: jansson refuses strings that are not UTF-8, and a
 * refused field would be lost. */
#ifndef TOLLGATE_JSON_TEXT_H
#define TOLLGATE_JSON_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* A JSON string; each byte of one that is not UTF-8 becomes '?' where it is
 * not ASCII. NULL or "" becomes null. NULL for want of memory. */
json_t *json_text(const char *text);

/* A counter as JSON. */
json_t *json_count(uint64_t count);

/* Sets `key` and takes `value` over. A value of NULL (no memory) leaves the
 * key out and sets *lost. */
void json_put(json_t *object, const char *key, json_t *value, bool *lost);

/* The object when nothing of it was lost, else NULL, and it is freed. */
json_t *json_whole(json_t *object, bool lost);

#endif
