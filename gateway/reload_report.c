#include "conf/diff.h"
#include "gateway/event.h"
#include "gateway/json_text.h"
#include "gateway/reload.h"

#include <string.h>

/* A block of 100,000 rules need not be told of one by one. */
#define LINES_MAX 100

static const char *const change_names[] = {
	[CONF_CHANGED] = "changed",
	[CONF_NEW] = "new",
	[CONF_GONE] = "removed",
};

static const char *const effect_names[] = {
	[CONF_AT_ONCE] = "at once",
	[CONF_IDLE] = "idle",
	[CONF_RESTART] = "restart",
};

static json_t *text_or_null(const struct conf_line *line)
{
	return line ? json_text(line->text) : json_null();
}

static json_t *line_of(const struct conf_line_change *change)
{
	const struct conf_line *line = change->now ? change->now : change->was;
	json_t *object = json_object();
	bool lost = false;

	json_put(object, "was", text_or_null(change->was), &lost);
	json_put(object, "now", text_or_null(change->now), &lost);
	json_put(object, "file", json_text(line->place.file), &lost);
	json_put(object, "line", json_integer(line->place.line), &lost);
	json_put(object, "takes", json_string(effect_names[change->effect]),
		 &lost);
	return json_whole(object, lost);
}

static void add_block(void *ctx, const struct conf_block_change *change)
{
	const struct conf_block *block =
		change->now ? change->now : change->was;
	json_t *object = json_object(), *lines = json_array();
	bool lost = false;

	for (size_t i = 0; i < change->line_count && i < LINES_MAX; i++)
		json_array_append_new(lines, line_of(&change->lines[i]));
	json_put(object, "block", json_text(block->label), &lost);
	json_put(object, "change", json_string(change_names[change->change]),
		 &lost);
	json_put(object, "takes", json_string(effect_names[change->effect]),
		 &lost);
	json_put(object, "file", json_text(block->place.file), &lost);
	json_put(object, "line", json_integer(block->place.line), &lost);
	json_put(object, "settings", lines, &lost);
	json_put(object, "settings_changed", json_count(change->line_count),
		 &lost);
	json_array_append_new(ctx, json_whole(object, lost));
}

json_t *reload_changes(const struct conf *before, const struct conf *now)
{
	json_t *array = json_array();

	if (array && conf_diff(before, now, add_block, array) < 0) {
		json_decref(array);
		return NULL;
	}
	return array;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "?";
}

static const char *when(const json_t *change)
{
	const char *takes = text_of(change, "takes");

	if (*takes == 'i')
		return "when the span has no call";
	return *takes == 'r' ? "by a restart" : "at once";
}

void reload_log_changes(const json_t *changes)
{
	size_t i;
	const json_t *change;

	json_array_foreach(changes, i, change)
		log_event(EVENT_CONFIG_CHANGED, NULL,
			  "block=%s place=%s:%lld %s is %s, taken %s",
			  text_of(change, "block"), text_of(change, "file"),
			  json_integer_value(json_object_get(change, "line")),
			  text_of(change, "block"), text_of(change, "change"),
			  when(change));
}

size_t reload_count(const json_t *changes, const char *takes)
{
	const json_t *change;
	size_t i, count = 0;

	json_array_foreach(changes, i, change) count +=
		!strcmp(text_of(change, "takes"), takes);
	return count;
}
