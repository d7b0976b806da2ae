#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#include <stdio.h>
#include <string.h>

#define CAUSE_WIDTH 21

static void place_of(const json_t *call, char out[24])
{
	long long span = field_number(call, "span");

	if (span > 0 && span < 100000)
		snprintf(out, 24, "%lld/%lld", span,
			 field_number(call, "channel") % 1000);
	else
		snprintf(out, 24, "-");
}

static void common_cells(struct screen *screen, const json_t *call)
{
	const char *caller = field_text(call, "caller");
	char place[24];

	place_of(call, place);
	screen_cell(screen, INK_PLAIN, 16, *caller ? caller : "(no number)");
	screen_put(screen, INK_PLAIN, " ");
	screen_cell(screen, INK_PLAIN, 16, field_text(call, "called"));
	screen_put(screen, INK_PLAIN, " ");
	screen_cell(screen, INK_PLAIN, 6, place);
	screen_put(screen, INK_PLAIN, " ");
}

static void id_cell(struct screen *screen, const json_t *call)
{
	screen_put(screen, INK_BOLD, "%6lld  ", field_number(call, "id"));
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
	char time[DURATION_MAX];

	id_cell(screen, call);
	common_cells(screen, call);
	screen_cell(screen, INK_PLAIN, 14, field_text(call, "state"));
	screen_put(screen, INK_PLAIN, "%s\n", time_of(call, "age_ms", time));
}

static void past_line(struct screen *screen, const json_t *call)
{
	const json_t *cause = field_object(call, "cause");
	char time[DURATION_MAX], text[128];

	snprintf(text, sizeof text, "%lld %.100s", field_number(cause, "q850"),
		 field_text(cause, "name"));
	id_cell(screen, call);
	common_cells(screen, call);
	screen_cell(screen, INK_PLAIN, 10, time_of(call, "talk_ms", time));
	screen_cell(screen, INK_PLAIN, (int)strnlen(text, CAUSE_WIDTH), text);
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
		screen_put(screen, INK_DIM,
			   "    ID  FROM             TO               SPAN   "
			   "STATE         TIME\n");
	for (size_t i = 0; i < count; i++)
		live_line(screen, json_array_get(calls, i));
	if (past == 0)
		return;
	screen_put(screen, INK_DIM,
		   "\n  LAST  FROM             TO               SPAN   "
		   "TALKED    CAUSE\n");
	for (size_t i = 0; i < past; i++)
		past_line(screen, json_array_get(recent, i));
}
