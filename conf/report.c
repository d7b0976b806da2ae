#include "conf/report.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 160	/* bytes of a source line that are shown */
#define SHOWN_BEFORE 60 /* of them before the token, in a longer line */

bool report_full(const struct report *report)
{
	return report->more || report->no_memory;
}

static const char *report_vtext(struct report *report, const char *fmt,
				va_list ap)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	text = len < 0 ? NULL : arena_alloc(report->arena, (size_t)len + 1);
	if (!text) {
		report->no_memory = true;
		return "";
	}
	vsnprintf(text, (size_t)len + 1, fmt, ap);
	return text;
}

const char *report_text(struct report *report, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = report_vtext(report, fmt, ap);
	va_end(ap);
	return text;
}

/* By place, since a token may have been copied. */
static bool reported(const struct report *report, const struct token *at)
{
	for (size_t i = 0; at && i < report->count; i++)
		if (report->problems[i].at &&
		    report->problems[i].at->at == at->at)
			return true;
	return false;
}

static void add_problem(struct report *report, const struct problem *problem,
			const char *hint, const char *fmt, va_list ap)
{
	struct problem *place = &report->problems[report->count++];

	report->errors += !problem->warning;
	*place = *problem;
	place->text = report_vtext(report, fmt, ap);
	place->hint = hint ? report_text(report, "%s", hint) : NULL;
}

void report_verror(struct report *report, const struct token *at,
		   const char *hint, const char *fmt, va_list ap)
{
	if (reported(report, at))
		return;
	if (report->errors == REPORT_ERRORS_MAX)
		report->more = true;
	else
		add_problem(report, &(struct problem){ .at = at }, hint, fmt,
			    ap);
}

void report_vwarning(struct report *report, const struct token *at,
		     const char *hint, const char *fmt, va_list ap)
{
	const struct problem problem = { .at = at, .warning = true };

	if (!reported(report, at) &&
	    report->count - report->errors < REPORT_WARNINGS_MAX)
		add_problem(report, &problem, hint, fmt, ap);
}

void report_warning(struct report *report, const struct token *at,
		    const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_vwarning(report, at, hint, fmt, ap);
	va_end(ap);
}

void report_error(struct report *report, const struct token *at,
		  const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_verror(report, at, hint, fmt, ap);
	va_end(ap);
}

const char *report_place(struct report *report, const struct token *place,
			 const struct token *at)
{
	if (place->source == at->source)
		return report_text(report, "line %u", place->line);
	return report_text(report, "%s:%u", place->source->name, place->line);
}

/* The part of a source line that is shown. */
struct excerpt {
	const char *from, *to;
	bool cut_before, cut_after;
};

static bool inside_character(const char *s)
{
	return (*s & 0xc0) == 0x80;
}

/* A line that fits is shown whole, of a longer one what surrounds the token.
 * Cuts fall between characters. */
static struct excerpt excerpt_of(const struct token *at)
{
	const char *end = at->source->text + at->source->len;
	struct excerpt line = { .from = at->at, .to = at->at };

	while (line.from > at->source->text && line.from[-1] != '\n')
		line.from--;
	while (line.to < end && *line.to != '\n')
		line.to++;
	if (line.to - line.from <= SHOWN_MAX)
		return line;
	if (at->at - line.from > SHOWN_BEFORE) {
		line.from = at->at - SHOWN_BEFORE;
		while (inside_character(line.from))
			line.from++;
		line.cut_before = true;
	}
	if (line.to - line.from > SHOWN_MAX) {
		line.to = line.from + SHOWN_MAX;
		while (line.to > at->at && inside_character(line.to))
			line.to--;
		line.cut_after = true;
	}
	return line;
}

/* A terminal must not obey what a file holds: C0 and C1 controls but the tab
 * are shown as '?'. */
static void write_safely(const char *from, const char *to, FILE *out)
{
	for (; from < to; from++) {
		unsigned char c = (unsigned char)*from;

		if (c == '\r' && from + 1 == to)
			continue;
		if (c == 0xc2 && from + 1 < to &&
		    (unsigned char)from[1] < 0xa0) {
			from++;
			c = '?';
		}
		putc((c < ' ' && c != '\t') || c == 0x7f ? '?' : c, out);
	}
}

/* The line, and the caret under the token. A tab of the line is a tab under
 * it, so that the caret is right whatever the reader's tabs are. */
static void write_excerpt(const struct problem *problem, FILE *out)
{
	const struct token *at = problem->at;
	struct excerpt line = excerpt_of(at);
	const char *token_end = at->at + at->width;
	int gutter = fprintf(out, "%5u", at->line);

	fprintf(out, " | %s", line.cut_before ? "..." : "");
	write_safely(line.from, line.to, out);
	fprintf(out, "%s\n%*s | %s", line.cut_after ? "..." : "", gutter, "",
		line.cut_before ? "   " : "");
	for (const char *c = line.from; c < at->at; c++)
		if (!inside_character(c))
			putc(*c == '\t' ? '\t' : ' ', out);
	putc('^', out);
	for (const char *c = at->at + 1; c < token_end && c < line.to; c++)
		if (!inside_character(c))
			putc('^', out);
	if (problem->hint)
		fprintf(out, "  %s", problem->hint);
	putc('\n', out);
}

static int compare_problems(const void *a, const void *b)
{
	const struct token *x = ((const struct problem *)a)->at;
	const struct token *y = ((const struct problem *)b)->at;

	if (!x || !y)
		return !!x - !!y;
	if (x->source != y->source)
		return x->source->index < y->source->index ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

void report_write(struct report *report, const char *name, FILE *out)
{
	qsort(report->problems, report->count, sizeof *report->problems,
	      compare_problems);
	for (size_t i = 0; i < report->count; i++) {
		const struct problem *problem = &report->problems[i];
		const char *kind = problem->warning ? "warning" : "error";

		if (problem->warning && report->errors)
			continue;
		if (!problem->at) {
			fprintf(out, "%s: %s: %s\n", name, kind, problem->text);
			continue;
		}
		fprintf(out, "%s:%u:%u: %s: %s\n", problem->at->source->name,
			problem->at->line, problem->at->column, kind,
			problem->text);
		write_excerpt(problem, out);
	}
	if (report->more)
		fprintf(out, "too many errors, stopping after %d\n",
			REPORT_ERRORS_MAX);
}
