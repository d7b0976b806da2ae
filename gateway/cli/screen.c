#include "gateway/cli/screen.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 1024
#define WRAP_INDENT 8

static const char *const ink_codes[] = {
	[INK_PLAIN] = "",	   [INK_BOLD] = "\x1b[1m",
	[INK_DIM] = "\x1b[2m",	   [INK_GOOD] = "\x1b[1;32m",
	[INK_WARN] = "\x1b[33m",   [INK_BAD] = "\x1b[1;31m",
	[INK_COOL] = "\x1b[1;36m",
};

void screen_open(struct screen *screen, FILE *out)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	screen->out = out;
	screen->column = 0;
	screen->colour = isatty(fileno(out)) && !(no_color && *no_color) &&
			 term && strcmp(term, "dumb") != 0;
}

static void next_line(struct screen *screen)
{
	putc('\n', screen->out);
	for (int i = 0; i < WRAP_INDENT; i++)
		putc(' ', screen->out);
	screen->column = WRAP_INDENT;
}

/* Without newlines. What does not fit in the line goes to the next: a value
 * that nobody thought of must not make two lines of one elsewhere. */
static void put_line(struct screen *screen, enum ink ink, const char *text,
		     size_t len)
{
	bool coloured = screen->colour && ink != INK_PLAIN && len > 0;

	if (screen->column + len > SCREEN_COLUMNS &&
	    screen->column > WRAP_INDENT) {
		next_line(screen);
		while (len > 0 && *text == ' ') {
			text++;
			len--;
		}
	}
	if (coloured)
		fputs(ink_codes[ink], screen->out);
	for (size_t i = 0; i < len; i++) {
		if (screen->column == SCREEN_COLUMNS)
			next_line(screen);
		putc(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?',
		     screen->out);
		screen->column++;
	}
	if (coloured)
		fputs("\x1b[0m", screen->out);
}

static void put_bytes(struct screen *screen, enum ink ink, const char *text,
		      size_t len)
{
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t part = end ? (size_t)(end - text) : len;

		put_line(screen, ink, text, part);
		if (!end)
			return;
		putc('\n', screen->out);
		screen->column = 0;
		text += part + 1;
		len -= part + 1;
	}
}

void screen_put(struct screen *screen, enum ink ink, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	put_bytes(screen, ink, text, strlen(text));
}

static void put_spaces(struct screen *screen, size_t count)
{
	for (; count > 0 && screen->column < SCREEN_COLUMNS; count--) {
		putc(' ', screen->out);
		screen->column++;
	}
}

void screen_cell(struct screen *screen, enum ink ink, int width,
		 const char *text)
{
	size_t columns = (size_t)abs(width), len = strlen(text);
	size_t shown = len > columns ? columns : len;

	if (width < 0)
		put_spaces(screen, columns - shown);
	if (len > columns && columns > 2) {
		put_bytes(screen, ink, text, columns - 2);
		put_bytes(screen, ink, "..", 2);
	} else {
		put_bytes(screen, ink, text, shown);
	}
	if (width > 0)
		put_spaces(screen, columns - shown);
}

void screen_wrap(struct screen *screen, enum ink ink, int indent,
		 const char *text)
{
	size_t room = (size_t)(SCREEN_COLUMNS - indent);

	while (strlen(text) > room) {
		size_t cut = room, shown;

		while (cut > 0 && text[cut] != ' ')
			cut--;
		if (cut == 0)
			cut = room;
		for (shown = cut; shown > 0 && text[shown - 1] == ' ';)
			shown--;
		put_bytes(screen, ink, text, shown);
		text += cut;
		text += strspn(text, " ");
		putc('\n', screen->out);
		screen->column = 0;
		put_spaces(screen, (size_t)indent);
	}
	put_bytes(screen, ink, text, strlen(text));
	put_bytes(screen, ink, "\n", 1);
}
