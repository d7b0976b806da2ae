#include "gateway/cli/field.h"
#include "gateway/cli/grid.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LABEL_WIDTH 8
#define PEER_WIDTH 24
#define ALARMS_MIN 3 /* room that alarms have before spans */
/* The first four, a blank line, the ruler, legend and keys. */
#define FIXED_LINES (4 + 2 + GRID_LEGEND_LINES + 1)

static const struct {
	const char *state, *text;
	enum ink ink;
} states[] = {
	{ "ok", "OK", INK_GOOD },
	{ "degraded", "DEGRADED", INK_WARN },
	{ "draining", "DRAINING", INK_WARN },
	{ "stopping", "STOPPING", INK_WARN },
	{ "down", "DOWN", INK_BAD },
};

static void head_line(struct screen *screen, const struct monitor_view *view)
{
	const char *state = field_text(view->status, "state");
	char up[DURATION_MAX];

	if (view->trouble) {
		screen_cell(screen, INK_BAD, SCREEN_COLUMNS - 1, view->trouble);
		screen_put(screen, INK_PLAIN, "\n");
		return;
	}
	format_duration(field_number(view->status, "uptime_ms"), up);
	screen_put(screen, INK_BOLD, "%.24s", field_text(view->status, "node"));
	screen_put(screen, INK_PLAIN, "  tollgated %.12s  up %s   ",
		   field_text(view->status, "version"), up);
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (!strcmp(state, states[i].state))
			screen_put(screen, states[i].ink, "%s", states[i].text);
	screen_put(screen, INK_PLAIN, "\n");
}

static void label(struct screen *screen, const char *text)
{
	screen_cell(screen, INK_DIM, LABEL_WIDTH, text);
}

/* Adds to a line what still has room in it. */
static void add(char line[SCREEN_COLUMNS], const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void add(char line[SCREEN_COLUMNS], const char *fmt, ...)
{
	char text[SCREEN_COLUMNS];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (len > 0 &&
	    (size_t)len + strlen(line) < SCREEN_COLUMNS - LABEL_WIDTH)
		strcat(line, text);
}

static void calls_line(struct screen *screen, const struct monitor_view *view)
{
	const json_t *calls = field_object(view->status, "calls");
	char line[SCREEN_COLUMNS] = "";

	add(line, "%lld now  (%lld in, %lld out)", field_number(calls, "now"),
	    field_number(calls, "in"), field_number(calls, "out"));
	if (view->calls_per_s >= 0)
		add(line, "  %.1f/s", view->calls_per_s);
	if (field_is_number(view->status, "asr_percent"))
		add(line, "   ASR %lld %%",
		    field_number(view->status, "asr_percent"));
	if (field_is_number(view->status, "acd_s"))
		add(line, "  ACD %lld s", field_number(view->status, "acd_s"));
	add(line, "   %lld since start", field_number(calls, "attempts"));
	label(screen, "Calls");
	screen_put(screen, INK_PLAIN, "%s\n", line);
}

static void spans_line(struct screen *screen, const struct monitor_view *view)
{
	const json_t *spans = field_object(view->status, "spans");
	const json_t *channels = field_object(view->status, "channels");
	long long up = field_number(spans, "up");
	long long total = field_number(spans, "total");
	char line[SCREEN_COLUMNS] = "";

	add(line, "%lld/%lld up", up, total);
	add(line, "   %lld busy  %lld free", field_number(channels, "busy"),
	    field_number(channels, "idle"));
	if (field_number(channels, "drained"))
		add(line, "  %lld drained", field_number(channels, "drained"));
	add(line, "  %lld releasing", field_number(channels, "releasing"));
	add(line, "  %lld blocked", field_number(channels, "blocked"));
	if (field_number(channels, "out"))
		add(line, "  %lld out", field_number(channels, "out"));
	label(screen, "Spans");
	screen_put(screen, up < total ? INK_BAD : INK_PLAIN, "%s\n", line);
}

static enum ink peer_ink(const char *state)
{
	if (!strcmp(state, "up"))
		return INK_GOOD;
	return strcmp(state, "down") ? INK_PLAIN : INK_BAD;
}

static size_t peer_text(const json_t *peer, char *out, size_t size)
{
	const char *name = field_text(peer, "peer");
	bool cut = strlen(name) > PEER_WIDTH;
	int len = snprintf(out, size, "%.*s%s %.16s",
			   cut ? PEER_WIDTH - 2 : PEER_WIDTH, name,
			   cut ? ".." : "", field_text(peer, "state"));

	return (size_t)len;
}

/* As many as a line holds. Those that are down come first. */
static void peers_line(struct screen *screen, const struct monitor_view *view)
{
	const json_t *peers = field_array(view->peers, "peers");
	size_t room = SCREEN_COLUMNS - LABEL_WIDTH - 12, shown = 0;

	label(screen, "Peers");
	for (int up = 0; up <= 1; up++) {
		for (size_t i = 0; i < json_array_size(peers); i++) {
			const json_t *peer = json_array_get(peers, i);
			const char *state = field_text(peer, "state");
			char text[64];
			size_t len;

			if ((strcmp(state, "down") != 0) != up)
				continue;
			len = peer_text(peer, text, sizeof text);
			if (len + 3 > room)
				continue;
			screen_put(screen, peer_ink(state), "%s%s",
				   shown ? "   " : "", text);
			room -= len + 3;
			shown++;
		}
	}
	if (shown < json_array_size(peers))
		screen_put(screen, INK_PLAIN, "   and %zu more",
			   json_array_size(peers) - shown);
	screen_put(screen, INK_PLAIN, shown ? "\n" : "none\n");
}

/* At most `most` lines; how many. */
static size_t alarm_lines(struct screen *screen,
			  const struct monitor_view *view, size_t most)
{
	const json_t *warnings = field_array(view->status, "warnings");
	size_t count = json_array_size(warnings);
	size_t shown = count > most ? most - 1 : count;

	if (!count) {
		label(screen, "Alarms");
		screen_put(screen, INK_PLAIN, "none\n");
		return 1;
	}
	for (size_t i = 0; i < shown; i++) {
		const char *text =
			json_string_value(json_array_get(warnings, i));

		label(screen, i ? "" : "Alarms");
		screen_cell(screen, INK_WARN, SCREEN_COLUMNS - LABEL_WIDTH - 1,
			    text ? text : "");
		screen_put(screen, INK_PLAIN, "\n");
	}
	if (shown == count)
		return count;
	label(screen, "");
	screen_put(screen, INK_WARN, "and %zu more: 'show alarms' has them\n",
		   count - shown);
	return shown + 1;
}

static void keys_line(struct screen *screen, const struct monitor_view *view,
		      size_t shown, size_t spans)
{
	if (!view->keys)
		return;
	screen_put(screen, INK_DIM, "q leaves");
	if (shown < spans) {
		screen_put(screen, INK_PLAIN, "   spans %zu to %zu of %zu",
			   view->first + 1, view->first + shown, spans);
		screen_put(screen, INK_DIM,
			   "   arrows and page keys show the others");
	}
}

/* All there is room for below as many spans. */
static size_t alarms_most(const struct monitor_view *view, size_t spans)
{
	size_t taken = FIXED_LINES + spans;

	if (view->rows > taken + ALARMS_MIN)
		return view->rows - taken;
	return ALARMS_MIN;
}

size_t monitor_draw(struct screen *screen, const struct monitor_view *view)
{
	const json_t *spans = field_array(view->grid, "spans");
	size_t count = json_array_size(spans), room, used, blank = 1, shown;

	head_line(screen, view);
	if (!view->status)
		return 0;
	calls_line(screen, view);
	spans_line(screen, view);
	peers_line(screen, view);
	used = FIXED_LINES +
	       alarm_lines(screen, view, alarms_most(view, count));
	room = view->rows > used ? view->rows - used : 0;
	shown = count > view->first ? count - view->first : 0;
	if (!view->rows)
		room = shown;
	if (shown > room)
		shown = room;
	/* What the letters mean stands at the foot, wherever the grid ends. */
	if (view->rows)
		blank = room - shown;
	screen_put(screen, INK_PLAIN, "\n");
	grid_ruler(screen);
	grid_rows(screen, spans, view->first, shown);
	while (blank-- > 0)
		screen_put(screen, INK_PLAIN, "\n");
	grid_legend(screen);
	keys_line(screen, view, shown, count);
	return room;
}
