/* The operator's commands about the log and its events. */
#include "gateway/clock.h"
#include "gateway/commands.h"
#include "gateway/event.h"
#include "gateway/json_text.h"
#include "gateway/log.h"
#include "gateway/show.h"

#include <stdio.h>
#include <string.h>

#define EVENTS_SHOWN 20

static void tell_level(const char *module, const char *level)
{
	log_event(EVENT_LOG_LEVEL, NULL, "module=%s level=%s", module, level);
}

json_t *op_log_level(struct gateway *gw, const struct command_line *line)
{
	const char *name = command_get(line, "MODULE");
	const char *level = command_get(line, "LEVEL");
	const char *module = name ? name : "all";
	/* It is to be read, also where it is the last for long. */
	bool before = log_wanted(LOG_NOTICE);
	char text[120];

	(void)gw;
	if (before)
		tell_level(module, level);
	if (name)
		log_set_module_level(log_module_parse(name),
				     log_level_parse(level));
	else
		log_set_level(log_level_parse(level));
	if (!before)
		tell_level(module, level);
	snprintf(text, sizeof text, "level %s for %s, until a restart", level,
		 name ? name : "all modules");
	return json_pack("{s:o}", "done", json_text(text));
}

json_t *show_log(struct gateway *gw, const struct command_line *line)
{
	json_t *levels = json_object(), *object = json_object();
	bool lost = false;

	(void)gw;
	(void)line;
	for (int i = 0; i < LOG_MODULES; i++)
		json_put(levels, log_module_name(i),
			 json_string(log_level_name(log_module_level(i))),
			 &lost);
	json_put(object, "levels", json_whole(levels, lost), &lost);
	json_put(object, "lines_lost", json_count(log_lost()), &lost);
	return json_pack("{s:o}", "log", json_whole(object, lost));
}

/* One word key=value of a line, its quotes taken off. What follows, NULL at
 * the end. */
static const char *next_pair(const char *at, char key[32], char value[800])
{
	const char *equals = strchr(at, '=');
	size_t used = 0;
	bool quoted;

	if (!equals || equals - at > 31)
		return NULL;
	snprintf(key, 32, "%.*s", (int)(equals - at), at);
	at = equals + 1;
	quoted = *at == '"';
	for (at += quoted; *at && *at != (quoted ? '"' : ' '); at++) {
		at += quoted && *at == '\\' && at[1];
		if (used < 799)
			value[used++] = *at;
	}
	value[used] = '\0';
	at += quoted && *at;
	return at + strspn(at, " ");
}

/* What follows number and name. */
static json_t *keys_of(const char *line, bool *lost)
{
	json_t *keys = json_object();
	char key[32], value[800];

	for (int blanks = 0; *line && blanks < 2; line++)
		blanks += *line == ' ';
	while (line && *line) {
		line = next_pair(line, key, value);
		if (line)
			json_put(keys, key, json_text(value), lost);
	}
	return keys;
}

struct collecting {
	json_t *array;
	unsigned left;
	bool lost;
};

/* They come the latest first and are shown the other way round. */
static bool collect(void *ctx, const struct event_past *past)
{
	const struct event_info *info = event_info(past->event);
	struct collecting *c = ctx;
	json_t *row = json_object();
	char time[32], number[16];

	if (!c->left--) {
		json_decref(row);
		return false;
	}
	clock_format_utc(past->calendar_ns, time);
	snprintf(number, sizeof number, "TG-%04u", info->number);
	json_put(row, "number", json_count(past->number), &c->lost);
	json_put(row, "time", json_text(time), &c->lost);
	json_put(row, "level", json_text(log_level_name(past->level)),
		 &c->lost);
	json_put(row, "event", json_text(number), &c->lost);
	json_put(row, "name", json_text(info->name), &c->lost);
	json_put(row, "keys", keys_of(past->text, &c->lost), &c->lost);
	json_put(row, "line", json_text(past->text), &c->lost);
	return json_array_insert_new(c->array, 0, row) == 0;
}

json_t *show_events(struct gateway *gw, const struct command_line *line)
{
	struct collecting c = {
		.array = json_array(),
		.left = command_number(line, "COUNT", EVENTS_SHOWN),
	};
	json_t *object = json_object();

	(void)gw;
	event_each_past(collect, &c);
	json_put(object, "events", c.array, &c.lost);
	json_put(object, "kept", json_integer(EVENT_PAST_MAX), &c.lost);
	return json_whole(object, c.lost);
}
