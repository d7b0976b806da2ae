#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#include <stdio.h>

#define NAME_WIDTH 18
#define LEFT_WIDTH 13

/* Tenths of a second matter of those that are soon due. */
static void left_cell(struct screen *screen, long long left_ms)
{
	char text[DURATION_MAX];

	if (left_ms < 60000)
		snprintf(text, sizeof text, "%lld.%lld s", left_ms / 1000,
			 left_ms / 100 % 10);
	else
		format_duration(left_ms, text);
	screen_cell(screen, INK_PLAIN, LEFT_WIDTH, text);
}

void render_timers(struct screen *screen, const json_t *answer)
{
	const json_t *rows = field_array(answer, "timers");
	size_t count = json_array_size(rows);

	if (count == 0) {
		screen_put(screen, INK_PLAIN, "No timer runs.\n");
		return;
	}
	screen_put(screen, INK_DIM, "TIMER             LEFT         WHOSE\n");
	for (size_t i = 0; i < count; i++) {
		const json_t *row = json_array_get(rows, i);
		const char *object = field_text(row, "object");

		screen_cell(screen, INK_BOLD, NAME_WIDTH,
			    field_text(row, "timer"));
		left_cell(screen, field_number(row, "left_ms"));
		screen_put(screen, INK_PLAIN, "%.48s\n",
			   *object ? object : "the gateway");
	}
}
