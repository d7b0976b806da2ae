/* The manual's part that the tables can write themselves. */
#include "conf/settings.h"

#include <string.h>

/* "[<port>]" as "Oo Ar port Oc": one piece of a syntax line, as a macro and
 * its argument. Returns the rest. */
static const char *write_piece(const char *s, bool *quoted, FILE *out)
{
	size_t len;

	switch (*s) {
	case '[': fputs("Oo", out); return s + 1;
	case ']': fputs("Oc", out); return s + 1;
	case '"':
		*quoted = !*quoted;
		fputs(*quoted ? "Qo" : "Qc", out);
		return s + 1;
	case '<':
		len = strcspn(s, ">");
		fprintf(out, "Ar %.*s", (int)len - 1, s + 1);
		return s + len + 1;
	case '|': fputs("|", out); return s + 1;
	}
	if (!strncmp(s, "...", 3)) {
		fputs("No ...", out);
		return s + 3;
	}
	if (!strncmp(s, "->", 2)) {
		fputs("Cm \\->", out);
		return s + 2;
	}
	len = strcspn(s, " []\"<>|");
	fprintf(out, "Cm %.*s", (int)len, s);
	return s + len;
}

/* A syntax line as arguments of .It: "Ar address Oo Ar port Oc". */
static void write_syntax(const char *s, FILE *out)
{
	bool quoted = false;
	const char *rest;

	while (*s) {
		if (*s == ' ') {
			s++;
			continue;
		}
		putc(' ', out);
		rest = write_piece(s, &quoted, out);
		/* Brackets and quotes set no blank inside of themselves. */
		if (*rest && !strchr(" ]\"", *rest) && !strchr("[\"", *s))
			fputs(" Ns", out);
		s = rest;
	}
	putc('\n', out);
}

#define TEXT_WIDTH 76

/* Each sentence begins a line, as mdoc wants it; long ones are folded. */
static void write_sentences(const char *s, FILE *out)
{
	size_t column = 0, word;

	while (*s) {
		bool end;

		word = strcspn(s, " ");
		if (column && column + 1 + word > TEXT_WIDTH) {
			putc('\n', out);
			column = 0;
		}
		fprintf(out, "%s%.*s", column ? " " : "", (int)word, s);
		column += word + 1;
		end = s[word - 1] == '.' && s[word];
		if (end) {
			putc('\n', out);
			column = 0;
		}
		s += word;
		s += strspn(s, " ");
	}
	putc('\n', out);
}

/* The default of one timer, from the row of all of them. */
static void write_timer(const struct timer_setting *timer, const char *defaults,
			struct report *report, FILE *out)
{
	const char *at =
		strstr(defaults, timer->name) + strlen(timer->name) + 1;

	fprintf(out, ".It Cm %s Ta %.*s Ta %s to %s Ta %s\n", timer->name,
		(int)strcspn(at, " "), at, format_time(report, timer->min_ms),
		format_time(report, timer->max_ms), timer->help);
}

static void write_timers(const struct setting *setting, struct report *report,
			 FILE *out)
{
	fputs(".Bl -column t301x defaultx 100ms_to_600s\n"
	      ".It Em timer Ta Em default Ta Em range Ta Em purpose\n",
	      out);
	for (const struct timer_setting *t = timer_settings; t->name; t++)
		write_timer(t, setting->fallback, report, out);
	fputs(".El\n", out);
}

/* What is not said of a setting is taken at once. */
static const char *const effects[] = {
	[CONF_AT_ONCE] = NULL,
	[CONF_IDLE] = "when the span has no call",
	[CONF_RESTART] = "by a restart",
};

static void write_setting(const struct setting *setting, struct report *report,
			  FILE *out)
{
	const char *range = setting_range(report, setting);

	fputs(".It", out);
	if (*setting->name)
		fprintf(out, " Cm %s", setting->name);
	write_syntax(setting->syntax, out);
	write_sentences(setting->help, out);
	if (!strcmp(setting->name, "timers")) {
		write_timers(setting, report, out);
		return;
	}
	if (setting->flags & SETTING_REQUIRED)
		fputs("Must be set.\n", out);
	if (range)
		write_sentences(report_text(report, "Range: %s.", range), out);
	if (setting->fallback)
		fprintf(out, "Default:\n.Cm %s .\n", setting->fallback);
	if (effects[setting->effect])
		fprintf(out, "Takes effect: %s.\n", effects[setting->effect]);
}

static void write_words(const struct setting *words, bool selects,
			struct report *report, FILE *out)
{
	fprintf(out, ".Pp\nThe words %s of the arrow:\n",
		selects ? "left" : "right");
	fputs(".Bl -tag -width Ds\n", out);
	for (const struct setting *w = words; w->name; w++)
		if (!!(w->flags & SETTING_SELECTS) == selects)
			write_setting(w, report, out);
	fputs(".El\n", out);
}

static void write_block(const struct block_desc *desc, struct report *report,
			FILE *out)
{
	const char *range = setting_range(report, &desc->open);

	fprintf(out, ".Ss %s\n.Bd -ragged -offset indent\n.Ic %s",
		desc->open.name, desc->open.name);
	write_syntax(desc->open.syntax, out);
	fputs("{ ... }\n.Ed\n.Pp\n", out);
	write_sentences(desc->open.help, out);
	if (range)
		fprintf(out, "Range: %s.\n", range);
	fputs(".Bl -tag -width Ds\n", out);
	for (const struct setting *s = desc->settings; s->name; s++)
		write_setting(s, report, out);
	fputs(".El\n", out);
	if (!desc->words)
		return;
	write_words(desc->words, true, report, out);
	write_words(desc->words, false, report, out);
}

void conf_write_reference(FILE *out)
{
	struct report report = { .arena = arena_new() };

	if (!report.arena)
		return;
	for (size_t i = 0; i < BLOCK_KINDS; i++)
		write_block(block_descs[i], &report, out);
	arena_free(report.arena);
}
