#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#include <stdio.h>
#include <string.h>

#define OBJECT_WIDTH 40

bool render_drain(struct screen *screen, const char *before,
		  const json_t *object)
{
	const char *state = field_text(object, "drain");
	long long calls = field_number(object, "drain_calls");

	if (!*state || !strcmp(state, "active"))
		return false;
	screen_put(screen, INK_WARN, "%s%.12s", before, state);
	if (calls)
		screen_put(screen, INK_WARN, ", %lld call%s left", calls,
			   plural(calls));
	return true;
}

static void drain_line(struct screen *screen, const json_t *row)
{
	char time[DURATION_MAX], left[DURATION_MAX] = "-";

	format_duration(field_number(row, "since_ms"), time);
	if (field_is_number(row, "left_ms"))
		format_duration(field_number(row, "left_ms"), left);
	screen_cell(screen, INK_BOLD, OBJECT_WIDTH, field_text(row, "object"));
	screen_cell(screen, INK_WARN, 10, field_text(row, "state"));
	screen_put(screen, INK_PLAIN, "%5lld  ", field_number(row, "calls"));
	screen_cell(screen, INK_PLAIN, 12, time);
	screen_put(screen, INK_PLAIN, "%s\n", left);
}

void render_drains(struct screen *screen, const json_t *answer)
{
	const json_t *rows = field_array(answer, "drains");
	size_t count = json_array_size(rows);

	if (count == 0) {
		screen_put(screen, INK_PLAIN, "Nothing is drained.\n");
		return;
	}
	screen_put(screen, INK_DIM,
		   "DRAINED                                 STATE     CALLS  "
		   "FOR         RELEASED IN\n");
	for (size_t i = 0; i < count; i++)
		drain_line(screen, json_array_get(rows, i));
}
