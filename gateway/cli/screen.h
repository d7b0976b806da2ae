/* Text for a terminal of 80 columns. What is printed through here is made
 * harmless: a daemon's words may hold a peer's. */
#ifndef TOLLGATE_CLI_SCREEN_H
#define TOLLGATE_CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define SCREEN_COLUMNS 80

enum ink {
	INK_PLAIN,
	INK_BOLD,
	INK_DIM,
	INK_GOOD,
	INK_WARN,
	INK_BAD,
	INK_COOL
};

struct screen {
	FILE *out;
	bool colour;
	size_t column; /* from 0, while nobody else writes to `out` */
};

/* Colour only on a terminal that is not "dumb", and never with NO_COLOR set
 * to anything (no-color.org). */
void screen_open(struct screen *screen, FILE *out);

/* Formats and prints; every byte that is not printable ASCII, but newline,
 * becomes '?'. At most 1 KiB. What would go beyond the last column begins a
 * new line. */
void screen_put(struct screen *screen, enum ink ink, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints `text` in a column of `width`, cut with ".." when longer; a negative
 * width aligns it to the right. */
void screen_cell(struct screen *screen, enum ink ink, int width,
		 const char *text);

/* Prints words from column `indent` on, wrapped at the edge, the cursor being
 * there already; ends with a newline. */
void screen_wrap(struct screen *screen, enum ink ink, int indent,
		 const char *text);

#endif
