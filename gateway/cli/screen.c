#include "gateway/cli/screen.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 1024

static const char *const ink_codes[] = {
	[INK_PLAIN] = "",	 [INK_BOLD] = "\x1b[1m",
	[INK_DIM] = "\x1b[2m",	 [INK_GOOD] = "\x1b[1;32m",
	[INK_WARN] = "\x1b[33m", [INK_BAD] = "\x1b[1;31m",
};

void screen_open(struct screen *screen, FILE *out)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	screen->out = out;
	screen->colour = isatty(fileno(out)) && !(no_color && *no_color) &&
			 term && strcmp(term, "dumb") != 0;
}

static void put_bytes(struct screen *screen, enum ink ink, const char *text,
		      size_t len)
{
	bool coloured = screen->colour && ink != INK_PLAIN && len > 0;

	if (coloured)
		fputs(ink_codes[ink], screen->out);
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		putc((c >= ' ' && c <= '~') || c == '\n' ? c : '?',
		     screen->out);
	}
	if (coloured)
		fputs("\x1b[0m", screen->out);
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
	while (count-- > 0)
		putc(' ', screen->out);
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
		put_spaces(screen, (size_t)indent);
	}
	put_bytes(screen, ink, text, strlen(text));
	putc('\n', screen->out);
}
