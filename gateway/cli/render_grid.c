#include "gateway/cli/field.h"
#include "gateway/cli/grid.h"
#include "gateway/cli/render.h"

#include <stdio.h>
#include <string.h>

#define STATE_WIDTH 18
#define GROUP 5 /* channels between blanks */
#define CHANNELS_MAX 31
#define GRID_WIDTH (CHANNELS_MAX + CHANNELS_MAX / GROUP + 1)

static const struct letter {
	char letter;
	enum ink ink;
	const char *meaning;
} letters[] = {
	{ 'o', INK_GOOD, "out" },	   { 'i', INK_COOL, "in" },
	{ 'a', INK_WARN, "being set up" }, { 'r', INK_WARN, "releasing" },
	{ '.', INK_PLAIN, "free" },	   { 'd', INK_WARN, "drained" },
	{ 'x', INK_BAD, "blocked" },	   { '#', INK_BAD, "out of service" },
	{ 'B', INK_GOOD, "busy" },	   { '-', INK_DIM, "no B channel" },
};

#define LETTERS (sizeof letters / sizeof *letters)

static enum ink ink_of(char letter)
{
	for (size_t i = 0; i < LETTERS; i++)
		if (letters[i].letter == letter)
			return letters[i].ink;
	return INK_PLAIN;
}

void grid_ruler(struct screen *screen)
{
	screen_put(screen, INK_DIM, "SPAN  %-*s", STATE_WIDTH, "STATE");
	screen_put(screen, INK_DIM,
		   "1     6     11    16    21    26    31   BUSY\n");
}

/* Neighbours of one colour are printed at once: a screen of 32 spans is sent
 * every second. */
static void put_letters(struct screen *screen, const char *grid)
{
	char run[GRID_WIDTH + 1];
	size_t used = 0, width = 0, i;

	for (i = 0; grid[i] && i < CHANNELS_MAX; i++) {
		if (i > 0 && i % GROUP == 0)
			run[used++] = ' ';
		run[used++] = grid[i];
		run[used] = '\0';
		if (grid[i + 1] && i + 1 < CHANNELS_MAX &&
		    ink_of(grid[i + 1]) == ink_of(grid[i]))
			continue;
		screen_put(screen, ink_of(grid[i]), "%s", run);
		width += used;
		used = 0;
	}
	screen_cell(screen, INK_PLAIN, (int)(GRID_WIDTH - width), "");
}

void grid_rows(struct screen *screen, const json_t *spans, size_t first,
	       size_t count)
{
	for (size_t i = first; i < json_array_size(spans) && i - first < count;
	     i++) {
		const json_t *span = json_array_get(spans, i);
		bool up = field_is_true(span, "in_service");
		bool drained = field_is_true(span, "drained");

		const char *drain =
			field_number(span, "busy") ? "draining" : "drained";

		screen_put(screen, INK_BOLD, "%4lld  ",
			   field_number(span, "span") % 10000);
		screen_cell(screen,
			    !up ? INK_BAD : (drained ? INK_WARN : INK_PLAIN),
			    STATE_WIDTH,
			    up && drained ? drain : field_text(span, "state"));
		put_letters(screen, field_text(span, "grid"));
		screen_put(screen, INK_PLAIN, "%5lld\n",
			   field_number(span, "busy") % 1000);
	}
}

void grid_legend(struct screen *screen)
{
	for (size_t i = 0; i < LETTERS; i++) {
		if (i == LETTERS / 2)
			screen_put(screen, INK_PLAIN, "\n");
		else if (i)
			screen_put(screen, INK_PLAIN, "   ");
		screen_put(screen, letters[i].ink, "%c", letters[i].letter);
		screen_put(screen, INK_DIM, " %s", letters[i].meaning);
	}
	screen_put(screen, INK_PLAIN, "\n");
}

void render_grid(struct screen *screen, const json_t *answer)
{
	const json_t *spans = field_array(answer, "spans");

	if (!json_array_size(spans)) {
		screen_put(screen, INK_PLAIN, "No spans.\n");
		return;
	}
	grid_ruler(screen);
	grid_rows(screen, spans, 0, json_array_size(spans));
	screen_put(screen, INK_PLAIN, "\n");
	grid_legend(screen);
}
