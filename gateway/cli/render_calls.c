#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#include <stdio.h>
#include <string.h>

/* Between the number of a call that is over and its cause. */
#define PAST_COLUMNS 40

static void place_of(const json_t *call, char out[24])
{
	long long span = field_number(call, "span");

	if (span > 0 && span < 100000)
		snprintf(out, 24, "%lld/%lld", span,
			 field_number(call, "channel") % 1000);
	else
		snprintf(out, 24, "-");
}

/* Returns how wide its number is. */
static int common_cells(struct screen *screen, const json_t *call)
{
	const char *caller = field_text(call, "caller");
	char id[24];
	int width = snprintf(id, sizeof id, "%6lld", field_number(call, "id"));

	screen_put(screen, INK_BOLD, "%s  ", id);
	screen_cell(screen, INK_PLAIN, 4, field_text(call, "direction"));
	screen_cell(screen, INK_PLAIN, 16, *caller ? caller : "(no number)");
	screen_put(screen, INK_PLAIN, " ");
	screen_cell(screen, INK_PLAIN, 16, field_text(call, "called"));
	screen_put(screen, INK_PLAIN, " ");
	return width;
}

static const char *time_of(const json_t *call, const char *key,
			   char time[DURATION_MAX])
{
	if (!field_is_number(call, key))
		return "-";
	format_duration(field_number(call, key), time);
	return time;
}

static void live_line(struct screen *screen, const json_t *call)
{
	char time[DURATION_MAX], place[24];

	place_of(call, place);
	common_cells(screen, call);
	screen_cell(screen, INK_PLAIN, 6, place);
	screen_put(screen, INK_PLAIN, " ");
	screen_cell(screen, INK_PLAIN, 14, field_text(call, "state"));
	screen_put(screen, INK_PLAIN, "%s\n", time_of(call, "age_ms", time));
}

/* The span is left out, so that the cause is whole: `show call` has both. */
static void past_line(struct screen *screen, const json_t *call)
{
	const json_t *cause = field_object(call, "cause");
	char time[DURATION_MAX], text[128], talked[DURATION_MAX + 1];
	int width = common_cells(screen, call), room;

	snprintf(text, sizeof text, "%lld %.100s", field_number(cause, "q850"),
		 field_text(cause, "name"));
	width += snprintf(talked, sizeof talked, "%-8s ",
			  time_of(call, "talk_ms", time));
	room = SCREEN_COLUMNS - PAST_COLUMNS - width;
	screen_put(screen, INK_PLAIN, "%s", talked);
	screen_cell(screen, INK_PLAIN, (int)strnlen(text, (size_t)room), text);
	screen_put(screen, INK_PLAIN, "\n");
}

void render_calls(struct screen *screen, const json_t *answer)
{
	const json_t *calls = field_array(answer, "calls");
	const json_t *recent = field_array(answer, "recent");
	size_t count = json_array_size(calls), past = json_array_size(recent);

	if (count == 0)
		screen_put(screen, INK_PLAIN, "No calls in progress.\n");
	else
		screen_put(
			screen, INK_DIM,
			"    ID  WAY FROM             TO               SPAN   "
			"STATE         TIME\n");
	for (size_t i = 0; i < count; i++)
		live_line(screen, json_array_get(calls, i));
	if (past == 0)
		return;
	screen_put(screen, INK_DIM,
		   "\n  LAST  WAY FROM             TO               "
		   "TALKED   CAUSE\n");
	for (size_t i = 0; i < past; i++)
		past_line(screen, json_array_get(recent, i));
}
