#include "gateway/cli/field.h"

#include <stdio.h>

#define MS_PER_S 1000
#define S_PER_DAY 86400
#define DAYS_MAX 99999

const char *field_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

long long field_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

double field_real(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

bool field_is_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static const json_t *of_type(const json_t *object, const char *key,
			     json_type type)
{
	const json_t *value = json_object_get(object, key);

	return value && json_typeof(value) == type ? value : NULL;
}

const json_t *field_object(const json_t *object, const char *key)
{
	return of_type(object, key, JSON_OBJECT);
}

const json_t *field_array(const json_t *object, const char *key)
{
	return of_type(object, key, JSON_ARRAY);
}

bool field_is_number(const json_t *object, const char *key)
{
	return of_type(object, key, JSON_INTEGER) != NULL;
}

const char *plural(long long count)
{
	return count == 1 ? "" : "s";
}

void format_duration(long long ms, char out[DURATION_MAX])
{
	long long s = ms > 0 ? ms / MS_PER_S : 0;
	int hour = (int)(s % S_PER_DAY / 3600), minute = (int)(s / 60 % 60);

	if (s / S_PER_DAY > DAYS_MAX)
		snprintf(out, DURATION_MAX, ">%dd", DAYS_MAX);
	else if (s >= S_PER_DAY)
		snprintf(out, DURATION_MAX, "%lldd %02d:%02d", s / S_PER_DAY,
			 hour, minute);
	else
		snprintf(out, DURATION_MAX, "%02d:%02d:%02d", hour, minute,
			 (int)(s % 60));
}
