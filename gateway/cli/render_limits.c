#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#include <stdio.h>
#include <string.h>

#define NAME_WIDTH 35
#define LIMIT_WIDTH 27

static void limit_lines(struct screen *screen, const json_t *row)
{
	long long used = field_number(row, "used");
	long long most = field_number(row, "most");
	long long refused = field_number(row, "refused");
	long long callers = field_number(row, "callers");
	const char *caller = field_text(row, "caller");
	char text[24];

	screen_cell(screen, INK_BOLD, NAME_WIDTH, field_text(row, "of"));
	screen_cell(screen, INK_PLAIN, LIMIT_WIDTH, field_text(row, "limit"));
	snprintf(text, sizeof text, "%lld", used);
	screen_cell(screen, used >= most ? INK_BAD : INK_PLAIN, -7, text);
	snprintf(text, sizeof text, "%lld", refused);
	screen_cell(screen, refused ? INK_WARN : INK_PLAIN, -9, text);
	screen_put(screen, INK_DIM, "\n  %.100s", field_text(row, "place"));
	if (callers)
		screen_put(screen, INK_DIM, ", %.40s%s",
			   *caller ? caller : "no number",
			   callers > 1 ? " most" : "");
	if (callers > 1)
		screen_put(screen, INK_DIM, " of %lld callers", callers);
	screen_put(screen, INK_PLAIN, "\n");
}

void render_limits(struct screen *screen, const json_t *answer)
{
	const json_t *rows = field_array(answer, "limits");
	long long left_out = field_number(answer, "left_out");
	long long forgotten = field_number(answer, "forgotten");
	size_t count = json_array_size(rows);

	if (count == 0) {
		screen_put(screen, INK_PLAIN,
			   "Nothing is limited but sip-peers: 'show "
			   "peers'.\n");
		return;
	}
	screen_put(screen, INK_DIM,
		   "LIMIT OF                           AT MOST                 "
		   "      USED  REFUSED\n");
	for (size_t i = 0; i < count; i++)
		limit_lines(screen, json_array_get(rows, i));
	if (left_out)
		screen_put(screen, INK_DIM,
			   "and %lld more, of which nothing is used\n",
			   left_out);
	if (forgotten)
		screen_put(screen, INK_WARN,
			   "%lld callers with minutes of today were forgotten "
			   "for want of room: %lld are kept\n",
			   forgotten, field_number(answer, "callers_max"));
}
