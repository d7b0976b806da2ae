#include "gateway/cli/field.h"
#include "gateway/cli/setup.h"

#include <stdarg.h>
#include <string.h>

#define INDENT 10

void setup_say(struct screen *screen, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	screen_wrap(screen, INK_PLAIN, 0, text);
}

void setup_type(struct screen *screen, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	screen_put(screen, INK_BOLD, "    %s\n", text);
}

static void row(struct screen *screen, enum ink ink, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void row(struct screen *screen, enum ink ink, const char *fmt, ...)
{
	char text[SETUP_WHY_MAX + 64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	screen_put(screen, INK_PLAIN, "%*s", INDENT, "");
	screen_wrap(screen, ink, INDENT, text);
}

static unsigned count(uint32_t channels)
{
	return (unsigned)__builtin_popcount(channels);
}

static void report_name(struct screen *screen,
			const struct dahdi_scan_span *span)
{
	const char *line_name =
		span->line < LINE_TYPES ? line_desc(span->line)->name : "--";
	char head[16];

	snprintf(head, sizeof head, "Span %u", span->number);
	screen_put(screen, INK_BOLD, "%-*s", INDENT, head);
	screen_put(screen, INK_BOLD, "%s  ", line_name);
	screen_wrap(screen, INK_BOLD, INDENT + 4,
		    *span->name ? span->name : "(without a name)");
	if (*span->description)
		row(screen, INK_PLAIN, "%s", span->description);
	if (*span->location)
		row(screen, INK_PLAIN, "at %s, number %u there", span->location,
		    span->nth);
}

static void report_alarms(struct screen *screen, unsigned alarms)
{
	static const struct {
		unsigned alarm;
		enum ink ink;
		const char *text;
	} rows[] = {
		{ LINE_RED, INK_BAD,
		  "RED alarm: no signal, or none that can be read. Is the "
		  "cable in, the far end on, framing and coding right?" },
		{ LINE_BLUE, INK_BAD,
		  "BLUE alarm: all ones from the carrier, who is to be asked" },
		{ LINE_YELLOW, INK_BAD,
		  "YELLOW alarm: the far end does not hear this one. Is the "
		  "cable whole?" },
		{ LINE_LOOPBACK, INK_WARN,
		  "in LOOPBACK: it hears itself, somebody tests it" },
		{ LINE_RECOVERING, INK_WARN, "recovering from an alarm" },
	};

	if (!alarms)
		row(screen, INK_GOOD, "no alarm");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (alarms & rows[i].alarm)
			row(screen, rows[i].ink, "%s", rows[i].text);
}

static void report_clock(struct screen *screen,
			 const struct dahdi_scan_span *span,
			 const struct setup_span *facts)
{
	const char *master =
		facts->sync_master ? "; DAHDI's ticks are its" : "";

	if (span->sync_source == span->number)
		row(screen, INK_PLAIN, "clock from its own line%s", master);
	else if (span->sync_source)
		row(screen, INK_PLAIN, "clock from the line of span %u%s",
		    span->sync_source, master);
	else
		row(screen, INK_PLAIN, "clock from no line%s", master);
}

static void report_usable(struct screen *screen, const struct setup_fit *fit,
			  const struct dahdi_scan_span *span,
			  const struct setup_span *facts)
{
	char list[SETUP_LIST_MAX];
	unsigned b = count(fit->channels);

	setup_list(list, fit->channels, 0, ' ');
	row(screen, INK_PLAIN, "%u B channel%s (timeslots %s), D channel %u", b,
	    plural(b), list, fit->dchannel);
	report_alarms(screen, span->alarms);
	report_clock(screen, span, facts);
	row(screen, INK_PLAIN,
	    *facts->echo ? "echo canceller %s" : "no echo canceller%s",
	    facts->echo);
	if (facts->in_use)
		row(screen, INK_WARN,
		    "open in another program: be it Asterisk, it has to stop "
		    "before tollgated can have the span");
}

/* What dahdi_cfg would have to be told; the first span that gives a clock is
 * the best, the next ones stand in for it. */
static void report_remedy(struct screen *screen,
			  const struct dahdi_scan_span *span)
{
	const struct line_desc *usual = line_desc(span->line);
	int first = span->timeslot[0].number - 1;
	char list[SETUP_LIST_MAX];

	if (!span->timeslot[0].number)
		return;
	setup_list(list, usual->channels, first, ',');
	row(screen, INK_PLAIN,
	    "In /etc/dahdi/system.conf, then run dahdi_cfg:");
	row(screen, INK_BOLD, "  span=%u,%u,0,%s", span->number, span->number,
	    span->line == LINE_TYPE_T1 ? "esf,b8zs" : "ccs,hdb3,crc4");
	row(screen, INK_BOLD, "  bchan=%s", list);
	row(screen, INK_BOLD, "  dchan=%d", first + (int)usual->dchannel);
}

/* Two ends that each keep a time of their own slip against each other. */
static void report_no_clock(struct screen *screen,
			    const struct dahdi_scan *scan)
{
	unsigned first = 0;

	for (unsigned i = 0; i < scan->count; i++) {
		struct setup_fit fit;

		setup_fit(&fit, &scan->span[i]);
		if (!fit.usable)
			continue;
		if (scan->span[i].sync_source)
			return;
		if (!first)
			first = scan->span[i].number;
	}
	if (!first)
		return;
	setup_say(screen,
		  "No span has its clock from a line. One to the public "
		  "network has to, or there are slips: the second number of "
		  "its line in /etc/dahdi/system.conf is 1, as in "
		  "span=%u,1,0,...",
		  first);
	screen_put(screen, INK_PLAIN, "\n");
}

void setup_report(struct screen *screen, const struct dahdi_scan *scan,
		  const struct setup_span *facts)
{
	setup_say(screen, "DAHDI has %u span%s:", scan->count,
		  plural(scan->count));
	for (unsigned i = 0; i < scan->count; i++) {
		const struct dahdi_scan_span *span = &scan->span[i];
		struct setup_fit fit;

		setup_fit(&fit, span);
		screen_put(screen, INK_PLAIN, "\n");
		report_name(screen, span);
		if (fit.usable) {
			report_usable(screen, &fit, span, &facts[i]);
			continue;
		}
		row(screen, INK_WARN, "not used. %s", fit.why);
		if (fit.configure)
			report_remedy(screen, span);
	}
	screen_put(screen, INK_PLAIN, "\n");
	report_no_clock(screen, scan);
}
