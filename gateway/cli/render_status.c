#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#include <stdio.h>
#include <string.h>

#define LABEL_WIDTH 8
#define ALARMS_MAX 10

static void label(struct screen *screen, const char *text)
{
	screen_cell(screen, INK_DIM, LABEL_WIDTH, text);
}

static void head_line(struct screen *screen, const json_t *answer)
{
	const char *state = field_text(answer, "state");
	char up[DURATION_MAX];

	format_duration(field_number(answer, "uptime_ms"), up);
	screen_put(screen, INK_BOLD, "%.32s", field_text(answer, "node"));
	screen_put(screen, INK_PLAIN, "  %.16s %.12s  up %s   ",
		   field_text(answer, "program"), field_text(answer, "version"),
		   up);
	if (!strcmp(state, "ok"))
		screen_put(screen, INK_GOOD, "OK\n");
	else if (!strcmp(state, "down"))
		screen_put(screen, INK_BAD, "DOWN\n");
	else if (!strcmp(state, "degraded"))
		screen_put(screen, INK_WARN, "DEGRADED\n");
	else if (!strcmp(state, "stopping"))
		screen_put(screen, INK_WARN, "STOPPING\n");
	else if (!strcmp(state, "draining"))
		screen_put(screen, INK_WARN, "DRAINING\n");
	else if (!strcmp(state, "drained"))
		screen_put(screen, INK_WARN, "DRAINED\n");
	else
		screen_put(screen, INK_WARN, "%.10s\n",
			   *state ? state : "state not told");
}

static void spans_line(struct screen *screen, const json_t *answer)
{
	const json_t *spans = field_object(answer, "spans");
	const json_t *channels = field_object(answer, "channels");
	long long up = field_number(spans, "up");
	long long total = field_number(spans, "total");
	long long blocked = field_number(channels, "blocked");
	long long out = field_number(channels, "out");
	long long releasing = field_number(channels, "releasing");
	long long reserved = field_number(channels, "reserved");
	long long drained = field_number(channels, "drained");

	label(screen, "Spans");
	screen_put(screen, up < total ? INK_BAD : INK_PLAIN, "%lld/%lld up", up,
		   total);
	screen_put(screen, INK_DIM, "      Channels  ");
	screen_put(screen, INK_PLAIN, "%lld busy  %lld free",
		   field_number(channels, "busy"),
		   field_number(channels, "idle"));
	if (reserved)
		screen_put(screen, INK_PLAIN, " (%lld reserved)", reserved);
	if (drained)
		screen_put(screen, INK_WARN, "  %lld drained", drained);
	if (releasing)
		screen_put(screen, INK_PLAIN, "  %lld releasing", releasing);
	if (out)
		screen_put(screen, INK_BAD, "  %lld out", out);
	screen_put(screen, blocked ? INK_WARN : INK_PLAIN, "  %lld blocked\n",
		   blocked);
}

static void calls_line(struct screen *screen, const json_t *answer)
{
	const json_t *calls = field_object(answer, "calls");

	label(screen, "Calls");
	screen_put(screen, INK_PLAIN, "%lld now  (%lld in, %lld out)",
		   field_number(calls, "now"), field_number(calls, "in"),
		   field_number(calls, "out"));
	screen_put(screen, INK_PLAIN, "   %lld since start",
		   field_number(calls, "attempts"));
	if (field_is_number(answer, "asr_percent"))
		screen_put(screen, INK_PLAIN, "   ASR %lld %%",
			   field_number(answer, "asr_percent"));
	if (field_is_number(answer, "acd_s"))
		screen_put(screen, INK_PLAIN, "  ACD %lld s",
			   field_number(answer, "acd_s"));
	screen_put(screen, INK_PLAIN, "\n");
}

/* Why calls failed in the gateway itself; nothing when none did. */
static void failed_line(struct screen *screen, const json_t *answer)
{
	static const struct {
		const char *key, *text;
	} reasons[] = {
		{ "no_route", "refused: no route" },
		{ "no_channel", "refused: no channel free" },
		{ "no_port", "refused: no RTP port free" },
		{ "span_down", "refused: span down" },
		{ "peer_down", "refused: peer down" },
		{ "peer_limit", "refused: peer at its limit" },
		{ "limited", "refused: a limit used up" },
		{ "drained", "refused: drained" },
		{ "retried", "tried another channel" },
		{ "overflowed", "overflowed to the next target" },
		{ "rerouted", "tried another way" },
		{ "silent", "released: no RTP" },
	};
	const json_t *calls = field_object(answer, "calls");
	char text[640] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
		long long n = field_number(calls, reasons[i].key);

		if (n && used < sizeof text)
			used += (size_t)snprintf(text + used,
						 sizeof text - used,
						 "%s%lld %s", used ? ", " : "",
						 n, reasons[i].text);
	}
	if (!used)
		return;
	label(screen, "");
	screen_wrap(screen, INK_PLAIN, LABEL_WIDTH, text);
}

/* What peers sent that made no call; nothing when all was well. */
static void refused_line(struct screen *screen, const json_t *sip)
{
	long long malformed = field_number(sip, "refused_malformed");
	long long contact = field_number(sip, "refused_contact");
	long long other = field_number(sip, "refused_other");
	long long storm = field_number(sip, "storm_dropped");

	if (storm) {
		label(screen, "");
		screen_put(screen, INK_WARN,
			   "%lld INVITE%s of a storm dropped unread\n", storm,
			   plural(storm));
	}
	if (!malformed && !contact && !other)
		return;
	label(screen, "");
	screen_put(screen, INK_WARN,
		   "%lld malformed   %lld bad Contact   %lld other request%s "
		   "refused\n",
		   malformed, contact, other, plural(other));
}

/* What peers wanted of calls that are up; those went on as they were. */
static void changes_line(struct screen *screen, const json_t *sip)
{
	long long changes = field_number(sip, "refused_changes");
	long long storms = field_number(sip, "refused_storms");

	if (!changes && !storms)
		return;
	label(screen, "");
	screen_put(screen, INK_WARN,
		   "%lld change%s of media refused   %lld too many in a "
		   "second\n",
		   changes, plural(changes), storms);
}

static void sip_line(struct screen *screen, const json_t *answer)
{
	const json_t *sip = field_object(answer, "sip");
	long long peers = field_number(sip, "peers");
	long long strangers = field_number(sip, "strangers_dropped");

	label(screen, "SIP");
	screen_put(screen, INK_PLAIN, "%.48s   %lld peer%s",
		   field_text(sip, "listen"), peers, plural(peers));
	screen_put(screen, INK_PLAIN, "\n");
	label(screen, "");
	screen_put(screen, INK_PLAIN,
		   "%lld INVITE   %lld OPTIONS   %lld packet%s of strangers "
		   "dropped\n",
		   field_number(sip, "invites"), field_number(sip, "options"),
		   strangers, plural(strangers));
	refused_line(screen, sip);
	changes_line(screen, sip);
}

static void alarm_lines(struct screen *screen, const json_t *answer)
{
	const json_t *warnings = field_array(answer, "warnings");
	size_t count = json_array_size(warnings);

	label(screen, "Alarms");
	if (count == 0)
		screen_put(screen, INK_PLAIN, "none\n");
	/* A screen of 24 lines has to hold it all. */
	for (size_t i = 0; i < count; i++) {
		const char *text =
			json_string_value(json_array_get(warnings, i));

		if (i > 0)
			label(screen, "");
		if (i == ALARMS_MAX - 1 && count > ALARMS_MAX) {
			screen_put(screen, INK_WARN,
				   "and %zu more: 'show alarms' has them\n",
				   count - i);
			return;
		}
		screen_wrap(screen, INK_WARN, LABEL_WIDTH, text ? text : "?");
	}
}

void render_status(struct screen *screen, const json_t *answer)
{
	head_line(screen, answer);
	spans_line(screen, answer);
	calls_line(screen, answer);
	failed_line(screen, answer);
	sip_line(screen, answer);
	alarm_lines(screen, answer);
}
