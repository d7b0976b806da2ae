#include "gateway/json_text.h"

#include <stdlib.h>
#include <string.h>

json_t *json_text(const char *text)
{
	json_t *json;
	char *copy;

	if (!text || !*text)
		return json_null();
	json = json_string(text);
	if (json)
		return json;
	copy = strdup(text);
	if (!copy)
		return NULL;
	for (char *c = copy; *c; c++)
		if (*c & 0x80)
			*c = '?';
	json = json_string(copy);
	free(copy);
	return json;
}

json_t *json_count(uint64_t count)
{
	return json_integer((json_int_t)count);
}

void json_put(json_t *object, const char *key, json_t *value, bool *lost)
{
	if (json_object_set_new(object, key, value) < 0)
		*lost = true;
}

json_t *json_whole(json_t *object, bool lost)
{
	if (!lost)
		return object;
	json_decref(object);
	return NULL;
}
