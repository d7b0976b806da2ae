#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#include <stdio.h>
#include <string.h>

#define NAME_WIDTH 18

/* "1-4 7": the spans of a group. */
static void spans_text(const json_t *spans, char *out, size_t size)
{
	size_t used = 0, count = json_array_size(spans);

	out[0] = '\0';
	for (size_t i = 0; i < count && used < size; i++) {
		json_int_t first, last;

		first = last = json_integer_value(json_array_get(spans, i));
		while (i + 1 < count &&
		       json_integer_value(json_array_get(spans, i + 1)) ==
			       last + 1) {
			last++;
			i++;
		}
		used += (size_t)snprintf(out + used, size - used,
					 first == last ? "%s%lld"
						       : "%s%lld-%lld",
					 used ? " " : "", (long long)first,
					 (long long)last);
	}
}

static void trunk_lines(struct screen *screen, const json_t *trunk)
{
	const json_t *spans = field_array(trunk, "spans");
	long long up = field_number(trunk, "spans_up");
	long long total = (long long)json_array_size(spans);
	long long blocked =
		field_number(trunk, "blocked") + field_number(trunk, "out");
	long long reserve = field_number(trunk, "reserve");
	long long drained = field_number(trunk, "drained");
	const char *direction = field_text(trunk, "direction");
	char list[80], text[24];

	screen_cell(screen, INK_BOLD, NAME_WIDTH - 1,
		    field_text(trunk, "trunk_group"));
	screen_put(screen, INK_PLAIN, " ");
	snprintf(text, sizeof text, "%lld/%lld up", up, total);
	screen_cell(screen, up < total ? INK_BAD : INK_GOOD, 10, text);
	screen_put(screen, INK_PLAIN, "%5lld %5lld ",
		   field_number(trunk, "busy"), field_number(trunk, "idle"));
	screen_put(screen, blocked ? INK_WARN : INK_PLAIN, "%8lld  ", blocked);
	render_ratio(screen, field_object(trunk, "counts"), "since_start");
	screen_put(screen, INK_PLAIN, "\n");
	spans_text(spans, list, sizeof list);
	screen_cell(screen, INK_PLAIN, NAME_WIDTH, "");
	screen_put(screen, INK_DIM, "span %.40s, %.20s", list,
		   field_text(trunk, "hunt"));
	if (strcmp(direction, "both") != 0 && *direction)
		screen_put(screen, INK_DIM, ", %.8s only", direction);
	if (reserve)
		screen_put(screen, INK_DIM, ", %lld for emergency", reserve);
	if (!render_drain(screen, ", ", trunk) && drained)
		screen_put(screen, INK_WARN, ", %lld drained", drained);
	screen_put(screen, INK_PLAIN, "\n");
}

void render_trunks(struct screen *screen, const json_t *answer)
{
	const json_t *trunks = field_array(answer, "trunk_groups");
	size_t count = json_array_size(trunks);

	if (count == 0) {
		screen_put(screen, INK_PLAIN, "No trunk groups.\n");
		return;
	}
	screen_put(screen, INK_DIM,
		   "TRUNK GROUP       SPANS      BUSY  FREE  BLOCKED     ENDED "
		   "  ASR   ACD\n");
	for (size_t i = 0; i < count; i++)
		trunk_lines(screen, json_array_get(trunks, i));
}
