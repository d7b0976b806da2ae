#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define GROUP 5 /* timeslots between two blanks */
#define TIMESLOTS_MAX 31
#define DETAIL_INDENT 6
#define DETAIL_WIDTH 12
#define DETAIL_COLUMN (DETAIL_INDENT + DETAIL_WIDTH)

static const struct {
	const char *name;
	char letter;
} timeslot_letters[] = {
	{ "idle", '.' }, { "busy", 'B' },    { "releasing", 'r' },
	{ "out", '#' },	 { "blocked", 'x' }, { "none", '-' },
};

static char letter_of(const char *name)
{
	for (size_t i = 0;
	     i < sizeof timeslot_letters / sizeof *timeslot_letters; i++)
		if (name && !strcmp(timeslot_letters[i].name, name))
			return timeslot_letters[i].letter;
	return '?';
}

static void detail(struct screen *screen, const char *name)
{
	screen_put(screen, INK_PLAIN, "%*s", DETAIL_INDENT, "");
	screen_cell(screen, INK_DIM, DETAIL_WIDTH, name);
}

static void timeslots_line(struct screen *screen, const json_t *span)
{
	const json_t *slots = field_array(span, "timeslots");
	size_t count = json_array_size(slots);
	char line[TIMESLOTS_MAX + TIMESLOTS_MAX / GROUP + 1];
	size_t len = 0;

	if (count > TIMESLOTS_MAX)
		count = TIMESLOTS_MAX;
	for (size_t i = 0; i < count; i++) {
		if (i && i % GROUP == 0)
			line[len++] = ' ';
		line[len++] =
			letter_of(json_string_value(json_array_get(slots, i)));
	}
	line[len] = '\0';
	detail(screen, "timeslots");
	screen_put(screen, INK_PLAIN, "%s\n", line);
}

static void alarms_line(struct screen *screen, const json_t *span)
{
	const json_t *alarms = field_array(span, "alarms");
	size_t count = json_array_size(alarms);

	if (count == 0)
		return;
	detail(screen, "alarms");
	for (size_t i = 0; i < count && i < 8; i++) {
		const char *name = json_string_value(json_array_get(alarms, i));

		screen_put(screen, INK_BAD, "%s%.12s", i ? " " : "",
			   name ? name : "?");
	}
	screen_put(screen, INK_PLAIN, "\n");
}

/* A line of counts, which becomes two where the edge is. */
struct counts {
	struct screen *screen;
	const char *name;
	int column; /* 0: nothing is said yet */
};

static void count(struct counts *counts, enum ink ink, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void count(struct counts *counts, enum ink ink, const char *fmt, ...)
{
	char text[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (!counts->column) {
		detail(counts->screen, counts->name);
		counts->column = DETAIL_COLUMN;
	} else if (counts->column + (int)strlen(text) + 2 < SCREEN_COLUMNS) {
		screen_put(counts->screen, INK_PLAIN, ", ");
		counts->column += 2;
	} else {
		screen_put(counts->screen, INK_PLAIN, ",\n%*s", DETAIL_COLUMN,
			   "");
		counts->column = DETAIL_COLUMN;
	}
	screen_put(counts->screen, ink, "%s", text);
	counts->column += (int)strlen(text);
}

/* Of what is amiss; none of it is not worth a word. */
static void count_bad(struct counts *counts, long long n, const char *one,
		      const char *more)
{
	if (n)
		count(counts, INK_WARN, "%lld %s%s%s", n, one, plural(n), more);
}

static void counts_end(const struct counts *counts)
{
	if (counts->column)
		screen_put(counts->screen, INK_PLAIN, "\n");
}

static void d_channel_line(struct screen *screen, const json_t *span)
{
	const json_t *tap = field_object(span, "d_channel");
	long long malformed = field_number(tap, "malformed_in");
	long long lost = field_number(tap, "lost_out");
	long long in = field_number(tap, "frames_in");
	struct counts counts = { screen, "D channel", 0 };

	count(&counts, INK_PLAIN, "%lld frame%s in", in, plural(in));
	count(&counts, INK_PLAIN, "%lld out", field_number(tap, "frames_out"));
	if (malformed)
		count(&counts, INK_WARN, "%lld malformed", malformed);
	if (lost)
		count(&counts, INK_WARN, "%lld lost", lost);
	counts_end(&counts);
}

static void voice_line(struct screen *screen, const json_t *span)
{
	const json_t *voice = field_object(span, "voice");
	long long in = field_number(voice, "blocks_in");
	long long late = field_number(voice, "late_ticks");
	struct counts counts = { screen, "voice", 0 };

	count(&counts, INK_PLAIN, "%lld block%s in", in, plural(in));
	count(&counts, INK_PLAIN, "%lld out",
	      field_number(voice, "blocks_out"));
	count_bad(&counts,
		  field_number(voice, "slips_in") +
			  field_number(voice, "slips_out"),
		  "slip", "");
	if (late)
		count(&counts, INK_WARN, "%lld late", late);
	count_bad(&counts, field_number(voice, "overruns"), "overrun", "");
	count_bad(&counts, field_number(voice, "underruns"), "under-run", "");
	counts_end(&counts);
}

/* Only what is amiss: a virtual span has no such line. */
static void line_line(struct screen *screen, const json_t *span)
{
	static const struct {
		const char *key, *one, *more;
	} counters[] = {
		{ "hdlc_errors", "spoilt frame", "" },
		{ "frames_lost", "frame", " read too late" },
		{ "frames_odd", "odd frame", "" },
		{ "bipolar_violations", "bipolar violation", "" },
		{ "crc4_errors", "CRC-4 error", "" },
		{ "e_bits", "E bit", "" },
		{ "frame_errors", "frame error", "" },
		{ "errored_seconds", "errored second", "" },
		{ "irq_misses", "interrupt", " missed" },
	};
	const json_t *line = field_object(span, "line");
	struct counts counts = { screen, "line", 0 };

	for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
		count_bad(&counts, field_number(line, counters[i].key),
			  counters[i].one, counters[i].more);
	counts_end(&counts);
}

static void waiting_line(struct screen *screen, const json_t *span)
{
	long long waiting = field_number(span, "waiting");

	if (!waiting)
		return;
	detail(screen, "waiting");
	screen_put(screen, INK_WARN,
		   "%lld answered call%s, for the D channel (T309)\n", waiting,
		   plural(waiting));
}

static void span_lines(struct screen *screen, const json_t *span)
{
	char time[DURATION_MAX];
	bool good = field_is_true(span, "in_service");

	format_duration(field_number(span, "state_ms"), time);
	screen_put(screen, INK_BOLD, "%4lld  ", field_number(span, "span"));
	screen_cell(screen, INK_PLAIN, 6, field_text(span, "type"));
	screen_cell(screen, good ? INK_GOOD : INK_BAD, 24,
		    field_text(span, "state"));
	screen_cell(screen, INK_PLAIN, 14, time);
	screen_put(screen, INK_PLAIN, "%4lld  %4lld  %8lld\n",
		   field_number(span, "busy"), field_number(span, "idle"),
		   field_number(span, "calls"));
	if (field_is_true(span, "waits"))
		screen_put(
			screen, INK_WARN,
			"      settings    waits for its calls to end, to take "
			"new ones\n");
	if (field_is_true(span, "leaving"))
		screen_put(
			screen, INK_WARN,
			"      settings    removed; closed when its calls have "
			"ended\n");
	if (render_drain(screen, "      drain       ", span))
		screen_put(screen, INK_PLAIN, "\n");
	alarms_line(screen, span);
	waiting_line(screen, span);
	timeslots_line(screen, span);
	d_channel_line(screen, span);
	voice_line(screen, span);
	line_line(screen, span);
}

void render_spans(struct screen *screen, const json_t *answer)
{
	const json_t *spans = field_array(answer, "spans");
	size_t count = json_array_size(spans);

	if (count == 0) {
		screen_put(screen, INK_PLAIN, "No spans.\n");
		return;
	}
	screen_put(screen, INK_DIM,
		   "SPAN  LINE  STATE                   FOR           BUSY  "
		   "FREE     "
		   "CALLS\n");
	for (size_t i = 0; i < count; i++)
		span_lines(screen, json_array_get(spans, i));
	screen_put(screen, INK_DIM,
		   "\nTimeslots:  B busy  . free  r releasing  # out  "
		   "x blocked  - no B channel\n");
}
