#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#include <stdio.h>
#include <string.h>

#define SEVERITY_WIDTH 8
#define TIME_WIDTH 21

static enum ink ink_of(const char *severity)
{
	return strcmp(severity, "major") ? INK_WARN : INK_BAD;
}

/* "2026-11-20 06:02:34" of "2026-11-20T06:02:34.123Z". */
static void time_text(const json_t *row, const char *key, char out[24])
{
	snprintf(out, 24, "%.19s", field_text(row, key));
	if (strlen(out) > 10)
		out[10] = ' ';
}

/* The remedy of several in a row that have the same stands behind the last. */
static void present_lines(struct screen *screen, const json_t *row,
			  const json_t *next)
{
	const char *severity = field_text(row, "severity");
	const char *remedy = field_text(row, "remedy");
	const char *event = field_text(row, "event");
	char since[24], lasted[DURATION_MAX];

	time_text(row, "begin_utc", since);
	format_duration(field_number(row, "duration_ms"), lasted);
	screen_cell(screen, ink_of(severity), SEVERITY_WIDTH, severity);
	screen_wrap(screen, INK_BOLD, SEVERITY_WIDTH, field_text(row, "text"));
	screen_put(screen, INK_DIM, "%*ssince %s UTC, for %s%s%.12s\n",
		   SEVERITY_WIDTH, "", since, lasted, *event ? ", " : "",
		   event);
	if (!*remedy || !strcmp(remedy, field_text(next, "remedy")))
		return;
	screen_put(screen, INK_PLAIN, "%*s", SEVERITY_WIDTH, "");
	screen_wrap(screen, INK_PLAIN, SEVERITY_WIDTH, remedy);
}

static void past_lines(struct screen *screen, const json_t *row)
{
	char begin[24], lasted[DURATION_MAX];

	time_text(row, "begin_utc", begin);
	format_duration(field_number(row, "duration_ms"), lasted);
	screen_cell(screen, INK_PLAIN, TIME_WIDTH, begin);
	screen_cell(screen, INK_PLAIN, 11, lasted);
	screen_wrap(screen, INK_PLAIN, TIME_WIDTH + 11,
		    field_text(row, "text"));
}

static void history(struct screen *screen, const json_t *rows)
{
	size_t count = json_array_size(rows);

	if (count == 0) {
		screen_put(screen, INK_PLAIN, "\nNone is over.\n");
		return;
	}
	screen_put(screen, INK_DIM,
		   "\nBEGAN (UTC)          LASTED     ALARM\n");
	for (size_t i = 0; i < count; i++)
		past_lines(screen, json_array_get(rows, i));
}

void render_alarms(struct screen *screen, const json_t *answer)
{
	const json_t *rows = field_array(answer, "alarms");
	size_t count = json_array_size(rows);

	if (count == 0)
		screen_put(screen, INK_GOOD, "No alarm.\n");
	for (size_t i = 0; i < count; i++)
		present_lines(screen, json_array_get(rows, i),
			      json_array_get(rows, i + 1));
	if (field_array(answer, "history"))
		history(screen, field_array(answer, "history"));
}
