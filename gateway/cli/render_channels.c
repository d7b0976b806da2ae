#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#include <stdio.h>
#include <string.h>

#define PLACE_WIDTH 10
#define STATE_WIDTH 11

static const json_t *call_of(const json_t *channel)
{
	return field_object(channel, "call");
}

/* Neighbours on one span, in one state and without a call, share a line. The
 * numbers are another program's: any there is. */
static bool same_line(const json_t *a, const json_t *b)
{
	return !call_of(a) && !call_of(b) &&
	       field_number(a, "span") == field_number(b, "span") &&
	       field_number(a, "channel") < field_number(b, "channel") &&
	       field_number(a, "channel") == field_number(b, "channel") - 1 &&
	       !strcmp(field_text(a, "state"), field_text(b, "state"));
}

static void place_cell(struct screen *screen, const json_t *first,
		       const json_t *last)
{
	char text[48];

	if (first == last)
		snprintf(text, sizeof text, "%lld/%lld",
			 field_number(first, "span") % 1000,
			 field_number(first, "channel") % 1000);
	else
		snprintf(text, sizeof text, "%lld/%lld-%lld",
			 field_number(first, "span") % 1000,
			 field_number(first, "channel") % 1000,
			 field_number(last, "channel") % 1000);
	screen_cell(screen, INK_BOLD, PLACE_WIDTH, text);
}

static enum ink ink_of(const char *state)
{
	if (!strcmp(state, "out"))
		return INK_BAD;
	if (!strcmp(state, "blocked") || !strcmp(state, "blocking"))
		return INK_WARN;
	if (!strcmp(state, "releasing"))
		return INK_WARN;
	return strcmp(state, "busy") ? INK_DIM : INK_PLAIN;
}

static void call_cells(struct screen *screen, const json_t *call)
{
	const char *caller = field_text(call, "caller");
	char time[DURATION_MAX];

	format_duration(field_number(call, "age_ms"), time);
	screen_put(screen, INK_PLAIN, "%6lld  ", field_number(call, "id"));
	screen_cell(screen, INK_PLAIN, 4, field_text(call, "direction"));
	screen_cell(screen, INK_PLAIN, 16, *caller ? caller : "(no number)");
	screen_put(screen, INK_PLAIN, " ");
	screen_cell(screen, INK_PLAIN, 16, field_text(call, "called"));
	screen_put(screen, INK_PLAIN, " %s", time);
}

static void line(struct screen *screen, const json_t *first, const json_t *last)
{
	const char *state = field_text(first, "state");

	/* It takes no call after the one that it has. */
	if (call_of(first) && field_is_true(first, "blocked"))
		state = "blocking";
	place_cell(screen, first, last);
	if (call_of(first)) {
		screen_cell(screen, ink_of(state), STATE_WIDTH, state);
		call_cells(screen, call_of(first));
	} else {
		screen_put(screen, ink_of(state), "%.20s",
			   strcmp(state, "idle") ? state : "free");
	}
	screen_put(screen, INK_PLAIN, "\n");
}

void render_channels(struct screen *screen, const json_t *answer)
{
	const json_t *channels = field_array(answer, "channels");
	size_t count = json_array_size(channels);
	const json_t *first = NULL, *last = NULL;

	if (count == 0) {
		screen_put(screen, INK_PLAIN, "No B channels.\n");
		return;
	}
	screen_put(screen, INK_DIM,
		   "CHANNEL   STATE        CALL  WAY FROM             TO       "
		   "        TIME\n");
	for (size_t i = 0; i < count; i++) {
		const json_t *channel = json_array_get(channels, i);

		if (last && same_line(last, channel)) {
			last = channel;
			continue;
		}
		if (last)
			line(screen, first, last);
		first = last = channel;
	}
	line(screen, first, last);
}
