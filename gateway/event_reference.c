/* The manual's part that the table of events can write itself. */
#include "gateway/event.h"
#include "gateway/log.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define TEXT_WIDTH 76

static const struct {
	unsigned first;
	const char *title;
} areas[] = {
	{ 1000, "Spans and ISDN" },
	{ 2000, "SIP and its peers" },
	{ 3000, "Calls" },
	{ 4000, "Configuration and number plan" },
	{ 5000, "Media" },
	{ 6000, "Call records, log, control" },
	{ 9000, "Start, stop and drain" },
};

static const char *const repeats[] = {
	[EVENT_ALWAYS] = "always written",
	[EVENT_EACH] = "5 in 10 s about the same object",
	[EVENT_ALL] = "5 in 10 s, whomever they are about",
	[EVENT_RARE] = "1 in 60 s about the same object",
};

/* Each sentence begins a line, as mdoc wants it; long ones are folded. A line
 * that begins with a dot or an apostrophe would be a request. */
static void write_sentences(const char *s, FILE *out)
{
	size_t column = 0;

	while (*s) {
		size_t word = strcspn(s, " ");
		bool end = s[word - 1] == '.' && s[word];

		if (column && column + 1 + word > TEXT_WIDTH) {
			putc('\n', out);
			column = 0;
		}
		fprintf(out, "%s%.*s",
			column		   ? " "
			: strchr(".'", *s) ? "\\&"
					   : "",
			(int)word, s);
		column = end ? 0 : column + word + 1;
		if (end)
			putc('\n', out);
		s += word;
		s += strspn(s, " ");
	}
}

static void write_event(const struct event_info *info, FILE *out)
{
	char text[200];

	fprintf(out, ".It TG\\-%04u Sy %s Pq %s, %s\n", info->number,
		info->name, log_level_name(info->level),
		repeats[info->repeats]);
	snprintf(text, sizeof text, "%s", info->text);
	text[0] = (char)toupper(text[0]);
	write_sentences(text, out);
	fputs(".\n.br\n.Em Cause :\n", out);
	write_sentences(info->cause, out);
	fputs("\n.br\n.Em Remedy :\n", out);
	write_sentences(info->remedy, out);
	fputs(".\n", out);
}

void event_write_reference(FILE *out)
{
	enum event e = 0;

	for (size_t i = 0; i < sizeof areas / sizeof *areas; i++) {
		fprintf(out, ".Ss %s\n.Bl -tag -width Ds\n", areas[i].title);
		for (; e < EVENT_COUNT &&
		       event_info(e)->number < areas[i].first + 1000;
		     e++)
			write_event(event_info(e), out);
		fputs(".El\n", out);
	}
}
