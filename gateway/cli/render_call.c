#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LABEL 9

static void name_cell(struct screen *screen, const char *name)
{
	screen_cell(screen, INK_DIM, LABEL, name);
}

/* "2026-11-20T06:02:34.123Z" reads better without its letters. */
static void moment(struct screen *screen, const json_t *call, const char *key)
{
	const char *text = field_text(call, key);

	if (strlen(text) == 24 && text[10] == 'T' && text[23] == 'Z')
		screen_put(screen, INK_PLAIN, "%.10s %.12s UTC", text,
			   text + 11);
	else
		screen_put(screen, INK_PLAIN, "%.30s", *text ? text : "-");
}

static void title_line(struct screen *screen, const json_t *call)
{
	const char *direction = field_text(call, "direction");

	screen_put(screen, INK_BOLD, "Call %lld", field_number(call, "id"));
	screen_put(screen, INK_PLAIN, "   %.16s", field_text(call, "state"));
	if (*direction)
		screen_put(screen, INK_PLAIN, "   %s",
			   !strcmp(direction, "in") ? "incoming" : "outgoing");
	screen_put(screen, INK_PLAIN, "\n");
}

static void append(char *line, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void append(char *line, size_t size, const char *fmt, ...)
{
	size_t used = strlen(line);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line + used, size - used, fmt, ap);
	va_end(ap);
}

/* "verified and passed", of Q.931's screening indicator (4.5.10); "" when it is
 * not known. */
static const char *screening_words(const json_t *call, const char *key)
{
	static const char *const words[] = { "not screened",
					     "verified and passed",
					     "verification failed", "network" };
	long long screening = field_number(call, key);

	if (!field_is_number(call, key) || screening < 0 || screening > 3)
		return "";
	return words[screening];
}

/* The fields of a number; NULL: there is none such. */
struct number_fields {
	const char *digits, *ton, *npi, *withheld, *screening;
};

static const struct number_fields caller = {
	"caller", "caller_ton", "caller_npi", "clir", "screening",
};
static const struct number_fields caller_sent = {
	"caller_sent",	    "caller_sent_ton",	     "caller_sent_npi",
	"caller_sent_clir", "caller_sent_screening",
};
static const struct number_fields called = {
	"called", "called_ton", "called_npi", NULL, NULL,
};

/* " (subscriber, isdn, withheld, not screened)" with what is known. */
static void number_notes(char *line, size_t size, const json_t *call,
			 const struct number_fields *fields)
{
	const char *ton = field_text(call, fields->ton);
	const char *screening =
		fields->screening ? screening_words(call, fields->screening)
				  : "";
	const char *gap = " (";

	if (*ton) {
		append(line, size, "%s%.16s, %.16s", gap, ton,
		       field_text(call, fields->npi));
		gap = ", ";
	}
	if (fields->withheld && field_is_true(call, fields->withheld)) {
		append(line, size, "%swithheld", gap);
		gap = ", ";
	}
	if (*screening) {
		append(line, size, "%s%s", gap, screening);
		gap = ", ";
	}
	if (*gap == ',')
		append(line, size, ")");
}

/* "+493012345, received as 03012345" */
static void received_as(char *line, size_t size, const json_t *call,
			const char *core, const char *wire)
{
	append(line, size, "%.40s", *core ? core : wire);
	if (*core && *wire && strcmp(core, wire) != 0)
		append(line, size, ", received as %.40s", wire);
	if (!*core && !*wire)
		append(line, size, "(no number%s)",
		       field_is_true(call, "clir") ? ", withheld" : "");
}

/* ", replaced by numbering uk (t.conf:7)", where somebody's line did more than
 * let it pass. */
static void decided_by(char *line, size_t size, const json_t *call,
		       const char *told, const char *by)
{
	const char *verdict = field_text(call, told);

	if (!strcmp(verdict, "replaced") ||
	    (!strcmp(verdict, "left out") && *field_text(call, by)))
		append(line, size, ", %.16s by %.255s", verdict,
		       field_text(call, by));
}

/* What went out of the caller's number, unless it is what came. */
static void caller_sent_line(struct screen *screen, const json_t *call,
			     const char *received)
{
	const char *sent = field_text(call, caller_sent.digits);
	char line[512] = "", notes[100] = "";

	/* Nobody was told anything yet. */
	if (!*field_text(call, "caller_told"))
		return;
	number_notes(notes, sizeof notes, call, &caller_sent);
	if (*sent)
		append(line, sizeof line, "sent as %.40s%s", sent, notes);
	else if (*field_text(call, caller.digits))
		append(line, sizeof line, "not sent");
	else
		return;
	if (*sent && !strcmp(sent, field_text(call, caller.digits)) &&
	    !strcmp(notes, received))
		return;
	decided_by(line, sizeof line, call, "caller_told", "caller_told_by");
	name_cell(screen, "");
	screen_wrap(screen, INK_PLAIN, LABEL, line);
}

/* "+493012345, received as 03012345 (unknown, isdn, withheld)", and below it
 * what was sent. */
static void caller_lines(struct screen *screen, const json_t *call)
{
	const char *core = field_text(call, "caller_core");
	const char *wire = field_text(call, caller.digits);
	char line[512] = "", notes[100] = "";

	received_as(line, sizeof line, call, core, wire);
	number_notes(notes, sizeof notes, call, &caller);
	if (*core || *wire)
		append(line, sizeof line, "%s", notes);
	name_cell(screen, "From");
	screen_wrap(screen, INK_PLAIN, LABEL, line);
	caller_sent_line(screen, call, notes);
}

/* Its type is that of the ISDN side: it stands behind the number there. */
static void called_line(struct screen *screen, const json_t *call)
{
	const char *core = field_text(call, "called_core");
	const char *sent = field_text(call, "called_sent");
	bool in = !strcmp(field_text(call, "direction"), "in");
	char line[512] = "";

	received_as(line, sizeof line, call, core,
		    field_text(call, called.digits));
	if (in)
		number_notes(line, sizeof line, call, &called);
	if (*sent)
		append(line, sizeof line, ", sent as %.40s", sent);
	if (!in)
		number_notes(line, sizeof line, call, &called);
	name_cell(screen, "To");
	screen_wrap(screen, INK_PLAIN, LABEL, line);
}

static void append_diverted(char *line, size_t size, const json_t *call)
{
	const char *came = field_text(call, "redirecting");
	const char *sent = field_text(call, "redirecting_sent");

	if (!*came)
		return;
	append(line, size, "diverted by %.40s (%.16s)", came,
	       field_text(call, "redirect_reason"));
	if (!*field_text(call, "redirecting_told"))
		return;
	if (!*sent)
		append(line, size, ", not sent");
	else if (strcmp(sent, came) != 0)
		append(line, size, ", sent as %.40s", sent);
	decided_by(line, size, call, "redirecting_told", "redirecting_told_by");
}

/* Who diverted it here and who answered it; nothing when nobody told. */
static void others_line(struct screen *screen, const json_t *call)
{
	const char *connected = field_text(call, "connected");
	char line[512] = "";

	append_diverted(line, sizeof line, call);
	if (*connected)
		append(line, sizeof line, "%sanswered by %.40s",
		       *line ? ", " : "", connected);
	if (!*line)
		return;
	name_cell(screen, "");
	screen_wrap(screen, INK_PLAIN, LABEL, line);
}

/* The state of a leg counts while the call lives. */
static void leg_line(struct screen *screen, const json_t *leg,
		     const char *label, bool alive)
{
	const char *peer = field_text(leg, "peer");
	const char *state = alive ? field_text(leg, "state") : "";
	char line[512] = "";

	if (!leg)
		return;
	if (!strcmp(field_text(leg, "kind"), "isdn"))
		append(line, sizeof line,
		       "ISDN %.64s  span %lld channel %lld  call reference "
		       "%lld",
		       peer, field_number(leg, "span"),
		       field_number(leg, "channel"),
		       field_number(leg, "call_reference"));
	else
		append(line, sizeof line, "SIP %.64s  %.64s  Call-ID %.128s",
		       peer, field_text(leg, "remote"),
		       field_text(leg, "call_id"));
	if (*state)
		append(line, sizeof line, "  %.24s", state);
	name_cell(screen, label);
	screen_wrap(screen, INK_PLAIN, LABEL, line);
}

static void route_line(struct screen *screen, const json_t *call)
{
	const char *rule = field_text(call, "route_rule");
	bool in = !strcmp(field_text(call, "direction"), "in");
	const char *to = field_text(call, in ? "sip_peer" : "trunk_group");
	long long attempts = field_number(call, "attempts");
	char line[400] = "";

	append(line, sizeof line, "from %.64s by %.200s",
	       field_text(call, "from"), *rule ? rule : "no rule");
	if (*to)
		append(line, sizeof line, " to %.64s", to);
	if (attempts > 1)
		append(line, sizeof line, ", %lld attempts", attempts);
	name_cell(screen, "Route");
	screen_wrap(screen, INK_PLAIN, LABEL, line);
}

static void time_lines(struct screen *screen, const json_t *call)
{
	name_cell(screen, "Began");
	moment(screen, call, "start_utc");
	if (field_is_true(call, "clock_stepped"))
		screen_put(screen, INK_WARN,
			   "  (calendar clock set since then)");
	screen_put(screen, INK_PLAIN, "\n");
	name_cell(screen, "Times");
	screen_put(screen, INK_PLAIN, "set-up %.3f s   ringing %.3f s   ",
		   (double)field_number(call, "setup_ms") / 1000,
		   (double)field_number(call, "alert_ms") / 1000);
	if (*field_text(call, "answer_utc"))
		screen_put(screen, INK_PLAIN, "talked %.3f s\n",
			   (double)field_number(call, "duration_ms") / 1000);
	else
		screen_put(screen, INK_PLAIN, "not answered\n");
}

/* Of a call that is over nothing is carried any more. */
static void media_lines(struct screen *screen, const json_t *call, bool alive)
{
	const json_t *media = field_object(call, "media");
	const char *codec = field_text(call, "codec");

	if (!*codec)
		return;
	name_cell(screen, "Media");
	screen_put(screen, INK_PLAIN, "%.8s %lld ms   ", codec,
		   field_number(media, "ptime_ms"));
	if (alive)
		screen_put(screen, INK_PLAIN, "path %.8s   ",
			   field_text(media, "path"));
	screen_put(screen, INK_PLAIN, "jitter %.1f ms, %.1f at most\n",
		   field_real(media, "jitter_ms"),
		   field_real(call, "jitter_ms_max"));
	name_cell(screen, "");
	screen_put(screen, INK_PLAIN,
		   "RTP %lld sent, %lld received, %lld lost, %lld late, %lld "
		   "ms concealed\n",
		   field_number(call, "rtp_tx"), field_number(call, "rtp_rx"),
		   field_number(call, "rtp_lost"),
		   field_number(call, "rtp_late"),
		   field_number(call, "concealed_ms"));
	if (!field_number(call, "dtmf"))
		return;
	name_cell(screen, "");
	screen_put(screen, INK_PLAIN, "digits: %lld to the line, %lld to SIP\n",
		   field_number(media, "dtmf_to_tdm"),
		   field_number(media, "dtmf_to_rtp"));
}

/* Q.850's locations by their short names (RFC 8606), as this side of the
 * network sees them. One that has no words here is shown as it came. */
static const char *location_words(const char *name)
{
	static const struct {
		const char *name, *words;
	} locations[] = {
		{ "U", "user" },
		{ "LPN", "private network on our side" },
		{ "LN", "public network on our side" },
		{ "TN", "transit network" },
		{ "RLN", "public network at the far end" },
		{ "RPN", "private network at the far end" },
		{ "INTL", "international network" },
		{ "BI", "beyond interworking" },
	};

	for (size_t i = 0; i < sizeof locations / sizeof *locations; i++)
		if (!strcmp(locations[i].name, name))
			return locations[i].words;
	return name;
}

static void end_line(struct screen *screen, const json_t *call)
{
	const json_t *cause = field_object(call, "cause");
	long long status = field_number(call, "sip_status");
	char line[512] = "";

	if (!cause)
		return;
	append(line, sizeof line, "released by %.112s: cause %lld %.80s",
	       field_text(call, "release_by"), field_number(cause, "q850"),
	       field_text(cause, "name"));
	append(line, sizeof line, ", location %.40s",
	       location_words(field_text(cause, "location")));
	if (*field_text(cause, "text"))
		append(line, sizeof line, " (%.96s)",
		       field_text(cause, "text"));
	if (status)
		append(line, sizeof line, ", SIP status %lld", status);
	name_cell(screen, "End");
	screen_wrap(screen, INK_PLAIN, LABEL, line);
}

void render_call(struct screen *screen, const json_t *answer)
{
	const json_t *call = field_object(answer, "call");
	bool alive = !*field_text(call, "end_utc");

	if (!call) {
		screen_put(screen, INK_PLAIN, "No call.\n");
		return;
	}
	title_line(screen, call);
	caller_lines(screen, call);
	called_line(screen, call);
	others_line(screen, call);
	leg_line(screen, field_object(call, "calling_leg"), "Calling", alive);
	leg_line(screen, field_object(call, "called_leg"), "Called", alive);
	route_line(screen, call);
	time_lines(screen, call);
	media_lines(screen, call, alive);
	end_line(screen, call);
	render_ladder(screen, call);
}
