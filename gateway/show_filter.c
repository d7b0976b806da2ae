/* One row of a table, when the command names it. */
#include "gateway/show.h"

#include "gateway/commands.h"
#include "gateway/json_text.h"

#include <stdio.h>
#include <string.h>

static void name_of(const json_t *row, const char *key, char out[80])
{
	const json_t *value = json_object_get(row, key);

	if (json_is_integer(value))
		snprintf(out, 80, "%lld", (long long)json_integer_value(value));
	else
		snprintf(out, 80, "%s",
			 json_is_string(value) ? json_string_value(value) : "");
}

static json_t *none(const json_t *rows, const struct show_filter *filter,
		    const char *wanted)
{
	char list[300] = "", name[80], last[80] = "";
	size_t used = 0;

	for (size_t i = 0; i < json_array_size(rows) && used < sizeof list;
	     i++) {
		name_of(json_array_get(rows, i), filter->key, name);
		/* A span has many channels. */
		if (!strcmp(name, last))
			continue;
		strcpy(last, name);
		used += (size_t)snprintf(list + used, sizeof list - used,
					 "%s%s", used ? ", " : "", name);
	}
	return show_problem("no %s \"%.80s\"; there are: %s", filter->noun,
			    wanted, used ? list : "none");
}

json_t *show_only(json_t *answer, const struct command_line *line,
		  const struct show_filter *filter)
{
	const char *wanted = command_get(line, filter->argument);
	json_t *rows = json_object_get(answer, filter->array), *problem;
	json_t *kept;
	char name[80];

	if (!wanted || !rows)
		return answer;
	kept = json_array();
	for (size_t i = 0; i < json_array_size(rows); i++) {
		name_of(json_array_get(rows, i), filter->key, name);
		if (!strcmp(name, wanted))
			json_array_append(kept, json_array_get(rows, i));
	}
	if (json_array_size(kept)) {
		json_object_set_new(answer, filter->array, kept);
		return answer;
	}
	json_decref(kept);
	problem = none(rows, filter, wanted);
	json_decref(answer);
	return problem;
}
