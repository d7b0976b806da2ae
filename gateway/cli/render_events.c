#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#include <stdio.h>
#include <string.h>

#define INDENT 4
#define LABEL_WIDTH 8

static enum ink ink_of(const char *level)
{
	if (!strcmp(level, "err") || !strcmp(level, "crit"))
		return INK_BAD;
	return !strcmp(level, "warning") ? INK_WARN : INK_PLAIN;
}

/* "span=1 alarm=red": without what has a line of its own. */
static void keys_of(const json_t *row, char *out, size_t size)
{
	json_t *keys = json_object_get(row, "keys"), *value;
	size_t used = 0;
	const char *key;

	*out = '\0';
	json_object_foreach(keys, key, value)
	{
		const char *text = json_string_value(value);

		if (!strcmp(key, "hint") || !strcmp(key, "msg") || used >= size)
			continue;
		used += (size_t)snprintf(out + used, size - used, "%s%s=%s",
					 used ? " " : "", key,
					 text ? text : "");
	}
}

static void indented(struct screen *screen, enum ink ink, const char *text)
{
	if (!*text)
		return;
	screen_put(screen, INK_PLAIN, "%*s", INDENT, "");
	screen_wrap(screen, ink, INDENT, text);
}

static void event_lines(struct screen *screen, const json_t *row)
{
	const char *level = field_text(row, "level");
	const char *time = field_text(row, "time");
	char keys[1200];

	/* 2026-11-20T15:56:07.318Z */
	screen_put(screen, INK_DIM, "%.10s %.8sZ ", time,
		   strlen(time) > 11 ? time + 11 : "");
	screen_put(screen, ink_of(level), "%-7.7s %.8s %.40s\n", level,
		   field_text(row, "event"), field_text(row, "name"));
	keys_of(row, keys, sizeof keys);
	indented(screen, INK_DIM, keys);
	indented(screen, INK_PLAIN,
		 field_text(json_object_get(row, "keys"), "msg"));
}

void render_events(struct screen *screen, const json_t *answer)
{
	const json_t *rows = field_array(answer, "events");

	if (json_array_size(rows) == 0)
		screen_put(screen, INK_PLAIN, "No event yet.\n");
	for (size_t i = 0; i < json_array_size(rows); i++)
		event_lines(screen, json_array_get(rows, i));
}

static void labelled(struct screen *screen, const char *label, const char *text)
{
	screen_put(screen, INK_DIM, "%-*s", LABEL_WIDTH, label);
	screen_wrap(screen, INK_PLAIN, LABEL_WIDTH, text);
}

void render_event_help(struct screen *screen, const json_t *answer)
{
	const char *level = field_text(answer, "level");

	screen_put(screen, INK_BOLD, "%.8s %.40s", field_text(answer, "event"),
		   field_text(answer, "name"));
	screen_put(screen, ink_of(level), "  %s\n", level);
	labelled(screen, "what", field_text(answer, "text"));
	labelled(screen, "cause", field_text(answer, "cause"));
	labelled(screen, "remedy", field_text(answer, "remedy"));
}

void render_log(struct screen *screen, const json_t *answer)
{
	const json_t *log = field_object(answer, "log");
	json_t *levels = json_object_get(log, "levels"), *value;
	long long lost = field_number(log, "lines_lost");
	const char *module;

	screen_put(screen, INK_DIM, "MODULE    LEVEL\n");
	json_object_foreach(levels, module, value)
	{
		const char *level = json_string_value(value);

		screen_put(screen, INK_PLAIN, "%-9.9s %s\n", module,
			   level ? level : "");
	}
	screen_put(screen, lost ? INK_WARN : INK_PLAIN, "%lld line%s lost\n",
		   lost, plural(lost));
}
