#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#include <string.h>

#define TIME_WIDTH 8
#define TIME_GAP 3
#define ARROW 8
#define TEXT_GAP 2
/* What is left of 80 columns for both texts. */
#define TEXT_ROOM \
	(SCREEN_COLUMNS - TIME_WIDTH - TIME_GAP - 2 * (ARROW + TEXT_GAP) - 1)

struct ladder {
	bool swapped;	 /* an incoming call: the called side is SIP's, left */
	int left, right; /* widths of the texts */
};

static bool is_kind(const json_t *leg, const char *kind)
{
	return !strcmp(field_text(leg, "kind"), kind);
}

static bool stands_left(const struct ladder *ladder, const json_t *row)
{
	const char *side = field_text(row, "side");

	return !strcmp(side, ladder->swapped ? "called" : "calling");
}

static bool is_note(const json_t *row)
{
	const char *side = field_text(row, "side");

	return strcmp(side, "calling") != 0 && strcmp(side, "called") != 0;
}

static int longest(const struct ladder *ladder, const json_t *rows, bool left)
{
	size_t width = 0;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		size_t len = strlen(field_text(row, "text"));

		if (!is_note(row) && stands_left(ladder, row) == left &&
		    len > width)
			width = len;
	}
	return width > TEXT_ROOM ? TEXT_ROOM : (int)width;
}

/* As wide as the texts are. When both do not fit, the Q.931 side is the one
 * that stays whole, for its causes stand at the end; it leaves the other a
 * third. */
static void measure(struct ladder *ladder, const json_t *rows)
{
	int left = longest(ladder, rows, true);
	int right = longest(ladder, rows, false);

	if (left < (int)strlen("SIP caller"))
		left = (int)strlen("SIP caller");
	if (left + right > TEXT_ROOM) {
		if (right > TEXT_ROOM * 2 / 3)
			right = TEXT_ROOM * 2 / 3;
		left = TEXT_ROOM - right;
	}
	ladder->left = left;
	ladder->right = right;
}

static void time_column(struct screen *screen, const json_t *row)
{
	screen_put(screen, INK_DIM, "%*lld", TIME_WIDTH,
		   field_number(row, "ms") % 100000000);
	screen_put(screen, INK_PLAIN, "%*s", TIME_GAP, "");
}

/* A note of the gateway's own stands across its line. */
static void note_row(struct screen *screen, const struct ladder *ladder,
		     const json_t *row)
{
	const char *text = field_text(row, "text");
	int len = (int)strnlen(text, SCREEN_COLUMNS);
	int middle = ladder->left + TEXT_GAP + ARROW;
	int indent = middle - len / 2 - 1;
	int room = SCREEN_COLUMNS - TIME_WIDTH - TIME_GAP - 2;

	if (len > room)
		len = room;
	if (indent + len > room)
		indent = room - len;
	if (indent < 0)
		indent = 0;
	screen_put(screen, INK_PLAIN, "%*s[", indent, "");
	screen_cell(screen, INK_PLAIN, len, text);
	screen_put(screen, INK_PLAIN, "]\n");
}

static void message_row(struct screen *screen, const struct ladder *ladder,
			const json_t *row)
{
	bool left = stands_left(ladder, row);
	bool in = !strcmp(field_text(row, "direction"), "in");
	const char *text = field_text(row, "text");

	screen_cell(screen, INK_PLAIN, ladder->left, left ? text : "");
	if (left) {
		screen_put(screen, INK_PLAIN, "  %s|\n",
			   in ? "------->" : "<-------");
		return;
	}
	screen_put(screen, INK_PLAIN, "%*s|%s  ", TEXT_GAP + ARROW, "",
		   in ? "<-------" : "------->");
	screen_cell(screen, INK_PLAIN,
		    (int)strnlen(text, (size_t)ladder->right), text);
	screen_put(screen, INK_PLAIN, "\n");
}

static void ladder_head(struct screen *screen, const struct ladder *ladder,
			const json_t *call)
{
	const json_t *calling = field_object(call, "calling_leg");
	const json_t *called = field_object(call, "called_leg");
	const json_t *right = ladder->swapped ? calling : called;
	const char *left_name = ladder->swapped ? "SIP callee" : "SIP caller";

	if (is_kind(ladder->swapped ? called : calling, "isdn"))
		left_name = "exchange";
	screen_put(screen, INK_DIM, "%*s%*s", TIME_WIDTH, "ms", TIME_GAP, "");
	screen_cell(screen, INK_DIM, ladder->left, left_name);
	screen_put(screen, INK_DIM, "%*stollgate%*s%s\n", TEXT_GAP + ARROW - 4,
		   "", ARROW + TEXT_GAP - 3, "",
		   is_kind(right, "sip") ? "SIP callee" : "exchange");
}

void render_ladder(struct screen *screen, const json_t *call)
{
	const json_t *rows = field_array(call, "ladder");
	size_t count = json_array_size(rows);
	long long dropped = field_number(call, "ladder_dropped");
	struct ladder ladder = {
		/* Not by its legs: a refused call has no called one. */
		.swapped = !strcmp(field_text(call, "direction"), "in"),
	};

	if (count == 0)
		return;
	measure(&ladder, rows);
	screen_put(screen, INK_PLAIN, "\n");
	ladder_head(screen, &ladder, call);
	for (size_t i = 0; i < count; i++) {
		const json_t *row = json_array_get(rows, i);

		time_column(screen, row);
		if (is_note(row))
			note_row(screen, &ladder, row);
		else
			message_row(screen, &ladder, row);
	}
	if (dropped)
		screen_put(screen, INK_WARN, "%*s%*s%lld more not kept\n",
			   TIME_WIDTH, "...", TIME_GAP, "", dropped);
}
